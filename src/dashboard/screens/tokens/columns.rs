//! The columns of the token list: which fit, and one row in them.

use std::ops::Range;

use jiff::Timestamp;
use ratatui::{
    style::Style,
    text::{Line, Span},
};

use crate::{
    dashboard::{view::View, widgets::paint},
    token::{LastUse, Token, Usage, time},
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

/// How wide each column is; a width of zero leaves it out.
pub(super) struct Columns {
    name: usize,
    scopes: usize,
    urls: usize,
    used: usize,
    modified: usize,
}

impl Columns {
    pub(super) fn for_width(width: usize, has_use: bool) -> Self {
        let (scopes, urls, used, modified) = match width {
            0..=33 => (0, 0, 0, 0),
            34..=43 => (6, 0, 0, 0),
            44..=51 => (6, 4, 0, 0),
            52..=61 => (6, 4, 0, 8),
            _ => (6, 4, if has_use { 5 } else { 0 }, 8),
        };
        let taken =
            [4, 3, scopes, urls, used, modified].iter().map(|column| column + usize::from(*column > 0)).sum::<usize>();
        Self { name: width.saturating_sub(taken), scopes, urls, used, modified }
    }

    pub(super) fn heading(&self) -> String {
        let mut out = format!("    {} KIND", paint::cell("NAME", self.name.saturating_sub(1), ""));
        for (width, title) in
            [(self.scopes, "SCOPES"), (self.urls, "URLS"), (self.used, "USED"), (self.modified, "MODIFIED")]
        {
            if width > 0 {
                out.push(' ');
                out.push_str(&format!("{title:>width$}"));
            }
        }
        out
    }

    pub(super) fn row(
        &self,
        token: &Token,
        view: View,
        is_cursor: bool,
        is_marked: bool,
        highlights: &[Range<usize>],
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
        if highlights.is_empty() {
            spans.push(Span::styled(paint::cell(&name, self.name, glyphs.ellipsis), name_style));
        } else {
            spans.extend(paint::highlighted(&name, highlights, self.name, glyphs.ellipsis, name_style, theme.matched));
        }
        spans.push(Span::styled(format!(" {kind}  "), kind_style));
        if self.scopes > 0 {
            let writes = token.usage == Usage::Secret && token.scopes.iter().any(crate::token::Scope::can_write);
            let mark = if writes { glyphs.warning } else { " " };
            spans.push(Span::raw(format!("{:>width$} ", token.scopes.len(), width = self.scopes - 2)));
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
