//! [`Log`]: every call of the API in this session, for the activity screen.
//!
//! What always holds: no entry holds a token, for a path comes without its query; the newest [`KEPT`] are kept.
//!
//! Callers: `app` records, the activity screen shows.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;

/// Calls kept.
pub const KEPT: usize = 1_000;

/// One request and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When it was sent.
    pub at: Timestamp,
    /// Its method.
    pub method: String,
    /// Its path, without the query, in which the token travels.
    pub path: String,
    /// How it ended.
    pub outcome: Outcome,
    /// From the first byte sent until the headers of the answer were read.
    pub took: Duration,
    /// 1 for the first attempt; every further one is a retry.
    pub attempt: u32,
    /// Requests left of how many, where the server says.
    pub budget: Option<(u32, u32)>,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With an answer of this status.
    Status(u16),
    /// Without one; why, in a few words.
    Failed(String),
}

impl Call {
    /// Whether it did not do what it was for.
    pub fn has_failed(&self) -> bool {
        match self.outcome {
            Outcome::Status(status) => status >= 400,
            Outcome::Failed(_) => true,
        }
    }
}

/// The calls of a session.
#[derive(Debug, Default)]
pub struct Log {
    calls: VecDeque<Call>,
    count: usize,
}

impl Log {
    /// Adds a call.
    pub fn record(&mut self, call: Call) {
        if self.calls.len() == KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
        self.count += 1;
    }

    /// The calls that are kept, the newest first.
    pub fn newest(&self) -> impl DoubleEndedIterator<Item = &Call> + ExactSizeIterator {
        self.calls.iter().rev()
    }

    /// How many there were, those no longer kept included.
    pub fn count(&self) -> usize {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_come_first_and_the_oldest_go() {
        let mut log = Log::default();
        for n in 0..KEPT + 2 {
            log.record(Call {
                at: Timestamp::UNIX_EPOCH,
                method: "GET".into(),
                path: format!("/{n}"),
                outcome: Outcome::Status(200),
                took: Duration::ZERO,
                attempt: 1,
                budget: None,
            });
        }
        assert_eq!(log.newest().len(), KEPT);
        assert_eq!(log.newest().next().map(|call| call.path.as_str()), Some("/1001"));
        assert_eq!(log.newest().last().map(|call| call.path.as_str()), Some("/2"));
        assert_eq!(log.count(), KEPT + 2);
    }
}
