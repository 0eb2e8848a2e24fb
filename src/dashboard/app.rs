//! [`App`]: the whole state of the dashboard, and what every event does to it.
//!
//! Invariants: [`App::update`] is pure: it reads no clock, starts nothing, waits for nothing; what should happen
//! outside comes back as [`Effect`]s. A mutation's reply is always acted upon, whatever the person has done meanwhile: the
//! value of a new secret token is revealed on top of whatever is open. Reads are latest-wins. Nothing is drawn here but by
//! [`App::render`], and drawing changes nothing but scroll offsets.

/// The state around a screen or modal; a macro, because the screen or modal itself is borrowed at the same time.
macro_rules! view {
    ($app:expr) => {
        $crate::dashboard::view::View {
            store: &$app.store,
            theme: &$app.theme,
            keys: &$app.keymap,
            clicks: &$app.clicks,
            now: $app.now,
            zone: &$app.zone,
        }
    };
}

mod accounts;
mod input;
mod leaving;
mod pages;
mod places;
mod plans;
mod replies;
mod rotations;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::tz::TimeZone;
use ratatui::{
    Frame,
    layout::{Constraint, Layout},
};
use zeroize::Zeroizing;

use super::{
    action::{Action, Copied, Effect, Tone},
    activity::Log,
    analysis::Revision,
    clicks::Clicks,
    command::Command,
    event::Event,
    frame::{self, Busy},
    job::Job,
    keymap::{Context, Keymap},
    modals::{Help, Modal, ModalId, Reveal, Stack},
    pressed::Pressed,
    screens::{Activity, Overview, Places, PlanReview, Screen, Tokens, Welcome},
    settings::Settings,
    store::Store,
    theme::Theme,
    toast::Toasts,
    view::Now,
};
use crate::{
    token::{AccountKey, Patch, Token},
    work::{Completion, Order, Report, Request, RequestId},
};

/// How long a frame of the spinner lasts.
const SPIN: Duration = Duration::from_millis(120);

/// How long a secret stays in the clipboard after its reveal was left.
const WIPE_AFTER: Duration = Duration::from_secs(45);

/// How long a secret value stays readable while nobody presses a key: somebody else may be looking by then.
const BLUR_AFTER: Duration = Duration::from_secs(60);

/// How long something that need not be seen at once waits for more of its kind, to be drawn in one frame.
const LAG: Duration = Duration::from_millis(100);

/// How often a countdown is drawn.
const TICK: Duration = Duration::from_secs(1);

/// Changes that can be taken back.
const UNDO: usize = 10;

/// A request on its way.
#[derive(Debug)]
struct InFlight {
    request: Request,
    /// The modal that asked, if one did.
    by: Option<ModalId>,
    since: Instant,
    /// It did not work and is tried again then.
    again: Option<Instant>,
}

/// The dashboard.
#[derive(Debug)]
pub struct App {
    store: Store,
    screen: Screen,
    tokens: Tokens,
    overview: Overview,
    activity: Activity,
    places: Places,
    plan: PlanReview,
    welcome: Welcome,
    log: Log,
    modals: Stack,
    toasts: Toasts,
    in_flight: BTreeMap<RequestId, InFlight>,
    next_id: u64,
    theme: Theme,
    keymap: Keymap,
    zone: TimeZone,
    now: Now,
    #[expect(clippy::option_option, reason = "there may be one, and it may have a deadline")]
    /// A sensitive value of ours may be in the clipboard; when it is to be wiped, once that is set.
    in_clipboard: Option<Option<Instant>>,
    /// What is on its way to the clipboard, in order.
    copying: VecDeque<Copied>,
    /// The person has left; the end of the last change is all that is waited for.
    is_leaving: bool,
    /// The person wants to go to the shell; the end of the last change is all that is waited for.
    is_suspending: bool,
    /// The token the cursor is on, and since when.
    resting: Option<pages::Seen>,
    /// The tokens on screen, and since when each is.
    seen: Vec<pages::Seen>,
    /// Something to be seen has changed.
    has_changed: bool,
    /// Something has changed that need not be seen at once: since then.
    lags_since: Option<Instant>,
    /// When the account may be asked again.
    refill: Option<Instant>,
    /// What is being surveyed on another thread.
    analyzing: Option<Revision>,
    has_mouse: bool,
    /// The keys pressed last, where they are to be shown.
    pressed: Option<Pressed>,
    clicks: Clicks,
    /// What the keys went to when the last frame was drawn, and how much was open.
    drawn: (Vec<Context>, usize),
    /// The person wants to know what is left open, and hears it when nothing is.
    asks_for_recovery: bool,
    /// When the person last did something.
    touched: Instant,
    /// The account that is open, once one is.
    session: Option<accounts::Session>,
    /// What is known of accounts that were left.
    parked: Vec<(AccountKey, Store)>,
    /// Of the last knock at an account's door.
    ticket: u64,
    /// What takes back the changes of this session, the last one at the end.
    undo: Vec<(Arc<Token>, Patch)>,
    effects: Vec<Effect>,
}

