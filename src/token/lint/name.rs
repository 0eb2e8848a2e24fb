//! The rules about names: missing, shared, and made to be mistaken.

use std::{
    borrow::Borrow,
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
};

use unicode_width::UnicodeWidthChar as _;

use super::{Fix, Report, Rule};
use crate::{token::Token, untrusted::Untrusted};

/// The names of all tokens, compared once, so that each token is then judged without looking at the others. Two are compared by keyed
/// digests of 64 bits: of 100,000 names the text would take tens of megabytes.
pub(super) struct Names<'a> {
    /// Each different name.
    different: Vec<Name<'a>>,
    /// For each token the place of its name in `different`, [`NONE`] when it has none.
    of_token: Vec<u32>,
    /// For each look of a name: the first name that has it, and the second, [`NONE`] when there is none.
    looks: Vec<(u32, u32)>,
}

struct Name<'a> {
    /// As the first token writes it.
    written: &'a Untrusted,
    /// How many tokens have it.
    count: u32,
    /// The place in `looks`.
    look: u32,
}

/// No place.
const NONE: u32 = u32::MAX;

impl<'a> Names<'a> {
    pub(super) fn of<T: Borrow<Token>>(tokens: &'a [T]) -> Self {
        let mut all = Self { different: Vec::new(), of_token: Vec::with_capacity(tokens.len()), looks: Vec::new() };
        let hasher = RandomState::new();
        let mut by_sound: HashMap<u64, u32> = HashMap::with_capacity(tokens.len());
        let mut by_look: HashMap<u64, u32> = HashMap::with_capacity(tokens.len());
        let (mut sound, mut seen) = (String::new(), String::new());
        for token in tokens {
            let Some(written) = note(token.borrow()) else {
                all.of_token.push(NONE);
                continue;
            };
            fold(written.raw(), &mut sound);
            let next = all.different.len() as u32;
            let name = *by_sound.entry(hasher.hash_one(&sound)).or_insert_with(|| {
                skeleton(&sound, &mut seen);
                let look = *by_look.entry(hasher.hash_one(&seen)).or_insert_with(|| {
                    all.looks.push((next, NONE));
                    all.looks.len() as u32 - 1
                });
                let (first, second) = &mut all.looks[look as usize];
                if *first != next && *second == NONE {
                    *second = next;
                }
                all.different.push(Name { written, count: 0, look });
                next
            });
            all.different[name as usize].count += 1;
            all.of_token.push(name);
        }
        all
    }

    /// The name that a token's name (by its place in `different`) could be taken for.
    fn lookalike(&self, name: u32) -> Option<&'a Untrusted> {
        let (first, second) = self.looks[self.different[name as usize].look as usize];
        let other = if first == name { second } else { first };
        self.different.get(other as usize).map(|other| other.written)
    }
}

/// Judges the name of the token at a place of the list.
pub(super) fn check(report: &mut Report<'_>, names: &Names<'_>, at: usize) {
    let token = report.token;
    let name = names.of_token[at];
    let Some(written) = note(token) else {
        if !token.default {
            report.add(Rule::NoName, "", Some(Fix::Rename));
        }
        return;
    };
    if written.shown() != written.raw() {
        report.add(Rule::HiddenCharacters, written.clone(), Some(Fix::Rename));
    }
    let count = names.different[name as usize].count;
    if count > 1 {
        report.add(Rule::DuplicateName, format!("{count} tokens"), Some(Fix::Rename));
    }
    if let Some(other) = names.lookalike(name) {
        report.add(Rule::ConfusableName, other.clone(), Some(Fix::Rename));
    }
}

/// The name, unless there is none to see.
fn note(token: &Token) -> Option<&Untrusted> {
    token.note.as_ref().filter(|note| !note.raw().trim().is_empty())
}

/// A name as people tell names apart by ear: without case, spaces reduced.
fn fold(name: &str, folded: &mut String) {
    folded.clear();
    for word in name.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        if word.is_ascii() {
            let start = folded.len();
            folded.push_str(word);
            folded.get_mut(start..).unwrap_or_default().make_ascii_lowercase();
        } else {
            folded.extend(word.chars().flat_map(char::to_lowercase));
        }
    }
}

/// A folded name as the eye sees it: what looks alike is written alike, what cannot be seen is gone. A small part of Unicode's
/// table of confusables: the letters of the two scripts in which whole Latin words can be written, and the usual digits.
fn skeleton(folded: &str, seen: &mut String) {
    seen.clear();
    for c in folded.chars() {
        match c {
            // Drawn alike in most fonts: o and 0, l and 1 and i (once a capital), m and rn.
            '0' | 'ο' | 'о' | 'օ' => seen.push('o'),
            '1' | '|' | 'i' | 'ı' | 'і' | 'ι' | 'ӏ' => seen.push('l'),
            'm' | 'м' => seen.push_str("rn"),
            'а' | 'α' => seen.push('a'),
            'в' | 'β' => seen.push('b'),
            'с' | 'ϲ' => seen.push('c'),
            'ԁ' => seen.push('d'),
            'е' | 'ε' => seen.push('e'),
            'һ' | 'н' | 'η' => seen.push('h'),
            'ј' => seen.push('j'),
            'к' | 'κ' => seen.push('k'),
            'п' | 'ո' => seen.push('n'),
            'р' | 'ρ' => seen.push('p'),
            'ѕ' => seen.push('s'),
            'т' | 'τ' => seen.push('t'),
            'υ' | 'ս' => seen.push('u'),
            'ν' | 'ѵ' => seen.push('v'),
            'ѡ' | 'ω' => seen.push('w'),
            'х' | 'χ' => seen.push('x'),
            'у' | 'γ' => seen.push('y'),
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '_' => seen.push('-'),
            '\u{2018}' | '\u{2019}' => seen.push('\''),
            // Full-width forms of ASCII.
            '\u{ff01}'..='\u{ff5e}' => seen.extend(char::from_u32(u32::from(c) - 0xfee0)),
            _ if c.width().is_none_or(|width| width == 0) => {}
            _ => seen.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(name: &str) -> String {
        let mut folded = "before".to_owned();
        fold(name, &mut folded);
        folded
    }

    #[test]
    fn names_are_told_apart_by_ear_without_case_and_spaces() {
        assert_eq!(folded("  Checkout   MAP\t2 "), "checkout map 2");
        assert_ne!(folded("map 1"), folded("map 2"));
    }

    #[test]
    fn what_looks_alike_has_one_skeleton() {
        let look = |name: &str| {
            let mut seen = "before".to_owned();
            skeleton(&folded(name), &mut seen);
            seen
        };
        assert_eq!(look("Checkout"), look("Сһескоυт"), "Cyrillic and Greek letters");
        assert_eq!(look("web-map"), look("web\u{2013}map"));
        assert_eq!(look("prod 10"), look("prod lO"));
        assert_eq!(look("modern"), look("modem"));
        assert_eq!(look("ｐｒｏｄ"), look("prod"));
        assert_eq!(look("pro\u{200b}d"), look("prod"));
        assert_ne!(look("production"), look("staging"));
        assert_ne!(look("東京"), look("京都"));
    }
}
