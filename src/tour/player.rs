//! [`Player`]: where the tour is, and what happens next.
//!
//! Invariants: it never waits itself; [`Player::due`] says when it wants to be called again. Every key it presses goes to the dashboard of the
//! [`Stage`] and is shown.

use std::{
    collections::VecDeque,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use ratatui::layout::Size;
use tokio::sync::Notify;

use super::{
    TourError,
    script::{Move, STEPS, Step},
    set::Set,
    stage::Stage,
};
use crate::{
    dashboard::key::{Key, KeyCode},
    sandbox::Options,
};

/// Between two characters that are typed, and between two other keys.
const TYPING: Duration = Duration::from_millis(70);
const PRESSING: Duration = Duration::from_millis(900);

/// How long a person reads at least, and for each character of the caption.
const READING: Duration = Duration::from_millis(2500);
const READING_EACH: Duration = Duration::from_millis(50);

/// After Esc: a key that follows at once would look like one held with Alt.
const ESCAPING: Duration = Duration::from_millis(80);

/// Far longer than anything takes: what was waited for does not come.
const STUCK: Duration = Duration::from_secs(30);

/// Keys shown at once.
const KEYS: usize = 6;

/// How the tour goes from step to step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// By itself, after the time it takes to read.
    pub is_auto: bool,
    /// 1 is the usual speed, 2 twice as fast; 0 waits for nothing.
    pub speed: f64,
}

/// A tour under way.
pub struct Player {
    pace: Pace,
    options: Options,
    // Before the set: the dashboard ends before its sandbox and its files do.
    stage: Option<Stage>,
    set: Set,
    size: Size,
    written: Arc<Notify>,
    step: usize,
    /// Moves of the step that are done.
    done: usize,
    /// Characters of a text that are typed.
    typed: usize,
    /// Steps before this one are played without waiting.
    hurry_to: usize,
    next_at: Instant,
    /// Since when some words are waited for.
    waits_since: Option<Instant>,
    keys: VecDeque<Key>,
}

impl Player {
    /// A tour before its first step.
    ///
    /// # Errors
    /// When the sandbox does not start.
    pub fn new(
        pace: Pace,
        options: Options,
        size: Size,
        written: Arc<Notify>,
        now: Instant,
    ) -> Result<Self, TourError> {
        Ok(Self {
            pace,
            set: Set::new(options.clone())?,
            options,
            stage: None,
            size,
            written,
            step: 0,
            done: 0,
            typed: 0,
            hurry_to: 0,
            next_at: now,
            waits_since: None,
            keys: VecDeque::new(),
        })
    }

    /// The dashboard, once it is started.
    pub fn stage(&self) -> Option<&Stage> {
        self.stage.as_ref()
    }

    /// The step it is at, and its number from 0.
    pub fn step(&self) -> (usize, Step) {
        (self.step, STEPS[self.step])
    }

