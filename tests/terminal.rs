//! The real binary on a pseudo-terminal: what a person has in front of them, and what is left when it is over.
//!
//! How the edge behaves when the loop panics or gets stuck is tried in `edge`, which can be made to.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/pty.rs"]
#[expect(dead_code, reason = "shared with other test programs")]
mod pty;

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use portable_pty::CommandBuilder;
use pty::Pty;
use rustix::process::Signal;

/// `jeton demo`, with a home of its own and nothing of ours around it: no display, no tmux, no SSH.
fn demo(home: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_jeton"));
    command.arg("demo");
    at_home(&mut command, home);
    command
}

fn at_home(command: &mut CommandBuilder, home: &Path) {
    command.env_clear();
    for (name, value) in [("PATH", "/usr/bin:/bin"), ("TERM", "xterm-256color"), ("TZ", "UTC"), ("LANG", "C.UTF-8")] {
        command.env(name, value);
    }
    command.env("HOME", home);
    command.env("XDG_RUNTIME_DIR", home);
    command.cwd(home);
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Started, with the account on the screen.
fn open(home: &tempfile::TempDir) -> Pty {
    open_at(home, 120, 40)
}

fn open_at(home: &tempfile::TempDir, columns: u16, rows: u16) -> Pty {
    let pty = Pty::start(demo(home.path()), columns, rows);
    wait_for_list(&pty);
    pty
}

fn wait_for_list(pty: &Pty) {
    pty.wait_for("the list", |screen| {
        screen.contents().contains("as of") && screen.contents().contains("Checkout map")
    });
}

#[test]
fn the_account_appears_keys_move_and_quitting_gives_the_terminal_back() {
    let home = home();
    let mut pty = open(&home);
    assert!(pty.screen().alternate_screen() && pty.screen().bracketed_paste());
    pty.wait_for_text("▸ ★ Default public token");
    pty.send("j");
    pty.wait_for("the next row", |screen| !screen.contents().contains("▸ ★ Default public token"));
    pty.send("/kiosk\r");
    pty.wait_for_text("▸   Kiosk prototype");
    pty.send("\x1b");
    wait_for_list(&pty);
    pty.send("q");
    assert_eq!(pty.end(), Ok(0));
    pty.assert_given_back();
    assert_eq!(pty.text().trim(), "", "nothing is left on the main screen");
}

#[test]
fn control_c_is_a_way_out() {
    let home = home();
    let mut pty = open(&home);
    pty.send("\x03");
    assert_eq!(pty.end(), Ok(0));
    pty.assert_given_back();
}

#[test]
fn every_signal_that_asks_for_the_end_gives_the_terminal_back() {
    let home = home();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129), (Signal::QUIT, 131)] {
        let pty = open(&home);
        pty.signal(signal);
        assert_eq!(pty.end(), Ok(code), "{signal:?}");
        pty.assert_given_back();
    }
}

#[test]
fn a_closed_terminal_ends_it_within_a_second() {
    let home = home();
    let mut pty = open(&home);
    let closed = pty.hang_up("j");
    assert_eq!(pty.end(), Ok(129));
    assert!(closed.elapsed() < Duration::from_secs(1), "{:?}", closed.elapsed());
}

#[test]
fn without_a_terminal_it_says_so_and_touches_nothing() {
    let home = home();
    let output =
        std::process::Command::new(env!("CARGO_BIN_EXE_jeton")).arg("demo").current_dir(&home).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("needs a terminal"), "{said}");

    let mut command = demo(home.path());
    command.env("TERM", "dumb");
    let pty = Pty::start_as_is(command, 80, 24);
    assert_eq!(pty.end(), Ok(1));
    assert!(pty.text().contains("TERM=dumb"), "{}", pty.text());
    assert!(!pty.raw().contains(&0x1b), "no sequence was sent");
}

#[test]
fn without_colours_the_selection_is_still_seen() {
    let home = home();
    let mut command = demo(home.path());
    command.env("NO_COLOR", "1");
    let mut pty = Pty::start(command, 120, 40);
    wait_for_list(&pty);
    pty.send("jj");
    pty.wait_for("a reversed row", |screen| {
        let (rows, columns) = screen.size();
        let is_reversed = |row, column| screen.cell(row, column).is_some_and(vt100::Cell::inverse);
        (0..rows.get()).any(|row| (0..columns.get()).filter(|column| is_reversed(row, *column)).count() > 40)
    });
    pty.send("?");
    pty.wait_for_text("Keys");
    pty.send("\x1b");
    pty.wait_for("the list alone", |screen| !screen.contents().contains("Keys"));
    pty.send("q");
    assert_eq!(pty.end(), Ok(0));
    let raw = String::from_utf8(pty.raw()).unwrap();
    for sequence in raw.split("\x1b[").skip(1) {
        let parameters = sequence.split(|c: char| !c.is_ascii_digit() && c != ';').next().unwrap();
        let is_style = sequence.chars().nth(parameters.len()) == Some('m');
        // 39 and 49 are the terminal's own colours.
        let is_colour = |code: &str| matches!(code.parse(), Ok(30..=38 | 40..=48 | 90..=107));
        assert!(!is_style || !parameters.split(';').any(is_colour), "a colour: {parameters}");
    }
}

