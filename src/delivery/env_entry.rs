//! [`EnvEntry`]: an entry of an environment file (`.env`).
//!
//! Invariants: every other byte of the file stays as it is: line endings, comments, quotes, `export`, a byte order mark, a missing
//! end of line; the file keeps its mode and its owners, a new one is for its owner alone; it is replaced in one step or not at all; a file that
//! git tracks, and an entry that has a value, are changed only when that was asked for.

use std::{
    fs::{self, Metadata},
    io::{self, Read as _},
    ops::Range,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Allow, Destination, Kind, Presence, Sink, StoreError, Terminal, check_folder, explain, resolve, shown};
use crate::{
    os::{failpoint::reached, file, process},
    secret::{Digest, Secret},
};

/// Longest file that is rewritten.
const LIMIT: u64 = 1 << 20;

/// What a line of an UTF-8 file may start with on Windows.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// `NAME=value` in a file, which is created when it is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvEntry {
    /// The file, by its whole path.
    pub path: PathBuf,
    /// The variable.
    pub name: String,
    /// Whether a value it has is replaced.
    pub replace: bool,
    /// Whether git may track the file.
    pub tracked: bool,
}

impl EnvEntry {
    pub(super) const KIND: Kind = Kind {
        word: "env",
        option: "to-env",
        value_name: "FILE:NAME",
        help: "Add the value to a .env file as NAME",
        question: "Add to a .env file, as FILE:NAME:",
        remark: "",
        doing: "writing the file ...",
        obeys_allow: true,
        suggestion: |_| ".env:MAPBOX_ACCESS_TOKEN".to_owned(),
        parse: |text, allow| Self::parse(text, allow).map(Destination::Env),
    };

    /// `FILE:NAME`, told apart at the last colon.
    fn parse(text: &str, allow: Allow) -> Result<Self, StoreError> {
        let parts = text.trim().rsplit_once(':').filter(|(file, name)| !file.is_empty() && !name.is_empty());
        let (file, name) = parts
            .ok_or_else(|| StoreError("Type a file and a variable, such as .env:MAPBOX_ACCESS_TOKEN.".to_owned()))?;
        if !is_name(name) {
            return Err(StoreError(format!(
                "\"{}\" is not a variable name: use letters, digits and _, not starting with a digit.",
                crate::untrusted::shown(name)
            )));
        }
        Ok(Self { path: resolve(file)?, name: name.to_owned(), replace: allow.replace, tracked: allow.tracked })
    }

    /// The file as it is and as it is to be. `value` stands for itself: it is no more than looked at where it is to go.
    fn plan(&self, value: &Secret) -> Result<Plan, StoreError> {
        let Self { path, name, .. } = self;
        let before = read(path)?;
        check_folder(path)?;
        if !self.tracked && is_tracked(path)? {
            return Err(StoreError(format!(
                "git tracks {}, so the secret would be committed. Choose a file that git ignores, or allow this one.",
                shown(path)
            )));
        }
        let content = before.as_ref().map_or(&[] as &[u8], |(content, _)| content);
        let after = with_entry(content, name, value, self.replace).map_err(|conflict| {
            let path = shown(path);
            StoreError(match conflict {
                Conflict::HasValue(line) => format!(
                    "{path} already has a value for {name} (line {line}). Choose another name, or allow replacing it."
                ),
                Conflict::Twice(first, second) => format!(
                    "{path} already has {name} twice (lines {first} and {second}). Remove one, or choose another name."
                ),
                Conflict::OpenQuote(line) => format!(
                    "{path} has an unclosed quote (line {line}), so the entry would become part of that text. Close it first."
                ),
                Conflict::Unquotable => {
                    "The value has characters that a .env file can't hold. Save it to a new file instead.".to_owned()
                }
            })
        })?;
        Ok(Plan { before: before.map(|(_, metadata)| metadata), after })
    }
}

/// A change of a file.
struct Plan {
    before: Option<Metadata>,
    after: Zeroizing<Vec<u8>>,
}

impl Sink for EnvEntry {
    fn check(&self) -> Result<(), StoreError> {
        // Of the same characters as every token.
        self.plan(&Secret::new("sk.checked-before.there_is_one")).map(drop)
    }

