//! In place of `demo.rs` in a build of the dashboard without the feature `sandbox`.

use crate::dashboard::{account_opener::Connection, event::OpenError};

/// The demo account, which this build does not have.
#[derive(Clone, Debug)]
pub struct Demo;

/// The demo account as it is without arguments.
pub fn usual() -> Demo {
    Demo
}

/// Starts the sandbox of a demo account.
pub fn connect(_demo: Demo) -> Result<Connection, OpenError> {
    Err(OpenError::Failed("This jeton was built without the sandbox, which the demo needs.".into()))
}
