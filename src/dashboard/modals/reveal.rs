//! [`Reveal`]: the only time the value of a new secret token can be seen.
//!
//! What always holds: the value is masked until asked for; nothing closes the reveal but proof that the value was stored,
//! typing its last four characters, or discarding it together with its token; no time-out ever does; it takes the whole
//! screen, so that nothing drawn before or after shares a line with the value. When it closes, its memory is overwritten
//! (see [`Secret`](crate::secret::Secret)) and the app has every cell of the screen redrawn.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Clear, Paragraph},
};

use crate::{
    api::{ApiError, Created, Reply, Request, RequestId, Verdict, verdict::Code},
    clipboard::{Copied, Copy, CopyError, Way},
    dashboard::{
        action::{Action, Tone},
        command::Command,
        keymap::Context,
        view::View,
        widgets::{paint, text_field::TextField},
    },
    sink::{self, StoreError, Stored},
};

/// What lies over the value, if anything.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Over {
    Nothing,
    Saving { path: TextField, problem: Option<String>, is_writing: bool },
    Leaving { typed: TextField, problem: Option<&'static str> },
}

/// The reveal of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reveal {
    created: Created,
    is_shown: bool,
    copied: Option<Result<Copied, CopyError>>,
    stored: Option<Stored>,
    /// What the server said of it.
    verdict: Option<Result<Verdict, ApiError>>,
    awaits: Option<RequestId>,
    /// The way the last copy took, so that another one can be tried.
    last_way: Way,
    is_plain: bool,
    over: Over,
    quits: bool,
}

impl Reveal {
    /// Reveals what was just made.
    pub fn new(created: Created) -> Self {
        Self {
            created,
            is_shown: false,
            copied: None,
            stored: None,
            verdict: None,
            awaits: None,
            last_way: Way::Native,
            is_plain: false,
            over: Over::Nothing,
            quits: false,
        }
    }

    /// Whether the value is known to be stored somewhere, so that it may go.
    pub fn is_stored(&self) -> bool {
        self.stored.is_some()
    }

    /// The person wants to leave the program: asks the same as leaving does, and quits then.
    pub fn ask_to_quit(&mut self) {
        self.quits = true;
        self.over = Over::Leaving { typed: TextField::default(), problem: None };
    }

    /// Masks the value.
    pub fn hide(&mut self) {
        self.is_shown = false;
        self.is_plain = false;
    }

    /// What became of a copy.
    pub fn copied(&mut self, result: Result<Copied, CopyError>) {
        if let Ok(copied) = &result {
            self.last_way = copied.way;
        }
        self.copied = Some(result);
    }

    /// What became of writing the file.
    pub fn stored(&mut self, result: Result<Stored, StoreError>) {
        match (result, &mut self.over) {
            (Ok(stored), over) => {
                self.stored = Some(stored);
                *over = Over::Nothing;
            }
            (Err(error), Over::Saving { problem, is_writing, .. }) => {
                *problem = Some(error.to_string());
                *is_writing = false;
            }
            (Err(_), _) => {}
        }
    }

    pub(super) fn sent(&mut self, id: RequestId) {
        self.awaits = Some(id);
        self.verdict = None;
    }

    pub(super) fn awaits(&self) -> Option<RequestId> {
        self.awaits
    }

    pub(super) fn answered(&mut self, result: &Result<Reply, ApiError>) -> Vec<Action> {
        self.awaits = None;
        self.verdict = match result {
            Ok(Reply::Verdict(verdict)) => Some(Ok(verdict.clone())),
            Ok(_) => None,
            Err(error) => Some(Err(error.clone())),
        };
        Vec::new()
    }

    pub(super) fn contexts(&self) -> Vec<Context> {
        match self.over {
            Over::Nothing => vec![Context::Reveal],
            Over::Saving { .. } => vec![Context::SavePath, Context::Text],
            Over::Leaving { .. } => vec![Context::Leaving, Context::Text],
        }
    }

    pub(super) fn field(&mut self) -> Option<&mut TextField> {
        match &mut self.over {
            Over::Nothing | Over::Saving { is_writing: true, .. } => None,
            Over::Saving { path, .. } => Some(path),
            Over::Leaving { typed, .. } => Some(typed),
        }
    }

    pub(super) fn field_changed(&mut self) {
        match &mut self.over {
            Over::Nothing => {}
            Over::Saving { problem, .. } => *problem = None,
            Over::Leaving { problem, .. } => *problem = None,
        }
    }

