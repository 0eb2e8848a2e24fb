//! In place of `open.rs` in a build without the feature `dashboard`.

use std::process::ExitCode;

use super::{arguments::Global, failure::Failure};

/// Says that there is no dashboard to open.
pub fn run(_global: &Global, _show_keys: bool) -> Result<ExitCode, Failure> {
    Err(Failure::usage("this jeton was built without the dashboard", "Every action is a command: see jeton --help."))
}
