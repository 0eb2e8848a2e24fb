//! The frame around every screen: the header above, the toast and the footer below.
//!
//! Invariants: the footer shows keys that work right now, taken from the table that dispatches them; when it gets
//! narrow the least important ones go first.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Clear,
};

use super::{
    action::Tone,
    clicks::Target,
    command::Command,
    keymap::{Context, Row},
    store::ListState,
    toast::Toast,
    view::View,
    widgets::paint,
};
use crate::{api::ApiError, os::locale, token::Scope, work::WorkError};

/// Below this size there is only a word about it.
pub const SMALLEST: (u16, u16) = (40, 10);

/// From this height on messages have a line of their own.
pub const TALL: u16 = 20;

/// Says that there is not enough room.
pub fn too_small(frame: &mut Frame, area: Rect) {
    let (width, height) = SMALLEST;
    let text = format!("Window too small ({}x{}). jeton needs at least {width}x{height}.", area.width, area.height);
    for (row, line) in area.rows().zip(paint::wrap(&text, usize::from(area.width))) {
        frame.render_widget(Line::from(line), row);
    }
}

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// In a few words.
    pub label: &'static str,
    /// Frames of the spinner since it began.
    pub turns: usize,
    /// It waits for its turn, or to be tried again: seconds.
    pub again_in: Option<u64>,
}

/// The scopes that make a difference here, and what is missing without them.
const NEEDED: [&str; 3] = ["tokens:read", "tokens:write", "statistics:read"];

/// What the authorizing token may do, as far as that is known.
fn rights(view: View) -> Option<Vec<Span<'static>>> {
    let (theme, held) = (view.theme, view.store.held()?);
    let lacks: Vec<&str> = NEEDED.into_iter().filter(|scope| !held.contains(&Scope::from(*scope))).collect();
    let can_write = !lacks.contains(&"tokens:write");
    let word = if can_write { "read-write" } else { "read-only" };
    if lacks.is_empty() {
        return Some(vec![Span::styled(format!("{} ", theme.glyphs.check), theme.ok), Span::raw(format!("{word}  "))]);
    }
    let mark = Span::styled(format!("{} ", theme.glyphs.warning), theme.warning);
    Some(vec![mark, Span::raw(word), Span::styled(format!(", lacks {}  ", lacks.join(", ")), theme.dim)])
}

/// Draws the header.
pub fn header(frame: &mut Frame, area: Rect, view: View, busy: Option<&Busy>, is_locked: bool) {
    let theme = view.theme;
    let glyphs = &theme.glyphs;
    let mut left = vec![Span::styled(" jeton ", theme.title)];
    if let Some(account) = &view.store.account {
        left.push(Span::styled(format!("{} ", glyphs.dot), theme.dim));
        left.push(Span::raw(crate::untrusted::shown(&account.username).into_owned()));
        left.push(Span::styled(format!(" {} ", glyphs.dot), theme.dim));
        if account.is_sandbox {
            left.push(Span::styled(" SANDBOX ", theme.badge));
            left.push(Span::raw(" "));
        }
        left.push(Span::styled(crate::untrusted::shown(&account.host).into_owned(), theme.dim));
    }
    let mut right = Vec::new();
    if is_locked {
        right.push(Span::styled(" LOCKED ", theme.badge));
        right.push(Span::raw(" "));
    }
    match (busy, view.store.list_state()) {
        (Some(Busy { label, turns, again_in }), state) => {
            let spinner = glyphs.spinner[turns % glyphs.spinner.len()];
            right.push(match state {
                ListState::Loading(count) => Span::raw(format!("{spinner} loading tokens {count} ")),
                _ => Span::raw(format!("{spinner} {label} ")),
            });
            if let Some(seconds) = again_in {
                right.push(Span::styled(format!("{} retrying in {seconds} s ", glyphs.dot), theme.warning));
            }
        }
        (None, ListState::Stale(_, WorkError::Api(ApiError::Unauthorized { .. }))) => {
            right.push(Span::styled(format!("{} token rejected ", glyphs.warning), theme.danger));
        }
        (None, ListState::Stale(Some(time), _)) => {
            right.push(Span::styled(format!("{} stale, as of {} ", glyphs.warning, view.clock(time)), theme.warning));
        }
        (None, ListState::Stale(None, _)) => {
            right.push(Span::styled(format!("{} offline ", glyphs.warning), theme.danger));
        }
        (None, ListState::Fresh(time)) => {
            right.push(Span::styled(format!("{} ", glyphs.check), theme.ok));
            right.push(Span::styled(format!("as of {} ", view.clock(time)), theme.dim));
        }
        (None, ListState::Waiting | ListState::Loading(_)) => {}
    }
    if let Some(budget) = view.store.budget.filter(|_| area.width >= 72) {
        let style = if budget.left == 0 { theme.warning } else { theme.dim };
        right.insert(0, Span::styled(format!("{}/{}  ", budget.left, budget.limit), style));
    }
    if let Some(rights) = rights(view).filter(|_| area.width >= 90) {
        right.splice(0..0, rights);
    }
    frame.render_widget(paint::ends(left, right, usize::from(area.width)), area);
}

