//! [`Edit`]: the name, the scopes and the allowed URLs of a token that exists. What changes is reviewed before it is sent.
//!
//! Invariants: the form offers nothing the API would refuse for this token: a public one no secret scopes, one made
//! without scopes none at all, the default one no URLs.

use std::sync::Arc;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};

use super::{Modal, Question, Review, token_form::TokenForm};
use crate::{
    dashboard::{
        action::{Action, Tone},
        command::Command,
        keymap::Context,
        view::View,
        widgets::{
            dialog, paint,
            scope_picker::{Kind, Limits},
            text_field::TextField,
        },
    },
    token::{Patch, Token, TokenId, Usage},
};

/// The form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    token: Arc<Token>,
    form: TokenForm,
    problem: Option<String>,
}

impl Edit {
    /// Edits a token.
    pub fn new(token: Arc<Token>) -> Self {
        Self { form: TokenForm::of(&token), token, problem: None }
    }

    /// Edits a token, some changes already made (a remedy for a finding, say).
    pub fn with(token: Arc<Token>, patch: &Patch) -> Self {
        Self { form: TokenForm::of(&patch.applied(&token)), token, problem: None }
    }

    fn limits<'a>(&self, view: View<'a>) -> Limits<'a> {
        let kind = match self.token.usage {
            _ if self.token.scopes.is_empty() => Kind::NoScopes,
            Usage::Public => Kind::Public,
            Usage::Secret | Usage::Temporary | Usage::Unknown => Kind::Any,
        };
        Limits { catalogue: &view.store.catalogue, held: view.store.held(), kind }
    }

    fn patch(&self) -> Patch {
        Patch::between(&self.token, &self.form.draft())
    }

    fn submit(&mut self, view: View) -> Vec<Action> {
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

    fn kind(&self, view: View) -> Line<'static> {
        let theme = view.theme;
        let (kind, style, meaning) = match (self.token.usage, self.token.default) {
            (Usage::Unknown, _) => ("a token of an unknown kind", theme.warning, ""),
            (Usage::Public, true) => ("the default public token", theme.public, ": no secret scopes, no URLs"),
            (Usage::Public, false) => ("a public token (pk)", theme.public, ": public scopes only (permanent)"),
            (Usage::Secret | Usage::Temporary, _) => {
                ("a secret token (sk)", theme.secret, ": its value does not change")
            }
        };
        Line::from(vec![Span::styled(kind, style.patch(theme.title)), Span::raw(meaning)])
    }
}

impl Modal for Edit {
    fn contexts(&self) -> Vec<Context> {
        self.form.contexts(Context::EditForm)
    }

    fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        if let Some(actions) = self.form.update(command, self.limits(view)) {
            self.problem = None;
            return actions;
        }
        match command {
            Command::Back if self.is_unsaved() => vec![Question::discard()],
            Command::Back => vec![Action::Close],
            Command::Submit => self.submit(view),
            _ => Vec::new(),
        }
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let theme = view.theme;
        let title = format!(
            " Edit {} ",
            paint::fit(&self.token.name(), usize::from(screen.width.saturating_sub(16)), theme.glyphs.ellipsis)
        );
        let inside = dialog::sheet(frame, screen, theme, title);
        let columns = usize::from(inside.width);
        let mut state = paint::problem(self.problem.as_deref(), columns, theme.danger);
        // The button.
        state.push(Line::default());
        let [fields, state_area] =
            inside.layout(&Layout::vertical([Constraint::Fill(1), Constraint::Length(state.len() as u16)]));
        let limits = self.limits(view);
        self.form.render(frame, fields, view, limits, ("Is", self.kind(view)), false);
        for (row, line) in state_area.rows().zip(state) {
            frame.render_widget(line, row);
        }
        let last = Rect { y: state_area.bottom().saturating_sub(1), height: state_area.height.min(1), ..state_area };
        dialog::button(frame, last, view, Context::EditForm, (Command::Submit, "Review changes"));
    }

    fn click(&mut self, part: usize, at: usize, view: View) -> Vec<Action> {
        self.problem = None;
        self.form.click(part, at, self.limits(view))
    }

    fn field(&mut self) -> Option<&mut TextField> {
        self.form.field()
    }

    fn field_changed(&mut self) -> Vec<Action> {
        self.problem = None;
        self.form.field_changed();
        Vec::new()
    }

    fn edits(&self, id: &TokenId) -> bool {
        self.token.id == *id
    }

    fn is_unsaved(&self) -> bool {
        !self.patch().is_empty()
    }
}
