//! The program in the places people run it in: a secret token is made in its dashboard and copied with `y`. What it then says of
//! the copy is compared with what the clipboards hold, and so is what is left in them after it was quit.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use portable_pty::CommandBuilder;

use super::{
    X11,
    pty::{DEADLINE, Pty},
    reveal,
    rig::{Rig, is_installed, program, record},
    wl_clipboard,
};

/// Where it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Desktop,
    DesktopOverSsh,
    LinuxConsole,
    /// With these settings.
    Tmux(&'static str),
    TmuxInTmux,
    /// The variable is there, the server is not.
    LeftTmux,
    Terminal,
    Screen,
    Wayland,
    /// wl-clipboard of a version without the hint.
    OldWayland,
}

const PLACES: [Place; 14] = [
    Place::Desktop,
    Place::DesktopOverSsh,
    Place::LinuxConsole,
    Place::Tmux(""),
    Place::Tmux("set -s set-clipboard on"),
    Place::Tmux("set -s set-clipboard off"),
    Place::Tmux("set -s set-clipboard external; set -g allow-passthrough on"),
    Place::Tmux("set -s set-clipboard on; set -g allow-passthrough on"),
    Place::TmuxInTmux,
    Place::LeftTmux,
    Place::Terminal,
    Place::Screen,
    Place::Wayland,
    Place::OldWayland,
];

/// What can be said of a copy, in the words of the program.
const SAID: [&str; 5] = [
    "copied to the clipboard",
    "copied to tmux's buffer; also sent",
    "sent to your terminal",
    "No clipboard available",
    "Couldn't check",
];

/// The program, somewhere.
struct Run<'a> {
    rig: &'a Rig,
    place: Place,
    x11: Option<X11>,
}

impl Run<'_> {
    fn new(rig: &Rig, place: Place) -> Run<'_> {
        let has_display = matches!(place, Place::Desktop | Place::DesktopOverSsh);
        Run { rig, place, x11: has_display.then(X11::start) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.rig.path(name)
    }

    fn start(&self) -> Pty {
        let jeton = program().display().to_string();
        let quoted = |path: &Path| path.display().to_string();
        let settings = match self.place {
            Place::Tmux(settings) => settings,
            _ => "",
        };
        fs::write(self.path("tmux.conf"), settings.replace("; ", "\n")).unwrap();
        let tmux = |socket: &str, inside: &str| {
            let (socket, conf) = (quoted(&self.path(socket)), quoted(&self.path("tmux.conf")));
            ["tmux", "-f", &conf, "-S", &socket, "new-session", inside].map(str::to_owned).to_vec()
        };
        let words = match self.place {
            Place::Tmux(_) => tmux("tmux", &jeton),
            Place::TmuxInTmux => tmux("outer", &format!("env -u TMUX {}", shell(&tmux("tmux", &jeton)))),
            _ => vec![jeton],
        };
        let mut command = CommandBuilder::new(&words[0]);
        command.args(&words[1..]);
        command.env_clear();
        for (name, value) in self.rig.jeton([""; 0]).get_envs() {
            command.env(name, value.unwrap());
        }
        for (name, value) in self.variables() {
            command.env(name, value);
        }
        command.cwd(self.rig.home.path());
        Pty::start_as_is(command, 120, 42)
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![("TERM", "xterm-256color".to_owned()), ("SHELL", "/bin/sh".to_owned())];
        if let Some(x11) = &self.x11 {
            variables.push(("DISPLAY", x11.display.clone()));
        }
        match self.place {
            Place::DesktopOverSsh => variables.push(("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22".into())),
            Place::LinuxConsole => variables.push(("TERM", "linux".into())),
            Place::LeftTmux => variables.push(("TMUX", format!("{},1,0", self.path("nobody").display()))),
            Place::Screen => variables.push(("STY", "1.pts-1.here".into())),
            Place::Wayland | Place::OldWayland => {
                let path = wl_clipboard(self.rig.home.path(), self.place == Place::Wayland);
                variables.push(("PATH", path.into_string().unwrap()));
                variables.push(("WAYLAND_DISPLAY", self.path("no-compositor").display().to_string()));
            }
            Place::Desktop | Place::Tmux(_) | Place::TmuxInTmux | Place::Terminal => {}
        }
        variables
    }

    /// What the program of a clipboard prints.
    fn output(&self, words: &[&str]) -> String {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).stdin(Stdio::null()).stderr(Stdio::null()).env_remove("TMUX");
        if let Some(x11) = &self.x11 {
            command.env("DISPLAY", &x11.display);
        }
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }

    fn on_desktop(&self) -> Option<String> {
        self.x11.as_ref().map(|_| self.output(&["xclip", "-selection", "clipboard", "-o"]))
    }

    /// The buffers of the tmux it runs in.
    fn in_tmux(&self) -> Vec<String> {
        let socket = self.path("tmux").display().to_string();
        let names = self.output(&["tmux", "-S", &socket, "list-buffers", "-F", "#{buffer_name}"]);
        names.lines().map(|name| self.output(&["tmux", "-S", &socket, "show-buffer", "-b", name])).collect()
    }

    fn with_wl_clipboard(&self) -> Option<String> {
        fs::read_to_string(self.path("held")).ok()
    }

    /// Every place but the terminal where the value is now.
    fn holders(&self, value: &str) -> Vec<&'static str> {
        let mut holders = Vec::new();
        if self.on_desktop().is_some_and(|text| text == value) {
            holders.push("desktop");
        }
        if self.in_tmux().iter().any(|text| text == value) {
            holders.push("tmux");
        }
        if self.with_wl_clipboard().is_some_and(|text| text == value) {
            holders.push("wl-clipboard");
        }
        holders
    }
}

