//! Accounts as the app sees them: going in, going to another one, and the lock that drops the authorizing token of an idle one.
//!
//! Invariants: no account is left while a change is on its way; what is known of an account that is left is kept aside and is on
//! screen at once when it is entered again; an answer that belongs to an older knock changes nothing.

use super::App;
use crate::{
    accounts::{
        IdleLock,
        book::Entry,
        cache::{Memory, Remembered},
    },
    dashboard::{
        account_opener::{AccountRef, OpenRequest, OpenedAccount, SessionPolicy},
        action::{Effect, Tone},
        command::Command,
        event::OpenError,
        job::Job,
        keymap::Context,
        modals::Accounts,
        rotator::RotatorRequest,
        screens::{Overview, Screen},
        store::{Account, ListState},
    },
    secret::Secret,
    token::AccountKey,
    work::{Order, RecordsRequest, Request, WorkError},
};

/// The account that is open, and on what terms.
#[derive(Debug)]
pub(super) struct Session {
    terms: SessionPolicy,
    lock: IdleLock,
}

impl Session {
    /// Where what is known of the account is kept, if it is.
    pub(super) fn memory(&self) -> Option<Memory> {
        self.terms.memory.clone()
    }
}

impl App {
    /// Shows the accounts there are.
    pub(super) fn show_accounts(&mut self) {
        let current = self.session.as_ref().map(|session| session.terms.which.clone());
        self.open(Accounts::new(current));
        self.effects.push(Effect::OpenRequest(OpenRequest::List));
    }

    fn accounts_modal(&mut self) -> Option<&mut Accounts> {
        self.modals.all_mut().next()
    }

    pub(super) fn accounts_told(&mut self, entries: Result<Vec<Entry>, String>) {
        if let Some(modal) = self.accounts_modal() {
            modal.told(entries);
        }
    }

    /// Asks for an account to be opened.
    pub(super) fn enter(&mut self, which: AccountRef, passphrase: Option<Secret>) {
        let is_other = self.session.as_ref().is_some_and(|session| session.terms.which != which);
        if let (true, Some(doing)) = (is_other, self.change_under_way()) {
            let text = format!("jeton is still {doing}. Switch accounts when that is done.");
            return self.toasts.say(Tone::Note, text, self.now);
        }
        self.ticket += 1;
        self.effects.push(Effect::OpenRequest(OpenRequest::Enter { ticket: self.ticket, which, passphrase }));
    }

    /// Nobody waits for the account that was asked for any more.
    pub(super) fn stay(&mut self) {
        self.ticket += 1;
    }

    pub(super) fn connected(&mut self, ticket: u64, result: Result<OpenedAccount, OpenError>) {
        if ticket != self.ticket {
            return;
        }
        match result {
            Ok(opened) => self.opened(opened),
            Err(open_error) => match self.accounts_modal() {
                Some(modal) => modal.failed(open_error),
                None => self.open_error(open_error),
            },
        }
    }

    fn opened(&mut self, OpenedAccount { account, endpoint, terms, held }: OpenedAccount) {
        self.modals.close_all::<Accounts>();
        let was_locked = self.is_locked();
        let lock = IdleLock::new(terms.lock_after, self.now.instant);
        let is_demo = terms.which == AccountRef::Demo;
        self.effects.push(Effect::Order(Order::Connect { endpoint, is_demo }));
        let memory = terms.memory.clone();
        self.session = Some(Session { terms, lock });
        let before = self.store.account.clone();
        match before {
            Some(before) if before.key() == account.key() => {
                let text = if was_locked { "Unlocked." } else { "Account reopened." };
                self.toasts.say(Tone::Good, text, self.now);
                self.store.reopen(account);
                if let Some(held) = held {
                    self.store.hold(held);
                }
                // What the lock has refused is asked again.
                if matches!(self.store.list_state(), ListState::Stale(..)) {
                    self.reload();
                }
                return;
            }
            Some(before) => self.swap(before.key(), &account),
            None => {}
        }
        self.store.account = Some(account);
        if let Some(held) = held {
            self.store.hold(held);
        }
        self.screen = Screen::Tokens;
        self.effects.push(Effect::Mouse(self.has_mouse));
        if let (true, Some(memory)) = (self.store.tokens().is_empty(), memory) {
            self.effects.push(Effect::Do(Job::Recall(memory)));
        }
        self.send(Request::Scopes);
        self.reload();
        self.send(Request::Records(RecordsRequest::List));
        self.effects.push(Effect::Rotate(RotatorRequest::List));
    }

