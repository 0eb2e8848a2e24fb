//! [`Answer`]: what the answer to a create holds, also of one that broke off: a value that arrived whole is never thrown away, and one
//! that is not what was asked for is never taken for it.

use serde_json::{Map, Value};

use super::Intent;
use crate::{
    secret::Secret,
    token::{Catalogue, DecodedToken, Draft, Token, TokenId, Usage, Word},
    untrusted::Untrusted,
};

/// What an answer holds.
#[derive(Debug)]
pub enum Answer {
    /// The token that was asked for, and its value.
    Created(Token, Secret),
    /// A value that is not what was asked for, and why. The token is as far as it can be told.
    Mismatched(Token, Secret, String),
    /// No value, or not all of it.
    Incomplete,
}

impl Answer {
    /// Reads an answer. Where the rest of it is missing, what was asked for stands in for what the server says it created.
    pub fn read(answer: &[u8], intent: &Intent) -> Self {
        let draft = intent.draft();
        let is_object = answer.trim_ascii_start().starts_with(b"{");
        let fields: Option<Map<String, Value>> = is_object.then(|| serde_json::from_slice(answer).ok()).flatten();
        let member = |name| fields.as_ref().and_then(|fields| fields.get(name)).and_then(Value::as_str);
        let value = match &fields {
            Some(_) => member("token").filter(|value| !value.is_empty()).map(Secret::new),
            None => salvage(answer),
        };
        let Some(value) = value else { return Self::Incomplete };
        let decoded = DecodedToken::of(value.expose());
        let token = match is_object.then(|| serde_json::from_slice::<Token>(answer).ok()).flatten() {
            Some(token) => Token { token: None, ..token },
            None => asked_for(&draft, decoded.as_ref().ok(), member("id")),
        };
        let checked = match decoded {
            _ if !is_object => Err("not a JSON object".to_owned()),
            Err(_) => Err("its value is not a token".to_owned()),
            Ok(decoded) if decoded.usage == Usage::Temporary => Err("it is a temporary token".to_owned()),
            Ok(decoded) if decoded.usage != token.usage => Err(format!(
                "the value is a {} token, but the server calls it {}",
                decoded.usage.word(),
                token.usage.word()
            )),
            Ok(decoded) => decoded.check(&intent.account.username, kind(&draft), Some(&token.id)),
        };
        match checked {
            Ok(()) => Self::Created(token, value),
            Err(why) => Self::Mismatched(token, value, why),
        }
    }
}

/// The kind that must come out, where the scopes leave no doubt: one that no table knows may turn out to be public or secret, and of a
/// token without any the documentation does not say.
fn kind(draft: &Draft) -> Option<Usage> {
    let catalogue = Catalogue::bundled();
    let mut known = draft.scopes.iter().filter_map(|scope| catalogue.get(scope));
    let are_all_known = draft.scopes.iter().all(|scope| catalogue.get(scope).is_some());
    match (known.any(|info| !info.public), are_all_known) {
        (true, _) => Some(Usage::Secret),
        (false, true) if !draft.scopes.is_empty() => Some(Usage::Public),
        _ => None,
    }
}

/// A token as it was asked for, with what its value tells.
fn asked_for(draft: &Draft, decoded: Option<&DecodedToken>, id: Option<&str>) -> Token {
    let urls: Vec<Untrusted> = draft.allowed_urls.iter().map(|url| Untrusted::from(url.as_str())).collect();
    let id = id.map(TokenId::from).or_else(|| decoded?.id.clone());
    Token {
        id: id.unwrap_or_else(|| TokenId::from("")),
        usage: decoded.map_or_else(|| draft.usage(&Catalogue::bundled()), |decoded| decoded.usage),
        client: Word::default(),
        default: false,
        note: Some(draft.note.as_str()).filter(|note| !note.is_empty()).map(Untrusted::from),
        scopes: draft.scopes.clone(),
        allowed_urls: Some(urls).filter(|urls| !urls.is_empty()),
        created: None,
        modified: None,
        token: None,
        flaws: Box::default(),
    }
}

