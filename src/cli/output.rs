//! [`Output`]: the two streams of a command, and how to write on each.
//!
//! Invariants: data goes to standard output, messages to standard error; standard output is buffered, and no write error goes
//! unnoticed (a full disk is an error, a closed pipe ends quietly); JSON escapes every character that could affect a terminal; no part of a
//! secret stays in a buffer ([`Output::secret`]).

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
    fs::File,
    io::{self, BufWriter, IsTerminal as _, Write as _},
};

use serde::Serialize;
use zeroize::Zeroizing;

use super::{
    failure::Failure,
    styles::{ColorChoice, Styles},
    table::Table,
};
use crate::{os::locale, secret::Secret, untrusted};

/// Bytes collected before they are written: a page of tokens in one go.
const BUFFER: usize = 64 << 10;

/// What the global options and the environment say about output.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputOptions {
    /// Data as JSON.
    pub json: bool,
    /// When to use colour.
    pub color: ColorChoice,
    /// Linear text: nothing that only makes sense to the eye.
    pub accessible: bool,
    /// Never ask.
    pub no_input: bool,
}

/// The streams.
pub struct Output {
    output_options: OutputOptions,
    stdout: BufWriter<File>,
    styles: Styles,
    ink_of_talk: Styles,
    is_terminal: bool,
    talks_to_terminal: bool,
    /// The locale knows no other characters.
    is_ascii: bool,
}

impl Output {
    /// Takes over the program's streams.
    ///
    /// # Errors
    /// When the system gives no second handle to standard output.
    pub fn new(output_options: OutputOptions) -> io::Result<Self> {
        let is_terminal = io::stdout().is_terminal();
        let talks_to_terminal = io::stderr().is_terminal();
        let environment = |name: &str| std::env::var(name).ok();
        Ok(Self {
            output_options,
            stdout: BufWriter::with_capacity(BUFFER, stdout_file()?),
            styles: Styles::decide(output_options.color, is_terminal, environment),
            ink_of_talk: Styles::decide(output_options.color, talks_to_terminal, environment),
            is_terminal,
            talks_to_terminal,
            is_ascii: !locale::is_utf8(environment),
        })
    }

    /// Whether data is to be JSON.
    pub fn is_json(&self) -> bool {
        self.output_options.json
    }

    /// Whether data is to be linear text.
    pub fn is_accessible(&self) -> bool {
        self.output_options.accessible
    }

    /// Whether someone sits in front of standard output.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Whether questions may be asked: someone reads them, someone can answer, and nobody forbade it.
    pub fn may_ask(&self) -> bool {
        !self.output_options.no_input && self.talks_to_terminal && io::stdin().is_terminal()
    }

    /// Whether to keep a line on standard error up to date.
    pub fn shows_progress(&self) -> bool {
        self.talks_to_terminal && !self.output_options.accessible
    }

    /// The colours of standard output.
    pub fn styles(&self) -> Styles {
        self.styles
    }

    /// The colours of standard error.
    pub fn ink_of_talk(&self) -> Styles {
        self.ink_of_talk
    }

    /// Columns to fit tables into; `None` when nobody looks, and nothing is to be cut.
    pub fn width(&self) -> Option<usize> {
        self.is_terminal.then(|| terminal_width().unwrap_or(80))
    }

    /// A line of data for people.
    pub fn line(&mut self, line: impl fmt::Display) -> Result<(), Failure> {
        if self.is_ascii {
            writeln!(self.stdout, "{}", locale::in_ascii(&line.to_string()))?;
        } else {
            writeln!(self.stdout, "{line}")?;
        }
        Ok(())
    }

