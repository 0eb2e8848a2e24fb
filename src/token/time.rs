//! Times and durations in words: "3 months ago", "in 44 s", "90d". Pure: the present is always passed in.

use std::num::NonZeroI64;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Serialize, Serializer};

/// A time to the millisecond, which is all the API tells: half of what a [`Timestamp`] takes, and nothing more for an `Option`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(NonZeroI64);

impl Moment {
    /// The time.
    pub fn timestamp(self) -> Timestamp {
        let millis = self.0.get() - i64::from(self.0.get() > 0);
        Timestamp::from_millisecond(millis).unwrap_or_default()
    }
}

/// As the API writes it.
impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&super::rfc3339(self.timestamp()))
    }
}

/// Milliseconds since 1970 without a zero: from there on one more.
impl From<Timestamp> for Moment {
    fn from(time: Timestamp) -> Self {
        let millis = time.as_millisecond();
        Self(NonZeroI64::new(millis + i64::from(millis >= 0)).unwrap_or(NonZeroI64::MIN))
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long ago or ahead, by its largest unit, rounded down: "just now", "44 s ago", "5 min ago", "3 h ago", "1 day ago",
/// "3 months ago", "in 44 s". A month is 30 days and a year 365: nobody counts days in a sentence like that.
pub fn relative(time: Timestamp, now: Timestamp) -> String {
    let since = now.duration_since(time);
    match since.as_secs() {
        0..10 => "just now".to_owned(),
        10.. => format!("{} ago", approximate(since)),
        _ => format!("in {}", approximate(since)),
    }
}

/// A duration by its largest unit, without a sign: "44 s", "5 min", "3 h", "1 day", "12 days", "3 months", "2 years".
pub fn approximate(duration: SignedDuration) -> String {
    let (count, unit) = largest_unit(duration);
    match unit {
        Unit::Second => format!("{count} s"),
        Unit::Minute => format!("{count} min"),
        Unit::Hour => format!("{count} h"),
        Unit::Day | Unit::Month | Unit::Year => {
            let word = match unit {
                Unit::Month => "month",
                Unit::Year => "year",
                _ => "day",
            };
            format!("{count} {word}{}", if count == 1 { "" } else { "s" })
        }
    }
}

/// The same for a narrow column, at most four characters for ten thousand years: "44s", "5m", "3h", "12d", "3mo", "2y".
pub fn brief(duration: SignedDuration) -> String {
    let (count, unit) = largest_unit(duration);
    let letters = match unit {
        Unit::Second => "s",
        Unit::Minute => "m",
        Unit::Hour => "h",
        Unit::Day => "d",
        Unit::Month => "mo",
        Unit::Year => "y",
    };
    format!("{count}{letters}")
}

enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Month,
    Year,
}

fn largest_unit(duration: SignedDuration) -> (u64, Unit) {
    let seconds = duration.as_secs().unsigned_abs();
    let in_units = |unit: i64| seconds / unit.unsigned_abs();
    match in_units(DAY) {
        0 => match seconds {
            0..60 => (seconds, Unit::Second),
            60..3600 => (in_units(MINUTE), Unit::Minute),
            _ => (in_units(HOUR), Unit::Hour),
        },
        days @ 1..30 => (days, Unit::Day),
        days @ 30..365 => (days / 30, Unit::Month),
        days => (days / 365, Unit::Year),
    }
}

/// What is left of a temporary token's life: "59:07", or "1:02:03" from an hour on; "0:00" when it is over.
pub fn countdown(left: SignedDuration) -> String {
    let seconds = left.as_secs().max(0);
    let (hours, minutes, seconds) = (seconds / HOUR, seconds % HOUR / MINUTE, seconds % MINUTE);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A point in time to the minute: "2026-11-21 19:53 UTC". The API speaks UTC, and so do we: a screen that is shared or quoted
/// then means the same everywhere.
pub fn absolute(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A day: "2026-11-21" (UTC).
pub fn day(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string()
}

/// Why a text is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationFault {
    /// No number where one is needed.
    #[error("write a number and a unit, such as 30m, 12h or 90d")]
    NoNumber,
    /// A number without one of the units.
    #[error("the unit is missing or unknown; use s, m (minutes), h, d, w, mo (30 days) or y (365 days), as in 90d")]
    NoUnit,
    /// Longer than a human life by far.
    #[error("too long; the maximum is 1000y")]
    TooLong,
}

/// Reads "30m", "90d", "1h30m", "2w". Case does not matter. Every number needs its unit, so that nobody creates a token of 30 seconds
/// who meant minutes.
pub fn parse_duration(text: &str) -> Result<SignedDuration, DurationFault> {
    const LONGEST: i64 = 1000 * 365 * DAY;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(DurationFault::NoNumber);
    }
    let mut seconds: i64 = 0;
    while !rest.is_empty() {
        let (number, tail) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let (unit, tail) = tail.split_at(tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len()));
        if number.is_empty() {
            return Err(DurationFault::NoNumber);
        }
        let unit = match unit.to_ascii_lowercase().as_str() {
            "s" | "sec" => 1,
            "m" | "min" => MINUTE,
            "h" => HOUR,
            "d" => DAY,
            "w" => 7 * DAY,
            "mo" => 30 * DAY,
            "y" => 365 * DAY,
            _ => return Err(DurationFault::NoUnit),
        };
        let part = number.parse::<i64>().ok().and_then(|number| number.checked_mul(unit));
        seconds = part
            .and_then(|part| seconds.checked_add(part))
            .filter(|seconds| *seconds <= LONGEST)
            .ok_or(DurationFault::TooLong)?;
        rest = tail;
    }
    Ok(SignedDuration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("in range")
    }

