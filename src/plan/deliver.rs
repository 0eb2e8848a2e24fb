//! [`Deliver`]: where the value of a token goes when it is created, as a file of tokens says it.

use std::{fmt, path::Path};

use serde::{Deserialize, Serialize};

use crate::{delivery::Place, untrusted::shown};

/// A place for a value. Paths are as they are written: what is relative starts at the folder of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Deliver {
    /// An entry of an environment file.
    Env {
        /// The file.
        file: String,
        /// The variable.
        name: String,
        /// Whether git may track the file.
        even_if_tracked: bool,
    },
    /// The standard input of a program: its name and arguments.
    Command(Vec<String>),
    /// A new file.
    File(String),
}

impl Deliver {
    /// `FILE:NAME`.
    pub fn env(text: &str, even_if_tracked: bool) -> Option<Self> {
        match Place::entry(text, even_if_tracked) {
            Ok(Place::Entry { file, name, even_if_tracked }) => Some(Self::Env { file, name, even_if_tracked }),
            _ => None,
        }
    }

    /// What holds one value at most: the same for two that would meet there.
    pub(super) fn target(&self) -> String {
        match self {
            Self::Env { file, name, .. } => format!("{file}\n{name}"),
            Self::Command(words) => words.join("\n"),
            Self::File(file) => file.clone(),
        }
    }

    /// The place itself; `base` is the folder of the file.
    pub fn place(&self, base: &Path) -> Place {
        // What begins with ~/ is for whoever opens it to resolve.
        let resolved = |file: &str| match file.strip_prefix("~/") {
            Some(_) => file.to_owned(),
            None => base.join(file).to_string_lossy().into_owned(),
        };
        match self {
            Self::Env { file, name, even_if_tracked } => {
                Place::Entry { file: resolved(file), name: name.clone(), even_if_tracked: *even_if_tracked }
            }
            Self::Command(words) => Place::Command(words.clone()),
            Self::File(file) => Place::File(resolved(file)),
        }
    }
}

/// For a plan: `NAME in .env`.
impl fmt::Display for Deliver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env { file, name, .. } => write!(f, "{} in {}", shown(name), shown(file)),
            Self::Command(words) => write!(f, "the command {}", shown(&shlex_join(words))),
            Self::File(file) => write!(f, "the file {}", shown(file)),
        }
    }
}

/// The words as a shell would be given them.
fn shlex_join(words: &[String]) -> String {
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_start_at_the_folder_of_the_file() {
        let base = Path::new("infra");
        let env = Deliver::env(".env:TOKEN", false).unwrap();
        let Place::Entry { file, name, .. } = env.place(base) else { panic!("an entry") };
        assert_eq!((Path::new(&file), name.as_str()), (base.join(".env").as_path(), "TOKEN"));
        assert_eq!(Deliver::File("~/x".into()).place(base), Place::File("~/x".into()));
        assert_eq!(Deliver::env("x", false), None);
    }

    #[test]
    fn a_place_is_told_in_words_without_sequences() {
        assert_eq!(Deliver::env(".env:TOKEN", false).unwrap().to_string(), "TOKEN in .env");
        let command = Deliver::Command(vec!["gh".into(), "secret set".into(), "\u{1b}[31m".into()]);
        assert!(command.to_string().starts_with("the command gh 'secret set'"), "{command}");
        assert!(!command.to_string().contains('\u{1b}'));
    }
}
