//! Which requests a rule hits.

use super::*;
use crate::sandbox::call::Query;

fn hits(rules: &str, count: usize) -> Vec<bool> {
    let mut active = Active::new(Faults::parse(rules.as_bytes()).unwrap());
    let query = Query::new("usage=pk&limit=5");
    let request = Request { method: "GET", path: "/tokens/v2/ada", query: &query, now: 1_000_000, born: Some(950_000) };
    (0..count).map(|_| active.plan(&request).cut_before).collect()
}

#[test]
fn skip_every_and_times_pick_the_requests() {
    let rule = r#"{"faults": [{"fault": "cut", "when": "before-commit", "skip": 1, "every": 2, "times": 2}]}"#;
    assert_eq!(hits(rule, 7), [false, true, false, true, false, false, false]);
}

#[test]
fn the_same_seed_throws_the_same_dice() {
    let rule = |seed| {
        format!(r#"{{"seed": {seed}, "faults": [{{"fault": "cut", "when": "before-commit", "probability": 0.5}}]}}"#)
    };
    let first = hits(&rule(1), 200);
    assert_eq!(first, hits(&rule(1), 200));
    assert_ne!(first, hits(&rule(2), 200));
    let count = first.iter().filter(|hit| **hit).count();
    assert!((70..130).contains(&count), "{count} of 200");
}

#[test]
fn conditions_narrow_a_rule_down() {
    for (condition, expected) in [
        (r#""method": "get""#, true),
        (r#""method": "POST""#, false),
        (r#""query": ["usage", "limit"]"#, true),
        (r#""query": ["start"]"#, false),
        (r#""younger_than": 60"#, true),
        (r#""younger_than": 10"#, false),
    ] {
        let rule = format!(r#"{{"faults": [{{"fault": "cut", "when": "before-commit", {condition}}}]}}"#);
        assert_eq!(hits(&rule, 1), [expected], "{condition}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_the_reason() {
    for (json, words) in [
        ("[]", "invalid faults"),
        (r#"{"fault": []}"#, "unknown field"),
        (r#"{"faults": [{"fault": "explode"}]}"#, "fault 1: unknown variant"),
        (r#"{"faults": [{"fault": "garbage", "methd": "GET"}]}"#, "methd"),
        (r#"{"faults": [{"fault": "garbage", "probability": 2}]}"#, "fault 1: probability"),
        (r#"{"faults": [{"fault": "garbage"}, {"fault": "status", "status": 99}]}"#, "fault 2: status"),
        (r#"{"faults": [{"fault": "drip", "bytes": 0, "ms": 1}]}"#, "fault 1: bytes"),
    ] {
        let error = Faults::parse(json.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(words), "{json}: {error}");
    }
}
