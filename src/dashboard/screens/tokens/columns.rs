//! The columns of the token list: which fit, and one row in them.

use jiff::Timestamp;
use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    dashboard::{finder::Sort, theme::Theme, usage_cache::Entry, view::View, widgets::paint},
    token::{LastUse, Token, Usage, query::FoundIn, time},
};

/// When it was last used, by the day, which is as exact as the statistics are; nothing as long as nobody knows.
fn used(token: &Token, last_use: Option<LastUse>, now: Timestamp) -> String {
    const DAY: i64 = 24 * 60 * 60;
    let days = |since| now.duration_since(since).as_secs() / DAY;
    match last_use {
        None | Some(LastUse::Unknown) => String::new(),
        // It has not existed for as long as the statistics go back.
        Some(LastUse::NotSince(since)) if token.created().is_some_and(|created| created > since) => "never".to_owned(),
        Some(LastUse::NotSince(since)) => format!(">{}d", days(since)),
        Some(LastUse::At(day)) if days(day) == 0 => "today".to_owned(),
        Some(LastUse::At(day)) => format!("{}d", days(day)),
    }
}

/// What a click on each heading orders the list by, in the order of [`Columns::heading`].
pub(super) const SORTS: [Option<Sort>; 9] = [
    Some(Sort::Name),
    Some(Sort::Kind),
    Some(Sort::Scopes),
    Some(Sort::Urls),
    None,
    Some(Sort::Modified),
    Some(Sort::Page),
    None,
    None,
];

/// How wide each column is; a width of zero leaves it out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Columns {
    name: usize,
    scopes: usize,
    urls: usize,
    used: usize,
    modified: usize,
    created: usize,
    host: usize,
    id: usize,
}

/// The cursor, the mark of the token and the blanks behind them.
const MARKS: usize = 4;
const KIND: usize = 4;

impl Columns {
    pub(super) fn for_width(width: usize, has_use: bool) -> Self {
        let used = if has_use { 5 } else { 0 };
        let mut columns = Self { scopes: 6, urls: 4, modified: 8, used, ..Self::default() };
        match width {
            0..=33 => columns = Self::default(),
            34..=43 => columns = Self { scopes: 6, ..Self::default() },
            44..=51 => columns = Self { scopes: 6, urls: 4, ..Self::default() },
            52..=61 => columns.used = 0,
            62..=75 => {}
            76..=101 => columns.created = 8,
            102..=119 => (columns.created, columns.id) = (8, 26),
            _ => (columns.created, columns.id, columns.host) = (8, 26, if has_use { 18 } else { 0 }),
        }
        let taken: usize = columns.widths().iter().skip(1).map(|column| column + usize::from(*column > 0)).sum();
        Self { name: width.saturating_sub(MARKS + taken), ..columns }
    }

    /// The widths, from the left.
    fn widths(&self) -> [usize; 9] {
        [self.name, KIND, self.scopes, self.urls, self.used, self.modified, self.created, self.host, self.id]
    }

    /// Where each heading stands on this row.
    pub(super) fn places(&self, row: Rect) -> impl Iterator<Item = (usize, Rect)> {
        let mut x = row.x + MARKS as u16;
        self.widths().into_iter().enumerate().filter(|(_, width)| *width > 0).map(move |(heading, width)| {
            let place = Rect { x, width: width as u16, ..row };
            x += width as u16 + 1;
            (heading, place.intersection(row))
        })
    }

