//! The loop: events in, frames and effects out.
//!
//! Invariants: there is one channel and one reader of it; the channel is drained before a frame is drawn, so a burst
//! of keys costs one frame; between events the loop sleeps until the app asks to be woken, and when it does not, for ever;
//! nothing here waits for anything but the channel. It is generic over the [`Screen`], and the world outside is three
//! channels ([`Ports`]), so that the loop the tests run is the one a person runs.

use std::{io, time::Instant};

use tokio::{sync::mpsc, time::timeout_at};

use super::{
    account_opener::OpenRequest,
    action::Effect,
    app::App,
    applier, clock,
    event::{Event, Sender},
    finder::Searcher,
    job::Job,
    rotator::Rotator,
    scanner::FolderScanner,
    screen::Screen,
    view::Now,
};
use crate::work::Order;

/// The other ends of the channels the loop gives its effects to.
#[expect(missing_debug_implementations, reason = "a function has nothing to show")]
pub struct Ports {
    /// To the client task.
    pub orders: mpsc::UnboundedSender<Order>,
    /// To the thread that runs errands: the clipboard and files.
    pub jobs: std::sync::mpsc::Sender<Job>,
    /// Searches long lists.
    pub searches: Searcher,
    /// Asks for accounts.
    pub open_request: Box<dyn Fn(OpenRequest)>,
    /// Runs rotations.
    pub rotator: Rotator,
    /// Scans folders.
    pub scanner: FolderScanner,
}

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The person left.
    Quit,
    /// Somebody asked the process to end, or its terminal went away.
    Told,
}

/// The time now. tokio's clock, so that a test can stop it.
fn now() -> Now {
    Now { instant: tokio::time::Instant::now().into_std(), time: clock::now() }
}

/// Runs the dashboard until it is left.
///
/// # Errors
/// When the screen cannot be written to any more.
pub async fn run(
    app: &mut App,
    screen: &mut impl Screen,
    events: &mut mpsc::UnboundedReceiver<Event>,
    ports: &Ports,
) -> io::Result<End> {
    let mut end = End::Quit;
    loop {
        if app.wants_frame(now().instant) {
            screen.draw(|frame| app.render(frame))?;
        }
        let mut effects = match wait(events, app.wake_at()).await {
            Some(event) => {
                let mut effects = react(app, event, &mut end);
                while let Ok(event) = events.try_recv() {
                    effects.extend(react(app, event, &mut end));
                }
                effects
            }
            None => app.wake(now()),
        };
        // The value must be off the screen before somebody else gets it.
        if effects.iter().any(|effect| matches!(effect, Effect::Suspend | Effect::Edit(_))) {
            app.hide_values();
        }
        for effect in effects.drain(..) {
            match effect {
                // Fails when the client task is gone, which only happens when the program ends.
                Effect::Order(order) => {
                    ports.rotator.follow(&order);
                    drop(ports.orders.send(order));
                }
                Effect::Rotate(turn) => ports.rotator.take(turn),
                Effect::Apply(order) => applier::take(&ports.rotator, order),
                Effect::Scan(order, memory) => ports.scanner.take(order, memory),
                Effect::Edit(spot) => {
                    screen.lend()?;
                    drop(ports.jobs.send(Job::Edit(spot)));
                }
                Effect::Search(search) => ports.searches.search(search),
                Effect::Do(job) => drop(ports.jobs.send(job)),
                Effect::Sequence(sequence) => screen.write_sequence(sequence.expose().as_bytes())?,
                Effect::Repaint => screen.repaint(),
                Effect::Resume => screen.resume()?,
                Effect::Mouse(on) => screen.set_mouse(on)?,
                Effect::Suspend => {
                    screen.draw(|frame| app.render(frame))?;
                    screen.suspend()?;
                }
                Effect::OpenRequest(open_request) => (ports.open_request)(open_request),
                Effect::Quit => return Ok(end),
            }
        }
    }
}

fn react(app: &mut App, event: Event, end: &mut End) -> Vec<Effect> {
    if matches!(event, Event::Terminated | Event::HungUp) {
        *end = End::Told;
    }
    app.update(event, now())
}

/// The next event; `None` when it was time to wake first.
async fn wait(events: &mut mpsc::UnboundedReceiver<Event>, wake_at: Option<Instant>) -> Option<Event> {
    match wake_at {
        Some(deadline) => timeout_at(deadline.into(), events.recv()).await.ok().flatten(),
        // The loop holds a sender through its sources, so the channel does not end while it runs.
        None => events.recv().await,
    }
}

/// A channel for events.
pub fn channel() -> (Sender, mpsc::UnboundedReceiver<Event>) {
    mpsc::unbounded_channel()
}
