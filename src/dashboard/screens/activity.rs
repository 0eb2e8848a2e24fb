//! [`Activity`]: every call of the API in this session, and every message that was shown in passing. A call opens to all that is known of
//! it, in the place of the messages.
//!
//! Invariants: the newest stands on top; a cursor that was moved down stays on its line when new ones come in above;
//! no token is here, for calls are recorded without their query.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
    widgets::{Padding, Paragraph},
};

use super::curl;

use crate::{
    dashboard::{
        action::{Action, Tone},
        activity::{Entry, Log},
        command::Command,
        keymap::Context,
        theme::Theme,
        toast::Toasts,
        view::View,
        widgets::{
            chart, dialog,
            list_cursor::{ListCursor, beside},
            paint,
        },
    },
    untrusted,
};

/// From this height on both panes are seen.
const TALL: u16 = 18;

/// What can be clicked: the lines of either pane.
const CALLS: usize = 0;
const MESSAGES: usize = 1;

/// Which pane the keys go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pane {
    #[default]
    Calls,
    Messages,
}

/// The screen.
#[derive(Debug, Default)]
pub struct Activity {
    pane: Pane,
    calls: ListCursor,
    messages: ListCursor,
    /// The call under the cursor is shown in full.
    is_open: bool,
    /// How many there were when the cursors were last put in their place.
    seen: (usize, usize),
}

