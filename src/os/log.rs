//! The log file (`--log FILE`): messages of jeton and its libraries, for bug reports.
//!
//! Invariants: every line goes through [`scrub`] before it reaches the file, so it contains no token; control characters are made visible;
//! the file is new or jeton's own, and only its owner can read it; nothing is logged unless requested.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use log::{LevelFilter, Log, Metadata, Record};

use crate::{token::decoded::scrub, untrusted::shown};

/// Longest line written; libraries may log whole answers.
const LONGEST: usize = 8 << 10;

/// A file that takes scrubbed lines.
struct Logfile {
    file: Mutex<File>,
}

/// Starts logging to `path`, appending to what is there, for the rest of the process.
///
/// # Errors
/// When the file cannot be opened, is open to others or someone else's, or logging has already started.
pub fn start(path: &Path, level: LevelFilter) -> io::Result<()> {
    let file = open(path)?;
    log::set_boxed_logger(Box::new(Logfile { file: Mutex::new(file) }))
        .map_err(|_| io::Error::other("logging has already started"))?;
    log::set_max_level(level);
    log::info!("jeton {} on {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS);
    Ok(())
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if let Some(fault) = crate::os::private_file::fault(&metadata).filter(|_| metadata.is_file()) {
        return Err(io::Error::other(fault));
    }
    Ok(file)
}

impl Log for Logfile {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let text = line(record, Timestamp::now());
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk must not stop the program, and there is nobody to tell.
        let _unwritten = file.write_all(text.as_bytes());
    }

    fn flush(&self) {}
}

/// One line: time, level, where it comes from, and the text without tokens and controls.
fn line(record: &Record<'_>, now: Timestamp) -> String {
    let text = record.args().to_string();
    // Scrubbed before it is cut: half a token is harder to recognise.
    let text = scrub(&text);
    let text: String = shown(&text).chars().take(LONGEST).collect();
    format!("{now:.3} {:5} {} {text}\n", record.level(), record.target())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAKE: &str = "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UwMDAwMDAwMDAwMDAwMDAwMDAwIn0.fakefakefakefakefakefa";

    fn written(text: &str) -> String {
        let mut record = Record::builder();
        record.level(log::Level::Info).target("api");
        line(&record.args(format_args!("{text}")).build(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn every_line_is_scrubbed_and_one_line() {
        assert_eq!(written("hello"), "1970-01-01T00:00:00.000Z INFO  api hello\n");
        let line = written(&format!("GET /x?access_token={FAKE}\r\n\u{1b}[2J{{\"token\":\"{FAKE}\"}}"));
        assert!(!line.contains("eyJ") && !line.contains("fakefake"), "{line}");
        assert_eq!(line.matches(|c: char| c.is_control()).count(), 1, "{line:?}");
        let cut = written(&format!("{}{FAKE}", "x".repeat(LONGEST - 30)));
        assert!(!cut.contains("eyJ"), "{cut}");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_its_owner_alone() {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("log");
        assert_eq!(open(&path).unwrap().metadata().unwrap().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(open(&path).is_err());
        let link = place.path().join("link");
        std::os::unix::fs::symlink(place.path().join("log"), &link).unwrap();
        assert!(open(&link).is_err());
    }
}
