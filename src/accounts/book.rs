//! [`Book`]: the accounts that a running dashboard can open: another one, or the same one again after it was locked.
//!
//! Invariants: a value is read when an account is opened, and handed over; the book keeps none. The accounts are read again each time, so
//! that a `jeton login` in another window takes effect.

use std::{fmt, time::Duration};

use super::{AccountError, Chosen, Profiles, Wanted, choose, profile};
use crate::{api::Endpoint, os::places::Environment, secret::Secret};

/// A look-up of environment variables that can go to another thread.
type Lookup = Box<dyn Fn(&str) -> Option<std::ffi::OsString> + Send>;

/// What an endpoint is given on top of what the account says: time-outs, certificates.
type Dress = Box<dyn Fn(Endpoint) -> Result<Endpoint, String> + Send>;

/// Opens any account.
pub struct Book {
    environment: Lookup,
    /// The account that was opened first, where there is one: it need not be a profile.
    first: Option<Chosen>,
    dress: Dress,
}

/// An account to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name of its profile; `None` for the one the environment describes.
    pub name: Option<String>,
    /// The account's name at Mapbox, where it is known.
    pub username: String,
    /// The API's address.
    pub api_url: String,
    /// Where the token is, in words.
    pub kept_in: String,
    /// Whether a passphrase has to be asked for.
    pub needs_passphrase: bool,
    /// After how much idleness the token is to be dropped.
    pub lock_after: Option<Duration>,
}

impl Book {
    /// The accounts, and the one that is open.
    pub fn new(
        first: Option<Chosen>,
        environment: impl Fn(&str) -> Option<std::ffi::OsString> + Send + 'static,
        dress: impl Fn(Endpoint) -> Result<Endpoint, String> + Send + 'static,
    ) -> Self {
        Self { environment: Box::new(environment), first, dress: Box::new(dress) }
    }

    /// What can be chosen: the account that was opened first, then the others by name.
    pub fn entries(&self) -> Result<Vec<Entry>, AccountError> {
        let profiles = self.profiles()?;
        let mut entries: Vec<Entry> = self.first.iter().map(entry).collect();
        let first = self.first.as_ref().and_then(|first| first.name.as_ref());
        for name in profiles.accounts.keys().filter(|name| Some(*name) != first) {
            entries.push(entry(&self.named(name, &profiles)?));
        }
        Ok(entries)
    }

    /// Opens one of them, by the name of its entry; `None` and the first one's name are the first one. Its entry comes along.
    pub fn open(&self, name: Option<&str>, passphrase: Option<&Secret>) -> Result<(Entry, Endpoint), String> {
        let first = self.first.as_ref().filter(|first| name.is_none_or(|name| Some(name) == first.name.as_deref()));
        let chosen = match (first, name) {
            (Some(first), _) => first.clone(),
            (None, None) => return Err(AccountError::None.to_string()),
            (None, Some(name)) => {
                let profiles = self.profiles().map_err(|error| error.to_string())?;
                self.named(name, &profiles).map_err(|error| error.to_string())?
            }
        };
        let endpoint = chosen.open(self.environment(), passphrase).map_err(|error| error.to_string())?;
        Ok((entry(&chosen), (self.dress)(endpoint)?))
    }

    fn named(&self, name: &str, profiles: &Profiles) -> Result<Chosen, AccountError> {
        // Another account may be on another server than the one that was asked for at the start.
        let elsewhere = |variable: &str| {
            if variable == super::ENDPOINT_VARIABLE { None } else { (self.environment)(variable) }
        };
        choose(Wanted { account: Some(name), api_url: None }, profiles, &elsewhere)
    }

    fn profiles(&self) -> Result<Profiles, AccountError> {
        profile::config_dir(self.environment()).map_or_else(|| Ok(Profiles::default()), |dir| Profiles::load(&dir))
    }

    fn environment(&self) -> Environment<'_> {
        &*self.environment
    }
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book").field("first", &self.first).finish_non_exhaustive()
    }
}

fn entry(chosen: &Chosen) -> Entry {
    Entry {
        name: chosen.name.clone(),
        username: chosen.username.clone().unwrap_or_default(),
        api_url: chosen.api_url.clone(),
        kept_in: chosen.source.to_string(),
        needs_passphrase: chosen.source.needs_passphrase(),
        lock_after: chosen.lock_after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        accounts::{Profile, Source},
        api::endpoint::HOSTED,
        os::private_dir::PrivateDir,
    };

    /// `{"u":"ada","a":"cmf000000000000000000fake"}`, with a made-up signature.
    const TOKEN: &str = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZjAwMDAwMDAwMDAwMDAwMDAwMGZha2UifQ.fakefakefakefakefakefa";

    #[test]
    fn the_dashboard_can_go_to_any_account_and_back() {
        let place = tempfile::tempdir().unwrap();
        let profile = Profile {
            username: "ada".into(),
            api_url: HOSTED.into(),
            source: Source::Environment("WORK".into()),
            lock_after: Some(Duration::from_secs(60)),
            added: None,
        };
        let profiles = Profiles { accounts: [("work".to_owned(), profile)].into(), ..Profiles::default() };
        profiles.save(&PrivateDir::at(place.path())).unwrap();
        let dir = place.path().as_os_str().to_owned();
        let environment = move |name: &str| match name {
            "JETON_CONFIG_DIR" => Some(dir.clone()),
            super::super::TOKEN_VARIABLE | "WORK" => Some(TOKEN.into()),
            super::super::ENDPOINT_VARIABLE => Some("http://127.0.0.1:1".into()),
            _ => None,
        };
        let first = choose(Wanted::default(), &profiles, &environment).unwrap();
        let book = Book::new(Some(first), environment, Ok);
        let entries = book.entries().unwrap();
        assert_eq!(entries.iter().map(|entry| entry.name.as_deref()).collect::<Vec<_>>(), [None, Some("work")]);
        assert_eq!(entries[1].lock_after, Some(Duration::from_secs(60)));
        assert_eq!(book.open(None, None).unwrap().1.host(), "127.0.0.1:1");
        assert!(book.open(Some("work"), None).unwrap().1.is_hosted());
        assert!(book.open(Some("gone"), None).unwrap_err().contains("no account"));
    }
}
