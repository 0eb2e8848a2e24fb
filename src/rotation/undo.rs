//! Undo: takes a rotation back, at every stage before the old token is deleted.
//!
//! Invariants: it begins with a look at the account, for a token that is gone must not be put back; that it was begun is on record, so it
//! is finished after a crash and not resumed; the successor is deleted only when that was asked for and nothing needs it.

use super::{
    change::{self, Undone, tokens_in},
    error::{Kind, RotationError},
    places::path_shown,
    record::{Rotation, Undo},
    run::{Run, Server, is_quarantined, lifting},
};
use crate::{
    os::failpoint::reached,
    secret::Secret,
    token::{TokenId, Usage},
    work::Request,
};

/// What an undo came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undoing {
    /// Files that are byte for byte what they were.
    pub restored: usize,
    /// Files in which the old token is back and changes that someone else made are kept.
    pub merged: Vec<String>,
    /// What could not be undone, in words for people.
    pub left: Vec<String>,
    /// Whether the quarantine was lifted.
    pub lifted: bool,
    /// The successor, if it is kept.
    pub kept: Option<TokenId>,
    /// The successor, if it was deleted.
    pub deleted: Option<TokenId>,
}

impl<S: Server> Run<'_, S> {
    /// Takes everything back. The record is still there afterwards.
    ///
    /// # Errors
    /// Why it cannot be done, or not now. What has been undone stays so, and the undo can be repeated.
    pub fn undo(&mut self, delete_successor: bool) -> Result<Undoing, RotationError> {
        let old = self.held.rotation.old.clone();
        let tokens = self.server.tokens()?;
        let Some(token) = tokens.iter().find(|token| token.id == old.id).cloned() else {
            return Err(RotationError::new(
                Kind::Refused,
                "the old token is deleted, so the rotation can't be undone",
                format!("Finish the rotation with jeton rotate --resume {}.", self.held.rotation.op),
            ));
        };
        self.held.rotation.undo = Some(Undo { delete_successor });
        self.save()?;
        reached("rotation: the undo is on record");
        let mut undoing = Undoing { lifted: self.lift(is_quarantined(&token))?, ..Undoing::default() };
        let old_value = if old.usage == Usage::Public { token.token.clone() } else { self.old_value() };
        self.restore(&mut undoing)?;
        let is_delivered = self.undo_commands(old_value.as_ref(), &mut undoing);
        self.part_with_successor(delete_successor, is_delivered, &mut undoing)?;
        Ok(undoing)
    }

    /// Lifts the quarantine and nothing else.
    ///
    /// # Errors
    /// When the server does not do it.
    pub fn lift_quarantine(&mut self) -> Result<bool, RotationError> {
        let tokens = self.server.tokens()?;
        let is_quarantined = tokens.iter().any(|token| token.id == self.held.rotation.old.id && is_quarantined(token));
        let lifted = self.lift(is_quarantined)?;
        self.held.rotation.terms.quarantine = false;
        // Whoever needed it gets as much time again.
        self.held.rotation.due = self.held.rotation.due.map(|_| {
            let grace = self.held.rotation.terms.grace().max(super::QUARANTINE);
            jiff::Timestamp::now().checked_add(grace).unwrap_or(jiff::Timestamp::MAX)
        });
        self.save()?;
        Ok(lifted)
    }

    fn lift(&mut self, is_quarantined: bool) -> Result<bool, RotationError> {
        if is_quarantined {
            let old = &self.held.rotation.old;
            let request = Request::Update { id: old.id.clone(), patch: lifting(old.allowed_urls.as_ref()) };
            self.server.call(request)?;
            reached("rotation: the quarantine is lifted");
        }
        self.held.rotation.quarantined = None;
        self.save()?;
        Ok(is_quarantined)
    }

    /// The old token's value, as the changed files tell it.
    fn old_value(&self) -> Option<Secret> {
        let Rotation { changes, successor, old, .. } = &self.held.rotation;
        let from_change = |change: &change::Change| {
            let key = change.successor(&successor.as_ref()?.id)?;
            change.old_value(&key)
        };
        let from_file = |change: &change::Change| {
            let (content, _) = change::read(&change.path).ok()??;
            tokens_in(&content, &old.id)
                .map(|found| found.value)
                .find(|value| old.digest == Some(change::digest_of(value)))
        };
        changes.iter().find_map(|change| from_change(change).or_else(|| from_file(change)))
    }

    fn restore(&mut self, undoing: &mut Undoing) -> Result<(), RotationError> {
        let Some(successor) = self.held.rotation.successor.as_ref().map(|new| new.id.clone()) else { return Ok(()) };
        let mut failed = Vec::new();
        let count = self.held.rotation.changes.len();
        for (index, change) in self.held.rotation.changes.iter().rev().enumerate() {
            change::tidy(&change.path);
            let path = path_shown(&change.path);
            match change.undo(&successor) {
                Ok(Undone::Restored) => undoing.restored += 1,
                Ok(Undone::Merged) => undoing.merged.push(path),
                Ok(Undone::Left(why)) => undoing.left.push(format!("{path}: {why}")),
                Err(error) => failed.push(format!("{path}: {error}")),
            }
            (self.tell)(super::RotationEvent::File(index + 1, count));
        }
        if failed.is_empty() {
            return Ok(());
        }
        Err(RotationError::new(
            Kind::Local,
            format!("could not restore {}: {}", super::count(failed.len(), "file"), failed.join("; ")),
            format!("Fix that, then run jeton rotate --undo {} again.", self.held.rotation.op),
        ))
    }

    /// Hands the old value to the commands that got the new one. Whether one of them still has the new one.
    fn undo_commands(&mut self, old: Option<&Secret>, undoing: &mut Undoing) -> bool {
        let mut has_new = false;
        for delivery in self.held.rotation.deliveries.clone() {
            if delivery.to.path().is_some() || delivery.done.is_none() {
                continue;
            }
            let result = match old {
                Some(old) => delivery.to.deliver(old, self.terminal).map(drop).map_err(|error| error.to_string()),
                None => Err("jeton does not have the old value; run it with that value yourself".to_owned()),
            };
            match result {
                Ok(()) => self.note(format!("piped the old value to {}", delivery.to)),
                Err(why) => {
                    has_new = true;
                    undoing.left.push(format!("{}: {why}", delivery.to));
                }
            }
        }
        has_new
    }

    fn part_with_successor(
        &mut self,
        delete: bool,
        is_delivered: bool,
        undoing: &mut Undoing,
    ) -> Result<(), RotationError> {
        for id in self.held.rotation.lost.clone() {
            self.delete_token(&id)?;
        }
        if self.held.rotation.successor.is_none() && !self.adopt_what_there_is()? {
            return Ok(());
        }
        let Some(successor) = self.held.rotation.successor.clone() else { return Ok(()) };
        if !delete {
            undoing.kept = Some(successor.id);
        } else if is_delivered || !undoing.left.is_empty() {
            undoing.left.push(format!("kept the successor ({}): something may still use it", successor.id.shown()));
            undoing.kept = Some(successor.id);
        } else {
            self.delete_token(&successor.id)?;
            if let Some(op) = &successor.op {
                self.server.journal().settle(op).map_err(|why| RotationError::unrecorded(&why))?;
            }
            reached("rotation: the successor is deleted");
            undoing.deleted = Some(successor.id);
        }
        Ok(())
    }
}
