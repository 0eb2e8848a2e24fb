//! The desktop's clipboard through arboard.
//!
//! On X11 and Wayland the value is served by this process, so one handle is kept for the session.

use crate::secret::Secret;

/// The handle, once there is one.
#[derive(Default)]
pub(super) struct Native {
    handle: Option<arboard::Clipboard>,
}

impl Native {
    fn handle(&mut self) -> Result<&mut arboard::Clipboard, String> {
        if self.handle.is_none() {
            // arboard says that a connection timed out when there is no display at all.
            let handle = arboard::Clipboard::new().map_err(|_| "the desktop clipboard does not respond".to_owned())?;
            self.handle = Some(handle);
        }
        self.handle.as_mut().ok_or_else(|| "the desktop clipboard does not respond".to_owned())
    }

    /// Sets the value; a sensitive one with the hint that asks clipboard managers not to keep it (which some ignore).
    pub(super) fn copy(&mut self, value: &str, sensitive: bool) -> Result<(), String> {
        let handle = self.handle()?;
        let set = if sensitive { private(handle.set()) } else { handle.set() };
        let done = set.text(value).map_err(|error| format!("the desktop clipboard failed ({error})"));
        if done.is_err() {
            // A connection that broke (the X server was restarted) does not heal.
            self.handle = None;
        }
        done
    }

    /// What is there now.
    pub(super) fn read(&mut self) -> Result<Option<Secret>, String> {
        match self.handle()?.get_text() {
            Ok(text) => Ok(Some(Secret::new(text))),
            // Empty, or an image.
            Err(arboard::Error::ContentNotAvailable) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Ends our ownership, which on X11 takes the value away if, and only if, it is ours that is there. `owner`: who had the
    /// clipboard when our value was seen in it.
    pub(super) fn let_go(&mut self, owner: Option<Owner>) {
        #[cfg(all(unix, not(target_os = "macos")))]
        if let Some(window) = owner {
            super::x11::empty_if_owned_by(window);
        }
        #[cfg(not(all(unix, not(target_os = "macos"))))]
        let _ = owner;
        self.handle = None;
    }

    /// Empties the clipboard, whoever's value is in it.
    pub(super) fn clear(&mut self) {
        if let Ok(handle) = self.handle() {
            // Looked at again by the caller, whatever this says.
            let _ = handle.clear();
        }
    }
}

/// Who owns a clipboard, where owners can be told apart: a window on X11.
pub(super) type Owner = u32;

/// The present owner, where owners can be told apart.
pub(super) fn owner() -> Option<Owner> {
    #[cfg(all(unix, not(target_os = "macos")))]
    let owner = super::x11::owner();
    #[cfg(not(all(unix, not(target_os = "macos"))))]
    let owner = None;
    owner
}

#[cfg(all(unix, not(target_os = "macos")))]
fn private(set: arboard::Set<'_>) -> arboard::Set<'_> {
    arboard::SetExtLinux::exclude_from_history(set)
}

#[cfg(target_os = "macos")]
fn private(set: arboard::Set<'_>) -> arboard::Set<'_> {
    arboard::SetExtApple::exclude_from_history(set)
}

#[cfg(windows)]
fn private(set: arboard::Set<'_>) -> arboard::Set<'_> {
    arboard::SetExtWindows::exclude_from_monitoring(set)
}
