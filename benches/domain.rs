//! How long the domain's rules take on a large account: `cargo bench --bench domain`. Plain time, no framework: best of ten.

#![expect(clippy::print_stdout, reason = "what it measures is what it is for")]

use std::{
    collections::HashMap,
    hint::black_box,
    time::{Duration, Instant},
};

use jeton::token::{
    Catalogue, Facts, LastUse, Query, Scope, Token, Usage,
    allowed_url::judge,
    decoded::{find, scrub},
    lint::{RuleSet, lint},
    query::Matcher,
};
use jiff::{SignedDuration, Timestamp};

const TOKENS: usize = 100_000;

fn best_of_ten<T>(name: &str, mut run: impl FnMut() -> T) {
    let mut best = Duration::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        black_box(run());
        best = best.min(start.elapsed());
    }
    println!("{name:<60} {best:>12.3?}");
}

fn tokens(now: Timestamp) -> Vec<Token> {
    const JOBS: [&str; 8] =
        ["Checkout", "Tiling", "Uploads", "Store finder", "Dashboard", "Fleet", "東京 demo", "Analytics"];
    let catalogue = Catalogue::bundled();
    (0..TOKENS)
        .zip(0..)
        .map(|(at, hours)| Token {
            id: format!("cm{:023}", at * 7_919).as_str().into(),
            usage: if at % 3 == 0 { Usage::Secret } else { Usage::Public },
            client: "api".into(),
            default: at == 0,
            note: Some(format!("{} {} {at}", JOBS[at % JOBS.len()], ["prod", "staging", "test"][at % 3]).into()),
            scopes: if at % 3 == 0 {
                catalogue.scopes().iter().skip(at % 5).step_by(3).map(|info| info.id.clone()).collect()
            } else {
                vec![Scope::from("styles:read"), Scope::from("fonts:read")]
            },
            allowed_urls: (at % 2 == 1)
                .then(|| vec![format!("https://shop{at}.example.com").into(), "localhost:3000".into()]),
            created: Some((now - SignedDuration::from_hours(hours % 20_000)).into()),
            modified: None,
            token: None,
            flaws: Box::default(),
        })
        .collect()
}

fn main() {
    let now: Timestamp = "2026-11-21T12:00:00Z".parse().expect("a time");
    let tokens = tokens(now);
    let facts = Facts { last_use: LastUse::Unknown, findings: RuleSet::default(), now };
    for text in
        ["c", "chk", "checkout prod", "kind:sk scope:uploads", "zzzz", "\"store finder\"", "東京", "created:<30d -test"]
    {
        let query = Query::parse(text);
        let mut matcher = Matcher::default();
        best_of_ten(&format!("query {text:?} over {TOKENS} tokens"), || {
            tokens.iter().filter_map(|token| query.score(&mut matcher, token, &facts)).count()
        });
    }
    let catalogue = Catalogue::bundled();
    best_of_ten(&format!("lint {TOKENS} tokens"), || lint(&tokens, &catalogue, &HashMap::new(), now).len());

    let entries: Vec<String> = (0..100).map(|at| format!("https://site{at}.example.com/maps")).collect();
    let referer = Some("https://site99.example.com/maps/berlin?x=1");
    best_of_ten("judge one page by 100 entries", || judge(entries.iter().map(String::as_str), referer));

    let text =
        "GET /styles/v1/ada/streets?access_token=pk.short and some ordinary words of a log line\n".repeat(20_000);
    best_of_ten(&format!("scrub {} bytes of log", text.len()), || scrub(&text).len());
    best_of_ten(&format!("find tokens in {} bytes", text.len()), || find(text.as_bytes()).count());
}