    pub(super) fn update(&mut self, command: Command, _view: View) -> Vec<Action> {
        match (&mut self.over, command) {
            (_, Command::Undo) => {
                if let Some(field) = self.field() {
                    field.undo();
                }
                Vec::new()
            }
            (_, Command::Redo) => {
                if let Some(field) = self.field() {
                    field.redo();
                }
                Vec::new()
            }
            (Over::Nothing, command) => self.act(command),
            (Over::Saving { path, is_writing, .. }, Command::Submit) if !*is_writing => {
                *is_writing = true;
                vec![Action::Store { path: path.text().trim().to_owned(), value: self.created.value.clone() }]
            }
            (Over::Saving { .. }, Command::Back) => {
                self.over = Over::Nothing;
                Vec::new()
            }
            (Over::Leaving { .. }, Command::Back) => {
                self.over = Over::Nothing;
                self.quits = false;
                Vec::new()
            }
            (Over::Leaving { typed, problem }, Command::Submit) => {
                if typed.text().trim() == self.created.value.fingerprint().tail {
                    self.leave(true)
                } else {
                    *problem = Some("Those are not its last four characters. Press Esc to go back to the value.");
                    Vec::new()
                }
            }
            (Over::Leaving { .. }, Command::Discard) => {
                let mut actions = vec![Action::Send(Request::Delete(self.created.token.id.clone()))];
                actions.extend(self.leave(false));
                actions
            }
            _ => Vec::new(),
        }
    }

    fn act(&mut self, command: Command) -> Vec<Action> {
        match command {
            Command::ToggleValue => {
                self.is_shown = !self.is_shown;
                Vec::new()
            }
            Command::CopyValue => {
                self.copied = None;
                vec![Action::Copy(Copy { value: self.created.value.clone(), sensitive: true, way: None })]
            }
            Command::CopyOtherWay => {
                let ways = [Way::Native, Way::Wayland, Way::Tmux, Way::Osc52];
                let last = ways.iter().position(|way| *way == self.last_way).unwrap_or_default();
                self.last_way = ways[(last + 1) % ways.len()];
                self.copied = None;
                vec![Action::Copy(Copy {
                    value: self.created.value.clone(),
                    sensitive: true,
                    way: Some(self.last_way),
                })]
            }
            Command::PlainView => {
                self.is_plain = !self.is_plain;
                Vec::new()
            }
            Command::Verify if self.awaits.is_none() => vec![Action::Send(Request::Verify(self.created.value.clone()))],
            Command::Save => {
                let path = TextField::new(sink::suggest(&self.created.token.name()));
                self.over = Over::Saving { path, problem: None, is_writing: false };
                Vec::new()
            }
            Command::Done if self.is_plain => {
                self.is_plain = false;
                Vec::new()
            }
            Command::Done if self.is_stored() => self.leave(true),
            Command::Done => {
                self.over = Over::Leaving { typed: TextField::default(), problem: None };
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Closes the reveal. Only where the value is stored may the copy that is kept of it go; a deleted token's goes with it.
    fn leave(&self, is_stored: bool) -> Vec<Action> {
        let text = match &self.stored {
            Some(Stored::File(path)) => format!(
                "Stored in {}. The value is not in jeton any more.",
                crate::untrusted::shown(&path.to_string_lossy())
            ),
            Some(stored) => format!("It is {stored}. The value is not in jeton any more."),
            None => "The value is not in jeton any more.".to_owned(),
        };
        let mut actions = vec![Action::Close, Action::Toast(Tone::Good, text)];
        if is_stored {
            actions.push(Action::Stored(self.created.token.id.clone()));
        }
        if self.quits {
            actions.push(Action::QuitWhenDone);
        }
        actions
    }

    pub(super) fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        frame.render_widget(Clear, screen);
        if self.is_plain && self.over == Over::Nothing {
            return self.render_plain(frame, screen);
        }
        let margin = if screen.width >= 100 { 8 } else { 2 };
        let inside = Rect { x: screen.x + margin, width: screen.width.saturating_sub(2 * margin), ..screen };
        let columns = usize::from(inside.width.min(90));
        let value = self.value_lines(view, columns);
        let state = self.state_lines(view, columns);
        let head = self.head_lines(view, columns);
        let (ask, problem) = self.over_lines(view, columns);
        let over = if ask.is_empty() { 0 } else { ask.len() + problem.len() + 2 };
        let height = head.len() + value.len() + state.len() + over + 2;
        let spare = usize::from(inside.height).saturating_sub(height);
        let mut lines = vec![Line::default(); (spare / 3).min(4)];
        lines.extend(head);
        lines.push(Line::default());
        lines.extend(value);
        lines.push(Line::default());
        lines.extend(state);
        if !ask.is_empty() {
            lines.push(Line::default());
            lines.extend(ask);
        }
        let field_row = lines.len();
        lines.push(Line::default());
        lines.extend(problem);
        frame.render_widget(Paragraph::new(lines), inside);
        let field_area =
            Rect { y: inside.y.saturating_add(field_row as u16), height: 1, width: columns as u16, ..inside };
        if field_area.y < inside.bottom() {
            match &self.over {
                Over::Nothing => {}
                Over::Saving { path, is_writing, .. } => path.render(frame, field_area, view.theme.field, !is_writing),
                Over::Leaving { typed, .. } => typed.render(frame, field_area, view.theme.field, true),
            }
        }
    }

    /// The value at the left edge and nothing beside it: what the terminal selects is the value and no more.
    fn render_plain(&self, frame: &mut Frame, screen: Rect) {
        let lines = paint::wrap(self.created.value.expose(), usize::from(screen.width));
        let lines: Vec<Line> = lines.into_iter().map(Line::from).collect();
        frame.render_widget(Paragraph::new(lines), Rect { y: screen.y + u16::from(screen.height > 1), ..screen });
    }

    fn head_lines(&self, view: View, columns: usize) -> Vec<Line<'static>> {
        let theme = view.theme;
        let name =
            paint::fit(&self.created.token.name(), columns.saturating_sub(10), theme.glyphs.ellipsis).into_owned();
        let only = "This is the only time this secret token can be seen.";
        let mut lines = vec![Line::from(vec![Span::styled(name, theme.title), Span::raw(" is ready")])];
        lines.extend(paint::wrap(only, columns).into_iter().map(|line| Line::styled(line, theme.danger)));
        lines
    }

    /// The value, alone on its lines: nothing else is selected with it.
    fn value_lines(&self, view: View, columns: usize) -> Vec<Line<'static>> {
        let value = &self.created.value;
        let text = if self.is_shown {
            value.expose().to_owned()
        } else {
            let ends = value.fingerprint();
            let hidden = value.expose().chars().count() - ends.head.chars().count() - ends.tail.chars().count();
            format!("{}{}{}", ends.head, view.theme.glyphs.mask.repeat(hidden), ends.tail)
        };
        paint::wrap(&text, columns).into_iter().map(|line| Line::styled(line, view.theme.secret)).collect()
    }

