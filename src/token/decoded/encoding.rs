//! [`Encoding`]: how the characters of a token are written in the text around it.
//!
//! A token is letters, digits, `.`, `-` and `_`. In UTF-8, Latin-1 and every other encoding that keeps ASCII these are single bytes; in
//! UTF-16 they are two. On top of that the text may escape some or all of them: JSON and source code as `\u002e`, addresses as `%2E`,
//! HTML as `&#46;`, and each of these inside another one. Or all of it is base64 (`base64_text`).
//!
//! Invariants: what [`Encoding::encode`] writes, [`read`] reads back; a character is escaped only if the original token had one of its
//! class escaped.

use std::fmt;

use zeroize::Zeroizing;

use super::base64_text::InBase64;

/// Bytes of a character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Unit {
    /// One byte: UTF-8, Latin-1, ASCII.
    #[default]
    Byte,
    /// Two bytes, the lower one first.
    Utf16Le,
    /// Two bytes, the higher one first.
    Utf16Be,
}

impl Unit {
    /// How many bytes an ASCII character takes.
    pub const fn width(self) -> usize {
        match self {
            Self::Byte => 1,
            Self::Utf16Le | Self::Utf16Be => 2,
        }
    }

    /// The ASCII character in the given unit of the text, if it is one.
    pub fn ascii(self, text: &[u8], index: usize) -> Option<u8> {
        let byte = match self {
            Self::Byte => *text.get(index)?,
            Self::Utf16Le | Self::Utf16Be => {
                let pair = text.get(2 * index..2 * index + 2)?;
                let (low, high) = if self == Self::Utf16Le { (pair[0], pair[1]) } else { (pair[1], pair[0]) };
                if high != 0 {
                    return None;
                }
                low
            }
        };
        byte.is_ascii().then_some(byte)
    }

    fn push(self, out: &mut Vec<u8>, byte: u8) {
        match self {
            Self::Byte => out.push(byte),
            Self::Utf16Le => out.extend([byte, 0]),
            Self::Utf16Be => out.extend([0, byte]),
        }
    }
}

/// The digits of an escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Digits {
    /// That many hexadecimal digits.
    Hex(usize),
    /// Hexadecimal digits up to the suffix.
    HexUntilSuffix,
    /// Decimal digits up to the suffix.
    DecimalUntilSuffix,
    /// None: the character itself stands behind the prefix.
    Itself,
}

/// A way to escape a character.
#[derive(Debug)]
struct Notation {
    prefix: &'static str,
    digits: Digits,
    suffix: &'static str,
}

const fn notation(prefix: &'static str, digits: Digits, suffix: &'static str) -> Notation {
    Notation { prefix, digits, suffix }
}

/// The known notations. Of two prefixes that both fit, the longer one comes first.
const NOTATIONS: [Notation; 12] = [
    notation("\\\\u", Digits::Hex(4), ""),
    notation("\\u{", Digits::HexUntilSuffix, "}"),
    notation("\\u", Digits::Hex(4), ""),
    notation("\\\\x", Digits::Hex(2), ""),
    notation("\\x", Digits::Hex(2), ""),
    notation("%2525", Digits::Hex(2), ""),
    notation("%25", Digits::Hex(2), ""),
    notation("%", Digits::Hex(2), ""),
    notation("&#x", Digits::HexUntilSuffix, ";"),
    notation("&#", Digits::DecimalUntilSuffix, ";"),
    notation("\\\\", Digits::Itself, ""),
    notation("\\", Digits::Itself, ""),
];

/// Characters of the longest escape.
pub(super) const LONGEST_ESCAPE: usize = 8;

/// One notation, with the case of its digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Escape {
    /// Index into [`NOTATIONS`].
    notation: u8,
    upper: bool,
}