#[test]
fn control_z_gives_the_shell_its_terminal_and_fg_brings_the_dashboard_back() {
    let home = home();
    let mut shell = CommandBuilder::new("/bin/sh");
    shell.args(["-i", "+o", "emacs"]);
    at_home(&mut shell, home.path());
    shell.env("PS1", "prompt> ");
    let mut pty = Pty::start(shell, 100, 30);
    let at_prompt = |screen: &vt100::Screen| !screen.alternate_screen() && screen.contents().ends_with("prompt> ");
    pty.wait_for("the shell", at_prompt);
    pty.send(format!("{} demo\n", env!("CARGO_BIN_EXE_jeton")));
    wait_for_list(&pty);
    pty.send("\x1a");
    pty.wait_for("the shell", at_prompt);
    assert!(!pty.screen().hide_cursor() && !pty.screen().bracketed_paste());
    pty.send("fg\n");
    wait_for_list(&pty);
    pty.wait_for("all of it", |screen| screen.alternate_screen() && screen.bracketed_paste());
    pty.send("q");
    pty.wait_for("the shell", at_prompt);
    pty.send("exit\n");
    pty.end().unwrap();
    pty.assert_given_back();
}

#[test]
fn a_paste_goes_into_the_field_and_presses_nothing() {
    let home = home();
    let mut pty = open(&home);
    pty.send("n");
    pty.wait_for_text("New token");
    pty.send("\x1b[200~Pasted\r\nname\x1b[201~");
    pty.wait_for_text("Pasted name");
    assert!(pty.text().contains("New token"), "the form is still open: {}", pty.text());
    pty.signal(Signal::TERM);
    assert_eq!(pty.end(), Ok(143));
    pty.assert_given_back();
}

#[test]
fn every_size_is_drawn_and_too_small_ones_say_so() {
    let home = home();
    let mut pty = open_at(&home, 60, 16);
    for (columns, rows) in [(200, 60), (1, 1), (40, 10), (3, 50), (250, 2)] {
        pty.resize(columns, rows);
    }
    pty.resize(30, 8);
    pty.wait_for_text("jeton needs");
    pty.resize(80, 24);
    wait_for_list(&pty);
    pty.send("n");
    pty.wait_for_text("New token");
    pty.resize(20, 5);
    pty.wait_for_text("jeton needs");
    pty.resize(80, 24);
    pty.wait_for_text("New token");
    pty.send("\x1bq");
    pty.signal(Signal::TERM);
    pty.end().unwrap();
    pty.assert_given_back();
}

#[test]
fn a_secret_is_seen_once_stored_by_the_person_and_then_nowhere() {
    let home = home();
    let mut pty = open(&home);
    pty.send("n");
    pty.wait_for_text("New token");
    pty.send("Nightly tiles\t\t/");
    pty.send("tilesets:write\r ");
    pty.wait_for_text("a secret token (sk)");
    pty.send("\x13");
    pty.wait_for_text("only time this secret token can be seen");
    let kept = |pty: &Pty| String::from_utf8_lossy(&pty.raw()).into_owned();
    assert!(pty.text().contains("••••"), "masked at first");

    // Nothing around it but the terminal, which is sent the value and cannot be asked.
    pty.send("y");
    pty.wait_for_text("cannot be checked");
    pty.send("v");
    pty.wait_for("the value", |screen| value_in(screen).is_some());
    let value = value_in(&pty.screen()).unwrap();
    let sequence = format!("\x1b]52;c;{}\x07", STANDARD.encode(&value));
    assert!(kept(&pty).contains(&sequence), "the copy was sent by OSC 52");

    pty.send("w");
    pty.wait_for_text("nightly-tiles.token");
    pty.send("\r");
    pty.wait_for_text("which only you can read");
    let file = home.path().join("nightly-tiles.token");
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{value}\n"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let dismissed = pty.raw().len();
    pty.send("\r");
    pty.wait_for_text("not in jeton any more");
    // Up and down through everything there is to see.
    pty.send("jkG\rGg?");
    pty.wait_for_text("Keys");
    pty.send("\x1b");
    pty.wait_for("the list alone", |screen| !screen.contents().contains("Keys"));
    let drawn = pty.raw().len();
    pty.send("\x0c");
    pty.wait_for_bytes("everything drawn again", |raw| raw[drawn..].windows(4).any(|bytes| bytes == b"\x1b[2J"));
    pty.send("\x03");
    assert_eq!(pty.end(), Ok(0));
    pty.assert_given_back();

    let after = String::from_utf8_lossy(&pty.raw()[dismissed..]).into_owned();
    let (_, signature) = value.rsplit_once('.').unwrap();
    for trace in [value.as_str(), signature, &STANDARD.encode(&value)] {
        assert!(!after.contains(trace), "after the reveal the terminal was sent {trace}");
        assert!(!pty.everything_on_screen().contains(trace), "in the scrollback");
    }
}

/// A secret token's value standing on a line of its own.
fn value_in(screen: &vt100::Screen) -> Option<String> {
    let text = screen.contents();
    let value = text.lines().map(str::trim).find(|line| line.starts_with("sk.eyJ") && !line.contains('•'))?;
    Some(value.to_owned())
}
