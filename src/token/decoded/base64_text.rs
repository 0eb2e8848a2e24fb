//! A token inside base64 text, as in the `data:` of a Kubernetes Secret: found without decoding the text around it, and replaced there.
//!
//! Six bits make a character, so a token that starts at the first, second or third byte of a group of three reads in three ways. It shares
//! its first and last character with the bytes beside it; those bits stay when it is replaced.
//!
//! Invariants: the time taken is proportional to the length of the token; characters that hold no bit of the token are not touched.

use zeroize::Zeroizing;

use super::{
    SIGNATURE_LENGTH,
    encoding::Unit,
    find::{LONGEST_PAYLOAD, is_boundary},
    is_base64url,
};

/// `k.eyJ` as it reads in each of the three places, as far as what surrounds it has no part in it. The token's own first character is two
/// characters before each.
pub(super) const ANCHORS: [&str; 3] = ["suZXlK", "rLmV5S", "ay5leU"];

/// Characters before a token that tell whether it may start there.
const LOOK_BACK: usize = 16;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// How a token stands in base64 text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct InBase64 {
    /// In which byte of a group of three it starts, so also how many characters of its group of four are before it.
    place: u8,
    /// The bits before it in its first character.
    head: u8,
    /// Its length modulo three.
    length: u8,
    /// The bits behind it in its last character; `None` where the base64 ends with it.
    tail: Option<u8>,
    /// Whether `=` fills up the last group.
    is_padded: bool,
    /// Whether `-` and `_` stand for the last two digits.
    is_url: bool,
}

/// A token that was read.
pub(super) struct Read {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) how: InBase64,
    pub(super) value: Zeroizing<String>,
}

/// The six bits of a character, of either alphabet.
fn digit(c: u8) -> Option<u8> {
    Some(match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// Reads bytes from digits, starting at one of the three places.
struct Bytes<'a> {
    text: &'a [u8],
    at: usize,
    bits: u32,
    count: u32,
}

impl<'a> Bytes<'a> {
    /// The bytes whose first one has its first bit in the character at `at`, behind `skipped` others.
    fn new(text: &'a [u8], at: usize, skipped: u32) -> Option<Self> {
        let first = u32::from(digit(*text.get(at)?)?);
        let count = 6 - skipped;
        Some(Self { text, at: at + 1, bits: first & ((1 << count) - 1), count })
    }
}

impl Iterator for Bytes<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        while self.count < 8 {
            self.bits = (self.bits << 6) | u32::from(digit(*self.text.get(self.at)?)?);
            self.count += 6;
            self.at += 1;
        }
        self.count -= 8;
        let byte = u8::try_from(self.bits >> self.count).ok();
        self.bits &= (1 << self.count) - 1;
        byte
    }
}

/// The token around an anchor: the one of that index, at that place.
pub(super) fn read(text: &[u8], anchor: usize, at: usize) -> Option<Read> {
    let start = at.checked_sub(2)?;
    let place = u8::try_from(anchor).ok()?;
    let skipped = 2 * u32::from(place);
    let mut bytes = Bytes::new(text, start, skipped)?;
    let first = digit(*text.get(start)?)?;
    let head = first >> (6 - skipped);
    if !is_boundary(&before(text, start, place, first), Unit::Byte) {
        return None;
    }
    let mut value = Zeroizing::new(String::with_capacity(256));
    for wanted in [b"pst".as_slice(), b"k", b"."] {
        value.push(char::from(bytes.next().filter(|byte| wanted.contains(byte))?));
    }
    let payload = bytes.by_ref().take(LONGEST_PAYLOAD).take_while(|byte| {
        let is_part = is_base64url(*byte);
        value.push(char::from(*byte));
        is_part
    });
    // The dot behind it has been taken, too.
    if payload.count() == 0 || !value.ends_with('.') {
        return None;
    }
    for _ in 0..SIGNATURE_LENGTH {
        value.push(char::from(bytes.next().filter(|byte| is_base64url(*byte))?));
    }
    let (end, count) = (bytes.at, bytes.count);
    let left = u8::try_from(bytes.bits).ok()?;
    if bytes.next().is_some_and(is_base64url) {
        return None;
    }
    let is_last = text.get(end).is_none_or(|next| digit(*next).is_none());
    let fill = text.get(end..).unwrap_or_default().iter().take(2).take_while(|byte| **byte == b'=').count();
    let fill = if is_last && count > 0 { fill } else { 0 };
    let edges = [text.get(start), text.get(end - 1)];
    let how = InBase64 {
        place,
        head,
        length: u8::try_from(value.len() % 3).ok()?,
        tail: (!is_last).then_some(left),
        // Where the last group is full, nobody can tell; most base64 is padded.
        is_padded: fill > 0 || is_last && count == 0,
        is_url: edges.into_iter().flatten().any(|byte| matches!(byte, b'-' | b'_')),
    };
    Some(Read { start, end: end + fill, how, value })
}

/// The last bytes before a token, decoded.
fn before(text: &[u8], start: usize, place: u8, first: u8) -> Vec<u8> {
    // Whole groups, and the characters of the token's own that are before it.
    let mut from = start - usize::from(place).min(start);
    while from >= 4
        && start - from < LOOK_BACK
        && text.get(from - 4..from).is_some_and(|group| group.iter().all(|c| digit(*c).is_some()))
    {
        from -= 4;
    }
    let digits = text.get(from..start).unwrap_or_default();
    if usize::from(place) > start || digits.iter().any(|c| digit(*c).is_none()) {
        return Vec::new();
    }
    let mut text = digits.to_vec();
    text.push(STANDARD.get(usize::from(first)).copied().unwrap_or_default());
    let whole = digits.len() * 6 / 8 + usize::from(place > 0 && (digits.len() * 6) % 8 != 0);
    Bytes::new(&text, 0, 0).into_iter().flatten().take(whole).collect()
}

