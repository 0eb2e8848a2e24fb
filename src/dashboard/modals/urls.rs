//! [`Urls`]: the pages a token may be used from, and a tester that says which entry lets a page through, or why none does.
//!
//! ```text
//! ┌ Allowed URLs: Checkout map ──────────────────────────────┐
//! │ ▸ Add    …                                               │
//! │   1  https://checkout.example.com  ✗ another host        │
//! │   2  example.com                   ✓ a subdomain …       │
//! │   Test   https://shop.example.com/cart                   │
//! │          ✓ allowed by entry 2: a subdomain of this host  │
//! ```
//!
//! Invariants: the verdicts are those of [`judge`], the same code the sandbox obeys; an entry that can never match is
//! not taken without the person having read why; nothing is sent before it was reviewed.

use std::sync::Arc;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};

use super::{Modal, Question, Review};
use crate::{
    api::Probed,
    dashboard::{
        action::{Action, Tone},
        clicks::Target,
        command::Command,
        keymap::Context,
        theme::Theme,
        view::View,
        widgets::{dialog, list_cursor::ListCursor, paint, text_field::TextField},
    },
    token::{
        ALLOWED_URL_LIMIT, AllowedUrl, Draft, Patch, Token, TokenId,
        allowed_url::{EntryMatch, ListMatch, Outcome, hints, judge, redundant, split_list},
    },
    untrusted::{self, Untrusted},
    work::{Reply, Request, WorkError},
};

/// Columns of the labels.
const LABEL: u16 = 9;

/// What can be clicked: the fields, and the entries.
const ADD: usize = 0;
const ENTRIES: usize = 1;
const PAGE: usize = 2;

/// Which part the keys go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Focus {
    Entries,
    Add,
    Page,
}

/// The editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urls {
    token: Arc<Token>,
    entries: Vec<String>,
    add: TextField,
    /// The entry that is being rewritten in the field, if it is not a new one.
    rewriting: Option<usize>,
    page: TextField,
    focus: Focus,
    cursor: ListCursor,
    problem: Option<String>,
    /// An entry that never matches and was warned about; entered once more it is taken.
    warned: Option<String>,
    probe: Probe,
}

/// What the server was asked about the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Probe {
    #[default]
    No,
    Waiting,
    Answered(Result<Probed, WorkError>),
}

impl Urls {
    /// Edits the URLs of a token.
    pub fn new(token: Arc<Token>) -> Self {
        let entries: Vec<String> = token.urls().iter().map(|url| url.raw().to_owned()).collect();
        Self {
            token,
            entries,
            add: TextField::default(),
            rewriting: None,
            page: TextField::default(),
            focus: Focus::Add,
            cursor: ListCursor::default(),
            problem: None,
            warned: None,
            probe: Probe::No,
        }
    }

    /// Edits the URLs of a token, some changes already made (a remedy for a finding, say).
    pub fn with(token: Arc<Token>, entries: Vec<String>) -> Self {
        Self { entries, ..Self::new(token) }
    }

    /// Why a token's URLs cannot be edited, if they cannot.
    pub fn why_not(token: &Token) -> Option<String> {
        token.default.then(|| {
            "The default public token can't have URL restrictions. Create a token for the site and restrict that one.".to_owned()
        })
    }

    fn patch(&self) -> Patch {
        let note = self.token.note.as_ref().map_or("", Untrusted::raw).to_owned();
        let edited = Draft { note, scopes: self.token.scopes.clone(), allowed_urls: self.entries.clone() };
        Patch::between(&self.token, &edited)
    }

    fn list_match(&self) -> Option<ListMatch> {
        let page = self.page.text().trim();
        (!page.is_empty()).then(|| judge(self.entries.iter().map(String::as_str), Some(page)))
    }

