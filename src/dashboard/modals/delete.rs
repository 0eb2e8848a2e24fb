//! [`Delete`]: permanent removal of a token, after typing its name.
//!
//! Invariants: nothing is sent before what was typed equals the name (or, for a token without one and for names that
//! are hard to type, the last four characters of the id); Enter alone does nothing; a deletion on its way is not sent again.

use std::sync::Arc;

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{Modal, Pending};
use crate::{
    api::ApiError,
    dashboard::{
        action::Action,
        clicks::Target,
        command::Command,
        keymap::Context,
        usage_cache::Entry,
        view::View,
        widgets::{dialog::Dialog, paint, text_field::TextField},
    },
    token::{Token, Usage},
    work::{Reply, Request, WorkError},
};

/// How much a token was used lately, where that is known.
pub(super) fn recent_use(token: &Token, view: View) -> Option<(Style, String)> {
    let theme = view.theme;
    match view.store.usage_cache.get(&Some(token.id.clone()))? {
        Entry::Known(usage) if usage.total() == 0 => Some((theme.dim, "Not used in the last 30 days.".to_owned())),
        Entry::Known(usage) => {
            let count = usage.total();
            let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
            Some((theme.warning, format!("Used {times} in the last 30 days.")))
        }
        Entry::Asked(_) | Entry::Failed(_) => None,
    }
}

/// The question before a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete {
    token: Arc<Token>,
    typed: TextField,
    pending: Pending,
}

impl Delete {
    /// Asks about `token`.
    pub fn new(token: Arc<Token>) -> Self {
        Self { token, typed: TextField::default(), pending: Pending::default() }
    }

    /// Why a token cannot be deleted here, if it cannot.
    pub fn why_not(token: &Token) -> Option<String> {
        token.default.then(|| {
            "The default public token can't be deleted. You can refresh it on the account page: that replaces it, and this one stops working."
                .to_owned()
        })
    }

    fn ending(&self) -> String {
        let id = self.token.id.shown();
        id.chars().skip(id.chars().count().saturating_sub(4)).collect()
    }

    fn is_confirmed(&self) -> bool {
        let typed = self.typed.text().trim();
        !typed.is_empty() && (typed == self.token.name().trim() || typed == self.ending())
    }
}

impl Modal for Delete {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::Confirm, Context::Text]
    }

    fn update(&mut self, command: Command, _view: View) -> Vec<Action> {
        match command {
            Command::Back => return vec![Action::Close],
            Command::Submit if self.pending.is_waiting() => {}
            Command::Submit if self.is_confirmed() => {
                return vec![Action::Send(Request::Delete(self.token.id.clone()))];
            }
            Command::Submit => self.pending.refuse("Name doesn't match. Nothing deleted."),
            _ => {}
        }
        Vec::new()
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let theme = view.theme;
        let width = screen.width.saturating_sub(6).min(70);
        let columns = usize::from(width);
        let name = self.token.name();
        let mut lines: Vec<Line> = Vec::new();
        for line in paint::wrap(&name, columns).into_iter().take(3) {
            lines.push(Line::styled(line, theme.title));
        }
        let kind = match self.token.usage {
            Usage::Public => Span::styled("pk public", theme.public),
            Usage::Secret | Usage::Temporary => Span::styled("sk secret", theme.secret),
            Usage::Unknown => Span::styled("unknown kind", theme.warning),
        };
        lines.push(Line::from(vec![kind, Span::styled(format!("  {}", self.token.id.shown()), theme.dim)]));
        if let Some((style, text)) = recent_use(&self.token, view) {
            lines.extend(paint::wrap(&text, columns).into_iter().map(|line| Line::styled(line, style)));
        }
        let what = "This can't be undone. New requests fail immediately; cached responses may last up to an hour.";
        lines.extend(paint::wrap(what, columns).into_iter().map(Line::from));
        let ask = format!("To confirm, type the name or {} (end of the ID):", self.ending());
        lines.extend(paint::wrap(&ask, columns).into_iter().map(Line::from));
        let field_row = lines.len() as u16;
        lines.push(Line::default());
        lines.extend(paint::problem(self.pending.problem(), columns, theme.danger));
        lines.push(if self.pending.is_waiting() {
            Line::styled(format!("Deleting{}", theme.glyphs.ellipsis), theme.dim)
        } else if self.is_confirmed() {
            let key = view.keys.name(Context::Confirm, Command::Submit);
            Line::from(vec![Span::styled(key, theme.key), Span::styled(" delete token", theme.danger)])
        } else {
            Line::default()
        });
        let last = lines.len() as u16 - 1;
        let inside =
            Dialog::new(" Delete token ", width, lines.len() as u16).border(theme.danger).render(frame, screen, theme);
        frame.render_widget(Paragraph::new(lines), inside);
        if self.is_confirmed() && !self.pending.is_waiting() && last < inside.height {
            view.clicks.add(Rect { y: inside.y + last, height: 1, ..inside }, Target::Command(Command::Submit));
        }
        if field_row < inside.height {
            let field = Rect { y: inside.y + field_row, height: 1, ..inside };
            self.typed.render(frame, field, theme.field, !self.pending.is_waiting());
        }
    }

    fn field(&mut self) -> Option<&mut TextField> {
        (!self.pending.is_waiting()).then_some(&mut self.typed)
    }

    fn field_changed(&mut self) -> Vec<Action> {
        self.pending.clear_problem();
        Vec::new()
    }

    fn pending(&mut self) -> Option<&mut Pending> {
        Some(&mut self.pending)
    }

    fn answered(&mut self, _request: &Request, result: &Result<Reply, WorkError>) -> Vec<Action> {
        match result {
            // Gone already is what was wanted.
            Ok(_) | Err(WorkError::Api(ApiError::Gone)) => vec![Action::Close],
            Err(error) => {
                self.pending.failed(error);
                Vec::new()
            }
        }
    }
}
