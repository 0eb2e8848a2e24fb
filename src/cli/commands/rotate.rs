//! `jeton rotate`: replaces a token with a successor wherever it is used.
//!
//! Invariants: nothing is created before the plan was shown and confirmed; every step is in the journal, so it can be resumed or undone;
//! the old token is deleted only after confirmation.

mod show;

use std::{path::PathBuf, sync::Arc};

use clap_complete::engine::ArgValueCompleter;
use jiff::{SignedDuration, Timestamp};

use self::show::{Shown, conclude, describe, list};
use crate::cli::{
    arguments::Global,
    delivery::Sinks,
    exit::Exit,
    failure::{Code, Failure},
    output::Output,
    prompt, selection,
    session::Session,
    token_names,
};
use crate::{
    delivery::{Destination, Terminal},
    rotation::{
        Allow, Authority, Delivery, End, GRACE, Held, Kind, OpenRotations, Plan, Report, Rotation, RotationError,
        RotationEvent, RotationOptions, RotationRequest, Rotations, Run, Server, Stage, watch,
    },
    token::{Token, Usage, time},
    work::{Reply, Request, WorkError, journal::CreateJournal},
};

/// Replace a token everywhere it is used, without an outage
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Examples:
  # show the plan only
  jeton rotate ci-uploads --scan . --dry-run
  # replace a secret token in .env; the old token keeps working for 7 days
  jeton rotate ci-uploads --to-env .env:MAPBOX_TOKEN
  # replace it everywhere below a directory
  jeton rotate 'Store locator' --scan . --write
  # replace it in GitHub Actions
  jeton rotate ci-uploads --to-command gh secret set MAPBOX_TOKEN
  # replace it in Kubernetes
  jeton rotate ci-uploads --to-command sh -c 'kubectl create secret generic mapbox --from-file=token=/dev/stdin \
--dry-run=client -o yaml | kubectl apply -f -'
  # in CI: do everything at once, without asking
  jeton rotate ci-uploads --scan . --write --to-env .env:MAPBOX_TOKEN --grace 0s --yes --json
  # from cron: delete old tokens whose grace period is over
  jeton rotate --due
  # list rotations; continue one, or undo one
  jeton rotate --list
  jeton rotate --resume 3f9a1c02
  jeton rotate --undo 3f9a1c02

The successor gets the same name, scopes and allowed URLs. jeton creates it, checks it, delivers its value and replaces the old token in files. The old token keeps working until the grace period is over. You can resume an interrupted rotation, and undo a rotation until the old token is deleted.",
    mut_arg("reveal", |arg| arg.hide(true)),
    mut_arg("replace-entry", |arg| arg.hide(true)),
    mut_arg("even-if-tracked", |arg| arg.hide(true)),
    group(clap::ArgGroup::new("what").required(true).args(["token", "list", "resume", "undo", "due"]))
)]
pub struct Arguments {
    /// ID, ID prefix (4 or more characters), or exact name
    #[arg(value_name = "TOKEN", add = ArgValueCompleter::new(token_names::complete))]
    token: Option<String>,
    /// Search this directory or file for the old token; repeatable
    #[arg(long, value_name = "DIR")]
    scan: Vec<PathBuf>,
    /// Skip paths that match (same syntax as .gitignore); repeatable
    #[arg(long, value_name = "GLOB", requires = "scan")]
    exclude: Vec<String>,
    /// Replace the old token in the files found
    #[arg(long, requires = "scan")]
    write: bool,
    /// Also change files with uncommitted changes
    #[arg(long)]
    allow_dirty: bool,
    /// Also write a secret token to files git tracks
    #[arg(long)]
    allow_tracked: bool,
    /// Also change files with several hard links (only one of them changes)
    #[arg(long)]
    allow_linked: bool,
    /// Also change files of other users
    #[arg(long)]
    allow_foreign: bool,
    /// Keep the old token working for this long, such as 0s, 24h or 7d [default: 7d]
    #[arg(long, value_name = "DURATION", value_parser = grace)]
    grace: Option<SignedDuration>,
    /// Before deleting the old token, block it for 24 hours by restricting it to a host that can't exist (with --undo: only lift the
    /// quarantine)
    #[arg(long)]
    quarantine: bool,
    /// Name of the successor [default: the same name]
    #[arg(long, value_name = "NAME")]
    note: Option<String>,
    /// Write a Markdown report to this file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Show the plan; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
    /// List unfinished rotations
    #[arg(long)]
    list: bool,
    /// Resume a rotation that was interrupted or is due
    #[arg(long, value_name = "ID")]
    resume: Option<String>,
    /// Undo a rotation: restore the files, lift the quarantine
    #[arg(long, value_name = "ID")]
    undo: Option<String>,
    /// With --undo: also delete the successor
    #[arg(long, requires = "undo")]
    delete_successor: bool,
    /// Delete (or quarantine) every old token whose grace period is over. Tokens used in the last 24 hours need --yes
    #[arg(long)]
    due: bool,
    #[command(flatten)]
    sinks: Sinks,
}

