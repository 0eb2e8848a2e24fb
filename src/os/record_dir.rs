//! [`RecordDir`]: what is under way, one small JSON file each, in a directory below the state directory.
//!
//! Invariants: a record is complete on disk or not there; a process holds the records it works on ([`OpenRecord::is_active`]), so that no
//! other process takes them for interrupted; a file that cannot be read is reported and left alone.

use std::{
    fs::File,
    io,
    marker::PhantomData,
    path::{Path, PathBuf},
};

use super::{
    places::{self, Environment},
    private_dir::PrivateDir,
    record::{self, Record},
};
use jiff::Timestamp;

/// A record with a file of its own.
pub trait Entry: Record {
    /// The name of its file. A file with another name is not this record's.
    fn file_name(&self) -> String;

    /// When it was begun, by our clock.
    fn started(&self) -> Timestamp;
}

/// A record that nobody has closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRecord<T> {
    /// What it says.
    pub record: T,
    /// Whether a running jeton works on it. To be left alone.
    pub is_active: bool,
}

/// All that is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRecords<T> {
    /// The records, the oldest first.
    pub open: Vec<OpenRecord<T>>,
    /// Files that cannot be read, with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
}

impl<T> Default for OpenRecords<T> {
    fn default() -> Self {
        Self { open: Vec::new(), unreadable: Vec::new() }
    }
}

/// A directory of records of one kind. Its errors name the directory.
#[derive(Clone, Debug)]
pub struct RecordDir<T> {
    dir: Option<PrivateDir>,
    kind: PhantomData<fn() -> T>,
}

impl<T: Entry> RecordDir<T> {
    /// The directory `name` below the state directory.
    pub fn from_environment(environment: Environment, name: &str) -> Self {
        Self { dir: places::state_dir(environment).map(|dir| PrivateDir::at(dir.join(name))), kind: PhantomData }
    }

    /// A directory of its own below this one.
    #[must_use]
    pub fn below(&self, name: &str) -> Self {
        Self { dir: self.dir.as_ref().map(|dir| PrivateDir::at(dir.path().join(name))), kind: PhantomData }
    }

    fn with<U>(&self, act: impl FnOnce(&PrivateDir) -> io::Result<U>) -> io::Result<U> {
        let dir = self.dir.as_ref().ok_or_else(|| io::Error::other("no home directory; set JETON_STATE_DIR"))?;
        act(dir).map_err(|error| {
            let path = dir.path().to_string_lossy();
            io::Error::new(error.kind(), format!("{}: {error}", crate::untrusted::shown(&path)))
        })
    }

    /// Writes a record in place of what it was before. It is held for as long as the file is open.
    ///
    /// # Errors
    /// When it is not on disk; the record is what it was before.
    pub fn write(&self, record: &T) -> io::Result<File> {
        self.with(|dir| dir.put_record(&record.file_name(), record))
    }

    /// Writes a record that must not be there yet.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] when it is; when it is not on disk.
    pub fn write_new(&self, record: &T) -> io::Result<File> {
        self.with(|dir| dir.put_new(&record.file_name(), &record::encode(record)))
    }

    /// Takes hold of a record, and reads it.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when a process holds it; [`io::ErrorKind::NotFound`] when there is none;
    /// [`io::ErrorKind::InvalidData`] when it is damaged.
    pub fn hold(&self, name: &str) -> io::Result<(File, T)> {
        self.with(|dir| {
            let file = dir.hold(name)?;
            let content = dir.get(name)?.ok_or(io::ErrorKind::NotFound)?;
            let damaged = |why| io::Error::new(io::ErrorKind::InvalidData, format!("{name}: {why}"));
            Ok((file, decode(name, &content).map_err(damaged)?))
        })
    }

    /// Whether some process, this one included, holds a record.
    pub fn is_held(&self, name: &str) -> bool {
        self.dir.as_ref().is_some_and(|dir| dir.is_held(name))
    }

    /// Removes a record; it may be gone already.
    ///
    /// # Errors
    /// When it is still there.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        self.with(|dir| dir.remove_record::<T>(name))
    }

    /// Every record. Without a state directory there is none.
    ///
    /// # Errors
    /// When the directory cannot be listed; there may be something in it.
    pub fn list(&self) -> io::Result<OpenRecords<T>> {
        let mut records = OpenRecords::default();
        if self.dir.is_none() {
            return Ok(records);
        }
        self.with(|dir| {
            let is_record = |name: &String| Path::new(name).extension().is_some_and(|extension| extension == "json");
            for name in dir.names()?.into_iter().filter(is_record) {
                // Before it is read: its owner lets go of it by removing it, and what was read would seem to be nobody's.
                let is_active = dir.is_held(&name);
                let content = dir.get(&name).map_err(|error| error.to_string());
                match content.and_then(|content| content.map(|content| decode(&name, &content)).transpose()) {
                    Ok(Some(record)) => records.open.push(OpenRecord { record, is_active }),
                    // Closed by its owner meanwhile.
                    Ok(None) => {}
                    Err(why) => records.unreadable.push((dir.path().join(&name), why)),
                }
            }
            Ok(())
        })?;
        records.open.sort_by_key(|open| open.record.started());
        Ok(records)
    }

    /// Every record; a directory that cannot be listed counts as a file that cannot be read.
    pub fn list_or_unreadable(&self) -> OpenRecords<T> {
        self.list().unwrap_or_else(|error| OpenRecords {
            open: Vec::new(),
            unreadable: self.dir.iter().map(|dir| (dir.path().to_owned(), error.to_string())).collect(),
        })
    }

    /// Removes what crashes left half written. Once at a start; what cannot be removed is tried again at the next one.
    pub fn tidy(&self) {
        let _later = self.dir.as_ref().map(PrivateDir::tidy);
    }
}

fn decode<T: Entry>(name: &str, content: &[u8]) -> Result<T, String> {
    let record = record::decode::<T>(content)?;
    if record.file_name() == name { Ok(record) } else { Err("it has another's name".to_owned()) }
}
