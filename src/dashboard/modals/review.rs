//! [`Review`]: what a change does, before it is sent.
//!
//! Invariants: nothing is sent unseen; if somebody else has changed the token since the form was opened (its `modified`
//! differs), the review says what they changed and asks once more; only the fields that change are sent, so what somebody
//! else did to the others stays.

use std::sync::Arc;

use jiff::Timestamp;
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{Modal, Pending};
use crate::{
    dashboard::{
        action::Action,
        command::Command,
        keymap::Context,
        view::View,
        widgets::{
            dialog::{self, Dialog},
            list_cursor::Scroll,
            paint,
        },
    },
    token::{
        Patch, Token,
        change::{Diff, Sign},
    },
    work::Request,
};

/// What can be done with it.
const ANSWERS: [(Command, &str); 2] = [(Command::Submit, "save changes"), (Command::Back, "back")];

/// A change about to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    token: Arc<Token>,
    patch: Patch,
    pending: Pending,
    /// The foreign change the person has seen and accepted.
    accepted: Option<Timestamp>,
    scroll: Scroll,
}

impl Review {
    /// Reviews a change of a token, as it was when the change was made up.
    pub fn new(token: Arc<Token>, patch: Patch) -> Self {
        Self { token, patch, pending: Pending::default(), accepted: None, scroll: Scroll::default() }
    }

    /// What takes the change back, and what it was; for the undo list.
    pub fn undo(&self) -> (Arc<Token>, Patch) {
        (self.token.clone(), self.patch.inverse(&self.token))
    }

    /// The token as somebody else has left it, if they changed it meanwhile.
    fn changed_meanwhile<'a>(&self, view: View<'a>) -> Option<&'a Arc<Token>> {
        view.store.token(&self.token.id).filter(|now| now.modified != self.token.modified)
    }
}

impl Modal for Review {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::Review, Context::List]
    }

    fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        self.scroll.update(command);
        match command {
            Command::Back => return vec![Action::Close],
            Command::Submit if !self.pending.is_waiting() => {
                let theirs = self.changed_meanwhile(view).and_then(|token| token.modified());
                if theirs.is_some() && self.accepted != theirs {
                    self.accepted = theirs;
                    self.pending.refuse("Someone else changed this token in the meantime. Sending again applies your change on top of theirs.");
                    return Vec::new();
                }
                return vec![Action::Send(Request::Update { id: self.token.id.clone(), patch: self.patch.clone() })];
            }
            _ => {}
        }
        Vec::new()
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let theme = view.theme;
        let width = screen.width.saturating_sub(6).min(76);
        let columns = usize::from(width);
        let mut lines = vec![Line::styled(
            paint::fit(&self.token.name(), columns, theme.glyphs.ellipsis).into_owned(),
            theme.title,
        )];
        lines.extend(diff_lines(&self.patch.diff(&self.token), view, columns));
        for caution in self.patch.cautions(&self.token, &view.store.catalogue) {
            lines.extend(marked(theme.glyphs.warning, theme.warning, &caution.to_string(), columns));
        }
        if let Some(theirs) = self.changed_meanwhile(view) {
            lines.push(Line::default());
            lines.extend(marked(
                theme.glyphs.warning,
                theme.danger,
                "Someone else changed it since you opened it:",
                columns,
            ));
            lines.extend(diff_lines(&Diff::between(&self.token, theirs), view, columns));
        }
        lines.push(Line::default());
        lines.extend(self.pending.lines("Saving", theme, columns));
        if !self.pending.is_waiting() {
            lines.push(dialog::answers(view, Context::Review, &ANSWERS));
        }
        let inside = Dialog::new(" Review changes ", width, lines.len() as u16).render(frame, screen, theme);
        let first = self.scroll.show(lines.len(), usize::from(inside.height));
        if !self.pending.is_waiting() && lines.len() - first <= usize::from(inside.height) {
            let last = Rect { y: inside.y + (lines.len() - first - 1) as u16, height: 1, ..inside };
            dialog::click_answers(view, last, Context::Review, &ANSWERS);
        }
        frame.render_widget(Paragraph::new(lines).scroll((first as u16, 0)), inside);
    }

    fn pending(&mut self) -> Option<&mut Pending> {
        Some(&mut self.pending)
    }
}

/// What differs, a line each.
fn diff_lines(diff: &Diff, view: View, columns: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    let line = |line: crate::token::change::Line| {
        let style = match line.sign {
            Sign::Added => theme.ok,
            Sign::Removed => theme.danger,
        };
        let text = format!("{} {:<6} {}", line.sign.mark(), line.subject, line.text);
        Line::styled(paint::fit(&text, columns, theme.glyphs.ellipsis).into_owned(), style)
    };
    diff.lines().into_iter().map(line).collect()
}

fn marked(mark: &str, style: ratatui::style::Style, text: &str, columns: usize) -> Vec<Line<'static>> {
    let lines = paint::wrap(text, columns.saturating_sub(2)).into_iter().enumerate();
    lines
        .map(|(at, line)| {
            Line::from(vec![Span::styled(format!("{} ", if at == 0 { mark } else { " " }), style), Span::raw(line)])
        })
        .collect()
}