fn grace(text: &str) -> Result<SignedDuration, String> {
    time::parse_duration(text).map_err(|fault| fault.to_string())
}

/// A session, as rotation sees it.
pub(super) struct Remote {
    session: Session,
    can_refresh: bool,
}

impl Server for Remote {
    fn call(&mut self, request: Request) -> Result<Reply, WorkError> {
        self.session.call(request)
    }

    fn tokens(&mut self) -> Result<Vec<Arc<Token>>, WorkError> {
        self.session.tokens()
    }

    fn journal(&self) -> &CreateJournal {
        self.session.journal()
    }

    fn can_refresh(&self) -> bool {
        self.can_refresh
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let rotations = Rotations::from_process();
    rotations.tidy();
    if arguments.list {
        return list(&rotations.left(), output);
    }
    if let Some(path) = &arguments.report {
        check_report(path)?;
    }
    let endpoint = global.endpoint()?;
    let (id, can_refresh) = (endpoint.token_id(), !endpoint.is_hosted());
    let mut remote = Remote { session: Session::new(endpoint, output.is_accessible())?, can_refresh };
    if let Some(name) = &arguments.resume {
        let held = take_up(&rotations, name, &remote)?;
        return resume(arguments, held, &mut remote, output);
    }
    if let Some(name) = &arguments.undo {
        let held = take_up(&rotations, name, &remote)?;
        return undo(arguments, held, &mut remote, output);
    }
    if arguments.due {
        return due(arguments, &rotations, &mut remote, output);
    }
    let wanted = arguments.token.as_deref().unwrap_or_default();
    let tokens = remote.tokens()?;
    let token = find(&tokens, wanted, &rotations.left(), &remote, output)?;
    let wish = arguments.wish(token)?;
    let authority = Authority::new(remote.session.account().clone(), id, &tokens);
    let plan = Plan::new(&wish, &authority, &tokens, &mut remote, Timestamp::now())?;
    if let Some(open) = rotations.left().about(&authority.account, &plan.rotation.old.id) {
        return Err(RotationError::from(crate::rotation::Unavailable::Exists(open.record.op.clone())).into());
    }
    if arguments.dry_run {
        let report = Report {
            state: "planned",
            used: plan.watch.clone(),
            notes: plan.cautions.clone(),
            ..Report::of(&plan.rotation, Timestamp::now())
        }
        .with_places(&plan.places);
        if !output.is_json() {
            describe(&plan, output);
        }
        write_report(arguments, &plan.rotation, &report)?;
        if let Some(trouble) = plan.obstacles.into_iter().next() {
            return Err(trouble.into());
        }
        if output.is_json() {
            output.json(&report)?;
        }
        return Ok(Exit::Done);
    }
    if !output.is_json() || !plan.obstacles.is_empty() {
        describe(&plan, output);
    }
    if let Some(trouble) = plan.obstacles.into_iter().next() {
        return Err(trouble.into());
    }
    agree(arguments, &plan.rotation, output)?;
    let mut held = rotations.begin(plan.rotation).map_err(RotationError::from)?;
    // Whoever agreed to no grace period has agreed to the deletion.
    let may_delete = held.rotation.terms.grace == 0;
    let result = advance(&mut held, &mut remote, may_delete, output);
    match result {
        Err(trouble) if held.is_untouched(remote.journal()) => {
            // Nothing was created, so there is nothing to resume.
            let _left = held.end();
            Err(trouble.into())
        }
        result => finish(arguments, held, &mut remote, result, output),
    }
}

/// The chosen token. A successor has the name of the token it replaces, and does not make it ambiguous.
fn find(
    tokens: &[Arc<Token>],
    wanted: &str,
    left: &OpenRotations,
    remote: &Remote,
    output: &Output,
) -> Result<Arc<Token>, Failure> {
    let account = remote.session.account();
    let successors: Vec<_> =
        left.of(account).filter_map(|open| open.record.successor.as_ref()).map(|new| new.id.as_str()).collect();
    let others: Vec<Arc<Token>> = tokens
        .iter()
        .filter(|token| !successors.contains(&token.id.as_str()) || token.id.as_str() == wanted)
        .cloned()
        .collect();
    let found = selection::find_all(&others, output, &[wanted.to_owned()])?;
    found.into_iter().next().ok_or_else(|| Failure::plain(Code::NotFound, "no such token"))
}

/// The rotation that is meant by its id, the start of it, or the token's id or name.
fn take_up(rotations: &Rotations, name: &str, remote: &Remote) -> Result<Held, Failure> {
    let left = rotations.left();
    let is_it = |rotation: &Rotation| {
        (name.len() >= 4 && (rotation.op.as_str().starts_with(name) || rotation.old.id.as_str().starts_with(name)))
            || rotation.old.note.as_ref().is_some_and(|note| note.raw() == name)
    };
    let mut found = left.open.iter().filter(|open| is_it(&open.record));
    let rotation = match (found.next(), found.next()) {
        (Some(open), None) => &open.record,
        (None, _) => {
            let next = "List the rotations with jeton rotate --list";
            return Err(Failure::new(Code::NotFound, "no such rotation", next));
        }
        _ => return Err(Failure::new(Code::Ambiguous, "several rotations match", "Use a longer prefix of the ID.")),
    };
    let account = remote.session.account();
    if rotation.account != *account {
        let its = &rotation.account;
        return Err(Failure::new(
            Code::NoAccount,
            format!("that rotation belongs to the account {} on {}", crate::untrusted::shown(&its.username), its.host),
            "Select that account with --account.",
        ));
    }
    Ok(rotations.take_up(&rotation.op).map_err(RotationError::from)?)
}

impl Arguments {
    fn wish(&self, token: Arc<Token>) -> Result<RotationRequest, Failure> {
        let directory =
            std::env::current_dir().map_err(|error| Failure::local("can't determine the current directory", &error))?;
        let destinations = self.destinations(token.usage)?;
        let mut folders = Vec::new();
        for folder in &self.scan {
            let whole = std::fs::canonicalize(folder).map_err(|error| {
                Failure::local(
                    format_args!("can't search {}", crate::untrusted::shown(&folder.to_string_lossy())),
                    &error,
                )
            })?;
            folders.push(whole);
        }
        let seconds = self.grace.unwrap_or(GRACE).as_secs();
        let terms = RotationOptions {
            folders,
            exclude: self.exclude.clone(),
            write: self.write,
            allow: self.allow(),
            grace: u64::try_from(seconds).unwrap_or(0),
            quarantine: self.quarantine,
        };
        Ok(RotationRequest { token, note: self.note.clone(), destinations, terms, directory, is_shown: false })
    }