impl Escape {
    fn of(self) -> &'static Notation {
        &NOTATIONS[usize::from(self.notation)]
    }

    fn write(self, out: &mut String, c: char) {
        use std::fmt::Write as _;
        let notation = self.of();
        out.push_str(notation.prefix);
        let code = u32::from(c);
        match (notation.digits, self.upper) {
            (Digits::Hex(digits), true) => write!(out, "{code:0digits$X}"),
            (Digits::Hex(digits), false) => write!(out, "{code:0digits$x}"),
            (Digits::HexUntilSuffix, true) => write!(out, "{code:X}"),
            (Digits::HexUntilSuffix, false) => write!(out, "{code:x}"),
            (Digits::DecimalUntilSuffix, _) => write!(out, "{code}"),
            (Digits::Itself, _) => write!(out, "{c}"),
        }
        .expect("a string takes everything");
        out.push_str(notation.suffix);
    }
}

impl fmt::Debug for Escape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let notation = self.of();
        write!(f, "{}…{}", notation.prefix, notation.suffix)
    }
}

/// How the characters of one token are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Encoding {
    unit: Unit,
    escape: Option<Escape>,
    dots: bool,
    dashes: bool,
    letters: bool,
    base64: Option<InBase64>,
}

impl Encoding {
    /// Nothing escaped, in characters of this size.
    pub const fn plain(unit: Unit) -> Self {
        Self { unit, escape: None, dots: false, dashes: false, letters: false, base64: None }
    }

    /// Inside base64 text.
    pub(super) const fn base64(how: InBase64) -> Self {
        Self { base64: Some(how), ..Self::plain(Unit::Byte) }
    }

    /// Bytes of a character.
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// Whether the token stands in the text as it is, byte for byte.
    pub const fn is_plain(self) -> bool {
        matches!(self.unit, Unit::Byte) && self.escape.is_none() && self.base64.is_none()
    }

    /// Takes note of how one character of the token is written.
    pub(super) fn learn(&mut self, c: &Char) {
        let Some(escape) = c.escape else { return };
        // A digit looks the same in both cases, so one with a letter decides.
        if self.escape.is_none_or(|known| known.notation != escape.notation) || escape.upper {
            self.escape = Some(escape);
        }
        match c.byte {
            b'.' => self.dots = true,
            b'-' | b'_' => self.dashes = true,
            _ => self.letters = true,
        }
    }

    /// The bytes that mean `value` in the place of a token written this way; `None` where it does not fit (see
    /// `base64_text`).
    pub fn encode(self, value: &str) -> Option<Zeroizing<Vec<u8>>> {
        if let Some(how) = self.base64 {
            return how.encode(value);
        }
        let mut out = Zeroizing::new(Vec::with_capacity(value.len() * self.unit.width() * LONGEST_ESCAPE));
        let mut buffer = Zeroizing::new(String::with_capacity(2 * LONGEST_ESCAPE));
        for c in value.chars() {
            let is_escaped = match c {
                '.' => self.dots,
                '-' | '_' => self.dashes,
                _ => self.letters,
            };
            buffer.clear();
            match self.escape.filter(|_| is_escaped) {
                Some(escape) => escape.write(&mut buffer, c),
                None => buffer.push(c),
            }
            for byte in buffer.bytes() {
                self.unit.push(&mut out, byte);
            }
        }
        Some(out)
    }
}

/// For people and for JSON: `plain`, `utf-16le`, `base64`, `escaped as \u…`.
impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Byte => "",
            Unit::Utf16Le => "utf-16le",
            Unit::Utf16Be => "utf-16be",
        };
        match self.escape {
            _ if self.base64.is_some() => f.write_str("base64"),
            None if unit.is_empty() => f.write_str("plain"),
            None => f.write_str(unit),
            Some(escape) if unit.is_empty() => write!(f, "escaped as {escape:?}"),
            Some(escape) => write!(f, "{unit}, escaped as {escape:?}"),
        }
    }
}

/// A character of a token, read from a text.
#[derive(Debug)]
pub(super) struct Char {
    /// The character.
    pub byte: u8,
    /// How many bytes of the text it takes.
    pub length: usize,
    /// How it is escaped.
    pub escape: Option<Escape>,
}

/// Whether a token may hold it.
pub(super) const fn is_token_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// The character of a token at the start of the text, escaped or not; `None` if something else stands there.
pub(super) fn read(text: &[u8], unit: Unit) -> Option<Char> {
    let first = unit.ascii(text, 0)?;
    if is_token_character(first) {
        return Some(Char { byte: first, length: unit.width(), escape: None });
    }
    if !matches!(first, b'\\' | b'%' | b'&') {
        return None;
    }
    (0_u8..).zip(&NOTATIONS).find_map(|(index, notation)| {
        let (byte, units, upper) = read_escape(text, unit, notation)?;
        Some(Char { byte, length: units * unit.width(), escape: Some(Escape { notation: index, upper }) })
    })
}

