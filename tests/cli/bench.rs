//! A sandbox, and the binary pointed at it.

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

use jeton::{
    sandbox::{Demo, Options, Sandbox},
    token::AccountKey,
    work::{
        bulk::{Operation, Plan},
        journal::Records,
    },
};
use serde_json::Value;
use tempfile::TempDir;

pub struct Bench {
    pub sandbox: Sandbox,
    pub state: TempDir,
}

/// What a run of the program left.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Bench {
    /// An account with nothing in it but what the sandbox puts there.
    pub fn empty() -> Self {
        Self::with(Options { rate_limit: None, ..Options::default() })
    }

    /// The demo account, with at least so many tokens.
    pub fn demo(tokens: usize) -> Self {
        let now = jiff::Timestamp::now();
        Self::with(Options { rate_limit: None, demo: Some(Demo { seed: 1, tokens, now }), ..Options::default() })
    }

    pub fn with(options: Options) -> Self {
        let sandbox = Sandbox::start(options).expect("a sandbox");
        Self { sandbox, state: tempfile::tempdir().expect("a directory") }
    }

    /// The binary with an environment of our making, and the sandbox's account in it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command.envs(self.environment());
        command
    }

    pub fn environment(&self) -> [(&'static str, String); 5] {
        let path = |name: &str| self.state.path().join(name).to_string_lossy().into_owned();
        [
            ("MAPBOX_API_ENDPOINT", self.sandbox.url().to_owned()),
            ("MAPBOX_ACCESS_TOKEN", self.sandbox.token().expose().to_owned()),
            ("JETON_STATE_DIR", path("state")),
            ("JETON_CONFIG_DIR", path("config")),
            ("JETON_CACHE_DIR", path("cache")),
        ]
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        run(self.command(arguments), "")
    }

    pub fn feed(&self, arguments: &[&str], input: &str) -> Ran {
        run(self.command(arguments), input)
    }

    /// Runs a command that is to work and print JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend(arguments);
        self.run(&all).ok().json()
    }

    /// Leaves a change of many tokens on record, as a process that died does.
    pub fn leave(&self, operation: Operation, tokens: &[String]) -> String {
        let host = self.sandbox.url().strip_prefix("http://").expect("an address").to_owned();
        let account = AccountKey { username: self.sandbox.username().to_owned(), host };
        let tokens = tokens.iter().map(|id| id.as_str().into()).collect();
        let batches = Records::within(&self.state.path().join("state")).batches;
        let plan = Plan { account, operation, tokens };
        batches.begin(None, plan, jiff::Timestamp::now()).expect("on record").to_string()
    }

    /// Makes a token and tells its id.
    pub fn make(&self, note: &str, scopes: &str) -> String {
        let made = self.json(&["create", "--note", note, "--scope", scopes]);
        made["id"].as_str().expect("an id").to_owned()
    }
}

/// The binary with an environment of our making.
pub fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jeton"));
    command.args(arguments).env_clear().env("HOME", "/nonexistent");
    command
}

pub fn run(mut command: Command, input: &str) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A program that does not read its input closes it; that is its business.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the program ends").into()
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("ended by itself"),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

impl Ran {
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The code of the failure that was reported as JSON.
    pub fn failure(&self) -> String {
        let last = self.err.lines().last().unwrap_or_default();
        let report: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error} in {self:?}"));
        super::schema::assert_valid("error", &report);
        report["error"]["code"].as_str().expect("a code").to_owned()
    }
}
