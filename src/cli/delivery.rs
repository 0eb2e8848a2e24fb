//! Where a new value goes: the sink arguments of `create` and `recover`, and carrying them out.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use zeroize::Zeroizing;

use super::output;
use crate::{
    failpoint::reached,
    secret::Secret,
    sink,
    token::{Token, Usage},
};

/// How long a command may take: it may ask for a finger on a key.
const PATIENCE: Duration = Duration::from_secs(120);

/// The sink.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Sink {
    /// Write the value to a new file that only you can read
    #[arg(long, value_name = "FILE", group = "sink")]
    to_file: Option<String>,
    /// Add the value to an environment file as NAME
    #[arg(long, value_name = "FILE:NAME", group = "sink")]
    to_env: Option<String>,
    /// The file of --to-env may be one that git tracks
    #[arg(long, requires = "to_env")]
    even_if_tracked: bool,
    /// Hand the value to a command on its standard input; everything that follows is the command
    #[arg(long, value_name = "COMMAND", group = "sink", num_args = 1.., allow_hyphen_values = true)]
    to_command: Option<Vec<String>>,
    /// Print the value although standard output is a terminal
    #[arg(long, group = "sink")]
    reveal: bool,
}

impl Sink {
    /// Whether one was named.
    pub fn is_named(&self) -> bool {
        self.reveal || self.to_file.is_some() || self.to_env.is_some() || self.to_command.is_some()
    }

    /// What is wrong with it, as far as that can be known before there is a value.
    pub fn problem(&self, usage: Usage) -> Option<String> {
        if let Some(path) = &self.to_file
            && std::fs::symlink_metadata(path).is_ok()
        {
            return Some(format!(
                "{} exists already, and nothing is overwritten. Choose another name.",
                crate::untrusted::shown(path)
            ));
        }
        if self.to_env.as_ref().is_some_and(|to| !to.contains(':')) {
            return Some("--to-env takes a file and a name: .env:MAPBOX_ACCESS_TOKEN".into());
        }
        if usage == Usage::Secret && !self.is_named() && io::stdout().is_terminal() {
            return Some(
                "The value of a secret token is shown once, so say where it should go: --to-file, --to-env, --to-command, \
                 or --reveal to print it here."
                    .into(),
            );
        }
        None
    }

    /// Delivers a value, and tells the token's metadata on standard output where that is not in the way.
    ///
    /// # Errors
    /// Why it was not delivered; never the value.
    pub fn deliver(&self, token: &Token, value: &Secret, json: bool) -> Result<(), String> {
        reached("delivery begins");
        let stored = if let Some(path) = &self.to_file {
            sink::store(path, value)
        } else if let Some(to) = &self.to_env {
            let (path, name) = to.rsplit_once(':').unwrap_or((to, ""));
            sink::add_entry(path, name, value, self.even_if_tracked)
        } else if let Some(command) = &self.to_command {
            sink::hand_to(command, value, PATIENCE)
        } else {
            let mut metadata = token.clone();
            metadata.token = Some(value.clone());
            let data = if json { to_json(&metadata) } else { Zeroizing::new(value.expose().as_bytes().to_vec()) };
            output::print(&data).map_err(|error| format!("Standard output did not take it: {error}."))?;
            reached("delivery: standard output has it");
            return Ok(());
        };
        let stored = stored.map_err(|error| error.to_string())?;
        reached("delivery: the sink has it");
        output::say(&format!("\"{}\" is {stored}.", token.name()));
        let mut metadata = token.clone();
        metadata.token = None;
        let data = if json { to_json(&metadata) } else { Zeroizing::new(token.id.shown().as_bytes().to_vec()) };
        // The value is where it should be; that nobody reads the rest changes nothing.
        let _nobody = output::print(&data);
        Ok(())
    }
}

fn to_json(token: &Token) -> Zeroizing<Vec<u8>> {
    // Room enough not to be moved: it may hold the value.
    let mut json = Zeroizing::new(Vec::with_capacity(64 << 10));
    serde_json::to_writer(&mut *json, token).expect("metadata is JSON, and a vector takes everything");
    json
}
