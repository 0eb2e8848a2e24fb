//! [`Mark`]: recognizes a value later without keeping it.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A digest under a key only this process knows: of no use to guess a value with, unlike a plain hash.
pub(super) type Digest = [u8; 32];

/// The key.
pub(super) struct Mark {
    key: [u8; 32],
}

impl Mark {
    /// A fresh one.
    pub(super) fn new() -> Self {
        let mut key = [0; 32];
        getrandom::fill(&mut key).expect("the system has random bytes, or no token could be made either");
        Self { key }
    }

    /// The digest of a value.
    pub(super) fn of(&self, value: &str) -> Digest {
        let mut hmac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        hmac.update(value.as_bytes());
        hmac.finalize().into_bytes().into()
    }

    /// A name nobody else uses.
    pub(super) fn name(&self) -> String {
        let [a, b, c, d, ..] = self.of("name");
        format!("jeton-{a:02x}{b:02x}{c:02x}{d:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_value_has_the_same_digest_under_one_key_only() {
        let (one, other) = (Mark::new(), Mark::new());
        assert_eq!(one.of("a"), one.of("a"));
        assert_ne!(one.of("a"), one.of("b"));
        assert_ne!(one.of("a"), other.of("a"));
        assert_ne!(one.name(), other.name());
    }
}
