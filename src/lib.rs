//! jeton: a terminal dashboard, a command line and a local sandbox for Mapbox access tokens.
//!
//! This page is the architecture document. `cargo doc --open --document-private-items` shows it with everything it names.
//!
//! # Three faces over one core
//!
//! ```text
//!              main ── cli (arguments, output, exit codes; one file a command)
//!                       │
//!        ┌──────────────┼───────────────────────────┐
//!    dashboard      commands                     sandbox        a local Tokens API: axum, SQLite
//!        │              │                            │          uses the domain and nothing else of ours
//!        └──── api ─────┘                            │
//!   the seam: requests, replies, errors,             │
//!   the client, the task that runs it                │
//!               └────────────┬───────────────────────┘
//!                          token                                the domain: pure
//!                  secret · untrusted                           the two types everything is made safe by
//! ```
//!
//! The dashboard does not know whether it talks to the sandbox or to the hosted API: both are an address and a token.
//!
//! # Rooms
//!
//! - [`secret`]: the type a token value lives in. [`untrusted`]: the type foreign text lives in.
//! - [`token`]: what a token is and what may be done with it. No clock, no socket, no file, no screen.
//! - [`api`]: what can be asked of the Tokens API, and the only code that speaks HTTP to it.
//! - [`accounts`]: whose tokens, on which server, by whose authority, and where that is kept.
//! - [`dashboard`]: the screen. [`dashboard::app`] is its state and pure; [`dashboard::runtime`] its loop; what takes time runs on threads of
//!   its own: [`dashboard::doors`] opens accounts, [`dashboard::errand`] touches clipboard and files, [`dashboard::finder`] searches, and
//!   [`dashboard::survey`] looks at all tokens together. [`dashboard::settings`] is a person's keys and looks.
//! - [`cli`]: the command line: one file a command, one output layer, one set of exit codes.
//! - [`sandbox`]: the server.
//! - [`creation`]: making a token so that its value cannot be lost: the record before the create is sent, the [`escrow`] its answer
//!   waits in, and what is left after a crash.
//! - [`batch`]: the same thing done to many tokens, on record while it is being done. [`records`]: both kinds of records together.
//! - [`clipboard`], [`sink`]: where a value can go.
//! - [`cache`]: the last list, to paint at once. [`log`]: what is written when a log is asked for, every line scrubbed.
//! - [`process`], [`places`], [`private_dir`]: the process and its children, and files for their owner alone.
//!
//! Who may use whom is kept by `tests/architecture.rs`.
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
//! [`api::Completion`] for each order, on the same channel. Reads are latest-wins: an answer nobody waits for any more changes
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
pub mod batch;
pub mod cache;
pub mod cli;
pub mod clipboard;
pub mod creation;
pub mod dashboard;
pub mod escrow;
pub mod failpoint;
pub mod log;
pub mod places;
pub mod private_dir;
pub mod process;
pub mod records;
pub mod sandbox;
pub mod scan;
pub mod secret;
pub mod sink;
pub mod token;
pub mod untrusted;
