//! Where the value of a token can go: new files, entries of `.env` files, commands, and the [`clipboard`].
//!
//! A [`Destination`] is data: it is parsed from an option or a dialog, checked before there is a value, kept in the journal, delivered to,
//! and asked later whether the value is still there. Each kind of destination is one file with one type that implements `Sink`, and one row
//! of the table in `destination.rs`.
//!
//! Invariants: nothing is overwritten that was not named; no link is followed; "stored" is said only after what was written was read
//! back; whatever [`Destination::check`] can find out is found out before a token is created.

#[cfg(feature = "dashboard")]
pub mod clipboard;
mod command;
mod destination;
mod env_entry;
mod new_file;

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

pub use self::{
    command::{Program, Terminal},
    destination::{Destination, KINDS, Kind, Presence, Stored, Typed},
    env_entry::EnvEntry,
    new_file::NewFile,
};
use crate::{
    secret::{Digest, Secret},
    untrusted,
};

/// Why a value was not stored, or could not be. The text says what happened and what to do, and never contains the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// What the user allows a destination to do beyond adding something new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allow {
    /// Replace the value an entry has.
    pub replace: bool,
    /// Write to a file that git tracks.
    pub tracked: bool,
}

/// One kind of destination.
trait Sink {
    /// Finds out what can be found out before there is a value.
    fn check(&self) -> Result<(), StoreError>;

    /// Puts the value there. What else there is to say of it, ready to show; mostly nothing.
    fn deliver(&self, value: &Secret, terminal: Terminal) -> Result<String, StoreError>;

    /// Whether a value with this digest is there.
    fn presence(&self, digest: &Digest) -> Presence;

    /// Where it is, ready to show: `CI_TOKEN in /home/ada/.env`.
    fn place(&self) -> String;

    /// What became of a value that is there now: "saved to …".
    fn stored(&self) -> String;
}

/// Characters kept of a token's name in a file name.
const LONGEST: usize = 64;

/// A word made of a token's name: lower-case letters, digits and single hyphens, so that no shell and no file system sees anything
/// special in it.
fn plain_word(name: &str) -> String {
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let words: Vec<&str> = safe.split('-').filter(|part| !part.is_empty()).collect();
    let word: String = words.join("-").chars().take(LONGEST).collect();
    let word = word.trim_end_matches('-');
    if word.is_empty() { "mapbox".to_owned() } else { word.to_owned() }
}

/// The whole path a user means; a leading `~/` is the home directory.
fn resolve(text: &str) -> Result<PathBuf, StoreError> {
    let path = match text.strip_prefix("~/") {
        Some(rest) => std::env::home_dir()
            .ok_or_else(|| StoreError("No home directory for ~. Write the full path.".into()))?
            .join(rest),
        None => PathBuf::from(text),
    };
    // In full, because "notes.token" says nothing about where that is, and because it goes in the journal.
    let path = std::path::absolute(&path).map_err(|error| explain(&path, &error))?;
    if path.to_str().is_none() {
        return Err(StoreError(format!(
            "{} is not valid UTF-8, so the journal can't hold it. Choose another name.",
            shown(&path)
        )));
    }
    Ok(path)
}

/// Whether files can be added to the folder of `path`.
fn check_folder(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(path);
    let metadata = folder.metadata().map_err(|error| explain(path, &error))?;
    if !metadata.is_dir() {
        return Err(explain(path, &ErrorKind::NotADirectory.into()));
    }
    #[cfg(unix)]
    {
        use rustix::fs::{Access, AtFlags, CWD, accessat};
        accessat(CWD, folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)
            .map_err(|error| explain(path, &error.into()))?;
    }
    Ok(())
}

fn explain(path: &Path, error: &io::Error) -> StoreError {
    let (path_shown, parent) = (shown(path), shown(path.parent().unwrap_or(path)));
    StoreError(match error.kind() {
        ErrorKind::AlreadyExists => format!("{path_shown} already exists. Choose another name."),
        ErrorKind::NotFound => format!("The directory {parent} does not exist. Create it, or choose another."),
        ErrorKind::NotADirectory => format!("{parent} is not a directory. Choose another one."),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            format!("You can't write to {parent}. Choose another directory.")
        }
        ErrorKind::IsADirectory => format!("{path_shown} is a directory. Add a file name."),
        ErrorKind::InvalidFilename => format!("The name {path_shown} is too long. Choose a shorter one."),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("No space left for {path_shown}. Free some disk space, or choose another directory.")
        }
        _ => format!("Can't write {path_shown}: {error}. Choose another file."),
    })
}

fn shown(path: &Path) -> String {
    untrusted::shown(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_the_home_directory() {
        assert_eq!(resolve("~/a.token").ok(), std::env::home_dir().map(|home| home.join("a.token")));
        assert!(resolve("~user/a.token").unwrap().ends_with("~user/a.token"));
    }

    #[test]
    fn suggested_names_are_plain() {
        assert_eq!(plain_word("Checkout map (prod)"), "checkout-map-prod");
        assert_eq!(plain_word("../../etc/passwd"), "etc-passwd");
        assert_eq!(plain_word("東京 🗼"), "mapbox");
        assert_eq!(plain_word("--rm -rf"), "rm-rf");
        assert!(plain_word(&"long name ".repeat(30)).len() <= LONGEST);
    }
}
