//! [`Help`]: what the keys do, straight from the table that dispatches them, in two columns where there is room. The contexts that were
//! active come first; a search shows the keys that have all its words in what they do.

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
    keymap::{Context, Row},
    view::View,
    widgets::{dialog::Dialog, list_cursor::Scroll, paint, text_field::TextField},
};

/// From this width inside on there are two columns.
const TWO: usize = 96;

/// Columns of the keys, and the blanks around them.
const KEYS: usize = 14;

/// The help screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    active: Vec<Context>,
    scroll: Scroll,
    search: TextField,
    is_searching: bool,
}

impl Help {
    /// Help for somebody who was in `active`.
    pub fn new(active: Vec<Context>) -> Self {
        Self { active, scroll: Scroll::default(), search: TextField::default(), is_searching: false }
    }

    /// The keys of a context that the search finds.
    fn rows<'a>(&self, context: Context, view: View<'a>) -> impl Iterator<Item = &'a Row> {
        let words: Vec<String> = self.search.text().split_whitespace().map(str::to_lowercase).collect();
        let is_found = move |row: &&Row| {
            let keys = row.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            let text = format!("{keys} {} {}", row.binding.help, context.title()).to_lowercase();
            row.binding.context == context && words.iter().all(|word| text.contains(word.as_str()))
        };
        view.keys.rows().iter().filter(is_found)
    }

    /// A heading with its keys, for each context that has any.
    fn blocks(&self, view: View, columns: usize) -> Vec<Vec<Line<'static>>> {
        let theme = view.theme;
        let elsewhere = Context::iter().filter(|context| !self.active.contains(context));
        let contexts = self.active.iter().copied().chain(elsewhere);
        let block = |context: Context| {
            let mark = if self.active.contains(&context) { "" } else { "  (elsewhere)" };
            let mut lines =
                vec![Line::from(vec![Span::styled(context.title(), theme.title), Span::styled(mark, theme.dim)])];
            for row in self.rows(context, view) {
                let keys: Vec<String> = row.keys.iter().map(ToString::to_string).collect();
                let mut keys = paint::cell(&keys.join(" "), KEYS - 1, theme.glyphs.ellipsis);
                for help in paint::wrap(row.binding.help, columns.saturating_sub(KEYS + 2)) {
                    lines.push(Line::from(vec![
                        Span::raw("  "),
                        Span::styled(std::mem::replace(&mut keys, " ".repeat(KEYS - 1)), theme.key),
                        Span::raw(format!(" {help}")),
                    ]));
                }
            }
            lines.push(Line::default());
            lines
        };
        contexts.map(block).filter(|lines| lines.len() > 2).collect()
    }
}

impl Modal for Help {
    fn contexts(&self) -> Vec<Context> {
        if self.is_searching {
            vec![Context::HelpSearch, Context::TypingList]
        } else {
            vec![Context::Help, Context::List]
        }
    }

    fn field(&mut self) -> Option<&mut TextField> {
        self.is_searching.then_some(&mut self.search)
    }

    fn field_changed(&mut self) -> Vec<Action> {
        self.scroll = Scroll::default();
        Vec::new()
    }

    fn update(&mut self, command: Command, _view: View) -> Vec<Action> {
        match command {
            Command::Filter => self.is_searching = true,
            Command::KeepFilter => self.is_searching = false,
            Command::ClearFilter => {
                self.is_searching = false;
                self.search = TextField::default();
            }
            Command::Back if !self.search.text().is_empty() => self.search = TextField::default(),
            Command::Back => return vec![Action::Close],
            command => drop(self.scroll.update(command)),
        }
        Vec::new()
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let theme = view.theme;
        let wide = screen.width.saturating_sub(6);
        let width = if usize::from(wide) >= TWO { wide.min(130) } else { wide.min(76) };
        let title = Line::from(vec![Span::styled(" Keys ", theme.title)]);
        let mut inside = Dialog::new(title, width, screen.height.saturating_sub(4)).render(frame, screen, theme);
        if self.is_searching || !self.search.text().is_empty() {
            let row = Rect { height: inside.height.min(1), ..inside };
            frame.render_widget(Line::styled("/", theme.key), row);
            let field = Rect { x: row.x + 2, width: row.width.saturating_sub(2), ..row };
            self.search.render(frame, field, theme.field, self.is_searching);
            inside = Rect { y: row.y + row.height, height: inside.height - row.height, ..inside };
        }
        let columns = usize::from(inside.width);
        let count = if columns >= TWO { 2 } else { 1 };
        let each = (columns + 2) / count - 2 * (count - 1);
        let blocks = self.blocks(view, each);
        if blocks.is_empty() {
            return frame.render_widget(Line::styled("No matching key.", theme.dim), inside);
        }
        // The left column is filled to half of all, a heading and its keys together.
        let half = blocks.iter().map(Vec::len).sum::<usize>().div_ceil(count);
        let mut sides = [Vec::new(), Vec::new()];
        for block in blocks {
            let side = usize::from(
                count == 2 && !sides[0].is_empty() && (!sides[1].is_empty() || sides[0].len() + block.len() / 2 > half),
            );
            sides[side].extend(block);
        }
        let length = sides.iter().map(Vec::len).max().unwrap_or_default().saturating_sub(1);
        let first = self.scroll.show(length, usize::from(inside.height)) as u16;
        let right =
            Rect { x: inside.x + each as u16 + 2, width: inside.width.saturating_sub(each as u16 + 2), ..inside };
        let [left_lines, right_lines] = sides;
        frame.render_widget(Paragraph::new(left_lines).scroll((first, 0)), Rect { width: each as u16, ..inside });
        frame.render_widget(Paragraph::new(right_lines).scroll((first, 0)), right);
        self.scroll.scrollbar(frame, Rect { x: inside.right() + 1, width: 1, ..inside }, theme);
    }
}
