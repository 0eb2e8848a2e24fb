//! [`Rotations`]: the records of rotations, one file each.
//!
//! Invariants: a record is on disk before anything is done; it holds no secret; there is one at most for each token, for its name follows
//! from the token's, and it is created only where there is none; whoever works on a rotation holds its record, so that no other jeton
//! works on it at the same time.

use std::{fs::File, io, path::Path};

use jiff::Timestamp;

use super::record::Rotation;
use crate::{
    os::{
        failpoint::reached,
        places::{self, Environment},
        record_dir::{Entry, OpenRecord, OpenRecords, RecordDir},
    },
    scan::Digest,
    token::{AccountKey, TokenId},
    work::journal::{CreateJournal, Intent, OperationId},
};

/// The records.
#[derive(Clone, Debug)]
pub struct Rotations {
    dir: RecordDir<Rotation>,
}

/// A rotation this process works on. Other processes leave it alone until this is dropped.
#[derive(Debug)]
pub struct Held {
    /// What is on record.
    pub rotation: Rotation,
    /// Whether an earlier run began it.
    pub is_resumed: bool,
    dir: RecordDir<Rotation>,
    /// Locked as long as it is open.
    file: File,
}

/// A rotation on record.
pub type OpenRotation = OpenRecord<Rotation>;

/// All rotations on record.
pub type OpenRotations = OpenRecords<Rotation>;

impl Entry for Rotation {
    fn file_name(&self) -> String {
        self.op.file_name()
    }

    fn started(&self) -> Timestamp {
        self.started
    }
}

impl OpenRotations {
    /// The rotation of a token, or to it.
    pub fn about(&self, account: &AccountKey, token: &TokenId) -> Option<&OpenRotation> {
        self.open.iter().find(|open| {
            let Rotation { account: its, old, successor, .. } = &open.record;
            its == account && (old.id == *token || successor.as_ref().is_some_and(|new| new.id == *token))
        })
    }

    /// The rotations of an account.
    pub fn of<'a>(&'a self, account: &AccountKey) -> impl Iterator<Item = &'a OpenRotation> {
        self.open.iter().filter(move |open| open.record.account == *account)
    }
}

/// Why a record cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Another process works on it.
    #[error("another jeton is working on this rotation")]
    Active,
    /// The token is being rotated already.
    #[error("this token is already being rotated")]
    Exists(OperationId),
    /// There is no such record.
    #[error("no such rotation")]
    Gone,
    /// The disk, or the record, is the matter.
    #[error("{0}")]
    Disk(String),
}

/// The name of a token's rotation.
pub fn name_of(account: &AccountKey, token: &TokenId) -> OperationId {
    let text = [account.host.as_str(), &account.username, token.as_str()].join("\n");
    let digest = Digest::of(text.as_bytes()).to_string();
    OperationId::try_from(digest.chars().take(8).collect::<String>()).expect("hexadecimal digits")
}

impl Rotations {
    /// As the environment says where.
    pub fn from_environment(environment: Environment) -> Self {
        Self { dir: RecordDir::from_environment(environment, "rotations") }
    }

    /// As the environment of this process says.
    pub fn from_process() -> Self {
        Self::from_environment(places::PROCESS)
    }

    /// Below one directory: for tests.
    pub fn within(dir: &Path) -> Self {
        Self::from_environment(&|name| (name == "JETON_STATE_DIR").then(|| dir.as_os_str().to_owned()))
    }

    /// Those of the demo account, in a directory of their own: nobody who lists real rotations sees them.
    #[must_use]
    pub fn of_demo(&self) -> Self {
        Self { dir: self.dir.below("demo") }
    }

