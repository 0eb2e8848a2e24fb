//! Faults on demand: what a client must survive, made to happen.
//!
//! One language for the file (`--faults FILE`) and the endpoint (`/sandbox/v1/faults`):
//!
//! ```json
//! {"seed": 7, "faults": [
//!   {"fault": "delay", "ms": 400, "probability": 0.1},
//!   {"fault": "status", "status": 503, "path": "/tokens/**", "every": 5},
//!   {"fault": "rate-limit", "method": "GET", "path": "/tokens/v2/*", "skip": 10, "times": 3, "seconds": 2},
//!   {"fault": "cut", "when": "after-commit", "method": "POST", "times": 1},
//!   {"fault": "cut-response", "bytes": 120},
//!   {"fault": "truncate", "bytes": 80},
//!   {"fault": "garbage"},
//!   {"fault": "drip", "bytes": 16, "ms": 20},
//!   {"fault": "repeat", "method": "POST"},
//!   {"fault": "empty-list", "path": "/tokens/v2/*", "query": ["usage", "limit"]},
//!   {"fault": "status", "status": 500, "path": "/tokens/v2/*", "query": ["start"]},
//!   {"fault": "status", "status": 403, "message": "Forbidden", "younger_than": 300, "every": 2}
//! ]}
//! ```
//!
//! Every fault may say which requests it means: `method`; `path`, in which `*` is one part and `**` any number;
//! `query`, names that must all be there; `younger_than`, the greatest age in seconds of the access token. And which of
//! those it hits: not the first `skip`, then each `every`th, with `probability`, at most `times`. The last three
//! examples are quirks of the hosted API that others have reported.
//!
//! Invariants: the seed decides every throw, so a failing run can be had again. Several faults may hit one
//! request: delays add up, of replies made up the first counts, and the effects on the connection apply to what is sent
//! in the end. `/sandbox/…` is never hit.

mod plan;
mod rule;
mod wire;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::{
    plan::Plan,
    rule::{Request, Rule},
    wire::{Limit, Wire},
};
use super::{guard, rng::Rng};

/// Faults, and the seed of their chance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// Decides every throw.
    pub seed: u64,
    /// What may happen, tried in this order.
    pub faults: Vec<Rule>,
}

/// The list as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    faults: Vec<Value>,
}

/// A list of faults that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum FaultsError {
    /// Not JSON, or not a list of this kind.
    #[error("invalid faults: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// More rules than anyone writes.
    #[error("{0} faults; the limit is {MOST}")]
    TooMany(usize),
    /// One of them has a misspelt name, or a value of the wrong type or size.
    #[error("fault {0}: {1}")]
    Rule(usize, String),
}

/// Most rules in a list: each is tried on each request.
const MOST: usize = 1000;

impl Faults {
    /// Reads and checks a list.
    pub fn parse(json: &[u8]) -> Result<Self, FaultsError> {
        // An object first: a struct would take a list too.
        let object: Map<String, Value> = serde_json::from_slice(json)?;
        let Written { seed, faults } = serde_json::from_value(object.into())?;
        if faults.len() > MOST {
            return Err(FaultsError::TooMany(faults.len()));
        }
        let read = |(at, rule)| Rule::read(rule).map_err(|why| FaultsError::Rule(at + 1, why));
        Ok(Self { seed, faults: faults.into_iter().enumerate().map(read).collect::<Result<_, _>>()? })
    }
}

/// A list at work, with what it has done so far.
pub struct Active {
    faults: Faults,
    counts: Vec<Counts>,
    rng: Rng,
}

/// What became of one rule.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Counts {
    /// Requests it means.
    matched: u64,
    /// Requests it hit.
    hit: u64,
}

impl Active {
    /// Starts a list from the beginning.
    pub fn new(faults: Faults) -> Self {
        let counts = vec![Counts::default(); faults.faults.len()];
        Self { rng: Rng::new(faults.seed), faults, counts }
    }

    /// The list with its counts, as the endpoint shows it.
    pub fn report(&self) -> Value {
        let rules = self.faults.faults.iter().zip(&self.counts).map(|(rule, counts)| {
            let mut rule = serde_json::to_value(rule).unwrap_or_default();
            rule["matched"] = counts.matched.into();
            rule["hit"] = counts.hit.into();
            rule
        });
        serde_json::json!({ "seed": self.faults.seed, "faults": rules.collect::<Vec<_>>() })
    }

    /// Whether nothing can happen to any request.
    pub fn is_empty(&self) -> bool {
        self.faults.faults.is_empty()
    }

    /// What happens to a request.
    pub fn plan(&mut self, request: &Request<'_>) -> Plan {
        let mut plan = Plan::default();
        if guard::is_own_route(request.path) {
            return plan;
        }
        for (rule, counts) in self.faults.faults.iter().zip(&mut self.counts) {
            if !rule.means(request) {
                continue;
            }
            counts.matched += 1;
            let turn = counts.matched.checked_sub(rule.skip + 1);
            let is_turn = turn.is_some_and(|turn| turn % rule.every.unwrap_or(1) == 0);
            let is_left = rule.times.is_none_or(|times| counts.hit < times);
            if is_turn && is_left && self.rng.fraction() < rule.probability.unwrap_or(1.0) {
                counts.hit += 1;
                plan.add(&rule.fault, request);
            }
        }
        plan
    }
}

#[cfg(test)]
mod tests;
