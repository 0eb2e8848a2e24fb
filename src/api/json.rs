//! Reads the JSON of answers, even if it is not quite valid. Errors never quote it.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{ApiError, wire::Answer};

/// Reads a whole answer. Where it does not parse, what is not a text in its strings is replaced, and it is read again.
pub(super) fn parse<T: DeserializeOwned>(answer: Answer) -> Result<T, ApiError> {
    let body = answer.whole()?;
    serde_json::from_slice(&body)
        .or_else(|error| serde_json::from_slice(&repaired(&body)).map_err(|_| error))
        .map_err(|error| unreadable(&error))
}

/// Reads a list whose entries are objects; and how many of them are not what they should be. A list in which none is an object is another
/// kind of answer.
pub(super) fn list<T: DeserializeOwned>(answer: Answer) -> Result<(Vec<T>, usize), ApiError> {
    let body = answer.whole()?;
    if let Ok(list) = serde_json::from_slice(&body) {
        return Ok((list, 0));
    }
    let body = Zeroizing::new(repaired(&body));
    let entries: Vec<&RawValue> = serde_json::from_slice(&body).map_err(|error| unreadable(&error))?;
    if !entries.iter().any(|entry| entry.get().starts_with('{')) {
        return Err(ApiError::Unreadable("not the expected list".into()));
    }
    let list: Vec<T> = entries.iter().filter_map(|entry| serde_json::from_str(entry.get()).ok()).collect();
    let unreadable = entries.len() - list.len();
    Ok((list, unreadable))
}

/// The parser quotes what it stumbled over, and that may be a token: only the place is passed on.
fn unreadable(error: &serde_json::Error) -> ApiError {
    ApiError::Unreadable(format!("not the expected JSON (line {}, column {})", error.line(), error.column()))
}

/// JSON in which what cannot be text stands as U+FFFD: halves of surrogate pairs, bytes that are not UTF-8, control characters that
/// should have been escaped. Everything else stays as it is.
fn repaired(json: &[u8]) -> Vec<u8> {
    const REPLACEMENT: &str = "\\ufffd";
    let text: Cow<str> = String::from_utf8_lossy(json);
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    let mut in_string = false;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match c {
            '"' => {
                in_string = !in_string;
                out.push(c);
            }
            '\\' if in_string => match (unit(rest), rest.get(6..).and_then(unit)) {
                (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => {
                    length = 12;
                    out.push_str(rest.get(..length).unwrap_or_default());
                }
                (Some(0xd800..=0xdfff), _) => {
                    length = 6;
                    out.push_str(REPLACEMENT);
                }
                _ => {
                    length = rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at);
                    out.push_str(rest.get(..length).unwrap_or_default());
                }
            },
            c if in_string && c.is_ascii_control() && c != '\u{7f}' => out.push_str(REPLACEMENT),
            c => out.push(c),
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    out.into_bytes()
}

/// The code unit of an escape such as `\\ud83d` at the start of a text.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_pairs_are_replaced_and_whole_pairs_are_kept() {
        let json = br#"["\ud800","\ud83d\ude00","\udc00\ud800x","\\ud800","a\"b","\u0041"]"#;
        let texts: Vec<String> = serde_json::from_slice(&repaired(json)).expect("valid");
        assert_eq!(texts, ["\u{fffd}", "😀", "\u{fffd}\u{fffd}x", "\\ud800", "a\"b", "A"]);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let texts: Vec<String> = serde_json::from_slice(&repaired(b"[\"a\xffb\nc\"]")).expect("valid");
        assert_eq!(texts, ["a\u{fffd}b\u{fffd}c"]);
    }

    #[test]
    fn good_json_stays_as_it_is() {
        let json = "{\n  \"a\": [\"é\\n\\\"\", 1.5e3, null]\n}";
        assert_eq!(repaired(json.as_bytes()), json.as_bytes());
        assert_eq!(repaired(b"\"unfinished \\"), b"\"unfinished \\");
    }
}
