//! A person at the dashboard: presses keys and waits for words on the screen.
//!
//! The loop, the client task and the sandbox are the real ones, over real HTTP; the screen is in memory, and errands end in a
//! tray where a test can look at them.

use std::{
    future::Future,
    path::{Path, PathBuf},
    sync::mpsc,
    time::Duration,
};

use jeton::{
    api::{self, Endpoint},
    dashboard::{
        account_opener::{AccountRef, OpenRequest, OpenedAccount},
        app::App,
        event::{Event, Mouse, MouseAction, Sender},
        finder::Searcher,
        job::Job,
        key::{Key, KeyCode},
        rotator::Rotator,
        runtime::{self, End, Ports},
        scanner::FolderScanner,
        store::Account,
        theme::Theme,
        view::Now,
    },
    rotation::Rotations,
    sandbox::{Demo, Options, Sandbox},
    secret::Secret,
    work::journal::Records,
};
use jiff::{Timestamp, tz::TimeZone};
use ratatui::text::Span;
use tokio::task::{JoinHandle, LocalSet};

use super::test_screen::TestScreen;

/// How long a condition may take to come true. Only a test that fails waits for it.
const DEADLINE: Duration = Duration::from_secs(20);

/// The person, and the dashboard in front of them.
pub struct Driver {
    /// The screen they look at.
    pub screen: TestScreen,
    /// Where events go.
    pub events: Sender,
    /// The server behind it all.
    pub sandbox: Option<Sandbox>,
    state: PathBuf,
    jobs: mpsc::Receiver<Job>,
    knocks: mpsc::Receiver<OpenRequest>,
    dashboard: JoinHandle<(std::io::Result<End>, App)>,
}

/// Runs a story at a screen of 120×40, on the demo account.
pub fn story<F: Future<Output = ()>>(tell: impl FnOnce(Driver) -> F) {
    story_at(120, 40, tell);
}

/// Runs a story at a screen of another size.
pub fn story_at<F: Future<Output = ()>>(width: u16, height: u16, tell: impl FnOnce(Driver) -> F) {
    let demo = Demo { seed: 1, tokens: 0, now: Timestamp::now() };
    story_on(Options { rate_limit: None, demo: Some(demo), ..Options::default() }, width, height, tell);
}

/// Runs a story on a sandbox of one's own.
pub fn story_on<F: Future<Output = ()>>(options: Options, width: u16, height: u16, tell: impl FnOnce(Driver) -> F) {
    let sandbox = Sandbox::start(options).expect("the sandbox starts");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let endpoint =
            Endpoint::new(sandbox.url(), sandbox.username(), sandbox.token().clone()).expect("a valid address");
        let driver = Driver::open(Some(sandbox), endpoint, width, height);
        driver.until("as of").await;
        tell(driver).await;
    });
}

impl Driver {
    /// Opens a dashboard on an endpoint.
    pub fn open(sandbox: Option<Sandbox>, endpoint: Endpoint, width: u16, height: u16) -> Self {
        let state = tempfile::tempdir().expect("a directory for the journal");
        // A name without the port, so that every run shows the same.
        Self::open_in(state, "127.0.0.1".into(), sandbox, endpoint, width, height)
    }

    /// Opens a dashboard whose journal is in `state`, as what an earlier one may have left.
    pub fn open_in(
        state: tempfile::TempDir,
        host: String,
        sandbox: Option<Sandbox>,
        endpoint: Endpoint,
        width: u16,
        height: u16,
    ) -> Self {
        let (events, mut inbox) = runtime::channel();
        let (orders, incoming) = tokio::sync::mpsc::unbounded_channel();
        let (jobs, tray) = mpsc::channel();
        let (opener, knocks) = mpsc::channel();
        let account = Account { username: endpoint.username().to_owned(), host, is_sandbox: true, authorizing: None };
        let reports = events.clone();
        let journal = state.path().to_owned();
        let records = Records::within(state.path());
        let rotator = Rotator::new(events.clone(), records.clone(), Rotations::within(state.path()));
        let kept = records;
        tokio::task::spawn_local(async move {
            let report = move |report| drop(reports.send(Event::Api(report)));
            jeton::work::task::run(None, kept, incoming, report).await;
            drop(state);
        });
        let opened = OpenedAccount::new(account, endpoint, AccountRef::First);
        events.send(Event::Connected(0, Ok(opened))).expect("the inbox is open");
        let searches = Searcher::new(events.clone());
        let scanner = FolderScanner::new(events.clone());
        let screen = TestScreen::new(width, height);
        let mut canvas = screen.clone();
        let now = Now { instant: std::time::Instant::now(), time: Timestamp::now() };
        let mut app = App::new(Theme::colour(), TimeZone::UTC, now);
        let dashboard = tokio::task::spawn_local(async move {
            let open_request = Box::new(move |open_request| drop(opener.send(open_request)));
            let ports = Ports { orders, jobs, searches, open_request, rotator, scanner };
            let end = runtime::run(&mut app, &mut canvas, &mut inbox, &ports).await;
            (end, app)
        });
        Self { screen, events, sandbox, state: journal, jobs: tray, knocks, dashboard }
    }

