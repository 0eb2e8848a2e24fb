//! An entry of an environment file (`.env`).
//!
//! What always holds: everything else in the file stays byte for byte, its line endings included; the file is replaced in one
//! step or not at all; afterwards only its owner can read it, for it holds a secret now; a file that git tracks is not
//! touched unless that was asked for; an entry that has a value is not overwritten.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
};

use zeroize::Zeroizing;

use super::{StoreError, Stored, explain, resolve, shown};
use crate::{
    os::{failpoint::reached, private_dir, process},
    secret::Secret,
};

/// Longest file that is rewritten.
const LIMIT: u64 = 1 << 20;

/// Adds `NAME=value` to the file at `path`, which is made when it is missing; an entry that is there without a value gets it.
/// `even_if_tracked` says that the file may be one that git tracks.
///
/// # Errors
/// When the name cannot be one, the entry has a value, the file is a link, somebody else's, tracked by git or changes
/// meanwhile, or it cannot be written. Nothing has changed then.
pub fn add_entry(path: &str, name: &str, value: &Secret, even_if_tracked: bool) -> Result<Stored, StoreError> {
    if !is_name(name) {
        return Err(StoreError(format!(
            "{:?} cannot be a variable's name: letters, digits and _ only, and no digit first.",
            crate::untrusted::shown(name)
        )));
    }
    let value = quote(value)?;
    let path = resolve(path)?;
    let before = read(&path)?;
    if !even_if_tracked && is_tracked(&path)? {
        return Err(StoreError(format!(
            "{} is tracked by git: the secret would be committed. Choose a file that git ignores, or say that this one is meant.",
            shown(&path)
        )));
    }
    let after = with_entry(before.as_ref().map_or(&[], |(content, _)| content), name, &value).map_err(|line| {
        StoreError(format!(
            "{} has a value for {name} already (line {line}), and nothing is overwritten. Choose another name.",
            shown(&path)
        ))
    })?;
    replace(&path, before.as_ref().map(|(_, metadata)| metadata), &after).map_err(|error| explain(&path, &error))?;
    match read(&path)? {
        Some((content, _)) if *content == *after => Ok(Stored::Entry { path, name: name.to_owned() }),
        _ => Err(StoreError(format!("{} does not hold what was written to it. Look at it.", shown(&path)))),
    }
}

fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
}

/// The value as it stands behind the `=`. Bare where no reader could misunderstand it, as every token can; else in single
/// quotes, which shells and dotenv libraries agree on.
fn quote(value: &Secret) -> Result<Zeroizing<String>, StoreError> {
    let text = value.expose();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if !text.is_empty() && text.bytes().all(is_plain) {
        return Ok(Zeroizing::new(text.to_owned()));
    }
    if text.contains(|c: char| c == '\'' || c.is_control()) {
        return Err(StoreError(
            "The value has characters that environment files cannot hold. Save it to a file instead.".into(),
        ));
    }
    Ok(Zeroizing::new(format!("'{text}'")))
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
    if !metadata.is_file() {
        return refuse("is not a file");
    }
    if metadata.len() > LIMIT {
        return refuse("is longer than any environment file");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return refuse("belongs to somebody else");
        }
        if metadata.nlink() > 1 {
            return refuse("has another name too (a hard link), which would keep the old content");
        }
    }
    let mut content = Zeroizing::new(Vec::with_capacity(metadata.len() as usize + 1));
    let file = File::open(path).map_err(|error| explain(path, &error))?;
    file.take(LIMIT).read_to_end(&mut content).map_err(|error| explain(path, &error))?;
    Ok(Some((content, metadata)))
}

/// The content with the entry in it; the number of the line that has a value for it already otherwise.
fn with_entry(content: &[u8], name: &str, value: &str) -> Result<Zeroizing<Vec<u8>>, usize> {
    let newline: &[u8] = if content.windows(2).any(|pair| pair == b"\r\n") { b"\r\n" } else { b"\n" };
    let mut empty = None;
    let mut at = 0;
    for (number, line) in content.split_inclusive(|&byte| byte == b'\n').enumerate() {
        if let Some(old) = value_of(line, name) {
            if !matches!(old, b"" | b"''" | b"\"\"") || empty.is_some() {
                return Err(number + 1);
            }
            let equals = line.iter().position(|&byte| byte == b'=').unwrap_or_default();
            empty = Some((at + equals + 1, at + line.trim_ascii_end().len()));
        }
        at += line.len();
    }
    let mut out = Zeroizing::new(Vec::with_capacity(content.len() + name.len() + value.len() + 8));
    if let Some((from, to)) = empty {
        out.extend_from_slice(content.get(..from).unwrap_or_default());
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(content.get(to.max(from)..).unwrap_or_default());
    } else {
        out.extend_from_slice(content);
        if !content.is_empty() && !content.ends_with(b"\n") {
            out.extend_from_slice(newline);
        }
        for part in [name.as_bytes(), b"=", value.as_bytes(), newline] {
            out.extend_from_slice(part);
        }
    }
    Ok(out)
}

