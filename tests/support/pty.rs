//! A program on a pseudo-terminal, watched by an emulator: what a person would see, and every byte behind it.
//!
//! Everything waits for a condition with a deadline; what was on the screen then is in the panic message.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{Read as _, Write},
    num::NonZeroU16,
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::{
    process::{Pid, Signal, kill_process},
    termios::{Action, Termios, tcflow},
};

/// Far longer than anything takes on a busy machine; a test that gets here has failed.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The modes a program may set and has to undo, with what a fresh terminal has.
const MODES: [(u16, bool); 9] = [
    (25, true),
    (1000, false),
    (1002, false),
    (1003, false),
    (1004, false),
    (1006, false),
    (1049, false),
    (2004, false),
    (2026, false),
];

/// A running program and its terminal.
pub struct Pty {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    reader: Option<JoinHandle<()>>,
    closing: Arc<AtomicBool>,
    seen: Arc<(Mutex<Screen>, Condvar)>,
    exited: mpsc::Receiver<ExitStatus>,
    pid: Pid,
    tty: PathBuf,
    before: String,
}

struct Screen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    closed: bool,
}

impl Screen {
    /// Whether a synchronized update has begun and not ended: what is on the screen is half of a frame.
    fn is_mid_frame(&self) -> bool {
        self.raw.windows(8).rev().find_map(|bytes| match bytes {
            b"\x1b[?2026h" => Some(true),
            b"\x1b[?2026l" => Some(false),
            _ => None,
        }) == Some(true)
    }
}

impl Pty {
    /// Starts a program on a terminal of that size, which says what it is.
    pub fn start(mut command: CommandBuilder, columns: u16, rows: u16) -> Self {
        command.env("TERM", "xterm-256color");
        Self::start_as_is(command, columns, rows)
    }

    /// Starts a program with just the variables the command has.
    pub fn start_as_is(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).expect("a pseudo-terminal");
        let tty = pair.master.tty_name().expect("a name of the terminal");
        let before = termios(&tty);
        let mut child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let pid = child.process_id().and_then(|pid| Pid::from_raw(pid.cast_signed())).expect("a process id");
        let (sender, exited) = mpsc::channel();
        std::thread::spawn(move || sender.send(child.wait().expect("the program can be waited for")));

