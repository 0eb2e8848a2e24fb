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
#[derive(Debug)]
pub struct Question {
    title: &'static str,
    text: String,
    /// Until it is done.
    yes: Option<Box<Action>>,
}

impl Question {
    /// Asks `text`; `yes` is done when the answer is yes, nothing otherwise.
    pub fn new(title: &'static str, text: impl Into<String>, yes: Action) -> Self {
        Self { title, text: text.into(), yes: Some(Box::new(yes)) }
    }

    /// Asks before a form is closed with something in it that would be lost.
    pub fn discard() -> Action {
        // Of the form that asks: the question has closed by then.
        Action::open(Self::new("Discard your changes?", "Nothing has been sent.", Action::Close))
    }

    /// Whether a yes ends the program.
    pub fn quits(&self) -> bool {
        self.yes.as_deref().is_some_and(|yes| matches!(yes, Action::QuitAnyway))
    }
}

impl Modal for Question {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::Question]
    }

    fn update(&mut self, command: Command, _view: View) -> Vec<Action> {
        match command {
            Command::Submit => [Action::Close].into_iter().chain(self.yes.take().map(|yes| *yes)).collect(),
            Command::Back => vec![Action::Close],
            _ => Vec::new(),
        }
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let width = screen.width.saturating_sub(6).min(60);
        let mut lines: Vec<Line> = paint::wrap(&self.text, usize::from(width)).into_iter().map(Line::from).collect();
        lines.push(Line::default());
        lines.push(dialog::answers(view, Context::Question, &dialog::YES_OR_NO));
        let inside = Dialog::new(format!(" {} ", self.title), width, lines.len() as u16)
            .border(view.theme.warning)
            .render(frame, screen, view.theme);
        let last = Rect { y: inside.y + (lines.len() as u16 - 1), height: 1, ..inside }.intersection(inside);
        dialog::click_answers(view, last, Context::Question, &dialog::YES_OR_NO);
        frame.render_widget(Paragraph::new(lines), inside);
    }
}
