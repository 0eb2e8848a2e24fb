//! [`Overview`]: the account at a glance: how many tokens of which kind and age, how sound they are, how much they are used; below,
//! what the lint found and who can do what. Enter on a token leads to it.
//!
//! Invariants: the figures are those of the survey; drawing changes nothing but scroll offsets.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Style,
    text::{Line, Span},
};

use super::{
    findings::Findings,
    matrix::{self, Matrix},
};
use crate::{
    dashboard::{
        action::Action,
        command::Command,
        keymap::Context,
        summary::AGES,
        usage_cache::{self, Entry},
        view::View,
        widgets::{chart, paint},
    },
    token::lint::Severity,
};

/// From this width on findings and matrix stand side by side.
const WIDE: u16 = 132;

/// Where they do not, from this height on they stand one above the other.
const STACKED: u16 = 26;

/// From this height on there is room for the figures above them.
const TALL: u16 = 20;

/// Rows of the figures, with the blank lines around them.
const BAND: u16 = 8;

/// Columns of one block of figures.
const BLOCK: u16 = 26;

/// What can be clicked: the rows of either pane.
pub(super) const FINDINGS: usize = 0;
pub(super) const MATRIX: usize = 1;

/// Which pane the keys go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pane {
    #[default]
    Findings,
    Matrix,
}

/// The screen.
#[derive(Debug, Default)]
pub struct Overview {
    pane: Pane,
    findings: Findings,
    matrix: Matrix,
}

