//! The README's screens: drawn by the real program on a pseudo-terminal, read from the emulator, written as SVG.
//!
//! `JETON_BLESS=1 cargo test screens::` writes them anew; without it the test fails when they are not what the program
//! shows. The demo account is made for a fixed moment; what still differs between two runs (the port, the time of
//! loading, the end of a new token) is replaced by something of the same width.
#![cfg(unix)]
use crate::support::svg;
use std::{fs, path::Path};

use crate::support::pty::Pty;
use portable_pty::CommandBuilder;

const COLUMNS: u16 = 112;
const ROWS: u16 = 32;

/// The moment the demo account is made for.
const NOW: &str = "2026-11-20T09:41:00Z";

/// A step towards a screen: keys to press, then words to wait for.
type Step = (&'static str, &'static str);

/// The screens: their files and the ways there from the list.
const SCREENS: &[(&str, &[Step])] = &[
    ("tokens", &[("jj", "▸   Checkout map")]),
    ("create", &[("n", "Create token"), ("Nightly tiles\t/tilesets:write\r ", "a secret token (sk)")]),
    (
        "reveal",
        &[
            ("n", "Create token"),
            ("Nightly tiles\t/tilesets:write\r ", "a secret token (sk)"),
            ("\x13", "only time you can see this secret token"),
        ],
    ),
    ("urls", &[("jj", "▸   Checkout map"), ("u", "llowed URLs")]),
    ("help", &[("?", " Keys ")]),
];

#[test]
fn the_readmes_screens_are_what_the_program_shows() {
    let bless = std::env::var_os("JETON_BLESS").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screens");
    let mut stale = Vec::new();
    for (name, steps) in SCREENS {
        let svg = svg::draw(&screen_after(steps), steady);
        let path = folder.join(format!("{name}.svg"));
        if bless {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, svg).unwrap();
        } else if fs::read_to_string(&path).ok().as_deref() != Some(&svg) {
            stale.push(*name);
        }
    }
    assert!(stale.is_empty(), "not what the program shows: {stale:?}; run JETON_BLESS=1 cargo test screens::");
}

fn screen_after(steps: &[Step]) -> vt100::Screen {
    let home = tempfile::tempdir().unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_jeton"));
    command.args(["demo", "--seed", "1", "--now", NOW]);
    command.env_clear();
    command.env("HOME", home.path());
    command.env("LANG", "C.UTF-8");
    command.env("TZ", "UTC");
    let mut pty = Pty::start(command, COLUMNS, ROWS);
    pty.wait_for("the list", |screen| screen.contents().contains("as of"));
    for (keys, words) in steps {
        pty.send(keys);
        pty.wait_for_text(words);
    }
    // The scopes for a form and the usage of a token come later than what they are shown in.
    pty.wait_for("nothing under way", |screen| !screen.contents().contains("loading"));
    let screen = pty.screen();
    pty.signal(rustix::process::Signal::TERM);
    pty.end().unwrap();
    screen
}

/// The cells of a line with what differs from run to run replaced, cell by cell. The backup's time runs by the real clock.
fn steady(cells: &mut [String]) {
    for (before, after) in [("127.0.0.1:", "40000"), ("as of ", "09:41"), ("kernel keyring, ", "14:59 left   ")] {
        if let Some(at) = find(cells, before) {
            for (offset, c) in after.chars().enumerate() {
                cells[at + before.len() + offset] = c.to_string();
            }
        }
    }
}

fn find(cells: &[String], text: &str) -> Option<usize> {
    let wanted: Vec<String> = text.chars().map(String::from).collect();
    cells.windows(wanted.len()).position(|window| window == wanted)
}
