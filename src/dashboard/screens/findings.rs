//! [`Findings`]: what the lint found, rule by rule; a rule opens to the tokens that break it.
//!
//! Invariants: one rule is open at most; only rows that are seen are laid out.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::overview::FINDINGS;
use crate::{
    dashboard::{
        action::{Action, Tone},
        command::Command,
        modals::fix,
        summary::{Broken, Summary},
        theme::Theme,
        view::View,
        widgets::{
            chart, dialog,
            list_cursor::{ListCursor, beside},
            paint,
        },
    },
    token::lint::{Finding, Rule},
};

/// The pane.
#[derive(Debug, Default)]
pub struct Findings {
    cursor: ListCursor,
    open: Option<Rule>,
}

/// What a row shows.
enum Row<'a> {
    Rule(&'a Broken, bool),
    Finding(&'a Broken, usize),
}

impl Findings {
    fn length(&self, summary: &Summary) -> usize {
        let open = summary.rules.iter().find(|broken| Some(broken.rule) == self.open);
        summary.rules.len() + open.map_or(0, |broken| broken.findings.len())
    }

    fn row<'a>(&self, summary: &'a Summary, at: usize) -> Option<Row<'a>> {
        let open = summary.rules.iter().position(|broken| Some(broken.rule) == self.open);
        let Some(open) = open else { return summary.rules.get(at).map(|broken| Row::Rule(broken, false)) };
        let broken = &summary.rules[open];
        let below = broken.findings.len();
        if at <= open {
            return summary.rules.get(at).map(|rule| Row::Rule(rule, at == open));
        }
        if at <= open + below {
            return Some(Row::Finding(broken, at - open - 1));
        }
        summary.rules.get(at - below).map(|broken| Row::Rule(broken, false))
    }

    /// Does what a command says.
    pub fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        let summary = &view.store.analysis.summary;
        if self.cursor.update(command, self.length(summary)) {
            return Vec::new();
        }
        match (command, self.row(summary, self.cursor.row())) {
            (Command::Enter | Command::Toggle, Some(Row::Rule(broken, is_open))) => {
                self.open = (!is_open).then_some(broken.rule);
                // The rule keeps the cursor, wherever what closed above it has put it.
                let at = summary.rules.iter().position(|other| other.rule == broken.rule);
                self.cursor.go(at.unwrap_or_default());
                Vec::new()
            }
            (Command::Enter, Some(Row::Finding(broken, at))) => {
                broken.findings.get(at).map(|(token, _)| Action::Show(token.id.clone())).into_iter().collect()
            }
            (Command::FixFinding, Some(Row::Finding(broken, at))) => {
                let Some((token, about)) = broken.findings.get(at) else { return Vec::new() };
                let findings = view.findings(token);
                let is_it = |finding: &&Finding| finding.rule == broken.rule && finding.about.shown() == about.shown();
                match findings.iter().find(is_it).and_then(|finding| finding.fix.as_ref()) {
                    Some(fix) => fix::start(token, fix),
                    None => fix::ask(token, view),
                }
            }
            (Command::FixFinding, _) => {
                vec![Action::Toast(Tone::Note, "Expand the rule and select a token first.".into())]
            }
            _ => Vec::new(),
        }
    }

    /// A click on a rule opens or closes it; one on a token that is selected leads to it.
    pub(super) fn click(&mut self, at: usize, was_here: bool, view: View) -> Vec<Action> {
        let summary = &view.store.analysis.summary;
        let was_here = was_here && at == self.cursor.row();
        self.cursor.go(at);
        match self.row(summary, at) {
            Some(Row::Finding(..)) if !was_here => Vec::new(),
            Some(_) => self.update(Command::Enter, view),
            None => Vec::new(),
        }
    }

    /// Draws the pane.
    pub fn render(&mut self, frame: &mut Frame, area: Rect, view: View, summary: &Summary, is_focused: bool) {
        let theme = view.theme;
        let border = if is_focused { theme.border_focused } else { theme.border };
        let block = dialog::framed(theme, border)
            .title(Span::styled(" Findings ", theme.title))
            .title(Line::from(format!(" {} ", chart::grouped(summary.findings()))).right_aligned());
        let inside = block.inner(area);
        frame.render_widget(block, area);
        if summary.rules.is_empty() {
            let (mark, text) =
                if summary.tokens == 0 { (" ", "No tokens.") } else { (theme.glyphs.check, "No findings.") };
            frame.render_widget(Line::from(vec![Span::styled(format!(" {mark} "), theme.ok), text.into()]), inside);
            return;
        }
        let columns = usize::from(inside.width);
        // What stands below the list explains the rule under the cursor; where it is low, the list comes first.
        let reason = match self.row(summary, self.cursor.row()) {
            Some(Row::Rule(broken, _) | Row::Finding(broken, _)) if inside.height >= 9 => {
                reason(broken.rule, theme, columns.saturating_sub(2))
            }
            _ => Vec::new(),
        };
        let reason_height = if reason.is_empty() { 0 } else { reason_room(columns.saturating_sub(2)) };
        let reason_height = reason_height.min(inside.height.saturating_sub(6));
        let list = Rect { height: inside.height - reason_height, ..inside };
        let most = summary.rules.iter().map(|broken| broken.findings.len() as u64).max().unwrap_or_default();
        let shown = self.cursor.show(self.length(summary), usize::from(list.height));
        view.clicks.rows(list, FINDINGS, shown.start);
        self.cursor.scrollbar(frame, beside(area, list), self.length(summary), theme);
        for (row, at) in list.rows().zip(shown) {
            let line = match self.row(summary, at) {
                Some(Row::Rule(broken, is_open)) => rule_line(broken, is_open, most, theme, columns),
                Some(Row::Finding(broken, finding)) => finding_line(broken, finding, theme, columns),
                None => Line::default(),
            };
            frame.render_widget(line, row);
            if at == self.cursor.row() {
                let style = if is_focused { theme.selection } else { theme.selection_unfocused };
                frame.buffer_mut().set_style(row, style);
                if is_focused {
                    frame.set_cursor_position((row.x, row.y));
                }
            }
        }
        let below = Rect { y: list.bottom(), height: reason_height, ..inside };
        for (row, line) in below.rows().skip(1).zip(reason) {
            frame.render_widget(line, Rect { x: row.x + 1, width: row.width.saturating_sub(2), ..row });
        }
    }
}

