//! How the reveal looks: a card with the value alone in it, whether it is saved, and the ways to save it; or what is asked.

use ratatui::{
    Frame,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
    widgets::Clear,
};

use super::{Ask, Over, PROOF, Reveal};
use crate::{
    api::verdict::Code,
    dashboard::{
        clicks::Target,
        command::Command,
        keymap::Context,
        view::View,
        widgets::{
            dialog::{self, Dialog},
            paint, qr,
        },
    },
    token::time,
    work::journal::BackupLocation,
};

/// The ways to store the value, and what tells that it works.
const WAYS: [(Command, &str); 5] = [
    (Command::CopyValue, "Copy to the clipboard"),
    (Command::Save, "Save to a file"),
    (Command::SaveEntry, "Add to a .env file"),
    (Command::HandOver, "Pipe to a command"),
    (Command::Verify, "Check that it works"),
];

/// Columns of a way: its key and its name.
const KEY: usize = 4;
const WAY: usize = 23;

/// A line of the card: what it is for, and how soon it gives way where there is too little room (0: never).
struct Row {
    line: Line<'static>,
    rank: u8,
    click: Option<Command>,
}

impl Row {
    fn new(rank: u8, line: impl Into<Line<'static>>) -> Self {
        Self { line: line.into(), rank, click: None }
    }

    fn blank(rank: u8) -> Self {
        Self::new(rank, Line::default())
    }
}

fn wrapped(rank: u8, text: &str, style: Style, columns: usize) -> Vec<Row> {
    paint::wrap(text, columns).into_iter().map(|line| Row::new(rank, Line::styled(line, style))).collect()
}

impl Reveal {
    pub(super) fn draw(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        frame.render_widget(Clear, screen);
        match self.over {
            Over::Plain => return self.render_plain(frame, screen),
            Over::Code => return qr::render(frame, screen, self.created.value.expose(), view.theme),
            Over::Nothing | Over::Asking(_) | Over::Leaving { .. } | Over::Discarding => {}
        }
        let theme = view.theme;
        let width = screen.width.saturating_sub(4).min(92);
        let columns = usize::from(width);
        let mut rows = self.value_rows(view, columns);
        let mut field_row = None;
        if matches!(self.over, Over::Nothing) {
            rows.extend(self.way_rows(view, columns));
        } else {
            rows.extend(self.question_rows(view, columns));
            if matches!(self.over, Over::Asking(_) | Over::Leaving { .. }) {
                rows.push(Row::blank(0));
                field_row = Some(rows.len() - 1);
            }
            rows.extend(self.below_rows(view, columns));
        }
        let room = usize::from(screen.height.saturating_sub(2));
        while rows.len() > room {
            let Some(rank) = rows.iter().map(|row| row.rank).max().filter(|rank| *rank > 0) else { break };
            let Some(at) = rows.iter().rposition(|row| row.rank == rank) else { break };
            rows.remove(at);
            field_row = field_row.map(|row| if at < row { row - 1 } else { row });
        }
        let (badge, style) = if self.is_stored() { (" SAVED ", theme.ok) } else { (" NOT SAVED ", theme.danger) };
        let name =
            paint::fit(&self.created.token.name(), columns.saturating_sub(16), theme.glyphs.ellipsis).into_owned();
        let card = Dialog::new(Line::styled(format!(" {name} "), theme.title), width, rows.len() as u16)
            .border(style)
            .badge(Span::styled(badge, style.add_modifier(Modifier::BOLD | Modifier::REVERSED)));
        let inside = card.render(frame, screen, theme);
        for (area, row) in inside.rows().zip(rows) {
            if let Some(command) = row.click {
                view.clicks.add(area, Target::Command(command));
            }
            frame.render_widget(row.line, area);
        }
        if let Some(at) = field_row.filter(|at| *at < usize::from(inside.height)) {
            let area = Rect { y: inside.y + at as u16, height: 1, ..inside };
            match &self.over {
                Over::Asking(Ask { field, .. }) => field.render(frame, area, theme.field, self.delivering.is_none()),
                Over::Leaving { typed, .. } => typed.render(frame, area, theme.field, true),
                Over::Nothing | Over::Plain | Over::Code | Over::Discarding => {}
            }
        }
        self.click_answers(inside, view);
    }

    /// The value at the left edge and nothing beside it: what the terminal selects is the value and no more.
    fn render_plain(&self, frame: &mut Frame, screen: Rect) {
        let lines = paint::wrap(self.created.value.expose(), usize::from(screen.width));
        let area = Rect { y: screen.y + u16::from(screen.height > 1), ..screen };
        for (row, line) in area.intersection(screen).rows().zip(lines) {
            frame.render_widget(Line::from(line), row);
        }
    }

