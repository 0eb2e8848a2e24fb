//! The guided tour, from beginning to end, on a pseudo-terminal: as a person walks through it, and by itself.
//!
//! `JETON_BLESS=1 cargo test tour::` also makes the README's animated picture from it.
#![cfg(unix)]
use std::{fs, path::Path};

use portable_pty::CommandBuilder;
use tempfile::TempDir;

use crate::support::{pty::Pty, svg};

/// A tour at full speed, and the home of the person who takes it.
fn tour(arguments: &[&str], columns: u16, rows: u16) -> (Pty, TempDir) {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("tmp")).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_jeton"));
    command.args(["demo", "--tour", "--pace", "0"]);
    command.args(arguments);
    command.env_clear();
    command.env("HOME", home.path());
    command.env("TMPDIR", home.path().join("tmp"));
    command.env("LANG", "C.UTF-8");
    command.env("TZ", "UTC");
    (Pty::start(command, columns, rows), home)
}

/// Waits until everything of a step has happened and the tour waits for the person; how many steps there are.
fn wait_for_step(pty: &Pty, step: usize) -> usize {
    let number = |line: &str| {
        let (at, rest) = line.trim_start_matches(['─', '-', ' ']).split_once(" of ")?;
        (at.parse() == Ok(step)).then(|| rest.split(' ').next()?.parse::<usize>().ok())?
    };
    let mut steps = 0;
    pty.wait_for(&format!("step {step}"), |screen| {
        let text = screen.contents();
        steps = text.lines().find_map(number).unwrap_or_default();
        steps > 0 && (text.contains("Space next") || text.contains("Space close"))
    });
    steps
}

fn assert_nothing_left(home: &TempDir) {
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["tmp"], "nothing in the person's home");
    assert_eq!(fs::read_dir(home.path().join("tmp")).unwrap().count(), 0, "and the tour's own files are gone");
}

#[test]
fn a_person_walks_through_the_tour_and_sees_a_crash_a_recovery_and_a_rotation() {
    let (mut pty, home) = tour(&[], 104, 30);
    let steps = wait_for_step(&pty, 1);
    let mut frames = vec![pty.screen()];
    for step in 2..=steps {
        pty.send(" ");
        wait_for_step(&pty, step);
        frames.push(pty.screen());
    }
    let shown = |text: &str| frames.iter().position(|frame| frame.contents().contains(text));
    let story = [
        "Create token",
        "NOT SAVED",
        "Not saved yet",
        "Unfinished",
        "saved as",
        "Allowed by",
        "Refused",
        "The old token is deleted",
    ];
    let places: Vec<_> =
        story.iter().map(|text| shown(text).unwrap_or_else(|| panic!("no step shows {text:?}"))).collect();
    assert!(places.is_sorted(), "in this order: {story:?} {places:?}");
    pty.send(" ");
    assert_eq!(pty.end(), Ok(0));
    pty.assert_given_back();
    assert_nothing_left(&home);
    if std::env::var_os("JETON_BLESS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screens/tour.svg");
        fs::write(path, svg::animate(&frames, 4)).unwrap();
    }
}

#[test]
fn the_tour_runs_unattended_in_the_smallest_terminal_it_takes_without_colour_or_unicode() {
    let (pty, home) = tour(&["--auto"], 80, 24);
    assert_eq!(pty.end(), Ok(0), "{}", pty.text());
    pty.assert_given_back();
    assert_nothing_left(&home);
}

#[test]
fn the_tour_goes_back_starts_again_and_skips_a_chapter() {
    let (mut pty, home) = tour(&[], 100, 30);
    wait_for_step(&pty, 1);
    pty.send("s");
    wait_for_step(&pty, 2);
    pty.send("s");
    wait_for_step(&pty, 4);
    pty.send("b");
    wait_for_step(&pty, 3);
    pty.send("R");
    wait_for_step(&pty, 1);
    pty.send("q");
    assert_eq!(pty.end(), Ok(0));
    assert_nothing_left(&home);
}

#[test]
fn a_terminal_that_is_too_small_is_told_what_the_tour_needs() {
    let (pty, _home) = tour(&[], 60, 16);
    assert_eq!(pty.end(), Ok(1));
    assert!(pty.text().contains("at least 80x24"), "{}", pty.text());
}
