//! What a server must survive.

use std::{
    io::{Read as _, Write as _},
    time::{Duration, Instant},
};

use jeton::sandbox::Options;
use proptest::prelude::*;
use serde_json::json;

use super::http::{Answer, Client, connect, raw};

#[test]
fn an_oversized_head_is_refused() {
    let client = Client::new(Options::default());
    let head = format!("GET /tokens/v2/ada HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "a".repeat(200_000));
    assert_eq!(Answer::new(&raw(client.sandbox.url(), head.as_bytes())).status, 431);
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-many: 1\r\n".repeat(500));
    assert_eq!(Answer::new(&raw(client.sandbox.url(), many.as_bytes())).status, 431);
    assert_eq!(client.get("/tokens/v2/ada").status, 200, "others are served as before");
}

#[test]
fn an_oversized_body_is_refused_before_it_is_read_announced_or_not() {
    let client = Client::new(Options::default());
    let path = format!("/tokens/v2/ada?access_token={}", client.token());
    let announced =
        format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 99999999999\r\n\r\n");
    assert_eq!(Answer::new(&raw(client.sandbox.url(), announced.as_bytes())).status, 413);
    let mut stream = connect(client.sandbox.url());
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    let mut sent = 0;
    while sent < 10_000_000 && stream.write_all(chunk.as_bytes()).is_ok() {
        sent += chunk.len();
    }
    assert!(sent < 10_000_000, "it went on reading");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested =
        format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{deep}", deep.len());
    assert_eq!(Answer::new(&raw(client.sandbox.url(), nested.as_bytes())).status, 400);
}

#[test]
fn sql_in_every_field_is_only_text() {
    let client = Client::new(Options { rate_limit: None, ..Options::default() });
    let sql = "'); DROP TABLE token; --";
    let made = client.create(json!({"note": sql, "scopes": [], "allowedUrls": [sql]}));
    assert_eq!((&made["note"], &made["allowedUrls"]), (&json!(sql), &json!([sql])));
    let quoted = "%27)%3B%20DROP%20TABLE%20token%3B%20--";
    for path in [
        format!("/tokens/v2/{quoted}"),
        format!("/tokens/v2/ada?usage={quoted}"),
        format!("/tokens/v2/ada?start={quoted}"),
        format!("/tokens/v2/ada?sortby={quoted}"),
        format!("/scopes/v1/{quoted}"),
        format!("/statistics/v1?token_id={quoted}"),
        format!("/statistics/v1?period_start={quoted}"),
    ] {
        let status = client.get(&path).status;
        assert!((200..=500).contains(&status), "{path}");
    }
    for method in ["PATCH", "DELETE"] {
        let body = (method == "PATCH").then(|| json!({}));
        assert_eq!(client.send(method, &format!("/tokens/v2/ada/{quoted}"), body).status, 404);
    }
    assert_eq!(client.send("POST", "/tokens/v2/ada", Some(json!({"scopes": [sql]}))).status, 422);
    assert_eq!(client.get("/tokens/v2/ada").json().as_array().map(Vec::len), Some(3), "everything is still there");
}

#[test]
fn a_host_that_would_break_out_of_the_link_is_not_used() {
    let client = Client::new(Options::default());
    client.create(json!({"scopes": []}));
    for host in ["evil.example>; rel=\"prev\", <http://x", "a b", &"a".repeat(300), "é"] {
        let head = format!(
            "GET /tokens/v2/ada?limit=1&access_token={} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n",
            client.token()
        );
        let answer = Answer::new(&raw(client.sandbox.url(), head.as_bytes()));
        if answer.status == 200 {
            assert!(answer.header("link").unwrap().starts_with(&format!("<{}/", client.sandbox.url())), "{host:?}");
        }
    }
}

#[test]
fn a_thousand_idle_connections_exhaust_nothing() {
    // More than the sandbox keeps, on both ends of one process: stay below the usual 1,024 files.
    let client = Client::new(Options { rate_limit: None, ..Options::default() });
    let idle = |keep: &mut Vec<_>| {
        for _ in 0..200 {
            keep.push(connect(client.sandbox.url()));
        }
        // Some have begun a request that they never finish.
        for stream in keep.iter_mut().rev().take(50) {
            let _ = stream.write_all(b"GET /tokens/v2/ada HTTP/1.1\r\nhost: x\r\n");
        }
    };
    for _ in 0..5 {
        let mut keep = Vec::new();
        idle(&mut keep);
        let start = Instant::now();
        assert_eq!(client.get("/tokens/v2/ada").status, 200);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}

#[test]
fn a_connection_serves_many_requests_also_sent_at_once() {
    let client = Client::new(Options { rate_limit: None, ..Options::default() });
    let one = format!("GET /tokens/v2?access_token={} HTTP/1.1\r\nhost: x\r\n\r\n", client.token());
    let mut stream = connect(client.sandbox.url());
    stream.write_all(one.repeat(20).as_bytes()).unwrap();
    let mut seen = String::new();
    let mut buffer = [0; 4096];
    while seen.matches("TokenValid").count() < 20 {
        let read = stream.read(&mut buffer).expect("more to come");
        assert!(read > 0, "closed after {seen}");
        seen.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_bytes_upset_it(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..400),
        start in prop_oneof![Just(""), Just("GET /tokens/v2/"), Just("POST /tokens/v2/ada HTTP/1.1\r\ncontent-length: 5\r\n\r\n")],
    ) {
        thread_local!(static CLIENT: Client = Client::new(Options { rate_limit: None, ..Options::default() }));
        bytes.splice(0..0, start.bytes());
        CLIENT.with(|client| {
            let mut stream = connect(client.sandbox.url());
            let _ = stream.write_all(&bytes);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."));
            assert_eq!(client.get("/tokens/v2").status, 200);
        });
    }

    #[test]
    fn no_token_string_upsets_it(token in "(pk|sk|tk|.{0,3})\\.[A-Za-z0-9_=-]{0,90}\\.?.{0,30}") {
        thread_local!(static CLIENT: Client = Client::new(Options { rate_limit: None, ..Options::default() }));
        CLIENT.with(|client| {
            let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
            let code = client.send_as(&token, "GET", "/tokens/v2", None).json()["code"].clone();
            assert!(code == "TokenMalformed" || code == "TokenInvalid", "{code}");
            assert_eq!(client.send_as(&token, "GET", "/tokens/v2/ada", None).status, 401);
        });
    }
}
