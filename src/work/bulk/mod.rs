//! [`Batch`]: the same thing done to many tokens, on record while it is being done, so that one that dies half way is not forgotten.
//!
//! Invariants: a record is on disk before the first request of its batch is sent, and goes when the person has been told how the
//! batch ended; it holds ids and the change, and no secret; whoever is at a batch holds its record, so that no other jeton takes it for
//! abandoned or closes it. How far it got is not written down: the account says so ([`Operation::is_left`]), for a deleted token is gone,
//! and adding what is there or removing what is not changes nothing. For that reason every batch can be done again from the start.

mod application;
mod change;

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::{application::Application, change::Change};
use crate::{
    os::{
        places::{self, Environment},
        private_dir::PrivateDir,
    },
    token::{AccountKey, Token, TokenId},
    work::create::Op,
};

/// What is done to every token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// It is removed for good.
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
    pub op: Op,
    /// When it was begun, by our clock.
    pub started: Timestamp,
    /// What was to be done.
    pub plan: Plan,
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

/// A batch that nobody has closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The batch.
    pub batch: Batch,
    /// Whether a running jeton is at it. To be left alone.
    pub is_active: bool,
}

/// All that is on record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// The batches, the oldest first.
    pub open: Vec<Open>,
    /// Files that cannot be read, with the reason. They are left where they are.
    pub unreadable: Vec<(PathBuf, String)>,
}

impl Left {
    /// What one account should be told: its own batches that no running program is at.
    pub fn of<'a>(&'a self, account: &AccountKey) -> impl Iterator<Item = &'a Batch> {
        let is_its = |open: &&Open| open.batch.plan.account == *account && !open.is_active;
        self.open.iter().filter(is_its).map(|open| &open.batch)
    }
}

/// The records. Clones share what this process is at.
#[derive(Clone, Debug)]
pub struct Batches {
    dir: Option<PrivateDir>,
    /// The files are locked for as long as they are in here.
    ours: Arc<Mutex<HashMap<Op, File>>>,
}

impl Batches {
    /// As the environment says where.
    pub fn from_environment(environment: Environment) -> Self {
        let dir = places::state_dir(environment).map(|dir| PrivateDir::at(dir.join("batches")));
        Self { dir, ours: Arc::default() }
    }

    /// As the environment of this process says.
    pub fn new() -> Self {
        Self::from_environment(&|name| std::env::var_os(name))
    }

    /// Below one directory: for tests.
    pub fn within(dir: &std::path::Path) -> Self {
        Self::from_environment(&|name| (name == "JETON_STATE_DIR").then(|| dir.as_os_str().to_owned()))
    }

    fn ours(&self) -> MutexGuard<'_, HashMap<Op, File>> {
        self.ours.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The directory, if no other process is at this batch.
    fn at(&self, op: &Op) -> Result<&PrivateDir, String> {
        let dir = self.dir.as_ref().ok_or("no home directory; set JETON_STATE_DIR")?;
        if !self.ours().contains_key(op) && dir.is_held(&op.file_name()) {
            return Err(format!("another jeton is working on {op}"));
        }
        Ok(dir)
    }

    /// Puts a plan on record and gives its name; when this returns, that survives everything. With the name of a batch that was left, its
    /// record is taken over.
    ///
    /// # Errors
    /// Why it is not on record, in words for people. Nothing speaks against doing it all the same.
    pub fn begin(&self, op: Option<Op>, plan: Plan, started: Timestamp) -> Result<Op, String> {
        let op = op.map_or_else(Op::random, Ok).map_err(|error| error.to_string())?;
        let dir = self.at(&op)?;
        let batch = Batch { op: op.clone(), started, plan };
        let json = serde_json::to_vec(&batch).expect("a batch is JSON");
        let file = dir.put(&op.file_name(), &json).map_err(|error| failed(dir, &error))?;
        self.ours().insert(op.clone(), file);
        Ok(op)
    }

    /// The record of a batch that was left, if a plan does all that is left of it: that plan goes on with it. `tokens` are all the tokens of
    /// the account.
    pub fn gone_on_with(&self, plan: &Plan, tokens: &[Arc<Token>]) -> Option<Op> {
        let planned: HashSet<&TokenId> = plan.tokens.iter().collect();
        let left = self.left();
        let mut same = left.of(&plan.account).filter(|batch| batch.plan.operation == plan.operation);
        let is_covered = |batch: &&Batch| {
            let remainder = batch.remainder(tokens);
            !remainder.is_empty() && remainder.iter().all(|token| planned.contains(&token.id))
        };
        same.find(is_covered).map(|batch| batch.op.clone())
    }

    /// Closes a record: the person knows how the batch ended, or wants to hear no more of it.
    ///
    /// # Errors
    /// When it is still there, and why.
    pub fn end(&self, op: &Op) -> Result<(), String> {
        let dir = self.at(op)?;
        dir.remove(&op.file_name()).map_err(|error| failed(dir, &error))?;
        self.ours().remove(op);
        Ok(())
    }

    /// What is on record, of every account and every process. Reads only.
    pub fn left(&self) -> Left {
        let mut left = Left::default();
        let Some(dir) = &self.dir else { return left };
        let tell = |batch, is_active| left.open.push(Open { batch, is_active });
        let read = dir.read_records(|batch: &Batch| batch.op.file_name(), tell);
        left.unreadable = read.unwrap_or_else(|error| vec![(dir.path().to_owned(), error.to_string())]);
        left.open.sort_by_key(|open| open.batch.started);
        left
    }

