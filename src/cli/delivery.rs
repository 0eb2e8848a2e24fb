//! Where the value of a new token goes: the one place of the command line that lets a secret out.
//!
//! What always holds: whether there is a place is decided before anything is created; the value goes to that place and to no
//! other; when it cannot be delivered after all, the command exits with 6 and says so.
//!
//! Callers: `create`, `temporary`.

use std::path::Path;

use serde::Serialize;

use super::{
    failure::{Code, Failure},
    output::{self, Output},
    prompt,
};
use crate::{
    secret::Secret,
    sink::{self, Stored},
    token::Usage,
    untrusted::shown,
};

/// The options that name a place.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Where the value goes (otherwise to standard output, unless that is a terminal)")]
#[group(multiple = false)]
pub struct Sink {
    /// Into a new file that only you can read; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    to_file: Option<String>,
    /// Onto the terminal, where others may see it and scrollback and recorders keep it
    #[arg(long)]
    reveal: bool,
}

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// A new file.
    File(String),
}

impl Sink {
    /// The place for the value of a token of this kind.
    ///
    /// # Errors
    /// When there is none: nothing may be created then.
    pub fn destination(&self, usage: Usage, output: &Output) -> Result<Destination, Failure> {
        if let Some(file) = &self.to_file {
            return new_file(file);
        }
        if usage == Usage::Public {
            return Ok(Destination::Stdout);
        }
        if output::is_discarded() {
            return Err(Failure::usage(
                "standard output is closed or thrown away, and with it the value, which is shown only once",
                "Name a place: --to-file FILE. Nothing was created.",
            ));
        }
        if !output.is_terminal() || self.reveal {
            return Ok(Destination::Stdout);
        }
        if !output.may_ask() {
            return Err(nowhere(usage));
        }
        output.say(format_args!("The value of a {} token is shown only once. Where is it to go?", usage.word()));
        let places = ["Into a new file that only you can read".to_owned(), "Onto this terminal".to_owned()];
        match prompt::choose(output, "Where to?", &places)? {
            0 => new_file(&prompt::line("File:")?),
            _ => Ok(Destination::Stdout),
        }
    }
}

fn nowhere(usage: Usage) -> Failure {
    Failure::usage(
        format!("the value of a {} token would be shown on this terminal", usage.word()),
        "Say where it is to go: --to-file FILE, or a pipe, or --reveal if the terminal is what you want. Nothing was created.",
    )
}

/// A file that can be expected to be written: found out before there is something to lose.
fn new_file(file: &str) -> Result<Destination, Failure> {
    let path = Path::new(file);
    let refused = |why: &str| Failure::usage(format!("{}: {why}", shown(file)), "Nothing was created.");
    if file.trim().is_empty() {
        return Err(refused("a file needs a name"));
    }
    if path.symlink_metadata().is_ok() {
        return Err(refused("there is a file of that name already, and nothing is overwritten"));
    }
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !file.starts_with("~/") && !directory.is_dir() {
        return Err(refused("there is no such directory"));
    }
    Ok(Destination::File(file.to_owned()))
}

/// A new token, to be told about.
pub struct New<'a, T> {
    /// What it is, in words: `secret token "CI" (cm…)`.
    pub name: String,
    /// Its value.
    pub value: &'a Secret,
    /// The whole of it for JSON, with the value.
    pub whole: &'a T,
    /// The whole of it for JSON, without the value.
    pub bare: &'a T,
    /// Whether losing the value would be a loss.
    pub usage: Usage,
}

impl Destination {
    /// Delivers the value, and says on standard error where to.
    ///
    /// # Errors
    /// [`Code::Undelivered`] when the value of a secret did not arrive.
    pub fn deliver<T: Serialize>(&self, new: &New<'_, T>, output: &mut Output) -> Result<(), Failure> {
        let delivered = match self {
            Self::Stdout if output.is_json() => output.secret_json(new.whole),
            Self::Stdout => {
                output.say(format_args!("Created the {}.", new.name));
                output.secret(new.value)
            }
            Self::File(path) => sink::store(path, new.value)
                .map_err(|error| Failure::new(Code::Local, error.to_string(), ""))
                .and_then(|Stored::File(path)| {
                    output.say(format_args!("Created the {}. Its value is in {}.", new.name, shown(&path.to_string_lossy())));
                    if output.is_json() { output.json(new.bare).and_then(|()| output.flush()) } else { Ok(()) }
                }),
        };
        match delivered {
            Err(failure) if new.usage != Usage::Public => Err(Failure::new(
                Code::Undelivered,
                format!("the {} was created, but its value was not delivered: {}", new.name, failure.message),
                "jeton recover has the value for a while and can deliver it.",
            )),
            other => other,
        }
    }
}
