//! [`Store`]: what the dashboard knows of the account: its tokens, its scopes, and how fresh that is.
//!
//! Invariants: tokens are in the order of the account page (default first, newest first); a reload keeps the old
//! list on screen until the new one is complete; a page of a list nobody waits for any more changes nothing; every change of
//! the tokens changes [`Store::revision`], by which those who derive rows from them know when to do it again.

use std::{collections::HashSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use super::{
    analysis::{Analysis, Revision},
    unfinished::Unfinished,
    usage_cache::UsageCache,
};
use crate::{
    api::{ApiError, Budget},
    rotation::Rotation,
    scan::ScanResult,
    secret::Secret,
    token::{AccountKey, Catalogue, Scope, Token, TokenId, page_order},
    work::{RequestId, WorkError},
};

/// The account that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its user name.
    pub username: String,
    /// The API's host, with its port where it is unusual.
    pub host: String,
    /// Whether that is a sandbox, which the header says loudly.
    pub is_sandbox: bool,
    /// The authorizing token's id, where its string told it. With `tokens:read` it is in the list, and its scopes with it.
    pub authorizing: Option<TokenId>,
}

impl Account {
    /// By what records know it.
    pub fn key(&self) -> AccountKey {
        AccountKey { username: self.username.clone(), host: self.host.clone() }
    }
}

/// How far a list is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListState {
    /// Nothing has been asked yet.
    Waiting,
    /// Under way; with how many tokens so far.
    Loading(usize),
    /// Complete since then.
    Fresh(Timestamp),
    /// Could not be read again; what is shown is from then, if there is anything.
    Stale(Option<Timestamp>, WorkError),
}

/// A temporary token made in this session. Nobody else has a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionToken {
    /// Its string.
    pub value: Secret,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// How long it was to live.
    pub lifetime: SignedDuration,
    /// When it ends, by this machine's clock.
    pub ends: Timestamp,
}

/// The state of one account.
#[derive(Debug)]
pub struct Store {
    /// The account, once it is known.
    pub account: Option<Account>,
    /// What scopes exist.
    pub catalogue: Catalogue,
    /// What follows from all the tokens together, as they were not long ago.
    pub analysis: Arc<Analysis>,
    /// How many requests may be sent, where that is limited.
    pub budget: Option<Budget>,
    /// How much the account and its tokens are used.
    pub usage_cache: UsageCache,
    /// Creates and batches that never came to their end.
    pub unfinished: Unfinished,
    /// Rotations of the account's tokens that are under way.
    pub rotations: Vec<Rotation>,
    /// Whether they have been looked at.
    pub knows_rotations: bool,
    /// Where the last scan found tokens.
    pub places: Option<Arc<ScanResult>>,
    tokens: Arc<Vec<Arc<Token>>>,
    revision: u64,
    catalogue_revision: u64,
    awaiting: Option<RequestId>,
    /// Pages of a reload, kept apart until it is complete. `None` while the first list streams straight into `tokens`.
    incoming: Option<Vec<Arc<Token>>>,
    /// Entries of the last list that could not be read.
    unreadable: usize,
    loaded: Option<Timestamp>,
    /// When the server was asked for it.
    asked: Timestamp,
    error: Option<WorkError>,
    /// Tokens deleted while a list was under way, whose pages may still name them.
    gone: Vec<TokenId>,
    held: Option<HashSet<Scope>>,
    session: Vec<SessionToken>,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            account: None,
            catalogue: Catalogue::bundled(),
            analysis: Arc::default(),
            budget: None,
            usage_cache: UsageCache::default(),
            unfinished: Unfinished::default(),
            rotations: Vec::new(),
            knows_rotations: false,
            places: None,
            tokens: Arc::default(),
            revision: 0,
            catalogue_revision: 0,
            awaiting: None,
            incoming: None,
            unreadable: 0,
            loaded: None,
            asked: Timestamp::UNIX_EPOCH,
            error: None,
            gone: Vec::new(),
            held: None,
            session: Vec::new(),
        }
    }
}

