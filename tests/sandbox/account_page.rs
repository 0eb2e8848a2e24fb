//! What only the account page can do, and the sandbox's own calls.

use jeton::{sandbox::Options, secret::Secret};
use serde_json::json;

use super::http::{Client, call, raw};

#[test]
fn refreshing_the_default_token_revokes_the_old_one_and_makes_another() {
    let client = Client::new(Options::default());
    let old = client.get("/tokens/v2/ada?default=true").json()[0].clone();
    let new = client.send("POST", "/sandbox/v1/accounts/ada/default-token", None);
    assert_eq!(new.status, 200);
    let new = new.json();
    assert_ne!(old["id"], new["id"]);
    assert_eq!((&new["default"], &new["scopes"]), (&json!(true), &old["scopes"]));
    assert_eq!(client.get("/tokens/v2/ada?usage=pk").json(), json!([new]));
    let verdict = client.send_as(old["token"].as_str().unwrap(), "GET", "/tokens/v2", None).json();
    assert_eq!(verdict["code"], "TokenRevoked");
    let reader = client.create(json!({"scopes": ["tokens:read"]}));
    let refused =
        client.send_as(reader["token"].as_str().unwrap(), "POST", "/sandbox/v1/accounts/ada/default-token", None);
    assert_eq!(refused.status, 404);
}

#[test]
fn with_the_password_check_on_nothing_is_created_before_it() {
    let password = Some(Secret::new("correct horse"));
    let client = Client::new(Options { password, ..Options::default() });
    let create = || client.send("POST", "/tokens/v2/ada", Some(json!({"scopes": []}))).status;
    let sign_in = |password: &str| {
        client.send("POST", "/sandbox/v1/accounts/ada/sign-in", Some(json!({"password": password}))).status
    };
    assert_eq!(create(), 403);
    assert_eq!(sign_in("wrong"), 403);
    assert_eq!(create(), 403);
    assert_eq!(sign_in("correct horse"), 200);
    assert_eq!(create(), 200);
}

#[test]
fn a_client_can_tell_a_sandbox() {
    let client = Client::new(Options { rate_limit: Some(7), ..Options::default() });
    let about = client.get("/sandbox/v1");
    assert_eq!(about.json()["name"], "jeton sandbox");
    assert_eq!(about.json()["rateLimit"], 7);
    assert_eq!(about.json()["accounts"], json!(["ada"]));
    assert!(about.header("server").unwrap().starts_with("jeton-sandbox/"));
}

#[test]
fn a_web_page_cannot_steer_a_sandbox() {
    let client = Client::new(Options { hosts: vec!["sandbox".into()], ..Options::default() });
    let url = client.sandbox.url();
    let status = |method: &str, path: &str, headers: &[(&str, &str)]| call(url, method, path, headers, "{}").status;
    let refresh = format!("/sandbox/v1/accounts/ada/default-token?access_token={}", client.token());
    for (method, path) in [
        ("GET", "/sandbox/v1"),
        ("GET", "/sandbox/v1/faults"),
        ("PUT", "/sandbox/v1/faults"),
        ("OPTIONS", "/sandbox/v1/faults"),
        ("DELETE", "/sandbox/v1/faults"),
        ("POST", "/sandbox/v1/accounts/ada/sign-in"),
        ("POST", &refresh),
    ] {
        for foreign in [
            &[("origin", "https://evil.example")] as &[(&str, &str)],
            &[("origin", "null")],
            &[("origin", "http://localhost:3000")],
            &[("host", "evil.example")],
            &[("host", "evil.example:8787"), ("origin", "http://evil.example:8787")],
        ] {
            assert_eq!(status(method, path, foreign), 403, "{method} {path} {foreign:?}");
        }
        for own in [
            &[("host", "127.0.0.1:8787")] as &[(&str, &str)],
            &[("host", "sandbox:8787")],
            &[("host", "localhost:8787"), ("origin", "http://localhost:8787")],
        ] {
            assert!(status(method, path, own) < 300, "{method} {path} {own:?}");
        }
    }
    // The Tokens API is open to all pages, as the hosted one is.
    let list = format!("/tokens/v2/ada?access_token={}", client.token());
    assert_eq!(status("GET", &list, &[("host", "evil.example"), ("origin", "https://evil.example")]), 200);
}

#[test]
fn http_1_1_takes_exactly_one_host() {
    let client = Client::new(Options::default());
    for hosts in ["", "host: a\r\nhost: b\r\n"] {
        let request = format!("GET /tokens/v2 HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
        let answer = super::http::Answer::new(&raw(client.sandbox.url(), request.as_bytes()));
        assert_eq!((answer.status, answer.message().as_str()), (400, "exactly one Host header is required"));
    }
    let old = raw(client.sandbox.url(), b"GET /scopes/v1/ada HTTP/1.0\r\n\r\n");
    assert_eq!(super::http::Answer::new(&old).status, 401, "HTTP/1.0 had no such header");
}
