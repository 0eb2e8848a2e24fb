//! The Tokens API over HTTP, and nothing else: one function per call, what comes back, and what can go wrong.
//!
//! Invariants: only this module speaks HTTP; the authorizing token is added to an address in one place ([`endpoint`]) and removed from
//! errors in one place ([`client`]); answers are untrusted.

pub mod budget;
pub mod call;
pub mod client;
mod deadline;
pub mod endpoint;
pub mod error;
mod json;
pub mod pages;
pub mod proxy;
pub mod retry;
pub mod statistics;
mod timeouts;
pub mod transport_error;
pub mod verdict;
pub mod wire;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

pub use self::{
    budget::Budget, call::Call, client::Client, endpoint::Endpoint, error::ApiError, pages::Pages,
    statistics::Statistics, timeouts::Timeouts, transport_error::TransportError, verdict::Verdict,
};
use crate::{secret::Secret, untrusted::Untrusted};

/// A temporary token that was just created. The server keeps nothing of it: this is all there is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Temporary {
    /// The token string.
    #[serde(rename = "token")]
    pub value: Secret,
    /// When it was created, by the server's clock; older answers leave it out.
    #[serde(default, deserialize_with = "crate::token::record::time")]
    pub issued_at: Option<Timestamp>,
    /// When it ends, by the server's clock; what was asked for where the answer leaves it out.
    #[serde(default, deserialize_with = "crate::token::record::time")]
    pub expires: Option<Timestamp>,
    /// How far this machine's clock is ahead of the server's.
    #[serde(skip)]
    pub clock_ahead: SignedDuration,
}

impl Temporary {
    /// When it ends, by this machine's clock: what a countdown runs to.
    pub fn ends(&self) -> Option<Timestamp> {
        self.expires.map(|expires| expires.saturating_add(self.clock_ahead).unwrap_or(expires))
    }
}

/// How a trial request with a chosen `Referer` went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probed {
    /// The request was served: the page may use the token.
    Allowed,
    /// 403: the token's URL restriction does not let the page through, or the token lacks `styles:tiles`.
    Refused(Untrusted),
    /// 401: the token itself is not accepted, from anywhere.
    NotAccepted(Untrusted),
    /// Another answer, which says nothing about the restriction.
    Unclear {
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: Untrusted,
    },
}
