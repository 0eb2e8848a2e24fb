//! [`IdleLock`]: drops the authorizing token after a time without input.
//!
//! Pure: keys and times go in. The caller drops the token when [`IdleLock::wake`] says so ([`Order::Disconnect`](crate::work::Order)),
//! and
//! connects with another one, by passphrase or from its source, before anything is sent ([`Order::Connect`](crate::work::Order)).
//!
//! Invariants: only the user's input counts as activity (not an automatic reload); a closed lock stays closed until
//! [`IdleLock::opened`].

use std::time::{Duration, Instant};

/// The lock of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdleLock {
    after: Option<Duration>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open { since: Instant },
    Closed,
}

impl IdleLock {
    /// Open, closing after so much idleness; `None` never closes.
    pub fn new(after: Option<Duration>, now: Instant) -> Self {
        Self { after, state: State::Open { since: now } }
    }

    /// A user did something.
    pub fn touched(&mut self, now: Instant) {
        if let State::Open { since } = &mut self.state {
            *since = now;
        }
    }

    /// When to look again; `None` while nothing can happen.
    pub fn wake_at(&self) -> Option<Instant> {
        match self.state {
            State::Open { since } => Some(since + self.after?),
            State::Closed => None,
        }
    }

    /// Looks at the clock. `true` at the moment it closes, once.
    pub fn wake(&mut self, now: Instant) -> bool {
        let is_due = self.wake_at().is_some_and(|due| due <= now);
        if is_due {
            self.state = State::Closed;
        }
        is_due
    }

    /// Whether the token is gone.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Closes at once, because a user asked for it.
    pub fn close(&mut self) {
        self.state = State::Closed;
    }

    /// The token is back.
    pub fn opened(&mut self, now: Instant) {
        self.state = State::Open { since: now };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn it_closes_once_after_so_much_idleness() {
        let start = Instant::now();
        let mut lock = IdleLock::new(Some(15 * MINUTE), start);
        assert!(!lock.wake(start + 14 * MINUTE));
        lock.touched(start + 14 * MINUTE);
        assert_eq!(lock.wake_at(), Some(start + 29 * MINUTE));
        assert!(!lock.wake(start + 28 * MINUTE));
        assert!(lock.wake(start + 29 * MINUTE));
        assert!(!lock.wake(start + 30 * MINUTE), "once");
        lock.touched(start + 31 * MINUTE);
        assert!(lock.is_closed(), "a key does not open it");
        lock.opened(start + 32 * MINUTE);
        assert!(!lock.is_closed() && lock.wake_at() == Some(start + 47 * MINUTE));
    }

    #[test]
    fn without_a_time_it_closes_only_when_asked() {
        let start = Instant::now();
        let mut lock = IdleLock::new(None, start);
        assert_eq!(lock.wake_at(), None);
        assert!(!lock.wake(start + 1000 * MINUTE));
        lock.close();
        assert!(lock.is_closed());
    }
}
