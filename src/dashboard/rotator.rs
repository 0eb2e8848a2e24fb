//! [`Rotator`]: runs rotations on a thread of their own, for they wait for the network, the disk and commands.
//!
//! Invariants: each [`RotatorRequest`] is answered by exactly one [`RotatorReply`] but [`RotatorReply::Event`], whatever happens; the connection goes where the dashboard's goes, and
//! is dropped when the account is locked; leaving the dashboard ends a rotation no worse than a crash does: it is resumed.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use super::{
    clock,
    event::{Event, Sender},
    folders,
};
use crate::{
    api::Endpoint,
    delivery::Terminal,
    rotation::{
        Authority, End, Held, Kind, OldTokenUsage, OpenRotation, OpenRotations, Plan, Remote, Rotation, RotationError,
        RotationEvent, RotationOptions, RotationRequest, Rotations, Run, Server as _, Stage, Target, Undoing, watch,
    },
    token::Token,
    work::{
        Created, Order, Report, RequestId, WorkError,
        journal::{OperationId, Records},
    },
};

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotatorRequest {
    /// What is under way on this machine.
    List,
    /// What a rotation would do.
    Plan(Box<Asked>),
    /// Begin one.
    Begin(Box<Asked>),
    /// Go on with one; whether the old token may be quarantined and deleted if its time has come.
    Resume(OperationId, bool),
    /// Take one back, and delete the successor or not.
    Undo(OperationId, bool),
}

/// What a person asks for, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The token.
    pub token: Arc<Token>,
    /// The folders to look for it in, as [`folders::parse`] reads them; nowhere when empty.
    pub folder: String,
    /// `FILE:NAME` of an environment file, or nothing.
    pub entry: String,
    /// A new file, or nothing.
    pub file: String,
    /// A command, or nothing.
    pub command: String,
    /// The rest. Its folders are not looked at.
    pub terms: RotationOptions,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotatorReply {
    /// Not the end yet: something happened on the way.
    Event(RotationEvent),
    /// What is under way.
    Listed(OpenRotations),
    /// The plan, and what speaks against it.
    Planned(Result<Box<Planned>, RotationError>),
    /// How far a rotation came, and where it stands now; `None` when it is over.
    Ran(Result<End, RotationError>, Option<Box<Rotation>>, Option<OldTokenUsage>),
    /// The successor's value goes nowhere, so it is to be shown.
    Unstored(Box<Created>, Box<Rotation>),
    /// A rotation was taken back.
    Undone(Result<Undoing, RotationError>, OperationId),
}

/// A plan, to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What would go on record.
    pub rotation: Rotation,
    /// The files.
    pub targets: Vec<Target>,
    /// How many files were searched.
    pub searched: u64,
    /// Who uses the old token.
    pub watch: Option<OldTokenUsage>,
    /// What to think about.
    pub cautions: Vec<String>,
    /// Why it cannot be done.
    pub obstacles: Vec<RotationError>,
}

/// The way to the thread.
#[derive(Clone, Debug)]
pub struct Rotator {
    pub(super) events: Sender,
    records: Records,
    rotations: Rotations,
    account: Arc<Mutex<Option<(Endpoint, bool)>>>,
    /// One at a time.
    turn: Arc<Mutex<()>>,
}

impl Rotator {
    /// One that knows no account yet.
    pub fn new(events: Sender, records: Records, rotations: Rotations) -> Self {
        Self { events, records, rotations, account: Arc::default(), turn: Arc::default() }
    }

    /// Goes where the client task goes.
    pub fn follow(&self, order: &Order) {
        let mut account = self.account.lock().unwrap_or_else(PoisonError::into_inner);
        match order {
            Order::Connect { endpoint, is_demo } => *account = Some((Endpoint::clone(endpoint), *is_demo)),
            Order::Disconnect => *account = None,
            _ => {}
        }
    }

