//! What a shell completes besides the names of tokens ([`super::token_names`]): accounts, scopes, rules of the lint, and
//! the words of the filter.
//!
//! Invariants: no requests are sent, and a damaged file counts as missing.

use std::ffi::OsStr;

use clap_complete::CompletionCandidate;
use strum::IntoEnumIterator as _;

use super::account;
use crate::{
    token::{Catalogue, lint::Rule, query::WORDS},
    untrusted::shown,
};

/// The names of the accounts.
pub fn accounts(typed: &OsStr) -> Vec<CompletionCandidate> {
    let profiles = account::profiles().unwrap_or_default();
    let all = profiles.accounts.iter().filter(|(name, _)| shown(name) == **name);
    those_that_begin(typed, all.map(|(name, profile)| (name.clone(), shown(&profile.username).into_owned())))
}

/// The scopes of the bundled catalogue.
pub fn scopes(typed: &OsStr) -> Vec<CompletionCandidate> {
    let catalogue = Catalogue::bundled();
    let all = catalogue.scopes().iter().map(|info| (info.id.id().to_owned(), info.description.shown().into_owned()));
    those_that_begin(typed, all)
}

/// The words of the filter, for the first of a query.
pub fn filter_words(typed: &OsStr) -> Vec<CompletionCandidate> {
    those_that_begin(typed, WORDS.iter().map(|(word, _, finds)| ((*word).to_owned(), (*finds).to_owned())))
}

/// The rules of the lint.
pub fn rules(typed: &OsStr) -> Vec<CompletionCandidate> {
    those_that_begin(typed, Rule::iter().map(|rule| (rule.id().to_owned(), rule.message().to_owned())))
}

fn those_that_begin(typed: &OsStr, all: impl Iterator<Item = (String, String)>) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else { return Vec::new() };
    all.filter(|(word, _)| word.starts_with(typed))
        .map(|(word, help)| CompletionCandidate::new(word).help(Some(help.into())))
        .collect()
}
