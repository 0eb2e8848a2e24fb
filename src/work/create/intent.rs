//! [`Intent`]: what is about to be made, as it stands on disk before the request is sent. It holds no secret.

use std::{collections::BTreeSet, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::deliveries::Delivery;
use crate::{
    secret::Digest,
    token::{AccountKey, Draft, Scope, Token, TokenId},
};

/// Names one create for people and for files: eight hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Op(String);

impl Op {
    /// A new one, by chance.
    pub fn random() -> Result<Self, getrandom::Error> {
        Ok(Self(format!("{:08x}", getrandom::u32()?)))
    }

    /// The name of the file with its record.
    pub fn file_name(&self) -> String {
        format!("{self}.json")
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Op {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_op = text.len() == 8 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_op { Ok(Self(text)) } else { Err("an operation's name is eight hexadecimal digits") }
    }
}

impl From<Op> for String {
    fn from(op: Op) -> Self {
        op.0
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The tokens that looked like the one to be made before it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Before {
    /// Their ids.
    pub look_alikes: Vec<TokenId>,
    /// Whether the whole account was looked at. It is not when it has very many tokens, or may not be listed.
    pub complete: bool,
}

/// What a create is about to make, and since it was answered, has made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// Its name.
    pub op: Op,
    /// Where.
    pub account: AccountKey,
    /// The name the token gets; empty for none.
    pub note: String,
    /// The scopes it gets.
    pub scopes: Vec<Scope>,
    /// Where it may be used from.
    pub allowed_urls: Vec<String>,
    /// When it was sent, by our clock.
    pub sent: Timestamp,
    /// What was there before.
    pub before: Before,
    /// The id the answer gave it. `None`: there was no answer yet, or it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<TokenId>,
    /// Until when a backup of the value is kept at least, where it has an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<Timestamp>,
    /// The digest of the value, to see whether it is where it was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Where the value was to go, and how far that is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<Delivery>,
}

impl Intent {
    /// The intent to make `draft` now.
    pub fn new(op: Op, account: AccountKey, draft: &Draft, before: Before, sent: Timestamp) -> Self {
        let Draft { note, scopes, allowed_urls } = draft.clone();
        Self {
            op,
            account,
            note,
            scopes,
            allowed_urls,
            sent,
            before,
            made: None,
            kept_until: None,
            digest: None,
            deliveries: Vec::new(),
        }
    }

    /// What was asked for.
    pub fn draft(&self) -> Draft {
        Draft { note: self.note.clone(), scopes: self.scopes.clone(), allowed_urls: self.allowed_urls.clone() }
    }
}

/// How much a token looks like a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Same name, scopes and URLs.
    Same,
    /// Same name and scopes; the URLs differ, perhaps only because the server writes them another way (not documented).
    Near,
}

/// Compares a token with what was asked for. The order of scopes and URLs means nothing.
pub fn likeness(draft: &Draft, token: &Token) -> Option<Likeness> {
    let note = token.note.as_ref().map_or("", |note| note.raw());
    let scopes = |scopes: &[Scope]| scopes.iter().map(|scope| scope.id().to_owned()).collect::<BTreeSet<_>>();
    if note != draft.note || scopes(&token.scopes) != scopes(&draft.scopes) {
        return None;
    }
    let wanted: BTreeSet<_> = draft.allowed_urls.iter().map(String::as_str).collect();
    let given: BTreeSet<_> = token.urls().iter().map(crate::untrusted::Untrusted::raw).collect();
    Some(if wanted == given { Likeness::Same } else { Likeness::Near })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_comes_through_json_unchanged_and_holds_what_was_asked() {
        let draft = Draft {
            note: "Tiling \u{1b}[31m".into(),
            scopes: vec!["styles:read".into(), "tilesets:write".into()],
            allowed_urls: vec!["example.com".into()],
        };
        let account = AccountKey { username: "ada".into(), host: "api.mapbox.com".into() };
        let intent = Intent::new(Op::random().unwrap(), account, &draft, Before::default(), Timestamp::UNIX_EPOCH);
        let json = serde_json::to_vec(&intent).unwrap();
        assert_eq!(serde_json::from_slice::<Intent>(&json).unwrap(), intent);
        assert_eq!(intent.draft(), draft);
    }

    #[test]
    fn a_name_that_could_leave_its_directory_is_refused() {
        for name in ["", "../../etc", "ABCDEF01", "0123456", "012345678", "0123 567"] {
            assert!(Op::try_from(name.to_owned()).is_err(), "{name}");
        }
    }
}
