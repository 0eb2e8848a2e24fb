//! How commands fail: the exit code, and who is told what.

use jeton::sandbox::{Faults, Options};

use super::bench::{Bench, Ran, bare, run};

fn failed(ran: &Ran) -> (i32, String) {
    assert_eq!(ran.out, "", "{ran:?}");
    (ran.code, ran.failure())
}

fn with_faults(json: &str) -> Bench {
    let faults = Faults::parse(json.as_bytes()).expect("faults");
    Bench::with(Options { rate_limit: None, faults, ..Options::default() })
}

#[test]
fn without_an_account_nothing_is_asked_of_anybody() {
    assert_eq!(failed(&run(bare(&["list", "--json"]), "")), (4, "no_account".into()));
    let mut odd = bare(&["list", "--json"]);
    odd.env("MAPBOX_ACCESS_TOKEN", "not-a-token");
    assert_eq!(failed(&run(odd, "")), (4, "no_account".into()));
}

#[test]
fn arguments_that_make_no_sense_are_usage_errors() {
    for arguments in
        [&["lisst"] as &[&str], &["list", "--usage", "xk"], &["--api-url", "http://example.com", "list"], &["show"]]
    {
        let mut all = vec!["--json"];
        all.extend(arguments);
        let mut command = bare(&all);
        command.env("MAPBOX_ACCESS_TOKEN", "sk.x.y").env("MAPBOX_USERNAME", "ada");
        assert_eq!(failed(&run(command, "")), (2, "usage".into()), "{arguments:?}");
    }
    let human = run(bare(&["lisst"]), "");
    assert!(human.code == 2 && human.err.contains("list"), "a suggestion: {human:?}");
}

#[test]
fn a_token_that_is_not_accepted_and_one_that_lacks_a_scope_exit_with_four() {
    let bench = Bench::demo(0);
    let by = |value: &str, arguments: &[&str]| {
        let mut command = bench.command(arguments);
        command.env("MAPBOX_ACCESS_TOKEN", value);
        failed(&run(command, ""))
    };
    let forged = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZmFrZTAwMDAwMDAwMDAwMDAwMDAwMDAifQ.fakefakefakefakefakefa";
    assert_eq!(by(forged, &["list", "--json"]), (4, "unauthorized".into()));
    let narrow = bench.json(&["create", "--note", "Narrow", "--scope", "uploads:read"]);
    let narrow = narrow["token"].as_str().unwrap();
    assert_eq!(by(narrow, &["list", "--json"]), (4, "forbidden".into()));
    assert_eq!(by(narrow, &["scopes", "--json"]), (4, "forbidden".into()));
}

#[test]
fn a_user_nobody_knows_is_not_found() {
    let bench = Bench::demo(0);
    let mut command = bench.command(&["list", "--json"]);
    command.env("MAPBOX_USERNAME", "nobody");
    let (code, word) = failed(&run(command, ""));
    assert!(code == 3 && word == "not_found" || code == 4, "{code} {word}");
}

#[test]
fn what_may_work_later_exits_with_five() {
    let mut nobody_listens = bare(&["list", "--json"]);
    nobody_listens
        .env("MAPBOX_ACCESS_TOKEN", "sk.x.y")
        .env("MAPBOX_USERNAME", "ada")
        .env("MAPBOX_API_ENDPOINT", "http://127.0.0.1:1");
    assert_eq!(failed(&run(nobody_listens, "")), (5, "unreachable".into()));
    // A request that makes something is sent once, so nobody waits for retries here.
    let make = |json: &str| {
        failed(&with_faults(json).run(&["temporary", "--scope", "styles:read", "--expires", "1m", "--json"]))
    };
    assert_eq!(make(r#"{"faults":[{"fault":"status","status":503,"method":"POST"}]}"#), (5, "server".into()));
    assert_eq!(make(r#"{"faults":[{"fault":"cut-response","bytes":120,"method":"POST"}]}"#), (5, "broken".into()));
}

#[test]
fn an_answer_that_makes_no_sense_fails() {
    let ran = with_faults(r#"{"faults":[{"fault":"garbage"}]}"#).run(&["list", "--json"]);
    assert_eq!(failed(&ran), (1, "unreadable".into()));
}

#[test]
fn commands_in_advice_are_spelt_as_they_are_typed() {
    let ran = Bench::demo(0).run(&["--account", "nobody", "list", "--json"]);
    assert!(ran.code == 3 && ran.err.contains("\"next\":\"List them with jeton accounts"), "{ran:?}");
}

#[test]
fn people_are_told_what_happened_and_what_to_do() {
    let ran = Bench::demo(0).run(&["show", "No such token"]);
    let lines: Vec<&str> = ran.err.lines().collect();
    assert!(
        lines.len() == 2
            && lines[0].starts_with("error: ")
            && lines[1].starts_with("help: list the tokens with jeton list"),
        "{ran:?}"
    );
}

#[test]
fn the_dashboard_without_a_terminal_points_to_the_commands() {
    let ran = Bench::demo(0).run(&[]);
    assert!(ran.code == 2 && ran.err.contains("--help"), "{ran:?}");
}

#[test]
fn a_slip_of_the_finger_is_answered_with_what_was_probably_meant() {
    let bench = Bench::demo(0);
    let token = bench.sandbox.token().expose().to_owned();
    bench.feed(&["login", "workshop", "--keep", "plain", "--yes"], &token).ok();
    for (arguments, meant) in [
        (&["lsit"] as &[&str], "did you mean jeton list?"),
        (&["list", "--filtre", "x"], "did you mean --filter?"),
        (&["create", "--note", "x", "--preset", "web-mpa"], "did you mean web-map?"),
        (&["list", "--account", "workshpo"], "did you mean \"workshop\"?"),
        (&["lint", "--rule", "htp-url"], "help: did you mean --rule http-url?"),
        (&["list", "--filter", "knd:sk"], "help: did you mean kind:sk?"),
        (&["create", "--note", "x", "--scope", "uplods:write", "--no-input"], "did you mean uploads:write?"),
        (&["edit", "Checkout map", "--remove-scope", "fonts:raed"], "did you mean fonts:read?"),
    ] {
        let ran = bench.run(arguments);
        assert!(ran.err.contains(meant), "{arguments:?}: {ran:?}");
    }
}
