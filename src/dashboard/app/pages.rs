//! The pages beside the token list, as the app sees them: which one is shown, and asking for what they show.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::App;
use crate::{
    api::ApiError,
    dashboard::{
        action::{Effect, Tone},
        analysis::{AT_ONCE, Analysis, AnalysisInput, Revision},
        command::Command,
        event::OpenError,
        job::Job,
        keymap::Context,
        modals::{Delete, Inspect, Palette, palette::Offer},
        screens::Screen,
        store::ListState,
        usage_cache::Subject,
    },
    token::TokenId,
    work::{RecordsRequest, Reply, Request, RequestId, WorkError},
};

/// How long the cursor rests on a token before its use is asked for: longer than it takes to move on.
const REST: Duration = Duration::from_millis(350);

/// The largest account of which the use of every token is asked for because a filter wants to know.
const ALL_IN_USE: usize = 2_000;

/// How long a row is on screen before its use is asked for: longer than somebody scrolls or types past it.
const SHOWN: Duration = Duration::from_millis(300);

/// The same where the number of requests is limited.
const SHOWN_LIMITED: Duration = Duration::from_secs(1);

/// A token, and since when it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) token: TokenId,
    since: Instant,
}

impl App {
    /// No account: the welcome says why.
    pub(super) fn open_error(&mut self, open_error: OpenError) {
        match open_error {
            // What was last seen of the account is worth more than a welcome.
            OpenError::Failed(reason) if !self.store.tokens().is_empty() => {
                return self.toasts.say(Tone::Bad, reason, self.now);
            }
            OpenError::Failed(reason) => self.welcome.fail(reason),
            OpenError::NoAccount => {}
            OpenError::Choice => self.show_accounts(),
        }
        self.screen = Screen::Welcome;
    }

    pub(super) fn screen_contexts(&self) -> Vec<Context> {
        match self.screen {
            Screen::Tokens => self.tokens.contexts(),
            Screen::Overview => self.overview.contexts(),
            Screen::Activity => self.activity.contexts(),
            Screen::Places => self.places.contexts(),
            Screen::Plan => self.plan.contexts(),
            Screen::Welcome => self.welcome.contexts(),
        }
    }

    /// Does a command that opens a page, or that is for the page that is shown. Says whether it was one.
    pub(super) fn page_command(&mut self, command: Command) -> bool {
        match command {
            Command::Overview => self.screen = Screen::Overview,
            Command::Activity => self.screen = Screen::Activity,
            Command::Places => self.screen = Screen::Places,
            Command::Diff => self.compare_file(),
            Command::Export => self.export_file(),
            Command::Accounts => self.show_accounts(),
            Command::Lock => self.toggle_lock(),
            Command::Recover => {
                self.asks_for_recovery = true;
                self.send(Request::Records(RecordsRequest::List));
            }
            Command::Inspect => self.open(Inspect::default()),
            Command::Palette => {
                let offers = self.offers();
                self.open(Palette::new(offers));
            }
            _ => {
                let view = view!(self);
                let actions = match self.screen {
                    Screen::Tokens => return false,
                    Screen::Overview => self.overview.update(command, view),
                    Screen::Activity => self.activity.update(command, view, &self.log, &self.toasts),
                    Screen::Places => self.places.update(command, view),
                    Screen::Plan => self.plan.update(command, view),
                    Screen::Welcome => self.welcome.update(command),
                };
                self.perform_all(actions, None);
            }
        }
        true
    }

    /// The commands that work right now, each with the row of its first key, and why some of them do not.
    fn offers(&self) -> Vec<Offer> {
        let contexts = self.contexts();
        let mut offers: Vec<Offer> = Vec::new();
        for context in &contexts {
            for row in self.keymap.rows().iter().filter(|row| row.binding.context == *context) {
                let (binding, key) = (row.binding, row.keys.first().copied());
                let command = binding.command;
                let is_shadowed = key.is_some_and(|key| self.keymap.resolve(&contexts, key) != Some(command));
                let is_known = offers.iter().any(|offer| offer.binding.command == command);
                if command.is_move() || command == Command::Palette || is_shadowed || is_known {
                    continue;
                }
                let why_not = self.why_not(command);
                offers.push(Offer { binding, key, why_not });
            }
        }
        offers
    }

    /// Goes to a token in the list.
    pub(super) fn show_token(&mut self, token: TokenId) {
        self.screen = Screen::Tokens;
        let view = view!(self);
        self.effects.extend(self.tokens.select(token, view).map(Effect::Search));
    }

    /// Looks at all the tokens together where they have changed: a few on the spot, many on another thread, one survey at a time. Not
    /// while a list is still streaming in, for each page would change it.
    pub(super) fn analysis(&mut self) {
        let stamp = self.store.stamp();
        let is_loading = matches!(self.store.list_state(), ListState::Loading(_));
        let analyzed = self.store.analysis.stamp();
        // Use comes in token by token, and matters little: only where the findings of all are looked at.
        let is_wanted = self.screen == Screen::Overview || self.tokens.asks_for_findings();
        let is_same = analyzed == stamp || (Revision { uses: stamp.uses, ..analyzed } == stamp && !is_wanted);
        if is_same || self.analyzing.is_some() || is_loading {
            return;
        }
        let analysis_input = AnalysisInput {
            stamp,
            tokens: self.store.tokens().clone(),
            catalogue: self.store.catalogue.clone(),
            last_uses: self.store.usage_cache.last_uses().clone(),
            now: self.now.time,
        };
        if analysis_input.tokens.len() <= AT_ONCE {
            self.store.analysis = Arc::new(analysis_input.run());
        } else {
            self.analyzing = Some(stamp);
            self.effects.push(Effect::Do(Job::Analysis(Box::new(analysis_input))));
        }
    }

