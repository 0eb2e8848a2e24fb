//! [`usage_error`]: what is wrong with the arguments of the command line, in the form of every other error.
//!
//! Invariants: what was typed is quoted without token values and without anything that could move a cursor.

use std::{error::Error as _, ffi::OsString};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{
    arguments,
    failure::{Code, Failure},
};
use crate::{
    token::{decoded::scrub, near_miss::near_miss},
    untrusted::shown,
};

/// clap's error about these arguments, as one of jeton's.
pub fn usage_error(error: &clap::Error, words: &[OsString]) -> Failure {
    let typed = |kind| text(error, kind).map(|text| shown(&scrub(&text)).into_owned());
    let argument = typed(ContextKind::InvalidArg).unwrap_or_default();
    let value = typed(ContextKind::InvalidValue).unwrap_or_default();
    let (message, next) = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let typed = typed(ContextKind::InvalidSubcommand).unwrap_or_default();
            let meant = meant_command(words, &typed);
            (format!("unknown command \"{typed}\""), meant.map(|meant| format!("Did you mean {meant}?")))
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            let meant = typed(ContextKind::SuggestedArg);
            (format!("unknown option {}", name(&argument)), meant.map(|meant| format!("Did you mean {meant}?")))
        }
        ErrorKind::UnknownArgument => (format!("unexpected argument \"{argument}\""), usage(error)),
        ErrorKind::InvalidValue if value.is_empty() => {
            (format!("{} needs a value", name(&argument)), possible_values(error))
        }
        ErrorKind::InvalidValue => {
            let known = text(error, ContextKind::ValidValue).unwrap_or_default();
            // A short list says more than a guess.
            let meant = near_miss(&value, known.split(", ")).filter(|_| known.len() > 60);
            let next = meant.map(|meant| format!("Did you mean {meant}?")).or_else(|| possible_values(error));
            (format!("invalid value \"{value}\" for {}", name(&argument)), next)
        }
        ErrorKind::ValueValidation => {
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            (format!("invalid value \"{value}\" for {}: {}", name(&argument), plain(&why)), None)
        }
        ErrorKind::MissingRequiredArgument => {
            let missing: Vec<_> = argument.split(", ").map(name).collect();
            (format!("missing {}", missing.join(" and ")), usage(error))
        }
        ErrorKind::ArgumentConflict => {
            let other = typed(ContextKind::PriorArg).unwrap_or_default();
            let others: Vec<_> = other.split(", ").map(name).collect();
            if others == [name(&argument)] {
                (format!("{} appears twice", name(&argument)), None)
            } else {
                (format!("{} can't be combined with {}", name(&argument), others.join(" or ")), None)
            }
        }
        ErrorKind::InvalidUtf8 => ("an argument is not valid UTF-8".to_owned(), None),
        _ => {
            let text = error.render().to_string();
            let line = text.lines().next().unwrap_or_default();
            (shown(&scrub(line.trim_start_matches("error: "))).into_owned(), None)
        }
    };
    Failure::new(Code::Usage, message, next.unwrap_or_else(|| format!("See {} --help", command(words).0)))
}

/// A part of the error as text; several are separated by commas.
fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        ContextValue::StyledStr(text) => Some(text.to_string()),
        _ => None,
    }
}

/// An argument as people call it: `--note` of `--note <NAME>`, `TOKEN` of `<TOKEN>...`.
fn name(argument: &str) -> &str {
    let word = argument.split([' ', '=']).next().unwrap_or_default();
    word.trim_end_matches("...").trim_matches(['<', '>', '[', ']'])
}

/// The words of the standard library's parsers say what a program saw, not what to type.
fn plain(why: &str) -> &str {
    match why {
        "invalid digit found in string" | "cannot parse integer from empty string" => "expected a whole number",
        "number too large to fit in target type" => "the number is too large",
        "invalid float literal" => "expected a number",
        "invalid socket address syntax" => "expected an address and a port, such as 127.0.0.1:8787",
        other => other,
    }
}

/// The first line of the usage, without its heading.
fn usage(error: &clap::Error) -> Option<String> {
    let usage = text(error, ContextKind::Usage)?;
    let line = usage.trim_start_matches("Usage:").trim().lines().next()?.to_owned();
    Some(format!("Usage: {line}"))
}

/// The command that was typed, as far as it is known (`jeton accounts use`), and the commands below it.
fn command(words: &[OsString]) -> (String, clap::Command) {
    let mut grammar = arguments::command();
    grammar.build();
    let mut path = grammar.get_name().to_owned();
    for word in words.iter().skip(1) {
        if let Some(below) = grammar.find_subcommand(word) {
            path = format!("{path} {}", below.get_name());
            grammar = below.clone();
        }
    }
    (path, grammar)
}

fn meant_command(words: &[OsString], typed: &str) -> Option<String> {
    let (path, above) = command(words);
    near_miss(typed, above.get_subcommands().map(clap::Command::get_name)).map(|meant| format!("{path} {meant}"))
}

fn possible_values(error: &clap::Error) -> Option<String> {
    text(error, ContextKind::ValidValue)
        .filter(|values| !values.is_empty())
        .map(|values| format!("Possible values: {values}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &str) -> String {
        let words: Vec<OsString> = std::iter::once("jeton").chain(words.split(' ')).map(Into::into).collect();
        let error = arguments::command().try_get_matches_from(&words).expect_err("it makes no sense");
        let Failure { code, message, next } = usage_error(&error, &words);
        assert_eq!(code, Code::Usage);
        format!("{message} / {next}")
    }

    #[test]
    fn mistakes_are_named_and_what_was_meant_is_suggested() {
        for (words, expected) in [
            ("lsit", "unknown command \"lsit\" / Did you mean jeton list?"),
            ("frobnicate", "unknown command \"frobnicate\" / See jeton --help"),
            ("accounts ues", "unknown command \"ues\" / Did you mean jeton accounts use?"),
            ("list --fliter x", "unknown option --fliter / Did you mean --filter?"),
            ("list --qqq", "unknown option --qqq / See jeton list --help"),
            ("list extra", "unexpected argument \"extra\" / Usage: jeton list [OPTIONS]"),
            ("list --usage kk", "invalid value \"kk\" for --usage / Possible values: pk, sk"),
            ("list --usage secret", "invalid value \"secret\" for --usage / Possible values: pk, sk"),
            ("create --preset web-mpa", "invalid value \"web-mpa\" for --preset / Did you mean web-map?"),
            ("create --note", "--note needs a value / See jeton create --help"),
            (
                "list --timeout soon",
                "invalid value \"soon\" for --timeout: expected a whole number / See jeton list --help",
            ),
            (
                "sandbox --listen here",
                "invalid value \"here\" for --listen: expected an address and a port, such as 127.0.0.1:8787 / \
                 See jeton sandbox --help",
            ),
            ("show", "missing TOKEN / Usage: jeton show <TOKEN>"),
            ("create --note a --note b", "--note appears twice / See jeton create --help"),
            ("recover x --delete --forget", "--delete can't be combined with --forget / See jeton recover --help"),
        ] {
            assert_eq!(said(words), expected, "jeton {words}");
        }
    }

    #[test]
    fn what_was_typed_is_quoted_without_values_and_controls() {
        let value = "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UwMDAwMDAwMDAwMDAwMDAwMDAwIn0.fakefakefakefakefakefa";
        for words in
            [value.to_owned(), format!("list --usage {value}"), format!("list {value}"), "list \u{1b}[31m".to_owned()]
        {
            let said = said(&words);
            assert!(!said.contains("fakefake") && !said.contains('\u{1b}'), "{said}");
        }
    }
}
