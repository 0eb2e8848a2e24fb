//! `jeton apply`: makes the account hold what a file says.
//!
//! Invariants: nothing is sent while anything in the plan cannot be done; one process at a time applies to an account; what is about to be done
//! is on record before the first request, so that one that dies half way is listed by `jeton recover`, and continued by the same command;
//! no token is created while a value is undelivered; tokens are deleted last.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::{
    arguments::Global,
    bulk::Progress,
    exit::Exit,
    failure::{Code, Failure},
    output::Output,
    planning::{self, Loaded, Situation, bare, is_secret},
    prompt,
    session::Session,
};
use crate::{
    api::ApiError,
    delivery::{Destination, Terminal},
    os::failpoint::reached,
    plan::{Action, Plan, Step},
    secret::Secret,
    token::{Draft, Fingerprint, Token, TokenId},
    untrusted::shown,
    work::{
        Created, Reply, Request, WorkError,
        bulk::{Application, Operation, Plan as Batch},
        create::looking_like,
        journal::{Intent, OperationId},
    },
};

/// Make the account hold what a file says: create, change and, with --prune, delete tokens
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # shows the plan and asks
  jeton apply tokens.toml
  # for scripts
  jeton apply tokens.toml --yes
  # also delete tokens that are not in the file; asks for their number
  jeton apply tokens.toml --prune
  # exactly what was reviewed; refused if the account has changed since
  jeton diff tokens.toml --out tokens.plan
  jeton apply tokens.plan --yes

Where the value of a new secret token goes is said in the file: deliver = [{ env = \".env:NAME\" }]. If this is interrupted, run \
it again: it continues where it stopped.")]
pub struct Arguments {
    /// The file (TOML or JSON), or a plan saved by jeton diff --out; - reads standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Delete tokens that are not in the file (a saved plan says so itself)
    #[arg(long)]
    prune: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// What was done.
#[derive(Debug, Default, Serialize)]
struct Report {
    created: Vec<Token>,
    delivered: Vec<Delivered>,
    changed: Vec<Token>,
    deleted: Vec<Token>,
    failed: Vec<Failed>,
}

/// A value that is where it should be.
#[derive(Debug, Serialize)]
struct Delivered {
    key: String,
    id: TokenId,
    /// The places, in words.
    to: Vec<String>,
}

/// What did not work.
#[derive(Debug, Serialize)]
struct Failed {
    key: Option<String>,
    id: Option<TokenId>,
    error: Failure,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let loaded = planning::load(&arguments.file)?;
    if arguments.file == "-" && !arguments.yes {
        return Err(Failure::usage("standard input holds the file, so nobody can be asked", "Add --yes."));
    }
    let endpoint = global.endpoint()?;
    let own = endpoint.token_id();
    let mut session = Session::new(endpoint, global.output_options().accessible)?;
    if let Some(saved) = loaded.saved.as_ref().filter(|saved| saved.account != *session.account()) {
        let (user, host) = (shown(&saved.account.username), shown(&saved.account.host));
        return Err(Failure::usage(format!("the plan is for {user} on {host}"), "Choose that account with --account."));
    }
    let _turn = planning::take_turn(session.account(), output)?;
    session.journal().tidy();
    session.batches().tidy();
    let situation = Situation::look(&mut session, own)?;
    let prune = loaded.saved.as_ref().map_or(arguments.prune, |saved| saved.prune);
    let plan = situation.plan(&loaded, prune);
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
    let mut applying = Applying { session, output, situation, loaded: &loaded, report: Report::default() };
    applying.carry_out(&plan, prune);
    applying.conclude(plan.is_empty())
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
        "Nothing was changed. Make a new plan with jeton diff --out.",
    ))
}

fn confirm(arguments: &Arguments, plan: &Plan, output: &Output) -> Result<(), Failure> {
    if arguments.yes {
        return Ok(());
    }
    if !output.may_ask() {
        return Err(Failure::usage("applying a file needs a confirmation, and nobody can be asked", "Add --yes."));
    }
    let is_agreed = match plan.deleted().count() {
        0 => prompt::is_agreed("Apply this?")?,
        count => {
            prompt::line(&format!("{count} tokens are deleted permanently. Type {count} to confirm:"))?
                == count.to_string()
        }
    };
    if is_agreed { Ok(()) } else { Err(Failure::declined("not confirmed")) }
}

struct Applying<'a> {
    session: Session,
    output: &'a mut Output,
    situation: Situation,
    loaded: &'a Loaded,
    report: Report,
}

