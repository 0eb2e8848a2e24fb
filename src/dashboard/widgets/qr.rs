//! A text as a QR code, for a phone's or another machine's camera.
//!
//! Two modules to a cell, one above the other, or, where only ASCII can be shown, a module to two blanks; dark on light whatever the terminal's colours are, with a light margin, for that is
//! what every camera reads. Not kept anywhere: made anew for each frame, so that nothing but the screen holds it.

use qrcode::{Color as Module, EcLevel, QrCode};
use ratatui::{
    Frame,
    layout::{HorizontalAlignment, Rect},
    style::Modifier,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::paint;
use crate::dashboard::theme::Theme;

/// Light modules around the code. The standard asks for four; cameras make do with two, and where rows are few with one.
const MARGINS: [usize; 2] = [2, 1];

/// Draws the code of `text` in the middle of `area`, or says how much room it needs.
pub fn render(frame: &mut Frame, area: Rect, text: &str, theme: &Theme) {
    let say = |frame: &mut Frame, words: &str| {
        for (row, line) in area.rows().skip(1).zip(paint::wrap(words, usize::from(area.width))) {
            frame.render_widget(Line::styled(line, theme.warning), row);
        }
    };
    // Little error correction: a screen is not a crumpled leaflet, and the code stays small.
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::L) else {
        return say(frame, "The value is too long for a QR code.");
    };
    let is_ascii = theme.is_ascii();
    let needed = |margin: usize| {
        let side = code.width() + 2 * margin;
        if is_ascii { (2 * side as u16, side as u16) } else { (side as u16, side.div_ceil(2) as u16) }
    };
    let fits = |margin: &usize| needed(*margin).0 <= area.width && needed(*margin).1 <= area.height;
    let Some(margin) = MARGINS.into_iter().find(fits) else {
        let (columns, rows) = needed(MARGINS[1]);
        let words = format!("QR code needs {columns}x{rows} cells; there is room for {}x{}.", area.width, area.height);
        return say(frame, &words);
    };
    let ((columns, rows), side) = (needed(margin), code.width() + 2 * margin);
    let is_dark = |x: usize, y: usize| {
        let inside = margin..margin + code.width();
        inside.contains(&x) && inside.contains(&y) && code[(x - margin, y - margin)] == Module::Dark
    };
    let dark = if theme.code.add_modifier.contains(Modifier::REVERSED) {
        theme.code.remove_modifier(Modifier::REVERSED)
    } else {
        theme.code.add_modifier(Modifier::REVERSED)
    };
    let in_blanks = |y: usize| {
        let module = |x| if is_dark(x, y) { Span::styled("  ", dark) } else { Span::raw("  ") };
        (0..side).map(module).collect::<Line>()
    };
    let lines: Vec<Line> = if is_ascii {
        (0..side).map(in_blanks).collect()
    } else {
        (0..side)
            .step_by(2)
            .map(|y| {
                let cell = |x| match (is_dark(x, y), is_dark(x, y + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                };
                Line::from((0..side).map(cell).collect::<String>())
            })
            .collect()
    };
    let place = Rect {
        x: area.x + (area.width - columns) / 2,
        y: area.y + (area.height - rows) / 2,
        width: columns,
        height: rows,
    };
    frame.render_widget(Paragraph::new(lines).style(theme.code).alignment(HorizontalAlignment::Left), place);
}
