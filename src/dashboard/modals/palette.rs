//! [`Palette`]: every command that works right now, found by a few letters of what it does.
//!
//! Invariants: the commands are rows of the table that dispatches keys, so each stands there with its key; one that
//! cannot be done now is shown with the reason and does nothing.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::Modal;
use crate::dashboard::{
    action::Action,
    command::Command,
    key::Key,
    keymap::{Binding, Context},
    theme::Theme,
    view::View,
    widgets::{dialog::Dialog, list_cursor::ListCursor, paint, text_field::TextField},
};

/// Columns of the keys.
const KEYS: usize = 10;

/// A command on offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its row.
    pub binding: &'static Binding,
    /// The key that does the same; some have none.
    pub key: Option<Key>,
    /// Why it cannot be done now, if it cannot.
    pub why_not: Option<String>,
}

/// An offer the typed letters are in, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hit {
    offer: usize,
    score: u32,
    /// Positions of matched characters in the help text.
    at: Vec<u32>,
}

/// The palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Palette {
    offers: Vec<Offer>,
    typed: TextField,
    hits: Vec<Hit>,
    cursor: ListCursor,
}

impl Palette {
    /// A palette over what was on offer when it was opened.
    pub fn new(offers: Vec<Offer>) -> Self {
        let mut palette = Self { offers, typed: TextField::default(), hits: Vec::new(), cursor: ListCursor::default() };
        palette.search();
        palette
    }

    fn search(&mut self) {
        let pattern = Pattern::parse(self.typed.text(), CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        self.hits.clear();
        for (offer, Offer { binding, .. }) in self.offers.iter().enumerate() {
            let mut at = Vec::new();
            let mut score = pattern.indices(Utf32Str::new(binding.help, &mut buffer), &mut matcher, &mut at);
            if score.is_none() {
                // The footer's word for it, which need not be in the sentence.
                at.clear();
                score = pattern.score(Utf32Str::new(binding.hint, &mut buffer), &mut matcher);
            }
            if let Some(score) = score {
                at.sort_unstable();
                at.dedup();
                self.hits.push(Hit { offer, score, at });
            }
        }
        // Stable: what matches equally well stays in the order of the table.
        self.hits.sort_by_key(|hit| (std::cmp::Reverse(hit.score), self.offers[hit.offer].why_not.is_some()));
        self.cursor = ListCursor::default();
    }
}

impl Modal for Palette {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::Palette, Context::TypingList]
    }

    fn update(&mut self, command: Command, _view: View) -> Vec<Action> {
        if self.cursor.update(command, self.hits.len()) {
            return Vec::new();
        }
        match command {
            Command::Back => vec![Action::Close],
            Command::Submit => match self.hits.get(self.cursor.row()).map(|hit| &self.offers[hit.offer]) {
                Some(Offer { binding, why_not: None, .. }) => vec![Action::Close, Action::Run(binding.command)],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// A click on a row runs its command.
    fn click(&mut self, _part: usize, at: usize, view: View) -> Vec<Action> {
        if at >= self.hits.len() {
            return Vec::new();
        }
        self.cursor.go(at);
        self.update(Command::Submit, view)
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let theme = view.theme;
        let width = screen.width.saturating_sub(6).min(72);
        // As high as all offers need, so that it does not shrink under the fingers.
        let height = (self.offers.len() as u16 + 2).min(screen.height.saturating_sub(4)).min(18);
        let inside = Dialog::new(Span::styled(" Commands ", theme.title), width, height).render(frame, screen, theme);
        if inside.height < 3 {
            return;
        }
        let columns = usize::from(inside.width);
        frame.render_widget(Line::styled(":", theme.key), Rect { height: 1, ..inside });
        let field = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), height: 1, ..inside };
        self.typed.render(frame, field, theme.field, true);
        let list = Rect { y: inside.y + 2, height: inside.height - 2, ..inside };
        if self.hits.is_empty() {
            return frame.render_widget(Line::styled("No matching command.", theme.dim), list);
        }
        // What is cut off in its line is told in full below the list.
        let selected = self.hits.get(self.cursor.row()).and_then(|hit| self.offers[hit.offer].why_not.as_deref());
        let reason = selected.map(|reason| paint::wrap(reason, columns.saturating_sub(1))).unwrap_or_default();
        let below = (reason.len() as u16).min(4).min(list.height.saturating_sub(2));
        let (list, below) =
            (Rect { height: list.height - below, ..list }, Rect { y: list.bottom() - below, height: below, ..list });
        for (row, line) in below.rows().zip(reason) {
            frame.render_widget(Line::styled(format!(" {line}"), theme.warning), row);
        }
        let shown = self.cursor.show(self.hits.len(), usize::from(list.height));
        view.clicks.rows(list, 0, shown.start);
        for (row, at) in list.rows().zip(shown) {
            let hit = &self.hits[at];
            frame.render_widget(line(&self.offers[hit.offer], &hit.at, theme, columns), row);
            if at == self.cursor.row() {
                frame.buffer_mut().set_style(row, theme.selection);
            }
        }
    }

    fn field(&mut self) -> Option<&mut TextField> {
        Some(&mut self.typed)
    }

    fn field_changed(&mut self) -> Vec<Action> {
        self.search();
        Vec::new()
    }
}

