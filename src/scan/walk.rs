//! [`scan_folders`]: every file below some folders, by several threads.
//!
//! Invariants: hidden and ignored files are scanned, for that is where tokens are; links are counted and not followed; what is no
//! ordinary file is not opened.

use std::{
    io::{Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use ignore::{DirEntry, WalkBuilder, WalkState};

use super::{
    Digest, Fault, Finding, Options, Problem, Progress, Scanner, TransportError,
    filter::{Filter, IGNORE_FILE},
    open::open,
};
use crate::token::TokenId;

/// Scans files and whole folders, and hands on what is found file by file, in no particular order, from several threads.
pub fn scan_folders(
    paths: &[PathBuf],
    options: &Options,
    progress: &Progress,
    each: &(dyn Fn(Vec<Finding>) + Sync),
) -> Result<(), Fault> {
    let Some((first, others)) = paths.split_first() else { return Ok(()) };
    let filter = Filter::new(options)?;
    let mut builder = WalkBuilder::new(first);
    for path in others {
        builder.add(path);
    }
    builder.standard_filters(false).parents(true).add_custom_ignore_filename(IGNORE_FILE);
    builder.filter_entry(move |entry| {
        let relative = relative(entry);
        let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
        relative.as_os_str().is_empty() || !filter.skips(&relative, is_dir)
    });
    builder.build_parallel().run(|| {
        let mut scanner = Scanner::new(options.all).with_allowed(options.with_allowed);
        Box::new(move |entry| {
            if progress.is_stopped() {
                return WalkState::Quit;
            }
            match entry {
                Ok(entry) => {
                    let findings = visit(&entry, &mut scanner, progress);
                    if !findings.is_empty() {
                        each(findings);
                    }
                }
                Err(error) => {
                    let path = path_of(&error).unwrap_or_default();
                    let error = match error.into_io_error() {
                        Some(error) => TransportError::System(error),
                        None => TransportError::System(std::io::Error::other("can't read it")),
                    };
                    progress.problem(&path, error);
                }
            }
            WalkState::Continue
        })
    });
    Ok(())
}

/// Every place below the folders in which one of the tokens stands, by path and place; and what could not be looked at.
pub fn places_of(
    tokens: &[TokenId],
    paths: &[PathBuf],
    options: &Options,
    progress: &Progress,
) -> Result<(Vec<Finding>, Vec<Problem>), Fault> {
    let all = Mutex::new(Vec::new());
    scan_folders(paths, options, progress, &|mut findings| {
        findings.retain(|finding| finding.id.as_ref().is_some_and(|id| tokens.contains(id)));
        all.lock().unwrap_or_else(PoisonError::into_inner).append(&mut findings);
    })?;
    let mut all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by(|a, b| (&a.path, a.range.start).cmp(&(&b.path, b.range.start)));
    all.dedup_by(|a, b| a.path == b.path && a.range == b.range);
    Ok((all, progress.take_problems()))
}

/// The path from the scanned folder on; empty for what was named itself.
fn relative(entry: &DirEntry) -> PathBuf {
    let mut names: Vec<_> = entry.path().components().rev().take(entry.depth()).collect();
    names.reverse();
    names.into_iter().collect()
}

fn visit(entry: &DirEntry, scanner: &mut Scanner, progress: &Progress) -> Vec<Finding> {
    let is_named = entry.depth() == 0;
    match entry.file_type() {
        Some(kind) if kind.is_file() => {}
        Some(kind) if kind.is_symlink() && is_named && entry.path().is_file() => {}
        Some(kind) if kind.is_dir() => return Vec::new(),
        Some(kind) if kind.is_symlink() => {
            progress.link();
            return Vec::new();
        }
        // Standard input has none.
        _ => {
            progress.problem(entry.path(), TransportError::Special);
            return Vec::new();
        }
    }
    scan_file(entry.path(), is_named, scanner, progress).unwrap_or_else(|error| {
        progress.problem(entry.path(), TransportError::System(error));
        Vec::new()
    })
}

fn scan_file(path: &Path, follow: bool, scanner: &mut Scanner, progress: &Progress) -> std::io::Result<Vec<Finding>> {
    let (mut file, before) = open(path, follow)?;
    let mut scanned = scanner.scan(&file, progress)?;
    progress.scanned(&scanned);
    if !scanned.findings.is_empty() {
        let digest = if let Some(digest) = scanned.digest {
            digest
        } else {
            file.seek(SeekFrom::Start(0))?;
            Digest::of_reader(&file)?
        };
        let clean: PathBuf = path.strip_prefix(".").unwrap_or(path).into();
        scanned.place(&Arc::from(clean), Some(digest));
    }
    if !scanned.is_binary && (!scanned.findings.is_empty() || scanned.bytes != before.len()) {
        let after = file.metadata()?;
        if (after.len(), after.modified().ok()) != (before.len(), before.modified().ok()) {
            progress.problem(path, TransportError::Changed);
        }
    }
    Ok(scanned.findings)
}

fn path_of(error: &ignore::Error) -> Option<PathBuf> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path.clone()),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Loop { child, .. } => Some(child.clone()),
        _ => None,
    }
}
