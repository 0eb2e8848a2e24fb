//! [`judge`]: whose a found token is and how bad it is that it stands there, by what is known of the account.
//!
//! Invariants: pure; the token's value is not needed, for its payload names the account and the id; what is not known is never taken
//! for harmless.

use std::{borrow::Borrow, collections::HashMap};

use jiff::Timestamp;
use serde::Serialize;

use super::Finding;
use crate::token::{Knowledge, LastUse, Token, TokenId, Usage, lint::Severity};

/// What a found token is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, strum::IntoStaticStr, strum::EnumIter,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum State {
    /// On the account.
    Live,
    /// Of the account, but no longer in it.
    Deleted,
    /// A temporary token whose time is over.
    Expired,
    /// Of another account.
    Foreign,
    /// Its payload holds what no token of Mapbox's does.
    Malformed,
    /// A sample of the documentation, or a placeholder.
    Sample,
    /// Nobody was asked.
    Unknown,
}

/// An account's tokens, by id.
#[derive(Debug)]
pub struct Account<'a> {
    username: &'a str,
    tokens: HashMap<&'a TokenId, &'a Token>,
    knowledge: Knowledge,
}

impl<'a> Account<'a> {
    /// All of an account's tokens, and what is known of their use.
    pub fn new<T: Borrow<Token>>(username: &'a str, tokens: &'a [T], knowledge: Knowledge) -> Self {
        let tokens = tokens.iter().map(Borrow::borrow).map(|token| (&token.id, token)).collect();
        Self { username, tokens, knowledge }
    }

    /// The token of the account that was found, if it is one.
    pub fn token(&self, finding: &Finding) -> Option<&'a Token> {
        let is_ours = finding.owner.raw().eq_ignore_ascii_case(self.username);
        finding.id.as_ref().filter(|_| is_ours).and_then(|id| self.tokens.get(id).copied())
    }
}

/// What is to be said about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// What the token is.
    pub state: State,
    /// How bad it is.
    pub severity: Severity,
    /// Why, in a few words.
    pub reason: &'static str,
    /// The token of the account.
    pub token: Option<&'a Token>,
    /// When it was last used.
    pub last_use: LastUse,
}

/// Judges a finding. `is_tracked`: whether git has, or had, the file; `None` where that is not known.
pub fn judge<'a>(
    finding: &Finding,
    account: Option<&Account<'a>>,
    is_tracked: Option<bool>,
    now: Timestamp,
) -> Verdict<'a> {
    let token = account.and_then(|account| account.token(finding));
    let last_use = account.zip(token).map(|(account, token)| account.knowledge.of(token).last_use).unwrap_or_default();
    let state = state(finding, account, token, now);
    let (severity, reason) = severity(finding, state, token, is_tracked == Some(true));
    Verdict { state, severity, reason, token, last_use }
}

fn state(finding: &Finding, account: Option<&Account<'_>>, token: Option<&Token>, now: Timestamp) -> State {
    if token.is_some() {
        State::Live
    } else if finding.is_sample {
        State::Sample
    } else if !is_plausible(finding) {
        State::Malformed
    } else if finding.expires.is_some_and(|expires| expires <= now) {
        State::Expired
    } else if account.is_some_and(|account| !finding.owner.raw().eq_ignore_ascii_case(account.username)) {
        State::Foreign
    } else if account.is_some() && finding.usage != Usage::Temporary {
        State::Deleted
    } else {
        State::Unknown
    }
}

/// Whether Mapbox may have made it: an id of its form, and a name an account may have.
fn is_plausible(finding: &Finding) -> bool {
    let owner = finding.owner.raw();
    let is_name = owner.len() <= 64 && owner.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    is_name && finding.id.as_ref().is_none_or(|id| id.born().is_some())
}

fn is_restricted(token: &Token) -> bool {
    token.allowed_urls.as_ref().is_some_and(|urls| !urls.is_empty())
}

