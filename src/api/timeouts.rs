//! [`Timeouts`]: how long the parts of a call may take.

use std::time::Duration;

use super::retry::Policy;

/// How long reaching the server may take, how long a whole call, and what is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Duration,
    /// Until the answer is complete; for each attempt.
    pub total: Duration,
    /// Until a call ends, with all its attempts and the waits between them. A change that may have been made is not given up sooner than
    /// [`Self::total`] after it was sent, and waits for its turn for longer.
    pub whole: Duration,
    /// Attempts and pauses.
    pub retry: Policy,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(5), total: seconds(30), whole: seconds(90), retry: Policy::default() }
    }
}

impl Timeouts {
    /// The usual one, but no call takes longer than this.
    pub fn of(whole: Duration) -> Self {
        let usual = Self::default();
        Self { connect: usual.connect.min(whole), total: whole, whole, ..usual }
    }
}
