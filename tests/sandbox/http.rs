//! The smallest HTTP client there is, so that tests see the bytes and not a library's opinion of them.

use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use jeton::sandbox::{Options, Sandbox};
use serde_json::Value;

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn new(raw: &[u8]) -> Self {
        let split = raw.windows(4).position(|window| window == b"\r\n\r\n").expect("a complete head");
        let head = String::from_utf8(raw[..split].to_vec()).expect("heads are text");
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
        Self { status, head, body: raw[split + 4..].to_vec() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", String::from_utf8_lossy(&self.body)))
    }

    pub fn message(&self) -> String {
        self.json()["message"].as_str().expect("a message").to_owned()
    }
}

/// Sends bytes and reads until the other side closes.
pub fn raw(url: &str, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(url);
    stream.write_all(bytes).expect("written");
    let mut answer = Vec::new();
    // A connection cut on purpose ends in an error; what came before it counts.
    let _ = stream.read_to_end(&mut answer);
    answer
}

pub fn connect(url: &str) -> TcpStream {
    let stream = TcpStream::connect(url.strip_prefix("http://").expect("http")).expect("connected");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    stream
}

pub fn call(url: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut text = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        text.push_str("host: maps.localhost:80\r\n");
    }
    for &(name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    if !body.is_empty() {
        let _ = write!(text, "content-length: {}\r\n", body.len());
    }
    text.push_str("\r\n");
    text.push_str(body);
    Answer::new(&raw(url, text.as_bytes()))
}

/// A sandbox and somebody who calls it with its authorizing token.
pub struct Client {
    pub sandbox: Sandbox,
}

impl Client {
    pub fn new(options: Options) -> Self {
        Self { sandbox: Sandbox::start(options).expect("started") }
    }

    pub fn token(&self) -> &str {
        self.sandbox.token().expose()
    }

    /// Creates a token, which must succeed.
    pub fn create(&self, body: Value) -> Value {
        let path = format!("/tokens/v2/{}", self.sandbox.username());
        let answer = self.send("POST", &path, Some(body));
        assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    pub fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.send_as(self.token(), method, path, body)
    }

    pub fn send_as(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mark = if path.contains('?') { '&' } else { '?' };
        let body = body.map_or_else(String::new, |body| body.to_string());
        call(self.sandbox.url(), method, &format!("{path}{mark}access_token={token}"), &[], &body)
    }
}
