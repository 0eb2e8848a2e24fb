//! A server that drops answers, a backup that is gone, a disk that is full.

use std::fs;

use super::{
    project::{PUBLIC, Project, SECRET},
    rig::{Rig, text},
};

const ALL: [&str; 8] = ["ci-uploads", "--scan", ".", "--write", "--grace", "0s", "--yes", "--json"];

/// Sets the faults of a running sandbox.
fn set_faults(project: &Project, faults: &str) {
    use std::io::{Read as _, Write as _};
    let host = project.rig.sandbox.url().strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let token = project.rig.sandbox.token().expose();
    write!(
        stream,
        "PUT /sandbox/v1/faults?access_token={token} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{faults}",
        faults.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 2"), "{answer}");
}

#[test]
fn answers_that_are_dropped_after_the_server_obeyed_do_not_stop_it_and_leave_no_orphan() {
    for arguments in [SECRET, PUBLIC] {
        for method in ["POST", "PATCH", "DELETE", "GET"] {
            let project = Project::new(Rig::new(), arguments, 4);
            set_faults(
                &project,
                &format!(r#"{{"faults":[{{"fault":"cut","when":"after-commit","method":"{method}","times":1}}]}}"#),
            );
            let mut output = project.rotate(&ALL);
            for _ in 0..3 {
                if output.status.success() {
                    break;
                }
                assert_eq!(output.status.code(), Some(5), "{method}: {}", text(&output.stderr));
                let list = text(&project.rotate(&["--list", "--json"]).stdout);
                output = if list.trim() == "[]" {
                    project.rotate(&ALL)
                } else {
                    let op = project.open()["op"].as_str().unwrap().to_owned();
                    project.rotate(&["--resume", &op, "--yes", "--json"])
                };
            }
            assert!(output.status.success(), "{method}: {}", text(&output.stderr));
            assert_eq!(project.ids().len(), 1, "{method}: an orphan");
            assert_eq!(project.holding_old(), 0, "{method}");
            assert!(project.rig.works(&project.entry()), "{method}");
            project.assert_settled();
        }
    }
}

#[test]
fn a_server_in_trouble_costs_nothing_but_time() {
    let project = Project::new(Rig::new(), SECRET, 0);
    set_faults(
        &project,
        r#"{"faults":[{"fault":"status","status":503,"method":"GET","every":3},
            {"fault":"status","status":503,"method":"DELETE","times":1},{"fault":"delay","ms":5}]}"#,
    );
    let mut tries = 0;
    let mut output = project.rotate(&ALL);
    while !output.status.success() && tries < 20 {
        tries += 1;
        assert!(project.rig.works(&project.value) || project.rig.works(&project.entry()));
        let list = text(&project.rotate(&["--list", "--json"]).stdout);
        output = if list.trim() == "[]" {
            project.rotate(&ALL)
        } else {
            let op = project.open()["op"].as_str().unwrap().to_owned();
            project.rotate(&["--resume", &op, "--yes", "--json"])
        };
    }
    set_faults(&project, r#"{"faults":[]}"#);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!((project.ids().len(), project.holding_old()), (1, 0));
    project.assert_settled();
}

#[test]
fn a_successor_that_does_not_work_is_not_put_anywhere() {
    let project = Project::new(Rig::new(), PUBLIC, 2);
    let before = project.files();
    set_faults(&project, r#"{"faults":[{"fault":"status","status":403,"message":"Forbidden","path":"/styles/**"}]}"#);
    let output = project.rotate(&ALL);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("example.com"), "{}", text(&output.stderr));
    assert!(project.files() == before && project.rig.works(&project.value));
    set_faults(&project, r#"{"faults":[]}"#);
    let op = project.open()["op"].as_str().unwrap().to_owned();
    project.rotated(&["--resume", &op]);
    assert_eq!((project.ids().len(), project.holding_old()), (1, 0));
    project.assert_settled();
}

#[test]
fn a_value_whose_backup_is_gone_is_replaced_by_another_successor() {
    let project = Project::new(Rig { escrow: "file", ..Rig::new() }, SECRET, 2);
    let output =
        project.rotate(&["ci-uploads", "--scan", ".", "--write", "--grace", "0s", "--yes", "--to-command", "false"]);
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stderr));
    let open = project.open();
    let lost = open["successor"]["id"].as_str().unwrap().to_owned();
    fs::remove_dir_all(project.rig.path("run/jeton")).unwrap();
    // It fails again, but with another successor.
    let op = open["op"].as_str().unwrap();
    let output = project.rotate(&["--resume", op, "--yes"]);
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("backup"), "{}", text(&output.stderr));
    project.rotated(&["--undo", op, "--yes", "--delete-successor"]);
    assert_eq!(project.ids(), [project.id.as_str()], "the lost one ({lost}) is gone, too");
    project.assert_settled();
}

