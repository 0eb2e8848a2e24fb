//! [`Set`]: what the tour's dashboard runs on: a sandbox, and a folder of its own for everything it writes.
//!
//! Invariants: nothing of the person's is read or written: configuration, records and the project's files are in the folder, which is
//! removed at the end; the authorizing token reaches the dashboard in its environment, as a person would pass it.

use std::{env, fs, path::PathBuf};

use portable_pty::CommandBuilder;

use super::TourError;
use crate::{
    os::process::TOKEN_VARIABLES,
    sandbox::{Options, Sandbox},
};

/// A sandbox and a folder.
pub struct Set {
    sandbox: Sandbox,
    folder: PathBuf,
}

impl Set {
    /// A fresh one.
    ///
    /// # Errors
    /// When the sandbox does not start, or the folder cannot be made.
    pub fn new(options: Options) -> Result<Self, TourError> {
        let folder =
            env::temp_dir().join(format!("jeton-tour-{:016x}", getrandom::u64().map_err(std::io::Error::other)?));
        let sandbox = Sandbox::start(options)?;
        let set = Self { sandbox, folder };
        fs::create_dir_all(set.project())?;
        Ok(set)
    }

    /// The folder the dashboard is started in, as if it were a project of the person's.
    fn project(&self) -> PathBuf {
        self.folder.join("project")
    }

    /// The dashboard, about to be started.
    ///
    /// # Errors
    /// When nobody knows where this program is.
    pub fn command(&self) -> Result<CommandBuilder, TourError> {
        let mut command = CommandBuilder::new(env::current_exe()?);
        command.args(["--api-url", self.sandbox.url()]);
        command.cwd(self.project());
        for variable in TOKEN_VARIABLES {
            command.env_remove(variable);
        }
        command.env(TOKEN_VARIABLES[0], self.sandbox.token().expose());
        for (variable, folder) in
            [("JETON_CONFIG_DIR", "config"), ("JETON_STATE_DIR", "state"), ("JETON_CACHE_DIR", "cache")]
        {
            command.env(variable, self.folder.join(folder));
        }
        // What the emulator understands.
        command.env("TERM", "xterm-256color");
        Ok(command)
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        // What is left is a few small files without a secret of anybody's.
        let _left = fs::remove_dir_all(&self.folder);
    }
}
