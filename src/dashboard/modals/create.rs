//! [`Create`]: the form for a new token.
//!
//! Invariants: a line says at every moment what would come out and what that means for later; while a create is on
//! its way the form cannot send another; a create whose end is unknown closes the form, for it is on record then, and the record
//! says what exists before anything is sent again.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};

use super::{Modal, Pending, token_form::TokenForm};
use crate::{
    dashboard::{
        action::{Action, Tone},
        command::Command,
        keymap::Context,
        modals::Question,
        view::View,
        widgets::{
            dialog, paint,
            scope_picker::{Kind, Limits},
            text_field::TextField,
        },
    },
    token::{Draft, Usage},
    work::{Reply, Request, WorkError},
};

/// The form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Create {
    form: TokenForm,
    pending: Pending,
    /// An unfinished create of the same token stands in the way, and the person has been told.
    is_warned: bool,
}

/// Every scope the authorizing token can pass on may be chosen.
fn limits(view: View<'_>) -> Limits<'_> {
    Limits { catalogue: &view.store.catalogue, held: view.store.held(), kind: Kind::Any }
}

impl Create {
    /// The form, filled with what was to be made earlier.
    pub fn of(draft: &Draft) -> Self {
        Self { form: TokenForm::filled(draft), ..Self::default() }
    }

    fn submit(&mut self, view: View) -> Vec<Action> {
        if self.pending.is_waiting() {
            return vec![Action::Toast(Tone::Note, "Already creating it.".into())];
        }
        let draft = self.form.draft();
        if let Some(problem) = draft.problems(view.store.held()).first() {
            self.pending.refuse(format!("Not sent: {problem}."));
            return Vec::new();
        }
        let has_scopes = !draft.scopes.is_empty();
        let create = Action::Send(Request::Create { draft, even_if_unfinished: self.is_warned });
        if has_scopes {
            return vec![create];
        }
        let text = "It can do very little, and you can't add scopes later.";
        vec![Action::open(Question::new("Create a token without scopes?", text, create))]
    }

    /// What would come out, and what that means for later.
    fn outcome(&self, view: View, columns: usize) -> Line<'static> {
        let theme = view.theme;
        let draft = self.form.draft();
        let (kind, style, long, short) = match (draft.usage(&view.store.catalogue), draft.scopes.is_empty()) {
            (Usage::Public, true) => {
                ("a public token (pk) with no scopes", theme.warning, ". You can't add scopes later", " (permanent)")
            }
            (Usage::Public, false) => (
                "a public token (pk)",
                theme.public,
                ": you can view it any time; it can't get secret scopes",
                ": you can view it any time",
            ),
            (Usage::Secret | Usage::Temporary | Usage::Unknown, _) => {
                ("a secret token (sk)", theme.secret, ": shown once, right after it is created", ": shown once")
            }
        };
        let meaning = if paint::width(kind) + paint::width(long) <= columns { long } else { short };
        Line::from(vec![Span::styled(kind, style.patch(theme.title)), Span::raw(meaning)])
    }

    fn state(&self, view: View, columns: usize) -> Vec<Line<'static>> {
        let theme = view.theme;
        let mut lines = self.pending.lines("Creating", theme, columns);
        if !self.pending.is_waiting() {
            // The button.
            lines.push(Line::default());
        }
        lines
    }
}

impl Create {
    /// Whether a token is being created from it.
    pub fn is_creating(&self) -> bool {
        self.pending.is_waiting()
    }
}

impl Modal for Create {
    fn contexts(&self) -> Vec<Context> {
        self.form.contexts(Context::CreateForm)
    }

    fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        if !self.pending.is_waiting()
            && let Some(actions) = self.form.update(command, limits(view))
        {
            self.pending.clear_problem();
            self.is_warned = false;
            return actions;
        }
        match command {
            Command::Back if self.pending.is_waiting() => vec![
                Action::Close,
                Action::Toast(Tone::Note, "Still creating the token. Its value will appear when it's ready.".into()),
            ],
            Command::Back if self.is_unsaved() => vec![Question::discard()],
            Command::Back => vec![Action::Close],
            Command::Submit => self.submit(view),
            _ => Vec::new(),
        }
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let theme = view.theme;
        let inside = dialog::sheet(frame, screen, theme, " Create token ");
        let state = self.state(view, usize::from(inside.width));
        let [fields, state_area] =
            inside.layout(&Layout::vertical([Constraint::Fill(1), Constraint::Length(state.len() as u16)]));
        let outcome = self.outcome(view, usize::from(inside.width).saturating_sub(11));
        self.form.render(frame, fields, view, limits(view), ("Creates", outcome), self.pending.is_waiting());
        for (row, line) in state_area.rows().zip(state) {
            frame.render_widget(line, row);
        }
        if !self.pending.is_waiting() {
            let last =
                Rect { y: state_area.bottom().saturating_sub(1), height: state_area.height.min(1), ..state_area };
            dialog::button(frame, last, view, Context::CreateForm, (Command::Submit, "Create token"));
        }
    }

    fn click(&mut self, part: usize, at: usize, view: View) -> Vec<Action> {
        if self.pending.is_waiting() {
            return Vec::new();
        }
        self.pending.clear_problem();
        self.is_warned = false;
        self.form.click(part, at, limits(view))
    }

    fn field(&mut self) -> Option<&mut TextField> {
        if self.pending.is_waiting() { None } else { self.form.field() }
    }

    fn field_changed(&mut self) -> Vec<Action> {
        self.pending.clear_problem();
        self.is_warned = false;
        self.form.field_changed();
        Vec::new()
    }

    fn pending(&mut self) -> Option<&mut Pending> {
        Some(&mut self.pending)
    }

    fn answered(&mut self, _request: &Request, result: &Result<Reply, WorkError>) -> Vec<Action> {
        self.pending.succeeded();
        match result {
            Err(error @ WorkError::Unfinished { .. }) => {
                self.pending.refuse(format!("{error} To create another one anyway, submit again."));
                self.is_warned = true;
            }
            Err(error) if !error.outcome_is_unknown() => {
                self.pending.failed(error);
                if let Some(field) = error.field() {
                    self.form.blame(field);
                }
            }
            Err(error) => {
                return vec![Action::Close, Action::Toast(Tone::Bad, format!("{error}. {}", error.next()))];
            }
            Ok(_) => return vec![Action::Close],
        }
        Vec::new()
    }

    fn is_unsaved(&self) -> bool {
        !self.pending.is_waiting() && self.form.draft() != Draft::default()
    }
}
