//! [`Catalogue`]: what is known of each scope: its group (public or secret) and what it allows.
//!
//! The server's word (`GET /scopes/v1/{user}`) decides which scopes exist and which are public; the bundled table in
//! `assets/scopes.json` adds fuller descriptions and serves until the server has answered. Scopes nobody described are kept
//! as they come.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Scope, record};
use crate::untrusted::Untrusted;

/// One scope as the Scopes API describes it. `public` is `true` or left out there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ScopeInfo {
    /// The scope.
    pub id: Scope,
    /// What it allows, in a sentence.
    #[serde(default, deserialize_with = "record::text")]
    pub description: Untrusted,
    /// Whether a public token may hold it.
    #[serde(default, deserialize_with = "record::flag")]
    pub public: bool,
    /// Whether the documentation's table lists it (the bundled table alone says so).
    #[serde(default, skip_serializing)]
    pub documented: bool,
}

/// The scopes of an account, public ones first, each group in the order of its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    scopes: Vec<ScopeInfo>,
    index: HashMap<Scope, usize>,
}

impl Catalogue {
    /// The table that ships with the program: the documentation's list as of 2026, plus scopes seen in live answers.
    pub fn bundled() -> Self {
        Self::new(serde_json::from_str(include_str!("../../assets/scopes.json")).expect("the bundled table is valid"))
    }

    /// What the server grants, described in the bundled words where there are any.
    pub fn from_server(answer: Vec<ScopeInfo>) -> Self {
        let bundled = Self::bundled();
        Self::new(
            answer
                .into_iter()
                .map(|mut info| {
                    if let Some(known) = bundled.get(&info.id) {
                        info.description = known.description.clone();
                        info.documented = known.documented;
                    }
                    info
                })
                .collect(),
        )
    }

    fn new(mut scopes: Vec<ScopeInfo>) -> Self {
        scopes.sort_by_key(|info| !info.public);
        let index = scopes.iter().enumerate().map(|(at, info)| (info.id.clone(), at)).collect();
        Self { scopes, index }
    }

    /// All of them, public ones first.
    pub fn scopes(&self) -> &[ScopeInfo] {
        &self.scopes
    }

    /// What is known of one scope.
    pub fn get(&self, scope: &Scope) -> Option<&ScopeInfo> {
        self.index.get(scope).map(|at| &self.scopes[*at])
    }

    /// Whether a public token may hold it. A scope nobody described is taken for secret, the safe side.
    pub fn is_public(&self, scope: &Scope) -> bool {
        self.get(scope).is_some_and(|info| info.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_table_holds_the_documented_scopes_public_ones_first() {
        let catalogue = Catalogue::bundled();
        let public: Vec<_> = catalogue.scopes().iter().filter(|info| info.public).map(|info| info.id.id()).collect();
        assert_eq!(public, ["styles:tiles", "styles:read", "fonts:read", "datasets:read"]);
        assert!(catalogue.scopes()[..public.len()].iter().all(|info| info.public));
        assert!(catalogue.scopes().iter().all(|info| !info.description.is_empty()));
    }

    #[test]
    fn the_server_decides_what_exists_and_what_is_public() {
        let answer = vec![
            ScopeInfo { id: "brand:new".into(), description: "New.".into(), public: false, documented: false },
            ScopeInfo { id: "uploads:write".into(), description: "short".into(), public: true, documented: false },
        ];
        let catalogue = Catalogue::from_server(answer);
        assert!(catalogue.is_public(&"uploads:write".into()));
        assert!(!catalogue.is_public(&"styles:read".into()), "not granted to this account");
        assert_eq!(catalogue.scopes()[1].description, "New.".into());
        assert_ne!(catalogue.scopes()[0].description, "short".into());
    }
}
