//! `jeton edit` and `jeton delete`, one token or many.

use serde_json::json;

use super::{bench::Bench, schema::assert_valid};

#[test]
fn only_what_is_named_changes() {
    let bench = Bench::demo(0);
    let id = bench.make("Map", "styles:read");
    let edited = bench.json(&["edit", &id, "--note", "Map 2", "--add-scope", "fonts:read", "--add-url", "example.com"]);
    assert_valid("token", &edited);
    assert_eq!((&edited["note"], &edited["scopes"]), (&json!("Map 2"), &json!(["styles:read", "fonts:read"])));
    assert_eq!(edited["allowedUrls"], json!(["example.com"]));
    let again = bench.json(&["edit", &id, "--remove-scope", "styles:read", "--clear-urls"]);
    assert_eq!(
        (&again["note"], &again["scopes"], again.get("allowedUrls")),
        (&json!("Map 2"), &json!(["fonts:read"]), None)
    );
}

#[test]
fn the_change_is_shown_before_it_is_sent_and_a_dry_run_stops_there() {
    let bench = Bench::demo(0);
    let id = bench.make("Map", "styles:read");
    let before = bench.json(&["show", &id]);
    let ran = bench.run(&["edit", &id, "--note", "New", "--add-url", "example.com", "--dry-run"]).ok();
    assert!(
        ran.err.contains("- name Map") && ran.err.contains("+ name New") && ran.err.contains("+ URL example.com"),
        "{ran:?}"
    );
    assert_eq!(bench.json(&["show", &id]), before);
}

#[test]
fn what_can_never_be_is_refused_before() {
    let bench = Bench::demo(0);
    let id = bench.make("Map", "styles:read");
    let ran = bench.run(&["edit", &id, "--add-scope", "uploads:write", "--json"]);
    assert_eq!((ran.code, ran.failure().as_str()), (1, "refused"));
    assert_eq!(bench.run(&["edit", &id]).code, 2, "nothing to change");
    assert_eq!(bench.run(&["edit", "No such", "--note", "x"]).code, 3);
}

#[test]
fn many_are_edited_from_a_list_of_any_form() {
    let bench = Bench::demo(0);
    for (at, form) in ["--ndjson", "--json"].iter().enumerate() {
        let url = format!("bulk{at}.example");
        let list = bench.run(&["list", "--filter", "kind:pk -default:yes", form]).ok().out;
        let report = bench.feed(&["edit", "-", "--add-url", &url, "--yes", "--json"], &list).ok().json();
        assert_valid("edited", &report);
        let count = report["edited"].as_array().unwrap().len();
        assert!(count >= 3 && report["failed"].as_array().unwrap().is_empty());
        assert!(
            report["edited"].as_array().unwrap().iter().all(|token| token["allowedUrls"].to_string().contains(&url))
        );
    }
}

#[test]
fn deleting_wants_a_confirmation_and_without_one_does_nothing() {
    let bench = Bench::demo(0);
    let id = bench.make("Old map", "styles:read");
    assert_eq!(bench.run(&["delete", &id]).code, 2);
    assert_eq!(bench.run(&["delete", &id, "--no-input", "--json"]).failure(), "usage");
    let wrong = bench.run(&["delete", &id, "--confirm", "Other map", "--json"]);
    assert_eq!((wrong.code, wrong.failure().as_str()), (7, "declined"));
    assert_eq!(bench.run(&["show", &id]).code, 0, "still there");
    let report = bench.json(&["delete", &id, "--confirm", "Old map"]);
    assert_valid("deleted", &report);
    assert_eq!(report["deleted"][0]["id"], json!(id));
    assert_eq!(bench.run(&["show", &id]).code, 3);
    assert_eq!(bench.run(&["delete", &id, "--yes"]).code, 3);
}

