//! All integration tests, in one program: each further one would link everything again.
//!
//! `cargo test --test integration -- stories::` runs one part.

#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "in a test a panic is the report"
)]

mod accessibility;
mod accounts;
mod answers;
mod architecture;
mod cli;
mod clipboard;
mod cookbook;
mod dashboard;
mod edge;
mod leaks;
mod network;
mod pages;
mod places;
mod plan_review;
mod rotation;
mod safety;
mod sandbox;
mod scan;
mod screens;
mod snapshots;
mod stories;
mod support;
mod terminal;
mod tour;
mod upgrade;
mod usage;
mod wording;
