//! [`Help`]: what the keys do, straight from the table that dispatches them. The contexts that were active come first.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};
use strum::IntoEnumIterator as _;

use crate::dashboard::{
    action::Action,
    command::Command,
    keymap::Context,
    view::View,
    widgets::{dialog::Dialog, paint},
};

/// The help screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    active: Vec<Context>,
    offset: usize,
    height: usize,
    length: usize,
}

impl Help {
    /// Help for somebody who was in `active`.
    pub fn new(active: Vec<Context>) -> Self {
        Self { active, offset: 0, height: 1, length: 0 }
    }

    pub(super) fn contexts(&self) -> Vec<Context> {
        vec![Context::Help]
    }

    pub(super) fn update(&mut self, command: Command, _view: View) -> Vec<Action> {
        let last = self.length.saturating_sub(self.height);
        let page = self.height.saturating_sub(1).max(1);
        self.offset = match command {
            Command::Back => return vec![Action::Close],
            Command::Down => self.offset + 1,
            Command::Up => self.offset.saturating_sub(1),
            Command::PageDown => self.offset + page,
            Command::PageUp => self.offset.saturating_sub(page),
            Command::First => 0,
            Command::Last => last,
            _ => self.offset,
        }
        .min(last);
        Vec::new()
    }

    fn lines(&self, view: View, columns: usize) -> Vec<Line<'static>> {
        let theme = view.theme;
        let elsewhere = Context::iter().filter(|context| !self.active.contains(context));
        let mut lines = Vec::new();
        for context in self.active.iter().copied().chain(elsewhere) {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            let mark = if self.active.contains(&context) { "" } else { "  (elsewhere)" };
            lines.push(Line::from(vec![Span::styled(context.title(), theme.title), Span::styled(mark, theme.dim)]));
            for row in view.keys.rows().iter().filter(|row| row.binding.context == context) {
                let binding = row.binding;
                let keys: Vec<String> = row.keys.iter().map(ToString::to_string).collect();
                let keys = paint::cell(&keys.join(" "), 16, theme.glyphs.ellipsis);
                let help = paint::fit(binding.help, columns.saturating_sub(18), theme.glyphs.ellipsis).into_owned();
                lines.push(Line::from(vec![Span::raw("  "), Span::styled(keys, theme.key), Span::raw(help)]));
            }
        }
        lines
    }

    pub(super) fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let inside = Dialog::new(" Keys ", screen.width.saturating_sub(6).min(76), screen.height.saturating_sub(4))
            .render(frame, screen, view.theme);
        let lines = self.lines(view, usize::from(inside.width));
        self.height = usize::from(inside.height);
        self.length = lines.len();
        self.offset = self.offset.min(self.length.saturating_sub(self.height));
        frame.render_widget(Paragraph::new(lines).scroll((self.offset as u16, 0)), inside);
    }
}
