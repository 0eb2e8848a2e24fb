//! Copying a token value so that the person is told the truth about where it went, and wiping it again.
//!
//! There are several ways to a clipboard and each can fail in silence: a native one (X11, Wayland, macOS, Windows) that
//! nobody on the other end of an SSH session sees; tmux, whose default settings drop OSC 52; a terminal that never
//! acknowledges. [`copy`] picks the way by where we run and says which it took and whether that could be verified.
//!
//! Callers: the dashboard (reveal, `y`, `Y`, `c`) and the command line.

use crate::secret::Secret;

/// The ways a value can travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The desktop's own clipboard, through arboard.
    Native,
    /// tmux's paste buffer, handed on to the outer terminal (`tmux load-buffer -w`).
    Tmux,
    /// The OSC 52 sequence, to whatever terminal is there.
    Osc52,
}

/// A copy that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How.
    pub way: Way,
    /// Whether it was read back and found to be there. OSC 52 cannot be.
    pub verified: bool,
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
    /// Somebody had copied something else: left alone.
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
    /// A way the person insists on; `None` picks by where we run.
    pub way: Option<Way>,
}

impl Copied {
    /// Says truthfully which way was taken, for a person.
    pub fn describe(&self) -> String {
        match (self.way, self.verified) {
            (Way::Native, true) => "copied to the clipboard".into(),
            (Way::Native, false) => "handed to the clipboard (could not be checked)".into(),
            (Way::Tmux, true) => "copied through tmux to your terminal".into(),
            (Way::Tmux, false) => "handed to tmux (could not be checked)".into(),
            (Way::Osc52, _) => "sent to your terminal (whether it took it cannot be checked)".into(),
        }
    }
}
