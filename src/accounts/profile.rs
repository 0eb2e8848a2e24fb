//! [`Profile`] and [`Profiles`]: the accounts in `accounts.toml`.
//!
//! ```toml
//! current = "work"
//! remember_lists = true
//!
//! [accounts.work]
//! username = "ada"
//! token_command = ["op", "read", "op://Private/mapbox/token"]
//! lock_after_minutes = 15
//! ```
//!
//! Invariants: the file contains no token value; only its owner can read the file and its directory.

use std::{collections::BTreeMap, io, path::PathBuf, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AccountError, source::Source};
use crate::{
    api::endpoint::HOSTED,
    os::{places::Environment, private_dir::PrivateDir, record},
    untrusted::shown,
};

/// The file's name in the configuration directory.
const FILE: &str = "accounts.toml";

/// The version of its format.
const VERSION: u32 = 1;

/// What is written above the accounts.
const HEADER: &str = "# jeton's accounts, and where their tokens are stored. This file contains no token.\n\
                      # jeton rewrites it when you add or remove an account; other comments are lost.\n\n";

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The account's name at Mapbox.
    pub username: String,
    /// The API's address. The token is never sent anywhere else.
    pub api_url: String,
    /// Where the authorizing token is.
    pub source: Source,
    /// After how much idleness the token is dropped and has to be unlocked again.
    pub lock_after: Option<Duration>,
    /// When the account was added.
    pub added: Option<Timestamp>,
}

/// All accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profiles {
    /// By the names people gave them.
    pub accounts: BTreeMap<String, Profile>,
    /// The one used when none is named.
    pub current: Option<String>,
    /// Whether the last list of each account is kept, without any token value, so that it can be shown at once.
    pub remember_lists: bool,
}

impl Default for Profiles {
    fn default() -> Self {
        Self { accounts: BTreeMap::new(), current: None, remember_lists: true }
    }
}

/// The file as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    remember_lists: bool,
    #[serde(default)]
    accounts: BTreeMap<String, Entry>,
}

const fn yes() -> bool {
    true
}

/// An account as it is written: exactly one `token_…` says where the token is.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    username: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    api_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_environment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_command: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_keyring: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_encrypted_file: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_plain_file: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_mapbox_cli: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lock_after_minutes: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    added: Option<Timestamp>,
}

impl Entry {
    fn of(profile: &Profile) -> Self {
        let mut entry = Self {
            username: profile.username.clone(),
            api_url: Some(profile.api_url.clone()).filter(|url| url != HOSTED),
            lock_after_minutes: profile.lock_after.and_then(|after| u32::try_from(after.as_secs().div_ceil(60)).ok()),
            added: profile.added,
            ..Self::default()
        };
        match profile.source.clone() {
            Source::Environment(variable) => entry.token_environment = Some(variable),
            Source::Command(argv) => entry.token_command = Some(argv),
            Source::Keyring => entry.token_keyring = Some(true),
            Source::EncryptedFile(path) => entry.token_encrypted_file = Some(path),
            Source::PlainFile(path) => entry.token_plain_file = Some(path),
            Source::MapboxCli(profile) => entry.token_mapbox_cli = Some(profile),
        }
        entry
    }

    fn profile(self, name: &str) -> Result<Profile, String> {
        let mut sources = [
            self.token_environment.map(Source::Environment),
            self.token_command.map(Source::Command),
            self.token_keyring.filter(|is_there| *is_there).map(|_| Source::Keyring),
            self.token_encrypted_file.map(Source::EncryptedFile),
            self.token_plain_file.map(Source::PlainFile),
            self.token_mapbox_cli.map(Source::MapboxCli),
        ]
        .into_iter()
        .flatten();
        let (Some(source), None) = (sources.next(), sources.next()) else {
            return Err(format!("account \"{}\" must name exactly one place for its token", shown(name)));
        };
        if matches!(&source, Source::Command(argv) if argv.is_empty()) {
            return Err(format!("token_command of \"{}\" is empty", shown(name)));
        }
        Ok(Profile {
            username: self.username,
            api_url: self.api_url.unwrap_or_else(|| HOSTED.to_owned()),
            source,
            lock_after: self.lock_after_minutes.map(|minutes| Duration::from_secs(u64::from(minutes) * 60)),
            added: self.added,
        })
    }
}

impl Profiles {
    /// Reads the file; without one there are no accounts.
    pub fn load(dir: &PrivateDir) -> Result<Self, AccountError> {
        let path = dir.path().join(FILE);
        let unreadable = |why: String| AccountError::Configuration { path: path.clone(), why };
        let Some(bytes) = dir.get(FILE).map_err(|error| unreadable(error.to_string()))? else {
            return Ok(Self::default());
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| unreadable("not valid UTF-8".into()))?;
        Self::parse(text).map_err(unreadable)
    }

