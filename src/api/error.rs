//! [`ApiError`]: everything that can go wrong between us and the server, in words for people.
//!
//! What always holds: no error contains a token value or an address with one in it; each says what happened and what to
//! do next ([`ApiError::next`]); server messages are untrusted text.

use std::time::Duration;

use crate::{
    creation::{Op, Outcome},
    untrusted::Untrusted,
};

/// Why a request did not work. `Display` says what happened; [`ApiError::next`] what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The server could not be reached: nothing was sent.
    #[error("{host} cannot be reached: {cause}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// The cause in a few words, without any address.
        cause: String,
    },
    /// The connection was made but the answer did not arrive in full. A change may or may not have been made.
    #[error("the connection to {host} broke off: {cause}")]
    Broken {
        /// Host and port.
        host: String,
        /// The cause in a few words.
        cause: String,
    },
    /// 401: the authorizing token is not accepted.
    #[error("the authorizing token was not accepted ({})", message.shown())]
    Unauthorized {
        /// The server's words.
        message: Untrusted,
    },
    /// 403, or the 404 with which the Tokens API answers a token that lacks a scope.
    #[error("not allowed: {}", message.shown())]
    Forbidden {
        /// The server's words.
        message: Untrusted,
        /// The scope that is probably missing.
        scope: Option<&'static str>,
    },
    /// 404 for one token: it is gone.
    #[error("no such token any more")]
    Gone,
    /// 422 and other refusals of what was sent.
    #[error("the server refused it: {}", message.shown())]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: Untrusted,
    },
    /// 429.
    #[error("too many requests: the account may make 100 a minute")]
    RateLimited {
        /// How long to wait, where the server said.
        wait: Option<Duration>,
    },
    /// 5xx.
    #[error("the server had a fault of its own (status {status})")]
    Server {
        /// The HTTP status.
        status: u16,
    },
    /// An answer that is not what the documentation describes.
    #[error("the answer could not be understood: {0}")]
    Unreadable(String),
    /// What was about to be made could not be written down first, so nothing was sent.
    #[error("nothing was sent, because it could not be put on record first: {0}")]
    NotRecorded(String),
    /// The account could not be looked at before a create, so nothing was sent.
    #[error("nothing was sent, because the account could not be looked at first: {0}")]
    NotSent(Box<ApiError>),
    /// A create without a readable answer, and what the account was then found to hold.
    #[error("{cause}; {found}")]
    Unclear {
        /// The record's name.
        op: Op,
        /// What went wrong.
        cause: Box<ApiError>,
        /// What exists.
        found: Box<Outcome>,
    },
    /// The person, or a newer request, made it pointless.
    #[error("cancelled")]
    Cancelled,
}

impl ApiError {
    /// What the person can do now, in one sentence.
    pub fn next(&self) -> String {
        match self {
            Self::Unreachable { .. } => "Check the network, then press r to try again.".into(),
            Self::Broken { .. } => "Press r to see what the account holds now.".into(),
            Self::Unauthorized { .. } => {
                "It may have been deleted or have expired: use another authorizing token.".into()
            }
            Self::Forbidden { scope: Some(scope), .. } => {
                format!("The authorizing token probably lacks {scope}: use one that holds it.")
            }
            Self::Forbidden { scope: None, .. } => "Use an authorizing token that holds the scope.".into(),
            Self::Gone => "Press r to reload the list.".into(),
            Self::Refused { .. } => "Change what was asked for and try again.".into(),
            Self::RateLimited { wait: Some(wait) } => format!("Try again in {} s.", wait.as_secs().max(1)),
            Self::RateLimited { wait: None } => "Wait a minute, then try again.".into(),
            Self::Server { .. } => "Press r to see what the account holds now, and try again later.".into(),
            Self::Unreadable(_) => "Check that the API address is right, then press r.".into(),
            Self::NotRecorded(_) => {
                "Make room on the disk, or set JETON_STATE_DIR to a directory you can write to.".into()
            }
            Self::NotSent(cause) => cause.next(),
            Self::Unclear { op, found, .. } => match &**found {
                Outcome::SafeToResend => "Create it again.".into(),
                Outcome::Made(_) => "Nobody can read its value any more: delete it and create it again.".into(),
                Outcome::Several(_) | Outcome::Gone(_) => "Compare them in the list.".into(),
                Outcome::Unknown(_) => {
                    format!(
                        "Do not create it again before `jeton recover {op}`, or the next start, has said what exists."
                    )
                }
            },
            Self::Cancelled => "Press r to start again.".into(),
        }
    }

    /// Whether a change that ended like this may have been made all the same.
    pub fn outcome_is_unknown(&self) -> bool {
        match self {
            Self::Broken { .. } | Self::Unreadable(_) | Self::Server { .. } | Self::Unclear { .. } => true,
            Self::Unreachable { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::Gone
            | Self::Refused { .. }
            | Self::RateLimited { .. }
            | Self::NotRecorded(_)
            | Self::NotSent(_)
            | Self::Cancelled => false,
        }
    }
}