    /// Takes what is in the field into the list: one entry, or many separated by commas, blanks or new lines.
    fn take(&mut self, view: View) {
        let entries: Vec<String> = split_list(self.add.text()).map(str::to_owned).collect();
        if entries.is_empty() {
            self.focus = if self.entries.is_empty() { Focus::Page } else { Focus::Entries };
            return;
        }
        let fault = entries.iter().find_map(|entry| AllowedUrl::parse(entry).err().map(|fault| (entry, fault)));
        if let Some((entry, fault)) = fault
            && self.warned.as_deref() != Some(self.add.text())
        {
            let instead = fault
                .instead(entry)
                .map(|instead| format!(" Use {} instead.", untrusted::shown(&instead)))
                .unwrap_or_default();
            let key = view.keys.name(Context::UrlEntry, Command::TakeEntry);
            self.problem =
                Some(format!("{}: {fault}.{instead} Press {key} again to add it anyway.", untrusted::shown(entry)));
            self.warned = Some(self.add.text().to_owned());
            return;
        }
        let others = self.entries.len() - usize::from(self.rewriting.is_some());
        if others + entries.len() > ALLOWED_URL_LIMIT {
            self.problem =
                Some(format!("That would be {} entries (limit {ALLOWED_URL_LIMIT}).", others + entries.len()));
            return;
        }
        if let Some(at) = self.rewriting.take() {
            drop(self.entries.splice(at..=at, entries));
        } else {
            self.entries.extend(entries);
            self.cursor.go(self.entries.len() - 1);
        }
        self.warned = None;
        self.problem = None;
        self.add = TextField::default();
    }

    /// Asks the server itself, with the page as the `Referer`. It judges by the list it has, not by what was edited here.
    fn probe(&mut self) -> Vec<Action> {
        let referer = self.page.text().trim().to_owned();
        let Some(value) = self.token.token.clone() else {
            return vec![Action::Toast(
                Tone::Bad,
                "Only a public token can be tested: jeton has no value for a secret one.".into(),
            )];
        };
        if referer.is_empty() {
            self.focus = Focus::Page;
            return vec![Action::Toast(Tone::Note, "Type a page URL first.".into())];
        }
        if self.probe == Probe::Waiting {
            return Vec::new();
        }
        self.probe = Probe::Waiting;
        vec![Action::Send(Request::Probe { value, referer })]
    }

    fn submit(&mut self, view: View) -> Vec<Action> {
        // What was typed and not added yet is meant, too.
        if !self.add.text().trim().is_empty() {
            self.take(view);
            if !self.add.text().is_empty() {
                self.focus = Focus::Add;
                return Vec::new();
            }
        }
        let patch = self.patch();
        if patch.is_empty() {
            return vec![Action::Toast(Tone::Note, "No changes.".into())];
        }
        if let Some(obstacle) = patch.obstacles(&self.token, &view.store.catalogue, view.store.held()).first() {
            self.problem = Some(format!("Not sent: {obstacle}."));
            return Vec::new();
        }
        vec![Action::open(Review::new(self.token.clone(), patch)), Action::Refresh]
    }

    /// What becomes of a request from the page.
    fn verdict_lines(&self, list_match: Option<&ListMatch>, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
        let Some(list_match) = list_match else {
            return Vec::new();
        };
        let (mark, style, text) = match list_match.outcome {
            Outcome::Unrestricted => {
                (theme.glyphs.check, theme.ok, "Allowed: the token works from anywhere".to_owned())
            }
            Outcome::Admitted(at) => {
                (theme.glyphs.check, theme.ok, format!("Allowed by entry {}: {}", at + 1, list_match.verdicts[at]))
            }
            Outcome::Refused => (theme.glyphs.cross, theme.danger, "Refused: no entry allows it".to_owned()),
            Outcome::NoReferer => {
                (theme.glyphs.cross, theme.danger, "Refused: the request would not name a page".to_owned())
            }
            Outcome::UnreadableReferer => {
                (theme.glyphs.cross, theme.danger, "Not a URL a browser would send".to_owned())
            }
        };
        let mut lines = vec![line_at_label(mark, style, &text, columns, theme)];
        lines.extend(self.probe_line(theme, columns));
        lines
    }

