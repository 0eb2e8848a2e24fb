//! [`Cuids`]: new token ids, cuids of the first version as the hosted API makes them.
//!
//! Invariants: ids of one sandbox grow, so the order of ids is the order of creation, also within a millisecond and
//! when the clock steps back. The parts are described at [`crate::token::TokenId`].

use super::rng::random;
use crate::token::id::{CUID_LENGTH, SANDBOX_FINGERPRINT};

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// How many values four base-36 digits hold.
const COUNTS: u64 = 36 * 36 * 36 * 36;

/// A source of ids.
pub struct Cuids {
    last: i64,
    count: u64,
    fingerprint: u64,
}

impl Cuids {
    /// A source whose ids say that they come from a sandbox. That two processes on one database do not meet is left to the time, the
    /// count and the eight digits of chance.
    pub fn new() -> Self {
        let fingerprint = u64::from_str_radix(SANDBOX_FINGERPRINT, 36).expect("four digits of base 36");
        Self { last: 0, count: 0, fingerprint }
    }

    /// An id that is the same whenever it is asked for.
    pub fn fixed(&self, millis: i64, rng: u64) -> String {
        spell(millis, 0, self.fingerprint, rng)
    }

    /// A new id for the time `now` (milliseconds since 1970), and the time it carries.
    pub fn next(&mut self, now: i64) -> (String, i64) {
        if now > self.last {
            self.last = now;
            self.count = 0;
        } else if self.count == COUNTS - 1 {
            self.last += 1;
            self.count = 0;
        } else {
            self.count += 1;
        }
        let rng = u64::from_le_bytes(random());
        (spell(self.last, self.count, self.fingerprint, rng), self.last)
    }
}

/// An id of the given parts, each taken as far as its digits reach.
pub fn spell(millis: i64, count: u64, fingerprint: u64, rng: u64) -> String {
    let mut id = time(millis);
    id.reserve_exact(CUID_LENGTH - id.len());
    for (value, digits) in [(count, 4), (fingerprint, 4), (rng, 8)] {
        push(&mut id, value, digits);
    }
    id
}

/// What all ids of one millisecond begin with; every earlier id is smaller.
pub fn time(millis: i64) -> String {
    let mut start = String::from("c");
    push(&mut start, millis.unsigned_abs(), 8);
    start
}

fn push(id: &mut String, value: u64, digits: u32) {
    for place in (0..digits).rev() {
        id.push(char::from(DIGITS[(value / 36_u64.pow(place) % 36) as usize]));
    }
}

/// Whether a text has the form of an id.
pub fn is_cuid(text: &str) -> bool {
    crate::token::TokenId::from(text).born().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::TokenId;

    #[test]
    fn an_id_carries_its_time_and_the_next_one_is_greater_whatever_the_clock_does() {
        let mut cuids = Cuids::new();
        let mut last = String::new();
        for now in [1_763_000_000_000, 1_763_000_000_000, 1_762_999_999_000, 1_763_000_000_001] {
            let (id, created) = cuids.next(now);
            assert!(TokenId::from(&*id).is_from_sandbox());
            assert_eq!(TokenId::from(&*id).born().map(jiff::Timestamp::as_millisecond), Some(created));
            assert!(id > last, "{id} after {last}");
            last = id;
        }
    }

    #[test]
    fn a_full_counter_borrows_the_next_millisecond() {
        let mut cuids = Cuids { last: 1_763_000_000_000, count: COUNTS - 1, fingerprint: 0 };
        let (_, created) = cuids.next(1_763_000_000_000);
        assert_eq!(created, 1_763_000_000_001);
    }
}
