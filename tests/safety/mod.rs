//! No secret is lost in silence: what is left, and what is said, after a create that ended badly.
//!
//! Each test compares three witnesses: what the program said, what `jeton recover` says, and what the server holds.

#![cfg(unix)]
#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod closed;
mod commands;
mod cuts;
mod delivered;
#[cfg(feature = "failpoints")]
mod kills;
mod moments;
mod witnesses;

use crate::support::{pty, reveal, rig};
