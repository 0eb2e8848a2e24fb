//! The commands that look: show, scopes, usage, lint, inspect, check-url.

use super::{
    bench::{Bench, bare, run},
    schema::assert_valid,
};

#[test]
fn a_token_is_found_by_id_by_the_start_of_it_and_by_name() {
    let bench = Bench::demo(0);
    let shown = bench.json(&["show", "Checkout map"]);
    assert_valid("token", &shown);
    let id = shown["id"].as_str().unwrap();
    assert_eq!(bench.json(&["show", id]), shown);
    assert_eq!(bench.json(&["show", &id[..12]]), shown);
}

#[test]
fn what_two_tokens_answer_to_lists_both() {
    let bench = Bench::demo(0);
    let (a, b) = (bench.make("Twin", "styles:read"), bench.make("Twin", "fonts:read"));
    let ran = bench.run(&["show", "Twin"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains(&a) && ran.err.contains(&b), "{ran:?}");
    assert_eq!(bench.run(&["show", "Twin", "--json"]).failure(), "ambiguous");
}

#[test]
fn what_no_token_answers_to_is_not_found() {
    let bench = Bench::demo(0);
    for wanted in ["No such name", "cmzz", "cmzzzzzzzzzzzzzzzzzzzzzzz", "", "Checkout"] {
        let ran = bench.run(&["show", wanted, "--json"]);
        assert_eq!((ran.code, ran.failure().as_str()), (3, "not_found"), "{wanted}");
    }
}

#[test]
fn a_value_in_the_place_of_an_id_is_refused_and_not_repeated() {
    let bench = Bench::demo(0);
    let value = "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UifQ.not-a-real-signature";
    for arguments in
        [&["show", value] as &[&str], &["list", value], &["create", "--token", value], &["delete", value, "--yes"]]
    {
        let ran = bench.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(!ran.err.contains("not-a-real-signature") && !ran.err.contains("eyJ1"), "{ran:?}");
    }
}

#[test]
fn the_string_of_a_public_token_is_printed_only_when_asked_for() {
    let bench = Bench::demo(0);
    let value = bench.json(&["show", "Checkout map"])["token"].as_str().unwrap().to_owned();
    assert!(!bench.run(&["show", "Checkout map"]).ok().out.contains(&value));
    assert_eq!(bench.run(&["show", "Checkout map", "--value"]).ok().out, format!("{value}\n"));
    let secret = bench.run(&["show", "Nightly uploads", "--value"]);
    assert_eq!(secret.code, 2, "{secret:?}");
}

#[test]
fn scopes_and_presets_come_as_documented() {
    let bench = Bench::demo(0);
    let scopes = bench.json(&["scopes"]);
    assert_valid("scopes", &scopes);
    assert!(scopes.as_array().unwrap().iter().any(|scope| scope["id"] == "styles:read" && scope["public"] == true));
    assert_valid("presets", &bench.json(&["scopes", "--presets"]));
    let offline = run(bare(&["scopes", "--offline", "--json"]), "").ok();
    assert_valid("scopes", &offline.json());
    assert!(bench.run(&["scopes"]).ok().out.contains("tokens:write"));
}

#[test]
fn usage_adds_up() {
    let bench = Bench::demo(0);
    let usage = bench.json(&["usage", "Checkout map"]);
    assert_valid("usage", &usage);
    let sum: u64 =
        usage["products"].as_object().unwrap().values().map(|product| product["total"].as_u64().unwrap()).sum();
    assert_eq!(usage["total"].as_u64(), Some(sum));
    assert!(sum > 0);
    let human = bench.run(&["usage", "Checkout map", "--daily"]).ok().out;
    assert!(human.contains(&format!("{sum} requests")), "{human}");
}

#[test]
fn findings_exit_with_eight_and_none_with_zero() {
    let bench = Bench::demo(0);
    let ran = bench.run(&["lint", "--json"]);
    assert_eq!(ran.code, 8);
    assert_valid("lint", &ran.json());
    let grave = bench.run(&["lint", "--severity", "warning", "--json"]);
    assert!(
        grave.json().as_array().unwrap().iter().all(|one| one["severity"] == "warning" || one["severity"] == "error")
    );
    let rule = bench.run(&["lint", "--rule", "wildcard-url", "--json"]);
    assert!(rule.json().as_array().unwrap().iter().all(|one| one["rule"] == "wildcard-url"));
    let quiet = bench.run(&["lint", "Nightly uploads", "--rule", "wildcard-url"]);
    assert_eq!((quiet.code, quiet.out.as_str()), (0, ""));
    assert_eq!(bench.run(&["lint", "--rule", "no-such-rule"]).code, 2);
    assert_valid("rules", &bench.json(&["lint", "--rules"]));
}

#[test]
fn sarif_points_from_each_finding_to_its_rule_and_its_token() {
    let bench = Bench::demo(30);
    let ran = bench.run(&["lint", "--sarif"]);
    assert_eq!(ran.code, 8);
    let log = ran.json();
    assert_valid("sarif", &log);
    let run = &log["runs"][0];
    let (rules, results) = (&run["tool"]["driver"]["rules"], run["results"].as_array().unwrap());
    let findings = bench.run(&["lint", "--json"]).json();
    assert_eq!(results.len(), findings.as_array().unwrap().len());
    let mut prints = std::collections::HashSet::new();
    for (result, finding) in results.iter().zip(findings.as_array().unwrap()) {
        assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
        assert_eq!(result["ruleId"], finding["rule"]);
        let (place, id) = (&result["locations"][0], finding["id"].as_str().unwrap());
        assert_eq!(place["logicalLocations"][0]["fullyQualifiedName"], format!("ada/{id}"));
        assert_eq!(place["physicalLocation"]["artifactLocation"]["uri"], format!("mapbox-tokens/ada/{id}"));
        assert!(prints.insert(result["partialFingerprints"]["primaryLocationLineHash"].clone()), "twice: {result}");
    }
    assert_eq!(bench.run(&["lint", "--sarif"]).json(), log, "the same in the next run");
}

#[test]
fn a_string_is_taken_apart_offline_and_judged_online() {
    let bench = Bench::demo(0);
    let token = bench.json(&["show", "Checkout map"]);
    let value = token["token"].as_str().unwrap();
    let offline = run(bare(&["inspect", "--offline", "--json"]), value).ok().json();
    assert_valid("inspect", &offline);
    assert_eq!((&offline["id"], &offline["owner"], offline.get("verdict")), (&token["id"], &"ada".into(), None));

    let verdict = |input: &str| bench.feed(&["inspect", "-", "--json"], input).ok().json()["verdict"].clone();
    assert_eq!(verdict(value), "TokenValid");
    assert_eq!(verdict(&format!("MAPBOX_ACCESS_TOKEN={value}\n")), "TokenValid");
    bench.run(&["delete", "Checkout map", "--yes"]).ok();
    assert_eq!(verdict(value), "TokenRevoked");

    let human = bench.feed(&["inspect"], value).ok().out;
    assert!(human.contains("Owner: ada") && !human.contains(value), "{human}");
    let file = bench.state.path().join("token");
    std::fs::write(&file, value).unwrap();
    assert_eq!(bench.json(&["inspect", file.to_str().unwrap()])["verdict"], "TokenRevoked");
}

#[test]
fn what_holds_no_token_is_not_inspected() {
    for input in ["", "nothing", "sk.eyJ1IjoiZmFrZSJ9", &"x".repeat(2_000_000)] {
        let ran = run(bare(&["inspect", "--offline"]), input);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(!ran.err.contains("eyJ1"), "{ran:?}");
    }
    assert_eq!(run(bare(&["inspect", "/no/such/file"]), "").code, 3);
}

#[test]
fn pages_are_judged_by_entries_without_any_account() {
    let check = |arguments: &[&str]| {
        let mut command = vec!["check-url"];
        command.extend(arguments);
        run(bare(&command), "")
    };
    let entry = ["--entry", "example.com", "--entry", "*.bad.example"];
    assert_eq!(check(&[&entry[..], &["https://shop.example.com/"]].concat()).code, 0);
    let refused = check(&[&entry[..], &["https://example.com:8000/", "https://example.com/"]].concat());
    assert_eq!(refused.code, 8);
    assert!(refused.out.contains("port 8000") && refused.out.contains("never matches"), "{}", refused.out);
    let answer = check(&[&entry[..], &["https://notexample.com/", "", "--json"]].concat());
    assert_eq!(answer.code, 8);
    let answer = answer.json();
    assert_valid("check-url", &answer);
    assert_eq!(answer["pages"][0]["verdicts"].as_array().unwrap().len(), 2);
    assert_eq!(answer["pages"][1]["outcome"], "no_referer");
    assert_eq!(check(&[&entry[..], &["https://:0/"]].concat()).code, 2);
}

#[test]
fn pages_are_judged_by_a_tokens_own_restrictions() {
    let bench = Bench::demo(0);
    let id = bench.make("Open", "styles:read");
    assert_eq!(bench.run(&["check-url", &id, "https://example.com/"]).code, 0);
    bench.run(&["edit", &id, "--add-url", "example.com"]).ok();
    assert_eq!(bench.run(&["check-url", &id, "https://www.example.com/"]).code, 0);
    assert_eq!(bench.run(&["check-url", &id, "https://example.org/"]).code, 8);
    assert_eq!(bench.run(&["check-url", &id]).code, 2, "no page");
}
