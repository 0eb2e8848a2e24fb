//! [`Exit`]: the exit codes. They are part of the interface: scripts compare them.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter)]
#[repr(u8)]
pub enum Exit {
    /// What was asked for is done.
    Done = 0,
    /// It failed, for a reason of its own.
    Failed = 1,
    /// The arguments or the input do not make sense.
    Usage = 2,
    /// There is no such token, account or file.
    NotFound = 3,
    /// The authorizing token is not accepted, or lacks a scope; or there is none.
    NotAuthorized = 4,
    /// The network, the server or the rate limit was in the way: the same command may work later.
    TryAgain = 5,
    /// A secret was created and could not be delivered; `jeton recover` has it.
    Undelivered = 6,
    /// The user, or a safeguard, said no.
    Declined = 7,
    /// The command did its work and found something.
    Findings = 8,
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What the number means, for the help.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Usage => "invalid arguments or input",
            Self::NotFound => "not found",
            Self::NotAuthorized => "not authorized, or a scope is missing",
            Self::TryAgain => "network error, server error or rate limit: try again later",
            Self::Undelivered => "a secret was created but not delivered: run jeton recover",
            Self::Declined => "declined or cancelled",
            Self::Findings => "findings (lint, scan, check-url) or differences (diff)",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
