//! Trees that are made to be difficult.

use std::{
    fs::{self, File},
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
};

use jeton::scan::{Options, Progress, TransportError, places_of};

use super::{generator, scan};

fn plant(root: &Path, path: &str) -> generator::Token {
    let token = generator::token(&mut generator::Rng::new(path.len() as u64));
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("TOKEN='{}'\n", token.value)).unwrap();
    token
}

fn paths(findings: &[jeton::scan::Finding]) -> Vec<String> {
    findings.iter().map(|finding| finding.path.to_string_lossy().replace('\\', "/")).collect()
}

#[test]
fn folders_of_tools_binaries_and_what_is_excluded_are_skipped_unless_everything_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    for path in [
        ".env",
        "node_modules/a/x.js",
        "target/debug/x",
        ".git/config",
        "dist/x.js",
        "a/x.gen.js",
        "docs/x.md",
        "b/mine",
    ] {
        plant(dir.path(), path);
    }
    let token = plant(dir.path(), "x.bin");
    fs::write(dir.path().join("x.bin"), [&b"\x7fELF\0\0\x01\0\0\x02"[..], token.value.as_bytes(), b"\0"].concat())
        .unwrap();
    fs::write(dir.path().join(".jetonignore"), "docs/\n").unwrap();
    fs::write(dir.path().join("b/.jetonignore"), "mine\n").unwrap();
    fs::write(dir.path().join(".gitignore"), "dist/\n.env\n").unwrap();
    let options = Options { exclude: vec!["*.gen.js".into()], ..Options::default() };
    let root = [dir.path().to_owned()];
    assert_eq!(paths(&scan(&root, &options, &Progress::default())), [".env", "dist/x.js"]);
    let all = Options { all: true, ..Options::default() };
    let found = paths(&scan(&root, &all, &Progress::default()));
    assert_eq!(
        found,
        [".env", ".git/config", "a/x.gen.js", "dist/x.js", "node_modules/a/x.js", "target/debug/x", "x.bin"]
    );
    let named = [dir.path().join("target")];
    assert_eq!(
        paths(&scan(&named, &Options::default(), &Progress::default())),
        ["debug/x"],
        "what is named is scanned"
    );
}

#[cfg(unix)]
#[test]
fn loops_pipes_links_and_closed_doors_are_reported_and_stop_nothing() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    let outside = tempfile::tempdir().unwrap();
    plant(outside.path(), "outside.env");
    let dir = tempfile::tempdir().unwrap();
    plant(dir.path(), "a/b/.env");
    symlink(dir.path(), dir.path().join("a/b/loop")).unwrap();
    symlink(outside.path(), dir.path().join("a/out")).unwrap();
    symlink(outside.path().join("outside.env"), dir.path().join("out.env")).unwrap();
    symlink("nowhere", dir.path().join("broken")).unwrap();
    mknodat(CWD, dir.path().join("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    plant(dir.path(), "secret.env");
    fs::set_permissions(dir.path().join("secret.env"), fs::Permissions::from_mode(0o000)).unwrap();
    let progress = Progress::default();
    let found = paths(&scan(&[dir.path().to_owned()], &Options::default(), &progress));
    let is_root = File::open(dir.path().join("secret.env")).is_ok();
    assert_eq!(found, if is_root { vec!["a/b/.env", "secret.env"] } else { vec!["a/b/.env"] });
    assert_eq!(progress.links(), 4);
    let problems = progress.take_problems();
    let is_pipe = |problem: &jeton::scan::Problem| {
        problem.path.ends_with("pipe") && matches!(problem.error, TransportError::Special)
    };
    assert!(problems.iter().any(is_pipe), "{problems:?}");
    assert_eq!(problems.iter().any(|problem| problem.path.ends_with("secret.env")), !is_root, "{problems:?}");

    // A link that is named is followed.
    let named = paths(&scan(&[dir.path().join("out.env")], &Options::default(), &Progress::default()));
    assert_eq!(named.len(), 1);
}

#[test]
fn a_huge_file_is_scanned_with_little_memory() {
    let dir = tempfile::tempdir().unwrap();
    let token = generator::token(&mut generator::Rng::new(5));
    let mut file = File::create(dir.path().join("huge.log")).unwrap();
    file.write_all(b"text first\n").unwrap();
    // Sparse: takes no room on the disk.
    let far = 300 << 20;
    file.seek(SeekFrom::Start(far)).unwrap();
    file.write_all(format!("\nTOKEN={}\n", token.value).as_bytes()).unwrap();
    drop(file);
    let all = Options { all: true, ..Options::default() };
    let progress = Progress::default();
    let found = scan(&[dir.path().to_owned()], &all, &progress);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].line, found[0].column, found[0].range.start), (3, 7, far + 7));
    assert!(progress.bytes() > far);
}

#[test]
fn a_scan_that_is_stopped_ends_at_once() {
    let dir = tempfile::tempdir().unwrap();
    plant(dir.path(), "a");
    let progress = Progress::default();
    progress.stop();
    assert!(scan(&[dir.path().to_owned()], &Options::default(), &progress).is_empty());
}

#[test]
fn the_places_of_some_tokens_are_found_for_rotation() {
    let dir = tempfile::tempdir().unwrap();
    let planting = generator::plant(dir.path(), 1, 9);
    let id = planting.tokens[".env"].iter().find_map(|planted| planted.token.id.clone()).unwrap();
    // Twice, once behind an escape.
    let value =
        &planting.tokens[".env"].iter().find(|planted| planted.token.id.as_ref() == Some(&id)).unwrap().token.value;
    fs::write(
        dir.path().join("copy.txt"),
        format!("https://a.example/%3Faccess_token%3D{}%26x", value.replace('.', "%2e")),
    )
    .unwrap();
    let (places, problems) =
        places_of(&[id.as_str().into()], &[dir.path().to_owned()], &Options::default(), &Progress::default()).unwrap();
    assert!(problems.is_empty());
    assert_eq!(places.len(), 2);
    for place in places {
        let bytes = fs::read(&place.path).unwrap();
        let range = place.range.start as usize..place.range.end as usize;
        assert_eq!(bytes[range], **place.encoding.encode(value).unwrap());
        assert_eq!(place.file_digest, Some(jeton::scan::Digest::of(&bytes)));
    }
}