    /// The names of the columns, a mark at the one the list is ordered by.
    pub(super) fn heading(&self, sort: Sort, theme: &Theme) -> Line<'static> {
        const TITLES: [&str; 9] = ["NAME", "KIND", "SCOPES", "URLS", "USED", "MODIFIED", "CREATED", "TOP HOST", "ID"];
        let (upwards, downwards) = theme.glyphs.sorted;
        let mut spans = vec![Span::raw(" ".repeat(MARKS))];
        for (at, (title, width)) in
            TITLES.into_iter().zip(self.widths()).enumerate().filter(|(_, (_, width))| *width > 0)
        {
            let is_sorted = sort != Sort::Page && SORTS[at] == Some(sort);
            let mark = if matches!(sort, Sort::Name | Sort::Kind) { upwards } else { downwards };
            // In a narrow column the mark takes the place of a letter.
            let title = match title.get(..width - 1) {
                Some(head) if is_sorted && title.len() >= width => format!("{head}{mark}"),
                _ if is_sorted => format!("{title}{mark}"),
                _ => title.to_owned(),
            };
            let is_left = matches!(at, 0 | 1 | 7 | 8);
            let title = if is_left { format!("{title:<width$} ") } else { format!("{title:>width$} ") };
            spans.push(Span::styled(title, if is_sorted { theme.title } else { theme.label }));
        }
        Line::from(spans)
    }

    pub(super) fn row(
        &self,
        token: &Token,
        view: View,
        is_cursor: bool,
        is_marked: bool,
        found: &FoundIn,
    ) -> Line<'static> {
        let theme = view.theme;
        let glyphs = &theme.glyphs;
        let cursor = if is_cursor { glyphs.cursor } else { " " };
        let is_rotated = view.store.rotation_of(&token.id).is_some();
        let star = match (is_marked, token.default) {
            (true, _) => glyphs.check,
            (false, _) if token.is_flawed() => glyphs.warning,
            _ if is_rotated => glyphs.rotated,
            (false, true) => glyphs.star,
            (false, false) => " ",
        };
        let (kind, kind_style) = match token.usage {
            Usage::Public => ("pk", theme.public),
            Usage::Secret => ("sk", theme.secret),
            Usage::Temporary => ("tk", theme.warning),
            Usage::Unknown => ("??", theme.warning),
        };
        let name_style = if token.note.as_ref().is_none_or(crate::untrusted::Untrusted::is_empty) && !token.default {
            theme.dim
        } else {
            Style::new()
        };
        let mut spans = vec![Span::styled(format!("{cursor} {star} "), theme.title)];
        let name = token.name();
        let mut room = self.name;
        if let Some((text, ranges)) = &found.elsewhere {
            // The name was not what matched: what did stands behind it.
            let used = paint::width(&name).min(room.saturating_sub(12).max(room / 2));
            spans.push(Span::styled(paint::cell(&name, used, glyphs.ellipsis), name_style));
            spans.push(Span::raw("  "));
            room = room.saturating_sub(used + 2);
            spans.extend(paint::highlighted(text, ranges, room, glyphs.ellipsis, theme.dim, theme.matched));
        } else if found.name.is_empty() {
            spans.push(Span::styled(paint::cell(&name, room, glyphs.ellipsis), name_style));
        } else {
            spans.extend(paint::highlighted(&name, &found.name, room, glyphs.ellipsis, name_style, theme.matched));
        }
        spans.push(Span::styled(format!(" {kind}  "), kind_style));
        if self.scopes > 0 {
            let writes = token.usage == Usage::Secret && token.scopes.iter().any(crate::token::Scope::can_write);
            let mark = if writes { glyphs.warning } else { " " };
            spans.push(Span::raw(format!(" {:>width$} ", token.scopes.len(), width = self.scopes - 2)));
            spans.push(Span::styled(mark, theme.warning));
        }
        if self.urls > 0 {
            let urls = match token.urls().len() {
                0 => "any".to_owned(),
                count => count.to_string(),
            };
            let style = if token.urls().is_empty() { theme.dim } else { Style::new() };
            spans.push(Span::styled(format!(" {urls:>width$}", width = self.urls), style));
        }
        if self.used > 0 {
            let used = used(token, view.store.usage_cache.last_uses().get(&token.id).copied(), view.now.time);
            spans.push(Span::styled(format!(" {used:>width$}", width = self.used), theme.dim));
        }
        if self.modified > 0 {
            let age = token
                .modified()
                .map(|modified| time::brief(view.now.time.duration_since(modified)))
                .unwrap_or_default();
            spans.push(Span::styled(format!(" {age:>width$}", width = self.modified), theme.dim));
        }
        if self.created > 0 {
            let age =
                token.created().map(|created| time::brief(view.now.time.duration_since(created))).unwrap_or_default();
            spans.push(Span::styled(format!(" {age:>width$}", width = self.created), theme.dim));
        }
        if self.host > 0 {
            let host = match view.store.usage_cache.get(&Some(token.id.clone())) {
                Some(Entry::Known(statistics)) => statistics.hosts.first().map(|(host, _)| host.shown()),
                _ => None,
            };
            let host = paint::cell(&host.unwrap_or_default(), self.host, glyphs.ellipsis);
            spans.push(Span::styled(format!(" {host}"), theme.dim));
        }
        if self.id > 0 {
            let id = paint::cell(&token.id.shown(), self.id, glyphs.ellipsis);
            spans.push(Span::styled(format!(" {id}"), theme.dim));
        }
        Line::from(spans)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::token::{Facts, Query, lint::RuleSet, query::Matcher};

    #[test]
    fn the_column_and_the_filter_agree_on_how_long_a_token_was_not_used() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a time");
        let ago = |days: i64| now - SignedDuration::from_hours(24 * days);
        let month = LastUse::NotSince(ago(30));
        for (created, last_use, column, is_unused) in [
            (Some(now), month, "never", false),
            (Some(ago(3)), month, "never", false),
            (Some(ago(90)), month, ">30d", true),
            (None, month, ">30d", true),
            (Some(ago(90)), LastUse::At(ago(31)), "31d", true),
            (Some(ago(90)), LastUse::At(now), "today", false),
            (Some(ago(90)), LastUse::Unknown, "", false),
        ] {
            let mut token: Token = serde_json::from_str(r#"{"id": "cm1", "usage": "pk"}"#).expect("metadata");
            token.created = created.map(Into::into);
            assert_eq!(used(&token, Some(last_use), now), column);
            let facts = Facts { last_use, findings: RuleSet::default(), now };
            let is_found = Query::parse("unused:30d").score(&mut Matcher::default(), &token, &facts).is_some();
            assert_eq!(is_found, is_unused, "{column}");
        }
    }
}
