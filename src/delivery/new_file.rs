//! [`NewFile`]: a new file that only its owner can read.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read as _, Seek as _, Write as _},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Allow, Destination, Kind, Presence, Sink, StoreError, Terminal, check_folder, explain, resolve, shown};
use crate::{
    os::{failpoint::reached, file},
    secret::{Digest, Secret},
};

/// Longest file that is read to see whether a value is in it.
const LIMIT: u64 = 64 << 10;

/// A file that does not exist yet, by its whole path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFile {
    /// Where it is to be.
    pub path: PathBuf,
}

impl NewFile {
    pub(super) const KIND: Kind = Kind {
        word: "file",
        option: "to-file",
        value_name: "FILE",
        help: "Save the value to a new file that only you can read",
        question: "Save to a new file that only you can read:",
        remark: "Nothing is overwritten.",
        doing: "writing the file ...",
        obeys_allow: false,
        suggestion: |word| format!("{word}.token"),
        parse: |text, _: Allow| Self::parse(text).map(Destination::File),
    };

    fn parse(text: &str) -> Result<Self, StoreError> {
        if text.trim().is_empty() {
            return Err(StoreError("Type a file name.".into()));
        }
        if text.ends_with(std::path::is_separator) {
            return Err(StoreError("That is a directory. Add a file name.".into()));
        }
        resolve(text).map(|path| Self { path })
    }
}

impl Sink for NewFile {
    fn check(&self) -> Result<(), StoreError> {
        // A link counts, wherever it points.
        match self.path.symlink_metadata() {
            Ok(metadata) if metadata.is_dir() => return Err(explain(&self.path, &ErrorKind::IsADirectory.into())),
            Ok(_) => return Err(explain(&self.path, &ErrorKind::AlreadyExists.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(explain(&self.path, &error)),
        }
        check_folder(&self.path)
    }

    /// The value and a final newline: it is a text file, and `$(cat file)` drops the newline. The file is on the disk when this returns.
    fn deliver(&self, value: &Secret, _: Terminal) -> Result<String, StoreError> {
        let path = &self.path;
        let mut file = file::new_file(path).map_err(|error| explain(path, &error))?;
        reached("sink: a new file is open");
        let folder = path.parent().unwrap_or(path);
        write(&mut file, value).and_then(|()| file::sync(folder)).map_err(|error| {
            // It is ours: nobody else can have made it.
            let removed = fs::remove_file(path).is_ok();
            let left = if removed { "" } else { " Could not remove the incomplete file." };
            StoreError(format!("{}{left}", explain(path, &error)))
        })?;
        Ok(String::new())
    }

    fn presence(&self, digest: &Digest) -> Presence {
        let metadata = match self.path.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Presence::Gone,
            Err(_) => return Presence::Unknown,
        };
        if !metadata.is_file() || metadata.len() > LIMIT {
            return Presence::Changed;
        }
        let mut content = Zeroizing::new(Vec::with_capacity(metadata.len() as usize + 1));
        match file::open(&self.path).and_then(|file| file.take(LIMIT).read_to_end(&mut content)) {
            Ok(_) if *digest == Digest::of(content.trim_ascii_end()) => Presence::There,
            Ok(_) => Presence::Changed,
            Err(_) => Presence::Unknown,
        }
    }

    fn place(&self) -> String {
        shown(&self.path)
    }

    fn stored(&self) -> String {
        format!("saved to {}, which only you can read", self.place())
    }
}

fn write(file: &mut File, value: &Secret) -> io::Result<()> {
    let mut text = Zeroizing::new(Vec::with_capacity(value.expose().len() + 1));
    text.extend_from_slice(value.expose().as_bytes());
    text.push(b'\n');
    file.write_all(&text)?;
    reached("sink: the value is written");
    file.sync_all()?;
    reached("sink: it is on disk");
    file.rewind()?;
    // One byte more than expected, to notice if there is more; with room enough not to be moved.
    let mut back = Zeroizing::new(Vec::with_capacity(text.len() + 64));
    file.take(text.len() as u64 + 1).read_to_end(&mut back)?;
    if *back == *text { Ok(()) } else { Err(io::Error::other("it does not contain what was written to it")) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const FAKE: &str = "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UwMDAwMDAwMDAwMDAwMDAwMDAwIn0.fakefakefakefakefakefa";

    fn at(path: &Path) -> NewFile {
        NewFile::parse(path.to_str().unwrap()).unwrap()
    }

    fn deliver(path: &Path) -> Result<String, StoreError> {
        at(path).deliver(&Secret::new(FAKE), Terminal::Ours)
    }

    /// Both say no, in the same words.
    fn refused(path: &Path) -> String {
        let checked = at(path).check().unwrap_err().to_string();
        assert_eq!(deliver(path).unwrap_err().to_string(), checked);
        checked
    }

    #[test]
    fn a_new_file_holds_the_value_and_a_newline_and_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.token");
        let digest = Digest::of(FAKE.as_bytes());
        assert_eq!(at(&path).check(), Ok(()));
        assert_eq!(at(&path).presence(&digest), Presence::Gone);
        assert_eq!(deliver(&path), Ok(String::new()));
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{FAKE}\n"));
        assert_eq!(at(&path).presence(&digest), Presence::There);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        }
        fs::write(&path, "another").unwrap();
        assert_eq!(at(&path).presence(&digest), Presence::Changed);
    }

    #[test]
    fn what_is_there_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.token");
        fs::write(&path, "precious").unwrap();
        assert!(refused(&path).contains("exists"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_refused_wherever_they_point() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(refused(&link).contains("exists"));
        assert!(!target.exists());
    }

    #[test]
    fn a_place_that_cannot_be_written_is_refused_before_there_is_a_value() {
        let folder = tempfile::tempdir().unwrap();
        let says = |name: &str, words: &str| {
            let text = refused(&folder.path().join(name));
            assert!(text.contains(words), "{text}");
        };
        says("no/such/new.token", "does not exist");
        says(&"x".repeat(256), "too long");
        fs::write(folder.path().join("file"), "").unwrap();
        says("file/new.token", "is not a directory");
        assert!(at(folder.path()).check().unwrap_err().to_string().contains("is a directory"));
        let slash = format!("{}/", folder.path().join("x").display());
        assert!(NewFile::parse(&slash).unwrap_err().to_string().contains("directory"));
        assert!(NewFile::parse("  ").is_err());
        #[cfg(unix)]
        if !rustix::process::geteuid().is_root() {
            use std::os::unix::fs::PermissionsExt as _;
            let closed = folder.path().join("closed");
            fs::create_dir(&closed).unwrap();
            fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();
            says("closed/new.token", "cannot write");
        }
    }
}
