//! [`Failure`]: why a command ended early, in plain words and in a stable [`Code`] for scripts.
//!
//! Invariants: a failure says what happened and what to do next; it never contains a token value; foreign text in it
//! has gone through [`untrusted::shown`](crate::untrusted::shown).

use std::{fmt, io};

use serde::{Serialize, Serializer};

use super::exit::Exit;
use crate::{
    api::{ApiError, endpoint::BadAddress},
    work::{WorkError, journal::Outcome},
};

/// The stable names of failures: `error.code` in JSON. Each belongs to one exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Code {
    /// Arguments or input that do not make sense.
    Usage,
    /// Several tokens answer to what was given.
    Ambiguous,
    /// No such token, user or file.
    NotFound,
    /// Nobody said whose tokens are meant, or by whose authority.
    NoAccount,
    /// The authorizing token is not accepted.
    Unauthorized,
    /// The authorizing token lacks a scope.
    Forbidden,
    /// The server cannot be reached.
    Unreachable,
    /// The connection broke off.
    Broken,
    /// The server had a fault of its own.
    Server,
    /// Too many requests.
    RateLimited,
    /// The server refused what was asked for.
    Refused,
    /// The server's answer makes no sense.
    Unreadable,
    /// Something about a file, a terminal or standard output.
    Local,
    /// Some parts of a bulk command failed, not all for the same reason.
    Partial,
    /// A secret exists and could not be delivered.
    Undelivered,
    /// The user, or a safeguard, said no.
    Declined,
    /// Standard output was closed. Ends quietly.
    PipeClosed,
}

impl Code {
    /// The name in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Ambiguous => "ambiguous",
            Self::NotFound => "not_found",
            Self::NoAccount => "no_account",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Unreachable => "unreachable",
            Self::Broken => "broken",
            Self::Server => "server",
            Self::RateLimited => "rate_limited",
            Self::Refused => "refused",
            Self::Unreadable => "unreadable",
            Self::Local => "local",
            Self::Partial => "partial",
            Self::Undelivered => "undelivered",
            Self::Declined => "declined",
            Self::PipeClosed => "pipe_closed",
        }
    }

    /// How a command that fails like this exits.
    pub const fn exit(self) -> Exit {
        match self {
            Self::PipeClosed => Exit::Done,
            Self::Refused | Self::Unreadable | Self::Local | Self::Partial => Exit::Failed,
            Self::Usage | Self::Ambiguous => Exit::Usage,
            Self::NotFound => Exit::NotFound,
            Self::NoAccount | Self::Unauthorized | Self::Forbidden => Exit::NotAuthorized,
            Self::Unreachable | Self::Broken | Self::Server | Self::RateLimited => Exit::TryAgain,
            Self::Undelivered => Exit::Undelivered,
            Self::Declined => Exit::Declined,
        }
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// Why a command ended early. As JSON: `{"code", "message", "next"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The stable name.
    pub code: Code,
    /// What happened and why.
    pub message: String,
    /// What to do next; empty when the message says it all.
    pub next: String,
}

impl Failure {
    /// A failure in so many words.
    pub fn new(code: Code, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { code, message: without_number(message.into()), next: next.into() }
    }

    /// A failure whose message says what to do as well.
    pub fn plain(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, message, "")
    }

    /// A failure of a text that ends in advice, after a semicolon (as most errors do) or in a second sentence (as those of destinations).
    /// `outcome` says what was not done.
    pub fn advised(code: Code, text: &str, outcome: &str) -> Self {
        let (message, advice) = text.split_once("; ").or_else(|| text.split_once(". ")).unwrap_or((text, ""));
        let mut letters = advice.chars();
        let advice: String = match letters.next() {
            // The name of a command stays as it is typed.
            Some(first) if !advice.starts_with("jeton ") => first.to_uppercase().chain(letters).collect(),
            _ => advice.to_owned(),
        };
        let next = [outcome, &advice].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
        Self::new(code, message.strip_suffix('.').unwrap_or(message), next)
    }

    /// Arguments that do not make sense.
    pub fn usage(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(Code::Usage, message, next)
    }

    /// The user, or a safeguard, said no.
    pub fn declined(message: impl Into<String>) -> Self {
        Self::new(Code::Declined, message, "Nothing was changed.")
    }

    /// The same where standard output failed only after something was done: whoever reads it must not do that again.
    #[must_use]
    pub fn after(self, done: impl fmt::Display) -> Self {
        match self.code {
            Code::PipeClosed => self,
            _ => Self { message: format!("{done}, but {}", self.message), ..self },
        }
    }

    /// A file (or another thing of the system's) that did not work.
    pub fn local(what: impl fmt::Display, error: &io::Error) -> Self {
        let code = if error.kind() == io::ErrorKind::NotFound { Code::NotFound } else { Code::Local };
        Self::new(code, format!("{what}: {error}"), "")
    }
}

/// What happened and what to do, on one line.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.next.is_empty() { Ok(()) } else { write!(f, ". {}", self.next) }
    }
}

