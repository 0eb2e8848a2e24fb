//! Accounts: whose tokens are managed, on which server, and by whose authority.
//!
//! ```text
//!  --account, --api-url ─┐
//!  environment ──────────┼─► choose ─► Chosen ─► open ─► Endpoint (holds the authorizing token)
//!  accounts.toml ────────┘   (pure)            (asks the source)
//! ```
//!
//! Invariants: a token is only ever sent to the server it was stored for; its value is read when an account is opened and not
//! before; with nothing configured, `MAPBOX_ACCESS_TOKEN`, `MAPBOX_USERNAME` and `MAPBOX_API_ENDPOINT` are enough, as for Mapbox's
//! other tools.

pub mod book;
pub mod cache;
pub mod command;
#[cfg_attr(not(feature = "keyring"), path = "no_keyring.rs")]
pub mod keyring;
pub mod lock;
pub mod mapbox_cli;
pub mod profile;
pub mod sealed;
pub mod source;
pub mod source_error;

use std::{path::PathBuf, time::Duration};

use self::source::Means;
pub use self::{
    book::Book,
    lock::IdleLock,
    profile::{Profile, Profiles},
    source::Source,
    source_error::SourceError,
};
use crate::{
    api::{
        Endpoint,
        endpoint::{BadAddress, HOSTED},
    },
    os::places::Environment,
    secret::Secret,
    token::decoded::DecodedToken,
    untrusted::shown,
};

/// The variable that holds a token, for Mapbox's own tools as for us.
pub const TOKEN_VARIABLE: &str = "MAPBOX_ACCESS_TOKEN";

/// The variable that names the account, where the token does not.
pub const USERNAME_VARIABLE: &str = "MAPBOX_USERNAME";

/// The variable that names a file with the passphrase of encrypted tokens, for machines with nobody at the keyboard.
pub const PASSPHRASE_FILE: &str = "JETON_PASSPHRASE_FILE";

/// The variable that names another server.
pub const ENDPOINT_VARIABLE: &str = "MAPBOX_API_ENDPOINT";

/// What someone asked for on the command line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// The name of a profile.
    pub account: Option<&'a str>,
    /// The API's address.
    pub api_url: Option<&'a str>,
}

/// The chosen account. No secret is in it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The name of its profile; none when the environment says everything.
    pub name: Option<String>,
    /// The account's name at Mapbox, where it is known before the token is.
    pub username: Option<String>,
    /// The API's address.
    pub api_url: String,
    /// Where the token is.
    pub source: Source,
    /// After how much idleness the token is dropped.
    pub lock_after: Option<Duration>,
}

/// Why there is no account to work with. The text says what happened and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Nothing is configured.
    #[error("not signed in; run jeton login or set {TOKEN_VARIABLE}. To try jeton without an account, run jeton demo")]
    None,
    /// Several are configured, and none of them is the current one.
    #[error("several accounts ({}), and no current one; pass --account NAME, or choose one with jeton accounts use NAME", shown(.0))]
    Several(String),
    /// No profile of that name.
    #[error("no account named \"{}\"; list them with jeton accounts", shown(.0))]
    Unknown(String),
    /// The configuration cannot be used.
    #[error("{}: {}", shown(&path.to_string_lossy()), shown(why))]
    Configuration {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// This machine has no place for a configuration.
    #[error("no configuration directory; set HOME or JETON_CONFIG_DIR")]
    NoPlace,
    /// The token belongs to another server.
    #[error(
        "the token of \"{}\" is for {}, so it is not sent to {}; omit --api-url and unset {ENDPOINT_VARIABLE}, or use another account",
        shown(name),
        shown(bound),
        shown(asked)
    )]
    Elsewhere {
        /// The account.
        name: String,
        /// The server it was stored for.
        bound: String,
        /// The server that was asked for.
        asked: String,
    },
    /// The address cannot be an API's.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// The token could not be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The token does not say whose it is.
    #[error("the token does not name its owner; set {USERNAME_VARIABLE}")]
    NoUsername,
    /// The token is another account's than the profile says.
    #[error(
        "the token belongs to \"{}\", not to \"{}\"; sign in again with jeton login",
        shown(found),
        shown(expected)
    )]
    OtherOwner {
        /// Whose it should be.
        expected: String,
        /// Whose it is.
        found: String,
    },
}

