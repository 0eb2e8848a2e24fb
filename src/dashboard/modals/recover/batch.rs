//! A batch that never came to its end, as [`Recover`](super::Recover) lists it: how much is left, and going on with it.

use ratatui::text::{Line, Span};

use crate::{
    dashboard::{
        action::{Action, Tone},
        command::Command,
        modals::{Bulk, bulk},
        unfinished::Broken,
        view::View,
        widgets::paint,
    },
    work::{RecordsRequest, Request},
};

/// Whether the dashboard can go on with it: it can where the change can be typed.
fn can_go_on(broken: &Broken) -> bool {
    broken.left.is_some() && bulk::typed(&broken.batch.plan.operation).is_some()
}

/// What can be done about it, and the word for it here.
pub(super) fn sources(broken: &Broken) -> Vec<(Command, &'static str)> {
    let mut sources = Vec::new();
    if can_go_on(broken) {
        sources.push((Command::Submit, "continue with them"));
    }
    sources.push((Command::Forget, "dismiss"));
    sources
}

/// Does what a command says about it. Going on sends nothing yet: the number is typed first.
pub(super) fn update(broken: &Broken, command: Command, view: View) -> Vec<Action> {
    match command {
        Command::Submit if broken.left.is_some() => match Bulk::resume(&broken.batch, view) {
            Some(bulk) => vec![Action::open(bulk)],
            None => vec![Action::Toast(Tone::Note, by_command(broken))],
        },
        Command::Forget => vec![Action::Send(Request::Records(RecordsRequest::EndBatch(broken.batch.op.clone())))],
        Command::Create | Command::Delete => {
            vec![Action::Toast(Tone::Note, "Not available for this entry.".into())]
        }
        _ => Vec::new(),
    }
}

fn by_command(broken: &Broken) -> String {
    format!("This change can't be resumed here. Run: jeton recover {}", broken.batch.op)
}

pub(super) fn lines(broken: &Broken, view: View, is_cursor: bool, columns: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    let (mark, style, text) = match broken.left {
        None => (theme.glyphs.open, theme.dim, "Checking the account…".to_owned()),
        Some(count) => {
            let left = format!("Interrupted: {}.", broken.batch.left(count));
            let text = if can_go_on(broken) { left } else { format!("{left} {}", by_command(broken)) };
            (theme.glyphs.warning, theme.warning, text)
        }
    };
    let right = format!("started {} ", view.date(broken.batch.started));
    let mut lines = vec![super::head(&broken.batch.title(), right, view, is_cursor, columns)];
    for (at, line) in paint::wrap(&text, columns.saturating_sub(4)).into_iter().enumerate() {
        let mark = if at == 0 { mark } else { " " };
        lines.push(Line::from(vec![Span::styled(format!("  {mark} "), style), Span::raw(line)]));
    }
    lines
}
