//! Text that fits: cut at grapheme boundaries by the columns it takes on a terminal, and wrapped without losing a character.
//!
//! Invariants: no result is wider than asked for, one grapheme wider than the whole line apart.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Columns a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text if it fits in `columns`, else as many whole graphemes as leave room for the ellipsis, which follows without a blank.
pub fn fit<'a>(text: &'a str, columns: usize, ellipsis: &str) -> Cow<'a, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let room = columns.saturating_sub(ellipsis.width());
    let mut out = head(text, room).trim_end().to_owned();
    if columns > 0 {
        out.push_str(ellipsis);
    }
    Cow::Owned(out)
}

/// As many whole graphemes from the start as fit in `columns`.
pub fn head(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used > columns {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// [`fit`], filled up with blanks to exactly `columns`.
pub fn cell(text: &str, columns: usize, ellipsis: &str) -> String {
    let mut out = fit(text, columns, ellipsis).into_owned();
    let missing = columns.saturating_sub(out.width());
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

/// The text in lines of at most `columns`, broken at blanks where there are any, inside a word where it is too long.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let gap = usize::from(!line.is_empty());
        if line.width() + gap + word.width() <= columns {
            if gap == 1 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        let mut rest = word;
        while rest.width() > columns {
            let piece = match head(rest, columns) {
                // One grapheme wider than the whole line still has to go somewhere.
                "" => rest.graphemes(true).next().unwrap_or(rest),
                piece => piece,
            };
            lines.push(piece.to_owned());
            rest = rest.get(piece.len()..).unwrap_or_default();
        }
        line.push_str(rest);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wide_characters_are_never_cut_in_half() {
        assert_eq!(fit("東京タワー", 5, "…"), "東京…");
        assert_eq!(fit("東京タワー", 4, "…"), "東…");
        assert_eq!(cell("東京タワー", 4, "…"), "東… ");
        assert_eq!(fit("abc", 0, "…"), "");
    }

    #[test]
    fn wrapping_breaks_at_blanks_and_inside_long_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("東京", 1), ["東", "京"]);
        assert_eq!(wrap("", 10), [""]);
    }

    proptest! {
        #[test]
        fn what_fits_is_never_too_wide(text in "\\PC{0,40}", columns in 0usize..50) {
            prop_assert!(width(&fit(&text, columns, "…")) <= columns.max(usize::from(columns > 0)));
            prop_assert_eq!(width(&cell(&text, columns, "…")), columns);
        }

        #[test]
        fn wrapping_loses_nothing(text in "[a-z東 ]{0,60}", columns in 2usize..20) {
            let strip = |text: &str| text.split_whitespace().collect::<String>();
            let lines = wrap(&text, columns);
            prop_assert_eq!(strip(&lines.concat()), strip(&text));
            prop_assert!(lines.iter().all(|line| width(line) <= columns));
        }
    }
}