/// The chosen account: the one named; else what the environment says; else the current or only one of the profiles.
pub fn choose(wanted: Wanted<'_>, profiles: &Profiles, environment: Environment) -> Result<Chosen, AccountError> {
    let text =
        |name: &str| environment(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty());
    let asked = wanted.api_url.map(str::to_owned).or_else(|| text(ENDPOINT_VARIABLE));
    let (name, profile) = match wanted.account {
        Some(name) => {
            let found = profiles.accounts.get_key_value(name);
            found.ok_or_else(|| AccountError::Unknown(name.to_owned()))?
        }
        None if text(TOKEN_VARIABLE).is_some() => {
            return Ok(Chosen {
                name: None,
                username: text(USERNAME_VARIABLE),
                api_url: asked.unwrap_or_else(|| HOSTED.to_owned()),
                source: Source::Environment(TOKEN_VARIABLE.to_owned()),
                lock_after: None,
            });
        }
        None => usual(profiles)?,
    };
    if let Some(asked) = asked
        && !Endpoint::is_same_server(&asked, &profile.api_url)
    {
        return Err(AccountError::Elsewhere { name: name.clone(), bound: profile.api_url.clone(), asked });
    }
    Ok(Chosen {
        name: Some(name.clone()),
        username: Some(profile.username.clone()),
        api_url: profile.api_url.clone(),
        source: profile.source.clone(),
        lock_after: profile.lock_after,
    })
}

/// The chosen account when none is named.
///
/// # Errors
/// When nothing says which.
pub fn usual(profiles: &Profiles) -> Result<(&String, &Profile), AccountError> {
    match (profiles.usual(), &profiles.current) {
        (Some((name, _)), _) => Ok(profiles.accounts.get_key_value(name).expect("it was just found")),
        (None, Some(gone)) => Err(AccountError::Unknown(gone.clone())),
        (None, None) if profiles.accounts.is_empty() => Err(AccountError::None),
        (None, None) => {
            let names: Vec<&str> = profiles.accounts.keys().map(String::as_str).collect();
            Err(AccountError::Several(names.join(", ")))
        }
    }
}

impl Chosen {
    /// Reads the token from its source. May take as long as the source does; not for a thread that draws.
    pub fn open(&self, environment: Environment, passphrase: Option<&Secret>) -> Result<Endpoint, AccountError> {
        let name = self.name.as_deref().unwrap_or_default();
        let token = self.source.read(Means { name, environment, passphrase })?;
        let owner = DecodedToken::of(token.expose()).ok().map(|decoded| decoded.owner.raw().to_owned());
        let username = match (&self.username, owner) {
            // A profile's name was checked when the account was added: another one now means another token.
            (Some(expected), Some(found)) if self.name.is_some() && *expected != found => {
                return Err(AccountError::OtherOwner { expected: expected.clone(), found });
            }
            (Some(username), _) => username.clone(),
            (None, Some(owner)) => owner,
            (None, None) => return Err(AccountError::NoUsername),
        };
        Ok(Endpoint::new(&self.api_url, &username, token)?)
    }

    /// What to call it: the profile's name, else the user's.
    pub fn title(&self) -> &str {
        self.name.as_deref().or(self.username.as_deref()).unwrap_or(TOKEN_VARIABLE)
    }
}

