//! The demo account: thirteen tokens someone could have, from `assets/sandbox/demo.json`, and as many generated ones
//! as wanted.
//!
//! Invariants: the same seed and the same `now` give the same tokens, ids and public token strings included.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    body::json,
    cuid,
    rng::Rng,
    service::Service,
    signature::{Claims, SigningKey},
    store::{Draft, StoreError, Usage as Served},
};
use crate::token::Usage;

/// What to fill a new account with. [`Demo::default`] is the account of `jeton demo`, as old as if it were made for now.
#[derive(Clone, Debug)]
pub struct Demo {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// How many tokens the account has at least; 0 for the written ones alone.
    pub tokens: usize,
    /// The moment the ages are counted back from.
    pub now: Timestamp,
}

impl Default for Demo {
    fn default() -> Self {
        Self { seed: 1, tokens: 0, now: Timestamp::now() }
    }
}

impl Demo {
    /// When the account began, in milliseconds since 1970: an hour before its first token was created.
    pub fn beginning(&self) -> i64 {
        self.now.as_millisecond() - 37_301 * HOUR
    }
}

#[derive(Deserialize)]
struct Assets {
    tokens: Vec<Written>,
    browsers: BTreeMap<String, u64>,
    countries: BTreeMap<String, u64>,
    generated: Words,
}

/// A token of the written account; ages in hours.
#[derive(Deserialize)]
struct Written {
    note: String,
    #[serde(default)]
    default: bool,
    age: i64,
    changed: i64,
    scopes: Vec<String>,
    #[serde(default)]
    urls: Vec<String>,
    #[serde(default)]
    usage: Vec<History>,
}

/// Requests a day, and how hosts share them.
#[derive(Deserialize)]
struct History {
    product: String,
    daily: u64,
    hosts: BTreeMap<String, u64>,
}

/// What generated tokens are made of.
#[derive(Deserialize)]
struct Words {
    r#what: Vec<String>,
    r#where: Vec<String>,
    public: Vec<String>,
    secret: Vec<String>,
    hosts: Vec<String>,
}

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// The token that the sandbox hands out is one of the account's.
const AUTHORIZING: usize = 1;

/// Days of history; the Statistics API answers for 31 at most.
const HISTORY: i64 = 45;

/// How long ago the oldest generated token was created: six years.
const SPAN: i64 = 6 * 365 * DAY;

/// Generated tokens that get a history: the newest, which are looked at first.
const USED: usize = 2_000;

/// Fills a new account.
pub fn fill(service: &mut Service, account: i64, username: &str, demo: &Demo) -> Result<(), StoreError> {
    let assets: Assets =
        serde_json::from_str(include_str!("../../assets/sandbox/demo.json")).expect("the bundled account is valid");
    let mut rng = Rng::new(demo.seed);
    let mut key = [0; 32];
    for part in key.chunks_mut(8) {
        part.copy_from_slice(&rng.next().to_le_bytes());
    }
    let now = demo.now.as_millisecond();
    let mut filler = Filler { service, account, username, key: SigningKey::from_bytes(key), rng, now, count: 0 };
    // Oldest first: rows then arrive in the order they are stored in.
    let generated = demo.tokens.saturating_sub(assets.tokens.len() + AUTHORIZING);
    for at in 0..generated {
        filler.generate(&assets, at, generated)?;
    }
    for written in &assets.tokens {
        filler.write(&assets, written)?;
    }
    Ok(())
}

struct Filler<'a> {
    service: &'a mut Service,
    account: i64,
    username: &'a str,
    /// Made from the seed and then forgotten. It signs public tokens, whose signatures the database holds anyway;
    /// secret ones get a signature that nobody ever sees.
    key: SigningKey,
    rng: Rng,
    now: i64,
    count: u64,
}

