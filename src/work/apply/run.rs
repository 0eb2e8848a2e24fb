//! [`Applying`]: carries a plan out, step by step.

use std::{collections::BTreeMap, sync::Arc};

use super::{ApplyError, Connection, Loaded, Situation, bare};
use crate::{
    api::ApiError,
    delivery::{Destination, Terminal},
    os::failpoint::reached,
    plan::{Action, Plan, Step},
    secret::Secret,
    token::{Draft, Fingerprint, Token, TokenId, Usage},
    untrusted::shown,
    work::{
        Created, RecordsRequest, Reply, Request, WorkError,
        bulk::{Application, Operation, Plan as Batch},
        create::looking_like,
        journal::{Intent, OperationId},
    },
};

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Tokens that were created, without their values.
    pub created: Vec<Token>,
    /// Values that are where they should be.
    pub delivered: Vec<Delivered>,
    /// Tokens that were changed.
    pub changed: Vec<Token>,
    /// Tokens that were deleted.
    pub deleted: Vec<Token>,
    /// What did not work.
    pub failed: Vec<Failed>,
}

/// A value that is where it should be.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Delivered {
    /// The key of its entry.
    pub key: String,
    /// The token.
    pub id: TokenId,
    /// The places, in words.
    pub to: Vec<String>,
}

/// What did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The key of its entry, if it has one.
    pub key: Option<String>,
    /// The token, if it exists.
    pub id: Option<TokenId>,
    /// Why.
    pub error: ApplyError,
}

/// Something that happens on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A step is done, or did not work.
    Step,
    /// Something to know.
    Warning(String),
}

/// A plan that is carried out.
#[expect(missing_debug_implementations, reason = "a function has nothing to show")]
pub struct Applying<'a, C> {
    /// The connection.
    pub connection: &'a mut C,
    /// What was known when the plan was made.
    pub situation: &'a Situation,
    /// What the plan was made from.
    pub loaded: &'a Loaded,
    /// Whose the terminal is while a command gets a value.
    pub terminal: Terminal,
    /// Hears what happens.
    pub seen: &'a mut dyn FnMut(Seen),
    /// What was done so far.
    pub report: Report,
}

/// Whether a create leaves a value that is shown once.
fn is_secret(token: &Token) -> bool {
    token.usage == Usage::Secret
}

