//! In place of `demo.rs` in a build of the dashboard without the feature `sandbox`.

use crate::dashboard::{account_opener::Connection, event::OpenError};

/// The demo account, which this build does not have.
#[derive(Clone, Debug)]
pub struct DemoAccount;

/// The demo account as it is without arguments.
pub fn usual() -> DemoAccount {
    DemoAccount
}

/// Starts the sandbox of a demo account.
pub fn connect(_demo: DemoAccount) -> Result<Connection, OpenError> {
    Err(OpenError::Failed("This jeton was built without the sandbox, which the demo needs.".into()))
}
