//! No secret leaks: not into memory after it was dismissed, not into files, arguments, environments or messages; and no text of
//! others reaches a terminal as anything but text.
#![cfg(target_os = "linux")]
mod memory;
mod places;
mod untrusted;

use crate::support::{hostile, reveal, rig};
