//! Token strings: `kind.payload.signature`, made, taken apart and checked.
//!
//! The payload is base64url JSON, `{"u": user, "a": id}` for public and secret tokens; a temporary token's holds
//! everything there is to know of it, because nothing of it is stored. The signature is 22 characters, 128 bits (all
//! published samples have that).
//!
//! Invariants: a payload has none of `-` and `_` (user names, ids and scopes are plain ASCII), because the
//! official JavaScript SDK decodes it as ordinary base64. The signature of a secret token depends on a random nonce
//! that is thrown away, so neither the key nor anything else in the database file can bring its string back; only the
//! SHA-256 of the signature is kept.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::rng::random;
use crate::{secret::Secret, token::Usage};

/// Longest string looked at: a temporary token with every scope takes a tenth of it.
const LONGEST: usize = 16 * 1024;

/// What a token string says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Claims {
    /// A temporary token: times in seconds since 1970.
    Temporary {
        /// The user name.
        u: String,
        /// When it ends.
        exp: i64,
        /// When it was created.
        iat: i64,
        /// What it may do.
        scopes: Vec<String>,
        /// Who made it.
        client: String,
    },
    /// A public or secret token.
    Stored {
        /// The user name.
        u: String,
        /// The token's id.
        a: String,
    },
}

impl Claims {
    /// The user name.
    pub fn username(&self) -> &str {
        match self {
            Self::Temporary { u, .. } | Self::Stored { u, .. } => u,
        }
    }

    /// When the token was created, in milliseconds since 1970, as far as its id tells.
    pub fn born(&self) -> Option<i64> {
        match self {
            Self::Temporary { iat, .. } => iat.checked_mul(1000),
            Self::Stored { a, .. } => Some(crate::token::TokenId::from(a.as_str()).born()?.as_millisecond()),
        }
    }

    fn payload(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("claims are strings and numbers"))
    }
}

/// A token string taken apart; nothing of it is verified yet.
#[derive(Debug)]
pub struct Parsed<'a> {
    /// The kind its prefix claims.
    pub usage: Usage,
    /// What its payload claims.
    pub claims: Claims,
    /// Prefix and payload: what is signed.
    signed: &'a str,
    /// The part after the last dot, as it came. Whether it is base64 at all does not matter: it must be the right one.
    signature: &'a str,
}

impl<'a> Parsed<'a> {
    /// Takes a string apart; `None` when it has not the form of a token.
    pub fn new(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.').filter(|_| token.len() <= LONGEST)?;
        let (prefix, payload) = signed.split_once('.')?;
        let usage = Usage::from_prefix(prefix)?;
        let claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let temporary = matches!(claims, Claims::Temporary { .. });
        (!signature.is_empty() && temporary == (usage == Usage::Temporary)).then_some(Self {
            usage,
            claims,
            signed,
            signature,
        })
    }

    /// What the store keeps of a signature.
    pub fn digest(&self) -> [u8; 32] {
        digest(self.signature)
    }
}

/// SHA-256 of a signature.
pub fn digest(signature: &str) -> [u8; 32] {
    Sha256::digest(signature).into()
}

/// The key of one database.
#[derive(Clone)]
pub struct SigningKey(Zeroizing<[u8; 32]>);

impl SigningKey {
    /// A new key.
    pub fn random() -> Self {
        Self(Zeroizing::new(random()))
    }

    /// The key that a seed decides for an account.
    pub fn from_seed(seed: &str, username: &str) -> Self {
        Self(Zeroizing::new(Sha256::digest(format!("jeton sandbox\0{username}\0{seed}")).into()))
    }

    /// A number that the key decides, and that does not tell it.
    pub fn number(&self) -> u64 {
        u64::from_le_bytes(Sha256::digest(&self.0[..])[..8].try_into().expect("eight bytes"))
    }

    /// The key a database holds.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// For the database to hold.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0[..]
    }

    /// The signature of a public token.
    pub fn sign_public(&self, claims: &Claims) -> String {
        self.sign(&format!("pk.{}", claims.payload()), b"")
    }

    /// A signature for a secret token: another one at every call.
    pub fn sign_secret(&self, claims: &Claims) -> String {
        self.sign(&format!("sk.{}", claims.payload()), &random::<32>())
    }

    /// A temporary token.
    pub fn temporary(&self, claims: &Claims) -> Secret {
        let signed = format!("tk.{}", claims.payload());
        let signature = self.sign(&signed, b"");
        Secret::new(format!("{signed}.{signature}"))
    }

    /// Whether a temporary token is one of ours.
    pub fn verifies(&self, token: &Parsed<'_>) -> bool {
        digest(&self.sign(token.signed, b"")) == token.digest()
    }

    fn sign(&self, signed: &str, nonce: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0[..]).expect("HMAC takes keys of any size");
        mac.update(signed.as_bytes());
        mac.update(nonce);
        URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..16])
    }
}

/// The string of a stored token.
pub fn spell(usage: Usage, username: &str, id: &str, signature: &str) -> String {
    let claims = Claims::Stored { u: username.to_owned(), a: id.to_owned() };
    format!("{usage}.{}.{signature}", claims.payload())
}
