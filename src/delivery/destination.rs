//! [`Destination`]: where a value goes, as data; and the table of all kinds.

use std::{fmt, path::Path};

use serde::{Deserialize, Serialize};

use super::{Allow, EnvEntry, NewFile, Program, Sink, StoreError, Terminal};
use crate::secret::{Digest, Secret};

/// Writes the type, the table and the one match, from one row for each kind.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident($sink:ident);)*) => {
        /// A place for one value.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        pub enum Destination {
            $($(#[$doc])* $name($sink),)*
        }

        /// What there is to say of each kind.
        pub static KINDS: &[&Kind] = &[$(&$sink::KIND),*];

        impl Destination {
            fn sink(&self) -> &dyn Sink {
                match self {
                    $(Self::$name(sink) => sink,)*
                }
            }

            /// What kind it is of.
            pub fn kind(&self) -> &'static Kind {
                match self {
                    $(Self::$name(_) => &$sink::KIND,)*
                }
            }
        }
    };
}

kinds! {
    /// A new file.
    File(NewFile);
    /// An entry of an environment file.
    Env(EnvEntry);
    /// The standard input of a program.
    Command(Program);
}

/// What both front ends need to know of a kind of destination.
#[derive(Debug)]
pub struct Kind {
    /// One word for machines.
    pub word: &'static str,
    /// The option of the command line.
    pub option: &'static str,
    /// What follows the option.
    pub value_name: &'static str,
    /// What the option does.
    pub help: &'static str,
    /// What the dialog asks.
    pub question: &'static str,
    /// What the dialog adds.
    pub remark: &'static str,
    /// What is going on while it is delivered.
    pub doing: &'static str,
    /// Whether [`Allow`] changes anything.
    pub obeys_allow: bool,
    /// What the dialog suggests for a token, of whose name it gets one plain word.
    pub suggestion: fn(&str) -> String,
    /// Reads what was typed.
    pub parse: fn(&str, Allow) -> Result<Destination, StoreError>,
}

/// There is one of each kind.
impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

impl Eq for Kind {}

impl Kind {
    /// What the dialog suggests for a token of this name.
    pub fn suggest(&self, name: &str) -> String {
        (self.suggestion)(&super::plain_word(name))
    }
}

/// A destination as someone typed it into a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// What kind it is to be of.
    pub kind: &'static Kind,
    /// The text.
    pub text: String,
    /// What else is allowed.
    pub allow: Allow,
}

impl Typed {
    /// What it says.
    ///
    /// # Errors
    /// When that is no destination of its kind.
    pub fn read(&self) -> Result<Destination, StoreError> {
        (self.kind.parse)(&self.text, self.allow)
    }
}

/// Whether a value is still where it was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is there.
    There,
    /// There is something else in its place.
    Changed,
    /// There is nothing.
    Gone,
    /// That cannot be found out.
    Unknown,
}

impl Presence {
    /// One word for machines.
    pub const fn word(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
        }
    }
}

/// A value that was delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Where it is.
    pub at: Destination,
    /// What else there is to say, ready to show; mostly nothing.
    pub note: String,
}

/// For people: "saved to …".
impl fmt::Display for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.at.sink().stored(), self.note)
    }
}

impl Destination {
    /// Finds out what can be found out before there is a value: whether the place is free and can be written to, whether the program
    /// exists. Fast enough to be called while someone types.
    ///
    /// # Errors
    /// Why a value could not be put there.
    pub fn check(&self) -> Result<(), StoreError> {
        self.sink().check()
    }

    /// Puts the value there. Takes as long as a disk or a command does: a command in the background at most a minute, one that may ask
    /// something at the terminal two.
    ///
    /// # Errors
    /// Why it is not there. What was begun has been undone then, or the text says that it was not.
    pub fn deliver(&self, value: &Secret, terminal: Terminal) -> Result<Stored, StoreError> {
        self.sink().deliver(value, terminal).map(|note| Stored { at: self.clone(), note })
    }

    /// The file it is in; `None` when a program has it.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(file) => Some(&file.path),
            Self::Env(entry) => Some(&entry.path),
            Self::Command(_) => None,
        }
    }

    /// Whether a value with this digest is there now.
    pub fn presence(&self, digest: &Digest) -> Presence {
        self.sink().presence(digest)
    }
}

/// For people: where it is, ready to show.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sink().place())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_reads_what_it_suggests_and_comes_back_from_a_record() {
        let words: HashSet<_> = KINDS.iter().map(|kind| kind.word).collect();
        assert_eq!(words.len(), KINDS.len());
        for kind in KINDS {
            let read = (kind.parse)(&kind.suggest("Nightly uploads"), Allow::default()).expect(kind.word);
            assert_eq!(read.kind(), *kind);
            let json = serde_json::to_value(&read).unwrap();
            assert_eq!(json["kind"], kind.word, "the record and the option say the same");
            assert_eq!(serde_json::from_value::<Destination>(json).unwrap(), read);
            assert!((kind.parse)("  ", Allow::default()).is_err(), "{}", kind.word);
        }
    }
}