impl Filler<'_> {
    fn write(&mut self, assets: &Assets, written: &Written) -> Result<(), StoreError> {
        let created = self.now - written.age * HOUR + self.rng.millis_below(HOUR);
        let changed = self.now - written.changed * HOUR + self.rng.millis_below(HOUR);
        let modified = if written.changed == written.age { created } else { changed };
        let id = self.insert(&written.note, written.default, &written.scopes, &written.urls, created, modified)?;
        for history in &written.usage {
            for back in 0..HISTORY {
                let day = (self.now - back * DAY).div_euclid(DAY);
                if day * DAY < created - DAY {
                    break;
                }
                // Weekends are quieter. 1970 began on a Thursday, so day 3 was a Sunday.
                let weekday = if matches!((day - 3).rem_euclid(7), 0 | 6) { 6 } else { 10 };
                let total = history.daily * weekday * (80 + self.rng.below(41)) / 1000;
                self.spread(assets, &id, day, history, self.so_far(back, total))?;
            }
        }
        Ok(())
    }

    /// A day's requests up to now: today is not over yet.
    fn so_far(&self, days_back: i64, total: u64) -> u64 {
        let minute = self.now.rem_euclid(DAY) / 60_000;
        if days_back == 0 { total * minute.unsigned_abs() / 1440 } else { total }
    }

    /// Shares a day's requests among hosts, browsers and countries, by their weights.
    fn spread(&mut self, assets: &Assets, id: &str, day: i64, history: &History, total: u64) -> Result<(), StoreError> {
        let hosts: u64 = history.hosts.values().sum();
        for (host, weight) in &history.hosts {
            let count = total * weight / hosts;
            if count == 0 {
                continue;
            }
            let browser = self.weighted(&assets.browsers);
            let country = self.weighted(&assets.countries);
            let served = Served { token: id, day, product: &history.product, browser, country, host, count };
            self.service.store.serve(self.account, &served)?;
        }
        Ok(())
    }

    fn weighted<'b>(&mut self, weights: &'b BTreeMap<String, u64>) -> &'b str {
        let mut at = self.rng.below(weights.values().sum());
        for (name, weight) in weights {
            if at < *weight {
                return name;
            }
            at -= weight;
        }
        ""
    }

    fn generate(&mut self, assets: &Assets, at: usize, of: usize) -> Result<(), StoreError> {
        let words = &assets.generated;
        let step = SPAN / count(of).max(1);
        let created = self.now - SPAN + count(at) * step + self.rng.millis_below(step);
        let modified =
            if self.rng.below(3) == 0 { created + self.rng.millis_below(self.now - created) } else { created };
        let note = format!("{} {} {}", self.rng.pick(&words.what), self.rng.pick(&words.r#where), at + 1);
        let secret = self.rng.below(5) < 2;
        let mut scopes = words.public.clone();
        scopes.truncate(1 + self.rng.below(words.public.len() as u64) as usize);
        if secret {
            let first = self.rng.below(words.secret.len() as u64) as usize;
            let count = 1 + self.rng.below(4) as usize;
            scopes.extend(words.secret.iter().cycle().skip(first).take(count).cloned());
        }
        let mut urls = Vec::new();
        if !secret && self.rng.below(2) == 0 {
            for _ in 0..=self.rng.below(3) {
                urls.push(format!("https://{}.{}", self.rng.below(90) + 10, self.rng.pick(&words.hosts)));
            }
        }
        let id = self.insert(&note, false, &scopes, &urls, created, modified)?;
        if at + USED >= of && self.rng.below(4) == 0 {
            let host = self.rng.pick(&words.hosts).clone();
            let history = History {
                product: "Vector Tiles API".into(),
                daily: 1 + self.rng.below(4000),
                hosts: BTreeMap::from([(host, 1)]),
            };
            for back in 0..8 {
                let day = (self.now - back * 3 * DAY).div_euclid(DAY);
                if day * DAY > created {
                    let total = history.daily * (70 + self.rng.below(61)) / 100;
                    self.spread(assets, &id, day, &history, self.so_far(back, total))?;
                }
            }
        }
        Ok(())
    }

    fn insert(
        &mut self,
        note: &str,
        default: bool,
        scopes: &[String],
        urls: &[String],
        created: i64,
        modified: i64,
    ) -> Result<String, StoreError> {
        self.count += 1;
        let id = cuid::spell(created, self.count, 0, self.rng.next());
        let catalogue = &self.service.catalogue;
        let is_public = scopes.iter().all(|scope| catalogue.is_public(&scope.as_str().into()));
        let claims = Claims::Stored { u: self.username.to_owned(), a: id.clone() };
        let (usage, signature) = if is_public {
            (Usage::Public, self.key.sign_public(&claims))
        } else {
            (Usage::Secret, self.key.sign_secret(&claims))
        };
        let urls = (!urls.is_empty()).then(|| json(&urls));
        let draft = Draft {
            id: &id,
            usage,
            listed: true,
            default,
            note: Some(note),
            scopes: &json(&scopes),
            allowed_urls: urls.as_deref(),
            resources: None,
            applications: None,
            created,
            modified,
            signature: &signature,
        };
        self.service.store.insert(self.account, &draft)?;
        Ok(id)
    }
}

/// A number of tokens for calculating with times.
fn count(tokens: usize) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}
