//! [`Dialog`]: a frame in the middle of the screen, with its title above and nothing of what is under it showing through.

use ratatui::{
    Frame,
    layout::{Constraint, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Block, Clear, Padding},
};

use crate::dashboard::{command::Command, keymap::Context, theme::Theme, view::View};

/// A frame of a wished size, made smaller where the screen is.
#[derive(Clone, Debug)]
pub struct Dialog<'a> {
    title: Line<'a>,
    width: u16,
    height: u16,
    border: Option<Style>,
}

impl<'a> Dialog<'a> {
    /// A dialog with room for `width` × `height` cells of content.
    pub fn new(title: impl Into<Line<'a>>, width: u16, height: u16) -> Self {
        Self { title: title.into(), width, height, border: None }
    }

    /// Another style for its frame (a warning's).
    #[must_use]
    pub fn border(self, style: Style) -> Self {
        Self { border: Some(style), ..self }
    }

    /// Draws the frame and gives the room inside.
    pub fn render(self, frame: &mut Frame, screen: Rect, theme: &Theme) -> Rect {
        let wanted = (self.width.saturating_add(4), self.height.saturating_add(2));
        let area = screen
            .centered(Constraint::Length(wanted.0.min(screen.width)), Constraint::Length(wanted.1.min(screen.height)));
        frame.render_widget(Clear, area);
        let block = framed(theme, self.border.unwrap_or(theme.border_focused))
            .padding(Padding::horizontal(1))
            .title(self.title);
        let inside = block.inner(area);
        frame.render_widget(block, area);
        inside
    }
}

/// The keys that answer a question, as they are bound where it is asked.
pub fn yes_or_no(view: View, context: Context) -> Line<'static> {
    let key = |command| Span::styled(view.keys.name(context, command), view.theme.key);
    Line::from(vec![key(Command::Submit), " yes   ".into(), key(Command::Back), " no".into()])
}

/// A frame in the theme's glyphs.
pub fn framed(theme: &Theme, style: Style) -> Block<'static> {
    Block::bordered().border_set(theme.glyphs.border).border_style(style)
}

/// A frame over nearly the whole screen, for a form; gives the room inside.
pub fn sheet<'a>(frame: &mut Frame, screen: Rect, theme: &Theme, title: impl Into<Line<'a>>) -> Rect {
    // Next to a frame that is nearly as wide as the screen, slivers of what is behind would only confuse.
    let width = if screen.width > 130 { 110 } else { screen.width };
    let area = screen.centered_horizontally(Constraint::Length(width));
    frame.render_widget(Clear, area);
    let block = framed(theme, theme.border_focused).padding(Padding::horizontal(1)).title(title.into());
    let inside = block.inner(area);
    frame.render_widget(block, area);
    inside
}
