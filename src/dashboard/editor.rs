//! [`Spot`]: a line of a file, and opening it in the person's editor.
//!
//! Invariants: the editor's name comes from the environment alone and no shell reads the path; a path is never taken for an option.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
};

use super::signals;
use crate::os::process;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1.
    pub column: u64,
}

/// What opens files where nothing else is said.
const USUAL: &str = if cfg!(windows) { "notepad" } else { "vi" };

/// Opens it and waits until the editor is closed. The terminal is the editor's meanwhile.
///
/// # Errors
/// When the file is gone or the editor cannot be run; in a sentence for people.
pub fn open(spot: &Spot) -> Result<(), String> {
    let shown = crate::untrusted::shown(&spot.path.to_string_lossy()).into_owned();
    if !spot.path.is_file() {
        return Err(format!("{shown} no longer exists. Scan again."));
    }
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let words = variable("VISUAL").or_else(|| variable("EDITOR")).unwrap_or_else(|| USUAL.to_owned());
    let words = words_of(&words);
    let Some((program, options)) = words.split_first() else {
        return Err("$VISUAL or $EDITOR has a quotation mark too many.".to_owned());
    };
    let path = std::path::absolute(&spot.path).map_err(|error| format!("{shown}: {error}."))?;
    let mut command = process::child(program);
    command.args(options).args(arguments(program, &path, spot));
    if let Some(terminal) = signals::lent_terminal() {
        command.stdin(Stdio::from(terminal));
    }
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt as _;
        /// A console of its own: this one's keys are ours.
        const CREATE_NEW_CONSOLE: u32 = 0x10;
        command.creation_flags(CREATE_NEW_CONSOLE);
    }
    let program = crate::untrusted::shown(program);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("The editor {program} ended with {status}.")),
        Err(error) => Err(format!("The editor {program} could not be started: {error}. Set $VISUAL or $EDITOR.")),
    }
}

/// The program and its options.
fn words_of(text: &str) -> Vec<String> {
    if !cfg!(windows) {
        return shlex::split(text).unwrap_or_default();
    }
    // There a backslash is no escape, and the path of a program has blanks.
    let program = text.trim().trim_matches('"');
    if Path::new(program).is_file() {
        return vec![program.to_owned()];
    }
    text.split_whitespace().map(str::to_owned).collect()
}

/// How an editor is told to go to a line.
fn arguments(program: &str, path: &Path, spot: &Spot) -> Vec<OsString> {
    let name = Path::new(program).file_stem().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let at_line = || {
        let mut text = path.as_os_str().to_owned();
        text.push(format!(":{}:{}", spot.line, spot.column));
        text
    };
    let path = path.as_os_str().to_owned();
    match name.as_str() {
        "code" | "code-insiders" | "codium" | "vscodium" | "cursor" | "windsurf" => vec!["--goto".into(), at_line()],
        "subl" | "sublime_text" | "zed" | "zeditor" | "hx" | "helix" => vec![at_line()],
        "idea" | "webstorm" | "pycharm" | "goland" | "rustrover" | "clion" | "phpstorm" => {
            vec!["--line".into(), spot.line.to_string().into(), path]
        }
        "notepad" => vec![path],
        // vi, vim, nvim, nano, emacs, micro, kak, joe, ed and most others.
        _ => vec![format!("+{}", spot.line).into(), path],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_editor_is_told_the_line_in_its_own_way() {
        let spot = Spot { path: "/a/b.env".into(), line: 7, column: 3 };
        let told = |program: &str| {
            let words = arguments(program, &spot.path, &spot);
            words.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(told("vim"), "+7 /a/b.env");
        assert_eq!(told("/usr/bin/nano"), "+7 /a/b.env");
        assert_eq!(told("code"), "--goto /a/b.env:7:3");
        assert_eq!(told("hx"), "/a/b.env:7:3");
        assert_eq!(told("idea"), "--line 7 /a/b.env");
    }

    #[test]
    fn a_file_that_is_gone_is_told() {
        let why = open(&Spot { path: "/nowhere/at-all".into(), line: 1, column: 1 }).unwrap_err();
        assert_eq!(why, "/nowhere/at-all no longer exists. Scan again.");
    }
}
