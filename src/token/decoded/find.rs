//! [`find`]: the tokens in a text of any kind, by their structure.
//!
//! A pattern alone either misses tokens (signatures with `-` or `_`, long account names) or takes other things for some. So the shape
//! only proposes: `pk`, `sk` or `tk`, a dot, a payload that starts with `eyJ`, a dot and 22 characters, with nothing of the same alphabet
//! on either side, in any [`Encoding`]. What is found must then decode to a payload that names an account and an id or expiry.
//!
//! Invariants: the time taken is proportional to the length of the text; a [`Found`] never shows the value it holds.

use std::{ops::Range, sync::LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use zeroize::Zeroizing;

use super::{
    DecodedToken, SIGNATURE_LENGTH, base64_text,
    encoding::{self, Encoding, LONGEST_ESCAPE, Unit, read},
    is_base64url,
};
use crate::secret::Secret;

/// Most characters of a payload; that of a temporary token with every scope has about a thousand.
pub(super) const LONGEST_PAYLOAD: usize = 8 * 1024;

/// Most bytes a token takes that is found for certain, however it is encoded.
pub const LONGEST: usize = 16 * 1024;

/// Bytes before a token that are looked at to tell whether it may start there.
pub const LOOK_BACK: usize = 64;

/// What a search jumps from one place to the next by.
static ANCHORS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    // Leftmost matches only come with the vector instructions that make this fast.
    let mut builder = AhoCorasick::builder();
    builder.match_kind(MatchKind::LeftmostFirst).kind(Some(AhoCorasickKind::DFA));
    let base64 = base64_text::ANCHORS.iter().map(|anchor| anchor.as_bytes().to_vec());
    builder.build(base64.chain(encoding::anchors())).expect("a handful of short patterns")
});

/// A token in a text.
#[derive(Debug)]
pub struct Found {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// How it is written there.
    pub encoding: Encoding,
    /// What it is.
    pub value: Secret,
    /// What can be read from it.
    pub decoded: DecodedToken,
}

/// The tokens in a text, in order. The text may be of any encoding, or none.
pub fn find(text: &[u8]) -> impl Iterator<Item = Found> {
    find_in(text, 0..text.len(), true)
}

/// The tokens in a part of a longer text. Their payloads start in `within`; what is before and after it is looked at, too. `even` says
/// whether the text starts at an even distance from the beginning of the whole, for UTF-16.
pub fn find_in(text: &[u8], within: Range<usize>, even: bool) -> impl Iterator<Item = Found> {
    let mut done = 0;
    let start = within.start;
    // An anchor that starts in the part may end behind it.
    let end = text.len().min(within.end.saturating_add(2 * LONGEST_ESCAPE + 2));
    let anchors = ANCHORS.find_iter(text.get(start..end).unwrap_or_default());
    let anchors = anchors.map(move |anchor| (anchor.pattern().as_usize(), start + anchor.start()));
    let anchors = anchors.take_while(move |(_, at)| *at < within.end);
    anchors.filter_map(move |(anchor, at)| {
        let found = if anchor < base64_text::ANCHORS.len() {
            token_in_base64(text, anchor, at, done)
        } else {
            token_around(text, at, even, done)
        }?;
        done = found.range.end;
        Some(found)
    })
}

/// The token that stands in base64 around one of its anchors.
fn token_in_base64(text: &[u8], anchor: usize, at: usize, not_before: usize) -> Option<Found> {
    let base64_text::Read { start, end, how, value } = base64_text::read(text, anchor, at)?;
    if start < not_before {
        return None;
    }
    let decoded = DecodedToken::of(&value).ok()?;
    Some(Found { range: start..end, encoding: Encoding::base64(how), value: Secret::new(value.as_str()), decoded })
}