/// Chooses and opens in one step.
pub fn resolve(
    wanted: Wanted<'_>,
    profiles: &Profiles,
    environment: Environment,
    passphrase: Option<&Secret>,
) -> Result<Endpoint, AccountError> {
    choose(wanted, profiles, environment)?.open(environment, passphrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"u":"ada","a":"cmf000000000000000000fake"}`, with a made-up signature.
    const TOKEN: &str = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZjAwMDAwMDAwMDAwMDAwMDAwMGZha2UifQ.fakefakefakefakefakefa";

    fn environment(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<std::ffi::OsString> {
        move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
    }

    fn profiles() -> Profiles {
        let profile = |username: &str, api_url: &str| Profile {
            username: username.into(),
            api_url: api_url.into(),
            source: Source::Environment("STORED".into()),
            lock_after: None,
            added: None,
        };
        let mut profiles = Profiles::default();
        profiles.accounts.insert("work".into(), profile("ada", HOSTED));
        profiles.accounts.insert("box".into(), profile("ada", "http://127.0.0.1:8787"));
        profiles
    }

    #[test]
    fn the_environment_alone_is_enough() {
        let only = [(TOKEN_VARIABLE, TOKEN)];
        let endpoint = resolve(Wanted::default(), &Profiles::default(), &environment(&only), None).unwrap();
        assert_eq!((endpoint.username(), endpoint.is_hosted()), ("ada", true));
        let all = [(TOKEN_VARIABLE, "odd"), (USERNAME_VARIABLE, "bob"), (ENDPOINT_VARIABLE, "http://127.0.0.1:1")];
        let endpoint = resolve(Wanted::default(), &Profiles::default(), &environment(&all), None).unwrap();
        assert_eq!((endpoint.username(), endpoint.host().as_str()), ("bob", "127.0.0.1:1"));
        let odd = resolve(Wanted::default(), &Profiles::default(), &environment(&all[..1]), None);
        assert_eq!(odd, Err(AccountError::NoUsername));
        assert_eq!(resolve(Wanted::default(), &Profiles::default(), &|_| None, None), Err(AccountError::None));
    }

    #[test]
    fn the_named_account_comes_first_then_the_environment_then_the_current_one() {
        let environment = environment(&[(TOKEN_VARIABLE, TOKEN), ("STORED", TOKEN)]);
        let mut profiles = profiles();
        let chosen =
            |wanted, profiles: &Profiles, environment| choose(wanted, profiles, environment).map(|chosen| chosen.name);
        let named = Wanted { account: Some("work"), ..Wanted::default() };
        assert_eq!(chosen(named, &profiles, &environment), Ok(Some("work".into())));
        assert_eq!(chosen(Wanted::default(), &profiles, &environment), Ok(None));
        assert_eq!(chosen(Wanted::default(), &profiles, &|_| None), Err(AccountError::Several("box, work".into())));
        profiles.current = Some("box".into());
        assert_eq!(chosen(Wanted::default(), &profiles, &|_| None), Ok(Some("box".into())));
        profiles.current = Some("gone".into());
        assert_eq!(chosen(Wanted::default(), &profiles, &|_| None), Err(AccountError::Unknown("gone".into())));
    }

    #[test]
    fn a_stored_token_goes_to_its_own_server_only() {
        let profiles = profiles();
        let choose = |account, api_url, environment: Environment| {
            choose(Wanted { account: Some(account), api_url }, &profiles, environment)
        };
        assert!(matches!(
            choose("work", Some("http://127.0.0.1:8787"), &|_| None),
            Err(AccountError::Elsewhere { .. })
        ));
        assert!(matches!(choose("box", Some(HOSTED), &|_| None), Err(AccountError::Elsewhere { .. })));
        let elsewhere = environment(&[(ENDPOINT_VARIABLE, "https://api.evil.example")]);
        assert!(matches!(choose("work", None, &elsewhere), Err(AccountError::Elsewhere { .. })));
        assert!(choose("work", Some("https://api.mapbox.com/"), &|_| None).is_ok());
    }

    #[test]
    fn a_token_of_somebody_else_is_not_used() {
        let mut profiles = profiles();
        profiles.accounts.get_mut("work").unwrap().username = "bob".into();
        let environment = environment(&[("STORED", TOKEN)]);
        let wanted = Wanted { account: Some("work"), ..Wanted::default() };
        let error = resolve(wanted, &profiles, &environment, None).unwrap_err();
        assert_eq!(error, AccountError::OtherOwner { expected: "bob".into(), found: "ada".into() });
    }

    #[test]
    fn no_error_contains_the_token() {
        let weird = format!("{TOKEN} {TOKEN}");
        for value in [weird.as_str(), "sk.eyJ1\u{7}"] {
            let environment = |name: &str| (name == TOKEN_VARIABLE).then(|| value.into());
            let error = resolve(Wanted::default(), &Profiles::default(), &environment, None).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("eyJ"), "{error}");
        }
    }
}
