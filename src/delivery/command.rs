//! [`Program`]: a command's standard input: `pass insert -m …`, `gh secret set …`, `op …`.
//!
//! The value goes through a pipe, without a newline (whoever stores it byte for byte would store that too), never through
//! an argument or the environment. A program that succeeds without having read it has stored nothing, and a pipe takes a
//! short text whether or not anyone reads it; so we keep a reading end ourselves, and what can still be read from it when
//! the program is over, the program did not take.

use std::{
    io::{Read as _, Write as _, pipe},
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Allow, Destination, Kind, Presence, Sink, StoreError};
use crate::{
    os::{failpoint::reached, process},
    secret::{Digest, Secret},
    token::decoded::scrub,
    untrusted,
};

/// Bytes kept of what it prints.
const SAID: u64 = 4096;

/// Characters shown of that.
const SHOWN: usize = 200;

/// Whose the terminal is while a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terminal {
    /// The command's too: it may ask there.
    Shared,
    /// Ours, and we draw on it: what the command reads from it would be missing to us, what it writes would stand in between. It runs
    /// in the background then, where the terminal stops whoever tries to read.
    Ours,
}

/// How long a command may take that runs in the background.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long one may take that may ask something at the terminal.
const PATIENCE_WHEN_ASKING: Duration = Duration::from_secs(120);

/// Where the system looks for programs without a `PATH`.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// The program first.
    pub words: Vec<String>,
}

impl Program {
    pub(super) const KIND: Kind = Kind {
        word: "command",
        option: "to-command",
        value_name: "COMMAND",
        help: "Pipe the value to this command (stdin), quoted or as the last option; runs without a shell",
        question: "Pipe it to a command (stdin):",
        remark: "For example gh secret set MAPBOX_TOKEN, or vault kv put secret/maps token=-. Runs without a shell; the value is \
            never an argument.",
        doing: "running the command ...",
        obeys_allow: false,
        suggestion: |word| format!("pass insert -m mapbox/{word}"),
        parse: |text, _: Allow| Self::parse(text).map(Destination::Command),
    };

    /// Quoted as for a shell; no shell runs it, so nothing in it is expanded.
    fn parse(text: &str) -> Result<Self, StoreError> {
        let words = shlex::split(text).ok_or_else(|| StoreError("Missing a closing quote.".to_owned()))?;
        if words.first().is_none_or(String::is_empty) {
            return Err(StoreError("Type a command, such as pass insert -m mapbox/ci.".to_owned()));
        }
        Ok(Self { words })
    }

    fn name(&self) -> String {
        self.words.first().map_or_else(String::new, |program| untrusted::shown(program).into_owned())
    }
}

impl Sink for Program {
    fn check(&self) -> Result<(), StoreError> {
        let program = self.words.first().map(String::as_str).unwrap_or_default();
        if is_found(program) {
            return Ok(());
        }
        let name = self.name();
        Err(StoreError(if program.contains(std::path::is_separator) {
            format!("{name} is not a program. Check the path.")
        } else {
            format!("{name} is not in your PATH. Install it, or type its path.")
        }))
    }

    fn deliver(&self, value: &Secret, terminal: Terminal) -> Result<String, StoreError> {
        let timeouts = match terminal {
            Terminal::Ours => PATIENCE,
            Terminal::Shared => PATIENCE_WHEN_ASKING,
        };
        let said = hand_to(&self.words, value, timeouts, terminal)?;
        Ok(if said.is_empty() { said } else { format!(" (output: {said})") })
    }

    /// What it did with the value cannot be known.
    fn presence(&self, _: &Digest) -> Presence {
        Presence::Unknown
    }

    fn place(&self) -> String {
        let words = shlex::try_join(self.words.iter().map(String::as_str)).unwrap_or_else(|_| self.words.join(" "));
        untrusted::shown(&scrub(&words)).into_owned()
    }

    fn stored(&self) -> String {
        format!("piped to {}", self.name())
    }
}

/// Whether there is such a program: at its path, or in one of the folders programs are looked for in.
fn is_found(program: &str) -> bool {
    if program.contains(std::path::is_separator) {
        return is_program(Path::new(program));
    }
    let path = std::env::var_os("PATH").unwrap_or_else(|| DEFAULT_PATH.into());
    std::env::split_paths(&path).any(|folder| {
        let at = folder.join(program);
        is_program(&at) || cfg!(windows) && is_program(&at.with_extension("exe"))
    })
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    path.is_file() && accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS).is_ok()
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// Runs `command` (a program and its arguments, no shell) with the value on its standard input, for at most `patience`. What it
/// printed last, ready to show.
///
/// # Errors
/// When it cannot be started, does not end in time, fails or has not read the value. What it printed is in the text, with
/// the value taken out.
fn hand_to(command: &[String], value: &Secret, timeouts: Duration, terminal: Terminal) -> Result<String, StoreError> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(StoreError("No program to run.".into()));
    };
    let name = untrusted::shown(program).into_owned();
    let failed = |what: &str| StoreError(format!("{name} {what}."));
    let no_pipe =
        |error| StoreError(format!("Could not open a pipe to {name}: {error}. Close some programs and try again."));
    let (mut leftover, mut writer) = pipe().map_err(no_pipe)?;
    let (output, output_writer) = pipe().map_err(no_pipe)?;
    let mut child = process::child(program);
    child
        .args(arguments)
        .stdin(Stdio::from(leftover.try_clone().map_err(no_pipe)?))
        .stdout(Stdio::from(output_writer.try_clone().map_err(no_pipe)?))
        .stderr(Stdio::from(output_writer));
    #[cfg(unix)]
    if terminal == Terminal::Ours {
        use std::os::unix::process::CommandExt as _;
        child.process_group(0);
    }
    #[cfg(windows)]
    let _no_background = terminal;
    let spawned = child.spawn();
    // It holds the ends of the pipes that are the child's.
    drop(child);
    let mut child = spawned.map_err(|error| failed(&format!("could not be started: {error}")))?;
    reached("sink: the command runs");
    // A token is far shorter than a pipe is deep, so this does not wait.
    writer.write_all(value.expose().as_bytes()).map_err(no_pipe)?;
    drop(writer);
    reached("sink: the command has the value");

    let said = process::collect(Some(output), SAID);
    let ended =
        process::wait(&mut child, timeouts).map_err(|error| failed(&format!("could not be waited for: {error}")))?;
    let Some(status) = ended else {
        let why = match terminal {
            Terminal::Shared => "",
            Terminal::Ours => " (commands that prompt at the terminal do not work here)",
        };
        return Err(failed(&format!("did not exit within {} s and was stopped{why}", timeouts.as_secs())));
    };
    reached("sink: the command has ended");
    // A child of its own may keep the output open; what it says later is not waited for.
    let said = said.recv_timeout(Duration::from_secs(1)).map(|text| presentable(&text, value)).unwrap_or_default();
    if !status.success() {
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        return Err(failed(&format!("{}{said}", ending(status))));
    }
    let mut unread = Zeroizing::new(Vec::with_capacity(value.expose().len()));
    leftover.read_to_end(&mut unread).map_err(no_pipe)?;
    if !unread.is_empty() {
        return Err(failed("exited without reading the value from standard input, so it did not store it"));
    }
    Ok(said)
}