impl Activity {
    /// The contexts whose keys it takes, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        vec![Context::Activity, Context::List]
    }

    /// Why a command cannot be done now, if it cannot.
    pub fn why_not(&self, command: Command, log: &Log) -> Option<String> {
        let is_about_call = matches!(command, Command::Enter | Command::CopyCurl);
        (is_about_call && (self.pane == Pane::Messages || log.newest().len() == 0)).then(|| "No call selected.".into())
    }

    /// Keeps the cursors on their lines when new ones have come in above. To be called while the screen is shown.
    pub fn sync(&mut self, log: &Log, toasts: &Toasts) {
        let seen = (log.count(), toasts.count());
        for (cursor, new) in [(&mut self.calls, seen.0 - self.seen.0), (&mut self.messages, seen.1 - self.seen.1)] {
            // On the first line one wants to see what comes.
            if cursor.row() > 0 {
                cursor.go(cursor.row() + new);
            }
        }
        self.seen = seen;
    }

    /// Does what a command says.
    pub fn update(&mut self, command: Command, view: View, log: &Log, toasts: &Toasts) -> Vec<Action> {
        match (command, self.pane) {
            (Command::Back, _) if self.is_open => self.is_open = false,
            (Command::Back, _) => return vec![Action::ShowTokens],
            (Command::Enter, Pane::Calls) => self.is_open = !self.is_open,
            (Command::CopyCurl, Pane::Calls) => {
                let entry = log.newest().nth(self.calls.row());
                let Some((Entry { call, .. }, account)) = entry.zip(view.store.account.as_ref()) else {
                    return Vec::new();
                };
                let line = curl::line(account, call.method, &call.path);
                return curl::copy(line, &format!("{} {}", call.method, untrusted::shown(&call.path)));
            }
            (Command::Next | Command::Previous, Pane::Calls) => self.pane = Pane::Messages,
            (Command::Next | Command::Previous, Pane::Messages) => self.pane = Pane::Calls,
            (command, Pane::Calls) => drop(self.calls.update(command, log.newest().len())),
            (command, Pane::Messages) => drop(self.messages.update(command, toasts.kept().len())),
        }
        Vec::new()
    }

    /// A click selects the line it hits; on the call that is selected, it opens that.
    pub fn click(&mut self, part: usize, at: usize, log: &Log, toasts: &Toasts) {
        let was_here = self.pane == Pane::Calls && at == self.calls.row();
        self.point_at(part);
        match self.pane {
            Pane::Calls if was_here => self.is_open = !self.is_open,
            Pane::Calls if at < log.newest().len() => self.calls.go(at),
            Pane::Messages if at < toasts.kept().len() => self.messages.go(at),
            Pane::Calls | Pane::Messages => {}
        }
    }

    /// The mouse does something here: the keys go to the pane it is over.
    pub fn point_at(&mut self, part: usize) {
        self.pane = if part == MESSAGES { Pane::Messages } else { Pane::Calls };
    }

    /// Draws the screen.
    pub fn render(
        &mut self,
        frame: &mut Frame,
        area: Rect,
        view: View,
        (log, toasts): (&Log, &Toasts),
        is_active: bool,
    ) {
        // Messages have no detail.
        self.is_open &= self.pane == Pane::Calls;
        let open = log.newest().nth(self.calls.row()).filter(|_| self.is_open);
        let (in_calls, in_messages) = (is_active && self.pane == Pane::Calls, is_active && self.pane == Pane::Messages);
        if let Some(entry) = open {
            let lines = detail(entry, view, usize::from(area.width.saturating_sub(4)));
            let wanted = (lines.len() as u16 + 2).min(area.height.saturating_sub(4));
            let [above, below] = area.layout(&Layout::vertical([Constraint::Fill(1), Constraint::Length(wanted)]));
            self.render_calls(frame, above, view, log, in_calls);
            let block = dialog::framed(view.theme, view.theme.border)
                .title(Span::styled(" Call ", view.theme.title))
                .padding(Padding::horizontal(1));
            let inside = block.inner(below);
            frame.render_widget(block, below);
            frame.render_widget(Paragraph::new(lines), inside);
        } else if area.height >= TALL {
            let wanted = (toasts.kept().len() as u16 + 2).clamp(4, area.height / 3);
            let [above, below] = area.layout(&Layout::vertical([Constraint::Fill(1), Constraint::Length(wanted)]));
            self.render_calls(frame, above, view, log, in_calls);
            self.render_messages(frame, below, view, toasts, in_messages);
        } else if self.pane == Pane::Calls {
            self.render_calls(frame, area, view, log, in_calls);
        } else {
            self.render_messages(frame, area, view, toasts, in_messages);
        }
    }

    fn render_calls(&mut self, frame: &mut Frame, area: Rect, view: View, log: &Log, is_focused: bool) {
        let theme = view.theme;
        let border = if is_focused { theme.border_focused } else { theme.border };
        let block = dialog::framed(theme, border)
            .title(Span::styled(" Calls ", theme.title))
            .title(Line::styled(in_short(log, view), theme.dim).right_aligned());
        let mut inside = block.inner(area);
        frame.render_widget(block, area);
        if log.newest().len() == 0 {
            let line = Line::styled(" No API calls yet.", theme.dim);
            return frame.render_widget(line, Rect { height: inside.height.min(1), ..inside });
        }
        let columns = Columns::for_width(usize::from(inside.width));
        if inside.height > 4 {
            frame.render_widget(Line::styled(columns.heading(), theme.label), Rect { height: 1, ..inside });
            inside = Rect { y: inside.y + 1, height: inside.height - 1, ..inside };
        }
        let shown = self.calls.show(log.newest().len(), usize::from(inside.height));
        view.clicks.rows(inside, CALLS, shown.start);
        self.calls.scrollbar(frame, beside(area, inside), log.newest().len(), theme);
        let slowest = log.newest().map(millis).max().unwrap_or_default();
        let calls = log.newest().skip(shown.start);
        for (row, (at, call)) in inside.rows().zip(shown.clone().zip(calls)) {
            frame.render_widget(columns.row(call, slowest, view), row);
            select(frame, row, view, at == self.calls.row(), is_focused);
        }
    }

    fn render_messages(&mut self, frame: &mut Frame, area: Rect, view: View, toasts: &Toasts, is_focused: bool) {
        let theme = view.theme;
        let border = if is_focused { theme.border_focused } else { theme.border };
        let kept = toasts.kept();
        let block = dialog::framed(theme, border)
            .title(Span::styled(" Messages ", theme.title))
            .title(Line::styled(format!(" {} ", kept.len()), theme.dim).right_aligned());
        let inside = block.inner(area);
        frame.render_widget(block, area);
        if kept.is_empty() {
            let line = Line::styled(" No messages yet.", theme.dim);
            return frame.render_widget(line, Rect { height: inside.height.min(1), ..inside });
        }
        let shown = self.messages.show(kept.len(), usize::from(inside.height));
        view.clicks.rows(inside, MESSAGES, shown.start);
        self.messages.scrollbar(frame, beside(area, inside), kept.len(), theme);
        let columns = usize::from(inside.width);
        for (row, at) in inside.rows().zip(shown) {
            let Some(toast) = kept.len().checked_sub(at + 1).and_then(|at| kept.get(at)) else { continue };
            let (mark, style) = match toast.tone {
                Tone::Good => (theme.glyphs.check, theme.ok),
                Tone::Note => (theme.glyphs.dot, theme.title),
                Tone::Bad => (theme.glyphs.cross, theme.danger),
            };
            let text = paint::fit(&toast.text, columns.saturating_sub(13), theme.glyphs.ellipsis).into_owned();
            let line = Line::from(vec![
                Span::styled(format!(" {} ", view.clock_seconds(toast.time)), theme.dim),
                Span::styled(format!("{mark} "), style),
                Span::raw(text),
            ]);
            frame.render_widget(line, row);
            select(frame, row, view, at == self.messages.row(), is_focused);
        }
    }
}

