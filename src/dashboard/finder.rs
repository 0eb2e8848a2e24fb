//! [`Finder`]: which tokens the list shows, and in what order: a filter, a kind, a sort.
//!
//! Invariants: rows are derived only when the filter, the sort or the tokens changed; up to `AT_ONCE` tokens that
//! happens on the spot, beyond on a thread of its own, so that a typed character is on screen before its result is; a result
//! that comes late, for a question nobody asks any more, is dropped; a filter that only narrows the one before looks at that
//! one's hits alone.

use std::{
    collections::HashMap,
    fmt,
    num::NonZero,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use jiff::Timestamp;

use super::{
    analysis::{Analysis, Revision},
    event::{Event, Sender},
    store::Store,
};
use crate::token::{
    Facts, LastUse, Token, TokenId, Usage,
    query::{Matcher, Query},
};

/// Tokens searched without leaving the input's thread: about a millisecond's worth.
const AT_ONCE: usize = 3_000;

/// Tokens that are not worth a thread of their own.
const PART: usize = 10_000;

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter)]
pub enum Sort {
    /// As on the account page, or by how well a filter matches.
    #[default]
    Page,
    /// By name.
    Name,
    /// Last changed first.
    Modified,
    /// Most scopes first.
    Scopes,
    /// Most allowed URLs first.
    Urls,
    /// Public tokens first.
    Kind,
}

impl Sort {
    /// The next one, round and round.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Page => Self::Name,
            Self::Name => Self::Modified,
            Self::Modified => Self::Scopes,
            Self::Scopes => Self::Urls,
            Self::Urls => Self::Kind,
            Self::Kind => Self::Page,
        }
    }

    /// What the list's frame says about it; nothing for the usual order.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Page => "",
            Self::Name => "by name",
            Self::Modified => "last changed first",
            Self::Scopes => "most scopes first",
            Self::Urls => "most URLs first",
            Self::Kind => "by kind",
        }
    }
}

/// What the list is to show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// The filter.
    pub query: Query,
    /// Only tokens of this kind.
    pub usage: Option<Usage>,
    /// The order.
    pub sort: Sort,
}

/// A search that another thread may run.
#[derive(Clone)]
pub struct Search {
    generation: u64,
    wanted: Wanted,
    tokens: Arc<Vec<Arc<Token>>>,
    within: Option<Arc<Vec<u32>>>,
    analysis: Arc<Analysis>,
    /// What is known of the tokens' use, where it is asked for.
    last_uses: HashMap<TokenId, LastUse>,
    now: Timestamp,
}

/// What came of a [`Search`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    generation: u64,
    rows: Vec<u32>,
}

impl Search {
    /// Runs it; takes milliseconds for 100,000 tokens.
    pub fn run(&self) -> Found {
        let all = 0..self.tokens.len() as u32;
        let rows = match &self.within {
            // Everything in page order needs no look at any token.
            _ if self.wanted == Wanted::default() => all.collect(),
            Some(rows) => self.hits(rows.iter().copied()),
            None => self.hits(all),
        };
        Found { generation: self.generation, rows }
    }

    fn hits(&self, rows: impl Iterator<Item = u32>) -> Vec<u32> {
        let Wanted { query, usage, sort } = &self.wanted;
        let token = |at: u32| &self.tokens[at as usize];
        let facts = |at: u32| Facts {
            last_use: self.last_uses.get(&token(at).id).copied().unwrap_or_default(),
            findings: self.analysis.broken(&self.tokens, at as usize),
            now: self.now,
        };
        let is_wanted = |at: &u32| usage.is_none_or(|usage| token(*at).usage == usage);
        let rows: Vec<u32> = rows.filter(is_wanted).collect();
        let look = |part: &[u32]| {
            let mut matcher = Matcher::default();
            let score = |at: &u32| Some((query.score(&mut matcher, token(*at), &facts(*at))?, *at));
            part.iter().filter_map(score).collect::<Vec<_>>()
        };
        let mut hits: Vec<(u32, u32)> = in_parts(&rows, look);
        // All sorts are stable, so equal tokens stay in page order.
        hits.sort_by_key(|(_, at)| *at);
        match sort {
            Sort::Page if query.ranks() => hits.sort_by_key(|(score, _)| std::cmp::Reverse(*score)),
            Sort::Page => {}
            Sort::Name => hits.sort_by_cached_key(|(_, at)| token(*at).name().to_lowercase()),
            Sort::Modified => hits.sort_by_key(|(_, at)| std::cmp::Reverse(token(*at).modified)),
            Sort::Scopes => hits.sort_by_key(|(_, at)| std::cmp::Reverse(token(*at).scopes.len())),
            Sort::Urls => hits.sort_by_key(|(_, at)| std::cmp::Reverse(token(*at).urls().len())),
            Sort::Kind => hits.sort_by_key(|(_, at)| token(*at).usage.prefix()),
        }
        hits.into_iter().map(|(_, at)| at).collect()
    }
}

