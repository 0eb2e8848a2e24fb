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
    delivery::{Place, Terminal},
    os::failpoint::reached,
    secret::Secret,
    token::Usage,
    untrusted::shown,
};

/// The options that name a place.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Where the value goes (otherwise to standard output, unless that is a terminal)")]
pub struct Sink {
    /// Into a new file that only you can read; nothing is overwritten
    #[arg(long, value_name = "FILE", group = "sink")]
    to_file: Option<String>,
    /// Into an environment file, as NAME
    #[arg(long, value_name = "FILE:NAME", group = "sink")]
    to_env: Option<String>,
    /// The file of --to-env may be one that git tracks
    #[arg(long, requires = "to_env")]
    even_if_tracked: bool,
    /// Into the standard input of a command; everything that follows is the command
    #[arg(long, value_name = "COMMAND", group = "sink", num_args = 1.., allow_hyphen_values = true)]
    to_command: Option<Vec<String>>,
    /// Onto the terminal, where others may see it and scrollback and recorders keep it
    #[arg(long, group = "sink")]
    reveal: bool,
}

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// Wherever it stays.
    Place(Place),
}

impl Sink {
    /// Whether one was named.
    pub fn is_named(&self) -> bool {
        self.reveal || self.to_file.is_some() || self.to_env.is_some() || self.to_command.is_some()
    }

    /// The place for the value of a token of this kind.
    ///
    /// # Errors
    /// When there is none: nothing may be created then.
    pub fn destination(&self, usage: Usage, output: &Output) -> Result<Destination, Failure> {
        if let Some(file) = &self.to_file {
            return new_file(file);
        }
        if let Some(place) = &self.to_env {
            let entry = Place::entry(place, self.even_if_tracked).map_err(|_| {
                Failure::usage(
                    "--to-env takes a file and a name",
                    "Such as .env:MAPBOX_ACCESS_TOKEN. Nothing was created.",
                )
            })?;
            return Ok(Destination::Place(entry));
        }
        if let Some(command) = &self.to_command {
            return Ok(Destination::Place(Place::Command(command.clone())));
        }
        if usage == Usage::Public {
            return Ok(Destination::Stdout);
        }
        if output::is_discarded() {
            return Err(Failure::usage(
                "standard output is closed or thrown away, and with it the value, which is shown only once",
                "Name a place: --to-file, --to-env or --to-command. Nothing was created.",
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
        "Say where it is to go: --to-file, --to-env, --to-command, a pipe, or --reveal if the terminal is what you want. \
         Nothing was created.",
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
    Ok(Destination::Place(Place::File(file.to_owned())))
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

impl Destination {
    /// Delivers the value, and says on standard error where to.
    ///
    /// # Errors
    /// Why the value did not arrive.
    pub fn deliver<T: Serialize>(&self, new: &New<'_, T>, output: &mut Output) -> Result<(), Failure> {
        reached("delivery begins");
        let stored = match self {
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
            Self::Place(place) => place.deliver(new.value, Terminal::Shared),
        };
        let stored = stored.map_err(|error| Failure::plain(Code::Local, error.to_string()))?;
        reached("delivery: the sink has it");
        output.say(format_args!("{}. Its value is {stored}.", new.done));
        if output.is_json() {
            // The value is where it should be; that nobody reads the rest changes nothing.
            let _nobody = output.json(new.bare).and_then(|()| output.flush());
        }
        Ok(())
    }
}
