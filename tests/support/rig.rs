//! A sandbox, and the real program beside it with everything it may write in a directory of its own.

use std::{
    ffi::OsStr,
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use jeton::{
    api::{Client, Endpoint},
    sandbox::{Faults, Options, Sandbox},
    token::Token,
};
use serde_json::Value;

/// The rig.
pub struct Rig {
    pub sandbox: Sandbox,
    pub home: tempfile::TempDir,
    /// `auto` or `file`.
    pub escrow: &'static str,
}

impl Rig {
    pub fn new() -> Self {
        Self::with_faults("{}")
    }

    pub fn with_faults(faults: &str) -> Self {
        let faults = Faults::parse(faults.as_bytes()).expect("faults");
        let sandbox = Sandbox::start(Options { rate_limit: None, faults, ..Options::default() }).expect("a sandbox");
        let home = tempfile::tempdir().expect("a directory");
        fs::create_dir(home.path().join("run")).expect("a directory");
        Self { sandbox, home, escrow: "auto" }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn state(&self) -> PathBuf {
        self.path("state")
    }

    pub fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.sandbox.url(), self.sandbox.username(), self.sandbox.token().clone()).expect("an endpoint")
    }

    pub fn client(&self) -> Client {
        Client::new(self.endpoint()).expect("a client")
    }

    /// The program with these arguments, ready to start.
    pub fn jeton<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        self.wrapped(None, arguments)
    }

    /// The same, started by another program.
    #[expect(clippy::disallowed_methods, reason = "it is to have the authorizing token")]
    pub fn wrapped<A: AsRef<OsStr>>(
        &self,
        wrapper: Option<&[&str]>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Command {
        let program = program();
        let mut command = match wrapper {
            None => Command::new(program),
            Some(words) => {
                let mut command = Command::new(words[0]);
                command.args(&words[1..]).arg(program);
                command
            }
        };
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("JETON_STATE_DIR", self.state())
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("JETON_ESCROW", self.escrow)
            .env("MAPBOX_API_ENDPOINT", self.sandbox.url())
            .env("MAPBOX_USERNAME", self.sandbox.username())
            .env("MAPBOX_ACCESS_TOKEN", self.sandbox.token().expose())
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.jeton(arguments).output().expect("the program runs")
    }

    /// What `jeton recover --json` lists.
    pub fn recover(&self) -> Vec<Value> {
        let output = self.run(&["recover", "--json"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let list: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        list["open"].as_array().expect("a list").clone()
    }

    /// The tokens of that name on the server.
    pub fn tokens(&self, note: &str) -> Vec<Token> {
        let url = format!(
            "{}/tokens/v2/{}?limit=500&access_token={}",
            self.sandbox.url(),
            self.sandbox.username(),
            self.sandbox.token().expose()
        );
        let tokens: Vec<Token> = serde_json::from_slice(&get(&url)).expect("a list");
        tokens.into_iter().filter(|token| token.note.as_ref().is_some_and(|found| found.raw() == note)).collect()
    }

    /// How many bytes the answer to a create has, head and body.
    pub fn answer_to_create(&self, body: &Value) -> usize {
        let host = self.sandbox.url().strip_prefix("http://").expect("http");
        let (user, token, body) = (self.sandbox.username(), self.sandbox.token().expose(), body.to_string());
        let request = format!(
            "POST /tokens/v2/{user}?access_token={token} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        exchange(host, &request).len()
    }

    /// Whether the server takes a value.
    pub fn works(&self, value: &str) -> bool {
        let url = format!("{}/tokens/v2?access_token={value}", self.sandbox.url());
        let answer: Value = serde_json::from_slice(&get(&url)).expect("JSON");
        answer["code"] == "TokenValid"
    }
}

/// The program under test: the one of this build, or `$JETON_PROGRAM` (a release build, say).
pub fn program() -> PathBuf {
    std::env::var_os("JETON_PROGRAM").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_jeton")), PathBuf::from)
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The body of the answer to a request by hand, so that no client of ours judges itself.
fn get(url: &str) -> Vec<u8> {
    let (host, path) = url.strip_prefix("http://").expect("http").split_once('/').expect("a path");
    let mut answer = exchange(host, &format!("GET /{path} HTTP/1.0\r\nhost: {host}\r\nconnection: close\r\n\r\n"));
    let split = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    answer.split_off(split + 4)
}

fn exchange(host: &str, request: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(host).expect("connected");
    stream.write_all(request.as_bytes()).expect("written");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("read");
    answer
}

/// The only line of a file that a sink wrote.
pub fn line(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim_end().to_owned())
}

/// Whether a program is there; says what is not tested where it is not.
#[expect(clippy::print_stderr, reason = "what is not tested has to be said")]
pub fn is_installed(program: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()));
    if !found {
        eprintln!("NOT TESTED: {program} is not installed");
    }
    found
}

/// Whether figures are being measured, so that everything is tried and not just some of it.
pub fn is_measuring() -> bool {
    std::env::var_os("JETON_FIGURES").is_some()
}

/// Adds a row to the table of figures when `$JETON_FIGURES` names a directory for them.
pub fn record(id: &str, what: &str, target: &str, measured: &str) {
    if let Some(dir) = std::env::var_os("JETON_FIGURES") {
        let row = format!("| {id} | {what} | {target} | {measured} |\n");
        fs::write(PathBuf::from(dir).join(format!("{id}.md")), row).expect("the figure can be written");
    }
}