/// All that is known of a call.
fn detail(Entry { call, budget }: &Entry, view: View, columns: usize) -> Vec<Line<'static>> {
    const LABEL: usize = 10;
    let theme = view.theme;
    let dot = theme.glyphs.dot;
    let (status, style) = match &call.outcome {
        Ok(0) => ("unknown".to_owned(), theme.warning),
        Ok(status) => (status.to_string(), status_style(*status, theme)),
        Err(_) => (format!("{} no answer", theme.glyphs.cross), theme.danger),
    };
    let mut took =
        format!("{} {dot} took {} ms", view.clock_seconds(call.at), chart::grouped(call.took.as_millis() as u64));
    if call.attempt > 1 {
        took.push_str(&format!(" {dot} attempt {}", call.attempt));
    }
    if let Some(pause) = call.again_in {
        took.push_str(&format!(" {dot} retry in {:.1} s", pause.as_secs_f32()));
    }
    let plain = ratatui::style::Style::new();
    let request_id = call.request_id.as_ref().map_or_else(|| "none sent".into(), |id| id.shown().into_owned());
    let mut rows = vec![
        ("Request", format!("{} {}", call.method, untrusted::shown(&call.path)), plain),
        ("Status", status, style),
        ("Answer", untrusted::shown(&call.answer).into_owned(), plain),
        ("Request ID", request_id, plain),
        ("Sent", took, plain),
    ];
    if let Some(budget) = budget {
        rows.push(("Budget", format!("{} of {} requests left", budget.left, budget.limit), plain));
    }
    let mut lines = Vec::new();
    for (label, text, style) in rows {
        for (at, line) in paint::wrap(&text, columns.saturating_sub(LABEL + 2)).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            lines.push(Line::from(vec![
                Span::styled(format!("{label:<width$}", width = LABEL + 2), theme.label),
                Span::styled(line, style),
            ]));
        }
    }
    let key = view.keys.name(Context::Activity, Command::CopyCurl);
    lines.push(Line::styled(format!("Press {key} to copy it as curl"), theme.dim));
    lines
}

fn status_style(status: u16, theme: &Theme) -> ratatui::style::Style {
    match status {
        ..400 => theme.ok,
        429 => theme.warning,
        _ => theme.danger,
    }
}

fn select(frame: &mut Frame, row: Rect, view: View, is_cursor: bool, is_focused: bool) {
    if is_cursor && is_focused {
        frame.buffer_mut().set_style(row, view.theme.selection);
        frame.set_cursor_position((row.x, row.y));
    }
}

