//! The real binary on a pseudo-terminal: what a person has in front of them, and what is left when it is over.
//!
//! How the edge behaves when the loop panics or gets stuck is tried in `edge`, which can be made to.

#![cfg(unix)]
use crate::support::{reveal, rig};
use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use crate::support::pty::Pty;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jeton::dashboard::{
    screen::Screen as _,
    terminal::{self, Terminal},
};
use portable_pty::CommandBuilder;
use rustix::process::Signal;

/// Tells the test binary that it is the child that panics.
const ROLE: &str = "JETON_TEST_PANIC";

/// `jeton demo`, with a home of its own and nothing of ours around it: no display, no tmux, no SSH.
fn demo(home: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(rig::program());
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

/// A shell on a terminal, at its prompt.
fn shell(home: &Path) -> Pty {
    let mut shell = CommandBuilder::new("/bin/sh");
    // Without line editing, for which some shells set modes of their own.
    shell.args(["-i", "+o", "emacs"]);
    at_home(&mut shell, home);
    shell.env("PS1", "prompt> ");
    let pty = Pty::start(shell, 100, 30);
    pty.wait_for("the shell", at_prompt);
    pty
}

fn at_prompt(screen: &vt100::Screen) -> bool {
    !screen.alternate_screen() && screen.contents().ends_with("prompt> ")
}

fn leave_shell(mut pty: Pty) -> Pty {
    pty.wait_for("the shell", at_prompt);
    pty.send("exit\n");
    pty.end().unwrap();
    pty
}

/// The child's side of a panic; does nothing in the parent.
#[test]
fn the_program_that_panics() {
    if std::env::var_os(ROLE).is_some() {
        terminal::install_panic_hook();
        let mut terminal = Terminal::enter().unwrap();
        terminal.set_mouse(true).unwrap();
        terminal.draw(|frame| frame.render_widget("drawn", frame.area())).unwrap();
        panic!("asked to");
    }
}

/// The ways to end, each with the terminal it happened on. The program is to have had the time to set every mode it sets.
type Ending = (&'static str, fn(&tempfile::TempDir) -> Pty);

fn quit_by(home: &tempfile::TempDir, keys: &str) -> Pty {
    let mut pty = open(home);
    pty.send(keys);
    assert_eq!(pty.end(), Ok(0));
    pty
}

fn ended_by(home: &tempfile::TempDir, signal: Signal, code: u32) -> Pty {
    let pty = open(home);
    pty.signal(signal);
    assert_eq!(pty.end(), Ok(code), "{signal:?}");
    pty
}

const ENDINGS: [Ending; 12] = [
    ("q", |home| quit_by(home, "q")),
    ("Ctrl-C", |home| quit_by(home, "\x03")),
    ("SIGINT", |home| ended_by(home, Signal::INT, 130)),
    ("SIGTERM", |home| ended_by(home, Signal::TERM, 143)),
    ("SIGHUP", |home| ended_by(home, Signal::HUP, 129)),
    ("SIGQUIT", |home| ended_by(home, Signal::QUIT, 131)),
    ("Ctrl-Z, fg, q", |home| {
        let mut pty = shell(home.path());
        pty.send(format!("{} demo\n", rig::program().display()));
        wait_for_list(&pty);
        pty.send("\x1a");
        pty.wait_for("the shell", at_prompt);
        pty.send("fg\n");
        wait_for_list(&pty);
        pty.send("q");
        leave_shell(pty)
    }),
    ("an error at the start", |home| {
        let mut command = demo(home.path());
        command.env("TERM", "dumb");
        let pty = Pty::start_as_is(command, 80, 24);
        assert_eq!(pty.end(), Ok(1));
        pty
    }),
    ("output into a closed pipe", |home| {
        let mut pty = shell(home.path());
        pty.send(format!("{} demo | true\n", rig::program().display()));
        pty.wait_for_text("needs a terminal");
        leave_shell(pty)
    }),
    ("Ctrl-C while the server is silent", |home| {
        // Takes connections, and never says a word.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut command = CommandBuilder::new(rig::program());
        at_home(&mut command, home.path());
        command.env("MAPBOX_API_ENDPOINT", format!("http://{}", silent.local_addr().unwrap()));
        command.env("MAPBOX_ACCESS_TOKEN", "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZmFrZSJ9.fakefakefakefakefakefa");
        command.env("MAPBOX_USERNAME", "ada");
        let mut pty = Pty::start(command, 100, 30);
        pty.wait_for_text("loading");
        pty.send("\x03");
        assert_eq!(pty.end(), Ok(0));
        pty
    }),
    ("a panic", |_| {
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--exact", "terminal::the_program_that_panics", "--nocapture"]);
        command.env(ROLE, "1");
        let pty = Pty::start(command, 80, 24);
        assert_eq!(pty.end(), Ok(101));
        pty
    }),
    ("twice on one terminal", |home| {
        let mut pty = shell(home.path());
        for _ in 0..2 {
            pty.send(format!("{} demo\n", rig::program().display()));
            wait_for_list(&pty);
            pty.send("q");
            pty.wait_for("the shell", at_prompt);
        }
        leave_shell(pty)
    }),
];

#[test]
fn however_it_ends_the_terminal_is_as_it_was() {
    for (ending, run) in ENDINGS {
        let home = home();
        let pty = run(&home);
        println!("after {ending}");
        pty.assert_given_back();
        let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
        // The stack of keyboard modes: pushed and popped.
        assert_eq!(raw.matches("\x1b[>").count(), raw.matches("\x1b[<").count(), "{ending}");
    }
    rig::record(
        "T5",
        "line settings and modes (screen, paste, mouse, focus, cursor, keyboard) left behind, by kinds of ending",
        "0",
        &format!("0 of {} kinds", ENDINGS.len()),
    );
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
    let output = std::process::Command::new(rig::program()).arg("demo").current_dir(&home).output().unwrap();
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
    let mut pty = shell(home.path());
    pty.send(format!("{} demo\n", rig::program().display()));
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
    pty.wait_for_text("Create token");
    pty.send("\x1b[200~Pasted\r\nname\x1b[201~");
    pty.wait_for_text("Pasted name");
    assert!(pty.text().contains("Create token"), "the form is still open: {}", pty.text());
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
    pty.wait_for_text("Window too small");
    pty.resize(80, 24);
    wait_for_list(&pty);
    pty.send("n");
    pty.wait_for_text("Create token");
    pty.resize(20, 5);
    pty.wait_for_text("Window too small");
    pty.resize(80, 24);
    pty.wait_for_text("Create token");
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
    pty.wait_for_text("Create token");
    pty.send("Nightly tiles\t/");
    pty.send("tilesets:write\r ");
    pty.wait_for_text("a secret token (sk)");
    pty.send("\x13");
    pty.wait_for_text("only time you can see this secret token");
    let kept = |pty: &Pty| String::from_utf8_lossy(&pty.raw()).into_owned();
    assert!(pty.text().contains("••••"), "masked at first");

    // Nothing around it but the terminal, which is sent the value and cannot be asked.
    pty.send("y");
    pty.wait_for_text("can't confirm");
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
    pty.wait_for_text("jeton no longer holds");
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

#[test]
fn a_demo_that_is_killed_leaves_nothing_among_the_records_of_real_accounts() {
    let rig = rig::Rig::new();
    let mut command = demo(rig.home.path());
    command.env("JETON_STATE_DIR", rig.state());
    command.env("JETON_ESCROW", "file");
    let mut pty = Pty::start(command, 120, 40);
    wait_for_list(&pty);
    pty.send("nCI\t/uploads:write\r \x13");
    pty.wait_for_text("only time you can see this secret token");
    let records = |below: &str| fs::read_dir(rig.state().join(below)).map_or(0, Iterator::count);
    assert_eq!((records("demo/intents"), records("intents")), (1, 0), "it is on record, and apart");
    pty.signal(Signal::KILL);
    pty.end().unwrap_err();
    assert_eq!(rig.recover(), Vec::<serde_json::Value>::new());
    assert_eq!(records("demo/intents"), 1);
}

/// A secret token's value standing on a line of its own.
fn value_in(screen: &vt100::Screen) -> Option<String> {
    reveal::value_in(&screen.contents())
}

#[test]
fn the_configuration_file_decides_on_keys_and_colours_and_a_mistake_in_it_keeps_nobody_out() {
    let home = home();
    let folder = home.path().join(".config/jeton");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("config.toml");
    fs::write(&file, "theme = \"dark\"\n[keys.tokens]\ncreate = [\"N\"]\n").unwrap();
    let mut pty = open(&home);
    assert!(pty.screen().contents().contains("N new"), "the footer knows: {}", pty.screen().contents());
    let has_own_colours = (0..120).any(|column| {
        let cell = pty.screen().cell(1, column).map(vt100::Cell::fgcolor);
        matches!(cell, Some(vt100::Color::Rgb(..)))
    });
    assert!(has_own_colours, "the frame is drawn in the theme's own colours");
    pty.send("N");
    pty.wait_for_text("Create token");
    pty.send("\u{1b}");
    pty.wait_for("the form is gone", |screen| !screen.contents().contains("Create token"));
    pty.send("q");
    pty.end().unwrap();

    fs::write(&file, "[keys.tokens]\ncreate = [\"d\"]\n").unwrap();
    let mut pty = open(&home);
    pty.wait_for_text("Ignored");
    pty.send("n");
    pty.wait_for_text("Create token");
    pty.signal(Signal::TERM);
    pty.end().unwrap();
}

#[test]
fn an_editor_gets_the_terminal_with_all_its_keys_and_the_dashboard_comes_back() {
    let home = home();
    let token = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZjNrMmFiYzAwMDEwOGw0ZTVmNmc3aDgifQ.Zq3-_xW7vB1nM5kL9pT2sA";
    fs::write(home.path().join("app.conf"), format!("one\nTOKEN={token}\n")).unwrap();
    let editor = home.path().join("editor");
    let script =
        "#!/bin/sh\ntrap 'echo INTERRUPTED' INT\necho \"EDITING $*\"\nread line || read line\necho \"$line\" > typed\n";
    fs::write(&editor, script).unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = demo(home.path());
    command.env("EDITOR", &editor);
    let mut pty = Pty::start(command, 120, 40);
    wait_for_list(&pty);
    pty.send("Ps");
    pty.wait_for_text("app.conf:2:7");
    pty.send("jj\r");
    pty.wait_for_text("EDITING +2");
    assert!(!pty.screen().alternate_screen() && !pty.screen().bracketed_paste());
    // A key that is a signal is the editor's, too.
    pty.send("\x03");
    pty.wait_for_text("INTERRUPTED");
    pty.send("quit\r");
    pty.wait_for("the dashboard", |screen| screen.alternate_screen() && screen.contents().contains("app.conf:2:7"));
    assert_eq!(fs::read_to_string(home.path().join("typed")).unwrap(), "quit\n");
    pty.send("h");
    wait_for_list(&pty);
    pty.send("q");
    assert_eq!(pty.end(), Ok(0));
    pty.assert_given_back();
}
