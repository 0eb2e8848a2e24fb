//! [`Terminal`]: the real screen, from taking it over to giving it back.
//!
//! Invariants:
//! - A frame is one write, made in memory first and wrapped in a synchronized update (DEC mode 2026), so that neither a
//!   slow line nor a multiplexer shows half of it. Nothing is written when nothing changed.
//! - The terminal is never asked anything: an answer would have to be fished out of the person's keys.
//! - Every mode that was set is undone once, in whatever way the program ends: [`leave`] may be called from any thread, at
//!   any time, any number of times. Once it was, frames are dropped.

use std::io::{self, IsTerminal as _};

use ratatui::{Frame, buffer::Cell};

use super::{screen::Screen, signals};

mod backend;
mod modes;
mod panic;

pub use modes::{leave, write as write_sequence};
pub use panic::install_panic_hook;

/// The terminal, taken over. Dropping it gives it back.
#[derive(Debug)]
pub struct Terminal {
    inner: ratatui::Terminal<backend::FrameBackend>,
    /// Whether the mouse is wanted, to ask for it again after the terminal was somebody else's.
    has_mouse: bool,
}

impl Terminal {
    /// Takes the terminal over: raw mode, alternate screen, bracketed paste, focus reports, hidden cursor.
    ///
    /// # Errors
    /// When standard output is not a terminal, calls itself dumb, or cannot be set up; the text says what to do instead.
    pub fn enter() -> io::Result<Self> {
        if !io::stdout().is_terminal() {
            return Err(io::Error::other(
                "The dashboard needs a terminal, but standard output is not one. Run it without a pipe or redirection, or use the commands: jeton --help",
            ));
        }
        if std::env::var_os("TERM").is_some_and(|name| name == "dumb") {
            return Err(io::Error::other(
                "The dashboard needs a full terminal (TERM=dumb). Use the commands instead: jeton --help",
            ));
        }
        // crossterm's own idea of NO_COLOR resets bold and reverse together with the colours; our theme knows better.
        crossterm::style::force_color_output(true);
        modes::enter()?;
        let terminal = ratatui::Terminal::new(backend::FrameBackend::new()).inspect_err(|_| leave())?;
        Ok(Self { inner: terminal, has_mouse: false })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        leave();
    }
}

impl Screen for Terminal {
    fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        let drawn = self.inner.draw(render).map(drop).and_then(|()| self.inner.backend_mut().commit());
        drawn.inspect_err(|_| signals::lost_terminal())
    }

    fn repaint(&mut self) {
        // Both buffers are filled before they are emptied, because emptying a cell leaves its bytes where they are.
        for _ in 0..2 {
            self.inner.current_buffer_mut().content.fill(Cell::new(" "));
            self.inner.swap_buffers();
        }
        self.inner.swap_buffers();
        self.inner.backend_mut().clear();
    }

    fn write_sequence(&mut self, sequence: &[u8]) -> io::Result<()> {
        modes::write(sequence)
    }

    fn suspend(&mut self) -> io::Result<bool> {
        if !signals::can_stop() {
            return Ok(false);
        }
        leave();
        if signals::stop()? {
            modes::enter()?;
            modes::set_mouse(self.has_mouse)?;
        }
        self.repaint();
        Ok(true)
    }

    fn lend(&mut self) -> io::Result<()> {
        if cfg!(unix) {
            leave();
        }
        signals::lend()
    }

    fn resume(&mut self) -> io::Result<()> {
        signals::take_back()?;
        // Whoever had the terminal meanwhile may have changed any mode; leaving first keeps the books balanced.
        leave();
        modes::enter()?;
        modes::set_mouse(self.has_mouse)?;
        self.repaint();
        Ok(())
    }

    fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        self.has_mouse = on;
        modes::set_mouse(on)
    }
}
