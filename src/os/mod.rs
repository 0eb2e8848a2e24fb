//! What touches the machine: files for their owner alone, where they are, the process and its children, the locale, the log.
//!
//! Invariants: knows no token, no server and no screen.

pub mod failpoint;
pub mod file;
pub mod interrupt;
pub mod locale;
pub mod log;
pub mod places;
pub mod private_dir;
pub mod private_file;
pub mod process;
pub mod record_dir;
