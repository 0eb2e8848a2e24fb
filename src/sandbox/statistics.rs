//! `GET /statistics/v1`: requests served, by product and day, for the account or for one token.
//!
//! Source: Mapbox's own command line, which reads this API, and its OpenAPI file for it. Not documented: the shape
//! inside `dimensions`; here each value has its number of requests.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;

use super::{
    authorization::{self, Verdict},
    call::Call,
    metadata::Millis,
    refusal::Refusal,
    reply::Reply,
    service::Service,
};

/// Calls a minute and address (documented), where calls are limited at all.
pub const LIMIT: u32 = 20;

/// How far apart the first and the last day may be (documented).
const LONGEST: i64 = 31;

/// How far back the period starts unless said otherwise (documented).
const USUAL: i64 = 30;

#[derive(Serialize)]
struct Answer<'a> {
    data: Data<'a>,
    generated_at: Millis,
}

#[derive(Serialize)]
struct Data<'a> {
    period: Period,
    token_id: Option<&'a str>,
    #[serde(rename = "activeDays")]
    active_days: BTreeSet<Date>,
    products: BTreeMap<String, Product>,
}

#[derive(Serialize)]
struct Period {
    start: Date,
    end: Date,
}

#[derive(Default, Serialize)]
struct Product {
    /// Days without requests are left out.
    #[serde(serialize_with = "as_list")]
    daily: BTreeMap<Date, i64>,
    dimensions: Dimensions,
}

#[derive(Default, Serialize)]
struct Dimensions {
    browsers: BTreeMap<String, i64>,
    countries: BTreeMap<String, i64>,
    hosts: BTreeMap<String, i64>,
}

#[derive(Serialize)]
struct Day {
    date: Date,
    usage: i64,
}

fn as_list<S: serde::Serializer>(daily: &BTreeMap<Date, i64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(daily.iter().map(|(date, usage)| Day { date: *date, usage: *usage }))
}

/// Answers.
pub fn read(service: &mut Service, call: &Call) -> Result<Reply, Refusal> {
    if let Some(rate) = &mut service.statistics_rate {
        let (budget, verdict) = rate.take(call.peer, call.now);
        call.budget.set(Some(budget));
        verdict?;
    }
    let token = call.token().ok_or(Refusal::Unauthorized)?;
    let Verdict::Valid(bearer) = authorization::judge(service, token, call.now)? else {
        return Err(Refusal::Unauthorized);
    };
    if !bearer.holds("statistics:read") {
        return Err(Refusal::ScopeNeeded("statistics:read".into()));
    }
    let token_id = call.query.first("token_id").filter(|id| !id.is_empty());
    let (first, last) = period(call)?;
    let mut active_days = BTreeSet::new();
    let mut products = BTreeMap::<String, Product>::new();
    service.store.usage(bearer.account, token_id, first..=last, |row| {
        let Some(date) = date(row.day) else { return };
        let count = i64::try_from(row.count).unwrap_or(i64::MAX);
        active_days.insert(date);
        let product = products.entry(row.product.to_owned()).or_default();
        *product.daily.entry(date).or_default() += count;
        let dimensions = &mut product.dimensions;
        for (dimension, value) in [
            (&mut dimensions.browsers, row.browser),
            (&mut dimensions.countries, row.country),
            (&mut dimensions.hosts, row.host),
        ] {
            *dimension.entry(value.to_owned()).or_default() += count;
        }
    })?;
    let period = date(first).zip(date(last)).map(|(start, end)| Period { start, end }).ok_or_else(unreadable)?;
    Ok(Reply::json(&Answer { data: Data { period, token_id, active_days, products }, generated_at: Millis(call.now) }))
}

/// The first and the last day asked for, as days since 1970.
fn period(call: &Call) -> Result<(i64, i64), Refusal> {
    let given = |name| call.query.first(name).map(|text| day(text).ok_or_else(unreadable)).transpose();
    let (start, end) = (given("period_start")?, given("period_end")?);
    let end = end.unwrap_or_else(|| call.now.div_euclid(86_400_000));
    let start = start.unwrap_or(end - USUAL);
    if start > end {
        return Err(Refusal::Value("period_end is before period_start".into()));
    }
    if end - start > LONGEST {
        return Err(Refusal::Value(format!("the period is longer than {LONGEST} days")));
    }
    Ok((start, end))
}

fn unreadable() -> Refusal {
    Refusal::Value("period_start and period_end must be dates like 2026-01-31".into())
}

fn day(text: &str) -> Option<i64> {
    let date = text.parse::<Date>().ok().filter(|_| text.len() == "2026-01-31".len())?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second().div_euclid(86_400))
}

fn date(day: i64) -> Option<Date> {
    Some(Timestamp::from_second(day.checked_mul(86_400)?).ok()?.to_zoned(TimeZone::UTC).date())
}
