//! How the token list is drawn: the filter, the headings, the rows that are seen, and on the frame what is shown, where the cursor
//! is, and what can be done with the marked tokens.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Clear,
};

use super::{FILTER, HEADINGS, ROWS, Tokens, columns::Columns};
use crate::{
    dashboard::{
        clicks::Target,
        command::Command,
        finder::Sort,
        frame as keys,
        keymap::Context,
        store::ListState,
        view::View,
        widgets::{chart, dialog, list_cursor::beside, paint},
    },
    token::{
        Usage,
        query::{self, Matcher, Query},
    },
};

/// What can be done with the marked tokens.
const BULK: [(Command, &str); 5] = [
    (Command::Delete, "delete"),
    (Command::Edit, "scopes"),
    (Command::Urls, "URLs"),
    (Command::Rotate, "rotate"),
    (Command::Back, "clear"),
];

impl Tokens {
    pub(super) fn render_list(&mut self, frame: &mut Frame, area: Rect, view: View, is_focused: bool) {
        let theme = view.theme;
        let border = if is_focused { theme.border_focused } else { theme.border };
        let block = dialog::framed(theme, border)
            .title(self.title(view))
            .title(Line::from(self.position(view)).right_aligned());
        let mut inside = block.inner(area);
        frame.render_widget(block, area);
        if !self.marked.is_empty() {
            self.render_bulk(frame, Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }, view);
        }
        let query = Query::parse(self.filter.text());
        if self.is_filtering || !self.filter.text().is_empty() {
            inside = self.render_filter(frame, inside, view, &query, is_focused);
        }
        if self.finder.rows().is_empty() {
            self.render_empty(frame, inside, view);
            return;
        }
        let has_use = view.store.usage_cache.refusal().is_none();
        let columns = Columns::for_width(usize::from(inside.width), has_use);
        if inside.height > 4 {
            let row = Rect { height: 1, ..inside };
            frame.render_widget(columns.heading(self.sort, theme), row);
            for (heading, place) in columns.places(row) {
                view.clicks.add(place, Target::Part(HEADINGS, heading));
            }
            inside = below(inside, row);
        }
        let seen = self.cursor.show(self.finder.rows().len(), usize::from(inside.height));
        view.clicks.rows(inside, ROWS, seen.start);
        self.cursor.scrollbar(frame, beside(area, inside), self.finder.rows().len(), theme);
        // Its working memory is large; most of the time nothing is to be highlighted.
        let mut matcher = (!query.is_empty()).then(Matcher::default);
        for (row, (index, at)) in inside.rows().zip(self.finder.rows().iter().enumerate().skip(seen.start)) {
            let token = &view.store.tokens()[*at as usize];
            let is_cursor = index == self.cursor.row();
            let found = matcher.as_mut().map(|matcher| query.found_in(matcher, token)).unwrap_or_default();
            frame.render_widget(columns.row(token, view, is_cursor, self.marked.contains(&token.id), &found), row);
            if is_cursor {
                let style = if is_focused { theme.selection } else { theme.selection_unfocused };
                frame.buffer_mut().set_style(row, style);
                if is_focused && !self.is_filtering {
                    frame.set_cursor_position((row.x, row.y));
                }
            }
        }
    }

    /// The filter, with what is wrong in it marked; below it why, or what it can be completed to.
    fn render_filter(&self, frame: &mut Frame, area: Rect, view: View, query: &Query, is_focused: bool) -> Rect {
        let theme = view.theme;
        let row = Rect { height: area.height.min(1), ..area };
        frame.render_widget(Line::styled(" /", theme.key), row);
        let field = Rect { x: row.x + 3, width: row.width.saturating_sub(4), ..row };
        self.filter.render(frame, field, theme.field, self.is_filtering && is_focused);
        view.clicks.add(row, Target::Part(FILTER, 0));
        let typed = self.filter.text();
        // A longer text is scrolled: what is wrong is said below in any case.
        if paint::width(typed) < usize::from(field.width) {
            for wrong in query.remarks() {
                let Some(before) = typed.find(&wrong.typed).and_then(|at| typed.get(..at)) else { continue };
                let place = Rect {
                    x: field.x + paint::width(before) as u16,
                    width: paint::width(&wrong.typed) as u16,
                    ..field
                };
                frame.buffer_mut().set_style(place.intersection(field), theme.danger);
            }
        }
        let rest = below(area, row);
        let columns = usize::from(rest.width.saturating_sub(4));
        let line = if let Some(remark) = query.remarks().first() {
            let text = paint::cell(&remark.to_string(), columns, theme.glyphs.ellipsis);
            Line::styled(format!(" {} {text}", theme.glyphs.warning), theme.warning)
        } else if let Some(line) = self.is_filtering.then(|| self.completions(view, columns)).flatten() {
            line
        } else {
            return rest;
        };
        let row = Rect { height: rest.height.min(1), ..rest };
        frame.render_widget(line, row);
        below(rest, row)
    }

    /// What Tab makes of the filter; of a single word also what it finds.
    fn completions(&self, view: View, columns: usize) -> Option<Line<'static>> {
        let theme = view.theme;
        let completions = query::completions(self.filter.text(), &view.store.catalogue);
        let first = completions.first()?;
        let key = view.keys.name(Context::Filter, Command::Complete);
        let text = match completions.as_slice() {
            [only] => format!("{}  {}", only.word, only.help),
            _ => completions.iter().map(|one| one.word.as_str()).collect::<Vec<_>>().join("  "),
        };
        // Nothing new: it has been written out.
        if completions.len() == 1 && first.written == self.filter.text() && first.help.is_empty() {
            return None;
        }
        let text = paint::fit(&text, columns.saturating_sub(key.len() + 1), theme.glyphs.ellipsis).into_owned();
        Some(Line::from(vec![Span::styled(format!(" {key} "), theme.key), Span::styled(text, theme.dim)]))
    }

    /// Where the cursor is: "37 / 308", and of how many where a filter hides some.
    fn position(&self, view: View) -> String {
        let (shown, total) = (self.finder.rows().len(), view.store.tokens().len());
        let grouped = |count: usize| chart::grouped(count as u64);
        let at = if shown == 0 { 0 } else { self.cursor.row().min(shown - 1) + 1 };
        if shown == total {
            format!(" {} / {} ", grouped(at), grouped(total))
        } else {
            format!(" {} / {} of {} ", grouped(at), grouped(shown), grouped(total))
        }
    }

    /// On the lower edge of the frame: how many tokens are marked, and what can be done with them.
    fn render_bulk(&self, frame: &mut Frame, area: Rect, view: View) {
        let theme = view.theme;
        let row = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
        let marked = format!(" {} {} marked  ", theme.glyphs.check, chart::grouped(self.marked.len() as u64));
        let width = (paint::width(&marked) as u16).min(row.width);
        frame.render_widget(Clear, Rect { width, ..row });
        frame.render_widget(Line::styled(marked, theme.title), Rect { width, ..row });
        let place = Rect { x: row.x + width, width: row.width - width, ..row };
        keys::commands(frame, place, view, Context::Tokens, &BULK);
    }

    /// What the list shows, and in what order.
    fn title(&self, view: View) -> Line<'static> {
        let theme = view.theme;
        let kind = match self.usage {
            None => " Tokens ",
            Some(Usage::Public) => " Public tokens ",
            Some(Usage::Secret | Usage::Temporary | Usage::Unknown) => " Secret tokens ",
        };
        let mut spans = vec![Span::styled(kind, theme.title)];
        if self.sort != Sort::Page {
            spans.push(Span::styled(format!("{} ", self.sort.label()), theme.dim));
        }
        if self.asks_for_use() {
            let (known, all) = (view.store.usage_cache.last_uses().len(), view.store.tokens().len());
            spans.push(Span::styled(format!("(usage loaded for {} of {all}) ", known.min(all)), theme.dim));
        }
        if view.store.unreadable() > 0 {
            let text = format!("{} {} unreadable ", theme.glyphs.warning, view.store.unreadable());
            spans.push(Span::styled(text, theme.warning));
        }
        Line::from(spans)
    }

    fn render_empty(&self, frame: &mut Frame, area: Rect, view: View) {
        let theme = view.theme;
        let (context, command) =
            if self.is_filtering { (Context::Filter, Command::ClearFilter) } else { (Context::Tokens, Command::Back) };
        let lines: Vec<(String, Style)> = match view.store.list_state() {
            _ if !self.filter.text().is_empty() && !view.store.tokens().is_empty() => {
                vec![
                    ("No matches.".into(), theme.title),
                    (format!("{} clears the filter.", view.keys.name(context, command)), theme.dim),
                ]
            }
            ListState::Waiting | ListState::Loading(_) => {
                vec![(format!("Loading tokens{}", theme.glyphs.ellipsis), theme.dim)]
            }
            ListState::Fresh(_) => {
                vec![
                    ("This account has no tokens.".into(), theme.title),
                    (format!("Press {} to create one.", view.keys.name(Context::Tokens, Command::Create)), theme.dim),
                ]
            }
            ListState::Stale(_, error) => {
                let mut lines = vec![
                    ("Couldn't load the tokens.".into(), theme.danger),
                    (error.to_string(), theme.title),
                    (error.next(), theme.dim),
                ];
                if view.store.is_rejected() {
                    let key = view.keys.name(Context::Anywhere, Command::Accounts);
                    lines.push((format!("Then press {key} and open the account again."), theme.dim));
                }
                lines
            }
        };
        let columns = usize::from(area.width.saturating_sub(2));
        let wrapped = lines.into_iter().flat_map(|(text, style)| {
            paint::wrap(&text, columns).into_iter().map(move |line| Line::styled(line, style))
        });
        for (row, line) in area.rows().skip(1).zip(wrapped) {
            frame.render_widget(line, Rect { x: row.x + 1, width: row.width.saturating_sub(2), ..row });
        }
    }
}

/// What of an area is left below its first rows.
fn below(area: Rect, rows: Rect) -> Rect {
    Rect { y: area.y + rows.height, height: area.height - rows.height, ..area }
}
