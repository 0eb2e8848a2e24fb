//! [`Job`]: what takes a moment and touches the world: the clipboard, files, the browser. A screen or a modal asks for one with
//! [`Action::Do`](super::action::Action::Do), the app passes it on as it is, and [`worker`](super::worker) does it.

use std::sync::Arc;

use super::{analysis::AnalysisInput, editor::Spot};
use crate::{
    accounts::cache::Memory,
    delivery::{Typed, clipboard::Copy},
    secret::Secret,
    token::Token,
    work::journal::OperationId,
};

/// Something to do outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Put a value in the clipboard.
    Copy(Copy),
    /// Remove the last sensitive value from the clipboard, if it is still there.
    Wipe,
    /// Open a page on the web.
    Browse(String),
    /// Look at all the tokens together.
    Analysis(Box<AnalysisInput>),
    /// Find out in which time zone this machine is.
    Locate,
    /// Look for what was last seen of an account.
    Recall(Memory),
    /// Stop looking: the server was quicker.
    EndRecall,
    /// Keep a complete list of an account for the next start.
    Remember(Memory, Arc<Vec<Arc<Token>>>),
    /// Open a file in the person's editor, which has the terminal.
    Edit(Spot),
    /// Find out whether a value could go there.
    Check(Typed),
    /// Put a value where the person wants it, on record.
    Deliver {
        /// The record of its create.
        op: OperationId,
        /// Where to.
        to: Typed,
        /// What.
        value: Secret,
    },
}
