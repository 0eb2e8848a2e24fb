//! The process ended at every failpoint of a create, in every way, with every sink. Needs `--features failpoints`.

use std::{fs, process::Output, sync::Mutex, thread};

use super::{
    rig::{Rig, record, text},
    witnesses::{Ended, Sink, Sums},
};

const WAYS: [&str; 4] = ["kill", "hup", "term", "panic"];

fn create(rig: &Rig, sink: Sink, note: &str, end: Option<(usize, &str)>) -> (Output, Vec<String>) {
    let log = rig.path(&format!("{note}.log"));
    let mut command = rig.jeton(["create", "--note", note, "--scope", "uploads:write"]);
    command.args(sink.arguments(rig, note)).env("JETON_FAILPOINT_LOG", &log);
    if let Some((at, way)) = end {
        command.env("JETON_FAILPOINT", format!("{at}:{way}"));
    }
    let output = command.output().unwrap();
    (output, fs::read_to_string(log).unwrap().lines().map(str::to_owned).collect())
}

/// Ends one create and compares the three witnesses.
fn try_one(rig: &Rig, sink: Sink, at: usize, way: &str, sums: &Sums) {
    let note = format!("n{at}-{way}");
    let (output, log) = create(rig, sink, &note, Some((at, way)));
    assert!(!output.status.success(), "{at} {way}: it was to end there");
    let place = log.last().unwrap().as_str();
    let what = format!("{way} at {at} ({place}), sink {sink:?}, escrow {}", rig.escrow);
    let is_kept = log.iter().any(|name| name == "creation: the answer is kept");
    Ended { what, sink, note: &note, stdout: &output.stdout, is_kept }.compare(rig, sums);
}

#[test]
fn whatever_ends_the_program_wherever_no_secret_is_lost_in_silence() {
    let sums = Sums::default();
    let points = Mutex::new(Vec::new());
    let mut cases = Vec::new();
    for escrow in ["auto", "file"] {
        for sink in [Sink::None, Sink::File, Sink::Command] {
            cases.extend(WAYS.map(|way| (escrow, sink, way)));
        }
    }
    let cases = Mutex::new(cases);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some((escrow, sink, way)) = cases.lock().unwrap().pop() else { return };
                    let rig = Rig { escrow, ..Rig::new() };
                    let (output, log) = create(&rig, sink, "whole", None);
                    assert!(output.status.success(), "{}", text(&output.stderr));
                    points.lock().unwrap().push(log.len());
                    for at in 1..=log.len() {
                        try_one(&rig, sink, at, way, &sums);
                    }
                }
            });
        }
    });
    let points = points.into_inner().unwrap();
    let (least, most) = (points.iter().min().unwrap(), points.iter().max().unwrap());
    let [runs, lost, unreported, kept, recovered] = sums.totals();
    println!(
        "{least} to {most} points, {runs} runs: {lost} lost, {unreported} unreported, {recovered} of {kept} recovered"
    );
    assert!(*least >= 40, "only {least} points");
    assert_eq!((lost, unreported, recovered), (0, 0, kept));
    let sweep = format!("{runs} runs: SIGKILL, SIGHUP, SIGTERM, panic at {least}–{most} points × 3 sinks × 2 escrows");
    record("S1", "secrets lost in silence when a create is ended anywhere", "0", &format!("{lost} ({sweep})"));
    record("S2", "tokens on the server that nobody reports, same runs", "0", &unreported.to_string());
    record(
        "S3",
        "ended after the answer was read: value recovered or stored",
        "100 %",
        &format!("{recovered} of {kept}"),
    );
}