    /// Where its records are.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// Presses keys one after another, written as the help writes them: `press("n Tab Space Ctrl-S")`.
    pub fn press(&self, keys: &str) {
        for key in keys.split_whitespace() {
            self.send(Event::Key(key.parse().expect("a key's name")));
        }
    }

    /// Types a text, character by character.
    pub fn type_text(&self, text: &str) {
        for c in text.chars() {
            self.send(Event::Key(if c == '\n' { KeyCode::Enter.into() } else { Key::char(c) }));
        }
    }

    /// Clicks on the first place where the screen shows a text.
    pub async fn click(&self, text: &str) {
        let screen = self.until(text).await;
        let (row, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text)).expect("on one line");
        let before = line.split(text).next().unwrap_or_default();
        let (column, row) = (Span::raw(before).width() as u16, row as u16);
        self.send(Event::Mouse(Mouse { action: MouseAction::Click, column, row }));
    }

    /// Something happens.
    pub fn send(&self, event: Event) {
        self.events.send(event).expect("the dashboard runs");
    }

    /// Somebody else gives a token another name.
    pub async fn rename(&self, name: &str, new: &str) {
        let sandbox = self.sandbox.as_ref().expect("running");
        let endpoint =
            Endpoint::new(sandbox.url(), sandbox.username(), sandbox.token().clone()).expect("a valid address");
        let client = api::Client::new(endpoint).expect("a client");
        let page = client.pages().next().await.expect("a list").expect("a page");
        let token = page.tokens.iter().find(|token| token.name() == name).expect("the token");
        let patch = jeton::token::Patch { note: Some(new.into()), ..jeton::token::Patch::default() };
        client.update(&token.id, &patch).await.expect("changed");
    }

    /// Waits until the screen shows a text, and gives the whole screen.
    pub async fn until(&self, text: &str) -> String {
        self.until_screen(text, |screen| screen.contains(text)).await
    }

    /// Waits until the screen does not show a text any more.
    pub async fn until_gone(&self, text: &str) -> String {
        self.until_screen(text, |screen| !screen.contains(text)).await
    }

    /// Waits until the screen is as wanted; `what` says what that is, should it never be.
    pub async fn until_screen(&self, what: &str, wanted: impl FnMut(&str) -> bool) -> String {
        let seen = tokio::time::timeout(DEADLINE, self.screen.until(wanted)).await;
        seen.unwrap_or_else(|_| panic!("waited in vain for {what:?}; the screen shows\n{}", self.screen.text()))
    }

    /// Waits for the next errand. Whether a value could go where somebody is typing is answered on the way, as it is by the errand thread.
    pub async fn job(&self) -> Job {
        loop {
            match next(&self.jobs).await {
                Job::Check(typed) => {
                    let result = typed.read().and_then(|to| to.check());
                    self.send(Event::Checked(typed, result));
                }
                // Nothing was remembered.
                Job::EndRecall => {}
                other => return other,
            }
        }
    }

    /// Answers what is asked while somebody types, until the screen shows a text.
    pub async fn until_checked(&self, text: &str) -> String {
        tokio::select! {
            screen = self.until(text) => screen,
            job = self.job() => panic!("expected a check, not {job:?}"),
        }
    }

    /// Waits for the next question about accounts.
    pub async fn open_request(&self) -> OpenRequest {
        next(&self.knocks).await
    }

    /// Waits for the value that is being copied.
    pub async fn copied(&self) -> Secret {
        match self.job().await {
            Job::Copy(copy) => copy.value,
            other => panic!("expected a copy, not {other:?}"),
        }
    }

    /// Waits for the end of the dashboard, and gives its last state to look through.
    pub async fn ended(self) -> (End, App) {
        let (end, app) =
            tokio::time::timeout(DEADLINE, self.dashboard).await.expect("it ends").expect("without a panic");
        (end.expect("the screen took every frame"), app)
    }
}

async fn next<T>(inbox: &mpsc::Receiver<T>) -> T {
    let arrived = tokio::time::timeout(DEADLINE, async {
        loop {
            match inbox.try_recv() {
                Ok(next) => return next,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    });
    arrived.await.expect("something arrives")
}