/// The system's words without its "(os error 2)".
fn without_number(mut text: String) -> String {
    while let Some(from) = text.find(" (os error ")
        && let Some(length) = text.get(from..).and_then(|rest| rest.find(')'))
    {
        text.replace_range(from..=from + length, "");
    }
    text
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let code = match &error {
            ApiError::Unreachable { .. } => Code::Unreachable,
            ApiError::Broken { .. } => Code::Broken,
            ApiError::Server { .. } => Code::Server,
            ApiError::RateLimited { .. } => Code::RateLimited,
            ApiError::Unauthorized { .. } => Code::Unauthorized,
            ApiError::Forbidden { .. } => Code::Forbidden,
            // The documented answer when a token is asked to pass on a scope that it does not hold.
            ApiError::Refused { message, .. } if message.raw().eq_ignore_ascii_case("scopes are invalid") => {
                Code::Forbidden
            }
            ApiError::NoSuchUser { .. } | ApiError::Gone => Code::NotFound,
            ApiError::Refused { .. } => Code::Refused,
            ApiError::Undocumented { .. } | ApiError::Redirected { .. } | ApiError::Unreadable(_) => Code::Unreadable,
            ApiError::Senseless(_) => Code::Usage,
        };
        // What the dashboard's person would do by a key is another command here.
        let next = match &error {
            ApiError::Broken { cause, .. } => {
                format!(
                    "If this was a change, check the account with jeton list before you repeat it. {}",
                    cause.next()
                )
            }
            ApiError::Server { .. } => {
                "Try again later. If this was a change, check the account with jeton list first.".into()
            }
            ApiError::Gone => "Someone may have deleted it: check with jeton list".into(),
            ApiError::Unreadable(_) => "Check the API URL.".into(),
            ApiError::Undocumented { .. } => "Check the account with jeton list".into(),
            other => other.next(),
        };
        Self::new(code, error.to_string(), next)
    }
}

impl From<WorkError> for Failure {
    fn from(error: WorkError) -> Self {
        let code = match &error {
            WorkError::Api(error) => return error.clone().into(),
            WorkError::NotSent(cause) => return Self { message: error.to_string(), ..Self::from(cause.clone()) },
            WorkError::NotRecorded(_) | WorkError::Records(_) => Code::Local,
            WorkError::Unclear { .. } => Code::Undelivered,
            WorkError::Unfinished { .. } | WorkError::Cancelled => Code::Declined,
            WorkError::Locked => Code::Unauthorized,
        };
        let next = match &error {
            WorkError::Unclear { op, found, .. } => match **found {
                Outcome::TooEarly(_) | Outcome::Unknown(_) => {
                    format!("Do not create it again yet: first run jeton recover {op}")
                }
                _ => format!("{} To resolve it, run jeton recover {op}", error.next()),
            },
            WorkError::Cancelled => "Nothing was changed.".into(),
            other => other.next(),
        };
        Self::new(code, error.to_string(), next)
    }
}

impl From<BadAddress> for Failure {
    fn from(error: BadAddress) -> Self {
        Self::usage(error.to_string(), "Set the API URL with --api-url or MAPBOX_API_ENDPOINT.")
    }
}

/// Only for what is written to standard output: the one stream whose end may be closed on purpose.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Code::PipeClosed, "standard output was closed", "");
        }
        Self::new(Code::Local, format!("can't write to standard output: {error}"), "")
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        io::Error::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use strum::IntoEnumIterator as _;

    use super::*;

    #[test]
    fn codes_are_distinct_words() {
        let words: HashSet<_> = Code::iter().map(Code::word).collect();
        assert_eq!(words.len(), Code::iter().count());
    }

    #[test]
    fn every_exit_code_but_findings_is_that_of_some_failure() {
        let exits: Vec<_> = Code::iter().map(Code::exit).collect();
        for exit in Exit::iter().filter(|exit| *exit != Exit::Findings) {
            assert!(exits.contains(&exit), "{exit:?}");
        }
    }

    #[test]
    fn asking_for_scopes_one_does_not_hold_is_a_matter_of_authority() {
        let refused = |message: &str| Failure::from(ApiError::Refused { status: 422, message: message.into() });
        assert_eq!(refused("scopes are invalid").code.exit(), Exit::NotAuthorized);
        assert_eq!(refused("expires is in the past").code.exit(), Exit::Failed);
    }

    #[test]
    fn nobody_is_told_to_press_a_key() {
        let host = || "api.example".to_owned();
        for error in [
            ApiError::Broken { host: host(), cause: crate::api::TransportError::Closed },
            ApiError::Server { status: 500 },
            ApiError::Gone,
            ApiError::Unreadable("x".into()),
            ApiError::RateLimited { wait: None },
        ] {
            let next = Failure::from(error).next;
            assert!(!next.is_empty() && !next.contains("ress r"), "{next}");
        }
    }

    #[test]
    fn the_systems_numbers_are_left_out() {
        let error = io::Error::from_raw_os_error(28);
        assert!(!Failure::from(error).message.contains("os error"));
    }
}
