//! `jeton delete`: deletes tokens permanently.
//!
//! Invariants: nothing is deleted that was not named and confirmed: by typing, by `--confirm`, or by `--yes`.

use std::{collections::HashSet, sync::Arc};

use clap_complete::engine::ArgValueCompleter;

use crate::cli::{
    account, arguments::Global, bulk, exit::Exit, failure::Failure, output::Output, prompt, selection,
    session::Session, token_names,
};
use crate::{
    token::Token,
    work::{Reply, Request, bulk::Operation},
};

/// Delete tokens permanently
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # ask for the name first
  jeton delete 'Old store locator'
  # in scripts: delete it only if it has this name
  jeton delete cmab --confirm 'Old store locator'
  # do not ask
  jeton delete cmab cmcd --yes
  # read IDs, names or JSON from standard input; preview first
  jeton list --filter 'created:>2y' --ndjson | jeton delete - --dry-run
  jeton list --filter 'created:>2y' --ndjson | jeton delete - --yes

Deleting can't be undone. New requests with the token fail immediately; cached responses may last up to an hour.")]
pub struct Arguments {
    /// ID, ID prefix or name; - reads them from standard input, one per line or as JSON
    #[arg(value_name = "TOKEN", required = true, add = ArgValueCompleter::new(token_names::complete))]
    tokens: Vec<String>,
    /// Delete only if this is the token's name or ID; one for each token
    #[arg(long, value_name = "NAME", conflicts_with = "yes")]
    confirm: Vec<String>,
    /// Show what would be deleted; delete nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let wanted = selection::with_stdin(&arguments.tokens)?;
    let mut session = account::open(global)?;
    let all = session.tokens()?;
    let tokens = selection::find_all(&all, output, &wanted)?;
    // Without it, whatever comes after it would be refused.
    if let Some(own) = tokens.iter().find(|token| tokens.len() > 1 && session.is_authorizing(token)) {
        return Err(Failure::usage(
            format!(
                "\"{}\" ({}) is the token jeton is signed in with; it can't be deleted together with others",
                own.name(),
                own.id.shown()
            ),
            "Delete the others first, then this one on its own.",
        ));
    }
    if arguments.dry_run {
        let planned: Vec<Token> = tokens.iter().map(|token| Token { token: None, ..Token::clone(token) }).collect();
        bulk::rehearse(output, "deleted", &planned)?;
        return Ok(Exit::Done);
    }
    if tokens.is_empty() {
        output.say("Nothing to delete.");
    } else {
        confirm(arguments, &tokens, &mut session, output)?;
    }
    let plan = tokens.into_iter().map(|token| (Arc::clone(&token), Request::Delete(token.id.clone()))).collect();
    bulk::carry_out(&mut session, output, Operation::Delete, plan, &all)?;
    Ok(Exit::Done)
}

fn confirm(
    arguments: &Arguments,
    tokens: &[Arc<Token>],
    session: &mut Session,
    output: &Output,
) -> Result<(), Failure> {
    if arguments.yes {
        return Ok(());
    }
    if !arguments.confirm.is_empty() {
        let confirmed: HashSet<&str> = arguments.confirm.iter().map(String::as_str).collect();
        let is_confirmed = |token: &Token| {
            let name = plain_name(token);
            !name.is_empty() && confirmed.contains(name) || confirmed.contains(token.id.as_str())
        };
        return match tokens.iter().find(|token| !is_confirmed(token)) {
            None => Ok(()),
            Some(other) => {
                Err(Failure::declined(format!("--confirm does not name \"{}\" ({})", other.name(), other.id.shown())))
            }
        };
    }
    if !output.may_ask() {
        return Err(Failure::usage(
            "can't ask for confirmation: no terminal, or --no-input",
            "Repeat the name of each token with --confirm NAME, or add --yes.",
        ));
    }
    output.say("This deletes permanently:");
    bulk::describe(output, tokens);
    let is_agreed = match tokens {
        [token] => {
            if let Ok(Reply::Usage(usage)) = session.call(Request::Usage(token.id.clone())) {
                output.say(format_args!("Requests in the last 30 days: {}.", usage.total()));
            }
            let name = plain_name(token);
            // A name that cannot be typed is confirmed by the end of the id.
            if name.is_empty() || crate::untrusted::shown(name) != name {
                let end: String =
                    token.id.as_str().chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
                prompt::line(&format!("Type the last four characters of its ID, {end}, to confirm:"))? == end
            } else {
                prompt::line("Type its name to confirm:")? == name.trim()
            }
        }
        _ => bulk::is_number_typed(tokens.len())?,
    };
    if is_agreed { Ok(()) } else { Err(Failure::declined("the answer does not match")) }
}

fn plain_name(token: &Token) -> &str {
    token.note.as_ref().map(crate::untrusted::Untrusted::raw).unwrap_or_default()
}
