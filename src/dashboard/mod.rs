//! The dashboard: the account's Access Tokens page at the keyboard.
//!
//! ```text
//!  input thread ──┐                ┌──────────────── App::update (pure) ───────────────┐
//!  signal thread ─┤                │ keymap → screen or modal → Action → App           │─► Effect
//!  client task ───┼─ one channel ─►└───────────────────────────────────────────────────┘     │
//!  errand thread ─┘                                                                          │
//!        ▲                                                                                   ▼
//!        └──────────────── runtime: orders to the client task, errands, suspend, quit; draws ┘
//! ```
//!
//! Invariants: state changes in [`app`] alone; the world is touched in [`runtime`], [`input`], [`signals`],
//! [`terminal`], [`scanner`], [`editor`] and [`worker`] alone; a screen or modal is one file with its state, its `update` and its `render`.

pub mod account_opener;
pub mod action;
pub mod activity;
pub mod analysis;
pub mod app;
pub mod applier;
pub mod clicks;
pub mod clock;
pub mod command;
pub mod editor;
pub mod event;
pub mod finder;
pub mod folders;
pub mod frame;
pub mod input;
pub mod job;
pub mod key;
pub mod keymap;
pub mod modals;
pub mod pressed;
pub mod rotator;
pub mod runtime;
pub mod scanner;
pub mod screen;
pub mod screens;
pub mod settings;
pub mod signals;
pub mod store;
pub mod summary;
pub mod terminal;
pub mod theme;
pub mod toast;
pub mod unfinished;
pub mod usage_cache;
pub mod view;
pub mod widgets;
pub mod worker;

use std::{io, time::Duration};

use jiff::tz::TimeZone;

use self::{
    account_opener::{AccountOpener, AccountRef, AccountSource, OpenRequest},
    app::App,
    event::Event,
    finder::Searcher,
    job::Job,
    rotator::Rotator,
    runtime::{End, Ports},
    scanner::FolderScanner,
    settings::Settings,
    terminal::Terminal,
    view::Now,
};
use crate::{
    accounts::cache::Memory,
    rotation::Rotations,
    work::{self, journal::Records},
};

/// How long the end of the program waits for what the client task still has to do.
const PARTING: Duration = Duration::from_millis(500);

/// Opens the dashboard and runs it until it is left. The first account is opened on a thread of its own while the first frame is
/// already painted; when that fails, the welcome says why. What `memory` holds of it is shown meanwhile.
///
/// # Errors
/// When there is no terminal to draw on, or it goes away while drawing.
pub fn start(settings: Settings, memory: Option<Memory>, account_opener: impl AccountSource) -> io::Result<End> {
    terminal::install_panic_hook();
    let (events, mut inbox) = runtime::channel();
    let mut screen = Terminal::enter()?;
    signals::spawn(events.clone())?;
    input::spawn(events.clone())?;
    let records = Records::from_process();
    let (jobs, running_errands) = worker::spawn(events.clone(), records.clone())?;

    let searches = Searcher::new(events.clone());

    // Looks through the whole database of time zones, and the first frame shows no time.
    let _asked = jobs.send(Job::Locate);
    if let Some(memory) = memory {
        // Fails when the thread has ended, which it does not before the sender does.
        let _asked = jobs.send(Job::Recall(memory));
    }
    let rotator = Rotator::new(events.clone(), records.clone(), Rotations::from_process());
    let opener = AccountOpener::new(account_opener, events.clone());
    opener.open_request(OpenRequest::Enter { ticket: 0, which: AccountRef::First, passphrase: None });

    let now = Now { instant: std::time::Instant::now(), time: clock::now() };
    let mut app = App::with(settings, TimeZone::UTC, now);
    let reports = events.clone();
    let report = move |report| drop(reports.send(Event::Api(report)));
    let (orders, client) = work::task::spawn(None, records, report)?;
    let open_request = Box::new({
        let opener = opener.clone();
        move |open_request| opener.open_request(open_request)
    });
    let scanner = FolderScanner::new(events);
    let ports = Ports { orders, jobs, searches, open_request, rotator, scanner };
    let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let end = tokio.block_on(runtime::run(&mut app, &mut screen, &mut inbox, &ports));
    drop(ports);
    // The terminal first: what follows is nobody's to watch.
    drop(screen);
    drop(app);
    // The records of values that are stored are closed, and a change that is on its way may still arrive.
    client.end_within(PARTING);
    // A wipe of the clipboard may still be on its way.
    running_errands.finish();
    opener.close();
    end
}
