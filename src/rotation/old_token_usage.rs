//! [`OldTokenUsage`]: who still uses the old token.
//!
//! Statistics count by the day and can be hours old, so this says when a token was last used, and never that it is not.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;

use super::{record::Rotation, run::Server};
use crate::{
    untrusted::Untrusted,
    work::{Reply, Request, WorkError},
};

/// Most hosts and products that are named.
const NAMED: usize = 10;

/// Requests made with the old token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OldTokenUsage {
    /// The day from which on they are counted: that on which the successor was delivered, if it was.
    pub since: String,
    /// How many.
    pub requests: u64,
    /// Requests today and yesterday (UTC), that is in the last 24 hours at least.
    pub recent: u64,
    /// The last day with any.
    pub last_used: Option<String>,
    /// By product, the most used first.
    pub products: Vec<Count>,
    /// By the host of the page, the most frequent first, over the last 30 days.
    pub hosts: Vec<Count>,
}

/// A number of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Of what.
    pub name: Untrusted,
    /// How many.
    pub requests: u64,
}

/// Asks how much the old token is used.
///
/// # Errors
/// When statistics cannot be read.
pub fn watch(server: &mut impl Server, rotation: &Rotation, now: Timestamp) -> Result<OldTokenUsage, WorkError> {
    let statistics = match server.call(Request::Usage(rotation.old.id.clone()))? {
        Reply::Usage(statistics) => statistics,
        other => unreachable!("usage was asked for, not {other:?}"),
    };
    let day = |time: Timestamp| time.to_zoned(TimeZone::UTC).date();
    let since = rotation.replaced.map_or(statistics.start, day).max(statistics.start);
    let yesterday = day(now).yesterday().unwrap_or(Date::MIN);
    let mut products: Vec<Count> = statistics
        .products
        .iter()
        .map(|product| Count {
            name: product.name.clone(),
            requests: product.daily.range(since..).fold(0, |sum, (_, count)| sum.saturating_add(*count)),
        })
        .filter(|count| count.requests > 0)
        .collect();
    products.sort_by_key(|count| std::cmp::Reverse(count.requests));
    let sum_from = |first: Date| {
        let days = statistics.products.iter().flat_map(|product| product.daily.range(first..));
        days.fold(0_u64, |sum, (_, count)| sum.saturating_add(*count))
    };
    let hosts = statistics.hosts.iter().take(NAMED);
    Ok(OldTokenUsage {
        since: since.to_string(),
        requests: sum_from(since),
        recent: sum_from(yesterday),
        last_used: statistics.last_used().map(|day| day.to_string()),
        products: products.into_iter().take(NAMED).collect(),
        hosts: hosts.map(|(name, requests)| Count { name: name.clone(), requests: *requests }).collect(),
    })
}

impl OldTokenUsage {
    /// In a sentence without its full stop.
    pub fn sentence(&self) -> String {
        if self.requests == 0 {
            return format!("no requests with the old token since {}", self.since);
        }
        if self.recent == 0 {
            let last = self.last_used.as_deref().unwrap_or("a while ago");
            return format!("none in the last 24 hours (last used {last})");
        }
        let hosts: Vec<String> = self.hosts.iter().take(3).map(|host| host.name.shown().into_owned()).collect();
        let by = if hosts.is_empty() { String::new() } else { format!(", from {}", hosts.join(", ")) };
        format!("{} requests with the old token since {}{by}", self.requests, self.since)
    }
}
