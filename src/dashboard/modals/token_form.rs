//! [`TokenForm`]: the name, the allowed URLs and the scopes of a token, being edited. The body of the create and edit forms.
//!
//! Invariants: problems are said as soon as they are there, next to what they are about; while a request is on its
//! way (`is_locked`) nothing can be typed.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
};

use crate::{
    api::error::Field,
    dashboard::{
        action::{Action, Tone},
        command::Command,
        keymap::Context,
        theme::Theme,
        widgets::{
            paint,
            scope_picker::{Limits, Outcome, ScopePicker},
            text_field::TextField,
        },
    },
    token::{ALLOWED_URL_LIMIT, AllowedUrl, Draft, NOTE_LIMIT, Token, allowed_url::split_list},
    untrusted::Untrusted,
};

/// Columns of the labels.
const LABEL: u16 = 8;

/// Which part of the form the keys go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Focus {
    #[default]
    Note,
    Urls,
    Scopes,
}

/// The fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenForm {
    note: TextField,
    urls: TextField,
    picker: ScopePicker,
    focus: Focus,
    /// The field the server refused.
    blamed: Option<Focus>,
}

impl TokenForm {
    /// Filled with what a token is.
    pub fn of(token: &Token) -> Self {
        let urls: Vec<&str> = token.urls().iter().map(Untrusted::raw).collect();
        Self {
            note: TextField::new(token.note.as_ref().map_or("", Untrusted::raw)),
            urls: TextField::new(urls.join(", ")),
            picker: ScopePicker::new(token.scopes.iter().cloned()),
            focus: Focus::default(),
            blamed: None,
        }
    }

    /// Filled with what was to be made earlier.
    pub fn filled(draft: &Draft) -> Self {
        Self {
            note: TextField::new(draft.note.as_str()),
            urls: TextField::new(draft.allowed_urls.join(", ")),
            picker: ScopePicker::new(draft.scopes.iter().cloned()),
            focus: Focus::default(),
            blamed: None,
        }
    }

    /// The server refused what is in a field: it is marked, and the keys go there.
    pub fn blame(&mut self, field: Field) {
        let focus = match field {
            Field::Note => Focus::Note,
            Field::AllowedUrls => Focus::Urls,
            Field::Scopes => Focus::Scopes,
            Field::Expires => return,
        };
        self.focus = focus;
        self.blamed = Some(focus);
    }

    /// What is in it.
    pub fn draft(&self) -> Draft {
        Draft {
            note: self.note.text().trim().to_owned(),
            scopes: self.picker.chosen().iter().cloned().collect(),
            allowed_urls: split_list(self.urls.text()).map(str::to_owned).collect(),
        }
    }

