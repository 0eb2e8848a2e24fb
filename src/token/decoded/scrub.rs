//! [`scrub`]: makes a text safe to log: no token, no part of one, no `access_token` value is left in it.

use std::borrow::Cow;

/// What stands in the place of what was taken out.
const GAP: char = '…';

/// The name of the parameter that tokens travel in.
const PARAMETER: &[u8] = b"access_token";

/// Replaces everything that looks like a token, whole or cut off, by its kind (`sk.…`), and every value of `access_token`, in an
/// address, a form, JSON or an encoded address, by `…`. Rather too much than too little: what is taken out here need not be a
/// real token. Borrowed when there was nothing to do, which is nearly always.
pub fn scrub(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out: Option<String> = None;
    // Up to here everything is in `out`.
    let mut done = 0;
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let Some((keep, remove)) = token_start(rest).or_else(|| parameter_start(rest)) else {
            at += 1;
            continue;
        };
        let kept = text.get(done..at + keep).expect("cut beside ASCII");
        let out = out.get_or_insert_with(String::new);
        out.push_str(kept);
        out.push(GAP);
        at += keep + remove;
        done = at;
    }
    match out {
        None => Cow::Borrowed(text),
        Some(mut out) => {
            out.push_str(text.get(done..).expect("cut beside ASCII"));
            Cow::Owned(out)
        }
    }
}

/// If a token starts here: how much of it may stay (the kind and the dot), and how much goes.
fn token_start(text: &[u8]) -> Option<(usize, usize)> {
    let (b'p' | b's' | b't' | b'P' | b'S' | b'T', b'k' | b'K') = (text.first()?, text.get(1)?) else { return None };
    let dot = dot_length(text.get(2..)?)?;
    let payload = text.get(2 + dot..)?;
    // Every payload starts with `{"`, which is `eyJ` in base64; logs may have changed its case.
    if !payload.get(..3)?.eq_ignore_ascii_case(b"eyj") {
        return None;
    }
    let mut length = run(payload);
    if let Some(dot) = payload.get(length..).and_then(dot_length) {
        length += dot + payload.get(length + dot..).map_or(0, run);
    }
    Some((2 + dot, length))
}

/// A dot, as it is or percent-encoded.
fn dot_length(text: &[u8]) -> Option<usize> {
    match text {
        [b'.', ..] => Some(1),
        [b'%', b'2', b'E' | b'e', ..] => Some(3),
        _ => None,
    }
}

/// The characters of either base64 alphabet at the start.
fn run(text: &[u8]) -> usize {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/' | b'=');
    text.iter().position(|byte| !is_base64(byte)).unwrap_or(text.len())
}

/// If `access_token` with a value starts here: how much stays (up to the value), and how much goes. Nothing goes when there is no
/// value, as in "access token is required".
fn parameter_start(text: &[u8]) -> Option<(usize, usize)> {
    if !text.get(..PARAMETER.len())?.eq_ignore_ascii_case(PARAMETER) {
        return None;
    }
    let mut at = PARAMETER.len();
    at += skip(text, at, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b' '));
    match text.get(at..)? {
        [b'=' | b':', ..] => at += 1,
        [b'%', b'3', b'D' | b'd' | b'A' | b'a', ..] => at += 3,
        _ => return None,
    }
    at += skip(text, at, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b' '));
    let value = text.get(at..)?;
    let is_end = |at: usize| match value.get(at..) {
        Some([b'%', b'2', b'6', ..] | []) | None => true,
        Some([byte, ..]) => byte.is_ascii_whitespace() || b"&#\"'\\<>()[]{},;|`".contains(byte),
    };
    let length = (0..value.len()).find(|at| is_end(*at)).unwrap_or(value.len());
    let is_scrubbed = value.get(..length) == Some(GAP.encode_utf8(&mut [0; 4]).as_bytes());
    (length > 0 && !is_scrubbed).then_some((at, length))
}

fn skip(text: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> usize {
    text.iter().skip(from).take_while(|byte| wanted(**byte)).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FAKE: &str = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZmFrZSJ9.fakefakefakefakefakefa";

    #[test]
    fn tokens_and_parameters_are_taken_out_and_the_rest_stays() {
        for (text, scrubbed) in [
            (format!("token {FAKE} refused"), "token sk.… refused".to_owned()),
            (format!("?access_token={FAKE}&limit=1"), "?access_token=…&limit=1".to_owned()),
            (format!("?limit=1&ACCESS_TOKEN={FAKE}"), "?limit=1&ACCESS_TOKEN=…".to_owned()),
            ("/x?access_token=hunter2 HTTP/1.1".to_owned(), "/x?access_token=… HTTP/1.1".to_owned()),
            (r#"{"access_token": "abc", "a": 1}"#.to_owned(), r#"{"access_token": "…", "a": 1}"#.to_owned()),
            (r#"{\"access_token\":\"abc\"}"#.to_owned(), r#"{\"access_token\":\"…\"}"#.to_owned()),
            ("u=a%3Faccess_token%3Dabc%26b%3Dc".to_owned(), "u=a%3Faccess_token%3D…%26b%3Dc".to_owned()),
            ("access_token=a&access_token=b".to_owned(), "access_token=…&access_token=…".to_owned()),
            (FAKE.replace('.', "%2E"), "sk%2E…".to_owned()),
            ("xpk.eyJ1Ijoi".to_owned(), "xpk.…".to_owned()),
            (FAKE.to_lowercase(), "sk.…".to_owned()),
            ("access_token=東京&x=東京".to_owned(), "access_token=…&x=東京".to_owned()),
        ] {
            assert_eq!(scrub(&text), scrubbed);
        }
    }

    #[test]
    fn harmless_texts_come_through_untouched() {
        for text in [
            "",
            "Not found",
            "access token is required",
            "access_token is required",
            "https://api.mapbox.com/tokens/v2/ada?limit=1&access_token=",
            "https://sk.wikipedia.org/wiki/Mapa",
            "src/pk.rs",
            "東京",
        ] {
            assert!(matches!(scrub(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_of_a_token_is_left(
            before in any::<String>(),
            after in any::<String>(),
            kind in prop::sample::select(vec!["pk", "sk", "tk"]),
            payload in "[A-Za-z0-9_-]{20,80}",
            signature in "[A-Za-z0-9_-]{22}",
        ) {
            let text = format!("{before}{kind}.eyJ{payload}.{signature}{after}");
            let scrubbed = scrub(&text);
            prop_assert!(!scrubbed.contains(&payload) && !scrubbed.contains(&signature), "{}", scrubbed);
        }

        #[test]
        fn nothing_of_a_parameter_is_left(before in any::<String>(), value in "[A-Za-z0-9._~%-]{6,40}", glue in "=|: |\":\"|%3D") {
            // An encoded ampersand ends a value.
            prop_assume!(!value.contains("%26"));
            let text = format!("{before}access_token{glue}{value}&more");
            let scrubbed = scrub(&text);
            let tail = scrubbed.strip_suffix("&more").and_then(|text| text.strip_suffix('…'));
            prop_assert!(tail.is_some(), "{}", scrubbed);
        }

        #[test]
        fn scrubbing_twice_changes_nothing_more(text in any::<String>(), pieces in "(access_token|=|sk\\.eyJ|\\.|%3D|%2E|\"|:| |&|ab|…){0,14}") {
            for text in [text, pieces] {
                let once = scrub(&text).into_owned();
                prop_assert_eq!(scrub(&once).into_owned(), once);
            }
        }
    }
}