    fn deliver(&self, value: &Secret, _: Terminal) -> Result<String, StoreError> {
        let path = &self.path;
        let Plan { before, after } = self.plan(value)?;
        reached("sink: the change is planned");
        file::replace_like(path, &after, before.as_ref(), || {
            let now = fs::symlink_metadata(path).ok();
            if before.as_ref().map(stamp) == now.as_ref().map(stamp) {
                Ok(())
            } else {
                Err(io::Error::other("another program changed it at the same time"))
            }
        })
        .map_err(|error| explain(path, &error))?;
        reached("sink: the file is replaced");
        match read(path)? {
            Some((content, metadata)) if *content == *after => Ok(others_note(&metadata)),
            _ => Err(StoreError(format!("{} does not contain what was written to it. Check the file.", shown(path)))),
        }
    }

    fn presence(&self, digest: &Digest) -> Presence {
        let content = match read(&self.path) {
            Ok(Some((content, _))) => content,
            Ok(None) => return Presence::Gone,
            Err(_) => return Presence::Unknown,
        };
        let entries = entries_of(&content, &self.name).unwrap_or_default();
        if entries.is_empty() {
            return Presence::Gone;
        }
        let is_it = |entry: &Entry| content.get(entry.value.clone()).is_some_and(|value| Digest::of(value) == *digest);
        if entries.iter().any(is_it) { Presence::There } else { Presence::Changed }
    }

    fn place(&self) -> String {
        format!("{} in {}", self.name, shown(&self.path))
    }

    fn stored(&self) -> String {
        format!("saved as {}", self.place())
    }
}

/// What to say of a file that others can read as well.
#[cfg(unix)]
fn others_note(metadata: &Metadata) -> String {
    let mode = std::os::unix::fs::MetadataExt::mode(metadata) & 0o777;
    if mode & 0o044 == 0 { String::new() } else { format!(", a file that others can read too (mode {mode:04o})") }
}

/// Who can read a file is not told by a mode here.
#[cfg(not(unix))]
fn others_note(_: &Metadata) -> String {
    String::new()
}

fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
}

/// The value as it stands between such quotes, or bare where nothing could misunderstand it, as every token can; `None` when it cannot
/// stand there.
fn quoted(value: &Secret, quote: Option<u8>) -> Option<Zeroizing<String>> {
    let text = value.expose();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if !text.is_empty() && text.bytes().all(is_plain) {
        return Some(Zeroizing::new(text.to_owned()));
    }
    // Single quotes are what shells and dotenv libraries agree on.
    let is_quotable = !text.contains(|c: char| c == '\'' || c.is_control());
    match quote {
        _ if !is_quotable => None,
        Some(b'\'') => Some(Zeroizing::new(text.to_owned())),
        Some(_) => None,
        None => Some(Zeroizing::new(format!("'{text}'"))),
    }
}

/// The content and what is known of the file; `None` when there is none.
#[expect(clippy::type_complexity, reason = "the bytes and what the file is, or nothing where there is no file")]
fn read(path: &Path) -> Result<Option<(Zeroizing<Vec<u8>>, Metadata)>, StoreError> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|error| explain(path, &error))?,
    };
    let refuse = |why: &str| Err(StoreError(format!("{} {why}. Choose another file.", shown(path))));
    if metadata.is_symlink() {
        return refuse("is a link, and links are not followed");
    }
    if metadata.is_dir() {
        return refuse("is a directory");
    }
    if !metadata.is_file() {
        return refuse("is not a regular file");
    }
    if metadata.len() > LIMIT {
        return refuse("is too long for a .env file");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return refuse("belongs to another user");
        }
        if metadata.nlink() > 1 {
            return refuse("has several hard links; the others would keep the old content");
        }
    }
    let mut content = Zeroizing::new(Vec::with_capacity(metadata.len() as usize + 1));
    let file = file::open(path).map_err(|error| explain(path, &error))?;
    file.take(LIMIT).read_to_end(&mut content).map_err(|error| explain(path, &error))?;
    Ok(Some((content, metadata)))
}

/// Why an entry cannot be written as asked; with the numbers of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conflict {
    HasValue(usize),
    Twice(usize, usize),
    OpenQuote(usize),
    Unquotable,
}

