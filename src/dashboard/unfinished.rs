//! [`Unfinished`]: creates and batches of this and earlier runs that never came to their end, and what the account says of each.
//!
//! Invariants: an entry is judged by a complete list of the account's tokens or not at all, and anew whenever that list changes;
//! nothing leaves because it was judged, only because its record was closed.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    token::{AccountKey, Token, TokenId},
    work::{
        bulk::Batch,
        journal::{Intent, LeftOpen, OpenCreate, OperationId, Outcome},
    },
};

/// A create without an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its record, and what is left of the answer.
    pub open: OpenCreate,
    /// What the account says; `None` until it has been looked at.
    pub outcome: Option<Outcome>,
}

impl Entry {
    /// What was to be made.
    pub fn intent(&self) -> &Intent {
        &self.open.intent
    }
}

/// A batch without an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its record.
    pub batch: Batch,
    /// How many tokens it has not come to; `None` until the account has been looked at.
    pub left: Option<usize>,
}

/// All of them, the oldest first.
#[derive(Debug, Default)]
pub struct Unfinished {
    entries: Vec<Entry>,
    batches: Vec<Broken>,
}

impl Unfinished {
    /// The creates.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The batches.
    pub fn batches(&self) -> &[Broken] {
        &self.batches
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.batches.is_empty()
    }

    /// What is on record by now, of one account.
    pub fn told(&mut self, left: &LeftOpen, account: &AccountKey) {
        self.batches = left.batches.of(account).map(|batch| Broken { batch: batch.clone(), left: None }).collect();
        self.entries = left.creates.of(account).map(|open| Entry { open: open.clone(), outcome: None }).collect();
    }

    /// Judges every entry by all the tokens the account held when it was asked, which was then.
    pub fn judge(&mut self, tokens: &[Arc<Token>], asked: Timestamp) {
        for entry in &mut self.entries {
            entry.outcome = Some(entry.open.judge(tokens, asked));
        }
        for broken in &mut self.batches {
            broken.left = Some(broken.batch.remainder(tokens).len() + broken.batch.uncreated(tokens));
        }
    }

    /// Takes out the batches of which nothing is left to do.
    pub fn take_done(&mut self) -> Vec<Batch> {
        self.batches.extract_if(.., |broken| broken.left == Some(0)).map(|broken| broken.batch).collect()
    }

    /// A record is closed, or somebody is at it again.
    pub fn remove(&mut self, op: &OperationId) {
        self.batches.retain(|broken| broken.batch.op != *op);
        self.entries.retain(|entry| entry.open.intent.op != *op);
    }

    /// The records that are dealt with when this token is deleted: it was, or may have been, what they made.
    pub fn settled_by(&self, deleted: &TokenId) -> Vec<OperationId> {
        let is_it = |entry: &&Entry| {
            entry.open.intent.made.as_ref() == Some(deleted)
                || entry.outcome.iter().flat_map(Outcome::candidates).any(|token| token.id == *deleted)
        };
        self.entries.iter().filter(is_it).map(|entry| entry.open.intent.op.clone()).collect()
    }
}
