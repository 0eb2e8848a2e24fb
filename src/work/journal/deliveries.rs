//! Delivering the value of a new token, on record: where it is to go is written down before it goes there, that it arrived before anybody is
//! told.
//!
//! Invariants: a record never says "stored" of what [`Destination::deliver`] did not vouch for; what a crash leaves between the two notes is
//! found out by looking: the record has the digest of the value.

use serde::{Deserialize, Serialize};

use super::{CreateJournal, Intent, OperationId};
use crate::{
    delivery::{Destination, Presence, StoreError, Stored, Terminal},
    os::failpoint::reached,
    secret::Secret,
};

/// One destination of a value, and how far that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Where to.
    pub to: Destination,
    /// How far it is.
    pub state: State,
}

/// How far a delivery is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It was not tried, or a crash came in between.
    Pending,
    /// It failed, and why.
    Failed(String),
    /// The destination vouched for it.
    Stored,
}

impl Intent {
    /// The destinations that are not known to have the value.
    pub fn undelivered(&self) -> impl Iterator<Item = &Destination> {
        self.deliveries.iter().filter(|delivery| !self.is_stored(delivery)).map(|delivery| &delivery.to)
    }

    /// The destinations that got the value, and whether it is still there.
    pub fn delivered(&self) -> impl Iterator<Item = (&Destination, Presence)> {
        let is_there = |to: &Destination| self.digest.as_ref().map_or(Presence::Unknown, |digest| to.presence(digest));
        self.deliveries
            .iter()
            .filter(|delivery| self.is_stored(delivery))
            .map(move |delivery| (&delivery.to, is_there(&delivery.to)))
    }

    /// A crash may have come between the delivery and the note: then looking decides.
    fn is_stored(&self, delivery: &Delivery) -> bool {
        delivery.state == State::Stored
            || delivery.state == State::Pending
                && self.digest.as_ref().is_some_and(|digest| delivery.to.presence(digest) == Presence::There)
    }
}

impl CreateJournal {
    /// Puts on record where a value is to go, all at once, before any of it goes there.
    pub fn destine(&self, op: &OperationId, value: &Secret, destinations: &[Destination]) {
        self.amend(op, |intent| {
            intent.digest = Some(value.digest());
            for to in destinations {
                note(intent, to, State::Pending);
            }
        });
        reached("delivery: the destinations are on record");
    }

    /// Delivers a value to one destination, and puts on record what came of it. A destination that was not on record before and fails is
    /// taken off it: somebody tried it, and will try another. For a value without an open record it delivers only.
    ///
    /// # Errors
    /// Why it is not there; see [`Destination::deliver`].
    pub fn deliver(
        &self,
        op: &OperationId,
        to: &Destination,
        value: &Secret,
        terminal: Terminal,
    ) -> Result<Stored, StoreError> {
        let mut is_new = false;
        self.amend(op, |intent| {
            intent.digest = Some(value.digest());
            is_new = !intent.deliveries.iter().any(|delivery| delivery.to == *to);
            note(intent, to, State::Pending);
        });
        reached("delivery: the destination is on record");
        let result = to.deliver(value, terminal);
        reached("delivery: the destination has it");
        let state = match &result {
            Ok(_) => State::Stored,
            Err(error) => State::Failed(error.to_string()),
        };
        self.amend(op, |intent| {
            if is_new && result.is_err() {
                intent.deliveries.retain(|delivery| delivery.to != *to);
            } else {
                note(intent, to, state);
            }
        });
        reached("delivery: what came of it is on record");
        result
    }
}

fn note(intent: &mut Intent, to: &Destination, state: State) {
    match intent.deliveries.iter_mut().find(|delivery| delivery.to == *to) {
        Some(delivery) => delivery.state = state,
        None => intent.deliveries.push(Delivery { to: to.clone(), state }),
    }
}
