//! The options every command shares, and the account they come down to.
//!
//! Callers: each command that talks to a server.

use std::{ffi::OsString, path::PathBuf, process::ExitCode, time::Duration};

use super::{ask, exit::Exit, output};
use crate::{
    accounts::{self, AccountError, Chosen, Profiles, Wanted, profile, token_file},
    api::{ApiError, Endpoint, Patience},
    private_dir::PrivateDir,
    secret::Secret,
};

/// The file that holds the passphrase of encrypted files, for machines without anybody at the keyboard.
const PASSPHRASE_FILE: &str = "JETON_PASSPHRASE_FILE";

/// Options of every command.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Global {
    /// The account to work on, by the name jeton accounts shows
    #[arg(long, global = true, value_name = "NAME")]
    pub account: Option<String>,
    /// The API's address, such as that of a sandbox
    #[arg(
        long,
        global = true,
        value_name = "URL",
        long_help = "The API's address, such as that of a sandbox; else MAPBOX_API_ENDPOINT, else the account's own"
    )]
    pub api_url: Option<String>,
    /// How long to wait for an answer
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: Option<u64>,
    /// A file of certificates (PEM) to trust besides the system's
    #[arg(long, global = true, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Write what is going on to a file; no token is ever in it
    #[arg(long, global = true, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// How much to write to it
    #[arg(long, global = true, value_name = "LEVEL", requires = "log", default_value = "info",
        value_parser = ["error", "warn", "info", "debug", "trace"])]
    pub log_level: String,
    /// Never ask anything
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
}

/// Why a command ended early: the code and the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened, why, what to do.
    pub words: String,
}

impl Failure {
    /// A failure in so many words.
    pub fn new(exit: Exit, words: impl Into<String>) -> Self {
        Self { exit, words: words.into() }
    }

    /// Says it and gives the exit code; with `json` as the documented object.
    pub fn report(&self, json: bool) -> ExitCode {
        if json {
            let error = serde_json::json!({"error": {"code": format!("{:?}", self.exit), "message": self.words}});
            output::say(&error.to_string());
        } else {
            output::say(&format!("jeton: {}", self.words));
        }
        self.exit.into()
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        let exit = match &error {
            AccountError::Unknown(_) => Exit::NotFound,
            AccountError::Several(_) | AccountError::Address(_) | AccountError::Elsewhere { .. } => Exit::Usage,
            AccountError::Configuration { .. } | AccountError::NoPlace => Exit::Failed,
            AccountError::None
            | AccountError::Source(_)
            | AccountError::NoUsername
            | AccountError::OtherOwner { .. } => Exit::NotAuthorized,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::new(Exit::from(&error), format!("{error}. {}", error.next()))
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

impl Global {
    /// Starts the log, if one was asked for.
    pub fn start_log(&self) -> Result<(), Failure> {
        let Some(path) = &self.log else { return Ok(()) };
        let level = self.log_level.parse().unwrap_or(log::LevelFilter::Info);
        crate::log::start(path, level).map_err(|error| {
            let path = path.to_string_lossy();
            Failure::new(Exit::Failed, format!("{} cannot be logged to: {error}", crate::untrusted::shown(&path)))
        })
    }

    /// The account that is meant.
    pub fn choose(&self) -> Result<Chosen, AccountError> {
        let wanted = Wanted { account: self.account.as_deref(), api_url: self.api_url.as_deref() };
        accounts::choose(wanted, &profiles()?, &environment)
    }

    /// The account that is meant, ready to be talked to. Asks for a passphrase at the terminal where one is needed.
    pub fn endpoint(&self) -> Result<Endpoint, Failure> {
        let chosen = self.choose()?;
        let passphrase = self.passphrase(&chosen)?;
        self.dress(chosen.open(&environment, passphrase.as_ref())?)
    }

    /// The passphrase of an account's file, if it has one: from the file named by `JETON_PASSPHRASE_FILE`, else from the person.
    pub fn passphrase(&self, chosen: &Chosen) -> Result<Option<Secret>, Failure> {
        if !chosen.source.needs_passphrase() {
            return Ok(None);
        }
        if let Some(path) = environment(PASSPHRASE_FILE).filter(|path| !path.is_empty()) {
            let content = token_file::read(path.as_ref()).map_err(|words| Failure::new(Exit::NotAuthorized, words))?;
            let text = std::str::from_utf8(&content).map_err(|_| {
                Failure::new(Exit::NotAuthorized, "the passphrase in JETON_PASSPHRASE_FILE is not text")
            })?;
            return Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']))));
        }
        if self.no_input {
            return Err(AccountError::from(accounts::SourceError::NeedsPassphrase).into());
        }
        ask::secret(&format!("Passphrase of the account {}: ", chosen.title())).map(Some)
    }

    /// An endpoint with the time-outs and certificates that were asked for.
    pub fn dress(&self, endpoint: Endpoint) -> Result<Endpoint, Failure> {
        let mut endpoint = endpoint;
        if let Some(seconds) = self.timeout {
            let (usual, total) = (Patience::default(), Duration::from_secs(seconds));
            endpoint = endpoint.with_patience(Patience { total, connect: usual.connect.min(total), ..usual });
        }
        if let Some(path) = &self.ca_file {
            let certificates = std::fs::read(path).map_err(|error| {
                let path = path.to_string_lossy();
                Failure::new(Exit::Usage, format!("{} cannot be read: {error}", crate::untrusted::shown(&path)))
            })?;
            endpoint = endpoint.with_certificates(certificates);
        }
        Ok(endpoint)
    }
}
