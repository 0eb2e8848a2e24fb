//! [`FrameBackend`]: a ratatui backend whose frames are made in memory and written at once.
//!
//! ratatui flushes whenever it moves or hides the cursor, and writes colour resets and cursor commands for frames in which
//! nothing changed. Here a flush does nothing, the cursor is settled once at the end of a frame, and [`commit`] writes what
//! came together, if anything did.
//!
//! [`commit`]: FrameBackend::commit

use std::io::{self, Write};

use ratatui::{
    backend::{Backend, ClearType, CrosstermBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};
use zeroize::Zeroize as _;

use super::modes;

/// Synchronized update, begin and end.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Enough for a full repaint of a large terminal, so that growing, which copies, is rare.
const USUAL: usize = 64 * 1024;

/// What terminals that do not know their size (serial lines, some containers) are taken to be.
const UNKNOWN: Size = Size { width: 80, height: 24 };

#[derive(Debug)]
pub(super) struct FrameBackend {
    frame: Bytes,
    /// Where the frame wants the cursor; `None`: hidden.
    wanted: Option<Position>,
    /// Where the terminal has it, if it is shown and known.
    shown_at: Option<Position>,
}

impl FrameBackend {
    /// For a terminal whose cursor is hidden.
    pub(super) fn new() -> Self {
        Self { frame: Bytes(Vec::with_capacity(USUAL)), wanted: None, shown_at: None }
    }

    /// Puts clearing the screen at the start of the next frame.
    pub(super) fn clear(&mut self) {
        // The modes may have been set anew, and that hides the cursor.
        self.shown_at = None;
        let _ = self.clear_region(ClearType::All);
    }

    /// Writes the frame, if there is one.
    pub(super) fn commit(&mut self) -> io::Result<()> {
        self.settle_cursor()?;
        if self.frame.0.is_empty() {
            return Ok(());
        }
        self.frame.write_all(END)?;
        let written = modes::write(&self.frame.0);
        self.frame.wipe();
        written
    }

    fn pen(&mut self) -> CrosstermBackend<&mut Bytes> {
        CrosstermBackend::new(&mut self.frame)
    }

    fn settle_cursor(&mut self) -> io::Result<()> {
        if self.wanted == self.shown_at {
            return Ok(());
        }
        match self.wanted {
            None => self.pen().hide_cursor()?,
            Some(position) => {
                let hidden = self.shown_at.is_none();
                self.pen().set_cursor_position(position)?;
                if hidden {
                    self.pen().show_cursor()?;
                }
            }
        }
        self.shown_at = self.wanted;
        Ok(())
    }

    /// Terminals without synchronized updates would show it hopping about.
    fn hide_while_drawing(&mut self) -> io::Result<()> {
        if self.shown_at.take().is_some() {
            self.pen().hide_cursor()?;
        }
        Ok(())
    }
}

impl Backend for FrameBackend {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.hide_while_drawing()?;
        self.pen().draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.wanted = None;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.wanted.get_or_insert_default();
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.wanted.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.wanted = Some(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.hide_while_drawing()?;
        self.pen().clear_region(region)
    }

    fn append_lines(&mut self, count: u16) -> io::Result<()> {
        self.pen().append_lines(count)
    }

    fn size(&self) -> io::Result<Size> {
        let size = terminal_size()?;
        Ok(if size.width == 0 || size.height == 0 { UNKNOWN } else { size })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Asked of the descriptor we write to. crossterm would open `/dev/tty` for every frame and run `tput` where that fails.
#[cfg(unix)]
fn terminal_size() -> io::Result<Size> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout())?;
    Ok(Size::new(size.ws_col, size.ws_row))
}

#[cfg(windows)]
fn terminal_size() -> io::Result<Size> {
    crossterm::terminal::size().map(Size::from)
}

/// The bytes of a frame. A revealed value passes through, so they are overwritten once written, and when they have to
/// move to a larger block.
#[derive(Debug)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn wipe(&mut self) {
        self.0.as_mut_slice().zeroize();
        self.0.clear();
    }
}

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            self.0.extend_from_slice(BEGIN);
        }
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Vec::with_capacity(needed.max(2 * self.0.capacity()));
            larger.extend_from_slice(&self.0);
            std::mem::replace(&mut self.0, larger).zeroize();
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(draw: impl FnOnce(&mut FrameBackend), backend: &mut FrameBackend) -> String {
        draw(backend);
        backend.settle_cursor().unwrap();
        let bytes = String::from_utf8(backend.frame.0.clone()).unwrap();
        backend.frame.wipe();
        bytes
    }

    #[test]
    fn a_frame_without_changes_has_no_bytes() {
        let mut backend = FrameBackend::new();
        assert_eq!(frame(|b| b.draw([].into_iter()).and_then(|()| b.hide_cursor()).unwrap(), &mut backend), "");
    }

    #[test]
    fn the_cursor_is_moved_only_when_it_has_to_be() {
        let mut backend = FrameBackend::new();
        let at = |b: &mut FrameBackend, x| b.show_cursor().and_then(|()| b.set_cursor_position((x, 0))).unwrap();
        assert_eq!(frame(|b| at(b, 1), &mut backend), "\x1b[?2026h\x1b[1;2H\x1b[?25h");
        assert_eq!(frame(|b| at(b, 1), &mut backend), "");
        assert_eq!(frame(|b| at(b, 2), &mut backend), "\x1b[?2026h\x1b[1;3H");
        assert_eq!(frame(|b| b.hide_cursor().unwrap(), &mut backend), "\x1b[?2026h\x1b[?25l");
    }

    #[test]
    fn the_cursor_is_hidden_while_cells_are_written_and_comes_back_to_its_place() {
        let mut backend = FrameBackend::new();
        frame(|b| b.set_cursor_position((4, 0)).unwrap(), &mut backend);
        let cell = Cell::new("x");
        let bytes = frame(|b| b.draw([(0, 0, &cell)].into_iter()).unwrap(), &mut backend);
        assert!(bytes.starts_with("\x1b[?2026h\x1b[?25l\x1b[1;1Hx"), "{bytes:?}");
        assert!(bytes.ends_with("\x1b[1;5H\x1b[?25h"), "{bytes:?}");
    }

    #[test]
    fn a_frame_larger_than_usual_is_kept_whole() {
        let mut bytes = Bytes(Vec::with_capacity(4));
        bytes.write_all(&[b'a'; 1000]).unwrap();
        bytes.write_all(b"b").unwrap();
        assert_eq!(bytes.0.len(), BEGIN.len() + 1001);
        bytes.wipe();
        assert!(bytes.0.is_empty());
    }
}
