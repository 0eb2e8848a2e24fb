//! The process killed at each of its system calls that touch a file, the network or the keyring, by strace: no failpoint decides
//! where. Each thread counts for itself.

use crate::rig::{Rig, line, record};

const CALLS: &str = "%file,%network,write,fsync,fdatasync,flock,add_key,keyctl";

#[test]
fn killed_at_any_system_call_no_secret_is_lost_in_silence() {
    let rig = Rig::new();
    let (mut runs, mut made, mut lost) = (0, 0, 0);
    for call in 1.. {
        let note = format!("call-{call}");
        let file = rig.path(&note);
        let inject = format!("inject={CALLS}:signal=KILL:when={call}");
        let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject];
        let arguments = ["create", "--note", &note, "--scope", "uploads:write", "--to-file", file.to_str().unwrap()];
        let output = rig.wrapped(Some(&strace), arguments).output().expect("strace is installed");
        if output.status.success() {
            break;
        }
        assert!(call < 5000, "it never comes to its end");
        runs += 1;
        let held = rig.tokens(&note);
        assert!(held.len() <= 1, "made twice at {call}");
        let Some(token) = held.first() else { continue };
        made += 1;
        let is_delivered = line(&file).is_some_and(|value| rig.works(&value));
        let open: Vec<_> = rig.recover().into_iter().filter(|open| open["note"] == note.as_str()).collect();
        let is_reported = open.iter().any(|open| open["candidates"][0]["id"] == token.id.as_str());
        if !is_delivered && !is_reported {
            lost += 1;
            eprintln!("lost in silence at call {call}");
        }
    }
    assert!(runs > 50 && made > 0, "{runs} runs, {made} with a token");
    assert_eq!(lost, 0);
    record(
        "S6",
        "SIGKILL at every file, network and keyring system call of `create`: lost in silence",
        "0",
        &format!("{lost} of {runs} calls ({made} after the token was made)"),
    );
}
