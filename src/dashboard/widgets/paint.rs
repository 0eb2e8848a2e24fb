//! Drawing text that fits: cutting at grapheme boundaries by the columns a terminal gives, wrapping without losing a
//! character, and the little pieces every screen uses.

use std::{borrow::Cow, ops::Range};

use ratatui::{
    style::Style,
    text::{Line, Span},
};
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

/// [`cell`] in spans, the byte ranges of `highlights` (in order, not overlapping) in a style of their own.
pub fn highlighted(
    text: &str,
    highlights: &[Range<usize>],
    columns: usize,
    ellipsis: &str,
    style: Style,
    highlight: Style,
) -> Vec<Span<'static>> {
    let out = cell(text, columns, ellipsis);
    // Only what is left of the text itself can be highlighted, not the ellipsis behind it.
    let kept = if text.width() <= columns {
        text.len()
    } else {
        head(text, columns.saturating_sub(ellipsis.width())).trim_end().len()
    };
    let mut spans = Vec::with_capacity(2 * highlights.len() + 1);
    let mut at = 0;
    for range in highlights {
        let (start, end) = (range.start.min(kept), range.end.min(kept));
        if let (Some(before), Some(hit)) = (out.get(at..start), out.get(start..end)) {
            spans.push(Span::styled(before.to_owned(), style));
            spans.push(Span::styled(hit.to_owned(), highlight));
            at = end;
        }
    }
    spans.push(Span::styled(out.get(at..).unwrap_or_default().to_owned(), style));
    spans
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

/// A line with `left` at its start and `right` at its end, `left` giving way when there is not enough room.
pub fn ends<'a>(left: Vec<Span<'a>>, right: Vec<Span<'a>>, columns: usize) -> Line<'a> {
    let right_width: usize = right.iter().map(Span::width).sum();
    let room = columns.saturating_sub(right_width + 1);
    let mut spans = Vec::with_capacity(left.len() + right.len() + 1);
    let mut used = 0;
    for span in left {
        let columns = span.width().min(room.saturating_sub(used));
        if columns < span.width() {
            spans.push(Span::styled(head(&span.content, columns).to_owned(), span.style));
            used += columns;
            break;
        }
        used += columns;
        spans.push(span);
    }
    spans.push(Span::raw(" ".repeat(columns.saturating_sub(used + right_width))));
    spans.extend(right);
    Line::from(spans)
}

/// What is wrong, above the button or the keys that do it all the same; nothing when nothing is.
pub fn problem(problem: Option<&str>, columns: usize, style: Style) -> Vec<Line<'static>> {
    problem.into_iter().flat_map(|text| wrap(text, columns)).map(|line| Line::styled(line, style)).collect()
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

    #[test]
    fn highlights_survive_cutting_and_never_split_a_character() {
        let spans = highlighted("東京 demo", &[0..3, 7..9], 7, "…", Style::new(), Style::new().bold());
        let texts: Vec<&str> = spans.iter().map(|span| &*span.content).collect();
        assert_eq!(texts, ["", "東", "京 ", "d", "…"]);
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
