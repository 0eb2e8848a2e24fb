//! [`Cache`]: the last list of each account, to show before the network answers, or without it; and the last scan for its tokens.
//!
//! Invariants: it holds metadata only, never a token value; only the owner can read the files and the directory; a file that is
//! damaged, foreign or from another version is treated as missing; it can be switched off
//! (`remember_lists = false` in accounts.toml), and [`Cache::forget`] removes what is there. It is written and read token by token,
//! because the text of a long list takes as much memory as the list.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    os::{file, places::Environment, private_dir, private_file},
    scan::ScanResult,
    token::{AccountKey, Token},
};

/// Changes when what is written does.
const VERSION: u32 = 2;

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

/// The first line of a file; each further one is a token.
#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    key: AccountKey,
    saved: Timestamp,
    tokens: usize,
}

/// The same for what a scan found.
#[derive(Serialize)]
struct WrittenPlaces<'a> {
    version: u32,
    key: &'a AccountKey,
    result: &'a ScanResult,
}

#[derive(Deserialize)]
struct ReadPlaces {
    version: u32,
    key: AccountKey,
    result: ScanResult,
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

    /// Whose it is.
    pub fn key(&self) -> &AccountKey {
        &self.key
    }

    /// What was last seen of it. Reads a file, as long as that is wanted.
    pub fn recall(&self, now: Timestamp, is_wanted: &AtomicBool) -> Option<Remembered> {
        self.cache.load_while(&self.key, now, || is_wanted.load(Relaxed))
    }

    /// Keeps a complete list, replacing the one before. Writes a file.
    pub fn keep(&self, tokens: &[Arc<Token>], now: Timestamp) {
        if let Err(error) = self.cache.save(&self.key, tokens, now) {
            log::warn!("could not save the token list: {error}");
        }
    }

    /// Where its tokens were found last. Reads a file.
    pub fn recall_places(&self, now: Timestamp) -> Option<ScanResult> {
        self.cache.load_places(&self.key, now)
    }

    /// Keeps what a scan found, in place of the one before. Writes a file.
    pub fn keep_places(&self, result: &ScanResult) {
        if let Err(error) = self.cache.save_places(&self.key, result) {
            log::warn!("the result of the scan could not be remembered: {error}");
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
        self.load_while(key, now, || true)
    }

    fn load_while(&self, key: &AccountKey, now: Timestamp, is_wanted: impl Fn() -> bool) -> Option<Remembered> {
        let (file, _) = private_file::open(&self.path(key), LIMIT).ok()?;
        let mut lines = Lines { file: BufReader::with_capacity(64 << 10, file.take(LIMIT)), line: Vec::new() };
        let head: Head = lines.next()?;
        if head.version != VERSION || head.key != *key || head.saved > now {
            return None;
        }
        // The number is the file's word: it decides when the list is whole, not how much memory is taken.
        let mut tokens = Vec::new();
        for _ in 0..head.tokens {
            if !is_wanted() {
                return None;
            }
            tokens.push(Arc::new(Token { token: None, ..lines.next()? }));
        }
        tokens.shrink_to_fit();
        Some(Remembered { key: head.key, tokens, saved: head.saved })
    }

    /// Keeps a list, replacing the one before.
    pub fn save(&self, key: &AccountKey, tokens: &[Arc<Token>], now: Timestamp) -> io::Result<()> {
        private_dir::PrivateDir::at(&self.dir).make()?;
        let head = Head { version: VERSION, key: key.clone(), saved: now, tokens: tokens.len() };
        let write = |file: &mut io::BufWriter<&std::fs::File>| {
            serde_json::to_writer(&mut *file, &head)?;
            for token in tokens {
                file.write_all(b"\n")?;
                serde_json::to_writer(&mut *file, &Token { token: None, ..Token::clone(token) })?;
            }
            file.write_all(b"\n")
        };
        file::replace_by(&self.path(key), write).map(drop)
    }

    fn load_places(&self, key: &AccountKey, now: Timestamp) -> Option<ScanResult> {
        let bytes = private_file::read_up_to(&self.places_path(key), LIMIT).ok()?;
        let read: ReadPlaces = serde_json::from_slice(&bytes).ok()?;
        let is_good = read.version == VERSION && read.key == *key && read.result.ended <= now;
        is_good.then_some(read.result)
    }

    fn save_places(&self, key: &AccountKey, result: &ScanResult) -> io::Result<()> {
        let json = serde_json::to_vec(&WrittenPlaces { version: VERSION, key, result })?;
        self.write(&self.places_path(key), &json)
    }

    fn write(&self, path: &Path, json: &[u8]) -> io::Result<()> {
        private_dir::PrivateDir::at(&self.dir).make()?;
        file::replace(path, json).map(drop)
    }

    /// Removes what is kept of an account; it may already be gone.
    pub fn forget(&self, key: &AccountKey) -> io::Result<()> {
        let mut result = Ok(());
        for path in [self.path(key), self.places_path(key)] {
            if let Err(error) = std::fs::remove_file(path)
                && error.kind() != io::ErrorKind::NotFound
            {
                result = Err(error);
            }
        }
        result
    }

    fn places_path(&self, key: &AccountKey) -> PathBuf {
        self.path(key).with_extension("places.json")
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

/// Reads a file line by line.
struct Lines {
    file: BufReader<io::Take<std::fs::File>>,
    line: Vec<u8>,
}

impl Lines {
    /// What the next line holds; `None` when there is none, or not all of it.
    fn next<T: serde::de::DeserializeOwned>(&mut self) -> Option<T> {
        self.line.clear();
        self.file.read_until(b'\n', &mut self.line).ok()?;
        serde_json::from_slice(self.line.strip_suffix(b"\n")?).ok()
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
    fn what_a_scan_found_is_kept_beside_the_list_and_goes_with_it() {
        let place = tempfile::tempdir().unwrap();
        let memory = Memory::new(Cache::at(place.path()), key());
        let ended: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        let wanted = crate::scan::Wanted { folders: vec![place.path().to_owned()], with_history: false };
        let result = ScanResult::find(&wanted, &crate::scan::Progress::default(), || ended).unwrap();
        memory.keep_places(&result);
        assert_eq!(memory.recall_places(ended), Some(result));
        assert_eq!(memory.recall_places("2026-01-01T00:00:00Z".parse().unwrap()), None, "it is from the future");
        memory.cache.forget(&key()).unwrap();
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
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
        for cut in 0..whole.len() {
            std::fs::write(cache.path(&key()), &whole[..cut]).unwrap();
            assert_eq!(cache.load(&key(), now), None, "cut at {cut}");
        }
        std::fs::copy(cache.path(&key()), cache.path(&other)).unwrap();
        std::fs::write(cache.path(&other), &whole).unwrap();
        assert_eq!(cache.load(&other, now), None, "the file says whose it is");
    }
}
