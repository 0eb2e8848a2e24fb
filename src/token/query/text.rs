//! [`Text`]: a piece of text to look for, in the fuzzy way or literally, without regard to case.

use std::ops::Range;

use nucleo_matcher::{
    Utf32Str,
    pattern::{Atom, AtomKind, CaseMatching, Normalization},
};
use unicode_segmentation::UnicodeSegmentation as _;

use super::Matcher;

/// What to look for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Text {
    /// Letters in this order, with gaps allowed; accents on the other side do not matter.
    Fuzzy { typed: Box<str>, atom: Atom },
    /// These letters in a row; in lower case, never empty. (Not by nucleo: in text beyond ASCII its search for substrings, in 0.3.1,
    /// overlooks one that stands at the very end.)
    Literal(Box<str>),
}

/// What a letter in a row is worth, in nucleo's currency, and the first letter of a word.
const LETTER: usize = 20;
const WORD_START: usize = 10;

/// Letters that are looked for with gaps. Nucleo's score has sixteen bits, which a few thousand letters that match would fill.
const LONGEST: usize = 500;

impl Text {
    /// What is too long to have been typed is looked for as it stands.
    pub(super) fn fuzzy(typed: &str) -> Self {
        if typed.len() > LONGEST {
            return Self::literal(typed);
        }
        let atom = Atom::new(typed, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy, false);
        Self::Fuzzy { typed: typed.into(), atom }
    }

    pub(super) fn literal(typed: &str) -> Self {
        Self::Literal(typed.to_lowercase().into())
    }

    /// How well a text matches; `None` not at all.
    pub(super) fn score(&self, matcher: &mut Matcher, text: &str) -> Option<u32> {
        match self {
            Self::Fuzzy { atom, .. } => {
                atom.score(Utf32Str::new(text, &mut matcher.characters), &mut matcher.fuzzy).map(u32::from)
            }
            Self::Literal(wanted) => {
                let at = occurrences(text, wanted).next()?.start;
                let before = text.get(..at).and_then(|before| before.chars().next_back());
                let bonus = if before.is_none_or(|c| !c.is_alphanumeric()) { WORD_START } else { 0 };
                u32::try_from(wanted.len().saturating_mul(LETTER) + bonus).ok()
            }
        }
    }

    /// What is looked for.
    pub(super) fn typed(&self) -> &str {
        let (Self::Fuzzy { typed, .. } | Self::Literal(typed)) = self;
        typed
    }

    /// Whether a text holds it literally, whichever way it is meant.
    pub(super) fn is_within(&self, text: &str) -> bool {
        occurrences(text, self.typed()).next().is_some()
    }

    /// Adds the byte ranges of a text that match.
    pub(super) fn find(&self, matcher: &mut Matcher, text: &str, ranges: &mut Vec<Range<usize>>) {
        match self {
            Self::Literal(wanted) => ranges.extend(occurrences(text, wanted)),
            Self::Fuzzy { atom, .. } => {
                let mut hits = Vec::new();
                atom.indices(Utf32Str::new(text, &mut matcher.characters), &mut matcher.fuzzy, &mut hits);
                hits.sort_unstable();
                // A hit is the number of a grapheme (of a byte where all is ASCII, which is the same).
                let graphemes = text.grapheme_indices(true).zip(0..).filter(|(_, at)| hits.binary_search(at).is_ok());
                ranges.extend(graphemes.map(|((start, grapheme), _)| start..start + grapheme.len()));
            }
        }
    }

    /// Whether a text that has this certainly has the other: it continues where the other ends.
    pub(super) fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fuzzy { typed, .. }, Self::Fuzzy { typed: others, .. }) => typed.starts_with(&**others),
            (Self::Literal(own), Self::Literal(others)) => own.starts_with(&**others),
            _ => false,
        }
    }
}

/// Where a text has these letters (given in lower case) in a row, without regard to case.
fn occurrences<'a>(text: &'a str, wanted: &'a str) -> impl Iterator<Item = Range<usize>> {
    let first = wanted.chars().next();
    // Nearly every place is ruled out by its first letter.
    let starts = text.char_indices().filter(move |(_, c)| !c.is_ascii() || Some(c.to_ascii_lowercase()) == first);
    starts.filter_map(move |(start, _)| Some(start..start + length_of_match(text.get(start..)?, wanted)?))
}

/// How many bytes of the start of a text are these letters; `None` when it does not start with them.
fn length_of_match(text: &str, wanted: &str) -> Option<usize> {
    let mut wanted = wanted.chars().peekable();
    let mut length = 0;
    for c in text.chars() {
        if wanted.peek().is_none() {
            break;
        }
        // A capital may be several letters when it is made small; the first of them will do at the end.
        if !c.to_lowercase().all(|small| wanted.next().is_none_or(|letter| letter == small)) {
            return None;
        }
        length += c.len_utf8();
    }
    wanted.peek().is_none().then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, wanted: &str) -> Vec<String> {
        occurrences(text, &wanted.to_lowercase()).filter_map(|range| text.get(range)).map(str::to_owned).collect()
    }

    #[test]
    fn letters_in_a_row_are_found_in_any_case_and_at_any_place() {
        assert_eq!(found("Tiling TILING", "tiling"), ["Tiling", "TILING"]);
        assert_eq!(found("demo 東京", "東京"), ["東京"], "at the very end");
        assert_eq!(found("ÉCOLE école", "école"), ["ÉCOLE", "école"]);
        assert_eq!(found("İstanbul", "i̇st"), ["İst"]);
        assert_eq!(found("İ", "i"), ["İ"]);
        assert_eq!(found("aaa", "aa"), ["aa", "aa"]);
        assert_eq!(found("abc", "abcd"), [""; 0]);
    }

    #[test]
    fn a_word_that_starts_so_scores_higher_than_one_that_only_contains_it() {
        let score = |text| Text::literal("map").score(&mut Matcher::default(), text);
        assert!(score("web map") > score("heatmap"));
        assert_eq!(score("web"), None);
    }
}
