//! The process killed at every system call of a create: what holds for the program as it is handed out, with no failpoints in it.
//!
//! strace delays every call a little before it is made and says which it is; at the call number `k`, counted over all threads
//! and children, the program is killed before the call is made. Where strace is missing or may not trace, nothing is
//! checked, and standard error says so.

use std::{
    io::Read as _,
    process::Stdio,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{
    rig::{Rig, is_measuring, record, text},
    witnesses::{Ended, Sink, Sums},
};

/// Long enough for us to read the line and send a signal while the call waits.
const STRACE: [&str; 8] = ["strace", "-f", "-s", "0", "-o", "/dev/stdout", "-e", "inject=all:delay_enter=2000"];

/// Points of a run that are tried when nothing is being measured.
const A_FEW: usize = 5;

/// The system calls as strace tells of them, while they are made.
#[derive(Default)]
struct Trace {
    line: String,
    calls: Vec<String>,
    process: Option<Pid>,
}

impl Trace {
    /// Takes in what was printed; `true` when that was the beginning of one more call.
    fn take(&mut self, byte: u8) -> bool {
        if byte == b'\n' {
            self.line.clear();
            return false;
        }
        self.line.push(char::from(byte));
        // `123 openat(AT_FDCWD, …`; later in the line, and after the end of a call that was interrupted, it means nothing.
        let Some((process, name)) = self.line.strip_suffix('(').and_then(|head| head.split_once(' ')) else {
            return false;
        };
        let name = name.trim_start();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(is_name) {
            return false;
        }
        if self.process.is_none() {
            self.process = process.parse().ok().and_then(Pid::from_raw);
        }
        self.calls.push(name.to_owned());
        true
    }
}

/// Creates a token, and kills the program at the call `at`. The calls up to its end, and whether it was killed.
fn create(rig: &Rig, sink: Sink, note: &str, at: Option<usize>) -> (Vec<String>, bool) {
    let mut command = rig.wrapped(Some(&STRACE), ["create", "--note", note, "--scope", "uploads:write"]);
    command.args(sink.arguments(rig, note)).stderr(Stdio::null());
    let mut strace = command.spawn().unwrap();
    let mut told = strace.stdout.take().unwrap();
    let (mut trace, mut chunk) = (Trace::default(), [0; 4096]);
    let mut is_killed = false;
    loop {
        // Every line is flushed when its call begins.
        let count = told.read(&mut chunk).unwrap();
        if count == 0 {
            break;
        }
        for &byte in &chunk[..count] {
            if trace.take(byte) && Some(trace.calls.len()) == at {
                // It may be over already, in the last call of all.
                is_killed = kill_process(trace.process.unwrap(), Signal::KILL).is_ok();
            }
        }
    }
    // It ends when everything it traces has ended: the command of the sink too.
    strace.wait().unwrap();
    (trace.calls, is_killed)
}

#[expect(clippy::print_stderr, reason = "what is not tested has to be said")]
fn can_trace(rig: &Rig) -> bool {
    let why = match rig.wrapped(Some(&STRACE), ["--version"]).output() {
        Ok(output) if output.status.success() && text(&output.stdout).contains("execve(") => return true,
        Ok(output) => text(&output.stderr),
        Err(error) => error.to_string(),
    };
    eprintln!("NOT TESTED: strace cannot trace here ({})", why.trim());
    false
}

#[test]
fn killed_at_any_system_call_no_secret_is_lost_in_silence() {
    if !can_trace(&Rig::new()) {
        return;
    }
    let sums = Sums::default();
    // Runs in which no other call began before the signal arrived.
    let exact = AtomicUsize::new(0);
    let longest = AtomicUsize::new(0);
    let mut cases = Vec::new();
    for sink in [Sink::File, Sink::Command] {
        let (calls, _) = create(&Rig::new(), sink, "whole", None);
        longest.fetch_max(calls.len(), Ordering::Relaxed);
        let step = if is_measuring() { 1 } else { calls.len() / A_FEW };
        cases.extend((1..=calls.len()).step_by(step).map(|at| (sink, at)));
    }
    let cases = Mutex::new(cases);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                let rig = Rig::new();
                loop {
                    let Some((sink, at)) = cases.lock().unwrap().pop() else { return };
                    let note = format!("n{at}-{sink:?}");
                    let (calls, is_killed) = create(&rig, sink, &note, Some(at));
                    if is_killed {
                        exact.fetch_add(usize::from(calls.len() == at), Ordering::Relaxed);
                        let what = format!("killed at call {at} ({}) of {}, sink {sink:?}", calls[at - 1], calls.len());
                        // The intent is synced twice, the file and its name. The third time is the id's, after the answer was kept.
                        let is_kept = calls[..at].iter().filter(|call| *call == "fsync").count() > 2;
                        Ended { what, sink, note: &note, stdout: &[], is_kept }.compare(&rig, &sums);
                    }
                }
            });
        }
    });
    let [runs, lost, unreported, kept, recovered] = sums.totals();
    let exact = exact.load(Ordering::Relaxed);
    println!("{runs} runs, {exact} exact: {lost} lost, {unreported} unreported, {recovered} of {kept} recovered");
    assert!(runs > A_FEW, "only {runs} runs");
    assert_eq!((lost, unreported, recovered), (0, 0, kept));
    let longest = longest.load(Ordering::Relaxed);
    record(
        "S6",
        "SIGKILL at every system call of a create, program as handed out: lost in silence / not reported",
        "0 / 0",
        &format!(
            "{lost} / {unreported} ({runs} runs: up to {longest} calls × 2 sinks; {recovered} of {kept} recovered after the \
             answer was kept)"
        ),
    );
}
