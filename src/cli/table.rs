//! [`Table`]: rows under titles, aligned by the columns characters take, cut to the terminal's width.
//!
//! Invariants: whatever a cell is made of, nothing a terminal would obey comes out (each goes through
//! [`untrusted::shown`]); no line is wider than asked for, as long as the titles of the rigid columns fit;
//! lines do not end in blanks.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::styles::Styles;
use crate::{text, token::lint::Severity, untrusted};

/// Blanks between two columns.
const GAP: usize = 2;

/// The narrowest a column is cut to.
const NARROWEST: usize = 8;

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its title.
    pub title: &'static str,
    /// Numbers stand to the right.
    pub is_number: bool,
    /// Whether its texts may be cut to make the table fit.
    pub is_elastic: bool,
}

impl Column {
    /// Texts that are never cut.
    pub const fn rigid(title: &'static str) -> Self {
        Self { title, is_number: false, is_elastic: false }
    }

    /// Numbers.
    pub const fn number(title: &'static str) -> Self {
        Self { title, is_number: true, is_elastic: false }
    }

    /// Texts that are cut where there is no room.
    pub const fn elastic(title: &'static str) -> Self {
        Self { title, is_number: false, is_elastic: true }
    }
}

/// How a cell looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Like text.
    #[default]
    Plain,
    /// It matters less.
    Faint,
    /// It wants attention.
    Warning,
    /// It is wrong.
    Error,
    /// It is as it should be.
    Good,
}

/// A text in a row.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A text in a tone.
    pub fn new(text: impl AsRef<str>, tone: Tone) -> Self {
        Self { text: untrusted::shown(text.as_ref()).into_owned(), tone }
    }

    /// How much a finding matters.
    pub fn of_severity(severity: Severity) -> Self {
        let tone = match severity {
            Severity::Error => Tone::Error,
            Severity::Warning => Tone::Warning,
            Severity::Advice | Severity::Note => Tone::Plain,
        };
        Self::new(severity.word(), tone)
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text, Tone::Plain)
    }
}

/// Rows under titles.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table.
    pub fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    /// Adds a row; it has a cell for each column.
    pub fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        let cells = cells.into();
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        self.rows.push(cells);
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, at most `width` columns wide where that is given.
    pub fn render(&self, width: Option<usize>, styles: Styles) -> String {
        let widths = self.widths(width);
        let mut out = String::new();
        let mut titles = String::new();
        for (column, width) in self.columns.iter().zip(&widths) {
            push(&mut titles, column.title, *width, column.is_number);
        }
        // Blanks that end a line help nobody and wrap in narrow terminals.
        writeln!(out, "{}", styles.title(titles.trim_end())).expect("a string takes everything");
        for row in &self.rows {
            let mut gap = 0;
            for ((cell, column), width) in row.iter().zip(&self.columns).zip(&widths) {
                let text = text::fit(&cell.text, *width, "…");
                let free = width.saturating_sub(text.width());
                let (before, after) = if column.is_number { (free, 0) } else { (0, free) };
                if text.is_empty() {
                    gap += width + GAP;
                } else {
                    out.extend(std::iter::repeat_n(' ', gap + before));
                    gap = 0;
                    paint(&mut out, styles, cell.tone, text);
                    gap += after + GAP;
                }
            }
            out.push('\n');
        }
        out
    }

    /// One line a row, each cell with its title: for ears rather than eyes.
    pub fn linear(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let mut separator = "";
            for (cell, column) in row.iter().zip(&self.columns).filter(|(cell, _)| !cell.text.is_empty()) {
                write!(out, "{separator}{}: {}", column.title.to_lowercase(), cell.text)
                    .expect("a string takes everything");
                separator = "; ";
            }
            out.push('\n');
        }
        out
    }

    /// How wide each column is: as its widest text, the elastic ones cut by turns until all fits.
    fn widths(&self, width: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<_> = self.columns.iter().map(|column| column.title.width()).collect();
        for row in &self.rows {
            for (cell, width) in row.iter().zip(&mut widths) {
                *width = cell.text.width().max(*width);
            }
        }
        let Some(limit) = width else { return widths };
        let gaps = GAP * widths.len().saturating_sub(1);
        let mut surplus = (widths.iter().sum::<usize>() + gaps).saturating_sub(limit);
        while surplus > 0 {
            let elastic = self.columns.iter().zip(&mut widths).filter(|(column, _)| column.is_elastic);
            let Some(widest) = elastic.map(|(_, width)| width).max() else { break };
            if *widest <= NARROWEST {
                break;
            }
            *widest -= 1;
            surplus -= 1;
        }
        widths
    }
}

fn paint(out: &mut String, styles: Styles, tone: Tone, text: std::borrow::Cow<'_, str>) {
    match tone {
        Tone::Plain => {
            out.push_str(&text);
            Ok(())
        }
        Tone::Faint => write!(out, "{}", styles.faint(text)),
        Tone::Warning => write!(out, "{}", styles.warning(text)),
        Tone::Error => write!(out, "{}", styles.error(text)),
        Tone::Good => write!(out, "{}", styles.good(text)),
    }
    .expect("a string takes everything");
}

fn push(out: &mut String, text: &str, width: usize, is_number: bool) {
    let blanks = std::iter::repeat_n(' ', width.saturating_sub(text.width()));
    if is_number {
        out.extend(blanks);
        out.push_str(text);
    } else {
        out.push_str(text);
        out.extend(blanks);
    }
    out.extend(std::iter::repeat_n(' ', GAP));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(rows: &[[&str; 3]]) -> Table {
        let mut table = Table::new([Column::elastic("NAME"), Column::number("SCOPES"), Column::rigid("ID")]);
        for row in rows {
            table.row(row.map(Cell::from));
        }
        table
    }

    #[test]
    fn columns_are_as_wide_as_they_look() {
        let text = table(&[["東京", "2", "a"], ["Checkout", "12", "b"]]).render(None, Styles::default());
        assert_eq!(text, "NAME      SCOPES  ID\n東京           2  a\nCheckout      12  b\n");
    }

    #[test]
    fn names_are_cut_to_the_terminals_width_and_ids_are_not() {
        let text = table(&[["A rather long name for a token", "2", "cmabc"]]).render(Some(30), Styles::default());
        assert_eq!(text.lines().nth(1), Some("A rather long…        2  cmabc"));
    }

    #[test]
    fn a_name_with_control_characters_obeys_nobody() {
        let text = table(&[["\u{1b}]52;c;eA==\u{7}", "1", "x\ny"]]).render(None, Styles::default());
        assert!(text.chars().all(|c| !c.is_control() || c == '\n'));
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn lines_for_ears_name_what_they_say() {
        assert_eq!(table(&[["Checkout", "2", ""]]).linear(), "name: Checkout; scopes: 2\n");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal(names in prop::collection::vec(any::<String>(), 1..8), width in 24_usize..120) {
            let mut table = table(&[]);
            for name in &names {
                table.row([Cell::from(name), "12".into(), "cmabc".into()]);
            }
            let text = table.render(Some(width), Styles::default());
            prop_assert_eq!(text.lines().count(), names.len() + 1);
            for line in text.lines() {
                prop_assert!(line.width() <= width, "{} columns: {:?}", line.width(), line);
                prop_assert!(!line.ends_with(' '));
            }
        }
    }
}
