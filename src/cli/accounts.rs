//! `jeton accounts`: the accounts there are, and which one is meant when none is named.

use std::process::ExitCode;

use super::{
    account::{self, Failure, Global},
    exit::Exit,
    output,
};
use crate::{
    accounts::{AccountError, ENDPOINT_VARIABLE, Profiles, TOKEN_VARIABLE},
    untrusted::shown,
};

/// What to do with them.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Action {
    /// Make an account the one that is meant when none is named
    Use {
        /// Its name
        name: String,
    },
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global) -> ExitCode {
    let result = match &arguments.action {
        None => list(global),
        Some(Action::Use { name }) => choose(name),
    };
    match result {
        Ok(()) => Exit::Done.into(),
        Err(failure) => failure.report(global.json),
    }
}

fn choose(name: &str) -> Result<(), Failure> {
    let dir = account::config_dir()?;
    let mut profiles = Profiles::load(&dir)?;
    if !profiles.accounts.contains_key(name) {
        return Err(AccountError::Unknown(name.to_owned()).into());
    }
    profiles.current = Some(name.to_owned());
    profiles.save(&dir)?;
    output::say(&format!("\"{}\" is the account from now on.", shown(name)));
    Ok(())
}

fn list(global: &Global) -> Result<(), Failure> {
    let profiles = account::profiles()?;
    let current = profiles.usual().map(|(name, _)| name.to_owned());
    let data = if global.json {
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
        serde_json::Value::from(accounts).to_string()
    } else {
        table(&profiles, current.as_deref())
    };
    if !data.is_empty() {
        output::print(data.as_bytes())
            .map_err(|error| Failure::new(Exit::Failed, format!("standard output cannot be written: {error}")))?;
    }
    if profiles.accounts.is_empty() && !global.json {
        output::say("There are no accounts yet. jeton login adds one.");
    }
    if account::environment(TOKEN_VARIABLE).is_some_and(|token| !token.is_empty()) {
        output::say(&format!("{TOKEN_VARIABLE} is set: its token is used unless --account names another."));
    } else if account::environment(ENDPOINT_VARIABLE).is_some() {
        output::say(&format!("{ENDPOINT_VARIABLE} is set: accounts of other servers are not used with it."));
    }
    Ok(())
}

/// One line an account, columns aligned.
fn table(profiles: &Profiles, current: Option<&str>) -> String {
    let rows: Vec<[String; 4]> = profiles
        .accounts
        .iter()
        .map(|(name, profile)| {
            let mark = if Some(name.as_str()) == current { "*" } else { " " };
            let host = profile.api_url.trim_start_matches("https://").to_owned();
            [format!("{mark} {}", shown(name)), shown(&profile.username).into_owned(), host, profile.source.to_string()]
        })
        .collect();
    let width =
        |column: usize| rows.iter().map(|row| unicode_width::UnicodeWidthStr::width(&*row[column])).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let line = |row: &[String; 4]| {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let gap = width - unicode_width::UnicodeWidthStr::width(&**cell) + 2;
            line.push_str(cell);
            line.push_str(&" ".repeat(gap));
        }
        line + &row[3]
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
