//! [`Rule`]: one fault, the requests it means, and how often it hits them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sandbox::call::Query;

/// One fault and its conditions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// What happens.
    #[serde(flatten)]
    pub fault: Fault,
    /// Only requests with this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only requests to this path; `*` stands for one part, `**` for any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only requests with all these query parameters.
    #[serde(default)]
    pub query: Vec<String>,
    /// Only requests whose access token is at most so many seconds old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub younger_than: Option<u64>,
    /// Leaves the first so many alone.
    #[serde(default)]
    pub skip: u64,
    /// Then hits each `every`th, beginning with the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// Hits with this probability, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Hits at most so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum Fault {
    /// The request is answered `ms` milliseconds later.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// This is the answer, and nothing is done; or it is done anyway, as when something on the way answers in the server's place.
    Status {
        /// The status.
        status: u16,
        /// The `message` in the body; the status's own words by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// Headers to add.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// Whether the request is done before.
        #[serde(default)]
        when: When,
    },
    /// 429, with `Retry-After` and the three `X-Rate-Limit-*` headers pointing `seconds` ahead.
    RateLimit {
        /// Seconds.
        #[serde(default)]
        seconds: u32,
    },
    /// The connection is closed without an answer.
    Cut {
        /// Whether the request is done before.
        when: When,
    },
    /// The connection is closed after so many bytes of the answer, its head included. The request is done.
    CutResponse {
        /// Bytes sent.
        bytes: usize,
    },
    /// The body ends early, and `Content-Length` agrees with it. The request is done.
    Truncate {
        /// Bytes kept.
        bytes: usize,
    },
    /// The body is no JSON and no UTF-8. The request is done.
    Garbage,
    /// The body arrives `bytes` at a time, `ms` milliseconds apart.
    Drip {
        /// Bytes at a time.
        bytes: usize,
        /// Milliseconds between.
        ms: u64,
    },
    /// The body is `[]`, and no `Link` goes with it.
    EmptyList,
    /// The request is done twice, as when something on the way sends it again; the second answer is sent.
    Repeat,
}

/// On which side of the change something goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Nothing is done.
    #[default]
    BeforeCommit,
    /// It is done, but nobody is told.
    AfterCommit,
}

/// What rules look at.
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, as it came.
    pub path: &'a str,
    /// The query.
    pub query: &'a Query,
    /// The time, in milliseconds since 1970.
    pub now: i64,
    /// When the access token was created, by what it says itself, in milliseconds since 1970.
    pub born: Option<i64>,
}

impl Rule {
    /// Reads one rule, and says what is wrong with it.
    pub fn read(written: Value) -> Result<Self, String> {
        let names: Vec<_> = written.as_object().into_iter().flat_map(|fields| fields.keys().cloned()).collect();
        let rule: Self = serde_json::from_value(written).map_err(|error| error.to_string())?;
        // `flatten` lets unknown names through: what does not come out again was not understood. The counts of the
        // endpoint's own report may come back.
        let understood = serde_json::to_value(&rule).unwrap_or_default();
        let is_unknown =
            |name: &&String| understood.get(name).is_none() && !["matched", "hit"].contains(&name.as_str());
        if let Some(name) = names.iter().find(is_unknown) {
            return Err(format!("{name:?} does not apply here"));
        }
        rule.check()?;
        Ok(rule)
    }

    /// Refuses values that make no sense.
    fn check(&self) -> Result<(), &'static str> {
        let probability = self.probability.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&probability) {
            return Err("probability must be between 0 and 1");
        }
        if self.every == Some(0) {
            return Err("every must be 1 or more");
        }
        match self.fault {
            Fault::Status { status, .. } if !(200..=599).contains(&status) => Err("status must be between 200 and 599"),
            Fault::Drip { bytes: 0, .. } => Err("bytes must be 1 or more"),
            Fault::Delay { ms } | Fault::Drip { ms, .. } if ms > 600_000 => {
                Err("ms must be 600000 (ten minutes) or less")
            }
            _ => Ok(()),
        }
    }

    /// Whether the rule is about this request.
    pub fn means(&self, request: &Request<'_>) -> bool {
        let is_young = |seconds: u64| {
            let limit = i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
            request.born.is_some_and(|born| request.now.saturating_sub(born) <= limit)
        };
        self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(request.method))
            && self.path.as_ref().is_none_or(|path| is_like(path, request.path))
            && self.query.iter().all(|name| request.query.first(name).is_some())
            && self.younger_than.is_none_or(is_young)
    }
}

/// Whether a path has the form of a pattern. Linear in the number of parts: only the last `**` is ever tried again.
fn is_like(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    let (mut at, mut part, mut again) = (0, 0, None);
    while part < path.len() {
        if pattern.get(at) == Some(&"**") {
            again = Some((at + 1, part));
            at += 1;
        } else if pattern.get(at).is_some_and(|wanted| *wanted == "*" || *wanted == path[part]) {
            at += 1;
            part += 1;
        } else if let Some((after, from)) = again {
            again = Some((after, from + 1));
            (at, part) = (after, from + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|rest| *rest == "**")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_by_parts() {
        for (pattern, path, expected) in [
            ("/tokens/v2/*", "/tokens/v2/ada", true),
            ("/tokens/v2/*", "/tokens/v2/ada/id", false),
            ("/tokens/v2/*", "/tokens/v2", false),
            ("/tokens/**", "/tokens/v2/ada/id", true),
            ("/tokens/**", "/tokens", true),
            ("/**/id", "/tokens/v2/ada/id", true),
            ("/**/id/*", "/a/id/b/id/c", true),
            ("/**/id", "/tokens/v2/ada/other", false),
            ("**", "/anything", true),
            ("/tokens", "/tokens/", false),
        ] {
            assert_eq!(is_like(pattern, path), expected, "{pattern} {path}");
        }
    }
}
