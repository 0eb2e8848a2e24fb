//! `--json` of every command there is: what it prints is valid by the schema of that command, and why it fails is an error object.
//! A command that is added without a row in [`ROWS`] fails here, and so does a schema that nothing is checked by.
#![cfg(unix)]

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use jeton::{
    cli::arguments,
    work::bulk::{Application, Change, Operation},
};
use serde_json::Value;

use super::{
    bench::{Bench, bare, run},
    schema::assert_valid,
};

/// A command line after `--json`, the schema of what it prints, and how it exits. The rows run in turn on one account. In them `{id}` is
/// the id of a token that may be changed, `{op}` the record of a secret that was not delivered, `{batch}` that of a
/// change of many tokens that ended half way, `{applying}` that of a file, `{file}` a file of tokens, and `<` a list for standard input.
type Row = (&'static [&'static str], &'static str, i32);

const ROWS: &[Row] = &[
    (&["list"], "list", 0),
    (&["list", "--filter", "kind:sk", "--sort", "note"], "list", 0),
    (&["show", "Checkout map"], "token", 0),
    (&["create", "--note", "Public", "--preset", "web-map"], "token", 0),
    (&["create", "--note", "Secret", "--preset", "uploads"], "token", 0),
    (&["create", "--note", "Handed on", "--preset", "uploads", "--to-command", "cat"], "token", 0),
    (&["temporary", "--scope", "styles:read", "--expires", "5m"], "temporary", 0),
    (&["edit", "{id}", "--note", "Renamed"], "token", 0),
    (&["edit", "{id}", "--note", "Renamed again", "--dry-run"], "token", 0),
    (&["edit", "-", "--add-url", "example.com", "--yes", "<"], "edited", 0),
    (&["edit", "-", "--add-url", "example.com", "--dry-run", "<"], "edited", 0),
    (&["scopes"], "scopes", 0),
    (&["scopes", "--presets"], "presets", 0),
    (&["usage", "Checkout map"], "usage", 0),
    (&["export"], "tokens", 0),
    (&["export", "--update", "{file}"], "updated", 0),
    (&["diff", "-", "<"], "plan", 8),
    (&["recover", "{applying}"], "recover", 0),
    (&["lint"], "lint", 8),
    (&["lint", "--file", "-", "<"], "lint", 8),
    (&["lint", "--file", "-", "--sarif", "<"], "sarif", 8),
    (&["lint", "--rules"], "rules", 0),
    (&["lint", "--sarif"], "sarif", 8),
    (&["scan", "--stdin", "<"], "scan", 0),
    (&["scan", "--stdin", "--sarif", "--fail-on", "note", "<"], "scan-sarif", 8),
    (&["inspect", "--offline", "<"], "inspect", 0),
    (&["inspect", "<"], "inspect", 0),
    (&["check-url", "Checkout map", "https://example.org/"], "check-url", 8),
    (&["doctor"], "doctor", 0),
    (&["doctor", "--support", "Checkout map"], "support", 0),
    (&["recover"], "recover", 0),
    (&["recover", "--offline"], "recover", 0),
    (&["recover", "{op}"], "recover", 0),
    (&["recover", "{op}", "--forget", "--yes"], "recovered", 0),
    (&["recover", "{op}", "--delete"], "recovered", 0),
    (&["recover", "{op}", "--to-command", "cat"], "token", 0),
    (&["recover", "{batch}"], "recover", 0),
    (&["recover", "{batch}", "--ids"], "list", 0),
    (&["recover", "{batch}", "--forget"], "recovered", 0),
    (&["delete", "{id}", "--yes"], "deleted", 0),
    (&["delete", "-", "--yes", "<"], "deleted", 0),
    (&["delete", "-", "--dry-run", "<"], "deleted", 0),
    (&["apply", "-", "--yes", "<"], "applied", 0),
    (&["rotate", "Checkout map", "--dry-run"], "rotation", 0),
    (&["rotate", "Checkout map", "--yes"], "rotation", 0),
    (&["rotate", "--list"], "rotations", 0),
    (&["rotate", "--due"], "rotations", 0),
    (&["rotate", "--resume", "Checkout map"], "rotation", 0),
    (&["rotate", "--undo", "Checkout map", "--yes", "--delete-successor"], "rotation", 0),
    (&["accounts"], "accounts", 0),
    (&["login", "work", "--keep", "plain", "--yes", "<"], "login", 0),
    (&["accounts"], "accounts", 0),
    (&["accounts", "use", "work"], "account-chosen", 0),
    (&["logout", "work"], "logout", 0),
    (&["sandbox", "--listen", "127.0.0.1:0"], "sandbox", 0),
];

/// Commands that print no data: a screen, a script for a shell, pages for man(1).
const WITHOUT: [&str; 3] = ["demo", "completions", "man"];

/// Every command by its words: `list`, `accounts use`.
fn commands() -> BTreeSet<String> {
    fn add(command: &clap::Command, before: &str, all: &mut BTreeSet<String>) {
        for command in command.get_subcommands() {
            let words = format!("{before}{}", command.get_name());
            add(command, &format!("{words} "), all);
            all.insert(words);
        }
    }
    let (mut command, mut all) = (arguments::command(), BTreeSet::new());
    command.build();
    add(&command, "", &mut all);
    all
}

#[test]
fn what_every_command_prints_is_valid_by_its_schema() {
    let bench = Bench::demo(0);
    for (words, schema, code) in ROWS {
        let printed = printed(&bench, words, *code);
        assert_valid(schema, &printed);
    }
}

