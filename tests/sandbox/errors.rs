//! Every row of the documentation's error table, and the refusals it has no words for.

use jeton::sandbox::Options;
use serde_json::{Value, json};

use super::http::{Client, call};

fn in_seconds(seconds: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds)).to_string()
}

#[test]
fn every_row_of_the_error_table() {
    let client = Client::new(Options { rate_limit: None, ..Options::default() });
    let pk = client.create(json!({"scopes": ["styles:read"]}));
    let pk = pk["token"].as_str().unwrap();
    let reader = client.create(json!({"scopes": ["tokens:read"]}));
    let reader = reader["token"].as_str().unwrap();
    let writer = client.create(json!({"scopes": ["tokens:write"]}));
    let writer = writer["token"].as_str().unwrap();
    let gone = client.create(json!({"scopes": ["tokens:read"]}));
    client.send("DELETE", &super::tokens::path(&gone), None);
    let gone = gone["token"].as_str().unwrap();
    let all = client.token();
    let no = Value::Null;
    let id = "cijucimbe000brbkt48d0dhcx";
    let one = &format!("/tokens/v2/ada/{id}");
    let rows: Vec<(&str, &str, &str, Value, u16, &str)> = vec![
        // token, method, path, body, status, message
        ("", "GET", "/tokens/v2/ada", no.clone(), 401, "Unauthorized"),
        ("", "POST", "/tokens/v2/ada", json!({"scopes": []}), 401, "Unauthorized"),
        ("nonsense", "GET", "/tokens/v2/ada", no.clone(), 401, "Unauthorized"),
        (gone, "GET", "/tokens/v2/ada", no.clone(), 401, "Unauthorized"),
        (gone, "DELETE", one, no.clone(), 401, "Unauthorized"),
        (pk, "GET", "/tokens/v2/ada", no.clone(), 404, "Not found"),
        (pk, "POST", "/tokens/v2/ada", json!({"scopes": []}), 404, "Not found"),
        (writer, "GET", "/tokens/v2/ada", no.clone(), 404, "Not found"),
        (reader, "POST", "/tokens/v2/ada", json!({"scopes": []}), 404, "Not found"),
        (reader, "PATCH", one, json!({}), 404, "Not found"),
        (reader, "DELETE", one, no.clone(), 404, "Not found"),
        (all, "PATCH", one, json!({}), 404, "Not found"),
        (all, "DELETE", one, no.clone(), 404, "Not found"),
        (all, "GET", "/tokens/v2/nobody", no.clone(), 404, "No such user"),
        (all, "POST", "/tokens/v2/nobody", json!({"scopes": []}), 404, "No such user"),
        (all, "GET", "/scopes/v1/nobody", no.clone(), 404, "No such user"),
        ("", "GET", "/tokens/v2", no.clone(), 422, "access token is required"),
        (all, "GET", "/tokens/v2/ada?usage=tk", no.clone(), 422, "usage must be pk or sk"),
        (all, "GET", "/tokens/v2/ada?usage=", no.clone(), 422, "usage must be pk or sk"),
        (
            all,
            "POST",
            "/tokens/v2/ada",
            json!({"expires": in_seconds(-1), "scopes": []}),
            422,
            "expires is in the past",
        ),
        (
            all,
            "POST",
            "/tokens/v2/ada",
            json!({"expires": in_seconds(3700), "scopes": []}),
            422,
            "expires is more than one hour in the future",
        ),
        (writer, "POST", "/tokens/v2/ada", json!({"scopes": ["styles:read"]}), 422, "scopes are invalid"),
        (all, "POST", "/tokens/v2/ada", json!({"scopes": ["no:such"]}), 422, "scopes are invalid"),
        (all, "POST", "/tokens/v2/ada", json!({"scopes": "styles:read"}), 422, "scopes are invalid"),
        (all, "POST", "/tokens/v2/ada", json!({"scopes": [1]}), 422, "scopes are invalid"),
        (all, "POST", "/tokens/v2/ada", json!({"scopes": [], "resources": []}), 422, "resources are invalid"),
        (all, "POST", "/tokens/v2/ada", json!({"scopes": [], "resources": "x"}), 422, "resources are invalid"),
        (all, "GET", "/tokens/v2/ada?start=nonsense", no.clone(), 500, "Internal Server Error"),
    ];
    for (token, method, path, body, status, message) in rows {
        let body = (!body.is_null()).then_some(body);
        let answer = client.send_as(token, method, path, body.clone());
        let context = format!("{method} {path} {body:?}");
        assert_eq!((answer.status, answer.message().as_str()), (status, message), "{context}");
        let object = answer.json();
        assert_eq!(object.as_object().map(serde_json::Map::len), Some(1), "only a message: {context}");
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    }
}

