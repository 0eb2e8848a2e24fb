//! No secret leaks: not into memory after it was dismissed, not into files, arguments, environments or messages; and no text of
//! others reaches a terminal as anything but text.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a test may stop where it stands")]

#[path = "../support/hostile.rs"]
mod hostile;
#[path = "../support/pty.rs"]
#[expect(dead_code, reason = "a part of it is used here")]
mod pty;
#[path = "../support/reveal.rs"]
mod reveal;
#[path = "../support/rig.rs"]
#[expect(dead_code, reason = "a part of it is used here")]
mod rig;

mod memory;
mod places;
mod untrusted;
