//! An emulator's screen as SVG: every piece of text at its own place and told its width, so that columns stay columns
//! whatever font a reader has, wide characters included.

use std::fmt::Write as _;

/// A cell, and the text in it, in pixels.
const WIDTH: u16 = 9;
const HEIGHT: u16 = 18;
const FONT: u16 = 15;
/// From the top of a row to the line letters stand on.
const BASELINE: u16 = 14;
const MARGIN: u16 = 12;

/// What a terminal with a dark theme shows as its own sixteen colours.
const PALETTE: [&str; 16] = [
    "#2a2f3a", "#e26d75", "#8fc379", "#d9b263", "#6cabee", "#c586dd", "#5bb8c4", "#c3c8d2", //
    "#7a8294", "#ee8a91", "#a5d48f", "#e6c57e", "#89bff5", "#d6a0ea", "#7acbd5", "#f0f2f6",
];
const PAPER: &str = "#171a20";
const INK: &str = "#d5d9e1";

#[derive(Clone, PartialEq)]
struct Style {
    ink: String,
    paper: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

/// Draws the screen; `steady` may replace cells of a row first.
pub fn draw(screen: &vt100::Screen, steady: impl Fn(&mut [String])) -> String {
    let mut svg = head(screen);
    for row in 0..screen.size().0.get() {
        svg.push_str(&row_of(screen, row, &steady));
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// Draws screens of one size one after the other, each for so many seconds, again and again. A row that stays the same from one to the next
/// is written once.
pub fn animate(screens: &[vt100::Screen], seconds: usize) -> String {
    let mut svg = head(&screens[0]);
    let whole = screens.len() * seconds;
    for row in 0..screens[0].size().0.get() {
        let mut from = 0;
        while from < screens.len() {
            let drawn = row_of(&screens[from], row, &|_: &mut [String]| {});
            let same = screens[from..].iter().take_while(|screen| row_of(screen, row, &|_: &mut [String]| {}) == drawn);
            let to = from + same.count();
            let [start, end] = [from, to].map(|frame| frame as f64 / screens.len() as f64);
            if !drawn.is_empty() {
                let hidden = if from == 0 { "" } else { " visibility=\"hidden\"" };
                let (times, values) = match (from, to == screens.len()) {
                    (0, true) => (String::new(), ""),
                    (0, false) => (format!("0;{end:.4}"), "visible;hidden"),
                    (_, true) => (format!("0;{start:.4}"), "hidden;visible"),
                    (_, false) => (format!("0;{start:.4};{end:.4}"), "hidden;visible;hidden"),
                };
                writeln!(svg, "<g{hidden}>").unwrap();
                if !values.is_empty() {
                    writeln!(
                        svg,
                        "<animate attributeName=\"visibility\" calcMode=\"discrete\" dur=\"{whole}s\" \
                         repeatCount=\"indefinite\" keyTimes=\"{times}\" values=\"{values}\"/>"
                    )
                    .unwrap();
                }
                svg.push_str(&drawn);
                svg.push_str("</g>\n");
            }
            from = to;
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn head(screen: &vt100::Screen) -> String {
    let (rows, columns) = screen.size();
    let (width, height) = (columns.get() * WIDTH + 2 * MARGIN, rows.get() * HEIGHT + 2 * MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n\
         <g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" \
         font-size=\"{FONT}\" xml:space=\"preserve\">\n"
    )
}

fn row_of(screen: &vt100::Screen, row: u16, steady: &impl Fn(&mut [String])) -> String {
    let columns = screen.size().1;
    let cells: Vec<&vt100::Cell> = (0..columns.get()).filter_map(|column| screen.cell(row, column)).collect();
    let mut texts: Vec<String> = cells.iter().map(|cell| cell.contents().to_owned()).collect();
    steady(&mut texts);
    let mut svg = String::new();
    draw_row(&mut svg, MARGIN + row * HEIGHT, &cells, &texts);
    svg
}

fn draw_row(svg: &mut String, y: u16, cells: &[&vt100::Cell], texts: &[String]) {
    let mut at = 0;
    while at < cells.len() {
        let style = style(cells[at]);
        let mut text = String::new();
        let start = at;
        while at < cells.len() && self::style(cells[at]) == style {
            // A wide character is a piece of its own, and its second cell belongs to it.
            if cells[at].is_wide() && at > start {
                break;
            }
            text.push_str(if texts[at].is_empty() { " " } else { &texts[at] });
            at += 1;
            if cells[at - 1].is_wide() {
                at += 1;
                break;
            }
        }
        let (x, width) = (MARGIN + start as u16 * WIDTH, (at - start) as u16 * WIDTH);
        if let Some(paper) = &style.paper {
            writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEIGHT}\" fill=\"{paper}\"/>")
                .unwrap();
        }
        draw_text(svg, x, y + BASELINE, &text, &style);
    }
}

/// Blanks around a text are left out, so that it starts where it is seen to.
fn draw_text(svg: &mut String, x: u16, y: u16, text: &str, style: &Style) {
    let blanks = text.chars().take_while(|c| *c == ' ').count() as u16;
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return;
    }
    let (x, width) = (x + blanks * WIDTH, unicode_width::UnicodeWidthStr::width(text) as u16 * WIDTH);
    let mut attributes = format!("x=\"{x}\" y=\"{y}\" textLength=\"{width}\" fill=\"{}\"", style.ink);
    for (is_set, attribute) in [
        (style.bold, " font-weight=\"bold\""),
        (style.dim, " opacity=\"0.6\""),
        (style.italic, " font-style=\"italic\""),
        (style.underline, " text-decoration=\"underline\""),
    ] {
        attributes.push_str(if is_set { attribute } else { "" });
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    writeln!(svg, "<text {attributes}>{text}</text>").unwrap();
}

fn style(cell: &vt100::Cell) -> Style {
    let (ink, paper) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
    let (ink, paper) = if cell.inverse() {
        (paper.unwrap_or_else(|| PAPER.into()), Some(ink.unwrap_or_else(|| INK.into())))
    } else {
        (ink.unwrap_or_else(|| INK.into()), paper)
    };
    Style { ink, paper, bold: cell.bold(), dim: cell.dim(), italic: cell.italic(), underline: cell.underline() }
}

fn colour(colour: vt100::Color) -> Option<String> {
    match colour {
        vt100::Color::Default => None,
        vt100::Color::Idx(index @ 0..=15) => Some(PALETTE[usize::from(index)].into()),
        vt100::Color::Idx(index @ 16..=231) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let index = index - 16;
            Some(format!("#{:02x}{:02x}{:02x}", level(index / 36), level(index / 6 % 6), level(index % 6)))
        }
        vt100::Color::Idx(index) => Some(format!("#{0:02x}{0:02x}{0:02x}", 8 + 10 * (index - 232))),
        vt100::Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
    }
}
