//! [`Finder`]: which tokens a filter leaves.
//!
//! What always holds: rows are recomputed only when the filter or the tokens changed; a filter that was made longer looks
//! only at what the shorter one had left.

use super::store::Store;
use crate::token::Token;

/// The rows of a list, as indices into the store's tokens.
#[derive(Debug, Default)]
pub struct Finder {
    rows: Vec<u32>,
    text: String,
    revision: Option<u64>,
}

impl Finder {
    /// The rows as of the last [`Finder::find`].
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Brings the rows up to date with the store and a filter. Says whether they changed.
    pub fn find(&mut self, store: &Store, text: &str) -> bool {
        let text = text.trim().to_lowercase();
        let is_same_list = self.revision == Some(store.revision());
        if is_same_list && self.text == text {
            return false;
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let hit = |at: &u32| words.iter().all(|word| contains(&store.tokens()[*at as usize], word));
        if is_same_list && text.starts_with(&self.text) {
            self.rows.retain(hit);
        } else {
            self.rows = (0..store.tokens().len() as u32).filter(hit).collect();
        }
        self.text = text;
        self.revision = Some(store.revision());
        true
    }
}

fn contains(token: &Token, word: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(word);
    token.note.as_ref().is_some_and(|note| has(note.raw()))
        || has(token.id.as_str())
        || token.scopes.iter().any(|scope| has(scope.id()))
        || token.urls().iter().any(|url| has(url.raw()))
}