    /// What the server itself said.
    fn probe_line(&self, theme: &Theme, columns: usize) -> Option<Line<'static>> {
        let (mark, style, text) = match &self.probe {
            Probe::No => return None,
            Probe::Waiting => (theme.glyphs.open, theme.dim, format!("asking the server{}", theme.glyphs.ellipsis)),
            Probe::Answered(Ok(Probed::Allowed)) => (theme.glyphs.check, theme.ok, "the server allowed it".to_owned()),
            Probe::Answered(Ok(Probed::Refused(message))) => {
                (theme.glyphs.cross, theme.danger, format!("the server refused it: {}", message.shown()))
            }
            Probe::Answered(Ok(Probed::NotAccepted(message))) => {
                (theme.glyphs.cross, theme.danger, format!("the server rejects this token: {}", message.shown()))
            }
            Probe::Answered(Ok(Probed::Unclear { status, message })) => (
                theme.glyphs.warning,
                theme.warning,
                format!("inconclusive: the server answered {status}: {}", message.shown()),
            ),
            Probe::Answered(Err(error)) => (theme.glyphs.warning, theme.danger, error.to_string()),
        };
        Some(line_at_label(mark, style, &text, columns, theme))
    }

    fn render_entries(&mut self, frame: &mut Frame, area: Rect, list_match: Option<&ListMatch>, view: View) {
        let theme = view.theme;
        if self.entries.is_empty() {
            let text = "  No entries: the token works from anywhere.";
            frame.render_widget(Line::styled(text, theme.dim), area);
            return;
        }
        let shown = self.cursor.show(self.entries.len(), usize::from(area.height));
        view.clicks.rows(area, ENTRIES, shown.start);
        let redundant = redundant(self.entries.iter().map(String::as_str));
        let row = |(at, entry)| {
            let covered =
                redundant.iter().find(|redundant| redundant.entry == at).map(|redundant| redundant.covered_by);
            (
                at,
                untrusted::shown(entry),
                remark(entry, list_match.map(|list_match| list_match.verdicts[at]), covered, theme),
            )
        };
        let rows: Vec<_> =
            self.entries.iter().map(String::as_str).enumerate().skip(shown.start).take(shown.len()).map(row).collect();
        // The entries get what the remarks beside them leave, and half of it in any case.
        let columns = usize::from(area.width).saturating_sub(8);
        let widest = |widths: &mut dyn Iterator<Item = usize>| widths.max().unwrap_or_default();
        let remarks = widest(&mut rows.iter().map(|(_, _, (_, _, text))| paint::width(text)));
        let entries = widest(&mut rows.iter().map(|(_, entry, _)| paint::width(entry)));
        let entry_width = entries.min(columns.saturating_sub(remarks).max(columns / 2));
        for (row, (at, entry, (mark, style, text))) in area.rows().zip(rows) {
            let is_cursor = at == self.cursor.row() && self.focus == Focus::Entries;
            let line = vec![
                Span::styled(
                    format!("{} {:>2} ", if is_cursor { theme.glyphs.cursor } else { " " }, at + 1),
                    theme.dim,
                ),
                Span::raw(paint::cell(&entry, entry_width, theme.glyphs.ellipsis)),
                Span::styled(format!(" {mark} "), style),
                Span::styled(
                    paint::fit(&text, columns.saturating_sub(entry_width), theme.glyphs.ellipsis).into_owned(),
                    theme.dim,
                ),
            ];
            frame.render_widget(Line::from(line), row);
            if is_cursor {
                frame.buffer_mut().set_style(row, theme.selection);
                frame.set_cursor_position((row.x, row.y));
            }
        }
    }

    /// A problem, else advice for the case, else what can be done.
    fn foot_lines(
        &self,
        list_match: Option<&ListMatch>,
        view: View,
        columns: usize,
        most: usize,
    ) -> Vec<Line<'static>> {
        let theme = view.theme;
        let mut lines = Vec::new();
        if let Some(problem) = &self.problem {
            lines.extend(paint::wrap(problem, columns).into_iter().map(|line| Line::styled(line, theme.danger)));
        } else if let Some(list_match) = list_match {
            let advice = hints(list_match);
            let wrapped = advice
                .iter()
                .flat_map(|hint| paint::wrap(hint.words(), columns.saturating_sub(2)).into_iter().enumerate());
            let marked = wrapped.map(|(at, line)| format!("{} {line}", if at == 0 { theme.glyphs.dot } else { " " }));
            lines.extend(marked.take(most).map(|line| Line::styled(line, theme.dim)));
        }
        // The button stands at its beginning.
        let count = format!("{} of {ALLOWED_URL_LIMIT}", self.entries.len());
        lines.push(Line::styled(count, theme.dim).right_aligned());
        lines
    }
}

