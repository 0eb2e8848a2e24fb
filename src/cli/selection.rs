//! `TOKEN` arguments: finds a token by its ID, an ID prefix or its name.
//!
//! Invariants: an ambiguous argument is an error that lists the matches, or a prompt; a token's value is never accepted instead of its ID,
//! because the shell's history and other users would see it.

use std::{
    fmt::Write as _,
    io::{self, Read as _},
    ops::ControlFlow,
    sync::Arc,
};

use serde::Deserialize;

use super::{
    failure::{Code, Failure},
    output::Output,
    prompt,
    session::Session,
};
use crate::{
    token::{Query, Token, TokenId, Usage, id::CUID_LENGTH, near_miss::near_miss, query::Remark},
    untrusted::{self, Untrusted},
};

/// Shortest start of an id that counts as one.
const SHORTEST_PREFIX: usize = 4;

/// Most bytes read from standard input: the list of 100,000 tokens as JSON.
const INPUT_LIMIT: u64 = 128 << 20;

/// Candidates named when there are several.
const CANDIDATES: usize = 20;

/// What a `TOKEN` argument found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    One(Arc<Token>),
    Several(Vec<Arc<Token>>),
}

/// Reads a filter. What it finds may be deleted: nothing in it is guessed, and an empty one (an unset variable, say) is not "all tokens".
pub fn query(text: &str) -> Result<Query, Failure> {
    let query = Query::strict(text)?;
    if query.is_empty() {
        return Err(Failure::usage("the filter is empty", "Omit --filter to list every token."));
    }
    Ok(query)
}

impl From<Remark> for Failure {
    fn from(remark: Remark) -> Self {
        let (typed, advice) = (untrusted::shown(&remark.typed), untrusted::shown(&remark.advice));
        let mut letters = advice.chars();
        let advice = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>();
        Self::usage(format!("--filter: {}: \"{typed}\"", remark.problem), advice)
    }
}

