//! [`Palette`]: every command that works right now, by its name and by what it does.
//!
//! Invariants: the commands are rows of the table that dispatches keys, so each stands there with its key; one that
//! cannot be done now is shown with the reason and does nothing. A command is found when every typed word begins a word of its name or of
//! what it does, or is in its name.

use std::ops::Range;

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
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

impl Offer {
    /// The command in a word or two, as the configuration file spells it.
    fn verb(&self) -> String {
        <&str>::from(self.binding.command).replace('-', " ")
    }
}

/// An offer the typed words are in, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Hit {
    offer: usize,
    score: u32,
    in_verb: Vec<Range<usize>>,
    in_help: Vec<Range<usize>>,
}

impl Hit {
    /// `None` when a word is not in there. All the texts are ASCII or nearly: what changes its length in lower case is not highlighted.
    fn of(offer: &Offer, at: usize, typed: &str) -> Option<Self> {
        let (verb, help) = (offer.verb(), offer.binding.help.to_lowercase());
        let hint = offer.binding.hint.to_lowercase();
        let mut hit = Self { offer: at, ..Self::default() };
        for word in typed.to_lowercase().split_whitespace() {
            if let Some(start) = verb.find(word) {
                hit.score += if start == 0 { 3 } else { 2 };
                hit.in_verb.push(start..start + word.len());
            } else if let Some(start) = word_start(&help, word) {
                hit.score += 1;
                hit.in_help.push(start..start + word.len());
            } else {
                // The footer's word for it, which need not be in either.
                word_start(&hint, word)?;
                hit.score += 1;
            }
        }
        for ranges in [&mut hit.in_verb, &mut hit.in_help] {
            ranges.sort_by_key(|range| range.start);
            ranges.dedup_by(|next, last| next.start < last.end);
        }
        Some(hit)
    }
}

/// Where a word of the text begins so.
fn word_start(text: &str, word: &str) -> Option<usize> {
    let begins = |at: &usize| !text.get(..*at).unwrap_or_default().ends_with(char::is_alphanumeric);
    text.match_indices(word).map(|(at, _)| at).find(begins)
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
        let typed = self.typed.text();
        let hits = self.offers.iter().enumerate().filter_map(|(at, offer)| Hit::of(offer, at, typed));
        self.hits = hits.collect();
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
        let width = screen.width.saturating_sub(6).min(84);
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
        self.cursor.scrollbar(frame, Rect { x: inside.right() + 1, width: 1, ..list }, self.hits.len(), theme);
        let verbs = self.offers.iter().map(|offer| offer.verb().len()).max().unwrap_or_default().min(columns / 3);
        for (row, at) in list.rows().zip(shown) {
            let hit = &self.hits[at];
            frame.render_widget(line(&self.offers[hit.offer], hit, verbs, theme, columns), row);
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

fn line(offer: &Offer, hit: &Hit, verbs: usize, theme: &Theme, columns: usize) -> Line<'static> {
    let glyphs = &theme.glyphs;
    let key = offer.key.map(|key| key.to_string()).unwrap_or_default();
    let room = columns.saturating_sub(verbs + 3 + KEYS);
    let (verb_style, help_style) =
        if offer.why_not.is_some() { (theme.dim, theme.dim) } else { (theme.title, Style::new()) };
    let mut spans = vec![Span::raw(" ")];
    spans.extend(paint::highlighted(&offer.verb(), &hit.in_verb, verbs, glyphs.ellipsis, verb_style, theme.matched));
    spans.push(Span::raw("  "));
    let help = offer.binding.help;
    match &offer.why_not {
        Some(reason) => {
            let text = format!("{} {reason}", glyphs.dot);
            spans.push(Span::styled(paint::cell(&text, room, glyphs.ellipsis), theme.dim));
        }
        None => spans.extend(paint::highlighted(help, &hit.in_help, room, glyphs.ellipsis, help_style, theme.matched)),
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
    fn the_start_of_a_word_finds_a_command_by_its_name_or_by_what_it_does() {
        let mut palette = palette(&[Command::Create, Command::Delete, Command::CopyId]);
        palette.typed.paste("crea");
        palette.field_changed();
        assert_eq!(first(&palette), Some(Command::Create));
        palette.typed.clear();
        palette.typed.paste("new");
        palette.field_changed();
        assert_eq!(first(&palette), Some(Command::Create), "by the footer's word");
        for nothing in ["newzzz", "ctk", "oken"] {
            palette.typed.clear();
            palette.typed.paste(nothing);
            palette.field_changed();
            assert_eq!(first(&palette), None, "{nothing}: letters with gaps, or inside a word, are no match");
        }
    }

    #[test]
    fn of_equals_what_cannot_be_done_comes_last() {
        let mut palette = palette(&[Command::Create, Command::Delete]);
        palette.offers[0].why_not = Some("no".into());
        palette.search();
        assert_eq!(first(&palette), Some(Command::Delete));
    }
}
