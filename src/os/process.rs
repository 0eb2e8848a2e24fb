//! The process itself: who may look into it, and what its children inherit.
//!
//! What always holds: [`harden`] runs before anything secret is in memory; every child process is made by [`child`], which
//! keeps the authorizing token out of its environment. The variable is taken from the child and not from ourselves: changing
//! one's own environment is unsound while other threads may read it, and the memory the kernel shows as `environ` would
//! keep the value all the same; what protects that is that nobody of the same user may read it.
//!
//! Callers: `main` hardens; sinks, the clipboard and accounts start children.

use std::{ffi::OsStr, process::Command};

/// Variables of the environment that hold tokens: ours, and those of Mapbox's other tools.
pub const TOKEN_VARIABLES: [&str; 4] =
    ["MAPBOX_ACCESS_TOKEN", "MAPBOX_TOKEN", "MAPBOX_DOWNLOADS_TOKEN", "MAPBOX_SECRET_TOKEN"];

/// Makes the process unreadable for others of the same user (`/proc/PID/mem`, `environ`, ptrace) and leaves no core dump.
/// Where the system refuses there is nothing better to do than to go on.
pub fn harden() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _unsupported = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // A limit of zero does not stop a `core_pattern` that is a pipe; not being dumpable does.
        let _unsupported = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
}

/// A child process to be: `program` without the tokens in our environment.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn child(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for variable in TOKEN_VARIABLES {
        command.env_remove(variable);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_do_not_get_the_tokens_of_the_environment() {
        let child = child("env");
        for variable in TOKEN_VARIABLES {
            assert!(child.get_envs().any(|(name, value)| name == variable && value.is_none()), "{variable}");
        }
    }
}
