//! How much a token is used, for the detail pane: a chart of 30 days, the products, the hosts, and which of these the token's
//! own restrictions would refuse.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use crate::{
    api::Statistics,
    dashboard::{
        command::Command,
        keymap::Context,
        usage_cache::{self, Entry},
        view::View,
        widgets::{
            chart::{self, Days},
            paint,
        },
    },
    token::{
        Token,
        allowed_url::{AllowedUrl, EntryMatch, PageUrl, Refusal},
    },
    untrusted::Untrusted,
};

/// Rows of the chart.
const HEIGHT: usize = 4;

/// Hosts that are named.
const HOSTS: usize = 5;

/// What is shown of a token's use: `label` columns for the labels at the left, `columns` in all.
pub fn lines(token: &Token, view: View, label: usize, columns: usize) -> Vec<Line<'static>> {
    let mut section = Section { view, label, room: columns.saturating_sub(label).max(1), lines: Vec::new() };
    let usage_cache = &view.store.usage_cache;
    match usage_cache.get(&Some(token.id.clone())) {
        Some(Entry::Known(statistics)) => section.known(token, statistics),
        _ if usage_cache.refusal().is_some() => {
            section.text("Usage", "needs statistics:read", view.theme.dim);
            section.text("", "your token lacks it", view.theme.dim);
        }
        Some(Entry::Failed(error)) => section.failed(error),
        Some(Entry::Asked(_)) | None => {
            section.text("Usage", &format!("loading {}", view.theme.glyphs.ellipsis), view.theme.dim);
        }
    }
    section.lines
}

struct Section<'a> {
    view: View<'a>,
    label: usize,
    room: usize,
    lines: Vec<Line<'static>>,
}

impl Section<'_> {
    fn put(&mut self, label: &'static str, spans: impl IntoIterator<Item = Span<'static>>) {
        let mut line = vec![Span::styled(format!("{label:<width$}", width = self.label), self.view.theme.label)];
        line.extend(spans);
        self.lines.push(Line::from(line));
    }

    fn text(&mut self, label: &'static str, text: &str, style: Style) {
        for (at, line) in paint::wrap(text, self.room).into_iter().enumerate() {
            self.put(if at == 0 { label } else { "" }, [Span::styled(line, style)]);
        }
    }

    fn failed(&mut self, error: &crate::work::WorkError) {
        self.text("Usage", &error.to_string(), self.view.theme.warning);
        let key = self.view.keys.name(Context::Tokens, Command::Reload);
        self.text("", &format!("Press {key} to ask again"), self.view.theme.dim);
    }

    fn known(&mut self, token: &Token, statistics: &Statistics) {
        let theme = self.view.theme;
        let total = statistics.total();
        if total == 0 {
            self.text("Usage", &format!("No requests since {}", chart::day(statistics.start)), theme.dim);
            return;
        }
        let yesterday = statistics.on(usage_cache::yesterday(self.view.now.time));
        let days = statistics.days();
        self.put(
            "Usage",
            [
                Span::styled(chart::grouped(yesterday), theme.title),
                Span::raw(" yesterday"),
                Span::styled(
                    format!(" {} {} in {} days", theme.glyphs.dot, chart::grouped(total), days.len()),
                    theme.dim,
                ),
            ],
        );
        let chart = Days {
            days: &days,
            height: HEIGHT,
            columns: self.room.min(100),
            parts: theme.glyphs.bars,
            thin: theme.glyphs.thin_bars,
            style: theme.chart,
            dim: theme.dim,
        };
        for line in chart.lines() {
            self.put("", line.spans);
        }
        // Names, graphics and figures of both stand below each other.
        let products = statistics.products.iter().map(|product| paint::width(&product.name.shown()));
        let hosts = statistics.hosts.iter().take(HOSTS).map(|(host, _)| paint::width(&host.shown()));
        let name = products.chain(hosts).max().unwrap_or_default().min(self.room.saturating_sub(8) / 2 + 4);
        let graphic = self.room.saturating_sub(name + 9).min(days.len());
        self.products(statistics, name, graphic);
        self.hosts(token, statistics, name, graphic);
    }

    /// Small multiples: the same 30 days for each product, each on a scale of its own.
    fn products(&mut self, statistics: &Statistics, name: usize, days: usize) {
        let theme = self.view.theme;
        for (at, product) in statistics.products.iter().enumerate() {
            let daily: Vec<u64> =
                statistics.days().iter().map(|(day, _)| product.daily.get(day).copied().unwrap_or_default()).collect();
            let spark = chart::sparkline(&chart::squeeze(&daily, days), theme.glyphs.bars);
            let spark = paint::cell(&spark, days, "");
            self.put(
                if at == 0 { "Products" } else { "" },
                [
                    Span::raw(paint::cell(&product.name.shown(), name, theme.glyphs.ellipsis)),
                    Span::raw(" "),
                    Span::styled(spark, theme.chart),
                    Span::styled(format!(" {:>6}", chart::brief(product.total())), theme.dim),
                ],
            );
        }
    }

    fn hosts(&mut self, token: &Token, statistics: &Statistics, name: usize, bar: usize) {
        let theme = self.view.theme;
        let hosts = &statistics.hosts;
        let most = hosts.first().map(|(_, count)| *count).unwrap_or_default();
        let mut has_short_mark = false;
        for (at, (host, count)) in hosts.iter().take(HOSTS).enumerate() {
            let mut spans = vec![
                Span::raw(paint::cell(&host.shown(), name, theme.glyphs.ellipsis)),
                Span::raw(" "),
                Span::styled(chart::bar(*count, most, bar, theme.glyphs.across), theme.chart),
                Span::styled(format!(" {:>6}", chart::brief(*count)), theme.dim),
            ];
            if is_unlisted(token, host) {
                let mark = format!(" {} not allowed", theme.glyphs.warning);
                if name + bar + 8 + paint::width(&mark) <= self.room {
                    spans.push(Span::styled(mark, theme.warning));
                } else {
                    has_short_mark = true;
                    spans.push(Span::styled(format!(" {}", theme.glyphs.warning), theme.warning));
                }
            }
            self.put(if at == 0 { "Hosts" } else { "" }, spans);
        }
        let rest = hosts.get(HOSTS..).unwrap_or_default();
        if !rest.is_empty() {
            let unlisted = rest.iter().filter(|(host, _)| is_unlisted(token, host)).count();
            let mut text = format!("and {} more", rest.len());
            if unlisted > 0 {
                text.push_str(&format!(", {unlisted} of them not allowed"));
            }
            self.text("", &text, theme.dim);
        }
        if has_short_mark {
            self.text("", &format!("{} not in the allowed URLs", theme.glyphs.warning), theme.warning);
        }
    }
}

