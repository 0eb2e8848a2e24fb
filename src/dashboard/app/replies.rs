//! What the app makes of answers: of the server, of the clipboard, of a file.
//!
//! Invariants: the store is brought up to date whoever asked and whatever is open by now; a modal that asked is told; a value
//! that was made is revealed; a failure nobody waits for is said.

use super::{App, InFlight, UNDO};
use crate::{
    api::ApiError,
    dashboard::{
        action::{Copied as What, Effect, Tone},
        command::Command,
        keymap::Context,
        modals::{ModalId, Recover, Reveal, Review, Temporary},
        store::SessionToken,
    },
    delivery::{
        StoreError, Stored, Typed,
        clipboard::{Copied, CopyError, Wiped},
    },
    secret::Secret,
    token::{Catalogue, Token, Usage},
    untrusted::shown,
    work::{
        Completion, Created, RecordsRequest, Reply, Request, WorkError,
        journal::{LeftOpen, OperationId},
    },
};

impl App {
    pub(super) fn completed(&mut self, completion: Completion) {
        // A value that has to be stored, or a failure that has to be seen, keeps the program open.
        let is_change = self.in_flight.get(&completion.id).is_some_and(|in_flight| in_flight.request.is_mutation());
        if is_change && matches!(completion.result, Err(_) | Ok(Reply::Created(_))) {
            self.is_leaving = false;
        }
        self.settle(completion);
        self.leave_when_done();
        self.suspend_when_done();
    }

    fn settle(&mut self, completion: Completion) {
        let Completion { id, result } = completion;
        let Some(InFlight { request, by, since, .. }) = self.in_flight.remove(&id) else { return };
        if let Err(error) = &result {
            self.refused_by_lock(&request, error);
        }
        match (request, result) {
            (Request::List, result) => {
                let is_cancelled = result == Err(WorkError::Cancelled);
                if let (Err(error), false) = (&result, is_cancelled || self.is_locked()) {
                    self.toasts.say(Tone::Bad, format!("{error}. {}", error.next()), self.now);
                }
                let is_complete = result.is_ok();
                let took = self.now.instant.saturating_duration_since(since);
                let asked = self.now.time.checked_sub(took).unwrap_or(self.now.time);
                self.store.listed(id, result.map(|_| ()), asked, self.now.time);
                if is_complete {
                    self.remember();
                }
                self.judge_unfinished();
            }
            (_, Ok(Reply::Scopes(scopes))) => self.store.learn_scopes(Catalogue::from_server(scopes)),
            (Request::Usage(token), result) => self.usage_told(Some(token), id, result),
            (Request::AccountUsage, result) => self.usage_told(None, id, result),
            (_, Ok(Reply::Open(left))) => self.left_open(&left),
            // The bundled table serves; the server's refusals come when something is tried.
            (Request::Scopes, _) => {}
            (request, result) => {
                self.take(&request, &result);
                self.answer(by, &request, result);
            }
        }
    }

