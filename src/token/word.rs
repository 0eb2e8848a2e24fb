//! [`Word`]: a short text that many tokens share, such as a scope's id, kept in memory once.
//!
//! Invariants: eight bytes, cheap to clone; equal words that one thread reads are one allocation, as long as there are not more
//! different ones than any account has; how a word is stored changes nothing about what it equals.

use std::{borrow::Borrow, cell::RefCell, collections::HashSet, fmt, hash, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::untrusted;

/// Different words a thread shares; an account has a few dozen. Later ones are stored as often as they are read.
const SHARED: usize = 1_000;

thread_local! {
    static WORDS: RefCell<HashSet<Word>> = RefCell::default();
}

/// The text as it came: foreign, so it is shown through [`Word::shown`].
// A box in the `Arc` rather than an `Arc<str>`: half the size, and a token holds seven of them.
#[derive(Clone, PartialOrd, Ord)]
pub struct Word(Arc<Box<str>>);

impl Word {
    /// A word, shared with the equal ones this thread has read.
    pub fn new(text: &str) -> Self {
        WORDS.with_borrow_mut(|words| {
            if let Some(known) = words.get(text) {
                return known.clone();
            }
            let word = Self(Arc::new(text.into()));
            if words.len() < SHARED {
                words.insert(word.clone());
            }
            word
        })
    }

    /// The text as it came: to compare or encode; never to print.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The text as it may be shown.
    pub fn shown(&self) -> std::borrow::Cow<'_, str> {
        untrusted::shown(&self.0)
    }

    /// Whether it is the same allocation, and so certainly the same text.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Default for Word {
    fn default() -> Self {
        Self::new("")
    }
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.is(other) || self.0 == other.0
    }
}

impl Eq for Word {}

/// As the text, so that a set of words can be asked by `&str`.
impl hash::Hash for Word {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.raw().hash(state);
    }
}

impl Borrow<str> for Word {
    fn borrow(&self) -> &str {
        self.raw()
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl Serialize for Word {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.raw())
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Ok(Self::new(&text))
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_words_are_stored_once_and_equal_across_threads() {
        let (one, other) = (Word::new("styles:read"), Word::new("styles:read"));
        assert!(Arc::ptr_eq(&one.0, &other.0));
        let elsewhere = std::thread::spawn(|| Word::new("styles:read")).join().expect("it ends");
        assert!(!Arc::ptr_eq(&one.0, &elsewhere.0));
        assert_eq!(one, elsewhere);
        assert_eq!(HashSet::from([one]).get("styles:read"), Some(&elsewhere));
    }

    #[test]
    fn a_server_that_invents_words_does_not_fill_the_memory() {
        let words: Vec<Word> = (0..2 * SHARED).map(|at| Word::new(&format!("invented:{at}"))).collect();
        assert!(WORDS.with_borrow(HashSet::len) <= SHARED);
        assert_eq!(words[2 * SHARED - 1].raw(), format!("invented:{}", 2 * SHARED - 1));
    }
}
