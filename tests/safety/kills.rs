//! The process ended at every failpoint of a create, in every way, with every sink. Needs `--features failpoints`.

use std::{
    fs,
    path::PathBuf,
    process::Output,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::Value;

use crate::rig::{Rig, line, record, text};

const WAYS: [&str; 4] = ["kill", "hup", "term", "panic"];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Sink {
    None,
    File,
    Command,
}

/// What one ending left behind.
#[derive(Debug, Default)]
struct Sums {
    runs: AtomicUsize,
    lost: AtomicUsize,
    unreported: AtomicUsize,
    kept: AtomicUsize,
    recovered: AtomicUsize,
}

impl Sink {
    fn arguments(self, rig: &Rig, note: &str) -> Vec<String> {
        let path = self.path(rig, note).display().to_string();
        match self {
            Self::None => Vec::new(),
            Self::File => vec!["--to-file".into(), path],
            Self::Command => ["--to-command", "sh", "-c", &format!("cat > {path}")].map(str::to_owned).to_vec(),
        }
    }

    fn path(self, rig: &Rig, note: &str) -> PathBuf {
        rig.path(&format!("{note}.{self:?}"))
    }

    /// The value, if it arrived whole.
    fn value(self, rig: &Rig, note: &str, output: &Output) -> Option<String> {
        let value = match self {
            Self::None => text(&output.stdout).trim_end().to_owned(),
            Self::File | Self::Command => line(&self.path(rig, note))?,
        };
        (value.starts_with("sk.") && rig.works(&value)).then_some(value)
    }
}

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
    sums.runs.fetch_add(1, Ordering::Relaxed);

    let held = rig.tokens(&note);
    assert!(held.len() <= 1, "{what}: made twice");
    let delivered = sink.value(rig, &note, &output);
    let open: Vec<Value> = rig.recover().into_iter().filter(|open| open["note"] == note.as_str()).collect();
    let Some(held) = held.first() else {
        assert!(open.iter().all(|open| open["outcome"] == "safe-to-resend"), "{what}: {open:?}");
        return;
    };
    let id = held.id.as_str();
    let names_it = |open: &Value| open["candidates"].as_array().unwrap().iter().any(|token| token["id"] == id);
    let is_reported = open.iter().any(|open| open["outcome"] == "made" && names_it(open));
    if delivered.is_none() && !is_reported {
        sums.unreported.fetch_add(1, Ordering::Relaxed);
        sums.lost.fetch_add(1, Ordering::Relaxed);
        eprintln!("lost in silence: {what}");
    }
    // From here until it is stored the value must be there.
    if log.iter().any(|name| name == "creation: the answer is kept") {
        sums.kept.fetch_add(1, Ordering::Relaxed);
        let late = rig.path(&format!("{note}.late"));
        let recovered = open.iter().any(|open| {
            let op = open["op"].as_str().unwrap();
            let output = rig.run(&["recover", op, "--to-file", late.to_str().unwrap()]);
            output.status.success() && line(&late).is_some_and(|value| rig.works(&value))
        });
        if recovered || delivered.is_some() {
            sums.recovered.fetch_add(1, Ordering::Relaxed);
        } else {
            eprintln!("not recovered: {what}: {open:?}");
        }
    }
    for open in rig.recover() {
        rig.run(&["recover", open["op"].as_str().unwrap(), "--forget", "--yes"]);
    }
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
    let [runs, lost, unreported, kept, recovered] =
        [&sums.runs, &sums.lost, &sums.unreported, &sums.kept, &sums.recovered].map(|sum| sum.load(Ordering::Relaxed));
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
