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
    token::{
        Catalogue, Scope, Usage,
        allowed_url::PageUrl,
        lint::Rule,
        near_miss,
        time::{DurationFault, parse_duration},
    },
    untrusted::shown,
};

/// The filter words with an example and what it finds, for help and completion.
pub const WORDS: [(&str, &str, &str); 13] = [
    ("kind:", "kind:sk", "public (pk) or secret (sk) tokens"),
    ("scope:", "scope:uploads", "tokens with this text in a scope"),
    ("url:", "url:example.com", "tokens with this text in an allowed URL; url:any: unrestricted ones"),
    ("page:", "page:https://example.com/", "tokens that work on this page"),
    ("note:", "note:\"tiling pipeline\"", "tokens with this text in the name"),
    ("id:", "id:cmf3", "tokens whose ID starts with this"),
    ("default:", "default:yes", "the default public token"),
    ("created:", "created:<30d", "tokens created within this time; with >, before it"),
    ("modified:", "modified:>90d", "tokens last changed before this time; with <, since then"),
    ("unused:", "unused:30d", "tokens unused for this long (needs statistics:read)"),
    ("lint:", "lint:any", "tokens with findings; lint:http-url: with this one; lint:none: without any"),
    ("-", "-kind:pk", "- negates a filter"),
    ("~", "~tlpl", "fuzzy: these letters in this order"),
];

/// Words of other tools for some of ours.
const SYNONYMS: [(&str, &str); 4] = [("usage", "kind"), ("type", "kind"), ("used", "unused"), ("rule", "lint")];

/// How a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// It is being typed: what is half a word counts as the whole, and free text is fuzzy.
    Typing,
    /// It was written for a program: every word must be whole, and free text is literal.
    Script,
}

/// A part of the text that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{typed}: {problem}; {advice}", typed = shown(.typed), advice = shown(.advice))]
pub struct Remark {
    /// The part, as typed.
    pub typed: String,
    /// What is wrong with it.
    pub problem: &'static str,
    /// The right form, or the word that was probably meant. It may quote the part.
    pub advice: String,
}

/// Why a part is not understood.
struct Fault {
    problem: &'static str,
    advice: String,
    /// Whether it can be meant as text, such as a scope's id or an address.
    may_be_text: bool,
}

impl Fault {
    fn new(problem: &'static str, advice: impl Into<String>) -> Self {
        Self { problem, advice: advice.into(), may_be_text: false }
    }
}

pub(super) fn parse(text: &str, reading: Reading) -> Query {
    let mut query = Query::default();
    for part in parts(text) {
        let term = match condition(&part, reading) {
            Ok(None) => continue,
            Ok(Some(condition)) => Term { is_negated: part.is_negated, condition },
            Err(fault) => {
                // Turned round, what finds nothing would find everything: what is not understood never does.
                let is_text = fault.may_be_text && !part.is_negated;
                let condition = if is_text { Condition::Text(Text::fuzzy(part.written)) } else { Condition::Nothing };
                query.remarks.push(Remark {
                    typed: part.written.to_owned(),
                    problem: fault.problem,
                    advice: fault.advice,
                });
                Term { is_negated: false, condition }
            }
        };
        query.terms.push(term);
    }
    query
}

/// Who looks for a scope that no token holds and nobody documents has mistyped one.
pub(super) fn unknown_scope(text: &Text, is_negated: bool) -> Remark {
    let catalogue = Catalogue::bundled();
    let ids = catalogue.scopes().iter().flat_map(|info| {
        let id = info.id.id();
        [id, id.split(':').next().unwrap_or(id)]
    });
    let minus = if is_negated { "-" } else { "" };
    let advice = near_miss(text.typed(), ids)
        .map_or_else(|| "jeton scopes lists them".to_owned(), |scope| format!("did you mean {minus}scope:{scope}?"));
    Remark { typed: format!("{minus}scope:{}", text.typed()), problem: "unknown scope", advice }
}

/// A piece of the text between spaces, quotes taken off.
struct Part<'a> {
    /// As it was typed.
    written: &'a str,
    is_negated: bool,
    /// With its colon.
    word: Option<&'a str>,
    value: String,
    is_quoted: bool,
    /// A quote was opened and never closed.
    is_open: bool,
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
        parts.push(part(piece, is_inside));
        rest = tail.trim_start();
    }
    parts
}

fn part(written: &str, is_open: bool) -> Part<'_> {
    let (is_negated, piece) = match written.strip_prefix('-') {
        Some(rest) if !rest.is_empty() => (true, rest),
        _ => (false, written),
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
    Part { written, is_negated, word, value: value.replace('"', ""), is_quoted: value.starts_with('"'), is_open }
}

