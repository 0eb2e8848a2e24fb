//! `jeton logout`: forgets an account and the token that was kept for it. The token itself goes on working.

use std::process::ExitCode;

use super::{
    account::{self, Failure, Global},
    exit::Exit,
    output,
};
use crate::{
    accounts::{AccountError, Profiles, Source, keyring},
    cache::{Cache, Key},
    untrusted::shown,
};

/// Which account.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The account's name; the current one unless given
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global) -> ExitCode {
    match logout(arguments, global) {
        Ok(()) => Exit::Done.into(),
        Err(failure) => failure.report(global.json),
    }
}

fn logout(arguments: &Arguments, global: &Global) -> Result<(), Failure> {
    let dir = account::config_dir()?;
    let mut profiles = Profiles::load(&dir)?;
    let name = arguments.name.clone().or_else(|| global.account.clone());
    let name = name.or_else(|| profiles.usual().map(|(name, _)| name.to_owned())).ok_or(AccountError::None)?;
    let profile = profiles.accounts.remove(&name).ok_or_else(|| AccountError::Unknown(name.clone()))?;
    let tokens = dir.path().join("tokens");
    match &profile.source {
        Source::Keyring => keyring::remove(&name).map_err(|words| Failure::new(Exit::Failed, words))?,
        // Only what login wrote: other files are the person's own.
        Source::EncryptedFile(path) | Source::PlainFile(path) if path.starts_with(&tokens) => {
            if let Err(error) = std::fs::remove_file(path)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                let path = path.to_string_lossy();
                return Err(Failure::new(Exit::Failed, format!("{} cannot be removed: {error}", shown(&path))));
            }
        }
        _ => {}
    }
    if profiles.current.as_ref() == Some(&name) {
        profiles.current =
            profiles.accounts.first_key_value().filter(|_| profiles.accounts.len() == 1).map(|(name, _)| name.clone());
    }
    profiles.save(&dir)?;
    forget_list(&profile.username, &profile.api_url);
    if global.json {
        let object = serde_json::json!({"removed": name, "current": profiles.current});
        output::print(object.to_string().as_bytes())
            .map_err(|error| Failure::new(Exit::Failed, format!("standard output cannot be written: {error}")))?;
    } else {
        output::say(&format!(
            "Forgot \"{}\" and what was kept in {}. Its token still works: delete it on the Access Tokens page if nothing else needs it.",
            shown(&name),
            profile.source
        ));
    }
    Ok(())
}

/// The last list is of no use any more; that it cannot be removed is no reason to stay signed in.
fn forget_list(username: &str, api_url: &str) {
    let host =
        crate::api::Endpoint::new(api_url, username, crate::secret::Secret::new("")).map(|endpoint| endpoint.host());
    if let (Some(cache), Ok(host)) = (Cache::usual(&account::environment), host) {
        let _left = cache.forget(&Key { username: username.to_owned(), host });
    }
}
