//! The process itself: who can inspect it, and what its children inherit.
//!
//! Invariants: [`harden`] runs before anything secret is in memory; every child process is made by [`child`], which
//! keeps the authorizing token out of its environment. The variable is taken from the child and not from ourselves: changing
//! one's own environment is unsound while other threads may read it, and the memory the kernel shows as `environ` would
//! keep the value anyway; what protects that is that nobody of the same user may read it.

use std::{
    ffi::OsStr,
    io::{self, Read as _},
    process::{Child, Command, ExitStatus},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use zeroize::Zeroizing;

/// Variables of the environment that hold tokens: ours, and those of Mapbox's other tools.
pub const TOKEN_VARIABLES: [&str; 4] =
    ["MAPBOX_ACCESS_TOKEN", "MAPBOX_TOKEN", "MAPBOX_DOWNLOADS_TOKEN", "MAPBOX_SECRET_TOKEN"];

/// Makes the process unreadable for others of the same user (`/proc/PID/mem`, `environ`, ptrace) and leaves no core dump.
/// Where the system refuses there is nothing better to do than to continue.
pub fn harden() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _unsupported = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // A limit of zero does not stop a `core_pattern` that is a pipe; not being dumpable does.
        let _unsupported = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
}

/// A child process to be: `program` without the tokens in our environment.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn child(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for variable in TOKEN_VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// How long a killed program may take until it is not waited for any longer.
const GRACE: Duration = Duration::from_millis(500);

/// Waits for a child to end; one that takes longer than `time` is killed, and then this is `None`.
///
/// # Errors
/// When the system cannot say.
pub fn wait(child: &mut Child, time: Duration) -> io::Result<Option<ExitStatus>> {
    let ended = wait_until(child, Instant::now() + time)?;
    if ended.is_none() {
        stop(child);
    }
    Ok(ended)
}

/// Kills a child, and waits until it is gone, but not forever.
pub fn stop(child: &mut Child) {
    // It may have ended by itself in this very moment.
    let _ended = child.kill();
    let _reaped = wait_until(child, Instant::now() + GRACE);
}

fn wait_until(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    // There is no portable way to be woken; most programs end soon, and who takes long need not be told at once.
    let mut pause = Duration::from_millis(1);
    loop {
        let ended = child.try_wait()?;
        let left = deadline.saturating_duration_since(Instant::now());
        if ended.is_some() || left.is_zero() {
            return Ok(ended);
        }
        thread::park_timeout(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Reads what a child prints, on a thread of its own, because a program may fill one pipe while we wait for another. At most `limit`
/// bytes are kept; the rest is read anyway, so that nobody is stopped by printing too much.
pub fn collect(pipe: Option<impl io::Read + Send + 'static>, limit: u64) -> mpsc::Receiver<Zeroizing<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    let read = move || {
        let Some(mut pipe) = pipe else { return };
        // Room for all of it at once: growing would leave copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(limit as usize));
        // What was read before an error is judged like any other output.
        let _broken = pipe.by_ref().take(limit).read_to_end(&mut bytes);
        // Nobody waits any longer when it took too long.
        let _late = sender.send(bytes);
        let _broken = io::copy(&mut pipe, &mut io::sink());
    };
    // Without a thread the receiver is told at once that nothing comes.
    drop(thread::Builder::new().name("output".into()).spawn(read));
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_do_not_get_the_tokens_of_the_environment() {
        let child = child("env");
        for variable in TOKEN_VARIABLES {
            assert!(child.get_envs().any(|(name, value)| name == variable && value.is_none()), "{variable}");
        }
    }
}
