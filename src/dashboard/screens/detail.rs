//! [`Detail`]: everything known of one token.
//!
//! Invariants: the string of a public token is masked until asked for and again when the cursor moves on; that of a
//! secret token is not here, and nowhere.

use jiff::Timestamp;
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Padding, Paragraph},
};

use super::usage;
use crate::{
    dashboard::{
        command::Command,
        keymap::Context,
        view::View,
        widgets::{
            dialog,
            list_cursor::{Scroll, beside},
            paint,
        },
    },
    token::{Scope, Token, Usage, flaw::Field, lint::Finding, time},
};

/// Columns of the labels at the left.
const LABEL: usize = 10;

/// The pane.
#[derive(Debug, Default)]
pub struct Detail {
    scroll: Scroll,
    shows_value: bool,
}

impl Detail {
    /// Another token is shown now: back to the top, and its string hidden.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Shows or hides the token string.
    pub fn toggle_value(&mut self) {
        self.shows_value = !self.shows_value;
    }

    /// Hides the token string.
    pub fn hide_value(&mut self) {
        self.shows_value = false;
    }

    /// Moves through what does not fit.
    pub fn scroll(&mut self, command: Command) {
        self.scroll.update(command);
    }

    /// Draws the pane.
    pub fn render(
        &mut self,
        frame: &mut Frame,
        area: Rect,
        view: View,
        token: Option<(&Token, &Vec<Finding>)>,
        is_focused: bool,
    ) {
        let theme = view.theme;
        let border = if is_focused { theme.border_focused } else { theme.border };
        let name = token.map(|(token, _)| token.name()).unwrap_or_default();
        let title = paint::fit(&name, usize::from(area.width.saturating_sub(6)), theme.glyphs.ellipsis).into_owned();
        let block = dialog::framed(theme, border).padding(Padding::horizontal(1));
        let block = if title.is_empty() { block } else { block.title(Span::styled(format!(" {title} "), theme.title)) };
        let inside = block.inner(area);
        frame.render_widget(block, area);
        let Some((token, findings)) = token else { return };
        let lines = self.lines(token, findings, view, usize::from(inside.width));
        let height = usize::from(inside.height);
        let first = self.scroll.show(lines.len(), height);
        frame.render_widget(Paragraph::new(lines).scroll((first as u16, 0)), inside);
        self.scroll.scrollbar(frame, beside(area, inside), theme);
    }

