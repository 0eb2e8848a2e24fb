//! [`RateLimiter`]: limits requests so that the server need not refuse any; and [`Budget`], what the interface shows of it.
//!
//! The Tokens API documents 100 requests a minute and account, but not whether the minute is fixed or sliding. So requests are counted over
//! the last minute, which satisfies both. A limit in the server's `X-Rate-Limit-*` headers takes precedence; a server on this machine
//! without these headers has no limit.
//!
//! Invariants: pure, with the time passed in; after a refusal (429), no request is sent until the time the server named.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Requests a minute and account that the documentation grants.
pub const DOCUMENTED: u32 = 100;

/// Requests a minute and address that the Statistics API grants (Mapbox's `OpenAPI` file for it).
pub const DOCUMENTED_STATISTICS: u32 = 20;

/// The documented interval, and the one assumed where a server names a limit without it.
const MINUTE: Duration = Duration::from_secs(60);

/// Longest wait for one's turn; after a longer one it is better to say when to come back.
pub const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// Longest wait a server can impose; a longer one is a mistake in its clock or in ours.
const LONGEST_BAN: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What the header shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Requests granted in an interval.
    pub limit: u32,
    /// How many of them are left now.
    pub left: u32,
    /// Until there are more, when there are none.
    pub wait: Option<Duration>,
}

/// The count of one budget.
#[derive(Clone, Debug)]
pub struct RateLimiter {
    limit: Option<u32>,
    interval: Duration,
    /// When each request of the last interval was sent.
    sent: VecDeque<Instant>,
    closed_until: Option<Instant>,
}

/// What the headers of an answer say about the budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Announced {
    /// `X-Rate-Limit-Limit`.
    pub limit: Option<u32>,
    /// `X-Rate-Limit-Interval`, in seconds.
    pub interval: Option<Duration>,
    /// `Retry-After`, else the time until `X-Rate-Limit-Reset`; at most `LONGEST_BAN`.
    pub wait: Option<Duration>,
}

impl Announced {
    /// Reads the headers. `Retry-After` may be seconds or a date; `X-Rate-Limit-Reset` is in seconds since 1970 by the server's
    /// clock, so its own `Date` is what it is compared with, and `now` (ours, in seconds) only where there is none.
    pub fn read(headers: &HeaderMap, now: u64) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
        let number = |name: &str| text(name)?.parse::<u64>().ok();
        let seconds = |time: std::time::SystemTime| {
            time.duration_since(std::time::UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default()
        };
        let date = |text: &str| httpdate::parse_http_date(text).ok().map(seconds);
        let now = text(DATE.as_str()).and_then(date).unwrap_or(now);
        let after = text(RETRY_AFTER.as_str())
            .and_then(|text| text.parse().ok().or_else(|| date(text).map(|date| date.saturating_sub(now))));
        let reset = || number("x-rate-limit-reset").map(|reset| reset.saturating_sub(now));
        Self {
            limit: number("x-rate-limit-limit").and_then(|limit| u32::try_from(limit).ok()).filter(|limit| *limit > 0),
            interval: number("x-rate-limit-interval").filter(|secs| (1..=3600).contains(secs)).map(Duration::from_secs),
            wait: after.or_else(reset).map(|secs| Duration::from_secs(secs).min(LONGEST_BAN)),
        }
    }
}

impl RateLimiter {
    /// A budget of so many requests a minute, until the server says otherwise; `None` is no limit.
    pub fn new(limit: Option<u32>) -> Self {
        Self { limit, interval: MINUTE, sent: VecDeque::new(), closed_until: None }
    }

