//! The real program: ready line, signals, kill -9, files shared and files not ours.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::http::{self, Answer, call};

/// A running `jeton sandbox`; killed when dropped.
struct Program {
    child: Child,
    ready: Value,
}

impl Program {
    fn start(db: &Path) -> Self {
        Self::start_with(db, &[])
    }

    fn start_with(db: &Path, options: &[&str]) -> Self {
        let mut child = command(db).args(options).stdout(Stdio::piped()).spawn().expect("started");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
        let ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line:?}"));
        Self { child, ready }
    }

    fn url(&self) -> &str {
        self.ready["url"].as_str().expect("a URL")
    }

    fn token(&self) -> &str {
        self.ready["token"].as_str().expect("a token")
    }

    fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        call(self.url(), method, &format!("{path}?access_token={}", self.token()), &[], body)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(db: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jeton"));
    command.args(["sandbox", "--json", "--listen", "127.0.0.1:0", "--rate-limit", "0", "--db"]).arg(db);
    command.env_remove("JETON_SANDBOX_PASSWORD");
    command
}

fn list(program: &Program) -> Vec<Value> {
    program.send("GET", "/tokens/v2/ada", "").json().as_array().expect("a list").clone()
}

#[test]
fn the_ready_line_says_where_who_and_how() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(&folder.path().join("db"));
    assert_eq!(program.ready["username"], "ada");
    assert_eq!(program.ready.as_object().unwrap().len(), 3);
    assert_eq!(program.send("GET", "/tokens/v2", "").json()["code"], "TokenValid");
}

#[test]
fn with_a_seed_the_token_is_known_before_the_start_and_a_file_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let file = path("token");
    let start = |db: &str, seed: &str| {
        Program::start_with(&path(db), &["--token-seed", seed, "--token-file", file.to_str().unwrap()])
    };
    let first = start("db", "ci");
    let known = first.token().to_owned();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{known}\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let id = jeton::token::DecodedToken::of(&known).unwrap().id.expect("an id").as_str().to_owned();
    assert_eq!(first.send("DELETE", &format!("/tokens/v2/ada/{id}"), "").status, 204);
    drop(first);
    // Also after it was deleted, and again.
    let again = start("db", "ci");
    assert_eq!(
        (again.token(), again.send("GET", "/tokens/v2", "").json()["code"].as_str()),
        (&*known, Some("TokenValid"))
    );
    assert_eq!(again.send("DELETE", &format!("/tokens/v2/ada/{id}"), "").status, 204);
    assert_eq!(start("another", "ci").token(), known);
    let other = start("another", "something else");
    assert_ne!(other.token(), known);
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim_end(), other.token());
}

#[test]
fn tokens_outlive_a_restart_and_so_does_the_first_key() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("db");
    let first = Program::start(&db);
    let made = first.send("POST", "/tokens/v2/ada", r#"{"scopes":["styles:read"],"note":"kept"}"#).json();
    let old = first.token().to_owned();
    drop(first);
    let second = Program::start(&db);
    assert_ne!(second.token(), old);
    assert!(list(&second).contains(&made));
    let verdict = call(second.url(), "GET", &format!("/tokens/v2?access_token={old}"), &[], "").json();
    assert_eq!(verdict["code"], "TokenValid");
}