    /// A text that has its own line ends.
    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        let text = if self.is_ascii { locale::in_ascii(text) } else { text.into() };
        self.stdout.write_all(text.as_bytes())?;
        Ok(())
    }

    /// The text of a file, as it is in any locale; what could harm a terminal is escaped in it already.
    pub fn data(&mut self, text: &str) -> Result<(), Failure> {
        self.stdout.write_all(text.as_bytes())?;
        Ok(())
    }

    /// A table, or its lines when it is to be linear.
    pub fn table(&mut self, table: &Table) -> Result<(), Failure> {
        let text =
            if self.output_options.accessible { table.linear() } else { table.render(self.width(), self.styles) };
        self.text(&text)
    }

    /// A value as JSON and the end of the line: laid out for reading at a terminal, in one line elsewhere.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        // A public token's value may be among it; secret ones are, when they were asked for.
        let mut json = Zeroizing::new(Vec::new());
        if self.is_terminal {
            serde_json::to_writer_pretty(&mut *json, value)?;
        } else {
            serde_json::to_writer(&mut *json, value)?;
        }
        json.push(b'\n');
        self.harmless(&json)
    }

    /// A value as JSON in one line, whoever reads it, without an end of the line: a part of a longer text.
    pub fn json_part(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let mut json = Vec::with_capacity(512);
        serde_json::to_writer(&mut json, value)?;
        self.harmless(&json)
    }

    /// Writes JSON with every character escaped that could do something to a terminal.
    fn harmless(&mut self, json: &[u8]) -> Result<(), Failure> {
        match harmless_json(json, self.is_ascii) {
            Cow::Borrowed(json) => self.stdout.write_all(json)?,
            Cow::Owned(json) => self.stdout.write_all(&json)?,
        }
        Ok(())
    }

    /// A secret in a line of its own, past the buffer, so that no copy stays in it. When this returns, the system has it.
    pub fn secret(&mut self, secret: &Secret) -> Result<(), Failure> {
        self.flush()?;
        let mut line = Zeroizing::new(String::with_capacity(secret.expose().len() + 1));
        line.push_str(secret.expose());
        line.push('\n');
        self.stdout.get_mut().write_all(line.as_bytes())?;
        Ok(())
    }

    /// A value with a secret in it, as JSON, past the buffer like [`Self::secret`].
    pub fn secret_json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        self.flush()?;
        let mut json = Zeroizing::new(Vec::with_capacity(4096));
        if self.is_terminal {
            serde_json::to_writer_pretty(&mut *json, value)?;
        } else {
            serde_json::to_writer(&mut *json, value)?;
        }
        json.push(b'\n');
        let safe = harmless_json(&json, self.is_ascii);
        let written = self.stdout.get_mut().write_all(&safe);
        if let Cow::Owned(copy) = safe {
            drop(Zeroizing::new(copy));
        }
        written?;
        Ok(())
    }

    /// Hands on what has been collected.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.stdout.flush()?;
        Ok(())
    }

    /// Prints a message on standard error. A write error is ignored: no data is lost.
    pub fn say(&self, line: impl fmt::Display) {
        let line = line.to_string();
        tell(if self.is_ascii { locale::in_ascii(&line) } else { line.into() });
    }

    /// A warning on standard error.
    pub fn warn(&self, line: impl fmt::Display) {
        self.say(format_args!("{} {line}", self.ink_of_talk.warning("Warning:")));
    }

    /// Says why a command ended early: `error: what and why`, `note: what was not done` and `help: what to do`, or one JSON object.
    pub fn fail(&self, failure: &Failure) {
        #[derive(Serialize)]
        struct Report<'a> {
            error: &'a Failure,
        }
        if self.output_options.json {
            let json = serde_json::to_vec(&Report { error: failure }).expect("plain strings");
            self.say(String::from_utf8_lossy(&harmless_json(&json, self.is_ascii)));
            return;
        }
        self.say(format_args!("{} {}", self.ink_of_talk.error("error:"), failure.message));
        // What was not done is no advice.
        let (note, help) = match failure.next.split_once(". ") {
            _ if !failure.next.starts_with("Nothing was ") => ("", failure.next.as_str()),
            Some((note, help)) => (note, help),
            None => (failure.next.as_str(), ""),
        };
        for (label, text) in [("note:", note), ("help:", help)].into_iter().filter(|(_, text)| !text.is_empty()) {
            self.say(format_args!("{} {}", self.ink_of_talk.title(label), as_help(text)));
        }
    }
}

