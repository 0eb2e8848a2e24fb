//! [`TokenId`]: the name a token has in the API, and what can be read from it without asking anyone.
//!
//! Ids are cuids of the first version: `c`, eight characters of base-36 milliseconds since 1970, four of a counter, four
//! of a machine's fingerprint, eight random. So an id tells when its token was created, to the millisecond; observed on
//! published samples (`cijucimbe…` is 2016-01-25T19:07:07.514Z, and its token's `created` is a tenth of a second later).

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Length of a cuid in characters.
pub const CUID_LENGTH: usize = 25;

/// The machine's fingerprint in ids made by the sandbox, so that its tokens are known for what they are wherever they turn up.
pub const SANDBOX_FINGERPRINT: &str = "sbox";

/// A token's id: 25 characters, not the token string. Foreign text like everything from the API: it is shown through
/// [`TokenId::shown`] and percent-encoded in paths.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenId(Box<str>);

impl TokenId {
    /// Wraps an id as it came.
    pub fn new(id: impl Into<Box<str>>) -> Self {
        Self(id.into())
    }

    /// The id as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as it may be drawn.
    pub fn shown(&self) -> std::borrow::Cow<'_, str> {
        crate::untrusted::shown(&self.0)
    }

    /// Whether a sandbox made it. (The tokens its demo account starts with do not say so.)
    pub fn is_from_sandbox(&self) -> bool {
        self.born().is_some() && self.0.get(13..17) == Some(SANDBOX_FINGERPRINT)
    }

    /// When the id was created; `None` unless it is a cuid.
    pub fn born(&self) -> Option<Timestamp> {
        let id = &*self.0;
        let is_cuid = id.len() == CUID_LENGTH
            && id.starts_with('c')
            && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let millis = i64::from_str_radix(id.get(1..9).filter(|_| is_cuid)?, 36).ok()?;
        Timestamp::from_millisecond(millis).ok()
    }
}

impl From<&str> for TokenId {
    fn from(id: &str) -> Self {
        Self::new(id)
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_birth_time_is_read_from_a_published_id() {
        let born = TokenId::from("cijucimbe000brbkt48d0dhcx").born().expect("a cuid");
        assert_eq!(born.to_string(), "2016-01-25T19:07:07.514Z");
    }

    #[test]
    fn what_is_no_cuid_has_no_birth_time() {
        for id in
            ["", "cijucimbe", "xijucimbe000brbkt48d0dhcx", "cijucimbe000brbkt48d0dhcé", "CIJUCIMBE000BRBKT48D0DHCX"]
        {
            assert_eq!(TokenId::from(id).born(), None, "{id}");
        }
    }
}
