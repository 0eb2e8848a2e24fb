//! [`TestScreen`]: a terminal in memory for the loop to draw on.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jeton::dashboard::screen::Screen;
use ratatui::{Frame, backend::TestBackend, buffer::Buffer, layout::Position, widgets::Paragraph};
use tokio::sync::Notify;

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
    mouse: bool,
}

impl TestScreen {
    /// A blank screen of `width` by `height` cells.
    pub fn new(width: u16, height: u16) -> Self {
        let Ok(terminal) = ratatui::Terminal::new(TestBackend::new(width, height));
        let state = State { terminal, frames: 0, repaints: 0, mouse: false };
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

    /// Whether the mouse is reported.
    pub fn mouse(&self) -> bool {
        self.state().mouse
    }

    /// Gives the screen another size; the loop must still be told ([`jeton::dashboard::event::Event::Resized`]).
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

    fn write_sequence(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<bool> {
        Ok(true)
    }

    fn lend(&mut self) -> io::Result<()> {
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
