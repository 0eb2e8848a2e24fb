//! [`CreateJournal`]: the intent journal and the escrow together, with what this process has open in them.
//!
//! Invariants: an entry of the journal is closed only after the escrow has let go of its value, so a value without an entry
//! does not exist; nothing is closed because something is dropped or fails, only because somebody said so.

use std::{
    collections::HashMap,
    fs::File,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{
    BackupLocation, Intent, OpenCreate, OpenCreates, OperationId, Outcome, Value, answer::Answer, escrow::Escrow,
};
use crate::{
    os::{
        failpoint::reached,
        places::Environment,
        record_dir::{Entry, OpenRecord, RecordDir},
    },
    token::{AccountKey, Draft, TokenId},
    work::Created,
};

/// The journal and the escrow. Clones share what is open.
#[derive(Clone, Debug)]
pub struct CreateJournal {
    dir: RecordDir<Intent>,
    escrow: Escrow,
    ours: Arc<Mutex<HashMap<OperationId, Ours>>>,
}

/// An entry this process made.
#[derive(Debug)]
struct Ours {
    intent: Intent,
    /// Locked as long as the create is under way or its value on screen, so that no other process takes it for abandoned.
    file: Option<File>,
    /// The tokens whose deletion closes the entry.
    tokens: Vec<TokenId>,
}

impl CreateJournal {
    /// As the environment says where.
    pub fn from_environment(environment: Environment) -> Self {
        Self {
            dir: RecordDir::from_environment(environment, "intents"),
            escrow: Escrow::from_environment(environment),
            ours: Arc::default(),
        }
    }

    /// Whether this process is at a create.
    pub fn holds(&self, op: &OperationId) -> bool {
        self.ours().contains_key(op)
    }

    fn ours(&self) -> MutexGuard<'_, HashMap<OperationId, Ours>> {
        self.ours.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, intent: &Intent) -> Result<File, String> {
        self.dir.write(intent).map_err(|error| error.to_string())
    }

    /// Puts an intent on disk. When this returns, it survives everything.
    pub fn intend(&self, intent: &Intent) -> Result<(), String> {
        let file = self.write(intent)?;
        self.ours().insert(intent.op.clone(), Ours { intent: intent.clone(), file: Some(file), tokens: Vec::new() });
        reached("journal: the intent is on record");
        Ok(())
    }

    /// Keeps the answer to a create, before anybody looks at it.
    pub fn keep(&self, op: &OperationId, answer: &[u8]) -> BackupLocation {
        if answer.is_empty() {
            return BackupLocation::Nowhere("the answer is empty".to_owned());
        }
        let backup = self.escrow.keep(op.as_str(), answer);
        if let Some(entry) = self.ours().get_mut(op) {
            // Goes on record together with the id of the token.
            entry.intent.kept_until = backup.until();
        }
        backup
    }

    /// Notes which token an intent became. Where that cannot be written the entry stays as it was: still true.
    pub fn made(&self, op: &OperationId, token: &TokenId) {
        let mut ours = self.ours();
        let Some(entry) = ours.get_mut(op) else { return };
        entry.intent.made = Some(token.clone());
        entry.tokens = vec![token.clone()];
        if let Ok(file) = self.write(&entry.intent) {
            entry.file = Some(file);
        }
        reached("journal: the id is on record");
    }

    /// Changes what the record of an entry of this process says. Where that cannot be written the record stays as it was.
    pub fn amend(&self, op: &OperationId, change: impl FnOnce(&mut Intent)) {
        let mut ours = self.ours();
        let Some(entry) = ours.get_mut(op) else { return };
        change(&mut entry.intent);
        match self.write(&entry.intent) {
            Ok(file) => entry.file = Some(file),
            Err(why) => log::warn!("could not update the journal: {why}"),
        }
    }

    /// Lets other processes have an entry.
    pub fn let_go(&self, op: &OperationId) {
        if let Some(entry) = self.ours().get_mut(op) {
            entry.file = None;
        }
    }

    /// Notes that no more is heard of a create from now on. Where that cannot be written, the time it was sent has to do.
    pub fn unanswered(&self, op: &OperationId, now: Timestamp) -> Option<Intent> {
        let mut ours = self.ours();
        let entry = ours.get_mut(op)?;
        entry.intent.unanswered = Some(now);
        if let Ok(file) = self.write(&entry.intent) {
            entry.file = Some(file);
        }
        Some(entry.intent.clone())
    }

    /// Leaves an entry open for whoever looks next: nobody knows for certain what came of it.
    pub fn leave_open(&self, op: &OperationId, found: &Outcome) {
        if let Some(entry) = self.ours().get_mut(op) {
            entry.file = None;
            entry.tokens = found.candidates().iter().map(|token| token.id.clone()).collect();
        }
        reached("journal: the intent stays open");
    }

    /// Closes an entry: the value is stored, or there is nothing to store. The escrow lets go of it first.
    ///
    /// # Errors
    /// What is left where, in a sentence for people.
    pub fn settle(&self, op: &OperationId) -> Result<(), String> {
        reached("settling begins");
        self.escrow.forget(op.as_str())?;
        self.dir.remove(&op.file_name()).map_err(|error| format!("could not remove the record {op}: {error}"))?;
        reached("journal: the intent is closed");
        self.ours().remove(op);
        Ok(())
    }

    /// The value of this new token is stored, or the token is deleted: closes its entry, if this process has one open for it.
    pub fn settle_token(&self, token: &TokenId) -> Result<(), String> {
        let ops: Vec<OperationId> =
            self.ours().iter().filter(|(_, entry)| entry.tokens.contains(token)).map(|(op, _)| op.clone()).collect();
        ops.iter().try_for_each(|op| self.settle(op))
    }

    /// Whether this process has a value or a create open.
    pub fn is_holding(&self) -> bool {
        self.ours().values().any(|entry| entry.file.is_some())
    }

    /// How often [`Self::renew`] is to be called.
    pub fn renewal(&self) -> Duration {
        self.escrow.limit() / 3
    }

    /// Starts the escrow's time limit anew for all that this process has open. Until when each is kept now.
    pub fn renew(&self) -> Vec<(OperationId, Timestamp)> {
        let ops: Vec<OperationId> =
            self.ours().iter().filter(|(_, entry)| entry.file.is_some()).map(|(op, _)| op.clone()).collect();
        let renewed: Vec<_> =
            ops.into_iter().filter_map(|op| self.escrow.renew(op.as_str()).map(|until| (op, until))).collect();
        for (op, until) in &renewed {
            self.amend(op, |intent| intent.kept_until = Some(*until));
        }
        renewed
    }

    /// What the escrow holds for an entry; until when is on record.
    fn backup(&self, intent: &Intent) -> Option<(Zeroizing<Vec<u8>>, BackupLocation)> {
        self.escrow.find(intent.op.as_str()).map(|(answer, backup)| match backup {
            BackupLocation::Keyring(None) => (answer, BackupLocation::Keyring(intent.kept_until)),
            known => (answer, known),
        })
    }

    /// What is open, of every account and every process. Reads only.
    ///
    /// # Errors
    /// When the journal cannot be read; that must be shown, for there may be something in it.
    pub fn recovery(&self) -> Result<OpenCreates, String> {
        let records = self.dir.list().map_err(|error| error.to_string())?;
        let open =
            records.open.into_iter().map(|OpenRecord { record, is_active }| self.open(is_active, record)).collect();
        Ok(OpenCreates { open, unreadable: records.unreadable })
    }

    fn open(&self, is_active: bool, intent: Intent) -> OpenCreate {
        let value = match self.backup(&intent) {
            None => Value::None,
            Some((answer, backup)) => match Answer::read(&answer, &intent) {
                Answer::Created(token, _value) => Value::Whole { token: token.id, backup },
                Answer::Mismatched(.., why) => Value::Mismatched { why, backup },
                Answer::Incomplete => Value::Broken(backup),
            },
        };
        let delivered = intent.delivered().map(|(to, presence)| (to.clone(), presence)).collect();
        let undelivered = intent.undelivered().cloned().collect();
        OpenCreate { intent, is_active, value, delivered, undelivered }
    }

    /// Takes up an entry an earlier run left behind: its value is to be shown, so it is this process's from now on, and is closed like one
    /// of its own. `None` when no whole value is kept, or another process has the entry.
    pub fn take_up(&self, intent: &Intent) -> Option<Created> {
        if self.dir.is_held(&intent.op.file_name()) {
            return None;
        }
        let (answer, backup) = self.backup(intent)?;
        let (token, value, made) = match Answer::read(&answer, intent) {
            Answer::Created(token, value) => (token.clone(), value, Some(token.id)),
            Answer::Mismatched(token, value, _) => (token, value, intent.made.clone()),
            Answer::Incomplete => return None,
        };
        let intent = Intent { made, ..intent.clone() };
        let op = intent.op.clone();
        // Without the lock another process could show it as well: no harm, for nothing is closed before it is stored.
        let file = self.write(&intent).ok();
        self.ours().insert(op.clone(), Ours { intent, file, tokens: vec![token.id.clone()] });
        Some(Created { op, token, value, backup })
    }

    /// The value kept for an entry, if there is a whole one that is what was asked for. Reads only.
    pub fn value(&self, intent: &Intent) -> Option<crate::secret::Secret> {
        let (answer, _kept) = self.backup(intent)?;
        match Answer::read(&answer, intent) {
            Answer::Created(_token, value) => Some(value),
            Answer::Mismatched(..) | Answer::Incomplete => None,
        }
    }

    /// The creates of the same draft in the same account that never came to their end, but for those a running program is at.
    pub fn unfinished(&self, account: &AccountKey, draft: &Draft) -> Result<Vec<OpenCreate>, String> {
        let recovery = self.recovery()?;
        Ok(recovery.of(account).filter(|open| open.intent.is_for(draft)).cloned().collect())
    }

    /// Removes what crashes left half written. Once at a start.
    pub fn tidy(&self) {
        self.escrow.tidy();
        self.dir.tidy();
    }
}

impl Entry for Intent {
    fn file_name(&self) -> String {
        self.op.file_name()
    }

    fn started(&self) -> Timestamp {
        self.sent
    }
}