    /// Does what is asked, on a thread, and answers with an event.
    pub fn take(&self, turn: RotatorRequest) {
        let rotator = self.clone();
        let work = move || {
            let one_at_a_time = rotator.turn.lock().unwrap_or_else(PoisonError::into_inner);
            let turned = rotator.perform(turn);
            drop(one_at_a_time);
            // Fails when the dashboard is over already.
            let _over = rotator.events.send(Event::Rotation(Box::new(turned)));
        };
        // Without a thread nothing is asked; the modal can be left and opened again.
        let _unasked = thread::Builder::new().name("rotation".into()).spawn(work);
    }

    /// The records of rotations: those of the demo account are kept apart.
    fn rotations(&self) -> Rotations {
        let account = self.account.lock().unwrap_or_else(PoisonError::into_inner);
        if account.as_ref().is_some_and(|(_, is_demo)| *is_demo) {
            self.rotations.of_demo()
        } else {
            self.rotations.clone()
        }
    }

    /// A connection to the account that is open.
    pub(super) fn remote(&self) -> Result<(Remote, Endpoint), RotationError> {
        let account = self.account.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (endpoint, is_demo) = account.ok_or(WorkError::Locked)?;
        let records = if is_demo { self.records.of_demo() } else { self.records.clone() };
        let events = self.events.clone();
        let heard = move |call| drop(events.send(Event::Api(Report::Call(RequestId(0), call))));
        let remote = Remote::new(endpoint.clone(), records, heard);
        let remote = remote.map_err(|error| {
            RotationError::new(Kind::Local, format!("can't start the connection: {error}"), "Try again.")
        })?;
        Ok((remote, endpoint))
    }

    fn perform(&self, turn: RotatorRequest) -> RotatorReply {
        match turn {
            RotatorRequest::List => {
                self.rotations().tidy();
                RotatorReply::Listed(self.rotations().left())
            }
            RotatorRequest::Plan(asked) => {
                RotatorReply::Planned(self.plan(&asked).map(|(plan, _)| Box::new(shown(plan))))
            }
            RotatorRequest::Begin(asked) => match self.begin(&asked) {
                Ok((held, remote)) => {
                    let may_delete = held.rotation.terms.grace == 0;
                    self.run(held, remote, may_delete)
                }
                Err(trouble) => RotatorReply::Ran(Err(trouble), None, None),
            },
            RotatorRequest::Resume(op, may_delete) => {
                match self.remote().and_then(|(remote, _)| Ok((self.rotations().take_up(&op)?, remote))) {
                    Ok((held, remote)) => self.run(held, remote, may_delete),
                    Err(trouble) => RotatorReply::Ran(Err(trouble), self.on_record(&op), None),
                }
            }
            RotatorRequest::Undo(op, delete) => {
                let result = self.undo(&op, delete);
                RotatorReply::Undone(result, op)
            }
        }
    }

    fn plan(&self, asked: &Asked) -> Result<(Plan, Remote), RotationError> {
        let (mut remote, endpoint) = self.remote()?;
        let tokens = remote.tokens()?;
        let wish = asked.wish()?;
        let authority = Authority::new(endpoint.account(), endpoint.token_id(), &tokens);
        let plan = Plan::new(&wish, &authority, &tokens, &mut remote, clock::now())?;
        Ok((plan, remote))
    }

    fn begin(&self, asked: &Asked) -> Result<(Held, Remote), RotationError> {
        let (plan, remote) = self.plan(asked)?;
        if let Some(trouble) = plan.obstacles.into_iter().next() {
            return Err(trouble);
        }
        let held = self.rotations().begin(plan.rotation)?;
        Ok((held, remote))
    }

