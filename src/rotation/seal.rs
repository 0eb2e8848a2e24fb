//! Sealing what was in a file before: the old token, so that undo can put it back.
//!
//! The record of a rotation must hold no token value, and the API never shows a secret one again. So the old bytes are encrypted with a
//! key that is not on record but in the file itself: the successor's value, which stands where the old token stood. Whoever can read the
//! changed file can undo the change, and nobody else learns anything from the record.
//!
//! Invariants: every piece has a random nonce of its own, so no stretch of the key stream is used twice.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// A piece of a file, readable with the successor's value only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    nonce: String,
    bytes: String,
}

impl Sealed {
    /// Seals a piece.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn new(piece: &[u8], key: &Secret) -> Result<Self, getrandom::Error> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce)?;
        let mut bytes = piece.to_vec();
        apply(&mut bytes, key, &nonce);
        Ok(Self { nonce: STANDARD.encode(nonce), bytes: STANDARD.encode(bytes) })
    }

    /// What was sealed, if the key is the right one; something else otherwise, which the digest of the whole file tells. `None` when the
    /// record was damaged.
    pub fn open(&self, key: &Secret) -> Option<Zeroizing<Vec<u8>>> {
        let nonce = STANDARD.decode(&self.nonce).ok()?;
        let mut bytes = Zeroizing::new(STANDARD.decode(&self.bytes).ok()?);
        apply(&mut bytes, key, &nonce);
        Some(bytes)
    }
}

/// Adds the key stream: HMAC-SHA-256 in counter mode.
fn apply(bytes: &mut [u8], key: &Secret, nonce: &[u8]) {
    for (counter, block) in (0_u64..).zip(bytes.chunks_mut(32)) {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).expect("a key of any length");
        mac.update(b"jeton rotation");
        mac.update(nonce);
        mac.update(&counter.to_le_bytes());
        let stream = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
        for (byte, mask) in block.iter_mut().zip(stream.iter()) {
            *byte ^= mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_read_with_the_same_key_only() {
        let (key, other) = (Secret::new("sk.fake.one"), Secret::new("sk.fake.two"));
        for length in [0, 1, 31, 32, 33, 100, 5000] {
            let piece: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let sealed = Sealed::new(&piece, &key).unwrap();
            assert_eq!(*sealed.open(&key).unwrap(), piece);
            if length > 0 {
                assert_ne!(*sealed.open(&other).unwrap(), piece);
                assert_ne!(sealed, Sealed::new(&piece, &key).unwrap());
            }
        }
    }

    #[test]
    fn the_record_shows_nothing_of_it() {
        let piece = b"MAPBOX_TOKEN=sk.eyJ1IjoiZmFrZSJ9.fakefakefakefakefakefa";
        let json = serde_json::to_string(&Sealed::new(piece, &Secret::new("sk.key.key")).unwrap()).unwrap();
        assert!(!json.contains("eyJ1") && !json.contains(&STANDARD.encode(piece)), "{json}");
    }
}
