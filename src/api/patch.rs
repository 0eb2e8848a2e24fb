//! [`Patch`]: what an update changes; what it does not name stays as it is (Tokens API, "Update a token").
//!
//! Callers: the edit form and the command line build one; the client writes it as JSON.

use serde_json::{Map, Value, json};

use crate::token::{Scope, Token};

/// The fields of an update. `None` leaves a field alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// The new name; empty takes the name away.
    pub note: Option<String>,
    /// The new scopes, all of them.
    pub scopes: Option<Vec<Scope>>,
    /// The new allowed URLs, all of them; empty takes the restriction away.
    pub allowed_urls: Option<Vec<String>>,
}

impl Patch {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The body of the call. `null` is how a restriction is removed (`OpenAPI` file); the documentation names no way to remove
    /// a name, and an empty one is the mildest.
    pub(super) fn body(&self) -> Value {
        let mut body = Map::new();
        if let Some(note) = &self.note {
            body.insert("note".into(), note.as_str().into());
        }
        if let Some(scopes) = &self.scopes {
            body.insert("scopes".into(), json!(scopes));
        }
        if let Some(urls) = &self.allowed_urls {
            body.insert("allowedUrls".into(), if urls.is_empty() { Value::Null } else { json!(urls) });
        }
        Value::Object(body)
    }

    /// Whether a token already is what this would make of it: then an update whose answer was lost has arrived.
    pub fn is_done(&self, token: &Token) -> bool {
        self.note.as_ref().is_none_or(|note| token.note.as_ref().map_or("", |note| note.raw()) == note)
            && self.scopes.as_ref().is_none_or(|scopes| same(scopes.iter(), token.scopes.iter()))
            && self.allowed_urls.as_ref().is_none_or(|urls| {
                same(urls.iter().map(String::as_str), token.urls().iter().map(crate::untrusted::Untrusted::raw))
            })
    }
}

/// Whether two lists hold the same things; the API says nothing of order.
fn same<T: Ord>(a: impl Iterator<Item = T>, b: impl Iterator<Item = T>) -> bool {
    a.collect::<std::collections::BTreeSet<_>>() == b.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_is_sent_and_null_removes_a_restriction() {
        assert_eq!(Patch::default().body(), json!({}));
        let patch = Patch { note: Some("Map".into()), allowed_urls: Some(Vec::new()), ..Patch::default() };
        assert_eq!(patch.body(), json!({"note": "Map", "allowedUrls": null}));
        let patch = Patch { scopes: Some(vec!["styles:read".into()]), ..Patch::default() };
        assert_eq!(patch.body(), json!({"scopes": ["styles:read"]}));
    }

    #[test]
    fn a_token_that_is_as_wanted_is_recognised_whatever_the_order() {
        let json = r#"{"id":"x","usage":"pk","note":"Map","scopes":["a","b"]}"#;
        let token: Token = serde_json::from_str(json).expect("valid");
        let patch = |note: Option<&str>, scopes: &[&str], urls: Option<&[&str]>| Patch {
            note: note.map(Into::into),
            scopes: Some(scopes.iter().map(|id| Scope::from(*id)).collect()),
            allowed_urls: urls.map(|urls| urls.iter().map(|url| (*url).to_owned()).collect()),
        };
        assert!(patch(Some("Map"), &["b", "a"], Some(&[])).is_done(&token));
        assert!(!patch(Some("map"), &["b", "a"], None).is_done(&token));
        assert!(!patch(None, &["a"], None).is_done(&token));
        assert!(!patch(None, &["a", "b"], Some(&["example.com"])).is_done(&token));
    }
}
