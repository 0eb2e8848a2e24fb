//! Sinks: the places a created secret can be delivered to for good.
//!
//! What always holds: a sink never overwrites, never follows a link, writes for the owner alone, and says "stored" only
//! after reading back what it wrote.
//!
//! Callers: the reveal and the command line.

use std::path::PathBuf;

/// Where a value ended up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// In a new file only its owner can read.
    File(PathBuf),
}

/// Why a value was not stored. The text says what happened and what to do, and never contains the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// A file name made of a token's name.
pub fn suggest(name: &str) -> String {
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let safe: Vec<&str> = safe.split('-').filter(|part| !part.is_empty()).collect();
    format!("{}.token", if safe.is_empty() { "mapbox".into() } else { safe.join("-") })
}