impl Applying<'_> {
    fn carry_out(&mut self, plan: &Plan, prune: bool) {
        let application = application(plan, self.loaded, prune);
        self.forget_earlier(&application);
        if plan.is_empty() {
            return;
        }
        let record = self.put_on_record(plan, application);
        let counts = plan.counts();
        let total = counts.create + counts.change + counts.deliver + counts.delete;
        let mut progress = Progress::new(self.output, "applied", total);
        let is_all_created = plan.steps.iter().all(|step| {
            let done = self.create_or_deliver(step);
            if matches!(step.action, Action::Create { .. }) || step.waiting.is_some() {
                progress.step();
            }
            done
        });
        if is_all_created {
            let is_all_changed = self.change(plan, &mut progress);
            if is_all_changed {
                self.delete(plan, &mut progress);
            }
        }
        progress.clear();
        reached("apply: all is done");
        // Whoever reads the report knows how it ended.
        if let Some(op) = record
            && let Err(why) = self.session.batches().end(&op)
        {
            self.output.warn(format_args!("the record {op} is still there: {why}"));
        }
    }

    /// Records of the same file are continued by this, whatever it says by now.
    fn forget_earlier(&self, application: &Application) {
        for op in &self.situation.public {
            let _later = self.session.journal().settle(op);
        }
        let batches = self.session.batches();
        for batch in batches.left().of(self.session.account()) {
            if matches!(&batch.plan.operation, Operation::Apply(other) if other.file == application.file) {
                // What cannot be removed is told by jeton recover.
                let _later = batches.end(&batch.op);
            }
        }
    }

    fn put_on_record(&self, plan: &Plan, application: Application) -> Option<OperationId> {
        let changed = application.changes.keys().cloned();
        let tokens = changed.chain(plan.deleted().map(|token| token.id.clone())).collect();
        let operation = Operation::Apply(application);
        let batch = Batch { account: self.session.account().clone(), operation, tokens };
        match self.session.batches().begin(None, batch, Timestamp::now()) {
            Ok(op) => Some(op),
            Err(why) => {
                self.output.warn(format_args!(
                    "this is not on record, so jeton recover will not know of it if it is interrupted: {why}"
                ));
                None
            }
        }
    }

    /// Does a step that creates a token or delivers a value; whether to go on.
    fn create_or_deliver(&mut self, step: &Step) -> bool {
        let result = match (&step.action, &step.waiting) {
            (Action::Create { draft, .. }, _) => self.create(step, draft),
            (_, Some(op)) => self.deliver_late(step, op),
            _ => Ok(()),
        };
        match result {
            Ok(()) => true,
            Err(error) => {
                let id = step.action.token().map(|token| token.id.clone());
                self.report.failed.push(Failed { key: Some(step.key.clone()), id, error });
                false
            }
        }
    }

    fn create(&mut self, step: &Step, draft: &Draft) -> Result<(), Failure> {
        let journal = self.session.journal().clone();
        // One that was sent before and did not come to pass would be taken for this one.
        for op in &self.situation.unmade {
            if self.situation.intents.get(op.as_str()).is_some_and(|intent| intent.draft() == *draft) {
                journal.settle(op).map_err(|why| Failure::plain(Code::Local, why))?;
            }
        }
        let there = self.situation.tokens.iter().map(|token| &**token).chain(&self.report.created);
        let before = looking_like(draft, there);
        let created = match self.session.call(Request::CreateAmong { draft: draft.clone(), before })? {
            Reply::Created(created) => *created,
            other => unreachable!("a token was asked for, not {other:?}"),
        };
        let Created { op, token, value, backup } = created;
        reached("apply: a token is created");
        self.report.created.push(bare(&token));
        if is_secret(&token) && !backup.is_safe() {
            self.output.warn(format_args!("the value of {} is {backup}", token.name()));
        }
        let next = if is_secret(&token) {
            format!(
                "The value is {backup}; apply the file again, or deliver it with jeton recover {op} --to-file FILE."
            )
        } else {
            format!("Its value can be read at any time: jeton show {} --value.", token.id.shown())
        };
        let places = self.destinations(step, None)?;
        self.deliver(step, (&op, &token, &value), &places, next)?;
        if is_secret(&token) {
            self.settle(&op);
        }
        reached("apply: a value is delivered");
        Ok(())
    }

    /// Delivers what an earlier run created and did not deliver.
    fn deliver_late(&mut self, step: &Step, op: &str) -> Result<(), Failure> {
        let intent = self.situation.intents.get(op);
        let places = self.destinations(step, intent)?;
        let taken_up = intent.and_then(|intent| self.session.journal().take_up(intent));
        let Some(Created { op, token, value, .. }) = taken_up else {
            return Err(Failure::new(
                Code::Undelivered,
                format!("the value of {} is not kept any longer, or another jeton shows it", shown(&step.key)),
                format!("See jeton recover {op}."),
            ));
        };
        let next = format!("Apply the file again, or deliver it with jeton recover {op} --to-file FILE.");
        self.deliver(step, (&op, &token, &value), &places, next)?;
        self.settle(&op);
        Ok(())
    }

    /// Where a value has still to go.
    fn destinations(&self, step: &Step, earlier: Option<&Intent>) -> Result<Vec<Destination>, Failure> {
        let places = step.deliver.iter().map(|place| place.destination(&self.loaded.folder));
        let places: Vec<_> = places.collect::<Result<_, _>>().map_err(|why| Failure::usage(why.0, ""))?;
        let is_left = |place: &Destination| !earlier.is_some_and(|intent| planning::is_delivered(intent, place));
        Ok(places.into_iter().filter(is_left).collect())
    }

    fn deliver(
        &mut self,
        step: &Step,
        (op, token, value): (&OperationId, &Token, &Secret),
        places: &[Destination],
        next: String,
    ) -> Result<(), Failure> {
        let journal = self.session.journal();
        journal.destine(op, value, places);
        // Each place is tried, whatever became of the others.
        let results: Vec<_> = places.iter().map(|place| journal.deliver(op, place, value, Terminal::Shared)).collect();
        let to: Vec<String> = results.iter().flatten().map(ToString::to_string).collect();
        let errors: Vec<_> =
            results.iter().filter_map(|result| result.as_ref().err()).map(ToString::to_string).collect();
        if !to.is_empty() {
            self.report.delivered.push(Delivered { key: step.key.clone(), id: token.id.clone(), to });
        }
        if errors.is_empty() {
            return Ok(());
        }
        let code = if is_secret(token) { Code::Undelivered } else { Code::Local };
        let name = format!("{} ({})", token.name(), token.id.shown());
        Err(Failure::new(
            code,
            format!("{name} was created, but its value was not delivered everywhere: {}", errors.join(" ")),
            next,
        ))
    }

    fn settle(&self, op: &OperationId) {
        if let Err(left) = self.session.journal().settle(op) {
            self.output.warn(format_args!("the value was delivered, but {left}"));
        }
    }

    /// Changes what has to be changed; whether all of it worked.
    fn change(&mut self, plan: &Plan, progress: &mut Progress) -> bool {
        let (steps, requests): (Vec<&Step>, Vec<Request>) = plan
            .steps
            .iter()
            .filter_map(|step| match &step.action {
                Action::Change { token, patch } => {
                    Some((step, Request::Update { id: token.id.clone(), patch: patch.clone() }))
                }
                _ => None,
            })
            .unzip();
        let report = &mut self.report;
        let before = report.failed.len();
        self.session.call_all(requests, |at, result| {
            progress.step();
            match (result, steps.get(at)) {
                (Ok(Reply::Updated(token)), _) => report.changed.push(bare(&token)),
                (Err(error), Some(step)) => report.failed.push(Failed {
                    key: Some(step.key.clone()),
                    id: step.action.token().map(|token| token.id.clone()),
                    error: error.into(),
                }),
                _ => {}
            }
        });
        report.failed.len() == before
    }

    fn delete(&mut self, plan: &Plan, progress: &mut Progress) {
        let tokens: Vec<&Arc<Token>> = plan.deleted().collect();
        let requests = tokens.iter().map(|token| Request::Delete(token.id.clone())).collect();
        let report = &mut self.report;
        self.session.call_all(requests, |at, result| {
            progress.step();
            let Some(token) = tokens.get(at) else { return };
            match result {
                Ok(_) | Err(WorkError::Api(ApiError::Gone)) => report.deleted.push(bare(token)),
                Err(error) => {
                    report.failed.push(Failed { key: None, id: Some(token.id.clone()), error: error.into() });
                }
            }
        });
    }

    /// Tells what was done, and ends in what was not.
    fn conclude(self, was_empty: bool) -> Result<Exit, Failure> {
        let Self { output, report, .. } = self;
        let lists = [("created", &report.created), ("changed", &report.changed), ("deleted", &report.deleted)];
        if output.is_json() {
            output.json(&report)?;
        } else {
            for (verb, tokens) in lists {
                for token in tokens {
                    output.line(format_args!("{verb} {} {}", token.id.shown(), token.name()))?;
                }
            }
            for delivered in &report.delivered {
                output.say(format_args!("{}: its value was {}.", shown(&delivered.key), delivered.to.join(" and ")));
            }
        }
        output.flush()?;
        let failed = &report.failed;
        if let [only] = &failed[..] {
            return Err(Failure {
                next: format!("{} To continue, apply the file again.", only.error.next).trim().to_owned(),
                ..only.error.clone()
            });
        }
        if !output.is_json() {
            for failed in failed {
                let name = failed.key.as_deref().or(failed.id.as_ref().map(TokenId::as_str)).unwrap_or_default();
                output.say(format_args!("not done: {}: {}", shown(name), failed.error.message));
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
                let message = format!("{} changes of the plan did not work", failed.len());
                Err(Failure::new(code, message, "To continue, apply the file again."))
            }
        }
    }
}

/// What goes on record about a plan.
fn application(plan: &Plan, loaded: &Loaded, prune: bool) -> Application {
    let mut creates = Vec::new();
    let mut changes = BTreeMap::new();
    for step in &plan.steps {
        match &step.action {
            Action::Create { draft, .. } => creates.push(Fingerprint::from(draft)),
            Action::Change { token, patch } => {
                changes.insert(token.id.clone(), Fingerprint::from(&patch.applied(token)));
            }
            Action::Unchanged(_) | Action::Nothing => {}
        }
    }
    let path = std::path::absolute(&loaded.name)
        .map_or_else(|_| loaded.name.clone(), |path| path.to_string_lossy().into_owned());
    let file = if loaded.name == "-" { "-".to_owned() } else { path };
    Application { file, prune: prune && loaded.saved.is_none(), creates, changes }
}
