//! The clipboards themselves: a tmux server of our own, an X server of our own, and stand-ins for wl-clipboard.
//!
//! A test whose program is not installed says so on standard error and checks nothing; everything else about the
//! clipboard is tested where it is written.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

use std::{
    ffi::OsString,
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use jeton::{
    clipboard::{Clipboard, Copied, Copy, Desktop, Environment, Way, Wiped},
    secret::Secret,
};

const FAKE: &str = "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UwMDAwMDAwMDAwMDAwMDAwMDAwIn0.fakefakefakefakefakefa";

/// Tells the test binary that it is a child with an X server of its own.
const ROLE: &str = "JETON_TEST_X11";

fn copy(sensitive: bool) -> Copy {
    Copy { value: Secret::new(FAKE), sensitive, way: None }
}

fn clipboard(environment: Environment) -> Clipboard {
    Clipboard::new(environment, Box::new(|_| panic!("the terminal was not to be asked")))
}

fn is_installed(program: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()));
    if !found {
        eprintln!("NOT TESTED: {program} is not installed");
    }
    found
}

/// A tmux server that ends with the test.
struct Server {
    folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let server = Self { folder: tempfile::tempdir().unwrap() };
        assert!(server.tmux(&["new-session", "-d", "-x", "80", "-y", "24", "cat"]).status.success());
        server
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let mut tmux = Command::new("tmux");
        tmux.arg("-f").arg("/dev/null").arg("-S").arg(self.socket()).args(arguments);
        tmux.env_remove("TMUX").stdin(Stdio::null()).output().unwrap()
    }

    fn environment(&self) -> Environment {
        let place = OsString::from(format!("{},1,0", self.socket().display()));
        Environment { tmux: true, variables: vec![("TMUX".into(), place)], ..Environment::default() }
    }

    fn buffers(&self) -> Vec<String> {
        let names = self.tmux(&["list-buffers", "-F", "#{buffer_name}"]).stdout;
        String::from_utf8(names).unwrap().lines().map(str::to_owned).collect()
    }

    fn top_buffer(&self) -> String {
        String::from_utf8(self.tmux(&["show-buffer"]).stdout).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn tmux_takes_a_value_whatever_its_settings_and_gives_it_up_again() {
    if !is_installed("tmux") {
        return;
    }
    let server = Server::start();
    server.tmux(&["set-buffer", "-b", "theirs", "something of somebody else's"]);
    for setting in ["off", "external", "on"] {
        server.tmux(&["set-option", "-s", "set-clipboard", setting]);
        let mut clipboard = clipboard(server.environment());
        assert_eq!(clipboard.copy(&copy(true)), Ok(Copied { way: Way::Tmux, verified: true }), "{setting}");
        assert_eq!(server.top_buffer(), FAKE);
        assert_eq!(clipboard.copy(&copy(true)).map(|copied| copied.verified), Ok(true));
        assert_eq!(server.buffers().len(), 2, "a second copy replaces the first");
        assert_eq!(clipboard.wipe(), Some(Wiped::Cleared));
        assert_eq!(server.buffers(), ["theirs"]);
        assert_eq!(clipboard.wipe(), None);
    }
}

#[test]
fn a_buffer_that_was_replaced_or_deleted_is_not_ours_to_wipe() {
    if !is_installed("tmux") {
        return;
    }
    let server = Server::start();
    let mut clipboard = clipboard(server.environment());
    clipboard.copy(&copy(true)).unwrap();
    let name = server.buffers().remove(0);
    server.tmux(&["set-buffer", "-b", &name, "something of somebody else's"]);
    assert_eq!(clipboard.wipe(), Some(Wiped::NotOurs));
    assert_eq!(server.top_buffer(), "something of somebody else's");
    clipboard.copy(&copy(true)).unwrap();
    server.tmux(&["delete-buffer", "-b", &name]);
    assert_eq!(clipboard.wipe(), Some(Wiped::NotOurs));
}

#[test]
fn what_is_not_sensitive_is_never_wiped() {
    if !is_installed("tmux") {
        return;
    }
    let server = Server::start();
    let mut clipboard = clipboard(server.environment());
    clipboard.copy(&copy(false)).unwrap();
    assert_eq!(clipboard.wipe(), None);
    assert_eq!(server.top_buffer(), FAKE);
}

/// `wl-copy` and `wl-paste` around a file.
fn wayland_stand_ins(folder: &Path, knows_sensitive: bool) -> Environment {
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
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    // What arboard would find on this machine is not what is tested here.
    let insists = Some(Way::Wayland);
    let variables = vec![("PATH".into(), path.into())];
    Environment { insists, desktop: Desktop::None, variables, ..Environment::default() }
}

#[test]
fn wl_clipboard_takes_a_value_with_or_without_the_hint() {
    for knows_sensitive in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let held = folder.path().join("held");
        let mut clipboard = clipboard(wayland_stand_ins(folder.path(), knows_sensitive));
        assert_eq!(clipboard.copy(&copy(true)), Ok(Copied { way: Way::Wayland, verified: true }));
        assert_eq!(fs::read_to_string(&held).unwrap(), FAKE);
        let log = fs::read_to_string(folder.path().join("held.log")).unwrap();
        assert_eq!(log.contains("--sensitive"), knows_sensitive);
        assert!(!log.contains("eyJ"), "the value was an argument");
        assert_eq!(clipboard.wipe(), Some(Wiped::Cleared));
        assert!(!held.exists());

        clipboard.copy(&copy(true)).unwrap();
        fs::write(&held, "something of somebody else's").unwrap();
        assert_eq!(clipboard.wipe(), Some(Wiped::NotOurs));
        assert!(held.exists());
    }
}

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

