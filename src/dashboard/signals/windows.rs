//! The Windows side: console events by way of tokio, which needs no `unsafe` of ours.
//!
//! Ctrl-C is an ordinary key while the console is in raw mode. Ctrl-Break asks for the end; a closed console, a log-off
//! and a shutdown take the terminal away. Windows ends the process some seconds after those in any case. There is no
//! Ctrl-Z to come back from.

use std::{
    io,
    sync::atomic::{AtomicU8, Ordering},
    thread,
};

use tokio::signal::windows::{ctrl_break, ctrl_close, ctrl_logoff, ctrl_shutdown};

use super::{GRACE, end_now};
use crate::dashboard::event::{Event, Sender};

/// 0, or the status to exit with.
static ENDING: AtomicU8 = AtomicU8::new(0);

/// What Unix shells report for SIGINT and SIGHUP; Windows has no convention of its own that people know.
const BROKEN: u8 = 130;
const GONE: u8 = 129;

/// The status to exit with when the console asked for the end.
pub fn exit_code() -> Option<u8> {
    Some(ENDING.load(Ordering::Relaxed)).filter(|code| *code != 0)
}

/// Notes that the console refused a frame, which only one that is gone does.
pub fn lost_terminal() {
    // Whoever was first knows best.
    let _ = ENDING.compare_exchange(0, GONE, Ordering::Relaxed, Ordering::Relaxed);
}

/// Starts the thread.
pub fn spawn(events: Sender) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    thread::Builder::new().name("signals".into()).spawn(move || runtime.block_on(observer(&events))).map(drop)
}

async fn observer(events: &Sender) {
    let (Ok(mut broken), Ok(mut closed), Ok(mut logged_off), Ok(mut shut_down)) =
        (ctrl_break(), ctrl_close(), ctrl_logoff(), ctrl_shutdown())
    else {
        return;
    };
    let (event, code) = tokio::select! {
        _ = broken.recv() => (Event::Terminated, BROKEN),
        _ = closed.recv() => (Event::HungUp, GONE),
        _ = logged_off.recv() => (Event::HungUp, GONE),
        _ = shut_down.recv() => (Event::HungUp, GONE),
    };
    ENDING.store(code, Ordering::Relaxed);
    let _ = events.send(event);
    tokio::time::sleep(GRACE).await;
    end_now(code);
}

/// Another program gets a console of its own, so nothing of ours is lent.
pub fn lend() -> io::Result<()> {
    Ok(())
}

/// Nothing is lent.
pub fn lent_terminal() -> Option<std::os::windows::io::OwnedHandle> {
    None
}

/// Nothing is lent.
pub fn take_back() -> io::Result<()> {
    Ok(())
}

/// There is no job control here.
pub fn can_stop() -> bool {
    false
}

/// Never stops.
pub fn stop() -> io::Result<bool> {
    Ok(false)
}
