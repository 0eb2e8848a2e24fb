//! `jeton list`.

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::{bench::Bench, schema::assert_valid};

#[test]
fn json_is_one_array_in_the_apis_own_field_names_and_whole() {
    let bench = Bench::demo(450);
    let list = bench.json(&["list"]);
    assert_valid("list", &list);
    assert_eq!(list.as_array().unwrap().len(), 450);
    assert!(list[0].get("allowedUrls").is_none() || list[0]["allowedUrls"].is_array());
    let secrets = list.as_array().unwrap().iter().filter(|token| token["usage"] == "sk");
    assert!(secrets.clone().count() > 0 && secrets.clone().all(|token| token.get("token").is_none()));
}

#[test]
fn lines_hold_the_same_as_the_array() {
    let bench = Bench::demo(250);
    let lines = bench.run(&["list", "--ndjson"]).ok().out;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(Value::from(lines), bench.json(&["list"]));
}

#[test]
fn a_list_with_nothing_in_it_is_an_empty_array_and_no_lines() {
    let bench = Bench::empty();
    assert_eq!(bench.run(&["list", "--filter", "absent", "--json"]).ok().out, "[]\n");
    assert_eq!(bench.run(&["list", "--filter", "absent", "--ndjson"]).ok().out, "");
    let human = bench.run(&["list", "--filter", "absent"]).ok();
    assert_eq!((human.out.as_str(), human.err.as_str()), ("", "No tokens match.\n"));
}

#[test]
fn filters_are_exact_however_they_are_combined() {
    let bench = Bench::demo(300);
    let all = bench.json(&["list"]);
    let count = |wanted: &dyn Fn(&Value) -> bool| all.as_array().unwrap().iter().filter(|token| wanted(token)).count();
    let listed = |arguments: &[&str]| {
        let mut command = vec!["list"];
        command.extend(arguments);
        bench.json(&command).as_array().unwrap().len()
    };
    assert_eq!(listed(&["--usage", "sk"]), count(&|token| token["usage"] == "sk"));
    assert_eq!(listed(&["--default", "true"]), 1);
    assert_eq!(listed(&["--default"]), 1);
    assert_eq!(listed(&["--default", "false"]), 299);
    assert_eq!(
        listed(&["--filter", "kind:pk url:any"]),
        count(&|t| t["usage"] == "pk" && t.get("allowedUrls").is_none())
    );
    assert_eq!(listed(&["--filter", "kind:sk", "--usage", "pk"]), 0);
    assert!(listed(&["--filter", "lint:wildcard-url"]) >= 1);
}

#[test]
fn a_mistyped_filter_is_an_error_that_shows_the_right_form_and_deletes_nothing() {
    let bench = Bench::demo(0);
    let before = bench.json(&["list"]);
    for (filter, advice) in [
        ("-created:<90days", "created:<90d"),
        ("colour:red", "\"colour:red\""),
        ("knd:sk", "kind:sk"),
        ("-scope:uplods:write", "-scope:uploads:write"),
        ("", "--filter"),
        ("kind:", "kind:sk"),
    ] {
        let ran = bench.run(&["list", "--filter", filter, "--ndjson", "--json"]);
        assert_eq!((ran.code, ran.out.as_str(), ran.failure().as_str()), (2, "", "usage"), "{filter}");
        assert!(ran.err.replace("\\\"", "\"").contains(advice), "{filter}: {ran:?}");
        bench.feed(&["delete", "-", "--yes"], &ran.out).ok();
    }
    assert_eq!(bench.json(&["list"]), before);
}

#[test]
fn free_words_of_a_filter_are_found_as_they_stand() {
    let bench = Bench::empty();
    bench.make("Latest map", "styles:read");
    let names = |filter: &str| {
        let list = bench.json(&["list", "--filter", filter]);
        let name = |token: &serde_json::Value| token["note"].as_str().unwrap_or_default().to_owned();
        list.as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names("test"), ["Latest map"], "not the default public token, which has the letters among others");
    assert!(names("~test").len() > 1);
}