    /// The keys pressed last, the latest at the end.
    pub fn keys(&self) -> impl Iterator<Item = Key> + '_ {
        self.keys.iter().copied()
    }

    /// Whether everything of this step has happened.
    pub fn is_ready(&self) -> bool {
        self.done == STEPS[self.step].moves.len()
    }

    /// Whether this is the last step, and over.
    pub fn is_over(&self) -> bool {
        self.is_ready() && self.step + 1 == STEPS.len()
    }

    /// Whether it is over, and there was time to read the last caption.
    pub fn has_ended(&self, now: Instant) -> bool {
        self.is_auto() && self.is_over() && self.next_at <= now
    }

    /// Whether it continues by itself.
    pub fn is_auto(&self) -> bool {
        self.pace.is_auto
    }

    /// Makes it continue by itself from now on, or wait for the person at every step.
    pub fn toggle_auto(&mut self, now: Instant) {
        self.pace.is_auto = !self.pace.is_auto;
        self.next_at = now;
    }

    /// On to the next step; what this one has not done yet is done at once.
    pub fn next(&mut self, now: Instant) {
        self.hurry(self.hurry_to.max(self.step + 1), now);
    }

    /// On to the next chapter.
    pub fn skip(&mut self, now: Instant) {
        let chapter = STEPS[self.step].chapter;
        let next = STEPS.iter().skip(self.step).position(|step| step.chapter != chapter);
        self.hurry(next.map_or(STEPS.len(), |after| self.step + after), now);
    }

    fn hurry(&mut self, to: usize, now: Instant) {
        self.hurry_to = to.min(STEPS.len() - 1);
        self.next_at = now;
    }

    /// Back to the step before: everything is set up anew and played up to there.
    ///
    /// # Errors
    /// When the sandbox does not start.
    pub fn back(&mut self, now: Instant) -> Result<(), TourError> {
        let to = self.step.saturating_sub(1);
        self.restart(now)?;
        self.hurry_to = to;
        Ok(())
    }

    /// Back to the start, on a fresh sandbox.
    ///
    /// # Errors
    /// When the sandbox does not start.
    pub fn restart(&mut self, now: Instant) -> Result<(), TourError> {
        *self = Self::new(self.pace, self.options.clone(), self.size, Arc::clone(&self.written), now)?;
        Ok(())
    }

    /// The dashboard has this much room now.
    ///
    /// # Errors
    /// When its terminal cannot be resized.
    pub fn resize(&mut self, size: Size) -> io::Result<()> {
        if size == self.size {
            return Ok(());
        }
        self.size = size;
        self.stage.as_mut().map_or(Ok(()), |stage| stage.resize(size))
    }

    /// When to call [`Player::advance`] again, if nothing happens before; `None` while it waits for the person.
    pub fn due(&self) -> Option<Instant> {
        match self.waits_since {
            Some(since) => Some(since + STUCK),
            None if self.waits_for_person() || (self.is_over() && !self.is_auto()) => None,
            None => Some(self.next_at),
        }
    }

    fn waits_for_person(&self) -> bool {
        self.is_ready() && !self.is_hurrying() && !self.pace.is_auto
    }

    fn is_hurrying(&self) -> bool {
        self.step < self.hurry_to
    }

    /// How long something takes at this pace.
    fn paced(&self, time: Duration) -> Duration {
        if self.is_hurrying() || self.pace.speed <= 0.0 { Duration::ZERO } else { time.div_f64(self.pace.speed) }
    }

    /// Does what is due.
    ///
    /// # Errors
    /// When the dashboard cannot be started, or does not show what it should.
    pub fn advance(&mut self, now: Instant) -> Result<(), TourError> {
        while self.next_at <= now && !self.waits_for_person() && !self.is_over() {
            let step = STEPS[self.step];
            let Some(&due) = step.moves.get(self.done) else {
                self.step += 1;
                self.done = 0;
                self.keys.clear();
                continue;
            };
            let Some(pause) = self.perform(due, now)? else { return Ok(()) };
            if self.typed == 0 {
                self.done += 1;
            }
            let reading = READING + READING_EACH * step.caption.len() as u32;
            self.next_at = now + if self.is_ready() && self.pace.is_auto { self.paced(reading) } else { pause };
        }
        Ok(())
    }

    /// Does a move, or a part of it; how long to wait after it. `None`: it has to wait for the dashboard.
    fn perform(&mut self, due: Move, now: Instant) -> Result<Option<Duration>, TourError> {
        match due {
            Move::Start => {
                self.stage = Some(Stage::start(self.set.command()?, self.size, Arc::clone(&self.written))?);
                Ok(Some(Duration::ZERO))
            }
            Move::Kill => {
                if let Some(stage) = &mut self.stage {
                    stage.kill()?;
                }
                Ok(Some(self.paced(PRESSING)))
            }
            Move::Press(name) => {
                let key: Key = name.parse().map_err(io::Error::other)?;
                self.press(key)?;
                let pause = self.paced(PRESSING);
                Ok(Some(if key.code == KeyCode::Esc { pause.max(ESCAPING) } else { pause }))
            }
            Move::Type(text) => {
                if let Some(c) = text.chars().nth(self.typed) {
                    self.press(Key::char(c))?;
                    self.typed += 1;
                }
                if self.typed < text.chars().count() {
                    return Ok(Some(self.paced(TYPING)));
                }
                self.typed = 0;
                Ok(Some(self.paced(PRESSING)))
            }
            Move::See(words) => {
                if self.stage.as_ref().is_some_and(|stage| stage.shows(words)) {
                    self.waits_since = None;
                    return Ok(Some(Duration::ZERO));
                }
                let since = *self.waits_since.get_or_insert(now);
                if now >= since + STUCK {
                    return Err(TourError::Stuck { step: self.step + 1, words });
                }
                Ok(None)
            }
        }
    }

    fn press(&mut self, key: Key) -> io::Result<()> {
        self.keys.push_back(key);
        if self.keys.len() > KEYS {
            self.keys.pop_front();
        }
        self.stage.as_mut().map_or(Ok(()), |stage| stage.send(&bytes(key)))
    }
}

/// What a terminal sends for a key.
fn bytes(key: Key) -> Vec<u8> {
    let sequence = match key.code {
        KeyCode::Char(c) if key.ctrl && c.is_ascii() => return vec![c as u8 & 0x1f],
        KeyCode::Char(c) => return c.to_string().into_bytes(),
        KeyCode::Enter => "\r",
        KeyCode::Esc => "\x1b",
        KeyCode::Tab => "\t",
        KeyCode::BackTab => "\x1b[Z",
        KeyCode::Backspace => "\x7f",
        KeyCode::Delete => "\x1b[3~",
        KeyCode::Left => "\x1b[D",
        KeyCode::Right => "\x1b[C",
        KeyCode::Up => "\x1b[A",
        KeyCode::Down => "\x1b[B",
        KeyCode::Home => "\x1b[H",
        KeyCode::End => "\x1b[F",
        KeyCode::PageUp => "\x1b[5~",
        KeyCode::PageDown => "\x1b[6~",
        // The tour presses none.
        KeyCode::F(_) => "",
    };
    sequence.as_bytes().to_vec()
}
