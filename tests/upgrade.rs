//! Files that other versions of jeton wrote. `tests/fixtures/before-versions` is what the program wrote before its files had versions, as it
//! wrote it (but for the paths); nothing in there is edited when a format changes.

#![cfg(unix)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use jeton::{
    accounts::cache::Cache,
    os::{private_dir::PrivateDir, record},
    plan::Saved,
    rotation::Rotations,
    sandbox::{Options, Sandbox},
    secret::Secret,
    token::AccountKey,
    work::journal::Records,
};
use jiff::Timestamp;
use tempfile::TempDir;

use crate::cli::bench::{Ran, bare, run};

/// The files of an earlier version, to work on.
struct Earlier(TempDir);

impl Earlier {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/before-versions"), place.path());
        Self(place)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// As a version far ahead of ours would have written it: the first `from` becomes `to`.
    fn make_newer(&self, name: &str, from: &str, to: &str) -> String {
        let text = self.read(name);
        assert!(text.contains(from), "{name}: {text}");
        let text = text.replacen(from, to, 1);
        fs::write(self.path(name), &text).unwrap();
        text
    }

    fn run(&self, words: &[&str]) -> Ran {
        let mut command = bare(words);
        for (name, folder) in [("STATE", "state"), ("CONFIG", "config"), ("CACHE", "cache")] {
            command.env(format!("JETON_{name}_DIR"), self.path(folder));
        }
        command.env("JETON_ESCROW", "file").current_dir(self.0.path());
        run(command, "")
    }

    fn account() -> AccountKey {
        AccountKey { username: "ada".into(), host: "127.0.0.1:8799".into() }
    }
}

/// Files for their owner alone, as they were.
fn copy(from: &Path, to: &Path) {
    let folder = PrivateDir::at(to);
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            folder.put(name, &fs::read(&path).unwrap()).unwrap();
        }
    }
}

#[test]
fn all_that_an_earlier_version_wrote_is_read() {
    let earlier = Earlier::new();

    let accounts = earlier.run(&["accounts", "--json"]).ok();
    assert!(accounts.out.contains("\"work\""), "{accounts:?}");

    let creates = Records::within(&earlier.path("state")).creates.recovery().unwrap();
    assert_eq!((creates.open.len(), creates.unreadable.len()), (1, 0), "{creates:?}");
    assert_eq!(creates.open[0].intent.note, "CI");
    let batches = Records::within(&earlier.path("state")).batches.left();
    assert_eq!((batches.open.len(), batches.unreadable.len()), (1, 0), "{batches:?}");
    let rotations = Rotations::within(&earlier.path("state")).left();
    assert_eq!((rotations.open.len(), rotations.unreadable.len()), (1, 0), "{rotations:?}");

    Saved::parse(&earlier.read("tokens.plan")).expect("a plan").expect("of a version we read");
    let lint = earlier.run(&["lint", "--file", "tokens.toml"]);
    assert!([0, 8].contains(&lint.code), "{lint:?}");
    let scan = earlier.run(&["scan", "--offline", "--baseline", "baseline.json", "tokens.toml"]);
    assert_eq!(scan.code, 0, "{scan:?}");
}

#[test]
fn a_sandbox_of_an_earlier_version_goes_on_with_its_tokens() {
    let earlier = Earlier::new();
    let seed = Some(Secret::new("fixture"));
    let options = Options { db: Some(earlier.path("sandbox.db")), token_seed: seed, ..Options::default() };
    let sandbox = Sandbox::start(options).unwrap();
    let mut command = bare(&["list", "--json"]);
    command.env("MAPBOX_API_ENDPOINT", sandbox.url()).env("MAPBOX_ACCESS_TOKEN", sandbox.token().expose());
    let list = run(command, "").ok();
    for name in ["Store locator", "Nightly uploads", "Old one"] {
        assert!(list.out.contains(name), "{list:?}");
    }
}