#[test]
fn bodies_are_checked_field_by_field() {
    let client = Client::new(Options { rate_limit: None, ..Options::default() });
    let many: Vec<_> = (0..101).map(|at| format!("{at}.example")).collect();
    for (body, status, words) in [
        (json!({}), 422, "scopes are required"),
        (json!({"scopes": [], "note": "é".repeat(129)}), 422, "128 characters"),
        (json!({"scopes": [], "note": 7}), 422, "note must be a string"),
        (json!({"scopes": [], "allowedUrls": many}), 422, "100 entries"),
        (json!({"scopes": [], "allowedUrls": "example.com"}), 422, "list of strings"),
        (json!({"scopes": [], "allowedUrls": [null]}), 422, "list of strings"),
        (json!({"scopes": [], "usage": "pk"}), 422, "unknown field \"usage\""),
        (json!({"scopes": [], "allowedApis": []}), 422, "unknown field \"allowedApis\""),
        (json!({"scopes": [], "allowedApplications": [{"platform": "iOS"}]}), 422, "bundleId"),
        (json!({"scopes": [], "expires": "tomorrow"}), 422, "ISO 8601"),
        (json!({"scopes": [], "expires": in_seconds(60), "note": "x"}), 422, "unknown field \"note\""),
        (json!({"scopes": [], "expires": in_seconds(60), "allowedUrls": []}), 422, "unknown field \"allowedUrls\""),
        (json!([]), 400, "JSON object"),
        (json!("scopes"), 400, "JSON object"),
    ] {
        let answer = client.send("POST", "/tokens/v2/ada", Some(body.clone()));
        assert_eq!(answer.status, status, "{body}");
        assert!(answer.message().contains(words), "{body}: {}", answer.message());
    }
    let long = client.create(json!({"scopes": [], "note": "é".repeat(128), "allowedUrls": many[..100]}));
    assert_eq!(long["allowedUrls"].as_array().map(Vec::len), Some(100), "the limits themselves are allowed");
}

#[test]
fn changes_keep_to_the_kind() {
    let client = Client::new(Options { rate_limit: None, ..Options::default() });
    let pk = client.create(json!({"scopes": ["styles:read"]}));
    let none = client.create(json!({"scopes": []}));
    let sk = client.create(json!({"scopes": ["uploads:read"]}));
    let weak = client.create(json!({"scopes": ["tokens:write", "uploads:read"]}));
    let change = |token: &Value, scopes: Value| {
        client.send("PATCH", &super::tokens::path(token), Some(json!({"scopes": scopes}))).status
    };
    assert_eq!(change(&pk, json!(["uploads:read"])), 422, "a public token takes public scopes only");
    assert_eq!(change(&pk, json!(["fonts:read"])), 200);
    assert_eq!(change(&none, json!(["styles:read"])), 422, "a token made without scopes never gets any");
    assert_eq!(change(&none, json!([])), 200);
    assert_eq!(change(&sk, json!(["styles:read"])), 200, "a secret one takes any");
    assert_eq!(client.get("/tokens/v2/ada?usage=sk").json().as_array().map(Vec::len), Some(3), "and stays secret");
    let weak = weak["token"].as_str().unwrap();
    let body = Some(json!({"scopes": ["styles:write"]}));
    let answer = client.send_as(weak, "PATCH", &super::tokens::path(&sk), body);
    assert_eq!((answer.status, answer.message().as_str()), (422, "scopes are invalid"), "more than its maker has");
}

