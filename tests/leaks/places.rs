//! Everything the program writes or hands on in a session, searched for the tokens.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

use jeton::secret::Secret;

use super::rig::{Rig, line, record, text};

/// Every file below a directory, with its content.
fn files(dir: &Path, found: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            let content = fs::read(&path).unwrap();
            found.push((path, content));
        }
    }
}

fn contains(content: &[u8], token: &str) -> bool {
    // The signature alone is enough to make a token of what everybody knows.
    let signature = token.rsplit('.').next().unwrap().as_bytes();
    content.windows(signature.len()).any(|window| window == signature)
}

#[test]
fn neither_token_is_in_anything_that_is_written_said_or_inherited() {
    let rig = Rig { escrow: "file", ..Rig::new() };
    let sink = rig.path("stored");
    let (args, environ, log) = (rig.path("args"), rig.path("environ"), rig.path("log"));
    // The command looks at its parent and at itself before it stores the value.
    let script = format!(
        "cat /proc/$PPID/cmdline /proc/self/cmdline > {}; env > {}; cat > {}; echo stored",
        args.display(),
        environ.display(),
        sink.display()
    );
    let log_arguments = ["--log", log.to_str().unwrap(), "--log-level", "trace"];
    let create = ["create", "--note", "quiet", "--scope", "uploads:write"];
    let output = rig.run(&[&log_arguments[..], &create, &["--to-command", "sh", "-c", &script]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let failed = rig.run(&[&log_arguments[..], &create, &["--to-command", "false"]].concat());
    let value = Secret::new(line(&sink).unwrap());
    fs::remove_file(&sink).unwrap();
    assert!(rig.works(value.expose()));

    // The second value waits in the escrow: the only place it may be.
    let escrow = rig.path("run/jeton/escrow");
    let mut found = Vec::new();
    files(rig.home.path(), &mut found);
    assert!(found.iter().any(|(path, _)| *path == log), "the log was written");
    let (kept, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|(path, _)| path.starts_with(&escrow));
    assert_eq!(kept.len(), 1);
    let waiting: serde_json::Value = serde_json::from_slice(&kept[0].1).unwrap();
    let waiting = Secret::new(waiting["token"].as_str().unwrap());

    let mut places: Vec<(String, Vec<u8>)> =
        others.into_iter().map(|(path, content)| (path.display().to_string(), content)).collect();
    for (name, output) in [
        ("create", output),
        ("failed create", failed),
        ("recover", rig.run(&["recover"])),
        ("recover --json", rig.run(&["recover", "--json"])),
    ] {
        places.push((format!("what {name} prints"), output.stdout));
        places.push((format!("what {name} says"), output.stderr));
    }
    let authorizing = rig.sandbox.token();
    for (place, content) in &places {
        for (which, token) in
            [("the value", &value), ("the waiting value", &waiting), ("the authorizing token", authorizing)]
        {
            assert!(!contains(content, token.expose()), "{which} is in {place}");
        }
    }
    record(
        "L2",
        "tokens in arguments, children's environment, TRACE log, state, runtime and home files, output, messages",
        "0",
        &format!("0 in {} places", places.len()),
    );
}

#[test]
fn whatever_the_umask_files_are_for_their_owner_alone() {
    let rig = Rig { escrow: "file", ..Rig::new() };
    let sh = ["sh", "-c", "umask 000; exec \"$@\"", "sh"];
    let file = rig.path("new.token");
    let env = rig.path(".env");
    let create = ["create", "--note", "open", "--scope", "uploads:write"];
    for sink in [
        vec!["--to-file".to_owned(), file.display().to_string()],
        vec!["--to-env".to_owned(), format!("{}:TOKEN", env.display())],
        vec!["--to-command".to_owned(), "false".to_owned()],
    ] {
        let arguments = create.iter().map(|&word| word.to_owned()).chain(sink);
        rig.wrapped(Some(&sh), arguments).output().unwrap();
    }
    let mut checked = 0;
    let mut dirs = vec![rig.state(), rig.path("run/jeton")];
    while let Some(dir) = dirs.pop() {
        let mode = fs::metadata(&dir).unwrap().mode() & 0o7777;
        assert_eq!(mode, 0o700, "{} has {mode:o}", dir.display());
        checked += 1;
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                let mode = fs::metadata(&path).unwrap().mode() & 0o7777;
                assert_eq!(mode, 0o600, "{} has {mode:o}", path.display());
                checked += 1;
            }
        }
    }
    for path in [file, env] {
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600, "{}", path.display());
        checked += 1;
    }
    assert!(checked >= 7, "{checked}");
    record("L6", "files 0600 and directories 0700 under umask 000", "100 %", &format!("{checked} of {checked}"));
}