    /// Brings the store up to date with what a request did, whoever asked for it.
    fn take(&mut self, request: &Request, result: &Result<Reply, WorkError>) {
        match (request, result) {
            (_, Ok(Reply::Created(created))) => self.store.insert(created.token.clone()),
            (_, Ok(Reply::DefaultRefreshed(_))) => {
                let text = "Default public token refreshed. The old one no longer works (cached responses may last up to an hour).";
                self.toasts.say(Tone::Good, text, self.now);
                self.reload();
            }
            (_, Ok(Reply::Forgotten(op) | Reply::BatchBegun(op) | Reply::BatchEnded(op))) => self.forgotten(op),
            (_, Ok(Reply::Updated(token))) => self.store.update(Token::clone(token)),
            (_, Ok(Reply::Deleted(id))) | (Request::Delete(id), Err(WorkError::Api(ApiError::Gone))) => {
                let name = self.store.token(id).map(|token| token.name().into_owned()).unwrap_or_default();
                self.store.remove(id);
                for op in self.store.unfinished.settled_by(id) {
                    self.send(Request::Records(RecordsRequest::Forget(op)));
                }
                let (tone, text) = match result {
                    Ok(_) => (Tone::Good, format!("Deleted \"{name}\". Cached responses may last up to an hour.")),
                    Err(_) => {
                        (Tone::Note, format!("\"{name}\" was already deleted, or your token lacks tokens:write."))
                    }
                };
                self.toasts.say(tone, text, self.now);
            }
            (Request::Temporary { scopes, lifetime }, Ok(Reply::TemporaryCreated(made))) => {
                self.store.remember(SessionToken {
                    value: made.value.clone(),
                    scopes: scopes.clone(),
                    lifetime: *lifetime,
                    ends: made.ends().unwrap_or(self.now.time),
                });
            }
            _ => {}
        }
        let may_have_changed = result.as_ref().is_err_and(WorkError::outcome_is_unknown);
        if request.is_mutation() && (may_have_changed || *result == Err(WorkError::Api(ApiError::Gone))) {
            self.reload();
        }
        if matches!(result, Err(WorkError::Unclear { .. })) {
            self.send(Request::Records(RecordsRequest::List));
        }
    }

    /// Tells the modal that asked, or the person where it is gone, and opens what a reply calls for.
    fn answer(&mut self, by: Option<ModalId>, request: &Request, result: Result<Reply, WorkError>) {
        if let (Some(review), Ok(Reply::Updated(_))) = (by.and_then(|id| self.modals.get_as::<Review>(id)), &result) {
            self.undo.push(review.undo());
            self.undo.drain(..self.undo.len().saturating_sub(UNDO));
        }
        if let Some(modal) = by.and_then(|id| self.modals.get_mut(id)) {
            let actions = modal.answered(request, &result);
            self.perform_all(actions, by);
        } else if let Err(error) = &result {
            let about = match request {
                Request::Update { id, .. } | Request::Delete(id) => self.store.token(id),
                _ => None,
            };
            let about = about.map(|token| format!(" \"{}\"", token.name())).unwrap_or_default();
            let text = format!("{}{about} failed: {error}. {}", capitalised(request.label()), error.next());
            self.toasts.say(Tone::Bad, text, self.now);
        }
        match result {
            Ok(Reply::Created(created)) => self.created(*created),
            // What was recovered takes the way of what is new.
            Ok(Reply::Recovered(Some(created))) => {
                self.store.unfinished.remove(&created.op);
                self.close_recovery();
                self.open(Reveal::new(*created));
            }
            Ok(Reply::Updated(token)) => {
                self.modals.retain(|modal| !modal.edits(&token.id));
                if self.modals.is_empty() {
                    let key = self.keymap.name(Context::Tokens, Command::UndoChange);
                    self.toasts.say(Tone::Good, format!("Edited \"{}\". Press {key} to undo.", token.name()), self.now);
                }
            }
            Ok(Reply::TemporaryCreated(_)) if !self.modals.has::<Temporary>() => {
                let key = self.keymap.name(Context::Tokens, Command::Temporary);
                self.toasts.say(Tone::Good, format!("Temporary token created. Press {key} to see it."), self.now);
            }
            _ => {}
        }
    }

    /// What earlier runs, or a create of this one, left open: shown at once, for somebody has to decide.
    fn left_open(&mut self, left: &LeftOpen) {
        for (path, why) in left.creates.unreadable.iter().chain(&left.batches.unreadable) {
            let path = path.to_string_lossy();
            let text = format!("Skipped {}: can't read it: {why}", shown(&path));
            self.toasts.say(Tone::Bad, text, self.now);
        }
        let Some(account) = &self.store.account else { return };
        let is_asked = std::mem::take(&mut self.asks_for_recovery);
        let key = account.key();
        self.store.unfinished.told(left, &key);
        self.judge_unfinished();
        if self.store.unfinished.is_empty() {
            self.close_recovery();
            if is_asked {
                self.toasts.say(Tone::Good, "Nothing unfinished.", self.now);
            }
        } else if !self.modals.has::<Recover>() {
            self.open(Recover::default());
        }
    }