/// The token whose payload has its first character here, or, in UTF-16, the lower byte of it.
fn token_around(text: &[u8], at: usize, even: bool, not_before: usize) -> Option<Found> {
    if text.get(at + 1) != Some(&0) {
        return token_with_payload_at(text, at, Unit::Byte, not_before);
    }
    // Both byte orders look alike but for the ends; units start at even distances.
    let little = || token_with_payload_at(text, at, Unit::Utf16Le, not_before);
    let big = || token_with_payload_at(text, at.checked_sub(1)?, Unit::Utf16Be, not_before);
    if at.is_multiple_of(2) == even { little().or_else(big) } else { big().or_else(little) }
}

fn token_with_payload_at(text: &[u8], at: usize, unit: Unit, not_before: usize) -> Option<Found> {
    let start = start_of_token(text, at, unit)?;
    if start < not_before || !is_boundary(text.get(..start)?, unit) {
        return None;
    }
    let mut reader = Reader { text, at: start, unit, encoding: Encoding::plain(unit), value: Zeroizing::default() };
    reader.value = Zeroizing::new(String::with_capacity(256));
    for _ in 0..3 {
        reader.next(encoding::is_token_character)?;
    }
    let payload = reader.run(LONGEST_PAYLOAD);
    reader.next(|byte| byte == b'.')?;
    if payload == 0 || reader.run(SIGNATURE_LENGTH + 1) != SIGNATURE_LENGTH {
        return None;
    }
    let decoded = DecodedToken::of(&reader.value).ok()?;
    let Reader { at: end, encoding, value, .. } = reader;
    Some(Found { range: start..end, encoding, value: Secret::new(value.as_str()), decoded })
}

/// Reads the characters of a token one by one.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    unit: Unit,
    encoding: Encoding,
    value: Zeroizing<String>,
}

impl Reader<'_> {
    fn next(&mut self, is_wanted: impl Fn(u8) -> bool) -> Option<()> {
        let c = read(self.text.get(self.at..)?, self.unit).filter(|c| is_wanted(c.byte))?;
        self.encoding.learn(&c);
        self.at += c.length;
        self.value.push(char::from(c.byte));
        Some(())
    }

    /// Takes characters of base64url, as many as there are up to `most`, and says how many it took.
    fn run(&mut self, most: usize) -> usize {
        let mut count = 0;
        while count < most && self.next(is_base64url).is_some() {
            count += 1;
        }
        count
    }
}

/// Where a token starts whose payload starts at `at`: three characters before it, each perhaps escaped.
fn start_of_token(text: &[u8], at: usize, unit: Unit) -> Option<usize> {
    let spells_a_kind = |start: usize| {
        let mut end = start;
        let is_kind = [b"pst".as_slice(), b"k", b"."].iter().all(|wanted| {
            let c = text.get(end..at).and_then(|rest| read(rest, unit)).filter(|c| wanted.contains(&c.byte));
            c.is_some_and(|c| {
                end += c.length;
                true
            })
        });
        is_kind && end == at
    };
    let near = at.checked_sub(3 * unit.width())?;
    if spells_a_kind(near) {
        return Some(near);
    }
    // The longest reading counts: of `\\u002e`, both backslashes belong to the escape.
    let far = at.saturating_sub(3 * LONGEST_ESCAPE * unit.width());
    let before = text.get(far..at)?;
    if !before.iter().any(|byte| matches!(byte, b'\\' | b'%' | b'&')) {
        return None;
    }
    (far..near).filter(|start| (at - start).is_multiple_of(unit.width())).find(|start| spells_a_kind(*start))
}

