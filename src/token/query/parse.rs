//! From text to [`Query`].

use std::cmp::Ordering;

use jiff::SignedDuration;
use strum::IntoEnumIterator as _;

use super::{
    Query,
    term::{Condition, Term},
    text::Text,
};
use crate::{
    token::{Usage, lint::Rule, time::parse_duration},
    untrusted,
};

/// The filter words with an example and what it finds, for help and completion.
pub const WORDS: [(&str, &str, &str); 12] = [
    ("kind:", "kind:sk", "public (pk) or secret (sk) tokens"),
    ("scope:", "scope:uploads", "tokens with this in one of their scopes"),
    ("url:", "url:example.com", "tokens with this in an allowed URL; url:any those without restrictions"),
    ("page:", "page:https://example.com/", "tokens that may be used from this page"),
    ("note:", "note:\"tiling pipeline\"", "tokens with this in their name"),
    ("id:", "id:cmf3", "tokens whose id starts so"),
    ("default:", "default:yes", "the default public token"),
    ("created:", "created:<30d", "tokens made in this time; with > those made before"),
    ("modified:", "modified:>90d", "tokens last changed before this time; with < those changed since"),
    ("unused:", "unused:30d", "tokens not used for this long, where statistics are readable"),
    ("lint:", "lint:any", "tokens with findings; lint:http-url with this one, lint:none without any"),
    ("-", "-kind:pk", "a minus turns a word round"),
];

/// A part of the text that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{typed}: {problem}; searched for as text", typed = untrusted::shown(.typed))]
pub struct Remark {
    /// The part, as typed.
    pub typed: String,
    /// What is the matter with it.
    pub problem: &'static str,
}

pub(super) fn parse(text: &str) -> Query {
    let mut query = Query::default();
    for part in parts(text) {
        let condition = match condition(&part) {
            Ok(None) => continue,
            Ok(Some(condition)) => condition,
            Err(problem) => {
                let typed = format!("{}{}", part.word.unwrap_or_default(), part.value);
                let as_text = Condition::Text(Text::fuzzy(&typed));
                query.remarks.push(Remark { typed, problem });
                as_text
            }
        };
        query.terms.push(Term { is_negated: part.is_negated, condition });
    }
    query
}

/// A piece of the text between spaces, quotes taken off.
struct Part<'a> {
    is_negated: bool,
    /// With its colon.
    word: Option<&'a str>,
    value: String,
    is_quoted: bool,
}

/// Cuts at white space outside quotes. A quote that is not closed reaches to the end, so that nothing jumps while it is being typed.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut is_inside = false;
        let end = rest.find(|c: char| {
            is_inside ^= c == '"';
            c.is_whitespace() && !is_inside
        });
        let (piece, tail) = rest.split_at(end.unwrap_or(rest.len()));
        parts.push(part(piece));
        rest = tail.trim_start();
    }
    parts
}

fn part(piece: &str) -> Part<'_> {
    let (is_negated, piece) = match piece.strip_prefix('-') {
        Some(rest) if !rest.is_empty() => (true, rest),
        _ => (false, piece),
    };
    // The word is what stands before the first colon, if it is made of letters.
    let colon = piece.find(':').filter(|at| *at > 0 && piece.bytes().take(*at).all(|byte| byte.is_ascii_alphabetic()));
    let (word, value) = match colon {
        Some(at) => {
            let (word, value) = piece.split_at(at + 1);
            (Some(word), value)
        }
        None => (None, piece),
    };
    Part { is_negated, word, value: value.replace('"', ""), is_quoted: value.starts_with('"') }
}

/// `Ok(None)` when nothing is asked (yet).
fn condition(part: &Part<'_>) -> Result<Option<Condition>, &'static str> {
    let value = part.value.as_str();
    let Some(word) = part.word else {
        let text = if part.is_quoted { Text::literal(value) } else { Text::fuzzy(value) };
        return Ok((!value.is_empty()).then_some(Condition::Text(text)));
    };
    let word = word.to_ascii_lowercase();
    let word = if word == "name:" { "note:" } else { word.as_str() };
    if value.is_empty() && WORDS.iter().any(|(known, ..)| *known == word) {
        return Ok(None);
    }
    Ok(Some(match word {
        "kind:" => Condition::Kind(kind(value).ok_or("kinds are pk and sk")?),
        "scope:" => Condition::Scope(Text::literal(value)),
        "url:" if is_start_of(value, "any") => Condition::Unrestricted,
        "url:" => Condition::Url(Text::literal(value)),
        "page:" => Condition::Page(value.into()),
        "note:" => Condition::Note(Text::literal(value)),
        "id:" => Condition::Id(value.to_ascii_lowercase().into()),
        "default:" => Condition::Default(truth(value).ok_or("write default:yes or default:no")?),
        "created:" => {
            let (ordering, age) = age(value)?;
            Condition::Created(ordering, age)
        }
        "modified:" => {
            let (ordering, age) = age(value)?;
            Condition::Modified(ordering, age)
        }
        "unused:" => Condition::Unused(parse_duration(value).map_err(|_| NO_AGE)?),
        "lint:" => lint(value).ok_or("write lint:any, lint:none or the id of a rule")?,
        _ => return Err("no filter word of ours"),
    }))
}

const NO_AGE: &str = "write an age such as 12h, 30d, 2w or 1y";

fn kind(value: &str) -> Option<Usage> {
    let value = value.to_ascii_lowercase();
    [Usage::Public, Usage::Secret, Usage::Temporary]
        .into_iter()
        .find(|usage| is_start_of(&value, usage.prefix()) || is_start_of(&value, usage.word()))
}

fn truth(value: &str) -> Option<bool> {
    let value = value.to_ascii_lowercase();
    let is_any = |words: [&str; 2]| words.iter().any(|word| is_start_of(&value, word));
    if is_any(["yes", "true"]) {
        Some(true)
    } else if is_any(["no", "false"]) {
        Some(false)
    } else {
        None
    }
}

/// Half a word is understood as the whole, so that the list does not flicker while it is typed.
fn is_start_of(value: &str, word: &str) -> bool {
    !value.is_empty() && word.starts_with(value)
}

/// `<30d` or `30d`: within; `>30d`: longer ago.
fn age(value: &str) -> Result<(Ordering, SignedDuration), &'static str> {
    let (ordering, age) = match value.strip_prefix('>') {
        Some(age) => (Ordering::Greater, age),
        None => (Ordering::Less, value.strip_prefix('<').unwrap_or(value)),
    };
    Ok((ordering, parse_duration(age).map_err(|_| NO_AGE)?))
}

/// A whole id before anything else, so that `lint:no-name` is not taken for half a `none`.
fn lint(value: &str) -> Option<Condition> {
    let starting_so = || Rule::iter().find(|rule| rule.id().starts_with(value));
    match Rule::from_id(value) {
        Some(rule) => Some(Condition::Finding(rule)),
        None if is_start_of(value, "any") => Some(Condition::HasFindings(true)),
        None if is_start_of(value, "none") => Some(Condition::HasFindings(false)),
        None => starting_so().map(Condition::Finding),
    }
}
