//! [`Statistics`]: how much one token was used, by product and day (`GET /statistics/v1`, scope `statistics:read`).
//!
//! Source: Mapbox's own command line, which reads this API, and its `OpenAPI` file. Days without requests are left out of the answer.
//! The shape inside `dimensions` is not documented, so several are accepted, and one that is not understood is treated as missing.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    token::LastUse,
    untrusted::{self, Untrusted},
};

/// Requests of one token within a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// The first day.
    pub start: Date,
    /// The last day.
    pub end: Date,
    /// The products that were used, the most used first.
    pub products: Vec<Product>,
    /// The hosts of the pages that used it with their requests, the most requests first, all products together.
    pub hosts: Vec<(Untrusted, u64)>,
    /// When the server counted; figures can be hours old.
    pub generated: Option<Timestamp>,
}

/// Requests to one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its name, such as "Vector Tiles API".
    pub name: Untrusted,
    /// Requests by day; days without any are left out.
    pub daily: BTreeMap<Date, u64>,
}

impl Product {
    /// Requests in the whole period.
    pub fn total(&self) -> u64 {
        self.daily.values().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

impl Statistics {
    /// Requests in the whole period.
    pub fn total(&self) -> u64 {
        self.products.iter().fold(0, |sum, product| sum.saturating_add(product.total()))
    }

    /// Requests on one day.
    pub fn on(&self, day: Date) -> u64 {
        self.products.iter().filter_map(|product| product.daily.get(&day)).fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// Requests of every day of the period in turn: a chart's bars. Never more than the 31 days the API reports.
    pub fn days(&self) -> Vec<(Date, u64)> {
        self.start
            .series(jiff::Span::new().days(1))
            .take_while(|day| *day <= self.end)
            .take(32)
            .map(|day| (day, self.on(day)))
            .collect()
    }

    /// The last day with a request.
    pub fn last_used(&self) -> Option<Date> {
        let used = |product: &Product| product.daily.iter().rev().find(|(_, count)| **count > 0).map(|(day, _)| *day);
        self.products.iter().filter_map(used).max()
    }

    /// What they tell the filter and the lint. Days begin in UTC, by which the API counts.
    pub fn last_use(&self) -> LastUse {
        let start = |day: Date| day.to_zoned(TimeZone::UTC).map(|day| day.timestamp());
        match self.last_used().map(start) {
            Some(Ok(day)) => LastUse::At(day),
            Some(Err(_)) => LastUse::Unknown,
            None => start(self.start).map_or(LastUse::Unknown, LastUse::NotSince),
        }
    }
}

/// Most products and most hosts kept, the most used first.
const MOST: usize = 1000;

#[derive(Deserialize)]
struct Wire {
    data: WireData,
    #[serde(default, deserialize_with = "crate::token::record::time")]
    generated_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct WireData {
    period: WirePeriod,
    #[serde(default)]
    products: BTreeMap<String, WireProduct>,
}

#[derive(Deserialize)]
struct WirePeriod {
    start: Date,
    end: Date,
}

#[derive(Deserialize)]
struct WireProduct {
    #[serde(default)]
    daily: Vec<WireDay>,
    #[serde(default)]
    dimensions: Value,
}

#[derive(Deserialize)]
struct WireDay {
    date: Date,
    usage: u64,
}

impl<'de> Deserialize<'de> for Statistics {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Wire { data, generated_at } = Wire::deserialize(deserializer)?;
        let mut hosts = BTreeMap::<String, u64>::new();
        let mut products: Vec<Product> = data
            .products
            .into_iter()
            .map(|(name, product)| {
                for (host, count) in counts(&product.dimensions["hosts"]) {
                    let sum = hosts.entry(host).or_default();
                    *sum = sum.saturating_add(count);
                }
                let mut daily = BTreeMap::<Date, u64>::new();
                for day in product.daily {
                    let sum = daily.entry(day.date).or_default();
                    *sum = sum.saturating_add(day.usage);
                }
                Product { name: short(&name), daily }
            })
            .collect();
        products.sort_by_key(|product| std::cmp::Reverse(product.total()));
        products.truncate(MOST);
        let mut hosts: Vec<_> = hosts.into_iter().map(|(host, count)| (short(&host), count)).collect();
        hosts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        hosts.truncate(MOST);
        Ok(Self { start: data.period.start, end: data.period.end, products, hosts, generated: generated_at })
    }
}

fn short(text: &str) -> Untrusted {
    untrusted::cut(text, 300).0.into_owned().into()
}

/// The values of one dimension with their counts: `{"example.com": 3}`, `{"example.com": {"usage": 3}}`, or a list of objects
/// with a name and a count.
fn counts(value: &Value) -> Vec<(String, u64)> {
    let count =
        |value: &Value| value.as_u64().or_else(|| ["usage", "count"].iter().find_map(|key| value[*key].as_u64()));
    match value {
        Value::Object(fields) => {
            fields.iter().filter_map(|(name, value)| Some((name.clone(), count(value)?))).collect()
        }
        Value::Array(items) => items
            .iter()
            .filter_map(|item| {
                let name = ["host", "name", "value"].iter().find_map(|key| item[*key].as_str())?;
                Some((name.to_owned(), count(item)?))
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const ANSWER: &str = r#"{"data":{"period":{"start":"2026-01-01","end":"2026-01-04"},"token_id":"x","activeDays":["2026-01-02"],
        "products":{"Fonts API":{"daily":[{"date":"2026-01-02","usage":1}]},
                    "Vector Tiles API":{"daily":[{"date":"2026-01-02","usage":7},{"date":"2026-01-03","usage":2}],
                                        "dimensions":{"hosts":{"example.com":6,"b.example":3}}}}},
        "generated_at":"2026-01-04T10:30:00Z"}"#;

    #[test]
    fn days_without_requests_are_filled_in() {
        let statistics: Statistics = serde_json::from_str(ANSWER).expect("valid");
        let counts: Vec<u64> = statistics.days().into_iter().map(|(_, count)| count).collect();
        assert_eq!(counts, [0, 8, 2, 0]);
        assert_eq!(statistics.total(), 10);
        assert_eq!(statistics.last_used(), Some(date(2026, 1, 3)));
        assert_eq!(statistics.products[0].name.raw(), "Vector Tiles API");
        assert_eq!(statistics.hosts[0], ("example.com".into(), 6));
    }

    #[test]
    fn dimensions_of_any_shape_do_no_harm() {
        for dimensions in [
            "null",
            r#"{"hosts":null}"#,
            "[1]",
            r#"{"hosts":[{"host":"a","usage":2},{"x":1}]}"#,
            r#"{"hosts":{"a":{"count":2},"b":"?"}}"#,
        ] {
            let json = format!(
                r#"{{"data":{{"period":{{"start":"2026-01-01","end":"2026-01-04"}},"products":{{"P":{{"dimensions":{dimensions}}}}}}}}}"#
            );
            let statistics: Statistics = serde_json::from_str(&json).expect(dimensions);
            assert!(statistics.hosts.is_empty() || statistics.hosts == [("a".into(), 2)], "{dimensions}");
            assert_eq!(statistics.last_used(), None);
        }
    }

    #[test]
    fn a_period_without_end_does_not_run_away() {
        let json = r#"{"data":{"period":{"start":"0001-01-01","end":"9999-12-31"}}}"#;
        let statistics: Statistics = serde_json::from_str(json).expect("valid");
        assert_eq!(statistics.days().len(), 32);
    }
}
