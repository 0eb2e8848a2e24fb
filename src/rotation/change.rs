//! [`Change`]: one file in which the old token gives way to its successor, and the way back.
//!
//! Invariants: a file is replaced in one step or not at all, and keeps its mode, its owners, its encoding and every byte outside the
//! tokens; what a file is now is told by its digest and by nothing else, so a change can be repeated, resumed and undone after any crash;
//! a file that somebody else has changed meanwhile is never overwritten with what it was.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read as _},
    ops::Range,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::seal::Sealed;
use crate::{
    os::{failpoint::reached, file},
    scan::Digest,
    secret::Secret,
    token::{
        TokenId,
        decoded::{self, DecodedToken, Found},
    },
};

/// Longest file in which a token is replaced.
pub const LIMIT: u64 = 64 << 20;

/// The content of a file, and what the system says of it.
pub type Content = (Zeroizing<Vec<u8>>, Metadata);

/// A change of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The file, by its whole path, without links.
    pub path: PathBuf,
    /// Its digest before; `None` when it did not exist.
    pub before: Option<Digest>,
    /// Its digest afterwards; `None` until that is known.
    pub after: Option<Digest>,
    /// What was in it, readable with what is in it now.
    pub was: Was,
    /// The lines on which the old token stood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<u64>,
}

/// What a file held before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Was {
    /// Nothing: it did not exist.
    Missing,
    /// All of it.
    Whole(Sealed),
    /// The old token, in some places.
    Places(Vec<Place>),
}

/// A place in a changed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Where the successor stands, in bytes.
    range: Range<u64>,
    /// What stood there.
    was: Sealed,
}

/// What a file is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it was before the change.
    Before,
    /// As the change left it.
    After,
    /// Something else: somebody changed it.
    Other,
    /// Not there.
    Missing,
}

/// What undoing a change came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// Byte for byte what it was.
    Restored,
    /// It was changed meanwhile: the old token is back, the other changes stayed.
    Merged,
    /// It cannot be undone, and why.
    Left(String),
}

/// Reads a whole file; `None` when there is none.
///
/// # Errors
/// When it cannot be read, is no ordinary file, or is too long.
pub fn read(path: &Path) -> io::Result<Option<Content>> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    if !metadata.is_file() {
        return Err(io::Error::other("not an ordinary file"));
    }
    if metadata.len() > LIMIT {
        return Err(io::Error::other(format!("larger than {} MiB", LIMIT >> 20)));
    }
    let mut content = Zeroizing::new(Vec::with_capacity(metadata.len() as usize + 1));
    File::open(path)?.take(LIMIT + 1).read_to_end(&mut content)?;
    Ok(Some((content, metadata)))
}

/// The tokens with this id in a text.
pub fn tokens_in<'a>(content: &'a [u8], id: &'a TokenId) -> impl Iterator<Item = Found> + 'a {
    decoded::find(content).filter(move |found| found.decoded.id.as_ref() == Some(id))
}

/// A token's value, to recognize it by.
pub fn digest_of(value: &Secret) -> Digest {
    Digest::of(value.expose().as_bytes())
}

/// The line of a place, from 1.
pub fn line_of(content: &[u8], at: usize) -> u64 {
    1 + content.iter().take(at).filter(|byte| **byte == b'\n').count() as u64
}

/// The content with every old token replaced by the successor, and where the successor stands then, with what stood there.
///
/// # Errors
/// When the successor does not fit in one of the places.
fn replaced(
    content: &[u8],
    old: &TokenId,
    digest: &Digest,
    new: &Secret,
) -> io::Result<(Zeroizing<Vec<u8>>, Vec<Swap>)> {
    let mut out = Zeroizing::new(Vec::with_capacity(content.len() + 1024));
    let mut swaps = Vec::new();
    let mut done = 0;
    for found in tokens_in(content, old).filter(|found| digest_of(&found.value) == *digest) {
        out.extend_from_slice(content.get(done..found.range.start).unwrap_or_default());
        let start = out.len();
        let Some(encoded) = found.encoding.encode(new.expose()) else {
            let line = line_of(content, found.range.start);
            let text = format!(
                "the new token is of another length, which the base64 in line {line} cannot take; replace it by hand"
            );
            return Err(io::Error::other(text));
        };
        out.extend_from_slice(&encoded);
        swaps.push(Swap { to: start..out.len(), from: found.range.clone() });
        done = found.range.end;
    }
    out.extend_from_slice(content.get(done..).unwrap_or_default());
    Ok((out, swaps))
}

