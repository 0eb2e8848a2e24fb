//! The dashboard and its server together, and what always holds whatever happens.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use jeton::{
    api::Endpoint,
    dashboard::{
        account_opener::{AccountRef, OpenRequest, OpenedAccount},
        action::Effect,
        analysis::AnalysisInput,
        app::App,
        clicks::Target,
        command::Command,
        event::{Event, MouseAction},
        finder::Search,
        job::Job,
        key::Key,
        keymap::{Context, Keymap},
        modals::{Bulk, Create, Delete, Question, Reveal},
        store::Account,
        theme::Theme,
        view::Now,
    },
    secret::Secret,
    token::{AccountKey, TokenId, Usage},
    work::{Completion, Created, Order, RecordsRequest, Reply, Report, Request, RequestId},
};
use jiff::{Timestamp, tz::TimeZone};

use super::{rng::Rng, server::Server};

/// Everything.
pub struct World {
    pub app: App,
    pub server: Server,
    pub now: Now,
    /// Requests on their way, oldest first.
    pub pending: Vec<(RequestId, Request)>,
    pub searches: Vec<Search>,
    /// Copies and files that were asked for.
    pub jobs: Vec<Job>,
    /// Questions about accounts.
    pub knocks: Vec<OpenRequest>,
    pub surveys: Vec<AnalysisInput>,
    pub is_over: bool,
    pub counts: Counts,
    /// What was typed is what confirms the question that is open, and no accident.
    pub is_meant: bool,
    last_id: u64,
    /// The values that were made, by token.
    values: BTreeMap<TokenId, String>,
    /// A deletion was confirmed in the question that is open: it may be sent again after it failed.
    is_confirmed: bool,
    /// The deletion of many tokens was confirmed.
    is_bulk_confirmed: bool,
}

/// What happened how often: a model that never gets anywhere proves nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub events: usize,
    pub frames: usize,
    pub creates: usize,
    pub reveals: usize,
    pub deletes: usize,
    pub sessions: usize,
    pub sizes: usize,
}

/// What is looked at before an event.
struct Before {
    contexts: Vec<Context>,
    /// The values not known to be stored, by their tokens.
    unstored: Vec<TokenId>,
    /// A create has been sent from the form on top, and not answered.
    is_creating: bool,
    is_changing: bool,
    /// Whether to quit all the same is what is being asked.
    asks_to_quit: bool,
}

/// What happens, as far as the rules need to know.
#[derive(Debug)]
enum Cause {
    Key(Option<Command>),
    Answer(Request),
    Stored(Secret),
    End,
    Other,
}

impl World {
    pub fn new(theme: Theme, server: Server) -> Self {
        let now = Now { instant: Instant::now(), time: server.now };
        Self {
            app: App::new(theme, TimeZone::UTC, now),
            server,
            now,
            pending: Vec::new(),
            searches: Vec::new(),
            jobs: Vec::new(),
            knocks: Vec::new(),
            surveys: Vec::new(),
            is_over: false,
            counts: Counts { sessions: 1, ..Counts::default() },
            is_meant: false,
            last_id: 0,
            values: BTreeMap::new(),
            is_confirmed: false,
            is_bulk_confirmed: false,
        }
    }

    /// Signed in.
    pub fn connect(&mut self) {
        let entrance = self.entrance();
        self.happen(Event::Connected(0, Ok(entrance)));
    }

    /// What is told of the account when it is opened.
    pub fn entrance(&self) -> OpenedAccount {
        let AccountKey { username, host } = self.server.account.clone();
        let endpoint = Endpoint::new("http://127.0.0.1:1", &username, Secret::new("sk.fake")).unwrap();
        OpenedAccount::new(Account { username, host, is_sandbox: true, authorizing: None }, endpoint, AccountRef::First)
    }

    /// Lets time pass, and does what was to be done by then.
    pub fn pass(&mut self, time: Duration) {
        self.now.instant += time;
        self.now.time = self.now.time.checked_add(time).unwrap_or(Timestamp::MAX);
        if self.app.wake_at().is_some_and(|at| at <= self.now.instant) {
            let before = self.look();
            let effects = self.app.wake(self.now);
            self.judge(&before, &Cause::Other, effects);
        }
    }

    pub fn press(&mut self, key: impl Into<Key>) {
        self.happen(Event::Key(key.into()));
    }

