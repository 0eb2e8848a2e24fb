//! The rate limit: so many calls a minute, counted per account (documented) or per address (Statistics API).
//!
//! Not documented: whether the minute is a fixed window. It is here, because `X-Rate-Limit-Reset` names one point in
//! time.

use std::{collections::HashMap, hash::Hash};

use axum::http::HeaderName;

use super::{refusal::Refusal, reply::Reply};

/// Requests a minute and account, by the documentation of the Tokens API.
pub const DOCUMENTED: u32 = 100;

/// Seconds in a window.
const INTERVAL: i64 = 60;

/// Windows remembered at once; finished ones are dropped when there are more.
const WINDOWS: usize = 1024;

/// What the headers tell: the limit, and when the window ends (seconds since 1970).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    limit: u32,
    reset: i64,
}

impl Budget {
    /// Puts the three documented headers on an answer.
    pub fn announce(self, reply: Reply) -> Reply {
        reply
            .with(HeaderName::from_static("x-rate-limit-interval"), INTERVAL)
            .with(HeaderName::from_static("x-rate-limit-limit"), self.limit)
            .with(HeaderName::from_static("x-rate-limit-reset"), self.reset)
    }
}

/// A limit and who has used how much of it.
#[derive(Debug)]
pub struct Rate<K> {
    limit: u32,
    windows: HashMap<K, Window>,
}

#[derive(Debug)]
struct Window {
    ends: i64,
    used: u32,
}

impl<K: Eq + Hash> Rate<K> {
    /// So many calls a minute.
    pub fn new(limit: u32) -> Self {
        Self { limit, windows: HashMap::new() }
    }

    /// The limit.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Takes one call out of the budget of `key` at the time `now` (milliseconds). A refused call costs nothing.
    pub fn take(&mut self, key: K, now: i64) -> (Budget, Result<(), Refusal>) {
        if self.windows.len() >= WINDOWS {
            self.windows.retain(|_, window| window.ends > now);
        }
        let window = self.windows.entry(key).or_insert(Window { ends: 0, used: 0 });
        // A window that ends too far ahead was opened before the clock was set back.
        if now >= window.ends || window.ends > now + INTERVAL * 1000 {
            *window = Window { ends: now + INTERVAL * 1000, used: 0 };
        }
        // Rounded up, so that whoever waits for that second is let in.
        let budget = Budget { limit: self.limit, reset: (window.ends + 999).div_euclid(1000) };
        if window.used >= self.limit {
            return (budget, Err(Refusal::TooMany));
        }
        window.used += 1;
        (budget, Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_holds_so_many_calls_and_the_next_one_as_many_again() {
        let mut rate = Rate::new(2);
        let allowed = |rate: &mut Rate<_>, key, now| rate.take(key, now).1.is_ok();
        assert!(allowed(&mut rate, "ada", 1_000));
        assert!(allowed(&mut rate, "ada", 2_000));
        assert!(!allowed(&mut rate, "ada", 60_999));
        assert!(allowed(&mut rate, "bob", 60_999), "budgets are apart");
        assert!(allowed(&mut rate, "ada", 61_000));
        assert_eq!(rate.take("ada", 61_500).0, Budget { limit: 2, reset: 121 });
    }

    #[test]
    fn a_clock_set_back_opens_a_new_window() {
        let mut rate = Rate::new(1);
        assert!(rate.take("ada", 1_000_000).1.is_ok());
        assert!(rate.take("ada", 1_000).1.is_ok());
    }
}
