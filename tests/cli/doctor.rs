//! `jeton doctor`: what is found on the way to the server, and what goes into a support request.

use serde_json::Value;

use super::{
    bench::{Bench, bare, run},
    schema::assert_valid,
};

#[test]
fn a_healthy_account_is_called_so_and_a_token_that_does_not_work_is_found() {
    let bench = Bench::demo(0);
    let findings = bench.json(&["doctor"]);
    assert_valid("doctor", &findings);
    let scopes = |finding: &Value| finding["about"] == "scopes" && finding["state"] == "good";
    assert!(findings.as_array().unwrap().iter().any(scopes), "{findings}");
    let mut command = bench.command(&["doctor", "--json"]);
    command.env(
        "MAPBOX_ACCESS_TOKEN",
        "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZmFrZTAwMDAwMDAwMDAwMDAwMDAwMDAifQ.fakefakefakefakefakefa",
    );
    let ran = run(command, "");
    assert_eq!(ran.code, 1);
    assert_valid("doctor", &ran.json());
    assert!(!ran.out.contains("fakefake") && !ran.err.contains("fakefake"), "{ran:?}");
}

#[test]
fn a_mistake_in_the_settings_is_found_and_named() {
    let bench = Bench::demo(0);
    let (_, config) = bench.environment().into_iter().find(|(name, _)| *name == "JETON_CONFIG_DIR").unwrap();
    std::fs::create_dir_all(&config).unwrap();
    for (text, state, says) in
        [("theme = \"dark\"", "good", "the dashboard uses"), ("theme = \"neon\"", "bad", "unknown theme")]
    {
        std::fs::write(std::path::Path::new(&config).join("config.toml"), text).unwrap();
        let ran = bench.run(&["doctor", "--json"]);
        assert_valid("doctor", &ran.json());
        let finding = ran.json().as_array().unwrap().iter().find(|finding| finding["about"] == "settings").cloned();
        let finding = finding.expect("it is looked at");
        assert_eq!(finding["state"], state);
        assert!(finding["text"].as_str().unwrap().contains(says), "{finding}");
    }
}

#[test]
fn a_support_request_says_which_token_it_is_what_it_may_do_and_what_was_asked() {
    let bench = Bench::demo(0);
    let token = bench.json(&["show", "Checkout map"]);
    let mut command = bench.command(&["doctor", "--support", "Checkout map", "--json"]);
    command.env("TERM", "xterm-256color");
    let report = run(command, "").ok().json();
    assert_valid("support", &report);
    for field in ["id", "usage", "note", "scopes", "allowedUrls", "created", "modified"] {
        assert_eq!(report["token"][field], token[field], "{field}");
    }
    assert_eq!((&report["username"], &report["verdict"]), (&"ada".into(), &"TokenValid".into()));
    assert_eq!((&report["terminal"], &report["jeton"]), (&"xterm-256color".into(), &env!("CARGO_PKG_VERSION").into()));
    assert!(bench.sandbox.url().ends_with(report["api"].as_str().unwrap()));
    let requests = report["requests"].as_array().unwrap();
    assert!(requests.len() >= 2, "the list and the verdict: {report}");
    for request in requests {
        assert_eq!(request["status"], 200);
        assert_eq!(request["requestId"].as_str().unwrap().len(), 56, "as long as CloudFront's: {request}");
    }
}

#[test]
fn no_value_is_in_a_support_request_whoever_wrote_it_where() {
    let bench = Bench::demo(0);
    let value = bench.json(&["show", "Checkout map"])["token"].as_str().unwrap().to_owned();
    let id = bench.make("Scratch", "styles:read");
    bench.run(&["edit", &id, "--note", &format!("was {value}"), "--yes"]).ok();
    for wanted in ["Checkout map", "Nightly uploads", &id[..16]] {
        for form in [&["doctor", "--support", wanted] as &[&str], &["doctor", "--json", "--support", wanted]] {
            let ran = bench.run(form).ok();
            assert!(!ran.out.contains(&value) && !ran.out.contains("eyJ"), "{ran:?}");
            assert!(!ran.out.contains(bench.sandbox.token().expose()) && !ran.err.contains("eyJ"), "{ran:?}");
        }
    }
}

#[test]
fn people_can_paste_it_and_are_told_where_to() {
    let bench = Bench::demo(0);
    let ran = bench.run(&["doctor", "--support", "Nightly uploads"]).ok();
    for line in ["Token ID: cm", "Kind: secret (sk)", "Allowed URLs: any", "The server says: unknown", "Request: 20"] {
        assert!(ran.out.lines().any(|own| own.starts_with(line)), "{line} in {}", ran.out);
    }
    assert!(
        ran.out.contains("GET /tokens/v2/ada?limit=") && ran.err.contains("https://www.mapbox.com/support"),
        "{ran:?}"
    );
    let nobody = bench.run(&["doctor", "--support", "No such token", "--json"]);
    assert_eq!((nobody.code, nobody.failure().as_str()), (3, "not_found"));
    assert_eq!(run(bare(&["doctor", "--support", "x", "--offline"]), "").code, 2);
}
