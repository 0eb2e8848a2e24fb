//! What can be asked for, and the one task that does it: for the dashboard and for the command line alike.
//!
//! A front end hands an [`Order`] to the [`task`] and gets [`Report`]s back: any number of pages, then exactly one
//! [`Completion`], whatever happens. What is asked is a [`Request`], what came back a [`Reply`] or a [`WorkError`]. All are plain
//! data, so tests compare them, and no token value is in any of them but those whose purpose it is ([`Reply::Created`]).
//!
//! Invariants: a front end never holds a raw client; every create goes through [`create`], every change of many tokens through
//! [`bulk`], so both are on record before anything is sent.

pub mod apply;
pub mod bulk;
pub mod create;
pub mod error;
pub mod grants;
pub mod journal;
mod operation_id;
pub mod task;

use std::sync::Arc;

use jiff::SignedDuration;

use self::{
    bulk::Plan,
    journal::{BackupLocation, Before, Intent, LeftOpen},
};
pub use self::{error::WorkError, grants::Grants, operation_id::OperationId};
use crate::{
    api::{Budget, Call, Endpoint, Probed, Statistics, Temporary, Verdict},
    secret::Secret,
    token::{Draft, Patch, Scope, Token, TokenId, catalogue::ScopeInfo},
};

/// Names one request for as long as it is on its way; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Every token of the account, page by page: [`Report::Page`]s, then [`Reply::Listed`].
    List,
    /// The scopes the account may grant.
    Scopes,
    /// A new token.
    Create {
        /// What it will be.
        draft: Draft,
        /// Whether it is created although an unfinished create of the same draft is on record.
        even_if_unfinished: bool,
    },
    /// A new token of an account that was just looked at: one of many, so that it is not looked at again before each.
    CreateAmong {
        /// What it becomes.
        draft: Draft,
        /// The tokens that looked like it before.
        before: Before,
    },
    /// A change of a token.
    Update {
        /// Which.
        id: TokenId,
        /// What changes.
        patch: Patch,
    },
    /// A temporary token: in no list, and gone by itself.
    Temporary {
        /// What it may do.
        scopes: Vec<Scope>,
        /// How long it lives: at most an hour (documented).
        lifetime: SignedDuration,
    },
    /// Permanent removal of a token.
    Delete(TokenId),
    /// A new default public token in place of the present one (a sandbox only: the hosted API has no such call).
    RefreshDefault,
    /// What the server says of a token string.
    Verify(Secret),
    /// How much a token was used in the last 30 days.
    Usage(TokenId),
    /// How much all tokens of the account together were used in the last 30 days, temporary ones included.
    AccountUsage,
    /// What the authorizing token may do; this is its value.
    Grants(Secret),
    /// How far this machine's clock is ahead of the server's.
    Clock,
    /// Something about the records on this machine: no server is asked.
    Records(RecordsRequest),
    /// Whether a token works from a page: a real request for a small map tile with that page as its `Referer`. It counts as a
    /// request of the token and needs its scope `styles:tiles`.
    Probe {
        /// The token string that is tried.
        value: Secret,
        /// The page's address as the browser would send it.
        referer: String,
    },
}

/// What can be asked about the records on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordsRequest {
    /// Unfinished creates and batches of this and earlier runs.
    List,
    /// The value that is kept of such a create, to be shown.
    Recover(Box<Intent>),
    /// Such a create is dealt with: its record is closed, and what was kept of its value goes.
    Forget(OperationId),
    /// Many tokens are about to be changed: that is put on record, before the first of them is.
    BeginBatch {
        /// The record that is taken over, of a batch that was left; else there will be a new one.
        op: Option<OperationId>,
        /// What is about to be done.
        plan: Box<Plan>,
    },
    /// The person knows how that ended, or wants to hear no more of it: the record goes.
    EndBatch(OperationId),
}

impl From<RecordsRequest> for Request {
    fn from(request: RecordsRequest) -> Self {
        Self::Records(request)
    }
}

impl RecordsRequest {
    /// What is going on, for the header.
    pub fn label(&self) -> &'static str {
        match self {
            Self::List | Self::Recover(_) => "looking for unfinished work",
            Self::BeginBatch { .. } => "writing the journal",
            Self::Forget(_) | Self::EndBatch(_) => "updating the journal",
        }
    }
}

