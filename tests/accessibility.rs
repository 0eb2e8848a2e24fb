//! Create, reveal and rotate, for people who cannot see colours, have no Unicode, a small terminal or a screen reader: what
//! `docs/accessibility.md` promises.

#![cfg(unix)]

use std::fs;

use portable_pty::CommandBuilder;

use crate::support::{
    pty::Pty,
    reveal,
    rig::{Rig, program},
};

/// The program with these words, in an environment of its own and these variables.
fn start(rig: &Rig, words: &[&str], variables: &[(&str, &str)], (columns, rows): (u16, u16)) -> Pty {
    let mut command = CommandBuilder::new(program());
    command.env_clear();
    for (name, value) in rig.jeton([""; 0]).get_envs() {
        command.env(name, value.expect("set"));
    }
    command.env("LANG", "C.UTF-8");
    for (name, value) in variables {
        command.env(name, value);
    }
    command.args(words);
    command.cwd(rig.home.path());
    Pty::start(command, columns, rows)
}

/// In the reveal: saves the value to a file, and waits until that is said.
fn save(pty: &mut Pty, name: &str) {
    pty.send("w");
    pty.wait_for_text("Save to a new file");
    pty.send(format!("\x15{name}\r"));
    // It may go over two lines.
    let said = format!("{name},whichonlyyoucanread");
    pty.wait_for("that it is saved", |screen| {
        screen
            .contents()
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '│' | '|'))
            .collect::<String>()
            .contains(&said)
    });
}

/// In the dashboard: creates a secret token, shows its value, saves it, rotates the token, and saves the successor's value as well.
fn create_reveal_and_rotate(variables: &[(&str, &str)], size: (u16, u16)) -> Pty {
    let rig = Rig::new();
    let mut pty = start(&rig, &[], variables, size);
    let value = reveal::reveal(&mut pty);
    save(&mut pty, "first.token");
    assert_eq!(fs::read_to_string(rig.path("first.token")).unwrap().trim(), value);
    pty.send("\r");
    pty.wait_for_text("Tokens");

    pty.send("R");
    pty.wait_for_text("Search this directory");
    pty.send("\r");
    pty.wait_for_text("Enter rotate");
    pty.send("\r");
    pty.wait_for_text("only time you can see this secret token");
    pty.send("v");
    pty.wait_for("the successor's value", |screen| {
        reveal::value_in(&screen.contents()).is_some_and(|successor| successor != value)
    });
    save(&mut pty, "second.token");
    let successor = fs::read_to_string(rig.path("second.token")).unwrap();
    assert!(successor.starts_with("sk.") && successor.trim() != value);
    pty
}

/// Whether an escape sequence in these bytes chooses a colour, of the text or behind it.
fn chooses_a_colour(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.split("\x1b[").skip(1).any(|sequence| {
        let end = sequence.find(|c: char| c.is_ascii_alphabetic() || c == '~').unwrap_or(0);
        let is_style = sequence[end..].starts_with('m');
        let is_colour = |part: &str| {
            part.parse::<u8>().is_ok_and(|number| matches!(number, 30..=38 | 40..=48 | 90..=97 | 100..=107))
        };
        is_style && sequence[..end].split([';', ':']).any(is_colour)
    })
}

#[test]
fn without_colour_a_token_is_created_revealed_and_rotated() {
    let pty = create_reveal_and_rotate(&[("NO_COLOR", "1")], (120, 40));
    assert!(!chooses_a_colour(&pty.raw()), "{}", pty.text());
    // The check can fail.
    assert!(
        chooses_a_colour(b"\x1b[1;31mx")
            && chooses_a_colour(b"\x1b[38;5;9m")
            && !chooses_a_colour(b"\x1b[1;7mx\x1b[3A")
    );
}

#[test]
fn without_unicode_a_token_is_created_revealed_and_rotated() {
    let pty = create_reveal_and_rotate(&[("LANG", "C"), ("LC_ALL", "C")], (120, 40));
    assert!(pty.raw().is_ascii(), "{}", pty.text());
}

#[test]
fn at_60_by_16_a_token_is_created_revealed_and_rotated() {
    create_reveal_and_rotate(&[], (60, 16));
}

#[test]
fn with_all_of_it_at_once_a_token_is_created_revealed_and_rotated() {
    let pty = create_reveal_and_rotate(&[("NO_COLOR", "1"), ("LANG", "C"), ("LC_ALL", "C")], (60, 16));
    assert!(pty.raw().is_ascii() && !chooses_a_colour(&pty.raw()), "{}", pty.text());
}

/// What a screen reader is given: lines that end, and nothing that moves, redraws or is only there to look at.
fn assert_linear(pty: &Pty) {
    let raw = pty.raw();
    let text = String::from_utf8(raw.clone()).expect("text");
    let is_style =
        |sequence: &str| sequence.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m');
    assert!(
        text.split('\x1b').skip(1).all(|rest| rest.strip_prefix('[').is_some_and(is_style)),
        "nothing moves: {text:?}"
    );
    assert!(!text.replace("\r\n", "\n").contains('\r'), "no line is written over: {text:?}");
    let is_drawing = |c: char| ('\u{2500}'..='\u{259f}').contains(&c);
    assert!(!text.contains(is_drawing) && !text.contains("    "), "no frames and columns: {text:?}");
}

#[test]
fn with_a_screen_reader_a_token_is_created_by_answering_questions() {
    let rig = Rig::new();
    let mut pty = start(&rig, &["create", "--accessible", "--note", "CI", "--preset", "uploads"], &[], (80, 60));
    pty.wait_for_text("Destination (");
    pty.send("1\r");
    pty.wait_for_text("File:");
    pty.send("asked.token\r");
    assert_eq!(pty.end(), Ok(0), "{}", pty.text());
    assert!(fs::read_to_string(rig.path("asked.token")).unwrap().starts_with("sk."));
    assert!(!pty.text().contains("sk.ey"));
    assert_linear(&pty);
}

#[test]
fn with_a_screen_reader_a_value_is_revealed_on_a_line_of_its_own() {
    let rig = Rig::new();
    let words = ["create", "--accessible", "--note", "CI", "--preset", "uploads", "--reveal"];
    let pty = start(&rig, &words, &[], (200, 60));
    assert_eq!(pty.end(), Ok(0), "{}", pty.text());
    let text = pty.text();
    assert!(text.lines().any(|line| line.trim().starts_with("sk.ey") && !line.trim().contains(' ')), "{text}");
    assert_linear(&pty);
}

#[test]
fn with_a_screen_reader_a_token_is_rotated_after_its_plan_was_read() {
    let rig = Rig::new();
    let created = rig.run(&["create", "--note", "CI", "--preset", "uploads", "--to-env", ".env:TOKEN"]);
    assert!(created.status.success(), "{created:?}");
    let before = fs::read_to_string(rig.path(".env")).unwrap();
    let mut pty = start(&rig, &["rotate", "CI", "--accessible", "--to-env", ".env:TOKEN"], &[], (200, 60));
    pty.wait_for_text("[y/N]");
    pty.send("y\r");
    assert_eq!(pty.end(), Ok(0), "{}", pty.text());
    assert_ne!(fs::read_to_string(rig.path(".env")).unwrap(), before);
    assert_linear(&pty);
}
