//! The clipboards: each way to one by itself, and the program in the places people run it in.
//!
//! A test whose program is not installed says so on standard error and checks nothing; everything else about the
//! clipboard is tested where it is written.

#![cfg(unix)]
mod places;
mod sources;

use crate::support::{pty, reveal, rig};

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
};

/// An X server that ends with the test, and the number of its display.
struct X11 {
    server: Child,
    display: String,
}

impl X11 {
    fn start() -> Self {
        // It picks a free number and writes it to the descriptor it is given. Without the flag it starts afresh whenever
        // its last client leaves, and throws out whoever is just coming.
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset", "-screen", "0", "64x64x8"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut display = String::new();
        let mut told = std::io::BufReader::new(server.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut told, &mut display).unwrap();
        Self { server, display: format!(":{}", display.trim()) }
    }
}

impl Drop for X11 {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

/// Makes `wl-copy` and `wl-paste` around a file `held`; the search path with them first. The arguments go to `held.log`.
fn wl_clipboard(folder: &Path, knows_sensitive: bool) -> OsString {
    let held = folder.join("held");
    let refuses = if knows_sensitive { "" } else { "case \"$*\" in *--sensitive*) exit 1;; esac\n" };
    let programs = [
        (
            "wl-copy",
            format!(
                "{refuses}echo \"$@\" >>{0}.log\nif [ \"$1\" = --clear ]; then rm -f {0}; else cat >{0}; fi",
                held.display()
            ),
        ),
        ("wl-paste", format!("cat {} 2>/dev/null", held.display())),
    ];
    for (name, script) in programs {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap()).into()
}
