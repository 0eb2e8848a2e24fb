//! [`Toasts`]: messages in passing, on a line above the footer. The newest is shown; all are kept for the activity screen.
//!
//! Invariants: good news goes away by itself; an error stays until the person does something after having had time to see it.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{action::Tone, view::Now};

/// How long a message stays, at least; long ones stay longer, at about fifteen characters a second.
const SHORTEST: Duration = Duration::from_secs(4);

/// How long an error that nobody caused just now stays at least, whatever keys come: they were meant for something else.
const SEEN: Duration = Duration::from_secs(1);

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
    said: Instant,
}

impl Toast {
    /// When it goes away by itself.
    fn until(&self) -> Option<Instant> {
        let reading = Duration::from_millis(self.text.chars().count() as u64 * 66);
        (self.tone != Tone::Bad).then(|| self.said + SHORTEST.max(reading))
    }
}

/// The messages of a session.
#[derive(Debug, Default)]
pub struct Toasts {
    kept: Vec<Toast>,
    count: usize,
    /// The newest is the answer to what the person did last.
    is_answer: bool,
    /// The newest is not to be seen any more.
    is_over: bool,
}

impl Toasts {
    /// Says something.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>, now: Now) {
        let text = text.into();
        if self.kept.len() == KEPT {
            self.kept.remove(0);
        }
        self.count += 1;
        (self.is_answer, self.is_over) = (false, false);
        self.kept.push(Toast { tone, text, time: now.time, said: now.instant });
    }

    /// The newest is the answer to what the person just did.
    pub fn answers_action(&mut self) {
        self.is_answer = true;
    }

    /// The person does something: an error they have seen goes.
    pub fn move_on(&mut self, now: Instant) {
        let Some(newest) = self.kept.last() else { return };
        self.is_over |= newest.tone == Tone::Bad && (self.is_answer || newest.said + SEEN <= now);
    }

    /// What is to be seen now.
    pub fn current(&self, now: Instant) -> Option<&Toast> {
        let newest = self.kept.last().filter(|_| !self.is_over)?;
        newest.until().is_none_or(|until| until > now).then_some(newest)
    }

    /// When what is to be seen goes away.
    pub fn until(&self, now: Instant) -> Option<Instant> {
        self.current(now).and_then(Toast::until)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_news_goes_by_itself_and_an_error_with_the_next_action_once_it_was_seen() {
        let start = Now { instant: Instant::now(), time: Timestamp::UNIX_EPOCH };
        let after = |seconds| start.instant + Duration::from_secs(seconds);
        let mut toasts = Toasts::default();
        toasts.say(Tone::Good, "done", start);
        assert_eq!(toasts.until(start.instant), Some(after(4)));
        assert!(toasts.current(after(4)).is_none());
        toasts.say(Tone::Bad, "failed", start);
        toasts.move_on(start.instant);
        assert!(toasts.current(after(3600)).is_some(), "a key that was on its way does not count");
        assert_eq!(toasts.until(start.instant), None);
        toasts.move_on(after(2));
        assert!(toasts.current(after(2)).is_none());
        toasts.say(Tone::Bad, "not that key", start);
        toasts.answers_action();
        toasts.move_on(start.instant);
        assert!(toasts.current(start.instant).is_none(), "the next key is the next action");
    }
}
