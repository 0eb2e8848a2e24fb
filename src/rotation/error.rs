//! [`RotationError`]: why a rotation cannot begin or go on. Says what happened, why, and what to do.

use super::journal::Unavailable;
use crate::work::WorkError;

/// What kind of trouble it is: how a command exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was asked makes no sense.
    Usage,
    /// A safeguard said no.
    Refused,
    /// The authorizing token may not do it.
    Forbidden,
    /// It is not there.
    NotFound,
    /// Something about a file or the disk.
    Local,
    /// The same may work later.
    TryAgain,
    /// The successor exists and its value is not where it was to go.
    Undelivered,
}

/// Why it does not go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RotationError {
    /// The server, or the way to it.
    #[error("{0}")]
    Work(#[from] WorkError),
    /// Anything else.
    #[error("{message}")]
    Other {
        /// What kind.
        kind: Kind,
        /// What happened and why, without a full stop.
        message: String,
        /// What to do, in whole sentences.
        next: String,
    },
}

impl RotationError {
    /// Trouble in so many words.
    pub fn new(kind: Kind, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Other { kind, message: message.into(), next: next.into() }
    }

    /// What to do.
    pub fn next(&self) -> String {
        match self {
            Self::Work(error) => error.next(),
            Self::Other { next, .. } => next.clone(),
        }
    }

    /// The record could not be written.
    pub(super) fn unrecorded(why: &str) -> Self {
        Self::new(
            Kind::Local,
            format!("the rotation's record could not be written: {why}"),
            "Free some disk space, then resume the rotation.",
        )
    }
}

impl From<Unavailable> for RotationError {
    fn from(error: Unavailable) -> Self {
        let message = error.to_string();
        match error {
            Unavailable::Active => Self::new(Kind::Refused, message, "Wait for it, or end it first."),
            Unavailable::Exists(op) => Self::new(
                Kind::Refused,
                format!("{message} ({op})"),
                format!("Continue with jeton rotate --resume {op}, or undo it with --undo {op}."),
            ),
            Unavailable::Gone => Self::new(Kind::NotFound, message, "List the rotations with jeton rotate --list"),
            Unavailable::Disk(_) => Self::new(
                Kind::Local,
                message,
                "Free some disk space, or set JETON_STATE_DIR to a directory you can write to.",
            ),
        }
    }
}
