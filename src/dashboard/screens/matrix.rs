//! [`Matrix`]: who can do what: a row for each token, a column for each thing in the account, and in it a letter for each
//! scope the token holds, as file permissions are written.
//!
//! ```text
//!                        Public               Secret
//!                        styles  fonts        tokens  uploads
//! Default public token   rt      r            ··      ···
//! Nightly uploads        ··      ·            ··      rlw
//! ```
//!
//! Invariants: a letter stands for one scope of its column; only rows and columns that are seen are laid out.

use std::collections::BTreeMap;

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::overview::MATRIX;
use crate::{
    dashboard::{
        action::Action,
        command::Command,
        keymap::Context,
        modals::fix,
        summary::{Group, Summary},
        view::View,
        widgets::{
            chart, dialog,
            list_cursor::{ListCursor, beside},
            paint,
        },
    },
    token::Token,
};

/// The pane.
#[derive(Debug, Default)]
pub struct Matrix {
    cursor: ListCursor,
    /// The first column that is seen.
    first: usize,
    /// The first column with which the last one is still seen.
    furthest: usize,
}

/// Columns of one group, with the blanks behind it.
fn width(group: &Group) -> usize {
    paint::width(&group.about).max(group.scopes.len()) + 2
}

impl Matrix {
    /// Does what a command says.
    pub fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        let tokens = view.store.tokens();
        if self.cursor.update(command, tokens.len()) {
            return Vec::new();
        }
        match command {
            Command::Right => self.first = (self.first + 1).min(self.furthest),
            Command::Left => self.first = self.first.saturating_sub(1),
            Command::Enter => {
                let token = tokens.get(self.cursor.row());
                return token.map(|token| Action::Show(token.id.clone())).into_iter().collect();
            }
            Command::FixFinding => {
                return tokens.get(self.cursor.row()).map(|token| fix::ask(token, view)).unwrap_or_default();
            }
            _ => {}
        }
        Vec::new()
    }

    /// A click selects a token; one on the token that is selected leads to it.
    pub(super) fn click(&mut self, at: usize, was_here: bool, view: View) -> Vec<Action> {
        let was_here = was_here && at == self.cursor.row();
        self.cursor.go(at);
        if was_here { self.update(Command::Enter, view) } else { Vec::new() }
    }

    /// Draws the pane.
    pub fn render(&mut self, frame: &mut Frame, area: Rect, view: View, summary: &Summary, is_focused: bool) {
        let theme = view.theme;
        let glyphs = &theme.glyphs;
        let border = if is_focused { theme.border_focused } else { theme.border };
        let columns = usize::from(area.width.saturating_sub(4));
        let name = (columns / 3).clamp(8, 32);
        let groups = self.scroll(&summary.groups, columns.saturating_sub(name + 2));
        let mut block = dialog::framed(theme, border).title(Span::styled(" Who can do what ", theme.title));
        if groups.len() < summary.groups.len() {
            let (from, to) = (self.first + 1, self.first + groups.len());
            let key = |command| view.keys.name(Context::Matrix, command);
            let (left, right) = (key(Command::Left), key(Command::Right));
            let more = format!(" {from} to {to} of {}, {left} and {right} ", summary.groups.len());
            block = block.title(Line::styled(more, theme.dim).right_aligned());
        }
        let inside = block.inner(area);
        frame.render_widget(block, area);
        if inside.height < 4 || summary.groups.is_empty() {
            return;
        }
        let mut rows = inside.rows().map(|row| Rect { x: row.x + 1, width: row.width.saturating_sub(1), ..row });
        for line in heading(groups, view, name) {
            let Some(row) = rows.next() else { return };
            frame.render_widget(line, row);
        }
        let legend = inside.height >= 8;
        let height = usize::from(inside.height) - 2 - 2 * usize::from(legend);
        let shown = self.cursor.show(view.store.tokens().len(), height);
        let top = inside.y + 2;
        let list = Rect { y: top, height: (height as u16).min(inside.bottom().saturating_sub(top)), ..inside };
        view.clicks.rows(list, MATRIX, shown.start);
        self.cursor.scrollbar(frame, beside(area, list), view.store.tokens().len(), theme);
        let tokens = view.store.tokens();
        for (row, at) in rows.zip(shown) {
            let Some(token) = tokens.get(at) else { continue };
            frame.render_widget(line(token, groups, view, name), row);
            if at == self.cursor.row() {
                let row = Rect { x: inside.x, width: inside.width, ..row };
                let style = if is_focused { theme.selection } else { theme.selection_unfocused };
                frame.buffer_mut().set_style(row, style);
                if is_focused {
                    frame.set_cursor_position((row.x, row.y));
                }
            }
        }
        if legend {
            let row =
                Rect { x: inside.x + 1, y: inside.bottom() - 1, width: inside.width.saturating_sub(2), height: 1 };
            let text = letters(groups).into_iter().map(|(letter, action)| format!("{letter} {action}"));
            let text = text.collect::<Vec<_>>().join(&format!(" {} ", glyphs.dot));
            let text = paint::fit(&text, usize::from(row.width), glyphs.ellipsis).into_owned();
            frame.render_widget(Line::styled(text, theme.dim), row);
        }
    }

    /// The groups that are seen in `room` columns.
    fn scroll<'a>(&mut self, groups: &'a [Group], room: usize) -> &'a [Group] {
        let fits = |groups: &mut dyn Iterator<Item = &Group>| {
            let mut used = 0;
            groups
                .take_while(|group| {
                    used += width(group);
                    // The blanks behind the last one may be cut off.
                    used <= room + 2
                })
                .count()
                .max(1)
        };
        self.furthest = groups.len().saturating_sub(fits(&mut groups.iter().rev()));
        self.first = self.first.min(self.furthest);
        let from_first = groups.get(self.first..).unwrap_or_default();
        let count = fits(&mut from_first.iter()).min(from_first.len());
        from_first.get(..count).unwrap_or_default()
    }
}

