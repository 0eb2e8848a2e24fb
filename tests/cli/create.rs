//! `jeton create` and `jeton temporary`: what is made, and where its value goes.

use std::fs;

use super::{
    bench::{Bench, Ran},
    schema::assert_valid,
};

/// The value on standard output, which must be nowhere else.
fn value_of(ran: &Ran, kind: &str) -> String {
    let value = ran.out.trim_end().to_owned();
    assert!(value.starts_with(kind) && ran.out.lines().count() == 1, "{ran:?}");
    assert!(!ran.err.contains(&value), "{ran:?}");
    value
}

#[test]
fn public_scopes_make_a_public_token_and_one_secret_scope_a_secret_one() {
    let bench = Bench::demo(0);
    let public = bench.run(&["create", "--note", "Map", "--scope", "styles:read,fonts:read"]).ok();
    value_of(&public, "pk.");
    let secret = bench.run(&["create", "--note", "MTS", "--scope", "styles:read", "--scope", "tilesets:write"]).ok();
    value_of(&secret, "sk.");
    let made = bench.json(&["create", "--note", "Job", "--preset", "uploads"]);
    assert_valid("token", &made);
    assert_eq!(made["usage"], "sk");
    assert!(made["token"].as_str().unwrap().starts_with("sk."));
    assert_eq!(bench.json(&["show", "Job"]).get("token"), None);
}

