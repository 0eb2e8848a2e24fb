//! Opens small files without following links, and replaces them in a single step: both jeton's own files and those it changes for users.
//!
//! Invariants: a reader finds the old or the new content, complete, even after a crash or a power failure; when this returns, the new file
//! and its name are on the disk; no other user can read what is being written; the name of a file that a crash left incomplete starts with
//! [`LEFTOVER`].

use std::{
    ffi::OsString,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, BufWriter, Write as _},
    path::Path,
};

use crate::os::failpoint::reached;

/// How the name of a file that is being written begins. Short, so that every name the target can have leaves room for it.
pub const LEFTOVER: &str = ".jeton-";

/// Puts `content` at `path`, for its owner alone. The handle is of the new file, and locked: as long as it is open, other processes can
/// tell that it is in use.
///
/// # Errors
/// When it cannot be written. The old file is untouched then.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<File> {
    replace_like(path, content, None, || Ok(()))
}

/// The same for a content that is too long to be in memory at once.
///
/// # Errors
/// When it cannot be written. The old file is untouched then.
pub fn replace_by(path: &Path, write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> io::Result<File> {
    let write = |file: &File| {
        let mut writer = BufWriter::with_capacity(64 << 10, file);
        write(&mut writer)?;
        writer.flush()
    };
    put(path, write, None, || Ok(()))
}

/// The same for a file that keeps the mode and the owners it had. `check` is called at the last moment before the new file takes the old one's
/// place.
///
/// # Errors
/// When it cannot be written, cannot be given what the old one had, or `check` says no. The old file is untouched then.
pub fn replace_like(
    path: &Path,
    content: &[u8],
    like: Option<&Metadata>,
    check: impl FnOnce() -> io::Result<()>,
) -> io::Result<File> {
    put(path, |mut file| file.write_all(content), like, check)
}

fn put(
    path: &Path,
    write: impl FnOnce(&File) -> io::Result<()>,
    like: Option<&Metadata>,
    check: impl FnOnce() -> io::Result<()>,
) -> io::Result<File> {
    let dir = path.parent().ok_or_else(|| io::Error::other("it has no parent directory"))?;
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let beside = dir.join(OsString::from(format!("{LEFTOVER}{:016x}", getrandom::u64().map_err(io::Error::other)?)));
    let file = new_file(&beside)?;
    let written = (|| {
        // Fails where the file system knows no locks; then nobody can tell that it is in use.
        let _unlocked = file.try_lock();
        reached("replace: a new file is open");
        write(&file)?;
        reached("replace: it is written");
        if let Some(like) = like {
            give(&file, like)?;
        }
        file.sync_all()?;
        reached("replace: it is on disk");
        check()?;
        fs::rename(&beside, path)?;
        reached("replace: it has its name");
        sync(dir)
    })();
    match written {
        Ok(()) => {
            reached("replace: its name is on disk");
            Ok(file)
        }
        Err(error) => {
            // Gone already where only the last step failed.
            let _renamed = fs::remove_file(&beside);
            Err(error)
        }
    }
}

/// Makes a file that was not there, readable by its owner alone whatever the umask.
///
/// # Errors
/// When it cannot be created, or there is something of that name.
pub fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Opens an existing file for reading, but no link, and without waiting for the other end of a pipe in its place.
///
/// # Errors
/// When there is none, it is a link, or it may not be read.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits().cast_signed());
    }
    options.open(path)
}

/// Makes the names in a folder durable. Folders can be synced on Unix only; elsewhere renaming is as durable as it gets.
///
/// # Errors
/// When the system says that it could not be done.
pub fn sync(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// Gives a new file the owners and the mode of an old one: the owners first, because a change of owner takes bits off the mode.
#[cfg(unix)]
fn give(file: &File, like: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    let new = file.metadata()?;
    if (new.uid(), new.gid()) != (like.uid(), like.gid()) {
        fchown(file, Some(like.uid()), Some(like.gid()))?;
    }
    file.set_permissions(fs::Permissions::from_mode(like.mode() & 0o7777))
}

/// A new file takes over the access rights of its folder.
#[cfg(not(unix))]
fn give(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).expect("there").permissions().mode() & 0o7777
    }

    #[test]
    fn the_new_content_takes_the_place_of_the_old_and_nothing_is_left_beside_it() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x".repeat(255));
        drop(replace(&path, b"a longer one").unwrap());
        drop(replace(&path, b"short").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"short");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_changed_for_somebody_keeps_its_mode() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("shared");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let old = fs::symlink_metadata(&path).unwrap();
        drop(replace_like(&path, b"new", Some(&old), || Ok(())).unwrap());
        assert_eq!((mode(&path), fs::read(&path).unwrap()), (0o640, b"new".to_vec()));
    }

    #[test]
    fn what_fails_leaves_the_old_file_and_nothing_beside_it() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x");
        fs::write(&path, "old").unwrap();
        let error = replace_like(&path, b"new", None, || Err(io::Error::other("changed"))).unwrap_err();
        assert_eq!(error.to_string(), "changed");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
}