    /// Puts what is known of one account aside, and takes what is known of the other.
    fn swap(&mut self, before: AccountKey, next: &Account) {
        let pending: Vec<_> = std::mem::take(&mut self.in_flight).into_keys().collect();
        self.effects.extend(pending.into_iter().map(|id| Effect::Order(Order::Cancel(id))));
        let known = self.parked.iter().position(|(key, _)| *key == next.key());
        let store = known.map(|at| self.parked.swap_remove(at).1).unwrap_or_default();
        let mut left = std::mem::replace(&mut self.store, store);
        // All that was on its way is cancelled already.
        let _cancelled = left.usage_cache.forget();
        self.parked.push((before, left));
        self.tokens.leave();
        self.overview = Overview::default();
        self.places.leave();
        self.plan.leave();
        self.undo.clear();
        self.resting = None;
        self.seen.clear();
        self.analyzing = None;
        self.toasts.say(Tone::Note, format!("Switched to {}.", crate::untrusted::shown(&next.username)), self.now);
    }

    /// What was last seen of an account has been found on disk.
    pub(super) fn remembered(&mut self, Remembered { key, tokens, saved }: Remembered) {
        if self.store.account.as_ref().is_none_or(|account| account.key() == key) {
            self.store.recall(tokens, saved);
        }
    }

    /// What was last seen of the account is not looked for any longer: the server was quicker.
    pub(super) fn end_recall(&mut self) {
        if self.session.as_ref().is_some_and(|session| session.terms.memory.is_some()) {
            self.effects.push(Effect::Do(Job::EndRecall));
        }
    }

    /// Keeps a list that is complete for the next start.
    pub(super) fn remember(&mut self) {
        if let Some(memory) = self.session.as_ref().and_then(Session::memory) {
            self.effects.push(Effect::Do(Job::Remember(memory, self.store.tokens().clone())));
        }
    }

    /// Whether the authorizing token has been dropped.
    pub(super) fn is_locked(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.lock.is_closed())
    }

    /// A person did something.
    pub(super) fn touch(&mut self) {
        self.touched = self.now.instant;
        if let Some(session) = &mut self.session {
            session.lock.touched(self.now.instant);
        }
    }

    pub(super) fn locks_at(&self) -> Option<std::time::Instant> {
        self.session.as_ref().and_then(|session| session.lock.wake_at())
    }

    /// Locks, if it is time.
    pub(super) fn lock_when_idle(&mut self) {
        let now = self.now;
        if self.session.as_mut().is_some_and(|session| session.lock.wake(now.instant)) {
            self.tell_of_lock();
        }
    }

    /// Locks at once, or asks for what unlocks.
    pub(super) fn toggle_lock(&mut self) {
        if self.is_locked() {
            return self.ask_to_unlock();
        }
        let Some(session) = &mut self.session else { return };
        session.lock.close();
        self.tell_of_lock();
    }

    fn tell_of_lock(&mut self) {
        self.effects.push(Effect::Order(Order::Disconnect));
        let key = self.keymap.name(Context::Anywhere, Command::Lock);
        let text = format!("Locked. Press {key} to unlock.");
        self.toasts.say(Tone::Note, text, self.now);
    }

    /// What a request that found the account locked leads to.
    pub(super) fn ask_to_unlock(&mut self) {
        let is_asked = self.accounts_modal().is_some();
        let (Some(session), false) = (&self.session, is_asked) else { return };
        let terms = session.terms.clone();
        let name = self.store.account.as_ref().map(|account| account.username.clone()).unwrap_or_default();
        let modal = Accounts::unlocking(terms.which.clone(), name, terms.needs_passphrase);
        self.open(modal);
        self.effects.push(Effect::OpenRequest(OpenRequest::List));
        if !terms.needs_passphrase {
            self.enter(terms.which, None);
        }
    }

    /// A request could not be sent because the account is locked, and a person is waiting for it.
    pub(super) fn refused_by_lock(&mut self, request: &Request, error: &WorkError) {
        let is_quiet = matches!(request, Request::Usage(_) | Request::AccountUsage | Request::Scopes);
        if *error == WorkError::Locked && !is_quiet {
            self.ask_to_unlock();
        }
    }
}
