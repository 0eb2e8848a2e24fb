//! The memory of the real program after a value was shown and dismissed.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use rustix::process::Pid;

use super::{
    reveal::{dashboard, reveal},
    rig::{Rig, record},
};

/// How long after the dismissal the memory must be clean.
const SOON: Duration = Duration::from_secs(2);

/// The spellings of a value to look for. (A token has no character that a URL would encode, so that one is the first.)
fn spellings(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let signature = value.rsplit('.').next().unwrap();
    let base64 = |skip: usize| {
        let mut text = vec![0; skip];
        text.extend_from_slice(value.as_bytes());
        // Without the ends, which depend on the neighbours.
        let encoded = STANDARD_NO_PAD.encode(text).into_bytes();
        encoded[4..encoded.len() - 4].to_vec()
    };
    vec![
        ("raw", signature.as_bytes().to_vec()),
        ("base64", base64(0)),
        ("base64, shifted by one", base64(1)),
        ("base64, shifted by two", base64(2)),
        ("UTF-16", signature.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ]
}

/// How often each spelling is in the process's memory.
fn hits(pid: Pid, spellings: &[(&'static str, Vec<u8>)]) -> Vec<(&'static str, usize)> {
    let pid = pid.as_raw_nonzero();
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut counts: Vec<_> = spellings.iter().map(|(name, _)| (*name, 0)).collect();
    for line in maps.lines() {
        let (range, rest) = line.split_once(' ').unwrap();
        if !rest.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut content = vec![0; usize::try_from(to - from).unwrap()];
        // Some regions cannot be read at all; nobody else can read them either.
        let Ok(count) = memory.read_at(&mut content, from) else { continue };
        for ((_, needle), (_, hits)) in spellings.iter().zip(&mut counts) {
            *hits += content[..count].windows(needle.len()).filter(|window| window == needle).count();
        }
    }
    counts
}

#[test]
fn after_the_dismissal_the_value_is_nowhere_in_the_programs_memory() {
    let rig = Rig::new();
    let mut pty = dashboard(&rig);
    let value = reveal(&mut pty);
    assert!(rig.works(&value), "read from the screen: {} characters", value.len());
    if !rustix::process::geteuid().is_root() {
        // Nobody but root may look, and that is a promise too.
        let refused = File::open(format!("/proc/{}/mem", pty.pid().as_raw_nonzero()));
        assert!(refused.is_err(), "another process of the same user can read the memory");
        return;
    }
    let spellings = spellings(&value);
    assert!(hits(pty.pid(), &spellings)[0].1 > 0, "while it is shown it is found, so the search works");
    pty.send("\r");
    pty.wait_for_text("Not saved yet");
    pty.send(format!("{}\r", &value[value.len() - 6..]));
    pty.wait_for_text("jeton no longer holds");
    let deadline = Instant::now() + SOON;
    let left = loop {
        let left: Vec<_> = hits(pty.pid(), &spellings).into_iter().filter(|(_, count)| *count > 0).collect();
        if left.is_empty() || Instant::now() > deadline {
            break left;
        }
    };
    let total: usize = left.iter().map(|(_, count)| count).sum();
    record("L1", "value in memory 1 s after dismissal: raw, base64 ×3, UTF-16", "0", &total.to_string());
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_program_that_runs_cannot_be_looked_into_by_others_of_the_same_user() {
    let rig = Rig::new();
    let mut pty = dashboard(&rig);
    let _value = reveal(&mut pty);
    // Files in /proc of a process that may not be dumped belong to root.
    let owner = |name: &str| {
        let path = format!("/proc/{}/{name}", pty.pid().as_raw_nonzero());
        std::os::unix::fs::MetadataExt::uid(&fs::metadata(path).unwrap())
    };
    assert_eq!((owner("environ"), owner("mem"), owner("maps")), (0, 0, 0));
    let limits = fs::read_to_string(format!("/proc/{}/limits", pty.pid().as_raw_nonzero())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
}

#[test]
fn nothing_of_the_value_stays_on_the_screen_or_in_its_scrollback() {
    let rig = Rig::new();
    let mut pty = dashboard(&rig);
    let value = reveal(&mut pty);
    pty.send("\r");
    pty.wait_for_text("Not saved yet");
    pty.send(format!("{}\r", &value[value.len() - 6..]));
    pty.wait_for_text("jeton no longer holds");
    pty.send("q");
    assert_eq!(pty.end(), Ok(0));
    let signature = value.rsplit('.').next().unwrap();
    let mut screen = pty.screen();
    for back in 0..1000 {
        screen.set_scrollback(back);
        assert!(!screen.contents().contains(signature), "{back} lines back");
    }
}
