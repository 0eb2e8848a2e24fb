//! Reading the answer to a create, also one that broke off: a value that arrived whole is never thrown away.

use crate::{
    secret::Secret,
    token::{Draft, Token, anatomy::Anatomy},
    untrusted::Untrusted,
};

/// The token an answer holds and its value; `None` when the value is not in it, or not all of it.
///
/// Where the rest of the answer is missing, what was asked for stands in for what the server says it made.
pub fn read(answer: &[u8], draft: &Draft) -> Option<(Token, Secret)> {
    if let Ok(mut token) = serde_json::from_slice::<Token>(answer) {
        let value = token.token.take().filter(|value| !value.is_empty())?;
        return Some((token, value));
    }
    let value = salvage(answer)?;
    let anatomy = Anatomy::of(value.expose()).ok()?;
    let urls: Vec<Untrusted> = draft.allowed_urls.iter().map(|url| Untrusted::from(url.as_str())).collect();
    let token = Token {
        id: anatomy.id?,
        usage: anatomy.usage,
        client: Untrusted::default(),
        default: false,
        note: Some(draft.note.as_str()).filter(|note| !note.is_empty()).map(Untrusted::from),
        scopes: draft.scopes.clone(),
        allowed_urls: Some(urls).filter(|urls| !urls.is_empty()),
        created: None,
        modified: None,
        token: None,
        flaws: Vec::new(),
    };
    Some((token, value))
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
    use super::*;
    use crate::token::Usage;

    const HEAD: &str = r#"{"id":"cmfake","usage":"sk","note":"say \"token\":\"sk.trap.trap\" twice","scopes":[],"#;
    // {"u":"ada","a":"cmfake"}
    const VALUE: &str = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZmFrZSJ9.fakefakefakefakefakefa";

    fn draft() -> Draft {
        Draft { note: "n".into(), scopes: vec!["styles:read".into()], allowed_urls: vec!["a.example".into()] }
    }

    fn whole() -> String {
        format!("{HEAD}\"token\": \"{VALUE}\",\"created\":\"2026-05-01T12:00:00.000Z\"}}")
    }

    #[test]
    fn a_whole_answer_is_read_as_it_stands() {
        let (token, value) = read(whole().as_bytes(), &draft()).expect("readable");
        assert_eq!((token.id, value.expose()), ("cmfake".into(), VALUE));
        assert!(token.created.is_some() && token.token.is_none());
    }

    #[test]
    fn cut_at_any_byte_the_value_is_whole_or_not_there() {
        let whole = whole();
        let complete_at = whole.find(VALUE).unwrap() + VALUE.len() + 1;
        for cut in 0..whole.len() {
            let read = read(&whole.as_bytes()[..cut], &draft());
            match read {
                None => assert!(cut < complete_at, "lost at {cut}"),
                Some((token, value)) => {
                    assert!(cut >= complete_at, "made up at {cut}");
                    assert_eq!((token.id.as_str(), value.expose()), ("cmfake", VALUE));
                    assert_eq!((token.usage, token.scopes), (Usage::Secret, draft().scopes));
                }
            }
        }
    }

    #[test]
    fn an_answer_without_a_value_gives_none() {
        for answer in
            ["", "{}", "null", "<html>", r#"{"id":"x","usage":"sk"}"#, r#"{"id":"x","usage":"sk","token":""}"#]
        {
            assert!(read(answer.as_bytes(), &draft()).is_none(), "{answer}");
        }
    }
}
