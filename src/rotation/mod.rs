//! Rotation: a token gives way to a successor wherever it is used, without a moment in which neither works.
//!
//! ```text
//!  PLAN        everything that can be checked, before anything is created            nothing sent, nothing on record
//!  record      what was agreed goes to disk                                          from here on a crash is resumed
//!  CREATE      the successor, through the create journal and its backup copy
//!  VERIFY      TokenValid; a public one is tried from every allowed URL              before anybody depends on it
//!  DELIVER     its value to every destination
//!  REPLACE     the old token in files, each in one step
//!  GRACE       the old token keeps working
//!  QUARANTINE  the old token restricted to a host that cannot exist                  if wanted; can be lifted
//!  DELETE      the old token                                                         then the record goes
//! ```
//!
//! A [`Rotation`] is the record: facts, from which the stage follows. [`Plan`] makes one, [`Rotations`] keeps them, [`Run`] carries one
//! on until there is something to wait for. Undo puts files back byte for byte, hands the old value to the commands again, and lifts
//! a quarantine, at every stage before the old token is deleted.
//!
//! Undo needs what stood in the files before, which for a secret token nobody can be asked for. It is in the record, encrypted with the
//! successor's value, which stands in the changed file itself ([`change`], `seal`): so no token value is on disk that was not in those
//! files, and whoever can read the changed file can undo the change.
//!
//! Invariants: the record holds no token value; no create is sent twice; the old token is deleted last, and never unasked.

pub mod change;
mod error;
mod journal;
mod old_token_usage;
mod places;
mod plan;
mod record;
mod remote;
mod report;
mod run;
mod seal;
mod successor;
mod undo;

use jiff::SignedDuration;

pub use self::{
    error::{Kind, RotationError},
    journal::{Held, OpenRotation, OpenRotations, Rotations, Unavailable, name_of},
    old_token_usage::{OldTokenUsage, watch},
    places::{Hindrance, Places, Spot, Target, path_shown},
    plan::{Authority, Plan, RotationRequest},
    record::{
        Allow, Delivery, NOWHERE, Old, Progress, QUARANTINE, Rotation, RotationOptions, Stage, Successor, Undo, Wanted,
    },
    remote::Remote,
    report::{Report, markdown, sentence},
    run::{End, PAGE, RotationEvent, Run, Server},
    undo::Undoing,
};

/// The grace period, unless another one is asked for.
pub const GRACE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How far the server's clock may be from ours.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// A number with its noun: `1 file`, `2 files`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
