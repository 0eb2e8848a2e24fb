//! Directories that outlive the process: configuration, state and cache on disk, and the runtime directory in memory.

use std::path::PathBuf;

/// A lookup of environment variables.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<std::ffi::OsString>;

/// The environment of this process.
pub const PROCESS: Environment<'static> = &|name| std::env::var_os(name);

/// For journals: `$JETON_STATE_DIR`, else `jeton` in `$XDG_STATE_HOME`, `~/.local/state` or, on Windows, `%LOCALAPPDATA%`.
/// `None` when none of them is known. A relative path counts as unset, as the XDG specification says.
pub fn state_dir(environment: Environment) -> Option<PathBuf> {
    absolute(environment, "JETON_STATE_DIR").or_else(|| {
        absolute(environment, "XDG_STATE_HOME")
            .or_else(|| Some(absolute(environment, "HOME")?.join(".local/state")))
            .or_else(|| absolute(environment, "LOCALAPPDATA"))
            .map(|parent| parent.join("jeton"))
    })
}

/// For the configuration: `$JETON_CONFIG_DIR`, else `jeton` in `$XDG_CONFIG_HOME`, `~/.config` or, on Windows, `%APPDATA%`.
pub fn config_dir(environment: Environment) -> Option<PathBuf> {
    absolute(environment, "JETON_CONFIG_DIR").or_else(|| {
        absolute(environment, "XDG_CONFIG_HOME")
            .or_else(|| Some(absolute(environment, "HOME")?.join(".config")))
            .or_else(|| absolute(environment, "APPDATA"))
            .map(|parent| parent.join("jeton"))
    })
}

/// For what can be had again: `$JETON_CACHE_DIR`, else `jeton` in `$XDG_CACHE_HOME`, `~/.cache` or, on Windows, `%LOCALAPPDATA%`.
pub fn cache_dir(environment: Environment) -> Option<PathBuf> {
    absolute(environment, "JETON_CACHE_DIR").or_else(|| {
        absolute(environment, "XDG_CACHE_HOME")
            .or_else(|| Some(absolute(environment, "HOME")?.join(".cache")))
            .or_else(|| absolute(environment, "LOCALAPPDATA"))
            .map(|parent| parent.join("jeton"))
    })
}

/// For what should be gone after the session: `jeton` in `$XDG_RUNTIME_DIR`, which is in memory and for its owner alone.
pub fn runtime_dir(environment: Environment) -> Option<PathBuf> {
    absolute(environment, "XDG_RUNTIME_DIR").map(|parent| parent.join("jeton"))
}

fn absolute(environment: Environment, name: &str) -> Option<PathBuf> {
    environment(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(pairs: &[(&str, &str)]) -> Option<PathBuf> {
        state_dir(&|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    }

    #[cfg(unix)]
    #[test]
    fn the_nearest_variable_decides() {
        let all = [("JETON_STATE_DIR", "/a"), ("XDG_STATE_HOME", "/b"), ("HOME", "/c")];
        assert_eq!(state(&all), Some("/a".into()));
        assert_eq!(state(&all[1..]), Some("/b/jeton".into()));
        assert_eq!(state(&all[2..]), Some("/c/.local/state/jeton".into()));
        assert_eq!(state(&[("JETON_STATE_DIR", "relative")]), None);
    }
}