impl InBase64 {
    /// The characters that mean `value` in the place of the token; `None` where it has another length and more base64 follows, all of which
    /// would read differently then.
    pub(super) fn encode(self, value: &str) -> Option<Zeroizing<Vec<u8>>> {
        if self.tail.is_some() && value.len() % 3 != usize::from(self.length) {
            return None;
        }
        let mut out = Zeroizing::new(Vec::with_capacity(value.len() * 2));
        let (mut bits, mut count) = (u32::from(self.head), 2 * u32::from(self.place));
        let mut put = |bits: u32| {
            let digit = usize::try_from(bits & 63).unwrap_or_default();
            out.push(match (digit, self.is_url) {
                (62, true) => b'-',
                (63, true) => b'_',
                _ => STANDARD.get(digit).copied().unwrap_or_default(),
            });
        };
        for byte in value.bytes() {
            bits = (bits << 8) | u32::from(byte);
            count += 8;
            while count >= 6 {
                count -= 6;
                put(bits >> count);
                bits &= (1 << count) - 1;
            }
        }
        if count > 0 {
            put((bits << (6 - count)) | u32::from(self.tail.unwrap_or_default()));
        }
        while self.is_padded && (out.len() + usize::from(self.place)) % 4 != 0 {
            out.push(b'=');
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose as of};
    use proptest::prelude::*;

    use crate::token::decoded::find;

    fn token(owner: &str, signature: &str) -> String {
        let payload = of::URL_SAFE_NO_PAD.encode(format!(r#"{{"u":"{owner}","a":"cmf000000000000000000fake"}}"#));
        format!("sk.{payload}.{signature}")
    }

    proptest! {
        #[test]
        fn a_token_in_base64_is_found_wherever_it_starts_and_can_be_replaced(
            owner in "[a-z][a-z0-9._-]{0,20}",
            signature in "[A-Za-z0-9_-]{22}",
            before in prop::sample::select(vec!["", "A=", "\u{e9}", "PORT=1\nMAPBOX_TOKEN=", "{\"a\":\"", "??", "\u{6771}\u{4eac}~~"]),
            after in prop::sample::select(vec!["", "\n", "\nB=2\n", "\"}", "?", "\u{ff}\u{ff}"]),
            engine in 0_usize..4,
            outside in prop::sample::select(vec![("", ""), ("token: ", "\n"), ("\"", "\""), ("a=", " # end")]),
        ) {
            let engine: &of::GeneralPurpose = [&of::STANDARD, &of::STANDARD_NO_PAD, &of::URL_SAFE, &of::URL_SAFE_NO_PAD][engine];
            let token = token(&owner, &signature);
            let text = |token: &str| {
                let inside = engine.encode(format!("{before}{token}{after}"));
                format!("{}{inside}{}", outside.0, outside.1).into_bytes()
            };
            let before = text(&token);
            let found: Vec<_> = find(&before).collect();
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(found[0].value.expose(), &token);
            prop_assert_eq!(found[0].encoding.to_string(), "base64");
            let encoded = found[0].encoding.encode(&token).unwrap();
            prop_assert_eq!(&before[found[0].range.clone()], encoded.as_slice());
            // As a rotation does: the same account, another id and signature.
            let successor = token.replace(&signature, "-_kefakefakefakefakefa");
            let mut replaced = before.clone();
            replaced.splice(found[0].range.clone(), found[0].encoding.encode(&successor).unwrap().iter().copied());
            prop_assert_eq!(replaced, text(&successor));
        }
    }

    #[test]
    fn two_tokens_in_one_text_are_both_found_and_never_overlap() {
        let (a, b) = (token("ada", "fakefakefakefakefakefa"), token("bob", "fakefakefakefakefakefb"));
        for lead in ["", "x ", "xy "] {
            let text = of::STANDARD.encode(format!("{lead}{a} {b}\n{a}"));
            let found: Vec<_> = find(text.as_bytes()).collect();
            assert_eq!(found.iter().map(|found| found.value.expose()).collect::<Vec<_>>(), [&a, &b, &a]);
            assert!(found.is_sorted_by(|a, b| a.range.end <= b.range.start));
        }
    }

    #[test]
    fn one_of_another_length_fits_only_where_nothing_follows() {
        let (old, longer) = (token("ada", "fakefakefakefakefakefa"), token("ada-the-2nd", "fakefakefakefakefakefa"));
        let alone = of::STANDARD.encode(&old);
        let found = find(alone.as_bytes()).next().unwrap();
        assert_eq!(found.encoding.encode(&longer).unwrap().as_slice(), of::STANDARD.encode(&longer).as_bytes());
        let text = of::STANDARD.encode(format!("{old}\n"));
        let found = find(text.as_bytes()).next().unwrap();
        assert!(found.encoding.encode(&longer).is_none());
    }

    #[test]
    fn near_misses_in_base64_are_left_alone() {
        let good = token("ada", "fakefakefakefakefakefa");
        for text in [format!("x{good}"), format!("{good}x"), good.replace("sk.", "rk."), good.replace("fakefa", "fake")]
        {
            let text = of::STANDARD.encode(&text);
            assert_eq!(find(text.as_bytes()).count(), 0, "{text}");
        }
    }
}