    fn state_lines(&self, view: View, columns: usize) -> Vec<Line<'static>> {
        let theme = view.theme;
        let glyphs = &theme.glyphs;
        let mut lines = Vec::new();
        let mut say = |mark: &str, style, text: &str| {
            for (at, line) in paint::wrap(text, columns.saturating_sub(2)).into_iter().enumerate() {
                let mark = if at == 0 { mark } else { " " };
                lines.push(Line::from(vec![Span::styled(format!("{mark} "), style), Span::raw(line)]));
            }
        };
        match &self.copied {
            None => {}
            Some(Ok(copied)) => say(glyphs.check, theme.ok, &copied.describe()),
            Some(Err(error)) => say(glyphs.cross, theme.danger, &error.to_string()),
        }
        match (&self.verdict, self.awaits) {
            (_, Some(_)) => say(glyphs.open, theme.dim, "asking the server whether it works …"),
            (None, None) => {}
            (Some(Ok(verdict)), None) if verdict.code == Code::Valid => {
                say(glyphs.check, theme.ok, "the server accepts it");
            }
            (Some(Ok(verdict)), None) => {
                let text = format!(
                    "the server says it {}; a new token may take some minutes to work everywhere, so try again",
                    verdict.code.words()
                );
                say(glyphs.warning, theme.warning, &text);
            }
            (Some(Err(error)), None) => say(glyphs.cross, theme.danger, &error.to_string()),
        }
        if let Some(stored) = &self.stored {
            say(glyphs.check, theme.ok, &stored.to_string());
        } else {
            say(glyphs.open, theme.warning, "not known to be stored yet");
            let style = if self.created.kept.is_safe() { theme.dim } else { theme.danger };
            say(glyphs.dot, style, &format!("a copy is {}", self.created.kept));
        }
        lines
    }

    /// What is asked over the value, and what was wrong with the last answer; nothing when nothing is asked.
    fn over_lines(&self, view: View, columns: usize) -> (Vec<Line<'static>>, Vec<Line<'static>>) {
        let theme = view.theme;
        let (ask, problem) = match &self.over {
            Over::Nothing => return (Vec::new(), Vec::new()),
            Over::Saving { problem, is_writing, .. } => {
                let ask = if *is_writing { "Writing …" } else { "Save to a new file, readable by you alone:" };
                (ask, problem.as_deref())
            }
            Over::Leaving { problem, .. } => ("Have you stored it? Type its last four characters to leave:", *problem),
        };
        let lines = |text: &str, style| {
            paint::wrap(text, columns).into_iter().map(move |line| Line::styled(line, style)).collect()
        };
        (lines(ask, theme.title), problem.map(|problem| lines(problem, theme.danger)).unwrap_or_default())
    }
}
