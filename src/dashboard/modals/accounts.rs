//! [`Accounts`]: which account to go to, and the passphrase where one is needed; also what unlocks the account that is open.
//!
//! Invariants: a passphrase is never on screen, not even its length; it leaves the field for the thread that opens accounts and is
//! kept nowhere; leaving while an account is being opened means staying where one is.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::Modal;
use crate::{
    accounts::book::Entry,
    dashboard::{
        account_opener::AccountRef,
        action::Action,
        command::Command,
        event::OpenError,
        key::Key,
        keymap::Context,
        view::View,
        widgets::{dialog::Dialog, list_cursor::ListCursor, paint, secret_field::SecretField},
    },
    untrusted,
};

/// The list, or the question for a passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounts {
    current: Option<AccountRef>,
    entries: Option<Vec<Entry>>,
    cursor: ListCursor,
    asking: Option<Asking>,
    /// An account is being opened: its name.
    opening: Option<String>,
    problem: Option<String>,
}

/// The question for a passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asking {
    which: AccountRef,
    name: String,
    field: SecretField,
}

/// What stands in the list.
struct Row {
    which: AccountRef,
    title: String,
    what: String,
    needs_passphrase: bool,
}

impl Accounts {
    /// The accounts are being looked up; `current` is the one that is open.
    pub fn new(current: Option<AccountRef>) -> Self {
        Self { current, entries: None, cursor: ListCursor::default(), asking: None, opening: None, problem: None }
    }

    /// The account that is open was locked, and is opened again: at once, or with its passphrase.
    pub fn unlocking(which: AccountRef, name: String, needs_passphrase: bool) -> Self {
        let mut modal = Self { entries: Some(Vec::new()), ..Self::new(Some(which.clone())) };
        if needs_passphrase {
            modal.asking = Some(Asking { which, name, field: SecretField::default() });
        } else {
            modal.opening = Some(name);
        }
        modal
    }

    /// The accounts there are.
    pub fn told(&mut self, entries: Result<Vec<Entry>, String>) {
        match entries {
            Ok(entries) => self.entries = Some(entries),
            Err(why) => {
                self.entries = Some(Vec::new());
                self.problem = Some(why);
            }
        }
        let rows = self.rows();
        self.cursor.go(rows.iter().position(|row| Some(&row.which) == self.current.as_ref()).unwrap_or_default());
    }

    /// It could not be opened.
    pub fn failed(&mut self, open_error: OpenError) {
        self.opening = None;
        self.problem = Some(match open_error {
            OpenError::NoAccount | OpenError::Choice => "That account no longer exists.".to_owned(),
            OpenError::Failed(why) => why,
        });
    }

    fn rows(&self) -> Vec<Row> {
        let entries = self.entries.as_deref().unwrap_or_default();
        let mut rows: Vec<Row> = entries
            .iter()
            .map(|entry| Row {
                which: entry.name.clone().map_or(AccountRef::First, AccountRef::Named),
                title: entry.name.clone().unwrap_or_else(|| entry.username.clone()),
                what: format!("{} at {}, token in {}", entry.username, host(&entry.api_url), entry.kept_in),
                needs_passphrase: entry.needs_passphrase,
            })
            .collect();
        rows.push(Row {
            which: AccountRef::Demo,
            title: "demo".into(),
            what: "a demo account in a local sandbox".into(),
            needs_passphrase: false,
        });
        rows
    }
}

impl Modal for Accounts {
    fn contexts(&self) -> Vec<Context> {
        if self.asking.is_some() { vec![Context::Passphrase] } else { vec![Context::Accounts, Context::List] }
    }

