//! Sinks: the places a created secret can be delivered to for good.
//!
//! What always holds: a sink never overwrites, never follows a link, writes for the owner alone, and says "stored" only
//! after reading back what it wrote.
//!
//! Callers: the reveal and the command line.

pub mod clipboard;
mod command;
mod dotenv;
mod place;

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

pub use self::{command::Terminal, dotenv::add_entry, place::Place};
use crate::{os::failpoint::reached, secret::Secret, untrusted};

/// Where a value ended up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// In a new file only its owner can read.
    File(PathBuf),
    /// As an entry of an environment file.
    Entry {
        /// The file.
        path: PathBuf,
        /// The variable.
        name: String,
    },
    /// With a command that read it to the end and ended well. What it did with it cannot be known.
    Command {
        /// The program.
        program: String,
        /// What it printed, without the value, ready to show; one line or none.
        said: String,
    },
}

/// For people: where it is.
impl fmt::Display for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "saved to {}, which only you can read", shown(path)),
            Self::Entry { path, name } => write!(f, "saved as {name} in {}", shown(path)),
            Self::Command { program, said } if said.is_empty() => {
                write!(f, "handed to {}, which ended well", untrusted::shown(program))
            }
            Self::Command { program, said } => {
                write!(f, "handed to {}, which ended well and said: {said}", untrusted::shown(program))
            }
        }
    }
}

/// Why a value was not stored. The text says what happened and what to do, and never contains the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// Characters kept of a token's name in a file name.
const LONGEST: usize = 64;

/// A file name made of a token's name: lower-case letters, digits and single hyphens, so that no shell and no file system
/// sees anything special in it.
pub fn suggest(name: &str) -> String {
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let words: Vec<&str> = safe.split('-').filter(|part| !part.is_empty()).collect();
    let mut stem: String = words.join("-").chars().take(LONGEST).collect();
    if stem.ends_with('-') {
        stem.pop();
    }
    format!("{}.token", if stem.is_empty() { "mapbox" } else { &stem })
}

/// Writes a value and a final newline (it is a text file; `$(cat file)` drops the newline) to a new file that only its owner
/// can read. A leading `~/` is the home directory. The file is on the disk when this returns.
///
/// # Errors
/// When there is something by that name already, a link included; when its folder does not exist; when it cannot be
/// written, or does not hold the value afterwards. A file that was begun is removed then.
pub fn store(path: &str, value: &Secret) -> Result<Stored, StoreError> {
    let path = resolve(path)?;
    let mut file = create(&path).map_err(|error| explain(&path, &error))?;
    reached("sink: a new file is open");
    write(&mut file, value).map_err(|error| {
        // It is ours: nobody else can have made it.
        let removed = fs::remove_file(&path).is_ok();
        let left = if removed { "" } else { " What was begun could not be removed." };
        StoreError(format!("{} could not be written: {error}.{left} Choose another place.", shown(&path)))
    })?;
    Ok(Stored::File(path))
}

fn resolve(path: &str) -> Result<PathBuf, StoreError> {
    if path.trim().is_empty() {
        return Err(StoreError("A file needs a name.".into()));
    }
    let path = match path.strip_prefix("~/") {
        Some(rest) => std::env::home_dir()
            .ok_or_else(|| StoreError("There is no home directory to put for ~. Write the whole path.".into()))?
            .join(rest),
        None => PathBuf::from(path),
    };
    // Told in full, because "notes.token" says nothing about where that is.
    std::path::absolute(&path).map_err(|error| explain(&path, &error))
}

#[cfg(unix)]
fn create(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt as _;
    // `create_new` already refuses links; the flag says so to whoever reads a trace.
    let flags = OFlags::NOFOLLOW.bits().cast_signed();
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).custom_flags(flags).open(path)
}

/// A new file takes over the access rights of its folder; under a user's profile those are the user's alone.
#[cfg(windows)]
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

