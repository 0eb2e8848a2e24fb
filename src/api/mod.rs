//! The seam between those who want something of the Tokens API and the one task that talks to it.
//!
//! A face hands an [`Order`] to the client task and gets [`Report`]s back: any number of pages, then exactly one
//! [`Completion`], whatever happens. What is asked is a [`Request`], what came back a [`Reply`] or an [`ApiError`]. All are plain
//! data, so tests compare them, and no token value is in any of them but the ones whose purpose it is ([`Reply::Created`]).
//!
//! Callers: `dashboard` and `cli` speak this vocabulary; only `client` and `task` know HTTP.

pub mod client;
pub mod endpoint;
pub mod error;
pub mod task;

use std::sync::Arc;

pub use self::{client::Client, endpoint::Endpoint, error::ApiError};
use crate::{
    secret::Secret,
    token::{Draft, Token, TokenId, catalogue::ScopeInfo},
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
    Create(Draft),
    /// Permanent removal of a token.
    Delete(TokenId),
}

impl Request {
    /// Whether it changes something on the server. Such a request is never cancelled, never dropped, never sent twice.
    pub fn is_mutation(&self) -> bool {
        match self {
            Self::List | Self::Scopes => false,
            Self::Create(_) | Self::Delete(_) => true,
        }
    }

    /// What is going on, for the header: "loading tokens".
    pub fn label(&self) -> &'static str {
        match self {
            Self::List => "loading tokens",
            Self::Scopes => "loading scopes",
            Self::Create(_) => "creating the token",
            Self::Delete(_) => "deleting the token",
        }
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The list is complete; its pages have been reported.
    Listed,
    /// The scopes.
    Scopes(Vec<ScopeInfo>),
    /// The new token and its value. The value of a secret token exists nowhere else any more.
    Created(Box<Created>),
    /// The token is gone.
    Deleted(TokenId),
}

/// A token that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Its metadata; for a secret token without the value.
    pub token: Token,
    /// The token string.
    pub value: Secret,
}

/// An order to the client task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Do this and report under this id.
    Call(RequestId, Request),
    /// Stop caring about a read; its completion says [`ApiError::Cancelled`]. Mutations ignore it.
    Cancel(RequestId),
}

/// What the client task sends while it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// Some tokens of a list that is being read, in the server's order.
    Page(RequestId, Vec<Arc<Token>>),
    /// The end of a request: exactly one for each.
    Done(Completion),
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Which.
    pub id: RequestId,
    /// What came of it.
    pub result: Result<Reply, ApiError>,
}
