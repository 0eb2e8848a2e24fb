//! What nobody uses: `list --filter unused:30d` and the rules of the lint that need statistics.

use std::collections::BTreeSet;

use jeton::sandbox::{Demo, Faults, Options};
use serde_json::Value;

use super::bench::{Bench, run};

fn ids(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(|token| token["id"].as_str().unwrap().to_owned()).collect()
}

/// Tokens that exist for more than 30 days and whose usage, asked for one by one, is nothing.
fn unused(bench: &Bench, list: &Value) -> BTreeSet<String> {
    let limit = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(30 * 24);
    let is_old = |token: &&Value| token["created"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap() < limit;
    let is_unused = |token: &&Value| bench.json(&["usage", token["id"].as_str().unwrap()])["total"] == 0;
    ids(&list.as_array().unwrap().iter().filter(is_old).filter(is_unused).cloned().collect())
}

#[test]
fn unused_finds_exactly_the_tokens_without_usage() {
    let bench = Bench::demo(0);
    let fresh = bench.make("Fresh", "styles:read");
    let all = bench.json(&["list"]);
    let expected = unused(&bench, &all);
    assert!(!expected.is_empty() && expected.len() < all.as_array().unwrap().len(), "both kinds: {expected:?}");
    assert_eq!(ids(&bench.json(&["list", "--filter", "unused:30d"])), expected);
    let used = ids(&bench.json(&["list", "--filter", "-unused:30d"]));
    assert!(used.is_disjoint(&expected) && used.contains(&fresh));
    assert_eq!(used.len() + expected.len(), all.as_array().unwrap().len());
}

#[test]
fn only_tokens_the_answer_hangs_on_are_asked_about() {
    let bench = Bench::demo(0);
    let asked = |arguments: &[&str]| {
        let log = tempfile::NamedTempFile::new().unwrap();
        bench.run(&[arguments, &["--log", log.path().to_str().unwrap()]].concat()).ok();
        std::fs::read_to_string(log.path()).unwrap().matches("GET /statistics/v1").count()
    };
    let old = bench.json(&["list", "--filter", "created:>30d kind:sk"]).as_array().unwrap().len();
    assert_eq!(asked(&["list", "--filter", "unused:30d", "--usage", "sk"]), old);
    assert_eq!(asked(&["list", "--filter", "kind:sk unused:30d"]), old);
    assert_eq!(asked(&["list", "--filter", "unused:30d note:\"no such name\""]), 0);
    assert_eq!(asked(&["list", "--filter", "lint:any"]), 0);
}

#[test]
fn what_could_not_be_read_is_said_and_not_counted_as_unused() {
    let now = jiff::Timestamp::now();
    let faults = br#"{"faults":[{"fault":"status","status":422,"path":"/statistics/**","skip":1,"times":2}]}"#;
    let faults = Faults::parse(faults).expect("faults");
    let demo = Some(Demo { seed: 1, tokens: 0, now });
    let bench = Bench::with(Options { rate_limit: None, faults, demo, ..Options::default() });
    let ran = bench.run(&["list", "--filter", "unused:30d", "--json"]).ok();
    assert!(ran.err.contains("the usage of 2 of ") && ran.err.contains("treating them as used"), "{ran:?}");
    let expected = ids(&bench.json(&["list", "--filter", "unused:30d"]));
    assert!(ids(&ran.json()).is_subset(&expected) && ids(&ran.json()).len() + 2 >= expected.len(), "{ran:?}");
}

#[test]
fn how_long_beyond_the_statistics_is_not_known_and_said_so() {
    let bench = Bench::demo(0);
    let ran = bench.run(&["list", "--filter", "unused:200d", "--json"]).ok();
    assert_eq!(ran.json(), Value::Array(Vec::new()));
    assert!(ran.err.contains("left out"), "{ran:?}");
}

#[test]
fn without_the_scope_the_filter_fails_instead_of_finding_nothing() {
    let bench = Bench::demo(0);
    let narrow = bench.json(&["create", "--note", "Narrow", "--scope", "tokens:read"]);
    for arguments in [
        &["list", "--filter", "unused:30d", "--json"] as &[&str],
        &["lint", "--with-usage", "--json"],
        &["lint", "--rule", "unused", "--json"],
    ] {
        let mut command = bench.command(arguments);
        command.env("MAPBOX_ACCESS_TOKEN", narrow["token"].as_str().unwrap());
        let ran = run(command, "");
        assert_eq!((ran.code, ran.failure().as_str()), (4, "forbidden"), "{arguments:?}");
        assert!(ran.err.contains("statistics:read"), "{ran:?}");
    }
}

#[test]
fn the_lint_and_the_filter_find_the_same() {
    let bench = Bench::demo(0);
    let found = |ran: super::bench::Ran| ids(&ran.json());
    for rule in ["unused", "default-in-use", "wildcard-url"] {
        let by_lint = found(bench.run(&["lint", "--rule", rule, "--json"]));
        let by_filter = found(bench.run(&["list", "--filter", &format!("lint:{rule}"), "--json"]));
        assert_eq!(by_lint, by_filter, "{rule}");
        assert!(rule == "default-in-use" || !by_lint.is_empty(), "{rule}");
    }
    let all = bench.run(&["lint", "--with-usage", "--json"]).json();
    assert!(all.as_array().unwrap().iter().any(|finding| finding["rule"] == "unused"), "{all}");
}