/// Looks at the parts of long lists at the same time, as far as there are processors for it.
fn in_parts<T: Send>(rows: &[u32], look: impl Fn(&[u32]) -> Vec<T> + Sync) -> Vec<T> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let part = rows.len().div_ceil(processors.min(4)).max(PART);
    let (own, others) = rows.split_at(rows.len().min(part));
    thread::scope(|scope| {
        let others: Vec<_> = others.chunks(part).map(|part| scope.spawn(|| look(part))).collect();
        let mut hits = look(own);
        for other in others {
            hits.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        hits
    })
}

/// A search is what it is about: two are the same when they would be answered at the same place.
impl PartialEq for Search {
    fn eq(&self, other: &Self) -> bool {
        self.generation == other.generation
    }
}

impl Eq for Search {}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Search({})", self.generation)
    }
}

/// Runs searches on a thread that is there as long as there are any; of those that wait only the newest.
#[derive(Clone, Debug)]
pub struct Searcher {
    state: Arc<Mutex<Waiting>>,
    events: Sender,
}

#[derive(Debug, Default)]
struct Waiting {
    next: Option<Search>,
    is_running: bool,
}

impl Searcher {
    /// A searcher whose answers come as events.
    pub fn new(events: Sender) -> Self {
        Self { state: Arc::default(), events }
    }

    /// Asks for a search, in place of one that has not begun.
    pub fn search(&self, search: Search) {
        let mut state = self.state();
        state.next = Some(search);
        if state.is_running {
            return;
        }
        state.is_running = true;
        drop(state);
        let searcher = self.clone();
        if thread::Builder::new().name("search".into()).spawn(move || searcher.run()).is_err() {
            // Rather late than never: here it holds up the loop, once.
            self.run();
        }
    }

    fn run(&self) {
        loop {
            let mut state = self.state();
            let Some(search) = state.next.take() else {
                state.is_running = false;
                return;
            };
            drop(state);
            // Fails when the dashboard is over already.
            let _over = self.events.send(Event::Found(search.run()));
        }
    }

    fn state(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rows of a list, as indices into the store's tokens.
#[derive(Debug, Default)]
pub struct Finder {
    rows: Arc<Vec<u32>>,
    /// What `rows` answers, and for which state of the store.
    answered: Option<(Wanted, Known)>,
    /// The question under way, if it is not answered yet.
    asked: Option<(Wanted, Known)>,
    generation: u64,
}

/// The state of the store, as far as an answer depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    tokens: u64,
    findings: Option<Revision>,
    uses: Option<u64>,
}

impl Known {
    fn of(store: &Store, query: &Query) -> Self {
        Self {
            tokens: store.revision(),
            findings: query.asks_for_findings().then(|| store.analysis.stamp()),
            uses: query.asks_for_use().then(|| store.usage_cache.revision()),
        }
    }
}

/// What [`Finder::find`] did.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The rows are what they were.
    Same,
    /// The rows are new.
    Changed,
    /// The rows will be new when this has been run.
    Needs(Search),
}

impl Finder {
    /// The rows as far as they are known. Each is in range of the store's tokens.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// A finder for other tokens, that goes on counting where this one is: no answer to a question asked here is one asked there.
    #[must_use]
    pub fn leave(&self) -> Self {
        Self { generation: self.generation, ..Self::default() }
    }

    /// Brings the rows up to date with the store and what is wanted.
    pub fn find(&mut self, store: &Store, wanted: &Wanted, now: Timestamp) -> Outcome {
        let question = (wanted, Known::of(store, &wanted.query));
        let is = |known: &Option<(Wanted, Known)>| {
            known.as_ref().is_some_and(|(wanted, known)| (wanted, *known) == question)
        };
        if is(&self.asked) || (self.asked.is_none() && is(&self.answered)) {
            return Outcome::Same;
        }
        let within = self.answered.as_ref().and_then(|(earlier, known)| {
            let narrows = *known == question.1
                && wanted.query.is_refinement_of(&earlier.query)
                && (earlier.usage.is_none() || earlier.usage == wanted.usage);
            narrows.then(|| self.rows.clone())
        });
        self.generation += 1;
        let search = self.search(store, wanted, within, now);
        let asked = (wanted.clone(), question.1);
        let length = search.within.as_ref().map_or(store.tokens().len(), |rows| rows.len());
        if length <= AT_ONCE || *wanted == Wanted::default() {
            self.rows = Arc::new(search.run().rows);
            self.answered = Some(asked);
            self.asked = None;
            return Outcome::Changed;
        }
        // The old rows point into the old tokens: those that are still there stay until the answer comes.
        let length = store.tokens().len() as u32;
        if self.rows.iter().any(|at| *at >= length) {
            Arc::make_mut(&mut self.rows).retain(|at| *at < length);
        }
        self.asked = Some(asked);
        Outcome::Needs(search)
    }

