//! [`Patch`]: a change to a token: what is sent, what prevents it, how it is shown, how it is undone.
//!
//! Source: "Update a token" of the Tokens API. Only fields that are sent are changed; `allowedUrls: null` removes the restriction. The
//! kind of a token never changes: a public one may hold public scopes only, a secret one any. Temporary tokens cannot be changed.

mod diff;

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

pub use self::diff::{Diff, Line, Sign};
use super::{ALLOWED_URL_LIMIT, AllowedUrl, Catalogue, Draft, NOTE_LIMIT, Scope, Token, Usage, flaw::Field};
use crate::untrusted::Untrusted;

/// The body of a PATCH: what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Patch {
    /// The new name. An empty one takes the name away; whether null would do so, too, is not documented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Untrusted>,
    /// All the scopes it will have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
    /// All the URLs it will be restricted to; `Some(None)`, null in JSON, lifts the restriction.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub allowed_urls: Option<Option<Vec<Untrusted>>>,
}

/// Tells null from a field left out, which `Option<Option<…>>` alone does not.
#[expect(clippy::option_option, reason = "the API tells a field left out from one that is null")]
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Vec<Untrusted>>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Why the API would refuse a change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// Temporary tokens are what they are.
    #[error("temporary tokens can't be edited; create another one")]
    Temporary,
    /// Secret scopes for a public token.
    #[error("a public token can't hold secret scopes ({}); create a secret token for them", list(.0))]
    SecretScopes(Vec<Scope>),
    /// URL restrictions for the default public token.
    #[error("the default public token can't be restricted to URLs; create a separate token for the site")]
    DefaultRestricted,
    /// Scopes for a token made without any.
    #[error("a token created without scopes can't get any; create another one")]
    NoScopesEver,
    /// The authorizing token cannot pass on what it has not got.
    #[error("the authorizing token lacks {}, so it can't grant them", list(.0))]
    ScopesNotHeld(Vec<Scope>),
    /// What is sent would replace something that was not read.
    #[error("jeton could read {} only in part, so an edit would drop the rest; edit it on the Access Tokens page", .0.name())]
    ReadInPart(Field),
    /// Longer than [`NOTE_LIMIT`].
    #[error("the name has {0} characters; the limit is {NOTE_LIMIT}")]
    NoteTooLong(usize),
    /// More than [`ALLOWED_URL_LIMIT`].
    #[error("{0} URLs; the limit is {ALLOWED_URL_LIMIT}")]
    TooManyUrls(usize),
}

/// What to think about before a change that the API would make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Caution {
    /// All scopes go, and none can be added again.
    #[error("this removes the last scope, and a token without scopes can't get any again")]
    LastScope,
    /// A secret token left with public scopes.
    #[error("only public scopes remain, but it stays a secret token")]
    StaysSecret,
    /// The restriction goes.
    #[error("without allowed URLs, it works on any page")]
    Unrestricted,
    /// A list in which nothing can match.
    #[error("none of these URLs can match, so the token will be refused everywhere")]
    NothingMatches,
    /// The first restriction of a token that may be in use elsewhere.
    #[error("requests from other pages, apps, scripts and servers will be refused")]
    FirstRestriction,
}

impl Patch {
    /// The change that makes a token what the form says; empty when it says the same. Order and repetition of scopes and URLs do not count.
    pub fn between(token: &Token, edited: &Draft) -> Self {
        let note = (edited.note != token.note.as_ref().map_or("", Untrusted::raw)).then(|| edited.note.as_str().into());
        let scopes = (!same(&edited.scopes, &token.scopes)).then(|| distinct(&edited.scopes));
        let urls: Vec<Untrusted> = edited.allowed_urls.iter().map(|url| url.as_str().into()).collect();
        let allowed_urls = (!same(&urls, token.urls())).then(|| Some(distinct(&urls)).filter(|urls| !urls.is_empty()));
        Self { note, scopes, allowed_urls }
    }

    /// Whether nothing would change.
    pub const fn is_empty(&self) -> bool {
        self.note.is_none() && self.scopes.is_none() && self.allowed_urls.is_none()
    }

    /// What the token will be. The times are the server's to set.
    #[must_use]
    pub fn applied(&self, token: &Token) -> Token {
        let mut changed = token.clone();
        if let Some(note) = &self.note {
            changed.note = Some(note.clone()).filter(|note| !note.is_empty());
        }
        if let Some(scopes) = &self.scopes {
            changed.scopes.clone_from(scopes);
        }
        if let Some(urls) = &self.allowed_urls {
            changed.allowed_urls = urls.clone().filter(|urls| !urls.is_empty());
        }
        changed
    }