#[test]
fn on_a_full_disk_nothing_is_half_written_and_it_goes_on_when_there_is_room() {
    let mut project = Project::new(Rig::new(), SECRET, 12);
    let disk = project.rig.path("disk");
    fs::create_dir(&disk).unwrap();
    let mount = |arguments: &[&str]| {
        std::process::Command::new("mount").args(arguments).output().is_ok_and(|output| output.status.success())
    };
    let place = disk.display().to_string();
    if !mount(&["-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", &place]) {
        eprintln!("NOT TESTED: a full disk (mounting takes root)");
        return;
    }
    // The project and the records are on the small disk.
    let state = disk.join("state");
    let copied =
        std::process::Command::new("cp").args(["-a", project.root.to_str().unwrap(), &place]).status().unwrap();
    assert!(copied.success());
    project.root = disk.join("project");
    let before = project.files();
    let room = disk.join("room");
    let mut outcomes = Vec::new();
    let mut resumed = 0;
    // From hardly any room to enough for everything.
    for kibibytes in [0, 4, 12, 20, 40, 80, 160] {
        drop(fs::remove_file(&room));
        let free = rustix::fs::statvfs(&disk).map(|system| system.f_bavail * system.f_frsize).unwrap();
        fs::write(&room, vec![b'x'; usize::try_from(free).unwrap().saturating_sub(kibibytes * 1024)]).unwrap();
        let mut command = project.command(&["ci-uploads", "--scan", ".", "--write", "--yes", "--json"]);
        let output = command.env("JETON_STATE_DIR", &state).output().unwrap();
        let code = output.status.code().unwrap();
        outcomes.push(code);
        let is_whole = |(path, (_, content)): (&std::path::PathBuf, &(u32, Vec<u8>))| {
            let old = &before[path].1;
            content == old || content.len() == old.len()
        };
        assert!(project.files().iter().all(is_whole), "{kibibytes} KiB: half written");
        assert!(project.rig.works(&project.value), "{kibibytes} KiB: the old token is gone");
        fs::remove_file(&room).unwrap();
        let list = project.command(&["--list", "--json"]).env("JETON_STATE_DIR", &state).output().unwrap();
        let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
        if let Some(open) = list.as_array().unwrap().first() {
            let op = open["op"].as_str().unwrap();
            let run = |arguments: &[&str]| {
                let output = project.command(arguments).env("JETON_STATE_DIR", &state).output().unwrap();
                assert!(output.status.success(), "{kibibytes} KiB: {}", text(&output.stderr));
            };
            run(&["--resume", op]);
            assert_eq!(project.holding_old(), 0, "{kibibytes} KiB");
            resumed += 1;
            run(&["--undo", op, "--yes", "--delete-successor"]);
        }
        assert!(project.files() == before, "{kibibytes} KiB: not byte for byte");
        assert_eq!(project.ids(), [project.id.as_str()], "{kibibytes} KiB: an orphan");
        project.assert_no_leftovers();
    }
    assert!(std::process::Command::new("umount").arg(&disk).status().unwrap().success());
    assert!(outcomes.contains(&0) && outcomes.iter().any(|code| *code != 0) && resumed > 0, "{outcomes:?}");
}
