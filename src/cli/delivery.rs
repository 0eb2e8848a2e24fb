//! Delivers the value of a new token: the only place of the command line that hands out a secret.
//!
//! Invariants: the destinations are chosen and checked before anything is created; the value goes to these destinations only; each is
//! reported; if one fails, the command exits with 6.

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};
use serde::Serialize;

use super::{
    failure::{Code, Failure},
    output::{self, Output},
    prompt,
};
use crate::{
    delivery::{Allow, Destination, KINDS, Kind, StoreError, Stored},
    os::failpoint::reached,
    secret::Secret,
    token::Usage,
};

/// Over the options in the help.
const HEADING: &str = "Destinations of the value (repeatable; default: standard output, if it is not a terminal)";

/// The id of the group of all options that name a place.
pub const GROUP: &str = "destination";

const REVEAL: &str = "reveal";
const REPLACE: &str = "replace-entry";
const TRACKED: &str = "even-if-tracked";

/// The options that name places: one for each kind of destination, and `--reveal`.
#[derive(Clone, Debug, Default)]
pub struct Sinks {
    /// In the order in which they were named.
    named: Vec<(&'static Kind, String)>,
    allow: Allow,
    reveal: bool,
}

impl clap::Args for Sinks {
    fn augment_args(command: Command) -> Command {
        let flag = |id: &'static str, help: &'static str| {
            Arg::new(id).long(id).help(help).help_heading(HEADING).action(ArgAction::SetTrue)
        };
        let kinds = KINDS.iter().map(|kind| {
            Arg::new(kind.option)
                .long(kind.option)
                .value_name(kind.value_name)
                .help(kind.help)
                .help_heading(HEADING)
                .group(GROUP)
                .action(ArgAction::Append)
        });
        command
            .args(kinds)
            .arg(flag(REPLACE, "Let --to-env replace an existing value").requires("to-env"))
            .arg(flag(TRACKED, "Let --to-env write to a file that git tracks").requires("to-env"))
            .arg(
                flag(REVEAL, "Print the value on the terminal, where others may see it and the scrollback keeps it")
                    .group(GROUP)
                    .conflicts_with_all(KINDS.iter().map(|kind| kind.option)),
            )
            .group(clap::ArgGroup::new(GROUP).multiple(true))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Sinks {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut named = Vec::new();
        for kind in KINDS {
            let texts = matches.get_many::<String>(kind.option).into_iter().flatten();
            let places = matches.indices_of(kind.option).into_iter().flatten();
            named.extend(places.zip(texts).map(|(at, text)| (at, *kind, text.clone())));
        }
        named.sort_by_key(|(at, ..)| *at);
        Ok(Self {
            named: named.into_iter().map(|(_, kind, text)| (kind, text)).collect(),
            allow: Allow { replace: matches.get_flag(REPLACE), tracked: matches.get_flag(TRACKED) },
            reveal: matches.get_flag(REVEAL),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// `--to-command` takes its command in quotes, and other options may follow; or, as the last option, as the words that follow it, which is
/// how one types it. The words are put in quotes here, so that there is one form from here on.
///
/// # Errors
/// When a place is named among the words that follow: whether it is meant for us or for the command cannot be told.
pub fn quote_command(mut words: Vec<std::ffi::OsString>) -> Result<Vec<std::ffi::OsString>, Failure> {
    let is_command = |word: &std::ffi::OsString| word == "--to-command";
    let mut from = 0;
    while let Some(at) = words.iter().skip(from).position(is_command).map(|at| from + at) {
        let command = words.split_off((at + 1).min(words.len()));
        let Some(command) = command.iter().map(|word| word.to_str()).collect::<Option<Vec<_>>>() else {
            return Err(Failure::usage("the --to-command value is not valid UTF-8", "Nothing was created."));
        };
        let is_quoted = command.first().is_some_and(|first| first.contains(char::is_whitespace));
        if is_quoted || command.len() <= 1 {
            words.extend(command.into_iter().map(Into::into));
            from = at + 2;
            continue;
        }
        let is_place = |word: &&str| {
            let option = word.strip_prefix("--").map(|word| word.split('=').next().unwrap_or_default());
            option.is_some_and(|option| option == REVEAL || KINDS.iter().any(|kind| kind.option == option))
        };
        if let Some(place) = command.iter().find(|word| is_place(word)) {
            return Err(Failure::usage(
                format!("{place} comes after --to-command, which takes all remaining words as its command"),
                format!("Nothing was created. Quote the command: --to-command '{} …'", command[0]),
            ));
        }
        let quoted = shlex::try_join(command)
            .map_err(|_| Failure::usage("can't quote an argument of --to-command", "Nothing was created."))?;
        words.push(quoted.into());
        break;
    }
    Ok(words)
}

/// Where a value is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destinations {
    /// Standard output.
    Stdout,
    /// These places, in this order.
    Places(Vec<Destination>),
}

impl Sinks {
    /// Whether one was named.
    pub fn is_named(&self) -> bool {
        self.reveal || !self.named.is_empty()
    }

    /// Where the value of a token of this kind is to go.
    ///
    /// # Errors
    /// When there is no place for it, or one of them cannot take it: nothing may be created then.
    pub fn destinations(&self, usage: Usage, output: &Output) -> Result<Destinations, Failure> {
        if !self.named.is_empty() {
            return self.places().map(Destinations::Places);
        }
        if usage == Usage::Public {
            return Ok(Destinations::Stdout);
        }
        if output::is_discarded() {
            return Err(Failure::usage(
                "standard output is closed or discarded, so the value, which is shown only once, would be lost",
                format!("Nothing was created. Choose a destination: {}", options()),
            ));
        }
        if !output.is_terminal() || self.reveal {
            return Ok(Destinations::Stdout);
        }
        if !output.may_ask() {
            return Err(Failure::usage(
                format!("the value of a {} token would appear on this terminal", usage.word()),
                format!(
                    "Nothing was created. Choose a destination with {}, use a pipe, or add --reveal to print it here",
                    options()
                ),
            ));
        }
        output
            .say(format_args!("The value of a {} token is shown only once. Where should jeton save it?", usage.word()));
        let places =
            ["In a new file that only you can read".to_owned(), "Nowhere: print it on this terminal".to_owned()];
        match prompt::choose(output, "Destination", &places)? {
            0 => {
                let file = prompt::line("File:")?;
                let asked =
                    Self { named: KINDS.iter().take(1).map(|kind| (*kind, file.clone())).collect(), ..Self::default() };
                asked.places().map(Destinations::Places)
            }
            _ => Ok(Destinations::Stdout),
        }
    }

    fn places(&self) -> Result<Vec<Destination>, Failure> {
        let places = self.parsed(self.allow)?;
        for (place, (kind, _)) in places.iter().zip(&self.named) {
            place.check().map_err(|error| refused(kind, &error))?;
        }
        Ok(places)
    }

    /// The places as they were named, with what is allowed there; not looked at yet.
    ///
    /// # Errors
    /// When one makes no sense, or is named twice.
    pub fn parsed(&self, allow: Allow) -> Result<Vec<Destination>, Failure> {
        let mut places: Vec<Destination> = Vec::with_capacity(self.named.len());
        for (kind, text) in &self.named {
            let place = (kind.parse)(text, allow).map_err(|error| refused(kind, &error))?;
            if places.contains(&place) {
                return Err(refused(kind, &StoreError(format!("{place} appears twice."))));
            }
            places.push(place);
        }
        Ok(places)
    }
}

fn refused(kind: &Kind, error: &StoreError) -> Failure {
    Failure::advised(Code::Usage, &format!("--{}: {}", kind.option, lower(&error.to_string())), "Nothing was created.")
}

/// A sentence in the middle of a line.
fn lower(sentence: &str) -> String {
    let mut letters = sentence.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(letters).collect(),
        _ => sentence.to_owned(),
    }
}

/// The options that name a place, for messages: `--to-file, --to-env or --to-command`.
fn options() -> String {
    let options: Vec<String> = KINDS.iter().map(|kind| format!("--{}", kind.option)).collect();
    match options.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => options.concat(),
    }
}

/// A new token, to be told about.
pub struct New<'a, T> {
    /// What is done when it is delivered: `Created the secret token "CI" (cm…)`.
    pub done: String,
    /// Its value.
    pub value: &'a Secret,
    /// The whole of it for JSON, with the value.
    pub whole: &'a T,
    /// The whole of it for JSON, without the value.
    pub bare: &'a T,
}

/// A new token as JSON, and what became of its value.
#[derive(Serialize)]
struct Told<'a, T> {
    #[serde(flatten)]
    token: &'a T,
    destinations: Vec<Outcome>,
}

/// What became of a value at one destination, as JSON.
#[derive(Serialize)]
pub struct Outcome {
    /// `file`, `env`, `command`.
    pub kind: &'static str,
    /// Where, in words.
    pub place: String,
    /// Whether the value is there.
    pub stored: bool,
    /// What happened, in a sentence.
    pub message: String,
}

impl Outcome {
    fn of(to: &Destination, result: &Result<Stored, StoreError>) -> Self {
        let message = result.as_ref().map_or_else(ToString::to_string, |stored| format!("The value was {stored}."));
        Self { kind: to.kind().word, place: to.to_string(), stored: result.is_ok(), message }
    }
}

impl Destinations {
    /// Delivers the value to each place, by `deliver`, and says on standard error where it is. All are tried, whatever becomes of the
    /// others.
    ///
    /// # Errors
    /// Which places the value did not get to, and why.
    pub fn deliver<T: Serialize>(
        &self,
        new: &New<'_, T>,
        output: &mut Output,
        deliver: impl Fn(&Destination) -> Result<Stored, StoreError>,
    ) -> Result<(), Failure> {
        reached("delivery begins");
        let places = match self {
            Self::Stdout => {
                if output.is_json() {
                    output.secret_json(new.whole)?;
                } else {
                    output.secret(new.value)?;
                }
                reached("delivery: standard output has it");
                output.say(format_args!("{}.", new.done));
                return Ok(());
            }
            Self::Places(places) => places,
        };
        let results: Vec<_> = places
            .iter()
            .map(|to| {
                let result = deliver(to);
                // Of a single one it is said together with what was created, below.
                if let Ok(stored) = &result
                    && places.len() > 1
                {
                    output.say(format_args!("The value was {stored}."));
                }
                result
            })
            .collect();
        reached("delivery: every place was tried");
        match (results.as_slice(), results.iter().all(Result::is_ok)) {
            ([Ok(stored)], _) => output.say(format_args!("{}. Its value was {stored}.", new.done)),
            (_, true) => output.say(format_args!("{}.", new.done)),
            (_, false) => {}
        }
        let failed: Vec<String> = places
            .iter()
            .zip(&results)
            .filter_map(|(to, result)| {
                let (to, why) = (to.to_string(), result.as_ref().err()?.to_string());
                // Most reasons name the destination themselves.
                Some(if why.contains(&to) { why } else { format!("{to}: {why}") })
            })
            .collect();
        if output.is_json() {
            let destinations = places.iter().zip(&results).map(|(to, result)| Outcome::of(to, result)).collect();
            // The value is where it should be; that nobody reads the rest changes nothing.
            let _nobody = output.json(&Told { token: new.bare, destinations }).and_then(|()| output.flush());
        }
        if failed.is_empty() {
            return Ok(());
        }
        let of = if places.len() == 1 {
            String::new()
        } else {
            format!("{} of {} destinations: ", failed.len(), places.len())
        };
        let reasons = failed.join(" ");
        Err(Failure::plain(Code::Undelivered, format!("{of}{}", reasons.strip_suffix('.').unwrap_or(&reasons))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(words: &[&str]) -> Result<Vec<String>, Failure> {
        let words = quote_command(words.iter().map(Into::into).collect())?;
        Ok(words.into_iter().map(|word| word.into_string().unwrap()).collect())
    }

    #[test]
    fn a_command_is_quoted_or_everything_that_follows() {
        let last = quote(&["create", "--to-file", "x", "--to-command", "sh", "-c", "cat > 'a b'"]).unwrap();
        assert_eq!(last[..4], ["create", "--to-file", "x", "--to-command"]);
        assert_eq!(shlex::split(&last[4]).unwrap(), ["sh", "-c", "cat > 'a b'"]);
        let quoted = ["create", "--to-command", "gh secret set X", "--to-command", "pass insert x", "--to-file", "y"];
        assert_eq!(quote(&quoted).unwrap(), quoted);
        assert_eq!(quote(&["create", "--to-command", "cat"]).unwrap(), ["create", "--to-command", "cat"]);
        assert_eq!(quote(&["create", "--to-command"]).unwrap(), ["create", "--to-command"]);
    }

    #[test]
    fn what_could_be_meant_for_the_command_or_for_us_is_refused() {
        for words in [
            &["create", "--to-command", "cat", "--to-file", "x"] as &[&str],
            &["create", "--to-command", "cat", "--to-env=x:Y"],
            &["create", "--to-command", "a b", "--to-command", "cat", "-u", "--reveal"],
        ] {
            assert_eq!(quote(words).unwrap_err().code, Code::Usage, "{words:?}");
        }
    }
}
