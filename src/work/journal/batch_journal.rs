//! [`BatchJournal`]: the bulk changes that are under way or were interrupted.
//!
//! Invariants: a record is on disk before the first request of its batch is sent, and is removed when the person has been told how the
//! batch ended; whoever works on a batch holds its record, so that no other jeton takes it for interrupted or closes it.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use super::OperationId;
use crate::{
    os::{
        places::Environment,
        record_dir::{Entry, OpenRecord, OpenRecords, RecordDir},
    },
    token::{AccountKey, Token, TokenId},
    work::bulk::{Batch, Plan},
};

/// A batch that nobody has closed.
pub type OpenBatch = OpenRecord<Batch>;

/// All batches on record.
pub type OpenBatches = OpenRecords<Batch>;

impl Entry for Batch {
    fn file_name(&self) -> String {
        self.op.file_name()
    }

    fn started(&self) -> Timestamp {
        self.started
    }
}

impl OpenBatches {
    /// What one account should be told: its own batches that no running program is at.
    pub fn of<'a>(&'a self, account: &AccountKey) -> impl Iterator<Item = &'a Batch> {
        let is_its = |open: &&OpenBatch| open.record.plan.account == *account && !open.is_active;
        self.open.iter().filter(is_its).map(|open| &open.record)
    }

    /// The record of an interrupted batch that a plan would finish. `tokens` are all the tokens of the account.
    pub fn resumed_by(&self, plan: &Plan, tokens: &[Arc<Token>]) -> Option<OperationId> {
        let planned: HashSet<&TokenId> = plan.tokens.iter().collect();
        let mut same = self.of(&plan.account).filter(|batch| batch.plan.operation == plan.operation);
        let is_covered = |batch: &&Batch| {
            let remainder = batch.remainder(tokens);
            !remainder.is_empty() && remainder.iter().all(|token| planned.contains(&token.id))
        };
        same.find(is_covered).map(|batch| batch.op.clone())
    }
}

/// The records. Clones share what this process is at.
#[derive(Clone, Debug)]
pub struct BatchJournal {
    dir: RecordDir<Batch>,
    /// The files are locked for as long as they are in here.
    ours: Arc<Mutex<HashMap<OperationId, File>>>,
}

impl BatchJournal {
    /// As the environment says where.
    pub fn from_environment(environment: Environment) -> Self {
        Self { dir: RecordDir::from_environment(environment, "batches"), ours: Arc::default() }
    }

    fn ours(&self) -> MutexGuard<'_, HashMap<OperationId, File>> {
        self.ours.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a batch that another process works on.
    fn check_ours(&self, op: &OperationId) -> Result<(), String> {
        let is_theirs = !self.ours().contains_key(op) && self.dir.is_held(&op.file_name());
        if is_theirs { Err(format!("another jeton is working on {op}")) } else { Ok(()) }
    }

    /// Puts a plan on record and gives its name; when this returns, that survives everything. With the name of a batch that was left, its
    /// record is taken over.
    ///
    /// # Errors
    /// Why it is not on record, in words for people. Nothing speaks against doing it all the same.
    pub fn begin(&self, op: Option<OperationId>, plan: Plan, started: Timestamp) -> Result<OperationId, String> {
        let op = op.map_or_else(OperationId::random, Ok).map_err(|error| error.to_string())?;
        self.check_ours(&op)?;
        let batch = Batch { op: op.clone(), started, plan };
        let file = self.dir.write(&batch).map_err(|error| error.to_string())?;
        self.ours().insert(op.clone(), file);
        Ok(op)
    }

    /// Closes a record: the person knows how the batch ended, or wants to hear no more of it.
    ///
    /// # Errors
    /// When it is still there, and why.
    pub fn end(&self, op: &OperationId) -> Result<(), String> {
        self.check_ours(op)?;
        self.dir.remove(&op.file_name()).map_err(|error| error.to_string())?;
        self.ours().remove(op);
        Ok(())
    }

    /// What is on record, of every account and every process. Reads only.
    pub fn left(&self) -> OpenBatches {
        self.dir.list_or_unreadable()
    }

