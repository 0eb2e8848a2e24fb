//! [`Application`]: what a file makes of many tokens, as a record of it says.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::{
    token::{Fingerprint, Token, TokenId},
    untrusted::shown,
};

/// A file that is being applied. Of what tokens become there are fingerprints only: enough to see how far it got.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// The file or the saved plan, by its whole path.
    pub file: String,
    /// Whether tokens that are not in the file are deleted.
    pub prune: bool,
    /// The tokens that are created.
    pub creates: Vec<Fingerprint>,
    /// What the tokens that are changed become. The batch's other tokens are deleted.
    pub changes: BTreeMap<TokenId, Fingerprint>,
}

impl Application {
    /// Whether something is still to be done to a token of the batch.
    pub(super) fn is_left(&self, token: &Token) -> bool {
        match self.changes.get(&token.id) {
            Some(after) => *after != Fingerprint::from(token),
            None => !token.default,
        }
    }

    /// How many tokens are not created yet, by all the tokens of the account.
    pub(super) fn uncreated<'a>(&self, tokens: impl IntoIterator<Item = &'a Arc<Token>>) -> usize {
        let mut there: HashMap<Fingerprint, usize> = HashMap::new();
        for token in tokens {
            *there.entry(Fingerprint::from(&**token)).or_default() += 1;
        }
        let is_missing = |create: &&Fingerprint| match there.get_mut(create) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        };
        self.creates.iter().filter(is_missing).count()
    }

    /// What it is; `count` are the tokens it changes or deletes.
    pub(super) fn title(&self, count: usize) -> String {
        let parts = [
            (self.creates.len(), "to create"),
            (self.changes.len(), "to edit"),
            (count.saturating_sub(self.changes.len()), "to delete"),
        ];
        let parts: Vec<_> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        format!("Applying {} ({})", shown(&self.file), parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(id: &str, note: &str) -> Arc<Token> {
        let json = serde_json::json!({"id": id, "usage": "pk", "note": note, "default": id == "star"});
        Arc::new(serde_json::from_value(json).unwrap())
    }

    #[test]
    fn how_far_it_got_is_seen_from_the_account() {
        let after = token("b", "new");
        let application = Application {
            file: "tokens.toml".into(),
            prune: true,
            creates: vec![Fingerprint::from(&*token("draft", "x")); 2],
            changes: [("b".into(), Fingerprint::from(&*after))].into(),
        };
        assert!(application.is_left(&token("b", "old")) && !application.is_left(&after));
        assert!(application.is_left(&token("c", "")), "deleted");
        assert!(!application.is_left(&token("star", "")));
        assert_eq!(application.uncreated(&[]), 2);
        assert_eq!(application.uncreated(&[token("n", "x"), after]), 1);
        assert_eq!(application.title(2), "Applying tokens.toml (2 to create, 1 to edit, 1 to delete)");
    }
}
