//! Commands in front of a person: on a pseudo-terminal, with questions answered.
#![cfg(unix)]

use portable_pty::CommandBuilder;

use super::{bench::Bench, pty::Pty};

fn start(bench: &Bench, arguments: &[&str], columns: u16) -> Pty {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_jeton"));
    command.args(arguments);
    command.env_clear();
    for (name, value) in bench.environment() {
        command.env(name, value);
    }
    command.env("HOME", "/nonexistent");
    // Otherwise it would be the home directory.
    command.cwd(bench.state.path());
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    Pty::start(command, columns, 60)
}

#[test]
fn a_table_fits_the_terminal() {
    let bench = Bench::demo(0);
    bench.make(&"long name ".repeat(12), "styles:read");
    bench.make("東京東京東京東京東京東京東京東京東京東京東京東京東京東京東京", "styles:read");
    let pty = start(&bench, &["list"], 80);
    assert_eq!(pty.end(), Ok(0));
    let text = pty.text();
    // A line that wrapped would not start with a kind.
    for line in text.lines().filter(|line| !line.is_empty()) {
        assert!(["KIND", "pk", "sk"].iter().any(|start| line.starts_with(start)), "{text}");
    }
    assert!(text.contains('…'));
}

#[test]
fn a_secret_is_not_created_onto_a_terminal_unasked() {
    let bench = Bench::demo(0);
    let pty = start(&bench, &["create", "--note", "CI", "--preset", "uploads", "--no-input"], 100);
    assert_eq!(pty.end(), Ok(2));
    assert!(pty.text().contains("--reveal") && pty.text().contains("othing was created"));
    assert_eq!(bench.run(&["show", "CI"]).code, 3);
}

#[test]
fn with_reveal_a_secret_is_shown_on_the_terminal() {
    let bench = Bench::demo(0);
    let pty = start(&bench, &["create", "--note", "CI", "--preset", "uploads", "--reveal"], 200);
    assert_eq!(pty.end(), Ok(0));
    assert!(pty.text().contains("sk.ey"));
}

#[test]
fn creating_again_what_is_unfinished_is_asked_about() {
    let bench = Bench::demo(0);
    let create = ["create", "--note", "CI", "--preset", "uploads", "--to-command"];
    assert_eq!(bench.run(&[&create[..], &["false"]].concat()).code, 6);
    let again = [&create[..], &["sh", "-c", "cat > /dev/null"]].concat();
    for (reply, code, count) in [("n", 7, 1), ("y", 0, 2)] {
        let mut pty = start(&bench, &again, 200);
        pty.wait_for_text("Create another one?");
        assert!(pty.text().contains("jeton recover"), "{}", pty.text());
        pty.send(format!("{reply}\r"));
        assert_eq!(pty.end(), Ok(code), "{}", pty.text());
        let tokens = bench.json(&["list"]);
        assert_eq!(tokens.as_array().unwrap().iter().filter(|token| token["note"] == "CI").count(), count);
    }
}

#[test]
fn the_place_of_a_secret_is_asked_for_by_number() {
    let bench = Bench::demo(0);
    let file = bench.state.path().join("asked.token");
    let mut pty = start(&bench, &["create", "--note", "CI", "--preset", "uploads"], 100);
    pty.wait_for_text("Destination (");
    pty.send("9\r");
    pty.wait_for_text("Enter a number");
    pty.send("1\r");
    pty.wait_for_text("File:");
    pty.send(format!("{}\r", file.display()));
    assert_eq!(pty.end(), Ok(0));
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("sk."));
    assert!(!pty.text().contains("sk.ey"));
}

