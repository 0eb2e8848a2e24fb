//! `jeton logout`: forgets an account and the token that was kept for it. The token itself continues working.

use crate::cli::{
    account,
    arguments::Global,
    exit::Exit,
    failure::{Code, Failure},
    output::Output,
    token_names,
};
use crate::{
    accounts::{self, AccountError, Profiles, Source, cache::Cache, keyring},
    untrusted::shown,
};

/// Remove an account and the token stored for it
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  jeton logout        the current account
  jeton logout work

The token itself keeps working. If nothing else needs it, delete it with jeton delete or on the Access Tokens page.")]
pub struct Arguments {
    /// Account name [default: the current account]
    #[arg(value_name = "NAME", add = clap_complete::engine::ArgValueCompleter::new(crate::cli::completion::accounts))]
    name: Option<String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let dir = account::config_dir()?;
    let mut profiles = Profiles::load(&dir)?;
    let name = match arguments.name.as_ref().or(global.account.as_ref()) {
        Some(name) => name.clone(),
        None => match accounts::usual(&profiles) {
            Ok((name, _)) => name.clone(),
            Err(AccountError::Several(names)) => {
                return Err(Failure::usage(
                    format!("several accounts ({}), and no current one", shown(&names)),
                    "Name the account: jeton logout NAME",
                ));
            }
            Err(error) => return Err(error.into()),
        },
    };
    let profile = profiles.accounts.remove(&name).ok_or_else(|| AccountError::Unknown(name.clone()))?;
    let tokens = dir.path().join("tokens");
    match &profile.source {
        Source::Keyring => keyring::remove(&name).map_err(|words| Failure::plain(Code::Local, words))?,
        // Only what login wrote: other files are the user's own.
        Source::EncryptedFile(path) | Source::PlainFile(path) if path.starts_with(&tokens) => {
            if let Err(error) = std::fs::remove_file(path)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                let path = path.to_string_lossy();
                return Err(Failure::plain(Code::Local, format!("can't remove {}: {error}", shown(&path))));
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
    if output.is_json() {
        output
            .json(&serde_json::json!({"removed": name, "current": profiles.current}))
            .and_then(|()| output.flush())
            .map_err(|failure| failure.after("the account was removed"))?;
    } else {
        output.say(format_args!(
            "Removed the account \"{}\" and its token from {}. The token still works: if nothing else needs it, delete it on the \
                Access Tokens page.",
            shown(&name),
            profile.source
        ));
    }
    Ok(Exit::Done)
}

/// The last list is no longer needed; failing to remove it is no reason to stay signed in.
fn forget_list(username: &str, api_url: &str) {
    token_names::forget(username);
    let endpoint = crate::api::Endpoint::new(api_url, username, crate::secret::Secret::new(""));
    if let (Some(cache), Ok(endpoint)) = (Cache::usual(&account::environment), endpoint) {
        let _left = cache.forget(&endpoint.account());
    }
}