/// Rows kept for the reason, so that the list does not jump from rule to rule.
fn reason_room(columns: usize) -> u16 {
    match columns {
        100.. => 4,
        70.. => 5,
        _ => 7,
    }
}

fn reason(rule: Rule, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    let mut lines: Vec<Line> = paint::wrap(rule.reason(), columns).into_iter().map(Line::from).collect();
    if let Some(source) = rule.source() {
        lines.push(Line::styled(paint::fit(source, columns, theme.glyphs.ellipsis).into_owned(), theme.dim));
    }
    lines
}

fn rule_line(broken: &Broken, is_open: bool, most: u64, theme: &Theme, columns: usize) -> Line<'static> {
    let count = broken.findings.len() as u64;
    let (mark, style) = theme.severity(broken.severity);
    let bar = if columns >= 56 { 10 } else { 0 };
    let figures = bar + 8;
    let text = columns.saturating_sub(13 + figures);
    let open = if is_open { "-" } else { "+" };
    Line::from(vec![
        Span::styled(format!(" {open} "), theme.dim),
        Span::styled(format!("{mark} {:<8}", broken.severity.word()), style),
        Span::raw(paint::cell(broken.rule.message(), text, theme.glyphs.ellipsis)),
        Span::raw(" "),
        Span::styled(chart::bar(count, most, bar, theme.glyphs.across), theme.chart),
        Span::raw(format!(" {:>5} ", chart::brief(count))),
    ])
}

fn finding_line(broken: &Broken, at: usize, theme: &Theme, columns: usize) -> Line<'static> {
    let Some((token, about)) = broken.findings.get(at) else { return Line::default() };
    let room = columns.saturating_sub(14);
    let name = paint::fit(&token.name(), room, theme.glyphs.ellipsis).into_owned();
    let left = room.saturating_sub(paint::width(&name) + 2);
    let about = if about.is_empty() || left < 8 {
        String::new()
    } else {
        format!("  {}", paint::fit(&about.shown(), left, theme.glyphs.ellipsis))
    };
    Line::from(vec![Span::raw(" ".repeat(13)), Span::raw(name), Span::styled(about, theme.dim)])
}
