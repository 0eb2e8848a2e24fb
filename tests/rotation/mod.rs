//! `jeton rotate` from outside: a project with a token everywhere, a server that misbehaves, kills and full disks in the middle.

#![cfg(unix)]
mod dashboard;
mod faults;
#[cfg(feature = "failpoints")]
mod kills;
mod poll;
mod project;
mod refusals;
mod stories;
mod undo;

use crate::support::rig;
