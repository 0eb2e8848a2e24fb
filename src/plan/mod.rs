//! Tokens as code: the tokens an account should hold as a file, what that file would change, and why something of it cannot be done.
//!
//! Pure: a text and the account's tokens go in, a [`Plan`] comes out. Reading files, asking the account and carrying a plan out is the work
//! of the front ends.
//!
//! Invariants: a file never holds a token's value; every fault of a file is told with its line and column; what the API would refuse is an
//! error of the plan, found before anything is sent; a token of the account belongs to one entry of the file at most, and which is
//! never guessed.

mod build;
pub mod deliver;
pub mod document;
pub mod export;
pub mod fault;
pub mod file;
mod matching;
pub mod render;
pub mod saved;

use std::{collections::HashSet, sync::Arc};

pub use self::{
    deliver::Deliver,
    document::Format,
    fault::{Fault, Place},
    file::{Entry, TokenFile},
    saved::Saved,
};
use crate::token::{AccountKey, Catalogue, Draft, Patch, Scope, Token, TokenId, Usage};

/// What would make an account hold what a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The account.
    pub account: AccountKey,
    /// A step for each entry, in the order of the file.
    pub steps: Vec<Step>,
    /// The account's tokens that the file does not name.
    pub absent: Vec<Absent>,
}

/// What is done about one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The entry's key.
    pub key: String,
    /// Where it stands.
    pub place: Place,
    /// Where its value goes.
    pub deliver: Vec<Deliver>,
    /// What is done.
    pub action: Action,
    /// The record of an earlier run that created it and did not deliver its value, which is kept.
    pub waiting: Option<String>,
    /// Why it cannot be done. Nothing of a plan is done while anything of it cannot.
    pub errors: Vec<Fault>,
    /// What to think about first.
    pub warnings: Vec<String>,
}

/// What is done to make a token what its entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is created.
    Create {
        /// What it becomes.
        draft: Draft,
        /// What kind of token that is.
        usage: Usage,
    },
    /// It is changed.
    Change {
        /// As it is.
        token: Arc<Token>,
        /// What changes.
        patch: Patch,
    },
    /// It is that already.
    Unchanged(Arc<Token>),
    /// Nobody knows which token is meant.
    Nothing,
}

impl Action {
    /// The token of the account, where there is one.
    pub fn token(&self) -> Option<&Arc<Token>> {
        match self {
            Self::Change { token, .. } | Self::Unchanged(token) => Some(token),
            Self::Create { .. } | Self::Nothing => None,
        }
    }
}

/// A token that the file does not name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The token.
    pub token: Arc<Token>,
    /// Why it stays; `None` when it is deleted.
    pub kept: Option<&'static str>,
}

/// What a plan has to know of an account.
#[derive(Clone, Debug)]
pub struct Account<'a> {
    /// Which one it is.
    pub key: &'a AccountKey,
    /// All of its tokens.
    pub tokens: &'a [Arc<Token>],
    /// The scopes.
    pub catalogue: &'a Catalogue,
    /// Whether the server has said which scopes there are.
    pub is_catalogue_complete: bool,
    /// The scopes of the authorizing token, where they are known.
    pub held: Option<&'a HashSet<Scope>>,
    /// The id of the authorizing token.
    pub own: Option<TokenId>,
    /// What earlier runs did not finish.
    pub unfinished: &'a [Unfinished],
}

/// A secret token that an earlier run created without delivering its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The name of its record.
    pub op: String,
    /// The token.
    pub token: TokenId,
    /// Whether the value is kept.
    pub has_value: bool,
}

/// How many tokens a plan is about, by what is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Created.
    pub create: usize,
    /// Changed.
    pub change: usize,
    /// Delivered, after an earlier run created them.
    pub deliver: usize,
    /// Deleted.
    pub delete: usize,
    /// As they should be.
    pub unchanged: usize,
    /// Not in the file, and kept.
    pub not_in_file: usize,
    /// What cannot be done.
    pub errors: usize,
}

impl Plan {
    /// How many of each there are.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for step in &self.steps {
            match step.action {
                Action::Create { .. } => counts.create += 1,
                Action::Change { .. } => counts.change += 1,
                Action::Unchanged(_) if step.waiting.is_none() => counts.unchanged += 1,
                Action::Unchanged(_) | Action::Nothing => {}
            }
            counts.deliver += usize::from(step.waiting.is_some());
            counts.errors += step.errors.len();
        }
        counts.delete = self.deleted().count();
        counts.not_in_file = self.absent.len() - counts.delete;
        counts
    }

    /// The tokens that are deleted.
    pub fn deleted(&self) -> impl Iterator<Item = &Arc<Token>> {
        self.absent.iter().filter(|absent| absent.kept.is_none()).map(|absent| &absent.token)
    }

    /// Whether there is nothing to do, and nothing in the way of it. Tokens that the file does not name are nobody's business unless they are
    /// to be deleted.
    pub fn is_empty(&self) -> bool {
        let Counts { create, change, deliver, delete, unchanged: _, not_in_file: _, errors } = self.counts();
        create + change + deliver + delete + errors == 0
    }
}

/// A name in quotes, harmless and of bounded length.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let text = crate::token::decoded::scrub(text);
    let shown = crate::untrusted::shown(&text);
    if shown.chars().count() <= LONGEST {
        return format!("\"{shown}\"");
    }
    format!("\"{}…\"", shown.chars().take(LONGEST).collect::<String>())
}
