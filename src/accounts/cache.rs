//! [`Cache`]: the last list of each account, to show before the network answers, or without it.
//!
//! Invariants: it holds metadata only, never a token value; only the owner can read the files and the directory; a file that is
//! damaged, foreign or from another version is treated as missing; it can be switched off
//! (`remember_lists = false` in accounts.toml), and [`Cache::forget`] removes what is there.

use std::{io, path::PathBuf, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    os::{file, places::Environment, private_dir, private_file},
    token::{AccountKey, Token},
};

/// Changes when what is written does.
const VERSION: u32 = 1;

/// Longest file read: the metadata of 200,000 tokens.
const LIMIT: u64 = 64 << 20;

/// A directory of lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    dir: PathBuf,
}

/// A list as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Whose.
    pub key: AccountKey,
    /// The tokens, without their strings.
    pub tokens: Vec<Arc<Token>>,
    /// When they were read from the server.
    pub saved: Timestamp,
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    key: &'a AccountKey,
    saved: Timestamp,
    tokens: Vec<Token>,
}

#[derive(Deserialize)]
struct Read {
    version: u32,
    key: AccountKey,
    saved: Timestamp,
    tokens: Vec<Token>,
}

/// Where the last list of one account is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    cache: Cache,
    key: AccountKey,
}

impl Memory {
    /// The memory of an account.
    pub fn new(cache: Cache, key: AccountKey) -> Self {
        Self { cache, key }
    }

    /// What was last seen of it. Reads a file.
    pub fn recall(&self, now: Timestamp) -> Option<Remembered> {
        self.cache.load(&self.key, now)
    }

    /// Keeps a complete list, replacing the one before. Writes a file.
    pub fn keep(&self, tokens: &[Arc<Token>], now: Timestamp) {
        if let Err(error) = self.cache.save(&self.key, tokens, now) {
            log::warn!("could not save the token list: {error}");
        }
    }
}

impl Cache {
    /// The usual place; `None` on a machine that has none.
    pub fn usual(environment: Environment) -> Option<Self> {
        Some(Self { dir: crate::os::places::cache_dir(environment)?.join("lists") })
    }

    /// A directory, which need not exist yet.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The last list of an account, if there is one that can be trusted. `now` is the present: a list from the future is not.
    pub fn load(&self, key: &AccountKey, now: Timestamp) -> Option<Remembered> {
        let bytes = private_file::read_up_to(&self.path(key), LIMIT).ok()?;
        let read: Read = serde_json::from_slice(&bytes).ok()?;
        if read.version != VERSION || read.key != *key || read.saved > now {
            return None;
        }
        let tokens = read.tokens.into_iter().map(|token| Arc::new(Token { token: None, ..token })).collect();
        Some(Remembered { key: read.key, tokens, saved: read.saved })
    }

    /// Keeps a list, replacing the one before.
    pub fn save(&self, key: &AccountKey, tokens: &[Arc<Token>], now: Timestamp) -> io::Result<()> {
        let tokens = tokens.iter().map(|token| Token { token: None, ..Token::clone(token) }).collect();
        let json = serde_json::to_vec(&Written { version: VERSION, key, saved: now, tokens })?;
        private_dir::PrivateDir::at(&self.dir).make()?;
        file::replace(&self.path(key), &json).map(drop)
    }

    /// Removes an account's list; it may already be gone.
    pub fn forget(&self, key: &AccountKey) -> io::Result<()> {
        match std::fs::remove_file(self.path(key)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// A user name may hold anything, a file name may not: so it is a digest.
    fn path(&self, key: &AccountKey) -> PathBuf {
        use std::fmt::Write as _;
        let digest = Sha256::digest(format!("{}\n{}", key.username, key.host));
        let mut name = String::new();
        for byte in &digest[..12] {
            write!(name, "{byte:02x}").expect("a string takes everything");
        }
        self.dir.join(name + ".json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> AccountKey {
        AccountKey { username: "../ada\n".into(), host: "api.mapbox.com".into() }
    }

    fn tokens() -> Vec<Arc<Token>> {
        let json = r#"{"id":"x","usage":"pk","note":"Map","scopes":["styles:read"],"created":"2026-01-01T00:00:00.000Z","token":"pk.eyJ1.fake"}"#;
        vec![Arc::new(serde_json::from_str(json).expect("valid"))]
    }

    #[test]
    fn a_list_comes_back_with_its_age_and_without_any_token_string() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().join("lists"));
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        assert_eq!(cache.load(&key(), now), None);
        cache.save(&key(), &tokens(), now).unwrap();
        let remembered = cache.load(&key(), now).expect("it was saved");
        assert_eq!((remembered.saved, remembered.tokens[0].name().into_owned()), (now, "Map".into()));
        assert_eq!(remembered.tokens[0].token, None);
        let files: Vec<PathBuf> =
            std::fs::read_dir(place.path().join("lists")).unwrap().map(|f| f.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        assert!(!std::fs::read_to_string(&files[0]).unwrap().contains("eyJ1"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            assert_eq!(std::fs::metadata(&files[0]).unwrap().mode() & 0o777, 0o600);
            assert_eq!(std::fs::metadata(place.path().join("lists")).unwrap().mode() & 0o777, 0o700);
        }
        cache.forget(&key()).unwrap();
        cache.forget(&key()).unwrap();
        assert_eq!(cache.load(&key(), now), None);
    }

    #[test]
    fn what_is_damaged_foreign_or_from_the_future_is_as_good_as_none() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path());
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        cache.save(&key(), &tokens(), now).unwrap();
        let other = AccountKey { username: "bob".into(), ..key() };
        assert_eq!(cache.load(&other, now), None);
        assert_eq!(cache.load(&key(), "2026-01-01T00:00:00Z".parse().unwrap()), None);
        let whole = std::fs::read(cache.path(&key())).unwrap();
        for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
            std::fs::write(cache.path(&key()), &whole[..cut]).unwrap();
            assert_eq!(cache.load(&key(), now), None, "cut at {cut}");
        }
        std::fs::copy(cache.path(&key()), cache.path(&other)).unwrap();
        std::fs::write(cache.path(&other), &whole).unwrap();
        assert_eq!(cache.load(&other, now), None, "the file says whose it is");
    }
}
