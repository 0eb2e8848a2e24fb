//! [`find_tokens`]: the tokens in a text of any kind, by their structure.
//!
//! A pattern alone either misses tokens (signatures with `-` or `_`, long account names) or takes other things for some. So the shape
//! only proposes (`(pk|sk|tk).eyJ….` and 22 characters, with nothing of the same alphabet on either side); what is found must then decode
//! to a payload that names an account and an id or expiry.

use std::ops::Range;

use super::{SIGNATURE_LENGTH, claims, is_base64url};

/// Where tokens stand in a text, as byte ranges in order. The text may be of any encoding that keeps ASCII, or none.
pub fn find_tokens(text: &[u8]) -> Vec<Range<usize>> {
    // Every payload starts with `{"`, which is `eyJ` in base64.
    let dots = text.windows(4).enumerate().filter(|(_, window)| *window == b".eyJ").map(|(at, _)| at);
    dots.filter_map(|dot| token_around(text, dot)).collect()
}

/// The token whose first dot this is.
fn token_around(text: &[u8], dot: usize) -> Option<Range<usize>> {
    let start = dot.checked_sub(2)?;
    let (before, token) = text.split_at(start);
    let is_temporary = match token.get(..2)? {
        b"pk" | b"sk" => false,
        b"tk" => true,
        _ => return None,
    };
    if !is_boundary(before) {
        return None;
    }
    let payload_and_rest = token.get(3..)?;
    let payload = run(payload_and_rest);
    let signature_and_rest = payload_and_rest.get(payload.len()..)?.strip_prefix(b".")?;
    if run(signature_and_rest).len() != SIGNATURE_LENGTH {
        return None;
    }
    let claims = claims(payload).ok()?;
    let is_mapbox = claims.u.is_some()
        && if is_temporary { claims.exp.is_some() || claims.a.is_some() } else { claims.a.is_some() };
    is_mapbox.then(|| start..dot + 1 + payload.len() + 1 + SIGNATURE_LENGTH)
}

/// The characters of base64url at the start.
fn run(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !is_base64url(*byte)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// Whether a token may start after this: at a character of another kind, or after an escape that ends in a letter or digit
/// (`%3D` in an address in an address, `\n` and `\u003d` in JSON and source code).
fn is_boundary(before: &[u8]) -> bool {
    if before.last().is_none_or(|byte| !is_base64url(*byte)) {
        return true;
    }
    let ends_with_code = |introduction: &[u8], digits: usize| {
        let cut = before.len().checked_sub(digits).and_then(|at| before.split_at_checked(at));
        cut.is_some_and(|(rest, code)| rest.ends_with(introduction) && code.iter().all(u8::is_ascii_hexdigit))
    };
    ends_with_code(b"%", 2)
        || ends_with_code(b"\\x", 2)
        || ends_with_code(b"\\u", 4)
        || [b"\\n", b"\\r", b"\\t"].iter().any(|escape| before.ends_with(*escape))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use proptest::prelude::*;

    use super::*;

    fn encode(payload: &str) -> String {
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload)
    }

    fn token(kind: &str, owner: &str, signature: &str) -> String {
        let payload = match kind {
            "tk" => format!(
                r#"{{"u":"{owner}","exp":1473967673,"iat":1473967643,"scopes":["styles:read"],"client":"api"}}"#
            ),
            _ => format!(r#"{{"u":"{owner}","a":"cmf000000000000000000fake"}}"#),
        };
        format!("{kind}.{}.{signature}", encode(&payload))
    }

    /// Places in which tokens are found in the wild.
    const CONTEXTS: [(&str, &str); 16] = [
        ("", ""),
        ("MAPBOX_ACCESS_TOKEN=", "\n"),
        ("token: \"", "\","),
        ("mapboxgl.accessToken = '", "';"),
        ("?access_token=", "&fresh=true"),
        ("access_token%3D", "%26x"),
        ("{\\\"token\\\":\\\"", "\\\"}"),
        ("line\\n", "\\nline"),
        ("\\u003d", "\\u0026"),
        ("(", ")"),
        ("<a href=https://a.example/?t=", ">"),
        ("`", "`"),
        ("\u{feff}", "\u{2026}"),
        ("a.", "."),
        ("Bearer ", "\r\n"),
        ("東京", "東京"),
    ];

    #[test]
    fn ordinary_web_tokens_and_near_misses_are_left_alone() {
        let good = token("sk", "ada", "fakefakefakefakefakefa");
        for text in [
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.fakefakefakefakefakefa".to_owned(),
            format!("x{good}"),
            format!("{good}x"),
            good.replace("sk.", "rk."),
            good.replace("fakefa", "fake"),
            good.replacen("eyJ", "eyK", 1),
            format!("sk.{}.fakefakefakefakefakefa", encode(r#"{"u":"ada","b":"no id"}"#)),
            format!("pk.{}.fakefakefakefakefakefa", encode(r#"{"sub":"ada","a":"x"}"#)),
            format!("tk.{}.fakefakefakefakefakefa", encode(r#"{"u":"ada","iat":1}"#)),
            "pk.eyJ".to_owned(),
            ".eyJ".to_owned(),
            "k.eyJ".to_owned(),
        ] {
            assert_eq!(find_tokens(text.as_bytes()), [], "{text}");
        }
    }

    #[test]
    fn several_tokens_are_found_in_order() {
        let (a, b) = (token("pk", "ada", "fakefakefakefakefakefa"), token("tk", "bob", "fakefakefakefakefakefb"));
        let text = format!("{a},{b}\n{a}");
        let found: Vec<_> = find_tokens(text.as_bytes()).into_iter().filter_map(|range| text.get(range)).collect();
        assert_eq!(found, [&a, &b, &a]);
    }

    proptest! {
        #[test]
        fn every_token_is_found_wherever_it_stands(
            kind in prop::sample::select(vec!["pk", "sk", "tk"]),
            owner in "[a-z][a-z0-9._-]{0,40}",
            signature in "[A-Za-z0-9_-]{22}",
            context in prop::sample::select(CONTEXTS.to_vec()),
        ) {
            let token = token(kind, &owner, &signature);
            let text = format!("{}{token}{}", context.0, context.1);
            let found = find_tokens(text.as_bytes());
            prop_assert_eq!(found, vec![context.0.len()..context.0.len() + token.len()], "{}", text);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), text in "(pk|sk|\\.|eyJ|[a-z]){0,12}") {
            find_tokens(&bytes);
            find_tokens(text.as_bytes());
        }
    }
}
