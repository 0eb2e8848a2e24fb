//! Servers that answer oddly, late or not at all, and the ways to them: what the commands make of it, and what they say meanwhile.

use std::{
    io::Read as _,
    net::TcpListener,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{
    bench::{Ran, bare, run},
    schema,
};
use crate::support::faulty::{Fault, Faulty, answer};

/// `{"u":"ada","a":"cmf000000000000000000fake"}`, with a made-up signature.
const TOKEN: &str = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZjAwMDAwMDAwMDAwMDAwMDAwMGZha2UifQ.fakefakefakefakefakefa";

/// `{"u":"ada","a":"cmf000000000000000000made"}`, with a made-up signature.
const MADE: &str = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZjAwMDAwMDAwMDAwMDAwMDAwMG1hZGUifQ.mademademademademadema";

const ODD: &str = r#"[{"id":"cmf000000000000000000good","usage":"pk","client":"api","note":"Map","scopes":["styles:read"]},
    {"id":"cmf000000000000000000half","usage":"sk","client":"api","note":"half \ud800 pair","scopes":["uploads:read"]},
    {"id":"cmf000000000000000000date","usage":"sk","client":"api","note":"Dates","scopes":["uploads:read"],"created":"","modified":"2026-02-30T25:00:00Z"},
    {"id":"cmf000000000000000000null","usage":"pk","client":"api","note":"Null","scopes":null},
    {"id":42,"usage":"xk","client":"api","note":"Kind","scopes":[]},
    {"usage":"pk"}, null]"#;

/// A server, and a place for what the program keeps.
struct Odd {
    server: Faulty,
    state: TempDir,
}

impl Odd {
    fn new(script: impl Fn(usize, &str) -> Fault + Send + Sync + 'static) -> Self {
        let server = Faulty::start(move |n, seen| script(n, &seen.method));
        Self { server, state: tempfile::tempdir().expect("a directory") }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        run(at(&self.server.url, &self.state, arguments), "")
    }
}

fn at(url: &str, state: &TempDir, arguments: &[&str]) -> std::process::Command {
    let mut command = bare(arguments);
    command.env("MAPBOX_API_ENDPOINT", url).env("MAPBOX_ACCESS_TOKEN", TOKEN);
    for place in ["STATE", "CONFIG", "CACHE"] {
        command.env(format!("JETON_{place}_DIR"), state.path().join(place));
    }
    command
}

#[test]
fn odd_records_do_not_stop_any_command() {
    let odd = Odd::new(|_, method| match method {
        "DELETE" => Fault::Bytes(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec()),
        "POST" => Fault::Bytes(answer(
            200,
            &[],
            &format!(
                r#"{{"id":"cmf000000000000000000made","usage":"sk","note":"\ud800","scopes":["uploads:write"],"created":"","token":"{MADE}"}}"#
            ),
        )),
        _ => Fault::Bytes(answer(200, &[], ODD)),
    });
    let list = odd.run(&["list", "--json"]);
    assert_eq!(list.code, 0, "{list:?}");
    assert!(list.err.contains("skipped 2 entries of the account's list"), "{list:?}");
    let tokens = list.json();
    schema::assert_valid("list", &tokens);
    let flaws: Vec<usize> =
        tokens.as_array().expect("a list").iter().map(|token| token["flaws"].as_array().map_or(0, Vec::len)).collect();
    assert_eq!(flaws, [0, 1, 2, 1, 2]);
    let table = odd.run(&["list"]);
    assert!(table.code == 0 && table.out.contains("Dates (incomplete data)"), "{table:?}");
    let show = odd.run(&["show", "Dates"]);
    assert!(show.out.contains("created is not a date; modified is not a date"), "{show:?}");
    let show = odd.run(&["show", "Null"]);
    assert!(show.out.contains("Scopes: unknown"), "nothing is said of what was not read: {show:?}");
    let lint = odd.run(&["lint", "--json"]);
    assert!(matches!(lint.code, 0 | 8), "{lint:?}");
    assert!(!lint.out.contains("no-scopes\",\"token\":\"cmf000000000000000000null"), "{lint:?}");
    assert_eq!(odd.run(&["delete", "Dates", "--yes"]).code, 0);
    let edit = odd.run(&["edit", "Null", "--add-scope", "styles:read", "--yes", "--json"]);
    assert_ne!(edit.code, 0, "a change would drop the scopes that were not read: {edit:?}");
    assert_eq!(odd.server.count("PATCH"), 0);
    let create = odd.run(&["create", "--note", "New", "--scope", "uploads:write"]);
    assert!(create.code == 0 && create.out.contains(MADE), "{create:?}");
}