/// `Ok(None)` when nothing is asked (yet).
fn condition(part: &Part<'_>, reading: Reading) -> Result<Option<Condition>, Fault> {
    let is_script = reading == Reading::Script;
    if is_script && part.is_open {
        return Err(Fault::new("unclosed quote", "close it"));
    }
    let value = part.value.as_str();
    let Some(word) = part.word else { return free_text(part, reading) };
    let word = word.to_ascii_lowercase();
    let word = if word == "name:" { "note:" } else { word.as_str() };
    let Some((_, example, _)) = WORDS.iter().find(|(known, ..)| *known == word) else {
        return Err(unknown_word(part));
    };
    if value.is_empty() {
        return if is_script { Err(Fault::new("no value", format!("write {example}, for example"))) } else { Ok(None) };
    }
    // Half a word is understood as the whole while it is typed, so that the list does not flicker.
    let is = |known: &str| if is_script { value.eq_ignore_ascii_case(known) } else { is_start_of(value, known) };
    Ok(Some(match word {
        "kind:" => {
            let kinds = [Usage::Public, Usage::Secret, Usage::Temporary];
            let kind = kinds.into_iter().find(|usage| is(usage.prefix()) || is(usage.word()));
            Condition::Kind(kind.ok_or_else(|| Fault::new("unknown kind", "write kind:pk or kind:sk"))?)
        }
        "scope:" => Condition::Scope(Text::literal(value)),
        "url:" if is("any") => Condition::Unrestricted,
        "url:" => Condition::Url(Text::literal(value)),
        "page:" => match PageUrl::parse(value) {
            Err(_) if is_script => {
                return Err(Fault::new("not a page URL", format!("write {example}, for example")));
            }
            _ => Condition::Page(value.into()),
        },
        "note:" => Condition::Note(Text::literal(value)),
        "id:" if is_script && !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            return Err(Fault::new("not an ID prefix", format!("write {example}, for example")));
        }
        "id:" => Condition::Id(value.to_ascii_lowercase().into()),
        "default:" if is("yes") || is("true") => Condition::Default(true),
        "default:" if is("no") || is("false") => Condition::Default(false),
        "default:" => return Err(Fault::new("neither yes nor no", "write default:yes or default:no")),
        "unused:" => Condition::Unused(age("unused:", "", value)?),
        "lint:" => lint(value, is)?,
        dated => {
            let (sign, text) = split_sign(value);
            let age = age(dated, sign, text)?;
            let ordering = if sign == ">" { Ordering::Greater } else { Ordering::Less };
            if dated == "created:" { Condition::Created(ordering, age) } else { Condition::Modified(ordering, age) }
        }
    }))
}

/// Text without a filter word. In a script, what looks like a filter is a mistake: as text it would find nothing, and excluded, everything.
fn free_text(part: &Part<'_>, reading: Reading) -> Result<Option<Condition>, Fault> {
    const OPERATORS: [char; 5] = [':', '<', '>', '=', '：'];
    let is_script = reading == Reading::Script;
    let value = part.value.as_str();
    if part.is_quoted {
        let text = (!value.is_empty()).then(|| Condition::Text(Text::literal(value)));
        return if is_script && text.is_none() { Err(Fault::new("empty quotes", "omit them")) } else { Ok(text) };
    }
    if is_script && (value == "-" || part.is_negated && value.starts_with('-')) {
        return Err(Fault::new("a lone minus", "put it in front of a filter, as in -kind:pk"));
    }
    if is_script && value.contains(OPERATORS) {
        let advice = meant(part, &value.replace('：', ":")).map_or_else(
            || format!("to search for it as text, quote it: {}", quoted(part)),
            |meant| format!("did you mean {meant}?"),
        );
        return Err(Fault::new("not a known filter", advice));
    }
    Ok(match value.strip_prefix('~') {
        Some("") if is_script => return Err(Fault::new("nothing after ~", "write ~tlpl, for example")),
        Some("") => None,
        Some(letters) => Some(Condition::Text(Text::fuzzy(letters))),
        None if is_script => Some(Condition::Text(Text::literal(value))),
        None => (!value.is_empty()).then(|| Condition::Text(Text::fuzzy(value))),
    })
}

/// The filter that a text with an operator in it was probably meant to be: `created<90d`, `!kind:pk`.
fn meant(part: &Part<'_>, value: &str) -> Option<String> {
    let is_negated = part.is_negated || value.starts_with('!');
    let value = value.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let (word, rest) = value.split_at(value.find(|c: char| !c.is_ascii_alphabetic())?);
    let word = known_word(word)?;
    let (sign, rest) = split_sign(rest.trim_start_matches([':', '=']));
    let rest = rest.trim_start_matches('=');
    let sign = if matches!(word, "created" | "modified") { sign } else { "" };
    let meant = format!("{}{word}:{sign}{rest}", if is_negated { "-" } else { "" });
    parse(&meant, Reading::Script).remarks.is_empty().then_some(meant)
}