/// The content with the entry in it.
fn with_entry(content: &[u8], name: &str, value: &Secret, replace: bool) -> Result<Zeroizing<Vec<u8>>, Conflict> {
    let entries = entries_of(content, name).map_err(Conflict::OpenQuote)?;
    let entry = match entries.as_slice() {
        [] => None,
        [one] if one.value.is_empty() || replace => Some(one),
        [one] => return Err(Conflict::HasValue(one.line)),
        [first, second, ..] => return Err(Conflict::Twice(first.line, second.line)),
    };
    let value = quoted(value, entry.and_then(|entry| entry.quote)).ok_or(Conflict::Unquotable)?;
    let newline: &[u8] = if content.windows(2).any(|pair| pair == b"\r\n") { b"\r\n" } else { b"\n" };
    let mut out = Zeroizing::new(Vec::with_capacity(content.len() + name.len() + value.len() + 8));
    if let Some(Entry { value: range, .. }) = entry {
        out.extend_from_slice(content.get(..range.start).unwrap_or_default());
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(content.get(range.end..).unwrap_or_default());
    } else {
        out.extend_from_slice(content);
        if !content.is_empty() && !content.ends_with(b"\n") && content != BYTE_ORDER_MARK {
            out.extend_from_slice(newline);
        }
        for part in [name.as_bytes(), b"=", value.as_bytes(), newline] {
            out.extend_from_slice(part);
        }
    }
    Ok(out)
}

/// An entry for a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    /// The number of its line.
    line: usize,
    /// Where its value stands, without the quotes around it.
    value: Range<usize>,
    /// The quotes around it.
    quote: Option<u8>,
}

