//! Running a program that takes a value on its standard input, with an end to the waiting.

use std::{
    ffi::OsString,
    io::{Read as _, Write as _},
    process::Stdio,
    sync::mpsc,
    thread,
    time::Duration,
};

use zeroize::Zeroizing;

/// What a program said.
pub(super) struct Answer {
    /// Whether it ended well.
    pub(super) success: bool,
    /// Its standard output. May be a value.
    pub(super) output: Zeroizing<Vec<u8>>,
}

/// The most that is read of an answer; a clipboard may hold anything.
const LIMIT: u64 = 1 << 20;

/// Runs it. Without `input` its standard output is collected; with it, it is not, since such programs stay in the
/// background and keep it open.
///
/// # Errors
/// When it cannot be started or does not end in time; a sentence without the value.
pub(super) fn run(
    program: &str,
    arguments: &[&str],
    variables: &[(OsString, OsString)],
    input: Option<&str>,
    patience: Duration,
) -> Result<Answer, String> {
    let mut child = crate::os::process::child(program)
        .args(arguments)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(if input.is_some() { Stdio::null() } else { Stdio::piped() })
        // The screen is ours.
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{program} cannot be started ({error})"))?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    if let (Some(mut stdin), Some(input)) = (stdin, input) {
        // A value fits in the pipe, so this does not wait. A program that did not want it says so by its status.
        let _ = stdin.write_all(input.as_bytes());
    }
    let (sender, answers) = mpsc::channel();
    let killer = child.id();
    let waiting = thread::Builder::new().name(program.to_owned()).spawn(move || {
        let mut output = Zeroizing::new(Vec::new());
        if let Some(stdout) = stdout {
            let _ = stdout.take(LIMIT).read_to_end(&mut output);
        }
        let success = child.wait().is_ok_and(|status| status.success());
        let _ = sender.send(Answer { success, output });
    });
    waiting.map_err(|error| format!("{program} cannot be waited for ({error})"))?;
    answers.recv_timeout(patience).map_err(|_| {
        end(killer);
        format!("{program} does not answer")
    })
}

/// Ends a program that does not answer, so that none is left behind.
#[cfg(unix)]
fn end(process: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    // The thread that waits for it would have answered had it reaped it, so the number is still its own.
    if let Some(process) = Pid::from_raw(process.cast_signed()) {
        let _ = kill_process(process, Signal::KILL);
    }
}

/// There is no way to end a process by its number here; it is left to itself.
#[cfg(windows)]
fn end(_: u32) {}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Instant;

    use super::*;

    fn sh(script: &str, input: Option<&str>, patience: Duration) -> Result<Answer, String> {
        run("sh", &["-c", script], &[], input, patience)
    }

    #[test]
    fn what_it_prints_and_how_it_ends_is_known() {
        let answer = sh("printf fake", None, Duration::from_secs(20)).unwrap();
        assert!(answer.success && answer.output.as_slice() == b"fake");
        assert!(!sh("exit 3", None, Duration::from_secs(20)).unwrap().success);
        assert!(sh("[ \"$(cat)\" = fake ]", Some("fake"), Duration::from_secs(20)).unwrap().success);
    }

    #[test]
    fn one_that_hangs_is_given_up() {
        let started = Instant::now();
        let error = sh("exec sleep 100", None, Duration::from_millis(50)).err();
        assert_eq!(error.as_deref(), Some("sh does not answer"));
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn one_that_is_not_there_is_an_error() {
        assert!(run("jeton-no-such-program", &[], &[], None, Duration::from_secs(1)).is_err());
    }
}