        let parser = vt100::Parser::new(cells(rows), cells(columns), 1000);
        let seen = Arc::new((Mutex::new(Screen { parser, raw: Vec::new(), closed: false }), Condvar::new()));
        let closing = Arc::new(AtomicBool::new(false));
        let mut source = pair.master.try_clone_reader().expect("a reader");
        let reader = std::thread::spawn({
            let (seen, closing) = (Arc::clone(&seen), Arc::clone(&closing));
            move || {
                let mut buffer = vec![0; 65536];
                // The read fails once the program's side is closed.
                while let Ok(count @ 1..) = source.read(&mut buffer) {
                    let mut state = seen.0.lock().unwrap();
                    state.parser.process(&buffer[..count]);
                    state.raw.extend_from_slice(&buffer[..count]);
                    drop(state);
                    seen.1.notify_all();
                    if closing.load(Ordering::SeqCst) {
                        return;
                    }
                }
                seen.0.lock().unwrap().closed = true;
                seen.1.notify_all();
            }
        });
        let writer = pair.master.take_writer().expect("a writer");
        let (master, writer, reader) = (Some(pair.master), Some(writer), Some(reader));
        Self { master, writer, reader, closing, seen, exited, pid, tty, before }
    }

    fn seen(&self) -> MutexGuard<'_, Screen> {
        self.seen.0.lock().unwrap()
    }

    /// Types, all in one write.
    pub fn send(&mut self, keys: impl AsRef<[u8]>) {
        let writer = self.writer.as_mut().expect("the terminal is there");
        writer.write_all(keys.as_ref()).and_then(|()| writer.flush()).expect("the terminal takes keys");
    }

    /// Sends a signal to the program alone.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("the program can be signalled");
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.seen().parser.screen_mut().set_size(cells(rows), cells(columns));
        self.master.as_ref().expect("the terminal is there").resize(size(columns, rows)).expect("a new size");
    }

    /// Waits until the screen satisfies `wanted`.
    pub fn wait_for(&self, what: &str, mut wanted: impl FnMut(&vt100::Screen) -> bool) {
        self.wait(what, |seen| wanted(seen.parser.screen()));
    }

    /// Waits until the text is on the screen.
    pub fn wait_for_text(&self, text: &str) {
        self.wait_for(text, |screen| screen.contents().contains(text));
    }

    /// Waits until the bytes written so far satisfy `wanted`.
    pub fn wait_for_bytes(&self, what: &str, mut wanted: impl FnMut(&[u8]) -> bool) {
        self.wait(what, |seen| wanted(&seen.raw));
    }

    fn wait(&self, what: &str, mut wanted: impl FnMut(&Screen) -> bool) {
        let mut wanted = |seen: &Screen| !seen.is_mid_frame() && wanted(seen);
        let (seen, left) =
            self.seen.1.wait_timeout_while(self.seen(), DEADLINE, |seen| !wanted(seen) && !seen.closed).unwrap();
        let (satisfied, text) = (wanted(&seen), seen.parser.screen().contents());
        drop(seen);
        let how = if left.timed_out() { "timed out" } else { "the program ended" };
        assert!(satisfied, "{how} waiting for {what:?}; on the screen:\n{text}");
    }

    /// Watches for that long and says whether anything at all was written meanwhile.
    pub fn is_quiet_for(&self, long: Duration) -> bool {
        let seen = self.seen();
        let before = seen.raw.len();
        let (seen, _) = self.seen.1.wait_timeout_while(seen, long, |seen| seen.raw.len() == before).unwrap();
        seen.raw.len() == before
    }

    /// The text on the screen.
    pub fn text(&self) -> String {
        self.seen().parser.screen().contents()
    }

    /// The text on the screen and in what has scrolled out of it.
    pub fn everything_on_screen(&self) -> String {
        let mut screen = self.screen();
        let mut text = String::new();
        for back in (0..=screen.scrollback_len()).rev() {
            screen.set_scrollback(back);
            text.push_str(&screen.contents());
            text.push('\n');
        }
        text
    }

    /// The screen as it is now.
    pub fn screen(&self) -> vt100::Screen {
        self.seen().parser.screen().clone()
    }

    /// Every byte the program wrote so far.
    pub fn raw(&self) -> Vec<u8> {
        self.seen().raw.clone()
    }

    /// The process.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Waits for the end; the exit code, or `Err` with the signal's name.
    pub fn end(&self) -> Result<u32, String> {
        let status = self.exited.recv_timeout(DEADLINE);
        let Ok(status) = status else { panic!("the program did not end; on the screen:\n{}", self.text()) };
        if self.reader.is_some() {
            self.wait("the last byte", |seen| seen.closed);
        }
        status.signal().map_or(Ok(status.exit_code()), |signal| Err(signal.to_owned()))
    }

    /// Whether the program ends within that time. What it ended with is not kept.
    pub fn ends_within(&self, long: Duration) -> bool {
        !matches!(self.exited.recv_timeout(long), Err(mpsc::RecvTimeoutError::Timeout))
    }

    /// Closes the terminal under the program, as a terminal window that is closed does. Returns when it is gone.
    /// `stir` is something the program answers: the reader has to wake up to let go of the terminal.
    pub fn hang_up(&mut self, stir: &str) -> Instant {
        self.closing.store(true, Ordering::SeqCst);
        self.send(stir);
        self.reader.take().expect("not hung up before").join().unwrap();
        self.writer = None;
        self.master = None;
        Instant::now()
    }

    /// Fails when the terminal is not as it was before the program: line settings, modes, screen and cursor.
    pub fn assert_given_back(&self) {
        assert_eq!(termios(&self.tty), self.before, "the line settings");
        let left: Vec<_> =
            MODES.iter().filter(|(mode, fresh)| self.modes().get(mode).is_some_and(|set| set != fresh)).collect();
        assert!(left.is_empty(), "modes left behind: {left:?}");
        let screen = self.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        let (set, reset) = self.switches(1049);
        assert_eq!(set, reset, "as many screens left as entered");
    }

    /// How often a mode was set and reset.
    pub fn switches(&self, mode: u16) -> (usize, usize) {
        let count = |value| switches(&self.raw()).filter(|switch| *switch == (mode, value)).count();
        (count(true), count(false))
    }

    fn modes(&self) -> BTreeMap<u16, bool> {
        switches(&self.raw()).collect()
    }

    /// Makes the terminal take no more output: whoever writes to it waits.
    pub fn hold_output(&self) {
        flow(&self.tty, Action::OOff);
    }

    /// Lets the terminal take output again.
    pub fn release_output(&self) {
        flow(&self.tty, Action::OOn);
    }

    /// The line settings as they are now.
    pub fn termios(&self) -> String {
        termios(&self.tty)
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // What a failed test leaves behind; for one that has ended there is nothing to kill.
        if matches!(self.exited.try_recv(), Err(mpsc::TryRecvError::Empty)) {
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }
}

/// The private modes switched in these bytes, in order.
fn switches(raw: &[u8]) -> impl Iterator<Item = (u16, bool)> {
    let text = String::from_utf8_lossy(raw).into_owned();
    let sequences: Vec<_> = text
        .split("\x1b[?")
        .skip(1)
        .filter_map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';')?;
            let (modes, rest) = rest.split_at(end);
            let on = match rest.chars().next()? {
                'h' => true,
                'l' => false,
                _ => return None,
            };
            Some(modes.split(';').filter_map(|mode| mode.parse().ok()).map(|mode| (mode, on)).collect::<Vec<_>>())
        })
        .flatten()
        .collect();
    sequences.into_iter()
}

fn open(tty: &PathBuf) -> File {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = OFlags::NOCTTY.bits().cast_signed();
    OpenOptions::new().read(true).write(true).custom_flags(flags).open(tty).expect("the terminal can be opened")
}

fn flow(tty: &PathBuf, action: Action) {
    tcflow(open(tty), action).expect("the terminal's output can be stopped");
}

fn termios(tty: &PathBuf) -> String {
    let tty = open(tty);
    let Termios { input_modes, output_modes, control_modes, local_modes, special_codes, .. } =
        rustix::termios::tcgetattr(tty).expect("line settings");
    format!("{input_modes:?} {output_modes:?} {control_modes:?} {local_modes:?} {special_codes:?}")
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("the emulator has at least one cell")
}