    /// The value, alone on its lines; covered from its first character to its last while somebody is to prove that they have it.
    fn value_rows(&self, view: View, columns: usize) -> Vec<Row> {
        let theme = view.theme;
        let value = &self.created.value;
        let is_asked = matches!(self.over, Over::Leaving { .. } | Over::Discarding);
        let count = value.expose().chars().count();
        let text = if self.is_shown && !is_asked {
            value.expose().to_owned()
        } else {
            let kind = if is_asked { String::new() } else { format!("{}.", self.created.token.usage.prefix()) };
            let hidden = count.saturating_sub(kind.len());
            format!("{kind}{}", theme.glyphs.mask.repeat(hidden))
        };
        let only = "This is the only time you can see this secret token.";
        let mut rows = wrapped(2, only, if self.is_stored() { theme.dim } else { theme.danger }, columns);
        rows.push(Row::blank(4));
        rows.extend(wrapped(0, &text, theme.secret.add_modifier(Modifier::BOLD), columns));
        rows.push(Row::blank(5));
        if matches!(self.over, Over::Nothing) {
            let key = view.keys.name(Context::Reveal, Command::ToggleValue);
            let (text, style) = if self.is_shown {
                (format!("Anyone who sees your screen can read it. Press {key} to hide it."), theme.warning)
            } else {
                (format!("Masked: safe to show. Press {key} to see it."), theme.dim)
            };
            let mut hint = wrapped(1, &text, style, columns);
            for row in &mut hint {
                row.click = Some(Command::ToggleValue);
            }
            rows.extend(hint);
            rows.push(Row::blank(3));
        }
        rows
    }

    fn way_rows(&self, view: View, columns: usize) -> Vec<Row> {
        let theme = view.theme;
        let mut rows = Vec::new();
        for (command, name) in WAYS {
            let key = view.keys.name(Context::Reveal, command);
            let mut spans =
                vec![Span::styled(paint::cell(&key, KEY, ""), theme.key), Span::raw(paint::cell(name, WAY, ""))];
            let mut below = Vec::new();
            if let Some((mark, style, text)) = self.outcome(command, view) {
                let beside = columns.saturating_sub(KEY + WAY + 2);
                let mark = Span::styled(format!("{mark} "), style);
                if paint::width(&text) <= beside {
                    spans.extend([mark, Span::raw(text)]);
                } else {
                    let lines = paint::wrap(&text, columns.saturating_sub(KEY + 2)).into_iter().enumerate();
                    below.extend(lines.map(|(at, line)| {
                        let mark = if at == 0 { mark.clone() } else { Span::raw("  ") };
                        Line::from(vec![Span::raw(" ".repeat(KEY)), mark, Span::raw(line)])
                    }));
                }
            }
            rows.push(Row { click: Some(command), ..Row::new(0, spans) });
            rows.extend(below.into_iter().map(|line| Row::new(0, line)));
        }
        if let Some(failure) = &self.failure {
            rows.extend(wrapped(0, &format!("{} {failure}", theme.glyphs.cross), theme.danger, columns));
        }
        rows.push(Row::blank(3));
        rows.extend(self.end_rows(view, columns));
        rows
    }

    /// What would be lost if the program ended now; once it is saved, how to go on.
    fn end_rows(&self, view: View, columns: usize) -> Vec<Row> {
        let theme = view.theme;
        let backup = &self.created.backup;
        let done = view.keys.name(Context::Reveal, Command::Done);
        match backup {
            _ if self.is_stored() => {
                let mut rows = wrapped(1, &format!("Press {done} to close."), theme.dim, columns);
                for row in &mut rows {
                    row.click = Some(Command::Done);
                }
                rows
            }
            BackupLocation::Keyring(Some(until)) => {
                let left = until.duration_since(view.now.time);
                if left.is_positive() {
                    let text = format!("Backup in the kernel keyring, {} left", time::countdown(left));
                    wrapped(0, &text, theme.dim, columns)
                } else {
                    let text = "The backup has expired: if jeton ends now, the value is lost";
                    wrapped(0, text, theme.danger, columns)
                }
            }
            other => {
                let style = if other.is_safe() { theme.dim } else { theme.danger };
                wrapped(0, &format!("A backup is {}", other.describe(|time| view.clock(time))), style, columns)
            }
        }
    }

