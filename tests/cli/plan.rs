//! Tokens as code: `jeton export`, `diff` and `apply` with files as people write them.
#![cfg(unix)]

use std::{
    fs,
    path::PathBuf,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use jeton::sandbox::{Faults, Options};
use serde_json::{Value, json};

use super::bench::{Bench, Ran, run};
use crate::support::hostile;

/// Writes a file into the bench's directory.
fn write(bench: &Bench, name: &str, text: &str) -> String {
    let path = path(bench, name);
    fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

fn path(bench: &Bench, name: &str) -> PathBuf {
    bench.state.path().join(name)
}

fn notes(bench: &Bench) -> Vec<String> {
    let list = bench.json(&["list"]);
    let notes = list
        .as_array()
        .unwrap()
        .iter()
        .filter(|token| token["default"] == false && token["note"] != "Authorizing token");
    let mut notes: Vec<String> = notes.map(|token| token["note"].as_str().unwrap_or_default().to_owned()).collect();
    notes.sort();
    notes
}

fn is_nothing_unfinished(bench: &Bench) -> bool {
    let left = bench.json(&["recover"]);
    left["open"] == json!([]) && left["batches"] == json!([])
}

fn with_faults(faults: &Value) -> Bench {
    let faults = Faults::parse(json!({"faults": faults}).to_string().as_bytes()).expect("faults");
    Bench::with(Options { rate_limit: None, faults, ..Options::default() })
}

#[test]
fn an_export_applied_to_an_empty_account_and_exported_again_is_the_same_file() {
    let (here, there) = (Bench::empty(), Bench::empty());
    here.make("Store locator", "styles:read,fonts:read");
    here.run(&["create", "--note", "Site \u{1b}[31m \"'`", "--scope", "styles:read", "--allowed-url", "example.com"])
        .ok();
    here.run(&["create", "--note", "Nightly", "--scope", "uploads:write,uploads:read"]).ok();
    for (format, name) in [("toml", "tokens.toml"), ("json", "tokens.json")] {
        let exported = here.run(&["export", "--format", format]).ok().out;
        let refused = there.run(&["diff", &write(&there, name, &exported)]);
        if format == "toml" {
            assert!(refused.code == 1 && refused.out.contains("add a destination"), "{refused:?}");
        }
        // A secret token needs a place for its value.
        let file = match format {
            "toml" => exported.replace("note = \"Nightly\"", "note = \"Nightly\"\ndeliver = [{ file = \"nightly\" }]"),
            _ => exported.clone(),
        };
        there.run(&["apply", &write(&there, name, &file), "--yes"]).ok();
        let back = there.run(&["export", "--format", format]).ok().out;
        let without_ids = |text: &str| {
            let lines =
                text.lines().map(str::trim).filter(|line| !line.starts_with("id = ") && !line.starts_with("\"id\""));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(without_ids(&back), without_ids(&exported));
        let again = there.run(&["apply", &write(&there, name, &file), "--yes"]).ok();
        assert!(again.err.contains("Nothing to change") && again.out.is_empty(), "{again:?}");
    }
    let value = fs::read_to_string(path(&there, "nightly")).unwrap();
    assert!(value.starts_with("sk."));
    assert!(is_nothing_unfinished(&there));
}

#[test]
fn a_plan_says_what_changes_and_diff_exits_by_it() {
    let bench = Bench::empty();
    let id = bench.make("Map", "styles:read");
    bench.make("Old", "styles:read");
    let same = write(&bench, "same.toml", "[tokens.map]\nnote = \"Map\"\nscopes = [\"styles:read\"]\n");
    let ran = bench.run(&["diff", &same]).ok();
    assert!(ran.out.contains("1 unchanged, 3 not in the file"), "{ran:?}");
    let text = format!(
        "[tokens.map]\nid = \"{id}\"\nnote = \"Map 2\"\nscopes = [\"styles:read\", \"fonts:read\"]\nallowed_urls = [\"a.example\"]\n"
    );
    let other = write(&bench, "other.toml", &text);
    let ran = bench.run(&["diff", &other, "--prune"]);
    assert_eq!(ran.code, 8, "{ran:?}");
    for line in ["-   name Map", "+   name Map 2", "+   scope fonts:read", "+   URL a.example", "- \"Old\""] {
        assert!(ran.out.lines().any(|told| told.starts_with(line)), "{line}: {}", ran.out);
    }
    assert!(ran.out.contains("the default public token can't be deleted"));
    let markdown = bench.run(&["diff", &other, "--markdown"]);
    assert!(markdown.code == 8 && markdown.out.starts_with("### Tokens: 1 to edit"), "{markdown:?}");
    let plan = run(bench.command(&["--json", "diff", &other]), "").json();
    assert_eq!(plan["change"][0]["noteChange"], json!({"from": "Map", "to": "Map 2"}));
    assert_eq!(notes(&bench), ["Map", "Old"], "nothing was changed");

    let ran = bench.run(&["apply", &other, "--prune"]);
    assert!(ran.code == 2 && ran.err.contains("--yes"), "{ran:?}");
    bench.run(&["apply", &other, "--prune", "--yes"]).ok();
    assert_eq!(notes(&bench), ["Map 2"]);
    assert_eq!(bench.run(&["diff", &other, "--prune"]).code, 0);
}

#[test]
fn a_saved_plan_is_applied_as_it_was_reviewed_or_not_at_all() {
    let bench = Bench::empty();
    bench.make("Old", "styles:read");
    let file = write(
        &bench,
        "t.toml",
        "[tokens.ci]\nnote = \"CI\"\nscopes = [\"uploads:write\"]\ndeliver = [{ file = \"ci\" }]\n",
    );
    let plan = path(&bench, "t.plan").to_string_lossy().into_owned();
    let save = || assert_eq!(bench.run(&["diff", &file, "--prune", "--out", &plan]).code, 8);
    let over = bench.run(&["diff", &file, "--out", &file]);
    assert!(over.code == 7 && fs::read_to_string(&file).unwrap().contains("[tokens.ci]"), "{over:?}");
    save();
    let new = bench.make("New", "styles:read");
    let refused = bench.run(&["apply", &plan, "--yes"]);
    assert!(refused.code == 7 && refused.err.contains("was created"), "{refused:?}");
    bench.run(&["delete", &new, "--yes"]).ok();
    bench.run(&["edit", "Old", "--add-scope", "fonts:read"]).ok();
    let refused = bench.run(&["apply", &plan, "--yes"]);
    assert!(refused.code == 7 && refused.err.contains("was changed"), "{refused:?}");
    save();
    fs::remove_file(&file).unwrap();
    bench.run(&["apply", &plan, "--yes"]).ok();
    assert_eq!(notes(&bench), ["CI"]);
    assert!(path(&bench, "ci").exists());
    let again = bench.run(&["apply", &plan, "--yes"]).ok();
    assert!(again.err.contains("Nothing to change"), "{again:?}");
}

#[test]
fn what_the_api_cannot_do_is_an_error_of_the_plan_and_nothing_is_sent() {
    let bench = Bench::empty();
    bench.make("Public", "styles:read");
    let bare = bench.json(&["create", "--note", "Bare"])["id"].as_str().unwrap().to_owned();
    bench.run(&["create", "--note", "Other", "--scope", "styles:read"]).ok();
    let many: Vec<String> = (0..101).map(|number| format!("\"a{number}.example\"")).collect();
    let many = many.join(", ");
    let before = bench.json(&["list"]);
    for (entry, line, reason) in [
        ("note = \"Public\"\nscopes = [\"uploads:write\"]", 6, "can't hold secret scopes (uploads:write)"),
        (
            &*format!("id = \"{bare}\"\nnote = \"Bare\"\nscopes = [\"styles:read\"]"),
            7,
            "created without scopes can't get any",
        ),
        ("default = true\nscopes = [\"styles:read\", \"uploads:write\"]", 6, "can't hold secret scopes"),
        (
            "note = \"Default public token\"\nscopes = []\nallowed_urls = [\"a.example\"]",
            7,
            "can't be restricted to URLs",
        ),
        (&format!("note = \"X\"\nscopes = []\nallowed_urls = [{many}]"), 7, "101 URLs; the limit is 100"),
        (&format!("note = \"Public\"\nscopes = [\"styles:read\"]\nallowed_urls = [{many}]"), 7, "101 URLs"),
        ("note = \"X\"\nscopes = []\nallowed_urls = [\"*.a.example\"]", 7, "wildcards are not supported"),
        ("note = \"Public\"\nscopes = []\nallowed_urls = [\"10.0.0.1\"]", 7, "IP addresses are not supported"),
        (
            "note = \"X\"\nscopes = [\"styles:raed\"]",
            6,
            "the account can't grant the scope \"styles:raed\" (did you mean \"styles:read\"?)",
        ),
        ("note = \"X\"\nscopes = [\"uploads:write\"]", 4, "add a destination"),
        (
            "note = \"X\"\nscopes = [\"uploads:write\"]\ndeliver = [{ file = \"no/such/folder/x\" }]",
            7,
            "does not exist",
        ),
        (
            "note = \"X\"\nscopes = [\"uploads:write\"]\ndeliver = [{ command = [\"no-such-program-of-anybody\"] }]",
            7,
            "no-such-program",
        ),
    ] {
        let text = format!("[tokens.fine]\nnote = \"Fine\"\nscopes = []\n[tokens.bad]\n{entry}\n");
        let file = write(&bench, "t.toml", &text);
        let diff = bench.run(&["diff", &file]);
        assert_eq!(diff.code, 1, "{entry}: {diff:?}");
        assert!(diff.out.contains(reason), "{entry}: {}", diff.out);
        assert!(diff.out.contains(&format!("error at {line}:")), "{entry}: {}", diff.out);
        let apply = bench.run(&["apply", &file, "--yes"]);
        assert!(apply.code == 1 && apply.err.contains(reason), "{entry}: {apply:?}");
        assert_eq!(bench.json(&["list"]), before, "{entry}");
    }
}

#[test]
fn scopes_that_the_authorizing_token_lacks_are_an_error_of_the_plan() {
    let bench = Bench::empty();
    let scopes = "tokens:read,tokens:write,styles:read";
    let own = bench.json(&["create", "--note", "Own", "--scope", scopes]);
    let file = write(&bench, "t.toml", "[tokens.x]\nnote = \"X\"\nscopes = [\"styles:read\", \"fonts:read\"]\n");
    let mut command = bench.command(&["diff", &file, "--prune"]);
    command.env("MAPBOX_ACCESS_TOKEN", own["token"].as_str().unwrap());
    let ran = run(command, "");
    assert!(ran.code == 1 && ran.out.contains("the authorizing token lacks"), "{ran:?}");
    assert!(ran.out.contains("jeton signs in with this token"), "it would not delete itself: {ran:?}");
}

#[test]
fn a_file_with_a_typo_in_every_key_is_refused_by_every_command_with_all_of_its_typos() {
    let text = "vresion = 1\n[preests]\n[url_list]\n[tokens.a]\nnoet = \"A\"\nscpoes = []\nallowed_ruls = []\nidd = \"x\"\n\
        defualt = true\npresest = []\nurl_litss = []\ndelivr = []\n[tokens.b]\nnote = \"B\"\nscopes = []\n\
        deliver = [{ evn = \"x:Y\" }, { flie = \"x\" }, { comand = [\"x\"] }]\n[tokesn.c]\n";
    let bench = Bench::empty();
    let file = write(&bench, "t.toml", text);
    for (words, code) in [
        (&["diff", &file] as &[&str], 2),
        (&["apply", &file, "--yes"], 2),
        (&["export", "--update", &file], 2),
        (&["lint", "--file", &file], 8),
    ] {
        let ran = bench.run(words);
        assert_eq!(ran.code, code, "{ran:?}");
        let told = ran.out + &ran.err;
        for (place, meant) in [
            ("1:1", "version"),
            ("2:2", "presets"),
            ("3:2", "url_lists"),
            ("5:1", "note"),
            ("6:1", "scopes"),
            ("7:1", "allowed_urls"),
            ("8:1", "id"),
            ("9:1", "default"),
            ("10:1", "presets"),
            ("11:1", "url_lists"),
            ("12:1", "deliver"),
            ("16:14", "env"),
            ("16:31", "file"),
            ("16:47", "command"),
            ("17:2", "tokens"),
        ] {
            let is_told = told.lines().any(|line| {
                line.contains(&format!("t.toml:{place}: ")) && line.contains(&format!("did you mean \"{meant}\"?"))
            });
            assert!(is_told, "{words:?} {place} {meant}: {told}");
        }
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_linted_file_is_told_by_its_lines_also_as_sarif() {
    let bench = Bench::empty();
    let file = write(
        &bench,
        "t.toml",
        "[tokens.a]\nnote = \"A\"\nscopes = [\"styles:read\"]\nallowed_urls = [\n  \"a.example\",\n  \"*.b.example\",\n]\n",
    );
    let mut command = super::bench::bare(&["lint", "--file", &file]);
    command.env_remove("MAPBOX_ACCESS_TOKEN");
    let ran = run(command, "");
    assert!(ran.code == 8 && ran.out.contains("t.toml:6:3: "), "{ran:?}");
    let sarif = bench.run(&["lint", "--file", &file, "--sarif"]);
    let log = sarif.json();
    let places: Vec<&Value> = log["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["locations"][0]["physicalLocation"])
        .collect();
    assert!(places.iter().any(|place| place["region"] == json!({"startLine": 6, "startColumn": 3})), "{places:?}");
    assert!(places[0]["artifactLocation"]["uri"].as_str().unwrap().ends_with("t.toml"));
    let clean = write(
        &bench,
        "c.toml",
        "[tokens.a]\nnote = \"A\"\nscopes = [\"styles:read\"]\nallowed_urls = [\"a.example\"]\n",
    );
    bench.run(&["lint", "--file", &clean, "--severity", "warning"]).ok();
}

#[test]
fn hostile_notes_go_through_files_unharmed_and_never_reach_the_terminal() {
    let bench = Bench::empty();
    let hostile: Vec<String> =
        hostile::corpus().into_iter().filter(|note| note.chars().count() <= 128).step_by(40).collect();
    let tokens: serde_json::Map<String, Value> = hostile
        .iter()
        .enumerate()
        .map(|(at, note)| (format!("{at}-{note}"), json!({"note": format!("{at} {note}"), "scopes": ["styles:read"]})))
        .collect();
    let count = tokens.len();
    assert!(count > 20);
    let file = write(&bench, "t.json", &json!({"tokens": tokens}).to_string());
    let is_harmless = |ran: &Ran| {
        let is_control = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202e}' | '\u{2028}' | '\u{feff}');
        assert!(!ran.out.contains(is_control) && !ran.err.contains(is_control), "{ran:?}");
    };
    let diff = bench.run(&["diff", &file, "--markdown"]);
    is_harmless(&diff);
    assert_eq!(diff.out.matches("````").count(), 2, "nothing breaks out of the code");
    is_harmless(&bench.run(&["diff", &file]));
    let applied = bench.run(&["apply", &file, "--yes"]).ok();
    is_harmless(&applied);
    let mut expected: Vec<String> = tokens.values().map(|token| token["note"].as_str().unwrap().to_owned()).collect();
    expected.sort();
    assert_eq!(notes(&bench), expected);
    let toml = bench.run(&["export"]).ok();
    is_harmless(&toml);
    let json = bench.run(&["export", "--format", "json"]).ok();
    is_harmless(&json);
    for (name, text) in [("x.json", &json.out), ("t.toml", &toml.out)] {
        let diff = bench.run(&["diff", &write(&bench, name, text), "--prune"]).ok();
        assert!(diff.out.contains(&format!("{} unchanged", count + 2)), "{diff:?}");
    }
    let updated = bench.run(&["export", "--update", &path(&bench, "t.toml").to_string_lossy()]).ok();
    is_harmless(&updated);
    assert_eq!(fs::read_to_string(path(&bench, "t.toml")).unwrap(), toml.out);
}

#[test]
fn a_create_that_never_arrived_is_sent_again_only_once_the_server_has_had_time() {
    let bench = with_faults(&json!([{"fault": "cut", "when": "before-commit", "method": "POST", "times": 1}]));
    let file =
        write(&bench, "t.json", &json!({"tokens": {"map": {"note": "Map", "scopes": ["styles:read"]}}}).to_string());
    let first = bench.run(&["apply", &file, "--yes"]);
    assert!(first.code == 6 && notes(&bench).is_empty(), "{first:?}");
    // The time it takes is nearly over.
    let op = bench.json(&["recover"])["open"][0]["op"].as_str().unwrap().to_owned();
    let record = bench.state.path().join("state/intents").join(format!("{op}.json"));
    let mut intent: Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    for time in ["sent", "unanswered"] {
        let was: jiff::Timestamp = intent[time].as_str().unwrap().parse().unwrap();
        intent[time] = (was - jiff::SignedDuration::from_secs(115)).to_string().into();
    }
    fs::write(&record, intent.to_string()).unwrap();
    let asked = jiff::Timestamp::now();
    let again = bench.run(&["apply", &file, "--yes"]).ok();
    assert!(again.err.contains("Waiting until"), "{again:?}");
    assert!(jiff::Timestamp::now().duration_since(asked).as_secs() >= 1, "it did wait");
    assert_eq!(notes(&bench), ["Map"]);
    assert!(is_nothing_unfinished(&bench));
}

/// So many tokens, every fifth of them secret.
fn many(count: usize) -> String {
    let tokens: serde_json::Map<String, Value> = (0..count)
        .map(|number| {
            let entry = match number % 5 {
                0 => json!({"note": format!("S {number}"), "scopes": ["uploads:write"], "deliver": [{"env": format!(".env:T_{number}")}]}),
                _ => json!({"note": format!("P {number}"), "scopes": ["styles:read"]}),
            };
            (format!("t-{number:04}"), entry)
        })
        .collect();
    json!({"tokens": tokens}).to_string()
}

/// How many values are in the environment file.
fn delivered(bench: &Bench) -> usize {
    let env = fs::read_to_string(path(bench, ".env")).unwrap_or_default();
    env.lines().filter(|line| line.contains("=sk.")).count()
}

#[test]
fn many_tokens_are_applied_once_each_also_when_it_is_killed_half_way_at_the_rate_limit() {
    // The server refuses now and then, as it does at its limit, and wants a second of rest.
    let bench = with_faults(&json!([{"fault": "status", "status": 429, "message": "Too Many Requests",
        "headers": {"Retry-After": "1"}, "path": "/tokens/**", "every": 150}]));
    let file = write(&bench, "t.json", &many(300));
    for killed_at in [15, 35] {
        let mut command = bench.command(&["apply", &file, "--yes"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // A create that was on its way when the last one was killed is waited for, up to two minutes.
        let deadline = Instant::now() + Duration::from_secs(300);
        while delivered(&bench) < killed_at {
            assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none(), "it is to be killed half way");
            thread::park_timeout(Duration::from_millis(20));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let left = bench.json(&["recover"]);
        let batch = &left["batches"][0];
        assert_eq!(batch["operation"], "apply", "{left}");
        assert!(batch["next"].as_str().unwrap().starts_with("jeton apply"), "{left}");
        assert!(batch["uncreated"].as_u64().unwrap() > 0, "{left}");
    }
    // A value whose answer was on its way when it was killed is lost, and that is said.
    for open in bench.json(&["recover"])["open"].as_array().unwrap() {
        if open["value"] == "none" && open["outcome"] == "made" && open["candidates"][0]["usage"] == "sk" {
            assert_eq!(bench.run(&["apply", &file, "--yes"]).code, 1);
            bench.run(&["recover", open["op"].as_str().unwrap(), "--delete"]).ok();
        }
    }
    bench.run(&["apply", &file, "--yes"]).ok();
    let notes = notes(&bench);
    assert_eq!(notes.len(), 300);
    assert!(notes.windows(2).all(|pair| pair[0] != pair[1]), "none twice");
    assert_eq!(delivered(&bench), 60, "each value is where it should be");
    assert!(is_nothing_unfinished(&bench));
    assert_eq!(bench.run(&["diff", &file]).code, 0);
}

#[test]
fn two_applies_at_once_create_each_token_once() {
    let bench = Bench::empty();
    let tokens: serde_json::Map<String, Value> = (0..60)
        .map(|number| {
            let deliver = json!([{"env": format!(".env:T_{number}")}]);
            (
                format!("t{number}"),
                json!({"note": format!("T {number}"), "scopes": ["uploads:write"], "deliver": deliver}),
            )
        })
        .collect();
    let file = write(&bench, "t.json", &json!({"tokens": tokens}).to_string());
    let start = || {
        let mut command = bench.command(&["apply", &file, "--yes"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children = [start(), start(), start()];
    let created: usize =
        children.into_iter().map(|child| Ran::from(child.wait_with_output().unwrap()).ok().out.lines().count()).sum();
    assert_eq!((created, notes(&bench).len()), (60, 60));
    assert!(is_nothing_unfinished(&bench));
}

#[test]
fn a_value_that_could_not_be_delivered_is_delivered_by_the_next_apply() {
    let bench = Bench::empty();
    let text = "[tokens.a]\nnote = \"A\"\nscopes = [\"uploads:write\"]\n\
        deliver = [{ file = \"a\" }, { command = [\"sh\", \"-c\", \"cat > got && test -e ready\"] }]\n\
        [tokens.b]\nnote = \"B\"\nscopes = []\n";
    let file = write(&bench, "t.toml", text);
    let apply = || {
        let mut command = bench.command(&["apply", &file, "--yes"]);
        command.current_dir(bench.state.path()).env("PATH", std::env::var_os("PATH").unwrap());
        run(command, "")
    };
    let ran = apply();
    assert_eq!(ran.code, 6, "{ran:?}");
    assert_eq!(notes(&bench), ["A"], "nothing is created while a value is undelivered");
    fs::write(path(&bench, "ready"), "").unwrap();
    let ran = apply().ok();
    assert!(ran.err.contains("deliver the value that an earlier run did not"), "{ran:?}");
    assert_eq!(notes(&bench), ["A", "B"]);
    let (a, got) = (fs::read_to_string(path(&bench, "a")).unwrap(), fs::read_to_string(path(&bench, "got")).unwrap());
    assert!(got.starts_with("sk.") && a.trim() == got);
    assert!(is_nothing_unfinished(&bench));
    assert!(apply().ok().err.contains("Nothing to change"));
}

#[test]
fn a_create_whose_answer_is_lost_is_neither_forgotten_nor_sent_again() {
    let bench = with_faults(
        &json!([{"fault": "cut", "when": "after-commit", "method": "POST", "path": "/tokens/**", "times": 1}]),
    );
    let text = "[tokens.a]\nnote = \"A\"\nscopes = [\"uploads:write\"]\ndeliver = [{ file = \"a\" }]\n";
    let file = write(&bench, "t.toml", text);
    assert_eq!(bench.run(&["apply", &file, "--yes"]).code, 6);
    let ran = bench.run(&["apply", &file, "--yes"]);
    assert!(ran.code == 1 && ran.err.contains("its value is lost"), "{ran:?}");
    assert_eq!(notes(&bench), ["A"]);
    let op = bench.json(&["recover"])["open"][0]["op"].as_str().unwrap().to_owned();
    bench.run(&["recover", &op, "--delete"]).ok();
    bench.run(&["apply", &file, "--yes"]).ok();
    assert_eq!(notes(&bench), ["A"]);
    assert!(path(&bench, "a").exists() && is_nothing_unfinished(&bench));
}

#[test]
fn an_update_of_a_file_keeps_what_people_wrote() {
    let bench = Bench::empty();
    bench.make("Map", "styles:read");
    bench.make("Other", "fonts:read");
    let text =
        "# ours\n[presets]\nread = [\"styles:read\"]\n\n[tokens.map] # stays\nnote = \"Map\"\npresets = [\"read\"]\n";
    let file = write(&bench, "t.toml", text);
    let ran = bench.run(&["export", "--update", &file, "--filter", "nobodyiscalledthat"]).ok();
    assert!(ran.err.contains("0 added, 1 updated"), "{ran:?}");
    let updated = fs::read_to_string(&file).unwrap();
    assert!(updated.starts_with(text) && updated.contains("id = \"cm"), "{updated}");
    bench.run(&["export", "--update", &file]).ok();
    let whole = fs::read_to_string(&file).unwrap();
    assert!(whole.starts_with(&updated) && whole.contains("[tokens.other]"), "{whole}");
    assert_eq!(bench.run(&["diff", &file, "--prune"]).code, 0);
}
