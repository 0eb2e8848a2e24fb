//! `jeton inspect`: what a token's string tells by itself, and what the server says of it.
//!
//! Invariants: the string comes from a file or standard input, is sent to nobody but the API, and is not printed.

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

/// Tell what a token's value is: kind, owner, id, age, and whether it works
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # a file with the token in it, alone or among other text
  jeton inspect token.txt
  # from standard input
  pbpaste | jeton inspect
  # without asking the server whether it works
  jeton inspect .env --offline
  # every token in a page, one after another (with --json, one object each)
  jeton inspect page.html
  # the id, for jeton show
  jeton inspect token.txt --json | jq -r .id

A token is never given as an argument: it would be seen in the shell's history and in the list of processes.")]
pub struct Arguments {
    /// The file; - or nothing reads standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Do not ask the server whether the token works
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
            _ => no_token("no token in it".into()),
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
    Failure::usage(why, "Give a file that holds a token, or the token on standard input.")
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
                return Err(no_token("no token was given".into()));
            }
            output.say("Paste the token and press Enter, then Ctrl-D:");
        }
        (io::stdin().lock().take(LIMIT + 1).read_to_end(&mut text), "standard input".to_owned())
    };
    match read {
        Ok(length) if length as u64 > LIMIT => Err(no_token("that is far more than a token".into())),
        Ok(_) => Ok(text),
        Err(error) => Err(Failure::local(what, &error)),
    }
}

/// Asks the server by the token's own authority; no account is needed for that.
fn ask(global: &Global, decoded: &DecodedToken, value: Secret) -> Result<Verdict, Failure> {
    let endpoint = global.dress(Endpoint::new(&global.address(), decoded.owner.raw(), value.clone())?)?;
    match Session::new(endpoint, global.output_options().accessible)?.call(Request::Verify(value))? {
        Reply::Verdict(verdict) => Ok(verdict),
        other => Err(Failure::new(Code::Unreadable, format!("the server answered something else: {other:?}"), "")),
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
        output.line(format_args!("Id: {}", id.shown()))?;
    }
    for (name, time) in [("Made", decoded.born), ("Issued", decoded.issued), ("Expires", decoded.expires)] {
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
            "Signature: {} characters instead of {}: something was cut off or added",
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