impl Store {
    /// The tokens, in page order. Cloning the outer `Arc` is a snapshot that another thread may search.
    pub fn tokens(&self) -> &Arc<Vec<Arc<Token>>> {
        &self.tokens
    }

    /// The rotation in which a token is replaced, or replaces another one.
    pub fn rotation_of(&self, id: &TokenId) -> Option<&Rotation> {
        let is_in = |rotation: &&Rotation| {
            rotation.old.id == *id || rotation.successor.as_ref().is_some_and(|successor| successor.id == *id)
        };
        self.rotations.iter().find(is_in)
    }

    /// Changes whenever the tokens do.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// One token.
    pub fn token(&self, id: &TokenId) -> Option<&Arc<Token>> {
        self.tokens.iter().find(|token| token.id == *id)
    }

    /// What a survey made now would be of.
    pub fn stamp(&self) -> Revision {
        Revision { tokens: self.revision, catalogue: self.catalogue_revision, uses: self.usage_cache.revision() }
    }

    /// The scopes there are, as the server says.
    pub fn learn_scopes(&mut self, catalogue: Catalogue) {
        self.catalogue = catalogue;
        self.catalogue_revision += 1;
    }

    /// The scopes of the authorizing token, once they are known: no other scopes can be given to a token.
    pub fn held(&self) -> Option<&HashSet<Scope>> {
        self.held.as_ref()
    }

    /// The same account is open with another authorizing token, perhaps one that may do something else.
    pub fn reopen(&mut self, account: Account) {
        let authorizing = account.authorizing.clone();
        if self.account.as_ref().is_some_and(|before| before.authorizing != authorizing) {
            let token = authorizing.and_then(|id| self.token(&id).cloned());
            self.held = token.map(|token| token.scopes.iter().cloned().collect());
            let _late = self.usage_cache.forget();
        }
        self.account = Some(account);
    }

    /// The scopes of the authorizing token have become known.
    pub fn hold(&mut self, scopes: impl IntoIterator<Item = Scope>) {
        self.held = Some(scopes.into_iter().collect());
    }

    /// How far the list is.
    pub fn list_state(&self) -> ListState {
        match (&self.awaiting, &self.error, self.loaded) {
            (Some(_), _, _) => ListState::Loading(self.incoming.as_ref().map_or(self.tokens.len(), Vec::len)),
            (None, Some(error), loaded) => ListState::Stale(loaded, error.clone()),
            (None, None, Some(loaded)) => ListState::Fresh(loaded),
            (None, None, None) => ListState::Waiting,
        }
    }

    /// Whether the server has rejected the authorizing token: nothing works before somebody signs in again.
    pub fn is_rejected(&self) -> bool {
        self.awaiting.is_none() && matches!(self.error, Some(WorkError::Api(ApiError::Unauthorized { .. })))
    }

    /// The list as it was at an earlier time, to look at until the server has answered. It comes too late when there is one already.
    pub fn recall(&mut self, mut tokens: Vec<Arc<Token>>, saved: Timestamp) {
        if self.loaded.is_some() || !self.tokens.is_empty() {
            return;
        }
        order(&mut tokens);
        self.tokens = Arc::new(tokens);
        self.revision += 1;
        self.loaded = Some(saved);
        self.asked = saved;
        if self.awaiting.is_some() {
            self.incoming = Some(Vec::new());
        }
    }

    /// A list has been asked for. Gives back the request it takes the place of, which can be cancelled.
    pub fn await_list(&mut self, id: RequestId) -> Option<RequestId> {
        self.incoming = self.loaded.is_some().then(Vec::new);
        self.gone.clear();
        self.unreadable = 0;
        if self.loaded.is_none() {
            self.tokens = Arc::default();
            self.revision += 1;
        }
        self.awaiting.replace(id)
    }