    /// Removes what crashes left half written. Once at a start.
    pub fn tidy(&self) {
        if let Some(dir) = &self.dir {
            // Tried again at the next start.
            let _later = dir.tidy();
        }
    }
}

impl Default for Batches {
    fn default() -> Self {
        Self::new()
    }
}

fn failed(dir: &PrivateDir, error: &std::io::Error) -> String {
    format!("{}: {error}", crate::untrusted::shown(&dir.path().to_string_lossy()))
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
    fn a_batch_is_active_while_its_process_lives_and_left_when_it_is_gone() {
        let place = tempfile::tempdir().unwrap();
        let (mine, theirs) = (Batches::within(place.path()), Batches::within(place.path()));
        let plan = plan(Operation::Delete, &["a", "b"]);
        let op = mine.begin(None, plan.clone(), NOW).unwrap();
        let batch = Batch { op: op.clone(), started: NOW, plan: plan.clone() };
        assert_eq!(theirs.left().open, [Open { batch: batch.clone(), is_active: true }]);
        assert_eq!(theirs.left().of(&plan.account).count(), 0);
        assert!(theirs.end(&op).is_err() && theirs.begin(Some(op.clone()), plan.clone(), NOW).is_err());

        drop(mine);
        assert_eq!(theirs.left().of(&plan.account).collect::<Vec<_>>(), [&batch]);
        let other = AccountKey { username: "bob".into(), ..plan.account.clone() };
        assert_eq!(theirs.left().of(&other).count(), 0);
        assert_eq!(theirs.begin(Some(op.clone()), plan, NOW), Ok(op.clone()), "it is taken over");
        assert!(theirs.left().open[0].is_active);
        theirs.end(&op).unwrap();
        assert_eq!(theirs.left(), Left::default());
        theirs.end(&op).unwrap();
    }

    #[test]
    fn what_cannot_be_read_is_told_and_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let batches = Batches::within(place.path());
        let op = batches.begin(None, plan(Operation::Delete, &["a", "b"]), NOW).unwrap();
        let dir = place.path().join("batches");
        std::fs::write(dir.join("01234567.json"), "{").unwrap();
        std::fs::copy(dir.join(op.file_name()), dir.join("89abcdef.json")).unwrap();
        let left = batches.left();
        assert_eq!((left.open.len(), left.unreadable.len()), (1, 2), "{left:?}");
        assert!(dir.join("01234567.json").exists());
    }

    #[test]
    fn a_deletion_is_done_where_the_token_is_gone() {
        let batch =
            Batch { op: Op::random().unwrap(), started: NOW, plan: plan(Operation::Delete, &["c", "star", "b", "a"]) };
        let account = [token("star", &[]), token("a", &[]), token("c", &[]), token("other", &[])];
        assert_eq!(ids(&batch.remainder(&account)), ["c", "a"]);
        assert_eq!(batch.title(), "Deleting 4 tokens");
        assert_eq!((batch.left(1), batch.left(2)), ("1 is not deleted yet".into(), "2 are not deleted yet".into()));
    }

    #[test]
    fn a_change_is_done_where_it_would_change_nothing() {
        let change = Change { add_scopes: vec!["fonts:read".into()], ..Change::default() };
        let plan = plan(Operation::Edit(change), &["a", "b", "gone"]);
        let batch = Batch { op: Op::random().unwrap(), started: NOW, plan };
        let account = [token("a", &["fonts:read"]), token("b", &["styles:read"]), token("other", &[])];
        assert_eq!(ids(&batch.remainder(&account)), ["b"]);
        let json = serde_json::to_vec(&batch).unwrap();
        assert_eq!(serde_json::from_slice::<Batch>(&json).unwrap(), batch);
    }

    #[test]
    fn a_plan_that_does_all_that_is_left_of_a_batch_goes_on_with_it() {
        let place = tempfile::tempdir().unwrap();
        let op = Batches::within(place.path()).begin(None, plan(Operation::Delete, &["a", "b", "c"]), NOW).unwrap();
        let batches = Batches::within(place.path());
        let account = [token("b", &[]), token("c", &[]), token("d", &[])];
        let gone_on_with = |operation, tokens: &[&str]| batches.gone_on_with(&plan(operation, tokens), &account);
        assert_eq!(gone_on_with(Operation::Delete, &["d", "c", "b"]), Some(op));
        assert_eq!(gone_on_with(Operation::Delete, &["b"]), None, "not all of it");
        assert_eq!(gone_on_with(Operation::Edit(Change::default()), &["b", "c"]), None, "something else");
        assert_eq!(batches.gone_on_with(&plan(Operation::Delete, &["d"]), &account[2..]), None, "nothing is left");
    }

    #[test]
    fn without_a_place_for_records_nothing_is_on_record_and_it_says_so() {
        let batches = Batches::from_environment(&|_| None);
        assert!(batches.begin(None, plan(Operation::Delete, &["a"]), NOW).unwrap_err().contains("JETON_STATE_DIR"));
        assert_eq!(batches.left(), Left::default());
    }

    #[test]
    fn a_batch_of_a_hundred_thousand_tokens_can_be_read_again() {
        let place = tempfile::tempdir().unwrap();
        let batches = Batches::within(place.path());
        let tokens: Vec<String> = (0..100_000).map(|number| format!("cm{number:023}")).collect();
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        batches.begin(None, plan(Operation::Delete, &tokens), NOW).unwrap();
        assert_eq!(batches.left().open[0].batch.plan.tokens.len(), 100_000);
    }
}