#[test]
fn a_token_string_in_place_of_an_id_is_recognised() {
    let client = Client::new(Options::default());
    let pk = client.create(json!({"scopes": []}));
    let path = format!("/tokens/v2/ada/{}", pk["token"].as_str().unwrap());
    assert_eq!(client.send("DELETE", &path, None).status, 400);
    assert_eq!(client.send("PATCH", &path, Some(json!({}))).status, 400);
}

#[test]
fn parameters_out_of_range_are_refused_and_large_limits_cut() {
    let client = Client::new(Options::default());
    for query in ["limit=0", "limit=-1", "limit=x", "limit=", "limit=1.5", "sortby=name", "default=maybe"] {
        assert_eq!(client.get(&format!("/tokens/v2/ada?{query}")).status, 422, "{query}");
    }
    for query in ["limit=1", "limit=100", "limit=999999999999", "default=true", "sortby=created", "start="] {
        assert_eq!(client.get(&format!("/tokens/v2/ada?{query}")).status, 200, "{query}");
    }
}

#[test]
fn unknown_paths_and_methods_are_answered_as_json() {
    let client = Client::new(Options::default());
    for (method, path, status) in [
        ("GET", "/", 404),
        ("GET", "/tokens/v3/ada", 404),
        ("GET", "/tokens/v2/ada/id/more", 404),
        ("GET", "/tokens/v2/../../etc/passwd", 404),
        ("PUT", "/tokens/v2/ada", 405),
        ("GET", "/tokens/v2/ada/cijucimbe000brbkt48d0dhcx", 405),
        ("BREW", "/scopes/v1/ada", 405),
        ("GET", "/tokens/v2/%ff", 400),
    ] {
        let answer = client.send(method, path, None);
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(!answer.message().is_empty());
    }
}

#[test]
fn the_budget_of_a_minute_is_announced_and_kept() {
    let users = vec!["ada".into(), "bob".into()];
    let client = Client::new(Options { rate_limit: Some(3), users, ..Options::default() });
    for _ in 0..3 {
        let answer = client.get("/tokens/v2/ada");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-rate-limit-limit"), Some("3"));
        assert_eq!(answer.header("x-rate-limit-interval"), Some("60"));
        let reset: i64 = answer.header("x-rate-limit-reset").unwrap().parse().unwrap();
        assert!((1..=61).contains(&(reset - jiff::Timestamp::now().as_second())));
    }
    let refused = client.send("POST", "/tokens/v2/ada", Some(json!({"scopes": []})));
    assert_eq!((refused.status, refused.message().as_str()), (429, "Too Many Requests"));
    assert!(refused.header("x-rate-limit-reset").is_some());
    let bob = client.sandbox.accounts()[1].token.expose();
    assert_eq!(client.send_as(bob, "GET", "/tokens/v2/bob", None).status, 200, "budgets are per account");
    let silent = Client::new(Options { rate_limit: None, ..Options::default() });
    assert!(silent.get("/tokens/v2/ada").header("x-rate-limit-limit").is_none());
}

#[test]
fn browsers_may_ask_from_anywhere() {
    let client = Client::new(Options::default());
    let headers = [("origin", "https://example.com"), ("access-control-request-method", "PATCH")];
    let answer = call(client.sandbox.url(), "OPTIONS", "/tokens/v2/ada/x", &headers, "");
    assert_eq!(answer.status, 204);
    assert!(answer.header("access-control-allow-methods").unwrap().contains("PATCH"));
    for answer in [answer, client.get("/tokens/v2/ada"), client.get("/nowhere")] {
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
    assert!(client.get("/tokens/v2/ada").header("access-control-expose-headers").unwrap().contains("Link"));
}