#[test]
fn a_whole_token_can_be_made_by_answering() {
    let bench = Bench::demo(0);
    let mut pty = start(&bench, &["create"], 200);
    pty.wait_for_text("Name of the new token:");
    pty.send("Asked map\r");
    pty.wait_for_text("Preset (");
    pty.send("1\r");
    pty.wait_for_text("Allowed URLs");
    pty.send("example.com, www.example.org\r");
    pty.wait_for_text("Continue?");
    pty.send("y\r");
    assert_eq!(pty.end(), Ok(0));
    let made = bench.json(&["show", "Asked map"]);
    assert_eq!(made["allowedUrls"], serde_json::json!(["example.com", "www.example.org"]));
}

#[test]
fn deleting_asks_for_the_name_and_takes_no_other_answer() {
    let bench = Bench::demo(0);
    let id = bench.make("Old map", "styles:read");
    let mut pty = start(&bench, &["delete", &id], 100);
    pty.wait_for_text("Type its name");
    pty.send("old map\r");
    assert_eq!(pty.end(), Ok(7));
    let mut pty = start(&bench, &["delete", &id], 100);
    pty.wait_for_text("Type its name");
    pty.send("\u{4}");
    assert_eq!(pty.end(), Ok(7), "the end of the input is a no");
    let mut pty = start(&bench, &["delete", &id], 100);
    pty.wait_for_text("Type its name");
    pty.send("Old map\r");
    assert_eq!(pty.end(), Ok(0));
    assert_eq!(bench.run(&["show", &id]).code, 3);
}

#[test]
fn several_are_deleted_by_typing_how_many() {
    let bench = Bench::demo(0);
    let (a, b) = (bench.make("A", "styles:read"), bench.make("B", "styles:read"));
    let mut pty = start(&bench, &["delete", &a, &b], 100);
    pty.wait_for_text("Type the number of tokens, 2,");
    pty.send("2\r");
    assert_eq!(pty.end(), Ok(0));
}

#[test]
fn which_of_two_is_meant_is_asked_by_number() {
    let bench = Bench::demo(0);
    bench.make("Twin", "styles:read");
    bench.make("Twin", "fonts:read");
    let mut pty = start(&bench, &["show", "Twin"], 100);
    pty.wait_for_text("Which one (");
    pty.send("2\r");
    assert_eq!(pty.end(), Ok(0));
    assert!(pty.text().contains("Kind: public"));
}

#[test]
fn no_input_never_asks() {
    let bench = Bench::demo(0);
    let id = bench.make("Map", "styles:read");
    for arguments in [&["delete", &id, "--no-input"] as &[&str], &["create", "--no-input"], &["inspect", "--no-input"]]
    {
        assert_eq!(start(&bench, arguments, 100).end(), Ok(2), "{arguments:?}");
    }
}

#[test]
fn bash_completes_scopes_beyond_their_colon() {
    if !crate::support::rig::is_installed("bash") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let mut command = CommandBuilder::new("bash");
    command.args(["--norc", "--noprofile", "-i"]);
    command.env_clear();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_jeton"));
    command.env("PATH", format!("{}:/usr/bin:/bin", program.parent().unwrap().display()));
    command.env("HOME", place.path());
    command.env("PS1", "$ ");
    command.cwd(place.path());
    let mut pty = Pty::start(command, 120, 40);
    pty.wait_for_text("$ ");
    pty.send("source <(jeton completions bash) && echo rea''dy\r");
    pty.wait_for_text("ready");
    for (typed, completed) in [
        ("jeton lis", "jeton list "),
        ("jeton create --scope uploads:w", "--scope uploads:write "),
        ("jeton create --scope datasets", "--scope datasets:"),
        ("jeton create --scope=tilesets:w", "--scope=tilesets:write "),
        ("jeton create --scope fonts:read,styles:ti", "--scope fonts:read,styles:tiles "),
        ("jeton edit x --add-scope 'tokens:w", "--add-scope 'tokens:write' "),
    ] {
        pty.send(typed);
        pty.send("\t");
        pty.wait_for(completed, |screen| {
            let (row, column) = screen.cursor_position();
            let line = screen.contents_between(row, 0, row, column);
            line.ends_with(completed)
        });
        pty.send("\x15");
    }
}
