//! Faults on demand, seen from the client's side.

use std::time::{Duration, Instant};

use jeton::sandbox::{Faults, Options};
use serde_json::{Value, json};

use super::http::{Client, raw};

fn with(fault: &Value) -> Client {
    let client = Client::new(Options { rate_limit: None, ..Options::default() });
    let answer = client.send("PUT", "/sandbox/v1/faults", Some(json!({"faults": [fault]})));
    assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
    client
}

/// What comes back, to the last byte, when the default list is asked for.
fn listed(client: &Client) -> Vec<u8> {
    let request =
        format!("GET /tokens/v2/ada?access_token={} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", client.token());
    raw(client.sandbox.url(), request.as_bytes())
}

fn post(client: &Client) -> Vec<u8> {
    let body = r#"{"scopes":[]}"#;
    let request = format!(
        "POST /tokens/v2/ada?access_token={} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        client.token(),
        body.len()
    );
    raw(client.sandbox.url(), request.as_bytes())
}

fn count(client: &Client) -> usize {
    client.get("/tokens/v2/ada").json().as_array().expect("a list").len()
}

#[test]
fn a_status_comes_as_often_as_asked() {
    let client =
        with(&json!({"fault": "status", "status": 503, "skip": 1, "times": 2, "headers": {"retry-after": "3"}}));
    let statuses: Vec<_> = (0..4).map(|_| client.get("/tokens/v2/ada").status).collect();
    assert_eq!(statuses, [200, 503, 503, 200]);
    let report = client.get("/sandbox/v1/faults").json();
    assert_eq!((&report["faults"][0]["matched"], &report["faults"][0]["hit"]), (&json!(4), &json!(2)));
    assert_eq!(client.send("PUT", "/sandbox/v1/faults", Some(report)).status, 200, "a report can be put back");
    assert_eq!(client.send("DELETE", "/sandbox/v1/faults", None).status, 204);
    assert_eq!(client.get("/sandbox/v1/faults").json()["faults"], json!([]));
}

#[test]
fn a_rate_limit_says_when_to_come_back() {
    let client = with(&json!({"fault": "rate-limit", "seconds": 2}));
    let answer = client.get("/tokens/v2/ada");
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("2")));
    let reset: i64 = answer.header("x-rate-limit-reset").unwrap().parse().unwrap();
    assert!((0..=2).contains(&(reset - jiff::Timestamp::now().as_second())));
}

#[test]
fn a_cut_before_the_commit_leaves_nothing_and_one_after_it_leaves_a_token() {
    for (when, expected) in [("before-commit", 2), ("after-commit", 3)] {
        let client = with(&json!({"fault": "cut", "when": when, "method": "POST", "times": 1}));
        assert_eq!(post(&client), b"", "{when}");
        assert_eq!(count(&client), expected, "{when}");
    }
}

#[test]
fn a_response_is_cut_at_any_byte() {
    let whole = listed(&with(&json!({"fault": "delay", "ms": 0})));
    for bytes in [0, 1, 12, 100, 300, 500] {
        let client = with(&json!({"fault": "cut-response", "bytes": bytes}));
        assert_eq!(listed(&client).len(), bytes.min(whole.len()), "{bytes}");
    }
}

#[test]
fn a_truncated_body_and_garbage_are_whole_http() {
    let client = with(&json!({"fault": "truncate", "bytes": 10}));
    let answer = client.get("/tokens/v2/ada");
    assert_eq!((answer.status, answer.body.len(), answer.header("content-length")), (200, 10, Some("10")));
    let client = with(&json!({"fault": "garbage"}));
    let answer = client.get("/tokens/v2/ada");
    assert_eq!(answer.status, 200);
    assert!(std::str::from_utf8(&answer.body).is_err());
}

#[test]
fn a_drip_is_slow_and_complete_and_a_delay_is_late() {
    let client = with(&json!({"fault": "drip", "bytes": 40, "ms": 10}));
    let start = Instant::now();
    let answer = client.get("/tokens/v2/ada");
    assert_eq!(answer.json().as_array().map(Vec::len), Some(2));
    assert!(start.elapsed() >= Duration::from_millis(answer.body.len() as u64 / 40 * 10), "{:?}", start.elapsed());
    let client = with(&json!({"fault": "delay", "ms": 120}));
    let start = Instant::now();
    assert_eq!(client.get("/tokens/v2/ada").status, 200);
    assert!(start.elapsed() >= Duration::from_millis(120));
}

#[test]
fn a_repeated_request_is_done_twice() {
    let client = with(&json!({"fault": "repeat", "method": "POST"}));
    client.create(json!({"scopes": []}));
    assert_eq!(count(&client), 4, "the default token, the authorizing one, and two for one call");
}

#[test]
fn the_reported_quirks_can_be_had() {
    let client = with(&json!({"fault": "empty-list", "path": "/tokens/v2/*", "query": ["usage", "limit"]}));
    assert_eq!(client.get("/tokens/v2/ada?usage=pk").json().as_array().map(Vec::len), Some(1));
    let empty = client.get("/tokens/v2/ada?usage=pk&limit=1");
    assert_eq!((empty.json(), empty.header("link")), (json!([]), None));
    let flicker = json!({"fault": "status", "status": 403, "message": "Forbidden", "younger_than": 300, "every": 2, "path": "/styles/**"});
    let client = with(&flicker);
    let made = client.create(json!({"scopes": ["styles:read"]}));
    let token = made["token"].as_str().unwrap();
    let statuses: Vec<_> =
        (0..4).map(|_| client.send_as(token, "GET", "/styles/v1/mapbox/streets-v12", None).status).collect();
    assert_eq!(statuses, [403, 200, 403, 200]);
}

#[test]
fn nonsense_is_refused_and_changes_nothing() {
    let client = with(&json!({"fault": "status", "status": 503}));
    for body in
        [json!({"faults": [{"fault": "explode"}]}), json!({"faults": [{"fault": "garbage", "tmes": 1}]}), json!([])]
    {
        assert_eq!(client.send("PUT", "/sandbox/v1/faults", Some(body)).status, 422);
    }
    assert_eq!(client.get("/tokens/v2/ada").status, 503, "the old ones are still there");
}

#[test]
fn a_file_of_faults_works_from_the_start() {
    let faults = Faults::parse(br#"{"faults": [{"fault": "status", "status": 418, "path": "/tokens/**"}]}"#).unwrap();
    let client = Client::new(Options { faults, ..Options::default() });
    assert_eq!(client.get("/tokens/v2/ada").status, 418);
    assert_eq!(client.get("/scopes/v1/ada").status, 200);
}
