//! [`Temporary`]: temporary tokens: making one, and this session's list of them, which is the only one there is.
//!
//! Source: "Create a temporary token" of the Tokens API: one hour at most, no name, no URL restrictions; they can be neither
//! listed, changed nor revoked. So what this session knows of them is all that anybody knows.

use jiff::SignedDuration;
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};

use super::{Modal, Pending, Question};
use crate::{
    dashboard::{
        action::{Action, Copied},
        clicks::Target,
        command::Command,
        keymap::Context,
        store::SessionToken,
        view::View,
        widgets::{
            dialog,
            list_cursor::ListCursor,
            paint,
            scope_picker::{Kind, Limits, Outcome, ScopePicker},
            text_field::TextField,
        },
    },
    delivery::clipboard::Copy,
    token::{Scope, time},
    work::{Reply, Request, WorkError},
};

/// The longest life (documented).
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// How long one lives unless somebody says otherwise.
const LIFETIME: &str = "30m";

/// What can be clicked.
const EXPIRY: usize = 0;
const SCOPES: usize = 1;
const TOKENS: usize = 2;

/// What is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Page {
    Form { picker: ScopePicker, lifetime: TextField, is_choosing: bool },
    List,
}

/// The modal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Temporary {
    page: Page,
    cursor: ListCursor,
    is_shown: bool,
    pending: Pending,
}

impl Temporary {
    /// Starts with this session's list, or with the form where there is none.
    pub fn new(view: View) -> Self {
        let page = if view.store.session_tokens().is_empty() { form() } else { Page::List };
        Self { page, cursor: ListCursor::default(), is_shown: false, pending: Pending::default() }
    }

    fn submit(&mut self) -> Vec<Action> {
        let Page::Form { picker, lifetime, .. } = &self.page else { return Vec::new() };
        if self.pending.is_waiting() {
            return Vec::new();
        }
        match read_lifetime(lifetime.text()) {
            Err(problem) => {
                self.pending.refuse(problem);
                Vec::new()
            }
            Ok(_) if picker.chosen().is_empty() => {
                self.pending.refuse("Choose at least one scope.");
                Vec::new()
            }
            Ok(lifetime) => vec![request(picker.chosen().iter().cloned().collect(), lifetime)],
        }
    }

    fn act(&mut self, command: Command, view: View) -> Vec<Action> {
        let tokens = view.store.session_tokens();
        if self.cursor.update(command, tokens.len()) {
            return Vec::new();
        }
        let here = self.cursor.row();
        match command {
            Command::Back => return vec![Action::Close],
            Command::ToggleValue => self.is_shown = !self.is_shown,
            Command::Create => self.page = form(),
            Command::CopyValue => {
                let copy = |token: &SessionToken| {
                    let copy = Copy { value: token.value.clone(), sensitive: true, way: None };
                    Action::Copy(copy, Copied::Named("The temporary token".into()))
                };
                return tokens.get(here).map(copy).into_iter().collect();
            }
            Command::Renew if !self.pending.is_waiting() => {
                let renew = |token: &SessionToken| request(token.scopes.clone(), token.lifetime);
                return tokens.get(here).map(renew).into_iter().collect();
            }
            _ => {}
        }
        Vec::new()
    }
}

impl Modal for Temporary {
    fn contexts(&self) -> Vec<Context> {
        match &self.page {
            Page::Form { picker, is_choosing: true, .. } if picker.shows_presets() => picker.contexts(),
            Page::Form { picker, is_choosing: true, .. } => [picker.contexts(), vec![Context::CreateForm]].concat(),
            Page::Form { .. } => vec![Context::Text, Context::Form, Context::CreateForm],
            Page::List => vec![Context::Temporary, Context::List],
        }
    }

    fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        let limits = limits(view);
        match &mut self.page {
            Page::Form { picker, is_choosing, .. } => {
                if *is_choosing && (command != Command::Submit || picker.shows_presets()) {
                    match picker.update(command, limits) {
                        Outcome::NotMine => {}
                        outcome => return outcome.said(),
                    }
                }
                match command {
                    Command::Presets => {
                        *is_choosing = true;
                        picker.show_presets();
                    }
                    Command::Next | Command::Previous => *is_choosing = !*is_choosing,
                    Command::Back if self.is_unsaved() => return vec![Question::discard()],
                    Command::Back => return vec![Action::Close],
                    Command::Submit => return self.submit(),
                    _ => {}
                }
                Vec::new()
            }
            Page::List => self.act(command, view),
        }
    }

    fn click(&mut self, part: usize, at: usize, view: View) -> Vec<Action> {
        match &mut self.page {
            _ if self.pending.is_waiting() => {}
            Page::Form { is_choosing, .. } if part == EXPIRY => *is_choosing = false,
            Page::Form { picker, is_choosing, .. } => {
                *is_choosing = true;
                return picker.click(at, limits(view)).said();
            }
            Page::List if at < view.store.session_tokens().len() => self.cursor.go(at),
            Page::List => {}
        }
        Vec::new()
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let theme = view.theme;
        let is_waiting = self.pending.is_waiting();
        let state = |columns: usize| self.pending.lines("Creating", theme, columns);
        match &mut self.page {
            Page::Form { picker, lifetime, is_choosing } => {
                let inside = dialog::sheet(frame, screen, theme, " Create temporary token ");
                let state = state(usize::from(inside.width));
                let rows = Layout::vertical([
                    Constraint::Length(1),
                    Constraint::Length(1),
                    Constraint::Fill(1),
                    Constraint::Length(state.len() as u16),
                    Constraint::Length(1),
                ]);
                let [lives, makes, scopes, state_area, button] = inside.layout(&rows);
                let is_typing = !*is_choosing && !is_waiting;
                let (mark, style) = if is_typing { (theme.glyphs.cursor, theme.key) } else { (" ", theme.label) };
                let left = Rect { width: lives.width.min(14), ..lives };
                frame.render_widget(Line::styled(format!("{mark} Expires in"), style), left);
                let place = Rect { x: lives.x + 14, width: lives.width.saturating_sub(14).min(12), ..lives };
                lifetime.render_in_form(frame, place, theme, is_typing, LIFETIME);
                if !is_waiting {
                    view.clicks.add(lives, Target::Part(EXPIRY, 0));
                }
                let note = Rect { x: lives.x + 28, width: lives.width.saturating_sub(28), ..lives };
                frame.render_widget(Line::styled("max 1h, e.g. 30m or 90s", theme.dim), note);
                let meaning = Line::from(vec![
                    Span::styled("  Creates     ", theme.label),
                    Span::styled("a temporary token (tk)", theme.warning.patch(theme.title)),
                    Span::raw(": not listed, can't be revoked"),
                ]);
                frame.render_widget(meaning, makes);
                for (row, line) in state_area.rows().zip(state) {
                    frame.render_widget(line, row);
                }
                dialog::button(frame, button, view, Context::CreateForm, (Command::Submit, "Create temporary token"));
                picker.render(frame, scopes, view, limits(view), *is_choosing && !is_waiting, SCOPES);
            }
            Page::List => {
                let inside = dialog::sheet(frame, screen, theme, " Temporary tokens of this session ");
                let columns = usize::from(inside.width);
                let mut lines: Vec<_> = state(columns).into_iter().map(|line| (line, None)).collect();
                let tokens = view.store.session_tokens();
                // Two lines each, unless the value under the cursor needs more.
                let room = usize::from(inside.height).saturating_sub(lines.len()) / 2;
                for at in self.cursor.show(tokens.len(), room.max(1)) {
                    let token = token_lines(&tokens[at], at == self.cursor.row(), self.is_shown, view, columns);
                    lines.extend(token.into_iter().map(|line| (line, Some(at))));
                }
                for (row, (line, at)) in inside.rows().zip(lines) {
                    if let Some(at) = at {
                        view.clicks.add(row, Target::Part(TOKENS, at));
                    }
                    frame.render_widget(line, row);
                }
            }
        }
    }

    fn field(&mut self) -> Option<&mut TextField> {
        match &mut self.page {
            _ if self.pending.is_waiting() => None,
            Page::Form { picker, is_choosing: true, .. } => picker.filter_field(),
            Page::Form { lifetime, .. } => Some(lifetime),
            Page::List => None,
        }
    }

    fn field_changed(&mut self) -> Vec<Action> {
        self.pending.clear_problem();
        if let Page::Form { picker, is_choosing: true, .. } = &mut self.page {
            picker.filter_changed();
        }
        Vec::new()
    }

    fn pending(&mut self) -> Option<&mut Pending> {
        Some(&mut self.pending)
    }

    fn answered(&mut self, _request: &Request, result: &Result<Reply, WorkError>) -> Vec<Action> {
        match result {
            Ok(_) => {
                self.pending.succeeded();
                self.page = Page::List;
                self.cursor.go(0);
            }
            Err(error) => self.pending.failed(error),
        }
        Vec::new()
    }

    fn is_unsaved(&self) -> bool {
        !self.pending.is_waiting()
            && matches!(&self.page, Page::Form { picker, lifetime, .. }
            if !picker.chosen().is_empty() || lifetime.text() != LIFETIME)
    }

    fn hide_values(&mut self) {
        self.is_shown = false;
    }

    fn shows_value(&self) -> bool {
        self.is_shown
    }

    fn counts_down(&self) -> bool {
        self.page == Page::List
    }
}

