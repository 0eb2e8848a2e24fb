//! `jeton apply`: makes the account match a tokens file.
//!
//! Invariants: nothing is sent if anything in the plan can't be done; one process at a time applies to an account; the plan is in the
//! journal before the first request, so that `jeton recover` lists an interrupted apply, and the same command continues it; no token is
//! created while a value is undelivered; tokens are deleted last.

use std::fs::File;

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::{
    arguments::Global,
    bulk::Progress,
    exit::Exit,
    failure::{Code, Failure},
    output::Output,
    planning, prompt,
    session::Session,
};
use crate::{
    delivery::Terminal,
    plan::Plan,
    token::TokenId,
    untrusted::shown,
    work::{
        apply::{self, Applying, Report, Seen, Situation},
        journal::SETTLING,
    },
};

/// Create, edit and (with --prune) delete tokens to match a tokens file
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # show the plan, then ask before applying it
  jeton apply tokens.toml
  # apply without asking
  jeton apply tokens.toml --yes
  # also delete tokens that are not in the file; asks you to type how many
  jeton apply tokens.toml --prune
  # apply exactly the plan you reviewed; fails if the account has changed since
  jeton diff tokens.toml --out tokens.plan
  jeton apply tokens.plan --yes

The file says where the values of new secret tokens go: deliver = [{ env = \".env:NAME\" }]. If apply is interrupted, run it again: it continues where it stopped.")]
pub struct Arguments {
    /// The tokens file (TOML or JSON), or a plan saved by jeton diff --out; - reads standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Delete tokens that are not in the file (not with a saved plan, which includes them)
    #[arg(long)]
    prune: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let loaded = planning::load(&arguments.file)?;
    if arguments.file == "-" && !arguments.yes {
        return Err(Failure::usage("can't ask for confirmation: the file comes from standard input", "Add --yes."));
    }
    let endpoint = global.endpoint()?;
    let own = endpoint.token_id();
    let mut session = Session::new(endpoint, global.output_options().accessible)?;
    if let Some(saved) = loaded.saved.as_ref().filter(|saved| saved.account != *session.account()) {
        let (user, host) = (shown(&saved.account.username), shown(&saved.account.host));
        return Err(Failure::usage(format!("the plan is for {user} on {host}"), "Select that account with --account."));
    }
    let _turn = take_turn(&session, output)?;
    let prune = loaded.saved.as_ref().map_or(arguments.prune, |saved| saved.prune);
    let (situation, plan) = loop {
        let situation = Situation::look(&mut session, own.clone())?;
        let plan = situation.plan(&loaded, prune);
        match situation.settles(&plan) {
            None => break (situation, plan),
            Some(until) => wait_until(until, output)?,
        }
    };
    if let Some(saved) = &loaded.saved {
        refuse_changes(&saved.changed_since(&plan, &situation.tokens))?;
    }
    if !plan.is_empty() {
        planning::show(&plan, &loaded.name, false, output)?;
    }
    planning::refused(&plan)?;
    if !plan.is_empty() {
        confirm(arguments, &plan, output)?;
    }
    let counts = plan.counts();
    let mut progress = Progress::new(output, "applied", counts.create + counts.change + counts.deliver + counts.delete);
    let mut warnings = Vec::new();
    let mut seen = |seen| match seen {
        Seen::Step => progress.step(),
        Seen::Warning(text) => warnings.push(text),
    };
    let mut applying = Applying {
        connection: &mut session,
        situation: &situation,
        loaded: &loaded,
        terminal: Terminal::Shared,
        seen: &mut seen,
        report: Report::default(),
    };
    applying.carry_out(&plan, prune);
    let report = applying.report;
    progress.clear();
    for warning in warnings {
        output.warn(warning);
    }
    conclude(report, plan.is_empty(), output)
}

/// Waits for the turn of this process.
fn take_turn(session: &Session, output: &Output) -> Result<File, Failure> {
    if let Some(turn) = apply::take_turn(session.account(), false)? {
        return Ok(turn);
    }
    output.say("Waiting for another jeton apply on this account…");
    apply::take_turn(session.account(), true)?.ok_or_else(|| Failure::plain(Code::Local, "can't lock the account"))
}

