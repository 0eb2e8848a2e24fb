//! [`Progress`]: how far a scan is, a way to stop it, and the [`Problem`]s on its way. Shared by the threads that scan and whoever watches.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

/// Most problems that are kept; of the rest only the number is.
const MOST_PROBLEMS: usize = 1000;

/// Why something was not scanned, or not for certain.
#[derive(Debug)]
pub enum TransportError {
    /// A pipe, a socket, a device.
    Special,
    /// It was written to while it was read: the findings may be out of date.
    Changed,
    /// The system said no.
    System(io::Error),
    /// Git said something.
    Git(String),
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Special => f.write_str("not an ordinary file; skipped"),
            Self::Changed => f.write_str("changed during the scan; scan it again"),
            Self::System(error) if error.kind() == io::ErrorKind::PermissionDenied => f.write_str("permission denied"),
            Self::System(error) => write!(f, "{error}"),
            Self::Git(message) => f.write_str(message),
        }
    }
}

/// Trouble with one file or folder.
#[derive(Debug)]
pub struct Problem {
    /// Which.
    pub path: PathBuf,
    /// What.
    pub error: TransportError,
}

/// How far a scan is.
#[derive(Debug, Default)]
pub struct Progress {
    files: AtomicU64,
    bytes: AtomicU64,
    findings: AtomicU64,
    allowed: AtomicU64,
    binaries: AtomicU64,
    links: AtomicU64,
    troubled: AtomicU64,
    is_stopped: AtomicBool,
    problems: Mutex<Vec<Problem>>,
}

impl Progress {
    /// Files (blobs, in history) that were scanned.
    pub fn files(&self) -> u64 {
        self.files.load(Relaxed)
    }

    /// Bytes that were read.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Tokens found so far, without those that are allowed.
    pub fn findings(&self) -> u64 {
        self.findings.load(Relaxed)
    }

    /// Tokens in lines that say they may be there.
    pub fn allowed(&self) -> u64 {
        self.allowed.load(Relaxed)
    }

    /// Files that were skipped because they are binary.
    pub fn binaries(&self) -> u64 {
        self.binaries.load(Relaxed)
    }

    /// Links that were not followed.
    pub fn links(&self) -> u64 {
        self.links.load(Relaxed)
    }

    /// How many problems there were.
    pub fn troubled(&self) -> u64 {
        self.troubled.load(Relaxed)
    }

    /// Takes the first problems out.
    pub fn take_problems(&self) -> Vec<Problem> {
        std::mem::take(&mut *self.problems.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Stops the scan soon.
    pub fn stop(&self) {
        self.is_stopped.store(true, Relaxed);
    }

    /// Whether someone stopped it.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped.load(Relaxed)
    }

    pub(super) fn read(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Relaxed);
    }

    pub(super) fn scanned(&self, scanned: &super::Scanned) {
        if scanned.is_binary {
            self.binaries.fetch_add(1, Relaxed);
        } else {
            self.files.fetch_add(1, Relaxed);
        }
        self.allowed.fetch_add(scanned.allowed, Relaxed);
        self.findings.fetch_add(scanned.findings.len() as u64, Relaxed);
    }

    pub(super) fn link(&self) {
        self.links.fetch_add(1, Relaxed);
    }

    pub(super) fn problem(&self, path: &Path, error: TransportError) {
        self.troubled.fetch_add(1, Relaxed);
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        if problems.len() < MOST_PROBLEMS {
            problems.push(Problem { path: path.to_owned(), error });
        }
    }
}
