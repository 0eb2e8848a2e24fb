//! [`Exit`]: what the exit codes mean. They are documented and stay as they are: scripts go by them.

use std::process::ExitCode;

use crate::{api::ApiError, creation::Outcome};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// What was asked for is done.
    Done = 0,
    /// It failed, and trying again will not help.
    Failed = 1,
    /// What was asked for makes no sense.
    Usage = 2,
    /// There is no such thing.
    NotFound = 3,
    /// The authorizing token is missing, not accepted, or lacks a scope.
    NotAuthorized = 4,
    /// The network, the server or the rate limit: try again.
    TryAgain = 5,
    /// A secret token was made, or may have been, and its value is not where it was to go. `jeton recover` knows more.
    NotDelivered = 6,
    /// A person said no.
    Declined = 7,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<&ApiError> for Exit {
    fn from(error: &ApiError) -> Self {
        match error {
            ApiError::Unclear { found, .. } if matches!(**found, Outcome::SafeToResend) => Self::TryAgain,
            ApiError::Unclear { .. } => Self::NotDelivered,
            ApiError::NotSent(cause) => (&**cause).into(),
            ApiError::Unauthorized { .. }
            | ApiError::Forbidden { .. }
            | ApiError::NoSuchUser { .. }
            | ApiError::Locked => Self::NotAuthorized,
            ApiError::Senseless(_) => Self::Usage,
            ApiError::Gone => Self::NotFound,
            ApiError::Unreachable { .. }
            | ApiError::Broken { .. }
            | ApiError::RateLimited { .. }
            | ApiError::Server { .. } => Self::TryAgain,
            _ => Self::Failed,
        }
    }
}
