//! What stands around a token: the name it is assigned to, and whether someone wrote that it may stay.
//!
//! Invariants: a name is never a part of a token or longer than [`LONGEST_NAME`].

use memchr::memmem;

use crate::{
    token::decoded::{Unit, scrub},
    untrusted::Untrusted,
};

/// Bytes before a token in which the name is looked for.
const REACH: usize = 256;

/// Bytes on either side of a token, in its line, in which the mark is looked for.
pub(super) const MARK_REACH: usize = 1024;

/// Characters of the longest name that is shown.
const LONGEST_NAME: usize = 64;

/// What in a line says that the tokens in it are meant to be there.
const MARK: &str = "jeton:allow";

/// The variable, key, parameter or element that a token is assigned to, by the text before it.
pub(super) fn name(before: &[u8], unit: Unit) -> Option<Untrusted> {
    let text = ascii(before.get(before.len().saturating_sub(REACH * unit.width())..)?, unit);
    let text = text.trim_end_matches(|c: char| c.is_whitespace() || "\"'`\\".contains(c));
    // `<key>name</key> <string>` of property lists, and `<string name="name">` of Android resources.
    if let Some(inside) = text.strip_suffix('>').filter(|inside| !inside.ends_with(['=', '-'])) {
        let (outside, tag) = inside.rsplit_once('<')?;
        let attribute = tag.split_once("name=").map(|(_, rest)| rest.trim_matches(['"', '\'']));
        let key = || outside.trim_end().strip_suffix("</key>")?.rsplit_once("<key>").map(|(_, key)| key);
        return attribute.or_else(key).or(Some(tag)).and_then(check);
    }
    let before_sign = ["=", ":", "=>", "->", "%3D", "%3d", "\\u003d", "\\u003D", "%253D", "("]
        .iter()
        .find_map(|sign| text.strip_suffix(sign))
        .or_else(|| ["Bearer", "bearer", "token"].iter().find(|word| text.ends_with(*word)).map(|_| text))?;
    let before_sign = before_sign.trim_end_matches(|c: char| c.is_whitespace() || "\"'`\\:=?>+|]})".contains(c));
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
    let start = before_sign.rfind(|c: char| !is_part(c)).map_or(0, |at| at + 1);
    // `%3Faccess_token`: the digits belong to the escape.
    let start = if before_sign.get(..start)?.ends_with('%') { start + 2 } else { start };
    check(before_sign.get(start..)?)
}

fn check(name: &str) -> Option<Untrusted> {
    let name = name.trim_matches(['.', '-', '$']);
    let is_harmless = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && !name.contains("eyJ")
        && scrub(name) == name
        // The end of a token that stands before this one: a signature is too long a word without a break.
        && name.split(['_', '-', '.']).all(|word| word.len() < 20);
    is_harmless.then(|| Untrusted::from(name))
}

/// Whether the line a token stands in says that it may.
pub(super) fn is_allowed(before: &[u8], after: &[u8], unit: Unit) -> bool {
    let reach = MARK_REACH * unit.width();
    let before = before.get(before.len().saturating_sub(reach)..).unwrap_or_default();
    let after = after.get(..reach.min(after.len())).unwrap_or_default();
    let (before, after) = (ascii(before, unit), ascii(after, unit));
    let line = |text: &str| memmem::find(text.as_bytes(), MARK.as_bytes()).is_some();
    line(before.rsplit('\n').next().unwrap_or_default()) || line(after.split('\n').next().unwrap_or_default())
}

/// The ASCII in a text; everything else becomes SUB, which takes one byte as well.
fn ascii(text: &[u8], unit: Unit) -> String {
    let width = unit.width();
    // Counted from the end, which is next to the token.
    let text = text.get(text.len() % width..).unwrap_or_default();
    (0..text.len() / width).map(|index| unit.ascii(text, index).map_or('\u{1a}', char::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_before_a_token_is_told() {
        for (before, expected) in [
            ("MAPBOX_ACCESS_TOKEN=", Some("MAPBOX_ACCESS_TOKEN")),
            ("export TOKEN = \"", Some("TOKEN")),
            ("mapboxgl.accessToken = '", Some("mapboxgl.accessToken")),
            ("{\"accessToken\": \"", Some("accessToken")),
            ("{\\\"accessToken\\\":\\\"", Some("accessToken")),
            ("'token' => '", Some("token")),
            ("https://a.example/x?limit=1&access_token=", Some("access_token")),
            ("u=https%3A%2F%2Fa%3Faccess_token%3D", Some("access_token")),
            ("<string name=\"mapbox_access_token\">", Some("mapbox_access_token")),
            ("<key>MBXAccessToken</key>\n\t<string>", Some("MBXAccessToken")),
            ("<token>", Some("token")),
            ("Authorization: Bearer ", Some("Bearer")),
            ("setAccessToken(\"", Some("setAccessToken")),
            ("first, ", None),
            ("", None),
            ("pk.eyJ1IjoiYWRhIn0.fakefakefakefakefakefa=", None),
            ("fakefakefakefakefakefa:", None),
        ] {
            let found = name(before.as_bytes(), Unit::Byte);
            assert_eq!(found.as_ref().map(Untrusted::raw), expected, "{before}");
        }
        let wide: Vec<u8> = "x東TOKEN=\"".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(name(&wide, Unit::Utf16Le), Some("TOKEN".into()));
    }

    #[test]
    fn the_mark_counts_in_the_line_it_stands_in() {
        assert!(is_allowed(b"a = '", b"'; // jeton:allow\n", Unit::Byte));
        assert!(is_allowed(b"/* jeton:allow */ a = '", b"'", Unit::Byte));
        assert!(!is_allowed(b"jeton:allow\na = '", b"'\njeton:allow", Unit::Byte));
    }
}
