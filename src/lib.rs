//! jeton: a terminal dashboard, a command line and a local sandbox for Mapbox access tokens.
//!
//! As a library it is the sandbox: a Tokens API for the tests of programs that use one, without an account and without a network.
//! [`sandbox::Sandbox`] is where to start. This is a whole test:
//!
//! ```no_run
#![doc = include_str!("../examples/tokens_api_in_a_test.rs")]
//! ```
//!
//! What the program is made of is no part of the library's interface, and hidden here.
#![cfg_attr(jeton_internals, doc = include_str!("../docs/architecture.md"))]

#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod secret;

// What the program is made of. It is public for the program, its tests and its benchmarks, and may change in any version.
#[cfg(feature = "cli")]
#[cfg_attr(not(jeton_internals), doc(hidden))]
pub mod accounts;
#[cfg(feature = "cli")]
#[cfg_attr(not(jeton_internals), doc(hidden))]
pub mod api;
#[cfg(feature = "cli")]
#[cfg_attr(not(jeton_internals), doc(hidden))]
pub mod cli;
#[cfg(feature = "dashboard")]
#[cfg_attr(not(jeton_internals), doc(hidden))]
pub mod dashboard;
#[cfg(feature = "cli")]
#[cfg_attr(not(jeton_internals), doc(hidden))]
pub mod delivery;
#[cfg(feature = "cli")]
#[cfg_attr(not(jeton_internals), doc(hidden))]
pub mod os;
#[cfg(feature = "cli")]
#[cfg_attr(not(jeton_internals), doc(hidden))]
pub mod plan;
#[cfg(feature = "cli")]
#[cfg_attr(not(jeton_internals), doc(hidden))]
pub mod rotation;
#[cfg(feature = "cli")]
#[cfg_attr(not(jeton_internals), doc(hidden))]
pub mod scan;
#[cfg(feature = "cli")]
#[cfg_attr(not(jeton_internals), doc(hidden))]
pub mod text;
#[cfg_attr(not(jeton_internals), doc(hidden))]
pub mod token;
#[cfg(all(feature = "dashboard", feature = "sandbox"))]
#[cfg_attr(not(jeton_internals), doc(hidden))]
pub mod tour;
#[cfg_attr(not(jeton_internals), doc(hidden))]
pub mod untrusted;
#[cfg(feature = "cli")]
#[cfg_attr(not(jeton_internals), doc(hidden))]
pub mod work;