/// The entries a file has for a variable; otherwise the number of the line where a quote begins that never ends. Reads what shells and the
/// dotenv libraries agree on: a quoted value may go over many lines, and what looks like an entry in there is none.
fn entries_of(content: &[u8], name: &str) -> Result<Vec<Entry>, usize> {
    let mut entries = Vec::new();
    let mut at = if content.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let byte = |at: usize| content.get(at).copied();
    let is_blank = |byte: u8| matches!(byte, b' ' | b'\t');
    let skip = |mut at: usize, is: &dyn Fn(u8) -> bool| {
        while byte(at).is_some_and(is) {
            at += 1;
        }
        at
    };
    let line_of = |at: usize| content.iter().take(at).filter(|&&byte| byte == b'\n').count() + 1;
    while at < content.len() {
        let mut key = skip(at, &is_blank);
        if content.get(key..).is_some_and(|rest| rest.starts_with(b"export")) && byte(key + 6).is_some_and(is_blank) {
            key = skip(key + 6, &is_blank);
        }
        let key_end = skip(key, &|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
        let equals = skip(key_end, &is_blank);
        let mut end = equals;
        if key_end > key && byte(equals) == Some(b'=') {
            let start = skip(equals + 1, &is_blank);
            let line = line_of(start);
            let (value, quote) = match byte(start) {
                Some(quote @ (b'"' | b'\'' | b'`')) => {
                    let close = closing(content, start, quote).ok_or(line)?;
                    (start + 1..close, Some(quote))
                }
                _ => match bare_end(content, start) {
                    // Before the blanks: what follows them may be a comment.
                    end if end <= start => (equals + 1..equals + 1, None),
                    end => (start..end, None),
                },
            };
            end = value.end;
            if content.get(key..key_end) == Some(name.as_bytes()) {
                entries.push(Entry { line, value, quote });
            }
        }
        at = skip(end, &|byte| byte != b'\n') + 1;
    }
    Ok(entries)
}

/// Where the quote that begins at `start` ends.
fn closing(content: &[u8], start: usize, quote: u8) -> Option<usize> {
    let mut is_escaped = false;
    content.iter().enumerate().skip(start + 1).find_map(|(at, &byte)| {
        let closes = byte == quote && !is_escaped;
        // In single quotes a backslash is a backslash.
        is_escaped = byte == b'\\' && !is_escaped && quote != b'\'';
        closes.then_some(at)
    })
}

/// Where a value without quotes ends: before a comment, or at the end of the line.
fn bare_end(content: &[u8], start: usize) -> usize {
    let rest = content.get(start..).unwrap_or_default();
    let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let is_comment = |at: usize| {
        let before = (start + at).checked_sub(1).and_then(|before| content.get(before));
        line.get(at) == Some(&b'#') && before.is_some_and(u8::is_ascii_whitespace)
    };
    let text = (0..line.len()).find(|at| is_comment(*at)).and_then(|at| line.get(..at)).unwrap_or(line);
    start + text.trim_ascii_end().len()
}

/// What changes when a file does.
fn stamp(metadata: &Metadata) -> (u64, Option<std::time::SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}

/// Whether git tracks the file. Where there is a repository but git cannot be asked, it might.
fn is_tracked(path: &Path) -> Result<bool, StoreError> {
    let dir = path.parent().unwrap_or(path);
    if !dir.ancestors().any(|ancestor| ancestor.join(".git").exists()) {
        return Ok(false);
    }
    let asked = process::child("git")
        // Neither a hook nor a monitor of the repository runs for a question.
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "ls-files", "--error-unmatch", "--"])
        .arg(path)
        .current_dir(dir)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match asked.ok().and_then(|status| status.code()) {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(StoreError(format!(
            "Could not find out whether git tracks {}. Allow this file, or choose one outside the repository.",
            shown(path)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAKE: &str = "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UwMDAwMDAwMDAwMDAwMDAwMDAwIn0.fakefakefakefakefakefa";
    const REPLACE: Allow = Allow { replace: true, tracked: false };

    fn entry(path: &Path, name: &str, allow: Allow) -> Result<EnvEntry, StoreError> {
        EnvEntry::parse(&format!("{}:{name}", path.display()), allow)
    }

    fn add_with(path: &Path, name: &str, allow: Allow) -> Result<String, StoreError> {
        let entry = entry(path, name, allow)?;
        let checked = entry.check();
        let delivered = entry.deliver(&Secret::new(FAKE), Terminal::Ours);
        assert_eq!(checked, delivered.clone().map(drop), "what is checked before is what happens");
        delivered
    }

    fn add(path: &Path, name: &str) -> Result<String, StoreError> {
        add_with(path, name, Allow::default())
    }

    fn changed(content: &str, allow: Allow) -> String {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(".env");
        fs::write(&path, content).unwrap();
        add_with(&path, "TOKEN", allow).expect("written");
        let presence = entry(&path, "TOKEN", allow).unwrap().presence(&Digest::of(FAKE.as_bytes()));
        assert_eq!(presence, Presence::There, "{content:?}");
        fs::read_to_string(path).unwrap()
    }

    fn added(content: &str) -> String {
        changed(content, Allow::default())
    }

    #[test]
    fn the_rest_stays_byte_for_byte() {
        let entry = format!("TOKEN={FAKE}");
        assert_eq!(added(""), format!("{entry}\n"));
        assert_eq!(added("\u{feff}"), format!("\u{feff}{entry}\n"));
        assert_eq!(added("# c\n\nA='x y'\n"), format!("# c\n\nA='x y'\n{entry}\n"));
        assert_eq!(added("A=1"), format!("A=1\n{entry}\n"), "a missing end of line is added");
        assert_eq!(added("A=1\r\nB=2\r\n"), format!("A=1\r\nB=2\r\n{entry}\r\n"));
        assert_eq!(
            added("#TOKEN=no\nMY_TOKEN=no\nTOKENS=no\nNOTE=don't\n"),
            format!("#TOKEN=no\nMY_TOKEN=no\nTOKENS=no\nNOTE=don't\n{entry}\n")
        );
        let many_lines = "KEY=\"-----BEGIN\nTOKEN=inside\n\\\" END\"\n";
        assert_eq!(added(many_lines), format!("{many_lines}{entry}\n"), "what is quoted is no entry");
    }

    #[test]
    fn an_empty_entry_is_filled_where_it_stands() {
        for (before, after) in [
            ("A=1\nTOKEN=\nB=2\n", format!("A=1\nTOKEN={FAKE}\nB=2\n")),
            ("export TOKEN=\"\"\r\nB=2", format!("export TOKEN=\"{FAKE}\"\r\nB=2")),
            ("TOKEN=", format!("TOKEN={FAKE}")),
            ("TOKEN= # the CI one\n", format!("TOKEN={FAKE} # the CI one\n")),
        ] {
            assert_eq!(added(before), after);
        }
    }

    #[test]
    fn a_value_is_replaced_on_request_and_every_other_byte_stays() {
        for (before, after) in [
            ("A=1\nTOKEN=old\nB=2\n", format!("A=1\nTOKEN={FAKE}\nB=2\n")),
            ("TOKEN=\"old\"  # the CI one\r\nB=2", format!("TOKEN=\"{FAKE}\"  # the CI one\r\nB=2")),
            ("\u{feff}export  TOKEN = 'o l d'\n", format!("\u{feff}export  TOKEN = '{FAKE}'\n")),
            ("TOKEN=old#not-a-comment # one\t\n", format!("TOKEN={FAKE} # one\t\n")),
            ("\tTOKEN=`old\nlines`\nB=2", format!("\tTOKEN=`{FAKE}`\nB=2")),
            ("TOKEN=old", format!("TOKEN={FAKE}")),
        ] {
            assert_eq!(changed(before, REPLACE), after);
        }
    }

    #[test]
    fn an_entry_that_has_a_value_is_refused_and_nothing_changes() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(".env");
        let unchanged = |content: &str, allow, says: &str| {
            fs::write(&path, content).unwrap();
            let error = add_with(&path, "TOKEN", allow).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("old"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        };
        unchanged("TOKEN=old\n", Allow::default(), "already has a value for TOKEN (line 1)");
        unchanged("A=1\nexport TOKEN = old\n", Allow::default(), "line 2");
        unchanged("TOKEN=\nTOKEN=\n", Allow::default(), "twice (lines 1 and 2)");
        unchanged("TOKEN=old\nTOKEN=old\n", REPLACE, "twice");
        for open in ["A=\"old\n", "A=1\nB='old\nTOKEN=\n", "A=`old", "A=\"old\\\"\n"] {
            unchanged(open, REPLACE, "unclosed quote");
        }
    }

    #[test]
    fn names_that_would_break_out_of_their_line_are_refused() {
        let place = tempfile::tempdir().unwrap();
        for name in ["", "1A", "A B", "A=B", "A\nB", "Ä"] {
            assert!(add(&place.path().join(".env"), name).is_err(), "{name:?}");
        }
        assert!(!place.path().join(".env").exists());
    }

    #[test]
    fn a_file_and_a_variable_are_told_apart_at_the_last_colon() {
        let parse = |text: &str| EnvEntry::parse(text, Allow::default());
        let entry = parse(" /app:1/.env:TOKEN ").unwrap();
        assert_eq!((entry.path.to_str().unwrap(), entry.name.as_str()), ("/app:1/.env", "TOKEN"));
        for text in ["", ".env", ".env:", ":TOKEN"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_file_to_write_to_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let says = |path: &Path, words: &str| {
            let error = add(path, "TOKEN").unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        says(place.path(), "is a directory");
        says(&place.path().join("no/such/.env"), "does not exist");
        says(&place.path().join("x".repeat(300)), "too long");
        #[cfg(unix)]
        {
            let pipe = place.path().join("pipe");
            assert!(process::child("mkfifo").arg(&pipe).status().unwrap().success());
            says(&pipe, "not a regular file");
            let (file, link, hard) = (place.path().join("f"), place.path().join("link"), place.path().join("hard"));
            fs::write(&file, "A=1\n").unwrap();
            std::os::unix::fs::symlink(&file, &link).unwrap();
            says(&link, "is a link");
            fs::hard_link(&file, &hard).unwrap();
            says(&hard, "hard link");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_for_its_owner_alone_and_an_old_one_keeps_its_mode_and_says_so() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(".env");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(add(&path, "ONE"), Ok(String::new()));
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
        let note = add(&path, "TWO").unwrap();
        assert_eq!(mode(), 0o664);
        assert!(note.contains("0664"), "{note}");
    }

    #[test]
    fn a_file_that_git_tracks_is_refused_unless_it_is_allowed() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(".env");
        let git = |arguments: &[&str]| {
            let status = process::child("git").args(arguments).current_dir(place.path()).stdout(Stdio::null()).status();
            assert!(status.expect("git is installed").success());
        };
        git(&["init", "-q"]);
        fs::write(&path, "A=1\n").unwrap();
        add(&path, "FIRST").expect("not tracked yet");
        git(&["add", "-f", ".env"]);
        let error = add(&path, "SECOND").unwrap_err().to_string();
        assert!(error.contains("git tracks"), "{error}");
        assert!(!fs::read_to_string(&path).unwrap().contains("SECOND="));
        assert!(add_with(&path, "SECOND", Allow { replace: false, tracked: true }).is_ok());
    }

    #[test]
    fn a_value_that_is_no_plain_word_is_quoted_or_refused() {
        assert_eq!(quoted(&Secret::new("a b$c"), None).unwrap().as_str(), "'a b$c'");
        assert_eq!(quoted(&Secret::new("a b$c"), Some(b'\'')).unwrap().as_str(), "a b$c");
        for (value, quote) in [("a'b", None), ("a\nb", None), ("a b", Some(b'"'))] {
            assert!(quoted(&Secret::new(value), quote).is_none(), "{value:?}");
        }
    }
}