impl Modal for Urls {
    fn contexts(&self) -> Vec<Context> {
        match self.focus {
            Focus::Entries => vec![Context::Urls, Context::List, Context::Form, Context::EditForm],
            Focus::Add => vec![Context::UrlEntry, Context::Text, Context::Form, Context::EditForm],
            Focus::Page => vec![Context::UrlPage, Context::Text, Context::Form, Context::EditForm],
        }
    }

    fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        if self.focus == Focus::Entries && self.cursor.update(command, self.entries.len()) {
            return Vec::new();
        }
        let here = self.cursor.row();
        match (command, self.focus) {
            (Command::Back, Focus::Add) if self.rewriting.is_some() => {
                self.rewriting = None;
                self.add = TextField::default();
                self.focus = Focus::Entries;
            }
            (Command::Back, _) if self.is_unsaved() => return vec![Question::discard()],
            (Command::Back, _) => return vec![Action::Close],
            (Command::Next, Focus::Page) | (Command::AddEntry, _) | (Command::Previous, Focus::Entries) => {
                self.focus = Focus::Add;
            }
            (Command::Next, Focus::Add) if self.entries.is_empty() => self.focus = Focus::Page,
            (Command::Previous, Focus::Page) if self.entries.is_empty() => self.focus = Focus::Add,
            (Command::Next, Focus::Add) | (Command::Previous, Focus::Page) => self.focus = Focus::Entries,
            (Command::Next, Focus::Entries) | (Command::Previous, Focus::Add) => self.focus = Focus::Page,
            (Command::RemoveEntry, _) if here < self.entries.len() => {
                self.entries.remove(here);
                // The entry that is being rewritten may have been that one, which leaves a new one, or has moved up.
                self.rewriting = match self.rewriting {
                    Some(at) if at == here => None,
                    Some(at) if at > here => Some(at - 1),
                    other => other,
                };
                self.cursor.go(here.min(self.entries.len().saturating_sub(1)));
            }
            (Command::EditEntry, _) => {
                if let Some(entry) = self.entries.get(here) {
                    self.add = TextField::new(entry.clone());
                    self.rewriting = Some(here);
                    self.focus = Focus::Add;
                }
            }
            (Command::TakeEntry, _) => self.take(view),
            (Command::Probe, _) => return self.probe(),
            (Command::Submit, _) => return self.submit(view),
            _ => {}
        }
        Vec::new()
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let theme = view.theme;
        let name = paint::fit(&self.token.name(), usize::from(screen.width.saturating_sub(24)), theme.glyphs.ellipsis)
            .into_owned();
        let inside = dialog::sheet(frame, screen, theme, format!(" Allowed URLs: {name} "));
        let columns = usize::from(inside.width);
        let list_match = self.list_match();
        let verdict = self.verdict_lines(list_match.as_ref(), theme, columns);
        let foot = self.foot_lines(list_match.as_ref(), view, columns, usize::from(inside.height / 3));
        // The test stands right below the entries where there is more room than they need.
        let others = 2 + verdict.len() as u16 + foot.len() as u16;
        let entries_height = inside.height.saturating_sub(others).min(self.entries.len().max(1) as u16 + 1);
        let rows = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(entries_height),
            Constraint::Length(1),
            Constraint::Length(verdict.len() as u16),
            Constraint::Fill(1),
            Constraint::Length(foot.len() as u16),
        ]);
        let [add, entries, page, verdict_area, _, foot_area] = inside.layout(&rows);
        let empty = "a page URL: which entry allows it?";
        field_row(frame, page, ("Test", empty), &self.page, theme, self.focus == Focus::Page);
        view.clicks.add(page, Target::Part(PAGE, 0));
        view.clicks.add(add, Target::Part(ADD, 0));
        for (row, line) in verdict_area.rows().zip(verdict) {
            frame.render_widget(line, row);
        }
        let label = if self.rewriting.is_some() { "Change" } else { "Add" };
        field_row(frame, add, (label, "a URL or a domain"), &self.add, theme, self.focus == Focus::Add);
        self.render_entries(frame, entries, list_match.as_ref(), view);
        for (row, line) in foot_area.rows().zip(foot) {
            frame.render_widget(line, row);
        }
        let last = Rect { y: foot_area.bottom().saturating_sub(1), height: foot_area.height.min(1), ..foot_area };
        dialog::button(frame, last, view, Context::EditForm, (Command::Submit, "Review changes"));
    }

    fn click(&mut self, part: usize, at: usize, _view: View) -> Vec<Action> {
        self.focus = match part {
            ADD => Focus::Add,
            PAGE => Focus::Page,
            _ => Focus::Entries,
        };
        if part == ENTRIES && at < self.entries.len() {
            self.cursor.go(at);
        }
        Vec::new()
    }

    fn field(&mut self) -> Option<&mut TextField> {
        match self.focus {
            Focus::Entries => None,
            Focus::Add => Some(&mut self.add),
            Focus::Page => Some(&mut self.page),
        }
    }

    fn field_changed(&mut self) -> Vec<Action> {
        self.problem = None;
        if self.focus == Focus::Page {
            self.probe = Probe::No;
        }
        Vec::new()
    }

    fn edits(&self, id: &TokenId) -> bool {
        self.token.id == *id
    }

    fn answered(&mut self, request: &Request, result: &Result<Reply, WorkError>) -> Vec<Action> {
        // Another page may have been typed meanwhile.
        let is_of = |page: &str| matches!(request, Request::Probe { referer, .. } if referer == page);
        if self.probe == Probe::Waiting && is_of(self.page.text().trim()) {
            self.probe = match result {
                Ok(Reply::Probed(probed)) => Probe::Answered(Ok(probed.clone())),
                Ok(_) => Probe::No,
                Err(error) => Probe::Answered(Err(error.clone())),
            };
        }
        Vec::new()
    }

    fn is_unsaved(&self) -> bool {
        !self.patch().is_empty() || !self.add.text().trim().is_empty()
    }
}

