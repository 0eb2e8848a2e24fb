//! Which token of the account each entry of a file means.
//!
//! Invariants: by id first, then by a note that is unique on both sides; several of one note are taken for each other only where nothing
//! about them differs; what is left then is not decided here but by a user.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use super::{file::Entry, quoted};
use crate::{
    token::{Fingerprint, Token, TokenId},
    untrusted::Untrusted,
};

/// What an entry means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// This token.
    Token(Arc<Token>),
    /// One that does not exist yet.
    New,
    /// That cannot be said, or not be done; the reason.
    Nobody(String),
}

/// Finds the token of each entry, in their order.
pub(super) fn find(entries: &[Entry], tokens: &[Arc<Token>]) -> Vec<Meant> {
    let by_id: HashMap<&TokenId, &Arc<Token>> = tokens.iter().map(|token| (&token.id, token)).collect();
    let default = tokens.iter().find(|token| token.default);
    let mut claimed: HashMap<&TokenId, &str> = HashMap::new();
    let mut meant: Vec<Option<Meant>> = vec![None; entries.len()];
    // The default token first: there is one, whatever its id is.
    let (first, then): (Vec<_>, Vec<_>) = entries.iter().enumerate().partition(|(_, entry)| entry.is_default);
    for (at, entry) in first.into_iter().chain(then) {
        let named = entry.id.as_ref().and_then(|id| by_id.get(id).copied());
        let token = match (entry.is_default, named, default) {
            (true, Some(other), _) if !other.default => {
                let id = other.id.shown();
                let reason = format!("{id} is not the default public token, and the API can't change that");
                meant[at] = Some(Meant::Nobody(reason));
                continue;
            }
            (true, _, None) => {
                let reason = "the account has no default public token, and the API can't create it".to_owned();
                meant[at] = Some(Meant::Nobody(reason));
                continue;
            }
            (true, _, Some(default)) => default,
            (false, Some(token), _) => token,
            (false, None, _) => continue,
        };
        meant[at] = Some(match claimed.insert(&token.id, &entry.key) {
            None => Meant::Token(Arc::clone(token)),
            Some(other) => {
                Meant::Nobody(format!("{} already refers to this token ({})", quoted(other), token.id.shown()))
            }
        });
    }
    let claimed: HashSet<&TokenId> = claimed.into_keys().collect();
    by_note(entries, tokens, &claimed, &mut meant);
    meant.into_iter().map(|meant| meant.unwrap_or(Meant::New)).collect()
}

