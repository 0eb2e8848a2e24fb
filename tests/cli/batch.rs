//! Changes of many tokens that end half way: on record, listed by `jeton recover`, and gone on with.
#![cfg(unix)]

use std::{
    io::Write as _,
    process::Stdio,
    time::{Duration, Instant},
};

use jeton::sandbox::{Faults, Options};
use serde_json::{Value, json};

use crate::bench::Bench;

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
    assert!(told.contains("Deleting 12 tokens never came to its end") && told.contains(next), "{told}");

    // What was on its way when it was killed may have been obeyed since.
    let rest = bench.run(&["recover", &op[..4], "--ids"]).ok().out;
    assert!(rest.lines().all(|id| ids.iter().any(|known| known == id)), "{rest}");
    bench.feed(&["delete", "-", "--yes"], &rest).ok();
    assert_eq!(count(&bench, "Old"), 0);
    assert!(batches(&bench).is_empty());
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
