//! The terminal closed under a reveal: the program is gone within a second, and the value is not.

use std::{
    fs,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::Pid;

use super::{
    pty::DEADLINE,
    reveal,
    rig::{Rig, is_installed, is_measuring, line, record, text},
};

/// The longest it may take.
const SOON: Duration = Duration::from_secs(1);

/// Ways to close a terminal.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// One of tmux's commands.
    Tmux(&'static str),
    /// A terminal window that closes, with no tmux in between.
    Window,
}

/// The dashboard in a tmux server of its own, with a value on screen.
struct Session<'a> {
    rig: &'a Rig,
    pid: Pid,
    value: String,
}

impl<'a> Session<'a> {
    fn open(rig: &'a Rig) -> Self {
        let socket = socket(rig);
        let tmux = ["tmux", "-f", "/dev/null", "-S", &socket, "new-session", "-d", "-x", "120", "-y", "40", "env"];
        let mut start = rig.wrapped(Some(&tmux), [""; 0]);
        assert!(start.env("TERM", "xterm-256color").env("SHELL", "/bin/sh").status().unwrap().success());
        // For `tmux` to end with whatever becomes of the test from here on.
        let mut session = Self { rig, pid: Pid::INIT, value: String::new() };
        for (wanted, keys) in reveal::KEYS {
            session.wait(|screen| screen.contains(wanted).then_some(()));
            if !keys.is_empty() {
                session.tmux(&["send-keys", "-l", keys]);
            }
        }
        session.value = session.wait(reveal::value_in);
        let pid = text(&session.tmux(&["display-message", "-p", "#{pane_pid}"]).stdout);
        session.pid = pid.trim().parse().ok().and_then(Pid::from_raw).unwrap();
        session
    }

    #[expect(clippy::disallowed_methods, reason = "it has no token to inherit")]
    fn tmux(&self, arguments: &[&str]) -> Output {
        let mut tmux = Command::new("tmux");
        tmux.arg("-S").arg(socket(self.rig)).args(arguments).env_remove("TMUX").stdin(Stdio::null());
        tmux.output().unwrap()
    }

    fn wait<T>(&self, wanted: impl Fn(&str) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let screen = text(&self.tmux(&["capture-pane", "-p"]).stdout);
            if let Some(found) = wanted(&screen) {
                return found;
            }
            assert!(Instant::now() < deadline, "in vain; the screen shows\n{screen}");
            thread::park_timeout(Duration::from_millis(5));
        }
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

fn socket(rig: &Rig) -> String {
    rig.path("tmux").display().to_string()
}

/// Whether a process runs: one whose every thread has ended and that was not waited for yet does not.
fn is_running(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    // What follows the name: the state first, the number of threads as the eighteenth.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let is_over = |state: &&str| matches!(*state, "Z" | "X");
    let threads = fields.get(17).and_then(|threads| threads.parse().ok()).unwrap_or(0);
    fields.first().is_some_and(|state| !is_over(state) || threads > 1)
}

fn wait_for_end(pid: Pid, closed: Instant) -> Duration {
    while is_running(pid) {
        assert!(closed.elapsed() < DEADLINE, "it runs on");
        thread::park_timeout(Duration::from_millis(1));
    }
    closed.elapsed()
}

/// Reveals a value and closes the terminal. The value, and how long the program took to end.
fn close(rig: &Rig, way: Way) -> (String, Duration) {
    match way {
        Way::Tmux(command) => {
            let session = Session::open(rig);
            let closed = Instant::now();
            session.tmux(&[command]);
            (session.value.clone(), wait_for_end(session.pid, closed))
        }
        Way::Window => {
            let mut pty = reveal::dashboard(rig);
            let value = reveal::reveal(&mut pty);
            // Masks the value, which is something to draw.
            let closed = pty.hang_up("v");
            let took = wait_for_end(pty.pid(), closed);
            assert_eq!(pty.end(), Ok(129));
            (value, took)
        }
    }
}

#[test]
fn a_terminal_closed_under_a_reveal_ends_the_program_and_keeps_the_value() {
    let mut sources = vec![Way::Window];
    if is_installed("tmux") {
        sources.extend(["kill-pane", "kill-session", "kill-server"].map(Way::Tmux));
    }
    let rounds = if is_measuring() { 10 } else { 1 };
    let (mut runs, mut whole, mut slowest) = (0, 0, Duration::ZERO);
    for (round, way) in (0..rounds).flat_map(|round| sources.iter().map(move |way| (round, *way))) {
        let rig = Rig { escrow: if round % 2 == 0 { "auto" } else { "file" }, ..Rig::new() };
        let (value, took) = close(&rig, way);
        assert!(rig.works(&value), "{way:?}: read from the screen");
        assert!(took < SOON, "{way:?}: {took:?}");
        slowest = slowest.max(took);
        let open = rig.recover();
        assert_eq!((open.len(), &open[0]["active"]), (1, &false.into()), "{way:?}: {open:?}");
        let late = rig.path("late");
        let output = rig.run(&["recover", open[0]["op"].as_str().unwrap(), "--to-file", late.to_str().unwrap()]);
        assert!(output.status.success(), "{way:?}: {}", text(&output.stderr));
        whole += usize::from(line(&late) == Some(value));
        runs += 1;
    }
    assert_eq!(whole, runs);
    let sources =
        if sources.len() > 1 { "window closed, tmux kill-pane, kill-session, kill-server" } else { "window closed" };
    record(
        "S5",
        "terminal closed under the reveal: program gone, value recovered",
        "1 s, 100 %",
        &format!("{} ms at most, {whole} of {runs} ({sources})", slowest.as_millis()),
    );
}
