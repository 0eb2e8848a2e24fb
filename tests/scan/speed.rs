//! How fast a scan is beside the tools that read the same bytes and look at less of them. Measured when figures are, of the release build.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::generator::Rng;
use crate::support::rig::{is_installed, is_measuring, program, record};

const ROUNDS: usize = 7;

/// The middle of some rounds in turns: ours, the other's.
fn compare(mut ours: Command, mut other: Command) -> (Duration, Duration) {
    let time = |command: &mut Command| {
        let start = Instant::now();
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        start.elapsed()
    };
    let mut rounds: Vec<_> = (0..=ROUNDS).map(|_| (time(&mut ours), time(&mut other))).skip(1).collect();
    rounds.sort_by_key(|(ours, _)| *ours);
    let middle = rounds[ROUNDS / 2].0;
    rounds.sort_by_key(|(_, other)| *other);
    (middle, rounds[ROUNDS / 2].1)
}

fn words((ours, other): (Duration, Duration), name: &str) -> String {
    let ratio = other.as_secs_f64() / ours.as_secs_f64();
    format!("{ratio:.2} × ({} ms, {name} {} ms)", ours.as_millis(), other.as_millis())
}

fn jeton(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(program());
    command.arg("scan").args(arguments).args(["--offline", "--quiet"]).current_dir(folder);
    command
}

#[test]
fn files_are_scanned_about_as_fast_as_ripgrep_searches_them() {
    if !is_measuring() || !is_installed("rg") {
        return;
    }
    // Other people's code, as every machine that builds this has it.
    let cargo = std::env::var_os("CARGO_HOME")
        .map_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"), PathBuf::from);
    let sources = cargo.join("registry/src");
    let mut rg = Command::new("rg");
    rg.args(["-uuu", "-c", r"pk\.ey"]).current_dir(&sources);
    let times = compare(jeton(&["--all"], &sources), rg);
    record(
        "R6",
        "scan of the sources of all crates used, `--all`, beside `rg -uuu -c 'pk\\.ey'`",
        "≥ 0.5 ×",
        &words(times, "rg"),
    );
}

#[test]
fn history_is_scanned_about_as_fast_as_git_prints_it() {
    if !is_measuring() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    repository(dir.path());
    let mut git = Command::new("git");
    git.args(["cat-file", "--batch", "--batch-all-objects"]).current_dir(dir.path());
    let times = compare(jeton(&["--history"], dir.path()), git);
    record(
        "R7",
        "scan of a history of 4,000 commits, 50,000 objects, beside `git cat-file --batch --batch-all-objects` into nothing",
        "≥ 0.6 ×",
        &words(times, "git"),
    );
}

/// A repository with 4,000 commits of three files each, out of 1,500 in some depth.
fn repository(path: &Path) {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(path);
        git
    };
    assert!(git(&["init", "-q"]).status().unwrap().success());
    let mut import = git(&["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = std::io::BufWriter::new(import.stdin.take().unwrap());
    let mut rng = Rng::new(7);
    let mut files: Vec<Vec<String>> =
        (0..1500).map(|file| (0..150).map(|_| format!("line {} of {file}\n", rng.next())).collect()).collect();
    for commit in 0..4000 {
        let changed: Vec<usize> =
            if commit == 0 { (0..1500).collect() } else { (0..3).map(|_| rng.below(1500)).collect() };
        let time = 1_600_000_000 + commit * 60;
        write!(
            input,
            "commit refs/heads/main\nmark :{}\ncommitter A <a@b.example> {time} +0000\ndata 4\nmsg\n",
            commit + 1
        )
        .unwrap();
        if commit > 0 {
            writeln!(input, "from :{commit}").unwrap();
        }
        for file in changed {
            let line = rng.below(150);
            files[file][line] = format!("changed {} in {commit}\n", rng.next());
            let text = files[file].concat();
            write!(input, "M 100644 inline src/m{}/d{}/f{file}.rs\ndata {}\n{text}\n", file % 40, file % 7, text.len())
                .unwrap();
        }
    }
    drop(input);
    assert!(import.wait().unwrap().success());
    assert!(git(&["gc", "-q"]).status().unwrap().success());
}
