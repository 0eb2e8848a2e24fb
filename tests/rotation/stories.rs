//! Rotations that nothing stands in the way of.

use std::{fs, os::unix::fs::PermissionsExt as _};

use super::{
    project::{PUBLIC, Project, SECRET, create},
    rig::{Rig, text},
};
use crate::cli::schema::assert_valid;

const SOURCES: usize = 200;

#[test]
fn unattended_it_replaces_the_token_everywhere_and_leaves_nothing_but_the_successor() {
    let project = Project::new(Rig::new(), SECRET, SOURCES);
    let before = project.files();
    let arguments = ["ci-uploads", "--scan", ".", "--write", "--to-env", ".env:MAPBOX_TOKEN", "--grace", "0s", "--yes"];
    let report = project.rotated(&arguments);
    assert_valid("rotation", &report);
    assert_eq!((&report["state"], &report["token"]["id"]), (&"done".into(), &project.id.as_str().into()));
    let successor = report["successor"]["id"].as_str().unwrap();
    assert_eq!(project.ids(), [successor]);
    assert_eq!(project.holding_old(), 0);
    assert!(!project.rig.works(&project.value) && project.rig.works(&project.entry()));
    project.assert_settled();

    let new = project.entry();
    let after = project.files();
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    for ((path, (mode, old)), (_, (new_mode, content))) in before.iter().zip(&after) {
        assert_eq!(mode, new_mode, "{}", path.display());
        let expected = if old.starts_with(b"\xff\xfe") {
            let wide: Vec<u16> = old.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            let text = String::from_utf16(&wide).unwrap().replace(&project.value, &new);
            text.encode_utf16().flat_map(u16::to_le_bytes).collect()
        } else {
            let escaped = |value: &str| value.replace('.', "\\u002e");
            let old = text(old).replace(&project.value, &new);
            old.replace(&escaped(&project.value), &escaped(&new)).into_bytes()
        };
        assert_eq!(text(content), text(&expected), "{}", path.display());
    }
}

#[test]
fn a_public_token_keeps_working_until_its_grace_period_is_over() {
    let project = Project::new(Rig::new(), PUBLIC, 4);
    let report = project.rotate(&[
        "ci-uploads",
        "--scan",
        ".",
        "--write",
        "--grace",
        "7d",
        "--yes",
        "--report",
        "report.md",
        "--json",
    ]);
    assert!(report.status.success(), "{}", text(&report.stderr));
    let markdown = project.read("report.md");
    assert!(
        markdown.contains("- [x] Replace the old token in files") && markdown.contains("k8s/secret.yaml"),
        "{markdown}"
    );
    assert!(!markdown.contains("eyJ"), "{markdown}");
    let open = project.open();
    assert_eq!((&open["state"], &open["stage"]), (&"waiting".into(), &"delete".into()));
    assert_eq!(project.ids().len(), 2);
    assert!(project.rig.works(&project.value) && project.rig.works(&project.entry()));
    project.assert_no_value_on_record();

    // Nothing is due yet.
    assert_eq!(project.rotated(&["--due"]), serde_json::json!([]));
    assert_eq!(project.ids().len(), 2);
    let op = open["op"].as_str().unwrap();
    let report = project.rotated(&["--resume", op, "--grace", "0s"]);
    assert_eq!(report["state"], "done");
    assert!(!project.rig.works(&project.value) && project.rig.works(&project.entry()));
    fs::remove_file(project.root.join("report.md")).unwrap();
    project.assert_settled();
}

#[test]
fn a_grace_period_that_is_over_ends_with_due() {
    let project = Project::new(Rig::new(), SECRET, 0);
    let report = project.rotated(&["ci-uploads", "--scan", ".", "--write", "--grace", "1s", "--yes"]);
    assert_eq!(report["state"], "waiting");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let list = project.rotated(&["--due"]);
        if !list.as_array().unwrap().is_empty() {
            assert_valid("rotations", &list);
            assert_eq!(list[0]["state"], "done");
            break;
        }
        assert!(std::time::Instant::now() < deadline, "it is never due");
    }
    assert!(!project.rig.works(&project.value));
    assert_eq!(project.ids().len(), 1);
    project.assert_settled();
}

#[test]
fn what_came_back_during_the_grace_period_is_replaced_before_the_old_token_goes() {
    let project = Project::new(Rig::new(), SECRET, 0);
    project.rotated(&["ci-uploads", "--scan", ".", "--write", "--grace", "7d", "--yes"]);
    project.write("src/old-branch.js", &format!("t = '{}'", project.value));
    let op = project.open()["op"].as_str().unwrap().to_owned();
    project.rotated(&["--resume", &op, "--grace", "0s"]);
    assert_eq!(project.holding_old(), 0);
    assert!(project.read("src/old-branch.js").contains(&project.entry()));
    project.assert_settled();
}

