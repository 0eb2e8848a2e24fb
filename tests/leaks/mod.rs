//! No secret leaks: not into memory after it was dismissed, not into files, arguments, environments or messages; and no text of
//! others reaches a terminal as anything but text.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a test may stop where it stands")]

mod memory;
mod places;
mod untrusted;

use crate::support::{hostile, reveal, rig};