    /// The change that undoes this one, given the token as it was before. It touches the same fields and no others, so that what
    /// someone else has changed meanwhile stays.
    #[must_use]
    pub fn inverse(&self, before: &Token) -> Self {
        Self {
            note: self.note.as_ref().map(|_| before.note.clone().unwrap_or_default()),
            scopes: self.scopes.as_ref().map(|_| before.scopes.clone()),
            allowed_urls: self
                .allowed_urls
                .as_ref()
                .map(|_| before.allowed_urls.clone().filter(|urls| !urls.is_empty())),
        }
    }

    /// What it changes, to show.
    pub fn diff(&self, token: &Token) -> Diff {
        Diff::between(token, &self.applied(token))
    }

    /// Everything the API would refuse. `held` are the scopes of the authorizing token, where they are known: all the scopes
    /// a change sends must be among them, the ones the token has already included.
    pub fn obstacles(&self, token: &Token, catalogue: &Catalogue, held: Option<&HashSet<Scope>>) -> Vec<Obstacle> {
        if token.usage == Usage::Temporary {
            return vec![Obstacle::Temporary];
        }
        let mut obstacles = Vec::new();
        for (field, changes) in
            [(Field::Scopes, self.scopes.is_some()), (Field::AllowedUrls, self.allowed_urls.is_some())]
        {
            if changes && token.is_uncertain(field) {
                obstacles.push(Obstacle::ReadInPart(field));
            }
        }
        if let Some(scopes) = &self.scopes {
            let secret = || scopes.iter().filter(|scope| !catalogue.is_public(scope)).cloned().collect::<Vec<_>>();
            if token.scopes.is_empty() && !scopes.is_empty() {
                obstacles.push(Obstacle::NoScopesEver);
            } else if token.usage == Usage::Public && !secret().is_empty() {
                obstacles.push(Obstacle::SecretScopes(secret()));
            }
            let lacking = scopes.iter().filter(|scope| held.is_some_and(|held| !held.contains(*scope)));
            let lacking: Vec<_> = lacking.cloned().collect();
            if !lacking.is_empty() {
                obstacles.push(Obstacle::ScopesNotHeld(lacking));
            }
        }
        if let Some(length) =
            self.note.as_ref().map(|note| note.raw().chars().count()).filter(|length| *length > NOTE_LIMIT)
        {
            obstacles.push(Obstacle::NoteTooLong(length));
        }
        if let Some(Some(urls)) = &self.allowed_urls {
            if token.default && !urls.is_empty() {
                obstacles.push(Obstacle::DefaultRestricted);
            }
            if urls.len() > ALLOWED_URL_LIMIT {
                obstacles.push(Obstacle::TooManyUrls(urls.len()));
            }
        }
        obstacles
    }

    /// What to think about first.
    pub fn cautions(&self, token: &Token, catalogue: &Catalogue) -> Vec<Caution> {
        let mut cautions = Vec::new();
        if let Some(scopes) = &self.scopes {
            let is_public = |scopes: &[Scope]| scopes.iter().all(|scope| catalogue.is_public(scope));
            if scopes.is_empty() && !token.scopes.is_empty() {
                cautions.push(Caution::LastScope);
            } else if token.usage == Usage::Secret && is_public(scopes) && !is_public(&token.scopes) {
                cautions.push(Caution::StaysSecret);
            }
        }
        if let Some(urls) = &self.allowed_urls {
            let urls = urls.as_deref().unwrap_or_default();
            if urls.is_empty() {
                if !token.urls().is_empty() {
                    cautions.push(Caution::Unrestricted);
                }
            } else if urls.iter().all(|url| AllowedUrl::parse(url.raw()).is_err()) {
                cautions.push(Caution::NothingMatches);
            } else if token.urls().is_empty() {
                cautions.push(Caution::FirstRestriction);
            }
        }
        cautions
    }
}

/// Whether two lists hold the same things.
fn same<T: Ord>(a: &[T], b: &[T]) -> bool {
    a.iter().collect::<BTreeSet<_>>() == b.iter().collect()
}

/// Each thing once, in the order of its first appearance.
fn distinct<T: Ord + Clone>(list: &[T]) -> Vec<T> {
    let mut seen = BTreeSet::new();
    list.iter().filter(|item| seen.insert(*item)).cloned().collect()
}

fn list(scopes: &[Scope]) -> String {
    scopes.iter().map(Scope::shown).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
