//! [`TokenId`]: the name a token has in the API, and what can be read from it without asking anyone.
//!
//! Ids are cuids of the first version: `c`, eight characters of base-36 milliseconds since 1970, four of a counter, four
//! of a machine's fingerprint, eight random. So an id tells when its token was created, to the millisecond; observed on
//! published samples (`cijucimbe…` is 2016-01-25T19:07:07.514Z, and its token's `created` is a tenth of a second later).

use std::{borrow::Cow, cmp::Ordering, fmt, hash};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Length of a cuid in characters.
pub const CUID_LENGTH: usize = 25;

/// The machine's fingerprint in ids made by the sandbox, so that its tokens are known for what they are wherever they turn up.
pub const SANDBOX_FINGERPRINT: &str = "sbox";

/// A token's id: 25 characters, not the token string. Foreign text like everything from the API: it is shown through
/// [`TokenId::shown`] and percent-encoded in paths.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenId(Stored);

/// Where the characters are: every id of the API's is as long as the others, so it needs no allocation of its own.
#[derive(Clone, PartialEq, Eq)]
enum Stored {
    /// ASCII of a cuid's length.
    Inline([u8; CUID_LENGTH]),
    /// Anything else.
    Boxed(Box<str>),
}

impl TokenId {
    /// Wraps an id as it came.
    pub fn new(id: impl AsRef<str>) -> Self {
        let id = id.as_ref();
        Self(match id.as_bytes().try_into() {
            Ok(bytes) if id.is_ascii() => Stored::Inline(bytes),
            _ => Stored::Boxed(id.into()),
        })
    }

    /// The id as it came.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Stored::Inline(bytes) => str::from_utf8(bytes).expect("it is ASCII"),
            Stored::Boxed(id) => id,
        }
    }

    fn bytes(&self) -> &[u8] {
        match &self.0 {
            Stored::Inline(bytes) => bytes,
            Stored::Boxed(id) => id.as_bytes(),
        }
    }

    /// The id as it may be drawn.
    pub fn shown(&self) -> std::borrow::Cow<'_, str> {
        crate::untrusted::shown(self.as_str())
    }

    /// Whether a sandbox made it. (The tokens its demo account starts with do not say so.)
    pub fn is_from_sandbox(&self) -> bool {
        self.born().is_some() && self.as_str().get(13..17) == Some(SANDBOX_FINGERPRINT)
    }

    /// When the id was created; `None` unless it is a cuid.
    pub fn born(&self) -> Option<Timestamp> {
        let id = self.as_str();
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

/// In the order of the text.
impl Ord for TokenId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl PartialOrd for TokenId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl hash::Hash for TokenId {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.bytes().hash(state);
    }
}

impl Serialize for TokenId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TokenId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(&Cow::<str>::deserialize(deserializer)?))
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
