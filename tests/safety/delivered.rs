//! What was delivered before the program was killed: recovery knows where it is and whether it is still there.

use std::fs;

use jeton::secret::Secret;
use rustix::process::{Pid, Signal, kill_process};

use super::{
    moments::wait_until,
    reveal::{dashboard, reveal},
    rig::{Rig, line, text},
};

#[test]
fn a_value_saved_from_the_reveal_and_then_killed_is_known_to_be_stored() {
    for escrow in ["auto", "file"] {
        let rig = Rig { escrow, ..Rig::new() };
        let mut pty = dashboard(&rig);
        let value = reveal(&mut pty);
        let (file, env) = (rig.path("kept.token"), rig.path(".env"));
        fs::write(&env, "MAPS=old\n").unwrap();
        pty.send("w");
        pty.wait_for_text("Save to a new file");
        pty.send(format!("\x15{}\r", file.display()));
        pty.wait_for_text("which only you can read");
        pty.send("e");
        pty.wait_for_text("Add to a .env file");
        pty.send(format!("\x15{}:MAPS", env.display()));
        pty.wait_for_text("already has a value for MAPS");
        pty.send("\x0f\r");
        pty.wait_for_text("saved as MAPS");
        pty.signal(Signal::KILL);
        pty.end().unwrap_err();
        assert_eq!(fs::read_to_string(&env).unwrap(), format!("MAPS={value}\n"));

        let open = rig.recover();
        assert_eq!(open.len(), 1, "{escrow}");
        let states = |open: &serde_json::Value| -> Vec<String> {
            let all = open["destinations"].as_array().unwrap().iter();
            all.map(|to| format!("{} {}", to["kind"].as_str().unwrap(), to["state"].as_str().unwrap())).collect()
        };
        assert_eq!(states(&open[0]), ["file there", "env there"], "{escrow}");
        let summary = open[0]["summary"].as_str().unwrap();
        assert!(summary.contains("still there") && !summary.contains("--delete"), "{summary}");
        let again = dashboard(&rig);
        again.wait_for_text("still there");
        again.wait_for_text("x dismiss");
        again.signal(Signal::KILL);

        fs::remove_file(&file).unwrap();
        fs::write(&env, "MAPS=another\n").unwrap();
        let open = rig.recover();
        assert_eq!(states(&open[0]), ["file gone", "env changed"], "{escrow}");
        let op = open[0]["op"].as_str().unwrap();
        let output = rig.run(&["recover", op, "--to-file", file.to_str().unwrap()]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(line(&file).map(Secret::new), Some(Secret::new(value)));
    }
}

#[test]
fn killed_between_two_destinations_the_first_is_known_and_the_second_can_be_retried() {
    let rig = Rig::new();
    let (file, got) = (rig.path("ci.token"), rig.path("got"));
    let script = format!("cat > {0}.part; test -e {0}.ready || exec sleep 60; mv {0}.part {0}", got.display());
    let command = format!("sh -c '{script}'");
    let arguments = ["create", "--note", "ci", "--scope", "uploads:write", "--to-file", file.to_str().unwrap()];
    let mut child = rig.jeton([&arguments[..], &["--to-command", &command]].concat()).spawn().unwrap();
    wait_until("the command has the value", || got.with_extension("part").exists());
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();

    let open = rig.recover();
    let states: Vec<_> =
        open[0]["destinations"].as_array().unwrap().iter().map(|to| to["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["there", "undelivered"], "{open:?}");
    fs::write(got.with_extension("ready"), "").unwrap();
    let output = rig.run(&["recover", open[0]["op"].as_str().unwrap(), "--retry"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(line(&got), line(&file));
    assert!(rig.recover().is_empty());
}

#[test]
fn without_a_terminal_the_backup_is_kept_for_a_day_and_says_until_when() {
    let rig = Rig::new();
    let output = rig.run(&["create", "--note", "ci", "--scope", "uploads:write", "--to-command", "false"]);
    assert_eq!(output.status.code(), Some(6));
    let open = rig.recover();
    if open[0]["kept"] != "keyring" {
        // No kernel keyring here: a file has no end.
        assert_eq!(open[0]["keptUntil"], serde_json::Value::Null);
        return;
    }
    let until: jiff::Timestamp = open[0]["keptUntil"].as_str().unwrap().parse().unwrap();
    let minutes = until.duration_since(jiff::Timestamp::now()).as_secs() / 60;
    assert!((23 * 60..=24 * 60).contains(&minutes), "{minutes}");
    let said = text(&output.stderr);
    assert!(said.contains("in the kernel keyring until "), "{said}");
}
