//! [`Verdict`]: what the server says about a token's value (`GET /tokens/v2?access_token=`), whoever owns it.
//!
//! The call needs no scope and answers 200 whatever the token, with the verdict in `code` (Tokens API, "Retrieve a token").

use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    token::{Scope, TokenId, Usage, record},
    untrusted::Untrusted,
};

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Verdict {
    /// Whether it works, and if not, why.
    pub code: Code,
    /// What the token says of itself; present when it could be parsed.
    #[serde(default)]
    pub token: Option<Claims>,
}

/// The five documented codes, and room for more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// `TokenValid`: it works.
    Valid,
    /// `TokenMalformed`: it cannot be parsed.
    Malformed,
    /// `TokenInvalid`: its signature is wrong.
    Invalid,
    /// `TokenExpired`: a temporary token whose time is over.
    Expired,
    /// `TokenRevoked`: it was deleted.
    Revoked,
    /// Something the documentation does not name.
    Other(Untrusted),
}

impl Code {
    /// As the documentation spells it: `TokenValid`.
    pub fn word(&self) -> &str {
        match self {
            Self::Valid => "TokenValid",
            Self::Malformed => "TokenMalformed",
            Self::Invalid => "TokenInvalid",
            Self::Expired => "TokenExpired",
            Self::Revoked => "TokenRevoked",
            Self::Other(code) => code.raw(),
        }
    }

    /// In words for people: "works", "was deleted".
    pub fn words(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Valid => "works".into(),
            Self::Malformed => "is not a token: it can't be parsed".into(),
            Self::Invalid => "has a wrong signature: part of it is missing or changed".into(),
            Self::Expired => "has expired".into(),
            Self::Revoked => "was deleted".into(),
            Self::Other(code) => format!("has the status \"{}\"", code.shown()).into(),
        }
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = Untrusted::deserialize(deserializer)?;
        Ok(match code.raw() {
            "TokenValid" => Self::Valid,
            "TokenMalformed" => Self::Malformed,
            "TokenInvalid" => Self::Invalid,
            "TokenExpired" => Self::Expired,
            "TokenRevoked" => Self::Revoked,
            _ => Self::Other(code),
        })
    }
}

/// What the server read in the token. Scopes and times are those of a temporary token: the server never tells the scopes of a
/// stored one here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// Its kind.
    #[serde(default, deserialize_with = "record::usage")]
    pub usage: Option<Usage>,
    /// The account.
    #[serde(default, deserialize_with = "record::text")]
    pub user: Untrusted,
    /// The token's id; temporary tokens have none.
    #[serde(default)]
    pub authorization: Option<TokenId>,
    /// When a temporary token was created.
    #[serde(default, deserialize_with = "record::time")]
    pub created: Option<Timestamp>,
    /// When a temporary token ends.
    #[serde(default, deserialize_with = "record::time")]
    pub expires: Option<Timestamp>,
    /// What a temporary token may do.
    #[serde(default, deserialize_with = "record::scopes")]
    pub scopes: Vec<Scope>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_answers_are_read() {
        let valid: Verdict = serde_json::from_str(
            r#"{"code":"TokenValid","token":{"usage":"pk","user":"ada","authorization":"cijucimbe000brbkt48d0dhcx"}}"#,
        )
        .expect("documented");
        assert_eq!(valid.code, Code::Valid);
        assert_eq!(
            valid.token.and_then(|claims| claims.authorization),
            Some(TokenId::from("cijucimbe000brbkt48d0dhcx"))
        );
        let expired: Verdict = serde_json::from_str(
            r#"{"code":"TokenExpired","token":{"usage":"tk","user":"ada","expires":"2016-09-15T19:27:53.000Z",
                "created":"2016-09-15T19:27:23.000Z","scopes":["styles:read"],"client":"api"}}"#,
        )
        .expect("documented");
        assert_eq!(expired.code.words(), "has expired");
        let malformed: Verdict = serde_json::from_str(r#"{"code":"TokenMalformed"}"#).expect("documented");
        assert_eq!((malformed.code, malformed.token), (Code::Malformed, None));
    }

    #[test]
    fn odd_claims_do_not_hide_the_verdict() {
        let json = r#"{"code":"TokenValid","token":{"usage":"zk","user":null,"created":"","expires":7,"scopes":null}}"#;
        let verdict: Verdict = serde_json::from_str(json).expect("lenient");
        let claims = verdict.token.expect("claims");
        assert_eq!((verdict.code, claims.usage, claims.expires, claims.scopes.len()), (Code::Valid, None, None, 0));
    }

    #[test]
    fn a_code_nobody_documented_is_shown_as_it_came() {
        let verdict: Verdict = serde_json::from_str(r#"{"code":"TokenTired"}"#).expect("lenient");
        assert_eq!(verdict.code.words(), "has the status \"TokenTired\"");
    }
}
