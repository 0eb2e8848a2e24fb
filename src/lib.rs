//! jeton: a terminal dashboard, a command line and a local sandbox for Mapbox access tokens.
//!
//! This page is the architecture document. `cargo doc --open --document-private-items` shows it with everything it names.
//!
//! # Two front ends over one core, and a server
//!
//! ```text
//!        dashboard        cli ───────────► sandbox     a local Tokens API: axum, SQLite; uses the domain and
//!            │             │                           nothing else of ours
//!            ├── rotation ──┤                           a token replaced wherever it is used: its stages and their record
//!            └──── work ───┘                           requests, replies, the task that runs them; records
//!                   │
//!      plan · accounts · delivery · scan · api         tokens as code · whose tokens · where a value can go · where one is used · HTTP
//!                   │
//!                 token                                the domain: pure
//!                   │
//!        secret · untrusted · os                       what everything is made safe by · the machine
//! ```
//!
//! Imports run downwards only. The dashboard does not know whether it talks to the sandbox or to the hosted API: both are an
//! address and a token.
//!
//! # Modules
//!
//! - [`secret`]: the type a token value lives in. [`untrusted`]: the type foreign text lives in.
//! - [`token`]: what a token is and what may be done with it. No clock, no socket, no file, no screen.
//! - [`api`]: HTTP and nothing else: one function per call, what comes back, what can go wrong.
//! - [`rotation`]: a token replaced by a successor wherever it is used, resumable and undoable at every stage.
//! - [`work`]: what both front ends can ask for ([`work::Request`]), and the [`work::task`] that does it. [`work::create`] creates a token so
//!   that its value cannot be lost; [`work::bulk`] changes many tokens; [`work::journal`] records both, so that a crash loses nothing.
//! - [`delivery`]: where a value can go: files, `.env` entries, commands, and the [`delivery::clipboard`].
//! - [`plan`]: tokens as code: a file of tokens, what it would change on an account, and what stands in the way. Pure.
//! - [`accounts`]: whose tokens, on which server, by whose authority, and where that is kept; [`accounts::cache`] is the last list.
//! - [`scan`]: finding tokens in files, streams and git's history, and judging them by the account.
//! - [`dashboard`]: the screen. [`dashboard::app`] is its state and pure; [`dashboard::runtime`] its loop; what takes time runs on threads of
//!   its own: [`dashboard::account_opener`] opens accounts, [`dashboard::worker`] touches clipboard and files, [`dashboard::finder`] searches, and
//!   [`dashboard::analysis`] looks at all tokens together. [`dashboard::settings`] holds the user's keys and theme.
//! - [`cli`]: the command line: one file per command in [`cli::commands`], one output layer, one set of exit codes.
//! - [`sandbox`]: the server.
//! - [`os`]: private files, their places, the process and its children, the locale, the log.
//!
//! `tests/architecture.rs` enforces who may import whom.
//!
//! # Two flows
//!
//! **A key** (`d` on a token). The input thread turns the terminal's bytes into [`dashboard::event::Event::Key`] on the one
//! channel. The loop hands it to [`dashboard::app::App::update`], which derives the active contexts from the state, finds the
//! first row of the [`dashboard::keymap::Keymap`] that binds the key there, and gives the row's command to the topmost modal or
//! the screen. That answers with [`dashboard::action::Action`]s (open the deletion question), which the app performs. What
//! should happen outside comes back as [`dashboard::action::Effect`]s, which the loop carries out. When the channel is empty
//! a frame is drawn: one write, and none when nothing changed.
//!
//! **A reply** (the token was made). The client task sends pages while it works and then exactly one
//! [`work::Completion`] for each order, on the same channel. Reads are latest-wins: an answer nobody waits for any more changes
//! nothing. A change is never cancelled and its reply never dropped: a new secret's value opens the reveal on top of whatever
//! is open. A change whose end is unknown is never sent again by itself.
//!
//! # Promises
//!
//! - A token value is a [`secret::Secret`]: no `Display`, no `Serialize`, a `Debug` that shows nothing, memory overwritten.
//!   Clear text leaves it through `expose()`, so its callers are all the places that can leak.
//! - Foreign text is [`untrusted::Untrusted`] and reaches a terminal only as `shown()`.
//! - The authorizing token travels in addresses in this API. It is added to an address in one place
//!   ([`api::endpoint`]) and taken out of errors in one place ([`api::client`]).
//! - Nothing wakes the program while nothing happens.

pub mod accounts;
pub mod api;
pub mod cli;
pub mod dashboard;
pub mod delivery;
pub mod os;
pub mod plan;
pub mod rotation;
pub mod sandbox;
pub mod scan;
pub mod secret;
pub mod token;
pub mod untrusted;
pub mod work;
