//! [`Places`]: the files that hold the old token, and what speaks against changing them.
//!
//! Invariants: reads only; what cannot be looked at is named, never taken for free of tokens.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use super::{
    change::{self, digest_of, line_of, tokens_in},
    record::{Allow, RotationOptions},
};
use crate::{
    scan::{self, Digest, Progress, Standing},
    secret::Secret,
    token::{TokenId, Usage},
    untrusted::{Untrusted, shown},
};

/// What the tokens in a file are assigned to, by where they start.
type Contexts = BTreeMap<u64, Option<Untrusted>>;

/// Why a file should not be changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Hindrance {
    /// It has uncommitted changes.
    #[error("has uncommitted changes")]
    Dirty,
    /// Git tracks it, and the token is a secret one.
    #[error("is tracked by git: the secret would be committed")]
    Tracked,
    /// It has several names.
    #[error("has more than one hard link")]
    Linked,
    /// It belongs to somebody else.
    #[error("belongs to another user")]
    Foreign,
    /// It cannot be written.
    #[error("{0}")]
    Unwritable(String),
}

impl Hindrance {
    /// The option that allows it all the same; `None` when nothing does.
    pub const fn option(&self) -> Option<&'static str> {
        match self {
            Self::Dirty => Some("--allow-dirty"),
            Self::Tracked => Some("--allow-tracked"),
            Self::Linked => Some("--allow-linked"),
            Self::Foreign => Some("--allow-foreign"),
            Self::Unwritable(_) => None,
        }
    }

    const fn is_allowed(&self, allow: Allow) -> bool {
        match self {
            Self::Dirty => allow.dirty,
            Self::Tracked => allow.tracked,
            Self::Linked => allow.linked,
            Self::Foreign => allow.foreign,
            Self::Unwritable(_) => false,
        }
    }
}

/// A file that holds the old token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The file, by its whole path, without links.
    pub path: PathBuf,
    /// Each place.
    pub places: Vec<Spot>,
    /// What speaks against changing it, and is not allowed.
    pub hindrances: Vec<Hindrance>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The line, from 1.
    pub line: u64,
    /// Which value stands there.
    pub digest: Digest,
    /// What it is assigned to.
    pub context: Option<Untrusted>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Places {
    /// The files, by path.
    pub targets: Vec<Target>,
    /// Each value found, by its digest. There is one, unless there are damaged copies.
    pub values: HashMap<Digest, Secret>,
    /// What could not be looked at, in words for people.
    pub problems: Vec<String>,
    /// How many files were looked at.
    pub files: u64,
}

impl Places {
    /// Looks for a token in the folders that were agreed on.
    ///
    /// # Errors
    /// When a folder does not exist, or a glob makes no sense.
    pub fn search(old: &TokenId, usage: Usage, terms: &RotationOptions, progress: &Progress) -> Result<Self, String> {
        let mut places = Self::default();
        if terms.folders.is_empty() {
            return Ok(places);
        }
        for folder in &terms.folders {
            if let Err(error) = folder.metadata() {
                return Err(format!("{}: {error}", path_shown(folder)));
            }
        }
        let options = scan::Options { exclude: terms.exclude.clone(), with_allowed: true, ..scan::Options::default() };
        let (findings, problems) = scan::places_of(std::slice::from_ref(old), &terms.folders, &options, progress)
            .map_err(|fault| fault.to_string())?;
        places.files = progress.files();
        places.problems =
            problems.iter().map(|problem| format!("{}: {}", path_shown(&problem.path), problem.error)).collect();
        let mut paths: BTreeMap<PathBuf, Contexts> = BTreeMap::new();
        for finding in &findings {
            match std::fs::canonicalize(&finding.path) {
                Ok(path) => {
                    let context = finding.context.clone();
                    paths.entry(path).or_default().insert(finding.range.start, context);
                }
                Err(error) => places.problems.push(format!("{}: {error}", path_shown(&finding.path))),
            }
        }
        let standings = scan::standings(paths.keys().map(PathBuf::as_path));
        for (path, contexts) in paths {
            let standing = standings.get(&path).copied().unwrap_or_default();
            places.look_at(path, &contexts, old, usage, terms.allow, standing);
        }
        Ok(places)
    }

    fn look_at(
        &mut self,
        path: PathBuf,
        contexts: &Contexts,
        old: &TokenId,
        usage: Usage,
        allow: Allow,
        standing: Standing,
    ) {
        let (content, metadata) = match change::read(&path) {
            Ok(Some(content)) => content,
            // Gone meanwhile.
            Ok(None) => return,
            Err(error) => {
                let hindrances = vec![Hindrance::Unwritable(error.to_string())];
                self.targets.push(Target { path, places: Vec::new(), hindrances });
                return;
            }
        };
        let mut found = Vec::new();
        for token in tokens_in(&content, old) {
            let digest = digest_of(&token.value);
            let context = contexts.get(&(token.range.start as u64)).cloned().flatten();
            found.push(Spot { line: line_of(&content, token.range.start), digest, context });
            self.values.entry(digest).or_insert(token.value);
        }
        if found.is_empty() {
            return;
        }
        let mut hindrances = Vec::new();
        if standing.is_tracked && usage != Usage::Public {
            hindrances.push(Hindrance::Tracked);
        }
        if standing.is_changed {
            hindrances.push(Hindrance::Dirty);
        }
        hindrances.extend(of_system(&path, &metadata));
        hindrances.retain(|hindrance| !hindrance.is_allowed(allow));
        self.targets.push(Target { path, places: found, hindrances });
    }

    /// Keeps only the places of one value: the others are damaged copies, or samples.
    pub fn keep(&mut self, digest: &Digest) {
        for target in &mut self.targets {
            target.places.retain(|spot| spot.digest == *digest);
        }
        self.targets.retain(|target| !target.places.is_empty() || !target.hindrances.is_empty());
        self.values.retain(|value, _| value == digest);
    }

    /// How many places there are.
    pub fn count(&self) -> usize {
        self.targets.iter().map(|target| target.places.len()).sum()
    }
}

/// A path, ready to show.
pub fn path_shown(path: &Path) -> String {
    shown(&path.to_string_lossy()).into_owned()
}

#[cfg(unix)]
fn of_system(path: &Path, metadata: &std::fs::Metadata) -> Vec<Hindrance> {
    use std::os::unix::fs::MetadataExt as _;

    use rustix::fs::{Access, AtFlags, CWD, accessat};
    let mut hindrances = Vec::new();
    if metadata.nlink() > 1 {
        hindrances.push(Hindrance::Linked);
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        hindrances.push(Hindrance::Foreign);
    }
    let folder = path.parent().unwrap_or(path);
    if accessat(CWD, folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).is_err() {
        hindrances.push(Hindrance::Unwritable("is in a directory you can't write to".into()));
    } else if accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).is_err() {
        hindrances.push(Hindrance::Unwritable("is read-only".into()));
    } else if rustix::fs::statvfs(folder).is_ok_and(|system| {
        // Room for a second copy of it, and for the names.
        u128::from(system.f_bavail) * u128::from(system.f_frsize) < u128::from(metadata.len()) + 64 * 1024
    }) {
        hindrances.push(Hindrance::Unwritable("is on a disk without room for a second copy".into()));
    }
    hindrances
}

#[cfg(not(unix))]
fn of_system(_: &Path, metadata: &std::fs::Metadata) -> Vec<Hindrance> {
    let is_read_only = metadata.permissions().readonly();
    is_read_only.then(|| Hindrance::Unwritable("is read-only".into())).into_iter().collect()
}
