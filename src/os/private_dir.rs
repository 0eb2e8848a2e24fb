//! [`PrivateDir`]: a directory of small files that only the owner can read, and that a crash can't damage.
//!
//! Invariants: the directory is ours with mode 0700 and its files have 0600, whatever the umask; a file is complete or
//! not there, also when the power fails ([`file::replace`]); links are
//! not followed, and what belongs to someone else is not read. Modes and owners are Unix's; elsewhere the profile
//! directory's own protection has to do.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::Duration,
};

use zeroize::Zeroizing;

use crate::os::{
    failpoint::reached,
    file,
    record::{self, Record},
};

/// Longest file read back: more than anything written here. The longest names a hundred thousand tokens, 28 bytes each.
const LIMIT: u64 = 8 << 20;

/// How old an unlocked half-written file must be before it counts as left behind.
const SETTLED: Duration = Duration::from_secs(5);

/// A directory for our eyes only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateDir {
    path: PathBuf,
}

impl PrivateDir {
    /// The directory at `path`, which need not exist yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file, in place of one of the same name. The handle is of the new file, and locked: as long as it is open,
    /// [`PrivateDir::is_held`] says so to every process.
    pub fn put(&self, name: &str, content: &[u8]) -> io::Result<File> {
        self.make()?;
        reached("private: the directory is there");
        file::replace(&self.path.join(name), content)
    }

    /// [`PrivateDir::put`] for a file that must not be there yet: of several processes, one succeeds.
    pub fn put_new(&self, name: &str, content: &[u8]) -> io::Result<File> {
        let beside = format!(".{name}.{:016x}", getrandom::u64().map_err(io::Error::other)?);
        let file = self.put(&beside, content)?;
        let linked = fs::hard_link(self.path.join(&beside), self.path.join(name));
        reached("private: it has its name for the first time");
        self.remove(&beside)?;
        linked.map(|()| file)
    }

    /// [`PrivateDir::put`] for a record. One in an older format is kept beside it.
    pub fn put_record<T: Record>(&self, name: &str, record: &T) -> io::Result<File> {
        self.keep_older(name, T::VERSION, record::version_of_json)?;
        self.put(name, &record::encode(record))
    }

    /// Copies a file whose format is older than `current`, before it is replaced: `accounts.toml` to `accounts.toml.v0`.
    pub fn keep_older(&self, name: &str, current: u32, version: impl Fn(&[u8]) -> Option<u32>) -> io::Result<()> {
        let Some(content) = self.get(name)? else { return Ok(()) };
        match version(&content) {
            Some(version) if version < current => self.put(&older(name, version), &content).map(drop),
            _ => Ok(()),
        }
    }

    /// [`PrivateDir::remove`] for a record, with what was kept of it in older formats.
    pub fn remove_record<T: Record>(&self, name: &str) -> io::Result<()> {
        (0..T::VERSION).try_for_each(|version| self.remove(&older(name, version)))?;
        self.remove(name)
    }

    /// Takes hold of a file that is there, as [`PrivateDir::put`] does of a new one.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when some process holds it.
    pub fn hold(&self, name: &str) -> io::Result<File> {
        loop {
            let file = file::open(&self.path.join(name))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(fs::TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
                // The file system knows no locks.
                Err(fs::TryLockError::Error(_)) => return Ok(file),
            }
            // Another process may have put a new file in its place, and let go of this one, in between.
            if is_same(&file, &self.path.join(name)) {
                return Ok(file);
            }
        }
    }

    /// Reads a file; `None` when there is none.
    pub fn get(&self, name: &str) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let file = match file::open(&self.path.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let length = check(&file)?;
        // Room for all of it at once: growing would leave copies behind.
        let mut content = Zeroizing::new(Vec::with_capacity(length as usize + 1));
        file.take(LIMIT).read_to_end(&mut content)?;
        Ok(Some(content))
    }

