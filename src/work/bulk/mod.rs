//! [`Batch`]: the same change made to many tokens, so described that an interrupted one can be resumed.
//!
//! Invariants: it holds ids and the change, and no secret. How far it got is not written down: the account says so ([`Operation::is_left`]),
//! for a deleted token is gone, and adding what is there or removing what is not changes nothing. So every batch can be repeated from the
//! start. [`BatchJournal`](super::journal::BatchJournal) has its record.

mod application;
mod change;

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::{application::Application, change::Change};
use crate::{
    os::record::Record,
    token::{AccountKey, Token, TokenId},
    work::OperationId,
};

/// What is done to every token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// It is deleted.
    Delete,
    /// Its scopes or its allowed URLs change.
    Edit(Change),
    /// It becomes what a file says.
    Apply(Application),
}

impl Operation {
    /// One word for machines.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Edit(_) => "edit",
            Self::Apply(_) => "apply",
        }
    }

    /// Whether it is still to be done to a token that the account holds. (The default token cannot be deleted, so that never is.)
    pub fn is_left(&self, token: &Token) -> bool {
        match self {
            Self::Delete => !token.default,
            Self::Edit(change) => !change.patch(token).is_empty(),
            Self::Apply(application) => application.is_left(token),
        }
    }
}

/// What is about to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Where.
    pub account: AccountKey,
    /// What.
    pub operation: Operation,
    /// To which tokens, in this order.
    pub tokens: Vec<TokenId>,
}

/// A plan that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Its name.
    pub op: OperationId,
    /// When it was begun, by our clock.
    pub started: Timestamp,
    /// What was to be done.
    pub plan: Plan,
}

impl Record for Batch {
    const VERSION: u32 = 1;
}

impl Batch {
    /// What it is, to begin a sentence with: `Deleting 12 tokens`.
    pub fn title(&self) -> String {
        let count = self.plan.tokens.len();
        let tokens = if count == 1 { "token" } else { "tokens" };
        match &self.plan.operation {
            Operation::Delete => format!("Deleting {count} {tokens}"),
            Operation::Edit(change) => format!("Editing {count} {tokens} ({change})"),
            Operation::Apply(application) => application.title(count),
        }
    }

    /// The tokens it has not come to, in its order, by all the tokens of the account.
    pub fn remainder<'a>(&self, tokens: impl IntoIterator<Item = &'a Arc<Token>>) -> Vec<Arc<Token>> {
        let by_id: HashMap<&TokenId, &Arc<Token>> = tokens.into_iter().map(|token| (&token.id, token)).collect();
        let there = self.plan.tokens.iter().filter_map(|id| by_id.get(id).copied());
        there.filter(|token| self.plan.operation.is_left(token)).cloned().collect()
    }

    /// How many tokens it has not created.
    pub fn uncreated<'a>(&self, tokens: impl IntoIterator<Item = &'a Arc<Token>>) -> usize {
        match &self.plan.operation {
            Operation::Delete | Operation::Edit(_) => 0,
            Operation::Apply(application) => application.uncreated(tokens),
        }
    }

    /// How much of it is left, in words.
    pub fn left(&self, count: usize) -> String {
        let be = if count == 1 { "is" } else { "are" };
        match self.plan.operation {
            Operation::Delete => format!("{count} {be} not deleted yet"),
            Operation::Edit(_) => format!("{count} {be} not edited yet"),
            Operation::Apply(_) => format!("{count} {be} not done yet"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn plan(operation: Operation, tokens: &[&str]) -> Plan {
        let account = AccountKey { username: "ada".into(), host: "api.mapbox.com".into() };
        Plan { account, operation, tokens: tokens.iter().map(|id| TokenId::new(*id)).collect() }
    }

    fn token(id: &str, scopes: &[&str]) -> Arc<Token> {
        let json = serde_json::json!({"id": id, "usage": "pk", "default": id == "star", "scopes": scopes});
        Arc::new(serde_json::from_value(json).unwrap())
    }

    fn ids(tokens: &[Arc<Token>]) -> Vec<&str> {
        tokens.iter().map(|token| token.id.as_str()).collect()
    }

    #[test]
    fn a_deletion_is_done_where_the_token_is_gone() {
        let batch = Batch {
            op: OperationId::random().unwrap(),
            started: NOW,
            plan: plan(Operation::Delete, &["c", "star", "b", "a"]),
        };
        let account = [token("star", &[]), token("a", &[]), token("c", &[]), token("other", &[])];
        assert_eq!(ids(&batch.remainder(&account)), ["c", "a"]);
        assert_eq!(batch.title(), "Deleting 4 tokens");
        assert_eq!((batch.left(1), batch.left(2)), ("1 is not deleted yet".into(), "2 are not deleted yet".into()));
    }

    #[test]
    fn a_change_is_done_where_it_would_change_nothing() {
        let change = Change { add_scopes: vec!["fonts:read".into()], ..Change::default() };
        let plan = plan(Operation::Edit(change), &["a", "b", "gone"]);
        let batch = Batch { op: OperationId::random().unwrap(), started: NOW, plan };
        let account = [token("a", &["fonts:read"]), token("b", &["styles:read"]), token("other", &[])];
        assert_eq!(ids(&batch.remainder(&account)), ["b"]);
        let json = serde_json::to_vec(&batch).unwrap();
        assert_eq!(serde_json::from_slice::<Batch>(&json).unwrap(), batch);
    }
}
