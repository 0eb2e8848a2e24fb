//! [`Create`]: the form for a new token.
//!
//! ```text
//! ┌ New token ──────────────────────────────────────────┐
//! │ Name    Nightly uploads_                     15/128 │
//! │ Makes   a secret token (sk): shown once             │
//! │ Scopes  2 chosen                                    │
//! │ Public …                                            │
//! ```
//!
//! What always holds: a line says at every moment what would come out and what that means for later; while a create is on
//! its way the form cannot send another; a create whose end is unknown is never sent again from here without saying so.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
    widgets::{Clear, Padding},
};

use crate::{
    api::{ApiError, Request, RequestId},
    dashboard::{
        action::{Action, Tone},
        command::Command,
        keymap::Context,
        modals::{Modal, Question},
        view::View,
        widgets::{
            dialog, paint,
            scope_picker::{Outcome, ScopePicker},
            text_field::TextField,
        },
    },
    token::{Draft, NOTE_LIMIT, Usage},
};

/// Which part of the form the keys go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Note,
    Scopes,
}

/// The form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    note: TextField,
    picker: ScopePicker,
    focus: Field,
    awaits: Option<RequestId>,
    problem: Option<String>,
    /// A create was sent whose end nobody knows: the token may exist.
    is_unclear: bool,
}

impl Default for Create {
    fn default() -> Self {
        Self {
            note: TextField::default(),
            picker: ScopePicker::default(),
            focus: Field::Note,
            awaits: None,
            problem: None,
            is_unclear: false,
        }
    }
}

impl Create {
    fn draft(&self) -> Draft {
        Draft {
            note: self.note.text().trim().to_owned(),
            scopes: self.picker.chosen().iter().cloned().collect(),
            allowed_urls: Vec::new(),
        }
    }

    fn has_something_to_lose(&self) -> bool {
        !self.note.text().is_empty() || !self.picker.chosen().is_empty()
    }

    pub(super) fn contexts(&self) -> Vec<Context> {
        match self.focus {
            Field::Note => vec![Context::Text, Context::Form],
            Field::Scopes if self.picker.is_filtering() => vec![Context::ScopeFilter, Context::Form],
            Field::Scopes => vec![Context::Scopes, Context::Form],
        }
    }

    pub(super) fn field(&mut self) -> Option<&mut TextField> {
        match self.focus {
            Field::Note if self.awaits.is_none() => Some(&mut self.note),
            Field::Note => None,
            Field::Scopes => self.picker.filter_field(),
        }
    }

    pub(super) fn field_changed(&mut self) {
        match self.focus {
            Field::Note => self.problem = None,
            Field::Scopes => self.picker.filter_changed(),
        }
    }

    pub(super) fn sent(&mut self, id: RequestId) {
        self.awaits = Some(id);
        self.problem = None;
    }

    pub(super) fn awaits(&self) -> Option<RequestId> {
        self.awaits
    }

    pub(super) fn failed(&mut self, error: ApiError) {
        self.awaits = None;
        self.is_unclear = error.outcome_is_unknown();
        self.problem = Some(if self.is_unclear {
            format!("{error}. The token may have been made all the same: look at the list (Esc) before you try again.")
        } else {
            format!("{error}. {}", error.next())
        });
    }