#[test]
fn a_quarantined_token_is_refused_everywhere_and_one_command_lifts_that() {
    let project = Project::new(Rig::new(), PUBLIC, 0);
    let report = project.rotated(&["ci-uploads", "--scan", ".", "--write", "--grace", "0s", "--quarantine", "--yes"]);
    assert_eq!((&report["state"], &report["stage"]), (&"waiting".into(), &"delete".into()));
    let urls = |project: &Project| -> Vec<String> {
        let tokens = project.rig.tokens("ci-uploads");
        let old = tokens.iter().find(|token| token.id.as_str() == project.id).unwrap();
        old.urls().iter().map(|url| url.raw().to_owned()).collect()
    };
    assert_eq!(urls(&project), ["quarantined-by-jeton.invalid"]);
    let op = report["op"].as_str().unwrap();
    project.rotated(&["--undo", op, "--quarantine"]);
    assert_eq!(urls(&project), ["example.com"]);
    assert_eq!(project.ids().len(), 2, "nothing else is undone");
    assert!(project.entry() != project.value);
    project.rotated(&["--undo", op, "--yes", "--delete-successor"]);
    assert_eq!(project.ids(), [project.id.as_str()]);
    project.assert_settled();
}

#[test]
fn several_destinations_get_the_value_and_what_failed_is_tried_again() {
    let project = Project::new(Rig::new(), SECRET, 0);
    let got = project.rig.path("got");
    let fails = format!("test -e ok && cat > {}", got.display());
    let file = project.rig.path("new.token").display().to_string();
    let command = format!("sh -c '{fails}'");
    let output = project.rotate(&[
        "ci-uploads",
        "--to-file",
        &file,
        "--to-env",
        ".env:MAPBOX_TOKEN",
        "--to-command",
        &command,
        "--grace",
        "0s",
        "--yes",
        "--json",
    ]);
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stderr));
    assert!(project.rig.works(&project.value), "the old token is still there");
    let open = project.open();
    assert_valid("rotation", &open);
    let delivered: Vec<bool> =
        open["destinations"].as_array().unwrap().iter().map(|to| to["delivered"].is_string()).collect();
    assert_eq!(delivered, [true, true, false], "{open}");
    project.write("ok", "");
    let report = project.rotated(&["--resume", open["op"].as_str().unwrap()]);
    assert_eq!(report["state"], "done");
    let new = fs::read_to_string(got).unwrap();
    assert_eq!((new.as_str(), project.entry().as_str()), (fs::read_to_string(&file).unwrap().trim_end(), new.as_str()));
    assert_eq!(fs::metadata(project.root.join(".env")).unwrap().permissions().mode() & 0o7777, 0o640);
    assert_eq!(project.read(".env"), format!("A=1\r\nexport MAPBOX_TOKEN=\"{new}\"\r\nLAST=no newline"));
    project.assert_settled();
}

#[test]
fn the_default_public_token_of_a_sandbox_is_refreshed_and_replaced() {
    let rig = Rig::new();
    let output = rig.run(&["list", "--default", "true", "--json"]);
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let (id, value) = (list[0]["id"].as_str().unwrap().to_owned(), list[0]["token"].as_str().unwrap().to_owned());
    let root = rig.path("project");
    fs::create_dir(&root).unwrap();
    let project = Project { rig, root, id, value };
    project.write("index.html", &format!("<script>t = '{}'</script>", project.value));
    let refused = project.rotate(&[&project.id, "--scan", ".", "--yes"]);
    assert_eq!(refused.status.code(), Some(7), "{}", text(&refused.stderr));
    assert!(project.rig.works(&project.value), "the page would break");
    let report = project.rotated(&[&project.id, "--scan", ".", "--write", "--yes"]);
    assert_eq!(report["state"], "done");
    assert!(!project.rig.works(&project.value));
    let html = project.read("index.html");
    let new = html.split('\'').nth(1).unwrap();
    assert!(project.rig.works(new));
    project.assert_settled();
}

#[test]
fn a_dry_run_shows_the_plan_and_changes_nothing() {
    let project = Project::new(Rig::new(), SECRET, 4);
    let before = project.files();
    let report = project.rotated(&["ci-uploads", "--scan", ".", "--write", "--dry-run"]);
    assert_valid("rotation", &report);
    assert_eq!((&report["state"], report["files"].as_array().unwrap().len()), (&"planned".into(), 9));
    let output = project.rotate(&["ci-uploads", "--scan", ".", "--write", "--dry-run"]);
    let said = text(&output.stderr);
    assert!(said.contains("MAPBOX_TOKEN = sk.") && said.contains("(successor)"), "{said}");
    assert!(!said.contains("eyJ"), "{said}");
    assert_eq!((project.files(), project.ids().len()), (before, 1));
    project.assert_settled();
}

#[test]
fn a_damaged_copy_of_the_token_is_left_alone() {
    let project = Project::new(Rig::new(), SECRET, 0);
    let damaged = format!("{}xxxxxxxx", &project.value[..project.value.len() - 8]);
    project.write("notes.txt", &damaged);
    project.rotated(&["ci-uploads", "--scan", ".", "--write", "--grace", "0s", "--yes"]);
    assert_eq!(project.read("notes.txt"), damaged);
    assert!(project.rig.works(&project.entry()));
    project.assert_settled();
}

#[test]
fn tokens_of_one_name_are_told_apart_while_one_replaces_the_other() {
    let project = Project::new(Rig::new(), SECRET, 0);
    let (other, _) = create(&project.rig, "other", SECRET);
    project.rotated(&["ci-uploads", "--scan", ".", "--write", "--yes"]);
    let output = project.rotate(&["ci-uploads", "--to-file", "x", "--yes"]);
    assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("--resume"), "{}", text(&output.stderr));
    project.rotated(&[&other, "--to-file", "x", "--yes"]);
}
