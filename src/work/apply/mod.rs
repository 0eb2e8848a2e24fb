//! Making an account hold what a file of tokens says: the account is looked at, a [`Plan`](crate::plan::Plan) is made, and it is carried out.
//!
//! Invariants: nothing is sent while anything in the plan cannot be done; one process at a time applies to an account; what is about to be
//! done is on record before the first request, so that one that dies half way is listed by `jeton recover`, and continued by applying the same
//! file again; no create is sent again before it is certain what became of it; no token is created while a value is undelivered; tokens
//! are deleted last.

mod run;
mod situation;
mod source;

use std::{fs::File, sync::Arc};

use sha2::{Digest as _, Sha256};

pub use self::{
    run::{Applying, Delivered, Failed, Report, Seen},
    situation::{Situation, is_delivered},
    source::{LoadError, Loaded, load, read},
};
use super::{
    RecordsRequest, Reply, Request, WorkError,
    journal::{CreateJournal, LeftOpen},
};
use crate::{
    os::{places, private_dir::PrivateDir},
    token::{AccountKey, Token},
};

/// A connection to an account that may be waited for.
pub trait Connection {
    /// The account.
    fn account(&self) -> &AccountKey;
    /// The records of creates: for delivering a value.
    fn journal(&self) -> &CreateJournal;
    /// Sends a request and waits for its end.
    fn call(&mut self, request: Request) -> Result<Reply, WorkError>;
    /// Every token of the account.
    fn tokens(&mut self) -> Result<Vec<Arc<Token>>, WorkError>;
    /// Many requests; `done` hears how each ended (by its index), in no particular order.
    fn call_all(&mut self, requests: Vec<Request>, done: impl FnMut(usize, Result<Reply, WorkError>));

    /// What earlier runs left open on this machine.
    fn left_open(&mut self) -> Result<LeftOpen, WorkError> {
        match self.call(RecordsRequest::List.into())? {
            Reply::Open(left) => Ok(left),
            other => unreachable!("the records were asked for, not {other:?}"),
        }
    }
}

/// Why a step of a plan did not work, or nothing could be done at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// A request did not work.
    #[error("{0}")]
    Work(#[from] WorkError),
    /// Something about the records on this machine.
    #[error("{0}")]
    Local(String),
    /// What the file says makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A token was created, and its value is not everywhere it should be.
    #[error("{message}")]
    Undelivered {
        /// What happened.
        message: String,
        /// What to do next.
        next: String,
        /// Whether the value can be read nowhere else.
        is_secret: bool,
    },
}

/// The turn of this process: what is planned for an account is carried out before anybody else plans. Until the handle is dropped; `None` when it
/// is another's and `waits` is not said.
///
/// # Errors
/// When no state directory.
pub fn take_turn(account: &AccountKey, waits: bool) -> Result<Option<File>, ApplyError> {
    let dir = places::state_dir(places::PROCESS)
        .ok_or_else(|| ApplyError::Local("no state directory; set JETON_STATE_DIR to a directory".to_owned()))?;
    let dir = PrivateDir::at(dir.join("turns"));
    // The name of a file everywhere, whatever the account is called.
    let digest = Sha256::digest(format!("{}\n{}", account.username, account.host));
    let name = digest.iter().take(8).fold(String::new(), |name, byte| format!("{name}{byte:02x}"));
    dir.lock(&name, waits).map_err(|error| ApplyError::Local(format!("can't lock the account: {error}")))
}

/// A token without its value.
fn bare(token: &Token) -> Token {
    Token { token: None, ..token.clone() }
}
