//! Drawing text that fits: styled lines and the small pieces every screen uses.

use std::ops::Range;

use ratatui::{
    style::Style,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr as _;

pub use crate::text::{cell, fit, head, width, wrap};

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
    use super::*;

    #[test]
    fn highlights_survive_cutting_and_never_split_a_character() {
        let spans = highlighted("東京 demo", &[0..3, 7..9], 7, "…", Style::new(), Style::new().bold());
        let texts: Vec<&str> = spans.iter().map(|span| &*span.content).collect();
        assert_eq!(texts, ["", "東", "京 ", "d", "…"]);
    }
}
