//! The journal: what this machine writes down so that a crash loses no value and forgets no change.
//!
//! [`CreateJournal`] has an [`Intent`] for every create that is under way and keeps the server's answer in the escrow until the value is
//! stored; [`BatchJournal`] has the bulk changes. [`Records`] is both together, and does what a front end asks of them.
//!
//! Invariants: an entry is on disk, synced, before the first request it is about is sent; an entry holds no token value; only a
//! [`Request`](super::Request) of a person, or certainty, closes one.

mod answer;
mod backup_location;
mod batch_journal;
mod create_journal;
mod deliveries;
mod escrow;
mod intent;
mod open_create;
mod outcome;
mod records;

pub use self::{
    answer::Answer,
    backup_location::BackupLocation,
    batch_journal::{BatchJournal, OpenBatch, OpenBatches},
    create_journal::CreateJournal,
    deliveries::{Delivery, State},
    intent::{Before, Intent, Likeness, SETTLING, likeness},
    open_create::{OpenCreate, OpenCreates, Value},
    outcome::Outcome,
    records::{LeftOpen, Records},
};
pub use super::operation_id::OperationId;
