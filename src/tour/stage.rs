//! [`Stage`]: a dashboard in a process of its own, on a terminal of its own that is drawn as part of ours.
//!
//! Invariants: the process is gone when the stage is dropped; what it writes ends in the emulator and never reaches our terminal as bytes.

use std::{
    io::{self, Read as _, Write},
    num::NonZeroU16,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect, Size},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::Widget as _,
};
use tokio::sync::Notify;

/// A program on a pseudo-terminal.
pub struct Stage {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    emulator: Arc<Mutex<vt100::Parser>>,
    is_killed: bool,
}

impl Stage {
    /// Starts the program; `written` is told whenever it has written something.
    ///
    /// # Errors
    /// When the system has no pseudo-terminal to give, or the program cannot be started.
    pub fn start(command: CommandBuilder, size: Size, written: Arc<Notify>) -> io::Result<Self> {
        let pair = native_pty_system().openpty(pty_size(size)).map_err(io::Error::other)?;
        let child = pair.slave.spawn_command(command).map_err(io::Error::other)?;
        drop(pair.slave);
        let [rows, columns] = [size.height, size.width].map(cells);
        let emulator = Arc::new(Mutex::new(vt100::Parser::new(rows, columns, 0)));
        let mut output = pair.master.try_clone_reader().map_err(io::Error::other)?;
        let writer = pair.master.take_writer().map_err(io::Error::other)?;
        thread::Builder::new().name("tour output".into()).spawn({
            let emulator = Arc::clone(&emulator);
            move || {
                let mut buffer = [0; 16 * 1024];
                // Reading fails once the program is gone.
                while let Ok(count @ 1..) = output.read(&mut buffer) {
                    locked(&emulator).process(&buffer[..count]);
                    written.notify_one();
                }
            }
        })?;
        Ok(Self { master: pair.master, writer, child, emulator, is_killed: false })
    }

    /// Sends keys, as a terminal would.
    ///
    /// # Errors
    /// When the program is gone.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes)?;
        self.writer.flush()
    }

    /// Ends the process at once, in the middle of whatever it is doing: `kill -9`.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> io::Result<()> {
        // portable-pty's own `kill` asks nicely first, and the point is that nobody does.
        #[cfg(unix)]
        if let Some(pid) = self.child.process_id().and_then(|pid| rustix::process::Pid::from_raw(pid.cast_signed())) {
            rustix::process::kill_process(pid, rustix::process::Signal::KILL)?;
        }
        #[cfg(not(unix))]
        self.child.kill()?;
        self.child.wait()?;
        self.is_killed = true;
        Ok(())
    }

    /// Whether this text can be read on its screen.
    pub fn shows(&self, text: &str) -> bool {
        locked(&self.emulator).screen().contents().contains(text)
    }

    /// Gives its terminal another size.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn resize(&mut self, size: Size) -> io::Result<()> {
        locked(&self.emulator).screen_mut().set_size(cells(size.height), cells(size.width));
        self.master.resize(pty_size(size)).map_err(io::Error::other)
    }

    /// Draws its screen, and says where its cursor is when it shows one.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        let emulator = locked(&self.emulator);
        let screen = emulator.screen();
        for (row, place) in area.rows().enumerate() {
            let cells = (0..place.width).filter_map(|column| screen.cell(row as u16, column));
            let spans = cells.filter(|cell| !cell.is_wide_continuation()).map(|cell| {
                let symbol = if cell.has_contents() { cell.contents() } else { " " };
                Span::styled(symbol, style(cell, self.is_killed))
            });
            spans.collect::<Line>().render(place, buffer);
        }
        let (row, column) = screen.cursor_position();
        let is_shown = !screen.hide_cursor() && !self.is_killed;
        Some(Position { x: area.x + column, y: area.y + row }).filter(|at| is_shown && area.contains(*at))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !self.is_killed {
            // It may have ended by itself, and then there is nothing to end.
            let _ended = self.kill();
        }
    }
}

/// The emulator is whole after every call, also when the thread of another one panicked.
fn locked(emulator: &Mutex<vt100::Parser>) -> MutexGuard<'_, vt100::Parser> {
    emulator.lock().unwrap_or_else(PoisonError::into_inner)
}

fn style(cell: &vt100::Cell, is_killed: bool) -> Style {
    let mut style = Style::new().fg(color(cell.fgcolor())).bg(color(cell.bgcolor()));
    let modifiers = [
        (cell.bold(), Modifier::BOLD),
        (cell.dim() || is_killed, Modifier::DIM),
        (cell.italic(), Modifier::ITALIC),
        (cell.underline(), Modifier::UNDERLINED),
        (cell.inverse(), Modifier::REVERSED),
    ];
    for (_, modifier) in modifiers.into_iter().filter(|(is_set, _)| *is_set) {
        style = style.add_modifier(modifier);
    }
    style
}

fn color(color: vt100::Color) -> Color {
    match color {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(index) => Color::Indexed(index),
        vt100::Color::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap_or(NonZeroU16::MIN)
}

fn pty_size(size: Size) -> PtySize {
    PtySize { rows: size.height.max(1), cols: size.width.max(1), pixel_width: 0, pixel_height: 0 }
}
