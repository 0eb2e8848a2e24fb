//! The account that a command works on, and its authorizing token.

use std::{ffi::OsString, time::Duration};

use super::{
    arguments::Global,
    failure::{Code, Failure},
    questions,
    session::Session,
};
use crate::{
    accounts::{self, AccountError, Chosen, ENDPOINT_VARIABLE, PASSPHRASE_FILE, Profiles, Wanted, profile},
    api::{Endpoint, Timeouts, endpoint::HOSTED},
    os::{private_dir::PrivateDir, private_file},
    secret::Secret,
    token::near_miss,
    untrusted::shown,
};

/// The variable that stands for `--allow-http`.
const ALLOW_HTTP: &str = "JETON_ALLOW_HTTP";

/// Opens a session with the account the options, the environment and the configuration name.
///
/// # Errors
/// When there is none, or its authorizing token cannot be had.
pub fn open(global: &Global) -> Result<Session, Failure> {
    Session::new(global.endpoint()?, global.output_options().accessible)
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        let code = match &error {
            AccountError::Unknown(_) => Code::NotFound,
            AccountError::Several(_) | AccountError::Address(_) | AccountError::Elsewhere { .. } => Code::Usage,
            AccountError::Configuration { .. } | AccountError::NoPlace => Code::Local,
            AccountError::None
            | AccountError::Source(_)
            | AccountError::NoUsername
            | AccountError::OtherOwner { .. } => Code::NoAccount,
        };
        if let AccountError::Unknown(name) = &error {
            let profiles = profiles().unwrap_or_default();
            if let Some(meant) = near_miss(name, profiles.accounts.keys().map(String::as_str)) {
                let message = format!("no account named \"{}\"", shown(name));
                return Self::new(code, message, format!("Did you mean \"{}\"?", shown(meant)));
            }
        }
        Self::advised(code, &error.to_string(), "")
    }
}

/// The real environment.
pub fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The configuration directory.
pub fn config_dir() -> Result<PrivateDir, AccountError> {
    profile::config_dir(&environment).ok_or(AccountError::NoPlace)
}

/// The accounts; none on a machine without a place for them.
pub fn profiles() -> Result<Profiles, AccountError> {
    config_dir().map_or_else(|_| Ok(Profiles::default()), |dir| Profiles::load(&dir))
}

/// The passphrase in the file that the environment names, if it names one.
pub fn passphrase_of_file() -> Result<Option<Secret>, Failure> {
    let Some(path) = environment(PASSPHRASE_FILE).filter(|path| !path.is_empty()) else { return Ok(None) };
    let content = private_file::read(path.as_ref()).map_err(|words| Failure::plain(Code::NoAccount, words))?;
    let text = std::str::from_utf8(&content).map_err(|_| {
        Failure::plain(Code::NoAccount, format!("the passphrase file ({PASSPHRASE_FILE}) is not valid UTF-8"))
    })?;
    Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']))))
}

impl Global {
    /// Starts the log, if one was asked for.
    pub fn start_log(&self) -> Result<(), Failure> {
        let Some(path) = &self.log else { return Ok(()) };
        let level = self.log_level.parse().unwrap_or(log::LevelFilter::Info);
        crate::os::log::start(path, level).map_err(|error| {
            let path = path.to_string_lossy();
            Failure::plain(Code::Local, format!("can't write the log {}: {error}", crate::untrusted::shown(&path)))
        })
    }

    /// The chosen account.
    pub fn choose(&self) -> Result<Chosen, AccountError> {
        let wanted = Wanted { account: self.account.as_deref(), api_url: self.api_url.as_deref() };
        accounts::choose(wanted, &profiles()?, &environment)
    }

    /// The chosen account, ready to be talked to. Asks for a passphrase at the terminal where one is needed.
    pub fn endpoint(&self) -> Result<Endpoint, Failure> {
        let chosen = self.choose()?;
        let passphrase = self.passphrase(&chosen)?;
        self.dress(chosen.open(&environment, passphrase.as_ref())?)
    }

    /// The passphrase of an account's file, if it has one: from the file named by `JETON_PASSPHRASE_FILE`, else from the user.
    pub fn passphrase(&self, chosen: &Chosen) -> Result<Option<Secret>, Failure> {
        if !chosen.source.needs_passphrase() {
            return Ok(None);
        }
        if let Some(passphrase) = passphrase_of_file()? {
            return Ok(Some(passphrase));
        }
        if self.no_input {
            return Err(AccountError::from(accounts::SourceError::NeedsPassphrase).into());
        }
        questions::secret(&format!("Passphrase for the account {}: ", chosen.title())).map(Some)
    }

    /// The API's address when no account is needed: the one asked for, else the hosted one.
    pub fn address(&self) -> String {
        let variable = || std::env::var(ENDPOINT_VARIABLE).ok().filter(|address| !address.is_empty());
        self.api_url.clone().or_else(variable).unwrap_or_else(|| HOSTED.to_owned())
    }

    /// An endpoint with the time-outs and certificates that were asked for, if a token may be sent there.
    pub fn dress(&self, endpoint: Endpoint) -> Result<Endpoint, Failure> {
        let mut endpoint = endpoint;
        if let Some(seconds) = self.timeout {
            endpoint = endpoint.with_timeouts(Timeouts::of(Duration::from_secs(seconds)));
        }
        if let Some(path) = &self.ca_file {
            let certificates = std::fs::read(path).map_err(|error| {
                let path = path.to_string_lossy();
                Failure::plain(Code::Usage, format!("can't read {}: {error}", crate::untrusted::shown(&path)))
            })?;
            endpoint = endpoint.with_certificates(certificates);
        }
        let is_set = |value: OsString| !matches!(value.to_str(), Some("" | "0"));
        if self.allow_http || environment(ALLOW_HTTP).is_some_and(is_set) {
            endpoint = endpoint.with_plain_http();
        }
        endpoint.check().map_err(AccountError::from)?;
        Ok(endpoint)
    }
}