    /// Whether some process, this one included, still holds what [`PrivateDir::put`] gave it.
    pub fn is_held(&self, name: &str) -> bool {
        file::open(&self.path.join(name)).is_ok_and(|file| matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)))
    }

    /// Locks a file that has no other purpose, for as long as the handle is open; `None` when some other process has it and `waits` is not
    /// said.
    pub fn lock(&self, name: &str, waits: bool) -> io::Result<Option<File>> {
        self.make()?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use rustix::fs::OFlags;
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        }
        let file = options.open(self.path.join(name))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) if waits => file.lock().map(|()| Some(file)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Removes a file; it may already be gone.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(()) => {
                reached("private: a file is gone");
                file::sync(&self.path)?;
                reached("private: that it is gone is on disk");
                Ok(())
            }
        }
    }

    /// The names of the files, sorted, without what a crash left half written.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut names = Vec::new();
        for entry in entries {
            if let Ok(name) = entry?.file_name().into_string()
                && !name.starts_with('.')
            {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Removes what crashes left half written: it may be half a secret.
    pub fn tidy(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path).into_iter().flatten() {
            let entry = entry?;
            let is_leftover = entry.file_name().to_string_lossy().starts_with('.')
                // Whoever is writing it now has locked it, or will have in a moment.
                && entry.metadata()?.modified()?.elapsed().is_ok_and(|age| age > SETTLED)
                && file::open(&entry.path()).is_ok_and(|file| file.try_lock().is_ok());
            if is_leftover {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Makes the directory, and closes one of ours that is open to others.
    pub fn make(&self) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.path)?;
        let metadata = fs::symlink_metadata(&self.path)?;
        if !metadata.is_dir() {
            return Err(foreign(&self.path, "is not a directory"));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
            if metadata.uid() != rustix::process::geteuid().as_raw() {
                return Err(foreign(&self.path, "belongs to another user"));
            }
            if metadata.mode() & 0o777 != 0o700 {
                fs::set_permissions(&self.path, fs::Permissions::from_mode(0o700))?;
            }
        }
        Ok(())
    }
}

/// Whether a file still has its name.
#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let number = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    file.metadata().map(number).ok() == fs::symlink_metadata(path).map(number).ok()
}

/// A file that is open cannot be replaced here.
#[cfg(not(unix))]
fn is_same(_: &File, _: &Path) -> bool {
    true
}

/// What a file in an older format is called when a newer one has taken its name.
fn older(name: &str, version: u32) -> String {
    format!("{name}.v{version}")
}

/// The length of a file that may be read: regular, ours, not too long.
fn check(file: &File) -> io::Result<u64> {
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > LIMIT {
        return Err(io::Error::other("not one of our files"));
    }
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::uid(&metadata) != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("it belongs to another user"));
    }
    Ok(metadata.len())
}

fn foreign(path: &Path, what: &str) -> io::Error {
    io::Error::other(format!("{} {what}", crate::untrusted::shown(&path.to_string_lossy())))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).expect("there").mode() & 0o777
    }

    #[test]
    fn files_and_directory_are_for_their_owner_alone() {
        let place = tempfile::tempdir().unwrap();
        let dir = PrivateDir::at(place.path().join("a/b"));
        dir.put("x", b"1").unwrap();
        assert_eq!((mode(dir.path()), mode(&dir.path().join("x"))), (0o700, 0o600));
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        dir.put("x", b"2").unwrap();
        assert_eq!(mode(dir.path()), 0o700);
        assert_eq!(dir.get("x").unwrap().unwrap().as_slice(), b"2");
    }

    #[test]
    fn a_file_is_held_as_long_as_its_handle_is_open() {
        let place = tempfile::tempdir().unwrap();
        let dir = PrivateDir::at(place.path());
        let first = dir.put("x", b"1").unwrap();
        assert!(dir.is_held("x"));
        let second = dir.put("x", b"2").unwrap();
        drop(first);
        assert!(dir.is_held("x"), "the new file is locked too");
        drop(second);
        assert!(!dir.is_held("x"));
    }

    #[test]
    fn of_two_that_put_a_new_file_one_succeeds_and_it_is_held() {
        let place = tempfile::tempdir().unwrap();
        let dir = PrivateDir::at(place.path());
        let first = dir.put_new("x", b"1").unwrap();
        assert_eq!(dir.put_new("x", b"2").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(dir.hold("x").unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(first);
        let second = dir.hold("x").unwrap();
        assert!(dir.is_held("x"));
        drop(second);
        assert_eq!(dir.get("x").unwrap().unwrap().as_slice(), b"1");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing is left beside it");
        assert_eq!(dir.hold("y").unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn links_are_not_followed() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("target"), "theirs").unwrap();
        let dir = PrivateDir::at(place.path());
        std::os::unix::fs::symlink("target", place.path().join("link")).unwrap();
        assert!(dir.get("link").is_err());
        drop(dir.put("link", b"ours").unwrap());
        assert_eq!(fs::read(place.path().join("target")).unwrap(), b"theirs");
    }

    #[test]
    fn what_is_not_there_is_none_and_can_be_removed() {
        let place = tempfile::tempdir().unwrap();
        let dir = PrivateDir::at(place.path().join("missing"));
        assert!(dir.get("x").unwrap().is_none());
        assert!(dir.names().unwrap().is_empty());
        dir.remove("x").unwrap();
    }
}
