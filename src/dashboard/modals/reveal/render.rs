//! How the reveal looks: the value alone on its lines, what became of it below, what is asked under that.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Clear, Paragraph},
};

use super::{Ask, Over, Reveal};
use crate::{
    api::verdict::Code,
    dashboard::{
        command::Command,
        keymap::Context,
        view::View,
        widgets::{dialog, paint, qr},
    },
};

impl Reveal {
    pub(super) fn draw(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        frame.render_widget(Clear, screen);
        match self.over {
            Over::Plain => return self.render_plain(frame, screen),
            Over::Code => return qr::render(frame, screen, self.created.value.expose(), view.theme),
            Over::Nothing | Over::Asking(_) | Over::Leaving { .. } | Over::Discarding => {}
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
                Over::Nothing | Over::Plain | Over::Code | Over::Discarding => {}
                Over::Asking(Ask { field, .. }) => {
                    field.render(frame, field_area, view.theme.field, self.delivering.is_none());
                }
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
        let only = "This is the only time you can see this secret token.";
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
        match (&self.verdict, self.pending.is_waiting()) {
            (_, true) => {
                say(glyphs.open, theme.dim, &format!("asking the server whether it works{}", glyphs.ellipsis));
            }
            (None, false) => {}
            (Some(Ok(verdict)), false) if verdict.code == Code::Valid => {
                say(glyphs.check, theme.ok, "it works");
            }
            (Some(Ok(verdict)), false) => {
                let text = format!(
                    "the server says it {}; a new token can take a few minutes to work everywhere, so try again",
                    verdict.code.words()
                );
                say(glyphs.warning, theme.warning, &text);
            }
            (Some(Err(error)), false) => say(glyphs.cross, theme.danger, &error.to_string()),
        }
        if let Some(doing) = self.delivering {
            say(glyphs.open, theme.dim, doing);
        }
        if let Some(failure) = &self.failure {
            say(glyphs.cross, theme.danger, failure);
        }
        for stored in &self.stored {
            say(glyphs.check, theme.ok, &stored.to_string());
        }
        if self.stored.is_empty() {
            say(glyphs.open, theme.warning, "not saved anywhere yet");
            let backup = &self.created.backup;
            if backup.until().is_some_and(|until| until <= view.now.time) {
                say(glyphs.cross, theme.danger, "the backup has expired: if jeton ends now, the value is lost");
            } else {
                let style = if backup.is_safe() { theme.dim } else { theme.danger };
                say(glyphs.dot, style, &format!("a backup is {}", backup.describe(|time| view.clock(time))));
            }
        }
        lines
    }

    /// What is asked over the value, and what was wrong with the last answer; nothing when nothing is asked.
    fn over_lines(&self, view: View, columns: usize) -> (Vec<Line<'static>>, Vec<Line<'static>>) {
        let theme = view.theme;
        let lines = |text: &str, style| {
            paint::wrap(text, columns).into_iter().map(move |line| Line::styled(line, style)).collect::<Vec<_>>()
        };
        match &self.over {
            Over::Nothing | Over::Plain | Over::Code => (Vec::new(), Vec::new()),
            Over::Asking(ask) => {
                let mut below = ask.problem.as_deref().map(|problem| lines(problem, theme.danger)).unwrap_or_default();
                if ask.kind.obeys_allow {
                    let (chosen, open) = theme.glyphs.chosen;
                    for (is_on, what, command) in [
                        (ask.allow.replace, "replace the value the entry has", Command::ToggleReplace),
                        (ask.allow.tracked, "allow a file that git tracks", Command::ToggleTracked),
                    ] {
                        let key = view.keys.name(Context::SaveEntry, command);
                        let mark = if is_on { chosen } else { open };
                        below.extend(lines(&format!("{mark} {what} ({key})"), theme.label));
                    }
                } else if below.is_empty() {
                    below = lines(ask.kind.remark, theme.dim);
                }
                (lines(ask.kind.question, theme.title), below)
            }
            Over::Leaving { problem, .. } => (
                lines("Not saved yet. Type its last four characters to confirm that you stored it:", theme.title),
                problem.as_deref().map(|problem| lines(problem, theme.danger)).unwrap_or_default(),
            ),
            Over::Discarding => {
                let mut question = lines(
                    "Delete this token? Nobody can ever read its value again, and the token stops working.",
                    theme.danger,
                );
                question.push(Line::default());
                question.push(dialog::yes_or_no(view, Context::Discarding));
                (question, Vec::new())
            }
        }
    }
}
