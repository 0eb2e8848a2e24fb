//! [`View`]: what a screen or modal may look at when it decides or draws: everything it needs, and nothing to change.

use std::time::Instant;

use jiff::{Timestamp, tz::TimeZone};

use super::{analysis, clicks::Clicks, keymap::Keymap, store::Store, theme::Theme};
use crate::token::{Token, lint::Finding};

/// The time, twice: one to measure waiting with, one to show. Passed in by the runtime; nothing in here reads a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// For deadlines.
    pub instant: Instant,
    /// For people.
    pub time: Timestamp,
}

/// The state around a screen or modal.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The account.
    pub store: &'a Store,
    /// The looks.
    pub theme: &'a Theme,
    /// The keys.
    pub keys: &'a Keymap,
    /// Where a click means what, to be said while drawing.
    pub clicks: &'a Clicks,
    /// The time.
    pub now: Now,
    /// Where the person is.
    pub zone: &'a TimeZone,
}

impl View<'_> {
    /// What the lint finds about a token of the account, the worst first.
    pub fn findings(&self, token: &Token) -> Vec<Finding> {
        let tokens = self.store.tokens();
        let place = tokens.iter().position(|other| other.id == token.id);
        self.findings_at(token, place.unwrap_or(usize::MAX))
    }

    /// The same for one whose place in the account is known, without looking for it.
    pub fn findings_at(&self, token: &Token, place: usize) -> Vec<Finding> {
        let store = self.store;
        let broken = store.analysis.broken(store.tokens(), place);
        let last_use = store.usage_cache.last_uses().get(&token.id).copied().unwrap_or_default();
        analysis::findings(token, broken, &store.catalogue, last_use, self.now.time)
    }

    /// A time of day in the person's zone: `14:03`.
    pub fn clock(&self, time: Timestamp) -> String {
        time.to_zoned(self.zone.clone()).strftime("%H:%M").to_string()
    }

    /// The same to the second: `14:03:22`.
    pub fn clock_seconds(&self, time: Timestamp) -> String {
        time.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string()
    }

    /// A date and time in the person's zone: `2026-08-21 14:03`.
    pub fn date(&self, time: Timestamp) -> String {
        time.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }
}
