//! [`FolderScanner`]: scans folders for tokens on a thread of its own, and completes the names of folders.
//!
//! Invariants: one scan runs at a time; each [`ScanOrder::Start`] is answered by exactly one [`Scanned::Done`], also when it is stopped; what
//! was found is remembered before it is told.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use super::{
    clock,
    event::{Event, Sender},
    folders::{self, Completion},
};
use crate::{
    accounts::cache::Memory,
    scan::{Progress, ScanResult, Wanted},
    token::AccountKey,
};

/// How often it tells how far it is.
const TICK: Duration = Duration::from_millis(150);

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanOrder {
    /// Scan these folders, as they were typed.
    Start {
        /// The account the result is for.
        account: AccountKey,
        /// The folders, as [`folders::parse`] reads them.
        folders: String,
        /// Whether to scan their git history, too.
        with_history: bool,
    },
    /// End the scan that runs; what it has found so far counts.
    Stop,
    /// Complete a half-typed folder.
    Complete(String),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// Not the end yet: how far it is.
    Progress(Counts),
    /// The scan for an account is over.
    Done(AccountKey, Result<Arc<ScanResult>, String>),
    /// What can become of a text.
    Completed(String, Completion),
}

/// How far a scan is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files that were scanned, and versions of files in history.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Places with tokens.
    pub found: u64,
}

/// The way to the thread.
#[derive(Debug)]
pub struct FolderScanner {
    events: Sender,
    running: Arc<Mutex<Option<Arc<Progress>>>>,
}

fn lock(running: &Mutex<Option<Arc<Progress>>>) -> MutexGuard<'_, Option<Arc<Progress>>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FolderScanner {
    /// One that does nothing yet.
    pub fn new(events: Sender) -> Self {
        Self { events, running: Arc::default() }
    }

    /// Does what is asked, on a thread, and answers with events. What is found is kept in `memory`, where there is one.
    pub fn take(&self, order: ScanOrder, memory: Option<Memory>) {
        match order {
            ScanOrder::Start { account, folders, with_history } => self.start(account, folders, with_history, memory),
            ScanOrder::Stop => drop(lock(&self.running).as_ref().map(|progress| progress.stop())),
            ScanOrder::Complete(text) => {
                let events = self.events.clone();
                let work = move || {
                    let completion = folders::complete(&text);
                    tell(&events, Scanned::Completed(text, completion));
                };
                // Without a thread nothing is completed; it can be typed.
                let _typed = thread::Builder::new().name("complete".into()).spawn(work);
            }
        }
    }

    fn start(&self, account: AccountKey, folders: String, with_history: bool, memory: Option<Memory>) {
        let progress = Arc::new(Progress::default());
        let is_busy = {
            let mut running = lock(&self.running);
            let is_busy = running.is_some();
            running.get_or_insert_with(|| Arc::clone(&progress));
            is_busy
        };
        if is_busy {
            return tell(&self.events, Scanned::Done(account, Err("another scan is still running".to_owned())));
        }
        let (events, running) = (self.events.clone(), Arc::clone(&self.running));
        let told = (self.events.clone(), account.clone());
        let work = move || {
            let result = scan(&folders, with_history, &progress, &events).map(Arc::new);
            if let (Ok(result), Some(memory)) = (&result, memory) {
                memory.keep_places(result);
            }
            *lock(&running) = None;
            tell(&events, Scanned::Done(account, result));
        };
        if let Err(error) = thread::Builder::new().name("scan".into()).spawn(work) {
            *lock(&self.running) = None;
            let (events, account) = told;
            tell(&events, Scanned::Done(account, Err(format!("no thread could be started: {error}"))));
        }
    }
}

impl Drop for FolderScanner {
    fn drop(&mut self) {
        self.take(ScanOrder::Stop, None);
    }
}

/// Fails when the dashboard is over already.
fn tell(events: &Sender, scanned: Scanned) {
    let _over = events.send(Event::Scanned(scanned));
}

/// Scans on another thread, while this one tells how far it is.
fn scan(folders: &str, with_history: bool, progress: &Progress, events: &Sender) -> Result<ScanResult, String> {
    let wanted = Wanted { folders: folders::parse(folders)?, with_history };
    thread::scope(|scope| {
        let (done, end) = mpsc::channel();
        let wanted = &wanted;
        scope.spawn(move || {
            let result = ScanResult::find(wanted, progress, clock::now).map_err(|fault| fault.to_string());
            // Fails when nobody waits, which does not happen.
            let _received = done.send(result);
        });
        loop {
            match end.recv_timeout(TICK) {
                Err(RecvTimeoutError::Timeout) => {
                    let (files, bytes, found) = (progress.files(), progress.bytes(), progress.findings());
                    tell(events, Scanned::Progress(Counts { files, bytes, found }));
                }
                Err(RecvTimeoutError::Disconnected) => return Err("the scan ended early".to_owned()),
                Ok(result) => return result,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> AccountKey {
        AccountKey { username: "ada".into(), host: "api.mapbox.com".into() }
    }

    #[test]
    fn a_scan_tells_how_far_it_is_and_ends_soon_once_it_is_stopped() {
        // Far larger than what is read before somebody can stop it.
        const LENGTH: u64 = 64 << 30;
        let place = tempfile::tempdir().unwrap();
        let file = std::fs::File::create(place.path().join("huge.log")).unwrap();
        std::io::Write::write_all(&mut &file, "line\n".repeat(4096).as_bytes()).unwrap();
        file.set_len(LENGTH).unwrap();
        let (events, mut inbox) = tokio::sync::mpsc::unbounded_channel();
        let scanner = FolderScanner::new(events);
        let folders = place.path().to_string_lossy().into_owned();
        let start = ScanOrder::Start { account: account(), folders, with_history: false };
        scanner.take(start.clone(), None);
        let mut has_progressed = false;
        let (mut stopped, mut refused) = (None, None);
        while stopped.is_none() || refused.is_none() {
            match inbox.blocking_recv() {
                Some(Event::Scanned(Scanned::Progress(counts))) if !has_progressed && counts.bytes > 0 => {
                    has_progressed = true;
                    scanner.take(start.clone(), None);
                    scanner.take(ScanOrder::Stop, None);
                }
                Some(Event::Scanned(Scanned::Done(of, Ok(result)))) if of == account() => stopped = Some(result),
                Some(Event::Scanned(Scanned::Done(_, Err(why)))) => refused = Some(why),
                Some(Event::Scanned(Scanned::Progress(_))) => {}
                other => panic!("{other:?}"),
            }
        }
        let result = stopped.expect("it ended");
        assert!(result.was_stopped && result.bytes < LENGTH, "{result:?}");
        assert_eq!(refused.as_deref(), Some("another scan is still running"));
    }
}
