//! What is said below the dashboard: the chapter, the caption, the keys that were pressed, and the keys of the tour.
//!
//! Invariants: it has the same height throughout, so that the dashboard keeps its size.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{player::Player, script::STEPS};
use crate::dashboard::{theme::Theme, widgets::paint};

/// Rows it takes: more where there are few columns.
pub fn height(area: Rect) -> u16 {
    let longest = STEPS.iter().map(|step| paint::wrap(step.caption, columns(area)).len()).max().unwrap_or(1);
    // A rule above, the keys below.
    (longest as u16 + 2).min(area.height / 2)
}

fn columns(area: Rect) -> usize {
    usize::from(area.width.saturating_sub(2)).clamp(20, 100)
}

/// Draws it.
pub fn draw(frame: &mut Frame, area: Rect, theme: &Theme, player: &Player) {
    let (at, step) = player.step();
    let width = usize::from(area.width);
    let mut rows = area.rows();
    if let Some(row) = rows.next() {
        let title = format!(" {} of {} {} {} ", at + 1, STEPS.len(), theme.glyphs.dot, step.chapter);
        let pressed: Vec<Span> =
            player.keys().flat_map(|key| [Span::raw(" "), Span::styled(format!(" {key} "), theme.badge)]).collect();
        frame.buffer_mut().set_style(row, theme.border_focused);
        let rule = theme.glyphs.border.horizontal_top.repeat(width);
        frame.render_widget(Line::styled(rule, theme.border_focused), row);
        let used: usize = pressed.iter().map(|span| paint::width(&span.content)).sum();
        frame.render_widget(
            Span::styled(title, theme.title),
            Rect { x: row.x + 1, width: row.width.saturating_sub(1), ..row },
        );
        if used + 24 < width {
            let place = Rect { x: row.right() - used as u16 - 2, width: used as u16 + 1, ..row };
            frame.render_widget(Line::from(pressed), place);
        }
    }
    let keys = if player.is_over() {
        " Space close  b back  r restart  q quit"
    } else if player.is_auto() {
        " Space next  b back  s next chapter  a pause  r restart  q quit"
    } else if player.is_ready() {
        " Space next  b back  s next chapter  a auto  r restart  q quit"
    } else {
        " Space hurry  b back  s next chapter  a auto  r restart  q quit"
    };
    if let Some(row) = rows.next_back() {
        frame.render_widget(Line::styled(keys, theme.dim), row);
    }
    for (row, line) in rows.zip(paint::wrap(step.caption, columns(area))) {
        frame.render_widget(Line::raw(format!(" {line}")), row);
    }
}
