//! How many requests the sandbox answers beside a program that does nothing but what it must: axum, one table in SQLite, no
//! authorization, no checks, no signatures. `cargo bench --bench sandbox`; both take turns, and the middle of the rounds counts.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "what it measures is what it is for"
)]

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::{self, RawQuery, State},
    http::header,
    response::IntoResponse,
    routing::get,
};
use jeton::sandbox::{Demo, Options, Sandbox};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::{Value, json, value::RawValue};

/// Tokens in both databases.
const TOKENS: usize = 10_000;

const CONNECTIONS: usize = 4;

const ROUNDS: usize = 7;

const ROUND: Duration = Duration::from_millis(700);

type Db = Arc<Mutex<Connection>>;

/// The program that only does what it must, on a thread as the sandbox's.
fn bare(path: &Path) -> String {
    let db = Connection::open(path).unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    db.pragma_update(None, "synchronous", "NORMAL").unwrap();
    db.execute_batch(
        "CREATE TABLE token (user TEXT, id TEXT, usage TEXT, is_default INT, note TEXT, scopes TEXT, urls TEXT, \
         created TEXT, modified TEXT, value TEXT, PRIMARY KEY (user, id)) WITHOUT ROWID; BEGIN",
    )
    .unwrap();
    for number in 0..TOKENS {
        insert(&db, &format!("cmf{number:022}"), &format!("Checkout map production {number}"), PUBLIC);
    }
    db.execute_batch("COMMIT").unwrap();
    let router = Router::new().route("/tokens/v2/{user}", get(list).post(create)).with_state(Arc::new(Mutex::new(db)));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    url
}

const PUBLIC: &str = r#"["styles:tiles","styles:read","fonts:read"]"#;
const TIME: &str = "2026-01-01T00:00:00.000Z";

fn value(id: &str) -> String {
    format!("pk.eyJ1IjoiYWRhIiwiYSI6ImNtd3F2NjV5bTAwMDBvN2htYnh5ZTJ3azgifQ.{:.22}", &id[3..])
}

fn insert(db: &Connection, id: &str, note: &str, scopes: &str) {
    let sql = "INSERT INTO token VALUES ('ada', ?1, 'pk', 0, ?2, ?3, NULL, ?4, ?4, ?5)";
    db.prepare_cached(sql).unwrap().execute(params![id, note, scopes, TIME, value(id)]).unwrap();
}

/// A row as JSON.
fn object(id: &str, note: &str, scopes: &str, value: &str) -> Value {
    let scopes: &RawValue = serde_json::from_str(scopes).unwrap();
    json!({
        "client": "api", "note": note, "usage": "pk", "id": id, "default": false, "scopes": scopes,
        "created": TIME, "modified": TIME, "token": value,
    })
}

fn answer<T: serde::Serialize>(body: &T) -> impl IntoResponse + use<T> {
    ([(header::CONTENT_TYPE, "application/json")], serde_json::to_vec(body).unwrap())
}

async fn list(
    State(db): State<Db>,
    extract::Path(user): extract::Path<String>,
    RawQuery(query): RawQuery,
) -> impl IntoResponse {
    let query = query.unwrap_or_default();
    let part =
        |name: &str| form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value);
    let limit: i64 = part("limit").and_then(|limit| limit.parse().ok()).unwrap_or(100);
    let start = part("start").unwrap_or("z".into());
    let db = db.lock().unwrap();
    let sql = "SELECT id, note, scopes, value FROM token WHERE user = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
    let mut query = db.prepare_cached(sql).unwrap();
    let rows = query.query_map(params![user, start, limit], |row| {
        let text = |at| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
        Ok(object(text(0)?, text(1)?, text(2)?, text(3)?))
    });
    answer(&rows.unwrap().map(Result::unwrap).collect::<Vec<_>>())
}

async fn create(State(db): State<Db>, body: Bytes) -> impl IntoResponse {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let id = format!("cmz{:022}", COUNT.fetch_add(1, Ordering::Relaxed));
    let body: Value = serde_json::from_slice(&body).unwrap();
    let (note, scopes) = (body["note"].as_str().unwrap(), body["scopes"].to_string());
    insert(&db.lock().unwrap(), &id, note, &scopes);
    answer(&object(&id, note, &scopes, &value(&id)))
}

