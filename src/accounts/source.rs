//! [`Source`]: where an authorizing token is stored, and how it is read.
//!
//! Invariants: a value is a [`Secret`] from the start; nothing here prompts (a passphrase is passed in); each way of reading is limited in
//! time and size; an error never contains a value.

use std::{fmt, path::PathBuf, time::Duration};

use super::{SourceError, command, keyring, mapbox_cli, sealed};
use crate::os::private_file;
use crate::{os::places::Environment, secret::Secret, untrusted::shown};

/// How long a command may take: long enough for someone to touch a key or type a password elsewhere.
pub const COMMAND_TIME: Duration = Duration::from_secs(60);

/// A place for one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A variable of the environment.
    Environment(String),
    /// What a program prints: its name and arguments, run without a shell.
    Command(Vec<String>),
    /// The keyring of the operating system.
    Keyring,
    /// A file under a passphrase, in the format of age.
    EncryptedFile(PathBuf),
    /// A file that holds the token as it is.
    PlainFile(PathBuf),
    /// The login of Mapbox's own command line, by the name of its profile. It can list, but never make or delete tokens.
    MapboxCli(String),
}

/// What is needed to read a source.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The account's name among the profiles: its entry in the keyring.
    pub name: &'a str,
    /// The environment.
    pub environment: Environment<'a>,
    /// The passphrase, where one is needed and was asked for.
    pub passphrase: Option<&'a Secret>,
}

impl Source {
    /// Whether a passphrase has to be asked for.
    pub fn needs_passphrase(&self) -> bool {
        matches!(self, Self::EncryptedFile(_))
    }

    /// Reads the token. May take a while (a command, a keyring that asks for its password): not for a thread that draws.
    pub fn read(&self, means: Means<'_>) -> Result<Secret, SourceError> {
        let value = match self {
            Self::Environment(variable) => (means.environment)(variable)
                .and_then(|value| value.into_string().ok())
                .map(Secret::new)
                .filter(|value| !value.is_empty())
                .ok_or_else(|| SourceError::NotSet(variable.clone()))?,
            Self::Command(argv) => command::run(argv, COMMAND_TIME).map_err(SourceError::Command)?,
            Self::Keyring => keyring::get(means.name).map_err(SourceError::Keyring)?,
            Self::EncryptedFile(path) => {
                let sealed = private_file::read(path).map_err(SourceError::File)?;
                sealed::open(&sealed, means.passphrase.ok_or(SourceError::NeedsPassphrase)?)?
            }
            Self::PlainFile(path) => {
                let bytes = private_file::read(path).map_err(SourceError::File)?;
                let text = std::str::from_utf8(&bytes).map_err(|_| self.no_token("it is not text"))?;
                Secret::new(text)
            }
            Self::MapboxCli(profile) => mapbox_cli::read(profile, means.environment).map_err(SourceError::File)?,
        };
        self.one_word(value)
    }

    /// A token is one word; a line end after it is what every program prints.
    fn one_word(&self, value: Secret) -> Result<Secret, SourceError> {
        let word = value.expose().trim();
        if word.is_empty() {
            return Err(self.no_token("it is empty"));
        }
        if word.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(self.no_token("it has more than one word"));
        }
        Ok(if word.len() == value.expose().len() { value } else { Secret::new(word) })
    }

    fn no_token(&self, why: &str) -> SourceError {
        SourceError::NoToken(self.to_string(), why.to_owned())
    }
}

/// Where it is, for people.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(variable) => write!(f, "the environment ({})", shown(variable)),
            // Arguments may hold anything; the program's name is enough.
            Self::Command(argv) => write!(f, "a command ({})", shown(argv.first().map_or("", String::as_str))),
            Self::Keyring => write!(f, "the {}", keyring::NAME),
            Self::EncryptedFile(path) => write!(f, "an encrypted file ({})", shown(&path.to_string_lossy())),
            Self::PlainFile(path) => write!(f, "a plain file ({})", shown(&path.to_string_lossy())),
            Self::MapboxCli(profile) => write!(f, "the login of the mapbox command (profile {})", shown(profile)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Secret, SourceError> {
        let environment = |name: &str| (name == "T").then(|| value.into());
        let means = Means { name: "a", environment: &environment, passphrase: None };
        Source::Environment("T".into()).read(means)
    }

    #[test]
    fn a_token_is_one_word() {
        assert_eq!(read(" sk.fake\n").map(|value| value.expose().to_owned()), Ok("sk.fake".to_owned()));
        assert!(matches!(read("sk.fake sk.fake"), Err(SourceError::NoToken(..))));
        assert!(matches!(read("sk.fa\u{1b}ke"), Err(SourceError::NoToken(..))));
        assert!(matches!(read(" \n"), Err(SourceError::NoToken(..))));
        assert!(matches!(read(""), Err(SourceError::NotSet(_))));
    }

    #[test]
    fn arguments_of_a_command_are_not_shown() {
        let source = Source::Command(vec!["vault".into(), "sk.eyJ1.secret".into()]);
        assert_eq!(source.to_string(), "a command (vault)");
    }
}