#[test]
fn a_secret_goes_into_a_new_file_for_its_owner_alone() {
    let bench = Bench::demo(0);
    let file = bench.state.path().join("ci.token");
    let path = file.to_str().unwrap();
    let ran = bench.run(&["create", "--note", "CI", "--preset", "uploads", "--to-file", path, "--json"]).ok();
    assert_valid("token", &ran.json());
    let value = fs::read_to_string(&file).unwrap();
    assert!(value.starts_with("sk.") && !ran.out.contains(value.trim()) && !ran.err.contains(value.trim()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let inspected = bench.json(&["inspect", path]);
    assert_eq!((&inspected["id"], &inspected["verdict"]), (&ran.json()["id"], &"TokenValid".into()));
}

#[test]
fn nothing_is_created_when_there_is_no_place_for_the_value() {
    let bench = Bench::demo(0);
    let before = bench.json(&["list"]);
    let taken = bench.state.path().join("taken");
    fs::write(&taken, "mine").unwrap();
    let nowhere = bench.state.path().join("no/such/directory/x");
    for place in [&taken, &nowhere] {
        let ran = bench.run(&["create", "--note", "CI", "--preset", "uploads", "--to-file", place.to_str().unwrap()]);
        assert_eq!(ran.code, 2, "{ran:?}");
    }
    assert_eq!(fs::read_to_string(&taken).unwrap(), "mine");
    assert_eq!(bench.json(&["list"]), before);
}

#[test]
fn what_the_api_would_refuse_is_refused_before() {
    let bench = Bench::demo(0);
    let long = "x".repeat(129);
    let urls = (0..101).flat_map(|at| ["--allowed-url".to_owned(), format!("{at}.example")]).collect::<Vec<_>>();
    let mut many = vec!["create", "--note", "Map", "--scope", "styles:read"];
    many.extend(urls.iter().map(String::as_str));
    for arguments in [
        &["create", "--note", &long, "--scope", "styles:read"] as &[&str],
        &many,
        &["create"],
        &["create", "--preset", "nonsense"],
    ] {
        assert_eq!(bench.run(arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn scopes_nobody_may_give_are_a_matter_of_authority() {
    let bench = Bench::demo(0);
    let narrow = bench.run(&["create", "--note", "Narrow", "--scope", "tokens:read,tokens:write,styles:read"]).ok();
    let narrow = value_of(&narrow, "sk.");
    let mut command = bench.command(&["create", "--note", "Wide", "--scope", "uploads:write", "--json"]);
    command.env("MAPBOX_ACCESS_TOKEN", &narrow);
    let ran = super::bench::run(command, "");
    assert_eq!((ran.code, ran.failure().as_str()), (4, "forbidden"), "{ran:?}");
    assert!(!ran.err.contains(&narrow));
}

#[test]
fn a_token_without_scopes_comes_with_a_warning() {
    let ran = Bench::demo(0).run(&["create", "--note", "Bare"]).ok();
    assert!(ran.err.contains("none can be added later"), "{ran:?}");
}

#[test]
fn an_allowed_url_that_can_never_match_is_said_before() {
    let ran =
        Bench::demo(0).run(&["create", "--note", "W", "--scope", "styles:read", "--allowed-url", "*.example.com"]).ok();
    assert!(ran.err.contains("*.example.com") && ran.err.contains("never match"), "{ran:?}");
}

#[test]
fn a_temporary_token_lives_as_long_as_asked() {
    let bench = Bench::demo(0);
    let made = bench.json(&["temporary", "--scope", "styles:read", "--expires", "30m"]);
    assert_valid("temporary", &made);
    assert!((1790..=1800).contains(&made["expires_in"].as_i64().unwrap()), "{made}");
    let plain = bench.run(&["temporary", "--preset", "uploads", "--expires", "1h"]).ok();
    value_of(&plain, "tk.");
    for wrong in ["30", "0s", "61m", "2h", "soon", "-1m"] {
        assert_eq!(bench.run(&["temporary", "--scope", "styles:read", "--expires", wrong]).code, 2, "{wrong}");
    }
    assert_eq!(bench.run(&["temporary", "--expires", "5m"]).code, 2, "no scopes");
}

#[test]
fn a_value_goes_to_several_places_and_each_is_reported() {
    let bench = Bench::demo(0);
    let state = bench.state.path();
    let (file, env, got) = (state.join("ci.token"), state.join(".env"), state.join("got"));
    fs::write(&env, "CI_TOKEN='old' # rotated by hand\r\n").unwrap();
    let entry = format!("{}:CI_TOKEN", env.display());
    let command = format!("sh -c 'cat > {}'", got.display());
    let arguments = ["create", "--json", "--note", "CI", "--preset", "uploads", "--to-command", &command];
    let places = ["--to-file", file.to_str().unwrap(), "--to-env", &entry, "--replace-entry"];
    let ran = bench.run(&[&arguments[..], &places].concat()).ok();
    let made = ran.json();
    assert_valid("token", &made);
    let kinds: Vec<_> =
        made["destinations"].as_array().unwrap().iter().map(|to| to["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["command", "file", "env"], "in the order in which they were named");
    let value = fs::read_to_string(&got).unwrap();
    assert!(value.starts_with("sk.") && !ran.out.contains(&value) && !ran.err.contains(&value));
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{value}\n"));
    assert_eq!(fs::read_to_string(&env).unwrap(), format!("CI_TOKEN='{value}' # rotated by hand\r\n"));
    assert_eq!(bench.json(&["recover"])["open"].as_array().unwrap().len(), 0, "every token is done");
}

#[test]
fn what_failed_is_delivered_later_and_the_value_is_kept_until_then() {
    let bench = Bench::demo(0);
    let state = bench.state.path();
    let (file, got) = (state.join("ci.token"), state.join("got"));
    let command = format!("sh -c 'test -e {0}.ready && cat > {0}'", got.display());
    let ran = bench.run(&[
        "create",
        "--json",
        "--note",
        "CI",
        "--preset",
        "uploads",
        "--to-command",
        &command,
        "--to-file",
        file.to_str().unwrap(),
    ]);
    assert_eq!((ran.code, ran.failure().as_str()), (6, "undelivered"), "{ran:?}");
    let stored: Vec<_> = ran.json()["destinations"].as_array().unwrap().iter().map(|to| to["stored"].clone()).collect();
    assert_eq!(stored, [false, true]);
    let value = fs::read_to_string(&file).unwrap();
    let open = bench.json(&["recover"])["open"][0].clone();
    assert_valid("recover", &bench.json(&["recover"]));
    let op = open["op"].as_str().unwrap();
    assert!(ran.err.contains(&format!("jeton recover {op} --retry")), "{ran:?}");

    assert_eq!(bench.run(&["recover", op, "--retry"]).code, 6, "it fails as before");
    fs::write(format!("{}.ready", got.display()), "").unwrap();
    let ran = bench.run(&["recover", op, "--retry", "--json"]).ok();
    assert_valid("token", &ran.json());
    assert_eq!(ran.json()["destinations"].as_array().unwrap().len(), 1, "the file has it already");
    assert_eq!(fs::read_to_string(&got).unwrap(), value.trim_end());
    assert_eq!(bench.json(&["recover"])["open"].as_array().unwrap().len(), 0);
    assert_eq!(bench.run(&["recover", op, "--retry"]).code, 3);
}

#[test]
fn nothing_is_created_when_one_of_several_places_cannot_take_the_value() {
    let bench = Bench::demo(0);
    let before = bench.json(&["list"]);
    let state = bench.state.path();
    let (file, env) = (state.join("fine"), state.join(".env"));
    fs::write(&env, "TAKEN=x\n").unwrap();
    fs::create_dir(state.join("folder")).unwrap();
    let at = |name: &str| state.join(name).display().to_string();
    let long = at(&"x".repeat(256));
    for (place, says) in [
        (["--to-env", &format!("{}:TAKEN", env.display())], "already has a value"),
        (["--to-env", &format!("{}:1A", env.display())], "is not a variable name"),
        (["--to-env", &at("folder:NAME")], "is a directory"),
        (["--to-env", &at("no/such/.env:NAME")], "does not exist"),
        (["--to-env", ".env"], "a file and a variable"),
        (["--to-file", &at("folder/")], "directory"),
        (["--to-file", &long], "too long"),
        (["--to-file", file.to_str().unwrap()], "twice"),
        (["--to-command", "jeton-no-such-program x"], "PATH"),
        (["--to-command", "sh -c 'x"], "closing quote"),
    ] {
        let arguments = ["create", "--note", "CI", "--preset", "uploads", "--to-file", file.to_str().unwrap()];
        let ran = bench.run(&[&arguments[..], &place].concat());
        assert!(
            ran.code == 2 && ran.err.contains(says) && ran.err.to_lowercase().contains("nothing was created"),
            "{ran:?}"
        );
    }
    assert!(!file.exists());
    assert_eq!(fs::read_to_string(&env).unwrap(), "TAKEN=x\n");
    assert_eq!(bench.json(&["list"]), before);
}

#[test]
fn a_token_like_another_has_its_scopes_and_urls_unless_told_otherwise() {
    let bench = Bench::demo(0);
    let arguments = ["create", "--note", "Map", "--scope", "styles:read,fonts:read", "--allowed-url", "a.example"];
    bench.run(&arguments).ok();
    let same = bench.json(&["create", "--like", "Map", "--note", "Map 2"]);
    assert_eq!((&same["note"], &same["scopes"]), (&"Map 2".into(), &serde_json::json!(["styles:read", "fonts:read"])));
    assert_eq!(same["allowedUrls"], serde_json::json!(["a.example"]));
    let other = bench.json(&["create", "--like", "Map 2", "--scope", "styles:read", "--allowed-url", "b.example"]);
    assert_eq!((&other["note"], &other["scopes"]), (&"Map 2".into(), &serde_json::json!(["styles:read"])));
    assert_eq!(other["allowedUrls"], serde_json::json!(["b.example"]));
    assert_eq!(bench.run(&["create", "--like", "No such token"]).code, 3);
}

#[cfg(target_os = "linux")]
mod full {
    use std::{fs::File, process::Stdio};

    use super::*;

    /// Exit code and standard error of a command whose standard output is that.
    fn into(mut command: std::process::Command, stdout: impl Into<Stdio>) -> (i32, String) {
        let output = command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).output().expect("it ends");
        (output.status.code().expect("no signal"), String::from_utf8(output.stderr).expect("text"))
    }

    fn full_disk() -> File {
        File::options().write(true).open("/dev/full").expect("the device that is always full")
    }

    #[test]
    fn on_a_full_disk_a_created_secret_is_undelivered_and_anything_else_failed() {
        let bench = Bench::demo(0);
        let (code, err) = into(bench.command(&["create", "--note", "Lost", "--preset", "uploads"]), full_disk());
        assert_eq!(code, 6, "{err}");
        assert!(err.contains("jeton recover") && !err.contains("sk.ey"), "{err}");
        assert_eq!(into(bench.command(&["temporary", "--scope", "styles:read", "--expires", "1m"]), full_disk()).0, 6);
        for (arguments, done) in [
            (&["create", "--note", "Made", "--preset", "web-map"] as &[&str], "was created"),
            (&["edit", "Made", "--note", "Made anew", "--json"], "was edited"),
            (&["delete", "Made anew", "--yes"], "1 of 1 tokens deleted"),
        ] {
            let (code, err) = into(bench.command(arguments), full_disk());
            assert!(code == 1 && err.contains(done) && err.contains("can't write"), "{arguments:?}: {err}");
        }
        for arguments in
            [&["list"] as &[&str], &["list", "--json"], &["scopes"], &["show", "Lost"], &["--help"], &["man"]]
        {
            let (code, err) = into(bench.command(arguments), full_disk());
            assert_eq!(code, 1, "{arguments:?}: {err}");
        }
    }

    #[test]
    fn into_a_closed_pipe_a_created_secret_is_undelivered_and_anything_else_ends_quietly() {
        let bench = Bench::demo(300);
        let closed = || {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            writer
        };
        let (code, err) = into(bench.command(&["create", "--note", "Lost", "--preset", "uploads"]), closed());
        assert_eq!(code, 6, "{err}");
        for arguments in
            [&["list"] as &[&str], &["list", "--json"], &["list", "--ndjson"], &["--help"], &["scopes"], &["man"]]
        {
            assert_eq!(into(bench.command(arguments), closed()), (0, String::new()), "{arguments:?}");
        }
    }

    #[test]
    fn a_secret_is_not_created_for_the_null_device() {
        let bench = Bench::demo(0);
        let (code, err) = into(bench.command(&["create", "--note", "Lost", "--preset", "uploads"]), Stdio::null());
        assert_eq!(code, 2, "{err}");
        assert_eq!(bench.run(&["show", "Lost"]).code, 3);
    }
}
