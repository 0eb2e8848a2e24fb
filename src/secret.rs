//! [`Secret`]: the one type a token value lives in.
//!
//! Invariants: a `Secret` has no `Display` and no `Serialize`, its `Debug` is a fixed word, its memory is
//! overwritten when it is dropped, and clear text leaves it only through [`Secret::expose`]. Searching the sources for
//! `expose()` therefore lists every place that can put a value on the wire, in a clipboard, in a file or on a screen.

use std::fmt::{self, Write as _};

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// A token value (or another short secret such as a passphrase): readable only by asking for it explicitly.
///
/// ```
/// use jeton::secret::Secret;
/// let token = Secret::new("sk.eyJ1IjoiZmFrZSJ9.not-a-real-signature");
/// assert_eq!(format!("{token:?}"), "Secret(…)");
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<Box<str>>);

impl Secret {
    /// Takes over a value. A `String` with spare capacity is moved to a block of the exact size and its old block
    /// overwritten, so no second copy stays behind.
    pub fn new(value: impl Into<String>) -> Self {
        let value = Zeroizing::new(value.into());
        Self(Zeroizing::new(Box::from(value.as_str())))
    }

    /// The clear text. Every call is a place where the value may leave the program: keep it short-lived.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing is in it (an empty environment variable, an empty answer at a prompt).
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its digest.
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }

    /// First twelve and last four characters, never more than a third of the value: enough to recognise a token by,
    /// useless to sign in with. The first characters of a token are its kind and the start of its user name; the last
    /// four are the end of the signature.
    pub fn fingerprint(&self) -> Fingerprint {
        let count = self.0.chars().count();
        let (head, tail) = if count >= 48 { (12, 4) } else { (count / 6, count / 6) };
        Fingerprint { head: self.0.chars().take(head).collect(), tail: self.0.chars().skip(count - tail).collect() }
    }
}

/// The recognisable ends of a secret, safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// The first characters.
    pub head: String,
    /// The last characters.
    pub tail: String,
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…{}", self.head, self.tail)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The SHA-256 digest of a value, to recognise it by later: of no use to guess a token with, whose signature alone is 128 random bits.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of some bytes.
    pub fn of(value: &[u8]) -> Self {
        Self(Sha256::digest(value).iter().fold(String::with_capacity(64), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes everything");
            text
        }))
    }
}

/// Looks at every byte whatever it finds, so the time taken says nothing about where two values differ.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.0.as_bytes(), other.0.as_bytes());
        a.len() == b.len() && a.iter().zip(b).fold(0, |seen, (x, y)| seen | (x ^ y)) == 0
    }
}

impl Eq for Secret {}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAKE: &str = "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UwMDAwMDAwMDAwMDAwMDAwMDAwIn0.fakefakefakefakefakefa";

    #[test]
    fn debug_never_shows_the_value() {
        let secret = Secret::new(FAKE);
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert!(!format!("{:?}", Some(&secret)).contains("eyJ"));
    }

    #[test]
    fn the_fingerprint_shows_the_ends_and_no_more() {
        assert_eq!(Secret::new(FAKE).fingerprint().to_string(), "sk.eyJ1IjoiZ…kefa");
        assert_eq!(Secret::new("short").fingerprint().to_string(), "…");
        assert_eq!(Secret::new("").fingerprint().to_string(), "…");
    }

    #[test]
    fn equality_is_of_values() {
        assert_eq!(Secret::new("a"), Secret::new("a"));
        assert_ne!(Secret::new("a"), Secret::new("b"));
        assert_ne!(Secret::new("a"), Secret::new("ab"));
    }
}
