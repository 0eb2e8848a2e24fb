//! The time of day, as the dashboard shows it.
//!
//! It can be fixed, once and before the start, so that the screens in the documentation are the same whenever they are
//! made. Waiting is measured with another clock and goes on as ever.

use std::sync::OnceLock;

use jiff::Timestamp;

static FIXED: OnceLock<Timestamp> = OnceLock::new();

/// Now, or what was fixed.
pub fn now() -> Timestamp {
    FIXED.get().copied().unwrap_or_else(Timestamp::now)
}

/// Makes it always be that time. The first call counts.
pub fn fix(time: Timestamp) {
    // A second time would only be another wish for the same screens.
    let _ = FIXED.set(time);
}
