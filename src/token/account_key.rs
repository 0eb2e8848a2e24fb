//! [`AccountKey`]: which account of which server something is about.

use serde::{Deserialize, Serialize};

/// An account on a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountKey {
    /// The user name.
    pub username: String,
    /// The server's host, with its port where that is not the usual one.
    pub host: String,
}
