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
//! What always holds: state changes in [`app`] alone; the world is touched in [`runtime`], [`input`], [`signals`],
//! [`terminal`] and [`errand`] alone; a screen or modal is one file with its state, its `update` and its `render`.
//!
//! Callers: the command line, with a way to connect to an account.

pub mod action;
pub mod activity;
pub mod app;
pub mod clock;
pub mod command;
pub mod errand;
pub mod event;
pub mod finder;
pub mod frame;
pub mod input;
pub mod key;
pub mod keymap;
pub mod ledger;
pub mod modals;
pub mod runtime;
pub mod screen;
pub mod screens;
pub mod signals;
pub mod store;
pub mod summary;
pub mod terminal;
pub mod theme;
pub mod toast;
pub mod unfinished;
pub mod view;
pub mod widgets;

use std::{
    any::Any,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use jiff::tz::TimeZone;
use tokio::{sync::oneshot, task::LocalSet};

use self::{
    app::App,
    event::{Event, Unconnected},
    runtime::{End, Ports},
    store::Account,
    terminal::Terminal,
    theme::Theme,
    view::Now,
};
use crate::{
    api::{self, Endpoint},
    cache::Memory,
    creation::Safekeeping,
};

/// How long the end of the program waits for what the client task still has to do.
const PARTING: Duration = Duration::from_millis(500);

/// An account that can be talked to.
pub struct Connection {
    /// What to show of it.
    pub account: Account,
    /// Where it is, and the authority.
    pub endpoint: Endpoint,
    /// Kept until the dashboard ends (the sandbox it talks to, say).
    pub guard: Box<dyn Any + Send>,
}

/// Opens the dashboard and runs it until it is left. `connect` runs on a thread of its own while the first frame is
/// already painted, for it may start a server, ask a keyring or wait for a command; its error leads to the
/// welcome, from where `demo` can be asked for instead. What
/// `memory` holds of the account is shown meanwhile.
///
/// # Errors
/// When there is no terminal to draw on, or it goes away while drawing.
pub fn start(
    memory: Option<Memory>,
    connect: impl FnOnce() -> Result<Connection, Unconnected> + Send + 'static,
    demo: impl Fn() -> Result<Connection, Unconnected> + Send + 'static,
) -> io::Result<End> {
    terminal::install_panic_hook();
    let (events, mut inbox) = runtime::channel();
    let mut screen = Terminal::enter()?;
    signals::spawn(events.clone())?;
    input::spawn(events.clone())?;
    let (errands, running_errands) = errand::spawn(events.clone())?;

    let searches = runtime::spawn_search(events.clone())?;

    let memory = memory.map(Arc::new);
    if let Some(memory) = memory.clone() {
        let events = events.clone();
        let recall = move || {
            if let Some(remembered) = memory.recall(clock::now()) {
                // Fails when the dashboard is over already.
                let _over = events.send(Event::Remembered(remembered));
            }
        };
        thread::Builder::new().name("recall".into()).spawn(recall)?;
    }

    let (connected, endpoint) = oneshot::channel();
    // A message asks for the demo account; the end of the channel is the end of the dashboard.
    let (demos, until_over) = std::sync::mpsc::channel::<()>();
    let connecting = events.clone();
    let is_connected = Arc::new(AtomicBool::new(false));
    let has_connected = Arc::clone(&is_connected);
    let is_demo = Arc::new(AtomicBool::new(false));
    let has_left = Arc::clone(&is_demo);
    let keeper = thread::Builder::new().name("connect".into()).spawn(move || {
        let mut connected = Some(connected);
        let mut kept = None;
        let mut result = Some(connect());
        loop {
            if let Some(result) = result.take() {
                has_connected.store(true, Ordering::Release);
                let event = result.map(|Connection { account, endpoint, guard }| {
                    kept = Some(guard);
                    // Fails when the dashboard is over already.
                    if let Some(connected) = connected.take() {
                        drop(connected.send(endpoint));
                    }
                    account
                });
                let _over = connecting.send(Event::Connected(event));
            }
            match until_over.recv() {
                Ok(()) if kept.is_none() => {
                    // What is seen from now on is not of the account that is remembered.
                    has_left.store(true, Ordering::Release);
                    result = Some(demo());
                }
                Ok(()) => {}
                Err(_) => break,
            }
        }
        drop(kept);
    })?;

    let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
    let now = Now { instant: std::time::Instant::now(), time: clock::now() };
    let mut app = App::new(Theme::for_environment(|name| std::env::var(name).ok()), zone, now);
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = LocalSet::new();
    let (end, client) = local.block_on(&tokio, async {
        let (orders, incoming) = tokio::sync::mpsc::unbounded_channel();
        let reports = events.clone();
        let client = tokio::task::spawn_local(async move {
            if let Ok(endpoint) = endpoint.await {
                let report = move |report| {
                    if let Some(memory) = memory.as_ref().filter(|_| !is_demo.load(Ordering::Acquire)) {
                        memory.hear(&report, clock::now());
                    }
                    drop(reports.send(Event::Api(report)));
                };
                api::task::run(endpoint, Safekeeping::new(), incoming, report).await;
            }
        });
        let ports = Ports { orders, errands, searches, demos };
        (runtime::run(&mut app, &mut screen, &mut inbox, &ports).await, client)
    });
    // The terminal first: what follows is nobody's to watch.
    drop(screen);
    drop(app);
    if is_connected.load(Ordering::Acquire) {
        // The records of values that are stored are closed, and a change that is on its way may still arrive.
        let _late = local.block_on(&tokio, async { tokio::time::timeout(PARTING, client).await });
    }
    // A wipe of the clipboard may still be on its way; the sandbox closes its database.
    running_errands.finish();
    // A command or keyring that hangs must not keep the program.
    if is_connected.load(Ordering::Acquire) {
        drop(keeper.join());
    }
    // Nor must the look-up of a name.
    tokio.shutdown_background();
    end
}