#[test]
fn a_whole_list_is_deleted_with_a_report() {
    let bench = Bench::demo(200);
    let all = bench.run(&["list", "--usage", "sk", "--ndjson"]).ok().out;
    let refused = bench.feed(&["delete", "-", "--yes", "--json"], &all);
    assert_eq!(
        (refused.code, refused.failure().as_str()),
        (2, "usage"),
        "jeton's own token is among them: {refused:?}"
    );
    assert_eq!(bench.run(&["list", "--usage", "sk", "--ndjson"]).ok().out, all);
    let list = bench.run(&["list", "--filter", "kind:sk -note:\"Authorizing token\"", "--ndjson"]).ok().out;
    let count = list.lines().count();
    assert_eq!(count + 1, all.lines().count());
    let report = bench.feed(&["delete", "-", "--yes", "--json"], &list).ok().json();
    assert_valid("deleted", &report);
    assert_eq!(report["deleted"].as_array().unwrap().len(), count);
    assert_eq!(bench.json(&["list", "--usage", "sk"]).as_array().unwrap().len(), 1, "all but jeton's own");
    assert_eq!(bench.feed(&["delete", "-", "--yes"], "").code, 0, "nothing to do is no failure");
}

#[test]
fn a_dry_run_names_every_token_and_changes_none() {
    let bench = Bench::demo(0);
    let before = bench.json(&["list"]);
    let list = bench.run(&["list", "--filter", "default:no -note:Authorizing", "--ndjson"]).ok().out;
    let plan = bench.feed(&["delete", "-", "--dry-run"], &list).ok().out;
    assert_eq!(plan.lines().filter(|line| line.starts_with("would be deleted: c")).count(), list.lines().count());
    let plan = bench.feed(&["delete", "-", "--dry-run", "--json"], &list).ok().json();
    assert_eq!((plan["planned"].as_array().unwrap().len(), &plan["deleted"]), (list.lines().count(), &json!([])));
    let plan = bench.feed(&["edit", "-", "--add-url", "dry.example", "--dry-run", "--json"], &list).ok().json();
    assert!(
        plan["planned"]
            .as_array()
            .unwrap()
            .iter()
            .all(|token| token["allowedUrls"].to_string().contains("dry.example"))
    );
    assert_eq!(bench.json(&["list"]), before);
}

#[test]
fn one_name_that_is_wrong_stops_all_of_it() {
    let bench = Bench::demo(0);
    let id = bench.make("Map", "styles:read");
    assert_eq!(bench.feed(&["delete", "-", "--yes"], &format!("{id}\nno such\n")).code, 3);
    assert_eq!(bench.run(&["show", &id]).code, 0, "Nothing deleted");
}

#[test]
fn what_fails_in_the_middle_is_reported_and_the_rest_is_done() {
    let faults =
        br#"{"faults":[{"fault":"status","status":422,"method":"DELETE","path":"/tokens/**","skip":1,"times":1}]}"#;
    let faults = jeton::sandbox::Faults::parse(faults).expect("faults");
    let bench = Bench::with(jeton::sandbox::Options { rate_limit: None, faults, ..Default::default() });
    let ids = [bench.make("A", "styles:read"), bench.make("B", "styles:read"), bench.make("C", "styles:read")];
    let ran = bench.run(&["delete", &ids[0], &ids[1], &ids[2], "--yes", "--json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let report = ran.json();
    assert_valid("deleted", &report);
    assert_eq!((report["deleted"].as_array().unwrap().len(), report["failed"].as_array().unwrap().len()), (2, 1));
    assert_eq!(report["failed"][0]["error"]["code"], "refused");
}

#[test]
fn a_name_that_is_too_long_is_the_same_mistake_in_an_edit_as_in_a_create() {
    let bench = Bench::empty();
    let id = bench.make("Map", "styles:read");
    let name = "x".repeat(129);
    for arguments in [&["edit", &id, "--note", &name, "--json"] as &[&str], &["create", "--note", &name, "--json"]] {
        let ran = bench.run(arguments);
        assert_eq!((ran.code, ran.failure().as_str()), (2, "usage"), "{ran:?}");
    }
}