    fn parse(text: &str) -> Result<Self, String> {
        if let Some(version) = record::version_of_toml(text) {
            record::check(version, VERSION)?;
        }
        // What toml says quotes the line it stumbled over, which someone may have put a token into.
        let file: File = toml::from_str(text).map_err(|error: toml::de::Error| {
            let line = error.span().map_or(0, |span| text.get(..span.start).unwrap_or_default().lines().count().max(1));
            format!("line {line}: {}", crate::token::decoded::scrub(error.message()))
        })?;
        let mut accounts = BTreeMap::new();
        for (name, entry) in file.accounts {
            let profile = entry.profile(&name)?;
            accounts.insert(name, profile);
        }
        Ok(Self { accounts, current: file.current, remember_lists: file.remember_lists })
    }

    fn write(&self) -> String {
        let accounts = self.accounts.iter().map(|(name, profile)| (name.clone(), Entry::of(profile))).collect();
        let file =
            File { version: VERSION, current: self.current.clone(), remember_lists: self.remember_lists, accounts };
        format!("{HEADER}{}", toml::to_string(&file).expect("strings, numbers and lists of strings are TOML"))
    }

    /// Writes the file, whole or not at all; one in an older format is kept beside it.
    pub fn save(&self, dir: &PrivateDir) -> Result<(), AccountError> {
        let failed = |error: io::Error| AccountError::Configuration {
            path: dir.path().join(FILE),
            why: format!("can't write it: {error}"),
        };
        let version = |content: &[u8]| record::version_of_toml(std::str::from_utf8(content).ok()?);
        dir.keep_older(FILE, VERSION, version).map_err(failed)?;
        dir.put(FILE, self.write().as_bytes()).map(drop).map_err(failed)
    }

    /// The chosen account when none is named: the current one, or the only one.
    pub fn usual(&self) -> Option<(&str, &Profile)> {
        let (name, profile) = match &self.current {
            Some(name) => self.accounts.get_key_value(name)?,
            None => self.accounts.first_key_value().filter(|_| self.accounts.len() == 1)?,
        };
        Some((name, profile))
    }

    /// A name for a new account: its user name, with a number where that is taken by another.
    pub fn free_name(&self, username: &str) -> String {
        let mut name = username.to_owned();
        for number in 2.. {
            if !self.accounts.contains_key(&name) {
                break;
            }
            name = format!("{username}-{number}");
        }
        name
    }
}

/// The configuration directory; `None` on a machine that has no place for one.
pub fn config_dir(environment: Environment) -> Option<PrivateDir> {
    crate::os::places::config_dir(environment).map(PrivateDir::at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Profiles, String> {
        Profiles::parse(text)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let sources = [
            Source::Environment("WORK_TOKEN".into()),
            Source::Command(vec!["op".into(), "read".into(), "op://x".into()]),
            Source::Keyring,
            Source::EncryptedFile("/home/ada/work.age".into()),
            Source::PlainFile("/home/ada/work.token".into()),
            Source::MapboxCli("default".into()),
        ];
        let mut profiles = Profiles { current: Some("a1".into()), remember_lists: false, ..Profiles::default() };
        for (number, source) in sources.into_iter().enumerate() {
            let profile = Profile {
                username: "ada".into(),
                api_url: if number == 0 { "http://127.0.0.1:8787".into() } else { HOSTED.into() },
                source,
                lock_after: (number == 3).then_some(Duration::from_secs(900)),
                added: Some("2026-01-02T03:04:05Z".parse().unwrap()),
            };
            profiles.accounts.insert(format!("a{number}"), profile);
        }
        let text = profiles.write();
        assert_eq!(parse(&text), Ok(profiles), "{text}");
        assert_eq!(parse(""), Ok(Profiles::default()));
    }

    #[test]
    fn faults_are_named_without_quoting_the_file() {
        let token = "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UifQ.fakefakefakefakefakefa";
        for (text, says) in [
            (format!("[accounts.a]\nusername = \"ada\"\ntoken = \"{token}\"\n"), "unknown field"),
            (format!("[accounts.a]\nusername = {token}\n"), "line 2"),
            ("[accounts.a]\nusername = \"ada\"\n".into(), "exactly one place"),
            (
                "[accounts.a]\nusername = \"ada\"\ntoken_keyring = true\ntoken_plain_file = \"x\"\n".into(),
                "exactly one place",
            ),
            ("[accounts.a]\nusername = \"ada\"\ntoken_command = []\n".into(), "is empty"),
            ("[accounts.a]\ntoken_keyring = true\n".into(), "username"),
        ] {
            let error = parse(&text).expect_err(&text);
            assert!(error.contains(says) && !error.contains("eyJ"), "{error}");
        }
    }

    #[test]
    fn the_usual_account_is_the_current_or_the_only_one() {
        let one = "[accounts.a]\nusername = \"ada\"\ntoken_keyring = true\n";
        let two = format!("{one}[accounts.b]\nusername = \"bob\"\ntoken_keyring = true\n");
        let usual = |text: &str| parse(text).unwrap().usual().map(|(name, _)| name.to_owned());
        assert_eq!(usual(""), None);
        assert_eq!(usual(one).as_deref(), Some("a"));
        assert_eq!(usual(&two), None);
        assert_eq!(usual(&format!("current = \"b\"\n{two}")).as_deref(), Some("b"));
        assert_eq!(usual(&format!("current = \"gone\"\n{one}")), None);
        assert_eq!(parse(one).unwrap().free_name("a"), "a-2");
    }
}
