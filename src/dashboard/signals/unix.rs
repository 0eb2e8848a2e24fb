//! The Unix side: signals through a pipe, the terminal's death through poll(2), and stopping for Ctrl-Z.

use std::{
    collections::BTreeSet,
    io::{self, IsTerminal as _},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::net::UnixStream,
    },
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Signal, getpgrp, getsid, kill_current_process_group},
};
use signal_hook::{
    consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH},
    iterator::{backend::SignalDelivery, exfiltrator::SignalOnly},
};

use super::{GRACE, end_now};
use crate::dashboard::event::{Event, Sender};

/// How far apart two signals sent together may be seen.
const STRAGGLER: Duration = Duration::from_millis(50);

/// What the signal thread and [`stop`] tell each other. Process-wide, as signals are.
static STATE: Mutex<State> = Mutex::new(State { stopping: false, continued: None, ending: None, lent: None });
static CHANGED: Condvar = Condvar::new();

struct State {
    /// We are stopping ourselves: the TSTP and the CONT that belong to it are no news.
    stopping: bool,
    /// When we last went on after that.
    continued: Option<Instant>,
    /// The first signal that asked for the end.
    ending: Option<i32>,
    /// Another program has the terminal.
    lent: Option<Lent>,
}

/// What it takes to have the terminal back.
struct Lent {
    terminal: OwnedFd,
    /// The other end of what stands in the terminal's place; once it is closed, the input thread looks again.
    _silence: UnixStream,
}

impl State {
    /// Whether a TSTP seen now is the one [`stop`] sent. Its handler may be cut off by the stop and run afterwards.
    fn is_own_stop(&self) -> bool {
        self.stopping || self.continued.is_some_and(|at| at.elapsed() < STRAGGLER)
    }

    /// Notes a CONT; whether it was the end of a stop of our own.
    fn has_continued(&mut self) -> bool {
        let ours = std::mem::take(&mut self.stopping);
        if ours {
            self.continued = Some(Instant::now());
            CHANGED.notify_all();
        }
        ours
    }
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The status to exit with when a signal asked for the end: 128 and its number, as shells report it. A terminal that is
/// gone counts as SIGHUP.
pub fn exit_code() -> Option<u8> {
    state().ending.map(|signal| 128 + signal as u8)
}

/// Notes that the terminal refused a frame, which only one that is gone does: the loop may see that before the signal
/// thread does, and the status is the same.
pub fn lost_terminal() {
    state().ending.get_or_insert(SIGHUP);
}

/// Starts the thread. From here on TERM, INT, HUP, QUIT, TSTP, CONT and WINCH are events, also when the process was
/// started with one of them ignored.
pub fn spawn(events: Sender) -> io::Result<()> {
    let (read, write) = UnixStream::pair()?;
    let signals = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH];
    let delivery = SignalDelivery::with_pipe(read, write, SignalOnly, signals)?;
    let terminal = terminal()?;
    thread::Builder::new().name("signals".into()).spawn(move || observer(delivery, terminal, &events)).map(drop)
}

/// The terminal we were started on, as a descriptor of our own.
fn terminal() -> io::Result<Option<OwnedFd>> {
    let (stdin, stdout) = (io::stdin(), io::stdout());
    let end = if stdin.is_terminal() {
        Some(stdin.as_fd().try_clone_to_owned()?)
    } else if stdout.is_terminal() {
        Some(stdout.as_fd().try_clone_to_owned()?)
    } else {
        None
    };
    Ok(end)
}

fn observer(mut delivery: SignalDelivery<UnixStream, SignalOnly>, mut terminal: Option<OwnedFd>, events: &Sender) {
    let mut deadline: Option<Instant> = None;
    loop {
        let hung_up = match wait(delivery.get_read(), terminal.as_ref(), deadline) {
            Woken::HungUp => {
                terminal = None;
                quieten_input();
                true
            }
            Woken::Unwatchable => {
                terminal = None;
                false
            }
            Woken::Other => false,
        };
        let mut arrived: BTreeSet<i32> = delivery.pending().collect();
        if hung_up {
            arrived.insert(SIGHUP);
        }
        let is_lent = state().lent.is_some();
        if is_lent {
            // Keys that were pressed in the other program: it has got them, too, and knows what to do.
            for signal in [SIGINT, SIGQUIT, SIGCONT] {
                arrived.remove(&signal);
            }
            if arrived.remove(&SIGTSTP) {
                // It stops with us; the shell, which knows only us, continues both.
                let _stopped = signal_hook::low_level::emulate_default_handler(SIGTSTP);
            }
        }
        for signal in [SIGHUP, SIGTERM, SIGINT, SIGQUIT] {
            if arrived.contains(&signal) && deadline.is_none() {
                deadline = Some(Instant::now() + GRACE);
                state().ending.get_or_insert(signal);
                CHANGED.notify_all();
                let _ = events.send(if signal == SIGHUP { Event::HungUp } else { Event::Terminated });
            }
        }
        if arrived.contains(&SIGTSTP) && !state().is_own_stop() {
            let _ = events.send(Event::SuspendAsked);
        }
        if arrived.contains(&SIGCONT) && !state().has_continued() {
            let _ = events.send(Event::Resumed);
        }
        if arrived.contains(&SIGWINCH) {
            let _ = events.send(Event::Resized);
        }
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            end_now(exit_code().unwrap_or(128 + SIGHUP as u8));
        }
    }
}

