//! Errands: what takes a moment and touches the world: the clipboard and files. One thread runs them in order, so the
//! loop never waits for a slow disk or a clipboard owner that does not answer.
//!
//! Callers: `runtime` sends them; what came of each comes back as an event.

use std::{io, sync::mpsc, thread};

use super::{
    event::{Event, Sender},
    terminal,
};
use crate::{
    clipboard::{Clipboard, Copy, Environment},
    secret::Secret,
    sink,
};

/// Something to do outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Put a value in the clipboard.
    Copy(Copy),
    /// Remove the last sensitive value from the clipboard, if it is still there.
    Wipe,
    /// Write a value to a new file.
    Store {
        /// Where to, as typed.
        path: String,
        /// What.
        value: Secret,
    },
}

/// The thread, to be waited for.
#[derive(Debug)]
pub struct Running(thread::JoinHandle<()>);

impl Running {
    /// Waits until every errand is done; the sender must be gone.
    pub fn finish(self) {
        drop(self.0.join());
    }
}

/// Starts the thread; it ends when the sender is dropped.
pub fn spawn(events: Sender) -> io::Result<(mpsc::Sender<Errand>, Running)> {
    let (errands, inbox) = mpsc::channel();
    let thread = thread::Builder::new().name("errands".into()).spawn(move || {
        // Made at the first use: looking around may ask tmux.
        let mut clipboard = None;
        for errand in inbox {
            let event = match errand {
                Errand::Copy(copy) => Event::Copied(clipboard.get_or_insert_with(here).copy(&copy)),
                Errand::Wipe => match clipboard.as_mut().and_then(Clipboard::wipe) {
                    Some(wiped) => Event::Wiped(wiped),
                    None => continue,
                },
                Errand::Store { path, value } => Event::Stored(sink::store(&path, &value)),
            };
            // Nobody hears it when the dashboard is over; it was done all the same.
            let _ = events.send(event);
        }
    })?;
    Ok((errands, Running(thread)))
}

/// The clipboards within reach of this process and its terminal.
fn here() -> Clipboard {
    let environment = Environment::detect(|name| std::env::var(name).ok());
    Clipboard::new(environment, Box::new(terminal::write_sequence))
}
