//! Tokens as code: the tokens an account should hold as a file, what that file would change, and why something of it cannot be done.
//!
//! Pure: a text and the account's tokens go in, a [`Plan`] comes out. Reading files, asking the account and carrying a plan out is the work
//! of the front ends.
//!
//! Invariants: a file never holds a token's value; every fault of a file is told with its line and column; what the API would refuse is an
//! [`Obstacle`] of the plan, found before anything is sent; a token of the account belongs to one entry of the file at most, and which is
//! never guessed.

pub mod deliver;
pub mod document;
pub mod fault;
pub mod file;

pub use self::{
    deliver::Deliver,
    document::Format,
    fault::{Fault, Place},
    file::{Entry, TokenFile},
};

/// A name in quotes, harmless and of bounded length.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let text = crate::token::anatomy::scrub(text);
    let shown = crate::untrusted::shown(&text);
    if shown.chars().count() <= LONGEST {
        return format!("\"{shown}\"");
    }
    format!("\"{}…\"", shown.chars().take(LONGEST).collect::<String>())
}
