//! [`ApiError`]: everything that can go wrong between us and the server, in words for people.
//!
//! What always holds: no error contains a token value or an address with one in it; each says what happened and what to
//! do next ([`ApiError::next`]); server messages are untrusted text.

use std::time::Duration;

use super::Trouble;
use crate::{
    untrusted::Untrusted,
    work::create::{Op, Outcome},
};

/// Why a request did not work. `Display` says what happened and why; [`ApiError::next`] what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The server could not be reached: nothing was sent.
    #[error("{host} cannot be reached: {cause}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What stood in the way.
        cause: Trouble,
    },
    /// The connection was made but the answer did not arrive in full. A change may or may not have been made.
    #[error("the connection to {host} broke off: {cause}")]
    Broken {
        /// Host and port.
        host: String,
        /// What happened.
        cause: Trouble,
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
    /// 404 "No such user": the account's name is wrong.
    #[error("the server knows no account \"{}\"", crate::untrusted::shown(username))]
    NoSuchUser {
        /// The name that was asked for.
        username: String,
    },
    /// 404 for one token: it is gone.
    #[error("no such token any more, or the authorizing token lacks tokens:write")]
    Gone,
    /// 422 and other refusals of what was sent.
    #[error("the server refused it: {}", message.shown())]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: Untrusted,
    },
    /// 3xx. Never followed: the token in the address would go along.
    #[error("the server sends us elsewhere (status {status}), where a token must not follow")]
    Redirected {
        /// The HTTP status.
        status: u16,
    },
    /// 429.
    #[error("too many requests")]
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
    /// The records of creates and batches could not be read, written or closed.
    #[error("the records of what is under way cannot be used: {0}")]
    Records(String),
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
    /// What was asked makes no sense, so nothing was sent.
    #[error("{0}")]
    Senseless(String),
    /// The authorizing token is not in memory; nothing was sent.
    #[error("the account is locked")]
    Locked,
    /// The person, or a newer request, made it pointless.
    #[error("cancelled")]
    Cancelled,
}

/// What of a form a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The name.
    Note,
    /// The scopes.
    Scopes,
    /// The allowed URLs.
    AllowedUrls,
    /// The end of a temporary token.
    Expires,
}

impl ApiError {
    /// What the person can do now, in one sentence or two.
    pub fn next(&self) -> String {
        match self {
            Self::Unreachable { cause, .. } => cause.next().into(),
            Self::Broken { cause, .. } => format!("Reload to see what the account holds now. {}", cause.next()),
            Self::Unauthorized { .. } => {
                "It may have been deleted or have expired: jeton login takes another one.".into()
            }
            Self::Forbidden { scope: Some(scope), .. } => {
                format!("The authorizing token probably lacks {scope}: use one that holds it.")
            }
            Self::Forbidden { scope: None, .. } => "Use an authorizing token that holds the scope.".into(),
            Self::NoSuchUser { .. } => "Check MAPBOX_USERNAME or the account's configuration.".into(),
            Self::Gone => "Reload the list.".into(),
            Self::Refused { message, .. } => explain(message.raw()).into(),
            Self::Redirected { .. } => {
                "Check the API address, and whether a login page stands before this network.".into()
            }
            Self::RateLimited { wait: Some(wait) } => format!("Try again in {}.", in_words(*wait)),
            Self::RateLimited { wait: None } => "Wait a minute, then try again.".into(),
            Self::Server { .. } => "Reload to see what the account holds now, and try again later.".into(),
            Self::Unreadable(_) => "Check that the API address is right, then try again.".into(),
            Self::NotRecorded(_) | Self::Records(_) => {
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
            Self::Senseless(_) => "Change it and try again.".into(),
            Self::Locked => "Unlock it, then try again.".into(),
            Self::Cancelled => "Start again.".into(),
        }
    }

    /// The field of the form that a refusal is about, as far as the server's words tell.
    pub fn field(&self) -> Option<Field> {
        let (Self::Refused { message, .. } | Self::Forbidden { message, .. }) = self else { return None };
        let message = message.raw().to_ascii_lowercase();
        [
            ("scope", Field::Scopes),
            ("resources", Field::Scopes),
            ("allowedurls", Field::AllowedUrls),
            ("url", Field::AllowedUrls),
            ("expire", Field::Expires),
            ("note", Field::Note),
        ]
        .into_iter()
        .find_map(|(word, field)| message.contains(word).then_some(field))
    }

    /// Whether a change that ended like this may have been made all the same.
    pub fn outcome_is_unknown(&self) -> bool {
        match self {
            Self::Broken { .. } | Self::Unreadable(_) | Self::Server { .. } | Self::Unclear { .. } => true,
            Self::Unreachable { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NoSuchUser { .. }
            | Self::Gone
            | Self::Refused { .. }
            | Self::Redirected { .. }
            | Self::RateLimited { .. }
            | Self::NotRecorded(_)
            | Self::Records(_)
            | Self::NotSent(_)
            | Self::Senseless(_)
            | Self::Locked
            | Self::Cancelled => false,
        }
    }
}

/// A wait, rounded up: whoever comes back then does not come too early.
fn in_words(wait: Duration) -> String {
    match wait.as_secs().max(1) {
        seconds @ ..=120 => format!("{seconds} s"),
        seconds @ ..=7200 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}

/// What to do about a refusal, by the messages the Tokens API documents.
fn explain(message: &str) -> &'static str {
    match message.to_ascii_lowercase().as_str() {
        "scopes are invalid" => {
            "One of the scopes does not exist, or the authorizing token lacks it: no token can give what it does not hold."
        }
        "expires is in the past" => "Check this machine's clock: the server's is ahead.",
        "expires is more than one hour in the future" => "Choose an hour at most, and check this machine's clock.",
        "expires may not be greater than the expiration of the authorizing token" => {
            "The authorizing token is temporary itself: choose a time before its end."
        }
        "resources are invalid" => {
            "The authorizing token is restricted to resources it cannot pass on: use another one."
        }
        "access token is required" => "Sign in again: no token reached the server.",
        _ => "Change what was asked for and try again.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_pinned_to_its_field() {
        let refused = |message: &str| ApiError::Refused { status: 422, message: message.into() };
        for (message, field) in [
            ("scopes are invalid", Some(Field::Scopes)),
            ("expires is in the past", Some(Field::Expires)),
            ("note may not be longer than 128 characters", Some(Field::Note)),
            ("allowedUrls may not have more than 100 entries", Some(Field::AllowedUrls)),
            ("no", None),
        ] {
            assert_eq!(refused(message).field(), field, "{message}");
        }
        assert_eq!(ApiError::Gone.field(), None);
    }

    #[test]
    fn a_wait_is_told_in_the_unit_people_count_in() {
        let next = |seconds| ApiError::RateLimited { wait: Some(Duration::from_secs(seconds)) }.next();
        assert_eq!(
            [next(0), next(61), next(121), next(86_400)].map(|words| words.replace("Try again in ", "")),
            ["1 s.", "61 s.", "3 min.", "24 h."]
        );
    }

    #[test]
    fn documented_refusals_are_explained() {
        let message = "Scopes are invalid";
        let next = ApiError::Refused { status: 422, message: message.into() }.next();
        assert!(next.contains("authorizing token lacks it"), "{next}");
    }
}