impl<C: Connection> Applying<'_, C> {
    /// Carries a plan out that has no errors. The report is in [`Self::report`], whatever happens.
    pub fn carry_out(&mut self, plan: &Plan, prune: bool) {
        let application = application(plan, self.loaded, prune);
        self.forget_earlier(&application);
        if plan.is_empty() {
            return;
        }
        let record = self.put_on_record(plan, application);
        let is_all_created = plan.steps.iter().all(|step| {
            let done = self.create_or_deliver(step);
            if matches!(step.action, Action::Create { .. }) || step.waiting.is_some() {
                (self.seen)(Seen::Step);
            }
            done
        });
        if is_all_created {
            let is_all_changed = self.change(plan);
            if is_all_changed {
                self.delete(plan);
            }
        }
        reached("apply: all is done");
        // Whoever reads the report knows how it ended.
        if let Some(op) = record
            && let Err(why) = self.connection.call(RecordsRequest::EndBatch(op.clone()).into())
        {
            self.warn(format!("could not remove the record {op}: {why}"));
        }
    }

    /// Records of the same file are continued by this, whatever it says by now.
    fn forget_earlier(&mut self, application: &Application) {
        let creates = self.situation.public.iter().cloned().map(RecordsRequest::Forget);
        let is_same =
            |operation: &Operation| matches!(operation, Operation::Apply(other) if other.file == application.file);
        let batches = self.situation.batches.of(self.connection.account());
        let batches = batches.filter(|batch| is_same(&batch.plan.operation));
        let batches = batches.map(|batch| RecordsRequest::EndBatch(batch.op.clone()));
        for request in creates.chain(batches).collect::<Vec<_>>() {
            // What cannot be removed is listed by jeton recover.
            let _later = self.connection.call(request.into());
        }
    }

    fn put_on_record(&mut self, plan: &Plan, application: Application) -> Option<OperationId> {
        let changed = application.changes.keys().cloned();
        let tokens = changed.chain(plan.deleted().map(|token| token.id.clone())).collect();
        let operation = Operation::Apply(application);
        let batch = Batch { account: self.connection.account().clone(), operation, tokens };
        match self.connection.call(RecordsRequest::BeginBatch { op: None, plan: Box::new(batch) }.into()) {
            Ok(Reply::BatchBegun(op)) => Some(op),
            Ok(other) => unreachable!("a record was asked for, not {other:?}"),
            Err(why) => {
                self.warn(format!(
                    "could not write the journal; if this is interrupted, jeton recover can't resume it: {why}"
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

    fn create(&mut self, step: &Step, draft: &Draft) -> Result<(), ApplyError> {
        // One that was sent before and did not come to pass would be taken for this one.
        for op in &self.situation.unmade {
            if self.situation.intents.get(op.as_str()).is_some_and(|intent| intent.draft() == *draft) {
                self.connection.call(RecordsRequest::Forget(op.clone()).into())?;
            }
        }
        let there = self.situation.tokens.iter().map(|token| &**token).chain(&self.report.created);
        let before = looking_like(draft, there);
        let created = match self.connection.call(Request::CreateAmong { draft: draft.clone(), before })? {
            Reply::Created(created) => *created,
            other => unreachable!("a token was asked for, not {other:?}"),
        };
        let Created { op, token, value, backup } = created;
        reached("apply: a token is created");
        self.report.created.push(bare(&token));
        if is_secret(&token) && !backup.is_safe() {
            self.warn(format!("the value of {} is {backup}", token.name()));
        }
        let next = if is_secret(&token) {
            format!("The value is {backup}. Apply the file again, or save the value: jeton recover {op} --to-file FILE")
        } else {
            format!("To print its value, run jeton show {} --value", token.id.shown())
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
    fn deliver_late(&mut self, step: &Step, op: &str) -> Result<(), ApplyError> {
        let intent = self.situation.intents.get(op);
        let places = self.destinations(step, intent)?;
        let taken_up = match intent.cloned() {
            Some(intent) => self.connection.call(RecordsRequest::Recover(Box::new(intent)).into())?,
            None => Reply::Recovered(None),
        };
        let Reply::Recovered(Some(created)) = taken_up else {
            return Err(ApplyError::Undelivered {
                message: format!(
                    "the backup of the value of {} is gone, or another jeton is showing it",
                    shown(&step.key)
                ),
                next: format!("See jeton recover {op}."),
                is_secret: true,
            });
        };
        let Created { op, token, value, .. } = *created;
        let next = format!("Apply the file again, or save the value: jeton recover {op} --to-file FILE");
        self.deliver(step, (&op, &token, &value), &places, next)?;
        self.settle(&op);
        Ok(())
    }

    /// Where a value has still to go.
    fn destinations(&self, step: &Step, earlier: Option<&Intent>) -> Result<Vec<Destination>, ApplyError> {
        let places = step.deliver.iter().map(|place| place.destination(&self.loaded.folder));
        let places: Vec<_> = places.collect::<Result<_, _>>().map_err(|why| ApplyError::Usage(why.0))?;
        let is_left = |place: &Destination| !earlier.is_some_and(|intent| super::is_delivered(intent, place));
        Ok(places.into_iter().filter(is_left).collect())
    }

    fn deliver(
        &mut self,
        step: &Step,
        (op, token, value): (&OperationId, &Token, &Secret),
        places: &[Destination],
        next: String,
    ) -> Result<(), ApplyError> {
        let journal = self.connection.journal();
        journal.destine(op, value, places);
        // Each place is tried, whatever became of the others.
        let results: Vec<_> = places.iter().map(|place| journal.deliver(op, place, value, self.terminal)).collect();
        let to: Vec<String> = results.iter().flatten().map(ToString::to_string).collect();
        let errors: Vec<_> =
            results.iter().filter_map(|result| result.as_ref().err()).map(ToString::to_string).collect();
        if !to.is_empty() {
            self.report.delivered.push(Delivered { key: step.key.clone(), id: token.id.clone(), to });
        }
        if errors.is_empty() {
            return Ok(());
        }
        let name = format!("{} ({})", token.name(), token.id.shown());
        let message = format!("{name} was created, but its value was not delivered everywhere: {}", errors.join(" "));
        Err(ApplyError::Undelivered { message, next, is_secret: is_secret(token) })
    }

    fn settle(&mut self, op: &OperationId) {
        if let Err(left) = self.connection.call(RecordsRequest::Forget(op.clone()).into()) {
            self.warn(format!("the value was delivered, but {left}"));
        }
    }

    /// Changes what has to be changed; whether all of it worked.
    fn change(&mut self, plan: &Plan) -> bool {
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
        let (report, seen) = (&mut self.report, &mut self.seen);
        let before = report.failed.len();
        self.connection.call_all(requests, |at, result| {
            seen(Seen::Step);
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

    fn delete(&mut self, plan: &Plan) {
        let tokens: Vec<&Arc<Token>> = plan.deleted().collect();
        let requests = tokens.iter().map(|token| Request::Delete(token.id.clone())).collect();
        let (report, seen) = (&mut self.report, &mut self.seen);
        self.connection.call_all(requests, |at, result| {
            seen(Seen::Step);
            let Some(token) = tokens.get(at) else { return };
            match result {
                Ok(_) | Err(WorkError::Api(ApiError::Gone)) => report.deleted.push(bare(token)),
                Err(error) => {
                    report.failed.push(Failed { key: None, id: Some(token.id.clone()), error: error.into() });
                }
            }
        });
    }

    fn warn(&mut self, text: String) {
        (self.seen)(Seen::Warning(text));
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
