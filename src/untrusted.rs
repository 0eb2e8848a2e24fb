//! [`Untrusted`]: text that came from elsewhere (names of tokens, URLs, scope descriptions, messages of a server).
//!
//! A name may hold anything JSON can hold, and a terminal obeys control characters wherever they come from. So what
//! arrives is wrapped at the boundary and can reach a screen, a table, a log or a title only as [`Untrusted::shown`],
//! in which no character can move a cursor, reorder its neighbours, hide, or start a sequence. The text as it came
//! ([`Untrusted::raw`]) is for editing, comparing and JSON (whose own escapes are harmless).
//!
//! Invariants: `shown()` has no character of the categories Cc and Cf but the joiner inside an emoji, no line or
//! paragraph separator, no tag, no noncharacter, at most [`MAX_MARKS`] combining marks on one base.

use std::{borrow::Cow, fmt, fmt::Write as _};

use unicode_width::UnicodeWidthChar as _;

/// Combining marks kept on one base character; more than this is decoration that spills over the lines around it.
pub const MAX_MARKS: usize = 3;

/// Most characters kept of a text that arrives; longer than anything the API accepts.
pub const LONGEST: usize = 4000;

/// Text of foreign origin.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Untrusted(Box<str>);

impl Untrusted {
    /// Wraps a text as it came.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text as it came: to change, compare, search or encode as JSON; never to print.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The text as it may be shown on one line. Borrowed when there was nothing to change, which is nearly always.
    pub fn shown(&self) -> Cow<'_, str> {
        shown(&self.0)
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whatever reads an answer keeps no more of a text than anyone would read.
impl<'de> serde::Deserialize<'de> for Untrusted {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Ok(Self::new(cut(&text, LONGEST).0))
    }
}

impl From<&str> for Untrusted {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Untrusted {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// Debug output ends up in logs and test failures, so it is escaped too.
impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}

/// A text of at most `limit` characters, and whether it was cut; a cut one ends in an ellipsis.
pub fn cut(text: &str, limit: usize) -> (Cow<'_, str>, bool) {
    match text.char_indices().nth(limit) {
        None => (Cow::Borrowed(text), false),
        Some((end, _)) => (Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())), true),
    }
}

/// [`Untrusted::shown`] for a text that is not wrapped (what a user typed, a file name).
pub fn shown(text: &str) -> Cow<'_, str> {
    // Printable ASCII is the common case and needs no look-up.
    if text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return Cow::Borrowed(text);
    }
    let mut marks = 0;
    // A mark without a base would be drawn onto whatever stands before it.
    let mut has_base = false;
    let mut previous = None;
    let mut rest = text.char_indices().peekable();
    let mut out: Option<String> = None;
    while let Some((at, c)) = rest.next() {
        let next = rest.peek().map(|(_, c)| *c);
        let (keep, is_visible) = match c {
            // Between two pictographs it makes one emoji of them; elsewhere it hides.
            '\u{200d}' => (previous.is_some_and(is_pictograph) && next.is_some_and(is_pictograph), true),
            // Asks for the coloured form of the pictograph before it.
            '\u{fe0f}' => (previous.is_some_and(is_pictograph), true),
            _ if is_dangerous(c) => {
                (marks, has_base) = (0, false);
                (false, true)
            }
            _ if is_mark(c) => {
                marks += 1;
                // Beyond the limit it leaves no trace: the first ones are still there.
                (has_base && marks <= MAX_MARKS, marks <= MAX_MARKS)
            }
            _ => {
                (marks, has_base) = (0, true);
                (true, true)
            }
        };
        if !matches!(c, '\u{fe0f}' | '\u{200d}') {
            previous = Some(c);
        }
        if keep {
            if let Some(out) = &mut out {
                out.push(c);
            }
        } else {
            let out = out.get_or_insert_with(|| text.get(..at).unwrap_or_default().to_owned());
            if is_visible {
                push_visible(out, c);
            }
        }
    }
    out.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// A visible stand-in: the control picture where Unicode has one, the code point in brackets elsewhere.
fn push_visible(out: &mut String, c: char) {
    match u32::from(c) {
        code @ 0..=0x1f => out.extend(char::from_u32(0x2400 + code)),
        0x7f => out.push('\u{2421}'),
        code => write!(out, "⟨U+{code:04X}⟩").expect("a string takes everything"),
    }
}