fn shell(words: &[String]) -> String {
    words.iter().fold(String::new(), |mut line, word| {
        write!(line, "'{word}' ").unwrap();
        line
    })
}

/// Whether the terminal the person sits at was asked to put the value in its clipboard.
fn reached_terminal(pty: &Pty, value: &str) -> bool {
    let (raw, encoded) = (String::from_utf8_lossy(&pty.raw()).into_owned(), STANDARD.encode(value));
    raw.match_indices("\x1b]52;").any(|(at, start)| {
        let rest = &raw[at + start.len()..];
        rest.split_once(';').is_some_and(|(target, data)| target.len() < 3 && data.starts_with(&encoded))
    })
}

/// What became of one copy.
struct Found {
    said: &'static str,
    is_true: bool,
    is_delivered: bool,
    /// What still held the value after the end.
    left: Vec<&'static str>,
    tmux_buffers_left: usize,
}

fn try_place(place: Place) -> Found {
    let rig = Rig::new();
    let run = Run::new(&rig, place);
    let mut pty = run.start();
    let value = reveal::reveal(&mut pty);
    assert!(rig.works(&value));
    pty.send("y");
    let mut said = "";
    pty.wait_for("what became of the copy", |screen| {
        let text = screen.contents();
        said = SAID.into_iter().find(|said| text.contains(said)).unwrap_or_default();
        !said.is_empty()
    });
    // What tmux sends on may be on its way still; what it does not send never comes.
    let deadline = Instant::now() + Duration::from_secs(if place == Place::TmuxInTmux { 1 } else { 5 });
    let waits = matches!(place, Place::Tmux(_) | Place::TmuxInTmux);
    while waits && !reached_terminal(&pty, &value) && Instant::now() < deadline {
        thread::park_timeout(Duration::from_millis(5));
    }
    let (holders, at_terminal) = (run.holders(&value), reached_terminal(&pty, &value));
    let is_true = match said {
        "copied to the clipboard" => holders.iter().any(|holder| matches!(*holder, "desktop" | "wl-clipboard")),
        "copied to tmux's buffer; also sent" => holders == ["tmux"],
        "sent to your terminal" => at_terminal,
        "No clipboard available" => holders.is_empty() && !at_terminal,
        _ => false,
    };
    // In a tmux buffer alone it can be pasted in tmux, but not elsewhere.
    let is_delivered = at_terminal || holders.iter().any(|holder| *holder != "tmux");

    pty.send(format!("\r{}\r", &value[value.len() - 6..]));
    pty.wait_for_text("jeton no longer holds");
    let is_in_tmux = waits;
    if is_in_tmux {
        // A server of tmux ends with its last session, and its buffers with it: another one stays.
        let socket = run.path("tmux").display().to_string();
        run.output(&["tmux", "-S", &socket, "new-session", "-d", "cat"]);
    }
    pty.send("q");
    if is_in_tmux {
        // The terminal may be given the other session.
        let deadline = Instant::now() + DEADLINE;
        while !run.in_tmux().is_empty() && Instant::now() < deadline {
            thread::park_timeout(Duration::from_millis(5));
        }
    } else {
        assert_eq!(pty.end(), Ok(0), "{place:?}");
    }
    let found = Found {
        said,
        is_true,
        is_delivered,
        left: run.holders(&value),
        tmux_buffers_left: if is_in_tmux { run.in_tmux().len() } else { 0 },
    };
    for socket in ["tmux", "outer"] {
        run.output(&["tmux", "-S", &run.path(socket).display().to_string(), "kill-server"]);
    }
    found
}

#[test]
fn wherever_it_runs_what_it_says_of_a_copy_is_true_and_nothing_is_left_after_it() {
    let has = ["Xvfb", "xclip", "tmux"].map(is_installed);
    let places: Vec<Place> = PLACES
        .into_iter()
        .filter(|place| match place {
            Place::Desktop | Place::DesktopOverSsh => has[0] && has[1],
            Place::Tmux(_) | Place::TmuxInTmux => has[2],
            _ => true,
        })
        .collect();
    let found: Vec<(Place, Found)> = places.iter().map(|place| (*place, try_place(*place))).collect();
    for (place, Found { said, is_true, is_delivered, left, tmux_buffers_left }) in &found {
        println!("{place:?}: {said:?}, true {is_true}, delivered {is_delivered}, left {left:?} {tmux_buffers_left}");
    }
    let count = |wanted: fn(&Found) -> bool| found.iter().filter(|(_, found)| wanted(found)).count();
    let [truths, delivered] = [count(|found| found.is_true), count(|found| found.is_delivered)];
    let tmux = found.iter().filter(|(place, _)| matches!(place, Place::Tmux(_) | Place::TmuxInTmux)).count();
    let buffers: usize = found.iter().map(|(_, found)| found.tmux_buffers_left).sum();
    let undelivered: Vec<_> =
        found.iter().filter(|(_, found)| !found.is_delivered).map(|(place, _)| format!("{place:?}")).collect();
    assert_eq!(truths, found.len());
    assert!(count(|found| found.left.is_empty()) == found.len() && buffers == 0);
    // A Linux console has no clipboard at all.
    let only = |place: &Place| matches!(place, Place::LinuxConsole | Place::TmuxInTmux);
    assert!(found.iter().all(|(place, found)| found.is_delivered || only(place)), "{undelivered:?}");
    if places.len() == PLACES.len() {
        let places = places.len();
        let measured = format!("{truths} of {places} true, {delivered} delivered (not: {})", undelivered.join(", "));
        record("C1", "copies in 14 places: what is said is true, value delivered", "all, ≥ 12", &measured);
    }
    if tmux > 0 {
        record("C4", "tmux buffers left after the end", "0", &format!("{buffers} ({tmux} settings)"));
    }
}