    /// Puts a new rotation on record. When this returns, it survives everything.
    ///
    /// # Errors
    /// When the token is being rotated already, or the record cannot be written.
    pub fn begin(&self, rotation: Rotation) -> Result<Held, Unavailable> {
        let file = self.dir.write_new(&rotation).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Unavailable::Exists(rotation.op.clone()),
            _ => Unavailable::Disk(error.to_string()),
        })?;
        reached("rotation: it is on record");
        Ok(Held { rotation, is_resumed: false, dir: self.dir.clone(), file })
    }

    /// Takes up a rotation that is on record, to work on it.
    ///
    /// # Errors
    /// When somebody else works on it, or it is gone or damaged.
    pub fn take_up(&self, op: &OperationId) -> Result<Held, Unavailable> {
        let (file, rotation) = self.dir.hold(&op.file_name()).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => Unavailable::Active,
            io::ErrorKind::NotFound => Unavailable::Gone,
            _ => Unavailable::Disk(error.to_string()),
        })?;
        Ok(Held { rotation, is_resumed: true, dir: self.dir.clone(), file })
    }

    /// What is on record, of every account and every process. Reads only.
    pub fn left(&self) -> OpenRotations {
        self.dir.list_or_unreadable()
    }

    /// Removes what crashes left half written. Once at a start.
    pub fn tidy(&self) {
        self.dir.tidy();
    }
}

impl Held {
    /// Writes down what the rotation is now.
    ///
    /// # Errors
    /// When it could not be written: the record is what it was before.
    pub fn save(&mut self) -> Result<(), String> {
        // The new file is locked before the old one is let go of.
        self.file = self.dir.write(&self.rotation).map_err(|error| error.to_string())?;
        reached("rotation: the record is up to date");
        Ok(())
    }

    /// The creates that belong to other rotations.
    pub fn others(&self) -> Vec<OperationId> {
        // What cannot be read names no create that could be told apart.
        let open = self.dir.list_or_unreadable().open.into_iter().map(|open| open.record);
        open.filter(|other| other.op != self.rotation.op).filter_map(|other| other.successor?.op).collect()
    }

    /// Whether nothing has been created yet, for certain: then there is nothing to resume.
    pub fn is_untouched(&self, journal: &CreateJournal) -> bool {
        let Rotation { successor, lost, account, wanted, started, old, .. } = &self.rotation;
        let draft = wanted.draft();
        let is_ours =
            |intent: &Intent| intent.account == *account && intent.draft() == draft && intent.sent >= *started;
        let is_closed =
            journal.recovery().is_ok_and(|recovery| !recovery.open.iter().any(|open| is_ours(&open.intent)));
        successor.is_none() && lost.is_empty() && is_closed && !old.default
    }

    /// Closes the record: the rotation, or its undo, is over.
    ///
    /// # Errors
    /// When it is still there.
    pub fn end(self) -> Result<Rotation, String> {
        let Self { rotation, dir, file, .. } = self;
        dir.remove(&rotation.op.file_name()).map_err(|error| error.to_string())?;
        drop(file);
        reached("rotation: the record is closed");
        Ok(rotation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rotation::record::tests::rotation;

    #[test]
    fn a_token_is_rotated_by_one_process_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let (mine, theirs) = (Rotations::within(place.path()), Rotations::within(place.path()));
        let rotation = Rotation { op: name_of(&rotation().account, &rotation().old.id), ..rotation() };
        let mut held = mine.begin(rotation.clone()).unwrap();
        assert_eq!(theirs.begin(rotation.clone()).unwrap_err(), Unavailable::Exists(rotation.op.clone()));
        assert_eq!(theirs.take_up(&rotation.op).unwrap_err(), Unavailable::Active);
        assert!(theirs.left().open[0].is_active);
        held.rotation.verified = Some(rotation.started);
        held.save().unwrap();
        assert_eq!(theirs.take_up(&rotation.op).unwrap_err(), Unavailable::Active, "the new file is held, too");
        drop(held);
        assert_eq!(theirs.begin(rotation.clone()).unwrap_err(), Unavailable::Exists(rotation.op.clone()));
        let held = theirs.take_up(&rotation.op).unwrap();
        assert_eq!(held.rotation.verified, Some(rotation.started));
        held.end().unwrap();
        assert_eq!(mine.take_up(&rotation.op).unwrap_err(), Unavailable::Gone);
        mine.begin(rotation).unwrap();
    }

    #[test]
    fn a_damaged_record_is_told_and_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let rotations = Rotations::within(place.path());
        let op = rotations.begin(rotation()).unwrap().rotation.op;
        let path = place.path().join("rotations").join(op.file_name());
        std::fs::write(&path, "{").unwrap();
        assert_eq!((rotations.left().open.len(), rotations.left().unreadable.len()), (0, 1));
        assert!(matches!(rotations.take_up(&op), Err(Unavailable::Disk(_))));
        assert!(path.exists());
    }
}