struct Swap {
    to: Range<usize>,
    from: Range<usize>,
}

impl Change {
    /// The change that replaces the old token in a file; `None` when it is not there. Nothing is written.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn plan(path: &Path, old: &TokenId, digest: &Digest, new: &Secret) -> io::Result<Option<Self>> {
        let Some((content, _)) = read(path)? else { return Ok(None) };
        let (after, swaps) = replaced(&content, old, digest, new)?;
        if swaps.is_empty() {
            return Ok(None);
        }
        let mut places = Vec::with_capacity(swaps.len());
        for Swap { to, from } in &swaps {
            let was = Sealed::new(content.get(from.clone()).unwrap_or_default(), new).map_err(io::Error::other)?;
            places.push(Place { range: to.start as u64..to.end as u64, was });
        }
        Ok(Some(Self {
            path: path.to_owned(),
            before: Some(Digest::of(&content)),
            after: Some(Digest::of(&after)),
            was: Was::Places(places),
            lines: swaps.iter().map(|swap| line_of(&content, swap.from.start)).collect(),
        }))
    }

    /// The way back from a change that somebody else is about to make: the value goes into this file, which may not exist yet.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of_delivery(path: &Path, new: &Secret) -> io::Result<Self> {
        let (before, was) = match read(path)? {
            None => (None, Was::Missing),
            Some((content, _)) => {
                let whole = Sealed::new(&content, new).map_err(io::Error::other)?;
                (Some(Digest::of(&content)), Was::Whole(whole))
            }
        };
        Ok(Self { path: path.to_owned(), before, after: None, was, lines: Vec::new() })
    }

    /// Whether it is about a delivery, and not about replacing.
    pub fn is_of_delivery(&self) -> bool {
        !matches!(self.was, Was::Places(_))
    }

    /// What the file is now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn state(&self) -> io::Result<State> {
        Ok(self.state_of(read(&self.path)?.as_ref().map(|(content, _)| content.as_slice())))
    }

    fn state_of(&self, content: Option<&[u8]>) -> State {
        match content.map(Digest::of) {
            None if self.before.is_none() => State::Before,
            None => State::Missing,
            now if now == self.after => State::After,
            now if now == self.before => State::Before,
            _ => State::Other,
        }
    }

    /// Makes the change, unless it is made already. `false`: the file is something else by now, and was left alone.
    ///
    /// # Errors
    /// When the file cannot be written. It is untouched then.
    pub fn apply(&self, old: &TokenId, digest: &Digest, new: &Secret) -> io::Result<bool> {
        let Some((content, metadata)) = read(&self.path)? else { return Ok(false) };
        match self.state_of(Some(&content)) {
            State::After => return Ok(true),
            State::Before => {}
            State::Other | State::Missing => return Ok(false),
        }
        let (after, _) = replaced(&content, old, digest, new)?;
        if Some(Digest::of(&after)) != self.after {
            return Ok(false);
        }
        reached("rotation: a file is about to be replaced");
        write(&self.path, &after, &metadata)?;
        reached("rotation: a file is replaced");
        Ok(true)
    }

    /// Takes the change back. `new` is the successor.
    ///
    /// # Errors
    /// When the file cannot be read or written. It is untouched then.
    pub fn undo(&self, new: &TokenId) -> io::Result<Undone> {
        let Some((content, metadata)) = read(&self.path)? else {
            let was_missing = self.before.is_none();
            return Ok(if was_missing { Undone::Restored } else { Undone::Left("it does not exist".into()) });
        };
        let state = self.state_of(Some(&content));
        if state == State::Before {
            return Ok(Undone::Restored);
        }
        let Some(key) = tokens_in(&content, new).next().map(|found| found.value) else {
            return Ok(Undone::Left("it was changed, and the successor is not in it".into()));
        };
        if state == State::After || self.is_mere_delivery(&content, &key) {
            if self.was == Was::Missing {
                fs::remove_file(&self.path)?;
                return Ok(Undone::Restored);
            }
            let restored = self.restored(&content, &key).filter(|restored| Some(Digest::of(restored)) == self.before);
            let Some(restored) = restored else {
                return Ok(Undone::Left("its record is damaged".into()));
            };
            write(&self.path, &restored, &metadata)?;
            reached("rotation: a file is restored");
            return Ok(Undone::Restored);
        }
        let Some(old) = self.old_value(&key) else {
            return Ok(Undone::Left("it was changed since, and its previous content is unknown".into()));
        };
        let (merged, swaps) = replaced(&content, new, &digest_of(&key), &old)?;
        if swaps.is_empty() {
            return Ok(Undone::Left("it was changed, and the successor is not in it".into()));
        }
        write(&self.path, &merged, &metadata)?;
        Ok(Undone::Merged)
    }

    /// Whether the file is what a delivery has made of it that was interrupted before that was put on record: the successor has come in, and
    /// everything around it is as it was.
    fn is_mere_delivery(&self, now: &[u8], key: &Secret) -> bool {
        /// An entry's name, quotes and line ends.
        const AROUND: usize = 512;
        let before = match &self.was {
            _ if self.after.is_some() => return false,
            Was::Places(_) => return false,
            Was::Missing => Some(Zeroizing::default()),
            Was::Whole(whole) => whole.open(key).filter(|before| Some(Digest::of(before)) == self.before),
        };
        let Some(before) = before else { return false };
        let start = before.iter().zip(now).take_while(|(a, b)| a == b).count();
        let (rest, new) = (before.get(start..).unwrap_or_default(), now.get(start..).unwrap_or_default());
        let end = rest.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
        (rest.len() - end).max(new.len() - end) <= key.expose().len() + AROUND
    }

    fn restored(&self, content: &[u8], key: &Secret) -> Option<Zeroizing<Vec<u8>>> {
        let places = match &self.was {
            Was::Missing => return None,
            Was::Whole(whole) => return whole.open(key),
            Was::Places(places) => places,
        };
        let mut out = Zeroizing::new(Vec::with_capacity(content.len() + 1024));
        let mut done = 0;
        for Place { range, was } in places {
            let (start, end) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
            out.extend_from_slice(content.get(done..start)?);
            out.extend_from_slice(&was.open(key)?);
            done = end;
        }
        out.extend_from_slice(content.get(done..)?);
        Some(out)
    }

    /// The old token's value, as this change knows it.
    pub fn old_value(&self, key: &Secret) -> Option<Secret> {
        let Was::Places(places) = &self.was else { return None };
        let piece = places.first()?.was.open(key)?;
        let found = decoded::find(&piece).next()?;
        DecodedToken::of(found.value.expose()).is_ok().then_some(found.value)
    }

    /// The successor's value, if the file holds it.
    pub fn successor(&self, new: &TokenId) -> Option<Secret> {
        let (content, _) = read(&self.path).ok()??;
        tokens_in(&content, new).next().map(|found| found.value)
    }
}

