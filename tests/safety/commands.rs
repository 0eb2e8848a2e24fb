//! `jeton create` and `jeton recover` from outside.

use std::fs;

use serde_json::Value;

use super::rig::{Rig, line, text};

const CREATE: [&str; 5] = ["create", "--note", "ci", "--scope", "uploads:write"];

fn create(rig: &Rig, sink: &[&str]) -> std::process::Output {
    rig.run(&[&CREATE, sink].concat())
}

#[test]
fn every_sink_gets_the_value_and_nothing_stays_open() {
    let rig = Rig::new();
    let file = rig.path("ci.token");
    let output = create(&rig, &["--to-file", file.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(rig.works(&line(&file).unwrap()));

    let env = rig.path(".env");
    fs::write(&env, "A=1\n").unwrap();
    let output = create(&rig, &["--json", "--to-env", &format!("{}:CI_TOKEN", env.display())]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let content = fs::read_to_string(&env).unwrap();
    let value = content.strip_prefix("A=1\nCI_TOKEN=").unwrap().trim_end();
    assert!(rig.works(value));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(metadata["note"], "ci");
    assert!(metadata.get("token").is_none() && !text(&output.stdout).contains(value));

    let got = rig.path("got");
    let output = create(&rig, &["--to-command", "sh", "-c", &format!("cat > {}", got.display())]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(rig.works(&line(&got).unwrap()));

    let output = create(&rig, &["--json"]);
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(rig.works(metadata["token"].as_str().unwrap()));
    assert!(rig.works(text(&create(&rig, &[]).stdout).trim_end()));
    assert!(rig.recover().is_empty());
    assert_eq!(rig.tokens("ci").len(), 5);
}

#[test]
fn a_value_that_was_not_delivered_is_recovered() {
    for escrow in ["auto", "file"] {
        let rig = Rig { escrow, ..Rig::new() };
        let output = create(&rig, &["--to-command", "sh", "-c", "exit 3"]);
        assert_eq!(output.status.code(), Some(6), "{}", text(&output.stderr));
        let said = text(&output.stderr);
        let open = rig.recover();
        assert_eq!((open.len(), &open[0]["value"], &open[0]["outcome"]), (1, &"whole".into(), &"made".into()));
        let op = open[0]["op"].as_str().unwrap();
        assert!(said.contains(&format!("jeton recover {op}")), "{said}");

        let file = rig.path("late.token");
        let output = rig.run(&["recover", &op[..4], "--to-file", file.to_str().unwrap()]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(rig.works(&line(&file).unwrap()));
        assert!(rig.recover().is_empty());
    }
}

#[test]
fn a_closed_pipe_is_no_delivery() {
    let rig = Rig::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = rig.jeton(CREATE).stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stderr));
    assert_eq!(rig.recover()[0]["value"], "whole");
}

#[test]
fn a_file_in_the_way_stops_it_before_anything_is_made() {
    let rig = Rig::new();
    let file = rig.path("taken");
    fs::write(&file, "mine").unwrap();
    let output = create(&rig, &["--to-file", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(rig.tokens("ci").is_empty() && fs::read_to_string(&file).unwrap() == "mine");
}

#[test]
fn without_an_escrow_the_loss_is_announced_and_the_token_can_be_deleted() {
    let rig = Rig { escrow: "off", ..Rig::new() };
    let output = create(&rig, &["--to-command", "false"]);
    assert_eq!(output.status.code(), Some(6));
    let said = text(&output.stderr);
    assert!(said.contains("if it ends now, the value is lost") && said.contains("--delete"), "{said}");
    let open = rig.recover();
    assert_eq!((&open[0]["value"], &open[0]["outcome"]), (&"none".into(), &"made".into()));
    let output = rig.run(&["recover", open[0]["op"].as_str().unwrap(), "--delete"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(rig.tokens("ci").is_empty() && rig.recover().is_empty());
}

#[test]
fn a_lost_answer_is_adopted_and_deleted_by_name() {
    let rig =
        Rig::with_faults(r#"{"faults": [{"fault": "cut", "when": "after-commit", "method": "POST", "times": 1}]}"#);
    let output = create(&rig, &[]);
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stderr));
    let open = rig.recover();
    assert_eq!(open[0]["candidates"][0]["id"], rig.tokens("ci")[0].id.as_str());
    let op = open[0]["op"].as_str().unwrap();
    assert!(rig.run(&["recover", op, "--delete"]).status.success());
    assert!(rig.tokens("ci").is_empty() && rig.recover().is_empty());
}

#[test]
fn a_create_that_never_arrived_may_be_repeated_only_once_the_server_has_had_time() {
    let rig =
        Rig::with_faults(r#"{"faults": [{"fault": "cut", "when": "before-commit", "method": "POST", "times": 1}]}"#);
    let output = create(&rig, &[]);
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stderr));
    let said = text(&output.stderr);
    assert!(said.contains("so far") && said.contains("check again after"), "{said}");
    assert!(!said.contains("Create it again"), "{said}");
    let open = rig.recover();
    assert_eq!(open[0]["outcome"], "too-early");
    assert!(open[0]["lookAgain"].as_str().unwrap() > open[0]["sent"].as_str().unwrap());
    let op = open[0]["op"].as_str().unwrap();
    assert_eq!(rig.run(&["recover", op, "--delete"]).status.code(), Some(7), "nothing to delete yet");
    assert_eq!(rig.recover().len(), 1, "and it stays on record");

    let again = create(&rig, &[]);
    assert_eq!(again.status.code(), Some(7));
    assert!(text(&again.stderr).contains(op) && rig.tokens("ci").is_empty(), "{}", text(&again.stderr));

    // Ten minutes later it is clear that it was not made, and nothing stands in the way.
    let record = rig.state().join("intents").join(format!("{op}.json"));
    let mut intent: Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    for time in ["sent", "unanswered"] {
        let was: jiff::Timestamp = intent[time].as_str().unwrap().parse().unwrap();
        intent[time] = (was - jiff::SignedDuration::from_mins(10)).to_string().into();
    }
    fs::write(&record, intent.to_string()).unwrap();
    assert!(create(&rig, &[]).status.success());
    assert_eq!(rig.tokens("ci").len(), 1);
    assert!(rig.recover().is_empty());
}

#[test]
fn the_only_copy_is_not_dropped_without_being_meant() {
    let rig = Rig::new();
    create(&rig, &["--to-command", "false"]);
    let op = rig.recover()[0]["op"].as_str().unwrap().to_owned();
    assert_eq!(rig.run(&["recover", &op, "--forget"]).status.code(), Some(7));
    assert_eq!(rig.recover().len(), 1);
    assert!(rig.run(&["recover", &op, "--forget", "--yes"]).status.success());
    assert!(rig.recover().is_empty());
}

#[test]
fn a_public_token_leaves_nothing_open() {
    let rig = Rig::new();
    let output = rig.run(&["create", "--note", "map", "--scope", "styles:read"]);
    assert!(text(&output.stdout).starts_with("pk."), "{}", text(&output.stderr));
    assert!(rig.recover().is_empty());
}
