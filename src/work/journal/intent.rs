//! [`Intent`]: what is about to be made, as it stands on disk before the request is sent. It holds no secret.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{OperationId, deliveries::Delivery};
use crate::{
    os::record::Record,
    secret::Digest,
    token::{AccountKey, Draft, Scope, Token, TokenId},
};

/// How long a server may still be at work on a create of which no more was heard. Until then nobody says that it was not made.
pub const SETTLING: SignedDuration = SignedDuration::from_secs(120);

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
    pub op: OperationId,
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
    /// When its answer was given up, by our clock. `None`: it was answered, or the program ended before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<Timestamp>,
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

impl Record for Intent {
    const VERSION: u32 = 1;
}

impl Intent {
    /// The intent to make `draft` now.
    pub fn new(op: OperationId, account: AccountKey, draft: &Draft, before: Before, sent: Timestamp) -> Self {
        let Draft { note, scopes, allowed_urls } = draft.clone();
        Self {
            op,
            account,
            note,
            scopes,
            allowed_urls,
            sent,
            unanswered: None,
            before,
            made: None,
            kept_until: None,
            digest: None,
            deliveries: Vec::new(),
        }
    }

    /// From when on the server is no longer at work on it, so that what the account holds is the last word.
    pub fn settles(&self) -> Timestamp {
        let since = self.unanswered.map_or(self.sent, |unanswered| unanswered.max(self.sent));
        since.checked_add(SETTLING).unwrap_or(since)
    }

    /// Whether a draft asks for the same. The order of scopes and URLs means nothing.
    pub fn is_for(&self, draft: &Draft) -> bool {
        fn set<T: Ord>(items: &[T]) -> BTreeSet<&T> {
            items.iter().collect()
        }
        self.note == draft.note
            && set(&self.scopes) == set(&draft.scopes)
            && set(&self.allowed_urls) == set(&draft.allowed_urls)
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
        let intent =
            Intent::new(OperationId::random().unwrap(), account, &draft, Before::default(), Timestamp::UNIX_EPOCH);
        let json = serde_json::to_vec(&intent).unwrap();
        assert_eq!(serde_json::from_slice::<Intent>(&json).unwrap(), intent);
        assert_eq!(intent.draft(), draft);
    }
}