    /// Some tokens have arrived.
    pub fn page(&mut self, id: RequestId, page: Vec<Arc<Token>>) {
        if self.awaiting != Some(id) {
            return;
        }
        let mut page = page;
        page.retain(|token| !self.gone.contains(&token.id));
        let authorizing = self.account.as_ref().and_then(|account| account.authorizing.as_ref());
        if let Some(token) = page.iter().find(|token| Some(&token.id) == authorizing) {
            self.held = Some(token.scopes.iter().cloned().collect());
        }
        if let Some(incoming) = &mut self.incoming {
            let known = &mut self.tokens;
            incoming.extend(page.into_iter().map(|token| same_as_known(known, token)));
        } else {
            let tokens = Arc::make_mut(&mut self.tokens);
            let from = tokens.len().saturating_sub(1);
            tokens.extend(page);
            // Pages come in order, and then there is nothing to do for the ones before.
            if !tokens[from..].is_sorted_by(|a, b| page_order(a, b).is_lt()) {
                order(tokens);
            }
            self.revision += 1;
        }
    }

    /// Some entries of a list that is under way cannot be read. Says whether anybody waits for that list.
    pub fn leave_out(&mut self, id: RequestId, count: usize) -> bool {
        let is_awaited = self.awaiting == Some(id);
        self.unreadable += if is_awaited { count } else { 0 };
        is_awaited
    }