    fn search(&self, store: &Store, wanted: &Wanted, within: Option<Arc<Vec<u32>>>, now: Timestamp) -> Search {
        let asks_for_use = wanted.query.asks_for_use();
        Search {
            generation: self.generation,
            wanted: wanted.clone(),
            tokens: store.tokens().clone(),
            within,
            analysis: store.analysis.clone(),
            last_uses: if asks_for_use { store.usage_cache.last_uses().clone() } else { HashMap::new() },
            now,
        }
    }

    /// Whether the token at a place of the store is among what is wanted.
    pub fn admits(&self, store: &Store, wanted: &Wanted, at: u32, now: Timestamp) -> bool {
        self.search(store, wanted, Some(Arc::new(vec![at])), now).run().rows.contains(&at)
    }

    /// Takes the answer to a search; says whether it was still wanted.
    pub fn found(&mut self, found: Found) -> bool {
        if found.generation != self.generation || self.asked.is_none() {
            return false;
        }
        self.rows = Arc::new(found.rows);
        self.answered = self.asked.take();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::RequestId;

    fn store(count: usize) -> Store {
        let mut store = Store::default();
        store.await_list(RequestId(1));
        let token = |at: usize| {
            let json = format!(
                r#"{{"id":"c{at:024}","usage":"{}","note":"token {at}"}}"#,
                if at.is_multiple_of(2) { "pk" } else { "sk" }
            );
            Arc::new(serde_json::from_str::<Token>(&json).expect("valid"))
        };
        store.page(RequestId(1), (0..count).map(token).collect());
        store
    }

    fn wanted(text: &str) -> Wanted {
        Wanted { query: Query::parse(text), ..Wanted::default() }
    }

    #[test]
    fn a_short_list_is_searched_on_the_spot_and_only_when_something_changed() {
        let store = store(20);
        let mut finder = Finder::default();
        assert_eq!(finder.find(&store, &wanted(""), Timestamp::UNIX_EPOCH), Outcome::Changed);
        assert_eq!(finder.rows().len(), 20);
        assert_eq!(finder.find(&store, &wanted(""), Timestamp::UNIX_EPOCH), Outcome::Same);
        let secret = Wanted { usage: Some(Usage::Secret), ..wanted("") };
        assert_eq!(finder.find(&store, &secret, Timestamp::UNIX_EPOCH), Outcome::Changed);
        assert_eq!(finder.rows().len(), 10);
    }

    #[test]
    fn an_answer_about_tokens_that_were_left_is_dropped() {
        let (long, other) = (store(2 * AT_ONCE), store(AT_ONCE + 1));
        let mut finder = Finder::default();
        let Outcome::Needs(left) = finder.find(&long, &wanted("o"), Timestamp::UNIX_EPOCH) else { panic!("too long") };
        let mut finder = finder.leave();
        let Outcome::Needs(own) = finder.find(&other, &wanted("o"), Timestamp::UNIX_EPOCH) else { panic!("too long") };
        assert!(!finder.found(left.run()), "its rows are beyond the list");
        assert!(finder.found(own.run()));
    }

    #[test]
    fn a_long_list_is_searched_elsewhere_and_a_late_answer_is_dropped() {
        let store = store(AT_ONCE + 1);
        let mut finder = Finder::default();
        assert_eq!(
            finder.find(&store, &wanted(""), Timestamp::UNIX_EPOCH),
            Outcome::Changed,
            "all of them is no search"
        );
        let Outcome::Needs(all) = finder.find(&store, &wanted("o"), Timestamp::UNIX_EPOCH) else { panic!("too long") };
        assert_eq!(finder.find(&store, &wanted("o"), Timestamp::UNIX_EPOCH), Outcome::Same, "it is under way");
        let Outcome::Needs(some) = finder.find(&store, &wanted("7"), Timestamp::UNIX_EPOCH) else { panic!("too long") };
        assert!(!finder.found(all.run()), "nobody asks that any more");
        assert!(finder.found(some.run()));
        assert!(!finder.rows().is_empty() && finder.rows().len() < AT_ONCE);
    }
}