    /// Presses keys as the help writes them.
    pub fn press_all(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            self.press(key.parse::<Key>().unwrap());
        }
    }

    pub fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            self.press(Key::char(c));
        }
    }

    /// Something happens.
    pub fn happen(&mut self, event: Event) {
        let before = self.look();
        let cause = match &event {
            Event::Key(key) => Cause::Key(Keymap::default().resolve(&before.contexts, *key)),
            // As good as the key.
            Event::Mouse(mouse) if mouse.action == MouseAction::Click => Cause::Key(match self.app.target(*mouse) {
                Some(Target::Command(command)) => Some(command),
                _ => None,
            }),
            Event::Api(Report::Done(completion)) => {
                match self.pending.iter().position(|(id, _)| *id == completion.id) {
                    Some(at) => Cause::Answer(self.pending.remove(at).1),
                    None => Cause::Other,
                }
            }
            Event::Stored(value, Ok(_)) => Cause::Stored(value.clone()),
            Event::Terminated | Event::HungUp => Cause::End,
            _ => Cause::Other,
        };
        let revealed = match &event {
            Event::Api(Report::Done(Completion { result: Ok(reply), .. })) => match reply {
                Reply::Created(created) if created.token.usage == Usage::Secret => Some(created.token.id.clone()),
                Reply::Recovered(Some(created)) => Some(created.token.id.clone()),
                _ => None,
            },
            _ => None,
        };
        self.counts.events += 1;
        let effects = self.app.update(event, self.now);
        if let (Some(token), Cause::Answer(_)) = (revealed, &cause) {
            self.counts.reveals += 1;
            assert!(self.unstored().contains(&token), "a new value was not revealed");
        }
        self.judge(&before, &cause, effects);
    }

    /// Answers the request at that place among those on their way.
    pub fn answer(&mut self, at: usize, failures: usize, rng: &mut Rng) {
        let (id, request) = self.pending[at].clone();
        self.server.now = self.now.time;
        let result = self.server.answer(&request, failures, rng);
        if let Ok(Reply::Created(created) | Reply::Recovered(Some(created))) = &result {
            self.know(created);
        }
        if request == Request::List {
            // Not always all of them, when it fails.
            for page in self.server.pages(rng) {
                if result.is_ok() || rng.percent(50) {
                    self.happen(Event::Api(Report::Page(id, page)));
                }
            }
        }
        self.happen(Event::Api(Report::Done(Completion { id, result })));
    }

    /// Takes note of a value that is on its way.
    pub fn know(&mut self, created: &Created) {
        self.values.insert(created.token.id.clone(), created.value.expose().to_owned());
    }

    /// Answers everything, well.
    pub fn answer_all(&mut self, rng: &mut Rng) {
        while !self.pending.is_empty() {
            self.answer(0, 0, rng);
        }
        for search in std::mem::take(&mut self.searches) {
            self.happen(Event::Found(search.run()));
        }
    }

    /// Every value that was made.
    pub fn values(&self) -> impl Iterator<Item = &String> {
        self.values.values()
    }

    fn unstored(&self) -> Vec<TokenId> {
        let reveals = self.app.modals().all().filter(|reveal: &&Reveal| !reveal.is_stored());
        let is_of = |reveal: &Reveal, value: &str| reveal.is_of(&Secret::new(value));
        let token = |reveal| self.values.iter().find(|(_, value)| is_of(reveal, value)).map(|(id, _)| id.clone());
        reveals.map(|reveal| token(reveal).unwrap()).collect()
    }

    fn look(&self) -> Before {
        let contexts = self.app.contexts();
        assert!(!contexts.is_empty(), "no key does anything");
        Before {
            contexts,
            unstored: self.unstored(),
            is_creating: self.app.modals().top_as().is_some_and(Create::is_creating),
            is_changing: self.pending.iter().any(|(_, request)| request.is_mutation()),
            asks_to_quit: self.app.modals().top_as().is_some_and(Question::quits),
        }
    }

    /// The rules.
    fn judge(&mut self, before: &Before, cause: &Cause, effects: Vec<Effect>) {
        let in_context = |context| before.contexts.contains(&context);
        let command = match cause {
            Cause::Key(command) => *command,
            _ => None,
        };
        let is_submit = command == Some(Command::Submit);
        // Leaving a reveal, by the proof that it is stored or by throwing it away.
        let is_left = is_submit && (in_context(Context::Leaving) && self.is_meant || in_context(Context::Discarding));
        let is_ended = matches!(cause, Cause::End);
        let creates =
            effects.iter().filter(|effect| matches!(effect, Effect::Order(Order::Call(_, Request::Create { .. }))));
        let creates = creates.count();
        assert!(creates <= 1, "created twice at once");
        assert!(creates == 0 || is_submit && !before.is_creating, "a create nobody asked for: {command:?}");
        self.counts.creates += creates;

        self.is_confirmed |= self.is_meant && (in_context(Context::Confirm) || in_context(Context::ConfirmChange));

        for effect in effects {
            match effect {
                Effect::Order(Order::Call(id, request)) => {
                    assert!(id.0 > self.last_id, "an id used twice");
                    self.last_id = id.0;
                    if let Request::Records(RecordsRequest::BeginBatch { .. }) = &request {
                        self.judge_batch(before, cause, is_submit);
                    }
                    if let Request::Delete(token) = &request {
                        self.judge_delete(token, before, cause, is_submit, is_left);
                    }
                    self.pending.push((id, request));
                }
                Effect::Order(Order::Cancel(id)) => {
                    let given_up = self.pending.iter().find(|(pending, _)| *pending == id);
                    assert!(!given_up.is_some_and(|(_, request)| request.is_mutation()), "gave up {given_up:?}");
                }
                Effect::Order(Order::Stored(token)) => {
                    let is_leave = matches!(command, Some(Command::Done)) || is_left;
                    assert!(is_leave, "let go of {token:?} after {command:?}");
                }
                Effect::Order(Order::Connect { .. } | Order::Disconnect) => {}
                Effect::Search(search) => self.searches.push(search),
                Effect::Do(Job::Analysis(analysis_input)) => self.surveys.push(*analysis_input),
                Effect::Do(Job::Recall(_) | Job::EndRecall | Job::Remember(..)) | Effect::Rotate(_) => {}
                Effect::Do(job) => self.jobs.push(job),
                Effect::Quit => {
                    assert!(before.unstored.is_empty() || is_left || is_ended, "quit over a value");
                    let is_quiet = !before.is_changing || before.asks_to_quit || is_ended;
                    assert!(is_quiet || matches!(cause, Cause::Answer(_)), "quit over a change: {cause:?}");
                    self.is_over = true;
                }
                Effect::Suspend | Effect::Edit(_) => self.app.hide_values(),
                Effect::OpenRequest(open_request) => self.knocks.push(open_request),
                Effect::Scan(..) | Effect::Apply(_) => {}
                Effect::Sequence(_) | Effect::Resume | Effect::Repaint | Effect::Mouse(_) => {}
            }
        }
        self.is_confirmed &= self.app.modals().has::<Delete>() || self.app.modals().has::<Bulk>();
        let after = self.unstored();
        let gone: Vec<_> = before.unstored.iter().filter(|token| !after.contains(token)).collect();
        let may_go = |token: &TokenId| match cause {
            Cause::End => true,
            // That one, and no other that may lie over it.
            Cause::Stored(value) => self.values[token] == value.expose(),
            _ => is_left && before.unstored.last() == Some(token),
        };
        assert!(gone.iter().all(|token| may_go(token)), "a value went away: {cause:?}");
    }

    /// The deletions of a batch follow once it is on record: it was confirmed before that, or is tried again.
    fn judge_batch(&mut self, before: &Before, cause: &Cause, is_submit: bool) {
        let asks = [Context::Confirm, Context::ConfirmChange].iter().any(|context| before.contexts.contains(context));
        let is_confirmed = asks && is_submit && self.is_confirmed;
        self.is_bulk_confirmed |= is_confirmed;
        let is_retry = matches!(cause, Cause::Key(Some(Command::Retry)));
        assert!(self.is_bulk_confirmed && (is_confirmed || is_retry), "a batch nobody confirmed: {cause:?}");
    }

    fn judge_delete(&mut self, token: &TokenId, before: &Before, cause: &Cause, is_submit: bool, is_left: bool) {
        self.counts.deletes += 1;
        let is_confirmed = before.contexts.contains(&Context::Confirm) && is_submit && self.is_confirmed;
        let goes_on =
            matches!(cause, Cause::Answer(Request::Delete(_) | Request::Records(RecordsRequest::BeginBatch { .. })));
        let is_retry = matches!(cause, Cause::Key(Some(Command::Retry)));
        if is_confirmed {
            self.is_bulk_confirmed |= self.app.modals().top_as::<Bulk>().is_some();
            return;
        }
        if is_left {
            assert!(self.values.contains_key(token), "threw away another token");
            return;
        }
        let contexts = &before.contexts;
        assert!(
            self.is_bulk_confirmed && (goes_on || is_retry),
            "a deletion nobody confirmed: {cause:?} in {contexts:?}"
        );
    }
}
