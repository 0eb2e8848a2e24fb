//! Copies a token value, reports truthfully where it went, and clears it again.
//!
//! There are several ways to a clipboard and each can fail in silence: a native one (X11, Wayland, macOS, Windows) that
//! nobody on the other end of an SSH session sees; tmux, whose default settings drop OSC 52; a terminal that never
//! acknowledges. [`Environment::sources`] orders the ways by where we run, [`Clipboard::copy`] takes the first that works and
//! says which it was and whether the value was seen there.
//!
//! Invariants: a value reaches another program on its standard input or through the clipboard's own protocol, never
//! as an argument or in an environment; nothing but a keyed digest of it is kept for the wipe; and a wipe removes our value
//! or nothing: what someone else has copied meanwhile is left alone.
//!
//! Any call may be slow (a clipboard's owner may not answer, tmux may hang), so call this from its own thread. Every wait is limited.

mod environment;
mod mark;
mod native;
mod osc52;
mod run;
mod tmux;
mod wayland;
#[cfg(all(unix, not(target_os = "macos")))]
mod x11;

use std::{fmt, io};

pub use environment::{Desktop, Environment};

use self::{mark::Mark, native::Native, tmux::Tmux, wayland::Wayland};
use crate::secret::Secret;

/// The ways a value can travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The desktop's own clipboard, through arboard.
    Native,
    /// The desktop's own clipboard, through the programs of wl-clipboard: on Wayland some compositors (GNOME's) let only
    /// programs with a window near it, and those manage to be one.
    Wayland,
    /// tmux's paste buffer, handed on to the outer terminal (`tmux load-buffer -w`).
    Tmux,
    /// The OSC 52 sequence, to whatever terminal is there.
    Osc52,
}

/// A finished copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How.
    pub way: Way,
    /// Whether it was read back and found to be there. OSC 52 cannot be.
    pub verified: bool,
}

impl Copied {
    /// Says truthfully which way was taken, for a user.
    pub fn describe(&self) -> String {
        match (self.way, self.verified) {
            (Way::Native | Way::Wayland, true) => "copied to the clipboard",
            (Way::Native | Way::Wayland, false) => "sent to the clipboard (can't confirm it arrived)",
            // What tmux's own buffer holds is known. Whether it sent that on is not: to a tmux around it, say, it does not.
            (Way::Tmux, true) => "copied to tmux's buffer; also sent to your terminal (can't confirm it arrived)",
            (Way::Tmux, false) => "sent to tmux (can't confirm it arrived)",
            (Way::Osc52, _) => "sent to your terminal's clipboard (can't confirm it arrived)",
        }
        .into()
    }
}

/// Why no way worked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CopyError(pub String);

/// What became of a value when its time in the clipboard was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wiped {
    /// It was still ours and is gone now.
    Cleared,
    /// Someone had copied something else: left alone.
    NotOurs,
    /// It could not be looked at, so it may still be there.
    Unknown,
}

/// A value on its way to a clipboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The value.
    pub value: Secret,
    /// Whether clipboard managers are asked not to keep it, and whether it is wiped after a while.
    pub sensitive: bool,
    /// A way the user insists on; `None` picks by where we run.
    pub way: Option<Way>,
}

/// Sends a control sequence to the terminal, whole and between two frames.
pub type Sequence = Box<dyn FnMut(&[u8]) -> io::Result<()> + Send>;

/// The clipboards we can reach, for the length of a session: on X11 and Wayland the value lives in this process.
pub struct Clipboard {
    environment: Environment,
    native: Native,
    tmux: Tmux,
    wayland: Wayland,
    sequence: Sequence,
    mark: Mark,
    /// Where our last sensitive value is, as far as we know.
    ours: Option<(Way, mark::Digest)>,
}

impl fmt::Debug for Clipboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clipboard").field("environment", &self.environment).finish_non_exhaustive()
    }
}

impl Clipboard {
    /// For a place; nothing is connected to before it is needed. `sequence` is the way to the terminal, for OSC 52.
    pub fn new(environment: Environment, sequence: Sequence) -> Self {
        let mark = Mark::new();
        Self {
            native: Native::default(),
            tmux: Tmux::new(mark.name(), environment.variables.clone()),
            wayland: Wayland::new(environment.variables.clone()),
            environment,
            sequence,
            mark,
            ours: None,
        }
    }

    /// The ways that may work here, the preferred one first: what "another way" goes through.
    pub fn sources(&self) -> Vec<Way> {
        self.environment.sources()
    }

    /// Copies a value: by the way insisted on, or by the first that works.
    ///
    /// # Errors
    /// When none works; the text says why for each, and what to do instead.
    pub fn copy(&mut self, copy: &Copy) -> Result<Copied, CopyError> {
        let sources = copy.way.map_or_else(|| self.sources(), |way| vec![way]);
        let mut reasons = Vec::new();
        for way in sources {
            match self.copy_by(way, copy) {
                Ok(verified) => {
                    self.ours = copy.sensitive.then(|| (way, self.mark.of(copy.value.expose())));
                    return Ok(Copied { way, verified });
                }
                Err(reason) => reasons.push(reason),
            }
        }
        if reasons.is_empty() {
            reasons.push("no display, no tmux, and this terminal may not support it".into());
        }
        Err(CopyError(format!("No clipboard available: {}. Save the value to a file instead.", reasons.join("; "))))
    }

