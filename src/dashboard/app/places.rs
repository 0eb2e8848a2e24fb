//! Scans as the app sees them: begun, under way on another thread, and what was found.
//!
//! Invariants: what a scan finds goes to the account it was begun for, whichever is open by then.

use std::sync::Arc;

use super::App;
use crate::{
    dashboard::{
        action::{Effect, Tone},
        scanner::{ScanOrder, Scanned},
        screens::Screen,
    },
    scan::ScanResult,
    token::AccountKey,
};

impl App {
    /// Scans, or stops.
    pub(super) fn scan(&mut self, order: ScanOrder) {
        let memory = self.session.as_ref().and_then(super::accounts::Session::memory);
        self.effects.push(Effect::Scan(order, memory));
    }

    pub(super) fn scanned(&mut self, scanned: Scanned) {
        match scanned {
            Scanned::Progress(counts) => self.places.advanced(counts),
            Scanned::Completed(typed, completion) => self.places.completed(&typed, completion),
            Scanned::Done(account, result) => {
                self.places.ended(result.as_ref().err());
                match result {
                    Ok(result) => {
                        if self.screen != Screen::Places {
                            let text = format!("Scan finished: {}.", self.places.in_short(&result));
                            self.toasts.say(Tone::Good, text, self.now);
                        }
                        self.keep_places(&account, result);
                    }
                    Err(why) if self.screen != Screen::Places => {
                        self.toasts.say(Tone::Bad, format!("The scan failed: {why}."), self.now);
                    }
                    Err(_) => {}
                }
            }
        }
    }

    fn keep_places(&mut self, account: &AccountKey, result: Arc<ScanResult>) {
        if self.store.account.as_ref().is_some_and(|open| open.key() == *account) {
            self.store.places = Some(result);
        } else if let Some((_, store)) = self.parked.iter_mut().find(|(key, _)| key == account) {
            store.places = Some(result);
        }
    }

    /// What the last scan found has been read from disk; one of this session is newer.
    pub(super) fn places_remembered(&mut self, account: &AccountKey, result: Arc<ScanResult>) {
        if self.store.account.as_ref().is_none_or(|open| open.key() == *account) {
            self.store.places.get_or_insert(result);
        }
    }

    /// The editor is closed: the terminal is ours again.
    pub(super) fn edited(&mut self, result: Result<(), String>) {
        self.effects.push(Effect::Resume);
        if let Err(why) = result {
            self.toasts.say(Tone::Bad, why, self.now);
        }
    }
}