    /// Takes one request out of the budget, or says how long to wait before asking again.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        if let Some(wait) = self.wait(now) {
            return Err(wait);
        }
        // Counted without a limit, too: the answer may announce one.
        self.sent.push_back(now);
        Ok(())
    }

    /// Learns from an answer.
    pub fn heard(&mut self, announced: Announced, was_refused: bool, now: Instant) {
        if announced.limit.is_some() {
            self.limit = announced.limit;
            self.interval = announced.interval.unwrap_or(MINUTE);
        }
        if was_refused {
            self.closed_until = announced.wait.map(|wait| now + wait).max(self.closed_until);
        }
    }

    /// What is left.
    pub fn budget(&mut self, now: Instant) -> Option<Budget> {
        self.forget(now);
        let limit = self.limit?;
        let used = u32::try_from(self.sent.len()).unwrap_or(u32::MAX);
        let wait = self.wait(now);
        let left = if wait.is_some() { 0 } else { limit.saturating_sub(used) };
        Some(Budget { limit, left, wait })
    }

    fn wait(&mut self, now: Instant) -> Option<Duration> {
        self.forget(now);
        let closed = self.closed_until.map(|until| until - now);
        let full = self.limit.filter(|limit| self.sent.len() >= *limit as usize).and_then(|limit| {
            // When so many have gone by that one more fits in.
            let oldest = self.sent.len() - limit as usize;
            Some(*self.sent.get(oldest)? + self.interval - now)
        });
        closed.max(full)
    }

    fn forget(&mut self, now: Instant) {
        let interval = self.interval;
        while self.sent.front().is_some_and(|sent| *sent + interval <= now) {
            self.sent.pop_front();
        }
        if self.closed_until.is_some_and(|until| until <= now) {
            self.closed_until = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_documented_hundred_a_minute_are_kept() {
        let (mut meter, start) = (RateLimiter::new(Some(DOCUMENTED)), Instant::now());
        for _ in 0..DOCUMENTED {
            assert_eq!(meter.take(start), Ok(()));
        }
        assert_eq!(meter.take(start + S), Err(59 * S));
        assert_eq!(meter.budget(start + S), Some(Budget { limit: 100, left: 0, wait: Some(59 * S) }));
        assert_eq!(meter.take(start + 60 * S), Ok(()));
        assert_eq!(meter.budget(start + 60 * S), Some(Budget { limit: 100, left: 99, wait: None }));
    }

    #[test]
    fn without_a_limit_nothing_waits_until_the_server_announces_one() {
        let (mut meter, start) = (RateLimiter::new(None), Instant::now());
        for _ in 0..1000 {
            assert_eq!(meter.take(start), Ok(()));
        }
        assert_eq!(meter.budget(start), None);
        let announced = Announced { limit: Some(1), interval: Some(10 * S), wait: None };
        meter.heard(announced, false, start);
        assert_eq!(meter.take(start), Err(10 * S), "what was sent before counts");
        assert_eq!(meter.take(start + 10 * S), Ok(()));
    }

    #[test]
    fn a_refusal_closes_the_meter_for_everybody() {
        let (mut meter, start) = (RateLimiter::new(None), Instant::now());
        meter.heard(Announced { wait: Some(7 * S), ..Announced::default() }, true, start);
        assert_eq!(meter.take(start), Err(7 * S));
        assert_eq!(meter.take(start + 7 * S), Ok(()));
    }

    #[test]
    fn the_wait_is_read_by_the_servers_clock_and_clamped() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let at = 784_111_777;
        for (pairs, wait) in [
            (vec![("retry-after", "7")], Some(7)),
            (vec![("retry-after", "Sun, 06 Nov 1994 08:49:42 GMT"), ("date", date)], Some(5)),
            (vec![("x-rate-limit-reset", "784111787"), ("date", date)], Some(10)),
            (vec![("x-rate-limit-reset", "784111787")], Some(10)),
            (vec![("retry-after", "3"), ("x-rate-limit-reset", "784111787")], Some(3)),
            (vec![("x-rate-limit-reset", "1")], Some(0)),
            (vec![("retry-after", "99999999999999")], Some(604_800)),
            (vec![("retry-after", "86400")], Some(86_400)),
            (vec![("retry-after", "soon")], None),
            (vec![("retry-after", "-1")], None),
        ] {
            assert_eq!(Announced::read(&headers(&pairs), at).wait, wait.map(Duration::from_secs), "{pairs:?}");
        }
        let odd = headers(&[("x-rate-limit-limit", "0"), ("x-rate-limit-interval", "0")]);
        assert_eq!(Announced::read(&odd, at), Announced::default());
    }

    proptest! {
        #[test]
        fn never_more_than_the_limit_in_any_interval(steps in prop::collection::vec(0u64..9000, 1..400), limit in 1u32..20) {
            let (mut meter, mut now) = (RateLimiter::new(Some(limit)), Instant::now());
            let mut sent: Vec<Instant> = Vec::new();
            for step in steps {
                now += Duration::from_millis(step);
                if meter.take(now).is_ok() {
                    sent.push(now);
                }
                let recent = sent.iter().filter(|at| **at + MINUTE > now).count();
                prop_assert!(recent <= limit as usize);
            }
        }
    }
}
