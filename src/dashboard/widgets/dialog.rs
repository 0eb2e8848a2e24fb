//! [`Dialog`]: a frame in the middle of the screen, with its title above and nothing of what is under it showing through.

use ratatui::{
    Frame,
    layout::{Constraint, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Block, Clear, Padding},
};

use super::paint;
use crate::dashboard::{clicks::Target, command::Command, keymap::Context, theme::Theme, view::View};

/// A frame of a wished size, made smaller where the screen is.
#[derive(Clone, Debug)]
pub struct Dialog<'a> {
    title: Line<'a>,
    width: u16,
    height: u16,
    border: Option<Style>,
    badge: Option<Span<'a>>,
}

impl<'a> Dialog<'a> {
    /// A dialog with room for `width` × `height` cells of content.
    pub fn new(title: impl Into<Line<'a>>, width: u16, height: u16) -> Self {
        Self { title: title.into(), width, height, border: None, badge: None }
    }

    /// Another style for its frame (a warning's).
    #[must_use]
    pub fn border(self, style: Style) -> Self {
        Self { border: Some(style), ..self }
    }

    /// A word at the right end of its upper edge.
    #[must_use]
    pub fn badge(self, badge: Span<'a>) -> Self {
        Self { badge: Some(badge), ..self }
    }

    /// Draws the frame and gives the room inside.
    pub fn render(self, frame: &mut Frame, screen: Rect, theme: &Theme) -> Rect {
        let wanted = (self.width.saturating_add(4), self.height.saturating_add(2));
        let area = screen
            .centered(Constraint::Length(wanted.0.min(screen.width)), Constraint::Length(wanted.1.min(screen.height)));
        frame.render_widget(Clear, area);
        let mut block = framed(theme, self.border.unwrap_or(theme.border_focused))
            .padding(Padding::horizontal(1))
            .title(self.title);
        if let Some(badge) = self.badge {
            block = block.title(Line::from(vec![badge, Span::raw(" ")]).right_aligned());
        }
        let inside = block.inner(area);
        frame.render_widget(block, area);
        inside
    }
}

/// What answers a question of yes or no.
pub const YES_OR_NO: [(Command, &str); 2] = [(Command::Submit, "yes"), (Command::Back, "no")];

/// Between two answers.
const GAP: &str = "   ";

/// The keys that answer a question, as they are bound where it is asked, and a word for each.
pub fn answers(view: View, context: Context, answers: &[(Command, &str)]) -> Line<'static> {
    let answer = |(command, word): &(Command, &str)| {
        [Span::styled(view.keys.name(context, *command), view.theme.key), Span::raw(format!(" {word}{GAP}"))]
    };
    answers.iter().flat_map(answer).collect()
}

/// Lets them be clicked, where they are drawn.
pub fn click_answers(view: View, row: Rect, context: Context, answers: &[(Command, &str)]) {
    let mut x = row.x;
    for (command, word) in answers {
        let width = (paint::width(&view.keys.name(context, *command)) + 1 + paint::width(word)) as u16;
        let place = Rect { x, width, ..row }.intersection(row);
        view.clicks.add(place, Target::Command(*command));
        x = x.saturating_add(width + GAP.len() as u16);
    }
}

/// A button: what its key does, in the words of the title. It can be clicked.
pub fn button(frame: &mut Frame, row: Rect, view: View, context: Context, (command, word): (Command, &str)) {
    let text = format!("[ {} {word} ]", view.keys.name(context, command));
    let place = Rect { width: (paint::width(&text) as u16).min(row.width), ..row };
    view.clicks.add(place, Target::Command(command));
    frame.render_widget(Line::styled(text, view.theme.key), row);
}

/// A frame in the theme's glyphs.
pub fn framed(theme: &Theme, style: Style) -> Block<'static> {
    Block::bordered().border_set(theme.glyphs.border).border_style(style)
}

/// A frame over nearly the whole screen, for a form; gives the room inside.
pub fn sheet<'a>(frame: &mut Frame, screen: Rect, theme: &Theme, title: impl Into<Line<'a>>) -> Rect {
    // Next to a frame that is nearly as wide as the screen, slivers of what is behind would only confuse.
    let width = if screen.width > 150 { 140 } else { screen.width };
    let area = screen.centered_horizontally(Constraint::Length(width));
    frame.render_widget(Clear, area);
    let block = framed(theme, theme.border_focused).padding(Padding::horizontal(1)).title(title.into());
    let inside = block.inner(area);
    frame.render_widget(block, area);
    inside
}
