//! [`Facts`] and [`LastUse`]: what is known of a token beyond its metadata.
//!
//! Callers: the filter and the lint, which get them from whoever read the statistics; both work without any.

use jiff::{SignedDuration, Timestamp};

use super::{Token, lint::RuleSet};

/// When a token was last used, as far as statistics tell (`GET /statistics/v1`, at most 31 days at a time, by the day).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LastUse {
    /// Nobody asked, or the authorizing token may not read statistics.
    #[default]
    Unknown,
    /// Not once from this time on.
    NotSince(Timestamp),
    /// On the day of this time, and not after.
    At(Timestamp),
}

impl LastUse {
    /// How long a token has certainly not been used; never longer than it exists. `None` when nothing is known.
    pub fn idle(self, token: &Token, now: Timestamp) -> Option<SignedDuration> {
        let (Self::NotSince(since) | Self::At(since)) = self else { return None };
        let since = token.created.map_or(since, |created| created.max(since));
        Some(now.duration_since(since))
    }
}

/// What the filter may ask about a token that is not in the token.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// When it was last used.
    pub last_use: LastUse,
    /// The rules it breaks.
    pub findings: RuleSet,
    /// The present, for ages.
    pub now: Timestamp,
}
