//! [`Diff`]: the difference between two states of a token, to show before it is sent, or when someone else changed the token first.

use std::{borrow::Cow, collections::BTreeSet};

use crate::{
    token::{Scope, Token},
    untrusted::Untrusted,
};

/// What differs. Texts are as they came; [`Diff::lines`] makes them fit to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// The old and the new name; an empty one stands for none.
    pub note: Option<(Untrusted, Untrusted)>,
    /// Scopes that come.
    pub added_scopes: Vec<Scope>,
    /// Scopes that go.
    pub removed_scopes: Vec<Scope>,
    /// Allowed URLs that come.
    pub added_urls: Vec<Untrusted>,
    /// Allowed URLs that go.
    pub removed_urls: Vec<Untrusted>,
}

/// Whether something comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `+`
    Added,
    /// `-`
    Removed,
}

impl Sign {
    /// The character in front of a line.
    pub const fn mark(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
        }
    }
}

/// One line of a diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Comes or goes.
    pub sign: Sign,
    /// What it is: `name`, `scope`, `URL`.
    pub subject: &'static str,
    /// The thing, safe to show.
    pub text: Cow<'a, str>,
}

impl Diff {
    /// From one state to the other. Order and repetition do not count.
    pub fn between(before: &Token, after: &Token) -> Self {
        let note = |token: &Token| token.note.clone().unwrap_or_default();
        let notes = (note(before), note(after));
        Self {
            note: (notes.0 != notes.1).then_some(notes),
            added_scopes: only_in(&after.scopes, &before.scopes),
            removed_scopes: only_in(&before.scopes, &after.scopes),
            added_urls: only_in(after.urls(), before.urls()),
            removed_urls: only_in(before.urls(), after.urls()),
        }
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Line by line: the name, then scopes, then URLs; what goes before what comes.
    pub fn lines(&self) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        let mut add = |sign, subject, text| lines.push(Line { sign, subject, text });
        if let Some((old, new)) = &self.note {
            for (sign, note) in [(Sign::Removed, old), (Sign::Added, new)] {
                if !note.is_empty() {
                    add(sign, "name", note.shown());
                }
            }
        }
        for (sign, scopes) in [(Sign::Removed, &self.removed_scopes), (Sign::Added, &self.added_scopes)] {
            for scope in scopes {
                add(sign, "scope", scope.shown());
            }
        }
        for (sign, urls) in [(Sign::Removed, &self.removed_urls), (Sign::Added, &self.added_urls)] {
            for url in urls {
                add(sign, "URL", url.shown());
            }
        }
        lines
    }
}

/// What the first list holds and the second does not, each once.
fn only_in<T: Ord + Clone>(list: &[T], other: &[T]) -> Vec<T> {
    let mut seen: BTreeSet<&T> = other.iter().collect();
    list.iter().filter(|item| seen.insert(*item)).cloned().collect()
}
