//! [`Inspect`]: paste any token and read what is written in it; on request, ask the server whether it works.
//!
//! Invariants: nothing is sent before Enter; the pasted value is masked, is overwritten when the modal closes, and
//! is in no message; an answer about a value that was changed meanwhile is not shown.

use jiff::SignedDuration;
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::Modal;
use crate::{
    api::{Verdict, verdict::Code},
    dashboard::{
        action::Action,
        command::Command,
        key::Key,
        keymap::Context,
        view::View,
        widgets::{dialog::Dialog, paint, secret_field::SecretField},
    },
    secret::Secret,
    token::{
        Usage,
        decoded::{DecodedToken, Malformed, pasted},
        time,
    },
    work::{Reply, Request, WorkError},
};

/// Columns of the labels.
const LABEL: usize = 10;

/// How far the server's opinion is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Asked {
    #[default]
    No,
    Waiting,
    Answered(Verdict),
    Failed(String),
}

/// The modal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspect {
    field: SecretField,
    decoded: Result<DecodedToken, Malformed>,
    asked: Asked,
}

impl Default for Inspect {
    fn default() -> Self {
        Self { field: SecretField::default(), decoded: Err(Malformed::Empty), asked: Asked::No }
    }
}

impl Inspect {
    fn changed(&mut self) {
        self.decoded = DecodedToken::of(self.field.value().expose());
        self.asked = Asked::No;
    }

    /// The value as it is sent: without the quotes and blanks around it, which do not belong to it.
    fn value(&self) -> Secret {
        let value = self.field.value();
        pasted(value.expose()).unwrap_or(value)
    }

    fn server(&self, lines: &mut Lines) {
        let theme = lines.view.theme;
        let key = lines.view.keys.name(Context::Inspect, Command::Submit);
        match &self.asked {
            Asked::No => lines.put("Server", &format!("Press {key} to ask whether it works"), theme.dim),
            Asked::Waiting => {
                lines.put("Server", &format!("asking {}", theme.glyphs.ellipsis), theme.dim);
            }
            Asked::Answered(verdict) => {
                let (mark, style) = match verdict.code {
                    Code::Valid => (theme.glyphs.check, theme.ok),
                    Code::Malformed | Code::Invalid | Code::Expired | Code::Revoked => {
                        (theme.glyphs.cross, theme.danger)
                    }
                    Code::Other(_) => (theme.glyphs.warning, theme.warning),
                };
                lines.put("Server", &format!("{mark} it {}", verdict.code.words()), style);
            }
            Asked::Failed(error) => {
                lines.put("Server", error, theme.warning);
                lines.put("", &format!("Press {key} to ask again"), theme.dim);
            }
        }
    }
}

impl Modal for Inspect {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::Inspect]
    }

    fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        match command {
            Command::Back => vec![Action::Close],
            Command::Submit if view.store.account.is_none() => {
                self.asked = Asked::Failed("no account is open".into());
                Vec::new()
            }
            Command::Submit
                if !self.field.is_empty()
                    && matches!(self.asked, Asked::No | Asked::Answered(_) | Asked::Failed(_)) =>
            {
                self.asked = Asked::Waiting;
                vec![Action::Send(Request::Verify(self.value()))]
            }
            _ => Vec::new(),
        }
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let theme = view.theme;
        let width = screen.width.saturating_sub(6).min(76);
        let columns = usize::from(width);
        let mut lines = Lines { view, columns, lines: vec![Line::default(), Line::default()] };
        match &self.decoded {
            Ok(decoded) => lines.decoded(decoded),
            Err(Malformed::Empty) => {
                lines.put("", "Decoded locally. Nothing is sent unless you ask.", theme.dim);
            }
            Err(fault) => {
                let fault = fault.to_string();
                lines.put("No token", &fault, theme.warning);
            }
        }
        if !self.field.is_empty() {
            lines.lines.push(Line::default());
            self.server(&mut lines);
        }
        let lines = lines.lines;
        let inside = Dialog::new(Span::styled(" Inspect a token ", theme.title), width, lines.len() as u16)
            .render(frame, screen, theme);
        frame.render_widget(Paragraph::new(lines), inside);
        let field = Rect { height: inside.height.min(1), ..inside };
        self.field.render(frame, field, theme.field, theme.dim, "Paste a token (pk, sk or tk)", theme.glyphs.ellipsis);
    }

    fn secret_key(&mut self, key: Key) -> bool {
        if self.field.key(key) {
            self.changed();
        }
        true
    }

    /// A paste takes the place of what was there: one token is looked at after another.
    fn secret_paste(&mut self, text: &str) -> bool {
        self.field.clear();
        let found = pasted(text);
        self.field.paste(found.as_ref().map_or(text, Secret::expose));
        self.changed();
        true
    }

    fn answered(&mut self, request: &Request, result: &Result<Reply, WorkError>) -> Vec<Action> {
        if *request != Request::Verify(self.value()) || self.asked != Asked::Waiting {
            return Vec::new();
        }
        self.asked = match result {
            Ok(Reply::Verdict(verdict)) => Asked::Answered(verdict.clone()),
            Ok(_) => Asked::Failed("the reply does not match the request".into()),
            Err(error) => Asked::Failed(error.to_string()),
        };
        Vec::new()
    }
}

