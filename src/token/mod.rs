//! The domain: what a token is and what may be done with it, as the API's documentation has it.
//!
//! Invariants: everything here is pure. Nothing knows a screen, a socket, a file or a clock (times are passed in),
//! and nothing of ours is used but [`crate::secret`] and [`crate::untrusted`]. All three faces (dashboard, command line, sandbox)
//! decide by these rules, so none can disagree with another.

pub mod account_key;
pub mod allowed_url;
pub mod catalogue;
pub mod change;
pub mod decoded;
pub mod draft;
pub mod facts;
pub mod fingerprint;
pub mod flaw;
pub mod id;
pub mod lint;
pub mod near_miss;
pub mod preset;
pub mod query;
pub mod record;
pub mod scope;
pub mod time;
pub mod usage;
pub mod word;

use jiff::Timestamp;
use serde::Serialize;

pub use self::{
    account_key::AccountKey,
    allowed_url::AllowedUrl,
    catalogue::Catalogue,
    change::Patch,
    decoded::DecodedToken,
    draft::Draft,
    facts::{Facts, Knowledge, LastUse},
    fingerprint::Fingerprint,
    flaw::Flaw,
    id::TokenId,
    near_miss::near_miss,
    preset::Preset,
    query::Query,
    scope::Scope,
    time::Moment,
    usage::Usage,
    word::Word,
};
use crate::{secret::Secret, untrusted::Untrusted};

/// Longest name, in characters (`maxLength` of `note` in Mapbox's `OpenAPI` file for the Tokens API).
pub const NOTE_LIMIT: usize = 128;

/// Most allowed URLs on one token (the documentation of URL restrictions, and `maxItems` in the `OpenAPI` file).
pub const ALLOWED_URL_LIMIT: usize = 100;

/// One token's metadata, with the API's own field names when written as JSON.
///
/// Source: the token metadata object of the Tokens API documentation. A field the API leaves out is left out again.
/// It is read by [`record`], which refuses none because of one odd field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// The id: not the token string.
    pub id: TokenId,
    /// Public or secret. Temporary tokens have no stored metadata and are never listed.
    pub usage: Usage,
    /// Who made it: `api`, or the client id of an OAuth application.
    pub client: Word,
    /// Whether it is the account's default public token.
    pub default: bool,
    /// The name people gave it; `None` when it was created without one.
    pub note: Option<Untrusted>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Where it may be used from; `None` or empty means anywhere. The API leaves the field out rather than sending an empty list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_urls: Option<Vec<Untrusted>>,
    /// When it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Moment>,
    /// When it was last changed; equal to `created` until it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<Moment>,
    /// The token string. The API sends it for public tokens; that of a secret token only in the answer to its creation,
    /// where the client takes it out before anything else sees the rest.
    #[serde(serialize_with = "value", skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// Fields of the record that are not as documented; nearly always none.
    #[serde(skip_serializing_if = "<[Flaw]>::is_empty")]
    pub flaws: Box<[Flaw]>,
}

impl Token {
    /// The name to show: the note, else a word in its place.
    pub fn name(&self) -> std::borrow::Cow<'_, str> {
        match &self.note {
            Some(note) if !note.is_empty() => note.shown(),
            _ if self.default => "Default public token".into(),
            _ => "(no name)".into(),
        }
    }

    /// When it was created.
    pub fn created(&self) -> Option<Timestamp> {
        self.created.map(Moment::timestamp)
    }

    /// When it was last changed.
    pub fn modified(&self) -> Option<Timestamp> {
        self.modified.map(Moment::timestamp)
    }

    /// The allowed URLs, empty when the token works from anywhere.
    pub fn urls(&self) -> &[Untrusted] {
        self.allowed_urls.as_deref().unwrap_or_default()
    }

    /// Whether something about it could not be read as the server meant it.
    pub fn is_flawed(&self) -> bool {
        !self.flaws.is_empty()
    }

    /// Whether a field may hold something else than what was read of it.
    pub fn is_uncertain(&self, field: flaw::Field) -> bool {
        self.flaws.iter().any(|flaw| flaw.field == field && flaw.is_loss())
    }

    /// What is wrong with its record, in a clause for people; `None` for nearly all.
    pub fn flaw_words(&self) -> Option<String> {
        let words: Vec<_> = self.flaws.iter().map(ToString::to_string).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }

    /// Whether it holds a scope.
    pub fn has_scope(&self, id: &str) -> bool {
        self.scopes.iter().any(|scope| scope.id() == id)
    }
}

/// The order of the account page: the default public token first, then the newest first.
pub fn page_order(a: &Token, b: &Token) -> std::cmp::Ordering {
    b.default.cmp(&a.default).then_with(|| b.created.cmp(&a.created)).then_with(|| b.id.cmp(&a.id))
}

/// A time as the API writes it: RFC 3339 in UTC, always three digits of milliseconds.
pub fn rfc3339(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// The one place a token value becomes JSON: metadata that holds one is a public token's, or was asked for explicitly.
#[expect(clippy::ref_option, reason = "the signature serde calls")]
fn value<S: serde::Serializer>(token: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    match token {
        Some(token) => serializer.serialize_str(token.expose()),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_comes_through_json_unchanged() {
        let sample = r#"{"id":"cijuorumy001cutm5r4fl2y1b","usage":"sk","client":"api","default":false,"note":"Tiling","scopes":["styles:read","tilesets:write"],"created":"2016-01-26T00:50:13.701Z","modified":"2016-01-26T00:50:13.000Z"}"#;
        let token: Token = serde_json::from_str(sample).expect("valid metadata");
        assert_eq!(serde_json::to_string(&token).expect("serializable"), sample);
    }

    /// An account has a hundred thousand of them: `docs/performance.md` says what a token costs.
    #[test]
    fn a_record_stays_small() {
        assert!(size_of::<Token>() <= 160, "{}", size_of::<Token>());
    }

    #[test]
    fn a_missing_note_a_null_note_and_unknown_fields_are_all_accepted() {
        for sample in [
            r#"{"id":"x","usage":"pk"}"#,
            r#"{"id":"x","usage":"pk","note":null,"allowedApplications":[{"platform":"iOS"}]}"#,
        ] {
            let token: Token = serde_json::from_str(sample).expect("valid metadata");
            assert_eq!(token.name(), "(no name)");
            assert!(token.urls().is_empty());
        }
    }
}