    fn allow(&self) -> Allow {
        Allow {
            dirty: self.allow_dirty,
            tracked: self.allow_tracked,
            linked: self.allow_linked,
            foreign: self.allow_foreign,
        }
    }

    /// An entry that is named here has the old value, so it is replaced; a public token is no secret.
    fn destinations(&self, usage: Usage) -> Result<Vec<Destination>, Failure> {
        self.sinks
            .parsed(crate::delivery::Allow { replace: true, tracked: self.allow_tracked || usage == Usage::Public })
    }
}

fn agree(arguments: &Arguments, rotation: &Rotation, output: &Output) -> Result<(), Failure> {
    if arguments.yes {
        return Ok(());
    }
    if !output.may_ask() {
        return Err(Failure::usage(
            "can't ask for confirmation: no terminal, or --no-input",
            "Check the plan with --dry-run, then add --yes.",
        ));
    }
    let question = if rotation.old.default {
        "The current default public token stops working immediately. Rotate it?"
    } else if rotation.terms.grace == 0 && !rotation.terms.quarantine {
        "This deletes the old token at the end. Rotate it?"
    } else {
        "Rotate it?"
    };
    if prompt::is_agreed(question)? { Ok(()) } else { Err(Failure::declined("not confirmed")) }
}

/// Carries a rotation on, and tells what happens.
fn advance(held: &mut Held, remote: &mut Remote, may_delete: bool, output: &Output) -> Result<End, RotationError> {
    let mut shown = Shown::new(output);
    let mut tell = |seen: RotationEvent| shown.tell(&seen);
    let terminal = if output.may_ask() { Terminal::Shared } else { Terminal::Ours };
    let mut run = Run { held, server: remote, terminal, may_delete, tell: &mut tell };
    let result = run.advance();
    shown.clear();
    result
}

fn resume(arguments: &Arguments, mut held: Held, remote: &mut Remote, output: &mut Output) -> Result<Exit, Failure> {
    let usage = held.rotation.old.usage;
    for to in arguments.destinations(usage)? {
        to.check().map_err(|error| Failure::advised(Code::Usage, &error.to_string(), "Nothing was changed."))?;
        if !held.rotation.deliveries.iter().any(|delivery| delivery.to == to) {
            held.rotation.deliveries.push(Delivery { to, done: None, failed: None });
        }
    }
    let (given, terms) = (arguments.allow(), &mut held.rotation.terms);
    terms.allow = Allow {
        dirty: terms.allow.dirty || given.dirty,
        tracked: terms.allow.tracked || given.tracked,
        linked: terms.allow.linked || given.linked,
        foreign: terms.allow.foreign || given.foreign,
    };
    if let Some(grace) = arguments.grace {
        terms.grace = u64::try_from(grace.as_secs()).unwrap_or(0);
        let since = held.rotation.replaced.unwrap_or(held.rotation.started);
        held.rotation.due = held.rotation.due.and_then(|_| since.checked_add(held.rotation.terms.grace()).ok());
    }
    held.rotation.terms.quarantine |= arguments.quarantine;
    // Commands may depend on where they are run.
    if held.rotation.directory.is_dir() {
        let _elsewhere = std::env::set_current_dir(&held.rotation.directory);
    }
    let may_delete = arguments.yes || held.rotation.terms.grace == 0;
    let mut result = advance(&mut held, remote, may_delete, output);
    if result == Ok(End::Due) && output.may_ask() && is_wanted(&held, remote, output)? {
        result = advance(&mut held, remote, true, output);
    }
    finish(arguments, held, remote, result, output)
}

/// Asks whether the old token may go.
fn is_wanted(held: &Held, remote: &mut Remote, output: &Output) -> Result<bool, Failure> {
    if let Ok(watch) = watch(remote, &held.rotation, Timestamp::now()) {
        output.say(format_args!("{}: {}.", held.rotation.old.name(), watch.sentence()));
    }
    let what = match held.rotation.stage() {
        Stage::Quarantine => "Quarantine",
        _ => "Delete",
    };
    prompt::is_agreed(&format!(
        "{what} the old token \"{}\" ({})?",
        held.rotation.old.name(),
        held.rotation.old.id.shown()
    ))
}

fn undo(arguments: &Arguments, mut held: Held, remote: &mut Remote, output: &mut Output) -> Result<Exit, Failure> {
    let mut shown = Shown::new(output);
    let mut tell = |seen: RotationEvent| shown.tell(&seen);
    let mut run =
        Run { held: &mut held, server: remote, terminal: Terminal::Shared, may_delete: false, tell: &mut tell };
    if arguments.quarantine {
        let lifted = run.lift_quarantine()?;
        let said = if lifted { "The quarantine is lifted." } else { "The old token is not quarantined." };
        output.say(said);
        return finish(arguments, held, remote, Ok(End::Due), output);
    }
    let mut delete = arguments.delete_successor || run.held.rotation.undo.is_some_and(|undo| undo.delete_successor);
    if !arguments.yes {
        if !output.may_ask() {
            return Err(Failure::usage("can't ask for confirmation: no terminal, or --no-input", "Add --yes."));
        }
        if !prompt::is_agreed(&format!("Undo the rotation of \"{}\"?", run.held.rotation.old.name()))? {
            return Err(Failure::declined("not confirmed"));
        }
        delete = delete || prompt::is_agreed("Delete the successor as well?")?;
    }
    if run.held.rotation.directory.is_dir() {
        let _elsewhere = std::env::set_current_dir(&run.held.rotation.directory);
    }
    let result = run.undo(delete);
    shown.clear();
    let undoing = result?;
    let report = Report { state: "undone", ..Report::of(&held.rotation, Timestamp::now()) };
    let rotation = held.end().map_err(|why| Failure::plain(Code::Local, why))?;
    show::undone(&rotation, &undoing, report, arguments.report.as_deref(), output)
}

fn due(
    arguments: &Arguments,
    rotations: &Rotations,
    remote: &mut Remote,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    let left = rotations.left();
    let account = remote.session.account().clone();
    let mut reports = Vec::new();
    let mut failure = None;
    for open in left.of(&account) {
        let rotation = &open.record;
        let is_due = matches!(rotation.stage(), Stage::Quarantine | Stage::Delete) && rotation.is_due(now);
        if open.is_active || rotation.undo.is_some() || !is_due {
            continue;
        }
        match one_due(arguments, rotations, rotation, remote, output) {
            Ok(report) => reports.extend(report),
            Err(why) => {
                if !output.is_json() {
                    output.say(format_args!("{}: {}.", rotation.title(), why.message));
                }
                failure.get_or_insert(why);
            }
        }
    }
    if output.is_json() {
        output.json(&reports)?;
    } else if reports.is_empty() && failure.is_none() {
        output.say("Nothing due: no grace period is over.");
    }
    failure.map_or(Ok(Exit::Done), Err)
}

fn one_due(
    arguments: &Arguments,
    rotations: &Rotations,
    rotation: &Rotation,
    remote: &mut Remote,
    output: &mut Output,
) -> Result<Option<Report>, Failure> {
    let used = watch(remote, rotation, Timestamp::now()).ok();
    if let Some(used) = used.as_ref().filter(|used| used.recent > 0 && !arguments.yes && !output.may_ask()) {
        return Err(Failure::new(
            Code::Declined,
            format!("the old token \"{}\" is still in use: {}", rotation.old.name(), used.sentence()),
            "Find out what uses it. To delete it anyway, add --yes.",
        ));
    }
    let mut held = rotations.take_up(&rotation.op).map_err(RotationError::from)?;
    if !arguments.yes && output.may_ask() && !is_wanted(&held, remote, output)? {
        return Ok(None);
    }
    let end = advance(&mut held, remote, true, output)?;
    let now = Timestamp::now();
    let mut report = Report { used, ..Report::of(&held.rotation, now) };
    if end == End::Done {
        report = Report { used: report.used, ..Report::finished(&held.rotation, now) };
        let rotation = held.end().map_err(|why| Failure::plain(Code::Local, why))?;
        if !output.is_json() {
            conclude(&rotation, &report, now, output)?;
        }
    } else if !output.is_json() {
        conclude(&held.rotation, &report, now, output)?;
    }
    Ok(Some(report))
}

/// Reports how far a rotation came, and closes its record if it is over.
fn finish(
    arguments: &Arguments,
    held: Held,
    remote: &mut Remote,
    result: Result<End, RotationError>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    let mut report = Report::of(&held.rotation, now);
    let rotation = held.rotation.clone();
    match result {
        Ok(End::Done) => {
            report = Report::finished(&rotation, now);
            held.end().map_err(|why| Failure::plain(Code::Local, format!("the old token was deleted, but {why}")))?;
        }
        Ok(End::Waits(_) | End::Due) => report.used = watch(remote, &rotation, now).ok(),
        Err(trouble) => {
            write_report(arguments, &rotation, &report)?;
            let failure = Failure::from(trouble);
            if output.is_json() {
                // What is done so far is data, too.
                output.json(&report)?;
            }
            return Err(failure);
        }
    }
    write_report(arguments, &rotation, &report)?;
    if output.is_json() {
        output.json(&report)?;
    } else {
        conclude(&rotation, &report, now, output)?;
    }
    Ok(Exit::Done)
}

/// Found out before there is something to lose.
fn check_report(path: &std::path::Path) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    if folder.is_dir() && !path.is_dir() {
        return Ok(());
    }
    let path = crate::untrusted::shown(&path.to_string_lossy()).into_owned();
    Err(Failure::usage(format!("can't write the report to {path}"), "Nothing was changed."))
}

fn write_report(arguments: &Arguments, rotation: &Rotation, report: &Report) -> Result<(), Failure> {
    let Some(path) = &arguments.report else { return Ok(()) };
    show::write_report(path, rotation, report)
}

impl From<RotationError> for Failure {
    fn from(trouble: RotationError) -> Self {
        let (kind, message, next) = match trouble {
            RotationError::Work(error) => return error.into(),
            RotationError::Other { kind, message, next } => (kind, message, next),
        };
        let code = match kind {
            Kind::Usage => Code::Usage,
            Kind::Refused => Code::Declined,
            Kind::Forbidden => Code::Forbidden,
            Kind::NotFound => Code::NotFound,
            Kind::Local => Code::Local,
            Kind::TryAgain => Code::Broken,
            Kind::Undelivered => Code::Undelivered,
        };
        Self::new(code, message, next)
    }
}
