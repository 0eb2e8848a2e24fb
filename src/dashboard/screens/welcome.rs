//! [`Welcome`]: where somebody starts who has no account here yet, or whose account could not be opened: what this is, and the
//! two ways on.

use ratatui::{
    Frame,
    layout::{Constraint, Rect},
    text::{Line, Span},
};

use crate::dashboard::{
    account_opener::AccountRef, action::Action, clicks::Target, command::Command, keymap::Context, view::View,
    widgets::paint,
};

/// The screen.
#[derive(Debug, Default)]
pub struct Welcome {
    /// Why there is no account to show.
    reason: Option<String>,
}

impl Welcome {
    /// The account could not be opened; why, in a sentence for people.
    pub fn fail(&mut self, reason: String) {
        self.reason = Some(reason);
    }

    /// The contexts whose keys it takes, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        vec![Context::Welcome]
    }

    /// Does what a command says.
    pub fn update(&mut self, command: Command) -> Vec<Action> {
        match command {
            Command::Demo => vec![Action::Enter(AccountRef::Demo, None)],
            _ => Vec::new(),
        }
    }

    /// Draws the screen.
    pub fn render(&self, frame: &mut Frame, area: Rect, view: View) {
        let theme = view.theme;
        let columns = usize::from(area.width.saturating_sub(4).min(68));
        let mut lines = vec![
            Line::styled("jeton", theme.title),
            Line::styled("Mapbox access tokens in your terminal", theme.dim),
            Line::default(),
        ];
        let mut put = |text: &str, style| {
            lines.extend(paint::wrap(text, columns).into_iter().map(|line| Line::styled(line, style)));
        };
        match &self.reason {
            Some(reason) => {
                put("Couldn't open the account.", theme.danger);
                put(reason, ratatui::style::Style::new());
            }
            None => put("No account yet. Two ways to start:", ratatui::style::Style::new()),
        }
        lines.push(Line::default());
        let again = (Command::Accounts, "retry or choose another account", "Reads its token again from storage.");
        let sources = [
            (Command::Demo, "try the demo account", "No account or network needed. Nothing is saved."),
            (
                Command::Quit,
                "quit, then sign in: jeton login",
                "Needs a secret token with tokens:read, and tokens:write to make changes.",
            ),
        ];
        let has_account = self.reason.is_some();
        // Where each of them stands, for the mouse.
        let mut ways = Vec::new();
        for (command, what, more) in has_account.then_some(again).into_iter().chain(sources) {
            let key = view.keys.name(Context::Welcome, command);
            ways.push((lines.len(), command));
            lines.push(Line::from(vec![Span::styled(format!("  {key}  "), theme.key), Span::raw(what)]));
            let more = paint::wrap(more, columns.saturating_sub(5));
            lines.extend(more.into_iter().map(|line| Line::styled(format!("     {line}"), theme.dim)));
            lines.push(Line::default());
        }
        lines.pop();
        let height = (lines.len() as u16).min(area.height);
        let place = area.centered(Constraint::Length(columns as u16), Constraint::Length(height));
        for (at, (row, line)) in place.rows().zip(lines).enumerate() {
            frame.render_widget(line, row);
            if let Some((_, command)) = ways.iter().find(|(line, _)| *line == at) {
                view.clicks.add(row, Target::Command(*command));
            }
        }
    }
}
