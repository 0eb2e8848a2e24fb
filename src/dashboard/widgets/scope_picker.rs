//! [`ScopePicker`]: choosing scopes in two groups, public and secret, with what each allows.
//!
//! Used by every form that grants scopes. What always holds: the cursor is on a scope that the filter shows; what is chosen
//! stays chosen while it is filtered away; scopes the authorizing token is known to lack cannot be chosen (the API refuses them).

use std::collections::{BTreeSet, HashSet};

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{paint, text_field::TextField};
use crate::{
    dashboard::{command::Command, theme::Theme},
    token::{Catalogue, Scope, catalogue::ScopeInfo},
};

/// The state of a picker. The catalogue is passed in, for it may arrive or change while the picker is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopePicker {
    chosen: BTreeSet<Scope>,
    cursor: usize,
    filter: TextField,
    is_filtering: bool,
    offset: usize,
    height: usize,
}

/// What `update` did with a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was for the picker.
    Done,
    /// It was for the picker, which could not do it; the reason.
    Refused(String),
    /// It was not for the picker.
    NotMine,
}

enum Row<'a> {
    Heading(&'static str),
    Scope(usize, &'a ScopeInfo),
}

impl ScopePicker {
    /// A picker with some scopes already chosen.
    pub fn new(chosen: impl IntoIterator<Item = Scope>) -> Self {
        Self { chosen: chosen.into_iter().collect(), ..Self::default() }
    }

    /// What is chosen, in alphabetical order.
    pub fn chosen(&self) -> &BTreeSet<Scope> {
        &self.chosen
    }

    /// The filter while it is being typed.
    pub fn filter_field(&mut self) -> Option<&mut TextField> {
        self.is_filtering.then_some(&mut self.filter)
    }

    /// Whether the filter is being typed.
    pub fn is_filtering(&self) -> bool {
        self.is_filtering
    }

    /// To be called after the filter's text changed.
    pub fn filter_changed(&mut self) {
        self.cursor = 0;
    }

    /// Does what a command says. `held` are the scopes of the authorizing token, where they are known.
    pub fn update(&mut self, command: Command, catalogue: &Catalogue, held: Option<&HashSet<Scope>>) -> Outcome {
        let shown = self.shown(catalogue);
        let last = shown.len().saturating_sub(1);
        let page = self.height.max(2) - 1;
        self.cursor = match command {
            Command::Down => (self.cursor + 1).min(last),
            Command::Up => self.cursor.saturating_sub(1),
            Command::First => 0,
            Command::Last => last,
            Command::PageDown => (self.cursor + page).min(last),
            Command::PageUp => self.cursor.saturating_sub(page),
            Command::Toggle => {
                let Some(info) = shown.get(self.cursor) else { return Outcome::Done };
                if !self.chosen.remove(&info.id) {
                    if held.is_some_and(|held| !held.contains(&info.id)) {
                        let reason =
                            format!("the authorizing token lacks {}, so it cannot pass it on", info.id.shown());
                        return Outcome::Refused(reason);
                    }
                    self.chosen.insert(info.id.clone());
                }
                self.cursor
            }
            Command::Filter => {
                self.is_filtering = true;
                self.cursor
            }
            Command::KeepFilter => {
                self.is_filtering = false;
                self.cursor
            }
            Command::ClearFilter => {
                self.is_filtering = false;
                self.filter = TextField::default();
                0
            }
            Command::Back if !self.filter.text().is_empty() => {
                self.filter = TextField::default();
                0
            }
            _ => return Outcome::NotMine,
        };
        Outcome::Done
    }

    fn shown<'a>(&self, catalogue: &'a Catalogue) -> Vec<&'a ScopeInfo> {
        let needle = self.filter.text().trim().to_lowercase();
        let matches = |info: &&ScopeInfo| {
            needle.split_whitespace().all(|word| {
                info.id.id().to_lowercase().contains(word) || info.description.raw().to_lowercase().contains(word)
            })
        };
        catalogue.scopes().iter().filter(matches).collect()
    }

    /// Draws the picker; `held` as in [`Self::update`].
    pub fn render(
        &mut self,
        frame: &mut Frame,
        area: Rect,
        theme: &Theme,
        catalogue: &Catalogue,
        held: Option<&HashSet<Scope>>,
        is_focused: bool,
    ) {
        if area.is_empty() {
            return;
        }
        let mut area = area;
        if self.is_filtering || !self.filter.text().is_empty() {
            let label = Line::from(vec![Span::styled("/", theme.key)]);
            frame.render_widget(label, Rect { height: 1, ..area });
            let field = Rect { x: area.x + 1, width: area.width.saturating_sub(1), height: 1, ..area };
            self.filter.render(frame, field, theme.field, self.is_filtering);
            area = Rect { y: area.y + 1, height: area.height - 1, ..area };
        }
        let shown = self.shown(catalogue);
        if shown.is_empty() {
            frame.render_widget(Line::styled("no scope matches", theme.dim), area);
            return;
        }
        self.cursor = self.cursor.min(shown.len() - 1);
        let mut rows = Vec::with_capacity(shown.len() + 2);
        let mut group = None;
        let mut cursor_row = 0;
        for (at, info) in shown.into_iter().enumerate() {
            if group != Some(info.public) {
                group = Some(info.public);
                rows.push(Row::Heading(if info.public { "Public" } else { "Secret" }));
            }
            if at == self.cursor {
                cursor_row = rows.len();
            }
            rows.push(Row::Scope(at, info));
        }
        self.height = usize::from(area.height);
        // The heading above the first scope of a group comes into view with it.
        let top =
            if cursor_row > 0 && matches!(rows[cursor_row - 1], Row::Heading(_)) { cursor_row - 1 } else { cursor_row };
        if self.offset > top || self.height < 2 {
            self.offset = if self.height < 2 { cursor_row } else { top };
        } else if cursor_row >= self.offset + self.height {
            self.offset = cursor_row + 1 - self.height;
        }
        self.offset = self.offset.min(rows.len().saturating_sub(self.height));
        for (line, row) in (area.y..area.bottom()).zip(rows.iter().skip(self.offset)) {
            let line_area = Rect { y: line, height: 1, ..area };
            match row {
                Row::Heading(title) => frame.render_widget(self.heading(title, theme, catalogue), line_area),
                Row::Scope(at, info) => {
                    let is_cursor = *at == self.cursor;
                    frame.render_widget(self.row(info, theme, held, is_cursor, usize::from(area.width)), line_area);
                    if is_cursor && is_focused {
                        frame.buffer_mut().set_style(line_area, theme.selection);
                    } else if is_cursor {
                        frame.buffer_mut().set_style(line_area, theme.selection_unfocused);
                    }
                    if is_cursor && is_focused && !self.is_filtering {
                        frame.set_cursor_position((area.x + 1, line));
                    }
                }
            }
        }
    }

    fn heading(&self, title: &'static str, theme: &Theme, catalogue: &Catalogue) -> Line<'static> {
        let is_public = title == "Public";
        let style = if is_public { theme.public } else { theme.secret };
        let count = self.chosen.iter().filter(|scope| catalogue.is_public(scope) == is_public).count();
        let note = match (is_public, count) {
            (true, 0) => " for tokens anyone may see".to_owned(),
            (false, 0) => " one of these makes the token secret".to_owned(),
            (_, count) => format!(" {count} chosen"),
        };
        Line::from(vec![Span::styled(title, style.patch(theme.title)), Span::styled(note, theme.dim)])
    }

    fn row(
        &self,
        info: &ScopeInfo,
        theme: &Theme,
        held: Option<&HashSet<Scope>>,
        is_cursor: bool,
        columns: usize,
    ) -> Line<'static> {
        let glyphs = &theme.glyphs;
        let is_chosen = self.chosen.contains(&info.id);
        let is_lacking = held.is_some_and(|held| !held.contains(&info.id));
        let id_width = (columns / 2).clamp(8, 20);
        let mark = if is_chosen { glyphs.chosen.0 } else { glyphs.chosen.1 };
        let id_style = match (is_lacking, info.public) {
            (true, _) => theme.dim,
            (false, true) => theme.public,
            (false, false) => theme.secret,
        };
        let text = if is_lacking { "not held by the authorizing token".into() } else { info.description.shown() };
        Line::from(vec![
            Span::styled(if is_cursor { glyphs.cursor } else { " " }, theme.title),
            Span::raw(format!("{mark} ")),
            Span::styled(paint::cell(&info.id.shown(), id_width, glyphs.ellipsis), id_style),
            Span::raw(" "),
            Span::styled(
                paint::fit(&text, columns.saturating_sub(id_width + 6), glyphs.ellipsis).into_owned(),
                theme.dim,
            ),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_the_authorizing_token_lacks_cannot_be_chosen_and_says_why() {
        let catalogue = Catalogue::bundled();
        let held = HashSet::from([Scope::from("styles:tiles")]);
        let mut picker = ScopePicker::default();
        assert_eq!(picker.update(Command::Toggle, &catalogue, Some(&held)), Outcome::Done);
        picker.update(Command::Down, &catalogue, Some(&held));
        let outcome = picker.update(Command::Toggle, &catalogue, Some(&held));
        assert!(matches!(outcome, Outcome::Refused(reason) if reason.contains("styles:read")));
        assert_eq!(picker.chosen(), &BTreeSet::from([Scope::from("styles:tiles")]));
    }

    #[test]
    fn what_is_chosen_stays_chosen_while_it_is_filtered_away() {
        let catalogue = Catalogue::bundled();
        let mut picker = ScopePicker::default();
        picker.update(Command::Toggle, &catalogue, None);
        picker.update(Command::Filter, &catalogue, None);
        picker.filter_field().expect("filtering").paste("uploads");
        picker.filter_changed();
        picker.update(Command::KeepFilter, &catalogue, None);
        picker.update(Command::Toggle, &catalogue, None);
        assert_eq!(picker.chosen().len(), 2);
        assert_eq!(picker.update(Command::Back, &catalogue, None), Outcome::Done, "clears the filter first");
        assert_eq!(picker.update(Command::Back, &catalogue, None), Outcome::NotMine, "then leaves");
    }
}
