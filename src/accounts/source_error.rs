//! [`SourceError`]: why an authorizing token could not be read from where it is kept.

use super::PASSPHRASE_FILE;

/// Why a token could not be had from its source. The text says what to do, and never contains the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The variable is not set, or empty.
    #[error("the environment variable {0} is not set")]
    NotSet(String),
    /// The command did not work.
    #[error("{0}")]
    Command(String),
    /// The keyring did not give it.
    #[error("{0}")]
    Keyring(String),
    /// The file cannot be used.
    #[error("{0}")]
    File(String),
    /// It takes a passphrase, and none was given.
    #[error(
        "the token is encrypted: enter the passphrase at a terminal (without --no-input), or set {PASSPHRASE_FILE} to a file that \
            contains it"
    )]
    NeedsPassphrase,
    /// The passphrase is not the one.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// There was something, but no token.
    #[error("{0} did not provide a token: {1}")]
    NoToken(String, String),
}
