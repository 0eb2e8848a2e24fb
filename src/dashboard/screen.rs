//! [`Screen`]: what the loop needs of a terminal.
//!
//! The loop is generic over this trait, so the very loop a person runs is the one the tests run. It is small on purpose:
//! everything about modes, signals and bytes stays behind it.

use std::io;

use ratatui::Frame;

/// Somewhere to draw.
pub trait Screen {
    /// Draws one frame. What did not change since the last one costs nothing; when nothing did, nothing is written.
    fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()>;

    /// Forgets what is on the screen, here and in both buffers behind it: the next [`Screen::draw`] clears the terminal
    /// and writes every cell. For Ctrl-L, and to make sure that no cell of a dismissed secret is left in memory.
    fn repaint(&mut self);

    /// Sends a control sequence that is no drawing (a copy by OSC 52), after the last frame and before the next.
    fn write_sequence(&mut self, sequence: &[u8]) -> io::Result<()>;

    /// Gives the terminal back and stops the process, as Ctrl-Z does elsewhere. Returns when the process goes on and the
    /// terminal is ours again: `true`, or `false` when there was no shell to go back to and nothing happened. What must
    /// not be left on the screen has to be drawn over before.
    fn suspend(&mut self) -> io::Result<bool>;

    /// Gives the terminal to another program until [`Screen::resume`]; what is drawn meanwhile is dropped.
    fn lend(&mut self) -> io::Result<()>;

    /// Takes the terminal again after a stop nobody asked us about ([`super::event::Event::Resumed`]) or from who had it, and repaints.
    fn resume(&mut self) -> io::Result<()>;

    /// Whether clicks and the wheel are reported. Off, the terminal's own selection works.
    fn set_mouse(&mut self, on: bool) -> io::Result<()>;
}
