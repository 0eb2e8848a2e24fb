//! `jeton doctor --support TOKEN`: the details that a support request about a token needs, ready to paste.
//!
//! Invariants: no token value is in it, neither the token's own nor one that someone wrote into a name or an allowed URL;
//! nothing is in it that was not read just now, and what could not be found out is left out or said to be unknown.
//!
//! The documentation names no list of what support wants to know. This is what its pages on errors tell people to check (which
//! token, its scopes, its URL restrictions, whether it still works), and by what a request can be found again: time and request id.

use std::env;

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::{arguments::Global, exit::Exit, failure::Failure, output::Output, selection, session::Session};
use crate::{
    api::Call,
    token::{Scope, Token, Word, decoded::scrub, rfc3339, time},
    untrusted::{Untrusted, shown},
    work::{Reply, Request},
};

/// Where requests are taken.
const DESK: &str = "https://www.mapbox.com/support";

/// What is sent, as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// When this was found out.
    time: String,
    /// The API's host.
    api: String,
    /// Whose token it is.
    username: String,
    /// Its metadata, without the value.
    token: Token,
    /// What the server says of its value, where the value is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<String>,
    /// What was asked to find this out.
    requests: Vec<Exchange>,
    /// The version of this program.
    jeton: &'static str,
    /// Operating system and architecture.
    system: String,
    /// The terminal, by the names it gives itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    terminal: Option<String>,
}

/// A request that went out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Exchange {
    time: String,
    method: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why there is no answer, or what was wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    milliseconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// Runs the command.
pub fn run(wanted: &str, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let endpoint = global.endpoint()?;
    let host = endpoint.host();
    let mut session = Session::new(endpoint, global.output_options().accessible)?;
    let token = selection::find(&mut session, output, wanted)?;
    let verdict = verdict(&mut session, &token);
    let report = Report {
        time: rfc3339(Timestamp::now()),
        api: host,
        username: scrub(session.username()).into_owned(),
        token: without_values(&token),
        verdict: verdict.clone().ok(),
        requests: session.calls().map(exchange).collect(),
        jeton: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", env::consts::OS, env::consts::ARCH),
        terminal: terminal(),
    };
    if output.is_json() {
        output.json(&report)?;
    } else {
        print(&report, verdict.err(), output)?;
        output.flush()?;
        output.say(format_args!(
            "Add what you did, what you expected and what happened, and send it by {DESK}. This text contains no token value."
        ));
    }
    Ok(Exit::Done)
}

/// What the server says of the token's value, or why that is not known.
fn verdict(session: &mut Session, token: &Token) -> Result<String, String> {
    let value = token.token.clone().ok_or("jeton has no value for a secret token")?;
    match session.call(Request::Verify(value)) {
        Ok(Reply::Verdict(verdict)) => Ok(scrub(verdict.code.word()).into_owned()),
        Ok(other) => unreachable!("a verdict was asked for, not {other:?}"),
        Err(error) => Err(error.to_string()),
    }
}

/// A token's metadata without its value, and without any that stands in its texts.
fn without_values(token: &Token) -> Token {
    let clean = |text: &Untrusted| Untrusted::new(scrub(text.raw()).as_ref());
    Token {
        token: None,
        client: Word::new(&scrub(token.client.raw())),
        note: token.note.as_ref().map(clean),
        scopes: token.scopes.iter().map(|scope| Scope::from(scrub(scope.id()).as_ref())).collect(),
        allowed_urls: token.allowed_urls.as_ref().map(|urls| urls.iter().map(clean).collect()),
        ..token.clone()
    }
}

fn exchange(call: &Call) -> Exchange {
    Exchange {
        time: rfc3339(call.at),
        method: call.method,
        // Already without tokens.
        path: call.path.clone(),
        status: call.outcome.as_ref().ok().copied(),
        error: call.outcome.as_ref().err().map(ToString::to_string),
        milliseconds: u64::try_from(call.took.as_millis()).unwrap_or(u64::MAX),
        request_id: call.request_id.as_ref().map(|id| id.raw().to_owned()),
    }
}

/// How the terminal calls itself, if there is one.
fn terminal() -> Option<String> {
    let named = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let kind = named("TERM")?;
    let program = [named("TERM_PROGRAM"), named("TERM_PROGRAM_VERSION")];
    let program = program.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let name = if program.is_empty() { kind } else { format!("{kind} ({program})") };
    Some(scrub(&name).into_owned())
}

fn print(report: &Report, unknown: Option<String>, output: &mut Output) -> Result<(), Failure> {
    let Report { token, .. } = report;
    let mut fact = |name: &str, value: &str| output.line(format_args!("{name}: {value}"));
    fact("Time", &report.time)?;
    fact("API", &report.api)?;
    fact("Account", &shown(&report.username))?;
    fact("Token ID", &token.id.shown())?;
    fact("Kind", &format!("{} ({})", token.usage.word(), token.usage))?;
    if token.default {
        fact("Default public token", "yes")?;
    }
    fact("Name", &token.name())?;
    if let Some(flaws) = token.flaw_words() {
        fact("Not as documented", &flaws)?;
    }
    let scopes: Vec<_> = token.scopes.iter().map(Scope::shown).collect();
    fact("Scopes", if scopes.is_empty() { "none".into() } else { scopes.join(", ") }.as_str())?;
    let urls: Vec<_> = token.urls().iter().map(Untrusted::shown).collect();
    fact("Allowed URLs", if urls.is_empty() { "any".into() } else { urls.join(", ") }.as_str())?;
    for (name, moment) in [("Created", token.created()), ("Modified", token.modified())] {
        fact(name, moment.map_or_else(|| "unknown".into(), time::absolute).as_str())?;
    }
    match (&report.verdict, unknown) {
        (Some(verdict), _) => fact("The server says", &shown(verdict))?,
        (None, why) => fact("The server says", &format!("unknown: {}", why.unwrap_or_default()))?,
    }
    for request in &report.requests {
        let Exchange { time, method, path, milliseconds, .. } = request;
        let outcome = match (request.status, &request.error) {
            (Some(status), _) => status.to_string(),
            (None, why) => why.clone().unwrap_or_default(),
        };
        let id = request.request_id.as_deref().map(|id| format!(", request ID {}", shown(id))).unwrap_or_default();
        fact("Request", &format!("{time} {method} {} -> {outcome} in {milliseconds} ms{id}", shown(path)))?;
    }
    fact("jeton", report.jeton)?;
    fact("System", &report.system)?;
    fact("Terminal", &report.terminal.as_deref().map_or_else(|| "none".into(), shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_somebody_wrote_into_a_name_or_a_url_is_taken_out() {
        let value = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZmFrZSJ9.fakefakefakefakefakefa";
        let json = serde_json::json!({"id": "x", "usage": "pk", "note": format!("was {value}"), "token": value,
            "allowedUrls": [format!("example.com/?access_token={value}")], "scopes": ["styles:read"]});
        let token: Token = serde_json::from_value(json).expect("metadata");
        let clean = without_values(&token);
        let json = serde_json::to_string(&clean).expect("metadata");
        assert!(!json.contains("eyJ") && !json.contains("fakefake"), "{json}");
        assert!(json.contains("\"note\":\"was ") && json.contains("styles:read"), "{json}");
    }
}