    fn lines(&self, token: &Token, findings: &[Finding], view: View, columns: usize) -> Vec<Line<'static>> {
        let theme = view.theme;
        let room = columns.saturating_sub(LABEL).max(1);
        let mut lines = Vec::new();
        let mut put = |label: &'static str, text: &str, style: Style| {
            for (at, line) in paint::wrap(text, room).into_iter().enumerate() {
                let label = if at == 0 { label } else { "" };
                lines.push(Line::from(vec![
                    Span::styled(format!("{label:<LABEL$}"), theme.label),
                    Span::styled(line, style),
                ]));
            }
        };
        let plain = Style::new();
        // A long name does not fit in the frame's title.
        if paint::width(&token.name()) > columns.saturating_sub(3) {
            put("Name", &token.name(), plain);
        }
        match (token.usage, token.default) {
            (Usage::Public, true) => {
                put("Kind", "pk, public, the account's default token", theme.public);
                put("", "no secret scopes, no URL restrictions", theme.dim);
            }
            (Usage::Public, false) => put("Kind", "pk, public: anyone may see it", theme.public),
            (Usage::Secret, _) => put("Kind", "sk, secret: for servers and tools only", theme.secret),
            (Usage::Temporary, _) => put("Kind", "tk, temporary", theme.warning),
            (Usage::Unknown, _) => put("Kind", "unknown: not documented", theme.warning),
        }
        for (at, flaw) in token.flaws.iter().enumerate() {
            put(if at == 0 { "Record" } else { "" }, &format!("{} {flaw}", theme.glyphs.warning), theme.warning);
        }
        put("ID", &token.id.shown(), plain);
        if let Some(created) = token.created() {
            put("Created", &dated(created, view), plain);
        }
        match token.modified() {
            Some(modified) if token.modified != token.created => {
                put("Modified", &dated(modified, view), plain);
            }
            _ => put("Modified", "never", theme.dim),
        }
        if !matches!(token.client.raw(), "" | "api") {
            put("Client", &token.client.shown(), plain);
        }
        put("", "", plain);
        match (&token.token, self.shows_value) {
            (Some(value), true) => put("Value", value.expose(), theme.public),
            (Some(value), false) => {
                put("Value", &value.fingerprint().to_string(), theme.public);
                let key = |command| view.keys.name(Context::Detail, command);
                let text = format!("Press {} to show, {} to copy", key(Command::ToggleValue), key(Command::CopyValue));
                put("", &text, theme.dim);
            }
            (None, _) if token.usage == Usage::Public => put("Value", "the server did not send it", theme.dim),
            (None, _) => put("Value", "shown once, when the token was created", theme.dim),
        }
        if let Some(result) = &view.store.places {
            let (uses, age) = (result.uses_of(&token.id), time::relative(result.ended, view.now.time));
            put("Used in", &format!("{uses} {} scanned {age}", theme.glyphs.dot), plain);
        }
        put("", "", plain);
        if token.urls().is_empty() && token.is_uncertain(Field::AllowedUrls) {
            put("URLs", "unknown", theme.warning);
        } else if token.urls().is_empty() {
            put("URLs", "any: works from anywhere", theme.dim);
        }
        for (at, url) in token.urls().iter().enumerate() {
            put(if at == 0 { "URLs" } else { "" }, &url.shown(), plain);
        }
        put("", "", plain);
        for (at, finding) in findings.iter().enumerate() {
            let (mark, style) = theme.severity(finding.severity);
            put(if at == 0 { "Lint" } else { "" }, &format!("{mark} {}", finding.message()), style);
        }
        if !findings.is_empty() {
            let key = view.keys.name(Context::Detail, Command::FixFinding);
            put("", &format!("Press {key} to see why and fix it"), theme.dim);
            put("", "", plain);
        }
        let (public, secret): (Vec<&Scope>, Vec<&Scope>) =
            token.scopes.iter().partition(|scope| view.store.catalogue.is_public(scope));
        if token.scopes.is_empty() && token.is_uncertain(Field::Scopes) {
            put("Scopes", "unknown", theme.warning);
        } else if token.scopes.is_empty() {
            put("Scopes", "none (and none can be added)", theme.warning);
        }
        for (title, scopes, style) in [("Public", public, theme.public), ("Secret", secret, theme.secret)] {
            for (at, scope) in scopes.into_iter().enumerate() {
                let label = if at == 0 { title } else { "" };
                lines.extend(scope_lines(label, scope, style, view, columns));
            }
        }
        lines.push(Line::default());
        lines.extend(usage::lines(token, view, LABEL, columns));
        lines
    }
}

/// A scope and what it allows, beside each other where there is room.
fn scope_lines(label: &'static str, scope: &Scope, style: Style, view: View, columns: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    let room = columns.saturating_sub(LABEL).max(1);
    let description = view.store.catalogue.get(scope).map(|info| info.description.shown()).unwrap_or_default();
    let id = scope.shown();
    let id_width = paint::width(&id).max(16);
    let mut lines = Vec::new();
    let first = vec![
        Span::styled(format!("{label:<LABEL$}"), theme.label),
        Span::styled(paint::fit(&paint::cell(&id, id_width, ""), room, theme.glyphs.ellipsis).into_owned(), style),
    ];
    let beside = room.saturating_sub(id_width + 1);
    // In a narrower column a sentence takes more rows than below its scope.
    if beside >= 32 {
        for (at, text) in paint::wrap(&description, beside).into_iter().enumerate() {
            let mut spans = if at == 0 { first.clone() } else { vec![Span::raw(" ".repeat(LABEL + id_width))] };
            spans.push(Span::styled(format!(" {text}"), theme.dim));
            lines.push(Line::from(spans));
        }
    } else {
        lines.push(Line::from(first));
        for text in paint::wrap(&description, room.saturating_sub(2)) {
            lines.push(Line::from(vec![Span::raw(" ".repeat(LABEL + 2)), Span::styled(text, theme.dim)]));
        }
    }
    lines
}

/// A point in time for people: the date and clock where they are, and how long ago that is.
fn dated(moment: Timestamp, view: View) -> String {
    format!("{} {} {}", view.date(moment), view.theme.glyphs.dot, time::relative(moment, view.now.time))
}