/// The value of the member `"token"` in JSON that is broken somewhere else. A quote inside a string is written `\"`, so
/// the member's name cannot be met inside another value; and the closing quote proves that the value is all there.
fn salvage(answer: &[u8]) -> Option<Secret> {
    const NAME: &[u8] = b"\"token\"";
    let at = answer.windows(NAME.len()).position(|window| window == NAME)? + NAME.len();
    let rest = answer.get(at..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
    let value = rest.split(|&byte| byte == b'"').next().filter(|value| value.len() < rest.len())?;
    let value = std::str::from_utf8(value).ok()?;
    let is_token = value.split('.').count() == 3
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'~'));
    is_token.then(|| Secret::new(value))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{
        token::AccountKey,
        work::journal::{Before, OperationId},
    };

    const HEAD: &str = r#"{"id":"cmfake","usage":"sk","note":"say \"token\":\"sk.trap.trap\" twice","scopes":[],"#;
    // {"u":"ada","a":"cmfake"}
    const VALUE: &str = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZmFrZSJ9.fakefakefakefakefakefa";
    // {"u":"bob","a":"cmfake"}
    const VALUE_OF_BOB: &str = "sk.eyJ1IjoiYm9iIiwiYSI6ImNtZmFrZSJ9.fakefakefakefakefakefa";

    fn intent(scope: &str) -> Intent {
        let draft = Draft { note: "n".into(), scopes: vec![scope.into()], allowed_urls: vec!["a.example".into()] };
        let account = AccountKey { username: "ada".into(), host: "api.mapbox.com".into() };
        Intent::new(OperationId::random().unwrap(), account, &draft, Before::default(), Timestamp::UNIX_EPOCH)
    }

    fn whole() -> String {
        format!("{HEAD}\"token\": \"{VALUE}\",\"created\":\"2026-05-01T12:00:00.000Z\"}}")
    }

    #[test]
    fn a_whole_answer_is_read_as_it_stands() {
        let Answer::Created(token, value) = Answer::read(whole().as_bytes(), &intent("uploads:write")) else {
            panic!("readable")
        };
        assert_eq!((token.id, value.expose()), ("cmfake".into(), VALUE));
        assert!(token.created.is_some() && token.token.is_none());
    }

    #[test]
    fn cut_at_any_byte_the_value_is_whole_or_not_there() {
        let (whole, intent) = (whole(), intent("uploads:write"));
        let complete_at = whole.find(VALUE).unwrap() + VALUE.len() + 1;
        for cut in 0..whole.len() {
            match Answer::read(&whole.as_bytes()[..cut], &intent) {
                Answer::Incomplete => assert!(cut < complete_at, "lost at {cut}"),
                Answer::Mismatched(.., why) => panic!("{why} at {cut}"),
                Answer::Created(token, value) => {
                    assert!(cut >= complete_at, "made up at {cut}");
                    assert_eq!((token.id.as_str(), value.expose()), ("cmfake", VALUE));
                    assert_eq!((token.usage, token.scopes), (Usage::Secret, intent.draft().scopes));
                }
            }
        }
    }

    #[test]
    fn an_answer_without_a_value_is_incomplete() {
        for answer in
            ["", "{}", "null", "<html>", r#"{"id":"x","usage":"sk"}"#, r#"{"id":"x","usage":"sk","token":""}"#]
        {
            let read = Answer::read(answer.as_bytes(), &intent("uploads:write"));
            assert!(matches!(read, Answer::Incomplete), "{answer}");
        }
    }

    #[test]
    fn a_value_that_is_not_what_was_asked_for_is_no_success() {
        let whole = whole();
        for (answer, scope, wrong) in [
            (whole.replace("\"sk", "\"pk"), "uploads:write", "is a public token, not a secret one"),
            (whole.clone(), "styles:read", "is a secret token, not a public one"),
            (whole.replace("\"sk.", "\"tk."), "uploads:write", "temporary"),
            (
                whole.replace("\"usage\":\"sk\"", "\"usage\":\"pk\""),
                "uploads:write",
                "the value is a secret token, but the server calls it public",
            ),
            (whole.replace(VALUE, VALUE_OF_BOB), "uploads:write", "of bob, not of ada"),
            (whole.replace("\"cmfake\"", "\"cmother\""), "uploads:write", "belongs to the token cmfake"),
            (format!("[7,null,{{\"token\":\"{VALUE}\"}}]"), "uploads:write", "not a JSON object"),
            (
                format!("[\"cmfake\",\"sk\",\"\",false,null,[],null,null,null,\"token\":\"{VALUE}\"]"),
                "uploads:write",
                "not a JSON",
            ),
            (whole.replace(VALUE, "sk.fake.fake"), "uploads:write", "not a token"),
        ] {
            match Answer::read(answer.as_bytes(), &intent(scope)) {
                Answer::Mismatched(.., why) => assert!(why.contains(wrong), "{answer}: {why}"),
                other => panic!("{answer}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_scope_that_no_table_knows_leaves_the_kind_open() {
        let read = Answer::read(whole().as_bytes(), &intent("brand:new"));
        assert!(matches!(read, Answer::Created(..)), "{read:?}");
    }
}
