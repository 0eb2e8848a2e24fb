//! Each way to a clipboard by itself: a tmux server of our own, an X server of our own, and stand-ins for wl-clipboard.

use std::{
    ffi::OsString,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use jeton::{
    delivery::clipboard::{Clipboard, Copied, Copy, Desktop, Environment, Way, Wiped},
    secret::Secret,
};

use super::{
    X11,
    rig::{is_installed, is_measuring, record},
};

const FAKE: &str = "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UwMDAwMDAwMDAwMDAwMDAwMDAwIn0.fakefakefakefakefakefa";

/// What KDE, and others after it, look for.
const HINT: &str = "x-kde-passwordManagerHint";

/// Tells the test binary that it is a child with an X server of its own.
const ROLE: &str = "JETON_TEST_X11";

fn copy(sensitive: bool) -> Copy {
    Copy { value: Secret::new(FAKE), sensitive, way: None }
}

fn clipboard(environment: Environment) -> Clipboard {
    Clipboard::new(environment, Box::new(|_| panic!("the terminal was not to be asked")))
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

fn wayland_stand_ins(folder: &Path, knows_sensitive: bool) -> Environment {
    let path = super::wl_clipboard(folder, knows_sensitive);
    // What arboard would find on this machine is not what is tested here.
    let insists = Some(Way::Wayland);
    Environment { insists, desktop: Desktop::None, variables: vec![("PATH".into(), path)], ..Environment::default() }
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

#[test]
fn the_x11_clipboard_takes_a_value_and_gives_it_up_again() {
    if !is_installed("Xvfb") || !is_installed("xclip") {
        return;
    }
    let x11 = X11::start();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "clipboard::sources::on_x11", "--nocapture"]).env(ROLE, "1").env("DISPLAY", &x11.display);
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
    let mut secret = copy(true);
    secret.value = Secret::new(FAKE.replace("fake", "mock"));
    let rounds = if is_measuring() { 200 } else { 10 };
    let (mut cleared, mut taken, mut hinted, mut plain, mut unsure) = (0, 0, 0, 0, 0_u64);
    for round in 0..rounds {
        // What is no secret is not hidden from clipboard managers.
        assert_eq!(clipboard.copy(&copy(false)), Ok(Copied { way: Way::Native, verified: true }));
        assert_eq!(xclip(&[]), FAKE);
        plain += u64::from(!xclip(&["-t", "TARGETS"]).contains(HINT));

        assert_eq!(clipboard.copy(&secret), Ok(Copied { way: Way::Native, verified: true }));
        assert_eq!(xclip(&[]), secret.value.expose());
        hinted += u64::from(xclip(&["-t", "TARGETS"]).contains(HINT) && xclip(&["-t", HINT]) == "secret");
        assert_eq!(clipboard.wipe(), Some(Wiped::Cleared));
        cleared += u64::from(xclip(&[]).is_empty());

        clipboard.copy(&secret).unwrap();
        let theirs = format!("something of somebody else's {round}");
        somebody_copies(&theirs);
        assert_eq!(clipboard.wipe(), Some(Wiped::NotOurs));
        taken += u64::from(xclip(&[]) != theirs);
        // And with somebody who comes while we look: a little earlier or later each time.
        clipboard.copy(&secret).unwrap();
        let racing = std::thread::spawn(|| somebody_copies("in the very moment"));
        std::thread::park_timeout(Duration::from_micros(round * 37 % 4000));
        let wiped = clipboard.wipe();
        racing.join().unwrap();
        taken += u64::from(xclip(&[]) != "in the very moment");
        // Nobody may have answered in that moment. Then that is said, and whose the value is by now does not change.
        unsure += u64::from(wiped == Some(Wiped::Unknown));
    }
    assert_eq!((cleared, taken, hinted, plain), (rounds, 0, rounds, rounds));
    record(
        "C2",
        "auto-clear under X11: cleared what was ours / what was somebody else's, also in the very moment",
        "all / 0",
        &format!("{cleared} of {rounds} / {taken} of {} ({unsure} times it said it could not look)", 2 * rounds),
    );
    record(
        "C3",
        "hint to clipboard managers: on copies of secrets / on copies of public tokens",
        "all / 0",
        &format!("{hinted} of {rounds} / {} of {rounds}", rounds - plain),
    );
}