#[test]
fn whatever_was_answered_survives_being_killed() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("db");
    let mut known: Vec<Value> = Vec::new();
    let mut revoked: Vec<Value> = Vec::new();
    for round in 0..6 {
        let program = Program::start(&db);
        let listed = list(&program);
        for token in &known {
            assert!(listed.contains(token), "round {round}: lost {token}");
        }
        for token in &revoked {
            let path = format!("/tokens/v2?access_token={}", token["token"].as_str().unwrap());
            assert_eq!(call(program.url(), "GET", &path, &[], "").json()["code"], "TokenRevoked", "round {round}");
        }
        for token in &listed {
            assert!(token["id"].is_string() && token["scopes"].is_array(), "half a token: {token}");
        }
        for at in 0..8 {
            known.push(program.send("POST", "/tokens/v2/ada", r#"{"scopes":["styles:read"]}"#).json());
            if at % 4 == 3 {
                let token = known.remove(0);
                let answer = program.send("DELETE", &format!("/tokens/v2/ada/{}", token["id"].as_str().unwrap()), "");
                assert_eq!(answer.status, 204);
                revoked.push(token);
            }
        }
        // Another request is under way while the program is killed (SIGKILL), so the kill falls somewhere in the middle
        // of it.
        let mut stream = http::connect(program.url());
        let body = r#"{"scopes":[]}"#;
        let head = format!("POST /tokens/v2/ada?access_token={} HTTP/1.1\r\nhost: x\r\n", program.token());
        std::io::Write::write_all(
            &mut stream,
            format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes(),
        )
        .unwrap();
        drop(program);
    }
}

#[test]
fn two_programs_share_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("db");
    // Both find no file and want to make it.
    let (first, second) = std::thread::scope(|scope| {
        let [first, second] = [(); 2].map(|()| scope.spawn(|| Program::start(&db)));
        (first.join().unwrap(), second.join().unwrap())
    });
    std::thread::scope(|scope| {
        for program in [&first, &second] {
            scope.spawn(move || {
                for _ in 0..40 {
                    assert_eq!(program.send("POST", "/tokens/v2/ada", r#"{"scopes":[]}"#).status, 200);
                }
            });
        }
    });
    let listed = list(&first);
    assert_eq!(listed.len(), 80 + 3, "with the default token and the two authorizing ones");
    assert_eq!(listed, list(&second));
    let answer = call(second.url(), "GET", &format!("/tokens/v2?access_token={}", first.token()), &[], "").json();
    assert_eq!(answer["code"], "TokenValid", "the key is the file's");
}

#[test]
fn a_secret_token_is_nowhere_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("db");
    let program = Program::start(&db);
    let made = program.send("POST", "/tokens/v2/ada", r#"{"scopes":["tokens:read"],"note":"a marker"}"#).json();
    let signatures =
        [made["token"].as_str().unwrap(), program.token()].map(|token| token.rsplit('.').next().unwrap().to_owned());
    drop(program);
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        std::fs::File::open(entry.unwrap().path()).unwrap().read_to_end(&mut bytes).unwrap();
    }
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("a marker"), "the search works");
    for signature in signatures {
        assert!(!holds(&signature));
    }
}

#[test]
fn a_file_that_is_not_ours_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "shopping: bread, milk, a very long list of other things indeed").unwrap();
    let foreign = folder.path().join("other.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let newer = folder.path().join("newer.db");
    drop(Program::start(&newer));
    rusqlite::Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    for (path, words) in [(&text, "not a database"), (&foreign, "another program"), (&newer, "newer version")] {
        let before = std::fs::read(path).unwrap();
        let output = command(path).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(message.contains(words), "{message}");
        assert_eq!(std::fs::read(path).unwrap(), before, "{}", path.display());
    }
}

#[cfg(unix)]
#[test]
fn a_signal_stops_it_in_good_order() {
    use rustix::process::{Pid, Signal, kill_process};
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("db");
    for signal in [Signal::TERM, Signal::INT] {
        let mut program = Program::start(&db);
        let made = program.send("POST", "/tokens/v2/ada", &json!({"scopes": []}).to_string()).json();
        kill_process(Pid::from_child(&program.child), signal).unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        let status = loop {
            if let Some(status) = program.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "still running after {signal:?}");
        };
        assert_eq!(status.code(), Some(0), "{signal:?}");
        assert!(!folder.path().join("db-wal").exists(), "everything is in the one file");
        assert!(list(&Program::start(&db)).contains(&made));
    }
}

#[test]
fn other_machines_are_let_in_only_on_purpose() {
    let output = Command::new(env!("CARGO_BIN_EXE_jeton")).args(["sandbox", "--listen", "0.0.0.0:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("other machines"));
}