    /// Compares what is left open with the account. A batch of which nothing is left is closed, and that is said.
    fn judge_unfinished(&mut self) {
        self.store.judge_unfinished();
        for batch in self.store.unfinished.take_done() {
            let text = format!("{} was interrupted, but every token is done.", batch.title());
            self.toasts.say(Tone::Good, text, self.now);
            self.send(Request::Records(RecordsRequest::EndBatch(batch.op)));
        }
        self.close_recovery();
    }

    fn forgotten(&mut self, op: &OperationId) {
        self.store.unfinished.remove(op);
        self.close_recovery();
    }

    /// Closes the list of what is open once nothing is in it.
    fn close_recovery(&mut self) {
        if self.store.unfinished.is_empty() {
            self.modals.close_all::<Recover>();
        }
    }

    /// Takes back the last change, after showing what that does.
    pub(super) fn undo_change(&mut self) {
        let Some((before, patch)) = self.undo.pop() else {
            return self.toasts.say(Tone::Note, "Nothing to undo.", self.now);
        };
        match self.store.token(&before.id).cloned() {
            Some(now) => self.open(Review::new(now, patch)),
            None => self.toasts.say(
                Tone::Bad,
                format!("\"{}\" was deleted; can't undo its change.", before.name()),
                self.now,
            ),
        }
    }

    fn created(&mut self, created: Created) {
        let view = view!(self);
        self.effects.extend(self.tokens.select(created.token.id.clone(), view).map(Effect::Search));
        if created.token.usage == Usage::Public {
            let name = created.token.name().into_owned();
            let key = self.keymap.name(Context::Tokens, Command::CopyValue);
            self.toasts.say(Tone::Good, format!("Created public token \"{name}\". Press {key} to copy it."), self.now);
        } else {
            self.open(Reveal::new(created));
        }
    }

    pub(super) fn copied(&mut self, result: Result<Copied, CopyError>) {
        // Another value may have come over the one that was copied.
        let what = self.copying.pop_front();
        if let Some(What::Revealed(token)) = &what
            && let Some(reveal) = self.modals.all_mut::<Reveal>().find(|reveal| reveal.token() == token)
        {
            return reveal.copied(result);
        }
        match (result, what) {
            (Ok(copied), Some(What::Named(name))) => {
                self.toasts.say(Tone::Good, format!("{name} was {}.", copied.describe()), self.now);
            }
            (Ok(copied), _) => self.toasts.say(Tone::Good, format!("The value was {}.", copied.describe()), self.now),
            (Err(error), _) => self.toasts.say(Tone::Bad, error.to_string(), self.now),
        }
    }

    pub(super) fn wiped(&mut self, wiped: Wiped) {
        let (tone, text) = match wiped {
            Wiped::Cleared => (Tone::Good, "Cleared the secret token from the clipboard."),
            Wiped::NotOurs => (Tone::Note, "Clipboard not cleared: it holds something else now."),
            Wiped::Unknown => (Tone::Bad, "Couldn't check the clipboard: it may still hold the secret token."),
        };
        self.toasts.say(tone, text, self.now);
    }

    /// Another value may have come over the one that was stored, or that one may have been left meanwhile.
    pub(super) fn stored(&mut self, value: &Secret, result: Result<Stored, StoreError>) {
        if let Some(reveal) = self.modals.all_mut::<Reveal>().find(|reveal| reveal.is_of(value)) {
            reveal.stored(result);
        }
    }

    pub(super) fn checked(&mut self, typed: &Typed, result: &Result<(), StoreError>) {
        if let Some(reveal) = self.modals.all_mut::<Reveal>().next_back() {
            reveal.checked(typed, result.clone());
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