/// What there is to say about one entry.
fn remark(
    entry: &str,
    verdict: Option<EntryMatch>,
    covered_by: Option<usize>,
    theme: &Theme,
) -> (&'static str, ratatui::style::Style, String) {
    let glyphs = &theme.glyphs;
    match (verdict, AllowedUrl::parse(entry), covered_by) {
        (_, Err(fault), _) => (glyphs.warning, theme.warning, format!("never matches: {fault}")),
        (Some(verdict), Ok(_), _) if verdict.is_admission() => (glyphs.check, theme.ok, verdict.to_string()),
        (Some(verdict), Ok(_), _) => (glyphs.cross, theme.danger, verdict.to_string()),
        (None, Ok(_), Some(by)) => (glyphs.dot, theme.dim, format!("already covered by entry {}", by + 1)),
        (None, Ok(_), None) => (" ", theme.dim, String::new()),
    }
}

fn line_at_label(mark: &str, style: ratatui::style::Style, text: &str, columns: usize, theme: &Theme) -> Line<'static> {
    let text = paint::fit(text, columns.saturating_sub(11), theme.glyphs.ellipsis).into_owned();
    Line::from(vec![Span::raw("         "), Span::styled(format!("{mark} {text}"), style)])
}

fn field_row(
    frame: &mut Frame,
    area: Rect,
    (label, empty): (&str, &str),
    field: &TextField,
    theme: &Theme,
    is_focused: bool,
) {
    let (mark, style) = if is_focused { (theme.glyphs.cursor, theme.key) } else { (" ", theme.label) };
    // A line's style covers all of its area: what is typed beside it must not get it.
    let left = Rect { width: LABEL.min(area.width), ..area };
    frame.render_widget(Line::styled(format!("{mark} {label}"), style), left);
    let place = Rect { x: area.x + LABEL, width: area.width.saturating_sub(LABEL), ..area };
    field.render_in_form(frame, place, theme, is_focused, empty);
}
