//! [`Saved`]: a plan in a file, that is carried out only while the account is what it was.
//!
//! What a plan does follows from the file and the account. So a saved plan is the file as it was read, with a fingerprint of every token of
//! the account: while each token is as it was, or as the plan makes it, the plan is the same, or what is left of it.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{Action, Deliver, Entry, Plan, TokenFile, file::Places, quoted};
use crate::token::{AccountKey, Draft, Fingerprint, Scope, Token, TokenId};

/// The version of the format.
const VERSION: u32 = 1;

/// A plan in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Saved {
    /// Says that this is a plan, and of which version.
    jeton_plan: u32,
    /// The account.
    pub account: AccountKey,
    /// The file it was created from.
    pub file: String,
    /// The folder where relative paths start.
    pub folder: String,
    /// Whether tokens that are not in the file are deleted.
    pub prune: bool,
    /// The tokens that are deleted.
    delete: BTreeSet<TokenId>,
    /// Every token of the account, as it was.
    before: BTreeMap<TokenId, Fingerprint>,
    entries: Vec<SavedEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SavedEntry {
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<TokenId>,
    default: bool,
    note: String,
    scopes: Vec<Scope>,
    allowed_urls: Vec<String>,
    deliver: Vec<Deliver>,
    places: Places,
}

impl Saved {
    /// A plan to be saved, of the file it was created from and the tokens of the account.
    pub fn new(
        plan: &Plan,
        tokens: &[Arc<Token>],
        (source, folder): (&str, &str),
        file: &TokenFile,
        prune: bool,
    ) -> Self {
        let entry = |entry: &Entry| SavedEntry {
            key: entry.key.clone(),
            id: entry.id.clone(),
            default: entry.is_default,
            note: entry.draft.note.clone(),
            scopes: entry.draft.scopes.clone(),
            allowed_urls: entry.draft.allowed_urls.clone(),
            deliver: entry.deliver.clone(),
            places: entry.places.clone(),
        };
        Self {
            jeton_plan: VERSION,
            account: plan.account.clone(),
            file: source.to_owned(),
            folder: folder.to_owned(),
            prune,
            delete: plan.deleted().map(|token| token.id.clone()).collect(),
            before: tokens.iter().map(|token| (token.id.clone(), Fingerprint::from(&**token))).collect(),
            entries: file.entries.iter().map(entry).collect(),
        }
    }

    /// Reads a saved plan; `None` when the text is something else.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Option<Result<Self, String>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Head {
            jeton_plan: u32,
        }
        let head: Head = serde_json::from_str(text).ok()?;
        if head.jeton_plan != VERSION {
            return Some(Err(format!(
                "plan version {}; this jeton reads version {VERSION}. Use the version of jeton that wrote it, or save the plan again",
                head.jeton_plan
            )));
        }
        Some(serde_json::from_str(text).map_err(|error| error.to_string()))
    }

    /// The file it was created from.
    pub fn entries(&self) -> TokenFile {
        let entry = |saved: &SavedEntry| Entry {
            key: saved.key.clone(),
            id: saved.id.clone(),
            is_default: saved.default,
            draft: Draft {
                note: saved.note.clone(),
                scopes: saved.scopes.clone(),
                allowed_urls: saved.allowed_urls.clone(),
            },
            deliver: saved.deliver.clone(),
            places: saved.places.clone(),
        };
        TokenFile { entries: self.entries.iter().map(entry).collect() }
    }

    /// What someone has changed since: a line for each token that is neither as it was nor as the plan makes it. `plan` is the plan as it
    /// follows from the account now.
    pub fn changed_since(&self, plan: &Plan, tokens: &[Arc<Token>]) -> Vec<String> {
        let mut changed = Vec::new();
        let finished: HashSet<&TokenId> = plan
            .steps
            .iter()
            .filter(|step| matches!(step.action, Action::Unchanged(_)))
            .filter_map(|step| step.action.token())
            .map(|token| &token.id)
            .collect();
        for token in tokens {
            let name = || format!("{} ({})", quoted(&token.name()), token.id.shown());
            match self.before.get(&token.id) {
                _ if finished.contains(&token.id) => {}
                Some(before) if *before == Fingerprint::from(&**token) => {}
                Some(_) => changed.push(format!("{} was changed", name())),
                None => changed.push(format!("{} was created", name())),
            }
        }
        let there: HashSet<&TokenId> = tokens.iter().map(|token| &token.id).collect();
        for id in self.before.keys().filter(|id| !there.contains(id) && !self.delete.contains(id)) {
            changed.push(format!("{} was deleted", id.shown()));
        }
        changed
    }
}
