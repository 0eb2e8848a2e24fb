//! [`Service`]: everything the endpoints work on. One thread owns it.

use std::{collections::HashMap, net::IpAddr};

use jiff::Timestamp;

use super::{
    Account, Options, StartError,
    cuid::Cuids,
    demo,
    faults::Active,
    rate::Rate,
    signature::{Claims, SigningKey, spell},
    statistics,
    store::{Access, Draft, Known, Store, StoreError},
};
use crate::{
    secret::Secret,
    token::{Catalogue, Usage},
};

/// The account made when none is named.
const DEFAULT_USERNAME: &str = "ada";

/// The name a new default token is given (the account page's own).
const DEFAULT_NOTE: &str = "Default public token";

/// The name of the token that the sandbox hands out.
const AUTHORIZING_NOTE: &str = "Authorizing token";

/// The sandbox's state.
pub struct Service {
    /// The database.
    pub store: Store,
    /// Where ids come from.
    pub cuids: Cuids,
    /// The scopes there are.
    pub catalogue: Catalogue,
    /// Calls per minute and account, where limited.
    pub rate: Option<Rate<i64>>,
    /// Calls per minute and address to the Statistics API, where calls are limited.
    pub statistics_rate: Option<Rate<IpAddr>>,
    /// What goes wrong on purpose.
    pub faults: Active,
    /// The password asked for before tokens are created, where one is.
    pub password: Option<Secret>,
    /// Until when (milliseconds since 1970) an account's password counts as given.
    pub confirmed: HashMap<i64, i64>,
    /// The address it listens on, as a URL.
    pub origin: String,
}

impl Service {
    /// Opens the database, makes what is missing in it, and hands out a fresh authorizing token for every account.
    pub fn open(options: Options, origin: &str) -> Result<(Self, Vec<Account>), StartError> {
        let mut service = Self {
            store: Store::open(options.db.as_deref())?,
            cuids: Cuids::new(),
            catalogue: Catalogue::bundled(),
            rate: options.rate_limit.map(Rate::new),
            statistics_rate: options.rate_limit.map(|_| Rate::new(statistics::LIMIT)),
            faults: Active::new(options.faults),
            password: options.password,
            confirmed: HashMap::new(),
            origin: origin.to_owned(),
        };
        let fallback = [DEFAULT_USERNAME.to_owned()];
        let usernames = if options.users.is_empty() { &fallback } else { &*options.users };
        let now = Timestamp::now().as_millisecond();
        let mut accounts: Vec<Account> = Vec::new();
        for username in usernames {
            if !is_username(username) {
                return Err(StartError::Username(username.clone()));
            }
            if accounts.iter().any(|account| account.username == *username) {
                continue;
            }
            let demo = options.demo.as_ref().filter(|_| accounts.is_empty());
            service.store.begin(Access::Write)?;
            let furnished = service.furnish(username, demo, options.token_seed.as_ref(), now);
            let token = service.store.end(furnished)?;
            accounts.push(Account { username: username.clone(), token });
        }
        Ok((service, accounts))
    }

    /// Makes an account with its default token (or the demo's tokens) unless it exists; and an authorizing token for it, which is listed as
    /// every other. In a new account that is the oldest: something made the others.
    fn furnish(
        &mut self,
        username: &str,
        demo: Option<&demo::Demo>,
        seed: Option<&Secret>,
        now: i64,
    ) -> Result<Secret, StoreError> {
        let created = self.store.create_account(username, now)?;
        let demo = demo.filter(|_| created.is_some());
        let number = match created {
            Some(number) => number,
            None => self.store.account(username)?.expect("an account that cannot be made exists"),
        };
        let token = match seed {
            Some(seed) => self.seeded_authorizing_token(number, username, seed)?,
            None => self.make_authorizing_token(number, username, demo.map_or(now, demo::Demo::beginning))?,
        };
        match demo {
            Some(demo) => demo::fill(self, number, username, demo)?,
            None if created.is_some() => drop(self.make_default_token(number, username, now)?),
            None => {}
        }
        Ok(token)
    }

    /// The default public token: every public scope, no restriction. Answers with its id.
    pub fn make_default_token(&mut self, account: i64, username: &str, now: i64) -> Result<String, StoreError> {
        let (id, created) = self.cuids.next(now);
        let signature = self.store.key().sign_public(&Claims::Stored { u: username.to_owned(), a: id.clone() });
        let scopes = self.scopes_as_json(|public| public);
        let draft = Draft {
            id: &id,
            usage: Usage::Public,
            listed: true,
            default: true,
            note: Some(DEFAULT_NOTE),
            scopes: &scopes,
            allowed_urls: None,
            resources: None,
            applications: None,
            created,
            modified: created,
            signature: &signature,
        };
        self.store.insert(account, &draft)?;
        Ok(id)
    }

    fn make_authorizing_token(&mut self, account: i64, username: &str, now: i64) -> Result<Secret, StoreError> {
        let (id, created) = self.cuids.next(now);
        let signature = self.store.key().sign_secret(&Claims::Stored { u: username.to_owned(), a: id.clone() });
        self.insert_authorizing_token(account, &id, created, &signature)?;
        Ok(Secret::new(spell(Usage::Secret, username, &id, &signature)))
    }

    /// The authorizing token that a seed decides: the same in every database. One that was deleted is created again.
    fn seeded_authorizing_token(&mut self, account: i64, username: &str, seed: &Secret) -> Result<Secret, StoreError> {
        /// 2026-01-01, as good as any.
        const BORN: i64 = 1_767_225_600_000;
        let key = SigningKey::from_seed(seed.expose(), username);
        let id = self.cuids.fixed(BORN, key.number());
        let signature = key.sign_public(&Claims::Stored { u: username.to_owned(), a: id.clone() });
        if !matches!(self.store.known(account, &id)?, Some(Known::Present { .. })) {
            self.store.unrevoke(account, &id)?;
            self.insert_authorizing_token(account, &id, BORN, &signature)?;
        }
        Ok(Secret::new(spell(Usage::Secret, username, &id, &signature)))
    }

    fn insert_authorizing_token(
        &mut self,
        account: i64,
        id: &str,
        created: i64,
        signature: &str,
    ) -> Result<(), StoreError> {
        let scopes = self.scopes_as_json(|_| true);
        let draft = Draft {
            id,
            usage: Usage::Secret,
            listed: true,
            default: false,
            note: Some(AUTHORIZING_NOTE),
            scopes: &scopes,
            allowed_urls: None,
            resources: None,
            applications: None,
            created,
            modified: created,
            signature,
        };
        self.store.insert(account, &draft)
    }

    /// The ids of the scopes whose being public satisfies `wanted`, as a JSON list.
    fn scopes_as_json(&self, wanted: impl Fn(bool) -> bool) -> String {
        let ids: Vec<_> =
            self.catalogue.scopes().iter().filter(|info| wanted(info.public)).map(|info| info.id.id()).collect();
        serde_json::to_string(&ids).expect("a list of strings is JSON")
    }
}

/// Names that can stand in a path, a token's payload and a terminal as they are.
fn is_username(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=32).contains(&name.len())
        && name.bytes().all(|byte| plain(byte) || b"-_.".contains(&byte))
        && name.bytes().next().is_some_and(plain)
}
