//! [`Toasts`]: messages in passing, one line above the footer. The newest is shown; all are kept for the activity screen.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{action::Tone, view::Now};

/// How long a message stays, at least; long ones stay longer, at about fifteen characters a second.
const SHORTEST: Duration = Duration::from_secs(4);

/// Messages kept.
const KEPT: usize = 200;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// How it is meant.
    pub tone: Tone,
    /// What it says; safe to show.
    pub text: String,
    /// When it was said.
    pub time: Timestamp,
    until: Instant,
}

/// The messages of a session.
#[derive(Debug, Default)]
pub struct Toasts {
    kept: Vec<Toast>,
    count: usize,
    /// The newest is the answer to a key.
    is_answer: bool,
    /// The newest is not to be seen any more.
    is_over: bool,
}

impl Toasts {
    /// Says something.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>, now: Now) {
        let text = text.into();
        let reading = Duration::from_millis(text.chars().count() as u64 * 66);
        if self.kept.len() == KEPT {
            self.kept.remove(0);
        }
        self.count += 1;
        (self.is_answer, self.is_over) = (false, false);
        self.kept.push(Toast { tone, text, time: now.time, until: now.instant + SHORTEST.max(reading) });
    }

    /// The newest is the answer to a key that was just pressed.
    pub fn answers_key(&mut self) {
        self.is_answer = true;
    }

    /// The person looks at something else: that a key was refused where they were before is not said of that.
    pub fn move_on(&mut self) {
        self.is_over |= self.is_answer && self.kept.last().is_some_and(|toast| toast.tone == Tone::Bad);
    }

    /// What is to be seen now.
    pub fn current(&self, now: Instant) -> Option<&Toast> {
        self.kept.last().filter(|toast| toast.until > now && !self.is_over)
    }

    /// When what is to be seen goes away.
    pub fn until(&self, now: Instant) -> Option<Instant> {
        self.current(now).map(|toast| toast.until)
    }

    /// How many there were, those no longer kept included.
    pub fn count(&self) -> usize {
        self.count
    }

    /// All that is kept, the oldest first.
    pub fn kept(&self) -> &[Toast] {
        &self.kept
    }
}