    /// Whether the value was seen to have arrived.
    fn copy_by(&mut self, way: Way, copy: &Copy) -> Result<bool, String> {
        let value = copy.value.expose();
        match way {
            Way::Native => self.native.copy(value, copy.sensitive)?,
            Way::Wayland => self.wayland.copy(value, copy.sensitive)?,
            Way::Tmux => self.tmux.copy(value)?,
            Way::Osc52 => {
                let sequence = osc52::sequence(value, self.environment.screen);
                (self.sequence)(&sequence).map_err(|error| format!("the terminal failed ({error})"))?;
                return Ok(false);
            }
        }
        Ok(self.read(way).is_ok_and(|held| held.is_some_and(|held| held == copy.value)))
    }

    /// What the clipboard at the end of a way holds; `None`: no text.
    fn read(&mut self, way: Way) -> Result<Option<Secret>, String> {
        match way {
            Way::Native => self.native.read(),
            Way::Wayland => self.wayland.read(),
            Way::Tmux => self.tmux.read(),
            Way::Osc52 => Err("a terminal does not report its clipboard".into()),
        }
    }

    /// Whether a sensitive value of ours may still be somewhere.
    pub fn holds_ours(&self) -> bool {
        self.ours.is_some()
    }

    /// Removes our last sensitive value if it is still there. `None` when there was none.
    pub fn wipe(&mut self) -> Option<Wiped> {
        let (way, digest) = self.ours.take()?;
        let is_ours = |held: &Secret, mark: &Mark| mark.of(held.expose()) == digest;
        // Before it is looked at: what is found is this one's, or it is no longer the same one.
        let is_x11 = way == Way::Native && self.environment.desktop == Desktop::Native;
        let owner = if is_x11 { native::owner() } else { None };
        // Whoever is just taking the clipboard over may not answer yet.
        let held = match self.read(way).or_else(|_| self.read(way)) {
            Ok(Some(held)) => held,
            Ok(None) => return Some(Wiped::NotOurs),
            Err(_) => return Some(Wiped::Unknown),
        };
        if !is_ours(&held, &self.mark) {
            return Some(Wiped::NotOurs);
        }
        drop(held);
        match way {
            Way::Native => self.native.let_go(owner),
            Way::Wayland => self.wayland.clear(),
            Way::Tmux => self.tmux.delete(),
            Way::Osc52 => {}
        }
        // Letting go removes it where the clipboard's content is its owner's (X11), and then someone else's is safe even if
        // it arrived this moment. Elsewhere it has to be cleared.
        if way == Way::Native && matches!(self.read(way), Ok(Some(held)) if is_ours(&held, &self.mark)) {
            self.native.clear();
        }
        Some(match self.read(way).or_else(|_| self.read(way)) {
            Ok(Some(held)) if is_ours(&held, &self.mark) => Wiped::Unknown,
            Ok(_) => Wiped::Cleared,
            Err(_) => Wiped::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    const FAKE: &str = "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UwMDAwMDAwMDAwMDAwMDAwMDAwIn0.fakefakefakefakefakefa";

    fn copy(way: Option<Way>) -> Copy {
        Copy { value: Secret::new(FAKE), sensitive: true, way }
    }

    #[test]
    fn a_terminal_of_unknown_abilities_is_sent_the_value_and_nothing_is_claimed() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let write: Sequence = Box::new(move |bytes| {
            sink.lock().unwrap().extend_from_slice(bytes);
            Ok(())
        });
        let mut clipboard = Clipboard::new(Environment { ssh: true, ..Environment::default() }, write);
        let copied = clipboard.copy(&copy(None)).unwrap();
        assert_eq!(copied, Copied { way: Way::Osc52, verified: false });
        assert!(copied.describe().contains("can't confirm"));
        assert_eq!(*written.lock().unwrap(), osc52::sequence(FAKE, false).to_vec());
        assert_eq!(clipboard.wipe(), Some(Wiped::Unknown));
        assert_eq!(clipboard.wipe(), None);
    }

    #[test]
    fn where_there_is_nothing_the_error_says_what_to_do() {
        let environment = Environment { console: true, ..Environment::default() };
        let mut clipboard = Clipboard::new(environment, Box::new(|_| Ok(())));
        let error = clipboard.copy(&copy(None)).unwrap_err().to_string();
        assert!(error.starts_with("No clipboard available: ") && error.ends_with("to a file instead."), "{error}");
        assert_eq!(clipboard.wipe(), None);
    }

    #[test]
    fn a_way_that_fails_gives_way_to_the_next_unless_it_was_insisted_on() {
        let nowhere = vec![("PATH".into(), "/nonexistent".into())];
        let environment = Environment { tmux: true, variables: nowhere, ..Environment::default() };
        let mut clipboard = Clipboard::new(environment, Box::new(|_| Ok(())));
        assert_eq!(clipboard.copy(&copy(None)).unwrap().way, Way::Osc52);
        let error = clipboard.copy(&copy(Some(Way::Tmux))).unwrap_err().to_string();
        assert!(error.contains("tmux") && !error.contains("eyJ"), "{error}");
    }
}
