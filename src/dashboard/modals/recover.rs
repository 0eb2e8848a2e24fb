//! [`Recover`]: creates and batches that never came to their end, what exists of each, and what can be done about it.
//!
//! Invariants: it decides nothing by itself and sends nothing twice; a token is deleted only after typing its name, as
//! everywhere; the only copy of a value is dropped only after a question that says so.

mod batch;

use std::sync::Arc;

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{Create, Delete, Modal, Pending, Question};
use crate::{
    dashboard::{
        action::{Action, Tone},
        command::Command,
        keymap::Context,
        unfinished::{Broken, Entry},
        view::View,
        widgets::{dialog::Dialog, list_cursor::ListCursor, paint},
    },
    token::Token,
    untrusted,
    work::{
        RecordsRequest, Reply, Request, WorkError,
        journal::{Outcome, Value},
    },
};

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recover {
    cursor: ListCursor,
    pending: Pending,
}

/// What the cursor can be on.
#[derive(Clone, Copy)]
enum Place<'a> {
    Create(Row<'a>),
    Batch(&'a Broken),
}

/// A create, or one of several tokens that could be what it made.
#[derive(Clone, Copy)]
struct Row<'a> {
    entry: &'a Entry,
    candidate: Option<&'a Arc<Token>>,
}

fn places<'a>(view: &View<'a>) -> Vec<Place<'a>> {
    let mut places = Vec::new();
    for entry in view.store.unfinished.entries() {
        places.push(Place::Create(Row { entry, candidate: None }));
        if let Some(Outcome::Several(tokens)) = &entry.outcome {
            places.extend(tokens.iter().map(|token| Place::Create(Row { entry, candidate: Some(token) })));
        }
    }
    places.extend(view.store.unfinished.batches().iter().map(Place::Batch));
    places
}

impl Place<'_> {
    /// Whether something else begins with it: a candidate belongs to its create.
    fn is_head(self) -> bool {
        !matches!(self, Self::Create(Row { candidate: Some(_), .. }))
    }

    fn sources(self) -> Vec<(Command, &'static str)> {
        match self {
            Self::Create(row) => row.sources(),
            Self::Batch(broken) => batch::sources(broken),
        }
    }

    fn lines(self, view: View, is_cursor: bool, columns: usize) -> Vec<Line<'static>> {
        match self {
            Self::Create(Row { entry, candidate: None }) => entry_lines(entry, view, is_cursor, columns),
            Self::Create(Row { candidate: Some(token), .. }) => vec![candidate_line(token, view, is_cursor, columns)],
            Self::Batch(broken) => batch::lines(broken, view, is_cursor, columns),
        }
    }
}

impl<'a> Row<'a> {
    /// The token it is about, where that is certain.
    fn token(self) -> Option<&'a Arc<Token>> {
        match (self.candidate, &self.entry.outcome) {
            (Some(token), _) | (None, Some(Outcome::Made(token))) => Some(token),
            _ => None,
        }
    }

    fn is_whole(self) -> bool {
        self.candidate.is_none() && matches!(self.entry.open.value, Value::Whole { .. })
    }

    /// Whether it is certain that the account does not hold it.
    fn may_be_made_again(self) -> bool {
        !self.is_whole() && matches!(self.entry.outcome, Some(Outcome::SafeToResend | Outcome::Gone(_)))
    }

    /// What can be done about it, and the word for it here.
    fn sources(self) -> Vec<(Command, &'static str)> {
        let mut sources = Vec::new();
        let is_stored = self.candidate.is_none() && self.entry.open.is_stored();
        if is_stored {
            sources.push((Command::Forget, "dismiss"));
        }
        if self.is_whole() {
            sources.push((Command::Submit, "show its value"));
        } else if self.token().is_some() {
            sources.push((Command::Submit, "show the token"));
        }
        if self.token().is_some() {
            sources.push((Command::Delete, "delete the token"));
        }
        if self.may_be_made_again() {
            sources.push((Command::Create, "create it again"));
        }
        if self.candidate.is_none() && !is_stored {
            sources.push((Command::Forget, "dismiss"));
        }
        sources
    }
}