    /// All the tokens have been looked at; perhaps they have changed again meanwhile, or are another account's.
    pub(super) fn analyzed(&mut self, analysis: Arc<Analysis>) {
        self.analyzing = None;
        if analysis.is_of(self.store.tokens()) {
            self.store.analysis = analysis;
        }
    }

    /// What the shown page derives from the rest of the state, after anything has happened.
    pub(super) fn sync_pages(&mut self) {
        match self.screen {
            Screen::Activity => self.activity.sync(&self.log, &self.toasts),
            Screen::Places => self.places.sync(view!(self)),
            Screen::Tokens | Screen::Overview | Screen::Plan | Screen::Welcome => {}
        }
        let may_ask = self.store.account.is_some() && !self.is_locked();
        if self.screen == Screen::Overview && may_ask && self.store.usage_cache.wants(&None) {
            let id = self.send(Request::AccountUsage);
            self.store.usage_cache.ask(None, id);
        }
        self.look();
    }

    /// The cursor may have moved, the list may have scrolled, or something may have come over it.
    fn look(&mut self) {
        // Who is about to delete a token wants to know how much it is used.
        let is_hidden = self.modals.all::<Delete>().count() < self.modals.len();
        let is_looking = self.screen == Screen::Tokens && !is_hidden;
        let current = self.tokens.current(&self.store).filter(|_| is_looking).map(|token| &token.id);
        if current != self.resting.as_ref().map(|resting| &resting.token) {
            let current = current.cloned();
            if let Some(Seen { token: before, .. }) = self.resting.take() {
                let dropped = self.store.usage_cache.drop_questions(|subject| subject.as_ref() == Some(&before));
                self.cancel(dropped);
            }
            self.resting = current.map(|token| Seen { token, since: self.now.instant });
        }
        let seen = self.tokens.seen(&self.store).filter(|_| is_looking).map(|token| &token.id);
        if self.seen.iter().map(|seen| &seen.token).eq(seen.clone()) {
            return;
        }
        let since = |id: &TokenId| self.seen.iter().find(|seen| seen.token == *id).map(|seen| seen.since);
        let seen = seen.map(|id| Seen { token: id.clone(), since: since(id).unwrap_or(self.now.instant) });
        self.seen = seen.collect();
        if !self.asks_for_all() {
            let (seen, resting) = (&self.seen, &self.resting);
            let is_here = |id: &TokenId| seen.iter().chain(resting).any(|seen| seen.token == *id);
            let dropped =
                self.store.usage_cache.drop_questions(|subject| subject.as_ref().is_some_and(|token| !is_here(token)));
            self.cancel(dropped);
        }
    }

    /// Whether the use of every token is wanted, because a filter asks for it.
    fn asks_for_all(&self) -> bool {
        self.tokens.asks_for_use() && self.store.tokens().len() <= ALL_IN_USE
    }

    /// When a question about the use of a token is due next.
    pub(super) fn asks_at(&self) -> Option<Instant> {
        self.next_subject().map(|(_, at)| at)
    }

    /// Whose use is asked for next, and when: of the token the cursor rests on; then, one after the other and as long as the account has
    /// requests to spare, of those that have been on screen for a moment, or of all where the filter asks.
    fn next_subject(&self) -> Option<(TokenId, Instant)> {
        let (resting, usage_cache) = (self.resting.as_ref()?, &self.store.usage_cache);
        let wants = |token: &TokenId| usage_cache.wants(&Some(token.clone()));
        if self.is_locked() || usage_cache.refusal().is_some() {
            return None;
        }
        if wants(&resting.token) {
            return Some((resting.token.clone(), resting.since + REST));
        }
        // Where requests are limited, what nobody has asked for gets few of them.
        let can_spare = self.store.budget.is_none_or(|budget| budget.left * 4 > budget.limit * 3);
        if usage_cache.is_asking() || !can_spare {
            return None;
        }
        let shown = if self.store.budget.is_some() { SHOWN_LIMITED } else { SHOWN };
        let due = self.seen.iter().filter(|seen| wants(&seen.token)).min_by_key(|seen| seen.since);
        if let Some(Seen { token, since }) = due {
            // Not between two keys either: somebody is on the way to something else.
            return Some((token.clone(), self.touched.max(*since) + shown));
        }
        let all = self.asks_for_all().then(|| self.store.tokens().iter().find(|token| wants(&token.id))).flatten();
        all.map(|token| (token.id.clone(), self.now.instant))
    }

    /// Asks for the use of a token when it is time.
    pub(super) fn ask_for_use(&mut self) {
        if let Some((token, at)) = self.next_subject()
            && at <= self.now.instant
        {
            let id = self.send(Request::Usage(token.clone()));
            self.store.usage_cache.ask(Some(token), id);
        }
    }

    /// The requests worth a spinner: usage comes in by itself and says so where it will stand, records are on this machine.
    pub(super) fn busy(&self) -> impl Iterator<Item = &super::InFlight> {
        let is_quiet = |request: &Request| {
            matches!(
                request,
                Request::Usage(_)
                    | Request::AccountUsage
                    | Request::Records(
                        RecordsRequest::List | RecordsRequest::BeginBatch { .. } | RecordsRequest::EndBatch(_)
                    )
            )
        };
        self.in_flight.values().filter(move |in_flight| !is_quiet(&in_flight.request))
    }

    pub(super) fn usage_told(&mut self, subject: Subject, id: RequestId, result: Result<Reply, WorkError>) {
        let answer = match result {
            Ok(Reply::Usage(statistics)) => Ok(statistics),
            Ok(_) => Err(ApiError::Unreadable("the reply does not match the request".into()).into()),
            Err(error) => Err(error),
        };
        self.store.usage_cache.answered(subject, id, answer);
    }
}
