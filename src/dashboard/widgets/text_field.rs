//! [`TextField`]: one line of text being edited.
//!
//! Our own because the unit here is the grapheme (an emoji is one step and one backspace), pasted text is cleaned of
//! line breaks and control characters, edits can be undone, and the memory of a field can hold a file name or a name that
//! is nobody's business after it closes. Invariants: the caret is at a grapheme boundary.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::{Modifier, Style},
    text::{Line, Span},
};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation as _};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    dashboard::{
        key::{Key, KeyCode},
        theme::Theme,
    },
    untrusted,
};

/// Steps that can be undone.
const HISTORY: usize = 100;

/// An editable line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextField {
    text: String,
    /// Byte offset, at a grapheme boundary.
    caret: usize,
    undo: Vec<(String, usize)>,
    redo: Vec<(String, usize)>,
    /// Whether the last edit was a typed character, so that a run of them is one undo step.
    is_typing: bool,
}

impl TextField {
    /// A field that starts with a text, the caret behind it.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { caret: text.len(), text, ..Self::default() }
    }

    /// What is in it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Empties it; can be undone.
    pub fn clear(&mut self) {
        self.edit(|text, caret| {
            text.clear();
            *caret = 0;
        });
    }

    /// Takes a key that no binding wanted. Says whether it meant anything here.
    pub fn key(&mut self, key: Key) -> bool {
        if let Some(c) = key.text() {
            let goes_on = self.is_typing && !c.is_whitespace();
            if !goes_on {
                self.remember();
            }
            self.text.insert(self.caret, c);
            self.caret += c.len_utf8();
            self.snap();
            self.is_typing = true;
            return true;
        }
        let word = key.alt || key.ctrl;
        match (key.code, key.ctrl) {
            (KeyCode::Left, _) => self.go(if word { self.word_start() } else { self.before() }),
            (KeyCode::Right, _) => self.go(if word { self.word_end() } else { self.after() }),
            (KeyCode::Home, _) | (KeyCode::Char('a'), true) => self.go(0),
            (KeyCode::End, _) | (KeyCode::Char('e'), true) => self.go(self.text.len()),
            (KeyCode::Char('b'), true) => self.go(self.before()),
            (KeyCode::Char('f'), true) => self.go(self.after()),
            (KeyCode::Backspace, _) if word => self.cut(self.word_start(), self.caret),
            (KeyCode::Char('w'), true) => self.cut(self.word_start(), self.caret),
            (KeyCode::Backspace, _) | (KeyCode::Char('h'), true) => self.cut(self.before(), self.caret),
            (KeyCode::Delete, _) | (KeyCode::Char('d'), true) => self.cut(self.caret, self.after()),
            (KeyCode::Char('u'), true) => self.cut(0, self.caret),
            (KeyCode::Char('k'), true) => self.cut(self.caret, self.text.len()),
            _ => return false,
        }
        true
    }

    /// Takes a pasted text: line breaks and tabs become blanks, other control characters are dropped.
    pub fn paste(&mut self, pasted: &str) {
        let clean: String = pasted
            .trim_end_matches(['\r', '\n'])
            .replace("\r\n", " ")
            .chars()
            .map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c })
            .filter(|c| !c.is_control())
            .collect();
        self.edit(|text, caret| {
            text.insert_str(*caret, &clean);
            *caret += clean.len();
        });
    }

    /// Takes back the last edit.
    pub fn undo(&mut self) {
        Self::travel(&mut self.undo, &mut self.redo, &mut self.text, &mut self.caret);
        self.is_typing = false;
    }

    /// Makes the last undone edit again.
    pub fn redo(&mut self) {
        Self::travel(&mut self.redo, &mut self.undo, &mut self.text, &mut self.caret);
        self.is_typing = false;
    }

    /// Draws it on one line, scrolled so that the caret is visible, and puts the terminal's cursor there when focused (that
    /// is where input methods show what is being composed).
    pub fn render(&self, frame: &mut Frame, area: Rect, style: Style, is_focused: bool) {
        if area.is_empty() {
            return;
        }
        let columns = usize::from(area.width);
        let before = untrusted::shown(self.text.get(..self.caret).unwrap_or_default()).into_owned();
        let after = untrusted::shown(self.text.get(self.caret..).unwrap_or_default()).into_owned();
        // One column is kept for the caret behind the last character.
        let mut start = 0;
        let mut visible = before.width();
        for (at, grapheme) in before.grapheme_indices(true) {
            if visible < columns {
                break;
            }
            visible -= grapheme.width();
            start = at + grapheme.len();
        }
        let mut text = before.get(start..).unwrap_or_default().to_owned();
        text.push_str(&after);
        let text = super::paint::cell(super::paint::head(&text, columns), columns, "");
        frame.render_widget(Line::from(Span::styled(text, style)), Rect { height: 1, ..area });
        if is_focused {
            let column = area.x + u16::try_from(visible).unwrap_or(area.width).min(area.width - 1);
            frame.set_cursor_position(Position::new(column, area.y));
        }
    }

    /// Draws it as a field of a form: bright and underlined where the keys go, plain elsewhere; `empty` says what belongs there.
    pub fn render_in_form(&self, frame: &mut Frame, area: Rect, theme: &Theme, is_focused: bool, empty: &str) {
        let style = if is_focused { theme.field.add_modifier(Modifier::BOLD) } else { Style::new() };
        self.render(frame, area, style, is_focused);
        if self.text.is_empty() && !is_focused {
            let text = super::paint::fit(empty, usize::from(area.width), theme.glyphs.ellipsis).into_owned();
            frame.render_widget(Line::styled(text, theme.dim), area);
        }
    }

    fn travel(from: &mut Vec<(String, usize)>, to: &mut Vec<(String, usize)>, text: &mut String, caret: &mut usize) {
        if let Some((old_text, old_caret)) = from.pop() {
            to.push((std::mem::replace(text, old_text), std::mem::replace(caret, old_caret)));
        }
    }

    fn remember(&mut self) {
        if self.undo.len() == HISTORY {
            self.undo.remove(0);
        }
        self.undo.push((self.text.clone(), self.caret));
        self.redo.clear();
    }

    fn edit(&mut self, change: impl FnOnce(&mut String, &mut usize)) {
        self.remember();
        change(&mut self.text, &mut self.caret);
        self.snap();
        self.is_typing = false;
    }

    fn cut(&mut self, from: usize, to: usize) {
        if from < to {
            self.edit(|text, caret| {
                text.replace_range(from..to, "");
                *caret = from;
            });
        }
    }

    fn go(&mut self, to: usize) {
        self.caret = to;
        self.is_typing = false;
    }

    /// Typing a mark or a joiner can merge what stands around the caret into one grapheme.
    fn snap(&mut self) {
        self.caret = self.boundary(self.caret);
    }

    /// The place itself if it is a grapheme boundary, else the next one.
    fn boundary(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        if cursor.is_boundary(&self.text, 0).unwrap_or(true) {
            return at;
        }
        cursor.next_boundary(&self.text, 0).ok().flatten().unwrap_or(self.text.len())
    }

    fn before(&self) -> usize {
        GraphemeCursor::new(self.caret, self.text.len(), true).prev_boundary(&self.text, 0).ok().flatten().unwrap_or(0)
    }

    fn after(&self) -> usize {
        let next = GraphemeCursor::new(self.caret, self.text.len(), true).next_boundary(&self.text, 0);
        next.ok().flatten().unwrap_or(self.text.len())
    }

    fn word_start(&self) -> usize {
        let before = self.text.get(..self.caret).unwrap_or_default();
        // A word may begin or end inside what a person takes for one character.
        before.unicode_word_indices().next_back().map_or(0, |(at, _)| self.boundary(at))
    }

    fn word_end(&self) -> usize {
        let after = self.text.get(self.caret..).unwrap_or_default();
        after
            .unicode_word_indices()
            .next()
            .map_or(self.text.len(), |(at, word)| self.boundary(self.caret + at + word.len()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn typed(text: &str) -> TextField {
        let mut field = TextField::default();
        for c in text.chars() {
            assert!(field.key(Key::char(c)));
        }
        field
    }

    #[test]
    fn one_backspace_removes_one_visible_character() {
        let mut field = TextField::new("map 👩‍🚒");
        field.key(KeyCode::Backspace.into());
        assert_eq!(field.text(), "map ");
        field.key(KeyCode::Left.into());
        field.key(Key::char('s'));
        assert_eq!(field.text(), "maps ");
    }

    #[test]
    fn words_are_jumped_over_and_cut() {
        let mut field = TextField::new("one two three");
        field.key(Key::ctrl('w'));
        assert_eq!(field.text(), "one two ");
        field.key(Key { ctrl: true, ..KeyCode::Left.into() });
        field.key(Key::ctrl('k'));
        assert_eq!(field.text(), "one ");
    }

    #[test]
    fn typing_is_undone_word_by_word_and_redone() {
        let mut field = typed("one two");
        field.undo();
        assert_eq!(field.text(), "one");
        field.undo();
        assert_eq!(field.text(), "");
        field.undo();
        field.redo();
        field.redo();
        assert_eq!(field.text(), "one two");
    }

    #[test]
    fn a_paste_stays_on_one_line_and_carries_no_controls() {
        let mut field = TextField::default();
        field.paste("Night\r\nuploads\u{1b}[31m\t!\n");
        assert_eq!(field.text(), "Night uploads[31m !");
        field.undo();
        assert_eq!(field.text(), "");
    }

    #[test]
    fn a_word_that_ends_inside_a_character_is_left_behind_it() {
        let mut field = TextField::new("\u{10a0c}ำ");
        field.key(KeyCode::Home.into());
        field.key(Key { ctrl: true, ..KeyCode::Right.into() });
        assert_eq!(field.caret, field.text.len());
    }

    proptest! {
        #[test]
        fn the_caret_never_leaves_a_boundary(keys in prop::collection::vec(0usize..14, 0..80), text in "\\PC{0,12}") {
            let mut field = TextField::new(text);
            for key in keys {
                let key = match key {
                    0 => KeyCode::Left.into(),
                    1 => KeyCode::Right.into(),
                    2 => KeyCode::Backspace.into(),
                    3 => KeyCode::Delete.into(),
                    4 => Key::char('\u{200d}'),
                    5 => Key::char('\u{301}'),
                    6 => Key::char('👩'),
                    7 => Key::ctrl('w'),
                    8 => { field.undo(); continue }
                    9 => { field.redo(); continue }
                    10 => Key { ctrl: true, ..KeyCode::Left.into() },
                    11 => Key { ctrl: true, ..KeyCode::Right.into() },
                    12 => Key::char(' '),
                    _ => Key::char('x'),
                };
                field.key(key);
                prop_assert!(field.text.is_char_boundary(field.caret));
                let mut cursor = GraphemeCursor::new(field.caret, field.text.len(), true);
                prop_assert_eq!(cursor.is_boundary(&field.text, 0), Ok(true));
            }
        }
    }
}
