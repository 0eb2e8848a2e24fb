//! The real binary against a sandbox in this process: what it prints, where, and how it exits.

mod batch;
pub mod bench;
mod change;
mod create;
mod doctor;
mod errors;
mod json;
mod listing;
mod looking;
mod network;
mod plan;
mod scan;
pub mod schema;
mod shell;
mod terminal;
mod unused;

use crate::support::pty;
