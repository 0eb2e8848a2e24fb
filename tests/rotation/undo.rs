//! Taking a rotation back, after each stage.

use std::{fs, os::unix::fs::PermissionsExt as _};

use super::{
    project::{PUBLIC, Project, SECRET},
    rig::{Rig, text},
};

fn op(project: &Project) -> String {
    project.open()["op"].as_str().unwrap().to_owned()
}

#[test]
fn in_the_grace_period_every_file_is_restored_byte_for_byte() {
    for arguments in [SECRET, PUBLIC] {
        let project = Project::new(Rig::new(), arguments, 40);
        let before = project.files();
        let new_file = project.rig.path("new.token").display().to_string();
        project.rotated(&[
            "ci-uploads",
            "--scan",
            ".",
            "--write",
            "--to-env",
            ".env:MAPBOX_TOKEN",
            "--to-env",
            "new.env:T",
            "--to-file",
            &new_file,
            "--yes",
        ]);
        assert_ne!(project.files(), before);
        project.assert_no_value_on_record();
        let report = project.rotated(&["--undo", &op(&project), "--yes"]);
        assert_eq!(report["state"], "undone");
        assert!(project.files() == before, "not byte for byte");
        assert!(!project.rig.path("new.token").exists());
        assert!(project.rig.works(&project.value));
        assert_eq!(project.ids().len(), 2, "the successor is kept unless it is asked to go");
        project.assert_settled();
    }
}

#[test]
fn after_a_delivery_that_failed_everything_is_as_it_was() {
    let project = Project::new(Rig::new(), SECRET, 4);
    let before = project.files();
    let output = project.rotate(&[
        "ci-uploads",
        "--scan",
        ".",
        "--write",
        "--to-env",
        ".env:MAPBOX_TOKEN",
        "--yes",
        "--to-command",
        "false",
    ]);
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stderr));
    project.rotated(&["--undo", &op(&project), "--yes", "--delete-successor"]);
    assert!(project.files() == before, "not byte for byte");
    assert_eq!(project.ids(), [project.id.as_str()]);
    project.assert_settled();
}

#[test]
fn files_that_change_between_the_plan_and_the_writing_are_looked_at_again() {
    let project = Project::new(Rig::new(), SECRET, 8);
    let before = project.files();
    // Files change between the plan and the writing: the command that gets the value sees to that.
    let script = "cat > /dev/null; test -e ../once || { rm k8s/secret.yaml; mkdir k8s/secret.yaml; echo x >> src/map3.js; touch ../once; }";
    let output = project.rotate(&["ci-uploads", "--scan", ".", "--write", "--yes", "--to-command", "sh", "-c", script]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "what changed before it was looked at again is nobody's harm: {}",
        text(&output.stderr)
    );
    fs::remove_dir(project.root.join("k8s/secret.yaml")).unwrap();
    let report = project.rotated(&["--undo", &op(&project), "--yes", "--delete-successor"]);
    assert_eq!(report["state"], "undone");
    let after = project.files();
    for (path, (_, content)) in &before {
        match path.to_str().unwrap() {
            "k8s/secret.yaml" => assert!(!after.contains_key(path)),
            "src/map3.js" => assert_eq!(after[path].1, [content.as_slice(), b"x\n"].concat()),
            _ => assert_eq!(text(&after[path].1), text(content), "{}", path.display()),
        }
    }
    assert_eq!(project.ids(), [project.id.as_str()]);
}

#[test]
fn changes_made_since_are_kept_and_what_cannot_be_undone_is_said() {
    let project = Project::new(Rig::new(), SECRET, 0);
    project.rotated(&["ci-uploads", "--scan", ".", "--write", "--yes"]);
    let new = project.entry();
    project.write(".env.local", &format!("# mine\nMAPBOX_TOKEN={new}\nMORE=1\n"));
    project.write("k8s/secret.yaml", "rewritten\n");
    fs::remove_file(project.root.join(".github/workflows/ci.yml")).unwrap();
    let output = project.rotate(&["--undo", &op(&project), "--yes", "--delete-successor", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let notes = report["notes"].to_string();
    for words in [
        "restored 2 files byte for byte",
        ".env.local; later changes were kept",
        "secret.yaml",
        "ci.yml",
        "kept the successor",
    ] {
        assert!(notes.contains(words), "{words}: {notes}");
    }
    assert_eq!(project.read(".env.local"), format!("# mine\nMAPBOX_TOKEN={}\nMORE=1\n", project.value));
    assert_eq!(project.ids().len(), 2);
    project.assert_settled();
}

#[test]
fn a_command_gets_the_old_value_again() {
    let project = Project::new(Rig::new(), SECRET, 0);
    let got = project.rig.path("got");
    let script = format!("cat > {}", got.display());
    project.rotated(&["ci-uploads", "--scan", ".", "--write", "--yes", "--to-command", &format!("sh -c '{script}'")]);
    assert_eq!(fs::read_to_string(&got).unwrap(), project.entry());
    project.rotated(&["--undo", &op(&project), "--yes", "--delete-successor"]);
    assert_eq!(fs::read_to_string(&got).unwrap(), project.value);
    assert_eq!(project.ids(), [project.id.as_str()]);
    project.assert_settled();
}

#[test]
fn once_the_old_token_is_gone_it_is_not_put_back() {
    let project = Project::new(Rig::new(), SECRET, 0);
    project.rotated(&["ci-uploads", "--scan", ".", "--write", "--yes"]);
    let after = project.files();
    assert!(project.rig.run(&["delete", &project.id, "--yes"]).status.success());
    let output = project.rotate(&["--undo", &op(&project), "--yes"]);
    assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
    assert_eq!(project.files(), after);
    project.rotated(&["--resume", &op(&project), "--grace", "0s"]);
    project.assert_settled();
}

#[test]
fn modes_are_kept_both_ways() {
    let project = Project::new(Rig::new(), SECRET, 0);
    for (path, mode) in [(".env", 0o600), (".env.local", 0o4755), ("k8s/secret.yaml", 0o444)] {
        fs::set_permissions(project.root.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    let before = project.files();
    let modes = |files: &std::collections::BTreeMap<_, (u32, Vec<u8>)>| {
        files.values().map(|(mode, _)| *mode).collect::<Vec<_>>()
    };
    if !rustix::process::geteuid().is_root() {
        fs::set_permissions(project.root.join("k8s/secret.yaml"), fs::Permissions::from_mode(0o644)).unwrap();
    }
    project.rotated(&["ci-uploads", "--scan", ".", "--write", "--yes"]);
    assert_eq!(modes(&project.files()), modes(&before));
    project.rotated(&["--undo", &op(&project), "--yes"]);
    assert_eq!(project.files(), before);
}
