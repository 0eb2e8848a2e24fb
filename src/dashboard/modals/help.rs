//! [`Help`]: what the keys do, straight from the table that dispatches them. The contexts that were active come first.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};
use strum::IntoEnumIterator as _;

use super::Modal;
use crate::dashboard::{
    action::Action,
    command::Command,
    keymap::Context,
    view::View,
    widgets::{dialog::Dialog, list_cursor::Scroll, paint},
};

/// The help screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    active: Vec<Context>,
    scroll: Scroll,
}

impl Help {
    /// Help for somebody who was in `active`.
    pub fn new(active: Vec<Context>) -> Self {
        Self { active, scroll: Scroll::default() }
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
}

impl Modal for Help {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::Help, Context::List]
    }

    fn update(&mut self, command: Command, _view: View) -> Vec<Action> {
        if command == Command::Back {
            return vec![Action::Close];
        }
        self.scroll.update(command);
        Vec::new()
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let inside = Dialog::new(" Keys ", screen.width.saturating_sub(6).min(76), screen.height.saturating_sub(4))
            .render(frame, screen, view.theme);
        let lines = self.lines(view, usize::from(inside.width));
        let first = self.scroll.show(lines.len(), usize::from(inside.height));
        frame.render_widget(Paragraph::new(lines).scroll((first as u16, 0)), inside);
    }
}