#[test]
fn the_x11_clipboard_takes_a_value_and_gives_it_up_again() {
    if !is_installed("Xvfb") || !is_installed("xclip") {
        return;
    }
    let x11 = X11::start();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "on_x11", "--nocapture"]).env(ROLE, "1").env("DISPLAY", &x11.display);
    let output = child.env_remove("WAYLAND_DISPLAY").env_remove("TMUX").stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn xclip(arguments: &[&str]) -> String {
    let output = Command::new("xclip").args(["-selection", "clipboard", "-o"]).args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Somebody else copies something. Returns when it is there.
fn somebody_copies(text: &str) {
    // It stays in the background, and must not keep our output open.
    let mut xclip = Command::new("xclip");
    xclip.args(["-selection", "clipboard"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut xclip = xclip.spawn().unwrap();
    xclip.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(xclip.wait().unwrap().success());
    // What it left in the background may still have to say so.
    let deadline = Instant::now() + Duration::from_secs(20);
    while self::xclip(&[]) != text {
        assert!(Instant::now() < deadline, "xclip never owned the clipboard");
    }
}

/// The child's side; does nothing in the parent.
#[test]
fn on_x11() {
    if std::env::var_os(ROLE).is_none() {
        return;
    }
    let environment = Environment { desktop: Desktop::Native, ..Environment::default() };
    let mut clipboard = clipboard(environment);
    assert_eq!(clipboard.copy(&copy(false)), Ok(Copied { way: Way::Native, verified: true }));
    assert_eq!(xclip(&[]), FAKE);
    assert!(!xclip(&["-t", "TARGETS"]).contains("x-kde-passwordManagerHint"));

    let mut other = copy(true);
    other.value = Secret::new(FAKE.replace("fake", "mock"));
    assert_eq!(clipboard.copy(&other), Ok(Copied { way: Way::Native, verified: true }));
    assert_eq!(xclip(&[]), other.value.expose());
    assert!(xclip(&["-t", "TARGETS"]).contains("x-kde-passwordManagerHint"));
    assert_eq!(xclip(&["-t", "x-kde-passwordManagerHint"]), "secret");
    assert_eq!(clipboard.wipe(), Some(Wiped::Cleared));
    assert_eq!(xclip(&[]), "");

    for round in 0..20 {
        clipboard.copy(&other).unwrap();
        let theirs = format!("something of somebody else's {round}");
        somebody_copies(&theirs);
        assert_eq!(clipboard.wipe(), Some(Wiped::NotOurs));
        assert_eq!(xclip(&[]), theirs);
        // And with somebody who comes while we look.
        clipboard.copy(&other).unwrap();
        let racing = std::thread::spawn(|| somebody_copies("in the very moment"));
        let wiped = clipboard.wipe();
        racing.join().unwrap();
        assert_eq!(xclip(&[]), "in the very moment", "{wiped:?}");
    }
}