    /// Removes what crashes left half written. Once at a start.
    pub fn tidy(&self) {
        self.dir.tidy();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::{
        bulk::{Change, Operation},
        journal::Records,
    };

    fn journal(dir: &std::path::Path) -> BatchJournal {
        Records::within(dir).batches
    }

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn plan(operation: Operation, tokens: &[&str]) -> Plan {
        let account = AccountKey { username: "ada".into(), host: "api.mapbox.com".into() };
        Plan { account, operation, tokens: tokens.iter().map(|id| TokenId::new(*id)).collect() }
    }

    fn token(id: &str, scopes: &[&str]) -> Arc<Token> {
        let json = serde_json::json!({"id": id, "usage": "pk", "default": id == "star", "scopes": scopes});
        Arc::new(serde_json::from_value(json).unwrap())
    }

    #[test]
    fn a_batch_is_active_while_its_process_lives_and_left_when_it_is_gone() {
        let place = tempfile::tempdir().unwrap();
        let (mine, theirs) = (journal(place.path()), journal(place.path()));
        let plan = plan(Operation::Delete, &["a", "b"]);
        let op = mine.begin(None, plan.clone(), NOW).unwrap();
        let batch = Batch { op: op.clone(), started: NOW, plan: plan.clone() };
        assert_eq!(theirs.left().open, [OpenBatch { record: batch.clone(), is_active: true }]);
        assert_eq!(theirs.left().of(&plan.account).count(), 0);
        assert!(theirs.end(&op).is_err() && theirs.begin(Some(op.clone()), plan.clone(), NOW).is_err());

        drop(mine);
        assert_eq!(theirs.left().of(&plan.account).collect::<Vec<_>>(), [&batch]);
        let other = AccountKey { username: "bob".into(), ..plan.account.clone() };
        assert_eq!(theirs.left().of(&other).count(), 0);
        assert_eq!(theirs.begin(Some(op.clone()), plan, NOW), Ok(op.clone()), "it is taken over");
        assert!(theirs.left().open[0].is_active);
        theirs.end(&op).unwrap();
        assert_eq!(theirs.left(), OpenBatches::default());
        theirs.end(&op).unwrap();
    }

    #[test]
    fn what_cannot_be_read_is_told_and_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let batches = journal(place.path());
        let op = batches.begin(None, plan(Operation::Delete, &["a", "b"]), NOW).unwrap();
        let dir = place.path().join("batches");
        std::fs::write(dir.join("01234567.json"), "{").unwrap();
        std::fs::copy(dir.join(op.file_name()), dir.join("89abcdef.json")).unwrap();
        let left = batches.left();
        assert_eq!((left.open.len(), left.unreadable.len()), (1, 2), "{left:?}");
        assert!(dir.join("01234567.json").exists());
    }

    #[test]
    fn a_plan_that_finishes_an_interrupted_batch_takes_its_record_over() {
        let place = tempfile::tempdir().unwrap();
        let op = journal(place.path()).begin(None, plan(Operation::Delete, &["a", "b", "c"]), NOW).unwrap();
        let batches = journal(place.path());
        let account = [token("b", &[]), token("c", &[]), token("d", &[])];
        let resumed = |operation, tokens: &[&str]| batches.left().resumed_by(&plan(operation, tokens), &account);
        assert_eq!(resumed(Operation::Delete, &["d", "c", "b"]), Some(op));
        assert_eq!(resumed(Operation::Delete, &["b"]), None, "not all of it");
        assert_eq!(resumed(Operation::Edit(Change::default()), &["b", "c"]), None, "something else");
        assert_eq!(batches.left().resumed_by(&plan(Operation::Delete, &["d"]), &account[2..]), None, "nothing is left");
    }

    #[test]
    fn without_a_place_for_records_nothing_is_on_record_and_it_says_so() {
        let batches = BatchJournal::from_environment(&|_| None);
        assert!(batches.begin(None, plan(Operation::Delete, &["a"]), NOW).unwrap_err().contains("JETON_STATE_DIR"));
        assert_eq!(batches.left(), OpenBatches::default());
    }

    #[test]
    fn a_batch_of_a_hundred_thousand_tokens_can_be_read_again() {
        let place = tempfile::tempdir().unwrap();
        let batches = journal(place.path());
        let tokens: Vec<String> = (0..100_000).map(|number| format!("cm{number:023}")).collect();
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        batches.begin(None, plan(Operation::Delete, &tokens), NOW).unwrap();
        assert_eq!(batches.left().open[0].record.plan.tokens.len(), 100_000);
    }
}