    pub(super) fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        if self.focus == Field::Scopes && command != Command::Submit && self.awaits.is_none() {
            match self.picker.update(command, &view.store.catalogue, view.store.held()) {
                Outcome::Done => {
                    self.problem = None;
                    return Vec::new();
                }
                Outcome::Refused(reason) => return vec![Action::Toast(Tone::Bad, reason)],
                Outcome::NotMine => {}
            }
        }
        match command {
            Command::Next | Command::Previous => {
                self.focus = match self.focus {
                    Field::Note => Field::Scopes,
                    Field::Scopes => Field::Note,
                };
                Vec::new()
            }
            Command::Undo => {
                self.note.undo();
                Vec::new()
            }
            Command::Redo => {
                self.note.redo();
                Vec::new()
            }
            Command::Back if self.awaits.is_some() => vec![
                Action::Close,
                Action::Toast(
                    Tone::Note,
                    "The token is still being made; its value will be shown when it is there.".into(),
                ),
            ],
            Command::Back if self.has_something_to_lose() => {
                let question = Question::new("Leave the form?", "What you have entered will be lost.", Action::Close);
                vec![Action::Open(Box::new(Modal::Question(question)))]
            }
            Command::Back => vec![Action::Close],
            Command::Submit => self.submit(view),
            _ => Vec::new(),
        }
    }

    fn submit(&mut self, view: View) -> Vec<Action> {
        if self.awaits.is_some() {
            return vec![Action::Toast(Tone::Note, "It is on its way already.".into())];
        }
        let draft = self.draft();
        if let Some(problem) = draft.problems(view.store.held()).first() {
            self.problem = Some(format!("Not sent: {problem}."));
            return Vec::new();
        }
        if self.is_unclear {
            self.is_unclear = false;
            let text = "The earlier attempt may have made this token already. Make another one all the same?";
            let question = Question::new("Send it again?", text, Action::Send(Request::Create(draft)));
            return vec![Action::Open(Box::new(Modal::Question(question)))];
        }
        vec![Action::Send(Request::Create(draft))]
    }

    /// What would come out, and what that means for later.
    fn outcome(&self, view: View) -> Line<'static> {
        let theme = view.theme;
        let draft = self.draft();
        let (kind, style, meaning) = match (draft.usage(&view.store.catalogue), draft.scopes.is_empty()) {
            (Usage::Public, true) => ("a public token (pk) without scopes", theme.warning, ": none can ever be added"),
            (Usage::Public, false) => {
                ("a public token (pk)", theme.public, ": readable any time, never gets secret scopes")
            }
            (Usage::Secret | Usage::Temporary, _) => {
                ("a secret token (sk)", theme.secret, ": shown once, right after it is made")
            }
        };
        Line::from(vec![Span::styled(kind, style.patch(theme.title)), Span::raw(meaning)])
    }

    pub(super) fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let theme = view.theme;
        // Next to a frame that is nearly as wide as the screen, slivers of what is behind would only confuse.
        let width = if screen.width > 130 { 110 } else { screen.width };
        let area = screen.centered_horizontally(Constraint::Length(width));
        frame.render_widget(Clear, area);
        let block = dialog::framed(theme, theme.border_focused).padding(Padding::horizontal(1)).title(" New token ");
        let inside = block.inner(area);
        frame.render_widget(block, area);
        let columns = usize::from(inside.width);
        let state = self.state(view, columns);
        let [note, makes, scopes, state_area] = inside.layout(&Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Fill(1),
            Constraint::Length(state.len() as u16),
        ]));

        let count = self.note.text().chars().count();
        let count_style = if count > NOTE_LIMIT { theme.danger } else { theme.dim };
        let counter = format!(" {count}/{NOTE_LIMIT}");
        let counter_width = counter.len() as u16;
        frame.render_widget(label("Name", theme), note);
        let field = Rect { x: note.x + 8, width: note.width.saturating_sub(8 + counter_width), ..note };
        self.note.render(frame, field, theme.field, self.focus == Field::Note && self.awaits.is_none());
        let counter_area =
            Rect { x: note.right().saturating_sub(counter_width), width: counter_width.min(note.width), ..note };
        frame.render_widget(Line::styled(counter, count_style), counter_area);

        frame.render_widget(label("Makes", theme), makes);
        frame.render_widget(self.outcome(view), Rect { x: makes.x + 8, width: makes.width.saturating_sub(8), ..makes });

        let is_focused = self.focus == Field::Scopes && self.awaits.is_none();
        self.picker.render(frame, scopes, theme, &view.store.catalogue, view.store.held(), is_focused);
        for (row, line) in state_area.rows().zip(state) {
            frame.render_widget(line, row);
        }
    }

    fn state(&self, view: View, columns: usize) -> Vec<Line<'static>> {
        let theme = view.theme;
        if self.awaits.is_some() {
            return vec![Line::styled("making it …", theme.dim)];
        }
        if let Some(problem) = &self.problem {
            return paint::wrap(problem, columns).into_iter().map(|line| Line::styled(line, theme.danger)).collect();
        }
        vec![Line::from(vec![Span::styled("[ Ctrl-S Create token ]", theme.key)])]
    }
}

fn label(text: &'static str, theme: &crate::dashboard::theme::Theme) -> Line<'static> {
    Line::styled(text, theme.label)
}
