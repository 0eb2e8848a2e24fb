//! [`Options`] and [`Filter`]: what a scan leaves out by name.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Folders that are skipped unless everything is asked for: what tools put there and can put there again.
const SKIPPED: [&str; 3] = [".git", "node_modules", "target"];

/// The file that lists what to leave out, in the syntax of `.gitignore`.
pub(super) const IGNORE_FILE: &str = ".jetonignore";

/// What to scan and what to leave out.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Also `.git`, `node_modules`, `target` and binary files.
    pub all: bool,
    /// Globs of what to leave out, in the syntax of `.gitignore`, from the scanned folder.
    pub exclude: Vec<String>,
    /// Also tokens in lines that say they may be there.
    pub with_allowed: bool,
}

/// Why a scan cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A glob makes no sense.
    #[error("{0}")]
    Glob(String),
    /// Git cannot be run, or there is no repository.
    #[error("{0}")]
    Git(String),
}

/// Decides by path alone.
#[derive(Debug)]
pub(super) struct Filter {
    all: bool,
    exclude: Gitignore,
}

impl Filter {
    pub(super) fn new(options: &Options) -> Result<Self, Fault> {
        let mut builder = GitignoreBuilder::new("");
        for glob in &options.exclude {
            builder.add_line(None, glob).map_err(|error| Fault::Glob(error.to_string()))?;
        }
        let exclude = builder.build().map_err(|error| Fault::Glob(error.to_string()))?;
        Ok(Self { all: options.all, exclude })
    }

    /// Also what the ignore file of a repository's root lists, for scans that walk no folders.
    pub(super) fn with_ignore_file(options: &Options, text: &str) -> Result<Self, Fault> {
        let mut options = options.clone();
        options.exclude.extend(text.lines().map(str::to_owned));
        Self::new(&options)
    }

    /// Whether to leave out an entry of a folder that is itself scanned.
    pub(super) fn skips(&self, relative: &Path, is_dir: bool) -> bool {
        let is_skipped = is_dir && !self.all && relative.file_name().is_some_and(is_skipped);
        is_skipped || self.exclude.matched(relative, is_dir).is_ignore()
    }

    /// Whether to leave out a file, by its name or by that of any folder above it.
    pub(super) fn skips_file(&self, relative: &Path) -> bool {
        let folders = relative.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
        self.skips(relative, false) || folders.into_iter().any(|folder| self.skips(folder, true))
    }
}

fn is_skipped(name: &std::ffi::OsStr) -> bool {
    SKIPPED.iter().any(|skipped| name == *skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_tools_and_excluded_globs_are_left_out() {
        let options = Options { exclude: vec!["*.min.js".into(), "/docs/".into()], ..Options::default() };
        let filter = Filter::new(&options).unwrap();
        for skipped in ["node_modules/a/b.js", "a/target/x", "x.min.js", "a/x.min.js", "docs/a.md"] {
            assert!(filter.skips_file(Path::new(skipped)), "{skipped}");
        }
        for kept in ["a.js", "target", "a/docs/b.md", ".env", ".github/workflows/ci.yml"] {
            assert!(!filter.skips_file(Path::new(kept)), "{kept}");
        }
        let all = Filter::new(&Options { all: true, ..options }).unwrap();
        assert!(!all.skips_file(Path::new("node_modules/a/b.js")));
        assert!(all.skips_file(Path::new("x.min.js")));
    }

    #[test]
    fn a_glob_that_makes_no_sense_is_refused() {
        let options = Options { exclude: vec!["a{".into()], ..Options::default() };
        assert!(matches!(Filter::new(&options), Err(Fault::Glob(_))));
    }
}