fn form() -> Page {
    Page::Form { picker: ScopePicker::default(), lifetime: TextField::new(LIFETIME), is_choosing: false }
}

/// A temporary token may hold every scope the authorizing one can pass on.
fn limits(view: View<'_>) -> Limits<'_> {
    Limits { catalogue: &view.store.catalogue, held: view.store.held(), kind: Kind::Any }
}

fn request(scopes: Vec<Scope>, lifetime: SignedDuration) -> Action {
    Action::Send(Request::Temporary { scopes, lifetime })
}

fn read_lifetime(text: &str) -> Result<SignedDuration, String> {
    let lifetime = time::parse_duration(text.trim()).map_err(|fault| format!("Invalid duration: {fault}"))?;
    if lifetime > LONGEST {
        return Err("A temporary token lasts at most one hour.".into());
    }
    if lifetime < SignedDuration::from_secs(1) {
        return Err("It must last at least one second.".into());
    }
    Ok(lifetime)
}

fn token_lines(
    token: &SessionToken,
    is_cursor: bool,
    is_shown: bool,
    view: View,
    columns: usize,
) -> Vec<Line<'static>> {
    let theme = view.theme;
    let left = token.ends.duration_since(view.now.time);
    let (state, style) = if left <= SignedDuration::ZERO {
        ("expired".to_owned(), theme.danger)
    } else {
        (time::countdown(left), if left < SignedDuration::from_mins(5) { theme.warning } else { theme.ok })
    };
    let scopes: Vec<_> = token.scopes.iter().map(Scope::shown).collect();
    let mark = if is_cursor { theme.glyphs.cursor } else { " " };
    let text = paint::fit(&scopes.join(", "), columns.saturating_sub(14), theme.glyphs.ellipsis).into_owned();
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{mark} "), theme.title),
        Span::styled(format!("{state:<10} "), style),
        Span::styled(text, if is_cursor { theme.title } else { theme.dim }),
    ])];
    let value =
        if is_shown && is_cursor { token.value.expose().to_owned() } else { token.value.fingerprint().to_string() };
    lines.extend(
        paint::wrap(&value, columns.saturating_sub(2))
            .into_iter()
            .map(|line| Line::styled(format!("  {line}"), theme.dim)),
    );
    lines
}