/// Finds the token meant by an argument, asking the server page by page.
pub fn find(session: &mut Session, output: &Output, wanted: &str) -> Result<Arc<Token>, Failure> {
    refuse_values(wanted)?;
    let is_id = is_id(wanted);
    let mut tokens = Vec::new();
    let mut hit = None;
    session.each_page(|page| {
        // Ids are unique: nothing that follows can change the answer.
        hit = page.iter().find(|token| is_id && token.id.as_str() == wanted).cloned();
        tokens.extend(page);
        Ok(if hit.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if let Some(token) = hit {
        return Ok(token);
    }
    pick(&tokens, output, wanted)
}

/// Finds the tokens meant by several arguments; each token once.
pub fn find_all(tokens: &[Arc<Token>], output: &Output, wanted: &[String]) -> Result<Vec<Arc<Token>>, Failure> {
    let mut found: Vec<Arc<Token>> = Vec::with_capacity(wanted.len());
    let by_id: std::collections::HashMap<&str, &Arc<Token>> =
        tokens.iter().map(|token| (token.id.as_str(), token)).collect();
    let mut seen = std::collections::HashSet::new();
    for wanted in wanted {
        refuse_values(wanted)?;
        let token = match by_id.get(wanted.as_str()) {
            Some(token) => Arc::clone(token),
            None => pick(tokens, output, wanted)?,
        };
        if seen.insert(token.id.clone()) {
            found.push(token);
        }
    }
    Ok(found)
}

/// Whether a text has the form of a whole id.
pub fn is_id(text: &str) -> bool {
    text.len() == CUID_LENGTH && TokenId::new(text).born().is_some()
}

fn pick(tokens: &[Arc<Token>], output: &Output, wanted: &str) -> Result<Arc<Token>, Failure> {
    match look_up(tokens, wanted) {
        Found::One(token) => Ok(token),
        Found::Nothing => {
            let names = tokens.iter().filter_map(|token| token.note.as_ref()).map(Untrusted::raw);
            let next = near_miss(wanted, names).map_or_else(
                || {
                    "List the tokens with jeton list. A name must be exact; an ID prefix of 4 or more characters works \
                     if it is unique."
                        .to_owned()
                },
                |meant| format!("Did you mean \"{}\"?", untrusted::shown(meant)),
            );
            let message = format!("no token with the name or ID \"{}\"", untrusted::shown(wanted));
            Err(Failure::new(Code::NotFound, message, next))
        }
        Found::Several(mut candidates) if output.may_ask() => {
            let choices: Vec<String> = candidates.iter().map(|token| line(token)).collect();
            output.say(format_args!("\"{}\" matches {} tokens:", untrusted::shown(wanted), candidates.len()));
            let at = prompt::choose(output, "Which one", &choices)?;
            Ok(candidates.swap_remove(at))
        }
        Found::Several(candidates) => Err(ambiguous(wanted, &candidates)),
    }
}

fn look_up(tokens: &[Arc<Token>], wanted: &str) -> Found {
    if let Some(token) = tokens.iter().find(|token| token.id.as_str() == wanted) {
        return Found::One(Arc::clone(token));
    }
    // A token that is gone is not another one that was given its id for a name.
    if is_id(wanted) {
        return Found::Nothing;
    }
    let is_prefix = wanted.len() >= SHORTEST_PREFIX;
    let answers = |token: &Token| {
        token.note.as_ref().is_some_and(|note| note.raw() == wanted && !wanted.is_empty())
            || is_prefix && token.id.as_str().starts_with(wanted)
    };
    let mut candidates: Vec<_> = tokens.iter().filter(|token| answers(token)).cloned().collect();
    match candidates.len() {
        0 => Found::Nothing,
        1 => Found::One(candidates.remove(0)),
        _ => Found::Several(candidates),
    }
}

fn ambiguous(wanted: &str, candidates: &[Arc<Token>]) -> Failure {
    let mut message = format!("\"{}\" matches {} tokens:", untrusted::shown(wanted), candidates.len());
    for token in candidates.iter().take(CANDIDATES) {
        write!(message, "\n  {}", line(token)).expect("a string takes everything");
    }
    if candidates.len() > CANDIDATES {
        write!(message, "\n  and {} more", candidates.len() - CANDIDATES).expect("a string takes everything");
    }
    message.push('\n');
    Failure::new(Code::Ambiguous, message, "Use the ID, or a longer prefix of it.")
}

fn line(token: &Token) -> String {
    format!("{}  {}  {}", token.id.shown(), token.usage, token.name())
}

/// A value instead of an id: for a secret one that is an accident to be told about.
fn refuse_values(wanted: &str) -> Result<(), Failure> {
    let usage =
        wanted.split_once('.').filter(|(_, rest)| rest.contains('.')).and_then(|(kind, _)| Usage::from_prefix(kind));
    let Some(usage) = usage else { return Ok(()) };
    let next = match usage {
        Usage::Public => "Use the ID or the name. To find the ID, pipe the value to jeton inspect",
        Usage::Secret | Usage::Temporary | Usage::Unknown => {
            "It is now in your shell history, and other users of this machine may have seen it: consider rotating the token. To \
                find the ID, pipe the value to jeton inspect"
        }
    };
    Err(Failure::usage(format!("that is the value of a {} token, not its ID", usage.word()), next))
}

/// The arguments, with what standard input holds in the place of a `-`.
pub fn with_stdin(arguments: &[String]) -> Result<Vec<String>, Failure> {
    let mut wanted = Vec::with_capacity(arguments.len());
    for argument in arguments {
        if argument == "-" {
            wanted.append(&mut from_stdin()?);
        } else {
            wanted.push(argument.clone());
        }
    }
    Ok(wanted)
}

/// Reads what tokens are meant from standard input: ids or names, one per line; or tokens as JSON, one per line or in one array (what
/// `jeton list --ndjson` and `--json` print).
pub fn from_stdin() -> Result<Vec<String>, Failure> {
    let mut text = String::new();
    let read = io::stdin().lock().take(INPUT_LIMIT + 1).read_to_string(&mut text);
    match read {
        Err(error) => return Err(Failure::local("can't read standard input", &error)),
        Ok(length) if length as u64 > INPUT_LIMIT => {
            return Err(Failure::usage("standard input is too long for a list of tokens", ""));
        }
        Ok(_) => {}
    }
    parse_list(&text)
}

#[derive(Deserialize)]
struct Mention {
    id: String,
}

fn parse_list(text: &str) -> Result<Vec<String>, Failure> {
    let not_json = |error: serde_json::Error| {
        Failure::usage(
            format!("standard input is not a JSON list of tokens (line {}, column {})", error.line(), error.column()),
            "Pass IDs or names, one per line, or the output of jeton list --json or --ndjson.",
        )
    };
    if text.trim_start().starts_with('[') {
        let mentions: Vec<Mention> = serde_json::from_str(text).map_err(not_json)?;
        return Ok(mentions.into_iter().map(|mention| mention.id).collect());
    }
    if text.trim_start().starts_with('{') {
        let mentions = serde_json::Deserializer::from_str(text).into_iter::<Mention>();
        return mentions.map(|mention| mention.map(|mention| mention.id).map_err(not_json)).collect();
    }
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(all: &[(&str, &str)]) -> Vec<Arc<Token>> {
        let token = |id: &str, note: &str| {
            let json = serde_json::json!({"id": id, "usage": "pk", "note": note});
            Arc::new(serde_json::from_value(json).expect("metadata"))
        };
        all.iter().map(|(id, note)| token(id, note)).collect()
    }

    fn ids(found: Found) -> Vec<String> {
        match found {
            Found::Nothing => Vec::new(),
            Found::One(token) => vec![token.id.as_str().to_owned()],
            Found::Several(tokens) => tokens.iter().map(|token| token.id.as_str().to_owned()).collect(),
        }
    }

    #[test]
    fn an_id_wins_over_everything_that_looks_like_it() {
        let all = tokens(&[("cmaa1", "x"), ("cmaa1b", "y"), ("cmzz9", "cmaa1")]);
        assert_eq!(ids(look_up(&all, "cmaa1")), ["cmaa1"]);
    }

    #[test]
    fn the_id_of_a_token_that_is_gone_is_not_another_ones_name() {
        let gone = "cijucimbe000brbkt48d0dhcx";
        assert_eq!(look_up(&tokens(&[("cmzz9", gone)]), gone), Found::Nothing);
    }

    #[test]
    fn an_empty_filter_is_not_every_token() {
        for text in ["", "  "] {
            assert_eq!(query(text).expect_err("nothing in it").code, Code::Usage);
        }
    }

    #[test]
    fn four_characters_of_an_id_are_enough_and_three_are_not() {
        let all = tokens(&[("cmaa1", "x"), ("cmbb2", "y")]);
        assert_eq!(ids(look_up(&all, "cmaa")), ["cmaa1"]);
        assert_eq!(look_up(&all, "cma"), Found::Nothing);
    }

    #[test]
    fn several_tokens_of_one_name_are_all_named() {
        let all = tokens(&[("cmaa1", "Map"), ("cmbb2", "Map"), ("cmcc3", "map")]);
        assert_eq!(ids(look_up(&all, "Map")), ["cmaa1", "cmbb2"]);
        assert_eq!(ids(look_up(&all, "map")), ["cmcc3"]);
        assert!(ambiguous("Map", &all).message.contains("cmbb2"));
    }

    #[test]
    fn a_prefix_and_another_tokens_name_are_not_confused() {
        let all = tokens(&[("abcd1", "x"), ("zzzz2", "abcd")]);
        assert_eq!(ids(look_up(&all, "abcd")).len(), 2);
    }

    #[test]
    fn an_empty_argument_means_nothing() {
        assert_eq!(look_up(&tokens(&[("cmaa1", "")]), ""), Found::Nothing);
    }

    #[test]
    fn a_value_in_the_place_of_an_id_is_refused_without_being_repeated() {
        let failure = refuse_values("sk.eyJ1IjoiZmFrZSJ9.not-a-real-signature").expect_err("a value");
        assert_eq!(failure.code, Code::Usage);
        assert!(!failure.message.contains("eyJ") && !failure.next.contains("eyJ"));
        assert_eq!(refuse_values("sk.production"), Ok(()));
    }

    #[test]
    fn lists_come_as_lines_as_objects_and_as_an_array() {
        let two = Ok(vec!["a b".to_owned(), "c".to_owned()]);
        assert_eq!(parse_list("a b\n\n  c\r\n"), two);
        assert_eq!(parse_list("{\"id\":\"a b\",\"usage\":\"pk\"}\n{\"id\":\"c\"}\n"), two);
        assert_eq!(parse_list(" [{\"id\":\"a b\"},{\"id\":\"c\"}]"), two);
        assert_eq!(parse_list(""), Ok(Vec::new()));
        assert!(parse_list("{\"id\":3}").is_err());
        assert!(parse_list("[{").is_err());
    }
}