/// A connection that is kept, and what has been read from it.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    fn new(url: &str) -> Self {
        let stream = TcpStream::connect(&url[7..]).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: vec![0; 1 << 20] }
    }

    /// Sends a request and reads the answer: its head, and how many bytes it had.
    fn call(&mut self, request: &str) -> (String, usize) {
        self.stream.write_all(request.as_bytes()).unwrap();
        let (mut read, mut head) = (0, None::<(String, usize)>);
        loop {
            let count = self.stream.read(&mut self.buffer[read..]).unwrap();
            assert!(count > 0, "the server closed");
            read += count;
            if head.is_none()
                && let Some(end) = self.buffer[..read].windows(4).position(|four| four == b"\r\n\r\n")
            {
                let text = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
                assert!(text.starts_with("HTTP/1.1 200"), "{text}");
                let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
                let length: usize = length.unwrap().parse().unwrap();
                head = Some((text, end + 4 + length));
            }
            if let Some(whole) = head.take_if(|(_, end)| read >= *end) {
                return whole;
            }
        }
    }
}

/// Requests a second.
fn load(url: &str, request: &str) -> f64 {
    let (done, start) = (AtomicU64::new(0), Instant::now());
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut client = Client::new(url);
                while start.elapsed() < ROUND {
                    client.call(request);
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    done.into_inner() as f64 / start.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

fn sandbox(tokens: usize, db: Option<PathBuf>) -> Sandbox {
    let demo = Demo { seed: 1, tokens, now: Timestamp::now() };
    Sandbox::start(Options { rate_limit: None, db, demo: Some(demo), ..Options::default() }).unwrap()
}

/// What [`load`] sends.
fn request(method: &str, sandbox: &Sandbox, body: &str) -> String {
    let (user, token, length) = (sandbox.username(), sandbox.token().expose(), body.len());
    format!(
        "{method} /tokens/v2/{user}?limit=100&access_token={token} HTTP/1.1\r\nhost: localhost\r\ncontent-type: \
         application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

fn throughput(folder: &Path) -> String {
    let ours = sandbox(TOKENS, Some(folder.join("sandbox.db")));
    let bare = bare(&folder.join("bare.db"));
    let body = r#"{"note":"bench","scopes":["styles:read","fonts:read"]}"#;
    let mut measured = Vec::new();
    for (what, request) in [("list", request("GET", &ours, "")), ("create", request("POST", &ours, body))] {
        // A round that does not count, for both to have their pages and statements ready.
        let pairs = (0..=ROUNDS).map(|_| (load(ours.url(), &request), load(&bare, &request))).skip(1);
        let (ours, bare): (Vec<f64>, Vec<f64>) = pairs.unzip();
        let (ours, bare) = (median(ours), median(bare));
        println!("{what}: {ours:.0}/s, bare {bare:.0}/s");
        measured.push(format!("{what} {:.2} ({ours:.0}/s to {bare:.0}/s)", ours / bare));
    }
    measured.join(", ")
}

/// The middle times of the first page of a long list and of page 1,000, asked for in turns, and their bytes.
fn pages() -> [(Duration, usize); 2] {
    let sandbox = sandbox(105_000, None);
    let mut client = Client::new(sandbox.url());
    let first = format!("/tokens/v2/{}?limit=100&access_token={}", sandbox.username(), sandbox.token().expose());
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let mut late = first.clone();
    for _ in 1..1_000 {
        let head = client.call(&get(&late)).0;
        let next = head.lines().find_map(|line| line.strip_prefix("link: <")?.split_once('>')).unwrap().0;
        late = format!("/tokens/{}", next.split_once("/tokens/").unwrap().1);
    }
    let mut times = [Vec::new(), Vec::new()];
    let mut bytes = [0, 0];
    for _ in 0..300 {
        for (at, path) in [&first, &late].into_iter().enumerate() {
            let start = Instant::now();
            bytes[at] = client.call(&get(path)).1;
            times[at].push(start.elapsed().as_secs_f64());
        }
    }
    let [first, late] = times.map(|times| Duration::from_secs_f64(median(times)));
    [(first, bytes[0]), (late, bytes[1])]
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let throughput = throughput(folder.path());
    let [(first, first_bytes), (late, late_bytes)] = pages();
    println!("page 1: {first:.1?} ({first_bytes} bytes), page 1,000: {late:.1?} ({late_bytes} bytes)");
    if let Some(figures) = std::env::var_os("JETON_FIGURES") {
        let rows = format!(
            "| P5 | sandbox on a file, beside a bare axum and SQLite program on as many tokens | ≥ 0.5 × | {throughput} |\n\
             | P6 | a page of 100 out of 105,000 tokens: page 1, page 1,000 | alike | {first:.0?}, {late:.0?} |\n"
        );
        fs::write(PathBuf::from(figures).join("P5.md"), rows).unwrap();
    }
}