    /// What became of one of the ways.
    fn outcome(&self, command: Command, view: View) -> Option<(&'static str, Style, String)> {
        let theme = view.theme;
        let glyphs = &theme.glyphs;
        let good = |text: String| Some((glyphs.check, theme.ok, text));
        let bad = |text: String| Some((glyphs.cross, theme.danger, text));
        match command {
            Command::CopyValue => match self.copied.as_ref()? {
                Ok(copied) => good(copied.describe()),
                Err(error) => bad(error.to_string()),
            },
            Command::Verify if self.pending.is_waiting() => {
                Some((glyphs.open, theme.dim, format!("asking the server{}", glyphs.ellipsis)))
            }
            Command::Verify => match self.verdict.as_ref()? {
                Ok(verdict) if verdict.code == Code::Valid => good("it works".to_owned()),
                Ok(verdict) => {
                    let text = format!(
                        "the server says it {}; a new token can take a few minutes to work everywhere, so try again",
                        verdict.code.words()
                    );
                    Some((glyphs.warning, theme.warning, text))
                }
                Err(error) => bad(error.to_string()),
            },
            _ => {
                let kind = super::kind_of(command)?;
                if self.delivering.is_some_and(|delivering| delivering.word == kind.word) {
                    return Some((glyphs.open, theme.dim, format!("{}{}", kind.doing, glyphs.ellipsis)));
                }
                let stored: Vec<String> = self
                    .stored
                    .iter()
                    .filter(|stored| stored.at.kind().word == kind.word)
                    .map(ToString::to_string)
                    .collect();
                if stored.is_empty() { None } else { good(stored.join("; ")) }
            }
        }
    }

    /// What is asked.
    fn question_rows(&self, view: View, columns: usize) -> Vec<Row> {
        let theme = view.theme;
        match &self.over {
            Over::Nothing | Over::Plain | Over::Code => Vec::new(),
            Over::Asking(ask) => wrapped(0, ask.kind.question, theme.title, columns),
            Over::Leaving { .. } => {
                let text = format!("Not saved yet. Paste the last {PROOF} characters from where you stored it:");
                wrapped(0, &text, theme.title, columns)
            }
            Over::Discarding => wrapped(
                0,
                "Delete this token? Nobody can ever read its value again, and the token stops working.",
                theme.danger,
                columns,
            ),
        }
    }

    /// What was wrong with the last answer, what can be chosen, and the keys that answer.
    fn below_rows(&self, view: View, columns: usize) -> Vec<Row> {
        let theme = view.theme;
        let mut rows = Vec::new();
        match &self.over {
            Over::Nothing | Over::Plain | Over::Code | Over::Discarding => {}
            Over::Asking(ask) => {
                if let Some(delivering) = self.delivering {
                    rows.extend(wrapped(
                        0,
                        &format!("{}{}", delivering.doing, theme.glyphs.ellipsis),
                        theme.dim,
                        columns,
                    ));
                }
                let problem = ask.problem.as_deref();
                rows.extend(problem.into_iter().flat_map(|problem| wrapped(0, problem, theme.danger, columns)));
                if ask.kind.obeys_allow {
                    let (chosen, open) = theme.glyphs.chosen;
                    for (is_on, what, command) in [
                        (ask.allow.replace, "replace the value the entry has", Command::ToggleReplace),
                        (ask.allow.tracked, "allow a file that git tracks", Command::ToggleTracked),
                    ] {
                        let key = view.keys.name(Context::SaveEntry, command);
                        let text = format!("{} {what} ({key})", if is_on { chosen } else { open });
                        rows.push(Row { click: Some(command), ..Row::new(0, Line::styled(text, theme.label)) });
                    }
                } else if rows.is_empty() {
                    rows.extend(wrapped(1, ask.kind.remark, theme.dim, columns));
                }
            }
            Over::Leaving { problem, .. } => {
                let problem = problem.as_deref();
                rows.extend(problem.into_iter().flat_map(|problem| wrapped(0, problem, theme.danger, columns)));
            }
        }
        rows.push(Row::blank(3));
        if let Some((context, answers)) = self.answers() {
            rows.push(Row::new(0, dialog::answers(view, context, answers)));
        }
        rows
    }

    /// The keys that answer what is asked.
    fn answers(&self) -> Option<(Context, &'static [(Command, &'static str)])> {
        match self.over {
            Over::Nothing | Over::Plain | Over::Code => None,
            Over::Asking(_) => Some((Context::Destination, &[(Command::Submit, "save"), (Command::Back, "cancel")])),
            Over::Leaving { .. } => Some((
                Context::Leaving,
                &[(Command::Submit, "close"), (Command::Back, "back"), (Command::Discard, "delete the token instead")],
            )),
            Over::Discarding => Some((Context::Discarding, &dialog::YES_OR_NO)),
        }
    }

    /// They stand on the last line.
    fn click_answers(&self, inside: Rect, view: View) {
        if let Some((context, answers)) = self.answers() {
            let last = Rect { y: inside.bottom().saturating_sub(1), height: inside.height.min(1), ..inside };
            dialog::click_answers(view, last, context, answers);
        }
    }
}