    fn update(&mut self, command: Command, _view: View) -> Vec<Action> {
        if command == Command::Back {
            // The answer may still come: it must not take somebody along who has decided to stay. What was not asked for from here (the
            // first account, at the start) is still wanted.
            let stays = self.opening.is_some().then_some(Action::Stay);
            return stays.into_iter().chain([Action::Close]).collect();
        }
        if self.opening.is_some() {
            return Vec::new();
        }
        if let Some(Asking { which, name, field }) = &mut self.asking {
            if command != Command::Submit || field.is_empty() {
                return Vec::new();
            }
            let passphrase = field.value();
            field.clear();
            self.opening = Some(name.clone());
            return vec![Action::Enter(which.clone(), Some(passphrase))];
        }
        let mut rows = self.rows();
        if self.entries.is_none() || self.cursor.update(command, rows.len()) || command != Command::Submit {
            return Vec::new();
        }
        let row = rows.swap_remove(self.cursor.row().min(rows.len() - 1));
        self.problem = None;
        if row.needs_passphrase {
            self.asking = Some(Asking { which: row.which, name: row.title, field: SecretField::default() });
            return Vec::new();
        }
        self.opening = Some(row.title);
        vec![Action::Enter(row.which, None)]
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let theme = view.theme;
        let glyphs = &theme.glyphs;
        let width = screen.width.saturating_sub(6).min(72);
        let columns = usize::from(width);
        let mut lines: Vec<Line> = Vec::new();
        let mut cursor = None;
        if let Some(Asking { name, field, .. }) = &self.asking {
            let text = format!("Passphrase for {}:", untrusted::shown(name));
            lines.extend(paint::wrap(&text, columns).into_iter().map(Line::from));
            cursor = Some(lines.len());
            let shown = if field.is_empty() { "" } else { glyphs.mask };
            // Always the same, whatever its length is.
            lines.push(Line::styled(paint::cell(&shown.repeat(8), columns, ""), theme.field));
        } else if self.entries.is_none() {
            lines.push(Line::styled(format!("Looking for accounts{}", glyphs.ellipsis), theme.dim));
        } else if !(self.opening.is_some() && self.entries.as_ref().is_some_and(Vec::is_empty)) {
            let rows = self.rows();
            // Two lines each, and what is said below.
            let room = usize::from(screen.height.saturating_sub(6) / 2).max(1);
            for at in self.cursor.show(rows.len(), room) {
                let row = &rows[at];
                let is_cursor = at == self.cursor.row();
                if is_cursor {
                    cursor = Some(lines.len());
                }
                let mark = if is_cursor { glyphs.cursor } else { " " };
                let here = if Some(&row.which) == self.current.as_ref() { "current" } else { "" };
                let style = if is_cursor { theme.title } else { theme.border };
                let title =
                    paint::fit(&untrusted::shown(&row.title), columns.saturating_sub(12), glyphs.ellipsis).into_owned();
                let left = vec![Span::raw(format!("{mark} ")), Span::styled(title, style)];
                lines.push(paint::ends(left, vec![Span::styled(here, theme.ok)], columns));
                let what = untrusted::shown(&row.what);
                let what = paint::fit(&what, columns.saturating_sub(2), glyphs.ellipsis).into_owned();
                lines.push(Line::styled(format!("  {what}"), theme.dim));
            }
        }
        if let Some(name) = &self.opening {
            let text = format!("Opening {}{}", untrusted::shown(name), glyphs.ellipsis);
            lines.push(Line::styled(paint::fit(&text, columns, glyphs.ellipsis).into_owned(), theme.dim));
        } else if let Some(problem) = &self.problem {
            lines.extend(paint::wrap(problem, columns).into_iter().map(|line| Line::styled(line, theme.danger)));
        } else if self.asking.is_none() && self.entries.is_some() {
            lines.push(Line::styled("To add an account, run jeton login.", theme.dim));
        }
        let title = if self.asking.is_some() { " Passphrase " } else { " Accounts " };
        let inside = Dialog::new(title, width, lines.len() as u16).render(frame, screen, theme);
        frame.render_widget(Paragraph::new(lines), inside);
        if let Some(row) = cursor.filter(|row| *row < usize::from(inside.height)) {
            frame.set_cursor_position((inside.x, inside.y + row as u16));
        }
    }

    fn secret_key(&mut self, key: Key) -> bool {
        if let Some(asking) = &mut self.asking
            && self.opening.is_none()
            && asking.field.key(key)
        {
            self.problem = None;
        }
        true
    }

    fn secret_paste(&mut self, text: &str) -> bool {
        if let Some(asking) = &mut self.asking
            && self.opening.is_none()
        {
            asking.field.paste(text);
            self.problem = None;
        }
        true
    }
}

/// The address without what is always the same.
fn host(api_url: &str) -> &str {
    api_url.strip_prefix("https://").or_else(|| api_url.strip_prefix("http://")).unwrap_or(api_url)
}
