//! The sandbox: a local stand-in for Mapbox's Tokens API, on axum and SQLite, faithful enough for other people's
//! clients.
//!
//! ```text
//!  connection ─► faults ─► routes ─► authorization ─► endpoint ─► store (SQLite)
//!  (server)                          rate limit       tokens, scopes, resources, statistics, account page
//! ```
//!
//! Invariants: one thread with its own runtime serves everything; endpoints are plain functions from a `Call` to
//! a `Reply` or a `Refusal`, with the clock passed in; a change is one SQLite transaction, so a process killed at any
//! moment leaves a whole token or none. Of ours it uses [`crate::token`], [`crate::secret`] and nothing else.
//!
//! Facts come from the documentation of the Tokens API, from Mapbox's OpenAPI file for it, and from recorded live
//! answers. Where none of them says anything the mildest sensible answer is given, and "not documented" stands next to
//! it.

mod account_page;
mod authorization;
mod body;
mod call;
mod cuid;
mod demo;
mod edit;
mod faults;
mod guard;
pub mod health;
mod metadata;
mod rate;
mod refusal;
mod reply;
mod resources;
mod rng;
mod routes;
mod scopes;
mod server;
mod service;
mod signature;
mod statistics;
mod store;
mod tokens;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

pub use self::{
    demo::Demo,
    faults::{Faults, FaultsError},
    store::StoreError,
};
use self::{guard::Guard, server::Server, service::Service};
use crate::secret::Secret;

/// What a sandbox is started with. [`Options::default`] is a private, empty account `ada` on a free loopback port.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether `listen` may be an address other machines reach. Everything here is fake, but nothing asks them for a
    /// password.
    pub allow_remote: bool,
    /// Names it may be called by, besides addresses and `localhost`: of its container, or of the proxy in front of it.
    pub hosts: Vec<String>,
    /// Decides the values of the authorizing tokens, so that they are known before the start; without it each start makes new ones.
    pub token_seed: Option<Secret>,
    /// The database file, created if missing; `None` keeps everything in memory.
    pub db: Option<PathBuf>,
    /// The accounts, created if missing. The first is the main one; an empty list means `ada`.
    pub users: Vec<String>,
    /// Requests per minute and account; `None` limits nothing and sends no `X-Rate-Limit-*` headers.
    pub rate_limit: Option<u32>,
    /// What goes wrong on purpose; it can be changed while the sandbox runs.
    pub faults: Faults,
    /// When set, tokens can be created only after this password was given, as on the account page.
    pub password: Option<Secret>,
    /// Fills a new main account with something to look at.
    pub demo: Option<Demo>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            allow_remote: false,
            hosts: Vec::new(),
            token_seed: None,
            db: None,
            users: Vec::new(),
            rate_limit: Some(rate::DOCUMENTED),
            faults: Faults::default(),
            password: None,
            demo: None,
        }
    }
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is not a loopback address and nobody said that this is meant.
    #[error("{0} is reachable from other machines; use a loopback address, or pass --allow-remote")]
    Remote(SocketAddr),
    /// The port is taken, or the address is not this machine's.
    #[error("can't listen on {address}: {source}; choose another address or port")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The database cannot be opened, or is not one of ours.
    #[error(transparent)]
    Database(#[from] StoreError),
    /// A user name that could not stand in a URL and in a token.
    #[error(
        "{0:?} is not a valid user name; use 1 to 32 lower-case letters, digits, `-`, `_` or `.`, starting with a letter or digit"
    )]
    Username(String),
    /// The system refused a thread or a runtime.
    #[error("can't start the sandbox's thread: {0}")]
    Thread(io::Error),
}

/// A running sandbox; dropping it stops it.
pub struct Sandbox {
    server: Server,
    url: String,
    accounts: Vec<Account>,
}

/// An account of a running sandbox and the key to it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The user name.
    pub username: String,
    /// An authorizing token with every scope. Without [`Options::token_seed`] every start makes a new one; those of earlier starts
    /// continue to work.
    pub token: Secret,
}

impl Sandbox {
    /// Opens the database, fills it where asked, and serves it from a thread of its own. When this returns, requests
    /// are answered.
    pub fn start(options: Options) -> Result<Self, StartError> {
        if !options.listen.ip().is_loopback() && !options.allow_remote {
            return Err(StartError::Remote(options.listen));
        }
        let listening = |source| StartError::Listen { address: options.listen, source };
        let listener = std::net::TcpListener::bind(options.listen).map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let url = format!("http://{address}");
        let guard = Guard::new(options.hosts.clone());
        let (service, accounts) = Service::open(options, &url)?;
        let server = Server::start(listener, service, guard).map_err(StartError::Thread)?;
        Ok(Self { server, url, accounts })
    }

    /// Where it listens: `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The main account's user name.
    pub fn username(&self) -> &str {
        &self.accounts[0].username
    }

    /// The main account's authorizing token, holding every scope.
    pub fn token(&self) -> &Secret {
        &self.accounts[0].token
    }

    /// Every account, the main one first; there is always one.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// Stops: requests being answered are finished, idle connections closed, the database closed.
    pub fn stop(self) {
        self.server.stop();
    }
}

#[cfg(test)]
mod tests;