/// If the text starts with a token character in this notation: the character, the units it takes, and whether a digit is upper case.
fn read_escape(text: &[u8], unit: Unit, notation: &Notation) -> Option<(u8, usize, bool)> {
    let starts_with = |at: usize, expected: &str| {
        (at..).zip(expected.bytes()).all(|(index, byte)| unit.ascii(text, index) == Some(byte))
    };
    if !starts_with(0, notation.prefix) {
        return None;
    }
    let start = notation.prefix.len();
    let (radix, most, exact) = match notation.digits {
        Digits::Itself => {
            let byte = unit.ascii(text, start).filter(|byte| matches!(byte, b'.' | b'-' | b'_'))?;
            return Some((byte, start + 1, false));
        }
        Digits::Hex(digits) => (16, digits, true),
        Digits::HexUntilSuffix => (16, 4, false),
        Digits::DecimalUntilSuffix => (10, 4, false),
    };
    let mut code = 0;
    let mut upper = false;
    let mut end = start;
    while end - start < most
        && let Some(byte) = unit.ascii(text, end)
        && let Some(digit) = char::from(byte).to_digit(radix)
    {
        code = code * radix + digit;
        upper |= byte.is_ascii_uppercase();
        end += 1;
    }
    if end == start || exact && end - start < most || !starts_with(end, notation.suffix) {
        return None;
    }
    let byte = u8::try_from(code).ok().filter(|byte| is_token_character(*byte))?;
    Some((byte, end + notation.suffix.len(), upper))
}

/// The bytes by which a search notices that a payload may start: `eyJ`, which is `{"` in base64, in every encoding. Fully escaped forms
/// are cut where the case of a digit could differ.
pub(super) fn anchors() -> Vec<Vec<u8>> {
    let mut anchors = vec![b"eyJ".to_vec(), b"e\0y\0J".to_vec()];
    for (notation, of) in (0_u8..).zip(&NOTATIONS) {
        if of.digits == Digits::Itself {
            continue;
        }
        let mut text = String::new();
        for c in ['e', 'y'] {
            Escape { notation, upper: false }.write(&mut text, c);
        }
        anchors.push(text.into_bytes());
    }
    anchors
}

/// Every encoding there is.
#[cfg(test)]
pub(super) fn all() -> Vec<Encoding> {
    let mut all = Vec::new();
    for unit in [Unit::Byte, Unit::Utf16Le, Unit::Utf16Be] {
        all.push(Encoding::plain(unit));
        for (notation, of) in (0_u8..).zip(&NOTATIONS) {
            for upper in [false, true] {
                let escape = Some(Escape { notation, upper });
                for (dots, dashes, letters) in [(true, false, false), (true, true, false), (true, true, true)] {
                    if !letters || of.digits != Digits::Itself && unit == Unit::Byte {
                        all.push(Encoding { unit, escape, dots, dashes, letters, base64: None });
                    }
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let value = "sk.eyJ1-a_Zk.09";
        for encoding in all() {
            let bytes = encoding.encode(value).unwrap();
            let mut rest = bytes.as_slice();
            let mut read_back = String::new();
            let mut learnt = Encoding::plain(encoding.unit);
            while let Some(c) = read(rest, encoding.unit) {
                learnt.learn(&c);
                read_back.push(char::from(c.byte));
                rest = &rest[c.length..];
            }
            assert_eq!((read_back.as_str(), rest), (value, &[][..]), "{encoding}");
            assert_eq!(learnt.encode(value).unwrap(), bytes, "{encoding}");
        }
    }

    #[test]
    fn no_escape_is_longer_than_said() {
        for encoding in all().into_iter().filter(|encoding| encoding.unit == Unit::Byte) {
            for c in ["z", ".", "_"] {
                assert!(encoding.encode(c).unwrap().len() <= LONGEST_ESCAPE, "{encoding}");
            }
        }
    }
}