/// Puts new content into a file that must not change in this moment.
fn write(path: &Path, content: &[u8], before: &Metadata) -> io::Result<()> {
    let stamp = |metadata: &Metadata| (metadata.len(), metadata.modified().ok());
    let check = || {
        let now = fs::symlink_metadata(path)?;
        if now.is_file() && stamp(&now) == stamp(before) {
            Ok(())
        } else {
            Err(io::Error::other("it was changed at the same time; try again"))
        }
    };
    file::replace_like(path, content, Some(before), check).map(drop)
}

/// Removes what a crash left half written next to a file: it may hold a secret.
pub fn tidy(path: &Path) {
    let Some(entries) = path.parent().and_then(|folder| fs::read_dir(folder).ok()) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(file::LEFTOVER) {
            continue;
        }
        // Whoever is writing it now has locked it.
        let is_abandoned = entry.file_type().is_ok_and(|kind| kind.is_file())
            && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if is_abandoned {
            // Tried again the next time.
            let _later = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    const OLD: &str = "cmold0000000000000000fake";
    const NEW: &str = "cmnew0000000000000000fake";

    fn token(id: &str, signature: &str) -> Secret {
        let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"u":"ada","a":"{id}"}}"#));
        Secret::new(format!("sk.{payload}.{signature}"))
    }

    fn old() -> Secret {
        token(OLD, "fakefakefakefakefakeol")
    }

    fn new() -> Secret {
        token(NEW, "fakefakefakefakefakene")
    }

    fn plan(path: &Path) -> Option<Change> {
        Change::plan(path, &OLD.into(), &digest_of(&old()), &new()).unwrap()
    }

    fn apply(change: &Change) -> bool {
        change.apply(&OLD.into(), &digest_of(&old()), &new()).unwrap()
    }

    #[test]
    fn every_place_is_replaced_in_its_own_encoding_and_restored_byte_for_byte() {
        let place = tempfile::tempdir().unwrap();
        let plain =
            format!("a={0}\r\nb='{0}'\n{1}\nend", old().expose(), token(OLD, "anotherfakesignaturexx").expose());
        let wide: Vec<u8> = [0xfeff_u16].into_iter().chain(plain.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let escaped = plain.replace('.', "\\u002e").into_bytes();
        let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let secrets = format!(
            "data:\r\n b: {}\n{}\nend",
            base64(&format!("PORT=1\nTOKEN={}\n", old().expose())),
            base64(token(OLD, "anotherfakesignaturexx").expose())
        );
        let secrets = secrets.replacen("data:", &format!("data: {}", base64(old().expose())), 1).into_bytes();
        for (index, before) in [plain.clone().into_bytes(), wide, escaped, secrets].into_iter().enumerate() {
            let path = place.path().join(index.to_string());
            fs::write(&path, &before).unwrap();
            let change = plan(&path).unwrap();
            assert_eq!((change.lines.as_slice(), change.state().unwrap()), (&[1, 2][..], State::Before));
            assert!(apply(&change) && apply(&change), "twice is as good as once");
            assert_eq!(change.state().unwrap(), State::After);
            let after = fs::read(&path).unwrap();
            assert_eq!(tokens_in(&after, &NEW.into()).count(), 2);
            assert_eq!(tokens_in(&after, &OLD.into()).count(), 1, "a damaged copy is no token");
            assert!(plan(&path).is_none());
            let json = serde_json::to_string(&change).unwrap();
            assert!(!json.contains("eyJ1") && !json.contains("fakefake"), "{json}");
            let change: Change = serde_json::from_str(&json).unwrap();
            assert_eq!(change.undo(&NEW.into()).unwrap(), Undone::Restored);
            assert_eq!(fs::read(&path).unwrap(), before);
            assert_eq!(change.undo(&NEW.into()).unwrap(), Undone::Restored);
        }
    }

    #[test]
    fn what_somebody_else_changed_is_kept() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("f");
        fs::write(&path, format!("a={}\n", old().expose())).unwrap();
        let change = plan(&path).unwrap();
        fs::write(&path, format!("# mine\na={}\n", old().expose())).unwrap();
        assert!(!apply(&change), "it is not what was planned any more");
        let change = plan(&path).unwrap();
        assert!(apply(&change));
        fs::write(&path, format!("# theirs\na={}\n", new().expose())).unwrap();
        assert_eq!(change.undo(&NEW.into()).unwrap(), Undone::Merged);
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("# theirs\na={}\n", old().expose()));
        fs::write(&path, "gone\n").unwrap();
        assert!(matches!(change.undo(&NEW.into()).unwrap(), Undone::Left(_)));
        fs::remove_file(&path).unwrap();
        assert!(matches!(change.undo(&NEW.into()).unwrap(), Undone::Left(_)));
    }

    #[test]
    fn a_delivery_into_a_file_is_undone_whether_or_not_there_was_one() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(".env");
        for before in [None, Some("A=1\r\nTOKEN=placeholder")] {
            drop(fs::remove_file(&path));
            if let Some(before) = before {
                fs::write(&path, before).unwrap();
            }
            let change = Change::of_delivery(&path, &new()).unwrap();
            let content = format!("TOKEN={}\n", new().expose());
            let recorded = Change { after: Some(Digest::of(content.as_bytes())), ..change.clone() };
            // A crash may come before the digest is on record.
            for change in [recorded, change] {
                fs::write(&path, &content).unwrap();
                assert_eq!(change.undo(&NEW.into()).unwrap(), Undone::Restored);
                assert_eq!(fs::read_to_string(&path).ok().as_deref(), before);
            }
        }
    }
}