    #[test]
    fn times_are_told_by_their_largest_unit() {
        let now = at(1_800_000_000);
        for (seconds, words) in [
            (0, "just now"),
            (9, "just now"),
            (44, "44 s ago"),
            (-44, "in 44 s"),
            (-1, "in 1 s"),
            (60, "1 min ago"),
            (3599, "59 min ago"),
            (3600, "1 h ago"),
            (DAY, "1 day ago"),
            (29 * DAY, "29 days ago"),
            (30 * DAY, "1 month ago"),
            (100 * DAY, "3 months ago"),
            (364 * DAY, "12 months ago"),
            (365 * DAY, "1 year ago"),
            (800 * DAY, "2 years ago"),
            (-HOUR, "in 1 h"),
        ] {
            assert_eq!(relative(at(1_800_000_000 - seconds), now), words);
        }
    }

    #[test]
    fn a_moment_is_the_time_to_the_millisecond() {
        for millis in [i64::MIN, -1_500, -1, 0, 1, 1_453_748_827_514, i64::MAX] {
            let Ok(time) = Timestamp::from_millisecond(millis) else { continue };
            assert_eq!(Moment::from(time).timestamp(), time, "{millis}");
        }
        assert!(Moment::from(at(-1)) < Moment::from(at(0)) && Moment::from(at(0)) < Moment::from(at(1)));
        assert_eq!(size_of::<Option<Moment>>(), 8);
    }

    #[test]
    fn columns_get_the_brief_form() {
        for (seconds, letters) in
            [(0, "0s"), (61, "1m"), (7200, "2h"), (DAY, "1d"), (90 * DAY, "3mo"), (730 * DAY, "2y")]
        {
            assert_eq!(brief(SignedDuration::from_secs(seconds)), letters);
        }
    }

    #[test]
    fn a_countdown_ends_at_zero() {
        for (seconds, shown) in [(3723, "1:02:03"), (3547, "59:07"), (9, "0:09"), (0, "0:00"), (-5, "0:00")] {
            assert_eq!(countdown(SignedDuration::from_secs(seconds)), shown);
        }
    }

    #[test]
    fn points_in_time_are_in_utc() {
        let time: Timestamp = "2026-11-21T19:53:44.123Z".parse().expect("a time");
        assert_eq!(absolute(time), "2026-11-21 19:53 UTC");
        assert_eq!(day(time), "2026-11-21");
    }

    #[test]
    fn durations_are_read_with_their_units() {
        for (text, seconds) in [
            ("30m", 30 * MINUTE),
            (" 90d ", 90 * DAY),
            ("1h30m", 90 * MINUTE),
            ("2W", 14 * DAY),
            ("1mo", 30 * DAY),
            ("1y", 365 * DAY),
            ("45min", 45 * MINUTE),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration(text), Ok(SignedDuration::from_secs(seconds)), "{text}");
        }
        for (text, fault) in [
            ("", DurationFault::NoNumber),
            ("h", DurationFault::NoNumber),
            ("-1h", DurationFault::NoNumber),
            ("1h-", DurationFault::NoNumber),
            ("30", DurationFault::NoUnit),
            ("30x", DurationFault::NoUnit),
            ("1h30", DurationFault::NoUnit),
            ("1001y", DurationFault::TooLong),
            ("99999999999999999999d", DurationFault::TooLong),
        ] {
            assert_eq!(parse_duration(text), Err(fault), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_and_no_time_makes_it_panic(text in any::<String>(), a in any::<i64>(), b in any::<i64>()) {
            let _ = parse_duration(&text);
            let (a, b) = (Timestamp::from_second(a % 200_000_000_000), Timestamp::from_second(b % 200_000_000_000));
            if let (Ok(a), Ok(b)) = (a, b) {
                prop_assert!(!relative(a, b).is_empty());
                countdown(a.duration_since(b));
                absolute(a);
            }
        }

        #[test]
        fn a_brief_form_means_what_it_was_made_from(seconds in 0..1000 * 365 * DAY) {
            let read = parse_duration(&brief(SignedDuration::from_secs(seconds))).expect("a duration").as_secs();
            prop_assert!(read <= seconds && seconds - read <= read.max(365 * DAY));
        }
    }
}