#[test]
fn sorting_is_newest_first_last_changed_first_or_by_name() {
    let bench = Bench::demo(120);
    for (sort, field, ascending) in
        [("created", "created", false), ("modified", "modified", false), ("note", "note", true)]
    {
        let list = bench.json(&["list", "--sort", sort, "--default", "false"]);
        let keys: Vec<String> =
            list.as_array().unwrap().iter().map(|token| token[field].as_str().unwrap().to_lowercase()).collect();
        assert!(keys.is_sorted_by(|a, b| if ascending { a <= b } else { a >= b }), "{sort}: {keys:?}");
    }
}

#[test]
fn the_table_starts_with_the_default_token_and_is_aligned_for_wide_characters() {
    let bench = Bench::demo(0);
    bench.make("東京タワー", "styles:read");
    let table = bench.run(&["list"]).ok().out;
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("KIND") && lines[1].contains("(default)"));
    let column = |line: &str| {
        let at = line.rfind(' ').expect("columns") + 1;
        line.get(..at).expect("a boundary").width()
    };
    assert!(lines[1..].iter().all(|line| column(line) == column(lines[0])), "{table}");
}

#[test]
fn no_name_ever_reaches_the_terminal_as_anything_but_text() {
    let bench = Bench::empty();
    let hostile = "x\u{1b}]52;c;ZXZpbA==\u{7}\u{9b}31m\u{202e}\r\ny\u{200b}\u{e0041}";
    let id = bench.make(hostile, "styles:read");
    for arguments in [
        &["list"] as &[&str],
        &["list", "--json"],
        &["list", "--ndjson"],
        &["list", "--accessible"],
        &["show", &id],
        &["lint"],
        &["lint", "--json"],
        &["lint", "--sarif"],
        &["doctor", "--support", &id],
        &["doctor", "--support", &id, "--json"],
        &["delete", &id, "--dry-run"],
        &["edit", &id, "--note", "\u{1b}[2Jcalm"],
        &["delete", &id, "--confirm", "no"],
        &["delete", &id, "--yes"],
    ] {
        let ran = bench.run(arguments);
        for text in [&ran.out, &ran.err] {
            let bad = text
                .chars()
                .find(|c| c.is_control() && *c != '\n' || matches!(c, '\u{202e}' | '\u{200b}' | '\u{e0041}'));
            assert_eq!(bad, None, "{arguments:?}: {text:?}");
        }
    }
    // As JSON the name is what it was, to the last character.
    let id = bench.make(hostile, "styles:read");
    assert_eq!(bench.json(&["show", &id])["note"], hostile);
}

#[test]
fn for_ears_every_token_is_one_line_of_facts() {
    let ran = Bench::demo(0).run(&["list", "--accessible"]).ok();
    assert!(ran.out.lines().all(|line| line.starts_with("kind: ") && line.contains("; id: ")), "{}", ran.out);
    assert!(ran.out.is_ascii() || !ran.out.contains(['─', '│', '┌']));
}

#[test]
fn ten_thousand_tokens_are_listed_whole() {
    let bench = Bench::demo(10_000);
    let list = bench.json(&["list"]);
    let ids: std::collections::HashSet<_> = list.as_array().unwrap().iter().map(|token| token["id"].as_str()).collect();
    assert_eq!(ids.len(), 10_000);
}

#[test]
fn where_the_locale_knows_no_more_everything_is_printed_in_ascii_and_json_loses_nothing() {
    let bench = Bench::demo(0);
    let name = "Caf\u{e9} 東京 … tiles";
    let id = bench.make(name, "styles:read");
    let with = |locale: &str, arguments: &[&str]| {
        let mut command = bench.command(arguments);
        command.env("LC_ALL", locale);
        super::bench::run(command, "")
    };
    let commands: [&[&str]; 9] = [
        &["list"],
        &["list", "--json"],
        &["list", "--accessible"],
        &["show", &id],
        &["lint"],
        &["scopes"],
        &["delete", &id, "--dry-run"],
        &["show", name],
        &["sandbox", "--help"],
    ];
    for arguments in commands {
        let ran = with("C", arguments);
        assert!(ran.out.is_ascii() && ran.err.is_ascii(), "{arguments:?}: {ran:?}");
        assert!(!ran.out.is_empty(), "{arguments:?}: {ran:?}");
    }
    assert_eq!(with("C", &["show", &id, "--json"]).json()["note"], name);
    assert!(with("C.UTF-8", &["list"]).out.contains(name));
    assert!(with("C", &["show", "東京 …"]).err.contains("???? ~"), "an error names it as far as it can");
}
