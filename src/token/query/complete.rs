//! What a filter that is being typed can be completed to.

use strum::IntoEnumIterator as _;

use super::WORDS;
use crate::token::{Catalogue, lint::Rule};

/// One way to write out the last word of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The word.
    pub word: String,
    /// The whole filter with it.
    pub written: String,
    /// What it finds; empty for a value.
    pub help: &'static str,
}

/// The ways to write out the last word of what is typed, in the order of [`WORDS`] and of the catalogue. None where nothing has been
/// typed of it, or a quote is open.
pub fn completions(typed: &str, catalogue: &Catalogue) -> Vec<Completion> {
    let last = typed.rsplit(char::is_whitespace).next().unwrap_or_default();
    let before = typed.strip_suffix(last).unwrap_or_default();
    let (minus, part) = last.strip_prefix('-').map_or(("", last), |rest| ("-", rest));
    if part.is_empty() || typed.matches('"').count() % 2 == 1 {
        return Vec::new();
    }
    let lower = part.to_ascii_lowercase();
    let completion = |word: String, help| Completion { written: format!("{before}{minus}{word}"), word, help };
    let Some((word, value)) = lower.split_once(':') else {
        let words = WORDS.iter().filter(|(word, ..)| word.ends_with(':') && word.starts_with(&lower));
        return words.map(|(word, _, help)| completion((*word).to_owned(), *help)).collect();
    };
    let fixed: &[&str] = match word {
        "kind" => &["pk", "sk"],
        "default" => &["yes", "no"],
        "url" => &["any"],
        "created" | "modified" => &["<7d", "<30d", ">90d", ">1y"],
        "unused" => &["30d", "90d"],
        "lint" => &["any", "none"],
        _ => &[],
    };
    let mut values: Vec<&str> = fixed.to_vec();
    match word {
        "lint" => Rule::iter().for_each(|rule| values.push(rule.id())),
        "scope" => values.extend(catalogue.scopes().iter().map(|info| info.id.id())),
        _ => {}
    }
    values
        .into_iter()
        .filter(|known| known.starts_with(value) && !known.contains(char::is_whitespace))
        .map(|known| completion(format!("{word}:{known}"), ""))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::query::Query;

    fn written(typed: &str) -> Vec<String> {
        completions(typed, &Catalogue::bundled()).into_iter().map(|completion| completion.written).collect()
    }

    #[test]
    fn the_last_word_is_written_out_and_what_stands_before_it_stays() {
        assert_eq!(written("check -ki"), ["check -kind:"]);
        assert_eq!(written("kind:"), ["kind:pk", "kind:sk"]);
        assert_eq!(written("a kind:S"), ["a kind:sk"]);
        assert!(written("scope:uploads").contains(&"scope:uploads:write".to_owned()));
        assert!(written("lint:un").contains(&"lint:unused".to_owned()), "{:?}", written("lint:un"));
        for nothing in ["", "check ", "note:\"ki", "kidn:", "zzz"] {
            assert!(written(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn every_completion_of_a_value_is_a_filter_that_is_understood() {
        for (word, ..) in WORDS.iter().filter(|(word, ..)| word.ends_with(':')) {
            for filter in written(word) {
                assert!(Query::strict(&filter).is_ok(), "{filter}");
            }
        }
    }
}
