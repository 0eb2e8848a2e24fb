//! Frames drawn by ratatui's own backend for terminals, the one the program's is made of, into memory; and what may be in them.

use std::{
    cell::RefCell,
    io::{self, Write},
    rc::Rc,
};

use jeton::dashboard::app::App;
use ratatui::{Terminal, TerminalOptions, Viewport, backend::CrosstermBackend, buffer::Buffer, layout::Rect};

use super::hostile::{is_offending, without_own_sequences};

/// Where the bytes go.
#[derive(Clone, Default)]
struct Bytes(Rc<RefCell<Vec<u8>>>);

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A terminal that is only looked at.
pub struct Canvas {
    terminal: Terminal<CrosstermBackend<Bytes>>,
    bytes: Bytes,
}

impl Canvas {
    pub fn new(width: u16, height: u16) -> Self {
        let viewport = Viewport::Fixed(Rect::new(0, 0, width, height));
        let bytes = Bytes::default();
        let backend = CrosstermBackend::new(bytes.clone());
        Self { terminal: Terminal::with_options(backend, TerminalOptions { viewport }).unwrap(), bytes }
    }

    pub fn size(&mut self) -> (u16, u16) {
        let area = self.terminal.get_frame().area();
        (area.width, area.height)
    }

    /// Draws a frame; what is on the screen then.
    ///
    /// # Panics
    /// When something came from the data that is not text.
    pub fn draw(&mut self, app: &mut App) -> Buffer {
        let buffer = self.terminal.draw(|frame| app.render(frame)).unwrap().buffer.clone();
        // No cell holds what a terminal obeys, so every sequence in the bytes is the backend's own …
        let is_plain = |symbol: &str| symbol.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
        let is_text = |symbol: &str| is_plain(symbol) || !symbol.chars().any(is_offending);
        let are_text = buffer.content.iter().all(|cell| is_text(cell.symbol()));
        assert!(are_text, "a cell holds what is no text:\n{:?}", text(&buffer));
        // … and with those taken out, nothing but text is left.
        let bytes = self.bytes.0.take();
        let text = without_own_sequences(std::str::from_utf8(&bytes).unwrap());
        let found: Vec<char> = text.chars().filter(|&c| is_offending(c)).collect();
        assert!(found.is_empty(), "reached the terminal: {found:?}");
        buffer
    }
}

/// The text of a screen, a line a row.
pub fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let rows = buffer.content.chunks(width);
    rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>() + "\n").collect()
}
