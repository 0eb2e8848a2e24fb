//! The process killed at moments that can be seen from outside: what holds for every build, with no failpoints in it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Child,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use jeton::secret::Secret;
use rustix::process::{Pid, Signal, kill_process};

use super::rig::{Rig, line, text};

const DEADLINE: Duration = Duration::from_secs(20);

/// Stands between the program and the sandbox and holds back the answer to a POST until it is told how much to hand on.
struct Between {
    url: String,
    answered: mpsc::Receiver<usize>,
    pass: mpsc::Sender<usize>,
}

fn between(rig: &Rig) -> Between {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let upstream = rig.sandbox.url().strip_prefix("http://").unwrap().to_owned();
    let (tell, answered) = mpsc::channel();
    let (pass, allowed) = mpsc::channel::<usize>();
    let allowed = Arc::new(Mutex::new(allowed));
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, upstream, tell, allowed) = (client.unwrap(), upstream.clone(), tell.clone(), allowed.clone());
            thread::spawn(move || relay(client, &upstream, &tell, &allowed));
        }
    });
    Between { url, answered, pass }
}

fn relay(mut client: TcpStream, upstream: &str, tell: &mpsc::Sender<usize>, allowed: &Mutex<mpsc::Receiver<usize>>) {
    let (head, body) = request(&mut client);
    let is_create = head.starts_with("POST");
    let mut server = TcpStream::connect(upstream).unwrap();
    server.write_all(head.replacen("\r\n", "\r\nconnection: close\r\n", 1).as_bytes()).unwrap();
    server.write_all(&body).unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).unwrap();
    if is_create {
        tell.send(answer.len()).unwrap();
        let Ok(count) = allowed.lock().unwrap().recv() else { return };
        answer.truncate(count);
    }
    let _gone = client.write_all(&answer);
    if is_create {
        // Half an answer, and then silence until the other side is gone.
        let _gone = client.read(&mut [0]);
    }
}

fn request(client: &mut TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(client);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0);
    }
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    (head, body)
}

fn start(rig: &Rig, url: &str, sink: &[&str]) -> Child {
    let arguments = [&["create", "--note", "ci", "--scope", "uploads:write"], sink].concat();
    rig.jeton(arguments).env("MAPBOX_API_ENDPOINT", url).spawn().unwrap()
}

fn kill(mut child: Child, signal: Signal) {
    kill_process(Pid::from_child(&child), signal).unwrap();
    child.wait().unwrap();
}

/// Recovers through the address the record names.
fn recover(rig: &Rig, url: &str) -> Vec<serde_json::Value> {
    let output = rig.jeton(["recover", "--json"]).env("MAPBOX_API_ENDPOINT", url).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    list["open"].as_array().unwrap().clone()
}

#[test]
fn killed_while_the_answer_is_on_its_way_the_token_is_found() {
    for signal in endings() {
        let rig = Rig::new();
        let between = between(&rig);
        let child = start(&rig, &between.url, &[]);
        let length = between.answered.recv_timeout(DEADLINE).unwrap();
        between.pass.send(length - 60).unwrap();
        kill(child, signal);
        let open = recover(&rig, &between.url);
        assert_eq!((open.len(), &open[0]["outcome"]), (1, &"made".into()), "{signal:?}");
        assert_eq!(open[0]["candidates"][0]["id"], rig.tokens("ci")[0].id.as_str());
    }
}

#[test]
fn while_it_runs_its_record_is_left_alone() {
    let rig = Rig::new();
    let between = between(&rig);
    let child = start(&rig, &between.url, &[]);
    between.answered.recv_timeout(DEADLINE).unwrap();
    let open = recover(&rig, &between.url);
    assert_eq!(open[0]["active"], true);
    let op = open[0]["op"].as_str().unwrap();
    let output = rig.jeton(["recover", op, "--delete"]).env("MAPBOX_API_ENDPOINT", &between.url).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(rig.tokens("ci").len(), 1);
    kill(child, Signal::KILL);
    assert_eq!(recover(&rig, &between.url)[0]["active"], false);
}

#[test]
fn killed_while_the_value_is_being_stored_the_value_is_recovered() {
    for escrow in ["auto", "file"] {
        for signal in endings() {
            let rig = Rig { escrow, ..Rig::new() };
            let (got, late) = (rig.path("got"), rig.path("late"));
            // It takes the value and never comes to an end.
            let script = format!("cat > {0}.part; mv {0}.part {0}; exec sleep 60", got.display());
            let child = start(&rig, rig.sandbox.url(), &["--to-command", "sh", "-c", &script]);
            wait_until("the command has the value", || got.exists());
            kill(child, signal);
            let open = rig.recover();
            assert_eq!((open.len(), &open[0]["value"]), (1, &"whole".into()), "{escrow} {signal:?}");
            let output = rig.run(&["recover", open[0]["op"].as_str().unwrap(), "--to-file", late.to_str().unwrap()]);
            assert!(output.status.success(), "{}", text(&output.stderr));
            assert_eq!(line(&late).map(Secret::new), line(&got).map(Secret::new), "{escrow} {signal:?}");
            fs::remove_file(&late).unwrap();
        }
    }
}

pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        thread::park_timeout(Duration::from_millis(5));
    }
}

/// The signals that end a command. One that whoever started us ignores (nohup, a shell's background) is ignored by what we
/// start as well, and ends nothing.
fn endings() -> Vec<Signal> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    let ends = |signal: &Signal| ignored.unwrap_or_default() & (1 << (signal.as_raw() - 1)) == 0;
    [Signal::KILL, Signal::TERM, Signal::HUP, Signal::INT].into_iter().filter(ends).collect()
}
