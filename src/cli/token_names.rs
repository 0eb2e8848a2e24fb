//! A cache of token names, so that the shell can complete them without asking the server.
//!
//! Invariants: the file holds ids and names, never a value; only its owner can read it; a damaged file counts as missing; it holds only
//! names that are safe to show in a shell.

use std::{
    env,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap_complete::CompletionCandidate;

use crate::{
    os::{file, places, private_dir::PrivateDir},
    token::Token,
    untrusted::shown,
};

/// Tokens kept: more than anyone completes through.
const KEPT: usize = 2_000;

/// Longest file read.
const LONGEST: u64 = 4 << 20;

/// Collects what is to be kept while a list goes by.
#[derive(Debug, Default)]
pub struct Collector {
    lines: String,
    count: usize,
}

impl Collector {
    /// Takes note of some tokens.
    pub fn add(&mut self, tokens: &[Arc<Token>]) {
        for token in tokens.iter().take(KEPT.saturating_sub(self.count)) {
            let name = token.note.as_ref().map(crate::untrusted::Untrusted::raw).unwrap_or_default();
            let (id, name) = (token.id.as_str(), if shown(name) == name { name } else { "" });
            if shown(id) == id {
                self.lines.push_str(id);
                self.lines.push('\t');
                self.lines.push_str(name);
                self.lines.push('\n');
                self.count += 1;
            }
        }
    }

    /// Keeps them for an account, in the place of what was kept before, unless lists are not to be remembered.
    pub fn keep(&self, username: &str) {
        let may_remember = super::account::profiles().is_ok_and(|profiles| profiles.remember_lists);
        if let Some(directory) = directory().filter(|_| may_remember) {
            // A cache that cannot be written is no reason to bother anyone.
            let _unkept = replace(&directory, &file_name(username), self.lines.as_bytes());
        }
    }
}

/// Removes what is kept of an account's names; there may be nothing.
pub fn forget(username: &str) {
    if let Some(directory) = directory() {
        let _was_not_there = fs::remove_file(directory.join(file_name(username)));
    }
}

/// What a `TOKEN` argument can be: names and ids of the accounts' tokens.
pub fn complete(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else { return Vec::new() };
    let quoting = Quoting::of_the_asking_shell();
    let typed = quoting.read(typed);
    let mut candidates = Vec::new();
    for (id, name) in directory().map(|directory| read(&directory)).unwrap_or_default() {
        if !name.is_empty() && name.starts_with(&typed) {
            candidates.push(CompletionCandidate::new(quoting.write(&name)).help(Some(id.clone().into())));
        }
        // Everybody has many ids; they are offered to those who have begun to type one.
        if !typed.is_empty() && id.starts_with(&typed) {
            candidates.push(CompletionCandidate::new(id).help(Some(name.into())));
        }
    }
    candidates
}

/// How the shell that asks wants words with spaces: some quote what they are given, others insert it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoting {
    ByShell,
    Backslashes,
    Quotes,
}

impl Quoting {
    fn of_the_asking_shell() -> Self {
        match super::commands::completions::asking_shell() {
            Some("bash") => Self::Backslashes,
            Some("powershell") => Self::Quotes,
            _ => Self::ByShell,
        }
    }

    fn write(self, word: &str) -> String {
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '+' | ',');
        match self {
            Self::Backslashes => {
                word.chars().flat_map(|c| (!is_plain(c)).then_some('\\').into_iter().chain([c])).collect()
            }
            Self::Quotes if !word.chars().all(is_plain) => format!("'{}'", word.replace('\'', "''")),
            Self::Quotes | Self::ByShell => word.to_owned(),
        }
    }

    /// What was typed so far, without the quoting.
    fn read(self, typed: &str) -> String {
        match self {
            Self::Backslashes => {
                let mut escaped = false;
                let literal = |c: &char| {
                    let is_mark = !escaped && matches!(c, '\\' | '"' | '\'');
                    escaped = !escaped && *c == '\\';
                    !is_mark
                };
                typed.chars().filter(literal).collect()
            }
            Self::Quotes => typed.trim_matches('\'').replace("''", "'"),
            Self::ByShell => typed.to_owned(),
        }
    }
}

/// Where the names are kept.
fn directory() -> Option<PathBuf> {
    Some(places::cache_dir(&|name| env::var_os(name))?.join("names"))
}

/// A file name for an account, whatever its name is made of.
fn file_name(username: &str) -> String {
    username
        .bytes()
        .take(64)
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || byte == b'-' {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02x}")
            }
        })
        .collect()
}

fn replace(directory: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let path = directory.join(name);
    if fs::read(&path).is_ok_and(|before| before == content) {
        return Ok(());
    }
    PrivateDir::at(directory).make()?;
    file::replace(&path, content).map(drop)
}

/// The ids and names of all accounts.
fn read(directory: &Path) -> Vec<(String, String)> {
    let files = fs::read_dir(directory).into_iter().flatten().flatten();
    let small = files.filter(|file| file.metadata().is_ok_and(|data| data.is_file() && data.len() <= LONGEST));
    small
        .filter_map(|file| fs::read_to_string(file.path()).ok())
        .flat_map(|text| {
            let pairs = text.lines().filter_map(|line| line.split_once('\t'));
            pairs.filter(|(id, name)| shown(id) == *id && shown(name) == *name).map(own).collect::<Vec<_>>()
        })
        .collect()
}

fn own((id, name): (&str, &str)) -> (String, String) {
    (id.to_owned(), name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were_kept_and_dangerous_ones_do_not() {
        let directory = tempfile::tempdir().expect("a directory");
        let token = |id: &str, note: &str| {
            Arc::new(
                serde_json::from_value(serde_json::json!({"id": id, "usage": "pk", "note": note})).expect("metadata"),
            )
        };
        let mut collector = Collector::default();
        collector.add(&[token("cmaa1", "Checkout map"), token("cmbb2", "evil\u{1b}[2J"), token("cm\n3", "x")]);
        replace(directory.path(), &file_name("a/da"), collector.lines.as_bytes()).expect("written");
        assert_eq!(read(directory.path()), [own(("cmaa1", "Checkout map")), own(("cmbb2", ""))]);
        assert_eq!(file_name("../a"), "%2e%2e%2fa");
    }

    #[test]
    fn shells_that_insert_words_as_they_are_get_them_quoted() {
        assert_eq!(Quoting::Backslashes.write("Ada's map"), "Ada\\'s\\ map");
        assert_eq!(Quoting::Backslashes.read("Ada\\'s\\ m"), "Ada's m");
        assert_eq!(Quoting::Backslashes.read("\"Ada m"), "Ada m");
        assert_eq!(Quoting::Quotes.write("Ada's map"), "'Ada''s map'");
        assert_eq!(Quoting::Quotes.read("'Ada''s"), "Ada's");
        assert_eq!(Quoting::ByShell.write("Ada's map"), "Ada's map");
    }
}
