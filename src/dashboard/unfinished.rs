//! [`Unfinished`]: creates of this and earlier runs that never came to their end, and what the account says of each.
//!
//! What always holds: an entry is judged by a complete list of the account's tokens or not at all, and anew whenever that list changes;
//! nothing leaves because it was judged, only because its record was closed.
//!
//! Callers: `app` writes; the recovery modal reads.

use std::sync::Arc;

use crate::{
    creation::{AccountKey, Intent, Op, Open, Outcome, Recovery},
    token::{Token, TokenId},
};

/// A create without an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its record, and what is left of the answer.
    pub open: Open,
    /// What the account says; `None` until it has been looked at.
    pub outcome: Option<Outcome>,
}

impl Entry {
    /// What was to be made.
    pub fn intent(&self) -> &Intent {
        &self.open.intent
    }
}

/// All of them, the oldest first.
#[derive(Debug, Default)]
pub struct Unfinished {
    entries: Vec<Entry>,
}

impl Unfinished {
    /// The entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What is on record by now, of one account.
    pub fn told(&mut self, recovery: &Recovery, account: &AccountKey) {
        self.entries = recovery.of(account).map(|open| Entry { open: open.clone(), outcome: None }).collect();
    }

    /// Judges every entry by all the tokens of the account.
    pub fn judge(&mut self, tokens: &[Arc<Token>]) {
        for entry in &mut self.entries {
            entry.outcome = Some(entry.open.intent.judge(tokens));
        }
    }

    /// A record is closed.
    pub fn remove(&mut self, op: &Op) {
        self.entries.retain(|entry| entry.open.intent.op != *op);
    }

    /// The records that are dealt with when this token is deleted: it was, or may have been, what they made.
    pub fn settled_by(&self, deleted: &TokenId) -> Vec<Op> {
        let is_it = |entry: &&Entry| {
            entry.open.intent.made.as_ref() == Some(deleted)
                || entry.outcome.iter().flat_map(Outcome::candidates).any(|token| token.id == *deleted)
        };
        self.entries.iter().filter(is_it).map(|entry| entry.open.intent.op.clone()).collect()
    }
}