/// What a line gives the variable, if it is an entry for it.
fn value_of<'a>(line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let line = line.trim_ascii();
    let line =
        line.strip_prefix(b"export").filter(|rest| rest.starts_with(b" ") || rest.starts_with(b"\t")).unwrap_or(line);
    Some(line.trim_ascii_start().strip_prefix(name.as_bytes())?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii())
}

fn replace(path: &Path, before: Option<&Metadata>, content: &[u8]) -> io::Result<()> {
    let dir = path.parent().ok_or_else(|| io::Error::other("it has no folder"))?;
    let name = path.file_name().ok_or_else(|| io::Error::other("it has no name"))?;
    let mut beside_name = std::ffi::OsString::from(".");
    beside_name.push(name);
    beside_name.push(format!(".{:016x}", getrandom::u64().map_err(io::Error::other)?));
    let beside: PathBuf = dir.join(beside_name);
    let mut file = private_dir::new_file(&beside)?;
    reached("sink: a new file is beside the old one");
    let written = (|| {
        file.write_all(content)?;
        file.sync_all()?;
        reached("sink: it is on disk beside the old one");
        if before.map(stamp) != fs::symlink_metadata(path).ok().as_ref().map(stamp) {
            return Err(io::Error::other("somebody else changed it in this moment"));
        }
        fs::rename(&beside, path)
    })();
    written.inspect_err(|_| drop(fs::remove_file(&beside)))?;
    reached("sink: it has taken the old one's place");
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
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
            "Whether git tracks {} could not be found out. Say that this file is meant, or choose one outside the repository.",
            shown(path)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAKE: &str = "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UwMDAwMDAwMDAwMDAwMDAwMDAwIn0.fakefakefakefakefakefa";

    fn add(path: &Path, name: &str) -> Result<Stored, StoreError> {
        add_entry(path.to_str().unwrap(), name, &Secret::new(FAKE), false)
    }

    fn added(content: &str) -> String {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(".env");
        fs::write(&path, content).unwrap();
        add(&path, "TOKEN").expect("added");
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn the_rest_stays_byte_for_byte() {
        let entry = format!("TOKEN={FAKE}");
        assert_eq!(added(""), format!("{entry}\n"));
        assert_eq!(added("# c\n\nA='x y'\n"), format!("# c\n\nA='x y'\n{entry}\n"));
        assert_eq!(added("A=1"), format!("A=1\n{entry}\n"), "a missing end of line is added");
        assert_eq!(added("A=1\r\nB=2\r\n"), format!("A=1\r\nB=2\r\n{entry}\r\n"));
        assert_eq!(
            added("#TOKEN=no\nMY_TOKEN=no\nTOKENS=no\n"),
            format!("#TOKEN=no\nMY_TOKEN=no\nTOKENS=no\n{entry}\n")
        );
    }

    #[test]
    fn an_empty_entry_is_filled_where_it_stands() {
        for (before, after) in [
            ("A=1\nTOKEN=\nB=2\n", format!("A=1\nTOKEN={FAKE}\nB=2\n")),
            ("export TOKEN=\"\"\r\nB=2", format!("export TOKEN={FAKE}\r\nB=2")),
            ("TOKEN=", format!("TOKEN={FAKE}")),
        ] {
            assert_eq!(added(before), after);
        }
    }

    #[test]
    fn an_entry_that_has_a_value_is_refused_and_nothing_changes() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(".env");
        for content in ["TOKEN=old\n", "A=1\nexport TOKEN = old\n", "TOKEN=\nTOKEN=\n"] {
            fs::write(&path, content).unwrap();
            let error = add(&path, "TOKEN").unwrap_err().to_string();
            assert!(error.contains("already"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
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

    #[cfg(unix)]
    #[test]
    fn afterwards_only_the_owner_can_read_it_and_links_are_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let (file, link, hard) = (place.path().join(".env"), place.path().join("link"), place.path().join("hard"));
        fs::write(&file, "A=1\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        add(&file, "TOKEN").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(add(&link, "OTHER").unwrap_err().to_string().contains("link"));
        fs::hard_link(&file, &hard).unwrap();
        assert!(add(&hard, "OTHER").unwrap_err().to_string().contains("hard link"));
    }

    #[test]
    fn a_file_that_git_tracks_is_refused_unless_it_is_meant() {
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
        assert!(error.contains("tracked by git"), "{error}");
        assert!(!fs::read_to_string(&path).unwrap().contains("SECOND="));
        let meant = add_entry(path.to_str().unwrap(), "SECOND", &Secret::new(FAKE), true);
        assert_eq!(meant, Ok(Stored::Entry { path, name: "SECOND".into() }));
    }

    #[test]
    fn a_value_that_is_no_plain_word_is_quoted_or_refused() {
        assert_eq!(quote(&Secret::new("a b$c")).unwrap().as_str(), "'a b$c'");
        assert!(quote(&Secret::new("a'b")).is_err());
        assert!(quote(&Secret::new("a\nb")).is_err());
    }
}