    /// The contexts whose keys it takes, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match self.focus {
            Focus::Note | Focus::Urls => vec![Context::Text, Context::Form],
            Focus::Scopes => self.picker.contexts(),
        }
    }

    /// The field that takes characters now.
    pub fn field(&mut self) -> Option<&mut TextField> {
        match self.focus {
            Focus::Note => Some(&mut self.note),
            Focus::Urls => Some(&mut self.urls),
            Focus::Scopes => self.picker.filter_field(),
        }
    }

    /// The text of [`Self::field`] has changed.
    pub fn field_changed(&mut self) {
        self.blamed = self.blamed.filter(|blamed| *blamed != self.focus);
        if self.focus == Focus::Scopes {
            self.picker.filter_changed();
        }
    }

    /// Does what a command says; `None` when it is not for the fields.
    pub fn update(&mut self, command: Command, limits: Limits) -> Option<Vec<Action>> {
        if command == Command::Submit || (command == Command::Toggle && self.focus == Focus::Scopes) {
            self.blamed = None;
        }
        if self.focus == Focus::Scopes && (command != Command::Submit || self.picker.shows_presets()) {
            match self.picker.update(command, limits) {
                Outcome::Done => return Some(Vec::new()),
                Outcome::Remark(text) => return Some(vec![Action::Toast(Tone::Note, text)]),
                Outcome::Refused(reason) => return Some(vec![Action::Toast(Tone::Bad, reason)]),
                Outcome::NotMine => {}
            }
        }
        match command {
            Command::Next => {
                self.focus = match self.focus {
                    Focus::Note => Focus::Urls,
                    Focus::Urls => Focus::Scopes,
                    Focus::Scopes => Focus::Note,
                }
            }
            Command::Previous => {
                self.focus = match self.focus {
                    Focus::Note => Focus::Scopes,
                    Focus::Urls => Focus::Note,
                    Focus::Scopes => Focus::Urls,
                }
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    /// What is wrong with the URLs as they stand, or how many there are.
    fn urls_note(&self) -> (bool, String) {
        let entries: Vec<&str> = split_list(self.urls.text()).collect();
        let fault = entries.iter().find_map(|entry| AllowedUrl::parse(entry).err().map(|fault| (entry, fault)));
        match (entries.len(), fault) {
            (_, Some((entry, fault))) => (true, format!("{}: {fault}", crate::untrusted::shown(entry))),
            (0, None) => (false, "any: works from anywhere".into()),
            (count, None) if count > ALLOWED_URL_LIMIT => {
                (true, format!("{count} entries (limit {ALLOWED_URL_LIMIT})"))
            }
            (1, None) => (false, "1 entry".into()),
            (count, None) => (false, format!("{count} entries")),
        }
    }

    /// Draws the fields; `makes` says what comes of them.
    pub fn render(
        &mut self,
        frame: &mut Frame,
        area: Rect,
        theme: &Theme,
        limits: Limits,
        makes: (&str, Line<'static>),
        is_locked: bool,
    ) {
        let (has_fault, urls_note) = self.urls_note();
        let note_columns = usize::from(area.width.saturating_sub(LABEL));
        let fault_lines = if has_fault { paint::wrap(&urls_note, note_columns) } else { Vec::new() };
        let (makes_label, makes) = makes;
        let rows = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(fault_lines.len().min(2) as u16),
            Constraint::Length(1),
            Constraint::Fill(1),
        ]);
        let [note, urls, fault, makes_area, scopes] = area.layout(&rows);

        let count = self.note.text().chars().count();
        let counter =
            Line::styled(format!(" {count}/{NOTE_LIMIT}"), if count > NOTE_LIMIT { theme.danger } else { theme.dim });
        let is_here = |focus| self.focus == focus && !is_locked;
        let label = |focus, text: &'static str| {
            if self.blamed == Some(focus) {
                Line::styled(format!("{text} {}", theme.glyphs.cross), theme.danger)
            } else {
                Line::styled(text, theme.label)
            }
        };
        let name_label = label(Focus::Note, "Name");
        labelled(frame, note, name_label, theme, &self.note, counter, is_here(Focus::Note));
        let beside = if has_fault { Line::default() } else { Line::styled(format!(" {urls_note}"), theme.dim) };
        let urls_label = label(Focus::Urls, "URLs");
        labelled(frame, urls, urls_label, theme, &self.urls, beside, is_here(Focus::Urls));
        for (row, line) in fault.rows().zip(fault_lines) {
            let place = Rect { x: row.x + LABEL, width: row.width.saturating_sub(LABEL), ..row };
            frame.render_widget(Line::styled(line, theme.warning), place);
        }
        frame.render_widget(Line::styled(makes_label.to_owned(), theme.label), makes_area);
        frame.render_widget(
            makes,
            Rect { x: makes_area.x + LABEL, width: makes_area.width.saturating_sub(LABEL), ..makes_area },
        );

        let is_choosing = is_here(Focus::Scopes);
        let refused = (self.blamed == Some(Focus::Scopes)).then(|| "The server refused these scopes.".to_owned());
        let advice = refused.or_else(|| self.picker.advice());
        let advice_height = u16::from(advice.is_some() && scopes.height > 6);
        let [scopes, advice_area] =
            scopes.layout(&Layout::vertical([Constraint::Fill(1), Constraint::Length(advice_height)]));
        if let Some(advice) = advice {
            let text = paint::fit(&advice, usize::from(advice_area.width), theme.glyphs.ellipsis).into_owned();
            frame.render_widget(Line::styled(text, theme.dim), advice_area);
        }
        self.picker.render(frame, scopes, theme, limits, is_choosing);
    }
}

/// A label, a text field, and a note at the end of the line.
fn labelled(
    frame: &mut Frame,
    area: Rect,
    label: Line<'static>,
    theme: &Theme,
    field: &TextField,
    beside: Line<'static>,
    is_focused: bool,
) {
    let width = (beside.width() as u16).min(area.width / 2);
    frame.render_widget(label, area);
    let place = Rect { x: area.x + LABEL, width: area.width.saturating_sub(LABEL + width), ..area };
    field.render(frame, place, theme.field, is_focused);
    frame.render_widget(beside, Rect { x: area.right().saturating_sub(width), width, ..area });
}