fn millis(entry: &Entry) -> u64 {
    u64::try_from(entry.call.took.as_millis()).unwrap_or(u64::MAX)
}

/// "23 calls, 2 retries, 1 failed".
fn in_short(log: &Log, view: View) -> String {
    let dot = view.theme.glyphs.dot;
    let mut text = format!(" {} call{}", log.count(), if log.count() == 1 { "" } else { "s" });
    let retries = log.newest().filter(|entry| entry.call.attempt > 1).count();
    let failed = log.newest().filter(|entry| entry.has_failed()).count();
    if retries > 0 {
        text.push_str(&format!(" {dot} {retries} retr{}", if retries == 1 { "y" } else { "ies" }));
    }
    if failed > 0 {
        text.push_str(&format!(" {dot} {failed} failed"));
    }
    text.push(' ');
    text
}

/// How wide each column is; a width of zero leaves it out.
struct Columns {
    path: usize,
    bar: usize,
    budget: usize,
}

/// Time, method, status and milliseconds, with the blanks between them.
const FIXED: usize = 10 + 7 + 5 + 9;

impl Columns {
    fn for_width(width: usize) -> Self {
        let bar = if width >= 90 { 12 } else { 0 };
        let budget = if width >= 66 { 10 } else { 0 };
        Self { path: width.saturating_sub(FIXED + bar + budget + 1), bar, budget }
    }

    fn heading(&self) -> String {
        let mut out = format!(" {:<9}{:<7}{} CODE", "TIME", "METHOD", paint::cell("PATH", self.path, ""));
        out.push_str(&format!("{:>8} {}", "TOOK", " ".repeat(self.bar)));
        if self.budget > 0 {
            out.push_str(&format!("{:>width$}", "BUDGET", width = self.budget));
        }
        out
    }

    fn row(&self, entry: &Entry, slowest: u64, view: View) -> Line<'static> {
        let theme = view.theme;
        let call = &entry.call;
        let (status, status_style) = match call.outcome {
            Ok(status) => (status.to_string(), status_style(status, theme)),
            Err(_) => (theme.glyphs.cross.to_owned(), theme.danger),
        };
        let mut notes = String::new();
        if call.attempt > 1 {
            notes.push_str(&format!("  {} retry {}", theme.glyphs.dot, call.attempt - 1));
        }
        if let Err(error) = &call.outcome {
            notes.push_str(&format!("  {} {error}", theme.glyphs.dot));
        }
        if let Some(pause) = call.again_in {
            let seconds = pause.as_secs_f32();
            notes.push_str(&format!("  {} retry in {seconds:.1} s", theme.glyphs.dot));
        }
        // That it is a retry matters more than the end of its path.
        let for_path = self.path.saturating_sub(paint::width(&notes)).max(self.path / 3);
        let path = paint::fit(&untrusted::shown(&call.path), for_path, theme.glyphs.ellipsis).into_owned();
        let notes = paint::cell(&notes, self.path.saturating_sub(paint::width(&path)), theme.glyphs.ellipsis);
        let method_style = if call.method == "GET" { theme.dim } else { theme.title };
        let mut spans = vec![
            Span::styled(format!(" {} ", view.clock_seconds(call.at)), theme.dim),
            Span::styled(format!("{:<7}", call.method), method_style),
            Span::raw(path),
            Span::styled(notes, theme.warning),
            Span::styled(format!(" {status:>4}"), status_style),
            Span::raw(format!("{:>5} ms ", chart::brief(millis(entry)))),
        ];
        if self.bar > 0 {
            let bar = chart::bar(millis(entry), slowest, self.bar, theme.glyphs.across);
            spans.push(Span::styled(bar, theme.chart));
        }
        if self.budget > 0 {
            let budget = entry.budget.map(|budget| format!("{}/{}", budget.left, budget.limit)).unwrap_or_default();
            spans.push(Span::styled(format!("{budget:>width$}", width = self.budget), theme.dim));
        }
        Line::from(spans)
    }
}