/// A line on standard error, whoever reads it.
pub fn tell(line: impl fmt::Display) {
    let _deaf = writeln!(io::stderr().lock(), "{line}");
}

/// Tells a user at the terminal why nothing seems to happen. A log does not need it.
pub fn notice(line: impl fmt::Display) {
    let mut err = io::stderr().lock();
    if err.is_terminal() {
        let _unseen = writeln!(err, "{line}");
    }
}

/// Advice after `help:`: it starts with a small letter, unless that is how its first word is spelt, and a command at its end can be copied.
fn as_help(advice: &str) -> String {
    let advice = advice.strip_suffix('.').unwrap_or(advice);
    let mut letters = advice.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(letters).collect(),
        _ => advice.to_owned(),
    }
}

/// JSON in which every character that could move a cursor, reorder or hide text is written as its `\u` escape, and with `is_ascii`
/// every one that is not ASCII. Such characters can only stand inside strings, where the escape means the same.
fn harmless_json(json: &[u8], is_ascii: bool) -> Cow<'_, [u8]> {
    if json.iter().all(|byte| byte.is_ascii() && *byte != 0x7f) {
        return Cow::Borrowed(json);
    }
    let Ok(text) = std::str::from_utf8(json) else { return Cow::Borrowed(json) };
    let mut out = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if c == '\n' || !(untrusted::is_dangerous(c) || is_ascii && !c.is_ascii()) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("a string takes everything");
            }
        }
    }
    Cow::Owned(out.into_bytes())
}

/// Standard output as a file of its own: the standard library's handle keeps the last line in a buffer nobody can wipe.
#[cfg(unix)]
fn stdout_file() -> io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// Standard output as a file of its own: the standard library's handle keeps the last line in a buffer nobody can wipe.
#[cfg(windows)]
fn stdout_file() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(File::from(io::stdout().as_handle().try_clone_to_owned()?))
}

/// Whether what is written to standard output is thrown away: closed before we were started (the standard library opens the null
/// device in its place), or sent there.
#[cfg(unix)]
pub fn is_discarded() -> bool {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
    let null = std::fs::metadata("/dev/null").map(|null| null.rdev());
    let ours = stdout_file().and_then(|file| file.metadata());
    matches!((null, ours), (Ok(null), Ok(ours)) if ours.file_type().is_char_device() && ours.rdev() == null)
}

/// Whether what is written to standard output is thrown away. Not to be found out here.
#[cfg(not(unix))]
pub fn is_discarded() -> bool {
    false
}

#[cfg(unix)]
fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col)).or_else(columns)
}

#[cfg(not(unix))]
fn terminal_width() -> Option<usize> {
    columns()
}

/// The width as shells tell it.
fn columns() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_holds_nothing_a_terminal_would_obey_and_means_the_same() {
        let name = "a\u{9b}31m\u{202e}b\u{7f}c東京\u{1b}\u{e0041}";
        let json = serde_json::to_vec(name).expect("a string");
        let harmless = harmless_json(&json, false);
        let text = std::str::from_utf8(&harmless).expect("text");
        assert!(text.chars().all(|c| !untrusted::is_dangerous(c)), "{text:?}");
        assert!(text.contains("東京"));
        assert_eq!(serde_json::from_slice::<String>(&harmless).expect("JSON"), name);
    }

    #[test]
    fn advice_is_a_line_of_help() {
        assert_eq!(as_help("See jeton list."), "see jeton list");
        assert_eq!(as_help("MAPBOX_USERNAME names it."), "MAPBOX_USERNAME names it");
        assert_eq!(as_help(""), "");
    }

    #[test]
    fn ordinary_json_is_passed_on_as_it_is() {
        assert!(matches!(harmless_json(br#"{"note":"Checkout"}"#, true), Cow::Borrowed(_)));
    }
}
