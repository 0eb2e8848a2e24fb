//! [`Fingerprint`]: tells whether a token still is what it was, without keeping its name, scopes and URLs.
//!
//! Invariants: two tokens have the same fingerprint when their name, scopes and URLs are the same; the order of scopes and URLs, and listing
//! one twice, changes nothing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Draft, Token};
use crate::untrusted::Untrusted;

/// A digest of what can be changed of a token: 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(Box<str>);

impl From<&Token> for Fingerprint {
    fn from(token: &Token) -> Self {
        let scopes = token.scopes.iter().map(super::Scope::id).collect();
        let urls = token.urls().iter().map(Untrusted::raw).collect();
        Self::of(token.note.as_ref().map_or("", Untrusted::raw), scopes, urls)
    }
}

impl From<&Draft> for Fingerprint {
    fn from(draft: &Draft) -> Self {
        let scopes = draft.scopes.iter().map(super::Scope::id).collect();
        let urls = draft.allowed_urls.iter().map(String::as_str).collect();
        Self::of(&draft.note, scopes, urls)
    }
}

impl Fingerprint {
    fn of(note: &str, scopes: BTreeSet<&str>, urls: BTreeSet<&str>) -> Self {
        let mut digest = Sha256::new();
        for list in [BTreeSet::from([note]), scopes, urls] {
            digest.update(list.len().to_le_bytes());
            for text in list {
                digest.update(text.len().to_le_bytes());
                digest.update(text);
            }
        }
        Self(digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(note: &str, scopes: &[&str], urls: &[&str]) -> Draft {
        Draft {
            note: note.into(),
            scopes: scopes.iter().map(|id| (*id).into()).collect(),
            allowed_urls: urls.iter().map(|url| (*url).to_owned()).collect(),
        }
    }

    #[test]
    fn order_does_not_count_and_everything_else_does() {
        let print = |note, scopes: &[&str], urls: &[&str]| Fingerprint::from(&draft(note, scopes, urls));
        let base = print("Map", &["a:read", "b:read"], &["x.example"]);
        assert_eq!(base, print("Map", &["b:read", "a:read", "b:read"], &["x.example"]));
        for other in [
            print("map", &["a:read", "b:read"], &["x.example"]),
            print("Map", &["a:read"], &["x.example"]),
            print("Map", &["a:read", "b:read"], &[]),
            print("Map", &["a:read"], &["b:read", "x.example"]),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn a_token_and_the_draft_it_was_created_from_have_the_same() {
        let json = r#"{"id":"a","usage":"pk","note":"Map","scopes":["b:read","a:read"]}"#;
        let token: Token = serde_json::from_str(json).unwrap();
        assert_eq!(Fingerprint::from(&token), Fingerprint::from(&draft("Map", &["a:read", "b:read"], &[])));
    }
}