impl Request {
    /// What is going on, for the header, and whether it changes something on the server.
    fn about(&self) -> (&'static str, bool) {
        let (read, change) = (|label| (label, false), |label| (label, true));
        match self {
            Self::List => read("loading tokens"),
            Self::Scopes => read("loading scopes"),
            Self::Create { .. } | Self::CreateAmong { .. } => change("creating the token"),
            Self::Update { .. } => change("editing the token"),
            Self::Temporary { .. } => change("creating the temporary token"),
            Self::Delete(_) => change("deleting the token"),
            Self::RefreshDefault => change("refreshing the default public token"),
            Self::Verify(_) | Self::Probe { .. } => read("testing the token"),
            Self::Usage(_) | Self::AccountUsage => read("loading usage"),
            Self::Grants(_) => read("testing the authorizing token"),
            Self::Clock => read("comparing clocks"),
            Self::Records(request) => read(request.label()),
        }
    }

    /// Whether it changes something on the server. Such a request is never cancelled once it is on its way, never dropped, and never sent
    /// again where that could do something twice.
    pub fn is_mutation(&self) -> bool {
        self.about().1
    }

    /// What is going on, for the header: "loading tokens".
    pub fn label(&self) -> &'static str {
        self.about().0
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The list is complete; its pages have been reported.
    Listed,
    /// The scopes.
    Scopes(Vec<ScopeInfo>),
    /// The new token and its value. The value of a secret token exists nowhere else.
    Created(Box<Created>),
    /// The token as it is now.
    Updated(Box<Token>),
    /// The new default public token; the old one is gone.
    DefaultRefreshed(Box<Token>),
    /// The temporary token.
    TemporaryCreated(Box<Temporary>),
    /// The token is gone.
    Deleted(TokenId),
    /// The server's verdict on a token string.
    Verdict(Verdict),
    /// How much a token was used.
    Usage(Box<Statistics>),
    /// What the authorizing token may do.
    Grants(Box<Grants>),
    /// How far this machine's clock is ahead, if the server says what time it is.
    Clock(Option<SignedDuration>),
    /// What is open.
    Open(LeftOpen),
    /// The value of an earlier create; nothing where the backup is gone, or another jeton is showing it.
    Recovered(Option<Box<Created>>),
    /// The record is closed.
    Forgotten(OperationId),
    /// The batch is on record, under this name.
    BatchBegun(OperationId),
    /// Its record is gone.
    BatchEnded(OperationId),
    /// How a trial went.
    Probed(Probed),
}

/// A token that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// What its record is called until the value is stored.
    pub op: OperationId,
    /// Its metadata; for a secret token without the value.
    pub token: Token,
    /// The token string.
    pub value: Secret,
    /// What would be left of the value if the program ended now. Nothing is backup of a public token's: it can be read again.
    pub backup: BackupLocation,
}

/// An order to the client task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Do this and report under this id.
    Call(RequestId, Request),
    /// Give a request up; its completion says [`WorkError::Cancelled`], at once. A mutation that is on its way ignores it; one that still
    /// waits for its turn (or for the end of a 429) was never sent.
    Cancel(RequestId),
    /// Go on with this account, or with this token of the same one. Requests on their way end as they began.
    Connect {
        /// Where it is, and the authority.
        endpoint: Box<Endpoint>,
        /// Whether it is the demo account, whose records are kept apart: its server ends with this program.
        is_demo: bool,
    },
    /// Drop the authorizing token from memory: until the next [`Order::Connect`], every request ends in [`WorkError::Locked`].
    Disconnect,
    /// The value of this new secret token is stored: let go of the copy in the escrow and close the record. (A token that is
    /// deleted needs no such order.) It has no completion: what cannot be closed now is shown at the next start.
    Stored(TokenId),
}

/// What the client task sends while it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// Some tokens of a list that is being read, in the server's order.
    Page(RequestId, Vec<Arc<Token>>),
    /// So many entries of a list that is being read are no tokens, or tokens without an id: they are left out.
    Unreadable(RequestId, usize),
    /// A request went out and came back, retries included: for the activity log.
    Call(RequestId, Call),
    /// What is left of the account's budget changed. Servers on this machine that announce no limit have none.
    Budget(Budget),
    /// The backup of a value that is on screen is kept until then from now on.
    Backup(OperationId, jiff::Timestamp),
    /// The end of a request: exactly one for each.
    Done(Completion),
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Which.
    pub id: RequestId,
    /// What came of it.
    pub result: Result<Reply, WorkError>,
}
