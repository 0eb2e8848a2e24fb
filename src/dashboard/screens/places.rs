//! [`Places`]: where the account's tokens are used: a scan of folders and their git history, and what it found, token by token.
//!
//! Invariants: nothing is read here, a scan runs on another thread; what is found of a value is never shown; a folder that is being typed
//! is completed only while it is still the same text.

mod groups;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};

use self::groups::{Group, Groups, Judged, path_shown, standing};
use crate::{
    dashboard::{
        action::{Action, Tone},
        command::Command,
        editor::Spot,
        folders::{self, Completion},
        keymap::Context,
        modals::Rotate,
        scanner::{Counts, ScanOrder},
        view::View,
        widgets::{dialog, list_cursor::ListCursor, paint, text_field::TextField},
    },
    scan::{Place, ScanResult},
    token::{lint::Severity, time},
};

/// Columns of the labels at the left.
const LABEL: usize = 10;

/// The screen.
#[derive(Debug, Default)]
pub struct Places {
    /// The folders, once they have been typed; before, those of the last scan.
    folders: Option<TextField>,
    /// What is typed now, until it is scanned or left.
    typing: Option<TextField>,
    /// What the text that is typed can become.
    completion: Option<(String, Vec<String>)>,
    /// Whether history is scanned, once that was said; before, as the last time.
    with_history: Option<bool>,
    /// How far the scan is that runs.
    scan: Option<Counts>,
    is_stopping: bool,
    problem: Option<String>,
    groups: Groups,
    cursor: ListCursor,
}

