//! The rules about names: missing, shared, and made to be mistaken.

use std::collections::HashMap;

use unicode_width::UnicodeWidthChar as _;

use super::{Remedy, Report, Rule};
use crate::{token::Token, untrusted::Untrusted};

/// The names of all tokens, counted once, so that each token is judged by look-up.
pub(super) struct Names<'a> {
    /// How many tokens have a name, by [`folded`] name.
    counts: HashMap<String, u32>,
    /// The names that look the same, by [`skeleton`]: the first, and the first that differs from it.
    looks: HashMap<String, (&'a Untrusted, Option<&'a Untrusted>)>,
}

impl<'a> Names<'a> {
    pub(super) fn of(tokens: &'a [Token]) -> Self {
        let mut counts: HashMap<String, u32> = HashMap::with_capacity(tokens.len());
        let mut looks: HashMap<String, (&Untrusted, Option<&Untrusted>)> = HashMap::with_capacity(tokens.len());
        for note in tokens.iter().filter_map(note) {
            let folded = folded(note.raw());
            if let Some(count) = counts.get_mut(&folded) {
                *count += 1;
                // It looks like the one that was counted first.
                continue;
            }
            looks
                .entry(skeleton(&folded))
                .and_modify(|(_, other)| *other = other.or(Some(note)))
                .or_insert((note, None));
            counts.insert(folded, 1);
        }
        Self { counts, looks }
    }
}

pub(super) fn check(report: &mut Report<'_>, names: &Names<'_>) {
    let token = report.token;
    let Some(note) = note(token) else {
        if !token.default {
            report.add(Rule::NoName, "", Some(Remedy::Rename));
        }
        return;
    };
    if note.shown() != note.raw() {
        report.add(Rule::HiddenCharacters, note.clone(), Some(Remedy::Rename));
    }
    let folded = folded(note.raw());
    if let Some(count @ 2..) = names.counts.get(&folded) {
        report.add(Rule::DuplicateName, format!("{count} tokens"), Some(Remedy::Rename));
    }
    if let Some((first, Some(other))) = names.looks.get(&skeleton(&folded)) {
        let is_first = self::folded(first.raw()) == folded;
        let lookalike = if is_first { other } else { first };
        report.add(Rule::ConfusableName, (*lookalike).clone(), Some(Remedy::Rename));
    }
}

/// The name, unless there is none to see.
fn note(token: &Token) -> Option<&Untrusted> {
    token.note.as_ref().filter(|note| !note.raw().trim().is_empty())
}

/// A name as people tell names apart by ear: without case, spaces reduced.
fn folded(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

/// A folded name as the eye sees it: what looks alike is written alike, what cannot be seen is gone. A small part of Unicode's
/// table of confusables: the letters of the two scripts in which whole Latin words can be written, and the usual digits.
fn skeleton(folded: &str) -> String {
    let mut seen = String::with_capacity(folded.len());
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
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_by_ear_without_case_and_spaces() {
        assert_eq!(folded("  Checkout   MAP\t2 "), "checkout map 2");
        assert_ne!(folded("map 1"), folded("map 2"));
    }

    #[test]
    fn what_looks_alike_has_one_skeleton() {
        let look = |name: &str| skeleton(&folded(name));
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
