//! In place of `keyring.rs` in a build without the feature `keyring`.

use crate::secret::Secret;

/// What this place is called.
pub const NAME: &str = "keyring";

const MISSING: &str = "this jeton was built without the keyring; use an encrypted file or a command instead";

/// The token of an account.
pub fn get(_account: &str) -> Result<Secret, String> {
    Err(MISSING.into())
}

/// Keeps the token of an account.
pub fn put(_account: &str, _value: &Secret) -> Result<(), String> {
    Err(MISSING.into())
}

/// Forgets the token of an account.
pub fn remove(_account: &str) -> Result<(), String> {
    Err(MISSING.into())
}

/// Whether there is a keyring that answers.
pub fn probe() -> Result<(), String> {
    Err(MISSING.into())
}
