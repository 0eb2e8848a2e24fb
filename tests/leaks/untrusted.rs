//! Hostile text through every place where the create flow prints: nothing but text comes out.

use std::fs;

use jeton::token::NOTE_LIMIT;
use serde_json::json;

use super::{
    hostile::{corpus, is_offending, without_own_sequences},
    reveal::dashboard,
    rig::{Rig, record, text},
};

/// The characters that must never come out, the line feeds between our own lines apart.
fn offending(output: &[u8]) -> Vec<char> {
    let mut found: Vec<char> = text(output).chars().filter(|&c| c != '\n' && is_offending(c)).collect();
    found.dedup();
    found
}

#[test]
fn hostile_names_come_out_of_recover_as_text() {
    let rig = Rig::new();
    let corpus = corpus();
    let dir = rig.state().join("intents");
    fs::create_dir_all(&dir).unwrap();
    for (number, evil) in corpus.iter().enumerate() {
        let op = format!("{number:08x}");
        let intent = json!({
            "op": op, "account": {"username": evil, "host": evil}, "note": evil, "scopes": [evil], "allowedUrls": [evil],
            "sent": "2026-05-01T12:00:00Z", "before": {"lookAlikes": [], "complete": true}, "made": evil,
        });
        fs::write(dir.join(format!("{op}.json")), intent.to_string()).unwrap();
    }
    let mut sinks = 0;
    for arguments in [
        &["recover", "--offline"][..],
        &["recover", "--offline", "--json"],
        &["recover", "00000001", "--delete"],
        &["recover", "00000001"],
    ] {
        let output = rig.run(arguments);
        assert!(offending(&output.stdout).is_empty(), "{arguments:?}");
        assert!(offending(&output.stderr).is_empty(), "{arguments:?}");
        sinks += 2;
    }
    let listed = text(&rig.run(&["recover", "--offline"]).stdout).lines().count();
    assert_eq!(listed, 2 * corpus.len(), "no name breaks out of its line");
    assert!(corpus.len() >= 2000, "{}", corpus.len());
    record(
        "T1a",
        "hostile strings through the command line's tables, JSON and messages: raw controls",
        "0",
        &format!("0 of {} strings × {sinks} sinks", corpus.len()),
    );
}

#[test]
fn hostile_words_of_the_server_and_of_a_command_come_out_as_text() {
    let corpus = corpus();
    for evil in corpus.iter().step_by(97) {
        let faults = json!({"faults": [{"fault": "status", "status": 422, "message": evil, "method": "POST"}]});
        let rig = Rig::with_faults(&faults.to_string());
        let output = rig.run(&["create", "--note", "x", "--scope", "uploads:write"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(offending(&output.stderr).is_empty(), "{evil:?}");
    }
    let rig = Rig::new();
    // What no argument can hold is tried elsewhere, and what no name can.
    let names = corpus.iter().filter(|evil| !evil.contains('\0') && evil.chars().count() <= NOTE_LIMIT);
    for evil in names.step_by(97) {
        let output = rig
            .jeton([
                "create",
                "--note",
                evil,
                "--scope",
                "uploads:write",
                "--to-command",
                "sh",
                "-c",
                "cat >/dev/null; printf '%s' \"$EVIL\"; exit 1",
            ])
            .env("EVIL", evil)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(6), "{evil:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(offending(&output.stderr).is_empty(), "{evil:?}");
    }
}

#[test]
fn hostile_names_in_a_session_of_the_dashboard_reach_its_terminal_as_text() {
    let rig = Rig::new();
    // What the API takes as a name, spread over all kinds.
    let corpus: Vec<String> = corpus().into_iter().filter(|evil| evil.chars().count() <= 100).step_by(7).collect();
    for evil in &corpus {
        rig.answer_to_create(
            &json!({ "note": evil, "scopes": ["styles:read"], "allowedUrls": ["https://example.com"] }),
        );
    }
    assert_eq!(rig.tokens(corpus.last().unwrap()).len(), 1, "it took them");
    let mut pty = dashboard(&rig);
    pty.wait_for_text("as of");
    let start = pty.raw().len();
    for at in 0..corpus.len() {
        // Each is drawn with its detail beside it, and some are asked about.
        let keys: &[&str] = if at % 20 == 0 { &["j", "d", "\x1b", "e", "\x1b", "u", "\x1b", "O", "q"] } else { &["j"] };
        for key in keys {
            let before = pty.raw().len();
            pty.send(key);
            pty.wait_for_bytes("a frame", |raw| raw.len() > before && raw.ends_with(b"\x1b[?2026l"));
        }
    }
    let raw = pty.raw();
    let came = without_own_sequences(std::str::from_utf8(&raw[start..]).unwrap());
    let found: Vec<char> = came.chars().filter(|&c| is_offending(c)).collect();
    assert!(found.is_empty(), "{found:?}");
    assert!(pty.screen().alternate_screen() && pty.text().contains("SANDBOX"));
    record(
        "T1c",
        "the same in a session of the program on a terminal",
        "0",
        &format!("0 of {} names, {} bytes", corpus.len(), raw.len() - start),
    );
}