/// Whether requests from a host are refused whatever the page: no entry of the token's restrictions is for this host.
/// Protocols, ports and paths do not count here, for the statistics do not tell them.
pub fn is_unlisted(token: &Token, host: &Untrusted) -> bool {
    let Ok(page) = PageUrl::parse(host.raw()) else { return false };
    let is_for_host = |entry: &Untrusted| {
        let Ok(entry) = AllowedUrl::parse(entry.raw()) else { return false };
        !matches!(
            entry.admits(&page),
            EntryMatch::NeverMatches(_)
                | EntryMatch::Refuses(
                    Refusal::OtherHost | Refusal::Lookalike | Refusal::ParentDomain | Refusal::PageIsIp
                )
        )
    };
    !token.urls().is_empty() && !token.urls().iter().any(is_for_host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(urls: &str) -> Token {
        serde_json::from_str(&format!(r#"{{"id":"a","usage":"pk","allowedUrls":{urls}}}"#)).expect("valid")
    }

    #[test]
    fn a_host_is_on_the_list_whatever_its_protocol_port_or_path() {
        let token = token(r#"["https://stores.example.com:8443/find", "*.wild.example"]"#);
        assert!(!is_unlisted(&token, &"stores.example.com".into()));
        assert!(!is_unlisted(&token, &"a.stores.example.com".into()));
        for host in ["example.com", "wild.example", "notstores.example.com", "127.0.0.1"] {
            assert!(is_unlisted(&token, &host.into()), "{host}");
        }
    }

    #[test]
    fn nothing_is_off_a_list_that_is_empty_and_no_page_is_no_host() {
        assert!(!is_unlisted(&token("[]"), &"example.com".into()));
        assert!(!is_unlisted(&token(r#"["example.com"]"#), &"(none)".into()));
    }
}
