//! [`Notice`]: something that was found at the start and must not be overlooked: creates of earlier sessions that are open.

use ratatui::{Frame, layout::Rect, text::Line, widgets::Paragraph};

use crate::dashboard::{
    action::Action,
    command::Command,
    keymap::Context,
    view::View,
    widgets::{dialog::Dialog, paint},
};

/// A few paragraphs under a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    title: &'static str,
    paragraphs: Vec<String>,
}

impl Notice {
    /// Tells `paragraphs`, which are fit to show.
    pub fn new(title: &'static str, paragraphs: Vec<String>) -> Self {
        Self { title, paragraphs }
    }

    pub(super) fn contexts(&self) -> Vec<Context> {
        vec![Context::Notice]
    }

    pub(super) fn update(&mut self, command: Command, _view: View) -> Vec<Action> {
        if command == Command::Back { vec![Action::Close] } else { Vec::new() }
    }

    pub(super) fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let width = screen.width.saturating_sub(6).min(76);
        let mut lines: Vec<Line> = Vec::new();
        for paragraph in &self.paragraphs {
            lines.extend(paint::wrap(paragraph, usize::from(width)).into_iter().map(Line::from));
            lines.push(Line::default());
        }
        lines.push(Line::styled("Enter", view.theme.key));
        let title = format!(" {} ", self.title);
        let inside =
            Dialog::new(title, width, lines.len() as u16).border(view.theme.warning).render(frame, screen, view.theme);
        frame.render_widget(Paragraph::new(lines), inside);
    }
}
