//! [`Groups`]: what a scan found, token by token, each judged by what is known of the account. Pure.
//!
//! Invariants: the worst comes first; a token's places are in the order of the scan; nothing of a value is here.

use std::{collections::HashMap, path::Path, sync::Arc};

use jiff::Timestamp;

use crate::{
    dashboard::view::View,
    scan::{Account, Place, ScanResult, State, Uses, judge},
    token::{Knowledge, Token, TokenId, Usage, lint::Severity},
};

/// A token that was found, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, ready to show; of one that is not on the account, what is known.
    pub title: String,
    /// What kind it is.
    pub usage: Usage,
    /// How it stands with the account.
    pub state: State,
    /// The worst of its places.
    pub severity: Severity,
    /// The token, if it is on the account.
    pub token: Option<Arc<Token>>,
    /// How often it is used.
    pub uses: Uses,
    /// Its places.
    pub places: Vec<Judged>,
}

/// A place, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Index into [`ScanResult::places`].
    pub at: usize,
    /// How bad it is that it stands there.
    pub severity: Severity,
    /// Why.
    pub reason: &'static str,
}

/// What makes two findings the same token: its id, or the digest of one that has none.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Id(&'a TokenId),
    Value(crate::scan::Digest),
}

/// All of them.
#[derive(Debug, Default)]
pub struct Groups {
    /// The tokens.
    pub all: Vec<Group>,
    /// What they were made from: when that scan ended, and which list of tokens.
    of: Option<(Timestamp, u64)>,
    /// For each row of the screen, the token, and the place unless it is the token's own row.
    rows: Vec<(usize, Option<usize>)>,
}

impl Groups {
    /// Makes them anew where the scan or the account's tokens are others than last time.
    pub fn sync(&mut self, result: Option<&ScanResult>, view: View) {
        let of = result.map(|result| (result.ended, view.store.revision()));
        if of == self.of {
            return;
        }
        self.of = of;
        self.all = result.map(|result| group(result, view)).unwrap_or_default();
        self.rows.clear();
        for (at, group) in self.all.iter().enumerate() {
            self.rows.push((at, None));
            self.rows.extend((0..group.places.len()).map(|place| (at, Some(place))));
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// What a row shows: a token, or one of its places.
    pub fn row(&self, row: usize) -> Option<(&Group, Option<&Judged>)> {
        let (group, place) = *self.rows.get(row)?;
        let group = self.all.get(group)?;
        Some((group, place.and_then(|place| group.places.get(place))))
    }
}

fn group(result: &ScanResult, view: View) -> Vec<Group> {
    let tokens = view.store.tokens();
    let username = view.store.account.as_ref().map(|account| account.username.clone());
    let account = username.as_ref().map(|name| Account::new(name, tokens, Knowledge::new(view.now.time)));
    let mut order: HashMap<Key<'_>, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (at, Place { finding, is_tracked }) in result.places.iter().enumerate() {
        let verdict = judge(finding, account.as_ref(), *is_tracked, view.now.time);
        let key = finding.id.as_ref().map_or(Key::Value(finding.token_digest), Key::Id);
        let group = *order.entry(key).or_insert_with(|| {
            let token = verdict.token.and_then(|token| view.store.token(&token.id)).cloned();
            let title =
                token.as_ref().map_or_else(|| unknown(finding, verdict.state), |token| token.name().into_owned());
            groups.push(Group {
                title,
                usage: finding.usage,
                state: verdict.state,
                severity: verdict.severity,
                token,
                uses: finding.id.as_ref().map(|id| result.uses_of(id)).unwrap_or_default(),
                places: Vec::new(),
            });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(group) {
            group.severity = group.severity.max(verdict.severity);
            group.places.push(Judged { at, severity: verdict.severity, reason: verdict.reason });
        }
    }
    groups.sort_by(|a, b| (b.severity, &a.title).cmp(&(a.severity, &b.title)));
    groups
}

/// What to call a token that is not on the account.
fn unknown(finding: &crate::scan::Finding, state: State) -> String {
    match (state, &finding.id) {
        (State::Foreign, _) => format!("Token of {}", finding.owner.shown()),
        (_, Some(id)) => id.shown().into_owned(),
        (_, None) => format!("Temporary token of {}", finding.owner.shown()),
    }
}

/// How a token stands with the account, in a word or two.
pub fn standing(state: State) -> &'static str {
    match state {
        State::Live => "live",
        State::Deleted => "deleted",
        State::Expired => "expired",
        State::Foreign => "someone else's",
        State::Malformed => "damaged",
        State::Sample => "sample",
        State::Unknown => "unknown",
    }
}

/// A path as it is shown: from the scanned folder on, if there is one only.
pub fn path_shown(path: &Path, result: &ScanResult) -> String {
    let inside = match result.folders.as_slice() {
        [folder] => path.strip_prefix(folder).ok().filter(|inside| !inside.as_os_str().is_empty()),
        _ => None,
    };
    crate::untrusted::shown(&inside.unwrap_or(path).to_string_lossy()).into_owned()
}
