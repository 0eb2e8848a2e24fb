//! [`DecodedToken`]: what can be read from a token's string without asking anyone.
//!
//! A token is `kind.payload.signature`: two letters, a JSON object in base64url without padding, 22 characters. The payload of a
//! public or secret token holds the account (`u`) and the token's id (`a`), in which its birth time is written; that of a temporary
//! one holds account, expiry, issue time, scopes and client. None of it says whether the token is valid: only the server can check the
//! signature. Sources: the samples in the documentation, and Mapbox's own parser (`@mapbox/parse-mapbox-token`) for `ll` and `iu`.
//!
//! Invariants: the string itself is not kept; an [`DecodedToken`] may be shown and logged.

mod base64_text;
mod encoding;
mod find;
mod scrub;

use std::collections::BTreeMap;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use jiff::Timestamp;
use serde::Deserialize;

pub use self::{
    encoding::{Encoding, Unit},
    find::{Found, LONGEST, LOOK_BACK, find, find_in},
    scrub::scrub,
};
use super::{Scope, TokenId, Usage};
use crate::{
    secret::Secret,
    untrusted::{Untrusted, shown},
};

/// Length of a signature in every sample: 128 bits in base64url.
pub const SIGNATURE_LENGTH: usize = 22;

/// Longest string that is looked at; real ones have about a hundred characters, temporary ones with many scopes a thousand.
const MAX_LENGTH: usize = 16 * 1024;

/// A token, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodedToken {
    /// Its kind, by the first two letters.
    pub usage: Usage,
    /// The account it belongs to.
    pub owner: Untrusted,
    /// Its id in the API. Temporary tokens have none.
    pub id: Option<TokenId>,
    /// When the id, and so the token, was created.
    pub born: Option<Timestamp>,
    /// When it was issued (temporary tokens).
    pub issued: Option<Timestamp>,
    /// When it stops working (temporary tokens).
    pub expires: Option<Timestamp>,
    /// What it may do (temporary tokens only: those of the others are known to the server alone).
    pub scopes: Option<Vec<Scope>>,
    /// Who asked for it: `api`, or the client id of an OAuth application (temporary tokens).
    pub client: Option<Untrusted>,
    /// Last sign-in of the user behind it (tokens of the web console).
    pub last_login: Option<Timestamp>,
    /// Who acts in the owner's place (tokens of the web console).
    pub impersonator: Option<Untrusted>,
    /// Names of fields we know nothing about.
    pub other_fields: Vec<Untrusted>,
    /// Characters in the signature; [`SIGNATURE_LENGTH`] unless something was cut off or added.
    pub signature_length: usize,
}

/// Why a text is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Nothing there.
    #[error("empty; paste a token that starts with pk, sk or tk")]
    Empty,
    /// Larger than any token.
    #[error("too long for a token; paste only the token")]
    TooLong,
    /// Shortened for display.
    #[error("this is a shortened token: the middle is missing")]
    Shortened,
    /// A JSON web token of someone else.
    #[error("this is another JSON web token; Mapbox tokens start with pk, sk or tk")]
    OtherJwt,
    /// Starts with none of the three kinds.
    #[error("not a Mapbox token (expected pk., sk. or tk.)")]
    UnknownKind,
    /// The number of parts between dots.
    #[error("expected three parts separated by dots, found {0}; was the token truncated?")]
    WrongParts(usize),
    /// The second part does not decode.
    #[error("the middle part is not base64; is a character missing or extra?")]
    NotBase64,
    /// The second part is not the JSON it should be.
    #[error("the middle part is not a token's JSON object; did a character change?")]
    NotJson,
    /// No account in it.
    #[error("the middle part names no account, so this is not a Mapbox token")]
    NoOwner,
    /// Neither an id nor an expiry.
    #[error("the middle part has neither a token ID nor an expiry, so this is not a Mapbox token")]
    NoId,
    /// The third part is empty or holds other characters than base64url's.
    #[error("the signature (the part after the second dot) is missing or damaged")]
    BadSignature,
}