impl Recover {
    fn update_create(&self, row: Row, command: Command) -> Vec<Action> {
        let intent = row.entry.intent();
        match command {
            Command::Submit if row.is_whole() => {
                vec![Action::Send(Request::Records(RecordsRequest::Recover(Box::new(intent.clone()))))]
            }
            Command::Submit => match row.token() {
                Some(token) => vec![Action::Close, Action::Show(token.id.clone())],
                None => Vec::new(),
            },
            Command::Delete => match row.token() {
                Some(token) => vec![Action::open(Delete::new(token.clone()))],
                None => Vec::new(),
            },
            Command::Create if row.may_be_made_again() => {
                vec![
                    Action::Send(Request::Records(RecordsRequest::Forget(intent.op.clone()))),
                    Action::Close,
                    Action::open(Create::of(&intent.draft())),
                ]
            }
            Command::Forget if row.candidate.is_none() => self.forget(row),
            Command::Create | Command::Forget => {
                vec![Action::Toast(Tone::Note, "Not available for this entry.".into())]
            }
            _ => Vec::new(),
        }
    }

    fn forget(&self, row: Row<'_>) -> Vec<Action> {
        let forget = Action::Send(Request::Records(RecordsRequest::Forget(row.entry.intent().op.clone())));
        let text = match (&row.entry.outcome, row.is_whole()) {
            _ if row.entry.open.is_stored() => return vec![forget],
            (_, true) => "The only copy of its value will be lost. The token stays in the account.",
            (Some(Outcome::SafeToResend | Outcome::Gone(_)), _) => return vec![forget],
            _ => "A token may exist whose value nobody has. jeton won't mention it again.",
        };
        vec![Action::open(Question::new("Dismiss it?", text, forget))]
    }
}

impl Modal for Recover {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::Recover, Context::List]
    }

    fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        let places = places(&view);
        if self.cursor.update(command, places.len()) || self.pending.is_waiting() {
            return if command == Command::Back { vec![Action::Close] } else { Vec::new() };
        }
        match (places.get(self.cursor.row()), command) {
            (None, _) | (_, Command::Back) => vec![Action::Close],
            (_, Command::Reload) => vec![Action::Refresh],
            (Some(Place::Batch(broken)), _) => batch::update(broken, command, view),
            (Some(Place::Create(row)), _) => self.update_create(*row, command),
        }
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let theme = view.theme;
        let width = screen.width.saturating_sub(6).min(84);
        let columns = usize::from(width);
        let places = places(&view);
        // Where the cursor is has to be seen: what stands above goes first.
        let cursor = self.cursor.clamp(places.len());
        let mut lines: Vec<Line> = Vec::new();
        let mut here = 0;
        for (at, place) in places.iter().enumerate() {
            if at == cursor {
                here = lines.len();
            }
            lines.extend(place.lines(view, at == cursor, columns));
            if at == cursor {
                lines.push(ways_line(*place, view, columns));
            }
            if places.get(at + 1).is_none_or(|next| next.is_head()) {
                lines.push(Line::default());
            }
        }
        let state = self.pending.lines("looking", theme, columns);
        if state.is_empty() {
            lines.pop();
        }
        lines.extend(state);
        let height = lines.len();
        let inside =
            Dialog::new(" Unfinished ", width, height as u16).border(theme.warning).render(frame, screen, theme);
        let room = usize::from(inside.height);
        let skipped = if here + 5 > room { (here + 5 - room).min(height.saturating_sub(room)) } else { 0 };
        frame.render_widget(Paragraph::new(lines).scroll((skipped as u16, 0)), inside);
        if let Some(row) = here.checked_sub(skipped).filter(|row| *row < room) {
            frame.set_cursor_position((inside.x, inside.y + row as u16));
        }
    }

    fn pending(&mut self) -> Option<&mut Pending> {
        Some(&mut self.pending)
    }

    fn answered(&mut self, _request: &Request, result: &Result<Reply, WorkError>) -> Vec<Action> {
        match result {
            Ok(reply) => {
                self.pending.succeeded();
                if matches!(reply, Reply::Recovered(None)) {
                    self.pending.refuse("Its value is gone, or another jeton is showing it.");
                }
            }
            Err(error) => self.pending.failed(error),
        }
        Vec::new()
    }
}

fn entry_lines(entry: &Entry, view: View, is_cursor: bool, columns: usize) -> Vec<Line<'static>> {
    let intent = entry.intent();
    let name = match intent.note.as_str() {
        "" => "(no name)".into(),
        note => untrusted::shown(note),
    };
    let mut lines = vec![head(&name, format!("sent {} ", view.date(intent.sent)), view, is_cursor, columns)];
    let (mark, mark_style, text) = verdict(entry, view);
    for (at, line) in paint::wrap(&text, columns.saturating_sub(4)).into_iter().enumerate() {
        let mark = if at == 0 { mark } else { " " };
        lines.push(Line::from(vec![Span::styled(format!("  {mark} "), mark_style), Span::raw(line)]));
    }
    lines
}

