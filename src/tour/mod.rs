//! `jeton demo --tour`: a guided tour of three minutes, for a talk or a first look.
//!
//! The dashboard it shows is this very program in a process of its own (`stage`), on a real sandbox (`set`): keys are pressed
//! as a person would press them, and when the tour kills it, it is gone. The captions are drawn below it.
//!
//! Invariants: the tour touches no account and no file of the person's; it says what was pressed; it stops with an error when the dashboard
//! does not show what the `script` says.

mod caption;
mod player;
mod script;
mod set;
mod stage;

use std::{io, sync::Arc, time::Instant};

use ratatui::layout::{Constraint, Layout, Rect, Size};
use tokio::{sync::Notify, time::sleep_until};

pub use self::player::Pace;
use self::player::Player;
use crate::{
    dashboard::{
        event::Event,
        input,
        key::{Key, KeyCode},
        runtime::{self, End},
        screen::Screen as _,
        settings::Settings,
        signals,
        terminal::{self, Terminal},
        theme::Theme,
    },
    sandbox::{Options, StartError},
};

/// What the dashboard's pages need to be seen whole above the captions.
const SMALLEST: Size = Size::new(80, 24);

/// Why a tour ended early.
#[derive(Debug, thiserror::Error)]
pub enum TourError {
    /// The sandbox did not start.
    #[error("could not start the sandbox: {0}")]
    Sandbox(#[from] StartError),
    /// The terminal, a process or a file failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The terminal has too few cells for the dashboard and the captions.
    #[error("the tour needs a terminal of at least {}x{}; this one is {}x{}", SMALLEST.width, SMALLEST.height, .0.width, .0.height)]
    TooSmall(Size),
    /// The dashboard does not show what it should.
    #[error("step {step} of the tour: timed out waiting for {words:?} on the screen")]
    Stuck {
        /// The step, from 1.
        step: usize,
        /// What should have been there.
        words: &'static str,
    },
}

/// Runs the tour on the terminal until it is over or left. `options` are for its sandbox, which is started anew for every beginning.
///
/// # Errors
/// When there is no terminal, the sandbox or the dashboard cannot be started, or the dashboard does not show what it should.
pub fn run(settings: &Settings, options: Options, pace: Pace) -> Result<End, TourError> {
    terminal::install_panic_hook();
    let (events, inbox) = runtime::channel();
    let mut screen = Terminal::enter()?;
    signals::spawn(events.clone())?;
    input::spawn(events)?;
    let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    tokio.block_on(play(&settings.theme, &mut screen, inbox, options, pace))
}

async fn play(
    theme: &Theme,
    screen: &mut Terminal,
    mut inbox: tokio::sync::mpsc::UnboundedReceiver<Event>,
    options: Options,
    pace: Pace,
) -> Result<End, TourError> {
    let written = Arc::new(Notify::new());
    let mut area = Rect::default();
    screen.draw(|frame| area = frame.area())?;
    if area.width < SMALLEST.width || area.height < SMALLEST.height {
        return Err(TourError::TooSmall(area.as_size()));
    }
    let size = split(area).0.as_size();
    let mut player = Player::new(pace, options, size, Arc::clone(&written), Instant::now())?;
    loop {
        player.advance(Instant::now())?;
        if player.has_ended(Instant::now()) {
            return Ok(End::Quit);
        }
        let mut size = Size::default();
        screen.draw(|frame| {
            let (above, below) = split(frame.area());
            size = above.as_size();
            let cursor = player.stage().and_then(|stage| stage.draw(above, frame.buffer_mut()));
            caption::draw(frame, below, theme, &player);
            if let Some(cursor) = cursor {
                frame.set_cursor_position(cursor);
            }
        })?;
        player.resize(size)?;
        let due = player.due();
        tokio::select! {
            event = inbox.recv() => match event {
                Some(Event::Key(key)) => {
                    if !obey(&mut player, key)? { return Ok(End::Quit); }
                }
                Some(Event::Terminated | Event::HungUp) | None => return Ok(End::Told),
                Some(Event::SuspendAsked) => { screen.suspend()?; }
                Some(Event::Resumed) => screen.resume()?,
                Some(_) => {}
            },
            () = written.notified() => {}
            () = async { sleep_until(due.unwrap_or_else(Instant::now).into()).await }, if due.is_some() => {}
        }
    }
}

/// The dashboard's place, and the caption's.
fn split(area: Rect) -> (Rect, Rect) {
    let [above, below] = Layout::vertical([Constraint::Min(0), Constraint::Length(caption::height(area))]).areas(area);
    (above, below)
}

/// Does what a key says; whether the tour continues.
fn obey(player: &mut Player, key: Key) -> Result<bool, TourError> {
    let now = Instant::now();
    match key.code {
        KeyCode::Char('q') | KeyCode::Esc => return Ok(false),
        KeyCode::Char('c') if key.ctrl => return Ok(false),
        KeyCode::Char(' ' | 'n') | KeyCode::Enter | KeyCode::Right | KeyCode::PageDown if player.is_over() => {
            return Ok(false);
        }
        KeyCode::Char(' ' | 'n') | KeyCode::Enter | KeyCode::Right | KeyCode::PageDown => player.next(now),
        KeyCode::Char('b') | KeyCode::Left | KeyCode::Backspace | KeyCode::PageUp => player.back(now)?,
        KeyCode::Char('s') | KeyCode::Tab => player.skip(now),
        KeyCode::Char('r' | 'R') => player.restart(now)?,
        KeyCode::Char('a') => player.toggle_auto(now),
        _ => {}
    }
    Ok(true)
}