impl Places {
    /// The contexts whose keys it takes, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        if self.typing.is_some() { vec![Context::PlacesFolders] } else { vec![Context::Places, Context::List] }
    }

    /// The folders while they are being typed.
    pub fn field(&mut self) -> Option<&mut TextField> {
        self.typing.as_mut()
    }

    /// Another account's places come now; a scan that runs goes on.
    pub fn leave(&mut self) {
        *self = Self { scan: self.scan, is_stopping: self.is_stopping, ..Self::default() };
    }

    /// Groups what was found anew, where anything has changed. To be called while the screen is shown.
    pub fn sync(&mut self, view: View) {
        self.groups.sync(view.store.places.as_deref(), view);
        self.cursor.clamp(self.groups.rows());
    }

    /// A scan has come further.
    pub fn advanced(&mut self, counts: Counts) {
        if let Some(scan) = &mut self.scan {
            *scan = counts;
        }
    }

    /// The scan is over; why it could not be done, if it could not.
    pub fn ended(&mut self, problem: Option<&String>) {
        self.scan = None;
        self.is_stopping = false;
        self.problem = problem.map(|why| format!("{}.", crate::untrusted::shown(why)));
    }

    /// What was typed can become this.
    pub fn completed(&mut self, typed: &str, completion: Completion) {
        if let Some(field) = self.typing.as_mut().filter(|field| field.text() == typed) {
            let Completion { text, names } = completion;
            if field.text() != text {
                *field = TextField::new(text.clone());
            }
            self.completion = Some((text, names));
        }
    }

    fn folders_text(&self, view: View) -> String {
        match (&self.folders, &view.store.places) {
            (Some(typed), _) => typed.text().to_owned(),
            (None, Some(result)) => folders::typed(&result.folders),
            (None, None) => ".".to_owned(),
        }
    }

    fn scans_history(&self, view: View) -> bool {
        self.with_history.unwrap_or_else(|| view.store.places.as_ref().is_some_and(|result| result.with_history))
    }

    /// Does what a command says.
    pub fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        if self.typing.is_none() && self.cursor.update(command, self.groups.rows()) {
            return Vec::new();
        }
        match command {
            Command::Back if self.typing.take().is_some() => self.completion = None,
            Command::Back => return vec![Action::ShowTokens],
            Command::Folders => self.typing = Some(TextField::new(self.folders_text(view))),
            Command::Complete => {
                let text = self.typing.as_ref().map(|field| field.text().to_owned());
                return text.map(|text| Action::Scan(ScanOrder::Complete(text))).into_iter().collect();
            }
            Command::Submit => {
                self.folders = self.typing.take();
                self.completion = None;
                return self.start(view);
            }
            Command::Scan => return self.start(view),
            Command::StopScan if self.scan.is_some() => {
                self.is_stopping = true;
                return vec![Action::Scan(ScanOrder::Stop)];
            }
            Command::StopScan => return note("No scan is running."),
            Command::History => self.with_history = Some(!self.scans_history(view)),
            Command::Enter => return self.open(view),
            Command::Rotate => return self.rotate(view),
            _ => {}
        }
        Vec::new()
    }

    fn start(&mut self, view: View) -> Vec<Action> {
        if self.scan.is_some() {
            let key = view.keys.name(Context::Places, Command::StopScan);
            return note(format!("A scan is running. Press {key} to stop it."));
        }
        let Some(account) = &view.store.account else { return Vec::new() };
        self.scan = Some(Counts::default());
        self.problem = None;
        vec![Action::Scan(ScanOrder::Start {
            account: account.key(),
            folders: self.folders_text(view),
            with_history: self.scans_history(view),
        })]
    }

    fn here(&self) -> Option<(&Group, Option<&Judged>)> {
        self.groups.row(self.cursor.row())
    }

    /// Opens the place under the cursor, or shows the token.
    fn open(&self, view: View) -> Vec<Action> {
        let place = |judged: &Judged| view.store.places.as_ref().and_then(|result| result.places.get(judged.at));
        match self.here() {
            Some((_, Some(judged))) => {
                let Some(Place { finding, .. }) = place(judged) else { return Vec::new() };
                if let Some(commit) = &finding.commit {
                    let path = finding.path.to_string_lossy();
                    let short: String = commit.as_str().chars().take(12).collect();
                    let text = format!("This is in git history: git show {short}:{}", crate::untrusted::shown(&path));
                    return note(text);
                }
                let (line, column) = (finding.line, finding.column);
                vec![Action::Edit(Spot { path: finding.path.to_path_buf(), line, column })]
            }
            Some((Group { token: Some(token), .. }, None)) => vec![Action::Show(token.id.clone())],
            Some((_, None)) => note("This token is not on the account."),
            None => Vec::new(),
        }
    }

    fn rotate(&self, view: View) -> Vec<Action> {
        let Some((group, _)) = self.here() else { return note("Scan first, then choose a token.") };
        let Some(token) = &group.token else { return note("Only a token of the account can be rotated.") };
        let folders = view.store.places.as_ref().map(|result| folders::typed(&result.folders)).unwrap_or_default();
        let rotation = view.store.rotation_of(&token.id);
        let modal = Rotate::new(token.clone(), [], rotation).in_folders(&folders);
        vec![Action::open(modal)]
    }

    /// A click selects the row it hits; on the row that is selected, it opens it.
    pub fn click(&mut self, row: usize, view: View) -> Vec<Action> {
        let was_here = row == self.cursor.row();
        if row < self.groups.rows() && self.typing.is_none() {
            self.cursor.go(row);
            return if was_here { self.open(view) } else { Vec::new() };
        }
        Vec::new()
    }

    /// "3 places with tokens in 214 files".
    pub fn in_short(&self, result: &ScanResult) -> String {
        let places = result.places.len() as u64 + result.more;
        let found = match places {
            0 => "no tokens".to_owned(),
            1 => "1 place with a token".to_owned(),
            count => format!("{count} places with tokens"),
        };
        let stopped = if result.was_stopped { ", stopped early" } else { "" };
        let files = if result.files == 1 { "1 file".to_owned() } else { format!("{} files", result.files) };
        format!("{found} in {files}{stopped}")
    }

    /// Draws the screen.
    pub fn render(&mut self, frame: &mut Frame, area: Rect, view: View, is_active: bool) {
        let theme = view.theme;
        let border = if is_active { theme.border_focused } else { theme.border };
        let mut block = dialog::framed(theme, border).title(Span::styled(" Places ", theme.title));
        if let Some(result) = &view.store.places {
            let age = time::relative(result.ended, view.now.time);
            let text = format!(" {} {} {age} ", self.in_short(result), theme.glyphs.dot);
            if usize::from(area.width) > paint::width(&text) + 14 {
                block = block.title(Line::styled(text, theme.dim).right_aligned());
            }
        }
        let inside = block.inner(area);
        frame.render_widget(block, area);
        let columns = usize::from(inside.width);
        let above = self.above(view, columns);
        let below = self.below(view, columns);
        let [top, list, bottom] = inside.layout(&Layout::vertical([
            Constraint::Length(above.len() as u16),
            Constraint::Fill(1),
            Constraint::Length(below.len() as u16),
        ]));
        for (row, line) in top.rows().zip(above) {
            frame.render_widget(line, row);
        }
        for (row, line) in bottom.rows().zip(below) {
            frame.render_widget(line, row);
        }
        if let Some(field) = &self.typing {
            let left = LABEL as u16 + 1;
            let field_area = Rect { x: top.x + left, width: top.width.saturating_sub(left + 1), height: 1, ..top };
            field.render(frame, field_area, theme.field, is_active);
        }
        self.render_list(frame, list, view, is_active && self.typing.is_none());
    }

    /// The folders, and how far the scan is.
    fn above(&self, view: View, columns: usize) -> Vec<Line<'static>> {
        let theme = view.theme;
        let label = |text: &str| Span::styled(format!(" {text:<LABEL$}"), theme.label);
        let room = columns.saturating_sub(LABEL + 2);
        let text = crate::untrusted::shown(&self.folders_text(view)).into_owned();
        let mut lines = vec![Line::from(vec![
            label("Directory"),
            Span::raw(paint::fit(&text, room, theme.glyphs.ellipsis).into_owned()),
        ])];
        if let (Some(field), Some((typed, names))) = (&self.typing, &self.completion)
            && field.text() == typed
            && !names.is_empty()
        {
            lines.extend(
                paint::wrap(&names.join("  "), room)
                    .into_iter()
                    .take(3)
                    .map(|line| Line::from(vec![label(""), Span::styled(line, theme.dim)])),
            );
        }
        let chosen = theme.glyphs.chosen;
        let (mark, text) = if self.scans_history(view) {
            (chosen.0, "git history, too")
        } else {
            (chosen.1, "git history, too (slower)")
        };
        lines.push(Line::from(vec![label("History"), Span::raw(format!("{mark} ")), Span::styled(text, theme.dim)]));
        if let Some(Counts { files, bytes, found }) = &self.scan {
            let doing = if self.is_stopping { "Stopping" } else { "Scanning" };
            let text = format!(
                " {doing}{} {files} files, {:.1} MB, {found} found",
                theme.glyphs.ellipsis,
                *bytes as f64 / 1e6
            );
            lines.push(Line::styled(text, theme.warning));
        }
        lines.extend(paint::problem(self.problem.as_deref(), columns.saturating_sub(2), theme.danger));
        lines.push(Line::styled(theme.glyphs.rule.repeat(columns), theme.border));
        lines
    }

    /// What is to be said about the row under the cursor, and what could not be scanned.
    fn below(&self, view: View, columns: usize) -> Vec<Line<'static>> {
        let theme = view.theme;
        let mut lines = Vec::new();
        let fit = |text: &str| paint::fit(text, columns.saturating_sub(2), theme.glyphs.ellipsis).into_owned();
        if let Some((_, Some(judged))) = self.here() {
            let (mark, style) = theme.severity(judged.severity);
            lines.push(Line::from(vec![
                Span::styled(format!(" {mark} "), style),
                Span::raw(fit(&format!("{}: {}", judged.severity.word(), judged.reason))),
            ]));
        }
        let Some(result) = &view.store.places else { return lines };
        if result.more > 0 {
            lines.push(Line::styled(format!(" {} more places are not listed.", result.more), theme.warning));
        }
        if let Some(first) = result.problems.first() {
            let others = result.troubled.saturating_sub(1);
            let more = if others > 0 { format!(", and {others} more") } else { String::new() };
            let text = format!("Not scanned: {}{more}", crate::untrusted::shown(first));
            lines.push(Line::styled(format!(" {} {}", theme.glyphs.warning, fit(&text)), theme.warning));
        }
        lines
    }

    fn render_list(&mut self, frame: &mut Frame, area: Rect, view: View, is_focused: bool) {
        let theme = view.theme;
        let Some(result) = view.store.places.clone() else {
            let key = |command| view.keys.name(Context::Places, command);
            let text = format!(
                "See where your tokens are used: press {} to scan the directory, {} to choose others.",
                key(Command::Scan),
                key(Command::Folders)
            );
            let lines = if self.scan.is_some() {
                Vec::new()
            } else {
                paint::wrap(&text, usize::from(area.width.saturating_sub(2)))
            };
            for (row, line) in area.rows().zip(lines) {
                frame.render_widget(Line::styled(format!(" {line}"), theme.dim), row);
            }
            return;
        };
        if self.groups.rows() == 0 {
            let line = Line::styled(" No tokens found.", theme.title);
            return frame.render_widget(line, Rect { height: area.height.min(1), ..area });
        }
        let shown = self.cursor.show(self.groups.rows(), usize::from(area.height));
        view.clicks.rows(area, 0, shown.start);
        let columns = usize::from(area.width);
        for (row, at) in area.rows().zip(shown) {
            let line = match self.groups.row(at) {
                Some((group, None)) => group_line(group, view, columns),
                Some((_, Some(judged))) => place_line(judged, &result, view, columns),
                None => continue,
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
    }
}

fn note(text: impl Into<String>) -> Vec<Action> {
    vec![Action::Toast(Tone::Note, text.into())]
}

/// "✗ Nightly uploads  sk  live  3 files, 1 in history".
fn group_line(group: &Group, view: View, columns: usize) -> Line<'static> {
    let theme = view.theme;
    let (mark, style) = theme.severity(group.severity);
    let kind = if group.usage == crate::token::Usage::Public { theme.public } else { theme.secret };
    let mut right = format!("{:<15}", standing(group.state));
    if columns >= 70 {
        let uses = if group.uses == crate::scan::Uses::default() { String::new() } else { group.uses.to_string() };
        right.push_str(&format!("{uses:<22}"));
    }
    let room = columns.saturating_sub(paint::width(&right) + 9);
    Line::from(vec![
        Span::styled(format!(" {mark} "), style),
        Span::styled(paint::cell(&group.title, room, theme.glyphs.ellipsis), theme.title),
        Span::styled(format!("  {}  ", group.usage), kind),
        Span::styled(right, theme.dim),
    ])
}

