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
        "the token is encrypted with a passphrase; type it at a terminal (without --no-input), or name a file that holds it in {PASSPHRASE_FILE}"
    )]
    NeedsPassphrase,
    /// The passphrase is not the one.
    #[error("that is not the passphrase")]
    WrongPassphrase,
    /// There was something, but no token.
    #[error("what came from {0} is not a token: {1}")]
    NoToken(String, String),
}