fn severity(finding: &Finding, state: State, token: Option<&Token>, is_tracked: bool) -> (Severity, &'static str) {
    match (state, finding.usage) {
        (State::Sample, _) => (Severity::Note, "a sample or placeholder"),
        (State::Malformed, _) => (Severity::Note, "looks like a token, but is damaged"),
        (State::Expired, _) => (Severity::Note, "a temporary token that has expired"),
        (State::Deleted, _) => (Severity::Note, "deleted from the account; remove it from the file as well"),
        (_, Usage::Temporary) => (Severity::Warning, "a temporary token that may still work"),
        (State::Live, Usage::Secret) if is_tracked => (Severity::Error, "a live secret token in git; rotate it"),
        (State::Live, Usage::Secret) => (Severity::Warning, "a live secret token"),
        (_, Usage::Secret | Usage::Unknown) if is_tracked => (Severity::Error, "a secret token in git; rotate it"),
        (_, Usage::Secret | Usage::Unknown) => (Severity::Warning, "a secret token"),
        (State::Live, Usage::Public) if token.is_some_and(is_restricted) => {
            (Severity::Note, "a public token restricted to its allowed URLs")
        }
        (State::Live, Usage::Public) => (Severity::Warning, "a public token that works on any page; restrict its URLs"),
        (_, Usage::Public) => (Severity::Warning, "a public token; unknown whether it is restricted"),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;
    use crate::{
        scan::{Progress, Scanner},
        untrusted::Untrusted,
    };

    fn found(kind: &str, payload: &str) -> Finding {
        let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload);
        let text = format!("{kind}.{payload}.Zq3-_xW7vB1nM5kL9pT2sA");
        let scanned = Scanner::new(false).scan(text.as_bytes(), &Progress::default()).unwrap();
        scanned.findings.into_iter().next().expect("a token")
    }

    #[test]
    fn what_is_not_known_is_never_taken_for_harmless() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let id = "cmf3k2abc000108l4e5f6g7h8";
        let ada = format!(r#"{{"u":"ada","a":"{id}"}}"#);
        let tokens: [Token; 0] = [];
        let account = Account::new("ada", &tokens, Knowledge::new(now));
        let told = |finding: &Finding, account, tracked| {
            let verdict = judge(finding, account, tracked, now);
            (verdict.state, verdict.severity)
        };
        let (secret, public) = (found("sk", &ada), found("pk", &ada));
        assert_eq!(told(&secret, None, None), (State::Unknown, Severity::Warning));
        assert_eq!(told(&secret, None, Some(true)), (State::Unknown, Severity::Error));
        assert_eq!(told(&public, None, Some(true)), (State::Unknown, Severity::Warning));
        assert_eq!(told(&secret, Some(&account), Some(true)), (State::Deleted, Severity::Note));
        let foreign = found("sk", &ada.replace("ada", "grace"));
        assert_eq!(told(&foreign, Some(&account), Some(true)), (State::Foreign, Severity::Error));
        let damaged = found("sk", &ada.replace(id, "cmf3k2ABC"));
        assert_eq!(told(&damaged, None, Some(true)), (State::Malformed, Severity::Note));
        for (expires, state) in [(1_799_999_999, State::Expired), (1_800_000_001, State::Unknown)] {
            let temporary =
                found("tk", &format!(r#"{{"u":"ada","exp":{expires},"iat":1,"scopes":[],"client":"api"}}"#));
            assert_eq!(told(&temporary, Some(&account), Some(true)).0, state);
        }
    }

    #[test]
    fn a_token_of_the_account_is_known_by_its_id() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let id = "cmf3k2abc000108l4e5f6g7h8";
        let token = |urls: &str| -> Token {
            serde_json::from_str(&format!(r#"{{"id":"{id}","usage":"pk","note":"Map","allowedUrls":{urls}}}"#)).unwrap()
        };
        let finding = found("pk", &format!(r#"{{"u":"Ada","a":"{id}"}}"#));
        for (urls, severity) in
            [("null", Severity::Warning), ("[]", Severity::Warning), (r#"["a.example"]"#, Severity::Note)]
        {
            let tokens = [token(urls)];
            let account = Account::new("ada", &tokens, Knowledge::new(now));
            let verdict = judge(&finding, Some(&account), None, now);
            assert_eq!((verdict.state, verdict.severity), (State::Live, severity), "{urls}");
            assert_eq!(verdict.token.and_then(|token| token.note.as_ref()).map(Untrusted::raw), Some("Map"));
        }
    }
}
