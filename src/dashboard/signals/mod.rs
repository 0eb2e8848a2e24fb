//! Signals and the death of the terminal, from a thread of their own to the loop's channel.
//!
//! The thread exists because the loop may be busy and the input thread may be blocked, and neither may keep the process
//! alive (or the terminal raw) when somebody asks it to end. It sleeps in the kernel until something happens.
//!
//! Invariants: once the end was asked for or the terminal is gone, the process ends within [`GRACE`] and a little,
//! whatever the loop does; the terminal's modes are given back as far as the terminal still takes anything.

use std::time::Duration;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::{can_stop, exit_code, lend, lent_terminal, lost_terminal, spawn, stop, take_back};
#[cfg(windows)]
pub use windows::{can_stop, exit_code, lend, lent_terminal, lost_terminal, spawn, stop, take_back};

/// How long the loop has to come to its end by itself, after which the process is ended under it. Less than the second
/// within which a dead terminal must have ended the process; far more than a loop that is alive needs.
pub const GRACE: Duration = Duration::from_millis(700);

/// How long giving the terminal back may take when the loop did not do it. A terminal that takes no bytes (stopped by
/// Ctrl-S, or hung) would block it for ever.
const RESTORE: Duration = Duration::from_millis(150);

/// Ends the process under a loop that did not end by itself.
fn end_now(code: u8) -> ! {
    let (done, restored) = std::sync::mpsc::channel();
    let restoring = std::thread::Builder::new().name("restore".into()).spawn(move || {
        super::terminal::leave();
        let _ = done.send(());
    });
    if restoring.is_ok() {
        let _ = restored.recv_timeout(RESTORE);
    }
    // No destructors and no exit handlers: one of them may be what the loop is stuck in.
    #[cfg(unix)]
    signal_hook::low_level::exit(i32::from(code));
    #[cfg(windows)]
    std::process::exit(i32::from(code))
}
