//! [`Place`]: where a person wants a value to go, as they typed it.
//!
//! Callers: the reveal makes one, and the dashboard's errand thread delivers to it; `jeton create` and `recover` make one of their options.

use std::time::Duration;

use super::{StoreError, Stored, Terminal, add_entry, command::hand_to, store};
use crate::secret::Secret;

/// A place for one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A new file.
    File(String),
    /// An entry of an environment file.
    Entry {
        /// The file.
        file: String,
        /// The variable.
        name: String,
        /// Whether git may track the file.
        even_if_tracked: bool,
    },
    /// The standard input of a program: its name and arguments.
    Command(Vec<String>),
}

impl Place {
    /// `FILE:NAME`, such as `.env:MAPBOX_ACCESS_TOKEN`.
    pub fn entry(text: &str, even_if_tracked: bool) -> Result<Self, StoreError> {
        let parts = text.trim().rsplit_once(':').filter(|(file, name)| !file.is_empty() && !name.is_empty());
        let (file, name) = parts.ok_or_else(|| {
            StoreError("Write the file and the variable, such as .env:MAPBOX_ACCESS_TOKEN.".to_owned())
        })?;
        Ok(Self::Entry { file: file.to_owned(), name: name.to_owned(), even_if_tracked })
    }

    /// A program and its arguments, quoted as for a shell; no shell runs them, so nothing in them is expanded.
    pub fn command(text: &str) -> Result<Self, StoreError> {
        let words = shlex::split(text).ok_or_else(|| StoreError("A quotation mark is missing.".to_owned()))?;
        if words.is_empty() {
            return Err(StoreError("Write a command, such as pass insert -m mapbox/ci.".to_owned()));
        }
        Ok(Self::Command(words))
    }

    /// Puts the value there. Takes as long as a disk or a command does: a command of ours alone at most a minute, one that may ask something
    /// at the terminal two.
    ///
    /// # Errors
    /// Why it is not there; see [`store`] and [`add_entry`]. A command fails when it cannot be started, does not end in time, ends badly or
    /// has not read the value.
    pub fn deliver(&self, value: &Secret, terminal: Terminal) -> Result<Stored, StoreError> {
        match self {
            Self::File(path) => store(path, value),
            Self::Entry { file, name, even_if_tracked } => add_entry(file, name, value, *even_if_tracked),
            Self::Command(words) => {
                let patience = match terminal {
                    Terminal::Ours => Duration::from_secs(60),
                    Terminal::Shared => Duration::from_secs(120),
                };
                hand_to(words, value, patience, terminal)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_a_variable_are_told_apart_at_the_last_colon() {
        let entry =
            |file: &str, name: &str| Place::Entry { file: file.into(), name: name.into(), even_if_tracked: false };
        assert_eq!(Place::entry(" .env:TOKEN ", false), Ok(entry(".env", "TOKEN")));
        assert_eq!(Place::entry("C:\\app\\.env:TOKEN", false), Ok(entry("C:\\app\\.env", "TOKEN")));
        for text in ["", ".env", ".env:", ":TOKEN"] {
            assert!(Place::entry(text, false).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_command_is_split_as_a_shell_would_and_nothing_in_it_is_expanded() {
        let words = |text: &str| Place::command(text);
        assert_eq!(
            words("pass insert -m 'maps/my token' $HOME"),
            Ok(Place::Command(["pass", "insert", "-m", "maps/my token", "$HOME"].map(str::to_owned).into()))
        );
        assert!(words("pass 'insert").is_err() && words("  ").is_err());
    }
}