/// Waits until it is certain what became of a create that an earlier run sent: sent again before that, it might be made twice.
fn wait_until(until: Timestamp, output: &Output) -> Result<(), Failure> {
    let time = until.strftime("%H:%M:%S UTC");
    let left = until.duration_since(Timestamp::now());
    // Only a clock that was changed makes it longer.
    if left > SETTLING * 2 {
        return Err(Failure::new(
            Code::Undelivered,
            format!("an earlier run was interrupted, and the server may still create one of its tokens until {time}"),
            "Nothing was sent. Apply the file again after that, or see jeton recover.",
        ));
    }
    output.say(format_args!(
        "An earlier run was interrupted. Waiting until {time}, when the server has had time to finish…"
    ));
    while Timestamp::now() <= until {
        let left = std::time::Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default();
        std::thread::park_timeout(left + std::time::Duration::from_millis(1));
    }
    Ok(())
}

fn refuse_changes(changed: &[String]) -> Result<(), Failure> {
    if changed.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> = changed.iter().take(20).map(|line| format!("\n  {line}")).collect();
    let more = if changed.len() > 20 { format!("\n  and {} more", changed.len() - 20) } else { String::new() };
    Err(Failure::new(
        Code::Declined,
        format!("the account has changed since the plan was saved:{}{more}\n", lines.concat()),
        "Nothing was changed. Create a new plan with jeton diff --out.",
    ))
}

fn confirm(arguments: &Arguments, plan: &Plan, output: &Output) -> Result<(), Failure> {
    if arguments.yes {
        return Ok(());
    }
    if !output.may_ask() {
        return Err(Failure::usage("can't ask for confirmation: no terminal, or --no-input", "Add --yes."));
    }
    let is_agreed = match plan.deleted().count() {
        0 => prompt::is_agreed("Apply this?")?,
        count => {
            prompt::line(&format!("This deletes {count} tokens permanently. Type {count} to confirm:"))?
                == count.to_string()
        }
    };
    if is_agreed { Ok(()) } else { Err(Failure::declined("not confirmed")) }
}

/// What did not work, as it is told.
#[derive(Debug, Serialize)]
struct Failed {
    key: Option<String>,
    id: Option<TokenId>,
    error: Failure,
}

/// Tells what was done, and ends in what was not.
fn conclude(report: Report, was_empty: bool, output: &mut Output) -> Result<Exit, Failure> {
    let Report { created, delivered, changed, deleted, failed } = report;
    let failed: Vec<Failed> = failed
        .into_iter()
        .map(|failed| Failed { key: failed.key, id: failed.id, error: failed.error.into() })
        .collect();
    let lists = [("created", &created), ("edited", &changed), ("deleted", &deleted)];
    if output.is_json() {
        output.json(&serde_json::json!({
            "created": created, "delivered": delivered, "changed": changed, "deleted": deleted, "failed": failed,
        }))?;
    } else {
        for (verb, tokens) in lists {
            for token in tokens {
                output.line(format_args!("{verb} {} {}", token.id.shown(), token.name()))?;
            }
        }
        for delivered in &delivered {
            output.say(format_args!("{}: its value was {}.", shown(&delivered.key), delivered.to.join(" and ")));
        }
    }
    output.flush()?;
    if let [only] = &failed[..] {
        return Err(Failure {
            next: format!("{} To continue, apply the file again.", only.error.next).trim().to_owned(),
            ..only.error.clone()
        });
    }
    if !output.is_json() {
        for failed in &failed {
            let name = failed.key.as_deref().or(failed.id.as_ref().map(TokenId::as_str)).unwrap_or_default();
            output.say(format_args!("failed: {}: {}", shown(name), failed.error.message));
        }
        if was_empty {
            output.say("Nothing to change.");
        }
    }
    match failed.first() {
        None => Ok(Exit::Done),
        Some(first) => {
            let is_same = failed.iter().all(|other| other.error.code == first.error.code);
            let code = if is_same { first.error.code } else { Code::Partial };
            let message = format!("{} changes failed", failed.len());
            Err(Failure::new(code, message, "To continue, apply the file again."))
        }
    }
}