/// Draws the keys that work now, those `is_offered` does not refuse: what fits the selection from the left, the way to all of them at the
/// right.
pub fn footer(frame: &mut Frame, area: Rect, view: View, contexts: &[Context], is_offered: impl Fn(Command) -> bool) {
    let is_pinned = |row: &&Row| matches!(row.binding.command, Command::Palette | Command::Help);
    let (pinned, rows): (Vec<&Row>, Vec<&Row>) = view.keys.hints(contexts).into_iter().partition(is_pinned);
    let pinned_width = keys_width(&pinned);
    let room = usize::from(area.width).saturating_sub(pinned_width);
    let mut used = 1;
    let fits = |row: &&Row| {
        used += keys_width(&[*row]);
        used <= room
    };
    let rows: Vec<&Row> = rows.into_iter().filter(|row| is_offered(row.binding.command)).take_while(fits).collect();
    keys(frame, area, view, &rows);
    let pinned_width = pinned_width.min(usize::from(area.width)) as u16;
    keys(frame, Rect { x: area.right() - pinned_width, width: pinned_width, ..area }, view, &pinned);
}

/// Columns of keys in a row, each with the two blanks behind it.
fn keys_width(rows: &[&Row]) -> usize {
    let each = |row: &&Row| paint::width(&row.keys[0].to_string()) + paint::width(row.binding.hint) + 3;
    rows.iter().map(each).sum()
}

/// Draws keys with what they do. A click is as good as the key.
fn keys(frame: &mut Frame, area: Rect, view: View, rows: &[&Row]) {
    let mut spans = vec![Span::raw(" ")];
    let mut at = area.x + 1;
    for row in rows {
        let width = keys_width(&[*row]) as u16;
        let place = Rect { x: at, width: width - 2, ..area };
        view.clicks.add(place.intersection(area), Target::Command(row.binding.command));
        at += width;
        spans.push(Span::styled(row.keys[0].to_string(), view.theme.key));
        spans.push(Span::raw(format!(" {}  ", row.binding.hint)));
    }
    frame.render_widget(Line::from(spans), area);
}

/// Draws the keys of these commands, each with what it does here, as many as fit. A click is as good as the key.
pub fn commands(frame: &mut Frame, area: Rect, view: View, context: Context, commands: &[(Command, &'static str)]) {
    let mut at = area;
    for (command, word) in commands {
        let key = view.keys.name(context, *command);
        let width = (paint::width(&key) + 1 + paint::width(word)) as u16;
        if at.width < width + 1 {
            return;
        }
        let place = Rect { width, ..at };
        view.clicks.add(place, Target::Command(*command));
        let step = (width + 2).min(at.width);
        let whole = Rect { width: step, ..at };
        frame.render_widget(Clear, whole);
        frame.render_widget(Line::from(vec![Span::styled(key, view.theme.key), Span::raw(format!(" {word}"))]), whole);
        at = Rect { x: at.x + step, width: at.width - step, ..at };
    }
}

/// Puts a stand-in in the place of every character on the screen that a terminal without UTF-8 cannot show: names, messages of
/// the server, what is being typed.
pub fn in_ascii(frame: &mut Frame) {
    for cell in &mut frame.buffer_mut().content {
        if !cell.symbol().is_ascii() {
            // One column only: the second one of a wide character is a cell of its own.
            let symbol = locale::in_ascii(cell.symbol()).chars().next().unwrap_or('?');
            cell.set_char(symbol);
        }
    }
}

/// Draws a message in passing, over the last lines above the footer.
pub fn toast(frame: &mut Frame, area: Rect, view: View, toast: &Toast) {
    let theme = view.theme;
    let (mark, style) = match toast.tone {
        Tone::Good => (theme.glyphs.check, theme.ok),
        Tone::Note => (theme.glyphs.dot, theme.title),
        Tone::Bad => (theme.glyphs.cross, theme.danger),
    };
    let columns = usize::from(area.width.saturating_sub(4));
    let lines: Vec<String> = paint::wrap(&toast.text, columns).into_iter().take(3).collect();
    let height = (lines.len() as u16).min(area.height);
    let place = Rect { y: area.bottom() - height, height, ..area };
    frame.render_widget(Clear, place);
    for (at, (row, line)) in place.rows().zip(lines).enumerate() {
        let mark = if at == 0 { mark } else { " " };
        frame.render_widget(Line::from(vec![Span::styled(format!(" {mark} "), style), Span::raw(line)]), row);
    }
}

/// Draws the keys that were pressed last, at the right end of the line for messages.
pub fn pressed(frame: &mut Frame, area: Rect, view: View, keys: &[String]) {
    let mut spans = Vec::new();
    for key in keys {
        spans.push(Span::styled(format!(" {key} "), view.theme.badge));
        spans.push(Span::raw(" "));
    }
    let line = Line::from(spans);
    let width = (line.width() as u16).min(area.width);
    let place = Rect { x: area.right() - width, y: area.bottom().saturating_sub(1), width, height: area.height.min(1) };
    frame.render_widget(Clear, place);
    frame.render_widget(line, place);
}
