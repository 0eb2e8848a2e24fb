//! Runs the program that prints an authorizing token: `["op", "read", "op://Private/mapbox/token"]`.
//!
//! Invariants: no shell is involved; the program gets none of jeton's tokens in its environment and nothing on standard input; its time and
//! output are limited; its output is a secret, and its error messages are scrubbed.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use crate::{
    os::process,
    secret::Secret,
    token::decoded::scrub,
    untrusted::{Untrusted, shown},
};

/// Longest output read.
const LIMIT: u64 = 64 << 10;

/// How long to wait for a program that was told to stop.
const GRACE: Duration = Duration::from_millis(500);

/// Runs it and gives back what it printed.
pub fn run(argv: &[String], time: Duration) -> Result<Secret, String> {
    let (program, arguments) = argv.split_first().ok_or("token_command is empty")?;
    let name = shown(program).into_owned();
    let mut child = process::child(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("can't run {name}: {error}; check token_command in accounts.toml"))?;
    let started = Instant::now();
    let output = process::collect(child.stdout.take(), LIMIT);
    let complaints = process::collect(child.stderr.take(), LIMIT);
    // The pipe ends when the program, and whatever it started, has closed it.
    let Ok(value) = output.recv_timeout(time) else {
        process::stop(&mut child);
        return Err(format!("{name} took longer than {} s and was stopped", time.as_secs()));
    };
    if value.len() as u64 >= LIMIT {
        process::stop(&mut child);
        return Err(format!("{name} printed too much to be a token"));
    }
    let ended = process::wait(&mut child, time.saturating_sub(started.elapsed()).max(GRACE));
    let Some(status) = ended.ok().flatten() else {
        return Err(format!("{name} closed its output but did not exit, and was stopped"));
    };
    if !status.success() {
        let complaints = complaints.recv_timeout(GRACE).unwrap_or_default();
        let complaint = String::from_utf8_lossy(&complaints);
        let complaint = complaint.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no error message");
        let complaint = Untrusted::new(scrub(complaint.trim()).chars().take(200).collect::<String>());
        return Err(format!("{name} failed ({status}): {}", complaint.shown()));
    }
    std::str::from_utf8(&value).map(Secret::new).map_err(|_| format!("{name} did not print text"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn sh(script: &str, time: Duration) -> Result<String, String> {
        let argv = ["sh", "-c", script].map(str::to_owned);
        run(&argv, time).map(|value| value.expose().to_owned())
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn what_is_printed_is_the_token() {
        assert_eq!(sh("echo sk.fake", LONG).as_deref(), Ok("sk.fake\n"));
        assert_eq!(sh("cat; echo sk.fake", LONG).as_deref(), Ok("sk.fake\n"), "there is nothing on standard input");
    }

    #[test]
    fn no_shell_looks_at_the_arguments() {
        let argv = ["echo", "$HOME;", "`id`"].map(str::to_owned);
        assert_eq!(run(&argv, LONG).expect("it works").expose(), "$HOME; `id`\n");
    }

    #[test]
    fn failures_are_explained_without_the_token() {
        let error = sh("echo no >&2; echo sk.eyJ1IjoiYSJ9.fakefakefakefakefakefa >&2; exit 3", LONG).unwrap_err();
        assert!(error.contains("exit status: 3") && !error.contains("eyJ"), "{error}");
        let error = run(&["/does/not/exist".to_owned()], LONG).unwrap_err();
        assert!(error.contains("can't run"), "{error}");
        let error = sh("head -c 100000 /dev/zero | tr '\\0' x", LONG).unwrap_err();
        assert!(error.contains("too much"), "{error}");
    }

    #[test]
    fn a_command_that_hangs_is_stopped() {
        let start = Instant::now();
        let error = sh("exec sleep 60", Duration::from_millis(50)).unwrap_err();
        assert!(error.contains("took longer") && start.elapsed() < LONG, "{error}");
        let error = sh("exec >&- 2>&-; exec sleep 60", Duration::from_millis(50)).unwrap_err();
        assert!(error.contains("did not exit") && start.elapsed() < LONG, "{error}");
    }
}
