//! Runs a program with a value on its standard input, for a limited time.

use std::{
    ffi::OsString,
    io::Write as _,
    process::Stdio,
    time::{Duration, Instant},
};

use zeroize::Zeroizing;

use crate::os::process;

/// What a program said.
pub(super) struct Answer {
    /// Whether it succeeded.
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
    timeouts: Duration,
) -> Result<Answer, String> {
    let mut child = process::child(program)
        .args(arguments)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(if input.is_some() { Stdio::null() } else { Stdio::piped() })
        // The screen is ours.
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("can't run {program} ({error})"))?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        // A value fits in the pipe, so this does not wait. A program that did not want it says so by its status.
        let _ = stdin.write_all(input.as_bytes());
    }
    let started = Instant::now();
    let late = || format!("{program} does not respond");
    let output = match child.stdout.take() {
        Some(stdout) => process::collect(Some(stdout), LIMIT).recv_timeout(timeouts).map_err(|_| {
            process::stop(&mut child);
            late()
        })?,
        None => Zeroizing::default(),
    };
    let ended = process::wait(&mut child, timeouts.saturating_sub(started.elapsed()));
    let ended = ended.map_err(|error| format!("can't wait for {program} ({error})"))?;
    Ok(Answer { success: ended.ok_or_else(late)?.success(), output })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn sh(script: &str, input: Option<&str>, timeouts: Duration) -> Result<Answer, String> {
        run("sh", &["-c", script], &[], input, timeouts)
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
        assert_eq!(error.as_deref(), Some("sh does not respond"));
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn one_that_is_not_there_is_an_error() {
        assert!(run("jeton-no-such-program", &[], &[], None, Duration::from_secs(1)).is_err());
    }
}