impl Overview {
    /// The contexts whose keys it takes, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match self.pane {
            Pane::Findings => vec![Context::Overview, Context::List],
            Pane::Matrix => vec![Context::Matrix, Context::Overview, Context::List],
        }
    }

    /// Does what a command says.
    pub fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        match (command, self.pane) {
            (Command::Back, _) => vec![Action::ShowTokens],
            (Command::Next | Command::Previous, Pane::Findings) => {
                self.pane = Pane::Matrix;
                Vec::new()
            }
            (Command::Next | Command::Previous, Pane::Matrix) => {
                self.pane = Pane::Findings;
                Vec::new()
            }
            (command, Pane::Findings) => self.findings.update(command, view),
            (command, Pane::Matrix) => self.matrix.update(command, view),
        }
    }

    /// A click goes to the row it hits; a rule opens at once, a token on the second click.
    pub fn click(&mut self, part: usize, at: usize, view: View) -> Vec<Action> {
        let was_here = (self.pane == Pane::Matrix) == (part == MATRIX);
        self.point_at(part);
        match self.pane {
            Pane::Findings => self.findings.click(at, was_here, view),
            Pane::Matrix => self.matrix.click(at, was_here, view),
        }
    }

    /// The mouse does something here: the keys go to the pane it is over.
    pub fn point_at(&mut self, part: usize) {
        self.pane = if part == MATRIX { Pane::Matrix } else { Pane::Findings };
    }

    /// Draws the screen.
    pub fn render(&mut self, frame: &mut Frame, area: Rect, view: View, is_active: bool) {
        let area = if area.height >= TALL {
            let [band, below] = area.layout(&Layout::vertical([Constraint::Length(BAND), Constraint::Fill(1)]));
            self.render_band(frame, band, view);
            below
        } else {
            let [line, below] = area.layout(&Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]));
            self.render_line(frame, line, view);
            below
        };
        let in_findings = is_active && self.pane == Pane::Findings;
        let in_matrix = is_active && self.pane == Pane::Matrix;
        if area.width >= WIDE {
            let [left, right] = area.layout(&Layout::horizontal([Constraint::Percentage(44), Constraint::Fill(1)]));
            self.findings.render(frame, left, view, &view.store.analysis.summary, in_findings);
            self.matrix.render(frame, right, view, &view.store.analysis.summary, in_matrix);
        } else if area.height >= STACKED {
            // As high as the rules and a reason need, so that neither pane stands empty.
            let wanted = (view.store.analysis.summary.rules.len() as u16 + 9).clamp(12, area.height / 2);
            let [above, below] = area.layout(&Layout::vertical([Constraint::Length(wanted), Constraint::Fill(1)]));
            self.findings.render(frame, above, view, &view.store.analysis.summary, in_findings);
            self.matrix.render(frame, below, view, &view.store.analysis.summary, in_matrix);
        } else if self.pane == Pane::Findings {
            self.findings.render(frame, area, view, &view.store.analysis.summary, in_findings);
        } else {
            self.matrix.render(frame, area, view, &view.store.analysis.summary, in_matrix);
        }
    }

    /// The figures in one line, for low screens.
    fn render_line(&self, frame: &mut Frame, area: Rect, view: View) {
        let (theme, summary) = (view.theme, &view.store.analysis.summary);
        let dot = || Span::styled(format!(" {} ", theme.glyphs.dot), theme.dim);
        let line = Line::from(vec![
            Span::styled(format!(" {} tokens", chart::grouped(summary.tokens)), theme.title),
            dot(),
            Span::styled(format!("{} pk", chart::grouped(summary.public)), theme.public),
            Span::raw(" "),
            Span::styled(format!("{} sk", chart::grouped(summary.secret)), theme.secret),
            dot(),
            Span::raw(format!("{} healthy", percent(summary.sound, summary.tokens))),
            dot(),
            Span::raw(matrix::in_a_word(summary)),
        ]);
        frame.render_widget(line, area);
    }

    /// The figures in blocks beside each other: as many as fit, the most telling first.
    fn render_band(&self, frame: &mut Frame, area: Rect, view: View) {
        let area = Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(2), height: BAND - 2 };
        let count = (area.width / (BLOCK + 3)).clamp(1, 4);
        let width = (area.width / count).saturating_sub(3).min(44);
        for at in 0..count {
            let block = Rect { x: area.x + at * (width + 3), width, ..area };
            let columns = usize::from(width);
            let lines = match at {
                0 => self.kinds(view, columns),
                1 => self.health(view, columns),
                2 => self.ages(view, columns),
                _ => account(view, columns),
            };
            for (row, line) in block.rows().zip(lines) {
                frame.render_widget(line, row);
            }
        }
    }

    fn kinds(&self, view: View, columns: usize) -> Vec<Line<'static>> {
        let (theme, summary) = (view.theme, &view.store.analysis.summary);
        let rows = [
            ("public", summary.public, theme.public),
            ("  restricted", summary.restricted, theme.public),
            ("secret", summary.secret, theme.secret),
            ("can write", summary.writers, theme.secret),
        ];
        let mut lines = vec![title("Tokens", &chart::grouped(summary.tokens), view), Line::default()];
        lines.extend(rows.map(|(label, count, style)| bar(label, count, summary.tokens, style, view, columns)));
        lines
    }

    fn ages(&self, view: View, columns: usize) -> Vec<Line<'static>> {
        let most = view.store.analysis.summary.ages.iter().copied().max().unwrap_or_default();
        let mut lines = vec![title("Age", "", view)];
        let rows = AGES.iter().zip(view.store.analysis.summary.ages);
        lines.extend(rows.map(|((label, _), count)| bar(label, count, most, view.theme.chart, view, columns)));
        lines
    }

    fn health(&self, view: View, columns: usize) -> Vec<Line<'static>> {
        let (theme, summary) = (view.theme, &view.store.analysis.summary);
        let sound = percent(summary.sound, summary.tokens);
        let meter = chart::bar(summary.sound, summary.tokens, columns, theme.glyphs.across);
        let rest = meter.chars().rev().take_while(|c| *c == ' ').count();
        let full: String = meter.chars().take(columns.saturating_sub(rest)).collect();
        let mut lines = vec![
            title("Healthy", &sound, view),
            Line::from(vec![Span::styled(full, theme.ok), Span::styled(theme.glyphs.rule.repeat(rest), theme.dim)]),
        ];
        for severity in [Severity::Error, Severity::Warning, Severity::Advice, Severity::Note] {
            let (mark, style) = theme.severity(severity);
            let count = summary.count(severity);
            let style = if count == 0 { theme.dim } else { style };
            lines.push(Line::from(vec![
                Span::styled(format!("{mark} {:<9}", severity.word()), style),
                Span::styled(format!("{:>6}", chart::brief(count)), if count == 0 { theme.dim } else { Style::new() }),
            ]));
        }
        lines
    }
}

