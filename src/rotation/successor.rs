//! The successor: created once, whatever becomes of the answers; and its value, as long as it is not stored.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    error::{Kind, RotationError},
    record::{Rotation, Successor},
    run::{PAGE, Run, Server},
};
use crate::{
    os::failpoint::reached,
    secret::Secret,
    token::{Patch, Token, Usage},
    work::{
        Created, RecordsRequest, Reply, Request, WorkError,
        journal::{Intent, Outcome, Value},
    },
};

/// Creates of one run, when answers are lost.
const MOST_CREATES: usize = 3;

impl<S: Server> Run<'_, S> {
    /// Creates the successor, or takes over the one an earlier run created.
    pub(super) fn create(&mut self) -> Result<(), RotationError> {
        if self.held.rotation.old.default {
            return self.refresh_default();
        }
        for _ in 0..MOST_CREATES {
            if let Some(intent) = self.unfinished()? {
                if self.adopt(&intent)? {
                    return Ok(());
                }
                continue;
            }
            if self.adopt_public()? {
                return Ok(());
            }
            let draft = self.held.rotation.wanted.draft();
            match self.server.call(Request::Create { draft, even_if_unfinished: true }) {
                Ok(Reply::Created(created)) => return self.created(&created),
                Ok(other) => unreachable!("a token was asked for, not {other:?}"),
                // What there is now is on record, and looked at next.
                Err(WorkError::Unclear { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(RotationError::new(
            Kind::TryAgain,
            "unknown whether the server created the successor",
            format!("Try again: jeton rotate --resume {}.", self.held.rotation.op),
        ))
    }

    fn created(&mut self, created: &Created) -> Result<(), RotationError> {
        reached("rotation: the successor is created");
        if created.token.usage == Usage::Secret && !created.backup.is_safe() {
            self.note(format!("the successor's value is {}", created.backup));
        }
        // A public token's value can be read again, so its record is closed already.
        let op = (created.token.usage != Usage::Public).then(|| created.op.clone());
        self.rotation().successor = Some(Successor { id: created.token.id.clone(), op });
        self.save()
    }

    /// The create of this rotation that an earlier run did not see the end of.
    pub(super) fn unfinished(&mut self) -> Result<Option<Intent>, RotationError> {
        let recovery = self.server.journal().recovery().map_err(|why| RotationError::unrecorded(&why))?;
        let Rotation { account, wanted, started, .. } = &self.held.rotation;
        let draft = wanted.draft();
        let taken = self.held.others();
        let is_ours = |intent: &Intent| {
            intent.account == *account
                && intent.draft() == draft
                && intent.sent >= *started
                && !taken.contains(&intent.op)
        };
        Ok(recovery.open.into_iter().map(|open| open.intent).find(is_ours))
    }

    /// Takes over what an earlier create has made; `false` when there is nothing to take over, and a new one is to be sent.
    fn adopt(&mut self, intent: &Intent) -> Result<bool, RotationError> {
        if let Ok(Reply::Recovered(Some(created))) =
            self.server.call(RecordsRequest::Recover(Box::new(intent.clone())).into())
        {
            self.created(&created)?;
            return Ok(true);
        }
        let asked = Timestamp::now();
        let tokens = self.server.tokens()?;
        let op = &intent.op;
        let journal = self.server.journal();
        match intent.judge(&tokens, asked) {
            Outcome::Made(token) if token.usage == Usage::Public => {
                journal.settle(op).map_err(|why| RotationError::unrecorded(&why))?;
                self.rotation().successor = Some(Successor { id: token.id.clone(), op: None });
                self.save()?;
                Ok(true)
            }
            Outcome::Made(token) => {
                // Nobody has its value, so nobody can miss it. Deleting it closes its record, too.
                self.note(format!(
                    "the answer with the successor's value was lost; deleting that token ({}) and creating another",
                    token.id.shown()
                ));
                self.delete_token(&token.id)?;
                self.server.journal().settle(op).map_err(|why| RotationError::unrecorded(&why))?;
                Ok(false)
            }
            Outcome::Gone(_) | Outcome::SafeToResend => {
                journal.settle(op).map_err(|why| RotationError::unrecorded(&why))?;
                Ok(false)
            }
            Outcome::TooEarly(_) => Err(RotationError::new(
                Kind::TryAgain,
                "the server did not answer, and may still be creating the successor",
                format!("Wait two minutes, then continue with jeton rotate --resume {}.", self.held.rotation.op),
            )),
            Outcome::Several(tokens) => Err(RotationError::new(
                Kind::Refused,
                format!("one of {} new tokens could be the successor", tokens.len()),
                format!("List them with jeton recover {op}, delete the ones you do not need, then resume."),
            )),
            Outcome::Unknown(why) => Err(RotationError::new(
                Kind::TryAgain,
                format!("unknown whether the successor exists: {why}"),
                format!("Continue later with jeton rotate --resume {}.", self.held.rotation.op),
            )),
        }
    }

    /// For an undo: takes over a successor that an interrupted create has made, whether or not its value is lost. What nobody can tell yet
    /// stays on record for `jeton recover`.
    pub(super) fn adopt_what_there_is(&mut self) -> Result<bool, RotationError> {
        if self.held.rotation.old.default {
            return Ok(false);
        }
        let Some(intent) = self.unfinished()? else { return self.adopt_public() };
        let asked = Timestamp::now();
        let tokens = self.server.tokens()?;
        let Outcome::Made(token) = intent.judge(&tokens, asked) else { return Ok(false) };
        let op = (token.usage != Usage::Public).then_some(intent.op);
        self.rotation().successor = Some(Successor { id: token.id.clone(), op });
        self.save()?;
        Ok(true)
    }

    /// A public successor that was created and not put on record: the create's own record is closed by then.
    fn adopt_public(&mut self) -> Result<bool, RotationError> {
        if !self.held.is_resumed || self.held.rotation.old.usage != Usage::Public {
            return Ok(false);
        }
        let tokens = self.server.tokens()?;
        let Rotation { wanted, look_alikes, old, started, .. } = &self.held.rotation;
        let started = started.checked_sub(super::SKEW).unwrap_or(*started);
        let draft = wanted.draft();
        let mut new = tokens.iter().filter(|token| {
            token.id != old.id
                && !look_alikes.contains(&token.id)
                && token.created().is_some_and(|created| created >= started)
                && token.usage == Usage::Public
                && Patch::between(token, &draft).is_empty()
        });
        let Some(token) = new.next().filter(|_| new.next().is_none()) else { return Ok(false) };
        let successor = Successor { id: token.id.clone(), op: None };
        self.rotation().successor = Some(successor);
        self.save()?;
        Ok(true)
    }

    fn refresh_default(&mut self) -> Result<(), RotationError> {
        let current = |tokens: &[Arc<Token>]| tokens.iter().find(|token| token.default).map(|token| token.id.clone());
        let tokens = self.server.tokens()?;
        let mut new = current(&tokens).filter(|id| *id != self.held.rotation.old.id);
        if new.is_none() {
            if !self.server.can_refresh() {
                return Err(RotationError::new(
                    Kind::Refused,
                    "the default public token can only be refreshed on the Access Tokens page",
                    format!(
                        "Refresh it at {PAGE}. The old one stops working immediately. Then continue with jeton rotate --resume {}.",
                        self.held.rotation.op
                    ),
                ));
            }
            new = match self.server.call(Request::RefreshDefault) {
                Ok(Reply::DefaultRefreshed(token)) => Some(token.id),
                Ok(other) => unreachable!("a refresh was asked for, not {other:?}"),
                Err(error) => {
                    let tokens = self.server.tokens()?;
                    let new = current(&tokens).filter(|id| *id != self.held.rotation.old.id);
                    Some(new.ok_or(error)?)
                }
            };
            reached("rotation: the default token is refreshed");
        }
        self.rotation().successor = new.map(|id| Successor { id, op: None });
        self.save()
    }

    /// The successor's value; `None` when it is lost.
    pub(super) fn value(&mut self) -> Result<Option<Secret>, RotationError> {
        let Some(Successor { id, op }) = self.held.rotation.successor.clone() else { return Ok(None) };
        if self.held.rotation.old.usage == Usage::Public {
            let tokens = self.server.tokens()?;
            let token = tokens.iter().find(|token| token.id == id).ok_or_else(|| self.successor_gone())?;
            return Ok(token.token.clone());
        }
        if let Some(op) = op {
            let journal = self.server.journal();
            let recovery = journal.recovery().map_err(|why| RotationError::unrecorded(&why))?;
            let intent = recovery.open.into_iter().find(|open| open.intent.op == op);
            if let Some(intent) = intent.filter(|open| matches!(open.value, Value::Whole { .. }))
                && let Some(value) = journal.value(&intent.intent)
            {
                return Ok(Some(value));
            }
        }
        Ok(self.held.rotation.changes.iter().find_map(|change| change.successor(&id)))
    }

    pub(super) fn successor_gone(&self) -> RotationError {
        let op = &self.held.rotation.op;
        RotationError::new(
            Kind::Refused,
            "someone deleted the successor; the old token still exists",
            format!("Undo the rotation with jeton rotate --undo {op}."),
        )
    }

    /// The successor and its value, to be shown to a person because the value is stored nowhere.
    ///
    /// # Errors
    /// When the account, or the record of the create, cannot be looked at.
    pub fn unstored(&mut self) -> Result<Option<Created>, RotationError> {
        let Some(Successor { id, op: Some(op) }) = self.held.rotation.successor.clone() else { return Ok(None) };
        let recovery = self.server.journal().recovery().map_err(|why| RotationError::unrecorded(&why))?;
        let Some(open) = recovery.open.into_iter().find(|open| open.intent.op == op) else { return Ok(None) };
        // That of an earlier run becomes ours, so that it is closed when the value is stored.
        if let Ok(Reply::Recovered(Some(created))) =
            self.server.call(RecordsRequest::Recover(Box::new(open.intent.clone())).into())
        {
            return Ok(Some(*created));
        }
        let (Some(value), Value::Whole { backup, .. }) = (self.server.journal().value(&open.intent), open.value) else {
            return Ok(None);
        };
        let tokens = self.server.tokens()?;
        let token = tokens.iter().find(|token| token.id == id).map(|token| Token::clone(token));
        Ok(token.map(|token| Created { op, token, value, backup }))
    }

    /// The value, or a new successor if it is lost.
    pub(super) fn value_or_start_over(&mut self) -> Result<Option<Secret>, RotationError> {
        if let Some(value) = self.value()? {
            return Ok(Some(value));
        }
        let rotation = &mut self.held.rotation;
        let Some(Successor { id, op }) = rotation.successor.take() else { return Ok(None) };
        rotation.lost.push(id.clone());
        rotation.verified = None;
        rotation.replaced = None;
        rotation.changes.clear();
        for delivery in &mut rotation.deliveries {
            (delivery.done, delivery.failed) = (None, None);
        }
        self.save()?;
        if let Some(op) = op {
            self.server.journal().settle(&op).map_err(|why| RotationError::unrecorded(&why))?;
        }
        self.note(format!(
            "the backup of the successor's value has expired; creating another successor, and deleting that one ({}) afterwards",
            id.shown()
        ));
        Ok(None)
    }
}
