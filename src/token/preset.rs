//! [`Preset`]: the scopes one job needs, and how far a set of scopes goes beyond that.
//!
//! The presets are data, in `assets/presets.json`, from the documentation's examples (a web map reads styles and fonts; uploads need
//! `uploads:write` and `uploads:read`; the tiling service `tilesets:…`) and the scopes that each API's reference asks for.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Scope;

/// A job and its scopes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Preset {
    /// What the command line calls it.
    pub id: Box<str>,
    /// What people call it.
    pub name: Box<str>,
    /// What a token with these scopes is for, in a sentence.
    pub job: Box<str>,
    /// All that the job needs.
    pub scopes: Vec<Scope>,
}

/// The presets that ship with the program, in the order to offer them.
pub fn presets() -> &'static [Preset] {
    static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
        serde_json::from_str(include_str!("../../assets/presets.json")).expect("the bundled presets are valid")
    });
    &PRESETS
}

impl Preset {
    /// One of [`presets`] by its id.
    pub fn by_id(id: &str) -> Option<&'static Self> {
        presets().iter().find(|preset| &*preset.id == id)
    }

    /// Whether the job's scopes include all of these.
    pub fn covers(&self, scopes: &[Scope]) -> bool {
        scopes.iter().all(|scope| self.scopes.contains(scope))
    }

    /// Which of these scopes the job does not need, in their order.
    pub fn surplus<'a>(&self, scopes: &'a [Scope]) -> Vec<&'a Scope> {
        scopes.iter().filter(|scope| !self.scopes.contains(scope)).collect()
    }

    /// Which of the job's scopes are not among these.
    pub fn missing(&self, scopes: &[Scope]) -> Vec<&Scope> {
        self.scopes.iter().filter(|scope| !scopes.contains(scope)).collect()
    }
}

/// The narrowest job that needs all of these scopes; of two as narrow, the one offered first. `None` when they go beyond every
/// single job, and when there are none.
pub fn smallest_covering(scopes: &[Scope]) -> Option<&'static Preset> {
    let covering = presets().iter().filter(|preset| !scopes.is_empty() && preset.covers(scopes));
    covering.min_by_key(|preset| preset.scopes.len())
}

/// What a set of scopes looks like when it is compared with the jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Nothing was chosen.
    Nothing,
    /// One job needs all of it.
    Within(&'static Preset),
    /// No single job needs all of it. The nearest one is the one that explains the most of it, completely.
    Beyond {
        /// The nearest job: all its scopes are here.
        nearest: Option<&'static Preset>,
        /// What that job does not need; everything, when no job is complete.
        surplus: Vec<Scope>,
    },
}

/// Compares a choice of scopes with the jobs: the least-privilege hint of the picker and the lint.
pub fn fit(scopes: &[Scope]) -> Fit {
    if scopes.is_empty() {
        return Fit::Nothing;
    }
    if let Some(preset) = smallest_covering(scopes) {
        return Fit::Within(preset);
    }
    let complete = presets().iter().filter(|preset| preset.missing(scopes).is_empty());
    // `max_by_key` keeps the last of equals; the first is the one to offer.
    let nearest = complete.rev().max_by_key(|preset| preset.scopes.len());
    let surplus = nearest.map_or_else(|| scopes.iter().collect(), |preset| preset.surplus(scopes));
    Fit::Beyond { nearest, surplus: surplus.into_iter().cloned().collect() }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::token::Catalogue;

    fn scopes(ids: &[&str]) -> Vec<Scope> {
        ids.iter().map(|id| Scope::from(*id)).collect()
    }

    #[test]
    fn the_bundled_presets_are_distinct_described_and_made_of_known_scopes() {
        let catalogue = Catalogue::bundled();
        let ids: HashSet<_> = presets().iter().map(|preset| &preset.id).collect();
        assert_eq!(ids.len(), presets().len());
        for preset in presets() {
            assert!(preset.job.ends_with('.') && !preset.scopes.is_empty(), "{}", preset.id);
            assert!(preset.scopes.iter().all(|scope| catalogue.get(scope).is_some()), "{}", preset.id);
            assert_eq!(preset.scopes.iter().collect::<HashSet<_>>().len(), preset.scopes.len(), "{}", preset.id);
        }
    }

    #[test]
    fn the_narrowest_job_is_found() {
        let id = |ids: &[&str]| smallest_covering(&scopes(ids)).map(|preset| &*preset.id);
        assert_eq!(id(&["styles:read", "fonts:read"]), Some("web-map"));
        assert_eq!(id(&["uploads:write", "uploads:read"]), Some("uploads"));
        assert_eq!(id(&["tilesets:read"]), Some("tiling-service"));
        assert_eq!(id(&["uploads:write", "tokens:write"]), None);
        assert_eq!(id(&[]), None);
    }

    #[test]
    fn what_goes_beyond_every_job_is_compared_with_the_one_that_explains_most_of_it() {
        let chosen = scopes(&["tilesets:write", "tilesets:read", "tilesets:list", "user:write", "styles:read"]);
        let Fit::Beyond { nearest: Some(nearest), surplus } = fit(&chosen) else { panic!("{:?}", fit(&chosen)) };
        assert_eq!(&*nearest.id, "tiling-service");
        assert_eq!(surplus, scopes(&["user:write", "styles:read"]));

        let strange = scopes(&["user:write", "atlas:read"]);
        assert_eq!(fit(&strange), Fit::Beyond { nearest: None, surplus: strange.clone() });
    }

    proptest! {
        #[test]
        fn a_fit_never_loses_a_scope(picks in prop::collection::btree_set(0..30_usize, 0..12)) {
            let catalogue = Catalogue::bundled();
            let chosen: Vec<_> = catalogue.scopes().iter().enumerate()
                .filter(|(at, _)| picks.contains(at)).map(|(_, info)| info.id.clone()).collect();
            match fit(&chosen) {
                Fit::Nothing => prop_assert!(chosen.is_empty()),
                Fit::Within(preset) => prop_assert!(preset.surplus(&chosen).is_empty()),
                Fit::Beyond { nearest, surplus } => {
                    let explained = nearest.map_or(0, |preset| preset.scopes.len());
                    prop_assert_eq!(explained + surplus.len(), chosen.len());
                    prop_assert!(!surplus.is_empty());
                }
            }
        }
    }
}