    /// Entries of the list that are left out because they cannot be read.
    pub fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// The list has ended.
    pub fn listed(&mut self, id: RequestId, result: Result<(), WorkError>, asked: Timestamp, now: Timestamp) {
        if self.awaiting != Some(id) {
            return;
        }
        self.awaiting = None;
        let incoming = self.incoming.take();
        match result {
            Ok(()) => {
                if let Some(mut incoming) = incoming {
                    order(&mut incoming);
                    self.tokens = Arc::new(incoming);
                    self.revision += 1;
                }
                Arc::make_mut(&mut self.tokens).shrink_to_fit();
                self.loaded = Some(now);
                self.asked = asked;
                self.error = None;
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// Judges what never came to its end, if the list is complete.
    pub fn judge_unfinished(&mut self) {
        if self.awaiting.is_none() && self.loaded.is_some() && self.error.is_none() && self.unreadable == 0 {
            self.unfinished.judge(&self.tokens, self.asked);
        }
    }

    /// A token was made: it is in the list at once, whatever a reload that is under way still says.
    pub fn insert(&mut self, token: Token) {
        let token = Arc::new(token);
        if let Some(incoming) = &mut self.incoming {
            incoming.push(token.clone());
        }
        let tokens = Arc::make_mut(&mut self.tokens);
        tokens.push(token);
        order(tokens);
        self.revision += 1;
    }

    /// A token is as it was sent now.
    pub fn update(&mut self, token: Token) {
        let token = Arc::new(token);
        let replace = |tokens: &mut Vec<Arc<Token>>| {
            if let Some(place) = tokens.iter_mut().find(|old| old.id == token.id) {
                *place = token.clone();
            }
        };
        replace(Arc::make_mut(&mut self.tokens));
        if let Some(incoming) = &mut self.incoming {
            replace(incoming);
        }
        self.revision += 1;
    }

    /// This session's temporary tokens, the newest first.
    pub fn session_tokens(&self) -> &[SessionToken] {
        &self.session
    }

    /// A temporary token was made.
    pub fn remember(&mut self, token: SessionToken) {
        self.session.insert(0, token);
    }

    /// A token is gone.
    pub fn remove(&mut self, id: &TokenId) {
        if let Some(incoming) = &mut self.incoming {
            incoming.retain(|token| token.id != *id);
        }
        if self.awaiting.is_some() {
            self.gone.push(id.clone());
        }
        Arc::make_mut(&mut self.tokens).retain(|token| token.id != *id);
        self.revision += 1;
    }
}

/// The token we have, where it is the one that has arrived: a list that is read again then takes no memory twice. One recalled from disk is
/// without its value until then, and gets it.
fn same_as_known(known: &mut Arc<Vec<Arc<Token>>>, arrived: Arc<Token>) -> Arc<Token> {
    let Ok(at) = known.binary_search_by(|token| page_order(token, &arrived)) else { return arrived };
    if known[at] == arrived {
        return Arc::clone(&known[at]);
    }
    if known[at].token.is_some() {
        return arrived;
    }
    let mut arrived = Arc::unwrap_or_clone(arrived);
    let value = arrived.token.take();
    // Not where somebody else looks at them at this moment.
    let ours = Arc::get_mut(known).and_then(|known| known.get_mut(at)).and_then(Arc::get_mut);
    match ours.filter(|ours| **ours == arrived) {
        Some(ours) => {
            ours.token = value;
            Arc::clone(&known[at])
        }
        None => Arc::new(Token { token: value, ..arrived }),
    }
}

/// Page order, and each token once: between two pages one can move, and then it comes twice.
fn order(tokens: &mut Vec<Arc<Token>>) {
    // Stable, and nearly linear on what is sorted already, which pages are.
    tokens.sort_by(|a, b| page_order(a, b));
    tokens.dedup_by(|a, b| a.id == b.id);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ApiError;

    fn token(id: &str, created: &str, default: bool) -> Arc<Token> {
        let json = format!(r#"{{"id":"{id}","usage":"pk","default":{default},"created":"{created}"}}"#);
        Arc::new(serde_json::from_str(&json).expect("valid"))
    }

    fn ids(store: &Store) -> Vec<&str> {
        store.tokens().iter().map(|token| token.id.as_str()).collect()
    }

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn pages_stream_in_and_the_default_token_comes_first_even_when_it_arrives_last() {
        let mut store = Store::default();
        store.await_list(RequestId(1));
        store.page(
            RequestId(1),
            vec![token("c", "2026-03-01T00:00:00Z", false), token("b", "2026-02-01T00:00:00Z", false)],
        );
        assert_eq!(ids(&store), ["c", "b"]);
        assert_eq!(store.list_state(), ListState::Loading(2));
        store.page(
            RequestId(1),
            vec![token("b", "2026-02-01T00:00:00Z", false), token("a", "2020-01-01T00:00:00Z", true)],
        );
        store.listed(RequestId(1), Ok(()), NOW, NOW);
        assert_eq!(ids(&store), ["a", "c", "b"]);
        assert_eq!(store.list_state(), ListState::Fresh(NOW));
    }

    #[test]
    fn a_failed_reload_leaves_the_old_list_and_says_so() {
        let mut store = Store::default();
        store.await_list(RequestId(1));
        store.page(RequestId(1), vec![token("a", "2026-01-01T00:00:00Z", false)]);
        store.listed(RequestId(1), Ok(()), NOW, NOW);
        store.await_list(RequestId(2));
        store.page(RequestId(2), vec![token("b", "2026-01-01T00:00:00Z", false)]);
        assert_eq!(ids(&store), ["a"], "not before it is complete");
        store.listed(RequestId(2), Err(ApiError::Server { status: 500 }.into()), NOW, NOW);
        assert_eq!(ids(&store), ["a"]);
        assert_eq!(store.list_state(), ListState::Stale(Some(NOW), ApiError::Server { status: 500 }.into()));
    }

    #[test]
    fn a_late_answer_to_an_older_question_changes_nothing() {
        let mut store = Store::default();
        store.await_list(RequestId(1));
        assert_eq!(store.await_list(RequestId(2)), Some(RequestId(1)));
        store.page(RequestId(1), vec![token("old", "2026-01-01T00:00:00Z", false)]);
        store.listed(RequestId(1), Err(WorkError::Cancelled), NOW, NOW);
        assert_eq!(ids(&store), [""; 0]);
        assert_eq!(store.list_state(), ListState::Loading(0));
    }

    #[test]
    fn what_was_made_during_a_reload_survives_it() {
        let mut store = Store::default();
        store.await_list(RequestId(1));
        store.listed(RequestId(1), Ok(()), NOW, NOW);
        store.await_list(RequestId(2));
        let made = token("new", "2026-05-01T00:00:00Z", false);
        store.insert(Token::clone(&made));
        store.page(RequestId(2), vec![token("a", "2026-01-01T00:00:00Z", false)]);
        store.listed(RequestId(2), Ok(()), NOW, NOW);
        assert_eq!(ids(&store), ["new", "a"]);
    }
}
