//! [`Screen`]: what the loop needs of a terminal, and [`TestScreen`], which is one in memory.
//!
//! The loop is generic over this trait, so the very loop a person runs is the one the tests run. It is small on purpose:
//! everything about modes, signals and bytes stays behind it.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ratatui::{Frame, backend::TestBackend, buffer::Buffer, layout::Position};
use tokio::sync::Notify;

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

/// A screen in memory. Clones share it: the loop draws on one, the test reads another.
#[derive(Clone, Debug)]
pub struct TestScreen {
    state: Arc<Mutex<State>>,
    drawn: Arc<Notify>,
}

#[derive(Debug)]
struct State {
    terminal: ratatui::Terminal<TestBackend>,
    frames: usize,
    repaints: usize,
    suspensions: usize,
    sequences: Vec<Vec<u8>>,
    mouse: bool,
}

impl TestScreen {
    /// A blank screen of `width` by `height` cells.
    pub fn new(width: u16, height: u16) -> Self {
        let Ok(terminal) = ratatui::Terminal::new(TestBackend::new(width, height));
        let state = State { terminal, frames: 0, repaints: 0, suspensions: 0, sequences: Vec::new(), mouse: false };
        Self { state: Arc::new(Mutex::new(state)), drawn: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is on the screen, a line a row, without trailing blanks. The second cell of a wide character is left out.
    pub fn text(&self) -> String {
        let buffer = self.buffer();
        let mut text = String::new();
        for row in buffer.area.rows() {
            let mut line = String::new();
            let mut covered = 0;
            for at in row.positions() {
                let symbol = buffer[at].symbol();
                if covered == 0 {
                    line.push_str(symbol);
                    covered = unicode_width::UnicodeWidthStr::width(symbol).max(1);
                }
                covered -= 1;
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// What is on the screen, with its styles.
    pub fn buffer(&self) -> Buffer {
        self.state().terminal.backend().buffer().clone()
    }

    /// Where the cursor is, when it is shown.
    pub fn cursor(&self) -> Option<Position> {
        let mut state = self.state();
        let backend = state.terminal.backend_mut();
        backend.cursor_visible().then(|| backend.cursor_position())
    }

    /// Frames drawn so far.
    pub fn frames(&self) -> usize {
        self.state().frames
    }

    /// Times a full repaint was asked for.
    pub fn repaints(&self) -> usize {
        self.state().repaints
    }

    /// Times the process would have been stopped, or the terminal was lent.
    pub fn suspensions(&self) -> usize {
        self.state().suspensions
    }

    /// The sequences written so far, oldest first.
    pub fn sequences(&self) -> Vec<Vec<u8>> {
        self.state().sequences.clone()
    }

    /// Whether the mouse is reported.
    pub fn mouse(&self) -> bool {
        self.state().mouse
    }

    /// Gives the screen another size; the loop must still be told ([`super::event::Event::Resized`]).
    pub fn resize(&self, width: u16, height: u16) {
        self.state().terminal.backend_mut().resize(width, height);
    }

    /// Waits until the text on the screen satisfies `wanted`, looking after every frame. Set a deadline around it.
    pub async fn until(&self, mut wanted: impl FnMut(&str) -> bool) -> String {
        loop {
            let next = self.drawn.notified();
            let text = self.text();
            if wanted(&text) {
                return text;
            }
            next.await;
        }
    }
}

impl Screen for TestScreen {
    fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        let mut state = self.state();
        state.frames += 1;
        let Ok(_) = state.terminal.draw(render);
        drop(state);
        // `notify_one` keeps a permit when nobody waits yet, so a frame between the look and the wait is not missed.
        self.drawn.notify_one();
        Ok(())
    }

    fn repaint(&mut self) {
        self.state().repaints += 1;
    }

    fn write_sequence(&mut self, sequence: &[u8]) -> io::Result<()> {
        self.state().sequences.push(sequence.to_vec());
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<bool> {
        self.state().suspensions += 1;
        Ok(true)
    }

    fn lend(&mut self) -> io::Result<()> {
        self.state().suspensions += 1;
        Ok(())
    }

    fn resume(&mut self) -> io::Result<()> {
        self.repaint();
        Ok(())
    }

    fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        self.state().mouse = on;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ratatui::widgets::Paragraph;

    use super::*;

    #[test]
    fn wide_characters_are_read_once() {
        let mut screen = TestScreen::new(8, 2);
        screen.draw(|frame| frame.render_widget(Paragraph::new("東京a\nb"), frame.area())).unwrap();
        assert_eq!(screen.text(), "東京a\nb\n");
    }

    #[tokio::test]
    async fn a_test_can_wait_for_text() {
        let screen = TestScreen::new(8, 1);
        let mut drawing = screen.clone();
        drawing.draw(|frame| frame.render_widget(Paragraph::new("ready"), frame.area())).unwrap();
        let text = tokio::time::timeout(std::time::Duration::from_secs(5), screen.until(|text| text.contains("ready")));
        assert_eq!(text.await.unwrap(), "ready\n");
    }
}