    fn run(&self, mut held: Held, mut remote: Remote, may_delete: bool) -> RotatorReply {
        let events = self.events.clone();
        let mut tell = |seen: RotationEvent| drop(events.send(Event::Rotation(Box::new(RotatorReply::Event(seen)))));
        let mut run =
            Run { held: &mut held, server: &mut remote, terminal: Terminal::Ours, may_delete, tell: &mut tell };
        let result = run.advance();
        if matches!(&result, Err(RotationError::Other { kind: Kind::Undelivered, .. }))
            && run.held.rotation.deliveries.is_empty()
            && let Ok(Some(created)) = run.unstored()
        {
            return RotatorReply::Unstored(Box::new(created), Box::new(held.rotation));
        }
        let watch = watch(&mut remote, &held.rotation, clock::now()).ok();
        if result == Ok(End::Done) {
            let rotation = held.rotation.clone();
            // What cannot be removed is found, and finished, at the next start.
            return match held.end() {
                Ok(_) => RotatorReply::Ran(result, Some(Box::new(rotation)), watch),
                Err(why) => RotatorReply::Ran(
                    Err(RotationError::new(Kind::Local, why, "Free some disk space, then continue.")),
                    Some(Box::new(rotation)),
                    watch,
                ),
            };
        }
        if result.is_err() && held.is_untouched(remote.journal()) {
            let _left = held.end();
            return RotatorReply::Ran(result, None, watch);
        }
        RotatorReply::Ran(result, Some(Box::new(held.rotation)), watch)
    }

    fn undo(&self, op: &OperationId, delete: bool) -> Result<Undoing, RotationError> {
        let (mut remote, _) = self.remote()?;
        let mut held = self.rotations().take_up(op)?;
        let events = self.events.clone();
        let mut tell = |seen: RotationEvent| drop(events.send(Event::Rotation(Box::new(RotatorReply::Event(seen)))));
        let mut run =
            Run { held: &mut held, server: &mut remote, terminal: Terminal::Ours, may_delete: false, tell: &mut tell };
        let undoing = run.undo(delete)?;
        held.end().map_err(|why| RotationError::new(Kind::Local, why, "Run the undo again."))?;
        Ok(undoing)
    }

    fn on_record(&self, op: &OperationId) -> Option<Box<Rotation>> {
        let is_it = |open: &OpenRotation| open.record.op == *op;
        self.rotations().left().open.into_iter().find(is_it).map(|open| Box::new(open.record))
    }
}

fn shown(plan: Plan) -> Planned {
    let Plan { rotation, places, watch, cautions, obstacles } = plan;
    Planned { rotation, targets: places.targets, searched: places.files, watch, cautions, obstacles }
}

impl Asked {
    fn wish(&self) -> Result<RotationRequest, RotationError> {
        let usage = |message: String| RotationError::new(Kind::Usage, message, "Change it, then look again.");
        let allow = crate::delivery::Allow {
            replace: true,
            tracked: self.terms.allow.tracked || self.token.usage == crate::token::Usage::Public,
        };
        let mut destinations = Vec::new();
        for (option, text) in [("to-env", &self.entry), ("to-file", &self.file), ("to-command", &self.command)] {
            let kind = crate::delivery::KINDS.iter().find(|kind| kind.option == option);
            if let Some(kind) = kind.filter(|_| !text.trim().is_empty()) {
                let place = (kind.parse)(text.trim(), allow).map_err(|error| usage(error.to_string()))?;
                destinations.push(place);
            }
        }
        let mut terms = self.terms.clone();
        terms.folders.clear();
        if !self.folder.trim().is_empty() {
            terms.folders = folders::parse(&self.folder).map_err(usage)?;
        }
        let directory = std::env::current_dir().unwrap_or_default();
        Ok(RotationRequest {
            token: Arc::clone(&self.token),
            note: None,
            destinations,
            terms,
            directory,
            is_shown: true,
        })
    }
}

/// Whether a person has to decide something about a rotation now.
pub fn is_due(rotation: &Rotation, now: jiff::Timestamp) -> bool {
    rotation.undo.is_none() && matches!(rotation.stage(), Stage::Quarantine | Stage::Delete) && rotation.is_due(now)
}
