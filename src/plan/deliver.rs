//! [`Deliver`]: where the value of a token goes when it is created, as a file of tokens says it.

use std::{fmt, path::Path};

use serde::{Deserialize, Serialize};

use crate::{
    delivery::{Allow, Destination, KINDS, Kind, StoreError},
    untrusted::shown,
};

/// A place for a value, as it is written. What is relative starts at the folder of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deliver {
    /// What kind of destination it is: one of the words of [`KINDS`].
    kind: String,
    /// What the kind reads: a file, a file and a variable, a command.
    text: String,
    /// Whether a value that is there is replaced.
    #[serde(default)]
    replace: bool,
    /// Whether git may track the file.
    #[serde(default)]
    even_if_tracked: bool,
}

impl Deliver {
    /// A place of this kind.
    ///
    /// # Errors
    /// When the text is not a place of its kind.
    pub fn new(kind: &Kind, text: &str, allow: Allow) -> Result<Self, StoreError> {
        (kind.parse)(text, allow)?;
        Ok(Self {
            kind: kind.word.to_owned(),
            text: text.to_owned(),
            replace: allow.replace,
            even_if_tracked: allow.tracked,
        })
    }

    /// The destination; `base` is the folder of the file.
    ///
    /// # Errors
    /// When there is no such place.
    pub fn destination(&self, base: &Path) -> Result<Destination, StoreError> {
        let kind = KINDS.iter().find(|kind| kind.word == self.kind);
        let kind =
            kind.ok_or_else(|| StoreError(format!("Unknown kind of destination: {}.", super::quoted(&self.kind))))?;
        let allow = Allow { replace: self.replace, tracked: self.even_if_tracked };
        // A leading ~/ is for the destination to resolve.
        if self.is_path() && !self.text.starts_with("~/") {
            return (kind.parse)(&base.join(&self.text).to_string_lossy(), allow);
        }
        (kind.parse)(&self.text, allow)
    }

    /// Whether the text begins with the name of a file. Such a place holds one value; through a command any number can go.
    pub(super) fn is_path(&self) -> bool {
        matches!(&*self.kind, "env" | "file")
    }
}

/// For a plan: `env .env:NAME`.
impl fmt::Display for Deliver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", shown(&self.kind), shown(&self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deliver(word: &str, text: &str) -> Deliver {
        let kind = KINDS.iter().find(|kind| kind.word == word).unwrap();
        Deliver::new(kind, text, Allow::default()).unwrap()
    }

    #[test]
    fn relative_paths_start_at_the_folder_of_the_file() {
        let base = std::env::current_dir().unwrap().join("infra");
        let place = |word, text: &str| deliver(word, text).destination(&base).unwrap().to_string();
        assert!(place("env", ".env:TOKEN").contains("infra"));
        assert!(place("file", "ci.token").contains("infra"));
        assert!(!place("file", "~/ci.token").contains("infra"));
        assert!(!place("command", "gh secret set X").contains("infra"));
    }

    #[test]
    fn a_place_is_told_in_words_without_sequences() {
        assert_eq!(deliver("env", ".env:TOKEN").to_string(), "env .env:TOKEN");
        assert_eq!(deliver("command", "gh \u{1b}[31m").to_string(), "command gh ␛[31m");
    }

    #[test]
    fn a_kind_that_a_later_version_knows_is_refused() {
        let saved = r#"{"kind":"teleport","text":"x"}"#;
        let place: Deliver = serde_json::from_str(saved).unwrap();
        assert!(place.destination(Path::new(".")).unwrap_err().0.contains("teleport"));
    }
}