fn ending(status: ExitStatus) -> String {
    status.code().map_or_else(|| "was killed by a signal".to_owned(), |code| format!("failed with status {code}"))
}

/// The last line that says something, without the value, ready to show.
fn presentable(output: &[u8], value: &Secret) -> String {
    let text = Zeroizing::new(String::from_utf8_lossy(output).into_owned());
    let text = Zeroizing::new(text.replace(value.expose(), "(the value)"));
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let signature = value.expose().rsplit('.').next().unwrap_or_default();
    // A part of it, or another spelling of it, is not worth the line.
    if signature.len() >= 8 && line.contains(signature) {
        return "(something with the value in it)".to_owned();
    }
    untrusted::shown(&scrub(line)).chars().take(SHOWN).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const FAKE: &str = "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UwMDAwMDAwMDAwMDAwMDAwMDAwIn0.fakefakefakefakefakefa";
    const LONG: Duration = Duration::from_secs(30);

    fn sh(script: &str, timeouts: Duration) -> Result<String, StoreError> {
        hand_to(&["sh".into(), "-c".into(), script.into()], &Secret::new(FAKE), timeouts, Terminal::Shared)
    }

    #[test]
    fn the_value_arrives_byte_for_byte_and_what_is_said_comes_back() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("got");
        let stored = sh(&format!("cat > {}; echo fine", file.display()), LONG).expect("stored");
        assert_eq!(std::fs::read_to_string(file).unwrap(), FAKE);
        assert_eq!(stored, "fine");
    }

    #[test]
    fn one_that_ends_well_without_reading_it_has_not_stored_it() {
        let error = sh("exit 0", LONG).unwrap_err().to_string();
        assert!(error.contains("without reading the value"), "{error}");
        let error = sh("head -c 10 > /dev/null", LONG).unwrap_err().to_string();
        assert!(error.contains("exited"), "{error}");
    }

    #[test]
    fn what_it_says_is_shown_without_the_value_and_without_sequences() {
        let error = sh("v=$(cat); printf '\\033[31mno: %s\\n' \"$v\" >&2; exit 3", LONG).unwrap_err().to_string();
        assert_eq!(error, "sh failed with status 3: ␛[31mno: (the value).");
        let error = sh("cat | cut -c 20- >&2; exit 3", LONG).unwrap_err().to_string();
        assert!(!error.contains("fakefake"), "{error}");
    }

    #[test]
    fn one_that_hangs_is_stopped_and_one_that_is_missing_named() {
        let error = sh("exec sleep 100", Duration::from_millis(50)).unwrap_err().to_string();
        assert!(error.contains("did not exit"), "{error}");
        let error = hand_to(&["jeton-no-such-program".into()], &Secret::new(FAKE), LONG, Terminal::Ours)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("jeton-no-such-program could not be started"), "{error}");
    }

    #[test]
    fn one_that_is_missing_is_found_out_before_there_is_a_value() {
        let check = |text: &str| Program::parse(text).and_then(|program| program.check());
        assert_eq!(check("sh -c true"), Ok(()));
        assert_eq!(check("/bin/sh"), Ok(()));
        for (text, says) in
            [("jeton-no-such-program x", "PATH"), ("./no/such", "not a program"), ("/etc/passwd", "not a program")]
        {
            assert!(check(text).unwrap_err().to_string().contains(says), "{text}");
        }
    }

    #[test]
    fn a_command_is_split_as_a_shell_would_and_nothing_in_it_is_expanded() {
        let words = Program::parse("pass insert -m 'maps/my token' $HOME").unwrap();
        assert_eq!(words.words, ["pass", "insert", "-m", "maps/my token", "$HOME"]);
        assert_eq!(words.place(), "pass insert -m 'maps/my token' '$HOME'");
        assert!(Program::parse("pass 'insert").is_err() && Program::parse("''").is_err());
    }

    #[test]
    fn one_that_says_a_great_deal_is_not_stopped_by_nobody_reading_it() {
        assert!(sh("cat > /dev/null; yes | head -c 1000000", LONG).is_ok());
    }
}
