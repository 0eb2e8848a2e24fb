//! `jeton inspect`: decodes tokens, and asks the server whether they work.
//!
//! Invariants: values come from a file or standard input, are sent only to the API, and are never printed.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read},
    path::PathBuf,
};

use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::cli::{
    arguments::Global,
    exit::Exit,
    failure::{Code, Failure},
    output::Output,
    session::Session,
};
use crate::{
    api::{Endpoint, verdict::Verdict},
    secret::Secret,
    token::{
        Scope,
        decoded::{self, DecodedToken},
        rfc3339, time,
    },
    work::{Reply, Request},
};

/// Most bytes read; a token has about a hundred, a file around it perhaps some thousand.
const LIMIT: u64 = 1 << 20;

/// Decode tokens and check whether they work
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # decode every token in a file
  jeton inspect token.txt
  # decode a token from standard input
  pbpaste | jeton inspect
  # do not ask the server
  jeton inspect .env --offline
  # print one JSON object per token
  jeton inspect page.html --json
  # print the ID
  jeton inspect token.txt --json | jq -r .id

Never pass a token as an argument: other users could read it in the process list, and your shell keeps it in its history.")]
pub struct Arguments {
    /// File to search for tokens; - or none reads standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Do not ask the server whether the tokens work
    #[arg(long)]
    offline: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    usage: &'static str,
    owner: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    born: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<&'a [Scope]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'a str>,
    complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'a str>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let text = read(arguments, output)?;
    let values = decoded::all_pasted(&text);
    if values.is_empty() {
        let text = std::str::from_utf8(&text).unwrap_or_default();
        return Err(match DecodedToken::of(text) {
            Err(why) if text.split_whitespace().nth(1).is_none() => no_token(why.to_string()),
            _ => no_token("no token found".into()),
        });
    }
    for (number, value) in values.into_iter().enumerate() {
        let decoded = DecodedToken::of(value.expose()).map_err(|why| no_token(why.to_string()))?;
        let verdict = if arguments.offline { None } else { Some(ask(global, &decoded, value)?) };
        if output.is_json() {
            output.json(&answer(&decoded, verdict.as_ref()))?;
        } else {
            if number > 0 {
                output.line("")?;
            }
            print(&decoded, verdict.as_ref(), output)?;
        }
    }
    Ok(Exit::Done)
}

fn no_token(why: String) -> Failure {
    Failure::usage(why, "Pass a file that contains a token, or pipe the token to jeton inspect")
}

fn read(arguments: &Arguments, output: &Output) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut text = Zeroizing::new(Vec::with_capacity(4096));
    let file = arguments.file.as_ref().filter(|file| file.as_os_str() != "-");
    let (read, what) = if let Some(path) = file {
        let read = File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut text));
        (read, path.display().to_string())
    } else {
        if io::stdin().is_terminal() {
            if !output.may_ask() {
                return Err(no_token("no token given".into()));
            }
            output.say("Paste the token and press Enter, then Ctrl-D:");
        }
        (io::stdin().lock().take(LIMIT + 1).read_to_end(&mut text), "standard input".to_owned())
    };
    match read {
        Ok(length) if length as u64 > LIMIT => Err(no_token("the input is too long".into())),
        Ok(_) => Ok(text),
        Err(error) => Err(Failure::local(format_args!("can't read {what}"), &error)),
    }
}

/// Asks the server by the token's own authority; no account is needed for that.
fn ask(global: &Global, decoded: &DecodedToken, value: Secret) -> Result<Verdict, Failure> {
    let endpoint = global.dress(Endpoint::new(&global.address(), decoded.owner.raw(), value.clone())?)?;
    match Session::new(endpoint, global.output_options().accessible)?.call(Request::Verify(value))? {
        Reply::Verdict(verdict) => Ok(verdict),
        other => Err(Failure::new(Code::Unreadable, format!("unexpected reply: {other:?}"), "")),
    }
}

fn answer<'a>(decoded: &'a DecodedToken, verdict: Option<&'a Verdict>) -> Answer<'a> {
    Answer {
        usage: decoded.usage.prefix(),
        owner: decoded.owner.raw(),
        id: decoded.id.as_ref().map(crate::token::id::TokenId::as_str),
        born: decoded.born.map(rfc3339),
        issued: decoded.issued.map(rfc3339),
        expires: decoded.expires.map(rfc3339),
        scopes: decoded.scopes.as_deref(),
        client: decoded.client.as_ref().map(crate::untrusted::Untrusted::raw),
        complete: decoded.has_usual_signature(),
        verdict: verdict.map(|verdict| verdict.code.word()),
    }
}

fn print(decoded: &DecodedToken, verdict: Option<&Verdict>, output: &mut Output) -> Result<(), Failure> {
    let now = Timestamp::now();
    let moment = |time: Timestamp| format!("{}, {}", time::absolute(time), time::relative(time, now));
    output.line(format_args!("Kind: {} ({})", decoded.usage.word(), decoded.usage))?;
    output.line(format_args!("Owner: {}", decoded.owner.shown()))?;
    if let Some(id) = &decoded.id {
        output.line(format_args!("ID: {}", id.shown()))?;
    }
    for (name, time) in [("Created", decoded.born), ("Issued", decoded.issued), ("Expires", decoded.expires)] {
        if let Some(time) = time {
            output.line(format_args!("{name}: {}", moment(time)))?;
        }
    }
    if let Some(scopes) = &decoded.scopes {
        let scopes: Vec<_> = scopes.iter().map(Scope::shown).collect();
        output.line(format_args!("Scopes: {}", scopes.join(", ")))?;
    }
    if let Some(client) = &decoded.client {
        output.line(format_args!("Client: {}", client.shown()))?;
    }
    if !decoded.has_usual_signature() {
        output.line(format_args!(
            "Signature: wrong length ({}, expected {}); was the token truncated?",
            decoded.signature_length,
            decoded::SIGNATURE_LENGTH
        ))?;
    }
    match verdict {
        Some(verdict) => output.line(format_args!(
            "Server: it {} ({})",
            verdict.code.words(),
            crate::untrusted::shown(verdict.code.word())
        )),
        None => output.line("Server: not asked"),
    }
}