/// What ended a wait.
enum Woken {
    /// The terminal is gone.
    HungUp,
    /// The kernel cannot poll this terminal (macOS and `/dev/tty`); SIGHUP and failing writes have to do.
    Unwatchable,
    /// A signal, or the time is over.
    Other,
}

fn wait(signals: &UnixStream, terminal: Option<&OwnedFd>, deadline: Option<Instant>) -> Woken {
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    let left = left.and_then(|left| Timespec::try_from(left).ok());
    let mut fds = vec![PollFd::new(signals, PollFlags::IN)];
    // No event is asked for, so this one only ever reports that the other side is gone: keys do not wake this thread.
    fds.extend(terminal.map(|terminal| PollFd::new(terminal, PollFlags::empty())));
    // An interrupted poll is a signal, and those are looked at anyway.
    let _ = poll(&mut fds, left.as_ref());
    match fds.get(1).map(PollFd::revents) {
        Some(end) if end.intersects(PollFlags::HUP | PollFlags::ERR) => Woken::HungUp,
        Some(end) if end.contains(PollFlags::NVAL) => Woken::Unwatchable,
        _ => Woken::Other,
    }
}

/// crossterm's reader spins on a terminal that is gone (its `read` returns nothing and its `poll` returns at once). It
/// reads descriptor 0, so a socket that never says anything is put in that place. Where standard input is not the
/// terminal it has opened one of its own and spins until the process ends, which is [`GRACE`] away at most.
fn quieten_input() {
    if let Ok((silence, other_end)) = UnixStream::pair() {
        let _ = rustix::stdio::dup2_stdin(&silence);
        // Closing the other end would be an end of file, which it would spin on too.
        std::mem::forget(other_end);
    }
}

/// Gives the keys to another program, until [`take_back`]: what is read in place of the terminal stays silent, and the signals of the
/// keyboard are not ours. The caller has given the terminal's modes back.
pub fn lend() -> io::Result<()> {
    let Some(terminal) = terminal()? else { return Ok(()) };
    let (silence, other_end) = UnixStream::pair()?;
    // The input thread may be about to read: it must come back to wait.
    silence.set_nonblocking(true)?;
    let mut now = state();
    rustix::stdio::dup2_stdin(&silence)?;
    now.lent = Some(Lent { terminal, _silence: other_end });
    Ok(())
}

/// The terminal that was lent, for who gets it.
pub fn lent_terminal() -> Option<OwnedFd> {
    state().lent.as_ref().and_then(|lent| lent.terminal.try_clone().ok())
}

/// Takes the keys back, if they were lent.
pub fn take_back() -> io::Result<()> {
    let mut now = state();
    if let Some(lent) = &now.lent {
        rustix::stdio::dup2_stdin(&lent.terminal)?;
        now.lent = None;
    }
    Ok(())
}

/// Whether there is somebody to go back to. The leader of the session (a shell with job control) puts every job into a
/// process group of its own; when we share the leader's, as in `xterm -e jeton`, a stopped process would never be
/// continued.
pub fn can_stop() -> bool {
    getsid(None).is_ok_and(|leader| leader != getpgrp())
}

/// Stops the process, and the group it is in (a wrapper script would otherwise go on waiting and keep the shell from
/// taking over). Returns when it goes on in the foreground: `true`; or, since the end was asked for meanwhile, `false`.
/// The caller has given the terminal back.
pub fn stop() -> io::Result<bool> {
    loop {
        let mut now = state();
        if now.ending.is_some() {
            return Ok(false);
        }
        now.stopping = true;
        drop(now);
        kill_current_process_group(Signal::TSTP)?;
        signal_hook::low_level::emulate_default_handler(SIGTSTP)?;
        // Stopped here. Then the signal thread looks first, so that an end that came with the CONT is known.
        if ended_after(GRACE, |state| state.stopping) {
            return Ok(false);
        }
        if in_foreground() {
            return Ok(true);
        }
        // Continued in the background (`bg`), where touching the terminal is forbidden: wait for the foreground. Or
        // continued to be ended (`kill`), and the other signal is still on its way.
        if ended_after(STRAGGLER, |state| state.ending.is_none()) {
            return Ok(false);
        }
        if in_foreground() {
            return Ok(true);
        }
    }
}

/// Waits, no longer than that, until the signal thread has changed the state; whether the end was asked for by then.
fn ended_after(long: Duration, waiting: impl Fn(&State) -> bool) -> bool {
    let waited = CHANGED.wait_timeout_while(state(), long, |state| waiting(state));
    let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
    state.ending.is_some()
}

fn in_foreground() -> bool {
    match terminal() {
        Ok(Some(terminal)) => rustix::termios::tcgetpgrp(&terminal).map_or(true, |group| group == getpgrp()),
        _ => true,
    }
}
