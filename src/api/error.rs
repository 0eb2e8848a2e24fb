//! [`ApiError`]: everything that can go wrong between us and the server, in plain words.
//!
//! Invariants: no error contains a token value or an address with one in it; each says what happened and what to
//! do next ([`ApiError::next`]); server messages are untrusted text.

use std::time::Duration;

use super::TransportError;
use crate::untrusted::Untrusted;

/// Why a request did not work. `Display` says what happened and why; [`ApiError::next`] what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The server could not be reached: nothing was sent.
    #[error("can't reach {host}: {cause}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What stood in the way.
        cause: TransportError,
    },
    /// The connection was made but the answer did not arrive in full. A change may or may not have been made.
    #[error("lost the connection to {host}: {cause}")]
    Broken {
        /// Host and port.
        host: String,
        /// What happened.
        cause: TransportError,
    },
    /// 401: the authorizing token is not accepted.
    #[error("the server rejected the authorizing token ({})", message.shown())]
    Unauthorized {
        /// The server's words.
        message: Untrusted,
    },
    /// 403, or the 404 with which the Tokens API answers a token that lacks a scope.
    #[error("not allowed: {}", message.shown())]
    Forbidden {
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: Untrusted,
        /// The scope that is probably missing.
        scope: Option<&'static str>,
    },
    /// 404 "No such user": the account's name is wrong.
    #[error("no account \"{}\" on the server", crate::untrusted::shown(username))]
    NoSuchUser {
        /// The name that was asked for.
        username: String,
    },
    /// 404 for one token: it is gone.
    #[error("the token no longer exists, or the authorizing token lacks tokens:write")]
    Gone,
    /// 422 and other refusals of what was sent.
    #[error("the server refused the request: {}", message.shown())]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: Untrusted,
    },
    /// An answer to a change that the API does not document: something else may have given it, and the change may have been made.
    #[error("undocumented answer from the server (HTTP {status}: {})", message.shown())]
    Undocumented {
        /// The HTTP status.
        status: u16,
        /// The words that came with it.
        message: Untrusted,
    },
    /// 3xx. Never followed: the token in the address would go along.
    #[error("the server redirected the request (HTTP {status}); not followed, to protect your token")]
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
    #[error("server error (HTTP {status})")]
    Server {
        /// The HTTP status.
        status: u16,
    },
    /// An answer that is not what the documentation describes.
    #[error("unexpected answer from the server: {0}")]
    Unreadable(String),
    /// What was asked makes no sense, so nothing was sent.
    #[error("{0}")]
    Senseless(String),
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
    /// What the user can do now, in one sentence or two.
    pub fn next(&self) -> String {
        match self {
            Self::Unreachable { cause, .. } => cause.next().into(),
            Self::Broken { cause, .. } => format!("Reload to see what the account holds now. {}", cause.next()),
            Self::Unauthorized { .. } => {
                "It may have expired or been deleted. Sign in with another one: jeton login".into()
            }
            Self::Forbidden { scope: Some(scope), .. } => {
                format!("The authorizing token probably lacks {scope}. Use one that has it.")
            }
            Self::Forbidden { scope: None, .. } => "Use an authorizing token that has the scope.".into(),
            Self::NoSuchUser { .. } => "Check MAPBOX_USERNAME or the account's configuration.".into(),
            Self::Gone => "Reload the list.".into(),
            Self::Refused { message, .. } => explain(message.raw()).into(),
            Self::Undocumented { .. } => "Reload to see what the account holds now.".into(),
            Self::Redirected { .. } => "Check the API URL, and whether this network has a sign-in page.".into(),
            Self::RateLimited { wait: Some(wait) } => format!("Try again in {}.", in_words(*wait)),
            Self::RateLimited { wait: None } => "Wait a minute, then try again.".into(),
            Self::Server { .. } => "Reload to see what the account holds now, and try again later.".into(),
            Self::Unreadable(_) => "Check the API URL, then try again.".into(),
            Self::Senseless(_) => "Change it and try again.".into(),
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

    /// Whether it is certain that a create which ended like this made nothing: nothing was sent, or the answer is one that the API
    /// documents as its refusal of a create (401, 404 or 422, with a message).
    pub fn is_certain_refusal(&self) -> bool {
        match self {
            Self::Forbidden { status, .. } | Self::Refused { status, .. } => matches!(status, 404 | 422),
            Self::RateLimited { .. } => false,
            other => !other.outcome_is_unknown(),
        }
    }

    /// Whether a change that ended like this may have been made anyway.
    pub fn outcome_is_unknown(&self) -> bool {
        match self {
            Self::Broken { .. }
            | Self::Unreadable(_)
            | Self::Server { .. }
            | Self::Undocumented { .. }
            | Self::Redirected { .. } => true,
            Self::Unreachable { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NoSuchUser { .. }
            | Self::Gone
            | Self::Refused { .. }
            | Self::RateLimited { .. }
            | Self::Senseless(_) => false,
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
            "A scope does not exist, or the authorizing token lacks it. A token can grant only scopes that it has."
        }
        "expires is in the past" => "Check this machine's clock: the server's is ahead.",
        "expires is more than one hour in the future" => "Choose at most one hour, and check this machine's clock.",
        "expires may not be greater than the expiration of the authorizing token" => {
            "The authorizing token is temporary itself. Choose a time before it expires."
        }
        "resources are invalid" => {
            "The authorizing token is restricted to resources that it can't pass on. Use another one."
        }
        "access token is required" => "No token reached the server. Sign in again.",
        _ => "Change the request and try again.",
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