/// Two lines: which columns are public and secret, and what they are about.
fn heading(groups: &[Group], view: View, name: usize) -> [Line<'static>; 2] {
    let theme = view.theme;
    let mut kinds = vec![Span::raw(" ".repeat(name + 2))];
    let mut abouts = vec![Span::raw(" ".repeat(name + 2))];
    let mut kind = None;
    for group in groups {
        let is_first = kind != Some(group.is_public);
        kind = Some(group.is_public);
        let (word, style) = if group.is_public { ("Public", theme.public) } else { ("Secret", theme.secret) };
        let word = if is_first { word } else { "" };
        let width = width(group);
        kinds.push(Span::styled(paint::cell(word, width, ""), style.patch(theme.title)));
        abouts.push(Span::styled(paint::cell(&group.about, width, ""), theme.label));
    }
    [Line::from(kinds), Line::from(abouts)]
}

fn line(token: &Token, groups: &[Group], view: View, name: usize) -> Line<'static> {
    let theme = view.theme;
    let mut spans = vec![Span::raw(paint::cell(&token.name(), name, theme.glyphs.ellipsis)), Span::raw("  ")];
    for group in groups {
        let style = if group.is_public { theme.public } else { theme.secret };
        for (scope, letter) in &group.scopes {
            if token.scopes.contains(scope) {
                let style = if scope.can_write() { style.patch(theme.title) } else { style };
                spans.push(Span::styled(letter.to_string(), style));
            } else {
                spans.push(Span::styled(theme.glyphs.dot, theme.dim));
            }
        }
        spans.push(Span::raw(" ".repeat(width(group) - group.scopes.len())));
    }
    Line::from(spans)
}

/// What the letters stand for; a letter with several meanings gives them all.
fn letters(groups: &[Group]) -> BTreeMap<char, String> {
    let mut letters: BTreeMap<char, String> = BTreeMap::new();
    for (scope, letter) in groups.iter().flat_map(|group| &group.scopes) {
        let shown = scope.shown();
        let action = shown.split_once(':').map_or(&*shown, |(_, action)| action);
        let words = letters.entry(*letter).or_default();
        if words.is_empty() {
            words.push_str(action);
        } else if !words.split('/').any(|word| word == action) {
            words.push('/');
            words.push_str(action);
        }
    }
    letters
}

/// The whole of it in a word, for where there is no room.
pub fn in_a_word(summary: &Summary) -> String {
    format!("{} can write", chart::grouped(summary.writers))
}