fn write(file: &mut File, value: &Secret) -> io::Result<()> {
    let mut text = Zeroizing::new(Vec::with_capacity(value.expose().len() + 1));
    text.extend_from_slice(value.expose().as_bytes());
    text.push(b'\n');
    file.write_all(&text)?;
    reached("sink: the value is written");
    file.sync_all()?;
    reached("sink: it is on disk");
    file.rewind()?;
    // One byte more than expected, to notice if there is more; with room enough not to be moved.
    let mut back = Zeroizing::new(Vec::with_capacity(text.len() + 64));
    file.take(text.len() as u64 + 1).read_to_end(&mut back)?;
    if *back == *text { Ok(()) } else { Err(io::Error::other("it does not hold what was written to it")) }
}

fn explain(path: &Path, error: &io::Error) -> StoreError {
    let (path_shown, parent) = (shown(path), path.parent().unwrap_or(path));
    StoreError(match error.kind() {
        ErrorKind::AlreadyExists => {
            format!("{path_shown} exists already, and nothing is overwritten. Choose another name.")
        }
        ErrorKind::NotFound => {
            format!("The folder {} does not exist. Make it first, or choose another.", shown(parent))
        }
        ErrorKind::NotADirectory => format!("{} is not a folder. Choose another place.", shown(parent)),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            format!("You may not write in {}. Choose another folder.", shown(parent))
        }
        ErrorKind::IsADirectory => format!("{path_shown} is a folder. Add a file name."),
        _ => format!("{path_shown} could not be made: {error}. Choose another place."),
    })
}

fn shown(path: &Path) -> String {
    untrusted::shown(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAKE: &str = "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UwMDAwMDAwMDAwMDAwMDAwMDAwIn0.fakefakefakefakefakefa";

    fn try_to_store(path: &Path) -> Result<Stored, StoreError> {
        store(path.to_str().unwrap(), &Secret::new(FAKE))
    }

    #[test]
    fn a_new_file_holds_the_value_and_a_newline() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.token");
        assert_eq!(try_to_store(&path), Ok(Stored::File(path.clone())));
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{FAKE}\n"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        }
    }

    #[test]
    fn what_is_there_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.token");
        fs::write(&path, "precious").unwrap();
        let error = try_to_store(&path).unwrap_err().to_string();
        assert!(error.contains("exists already") && !error.contains("eyJ"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_refused_wherever_they_point() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(try_to_store(&link).unwrap_err().to_string().contains("exists already"));
        assert!(!target.exists());
        fs::write(&target, "precious").unwrap();
        assert!(try_to_store(&link).is_err());
        assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    }

    #[test]
    fn a_missing_folder_a_folder_and_no_name_say_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let missing = try_to_store(&folder.path().join("no/such/new.token")).unwrap_err().to_string();
        assert!(missing.contains("does not exist"), "{missing}");
        assert!(try_to_store(folder.path()).is_err());
        let slash = format!("{}/", folder.path().join("x").display());
        assert!(store(&slash, &Secret::new(FAKE)).is_err());
        assert!(store("  ", &Secret::new(FAKE)).unwrap_err().to_string().contains("name"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_tilde_is_the_home_directory() {
        assert_eq!(resolve("~/a.token").ok(), std::env::home_dir().map(|home| home.join("a.token")));
        assert!(resolve("~user/a.token").unwrap().ends_with("~user/a.token"));
    }

    #[test]
    fn suggested_names_are_plain() {
        assert_eq!(suggest("Checkout map (prod)"), "checkout-map-prod.token");
        assert_eq!(suggest("../../etc/passwd"), "etc-passwd.token");
        assert_eq!(suggest("東京 🗼"), "mapbox.token");
        assert_eq!(suggest("--rm -rf"), "rm-rf.token");
        assert!(suggest(&"long name ".repeat(30)).len() <= LONGEST + 6);
    }
}