fn by_note(entries: &[Entry], tokens: &[Arc<Token>], claimed: &HashSet<&TokenId>, meant: &mut [Option<Meant>]) {
    let mut named: HashMap<&str, Vec<&Arc<Token>>> = HashMap::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for token in tokens {
        let note = token.note.as_ref().map_or("", Untrusted::raw);
        *known.entry(note).or_default() += 1;
        if !claimed.contains(&token.id) {
            named.entry(note).or_default().push(token);
        }
    }
    let mut wanted: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, entry) in entries.iter().enumerate().filter(|(at, _)| meant[*at].is_none()) {
        wanted.entry(&entry.draft.note).or_default().push(at);
    }
    for (note, entries_at) in wanted {
        let Some(candidates) = named.get(note) else { continue };
        if !note.is_empty() && entries_at.len() == 1 && known.get(note) == Some(&1) {
            meant[entries_at[0]] = candidates.first().map(|token| Meant::Token(Arc::clone(token)));
            continue;
        }
        let mut same: HashMap<Fingerprint, VecDeque<&Arc<Token>>> = HashMap::new();
        for token in candidates {
            same.entry(Fingerprint::from(&***token)).or_default().push_back(token);
        }
        for &at in &entries_at {
            let equal = same.get_mut(&Fingerprint::from(&entries[at].draft)).and_then(VecDeque::pop_front);
            meant[at] = equal.map(|token| Meant::Token(Arc::clone(token)));
        }
        let mut left: Vec<&TokenId> = same.into_values().flatten().map(|token| &token.id).collect();
        left.sort();
        // Of tokens without a name nobody can say that one was meant.
        if left.is_empty() || note.is_empty() {
            continue;
        }
        let ids: Vec<_> = left.iter().take(5).map(|id| id.shown()).collect();
        let more = if left.len() > 5 { ", …" } else { "" };
        let reason = format!(
            "several tokens are named {}; add the ID of the right one ({}{more})",
            quoted(note),
            ids.join(", ")
        );
        for at in entries_at.into_iter().filter(|at| meant[*at].is_none()).collect::<Vec<_>>() {
            meant[at] = Some(Meant::Nobody(reason.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::TokenFile;

    fn account(all: &[(&str, &str, &str)]) -> Vec<Arc<Token>> {
        let token = |(id, note, scope): &(&str, &str, &str)| {
            let json =
                serde_json::json!({"id": id, "usage": "pk", "note": note, "scopes": [scope], "default": *id == "star"});
            Arc::new(serde_json::from_value(json).unwrap())
        };
        all.iter().map(token).collect()
    }

    /// What each entry of a file means: an id, `new`, or `?`.
    fn found(file: &str, tokens: &[Arc<Token>]) -> Vec<String> {
        let file = TokenFile::parse(file).unwrap();
        let word = |meant| match meant {
            Meant::Token(token) => token.id.as_str().to_owned(),
            Meant::New => "new".to_owned(),
            Meant::Nobody(_) => "?".to_owned(),
        };
        find(&file.entries, tokens).into_iter().map(word).collect()
    }

    fn entry(key: &str, rest: &str, scope: &str) -> String {
        format!("[tokens.{key}]\n{rest}\nscopes = [\"{scope}\"]\n")
    }

    #[test]
    fn an_id_wins_over_a_note_and_a_unique_note_is_enough() {
        let tokens = account(&[("a", "Map", "x:read"), ("b", "Store", "x:read")]);
        let file = entry("one", "id = \"a\"\nnote = \"Store\"", "x:read") + &entry("two", "note = \"Store\"", "y:read");
        assert_eq!(found(&file, &tokens), ["a", "b"]);
        let elsewhere = entry("one", "id = \"gone\"\nnote = \"Map\"", "y:read");
        assert_eq!(found(&elsewhere, &tokens), ["a"]);
        assert_eq!(found(&entry("one", "note = \"Other\"", "x:read"), &tokens), ["new"]);
    }

    #[test]
    fn several_of_one_note_are_told_apart_only_where_nothing_is_to_be_changed() {
        let tokens = account(&[("a", "Map", "x:read"), ("b", "Map", "y:read")]);
        let both = entry("one", "note = \"Map\"", "y:read") + &entry("two", "note = \"Map\"", "x:read");
        assert_eq!(found(&both, &tokens), ["b", "a"]);
        let third = both.clone() + &entry("three", "note = \"Map\"", "z:read");
        assert_eq!(found(&third, &tokens), ["b", "a", "new"]);
        let changed = entry("one", "note = \"Map\"", "y:read") + &entry("two", "note = \"Map\"", "z:read");
        assert_eq!(found(&changed, &tokens), ["b", "?"]);
        let claimed = entry("one", "id = \"a\"\nnote = \"Map\"", "x:read") + &entry("two", "note = \"Map\"", "z:read");
        assert_eq!(found(&claimed, &tokens), ["a", "?"], "b may be somebody else's");
    }

    #[test]
    fn tokens_without_a_name_are_never_guessed() {
        let tokens = account(&[("a", "", "x:read")]);
        assert_eq!(found(&entry("one", "id = \"gone\"", "y:read"), &tokens), ["new"]);
        assert_eq!(found(&entry("one", "id = \"gone\"", "x:read"), &tokens), ["a"], "the same in everything");
    }

    #[test]
    fn the_default_token_is_the_default_token_whatever_its_id() {
        let tokens = account(&[("star", "Default", "x:read"), ("b", "Map", "x:read")]);
        assert_eq!(found(&entry("one", "default = true\nid = \"elsewhere\"", "x:read"), &tokens), ["star"]);
        assert_eq!(found(&entry("one", "default = true\nid = \"b\"", "x:read"), &tokens), ["?"]);
        assert_eq!(found(&entry("one", "default = true", "x:read"), &tokens[1..]), ["?"]);
        let twice = entry("one", "id = \"star\"", "x:read") + &entry("two", "default = true", "x:read");
        assert_eq!(found(&twice, &tokens), ["?", "star"]);
    }
}
