//! `jeton temporary`: creates a token that expires within the hour. It is in no list, and can be neither edited nor revoked.

use clap::builder::PossibleValuesParser;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::cli::{
    account,
    arguments::Global,
    commands::create::add_scopes,
    delivery::{New, Sinks},
    exit::Exit,
    failure::{Code, Failure},
    output::Output,
};
use crate::{
    delivery::Terminal,
    secret::Secret,
    token::{Preset, Usage, preset::presets, rfc3339, time},
    work::{Reply, Request},
};

/// The longest life (Tokens API, "Create a temporary token").
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// Create a temporary token, valid for up to an hour
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  jeton temporary --preset uploads --expires 10m | ./upload.sh
  jeton temporary --scope styles:read --expires 1h --to-file demo.token
  MAPBOX_ACCESS_TOKEN=$(jeton temporary --preset tiling-service --expires 30m) tilesets status ada.hike

A temporary token (tk) has no name and no URL restrictions. The authorizing token must hold every scope that it grants.")]
pub struct Arguments {
    /// Grant this scope; repeatable, or separate several with commas
    #[arg(long = "scope", alias = "scopes", value_name = "SCOPE", value_delimiter = ',', required_unless_present = "preset", add = clap_complete::engine::ArgValueCompleter::new(crate::cli::completion::scopes))]
    scopes: Vec<String>,
    /// Grant the scopes that a common job needs
    #[arg(long, value_name = "PRESET", value_parser = PossibleValuesParser::new(presets().iter().map(|preset| &*preset.id)))]
    preset: Option<String>,
    /// Lifetime, such as 30s or 45m (1h at most)
    #[arg(long, value_name = "DURATION", value_parser = lifetime)]
    expires: SignedDuration,
    #[command(flatten)]
    sinks: Sinks,
}

/// What the API answers, in its own field names.
#[derive(Serialize)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "value")]
    token: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_at: Option<String>,
    expires: String,
    expires_in: i64,
}

#[expect(clippy::ref_option, reason = "the signature serde calls")]
fn value<S: serde::Serializer>(token: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(token.as_ref().map(Secret::expose).unwrap_or_default())
}

fn lifetime(text: &str) -> Result<SignedDuration, String> {
    let lifetime = time::parse_duration(text).map_err(|fault| fault.to_string())?;
    if lifetime.is_zero() || lifetime > LONGEST {
        return Err("a temporary token lasts from 1 second to 1 hour".into());
    }
    Ok(lifetime)
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let mut scopes =
        arguments.preset.as_deref().and_then(Preset::by_id).map(|preset| preset.scopes.clone()).unwrap_or_default();
    add_scopes(&mut scopes, arguments.scopes.iter().map(String::as_str));
    let destinations = arguments.sinks.destinations(Usage::Temporary, output)?;
    let mut session = account::open(global)?;
    let made = match session.call(Request::Temporary { scopes, lifetime: arguments.expires })? {
        Reply::TemporaryCreated(made) => *made,
        other => unreachable!("a temporary token was asked for, not {other:?}"),
    };
    let now = Timestamp::now();
    // The client fills in what it asked for where the server says nothing.
    let (expires, ends) = (made.expires.unwrap_or(now), made.ends().unwrap_or(now));
    let lives = made.issued_at.map_or(arguments.expires, |issued| expires.duration_since(issued));
    let answer = |token| Answer {
        token,
        issued_at: made.issued_at.map(rfc3339),
        expires: rfc3339(expires),
        expires_in: lives.as_secs(),
    };
    let new = New {
        done: format!("Created a temporary token. It expires {}", time::relative(ends, now)),
        value: &made.value,
        whole: &answer(Some(made.value.clone())),
        bare: &answer(None),
    };
    destinations.deliver(&new, output, |to| to.deliver(&made.value, Terminal::Shared)).map_err(|why| {
        Failure::new(
            Code::Undelivered,
            format!("the temporary token was created, but its value was not delivered: {}", why.message),
            "jeton keeps no backup of temporary tokens; it expires on its own. Create another one.",
        )
    })?;
    Ok(Exit::Done)
}
