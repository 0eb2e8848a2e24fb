//! [`Draft`]: a token to be created, and what the API would refuse about it.

use std::collections::HashSet;

use super::{ALLOWED_URL_LIMIT, Catalogue, NOTE_LIMIT, Scope, Usage};

/// What a create call asks for. Text typed by the user, so plain strings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The name; empty means none.
    pub note: String,
    /// The scopes, which alone decide whether a public or a secret token comes out.
    pub scopes: Vec<Scope>,
    /// Where the token may be used from; empty means anywhere.
    pub allowed_urls: Vec<String>,
}

/// Something that would make the API refuse a draft.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The name is too long; the API's limit is [`NOTE_LIMIT`].
    #[error("the name has {0} characters; the limit is {NOTE_LIMIT}")]
    NoteTooLong(usize),
    /// More than [`ALLOWED_URL_LIMIT`] allowed URLs.
    #[error("{0} URLs; the limit is {ALLOWED_URL_LIMIT}")]
    TooManyUrls(usize),
    /// The authorizing token lacks a scope, so it cannot pass it on.
    #[error("the authorizing token lacks {0:?}, so it can't grant it")]
    ScopeNotHeld(Scope),
}

impl Draft {
    /// What will come out: public when every scope is public, secret when one is not (Tokens API, "Create a token").
    /// A scope the catalogue does not know counts as secret, the safe side.
    pub fn usage(&self, catalogue: &Catalogue) -> Usage {
        if self.scopes.iter().all(|scope| catalogue.is_public(scope)) { Usage::Public } else { Usage::Secret }
    }

    /// Everything the API would refuse. `held` are the scopes of the authorizing token where they are known.
    pub fn problems(&self, held: Option<&HashSet<Scope>>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let length = self.note.chars().count();
        if length > NOTE_LIMIT {
            problems.push(Problem::NoteTooLong(length));
        }
        if self.allowed_urls.len() > ALLOWED_URL_LIMIT {
            problems.push(Problem::TooManyUrls(self.allowed_urls.len()));
        }
        if let Some(held) = held {
            let lacking = self.scopes.iter().filter(|scope| !held.contains(*scope));
            problems.extend(lacking.cloned().map(Problem::ScopeNotHeld));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(scopes: &[&str]) -> Draft {
        Draft { note: "x".into(), scopes: scopes.iter().map(|id| Scope::from(*id)).collect(), allowed_urls: Vec::new() }
    }

    #[test]
    fn one_secret_scope_makes_the_token_secret() {
        let catalogue = Catalogue::bundled();
        assert_eq!(draft(&[]).usage(&catalogue), Usage::Public);
        assert_eq!(draft(&["styles:read", "fonts:read"]).usage(&catalogue), Usage::Public);
        assert_eq!(draft(&["styles:read", "uploads:write"]).usage(&catalogue), Usage::Secret);
        assert_eq!(draft(&["brand:new"]).usage(&catalogue), Usage::Secret);
    }

    #[test]
    fn limits_count_characters_and_urls() {
        let mut long = draft(&[]);
        long.note = "é".repeat(NOTE_LIMIT);
        assert_eq!(long.problems(None), []);
        long.note.push('é');
        long.allowed_urls = vec!["example.com".into(); 101];
        assert_eq!(long.problems(None), [Problem::NoteTooLong(129), Problem::TooManyUrls(101)]);
    }

    #[test]
    fn scopes_the_authorizing_token_lacks_are_named() {
        let held = HashSet::from([Scope::from("styles:read")]);
        let problems = draft(&["styles:read", "tokens:write"]).problems(Some(&held));
        assert_eq!(problems, [Problem::ScopeNotHeld(Scope::from("tokens:write"))]);
    }
}
