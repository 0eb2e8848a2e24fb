//! The operating system: private files and where they are, the process and its children, the locale, the log.
//!
//! Invariants: this module knows nothing about tokens, servers or screens.

pub mod failpoint;
pub mod file;
pub mod interrupt;
pub mod locale;
pub mod log;
pub mod places;
pub mod private_dir;
pub mod private_file;
pub mod process;
pub mod record;
pub mod record_dir;
