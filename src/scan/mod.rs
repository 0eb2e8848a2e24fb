//! Finding tokens in folders, files, streams and git's history, and telling whose they are.
//!
//! ```text
//!  walk (folders) ──┐
//!  stdin, a file ───┼─► stream: chunks ─► token::anatomy::find ─► Finding ─► judge (account) ─► Verdict
//!  git (history) ───┘                          (one engine)
//! ```
//!
//! Invariants: a [`Finding`] never holds a token's value; nothing is written; memory is bounded whatever the size of a file; links
//! are not followed; a file that cannot be read is a [`Problem`] and does not stop the scan.

mod context;
mod digest;
mod filter;
mod finding;
mod git;
mod judge;
mod open;
mod progress;
mod result;
mod sample;
mod stream;
mod walk;

pub use self::{
    digest::Digest,
    filter::{Fault, Options},
    finding::{CommitId, Finding},
    git::{COMMIT_MESSAGE, Standing, TAG_MESSAGE, Tracked, scan_history, scan_staged, standings},
    judge::{Account, State, Verdict, judge},
    progress::{Problem, Progress, TransportError},
    result::{Place, ScanResult, Uses, Wanted},
    stream::{Scanned, Scanner},
    walk::{places_of, scan_folders},
};
