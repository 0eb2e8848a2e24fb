//! R3: the process killed at every failpoint of a rotation over 200 files. Needs `--features failpoints`.

use std::{collections::BTreeMap, fs, path::PathBuf, process::Output, sync::Mutex, thread};

use super::{
    project::{PUBLIC, Project, SECRET},
    rig::{Rig, is_measuring, record, text},
};

const SOURCES: usize = 200;

const ALL: [&str; 8] = ["ci-uploads", "--scan", ".", "--write", "--to-env", ".env:MAPBOX_TOKEN", "--grace", "0s"];

fn killed(project: &Project, arguments: &[&str], at: Option<usize>) -> (Output, Vec<String>) {
    let log = project.rig.path("failpoints");
    drop(fs::remove_file(&log));
    let mut command = project.command(arguments);
    command.env("JETON_FAILPOINT_LOG", &log);
    if let Some(at) = at {
        command.env("JETON_FAILPOINT", format!("{at}:kill"));
    }
    let output = command.output().unwrap();
    (output, fs::read_to_string(log).unwrap_or_default().lines().map(str::to_owned).collect())
}

type Files = BTreeMap<PathBuf, (u32, Vec<u8>)>;

/// Whether every file is what it was, or that with another token of the same length in the same places.
fn half_written(before: &Files, now: &Files) -> usize {
    let is_same_but_tokens = |old: &[u8], new: &[u8]| old.len() == new.len();
    before
        .iter()
        .filter(|(path, (_, old))| !now.get(*path).is_some_and(|(_, new)| is_same_but_tokens(old, new)))
        .count()
}

#[derive(Default)]
struct Sums {
    runs: usize,
    half_written: usize,
    without_valid: usize,
    resumed: usize,
    undone: usize,
    orphans: usize,
    told_to_wait: usize,
}

/// Kills one rotation, then resumes it or takes it back.
fn try_one(arguments: &[&str], at: usize, undo: bool, sums: &Mutex<Sums>) -> Option<String> {
    let project = Project::new(Rig { escrow: "file", ..Rig::new() }, arguments, SOURCES);
    let before = project.files();
    let (output, log) = killed(&project, &[&ALL[..], &["--yes"]].concat(), Some(at));
    if output.status.code().is_some() {
        // It has come to its end before.
        return None;
    }
    let place = log.last().unwrap().clone();
    let what = format!("killed at {at} ({place}), {}", if undo { "undone" } else { "resumed" });
    let visible: Files =
        project.files().into_iter().filter(|(path, _)| !path.to_string_lossy().contains(".jeton-")).collect();
    let half = half_written(&before, &visible);
    let works = project.rig.works(&project.value) || project.rig.works(&project.entry());
    let list = text(&project.rotate(&["--list", "--json"]).stdout);
    let is_on_record = list.trim() != "[]";
    let is_over = !project.rig.works(&project.value);
    let mut sum = sums.lock().unwrap();
    sum.runs += 1;
    sum.half_written += half;
    sum.without_valid += usize::from(!works);
    drop(sum);
    if undo && is_on_record && !is_over {
        let op = project.open()["op"].as_str().unwrap().to_owned();
        // The undo is killed, too, and repeated.
        let (_, log) = killed(&project, &["--undo", &op, "--yes", "--delete-successor"], Some(3 + at % 7));
        assert!(!log.is_empty());
        if text(&project.rotate(&["--list", "--json"]).stdout).trim() != "[]" {
            let output = project.rotate(&["--undo", &op, "--yes", "--delete-successor"]);
            assert!(output.status.success(), "{what}: {}", text(&output.stderr));
        }
        assert!(project.files() == before, "{what}: not byte for byte");
        assert!(project.rig.works(&project.value), "{what}");
        let mut sum = sums.lock().unwrap();
        sum.undone += 1;
        // What nobody can tell yet is reported by recover.
        let orphans = project.ids().len() - 1;
        sum.orphans += orphans.saturating_sub(project.rig.recover().len());
        return Some(place);
    }
    let output = if is_on_record {
        let op = project.open()["op"].as_str().unwrap().to_owned();
        project.rotate(&["--resume", &op, "--yes"])
    } else if is_over {
        // Only the last word was missing.
        output
    } else {
        project.rotate(&[&ALL[..], &["--yes"]].concat())
    };
    if output.status.code() == Some(5) && is_on_record {
        // Killed while the create was being sent: for two minutes nobody can know, so it says to wait, and changes nothing.
        assert!(text(&output.stderr).contains("two minutes"), "{what}: {}", text(&output.stderr));
        assert!(project.files() == before && project.ids().len() == 1, "{what}");
        sums.lock().unwrap().told_to_wait += 1;
        return Some(place);
    }
    assert!(output.status.success() || is_over, "{what}: {}", text(&output.stderr));
    assert_eq!(project.holding_old(), 0, "{what}");
    assert_eq!(half_written(&before, &project.files()), 0, "{what}");
    assert!(project.rig.works(&project.entry()), "{what}");
    let mut sum = sums.lock().unwrap();
    sum.resumed += 1;
    sum.orphans += project.ids().len() - 1;
    drop(sum);
    project.assert_no_leftovers();
    Some(place)
}

#[test]
fn killed_anywhere_a_rotation_is_resumed_or_taken_back_and_no_file_is_half_written() {
    let sums = Mutex::new(Sums::default());
    let mut cases = Vec::new();
    let mut points = 0;
    for arguments in [SECRET, PUBLIC] {
        let project = Project::new(Rig { escrow: "file", ..Rig::new() }, arguments, SOURCES);
        let (output, log) = killed(&project, &[&ALL[..], &["--yes"]].concat(), None);
        assert!(output.status.success(), "{}", text(&output.stderr));
        points = points.max(log.len());
        let mut seen: BTreeMap<&String, usize> = BTreeMap::new();
        for (index, name) in log.iter().enumerate() {
            let times = seen.entry(name).or_default();
            *times += 1;
            // Of what happens to each file, the first, and now and then another one, unless everything is measured.
            let is_chosen = is_measuring() || *times <= 1 || index.is_multiple_of(301);
            if is_chosen {
                cases.extend([false, true].map(|undo| (arguments, index + 1, undo)));
            }
        }
    }
    let cases = Mutex::new(cases);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some((arguments, at, undo)) = cases.lock().unwrap().pop() else { return };
                    try_one(arguments, at, undo, &sums);
                }
            });
        }
    });
    let Sums { runs, half_written, without_valid, resumed, undone, orphans, told_to_wait } = sums.into_inner().unwrap();
    println!(
        "{points} points, {runs} runs: {resumed} resumed, {undone} undone, {half_written} half written, {orphans} orphans, {told_to_wait} told to wait"
    );
    assert!(runs > 40 && resumed > 20 && undone > 20, "only {runs} runs");
    assert_eq!((half_written, without_valid, orphans), (0, 0, 0));
    record(
        "R3",
        "rotation over 205 files killed at every failpoint: files half written / without a working token / resumed / undone byte for byte / orphans",
        "0 / 0 / all / all / 0",
        &format!(
            "{half_written} / {without_valid} / {resumed} of {resumed} / {undone} of {undone} / {orphans} ({points} points, {runs} runs, the undos killed as well; {told_to_wait} killed while sending were told to wait two minutes)"
        ),
    );
}
