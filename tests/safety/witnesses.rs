//! What one ended create left behind, by three witnesses: the place the value was to go, `jeton recover`, and the server.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;

use super::rig::{Rig, line, text};

/// Where the value is to go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sink {
    #[cfg_attr(not(feature = "failpoints"), expect(dead_code, reason = "only the sweep of failpoints can watch it"))]
    None,
    File,
    Command,
}

impl Sink {
    pub fn arguments(self, rig: &Rig, note: &str) -> Vec<String> {
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
    fn value(self, rig: &Rig, note: &str, stdout: &[u8]) -> Option<String> {
        let value = match self {
            Self::None => text(stdout).trim_end().to_owned(),
            Self::File | Self::Command => line(&self.path(rig, note))?,
        };
        (value.starts_with("sk.") && rig.works(&value)).then_some(value)
    }
}

/// What was found over many runs.
#[derive(Debug, Default)]
pub struct Sums {
    pub runs: AtomicUsize,
    pub lost: AtomicUsize,
    pub unreported: AtomicUsize,
    pub kept: AtomicUsize,
    pub recovered: AtomicUsize,
}

impl Sums {
    /// Runs, lost, unreported, kept, recovered.
    pub fn totals(&self) -> [usize; 5] {
        [&self.runs, &self.lost, &self.unreported, &self.kept, &self.recovered].map(|sum| sum.load(Ordering::Relaxed))
    }
}

/// One create that was ended.
pub struct Ended<'a> {
    /// For messages: how and where.
    pub what: String,
    pub sink: Sink,
    /// The name of its token, used by no other create of the rig.
    pub note: &'a str,
    pub stdout: &'a [u8],
    /// Whether the answer was kept before the end, so that from there on the value must be there.
    pub is_kept: bool,
}

impl Ended<'_> {
    /// Compares the witnesses, and closes what is open.
    #[expect(clippy::print_stderr, reason = "where it was is more than a number")]
    pub fn compare(&self, rig: &Rig, sums: &Sums) {
        let (what, note) = (&self.what, self.note);
        sums.runs.fetch_add(1, Ordering::Relaxed);
        let held = rig.tokens(note);
        assert!(held.len() <= 1, "{what}: made twice");
        let delivered = self.sink.value(rig, note, self.stdout);
        let open: Vec<Value> = rig.recover().into_iter().filter(|open| open["note"] == note).collect();
        let Some(held) = held.first() else {
            assert!(open.iter().all(|open| open["outcome"] == "safe-to-resend"), "{what}: {open:?}");
            return forget(rig, &open);
        };
        let id = held.id.as_str();
        let names_it = |open: &Value| open["candidates"].as_array().unwrap().iter().any(|token| token["id"] == id);
        let is_reported = open.iter().any(|open| open["outcome"] == "made" && names_it(open));
        if delivered.is_none() && !is_reported {
            sums.unreported.fetch_add(1, Ordering::Relaxed);
            sums.lost.fetch_add(1, Ordering::Relaxed);
            eprintln!("lost in silence: {what}");
        }
        // What arrived is never said to be lost.
        if self.sink == Sink::File && delivered.is_some() {
            let is_there = |open: &Value| open["destinations"][0]["state"] == "there";
            assert!(open.iter().all(is_there), "{what}: it is in the file: {open:?}");
        }
        if self.is_kept {
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
        forget(rig, &open);
    }
}

fn forget(rig: &Rig, open: &[Value]) {
    for open in open {
        rig.run(&["recover", open["op"].as_str().unwrap(), "--forget", "--yes"]);
    }
}
