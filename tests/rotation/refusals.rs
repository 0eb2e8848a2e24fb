//! What is refused before anything is created.

use std::{
    fs,
    process::Output,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    project::{PUBLIC, Project, SECRET, create},
    rig::{Rig, record, text},
};

const WRITE: [&str; 6] = ["ci-uploads", "--scan", ".", "--write", "--yes", "--json"];

/// Refused with this code, in words that hold this text; nothing was created or changed.
fn assert_refused(project: &Project, output: &Output, code: i32, words: &str) {
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    let error: Value = serde_json::from_str(text(&output.stderr).lines().last().unwrap()).unwrap();
    let said = format!("{} {}", error["error"]["message"].as_str().unwrap(), error["error"]["next"].as_str().unwrap());
    assert!(said.contains(words), "{said}");
    assert_eq!(project.ids(), [project.id.as_str()], "something was created");
    project.assert_settled();
}

#[test]
fn nothing_is_written_to_tracked_or_changed_files_without_permission() {
    let mut writes = 0;
    let mut runs = 0;
    let mut attempt = |project: &Project, words: &str| {
        let before = project.files();
        let output = project.rotate(&WRITE);
        assert_refused(project, &output, 7, words);
        runs += 1;
        writes += usize::from(project.files() != before);
    };
    // A secret token in a file git tracks, in the root and deeper.
    let secret = Project::new(Rig::new(), SECRET, 0);
    secret.git(&["add", "-f", "k8s/secret.yaml", ".env"]);
    secret.commit();
    attempt(&secret, "k8s/secret.yaml is tracked by git");
    attempt(&secret, "--allow-tracked");
    // Changes that are not committed: in the working tree, and staged.
    let public = Project::new(Rig::new(), PUBLIC, 8);
    public.write("src/map0.js", &format!("// mine\nmapboxgl.accessToken = '{}';\n", public.value));
    attempt(&public, "src/map0.js has uncommitted changes");
    public.git(&["add", "src/map0.js"]);
    attempt(&public, "--allow-dirty");
    // One that is new is nobody's work in progress: git does not know it.
    public.commit();
    public.write("src/new.js", &format!("t = '{}'", public.value));
    let report = public.rotated(&WRITE[..5]);
    assert_eq!(report["state"], "waiting");
    // With permission.
    let report = secret.rotated(&[&WRITE[..5], &["--allow-tracked"]].concat());
    assert_eq!(report["state"], "waiting");
    assert_eq!((secret.holding_old(), public.holding_old()), (0, 0));
    assert_eq!(writes, 0);
    record(
        "R4",
        "files git tracks (secret token) or with uncommitted changes written without permission",
        "0",
        &format!("{writes} in {runs} runs; none of them created a token"),
    );
}

#[test]
fn a_file_with_several_names_or_without_write_permission_is_not_touched() {
    let project = Project::new(Rig::new(), SECRET, 0);
    fs::hard_link(project.root.join(".env"), project.root.join("other-name")).unwrap();
    assert_refused(&project, &project.rotate(&WRITE), 7, "more than one hard link");
    fs::remove_file(project.root.join("other-name")).unwrap();
    if !rustix::process::geteuid().is_root() {
        let path = project.root.join(".env.local");
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert_refused(&project, &project.rotate(&WRITE), 7, "read-only");
    }
}

#[test]
fn a_secret_successor_needs_a_place_to_go() {
    let project = Project::new(Rig::new(), SECRET, 0);
    assert_refused(&project, &project.rotate(&["ci-uploads", "--yes", "--json"]), 2, "--to-file");
    let there = project.rotate(&["ci-uploads", "--to-file", ".env", "--yes", "--json"]);
    assert_refused(&project, &there, 1, "exists");
    let missing = project.rotate(&["ci-uploads", "--yes", "--json", "--to-command", "jeton-no-such-program"]);
    assert_refused(&project, &missing, 1, "jeton-no-such-program");
    let unasked = project.rotate(&["ci-uploads", "--to-file", "x", "--json"]);
    assert_refused(&project, &unasked, 2, "--yes");
    let found = project.rotate(&["ci-uploads", "--scan", ".", "--to-file", "x", "--grace", "0s", "--yes", "--json"]);
    assert_refused(&project, &found, 7, "--write");
}

#[test]
fn an_authorizing_token_that_lacks_a_scope_is_noticed_before_anything_is_created() {
    let project = Project::new(Rig::new(), SECRET, 0);
    let (_, limited) = create(&project.rig, "limited", &["--scope", "tokens:read,tokens:write,uploads:write"]);
    let mut command = project.command(&WRITE);
    let output = command.env("MAPBOX_ACCESS_TOKEN", limited).output().unwrap();
    assert_refused(&project, &output, 4, "lacks uploads:read");
    let (_, reader) = create(&project.rig, "reader", &["--scope", "tokens:read,uploads:write,uploads:read"]);
    let mut command = project.command(&WRITE);
    let output = command.env("MAPBOX_ACCESS_TOKEN", reader).output().unwrap();
    assert_refused(&project, &output, 4, "tokens:write");
}

#[test]
fn the_token_jeton_signs_in_with_is_not_rotated_away_under_it() {
    let project = Project::new(Rig::new(), SECRET, 0);
    let (id, value) = create(&project.rig, "admin", &["--scope", "tokens:read,tokens:write"]);
    let mut command = project.command(&[&id, "--to-file", "x", "--yes", "--json"]);
    let output = command.env("MAPBOX_ACCESS_TOKEN", value).output().unwrap();
    assert_refused(&project, &output, 7, "signs in with");
}

#[test]
fn of_two_rotations_of_a_token_at_once_the_second_is_refused() {
    let project = Project::new(Rig::new(), SECRET, 0);
    let (got, go) = (project.rig.path("got"), project.rig.path("go"));
    let script = format!(
        "cat > {0}.part; mv {0}.part {0}; while ! test -e {1}; do sleep 0.01; done",
        got.display(),
        go.display()
    );
    let mut first = project
        .command(&["ci-uploads", "--grace", "0s", "--yes", "--to-command", "sh", "-c", &script])
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while !got.exists() {
        assert!(Instant::now() < deadline, "in vain");
        thread::park_timeout(Duration::from_millis(5));
    }
    let second = project.rotate(&["ci-uploads", "--to-file", "x", "--yes"]);
    assert_eq!(second.status.code(), Some(7), "{}", text(&second.stderr));
    let op = project.open()["op"].as_str().unwrap().to_owned();
    for arguments in [["--resume", &op, "--yes"], ["--undo", &op, "--yes"]] {
        let output = project.rotate(&arguments);
        assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("another jeton"), "{}", text(&output.stderr));
    }
    assert_eq!(project.ids().len(), 2, "one successor");
    fs::write(go, "").unwrap();
    assert!(first.wait().unwrap().success());
    assert_eq!(project.ids().len(), 1);
    project.assert_settled();
}