impl App {
    /// A dashboard that knows nothing yet, with these looks and the usual keys.
    pub fn new(theme: Theme, zone: TimeZone, now: Now) -> Self {
        Self::with(
            Settings { theme, keymap: Keymap::default(), has_mouse: true, shows_keys: false, problem: None },
            zone,
            now,
        )
    }

    /// The same as a person wants it.
    pub fn with(settings: Settings, zone: TimeZone, now: Now) -> Self {
        let Settings { theme, keymap, has_mouse, shows_keys, problem } = settings;
        let mut toasts = Toasts::default();
        if let Some(problem) = problem {
            toasts.say(Tone::Bad, problem, now);
        }
        Self {
            store: Store::default(),
            screen: Screen::default(),
            tokens: Tokens::default(),
            overview: Overview::default(),
            activity: Activity::default(),
            places: Places::default(),
            plan: PlanReview::default(),
            welcome: Welcome::default(),
            log: Log::default(),
            modals: Stack::default(),
            toasts,
            in_flight: BTreeMap::new(),
            next_id: 0,
            theme,
            keymap,
            zone,
            now,
            in_clipboard: None,
            copying: VecDeque::new(),
            is_leaving: false,
            is_suspending: false,
            resting: None,
            seen: Vec::new(),
            has_changed: true,
            lags_since: None,
            refill: None,
            analyzing: None,
            has_mouse,
            pressed: shows_keys.then(Pressed::default),
            clicks: Clicks::default(),
            drawn: (Vec::new(), 0),
            asks_for_recovery: false,
            touched: now.instant,
            session: None,
            parked: Vec::new(),
            ticket: 0,
            undo: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// Reacts to something that happened.
    pub fn update(&mut self, event: Event, now: Now) -> Vec<Effect> {
        if self.is_quiet(&event) {
            self.lags_since.get_or_insert(now.instant);
        } else {
            self.has_changed = true;
        }
        self.advance(now);
        if matches!(event, Event::Key(_) | Event::Paste(_) | Event::Mouse(_)) {
            self.touch();
        }
        match event {
            Event::Connected(ticket, result) => self.connected(ticket, result),
            Event::Accounts(entries) => self.accounts_told(entries),
            Event::Remembered(remembered) => self.remembered(remembered),
            Event::Key(key) => self.act(|app| app.press(key)),
            // It may be a token: what is left of it here is overwritten.
            Event::Paste(text) => self.act(|app| app.paste(&Zeroizing::new(text))),
            Event::Mouse(mouse) => self.act(|app| app.mouse(mouse)),
            Event::Resized | Event::Focused(_) => {}
            Event::Api(Report::Page(id, page)) => {
                let had_none = self.store.tokens().is_empty();
                self.store.page(id, page);
                if had_none && !self.store.tokens().is_empty() {
                    self.end_recall();
                }
            }
            Event::Api(Report::Unreadable(id, count)) => {
                if self.store.leave_out(id, count) {
                    let text = format!("{count} entries of the list were skipped: not tokens, or without an ID.");
                    self.toasts.say(Tone::Bad, text, now);
                }
            }
            Event::Api(Report::Call(id, call)) => {
                if let Some(in_flight) = self.in_flight.get_mut(&id) {
                    in_flight.again = call.again_in.map(|after| now.instant + after);
                }
                self.log.record(call);
            }
            Event::Api(Report::Budget(budget)) => {
                self.log.note(budget);
                self.store.budget = Some(budget);
                self.refill = budget.wait.map(|wait| now.instant + wait);
            }
            Event::Api(Report::Backup(op, until)) => {
                self.modals.all_mut::<Reveal>().for_each(|reveal| reveal.backup_renewed(&op, until));
            }
            Event::Api(Report::Done(completion)) => self.completed(completion),
            Event::Located(zone) => self.zone = zone,
            Event::Surveyed(analysis) => self.analyzed(analysis),
            Event::PlacesRemembered(account, places) => self.places_remembered(&account, places),
            Event::Scanned(scanned) => self.scanned(scanned),
            Event::Applied(applied) => self.applied(*applied),
            Event::Edited(result) => self.edited(result),
            Event::Found(found) => self.tokens.found(found, &self.store),
            Event::SequenceReady(sequence) => self.effects.push(Effect::Sequence(sequence)),
            Event::Copied(result) => self.copied(result),
            Event::Wiped(wiped) => self.wiped(wiped),
            Event::Stored(value, result) => self.stored(&value, result),
            Event::Checked(typed, result) => self.checked(&typed, &result),
            Event::Said(tone, text) => self.toasts.say(tone, crate::untrusted::shown(&text), now),
            Event::Rotation(turned) => self.rotation_turned(*turned),
            Event::SuspendAsked => self.suspend(),
            Event::Resumed => self.effects.push(Effect::Resume),
            Event::Terminated | Event::HungUp => self.perform(Action::QuitAnyway, None),
        }
        self.analysis();
        let view = view!(self);
        self.effects.extend(self.tokens.sync(view).map(Effect::Search));
        self.sync_pages();
        self.ask_for_use();
        std::mem::take(&mut self.effects)
    }

    /// Reacts to time having passed; to be called at [`App::wake_at`].
    pub fn wake(&mut self, now: Now) -> Vec<Effect> {
        self.has_changed |= self.changes_at().is_some_and(|at| at <= now.instant);
        self.advance(now);
        std::mem::take(&mut self.effects)
    }

    fn advance(&mut self, now: Now) {
        self.now = now;
        if self.in_clipboard.flatten().is_some_and(|deadline| deadline <= now.instant) {
            self.in_clipboard = None;
            self.effects.push(Effect::Do(Job::Wipe));
        }
        if self.blur_at().is_some_and(|deadline| deadline <= now.instant) {
            self.modals.iter_mut().for_each(Modal::hide_values);
            self.effects.push(Effect::Repaint);
            let text = "Value hidden after a minute without input.";
            self.toasts.say(Tone::Note, text, now);
        }
        self.lock_when_idle();
        self.ask_for_use();
    }

    /// When what can be read off the screen is to be hidden.
    fn blur_at(&self) -> Option<Instant> {
        self.modals.iter().any(Modal::shows_value).then(|| self.touched + BLUR_AFTER)
    }

    /// Whether an event may be seen a moment later, together with what follows it: the pages of a long list but the first, and the
    /// answers about the use of many tokens, which come one after the other.
    fn is_quiet(&self, event: &Event) -> bool {
        match event {
            Event::Api(Report::Call(..) | Report::Budget(_)) => true,
            Event::Api(Report::Page(..)) => !self.store.tokens().is_empty(),
            Event::Api(Report::Done(Completion { id, .. })) => match self.in_flight.get(id).map(|sent| &sent.request) {
                Some(Request::Usage(token)) => self.resting.as_ref().is_none_or(|resting| resting.token != *token),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a frame is to be drawn now.
    pub fn wants_frame(&self, now: Instant) -> bool {
        self.has_changed || self.lags_since.is_some_and(|since| since + LAG <= now)
    }

    /// When something is to be done by itself next: a message goes away, a spinner turns, a clipboard is wiped. `None` while
    /// nothing is, and then the program sleeps.
    pub fn wake_at(&self) -> Option<Instant> {
        [self.changes_at(), self.in_clipboard.flatten(), self.asks_at()].into_iter().flatten().min()
    }

    /// When what is to be seen changes by itself next.
    fn changes_at(&self) -> Option<Instant> {
        let now = self.now.instant;
        let spin = self.busy().map(|request| request.since).min().map(|since| {
            let turns = now.duration_since(since).as_millis() / SPIN.as_millis() + 1;
            since + SPIN * u32::try_from(turns).unwrap_or(u32::MAX)
        });
        let tick = self.modals.iter().any(Modal::counts_down).then(|| now + TICK);
        let times = [
            self.toasts.until(now),
            self.pressed.as_ref().and_then(|pressed| pressed.until(now)),
            spin,
            tick,
            self.blur_at(),
            self.locks_at(),
            self.lags_since.map(|since| since + LAG),
        ];
        times.into_iter().flatten().min()
    }

    /// The contexts whose keys count now, the innermost first: derived, never stored.
    pub fn contexts(&self) -> Vec<Context> {
        let mut contexts = match self.modals.top() {
            Some(modal) => modal.contexts(),
            None => self.screen_contexts(),
        };
        let is_typing = contexts.iter().any(|context| context.is_typing());
        if self.modals.is_empty() && !is_typing && self.screen != Screen::Welcome {
            contexts.push(Context::Anywhere);
        }
        contexts.push(Context::Always);
        contexts
    }

    /// What is open, the topmost last: for those who watch over what holds.
    pub fn modals(&self) -> &Stack {
        &self.modals
    }

    fn command(&mut self, command: Command) {
        if let Some(reason) = self.why_not(command).filter(|_| self.modals.is_empty()) {
            return self.toasts.say(Tone::Bad, reason, self.now);
        }
        match command {
            Command::Quit => return self.perform(Action::Quit, None),
            Command::Suspend => return self.suspend(),
            Command::Redraw => return self.effects.push(Effect::Repaint),
            Command::ToggleMouse => return self.toggle_mouse(),
            Command::Help => return self.open(Help::new(self.contexts())),
            Command::Undo | Command::Redo => {
                if let Some(field) = self.field() {
                    if command == Command::Undo {
                        field.undo();
                    } else {
                        field.redo();
                    }
                    self.field_changed();
                }
                return;
            }
            Command::Reload if self.modals.is_empty() => {
                let dropped = self.store.usage_cache.forget();
                self.cancel(dropped);
                return self.reload();
            }
            Command::UndoChange if self.modals.is_empty() => return self.undo_change(),
            _ if self.modals.is_empty() && self.page_command(command) => return,
            _ => {}
        }
        let view = view!(self);
        let by = self.modals.top_id();
        let actions = match self.modals.top_mut() {
            Some(modal) => modal.update(command, view),
            None => self.tokens.update(command, view),
        };
        self.perform_all(actions, by);
    }

    /// Why a command of the screen cannot be done now, if it cannot.
    fn why_not(&self, command: Command) -> Option<String> {
        let view = view!(self);
        if command.is_change() && self.store.is_rejected() {
            let key = self.keymap.name(Context::Anywhere, Command::Accounts);
            return Some(format!(
                "The server rejected the authorizing token. Run jeton login, then press {key} and open the account again."
            ));
        }
        match self.screen {
            Screen::Tokens => self.tokens.why_not(command, view),
            Screen::Activity => self.activity.why_not(command, &self.log),
            Screen::Overview | Screen::Places | Screen::Plan | Screen::Welcome => None,
        }
    }

    /// Does what a modal asks for, or a screen. Once it has closed, what follows is asked by the one that had opened it.
    fn perform_all(&mut self, actions: Vec<Action>, mut by: Option<ModalId>) {
        for action in actions {
            match (action, by) {
                (Action::Close, Some(id)) => by = self.close(id),
                (action, _) => self.perform(action, by),
            }
        }
    }

    fn perform(&mut self, action: Action, by: Option<ModalId>) {
        match action {
            Action::Open(modal) => self.push(modal, by),
            // There is nothing to close: whoever asked for it is gone.
            Action::Close => {}
            Action::Send(request) => {
                if let Some(pending) = by.and_then(|id| self.modals.get_mut(id)).and_then(Modal::pending) {
                    pending.sent();
                }
                self.send_by(request, by);
            }
            Action::Copy(copy, what) => {
                self.copying.push_back(what);
                if copy.sensitive {
                    self.in_clipboard = Some(None);
                }
                self.effects.push(Effect::Do(Job::Copy(copy)));
            }
            Action::Do(job) => self.effects.push(Effect::Do(job)),
            Action::Rotate(turn) => self.rotate(turn),
            Action::Apply(order) => self.apply_file(order),
            Action::Scan(order) => self.scan(order),
            Action::Edit(spot) => self.effects.push(Effect::Edit(spot)),
            Action::Toast(tone, text) => self.toasts.say(tone, text, self.now),
            Action::ShowTokens => self.screen = Screen::Tokens,
            Action::Show(token) => self.show_token(token),
            Action::Run(command) => self.command(command),
            Action::Enter(which, passphrase) => self.enter(which, passphrase),
            Action::Stay => self.stay(),
            Action::Refresh => self.reload(),
            Action::Stored(token) => self.effects.push(Effect::Order(Order::Stored(token))),
            Action::ClearMarks => self.tokens.clear_marks(),
            Action::Quit => self.quit(),
            Action::QuitWhenDone => {
                self.is_leaving = true;
                self.leave_when_done();
            }
            Action::QuitAnyway => {
                if self.in_clipboard.take().is_some() {
                    self.effects.push(Effect::Do(Job::Wipe));
                }
                self.effects.push(Effect::Quit);
            }
        }
    }

    /// Without the mouse, the terminal's own selection works without holding Shift.
    fn toggle_mouse(&mut self) {
        self.has_mouse = !self.has_mouse;
        self.effects.push(Effect::Mouse(self.has_mouse));
        let key = self.keymap.name(Context::Anywhere, Command::ToggleMouse);
        let text = if self.has_mouse {
            format!("Mouse on: click and scroll. Press {key} to turn it off.")
        } else {
            format!("Mouse off: select text with the terminal. Press {key} to turn it on.")
        };
        self.toasts.say(Tone::Note, text, self.now);
    }

    fn open(&mut self, modal: impl Modal) {
        self.push(Box::new(modal), None);
    }

    fn push(&mut self, modal: Box<dyn Modal>, opener: Option<ModalId>) {
        if modal.is_alone() {
            self.effects.push(Effect::Mouse(false));
        }
        self.modals.push(modal, opener);
    }

    /// Closes a modal; says which one had opened it.
    fn close(&mut self, id: ModalId) -> Option<ModalId> {
        let (modal, opener) = self.modals.close(id)?;
        if modal.is_alone() {
            self.effects.push(Effect::Repaint);
            if !self.modals.iter().any(Modal::is_alone) {
                self.effects.push(Effect::Mouse(self.has_mouse));
            }
            if self.in_clipboard.is_some() {
                self.in_clipboard = Some(Some(self.now.instant + WIPE_AFTER));
            }
        }
        opener
    }

    fn send(&mut self, request: Request) -> RequestId {
        self.send_by(request, None)
    }

    fn send_by(&mut self, request: Request, by: Option<ModalId>) -> RequestId {
        self.next_id += 1;
        let id = RequestId(self.next_id);
        self.in_flight.insert(id, InFlight { request: request.clone(), by, since: self.now.instant, again: None });
        self.effects.push(Effect::Order(Order::Call(id, request)));
        id
    }

    fn cancel(&mut self, requests: Vec<RequestId>) {
        self.effects.extend(requests.into_iter().map(|id| Effect::Order(Order::Cancel(id))));
    }

    fn reload(&mut self) {
        if self.store.account.is_none() {
            return;
        }
        let id = self.send(Request::List);
        if let Some(older) = self.store.await_list(id) {
            self.effects.push(Effect::Order(Order::Cancel(older)));
        }
    }

    /// Masks every value on screen: somebody else gets the terminal now.
    pub fn hide_values(&mut self) {
        self.tokens.hide_value();
        self.modals.iter_mut().for_each(Modal::hide_values);
    }

    /// Draws everything.
    pub fn render(&mut self, frame: &mut Frame) {
        (self.has_changed, self.lags_since) = (false, None);
        self.draw(frame);
        if self.theme.is_ascii() {
            frame::in_ascii(frame);
        }
    }

    fn draw(&mut self, frame: &mut Frame) {
        let area = frame.area();
        if area.width < frame::SMALLEST.0 || area.height < frame::SMALLEST.1 {
            return frame::too_small(frame, area);
        }
        self.clicks.clear();
        self.drawn = (self.contexts(), self.modals.len());
        let view = view!(self);
        // Where it is low, a message takes the last line of the screen above it instead.
        let line = u16::from(area.height >= frame::TALL);
        let [header, body, messages, footer] = area.layout(&Layout::vertical([
            Constraint::Length(1),
            Constraint::Fill(1),
            Constraint::Length(line),
            Constraint::Length(1),
        ]));
        let busy = self.busy().max_by_key(|in_flight| (in_flight.request.is_mutation(), in_flight.since));
        let left = |at: Instant| at.saturating_duration_since(self.now.instant).as_secs_f32().ceil() as u64;
        let busy = busy.map(|in_flight| Busy {
            label: in_flight.request.label(),
            turns: (self.now.instant.duration_since(in_flight.since).as_millis() / SPIN.as_millis()) as usize,
            again_in: in_flight.again.or(self.refill).map(left).filter(|seconds| *seconds > 0),
        });
        frame::header(frame, header, view, busy.as_ref(), self.is_locked());
        let is_active = self.modals.is_empty();
        match self.screen {
            Screen::Tokens => self.tokens.render(frame, body, view, is_active),
            Screen::Overview => self.overview.render(frame, body, view, is_active),
            Screen::Activity => self.activity.render(frame, body, view, (&self.log, &self.toasts), is_active),
            Screen::Places => self.places.render(frame, body, view, is_active),
            Screen::Plan => self.plan.render(frame, body, view, is_active),
            Screen::Welcome => self.welcome.render(frame, body, view),
        }
        if !self.modals.is_empty() {
            frame.buffer_mut().set_style(body, self.theme.behind);
        }
        // A reveal is alone on the screen but for what lies over it.
        let first = self.modals.iter().rposition(Modal::is_alone).unwrap_or(0);
        for modal in self.modals.iter_mut().skip(first) {
            view.clicks.clear();
            modal.render(frame, body, view);
        }
        let is_offered = |command| self.modals.is_empty().then(|| self.why_not(command)).flatten().is_none();
        frame::footer(frame, footer, view, &self.drawn.0, is_offered);
        if let Some(toast) = self.toasts.current(self.now.instant) {
            frame::toast(frame, body.union(messages), view, toast);
        }
        if let Some(pressed) = &mut self.pressed {
            frame::pressed(frame, body.union(messages), view, pressed.current(self.now.instant));
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{Terminal, backend::TestBackend};

    use super::*;
    use crate::{
        api::Endpoint,
        dashboard::{
            account_opener::{AccountRef, OpenedAccount},
            key::{Key, KeyCode},
            store::Account,
        },
        secret::Secret,
        work::{
            Completion, Created, RecordsRequest, Reply,
            journal::{BackupLocation, OperationId},
        },
    };

    const FAKE: &str = "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UwMDAwMDAwMDAwMDAwMDAwMDAwIn0.fakefakefakefakefakefa";

    fn screen(app: &mut App) -> String {
        let mut terminal = Terminal::new(TestBackend::new(140, 30)).expect("a screen in memory");
        terminal.draw(|frame| app.render(frame)).expect("drawn");
        terminal.backend().to_string()
    }

    /// An app that shows the reveal of a token that was just made.
    fn revealing(now: Now) -> App {
        let mut app = App::new(Theme::monochrome(), TimeZone::UTC, now);
        let endpoint = Endpoint::new("https://api.mapbox.com", "ada", Secret::new(FAKE)).expect("an address");
        let account =
            Account { username: "ada".into(), host: "api.mapbox.com".into(), is_sandbox: false, authorizing: None };
        app.update(Event::Connected(0, Ok(OpenedAccount::new(account, endpoint, AccountRef::First))), now);
        let id = app.send(Request::Create { draft: crate::token::Draft::default(), even_if_unfinished: false });
        let token =
            serde_json::from_str(r#"{"id":"cmf000000000000000000fake","usage":"sk","note":"CI"}"#).expect("valid");
        let created = Created {
            op: OperationId::random().expect("random"),
            token,
            value: Secret::new(FAKE),
            backup: BackupLocation::Keyring(None),
        };
        let result = Ok(Reply::Created(Box::new(created)));
        app.update(Event::Api(Report::Done(Completion { id, result })), now);
        app
    }

    #[test]
    fn a_value_on_screen_hides_itself_after_a_minute_without_a_key_and_stays_to_be_shown_again() {
        let start = Now { instant: Instant::now(), time: jiff::Timestamp::UNIX_EPOCH };
        let after = |seconds| Now { instant: start.instant + Duration::from_secs(seconds), ..start };
        let mut app = revealing(start);
        assert!(!screen(&mut app).contains(FAKE), "masked until asked for");
        app.update(Event::Key(Key::char('v')), after(5));
        assert!(screen(&mut app).contains(FAKE));
        app.update(Event::Key(Key::char('V')), after(50));
        app.wake(after(109));
        assert!(screen(&mut app).contains(FAKE), "a key counts as somebody being there");
        assert!(app.wake_at().is_some_and(|at| at <= after(110).instant), "it wakes by itself");
        let effects = app.wake(after(110));
        assert!(effects.contains(&Effect::Repaint), "no cell keeps it");
        assert!(!screen(&mut app).contains(FAKE));
        app.update(Event::Key(Key::char('v')), after(111));
        assert!(screen(&mut app).contains(FAKE), "nothing is lost by it");
    }

    #[test]
    fn an_idle_account_is_locked_once_and_a_key_in_time_keeps_it_open() {
        let start = Now { instant: Instant::now(), time: jiff::Timestamp::UNIX_EPOCH };
        let after = |seconds| Now { instant: start.instant + Duration::from_secs(seconds), ..start };
        let endpoint = Endpoint::new("https://api.mapbox.com", "ada", Secret::new(FAKE)).expect("an address");
        let account =
            Account { username: "ada".into(), host: "api.mapbox.com".into(), is_sandbox: false, authorizing: None };
        let mut opened = OpenedAccount::new(account, endpoint, AccountRef::First);
        opened.terms.lock_after = Some(Duration::from_secs(900));
        opened.terms.needs_passphrase = true;
        let mut app = App::new(Theme::monochrome(), TimeZone::UTC, start);
        app.update(Event::Connected(0, Ok(opened.clone())), start);
        app.update(Event::Key(Key::char('j')), after(600));
        assert!(!app.wake(after(1499)).contains(&Effect::Order(Order::Disconnect)));
        assert!(app.wake_at().is_some_and(|at| at <= after(1500).instant));
        assert!(app.wake(after(1500)).contains(&Effect::Order(Order::Disconnect)));
        assert!(screen(&mut app).contains("LOCKED"));
        assert!(!app.wake(after(9000)).contains(&Effect::Order(Order::Disconnect)), "once");
        app.update(Event::Key(Key::char('K')), after(9001));
        assert!(screen(&mut app).contains("Passphrase for"));
        let effects = app.update(Event::Connected(0, Ok(opened.clone())), after(9002));
        assert!(effects.contains(&Effect::Order(Order::Connect { endpoint: opened.endpoint, is_demo: false })));
        assert!(!screen(&mut app).contains("LOCKED"));
    }

    #[test]
    fn leaving_when_a_change_is_done_waits_for_a_value_that_came_up_meanwhile() {
        let now = Now { instant: Instant::now(), time: jiff::Timestamp::UNIX_EPOCH };
        let mut app = revealing(now);
        let change = app.send(Request::RefreshDefault);
        let recover = app.send(Request::Records(RecordsRequest::List));
        let another = Created {
            op: OperationId::random().expect("random"),
            token: serde_json::from_str(r#"{"id":"another","usage":"sk","note":"Tiles"}"#).expect("valid"),
            value: Secret::new(FAKE),
            backup: BackupLocation::Keyring(None),
        };
        // Out of the first reveal with its last six characters, on the way to the end.
        app.update(Event::Key(Key::ctrl('c')), now);
        for c in FAKE.chars().skip(FAKE.len() - 6) {
            app.update(Event::Key(Key::char(c)), now);
        }
        let effects = app.update(Event::Key(KeyCode::Enter.into()), now);
        assert!(!effects.contains(&Effect::Quit), "the change is still on its way");
        let done = |id, reply| Event::Api(Report::Done(Completion { id, result: Ok(reply) }));
        app.update(done(recover, Reply::Recovered(Some(Box::new(another)))), now);
        let token = serde_json::from_str(r#"{"id":"default","usage":"pk","default":true}"#).expect("valid");
        let effects = app.update(done(change, Reply::DefaultRefreshed(Box::new(token))), now);
        assert!(!effects.contains(&Effect::Quit), "the value comes first");
        assert!(screen(&mut app).contains("Tiles "));
    }
}