/// The use of the whole account.
fn account(view: View, columns: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    let entry = view.store.usage_cache.get(&None);
    let mut lines = Vec::new();
    match entry {
        Some(Entry::Known(statistics)) => {
            let yesterday = statistics.on(usage_cache::yesterday(view.now.time));
            lines.push(title("Requests", &format!("{} yesterday", chart::grouped(yesterday)), view));
            let days: Vec<u64> = statistics.days().into_iter().map(|(_, count)| count).collect();
            let count = days.len();
            let (gap, parts) = if columns >= count * 2 { (1, theme.glyphs.bars) } else { (0, theme.glyphs.thin_bars) };
            let days = chart::squeeze(&days, columns / (1 + gap));
            let most = days.iter().copied().max().unwrap_or_default();
            let chart = chart::columns(&days, most, 4, 1, gap, parts);
            lines.extend(chart.into_iter().map(|row| Line::styled(row, theme.chart)));
            let text = format!("{} in {count} days", chart::grouped(statistics.total()));
            lines.push(Line::styled(paint::fit(&text, columns, theme.glyphs.ellipsis).into_owned(), theme.dim));
        }
        Some(Entry::Failed(_)) | None if view.store.usage_cache.refusal().is_some() => {
            lines.push(title("Requests", "", view));
            let text = "Needs statistics:read, which your token lacks.";
            lines.extend(paint::wrap(text, columns).into_iter().map(|line| Line::styled(line, theme.dim)));
        }
        Some(Entry::Failed(error)) => {
            lines.push(title("Requests", "", view));
            let key = view.keys.name(Context::Overview, Command::Reload);
            let text = format!("{error}. Press {key} to ask again.");
            lines.extend(paint::wrap(&text, columns).into_iter().map(|line| Line::styled(line, theme.warning)));
        }
        Some(Entry::Asked(_)) | None => {
            lines.push(title("Requests", "", view));
            lines.push(Line::styled(format!("loading {}", theme.glyphs.ellipsis), theme.dim));
        }
    }
    lines
}

/// The heading of a block, and the figure that says most.
fn title(word: &'static str, figure: &str, view: View) -> Line<'static> {
    let theme = view.theme;
    Line::from(vec![Span::styled(format!("{word:<10}"), theme.label), Span::styled(figure.to_owned(), theme.title)])
}

/// A labelled bar with its number.
fn bar(label: &'static str, count: u64, most: u64, style: Style, view: View, columns: usize) -> Line<'static> {
    let theme = view.theme;
    let room = columns.saturating_sub(13 + 7);
    let quiet = if count == 0 { theme.dim } else { Style::new() };
    Line::from(vec![
        Span::styled(format!("{label:<13}"), theme.dim),
        Span::styled(chart::bar(count, most, room, theme.glyphs.across), style),
        Span::styled(format!(" {:>5}", chart::brief(count)), quiet),
    ])
}

fn percent(part: u64, whole: u64) -> String {
    match whole {
        0 => "none".to_owned(),
        // Rounded down: only all of them are 100 %.
        whole => format!("{}%", u128::from(part) * 100 / u128::from(whole)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_of_them_are_a_hundred_percent() {
        assert_eq!(percent(999, 1000), "99%");
        assert_eq!(percent(1000, 1000), "100%");
        assert_eq!(percent(0, 0), "none");
    }
}
