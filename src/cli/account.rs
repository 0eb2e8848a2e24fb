//! Which account a command is about, and by whose authority it acts.
//!
//! Callers: every command that talks to the API, once.

use std::env;

use super::{
    arguments::Global,
    failure::{Code, Failure},
    session::Session,
};
use crate::{
    api::{Endpoint, endpoint::HOSTED},
    secret::Secret,
    token::anatomy::Anatomy,
};

/// Opens a session with the account the options and the environment name.
///
/// # Errors
/// When there is none, or its authorizing token cannot be had.
pub fn open(global: &Global) -> Result<Session, Failure> {
    Session::new(endpoint(global)?)
}

/// The account the options and the environment name.
pub fn endpoint(global: &Global) -> Result<Endpoint, Failure> {
    let token = variable("MAPBOX_ACCESS_TOKEN").map(Secret::new).ok_or_else(|| {
        Failure::new(
            Code::NoAccount,
            "there is no account to work with",
            "Set MAPBOX_ACCESS_TOKEN to an authorizing token, or try jeton demo, which needs none.",
        )
    })?;
    let username = match variable("MAPBOX_USERNAME") {
        Some(username) => username,
        None => owner(&token)?,
    };
    Ok(Endpoint::new(&address(global), &username, token)?)
}

/// Whose an authorizing token is, by its own word.
fn owner(token: &Secret) -> Result<String, Failure> {
    match Anatomy::of(token.expose()) {
        Ok(anatomy) => Ok(anatomy.owner.raw().to_owned()),
        Err(why) => Err(Failure::new(
            Code::NoAccount,
            format!("MAPBOX_ACCESS_TOKEN does not hold a token: {why}"),
            "Set it to an authorizing token; if it is one of an unusual form, set MAPBOX_USERNAME as well.",
        )),
    }
}

/// Where the API is.
pub fn address(global: &Global) -> String {
    global.api_url.clone().or_else(|| variable("MAPBOX_API_ENDPOINT")).unwrap_or_else(|| HOSTED.to_owned())
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}
