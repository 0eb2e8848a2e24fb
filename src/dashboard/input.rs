//! What the person does, from the terminal to the loop's channel.
//!
//! One thread does nothing but a blocking `read()`. crossterm's feature `use-dev-tty` is on because its default source
//! leaves whatever exceeds 1,024 bytes of one burst unread until another key arrives; the source this feature selects
//! parses every byte it read before it waits again. Nothing else may read or poll crossterm's events: they have one
//! owner. Its `poll` is not used either: with that source it cannot see events already parsed.
//!
//! Invariants: every event that crosses the channel is in the vocabulary of [`super::key`] and [`super::event`];
//! releases, unknown keys and other mouse actions end here.
//!
//! Two things it cannot do, by the design of that source. A terminal that is gone makes its `read()` spin; `signals` sees
//! the same end at once and takes the dead descriptor away from it. A bracketed paste whose end never arrives swallows
//! what follows; signals still work then.

use std::{io, thread};

use crossterm::event::{self as from, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};

use super::{
    event::{Event, Mouse, MouseAction, Sender},
    key::{Key, KeyCode},
    signals,
};

/// Starts the thread. It ends when nobody receives any more (noticed at the next event) or when the terminal cannot be
/// read, which is reported as [`Event::HungUp`].
pub fn spawn(events: Sender) -> io::Result<()> {
    thread::Builder::new().name("input".into()).spawn(move || forward(&events)).map(drop)
}

fn forward(events: &Sender) {
    loop {
        let event = match from::read() {
            Ok(event) => translate(event, cfg!(windows)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => None,
            Err(_) => {
                // The signal thread may see the end later, and the exit status must not depend on who was first.
                signals::lost_terminal();
                // Nobody is there to read the reason, and the loop's answer is the same whatever it is.
                let _ = events.send(Event::HungUp);
                return;
            }
        };
        if event.is_some_and(|event| events.send(event).is_err()) {
            return;
        }
    }
}

/// crossterm's event in our words; `None` for what we do not know. `altgr`: whether Ctrl and Alt held together are the
/// `AltGr` key, as they are on Windows.
fn translate(event: from::Event, altgr: bool) -> Option<Event> {
    match event {
        from::Event::Key(key) => translate_key(key, altgr).map(Event::Key),
        from::Event::Paste(text) => Some(Event::Paste(text)),
        from::Event::Mouse(mouse) => {
            let action = match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => MouseAction::Click,
                MouseEventKind::ScrollUp => MouseAction::WheelUp,
                MouseEventKind::ScrollDown => MouseAction::WheelDown,
                _ => return None,
            };
            Some(Event::Mouse(Mouse { action, column: mouse.column, row: mouse.row }))
        }
        from::Event::FocusGained => Some(Event::Focused(true)),
        from::Event::FocusLost => Some(Event::Focused(false)),
        // On Unix `signals` reports it: this thread may be in the middle of a half-arrived sequence.
        from::Event::Resize(..) => cfg!(windows).then_some(Event::Resized),
    }
}

fn translate_key(key: from::KeyEvent, altgr: bool) -> Option<Key> {
    let held = key.modifiers;
    if key.kind == KeyEventKind::Release
        || held.intersects(KeyModifiers::SUPER | KeyModifiers::HYPER | KeyModifiers::META)
    {
        return None;
    }
    let shift = held.contains(KeyModifiers::SHIFT);
    let (mut ctrl, mut alt) = (held.contains(KeyModifiers::CONTROL), held.contains(KeyModifiers::ALT));
    if altgr && ctrl && alt && matches!(key.code, from::KeyCode::Char(_)) {
        (ctrl, alt) = (false, false);
    }
    let code = match key.code {
        from::KeyCode::Char(c) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
        from::KeyCode::Char(c) if shift => KeyCode::Char(capital(c)),
        from::KeyCode::Char(c) => KeyCode::Char(c),
        from::KeyCode::Enter => KeyCode::Enter,
        from::KeyCode::Esc => KeyCode::Esc,
        from::KeyCode::Tab if shift => KeyCode::BackTab,
        from::KeyCode::Tab => KeyCode::Tab,
        from::KeyCode::BackTab => KeyCode::BackTab,
        from::KeyCode::Backspace => KeyCode::Backspace,
        from::KeyCode::Delete => KeyCode::Delete,
        from::KeyCode::Left => KeyCode::Left,
        from::KeyCode::Right => KeyCode::Right,
        from::KeyCode::Up => KeyCode::Up,
        from::KeyCode::Down => KeyCode::Down,
        from::KeyCode::Home => KeyCode::Home,
        from::KeyCode::End => KeyCode::End,
        from::KeyCode::PageUp => KeyCode::PageUp,
        from::KeyCode::PageDown => KeyCode::PageDown,
        from::KeyCode::F(number) => KeyCode::F(number),
        _ => return None,
    };
    // crossterm names the bytes 0x1C to 0x1F Ctrl-4 to Ctrl-7.
    Some(Key { code, ctrl, alt }.as_sent())
}