/// The payload's fields, by Mapbox's names.
#[derive(Deserialize)]
struct Claims {
    u: Option<Untrusted>,
    a: Option<TokenId>,
    exp: Option<i64>,
    iat: Option<i64>,
    scopes: Option<Vec<Scope>>,
    client: Option<Untrusted>,
    // Seen in no sample, so whatever they hold must not make a token unreadable.
    ll: Option<serde_json::Value>,
    iu: Option<serde_json::Value>,
    #[serde(flatten)]
    #[expect(clippy::zero_sized_map_values, reason = "serde flattens into maps only")]
    other: BTreeMap<String, serde::de::IgnoredAny>,
}

impl DecodedToken {
    /// Whether it is what was asked for: of this account, of this kind and with this id, where those are known; else what it is.
    pub fn check(&self, owner: &str, usage: Option<Usage>, id: Option<&TokenId>) -> Result<(), String> {
        if let Some(wanted) = usage.filter(|wanted| *wanted != self.usage) {
            return Err(format!("it is a {} token, not a {} one", self.usage.word(), wanted.word()));
        }
        if !self.owner.raw().eq_ignore_ascii_case(owner) {
            return Err(format!("it is a token of {}, not of {}", self.owner.shown(), shown(owner)));
        }
        match (id, &self.id) {
            (Some(wanted), Some(id)) if wanted != id => {
                Err(format!("its value belongs to the token {}, not to {}", id.shown(), wanted.shown()))
            }
            (Some(_), None) => Err("its value has no token ID".to_owned()),
            _ => Ok(()),
        }
    }

    /// Takes a token apart. White space and quotes around it do not count.
    pub fn of(text: &str) -> Result<Self, Malformed> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'));
        if text.is_empty() {
            return Err(Malformed::Empty);
        }
        if text.len() > MAX_LENGTH {
            return Err(Malformed::TooLong);
        }
        if text.contains(['…', '•', '*']) || text.contains("...") {
            return Err(Malformed::Shortened);
        }
        let mut parts = text.split('.');
        let (kind, payload, signature) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let Some(usage) = Usage::from_prefix(kind) else {
            let is_jwt = text.starts_with("eyJ") && signature.is_some();
            return Err(if is_jwt { Malformed::OtherJwt } else { Malformed::UnknownKind });
        };
        let (Some(payload), Some(signature), None) = (payload, signature, parts.next()) else {
            return Err(Malformed::WrongParts(text.split('.').count()));
        };
        let claims = claims(payload.as_bytes())?;
        if signature.is_empty() || !signature.bytes().all(is_base64url) {
            return Err(Malformed::BadSignature);
        }
        let time = |seconds: i64| Timestamp::from_second(seconds).ok();
        Ok(Self {
            usage,
            owner: claims.u.filter(|owner| !owner.is_empty()).ok_or(Malformed::NoOwner)?,
            born: claims.a.as_ref().and_then(TokenId::born),
            id: match (claims.a, claims.exp) {
                (None, None) => return Err(Malformed::NoId),
                (None, Some(_)) if usage != Usage::Temporary => return Err(Malformed::NoId),
                (id, _) => id,
            },
            issued: claims.iat.and_then(time),
            expires: claims.exp.and_then(time),
            scopes: claims.scopes,
            client: claims.client,
            // Milliseconds: Mapbox's parser multiplies the other times by a thousand, and not this one.
            last_login: claims.ll.and_then(|millis| Timestamp::from_millisecond(millis.as_i64()?).ok()),
            impersonator: claims.iu.and_then(|who| who.as_str().map(Untrusted::from)),
            other_fields: claims.other.into_keys().map(Untrusted::from).collect(),
            signature_length: signature.len(),
        })
    }

    /// Whether its time is over. Tokens without an expiry never expire.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether the signature has the length all of Mapbox's have.
    pub const fn has_usual_signature(&self) -> bool {
        self.signature_length == SIGNATURE_LENGTH
    }
}