#[test]
fn no_command_is_without_a_schema_and_no_schema_without_a_command() {
    let commands = commands();
    let named = |(words, ..): &Row| (1..=words.len()).rev().find_map(|n| commands.get(&words[..n].join(" "))).cloned();
    let mut covered: BTreeSet<String> = ROWS.iter().filter_map(named).collect();
    assert!(WITHOUT.iter().all(|command| !covered.contains(*command)));
    covered.extend(WITHOUT.map(str::to_owned));
    assert_eq!(covered, commands);

    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/schema");
    let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.collect();
    let used = ROWS.iter().map(|(_, schema, _)| *schema).chain(["error", "baseline"]);
    let used: BTreeSet<String> = used.map(|schema| format!("{schema}.json")).collect();
    assert_eq!(files, used);
}

#[test]
fn arguments_no_command_understands_are_an_error_object_and_nothing_else() {
    for command in commands() {
        let mut words: Vec<&str> = command.split(' ').collect();
        words.extend(["--json", "--no-such-option"]);
        let ran = run(bare(&words), "");
        assert_eq!((ran.code, ran.failure().as_str(), ran.out.as_str()), (2, "usage", ""), "{command}");
        assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
    }
}

#[test]
fn without_an_account_every_command_that_needs_one_says_so_in_an_error_object() {
    for words in [
        &["list"] as &[&str],
        &["show", "x"],
        &["create", "--note", "x", "--scope", "styles:read"],
        &["temporary", "--scope", "styles:read", "--expires", "5m"],
        &["edit", "x", "--note", "y"],
        &["delete", "x", "--yes"],
        &["rotate", "x", "--yes"],
        &["scopes"],
        &["usage", "x"],
        &["lint"],
        &["export"],
        &["check-url", "x", "https://example.com/"],
        &["doctor", "--support", "x"],
        &["logout"],
    ] {
        let ran = run(bare(&[words, &["--json"]].concat()), "");
        assert_eq!((ran.code, ran.failure().as_str(), ran.out.as_str()), (4, "no_account", ""), "{words:?}");
    }
}

/// Runs a row and reads what it printed.
fn printed(bench: &Bench, words: &[&str], code: i32) -> Value {
    let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let input = if words.pop_if(|word| word == "<").is_some() { input(bench, &words[0]) } else { String::new() };
    for word in &mut words {
        match word.as_str() {
            "{id}" => *word = bench.make("Scratch", "styles:read"),
            "{op}" => *word = undelivered(bench),
            "{batch}" => *word = left_half_way(bench),
            "{applying}" => *word = bench.leave(Operation::Apply(half_applied()), &[]),
            "{file}" => *word = file(bench),
            _ => {}
        }
    }
    let mut arguments = vec!["--json"];
    arguments.extend(words.iter().map(String::as_str));
    if words[0] == "sandbox" {
        return first_line(bench, &arguments);
    }
    let ran = bench.feed(&arguments, &input);
    assert_eq!(ran.code, code, "{words:?}: {ran:?}");
    ran.json()
}

/// What a row with `<` reads.
fn input(bench: &Bench, command: &str) -> String {
    match command {
        "edit" | "delete" => {
            let ids = [bench.make("A", "styles:read"), bench.make("B", "styles:read")];
            ids.join("\n")
        }
        "diff" | "apply" | "lint" => TOKENS.to_owned(),
        "login" => bench.sandbox.token().expose().to_owned(),
        _ => bench.run(&["show", "Checkout map", "--value"]).ok().out,
    }
}

/// A file that creates a token, and changes one of the demo account.
const TOKENS: &str = "[tokens.new]\nnote = \"New\"\nscopes = [\"styles:read\"]\n\
    [tokens.old]\nnote = \"Checkout map\"\nscopes = [\"styles:read\"]\n";

fn file(bench: &Bench) -> String {
    let path = bench.state.path().join("tokens.toml");
    std::fs::write(&path, TOKENS).unwrap();
    path.to_string_lossy().into_owned()
}

/// What is on record of a file of which nothing was applied.
fn half_applied() -> Application {
    let json = serde_json::json!({"file": "/tokens.toml", "prune": true, "creates": ["00"], "changes": {}});
    serde_json::from_value(json).unwrap()
}

/// Makes a secret token for a place that does not take it.
fn undelivered(bench: &Bench) -> String {
    let open = bench.json(&["recover", "--offline"]);
    // The same one twice would have to be meant.
    let note = format!("Lost {}", open["open"].as_array().unwrap().len());
    let ran = bench.run(&["create", "--note", &note, "--preset", "uploads", "--to-command", "false"]);
    assert_eq!(ran.code, 6, "{ran:?}");
    let open = bench.json(&["recover", "--offline"]);
    open["open"].as_array().unwrap().last().unwrap()["op"].as_str().unwrap().to_owned()
}

/// Leaves a change of many tokens as a process that died does.
fn left_half_way(bench: &Bench) -> String {
    let change = Change { add_urls: vec!["half.example".into()], ..Change::default() };
    let tokens = ["A", "B"].map(|note| bench.make(note, "styles:read"));
    bench.leave(Operation::Edit(change), &tokens)
}

/// What a command prints that then goes on until it is ended.
fn first_line(bench: &Bench, arguments: &[&str]) -> Value {
    let mut child = bench.command(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    serde_json::from_str(&line).unwrap()
}