struct Lines<'a> {
    view: View<'a>,
    columns: usize,
    lines: Vec<Line<'static>>,
}

impl Lines<'_> {
    fn put(&mut self, label: &'static str, text: &str, style: Style) {
        let width = if label.is_empty() && self.lines.len() == 2 { 0 } else { LABEL };
        for (at, line) in paint::wrap(text, self.columns.saturating_sub(width)).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            let label = Span::styled(format!("{label:<width$}"), self.view.theme.label);
            self.lines.push(Line::from(vec![label, Span::styled(line, style)]));
        }
    }

    fn decoded(&mut self, decoded: &DecodedToken) {
        let (theme, store) = (self.view.theme, self.view.store);
        let now = self.view.now.time;
        let plain = Style::new();
        let (kind, style) = match decoded.usage {
            Usage::Public => ("pk, public: anyone may see it", theme.public),
            Usage::Secret => ("sk, secret: for servers and tools only", theme.secret),
            Usage::Temporary => ("tk, temporary: not listed", theme.warning),
            Usage::Unknown => ("unknown", theme.warning),
        };
        self.put("Kind", kind, style);
        let is_own = store.account.as_ref().map(|account| account.username == decoded.owner.raw());
        let owner = match is_own {
            Some(true) => format!("{}, this account", decoded.owner.shown()),
            Some(false) => format!("{}, another account", decoded.owner.shown()),
            None => decoded.owner.shown().into_owned(),
        };
        self.put("Owner", &owner, plain);
        if let Some(id) = &decoded.id {
            self.put("Id", &id.shown(), plain);
            if is_own == Some(true) {
                match store.token(id) {
                    Some(token) => {
                        let name = format!("{} \"{}\", on this account", theme.glyphs.check, token.name());
                        self.put("", &name, theme.ok);
                    }
                    None => self.put("", "Not in this account's list (deleted, or the list is stale)", theme.warning),
                }
            }
        }
        if let Some(made) = decoded.born.or(decoded.issued) {
            let text = format!("{} {} {}", self.view.date(made), theme.glyphs.dot, time::relative(made, now));
            self.put("Created", &text, plain);
        }
        match decoded.expires {
            Some(expires) if decoded.is_expired(now) => {
                let text = format!("{} {} {}", self.view.date(expires), theme.glyphs.dot, time::relative(expires, now));
                self.put("Expired", &text, theme.danger);
            }
            Some(expires) => {
                let left = time::countdown(expires.duration_since(now).max(SignedDuration::ZERO));
                self.put("Expires", &format!("{} {} in {left}", self.view.date(expires), theme.glyphs.dot), plain);
            }
            None => self.put("Expires", "never", theme.dim),
        }
        if let Some(scopes) = &decoded.scopes {
            let scopes: Vec<_> = scopes.iter().map(|scope| scope.shown().into_owned()).collect();
            self.put("Scopes", if scopes.is_empty() { "none".to_owned() } else { scopes.join(", ") }.as_str(), plain);
        }
        if let Some(client) = decoded.client.as_ref().filter(|client| client.raw() != "api") {
            self.put("Client", &client.shown(), plain);
        }
        if let Some(impersonator) = &decoded.impersonator {
            self.put("Used by", &format!("{} in the owner's place", impersonator.shown()), theme.warning);
        }
        if !decoded.has_usual_signature() {
            let text = format!("wrong length ({}, expected 22); was the token truncated?", decoded.signature_length);
            self.put("Signature", &text, theme.warning);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed in the API documentation of 2018 as an example.
    const SAMPLE: &str = "pk.eyJ1Ijoic2NvdGhpcyIsImEiOiJjaWp1Y2ltYmUwMDBicmJrdDQ4ZDBkaGN4In0.sbihZCZJ56-fsFNKHXF8YQ";

    #[test]
    fn a_token_is_found_in_the_line_that_was_pasted_and_shown_by_its_ends_only() {
        let mut inspect = Inspect::default();
        inspect.secret_paste(&format!("mapboxgl.accessToken = '{SAMPLE}';\n"));
        assert_eq!(inspect.value(), Secret::new(SAMPLE));
        assert_eq!(inspect.decoded.as_ref().map(|decoded| decoded.owner.raw()), Ok("scothis"));
        assert!(!format!("{inspect:?}").contains("sbihZCZJ56"));
    }

    #[test]
    fn an_answer_is_forgotten_when_the_value_changes() {
        let mut inspect = Inspect::default();
        inspect.secret_paste(SAMPLE);
        inspect.asked = Asked::Waiting;
        let request = Request::Verify(Secret::new(SAMPLE));
        inspect.secret_paste("sk.something.else");
        assert_eq!(inspect.asked, Asked::No);
        inspect.asked = Asked::Waiting;
        inspect.answered(&request, &Err(WorkError::Cancelled));
        assert_eq!(inspect.asked, Asked::Waiting, "that was about another one");
        assert_eq!(inspect.decoded, Err(Malformed::NotBase64));
    }
}
