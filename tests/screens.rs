//! The README's screens: drawn by the real program on a pseudo-terminal, read from the emulator, written as SVG.
//!
//! `JETON_BLESS=1 cargo test --test screens` writes them anew; without it the test fails when they are not what the program
//! shows. The demo account is made for a fixed moment; what still differs between two runs (the port, the time of
//! loading, the end of a new token) is replaced by something of the same width.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/pty.rs"]
#[expect(dead_code, reason = "shared with other test programs")]
mod pty;

use std::{fmt::Write as _, fs, path::Path};

use anstyle::{Color, RgbColor};
use portable_pty::CommandBuilder;
use pty::Pty;

const COLUMNS: u16 = 112;
const ROWS: u16 = 32;

/// The moment the demo account is made for.
const NOW: &str = "2026-11-20T09:41:00Z";

/// A screen of the README: its file and how to get there from the list, as keys to press and words to wait for.
const SCREENS: &[(&str, &[(&str, &str)])] = &[
    ("tokens", &[("jjj", "▸   Checkout map")]),
    (
        "create",
        &[
            ("n", "New token"),
            ("Nightly tiles", "Nightly tiles"),
            ("\t\t/", "/"),
            ("tilesets:write\r ", "a secret token (sk)"),
        ],
    ),
    (
        "reveal",
        &[
            ("n", "New token"),
            ("Nightly tiles\t\t/tilesets:write\r ", "a secret token (sk)"),
            ("\x13", "only time this secret token can be seen"),
        ],
    ),
    ("urls", &[("jjj", "▸   Checkout map"), ("u", "llowed URLs")]),
    ("help", &[("?", "Keys")]),
];

#[test]
fn the_readmes_screens_are_what_the_program_shows() {
    let bless = std::env::var_os("JETON_BLESS").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screens");
    let mut stale = Vec::new();
    for (name, steps) in SCREENS {
        let svg = svg(&screen_after(steps));
        let path = folder.join(format!("{name}.svg"));
        if bless {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, svg).unwrap();
        } else if fs::read_to_string(&path).ok().as_deref() != Some(&svg) {
            stale.push(*name);
        }
    }
    assert!(stale.is_empty(), "not what the program shows: {stale:?}; run JETON_BLESS=1 cargo test --test screens");
}

fn screen_after(steps: &[(&str, &str)]) -> vt100::Screen {
    let home = tempfile::tempdir().unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_jeton"));
    command.args(["demo", "--seed", "1", "--now", NOW]);
    command.env_clear();
    command.env("HOME", home.path());
    command.env("LANG", "C.UTF-8");
    command.env("TZ", "UTC");
    let mut pty = Pty::start(command, COLUMNS, ROWS);
    let settled = |screen: &vt100::Screen| screen.contents().contains("as of");
    pty.wait_for("the list", settled);
    for (keys, words) in steps {
        pty.send(keys);
        pty.wait_for_text(words);
    }
    // What is loaded for a form (the scopes) has arrived when nothing spins in the header any more.
    pty.wait_for("nothing under way", |screen| settled(screen) || screen.contents().contains("only time"));
    let screen = pty.screen();
    pty.signal(rustix::process::Signal::TERM);
    pty.end().unwrap();
    screen
}

/// The screen as terminal output again, which is what the SVG is made of.
fn ansi(screen: &vt100::Screen) -> String {
    let mut text = String::new();
    for row in 0..ROWS {
        let line: Vec<&vt100::Cell> = (0..COLUMNS).filter_map(|column| screen.cell(row, column)).collect();
        let glyphs = steady(line.iter().map(|cell| cell.contents().to_owned()).collect());
        for (cell, glyph) in line.iter().zip(glyphs) {
            if cell.is_wide_continuation() {
                continue;
            }
            let glyph = if glyph.is_empty() { " " } else { &glyph };
            write!(text, "\x1b[0{}m{glyph}", style(cell)).unwrap();
        }
        text.push_str("\x1b[0m\n");
    }
    text
}

fn style(cell: &vt100::Cell) -> String {
    let mut style = String::new();
    for (is_set, code) in
        [(cell.bold(), 1), (cell.dim(), 2), (cell.italic(), 3), (cell.underline(), 4), (cell.inverse(), 7)]
    {
        if is_set {
            write!(style, ";{code}").unwrap();
        }
    }
    for (colour, base) in [(cell.fgcolor(), 38), (cell.bgcolor(), 48)] {
        match colour {
            vt100::Color::Default => {}
            vt100::Color::Idx(index) => write!(style, ";{base};5;{index}").unwrap(),
            vt100::Color::Rgb(r, g, b) => write!(style, ";{base};2;{r};{g};{b}").unwrap(),
        }
    }
    style
}

/// The cells of a line with what differs from run to run replaced, cell by cell.
fn steady(mut cells: Vec<String>) -> Vec<String> {
    for (before, after) in [("127.0.0.1:", "40000"), ("as of ", "09:41")] {
        if let Some(at) = find(&cells, before) {
            for (offset, c) in after.chars().enumerate() {
                cells[at + before.len() + offset] = c.to_string();
            }
        }
    }
    if let (Some(_), Some(last)) = (find(&cells, "sk.eyJ"), cells.iter().rposition(|cell| cell == "•")) {
        for (offset, c) in "kefa".chars().enumerate() {
            cells[last + 1 + offset] = c.to_string();
        }
    }
    cells
}

fn find(cells: &[String], text: &str) -> Option<usize> {
    let wanted: Vec<String> = text.chars().map(String::from).collect();
    cells.windows(wanted.len()).position(|window| window == wanted)
}

fn svg(screen: &vt100::Screen) -> String {
    let dark = Color::Rgb(RgbColor(0x16, 0x19, 0x1f));
    let light = Color::Rgb(RgbColor(0xd8, 0xdc, 0xe4));
    anstyle_svg::Term::new().bg_color(dark).fg_color(light).render_svg(ansi(screen).trim_end())
}
