//! `jeton accounts`: lists accounts, and sets the current one.

use crate::cli::{
    account,
    exit::Exit,
    failure::Failure,
    output::Output,
    table::{Cell, Column, Table},
};
use crate::{
    accounts::{AccountError, ENDPOINT_VARIABLE, Profiles, TOKEN_VARIABLE},
    untrusted::shown,
};

/// List accounts, or choose the current one
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  jeton accounts              list accounts; * marks the current one
  jeton accounts use work     make another account the current one
  jeton --account work list   use an account for one command")]
pub struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Action {
    /// Choose the account that commands use when none is named
    Use {
        /// Account name
        #[arg(add = clap_complete::engine::ArgValueCompleter::new(crate::cli::completion::accounts))]
        name: String,
    },
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    match &arguments.action {
        None => list(output)?,
        Some(Action::Use { name }) => choose(name, output)?,
    }
    Ok(Exit::Done)
}

fn choose(name: &str, output: &mut Output) -> Result<(), Failure> {
    let dir = account::config_dir()?;
    let mut profiles = Profiles::load(&dir)?;
    if !profiles.accounts.contains_key(name) {
        return Err(AccountError::Unknown(name.to_owned()).into());
    }
    profiles.current = Some(name.to_owned());
    profiles.save(&dir)?;
    if output.is_json() {
        return output.json(&serde_json::json!({ "current": name }));
    }
    output.say(format_args!("The current account is now \"{}\".", shown(name)));
    Ok(())
}

fn list(output: &mut Output) -> Result<(), Failure> {
    let profiles = account::profiles()?;
    let current = profiles.usual().map(|(name, _)| name.to_owned());
    if output.is_json() {
        let accounts: Vec<_> = profiles
            .accounts
            .iter()
            .map(|(name, profile)| {
                serde_json::json!({
                    "name": name,
                    "current": Some(name) == current.as_ref(),
                    "username": profile.username,
                    "apiUrl": profile.api_url,
                    "keptIn": profile.source.to_string(),
                    "lockAfterMinutes": profile.lock_after.map(|after| after.as_secs() / 60),
                    "added": profile.added,
                })
            })
            .collect();
        output.json(&accounts)?;
    } else if profiles.accounts.is_empty() {
        output.say("No accounts yet. To add one, run jeton login.");
    } else {
        output.table(&table(&profiles, current.as_deref()))?;
    }
    if account::environment(TOKEN_VARIABLE).is_some_and(|token| !token.is_empty()) {
        output.say(format_args!("{TOKEN_VARIABLE} is set: commands use its token unless you pass --account."));
    } else if account::environment(ENDPOINT_VARIABLE).is_some() {
        output.say(format_args!("{ENDPOINT_VARIABLE} is set: accounts on other servers are ignored."));
    }
    Ok(())
}

/// One line an account, the current one marked.
fn table(profiles: &Profiles, current: Option<&str>) -> Table {
    let columns = ["", "ACCOUNT", "USER", "SERVER", "TOKEN IN"].map(Column::rigid);
    let mut table = Table::new(columns);
    for (name, profile) in &profiles.accounts {
        let mark = if Some(name.as_str()) == current { "*" } else { "" };
        let host = profile.api_url.trim_start_matches("https://");
        let place = profile.source.to_string();
        table.row([Cell::from(mark), name.into(), (&profile.username).into(), host.into(), place.into()]);
    }
    table
}