/// `.env:3:14  MAPBOX_TOKEN  tracked`.
fn place_line(judged: &Judged, result: &ScanResult, view: View, columns: usize) -> Line<'static> {
    let theme = view.theme;
    let Some(Place { finding, is_tracked }) = result.places.get(judged.at) else { return Line::default() };
    let (mark, style) = match judged.severity {
        Severity::Note | Severity::Advice => (" ", theme.dim),
        severity => theme.severity(severity),
    };
    let git = match (&finding.commit, is_tracked) {
        (Some(commit), _) => commit.as_str().chars().take(8).collect(),
        (None, Some(true)) => "tracked".to_owned(),
        (None, _) => String::new(),
    };
    let context = finding.context.as_ref().map(|context| context.shown().into_owned()).unwrap_or_default();
    let place = format!("{}:{}:{}", path_shown(&finding.path, result), finding.line, finding.column);
    let for_context = if columns >= 70 { 24 } else { 0 };
    let room = columns.saturating_sub(for_context + 8 + 10);
    Line::from(vec![
        Span::styled(format!("     {mark} "), style),
        Span::raw(paint::cell(&place, room, theme.glyphs.ellipsis)),
        Span::styled(format!(" {}", paint::cell(&context, for_context, theme.glyphs.ellipsis)), theme.dim),
        Span::styled(format!(" {git:<9}"), if finding.commit.is_some() { theme.warning } else { theme.dim }),
    ])
}