/// Characters that must not reach a terminal from untrusted text.
pub(crate) fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            // soft hyphen, grapheme joiner, Arabic number signs and the like, Mongolian vowel separator
            0xad | 0x34f | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x890..=0x891 | 0x8e2 | 0x180b..=0x180f
            // zero-width, direction marks, separators, embeddings, isolates, invisible operators
            | 0x200b..=0x200f | 0x2028..=0x202f | 0x205f..=0x206f
            // fillers that look like nothing
            | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x2800 | 0x3164 | 0xffa0 | 0x16fe4 | 0x1d159
            // variation selectors on their own, byte order mark, interlinear annotation and replacement
            | 0xfe00..=0xfe0f | 0xfeff | 0xfff0..=0xfffb
            // shorthand and musical format controls
            | 0x110bd | 0x110cd | 0x13430..=0x1343f | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
            // tags and supplementary variation selectors; private use, whose looks and width nobody knows
            | 0xe000..=0xf8ff | 0xe0000..=0xe0fff | 0xf_0000..=0x10_ffff)
        || u32::from(c) & 0xfffe == 0xfffe
        || matches!(u32::from(c), 0xfdd0..=0xfdef)
}

/// A character drawn on top of the one before it.
fn is_mark(c: char) -> bool {
    c.width() == Some(0) && !c.is_control()
}

/// Roughly the characters emoji are made of; wide enough for sequences, narrow enough to keep joiners out of words.
fn is_pictograph(c: char) -> bool {
    matches!(u32::from(c), 0x2190..=0x2bff | 0x3030 | 0x303d | 0x3297 | 0x3299 | 0x1f000..=0x1faff | 0xa9 | 0xae | 0x203c | 0x2049 | 0x2122 | 0x2139)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_names_come_through_untouched() {
        for name in ["Checkout map", "東京 demo 🗼", "naïve café", "👩‍🚒 crew", "❤️ maps", "한국어", ""]
        {
            assert!(matches!(shown(name), Cow::Borrowed(text) if text == name), "{name}");
        }
    }

    #[test]
    fn controls_become_pictures_and_direction_marks_become_code_points() {
        assert_eq!(shown("a\u{1b}[31mb\r\n\u{7f}"), "a␛[31mb␍␊␡");
        assert_eq!(shown("\u{202e}gnp.exe"), "⟨U+202E⟩gnp.exe");
        assert_eq!(shown("\u{9b}31m"), "⟨U+009B⟩31m");
        assert_eq!(shown("a\u{200b}b\u{2028}"), "a⟨U+200B⟩b⟨U+2028⟩");
        assert_eq!(shown("x\u{e0041}"), "x⟨U+E0041⟩");
    }

    #[test]
    fn a_joiner_outside_an_emoji_is_made_visible() {
        assert_eq!(shown("a\u{200d}b"), "a⟨U+200D⟩b");
    }

    #[test]
    fn towers_of_marks_are_cut() {
        let zalgo = format!("z{}", "\u{301}".repeat(50));
        assert_eq!(shown(&zalgo).chars().count(), 1 + MAX_MARKS);
    }

    #[test]
    fn a_mark_without_a_base_does_not_reach_what_stands_before_the_text() {
        assert_eq!(shown("\u{301}a"), "⟨U+0301⟩a");
        assert_eq!(shown("a\n\u{20dd}"), "a␊⟨U+20DD⟩");
        assert!(shown(&"\u{301}".repeat(1000)).len() < 50);
    }

    #[test]
    fn fillers_and_joiners_that_look_like_nothing_are_made_visible() {
        for c in
            "\u{34f}\u{ad}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180e}\u{2060}\u{2063}\u{2800}\u{3164}\u{ffa0}\u{1d159}"
                .chars()
        {
            assert_eq!(shown(&format!("a{c}b")), format!("a⟨U+{:04X}⟩b", u32::from(c)));
        }
    }

    #[test]
    fn a_text_from_elsewhere_is_kept_up_to_a_limit_and_says_where_it_ends() {
        let json = serde_json::to_string(&"x".repeat(1 << 20)).expect("a string");
        let text: Untrusted = serde_json::from_str(&json).expect("a text");
        assert_eq!(text.raw().chars().count(), LONGEST + 1);
        assert!(text.raw().ends_with("x…"));
        assert_eq!(cut("né", 2), (Cow::Borrowed("né"), false));
    }

    proptest! {
        #[test]
        fn nothing_dangerous_comes_out(text in any::<String>()) {
            let out = shown(&text).into_owned();
            for c in out.chars() {
                prop_assert!(!is_dangerous(c) || matches!(c, '\u{200d}' | '\u{fe0f}'), "{:?} in {:?}", c, out);
            }
        }
    }
}