/// Whether a token may start after this: at a character of another kind, or after an escape that ends in a letter or digit
/// (`%3D` in an address in an address, `\n` and `\u003d` in JSON and source code).
pub(super) fn is_boundary(before: &[u8], unit: Unit) -> bool {
    // The last characters, the nearest first, up to the first that is not ASCII.
    let width = unit.width();
    let last = |back: usize| {
        let start = before.len().checked_sub((back + 1) * width)?;
        unit.ascii(before.get(start..)?, 0)
    };
    if last(0).is_none_or(|byte| !is_base64url(byte)) {
        return true;
    }
    // An escape whose code is that of another character than those of a token.
    let is_other = |introduction: &[u8], digits: usize| {
        let code = (0..digits).rev().try_fold(0, |code, back| Some(16 * code + char::from(last(back)?).to_digit(16)?));
        code.is_some_and(|code| u8::try_from(code).map_or(true, |byte| !is_base64url(byte)))
            && introduction.iter().rev().zip(digits..).all(|(byte, back)| last(back) == Some(*byte))
    };
    is_other(b"%", 2)
        || is_other(b"%25", 2)
        || is_other(b"\\x", 2)
        || is_other(b"\\u", 4)
        // Quoted-printable, in mails.
        || (0..).zip(b"D3=").all(|(back, byte)| last(back) == Some(*byte))
        || last(1) == Some(b'\\') && last(0).is_some_and(|byte| b"nrtbfv0".contains(&byte))
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
    const CONTEXTS: [(&str, &str); 17] = [
        ("", ""),
        ("MAPBOX_ACCESS_TOKEN=", "\n"),
        ("token: \"", "\","),
        ("mapboxgl.accessToken = '", "';"),
        ("?access_token=", "&fresh=true"),
        ("access_token%3D", "%26x"),
        ("access_token=3D", "=20"),
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
            format!("%61{good}"),
            format!("\\u0061{good}"),
            "%74%61%73%6b".to_owned() + &good,
            "k.eyJ".to_owned(),
        ] {
            assert_eq!(find(text.as_bytes()).count(), 0, "{text}");
        }
    }

    #[test]
    fn several_tokens_are_found_in_order() {
        let (a, b) = (token("pk", "ada", "fakefakefakefakefakefa"), token("tk", "bob", "fakefakefakefakefakefb"));
        let text = format!("{a},{b}\n{a}");
        let found: Vec<_> = find(text.as_bytes()).map(|found| found.value.expose().to_owned()).collect();
        assert_eq!(found, [a.as_str(), &b, &a]);
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
            let found: Vec<_> = find(text.as_bytes()).map(|found| found.range).collect();
            prop_assert_eq!(found, vec![context.0.len()..context.0.len() + token.len()], "{}", text);
        }

        #[test]
        fn every_token_is_found_in_every_encoding_and_can_be_replaced(
            owner in "[a-z][a-z0-9._-]{0,40}",
            signature in "[A-Za-z0-9_-]{22}",
            context in prop::sample::select(CONTEXTS.to_vec()),
            encoding in prop::sample::select(encoding::all()),
            offset in 0_usize..3,
        ) {
            let token = token("sk", &owner, &signature);
            let around = |text: &str| -> Vec<u8> {
                match encoding.unit() {
                    Unit::Byte => text.as_bytes().to_vec(),
                    Unit::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                    Unit::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                }
            };
            let before = [vec![b'.'; offset], around(context.0)].concat();
            let text = [before.as_slice(), &encoding.encode(&token).unwrap(), &around(context.1)].concat();
            let found: Vec<_> = find(&text).collect();
            prop_assert_eq!(found.len(), 1, "{}", encoding);
            prop_assert_eq!(found[0].value.expose(), &token);
            let successor = super::tests::token("sk", "bob", "-_kefakefakefakefakefa");
            let mut replaced = text.clone();
            replaced.splice(found[0].range.clone(), found[0].encoding.encode(&successor).unwrap().iter().copied());
            let found: Vec<_> = find(&replaced).collect();
            prop_assert_eq!(found.len(), 1, "{}", encoding);
            prop_assert_eq!(found[0].value.expose(), &successor);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), text in "(pk|sk|\\.|eyJ|[a-z]){0,12}") {
            find(&bytes).count();
            find(text.as_bytes()).count();
        }
    }
}
