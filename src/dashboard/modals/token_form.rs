//! [`TokenForm`]: the name, the scopes and the allowed URLs of a token, being edited. The body of the create and edit forms.
//!
//! Invariants: problems are said as soon as they are there, next to what they are about; while a request is on its
//! way (`is_locked`) nothing can be typed.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};

use crate::{
    api::error::Field,
    dashboard::{
        action::Action,
        clicks::Target,
        command::Command,
        keymap::Context,
        theme::Theme,
        view::View,
        widgets::{
            paint,
            scope_picker::{Limits, Outcome, ScopePicker},
            text_field::TextField,
        },
    },
    token::{ALLOWED_URL_LIMIT, AllowedUrl, Draft, NOTE_LIMIT, Token, allowed_url::split_list, preset},
    untrusted::Untrusted,
};

/// Columns of the labels.
const LABEL: u16 = 11;

/// What can be clicked: the fields, and the rows of the picker.
const NAME: usize = 0;
const URLS: usize = 1;
const SCOPES: usize = 2;

/// Which part of the form the keys go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Focus {
    #[default]
    Note,
    Scopes,
    Urls,
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

    /// The contexts whose keys it takes, the innermost first; `submit` names what is done in the end.
    pub fn contexts(&self, submit: Context) -> Vec<Context> {
        let mut contexts = match self.focus {
            Focus::Note | Focus::Urls => vec![Context::Text, Context::Form],
            Focus::Scopes => self.picker.contexts(),
        };
        // The presets lie over the form: its keys would act on what is hidden.
        if contexts.contains(&Context::Form) {
            contexts.push(submit);
        }
        contexts
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
                Outcome::NotMine => {}
                outcome => return Some(outcome.said()),
            }
        }
        match command {
            Command::Presets => {
                self.focus = Focus::Scopes;
                self.picker.show_presets();
            }
            Command::Next => {
                self.focus = match self.focus {
                    Focus::Note => Focus::Scopes,
                    Focus::Scopes => Focus::Urls,
                    Focus::Urls => Focus::Note,
                }
            }
            Command::Previous => {
                self.focus = match self.focus {
                    Focus::Note => Focus::Urls,
                    Focus::Urls => Focus::Scopes,
                    Focus::Scopes => Focus::Note,
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

    /// A click on a part of it.
    pub fn click(&mut self, part: usize, at: usize, limits: Limits) -> Vec<Action> {
        match part {
            NAME => self.focus = Focus::Note,
            URLS => self.focus = Focus::Urls,
            _ => {
                self.focus = Focus::Scopes;
                self.blamed = None;
                return self.picker.click(at, limits).said();
            }
        }
        Vec::new()
    }

    /// Draws the fields, in the order of the page they mirror; `makes` says what comes of them.
    pub fn render(
        &mut self,
        frame: &mut Frame,
        area: Rect,
        view: View,
        limits: Limits,
        makes: (&'static str, Line<'static>),
        is_locked: bool,
    ) {
        let theme = view.theme;
        let (has_fault, urls_note) = self.urls_note();
        let note_columns = usize::from(area.width.saturating_sub(LABEL));
        let fault_lines = if has_fault { paint::wrap(&urls_note, note_columns) } else { Vec::new() };
        let fault_height = fault_lines.len().min(2) as u16;
        // What follows the scopes stands right below them where there is more room than they need.
        let all_scopes = limits.catalogue.scopes().len() as u16 + 4;
        let scopes_height = area.height.saturating_sub(4 + fault_height).min(all_scopes);
        let (makes_label, makes) = makes;
        let rows = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(scopes_height),
            Constraint::Length(1),
            Constraint::Length(fault_height),
            Constraint::Length(1),
            Constraint::Fill(1),
        ]);
        let [note, preset, scopes, urls, fault, makes_area, _] = area.layout(&rows);
        let beside = |row: Rect| Rect { x: row.x + LABEL, width: row.width.saturating_sub(LABEL), ..row };

        let count = self.note.text().chars().count();
        let counter =
            Line::styled(format!(" {count}/{NOTE_LIMIT}"), if count > NOTE_LIMIT { theme.danger } else { theme.dim });
        let is_here = |focus| self.focus == focus && !is_locked;
        self.label(frame, note, "Name", Focus::Note, theme);
        field(frame, beside(note), (&self.note, "what it is for"), counter, view, is_here(Focus::Note));
        self.label(frame, urls, "URLs", Focus::Urls, theme);
        let urls_note = if has_fault { Line::default() } else { Line::styled(format!(" {urls_note}"), theme.dim) };
        field(frame, beside(urls), (&self.urls, ""), urls_note, view, is_here(Focus::Urls));
        if !is_locked {
            view.clicks.add(note, Target::Part(NAME, 0));
            view.clicks.add(urls, Target::Part(URLS, 0));
            view.clicks.add(preset, Target::Command(Command::Presets));
        }
        for (row, line) in fault.rows().zip(fault_lines) {
            frame.render_widget(Line::styled(line, theme.warning), beside(row));
        }
        let left = Rect { width: LABEL.min(makes_area.width), ..makes_area };
        frame.render_widget(Line::styled(format!("  {makes_label}"), theme.label), left);
        frame.render_widget(makes, beside(makes_area));
        self.label(frame, preset, "Scopes", Focus::Scopes, theme);
        frame.render_widget(self.preset_line(view, note_columns), beside(preset));
        // Last, for the presets lie over the form, and only they can be clicked then.
        let scopes = if self.picker.shows_presets() { area } else { scopes };
        self.picker.render(frame, scopes, view, limits, is_here(Focus::Scopes), SCOPES);
    }

    /// What precedes a field: where the keys go is marked, and so is what the server refused.
    fn label(&self, frame: &mut Frame, row: Rect, text: &'static str, focus: Focus, theme: &Theme) {
        let (mark, style) = if self.focus == focus { (theme.glyphs.cursor, theme.key) } else { (" ", theme.label) };
        let line = if self.blamed == Some(focus) {
            Line::styled(format!("{mark} {text} {}", theme.glyphs.cross), theme.danger)
        } else {
            Line::styled(format!("{mark} {text}"), style)
        };
        // A line's style covers all of its area: what is typed beside it must not get it.
        frame.render_widget(line, Rect { width: LABEL.min(row.width), ..row });
    }

    /// The presets, before anything is chosen; then which of them the choice is, or what it has beyond one.
    fn preset_line(&self, view: View, columns: usize) -> Line<'static> {
        let theme = view.theme;
        if self.blamed == Some(Focus::Scopes) {
            return Line::styled("The server refused these scopes.", theme.danger);
        }
        let key = view.keys.name(Context::Form, Command::Presets);
        let text = self.picker.advice().unwrap_or_else(|| {
            let names: Vec<&str> = preset::presets().iter().map(|preset| &*preset.name).collect();
            names.join(", ")
        });
        let room = columns.saturating_sub(paint::width(&key) + 11);
        Line::from(vec![
            Span::styled(key, theme.key),
            Span::styled(format!(" presets {} ", theme.glyphs.dot), theme.label),
            Span::raw(paint::fit(&text, room, theme.glyphs.ellipsis).into_owned()),
        ])
    }
}

/// A text field, and a note at the end of the line.
fn field(
    frame: &mut Frame,
    area: Rect,
    (field, empty): (&TextField, &str),
    note: Line<'static>,
    view: View,
    is_focused: bool,
) {
    let width = (note.width() as u16).min(area.width.saturating_sub(12));
    let place = Rect { width: area.width.saturating_sub(width), ..area };
    field.render_in_form(frame, place, view.theme, is_focused, empty);
    frame.render_widget(note, Rect { x: area.right().saturating_sub(width), width, ..area });
}
