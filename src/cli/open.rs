//! `jeton` without a command: the dashboard on the account that is meant.

use std::{
    io::{self, IsTerminal as _},
    process::ExitCode,
};

use super::{account, arguments::Global, failure::Failure};
use crate::{
    accounts::{AccountError, Chosen},
    api::Endpoint,
    cache::{Cache, Key, Memory},
    dashboard::{Connection, event::Unconnected, store::Account},
    secret::Secret,
};

/// Opens it. What has to be asked is asked before the screen is taken; what may take long is done while the first frame is up.
pub fn run(global: &Global) -> Result<ExitCode, Failure> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Failure::usage(
            "the dashboard needs a terminal",
            "For scripts there is a command for everything it does: see jeton --help.",
        ));
    }
    let chosen = match global.choose() {
        Ok(chosen) => chosen,
        // The welcome leads to signing in, or to the demo.
        Err(AccountError::None) => return super::open_dashboard(None, || Err(Unconnected::NoAccount)),
        Err(error) => return Err(error.into()),
    };
    let passphrase = global.passphrase(&chosen)?;
    let (memory, global) = (memory(&chosen), global.clone());
    super::open_dashboard(memory, move || connect(&global, &chosen, passphrase.as_ref()))
}

/// The last list of the account, unless it is unknown whose it is before its token is read, or nothing is to be remembered.
fn memory(chosen: &Chosen) -> Option<Memory> {
    let username = chosen.username.clone()?;
    if !account::profiles().is_ok_and(|profiles| profiles.remember_lists) {
        return None;
    }
    let host = Endpoint::new(&chosen.api_url, &username, Secret::new("")).ok()?.host();
    Some(Memory::new(Cache::usual(&account::environment)?, Key { username, host }))
}

/// Reads the token and gets ready to talk.
fn connect(global: &Global, chosen: &Chosen, passphrase: Option<&Secret>) -> Result<Connection, Unconnected> {
    let endpoint = chosen.open(&account::environment, passphrase).map_err(|error| error.to_string());
    let endpoint = endpoint.and_then(|endpoint| global.dress(endpoint).map_err(|failure| failure.to_string()))?;
    let account = describe(&endpoint);
    Ok(Connection { account, endpoint, guard: Box::new(()) })
}

/// What the header shows of an account.
pub fn describe(endpoint: &Endpoint) -> Account {
    Account {
        username: endpoint.username().to_owned(),
        host: endpoint.host(),
        is_sandbox: endpoint.is_loopback(),
        authorizing: endpoint.token_id(),
    }
}
