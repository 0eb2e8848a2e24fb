//! [`Log`]: every call of the API in this session, for the activity screen.
//!
//! Invariants: no entry holds a token, for a call has none; the newest [`KEPT`] are kept.

use std::collections::VecDeque;

use crate::api::{Budget, Call};

/// Calls kept.
pub const KEPT: usize = 1_000;

/// One call, and what was left of the budget after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The call.
    pub call: Call,
    /// The budget, where the server has one.
    pub budget: Option<Budget>,
}

impl Entry {
    /// Whether the call did not do what it was for.
    pub fn has_failed(&self) -> bool {
        !matches!(self.call.outcome, Ok(..400))
    }
}

/// The calls of a session.
#[derive(Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    count: usize,
}

impl Log {
    /// Adds a call.
    pub fn record(&mut self, call: Call) {
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry { call, budget: None });
        self.count += 1;
    }

    /// What is left after the newest call.
    pub fn note(&mut self, budget: Budget) {
        if let Some(entry) = self.entries.back_mut() {
            entry.budget = Some(budget);
        }
    }

    /// The calls that are kept, the newest first.
    pub fn newest(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.iter().rev()
    }

    /// How many there were, those no longer kept included.
    pub fn count(&self) -> usize {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;

    fn call(path: String) -> Call {
        let (at, took) = (Timestamp::UNIX_EPOCH, Duration::ZERO);
        Call {
            at,
            method: "GET",
            path,
            outcome: Ok(200),
            took,
            attempt: 1,
            again_in: None,
            answer: String::new(),
            request_id: None,
        }
    }

    #[test]
    fn the_newest_come_first_and_the_oldest_go() {
        let mut log = Log::default();
        for n in 0..KEPT + 2 {
            log.record(call(format!("/{n}")));
        }
        assert_eq!(log.newest().len(), KEPT);
        assert_eq!(log.newest().next().map(|entry| entry.call.path.as_str()), Some("/1001"));
        assert_eq!(log.newest().last().map(|entry| entry.call.path.as_str()), Some("/2"));
        assert_eq!(log.count(), KEPT + 2);
    }

    #[test]
    fn a_budget_stands_beside_the_call_it_came_with() {
        let budget = Budget { limit: 100, left: 99, wait: None };
        let mut log = Log::default();
        log.note(budget);
        log.record(call("/first".into()));
        log.note(budget);
        log.record(call("/second".into()));
        let budgets: Vec<_> = log.newest().map(|entry| entry.budget).collect();
        assert_eq!(budgets, [None, Some(budget)]);
    }
}