#[test]
fn accounts_are_written_in_todays_format_and_the_earlier_file_is_kept() {
    let earlier = Earlier::new();
    let before = earlier.read("config/accounts.toml");
    earlier.run(&["accounts", "use", "work"]).ok();
    let after = earlier.read("config/accounts.toml");
    assert!(after.contains("version = 1") && after.contains("[accounts.work]"), "{after}");
    assert_eq!(earlier.read("config/accounts.toml.v0"), before);

    // What is written in today's format already is no earlier file.
    earlier.run(&["accounts", "use", "work"]).ok();
    assert_eq!(earlier.read("config/accounts.toml.v0"), before);
    assert!(!earlier.path("config/accounts.toml.v1").exists());
}

#[test]
fn a_record_is_written_in_todays_format_and_the_earlier_one_is_kept_as_long_as_it_is_open() {
    let earlier = Earlier::new();
    let name = "state/batches/3fae9466.json";
    let before = earlier.read(name);
    let journal = Records::within(&earlier.path("state")).batches;
    let batch = journal.left().open.remove(0).record;
    let op = journal.begin(Some(batch.op.clone()), batch.plan, batch.started).unwrap();
    assert_eq!(record::version_of_json(earlier.read(name).as_bytes()), Some(1));
    assert_eq!(earlier.read(&format!("{name}.v0")), before);
    assert_eq!(journal.left().unreadable, [], "what is kept is no record");
    journal.end(&op).unwrap();
    assert_eq!(fs::read_dir(earlier.path("state/batches")).unwrap().count(), 0);
}

#[test]
fn records_of_a_newer_version_are_named_and_left_as_they_are() {
    let earlier = Earlier::new();
    let (create, batch, rotation) =
        ("state/intents/251b4ba1.json", "state/batches/3fae9466.json", "state/rotations/cbcad40a.json");
    let written = [
        earlier.make_newer(create, "{", r#"{"version":99,"#),
        earlier.make_newer(batch, "{", r#"{"version":99,"#),
        earlier.make_newer(rotation, r#""version":1"#, r#""version":99"#),
    ];
    let state = earlier.path("state");
    let unreadable = [
        Records::within(&state).creates.recovery().unwrap().unreadable,
        Records::within(&state).batches.left().unreadable,
        Rotations::within(&state).left().unreadable,
    ];
    for ((name, content), unreadable) in [create, batch, rotation].into_iter().zip(written).zip(unreadable) {
        let [(path, why)] = &unreadable[..] else { panic!("{name}: {unreadable:?}") };
        assert_eq!(path, &earlier.path(name));
        assert_eq!(why, "its format is version 99, and this jeton reads up to version 1; update jeton");
        assert_eq!(earlier.read(name), content);
    }
    let recover = earlier.run(&["recover"]);
    assert!(recover.err.contains("update jeton") || recover.out.contains("update jeton"), "{recover:?}");
}

#[test]
fn other_files_of_a_newer_version_are_refused_and_left_as_they_are() {
    let earlier = Earlier::new();
    fs::write(earlier.path("config/config.toml"), "version = 99\nsomething = \"new\"\n").unwrap();
    let files = [
        ("config/accounts.toml", "current", "version = 99\ncurrent", &["accounts"] as &[&str]),
        ("config/config.toml", "", "", &["doctor", "--offline"]),
        ("tokens.plan", r#""jetonPlan": 1"#, r#""jetonPlan": 99"#, &["apply", "tokens.plan", "--yes"]),
        ("tokens.toml", "version = 1", "version = 99", &["lint", "--file", "tokens.toml"]),
        (
            "baseline.json",
            r#""version": 1"#,
            r#""version": 99"#,
            &["scan", "--offline", "--baseline", "baseline.json", "x"],
        ),
    ];
    for (name, from, to, words) in files {
        let written = earlier.make_newer(name, from, to);
        let ran = earlier.run(words);
        let said = format!("{}{}", ran.out, ran.err);
        assert!(ran.code != 0 && said.contains("version 99") && said.contains("version 1"), "{name}: {ran:?}");
        assert_eq!(earlier.read(name), written);
    }

    // What can be had again is not worth a word: a list of any other version counts as none.
    let load = || Cache::at(earlier.path("cache/lists")).load(&Earlier::account(), Timestamp::now());
    assert_eq!(load(), None);
    earlier.make_newer("cache/lists/0755c6acda0ef0f2cff24b6e.json", r#""version":1"#, r#""version":99"#);
    assert_eq!(load(), None);
}
