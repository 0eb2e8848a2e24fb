//! [`Question`]: yes or no, where yes is an action kept as data.

use ratatui::{Frame, layout::Rect, text::Line, widgets::Paragraph};

use super::Modal;
use crate::dashboard::{
    action::Action,
    command::Command,
    keymap::Context,
    view::View,
    widgets::{
        dialog::{self, Dialog},
        paint,
    },
};

/// A question, and what a yes does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    title: &'static str,
    text: String,
    yes: Box<Action>,
}

impl Question {
    /// Asks `text`; `yes` is done when the answer is yes, nothing otherwise.
    pub fn new(title: &'static str, text: impl Into<String>, yes: Action) -> Self {
        Self { title, text: text.into(), yes: Box::new(yes) }
    }

    /// Asks before a form is closed with something in it that would be lost.
    pub fn discard() -> Action {
        let question = Self::new("Discard your changes?", "Nothing has been sent.", Action::Close);
        Action::Open(Box::new(Modal::Question(question)))
    }

    /// Whether a yes ends the program.
    pub fn quits(&self) -> bool {
        *self.yes == Action::QuitAnyway
    }

    pub(super) fn contexts(&self) -> Vec<Context> {
        vec![Context::Question]
    }

    pub(super) fn update(&mut self, command: Command, _view: View) -> Vec<Action> {
        match command {
            Command::Submit => vec![Action::Close, (*self.yes).clone()],
            Command::Back => vec![Action::Close],
            _ => Vec::new(),
        }
    }

    pub(super) fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let width = screen.width.saturating_sub(6).min(60);
        let mut lines: Vec<Line> = paint::wrap(&self.text, usize::from(width)).into_iter().map(Line::from).collect();
        lines.push(Line::default());
        lines.push(dialog::yes_or_no(view, Context::Question));
        let inside = Dialog::new(format!(" {} ", self.title), width, lines.len() as u16)
            .border(view.theme.warning)
            .render(frame, screen, view.theme);
        frame.render_widget(Paragraph::new(lines), inside);
    }
}
