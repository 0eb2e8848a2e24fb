//! [`Call`]: one request that went out, for the activity log; and [`Observer`], through which a client reports while it works.
//!
//! Invariants: a call contains no token value: its path is recorded before the token is added to the URL, and scrubbed.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;

use super::{ApiError, budget::Budget};
use crate::untrusted::Untrusted;

/// One attempt of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When it was sent.
    pub at: Timestamp,
    /// `GET`, `POST`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// Path and query, without the token.
    pub path: String,
    /// The status of the answer, or why there is none.
    pub outcome: Result<u16, ApiError>,
    /// From sending to the end of the answer.
    pub took: Duration,
    /// 1 for the first attempt; more for a retry.
    pub attempt: u32,
    /// When it did not work and is tried again: after how long.
    pub again_in: Option<Duration>,
    /// What was answered, in a few words for people: never a value.
    pub answer: String,
    /// What the server calls this request, where it says so: a support desk can find it by that.
    pub request_id: Option<Untrusted>,
}

/// Something a client has to tell while it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientEvent {
    /// A request went out and came back.
    Call(Call),
    /// What is left of the account's budget.
    Budget(Budget),
}

/// Who is told, and whether it is too late to turn back.
#[derive(Clone)]
pub struct Observer {
    tell: Arc<dyn Fn(ClientEvent) + Send + Sync>,
    sent: Arc<AtomicBool>,
}

impl Observer {
    /// A watch that passes on what it sees.
    pub fn new(tell: impl Fn(ClientEvent) + Send + Sync + 'static) -> Self {
        Self { tell: Arc::new(tell), sent: Arc::default() }
    }

    /// Whether something is on its way to the server that it may obey.
    pub fn is_sent(&self) -> bool {
        self.sent.load(Ordering::Acquire)
    }

    pub(super) fn set_sent(&self, sent: bool) {
        self.sent.store(sent, Ordering::Release);
    }

    pub(super) fn tell(&self, seen: ClientEvent) {
        (self.tell)(seen);
    }
}

/// Nobody is told.
impl Default for Observer {
    fn default() -> Self {
        Self::new(|_| {})
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("is_sent", &self.is_sent()).finish_non_exhaustive()
    }
}
