//! Hostile text through every place where the create flow prints: nothing but text comes out.

use std::fs;

use serde_json::json;

use crate::rig::{Rig, record, text};

/// Strings that a terminal would obey, or that hide or reorder their neighbours.
fn corpus() -> Vec<String> {
    let sequences = [
        "\u{1b}[31m",
        "\u{1b}]52;c;ZXZpbA==\u{7}",
        "\u{1b}]0;title\u{7}",
        "\u{1b}P1;1|x\u{1b}\\",
        "\u{1b}[?1049l",
        "\u{1b}[2J\u{1b}[H",
        "\u{9b}31m",
        "\u{9d}0;t\u{9c}",
        "\r\n",
        "\u{8}\u{8}",
        "\u{1b}c",
        "\u{1b}[6n",
    ];
    let single = (0..=0x1f)
        .chain(0x7f..=0x9f)
        .chain([0xad, 0x61c, 0x180e, 0x2028, 0x2029, 0xfeff])
        .chain(0x200b..=0x200f)
        .chain(0x202a..=0x202e)
        .chain(0x2060..=0x206f)
        .chain(0xfff9..=0xfffb)
        .chain((0xe0001..=0xe007f).step_by(3))
        .filter_map(char::from_u32)
        .map(String::from);
    let evil: Vec<String> = single.chain(sequences.map(str::to_owned)).collect();
    let frames =
        [("", ""), ("a", "b"), ("東京", "🗼"), ("e\u{301}", "\u{301}"), ("x ", ""), ("", " \\ \" '"), ("[", "m")];
    let framed =
        evil.iter().flat_map(|evil| frames.iter().map(move |(before, after)| format!("{before}{evil}{after}")));
    let pairs = evil.iter().zip(evil.iter().skip(7)).map(|(one, two)| format!("{one}{two}"));
    framed.chain(pairs).chain(evil.iter().map(|evil| evil.repeat(9))).collect()
}

/// The characters that must never come out, the line feeds between our own lines apart.
fn offending(output: &[u8]) -> Vec<char> {
    let text = text(output);
    let mut found: Vec<char> = text
        .chars()
        .filter(|&c| {
            c != '\n' && c.is_control()
                || matches!(u32::from(c),
                    0xad | 0x61c | 0x180e | 0x200b | 0x200c | 0x200e | 0x200f | 0x2028..=0x202e | 0x2060..=0x206f
                    | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe0fff)
        })
        .collect();
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
    assert!(corpus.len() >= 2000 / 2, "{}", corpus.len());
    record(
        "T1",
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
    for evil in corpus.iter().filter(|evil| !evil.contains('\0')).step_by(97) {
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
        assert_eq!(output.status.code(), Some(6));
        assert!(offending(&output.stderr).is_empty(), "{evil:?}");
    }
}
