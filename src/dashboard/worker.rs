//! Errands: what takes a moment and touches the world: the clipboard and files. One thread runs them in order, so the
//! loop never waits for a slow disk or a clipboard owner that does not answer.
//!
//! Invariants: an errand somebody waits for is answered by exactly one event; when the channel ends, a
//! sensitive value of ours is wiped from the clipboard before the thread does.

use std::{
    cell::LazyCell,
    io,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::Duration,
};

use jiff::tz::TimeZone;

use super::{
    action::Tone,
    clock, editor,
    event::{Event, Sender},
    job::Job,
};
use crate::{
    delivery::{
        StoreError, Terminal,
        clipboard::{Clipboard, Environment},
    },
    os::process,
    secret::Secret,
    work::journal::Records,
};

/// How long the end of the program waits for an errand that hangs.
const PATIENCE: Duration = Duration::from_secs(2);

/// The thread, to be waited for.
#[derive(Debug)]
pub struct Running(mpsc::Receiver<()>);

impl Running {
    /// Waits until every errand is done, but not for ever; the sender must be gone.
    pub fn finish(self) {
        let _done_or_late = self.0.recv_timeout(PATIENCE);
    }
}

/// Starts the thread; it ends when the sender is dropped.
pub fn spawn(events: Sender, records: Records) -> io::Result<(mpsc::Sender<Job>, Running)> {
    let (jobs, inbox) = mpsc::channel();
    let (done, running) = mpsc::channel();
    let work = move || {
        run(&inbox, &events, &records, browse);
        let _nobody_waits = done.send(());
    };
    thread::Builder::new().name("errands".into()).spawn(work)?;
    Ok((jobs, Running(running)))
}

fn run(inbox: &mpsc::Receiver<Job>, events: &Sender, records: &Records, browse: fn(&str) -> Result<(), ()>) {
    let sequences = events.clone();
    // The terminal has one writer, the loop: what is to be sent to it goes there.
    let sequence = move |bytes: &[u8]| {
        let sequence = Secret::new(String::from_utf8_lossy(bytes));
        sequences.send(Event::SequenceReady(sequence)).map_err(|_| io::Error::other("the dashboard is over"))
    };
    // Looking around asks tmux, which is a process; most sessions copy nothing.
    let mut clipboard = LazyCell::new(move || {
        let environment = Environment::detect(|name| std::env::var(name).ok());
        Clipboard::new(environment, Box::new(sequence))
    });
    let mut has_copied = false;
    let (mut recalled, is_wanted) = (Vec::new(), Arc::new(AtomicBool::new(true)));
    for job in inbox {
        let event = match job {
            Job::Copy(copy) => {
                has_copied = true;
                Event::Copied(clipboard.copy(&copy))
            }
            // A command may wait for somebody, a disk for a network; copying must go on meanwhile.
            Job::Deliver { op, to, value } => {
                let (delivered, journal) = (value.clone(), records.journal_of(&op));
                let work = move || {
                    let result = to.read().and_then(|to| journal.deliver(&op, &to, &delivered, Terminal::Ours));
                    Some(Event::Stored(delivered, result))
                };
                match aside("deliver", events, work) {
                    Ok(()) => continue,
                    Err(error) => Event::Stored(value, Err(StoreError(format!("Couldn't start a thread: {error}.")))),
                }
            }
            Job::Check(typed) => {
                let result = typed.read().and_then(|to| to.check());
                Event::Checked(typed, result)
            }
            // Longer than anybody who copies something wants to wait.
            Job::Analysis(analysis_input) => {
                if let Err(error) =
                    aside("survey", events, move || Some(Event::Surveyed(Arc::new(analysis_input.run()))))
                {
                    log::warn!("could not analyze the tokens: {error}");
                }
                continue;
            }
            Job::Locate => Event::Located(TimeZone::try_system().unwrap_or(TimeZone::UTC)),
            // The same list is asked for at the start and again when the account is open; a long one takes a moment.
            Job::Recall(memory) if recalled.contains(&memory) => continue,
            Job::Recall(memory) => {
                recalled.push(memory.clone());
                let (told, is_wanted) = (events.clone(), Arc::clone(&is_wanted));
                is_wanted.store(true, Relaxed);
                let work = move || {
                    let now = clock::now();
                    // Sending fails when the dashboard is over, as below.
                    if let Some(remembered) = memory.recall(now, &is_wanted) {
                        let _over = told.send(Event::Remembered(remembered));
                    }
                    if let Some(places) = memory.recall_places(now) {
                        let _over = told.send(Event::PlacesRemembered(memory.key().clone(), Arc::new(places)));
                    }
                };
                if let Err(error) = thread::Builder::new().name("recall".into()).spawn(work) {
                    log::warn!("could not read the last list: {error}");
                }
                continue;
            }
            Job::EndRecall => {
                is_wanted.store(false, Relaxed);
                continue;
            }
            Job::Edit(spot) => match aside("editor", events, move || Some(Event::Edited(editor::open(&spot)))) {
                Ok(()) => continue,
                Err(error) => Event::Edited(Err(format!("Couldn't start a thread: {error}."))),
            },
            Job::Remember(memory, tokens) => {
                memory.keep(&tokens, clock::now());
                continue;
            }
            // The opener may stay as long as the browser does, and the clipboard must be wiped in time.
            Job::Browse(url) => {
                let said = Event::Said(Tone::Note, format!("The page is {url}"));
                match aside("browse", events, move || browse(&url).err().map(|()| said)) {
                    Ok(()) => continue,
                    Err(error) => Event::Said(Tone::Bad, format!("Couldn't start a thread: {error}.")),
                }
            }
            Job::Wipe if !has_copied => continue,
            Job::Wipe => match clipboard.wipe() {
                Some(wiped) => Event::Wiped(wiped),
                None => continue,
            },
        };
        if events.send(event).is_err() {
            break;
        }
    }
    if has_copied && clipboard.holds_ours() {
        clipboard.wipe();
    }
}

/// Does what may take long on a thread of its own, so that the errands behind it need not wait.
fn aside(name: &str, events: &Sender, work: impl FnOnce() -> Option<Event> + Send + 'static) -> io::Result<()> {
    let told = events.clone();
    let work = move || {
        if let Some(event) = work() {
            // Fails when the dashboard is over.
            drop(told.send(event));
        }
    };
    thread::Builder::new().name(name.into()).spawn(work).map(drop)
}

/// Asks the desktop to open a page. A text browser would take the terminal over, so without a desktop nothing is opened.
fn browse(url: &str) -> Result<(), ()> {
    let has_desktop = cfg!(any(windows, target_os = "macos"))
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if !has_desktop {
        return Err(());
    }
    let mut command = if cfg!(windows) {
        let mut command = process::child("cmd");
        command.args(["/C", "start", ""]);
        command
    } else {
        process::child(if cfg!(target_os = "macos") { "open" } else { "xdg-open" })
    };
    // Whatever it has to say would be drawn over the screen.
    let command = command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().ok().filter(std::process::ExitStatus::success).map(drop).ok_or(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opener_that_stays_as_long_as_the_browser_holds_up_nothing() {
        let (events, mut inbox) = tokio::sync::mpsc::unbounded_channel();
        let (jobs, waiting) = mpsc::channel();
        jobs.send(Job::Browse("https://example.com".into())).unwrap();
        jobs.send(Job::Locate).unwrap();
        drop(jobs);
        // It ends only with the test.
        run(&waiting, &events, &Records::from_process(), |_| {
            loop {
                thread::park();
            }
        });
        assert!(matches!(inbox.try_recv(), Ok(Event::Located(_))), "what was asked after it is done");
    }
}
