//! [`WorkError`]: why something that was asked for was not done: the API's reasons, and those of doing it safely.
//!
//! Invariants: as for [`ApiError`]: no token value and no address with one in it; each says what happened and what to do next
//! ([`WorkError::next`]).

use super::journal::{OperationId, Outcome};
use crate::api::{ApiError, error::Field};

/// Why a request was not done. `Display` says what happened and why; [`WorkError::next`] what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkError {
    /// The request itself failed.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// What was about to be created could not be written down first, so nothing was sent.
    #[error("nothing was sent: could not write the journal first: {0}")]
    NotRecorded(String),
    /// The records of creates and batches could not be read, written or closed.
    #[error("journal: {0}")]
    Records(String),
    /// The account could not be looked at before a create, so nothing was sent.
    #[error("nothing was sent: could not check the account first: {0}")]
    NotSent(ApiError),
    /// A create without a readable answer, and what the account was then found to hold.
    #[error("{cause}; {found}")]
    Unclear {
        /// The record's name.
        op: OperationId,
        /// What went wrong.
        cause: ApiError,
        /// What exists.
        found: Box<Outcome>,
    },
    /// The same create is on record and nobody knows yet, or nobody has settled, what came of it. Nothing was sent.
    #[error("nothing was sent: an earlier create of the same token is unfinished (record {op}): {summary}")]
    Unfinished {
        /// The record's name.
        op: OperationId,
        /// What is the case and what to do.
        summary: String,
    },
    /// The authorizing token is not in memory; nothing was sent.
    #[error("the account is locked")]
    Locked,
    /// The person, or a newer request, made it pointless.
    #[error("cancelled")]
    Cancelled,
}

impl WorkError {
    /// What the person can do now, in one sentence or two.
    pub fn next(&self) -> String {
        match self {
            Self::Api(error) | Self::NotSent(error) => error.next(),
            Self::NotRecorded(_) | Self::Records(_) => {
                "Free some disk space, or set JETON_STATE_DIR to a directory you can write to.".into()
            }
            Self::Unclear { op, found, .. } => match &**found {
                Outcome::SafeToResend => "Create it again.".into(),
                Outcome::Made(_) => "Its value is lost: delete the token and create it again.".into(),
                Outcome::Several(_) | Outcome::Gone(_) => "Compare them in the token list.".into(),
                Outcome::TooEarly(_) | Outcome::Unknown(_) => {
                    format!("Do not create it again yet. First check with `jeton recover {op}`, or at the next start.")
                }
            },
            Self::Unfinished { op, .. } => {
                format!("To create another one anyway, first drop the record: `jeton recover {op} --forget`.")
            }
            Self::Locked => "Unlock it, then try again.".into(),
            Self::Cancelled => "Try again.".into(),
        }
    }

    /// The field of the form that a refusal is about, as far as the server's words tell.
    pub fn field(&self) -> Option<Field> {
        if let Self::Api(error) = self { error.field() } else { None }
    }

    /// Whether a change that ended like this may have been made all the same.
    pub fn outcome_is_unknown(&self) -> bool {
        match self {
            Self::Api(error) => error.outcome_is_unknown(),
            Self::Unclear { .. } => true,
            Self::NotRecorded(_)
            | Self::Records(_)
            | Self::NotSent(_)
            | Self::Unfinished { .. }
            | Self::Locked
            | Self::Cancelled => false,
        }
    }
}
