//! The desktop's clipboard through `wl-copy` and `wl-paste`.

use std::{ffi::OsString, time::Duration};

use super::run::{Answer, run};
use crate::secret::Secret;

/// They open a window for a moment, which a busy desktop takes its time with.
const PATIENCE: Duration = Duration::from_secs(3);

/// The two programs.
pub(super) struct Wayland {
    variables: Vec<(OsString, OsString)>,
}

impl Wayland {
    pub(super) fn new(variables: Vec<(OsString, OsString)>) -> Self {
        Self { variables }
    }

    /// Sets the value. `wl-copy` stays in the background and serves it, also after our end.
    pub(super) fn copy(&self, value: &str, sensitive: bool) -> Result<(), String> {
        let set = |arguments: &[&str]| run("wl-copy", arguments, &self.variables, Some(value), PATIENCE);
        // The hint for clipboard managers is newer than most installations.
        if sensitive && set(&["--sensitive", "--type", "text/plain"])?.success {
            return Ok(());
        }
        match set(&["--type", "text/plain"])? {
            Answer { success: true, .. } => Ok(()),
            _ => Err("wl-copy failed".into()),
        }
    }

    /// What is there now.
    pub(super) fn read(&self) -> Result<Option<Secret>, String> {
        let answer = run("wl-paste", &["--no-newline", "--type", "text/plain"], &self.variables, None, PATIENCE)?;
        if !answer.success {
            // Nothing there, or no text.
            return Ok(None);
        }
        Ok(std::str::from_utf8(&answer.output).ok().map(Secret::new))
    }

    /// Empties the clipboard, whoever's value is in it.
    pub(super) fn clear(&self) {
        // Looked at again by the caller, whatever this says.
        let _ = run("wl-copy", &["--clear"], &self.variables, Some(""), PATIENCE);
    }
}