fn line(offer: &Offer, at: &[u32], theme: &Theme, columns: usize) -> Line<'static> {
    let glyphs = &theme.glyphs;
    let key = offer.key.map(|key| key.to_string()).unwrap_or_default();
    let room = columns.saturating_sub(KEYS + 1);
    let mut spans = vec![Span::raw(" ")];
    if let Some(reason) = &offer.why_not {
        let text = format!("{} {} {reason}", offer.binding.help, glyphs.dot);
        spans.push(Span::styled(paint::cell(&text, room, glyphs.ellipsis), theme.dim));
    } else {
        let help = offer.binding.help;
        let matched: Vec<_> = help
            .char_indices()
            .enumerate()
            .filter(|(index, _)| at.binary_search(&(*index as u32)).is_ok())
            .map(|(_, (start, c))| start..start + c.len_utf8())
            .collect();
        let plain = ratatui::style::Style::new();
        spans.extend(paint::highlighted(help, &matched, room, glyphs.ellipsis, plain, theme.matched));
    }
    spans.push(Span::styled(format!("{key:>KEYS$}"), theme.key));
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::keymap::BINDINGS;

    fn palette(commands: &[Command]) -> Palette {
        let offers = BINDINGS.iter().filter(|row| row.context == Context::Tokens && commands.contains(&row.command));
        Palette::new(offers.map(|binding| Offer { binding, key: Some(binding.keys[0]), why_not: None }).collect())
    }

    fn first(palette: &Palette) -> Option<Command> {
        palette.hits.first().map(|hit| palette.offers[hit.offer].binding.command)
    }

    #[test]
    fn a_few_letters_find_a_command_by_what_it_does_or_by_its_word() {
        let mut palette = palette(&[Command::Create, Command::Delete, Command::CopyId]);
        palette.typed.paste("crea");
        palette.field_changed();
        assert_eq!(first(&palette), Some(Command::Create));
        palette.typed.clear();
        palette.typed.paste("new");
        palette.field_changed();
        assert_eq!(first(&palette), Some(Command::Create), "by the footer's word");
        palette.typed.paste("zzz");
        palette.field_changed();
        assert_eq!(first(&palette), None);
    }

    #[test]
    fn of_equals_what_cannot_be_done_comes_last() {
        let mut palette = palette(&[Command::Create, Command::Delete]);
        palette.offers[0].why_not = Some("no".into());
        palette.search();
        assert_eq!(first(&palette), Some(Command::Delete));
    }
}
