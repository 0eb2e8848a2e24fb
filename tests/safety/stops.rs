//! The program stopped while an answer is on its way, for longer than it would wait for one: the answer that arrived is read all the same.

use std::{
    io::Read as _,
    process::Child,
    sync::{Mutex, mpsc},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portable_pty::CommandBuilder;
use rustix::process::{Pid, Signal, kill_process};

use super::{
    pty::{DEADLINE, Pty},
    rig::{Rig, program, text},
};
use crate::support::faulty::{Fault, Faulty, answer};

/// How long the program waits for an answer.
const TIMEOUT: &str = "2";

/// For how long it is stopped.
const STOPPED: Duration = Duration::from_secs(3);

/// A server that answers a create when it is told to.
struct Slow {
    server: Faulty,
    value: String,
    asked: mpsc::Receiver<()>,
    answer: mpsc::Sender<()>,
}

impl Slow {
    fn start(username: &str) -> Self {
        const ID: &str = "cmfake0000000000000000slow";
        let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"u":"{username}","a":"{ID}"}}"#));
        let value = format!("sk.{payload}.fakefakefakefakefakefa");
        let body = format!(
            r#"{{"id":"{ID}","usage":"sk","client":"api","default":false,"note":"leaky","scopes":["uploads:write"],"token":"{value}"}}"#
        );
        let (tell, asked) = mpsc::channel();
        let (go, wait) = mpsc::channel();
        let wait = Mutex::new(wait);
        let server = Faulty::start(move |_, seen| {
            if seen.target.starts_with("/scopes/") {
                return Fault::Bytes(answer(403, &[], "{}"));
            }
            if seen.method != "POST" {
                return Fault::Bytes(answer(200, &[], "[]"));
            }
            tell.send(()).unwrap();
            wait.lock().unwrap().recv_timeout(DEADLINE).unwrap();
            Fault::Bytes(answer(200, &[], &body))
        });
        Self { server, value, asked, answer: go }
    }

    /// Waits until the create was sent.
    fn wait_for_create(&self) {
        self.asked.recv_timeout(DEADLINE).expect("a create is sent");
    }

    fn answer(&self) {
        self.answer.send(()).unwrap();
    }
}

fn environment(rig: &Rig, slow: &Slow) -> CommandBuilder {
    let mut command = CommandBuilder::new("/bin/sh");
    command.env_clear();
    for (name, value) in rig.jeton([""; 0]).get_envs() {
        command.env(name, value.expect("set"));
    }
    for (name, value) in [("MAPBOX_API_ENDPOINT", slow.server.url.as_str()), ("PS1", "prompt> "), ("LANG", "C.UTF-8")] {
        command.env(name, value);
    }
    command.cwd(rig.home.path());
    // Without line editing, for which some shells set modes of their own.
    command.args(["-i", "+o", "emacs"]);
    command
}

/// The dashboard in a shell, with a create on its way.
fn creating(rig: &Rig, slow: &Slow) -> Pty {
    let mut pty = Pty::start(environment(rig, slow), 120, 40);
    pty.wait_for("the shell", at_prompt);
    pty.send(format!("{} --timeout {TIMEOUT}\n", program().display()));
    pty.wait_for_text("as of");
    pty.send("n");
    pty.wait_for_text("Create token");
    pty.send("leaky\t/");
    pty.wait_for_text("Secret picking any of these");
    pty.send("uploads:write\r \x13");
    pty
}

fn at_prompt(screen: &vt100::Screen) -> bool {
    !screen.alternate_screen() && screen.contents().trim_end().ends_with("prompt>")
}

fn assert_revealed(pty: &mut Pty, value: &str) {
    pty.wait_for_text("only time you can see this secret token");
    pty.send("v");
    pty.wait_for("the value", |screen| {
        let text: String =
            screen.contents().lines().map(|line| line.trim_matches(|c: char| !c.is_ascii_graphic())).collect();
        text.contains(value)
    });
}

#[test]
fn a_create_answered_while_the_dashboard_is_suspended_shows_its_value() {
    let rig = Rig::new();
    let slow = Slow::start(rig.sandbox.username());
    let mut pty = creating(&rig, &slow);
    // The second one insists.
    pty.send("\x1a");
    slow.wait_for_create();
    pty.send("\x1a");
    pty.wait_for("the shell", at_prompt);
    slow.answer();
    assert!(pty.is_quiet_for(STOPPED), "the shell waits");
    pty.send("fg\n");
    assert_revealed(&mut pty, &slow.value);
    assert_eq!(slow.server.count("POST"), 1);
}

#[test]
fn control_z_during_a_change_says_that_it_waits_and_suspends_when_the_change_is_done() {
    let rig = Rig::new();
    let slow = Slow::start(rig.sandbox.username());
    let mut pty = creating(&rig, &slow);
    slow.wait_for_create();
    pty.send("\x1a");
    pty.wait_for_text("suspends when that is done");
    slow.answer();
    pty.wait_for("the shell", at_prompt);
    assert!(!pty.everything_on_screen().contains(&slow.value));
    pty.send("fg\n");
    assert_revealed(&mut pty, &slow.value);
}

#[test]
fn a_create_answered_while_the_terminal_takes_nothing_shows_its_value() {
    let rig = Rig::new();
    let slow = Slow::start(rig.sandbox.username());
    let mut pty = creating(&rig, &slow);
    slow.wait_for_create();
    pty.hold_output();
    // By then the dashboard has tried to draw.
    assert!(pty.is_quiet_for(Duration::from_millis(500)), "the terminal takes nothing");
    slow.answer();
    // Nothing is drawn meanwhile, so nothing is seen of it; that it was kept is seen on disk.
    assert!(pty.is_quiet_for(STOPPED), "the terminal takes nothing");
    let kept = rig.recover();
    assert_eq!((kept.len(), &kept[0]["value"]), (1, &"whole".into()), "{kept:?}");
    pty.release_output();
    assert_revealed(&mut pty, &slow.value);
}

fn kill(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn a_create_of_the_command_line_answered_while_it_is_stopped_prints_its_value() {
    let rig = Rig::new();
    let slow = Slow::start(rig.sandbox.username());
    let arguments = ["create", "--note", "leaky", "--scope", "uploads:write", "--timeout", TIMEOUT];
    let mut child = rig.jeton(arguments).env("MAPBOX_API_ENDPOINT", &slow.server.url).spawn().unwrap();
    slow.wait_for_create();
    kill(&child, Signal::STOP);
    slow.answer();
    // Longer than it waits for an answer. Nothing tells when: time itself is what is waited for.
    let (_never, time) = mpsc::channel::<()>();
    let _over = time.recv_timeout(STOPPED);
    kill(&child, Signal::CONT);
    let (mut printed, mut said) = (String::new(), Vec::new());
    child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    child.stderr.take().unwrap().read_to_end(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{}", text(&said));
    assert_eq!(printed.trim_end(), slow.value);
    assert!(rig.recover().is_empty());
}
