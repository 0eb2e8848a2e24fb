//! Changes of many tokens that end half way: on record, listed by `jeton recover`, and gone on with.
#![cfg(unix)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::Stdio,
    time::{Duration, Instant},
};

use jeton::{
    sandbox::{Faults, Options},
    work::bulk::Operation,
};
use serde_json::{Value, json};

use super::{
    bench::{Bench, Ran, run},
    schema::assert_valid,
};

/// A server that does four requests of a kind and lets the next four wait: all that jeton sends at once.
fn stuck(method: &str) -> Bench {
    let faults = json!({"faults": [{"fault": "delay", "ms": 5_000, "method": method, "skip": 4, "times": 4}]});
    let faults = Faults::parse(faults.to_string().as_bytes()).expect("faults");
    Bench::with(Options { rate_limit: None, faults, ..Options::default() })
}

fn batches(bench: &Bench) -> Vec<Value> {
    bench.json(&["recover"])["batches"].as_array().unwrap().clone()
}

/// How many tokens of that name the account has.
fn count(bench: &Bench, note: &str) -> usize {
    let list = bench.json(&["list"]);
    list.as_array().unwrap().iter().filter(|token| token["note"] == note).count()
}

/// Starts a change of the tokens that `input` names and kills it when some are done, but not all.
fn kill_half_way(bench: &Bench, arguments: &[&str], input: &str, is_begun: impl Fn() -> bool) {
    let mut command = bench.command(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_begun() {
        assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none(), "it is to be killed half way");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_deletion_that_is_killed_half_way_is_listed_and_its_rest_can_be_piped() {
    let bench = stuck("DELETE");
    let ids: Vec<String> = (0..12).map(|_| bench.make("Old", "styles:read")).collect();
    kill_half_way(&bench, &["delete", "-", "--yes"], &ids.join("\n"), || {
        let is_begun = count(&bench, "Old") == 8;
        assert!(!is_begun || batches(&bench)[0]["active"] == true, "another jeton is at it");
        is_begun
    });

    let left = batches(&bench);
    assert_eq!((left.len(), &left[0]["operation"], &left[0]["active"]), (1, &json!("delete"), &json!(false)));
    assert_eq!(left[0]["tokens"], json!(ids));
    assert_eq!(left[0]["remaining"].as_array().unwrap().len(), 8, "{left:?}");
    let op = left[0]["op"].as_str().unwrap();
    let next = left[0]["next"].as_str().unwrap();
    assert_eq!(next, format!("jeton recover {op} --ids | jeton delete - --yes"));
    let told = bench.run(&["recover"]).ok().out;
    assert!(told.contains("Deleting 12 tokens was interrupted") && told.contains(next), "{told}");

    // What was on its way when it was killed may have been obeyed since.
    let rest = bench.run(&["recover", &op[..4], "--ids"]).ok().out;
    assert!(rest.lines().all(|id| ids.iter().any(|known| known == id)), "{rest}");
    bench.feed(&["delete", "-", "--yes"], &rest).ok();
    assert_eq!(count(&bench, "Old"), 0);
    assert!(batches(&bench).is_empty());
}

/// Starts a change of the tokens that `input` names and presses Ctrl-C as soon as it has said that four are done. Gives back what it
/// printed until then, and how it ended.
fn interrupt(bench: &Bench, arguments: &[&str], input: &str) -> (Vec<String>, Ran) {
    let mut command = bench.command(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let mut printed = BufReader::new(child.stdout.take().unwrap());
    let early: Vec<String> = printed.by_ref().lines().take(4).map(Result::unwrap).collect();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let mut late = String::new();
    printed.read_to_string(&mut late).unwrap();
    let mut ran = Ran::from(child.wait_with_output().unwrap());
    ran.out = late;
    (early, ran)
}

#[test]
fn ctrl_c_ends_a_deletion_between_two_tokens_and_says_what_is_done_and_how_to_continue() {
    let faults = json!({"faults": [{"fault": "delay", "ms": 1_500, "method": "DELETE", "skip": 4, "times": 4}]});
    let faults = Faults::parse(faults.to_string().as_bytes()).expect("faults");
    let bench = Bench::with(Options { rate_limit: None, faults, ..Options::default() });
    let ids: Vec<String> = (0..12).map(|_| bench.make("Old", "styles:read")).collect();
    let (early, ran) = interrupt(&bench, &["delete", "-", "--yes"], &ids.join("\n"));
    assert!(early.iter().all(|line| line.starts_with("deleted c")), "printed as it happens: {early:?}");
    assert_eq!((ran.code, ran.out.lines().count()), (7, 4), "what was on its way is waited for: {ran:?}");
    assert_eq!(count(&bench, "Old"), 4);

    let left = batches(&bench);
    let op = left[0]["op"].as_str().unwrap();
    assert!(
        ran.err.contains("interrupted: 8 deleted, 4 remaining") && ran.err.contains(&format!("jeton recover {op}"))
    );
    let rest = bench.run(&["recover", op, "--ids"]).ok().out;
    bench.feed(&["delete", "-", "--yes"], &rest).ok();
    assert_eq!((count(&bench, "Old"), batches(&bench).len()), (0, 0));
}

#[test]
fn ctrl_c_during_a_change_in_json_leaves_one_whole_report() {
    let faults = json!({"faults": [{"fault": "delay", "ms": 1_500, "method": "PATCH", "times": 4}]});
    let faults = Faults::parse(faults.to_string().as_bytes()).expect("faults");
    let bench = Bench::with(Options { rate_limit: None, faults, ..Options::default() });
    let ids: Vec<String> = (0..6).map(|_| bench.make("Map", "styles:read")).collect();
    let mut command = bench.command(&["edit", "-", "--add-url", "maps.example", "--yes", "--json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(ids.join("\n").as_bytes()).unwrap();
    // The record is there just before the first request is sent.
    let deadline = Instant::now() + Duration::from_secs(30);
    while batches(&bench).is_empty() {
        assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none(), "it is to be interrupted half way");
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    let report = ran.json();
    assert_valid("edited", &report);
    let count = |list: &str| report[list].as_array().map_or(0, Vec::len);
    assert_eq!((ran.code, ran.failure().as_str(), count("edited") + count("left")), (7, "declined", 6), "{ran:?}");
    assert!(count("left") > 0, "{report}");
}

#[test]
fn an_edit_that_is_killed_half_way_tells_the_command_that_makes_the_same_change() {
    let bench = stuck("PATCH");
    let ids: Vec<String> = (0..12).map(|_| bench.make("Map", "styles:read")).collect();
    let changed = || bench.run(&["list", "--filter", "url:maps.example", "--ndjson"]).ok().out.lines().count();
    let change = ["--add-url", "maps.example", "--add-scope", "fonts:read"];
    let arguments = [&["edit", "-", "--yes"] as &[&str], &change].concat();
    kill_half_way(&bench, &arguments, &ids.join("\n"), || changed() == 4);

    let left = batches(&bench);
    let op = left[0]["op"].as_str().unwrap();
    assert_eq!(left[0]["change"]["addUrls"], json!(["maps.example"]));
    let next = left[0]["next"].as_str().unwrap();
    let options = "--add-scope fonts:read --add-url maps.example";
    assert_eq!(next, format!("jeton recover {op} --ids | jeton edit - {options} --yes"));
    let rest = bench.run(&["recover", op, "--ids"]).ok().out;
    bench.feed(&arguments, &rest).ok();
    assert_eq!(changed(), ids.len());
    assert!(batches(&bench).is_empty());
}

#[test]
fn a_record_of_which_nothing_is_left_is_closed_when_that_is_seen() {
    let bench = Bench::empty();
    for look in [&["--ids"] as &[&str], &[]] {
        let ids = [bench.make("A", "styles:read"), bench.make("B", "styles:read")];
        let op = bench.leave(Operation::Delete, &ids);
        bench.run(&["delete", &ids[0], "--yes"]).ok();
        assert_eq!(bench.run(&["recover", &op, "--ids"]).ok().out, format!("{}\n", ids[1]));
        // On another machine, where nobody knows of the record.
        let mut elsewhere = bench.command(&["delete", &ids[1], "--yes"]);
        elsewhere.env("JETON_STATE_DIR", bench.state.path().join("elsewhere"));
        run(elsewhere, "").ok();
        let told = bench.run(&[&["recover", &op], look].concat()).ok();
        assert!((told.out + &told.err).contains("othing is left to do"));
        assert!(batches(&bench).is_empty());
    }
}

#[test]
fn deleting_the_last_token_that_is_left_is_going_on_with_the_batch() {
    let bench = Bench::empty();
    let ids = [bench.make("A", "styles:read"), bench.make("B", "styles:read")];
    bench.leave(Operation::Delete, &ids);
    bench.run(&["delete", &ids[0], "--yes"]).ok();
    assert_eq!(batches(&bench)[0]["remaining"], json!([ids[1]]));
    bench.run(&["delete", &ids[1], "--yes"]).ok();
    assert!(batches(&bench).is_empty());
}

#[test]
fn what_is_no_way_to_deal_with_a_batch_is_refused_and_a_record_can_be_forgotten() {
    let bench = Bench::empty();
    let ids = [bench.make("A", "styles:read"), bench.make("B", "styles:read")];
    let op = bench.leave(Operation::Delete, &ids);
    assert_eq!(bench.run(&["recover", &op, "--delete", "--json"]).failure(), "usage");
    assert_eq!(bench.run(&["recover", &op, "--to-file", "x", "--json"]).failure(), "usage");
    let offline = bench.json(&["recover", "--offline"]);
    assert_eq!((&offline["batches"][0]["remaining"], &offline["batches"][0]["op"]), (&Value::Null, &json!(op)));
    bench.run(&["recover", &op, "--forget"]).ok();
    assert_eq!(bench.run(&["recover", &op, "--json"]).failure(), "not_found");
    assert_eq!(bench.json(&["list"]).as_array().unwrap().len(), 4, "the tokens stay");
}

#[test]
fn what_cannot_be_put_on_record_is_done_all_the_same_and_says_so() {
    let bench = Bench::empty();
    let ids = [bench.make("A", "styles:read"), bench.make("B", "styles:read")];
    let state = bench.state.path().join("state");
    std::fs::remove_dir_all(&state).unwrap();
    std::fs::write(&state, "a file in the way").unwrap();
    let ran = bench.run(&["delete", &ids[0], &ids[1], "--yes"]).ok();
    assert!(ran.err.contains("could not write the journal"), "{ran:?}");
    assert_eq!((count(&bench, "A"), count(&bench, "B")), (0, 0));
}
