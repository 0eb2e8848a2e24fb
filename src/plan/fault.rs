//! [`Fault`]: what is wrong with a file of tokens, and where.

use std::fmt;

use serde::Serialize;

use crate::{token::decoded::scrub, untrusted::shown};

/// Something wrong at a place of the file. The message is ready to show: foreign text in it is harmless, and a token value is not in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl Fault {
    /// A fault at a place.
    pub fn new(place: Place, message: impl AsRef<str>) -> Self {
        Self { line: place.line, column: place.column, message: shown(&scrub(message.as_ref())).into_owned() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

/// A place in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

/// A text that knows its lines.
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    /// Bytes before each line.
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, lines: std::iter::once(0).chain(ends).collect() }
    }

    /// The place after so many bytes.
    pub(super) fn place(&self, at: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= at.min(self.text.len()));
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..).unwrap_or_default().char_indices();
        Place { line, column: before.take_while(|(offset, _)| start + offset < at).count() + 1 }
    }

    /// A fault after so many bytes.
    pub(super) fn fault(&self, at: usize, message: impl AsRef<str>) -> Fault {
        Fault::new(self.place(at), message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_characters_are_counted_from_one() {
        let source = Source::new("a\nbé c\n");
        for (at, line, column) in [(0, 1, 1), (2, 2, 1), (3, 2, 2), (5, 2, 3), (6, 2, 4), (8, 3, 1), (99, 3, 1)] {
            assert_eq!(source.place(at), Place { line, column }, "{at}");
        }
    }

    #[test]
    fn a_message_holds_no_control_characters_and_no_token() {
        let value = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZmFrZTAwMDAwMDAwMDAwMDAwMDAwMDAifQ.fakefakefakefakefakefa";
        let fault = Fault::new(Place::default(), format!("\u{1b}[31m {value}"));
        assert!(!fault.message.contains('\u{1b}') && !fault.message.contains("fakefake"), "{fault}");
    }
}
