//! [`ScanResult`]: what a scan of some folders, and of their git history, found: to show, and to remember until the next one.
//!
//! Invariants: no value of a token is in it; it is bounded, whatever was scanned; what could not be scanned is named.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Fault, Finding, Options, Progress, Tracked, scan_folders, scan_history};
use crate::{token::TokenId, untrusted::shown};

/// Most findings that are kept; of the rest only the number is.
const MOST: usize = 20_000;

/// Most problems that are kept.
const MOST_PROBLEMS: usize = 100;

/// What to scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The folders, or files.
    pub folders: Vec<PathBuf>,
    /// Whether to scan the git history of the folders, too.
    pub with_history: bool,
}

/// A token in a place, and what git has to do with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What was found.
    pub finding: Finding,
    /// Whether git tracks the file, or had it; `None` where there is no git.
    pub is_tracked: Option<bool>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanResult {
    /// The folders that were scanned.
    pub folders: Vec<PathBuf>,
    /// Whether their history was scanned, too.
    pub with_history: bool,
    /// When it ended.
    pub ended: Timestamp,
    /// Whether somebody stopped it before it was through.
    pub was_stopped: bool,
    /// Files, and versions of files in history.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// The findings, by file and line; those in history last.
    pub places: Vec<Place>,
    /// How many more findings there are.
    pub more: u64,
    /// What could not be scanned, in words for people.
    pub problems: Vec<String>,
    /// How many problems there were.
    pub troubled: u64,
}

impl ScanResult {
    /// Scans, until the end or until the progress is stopped. `now` is asked for the time once it is over.
    ///
    /// # Errors
    /// When the scan cannot begin.
    pub fn find(wanted: &Wanted, progress: &Progress, now: impl Fn() -> Timestamp) -> Result<Self, Fault> {
        let options = Options::default();
        let found = Mutex::new(Vec::new());
        scan_folders(&wanted.folders, &options, progress, &|mut findings| {
            found.lock().unwrap_or_else(PoisonError::into_inner).append(&mut findings);
        })?;
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.sort_by(|a, b| (&a.path, a.range.start).cmp(&(&b.path, b.range.start)));
        found.dedup_by(|a, b| a.path == b.path && a.range == b.range);
        let mut problems: Vec<String> = Vec::new();
        let mut in_history = Vec::new();
        for folder in wanted.folders.iter().filter(|folder| wanted.with_history && folder.is_dir()) {
            let result = scan_history(folder, None, &options, progress, &mut |mut findings| {
                in_history.append(&mut findings);
            });
            if let Err(fault) = result {
                problems.push(format!("{}: {fault}", path_shown(folder)));
            }
        }
        let without_git = problems.len() as u64;
        problems.extend(progress.take_problems().iter().map(|problem| {
            let text = problem.error.to_string();
            format!("{}: {}", path_shown(&problem.path), shown(&text))
        }));
        problems.truncate(MOST_PROBLEMS);
        let more = (found.len() + in_history.len()).saturating_sub(MOST) as u64;
        found.truncate(MOST);
        in_history.truncate(MOST - found.len());
        let tracked = Tracked::of(found.iter().map(|finding| &*finding.path));
        let in_files = found.into_iter().map(|finding| Place { is_tracked: tracked.is(&finding.path), finding });
        let places = in_files.chain(in_history.into_iter().map(|finding| Place { finding, is_tracked: Some(true) }));
        Ok(Self {
            folders: wanted.folders.clone(),
            with_history: wanted.with_history,
            ended: now(),
            was_stopped: progress.is_stopped(),
            files: progress.files(),
            bytes: progress.bytes(),
            places: places.collect(),
            more,
            problems,
            troubled: progress.troubled() + without_git,
        })
    }

    /// Where a token is used: how many files, and how many places in history.
    pub fn uses_of(&self, id: &TokenId) -> Uses {
        let mut files = HashSet::new();
        let mut uses = Uses::default();
        for Place { finding, .. } in self.places.iter().filter(|place| place.finding.id.as_ref() == Some(id)) {
            if finding.commit.is_some() {
                uses.in_history += 1;
            } else if files.insert(&finding.path) {
                uses.files += 1;
            }
        }
        uses
    }
}

/// Where a token is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Files.
    pub files: usize,
    /// Places in git's history.
    pub in_history: usize,
}

/// "3 files, 1 in history".
impl std::fmt::Display for Uses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { files, in_history } = *self;
        match (files, in_history) {
            (0, 0) => return f.write_str("no file"),
            (0, _) => {}
            (1, _) => f.write_str("1 file")?,
            _ => write!(f, "{files} files")?,
        }
        match (files, in_history) {
            (_, 0) => Ok(()),
            (0, _) => write!(f, "{in_history} in history"),
            _ => write!(f, ", {in_history} in history"),
        }
    }
}

fn path_shown(path: &Path) -> String {
    shown(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZjNrMmFiYzAwMDEwOGw0ZTVmNmc3aDgifQ.Zq3-_xW7vB1nM5kL9pT2sA";

    #[test]
    fn a_result_counts_files_once_and_comes_back_from_a_file_without_values() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("a.env"), format!("A={TOKEN}\nB={TOKEN}\n")).unwrap();
        std::fs::write(place.path().join("b.txt"), TOKEN).unwrap();
        let wanted = Wanted { folders: vec![place.path().to_owned()], with_history: true };
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        let result = ScanResult::find(&wanted, &Progress::default(), || now).unwrap();
        let lines: Vec<_> = result.places.iter().map(|place| place.finding.line).collect();
        assert_eq!(lines, [1, 2, 1]);
        let id = TokenId::from("cmf3k2abc000108l4e5f6g7h8");
        assert_eq!(result.uses_of(&id).to_string(), "2 files");
        assert_eq!(result.uses_of(&TokenId::from("other")).to_string(), "no file");
        assert_eq!((result.problems.len(), result.troubled), (1, 1), "no repository: {:?}", result.problems);
        let json = serde_json::to_string(&result).unwrap();
        assert!(!json.contains("eyJ1") && !json.contains("Zq3-_"));
        let back: ScanResult = serde_json::from_str(&json).unwrap();
        assert_eq!(back, result);
    }
}