/// The capital of a letter that has exactly one; other characters arrive as their key's shifted form already.
fn capital(c: char) -> char {
    let mut capitals = c.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) => capital,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyEvent, MouseEvent};

    use super::*;

    fn key(code: from::KeyCode, modifiers: KeyModifiers) -> Option<Key> {
        translate_key(KeyEvent::new(code, modifiers), false)
    }

    #[test]
    fn a_shifted_letter_is_the_capital_whichever_way_it_arrives() {
        let g = Some(Key::char('G'));
        assert_eq!(key(from::KeyCode::Char('G'), KeyModifiers::NONE), g);
        assert_eq!(key(from::KeyCode::Char('G'), KeyModifiers::SHIFT), g);
        assert_eq!(key(from::KeyCode::Char('g'), KeyModifiers::SHIFT), g);
        assert_eq!(key(from::KeyCode::Char('ß'), KeyModifiers::SHIFT), Some(Key::char('ß')));
        assert_eq!(key(from::KeyCode::Char('?'), KeyModifiers::SHIFT), Some(Key::char('?')));
    }

    #[test]
    fn control_keys_are_lower_case_and_old_spellings_are_the_keys_they_mean() {
        assert_eq!(key(from::KeyCode::Char('S'), KeyModifiers::CONTROL | KeyModifiers::SHIFT), Some(Key::ctrl('s')));
        assert_eq!(key(from::KeyCode::Char('h'), KeyModifiers::CONTROL), Some(KeyCode::Backspace.into()));
        assert_eq!(key(from::KeyCode::Char('j'), KeyModifiers::CONTROL), Some(KeyCode::Enter.into()));
        assert_eq!(key(from::KeyCode::Tab, KeyModifiers::SHIFT), Some(KeyCode::BackTab.into()));
        assert_eq!(key(from::KeyCode::BackTab, KeyModifiers::SHIFT), Some(KeyCode::BackTab.into()));
        assert_eq!(key(from::KeyCode::Char('7'), KeyModifiers::CONTROL), Some(Key::ctrl('_')), "0x1F");
        let word_left = Key { code: KeyCode::Left, ctrl: true, alt: false };
        assert_eq!(key(from::KeyCode::Left, KeyModifiers::CONTROL), Some(word_left));
    }

    #[test]
    fn altgr_is_text_on_windows_and_ctrl_alt_elsewhere() {
        let event = KeyEvent::new(from::KeyCode::Char('@'), KeyModifiers::CONTROL | KeyModifiers::ALT);
        assert_eq!(translate_key(event, true), Some(Key::char('@')));
        assert_eq!(translate_key(event, false), Some(Key { code: KeyCode::Char('@'), ctrl: true, alt: true }));
    }

    #[test]
    fn releases_and_unknown_keys_end_here() {
        let release = KeyEvent::new_with_kind(from::KeyCode::Char('q'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(translate_key(release, true), None);
        let repeat = KeyEvent::new_with_kind(from::KeyCode::Char('j'), KeyModifiers::NONE, KeyEventKind::Repeat);
        assert_eq!(translate_key(repeat, true), Some(Key::char('j')));
        assert_eq!(key(from::KeyCode::Char('q'), KeyModifiers::SUPER), None);
        assert_eq!(key(from::KeyCode::CapsLock, KeyModifiers::NONE), None);
    }

    #[test]
    fn of_the_mouse_only_the_left_button_and_the_wheel_count() {
        let mouse = |kind| {
            let event = MouseEvent { kind, column: 3, row: 4, modifiers: KeyModifiers::NONE };
            match translate(from::Event::Mouse(event), false) {
                Some(Event::Mouse(mouse)) => Some(mouse),
                _ => None,
            }
        };
        let click = Mouse { action: MouseAction::Click, column: 3, row: 4 };
        assert_eq!(mouse(MouseEventKind::Down(MouseButton::Left)), Some(click));
        assert_eq!(mouse(MouseEventKind::ScrollUp).map(|mouse| mouse.action), Some(MouseAction::WheelUp));
        assert_eq!(mouse(MouseEventKind::Moved), None);
        assert_eq!(mouse(MouseEventKind::Down(MouseButton::Right)), None);
    }
}
