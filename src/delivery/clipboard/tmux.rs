//! tmux's paste buffer.
//!
//! With its default settings tmux drops OSC 52 from the programs inside it without a word, raw or wrapped; `load-buffer -w`
//! (tmux 3.2) is passed on to the outer terminal whatever the settings (measured with 3.3a). The buffer has a name of its own, so
//! that it can be read back, and deleted without touching those of others.

use std::{ffi::OsString, time::Duration};

use super::run::{Answer, run};
use crate::secret::Secret;

/// tmux answers in milliseconds, or is stuck.
const PATIENCE: Duration = Duration::from_secs(3);

/// Our buffer in the server we run in.
pub(super) struct Tmux {
    buffer: String,
    variables: Vec<(OsString, OsString)>,
}

impl Tmux {
    pub(super) fn new(buffer: String, variables: Vec<(OsString, OsString)>) -> Self {
        Self { buffer, variables }
    }

    fn tmux(&self, arguments: &[&str], input: Option<&str>) -> Result<Answer, String> {
        run("tmux", arguments, &self.variables, input, PATIENCE)
    }

    /// Sets the buffer, replacing what we had in it.
    pub(super) fn copy(&self, value: &str) -> Result<(), String> {
        match self.tmux(&["load-buffer", "-b", &self.buffer, "-w", "-"], Some(value))? {
            Answer { success: true, .. } => Ok(()),
            _ => Err("tmux failed (needs tmux 3.2 or newer)".into()),
        }
    }

    /// What our buffer holds; `None` when it is gone.
    pub(super) fn read(&self) -> Result<Option<Secret>, String> {
        let answer = self.tmux(&["show-buffer", "-b", &self.buffer], None)?;
        if !answer.success {
            // The buffer or the server is gone; both mean that the value is not there.
            return Ok(None);
        }
        Ok(std::str::from_utf8(&answer.output).ok().map(Secret::new))
    }

    /// Deletes our buffer.
    pub(super) fn delete(&self) {
        // Looked at again by the caller, whatever this says.
        let _ = self.tmux(&["delete-buffer", "-b", &self.buffer], None);
    }
}