/// The tokens in what a user pasted, each once: the text itself, or every one in a line of code, an address, a `.env`.
pub fn all_pasted(text: &[u8]) -> Vec<Secret> {
    if let Ok(text) = std::str::from_utf8(text)
        && DecodedToken::of(text).is_ok()
    {
        return vec![Secret::new(text.trim().trim_matches(['"', '\'', '`']))];
    }
    let mut tokens: Vec<Secret> = Vec::new();
    for Found { value, .. } in find(text) {
        if !tokens.contains(&value) {
            tokens.push(value);
        }
    }
    tokens
}

/// The token in what a user pasted. `None` when there is none, or when there are several, of which nobody can tell which is meant.
pub fn pasted(text: &str) -> Option<Secret> {
    let [token] = <[Secret; 1]>::try_from(all_pasted(text.as_bytes())).ok()?;
    Some(token)
}

/// Reads a payload. Padding, and bits beyond the last byte, are accepted either way.
fn claims(payload: &[u8]) -> Result<Claims, Malformed> {
    const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const FORGIVING: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);
    let json = FORGIVING.decode(payload).map_err(|_| Malformed::NotBase64)?;
    serde_json::from_slice(&json).map_err(|_| Malformed::NotJson)
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Signs nothing: a made-up signature of the usual length.
    const FAKE_SIGNATURE: &str = "fakefakefakefakefakefa";

    fn fake(kind: &str, payload: &str) -> String {
        let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload);
        format!("{kind}.{payload}.{FAKE_SIGNATURE}")
    }

    #[test]
    fn a_published_public_token_tells_its_account_id_and_birth() {
        // Printed in the API documentation of 2018 as an example.
        let decoded = DecodedToken::of(
            "pk.eyJ1Ijoic2NvdGhpcyIsImEiOiJjaWp1Y2ltYmUwMDBicmJrdDQ4ZDBkaGN4In0.sbihZCZJ56-fsFNKHXF8YQ",
        )
        .expect("a token");
        assert_eq!(decoded.usage, Usage::Public);
        assert_eq!(decoded.owner.raw(), "scothis");
        assert_eq!(decoded.id, Some("cijucimbe000brbkt48d0dhcx".into()));
        assert_eq!(decoded.born.expect("a cuid").to_string(), "2016-01-25T19:07:07.514Z");
        assert!(decoded.has_usual_signature() && decoded.scopes.is_none() && !decoded.is_expired(Timestamp::MAX));
    }

    #[test]
    fn a_temporary_token_tells_its_scopes_and_its_end() {
        let token = fake(
            "tk",
            r#"{"u":"ada","exp":1473967673,"iat":1473967643,"scopes":["styles:read","fonts:read"],"client":"api","x":{"y":[1]}}"#,
        );
        let decoded = DecodedToken::of(&token).expect("a token");
        assert_eq!(decoded.usage, Usage::Temporary);
        assert_eq!(decoded.scopes, Some(vec!["styles:read".into(), "fonts:read".into()]));
        assert_eq!(decoded.expires.expect("an expiry").duration_since(decoded.issued.expect("a time")).as_secs(), 30);
        assert_eq!((decoded.client, decoded.id), (Some("api".into()), None));
        assert_eq!(decoded.other_fields, ["x".into()]);
        let last_second = Timestamp::from_second(1_473_967_672).expect("a time");
        let over = Timestamp::from_second(1_473_967_673).expect("a time");
        let decoded = DecodedToken::of(&token).expect("a token");
        assert!(!decoded.is_expired(last_second) && decoded.is_expired(over));
    }

    #[test]
    fn what_is_no_token_is_told_why() {
        let good = fake("sk", r#"{"u":"ada","a":"cmf000000000000000000fake"}"#);
        for (text, why) in [
            (String::new(), Malformed::Empty),
            (" \n".into(), Malformed::Empty),
            ("x".repeat(20_000), Malformed::TooLong),
            ("YOUR_MAPBOX_ACCESS_TOKEN".into(), Malformed::UnknownKind),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln".into(), Malformed::OtherJwt),
            ("sk.eyJ1IjoiZ…kefa".into(), Malformed::Shortened),
            ("sk.eyJ1Ijoi...".into(), Malformed::Shortened),
            ("sk.eyJ1IjoiYWRhIn0".into(), Malformed::WrongParts(2)),
            (format!("{good}.more"), Malformed::WrongParts(4)),
            ("sk.eyJ1!.sig".into(), Malformed::NotBase64),
            ("sk.eyJ1Ijoi.sig".into(), Malformed::NotJson),
            (fake("sk", "[1]"), Malformed::NotJson),
            (fake("sk", r#"{"u":7}"#), Malformed::NotJson),
            (fake("sk", r#"{"a":"cmf000000000000000000fake"}"#), Malformed::NoOwner),
            (fake("sk", r#"{"u":"","a":"x"}"#), Malformed::NoOwner),
            (fake("sk", r#"{"u":"ada"}"#), Malformed::NoId),
            (fake("sk", r#"{"u":"ada","exp":1}"#), Malformed::NoId),
            (good.replace(FAKE_SIGNATURE, ""), Malformed::BadSignature),
            (good.replace(FAKE_SIGNATURE, "a b"), Malformed::BadSignature),
        ] {
            assert_eq!(DecodedToken::of(&text), Err(why), "{text}");
        }
        assert!(DecodedToken::of(&good).is_ok());
        assert!(!DecodedToken::of(&good.replace(FAKE_SIGNATURE, "short")).expect("a token").has_usual_signature());
    }

    #[test]
    fn the_token_in_what_was_pasted_is_found() {
        let token = fake("pk", r#"{"u":"ada","a":"cmf000000000000000000fake"}"#);
        for text in [
            token.clone(),
            format!("  \"{token}\"\n"),
            format!("export MAPBOX_ACCESS_TOKEN={token}"),
            format!("https://api.mapbox.com/styles/v1/ada/x?access_token={token}&fresh=true"),
            format!("{token} {token}"),
        ] {
            assert_eq!(pasted(&text).as_ref().map(Secret::expose), Some(token.as_str()), "{text}");
        }
        let other = fake("pk", r#"{"u":"bob","a":"cmf000000000000000000fake"}"#);
        assert_eq!(pasted(&format!("{token} {other}")), None);
        assert_eq!(pasted("nothing"), None);
    }

    #[test]
    fn fields_of_the_web_console_are_read_where_they_make_sense() {
        let read =
            |extra: &str| DecodedToken::of(&fake("tk", &format!(r#"{{"u":"ada","exp":1,{extra}}}"#))).expect("a token");
        let decoded = read(r#""ll":1473967673000,"iu":"bob""#);
        assert_eq!(decoded.last_login.expect("a time").to_string(), "2016-09-15T19:27:53Z");
        assert_eq!(decoded.impersonator, Some("bob".into()));
        let strange = read(r#""ll":"yesterday","iu":{"name":"bob"}"#);
        assert_eq!((strange.last_login, strange.impersonator), (None, None));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), payload in any::<Vec<u8>>()) {
            let _ = DecodedToken::of(&text);
            pasted(&text);
            let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload);
            let _ = DecodedToken::of(&format!("sk.{payload}.{FAKE_SIGNATURE}"));
        }

        #[test]
        fn any_account_and_id_are_read_back(owner in "\\PC{1,20}", id in "c[a-z0-9]{24}", secret in any::<bool>()) {
            let payload = serde_json::json!({"u": owner, "a": id}).to_string();
            let token = fake(if secret { "sk" } else { "pk" }, &payload);
            let decoded = DecodedToken::of(&token).expect("a token");
            prop_assert_eq!(decoded.owner.raw(), owner);
            prop_assert_eq!(decoded.id, Some(TokenId::new(id)));
        }

        #[test]
        fn an_anatomy_never_shows_the_signature(id in "c[a-z0-9]{24}", signature in "[A-Za-z0-9_-]{22}") {
            let token = fake("sk", &format!(r#"{{"u":"ada","a":"{id}"}}"#)).replace(FAKE_SIGNATURE, &signature);
            let shown = format!("{:?}", DecodedToken::of(&token));
            prop_assert!(!shown.contains(&signature));
        }
    }
}