/// The filter word, without its colon, that was probably meant.
fn known_word(typed: &str) -> Option<&'static str> {
    let words = || WORDS.iter().filter_map(|(word, ..)| word.strip_suffix(':'));
    let typed = typed.to_ascii_lowercase();
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == typed).map(|(_, word)| *word);
    words().find(|word| *word == typed).or(synonym).or_else(|| near_miss(&typed, words()))
}

fn unknown_word(part: &Part<'_>) -> Fault {
    let minus = if part.is_negated { "-" } else { "" };
    let piece = part.written.strip_prefix('-').unwrap_or(part.written);
    let (word, value) = piece.split_once(':').unwrap_or((piece, ""));
    let is_scope = Catalogue::bundled().get(&Scope::from(piece)).is_some();
    let advice = if is_scope {
        format!("did you mean {minus}scope:{piece}?")
    } else if matches!(word, "http" | "https") {
        format!("did you mean {minus}url:{piece}?")
    } else if let Some(known) = known_word(word) {
        format!("did you mean {minus}{known}:{value}?")
    } else {
        let words: Vec<_> = WORDS.iter().filter_map(|(word, ..)| word.ends_with(':').then_some(*word)).collect();
        format!("filters are {}; to search for it as text, quote it: {}", words.join(" "), quoted(part))
    };
    Fault { may_be_text: true, ..Fault::new("unknown filter", advice) }
}

/// The part as text to be searched for.
fn quoted(part: &Part<'_>) -> String {
    let piece = part.written.strip_prefix('-').filter(|_| part.is_negated);
    let (minus, piece) = piece.map_or(("", part.written), |piece| ("-", piece));
    format!("{minus}\"{}\"", piece.replace('"', ""))
}

/// The `<` or `>` in front of an age, and the age.
fn split_sign(text: &str) -> (&str, &str) {
    text.split_at(usize::from(text.starts_with(['<', '>'])))
}

fn is_start_of(value: &str, word: &str) -> bool {
    !value.is_empty() && word.starts_with(&value.to_ascii_lowercase())
}

/// The age after `created:<`, say. An `m` alone is nothing here: whoever writes it may mean months, and gets nearly every token by minutes.
fn age(word: &str, sign: &str, text: &str) -> Result<SignedDuration, Fault> {
    let units = text.split(|c: char| !c.is_ascii_alphabetic());
    if units.into_iter().any(|unit| unit.eq_ignore_ascii_case("m")) {
        let number: String = text.chars().take_while(char::is_ascii_digit).collect();
        let advice = format!("write {word}{sign}{number}min or {word}{sign}{number}mo");
        return Err(Fault::new("m could mean minutes or months", advice));
    }
    parse_duration(text).map_err(|fault| {
        let problem = match fault {
            DurationFault::NoNumber => "not an age",
            DurationFault::NoUnit => "unknown unit",
            DurationFault::TooLong => "too long ago",
        };
        let advice = right_age(text).map_or_else(
            || format!("write {word}{sign} and an age, such as 12h, 30d, 2w, 6mo or 1y"),
            |age| format!("write {word}{sign}{age}"),
        );
        Fault::new(problem, advice)
    })
}

/// An age in our units: `90d` for `90days`, `=90d`, and `90`.
fn right_age(text: &str) -> Option<String> {
    let text = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit = unit.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).to_ascii_lowercase();
    let unit = match unit.as_bytes() {
        [] => "d",
        [b'm', b'o', ..] => "mo",
        [b'm', b'i', ..] => "min",
        [first, ..] => ["s", "h", "d", "w", "y"].into_iter().find(|known| known.as_bytes() == [*first])?,
    };
    let age = format!("{number}{unit}");
    parse_duration(&age).is_ok().then_some(age)
}

/// A whole id before anything else, so that `lint:no-name` is not taken for half a `none`.
fn lint(value: &str, is: impl Fn(&str) -> bool) -> Result<Condition, Fault> {
    if let Some(rule) = Rule::from_id(value) {
        return Ok(Condition::Finding(rule));
    }
    if is("any") || is("none") {
        return Ok(Condition::HasFindings(is("any")));
    }
    let ids = || Rule::iter().map(Rule::id);
    Rule::iter().find(|rule| is(rule.id())).map(Condition::Finding).ok_or_else(|| {
        let advice = near_miss(value, ids().chain(["any", "none"])).map_or_else(
            || "write lint:any, lint:none or a rule ID".to_owned(),
            |id| format!("did you mean lint:{id}?"),
        );
        Fault::new("unknown rule", advice)
    })
}