#[test]
fn the_timeout_bounds_a_command_and_the_wait_is_told() {
    let silent = Odd::new(|_, _| Fault::Silence);
    let start = Instant::now();
    let ran = silent.run(&["list", "--timeout", "3", "--json"]);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!((ran.code, ran.failure().as_str()), (5, "broken"));
    let waiting: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("waiting for 127.0.0.1")).collect();
    assert_eq!(waiting.len(), 1, "one line where nobody watches: {ran:?}");
    // A create looks at the account first, and that is a read.
    let start = Instant::now();
    let ran = silent.run(&["create", "--note", "x", "--scope", "uploads:write", "--timeout", "1", "--json"]);
    assert!(ran.code != 0 && start.elapsed() < Duration::from_secs(4), "{ran:?}");
    assert_eq!(silent.server.count("POST"), 0);
}

#[test]
fn a_short_ban_is_waited_for_in_a_line_and_a_long_one_is_told_at_once() {
    let good = || Fault::Bytes(answer(200, &[], "[]"));
    let short =
        Odd::new(move |n, _| if n == 0 { Fault::Bytes(answer(429, &[("retry-after", "2")], "")) } else { good() });
    let ran = short.run(&["list", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.starts_with("too many requests; trying again in 2 s\n"), "{ran:?}");
    let long = Odd::new(|_, _| Fault::Bytes(answer(429, &[("retry-after", "86400")], "")));
    let start = Instant::now();
    let ran = long.run(&["list"]);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert!(ran.code == 5 && ran.err.contains("help: try again in 24 h"), "{ran:?}");
}

/// An address, options, variables; the exit code and words of the failure.
type Case<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, &'a str)], i32, &'a str);

#[test]
fn what_stands_in_the_way_is_named() {
    let vacant = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let state = tempfile::tempdir().expect("a directory");
    let hosted = "https://api.example.invalid";
    let file = |name: &str, content: &str| {
        let path = state.path().join(name);
        std::fs::write(&path, content).expect("written");
        path.to_string_lossy().into_owned()
    };
    let broken = file("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let (empty, text) = (file("empty.pem", ""), file("text.pem", "hello\n"));
    let dead = format!("http://{vacant}");
    let socks = format!("socks5h://{vacant}");
    let cases: [Case; 8] = [
        (hosted, &[], &[("HTTPS_PROXY", &dead)], 5, "the proxy http://127.0.0.1"),
        (hosted, &[], &[("ALL_PROXY", &socks)], 5, "the proxy socks5h://127.0.0.1"),
        (hosted, &[], &[("HTTPS_PROXY", "http//secret:word")], 2, "HTTPS_PROXY is not a proxy URL"),
        (hosted, &["--ca-file", &empty], &[], 2, "no usable PEM certificates"),
        (hosted, &["--ca-file", &text], &[], 2, "no usable PEM certificates"),
        (hosted, &["--ca-file", &broken], &[], 2, "no usable PEM certificates"),
        ("http://sandbox.invalid:1", &[], &[], 2, "--allow-http"),
        ("http://sandbox.invalid:1", &["--allow-http"], &[], 5, "host not found"),
    ];
    for (url, options, environment, code, words) in cases {
        let mut command = at(url, &state, &[&["list"], options].concat());
        command.envs(environment.iter().copied());
        let ran = run(command, "");
        assert!(ran.code == code && ran.err.contains(words), "{url} {options:?} {environment:?}: {ran:?}");
        assert!(!ran.err.contains("secret"), "{ran:?}");
    }
}

#[test]
fn a_socks_proxy_is_spoken_to_as_one() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let proxy = format!("socks5h://{}", listener.local_addr().expect("an address"));
    let greeting = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut version = [0];
        stream.read_exact(&mut version).expect("a greeting");
        version[0]
    });
    let state = tempfile::tempdir().expect("a directory");
    let mut command = at("https://api.example.invalid", &state, &["list", "--timeout", "2"]);
    command.env("HTTPS_PROXY", proxy);
    let ran = run(command, "");
    assert_eq!(greeting.join().expect("it was asked"), 5);
    assert!(ran.code == 5 && ran.err.contains("the proxy socks5h://"), "{ran:?}");
}

#[test]
fn localhost_is_this_machine() {
    let odd = Odd::new(|_, _| Fault::Bytes(answer(200, &[], "[]")));
    let url = odd.server.url.replace("127.0.0.1", "localhost");
    let mut command = at(&url, &odd.state, &["list", "--json"]);
    command.env("HTTP_PROXY", "http://127.0.0.1:9").env("http_proxy", "http://127.0.0.1:9");
    assert_eq!(run(command, "").ok().json(), Value::Array(Vec::new()));
}
