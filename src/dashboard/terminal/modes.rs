//! The modes we put the terminal into, and the one way bytes get to it.
//!
//! What is set is process-wide, as the terminal is, so that the panic hook and the signal thread can undo it without
//! reaching into the loop. The lock is held while bytes are written: what is being written is finished before the modes
//! are undone, and nothing is written after.

use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

static SET: Mutex<Set> = Mutex::new(Set { screen: false, mouse: false });

/// What was set and not yet undone. Raw mode is remembered by crossterm, with what was before it.
struct Set {
    screen: bool,
    mouse: bool,
}

/// Alternate screen, bracketed paste, focus reports, hidden cursor.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?2004h\x1b[?1004h\x1b[?25l";
/// The same backwards, without a colour left over.
const LEAVE: &[u8] = b"\x1b[0m\x1b[?25h\x1b[?1004l\x1b[?2004l\x1b[?1049l";
/// Buttons and the wheel, in the encoding without a limit on columns. Motion is not asked for: it would wake us all the time.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

fn set() -> MutexGuard<'static, Set> {
    SET.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets the modes; leaves none behind when it fails.
pub(super) fn enter() -> io::Result<()> {
    crossterm::terminal::enable_raw_mode()?;
    let mut set = set();
    // Before the write: half of it may have arrived when it fails.
    set.screen = true;
    let written = put(ENTER);
    drop(set);
    if written.is_err() {
        leave();
    }
    written
}

/// Undoes the modes that are set. Never fails: each step is tried, and what a terminal that is gone refuses needs no
/// undoing.
pub fn leave() {
    // First, and without our lock: it does not wait for a terminal that takes no bytes, and it matters most.
    let _ = crossterm::terminal::disable_raw_mode();
    let mut set = set();
    if std::mem::take(&mut set.mouse) {
        let _ = put(MOUSE_OFF);
    }
    if std::mem::take(&mut set.screen) {
        let _ = put(LEAVE);
    }
}

/// Writes bytes, whole and between two frames, while the terminal is ours; drops them when it is not. From any thread.
pub fn write(bytes: &[u8]) -> io::Result<()> {
    let set = set();
    if set.screen { put(bytes) } else { Ok(()) }
}

/// Asks for reports of clicks and the wheel, or for none.
pub(super) fn set_mouse(on: bool) -> io::Result<()> {
    let mut set = set();
    if !set.screen || set.mouse == on {
        return Ok(());
    }
    set.mouse = on;
    put(if on { MOUSE_ON } else { MOUSE_OFF })
}

/// One write(2), straight to the descriptor: no buffer of the standard library keeps a copy or cuts it at a line end.
#[cfg(unix)]
fn put(mut bytes: &[u8]) -> io::Result<()> {
    use rustix::{
        event::{PollFd, PollFlags, poll},
        io::Errno,
    };
    let terminal = rustix::stdio::stdout();
    while !bytes.is_empty() {
        match rustix::io::write(terminal, bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            // Another program that shares the terminal has made it non-blocking.
            Err(Errno::AGAIN) => {
                poll(&mut [PollFd::new(&terminal, PollFlags::OUT)], None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The console wants text, which the standard library translates for it.
#[cfg(windows)]
fn put(bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let mut console = io::stdout().lock();
    console.write_all(bytes)?;
    console.flush()
}
