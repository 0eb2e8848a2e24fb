//! [`FixFinding`]: what the lint finds about one token, why that matters, and the remedy, which starts from here.
//!
//! Invariants: a remedy opens the form that does it, filled in, and sends nothing by itself.

use std::sync::Arc;

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{Create, Delete, Edit, Modal, Urls};
use crate::{
    dashboard::{
        action::{Action, Tone},
        command::Command,
        keymap::Context,
        view::View,
        widgets::{dialog::Dialog, list_cursor::ListCursor, paint},
    },
    token::{
        Draft, Patch, Token,
        lint::{Finding, Fix, mended},
    },
    untrusted::Untrusted,
};

/// The findings of one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixFinding {
    token: Arc<Token>,
    findings: Vec<Finding>,
    cursor: ListCursor,
}

/// What a remedy does here, where `jeton` does it; the words of a key.
fn label(fix: &Fix) -> &'static str {
    match fix {
        // Replacing it begins with another one that may do the same.
        Fix::Rotate => "create a replacement",
        other => other.label(),
    }
}

/// Shows what is wrong with a token of the account, if anything is.
pub fn ask(token: &Arc<Token>, view: View) -> Vec<Action> {
    let findings = view.findings(token);
    if findings.is_empty() {
        return vec![Action::Toast(Tone::Good, format!("No problems found in \"{}\".", token.name()))];
    }
    vec![Action::open(FixFinding::new(Arc::clone(token), findings))]
}

/// Starts a remedy.
pub fn start(token: &Arc<Token>, fix: &Fix) -> Vec<Action> {
    let draft = || Draft {
        note: token.note.as_ref().map_or("", Untrusted::raw).to_owned(),
        scopes: token.scopes.clone(),
        allowed_urls: token.urls().iter().map(|url| url.raw().to_owned()).collect(),
    };
    let refused = match fix {
        Fix::EditUrls => Urls::why_not(token),
        Fix::Delete => Delete::why_not(token),
        Fix::RemoveScopes(_) | Fix::Rename | Fix::Rotate => None,
    };
    if let Some(reason) = refused {
        return vec![Action::Toast(Tone::Bad, reason)];
    }
    let open = match fix {
        Fix::EditUrls => Action::open(Urls::with(Arc::clone(token), mended(token))),
        Fix::Delete => Action::open(Delete::new(Arc::clone(token))),
        Fix::Rename => Action::open(Edit::new(Arc::clone(token))),
        Fix::Rotate => Action::open(Create::of(&draft())),
        Fix::RemoveScopes(scopes) => {
            let fewer = Draft {
                scopes: token.scopes.iter().filter(|scope| !scopes.contains(scope)).cloned().collect(),
                ..draft()
            };
            Action::open(Edit::with(Arc::clone(token), &Patch::between(token, &fewer)))
        }
    };
    vec![open]
}

impl FixFinding {
    /// The findings of `token`.
    pub fn new(token: Arc<Token>, findings: Vec<Finding>) -> Self {
        Self { token, findings, cursor: ListCursor::default() }
    }
}

impl Modal for FixFinding {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::FixFinding, Context::List]
    }

    fn update(&mut self, command: Command, _view: View) -> Vec<Action> {
        if self.cursor.update(command, self.findings.len()) {
            return Vec::new();
        }
        match command {
            Command::Back => vec![Action::Close],
            Command::Submit => match self.findings.get(self.cursor.row()).map(|finding| &finding.fix) {
                Some(Some(fix)) => {
                    let mut actions = vec![Action::Close];
                    actions.extend(start(&self.token, fix));
                    actions
                }
                _ => vec![Action::Toast(Tone::Note, "No automatic fix for this one.".into())],
            },
            _ => Vec::new(),
        }
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let theme = view.theme;
        let width = screen.width.saturating_sub(6).min(84);
        let columns = usize::from(width);
        let mut lines: Vec<Line> = Vec::new();
        let mut here = 0..0;
        let cursor = self.cursor.row();
        for (at, finding) in self.findings.iter().enumerate() {
            let first = lines.len();
            let (mark, style) = theme.severity(finding.severity);
            let pointer = if at == cursor { theme.glyphs.cursor } else { " " };
            for (row, text) in paint::wrap(&finding.message(), columns.saturating_sub(13)).into_iter().enumerate() {
                let head = if row == 0 {
                    vec![
                        Span::raw(format!("{pointer} ")),
                        Span::styled(format!("{mark} {:<8} ", finding.severity.word()), style),
                    ]
                } else {
                    vec![Span::raw(" ".repeat(13))]
                };
                let text_style = if at == cursor { theme.title } else { ratatui::style::Style::new() };
                lines.push(head.into_iter().chain([Span::styled(text, text_style)]).collect::<Line>());
            }
            if at == cursor {
                let room = columns.saturating_sub(4);
                let tell = |text: &str, style| {
                    paint::wrap(text, room).into_iter().map(move |line| Line::styled(format!("    {line}"), style))
                };
                lines.extend(tell(finding.rule.reason(), ratatui::style::Style::new()));
                lines.extend(finding.rule.source().into_iter().flat_map(|source| tell(source, theme.dim)));
                if let Some(fix) = &finding.fix {
                    let key = view.keys.name(Context::FixFinding, Command::Submit);
                    lines.push(Line::from(vec![
                        Span::raw("    "),
                        Span::styled(key, theme.key),
                        Span::raw(format!(" {}", label(fix))),
                    ]));
                }
                here = first..lines.len();
            }
        }
        let title = format!(
            " Findings: {} ",
            paint::fit(&self.token.name(), columns.saturating_sub(22), theme.glyphs.ellipsis)
        );
        let height = lines.len();
        let inside = Dialog::new(title, width, height as u16).render(frame, screen, theme);
        let room = usize::from(inside.height);
        // What is told of the finding under the cursor is seen as far as there is room, its first line in any case.
        let skipped = here.end.saturating_sub(room).min(here.start);
        frame.render_widget(Paragraph::new(lines).scroll((skipped as u16, 0)), inside);
        let row = here.start - skipped;
        if row < room {
            frame.set_cursor_position((inside.x, inside.y + row as u16));
        }
    }
}