/// The first line of an entry: what it is, and since when.
fn head(name: &str, since: String, view: View, is_cursor: bool, columns: usize) -> Line<'static> {
    let theme = view.theme;
    let cursor = if is_cursor { theme.glyphs.cursor } else { " " };
    let style = if is_cursor { theme.title } else { theme.border };
    let room = columns.saturating_sub(paint::width(&since) + 3);
    let left = vec![
        Span::raw(format!("{cursor} ")),
        Span::styled(paint::fit(name, room, theme.glyphs.ellipsis).into_owned(), style),
    ];
    paint::ends(left, vec![Span::styled(since, theme.dim)], columns)
}

/// What is the case, in words.
fn verdict(entry: &Entry, view: View) -> (&'static str, ratatui::style::Style, String) {
    let theme = view.theme;
    let glyphs = &theme.glyphs;
    let whereabouts = entry.open.whereabouts();
    if entry.open.is_stored() {
        return (glyphs.check, theme.ok, whereabouts.unwrap_or_default());
    }
    if let Value::Whole { backup, .. } = &entry.open.value {
        let what = whereabouts.unwrap_or_else(|| "Created, but its value was never saved.".to_owned());
        let backup = backup.describe(|time| view.clock(time));
        return (glyphs.check, theme.ok, format!("{what} A backup is {backup}."));
    }
    let broken = match entry.open.value {
        Value::Mismatched { .. } => {
            " The created token is not what was requested. To save its value, run jeton recover."
        }
        Value::Broken(_) => " The answer was cut off before its value was complete.",
        Value::Whole { .. } | Value::None => "",
    };
    match &entry.outcome {
        None => (glyphs.open, theme.dim, "Checking the account…".into()),
        Some(Outcome::Made(token)) => (
            glyphs.warning,
            theme.warning,
            format!(
                "Created (ID {}), but the value is lost.{broken}{} Delete it and create a new one.",
                token.id.shown(),
                whereabouts.map(|text| format!(" {text}")).unwrap_or_default()
            ),
        ),
        Some(Outcome::Several(tokens)) => (
            glyphs.warning,
            theme.warning,
            format!("One of {} new tokens may be it. Compare them before you delete any.", tokens.len()),
        ),
        Some(Outcome::TooEarly(until)) => {
            let text = format!(
                "No such token so far, but the server may still be creating it: reload ({}) after {}.",
                view.keys.name(Context::Recover, Command::Reload),
                view.clock_seconds(*until),
            );
            (glyphs.dot, theme.title, text)
        }
        Some(Outcome::SafeToResend) => {
            let text = "Not created: no such token in the account. You can create it again.".to_owned();
            (glyphs.dot, theme.title, text)
        }
        Some(Outcome::Gone(id)) => {
            (glyphs.dot, theme.title, format!("Created, and deleted since (ID {}).", id.shown()))
        }
        Some(Outcome::Unknown(why)) => (glyphs.cross, theme.danger, format!("Unknown whether it was created: {why}.")),
    }
}

fn candidate_line(token: &Token, view: View, is_cursor: bool, columns: usize) -> Line<'static> {
    let theme = view.theme;
    let cursor = if is_cursor { theme.glyphs.cursor } else { " " };
    let style = if is_cursor { theme.title } else { theme.border };
    let name = paint::fit(&token.name(), columns.saturating_sub(52), theme.glyphs.ellipsis).into_owned();
    let made = token.created().map(|created| format!("created {}", view.date(created))).unwrap_or_default();
    Line::from(vec![
        Span::raw(format!("  {cursor} ")),
        Span::styled(format!("{} ", token.id.shown()), style),
        Span::raw(format!(" {name} ")),
        Span::styled(made, theme.dim),
    ])
}

fn ways_line(place: Place<'_>, view: View, columns: usize) -> Line<'static> {
    let mut spans = vec![Span::raw("    ")];
    let mut used = 4;
    for (command, what) in place.sources() {
        let key = view.keys.name(Context::Recover, command);
        let width = paint::width(&key) + what.len() + 4;
        if used + width > columns {
            break;
        }
        used += width;
        spans.push(Span::styled(key, view.theme.key));
        spans.push(Span::raw(format!(" {what}   ")));
    }
    Line::from(spans)
}
