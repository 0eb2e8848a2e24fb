//! Files with a token, encrypted or not: only the owner can read them, and jeton does not read a file that others could have read or
//! changed.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use zeroize::Zeroizing;

use crate::{os::file, untrusted::shown};

/// Longest file read.
const LIMIT: u64 = 64 << 10;

/// Reads a file, unless it is someone else's, open to others, or no file at all.
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    read_up_to(path, LIMIT)
}

/// [`read`] for files that may be longer.
pub fn read_up_to(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, String> {
    let (file, metadata) = open(path, limit)?;
    let mut content = Zeroizing::new(Vec::with_capacity(metadata.len() as usize + 1));
    let failed = |error| format!("can't read {}: {error}", shown(&path.to_string_lossy()));
    file.take(limit).read_to_end(&mut content).map_err(failed)?;
    Ok(content)
}

/// Opens a file for reading, on the same conditions.
pub fn open(path: &Path, limit: u64) -> Result<(fs::File, fs::Metadata), String> {
    let name = shown(&path.to_string_lossy()).into_owned();
    let file = file::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("{name} does not exist; to create it again, run jeton login"),
        _ => format!("can't open {name}: {error}"),
    })?;
    let metadata = file.metadata().map_err(|error| format!("can't check {name}: {error}"))?;
    if !metadata.is_file() || metadata.len() > limit {
        return Err(format!("{name} is not one of jeton's files"));
    }
    if let Some(fault) = fault(&metadata) {
        return Err(format!("not using {name}: {fault}"));
    }
    Ok((file, metadata))
}

/// Writes a new file, or the content of one of ours anew; the old content stays until the new one is complete.
pub fn write(path: &Path, content: &[u8]) -> Result<(), String> {
    let failed = |error: io::Error| format!("can't write {}: {error}", shown(&path.to_string_lossy()));
    file::replace(path, content).map(drop).map_err(failed)
}

/// What speaks against reading a token from this file.
#[cfg(unix)]
pub fn fault(metadata: &fs::Metadata) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Some("it belongs to another user".into());
    }
    let mode = metadata.mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        format!("others can read or change it (mode {mode:04o}); run chmod go-rwx, and replace any token in it")
    })
}

/// Modes and owners are Unix's; elsewhere the protection of the profile directory has to do.
#[cfg(not(unix))]
pub fn fault(_: &fs::Metadata) -> Option<String> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    #[test]
    fn a_file_open_to_others_is_not_read() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("token");
        write(&path, b"sk.fake").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(read(&path).unwrap().as_slice(), b"sk.fake");
        for mode in [0o640, 0o604, 0o660, 0o610] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = read(&path).unwrap_err();
            assert!(error.contains(&format!("{mode:04o}")) && error.contains("chmod go-rwx"), "{error}");
        }
    }

    #[test]
    fn links_directories_and_giants_are_not_read() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("token");
        write(&path, b"sk.fake").unwrap();
        let link = place.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(read(&link).is_err());
        assert!(read(place.path()).is_err());
        write(&path, &vec![b'x'; LIMIT as usize + 1]).unwrap();
        assert!(read(&path).is_err());
        assert!(read(&place.path().join("none")).unwrap_err().contains("does not exist"));
    }

    #[test]
    fn writing_again_replaces_the_whole_content() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("token");
        write(&path, b"a longer one").unwrap();
        write(&path, b"short").unwrap();
        assert_eq!(read(&path).unwrap().as_slice(), b"short");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing is left beside it");
    }
}
