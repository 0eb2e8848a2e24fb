//! The account a command works on, from the variables other Mapbox tools read: `MAPBOX_ACCESS_TOKEN`, `MAPBOX_USERNAME` (else
//! the one in the token itself), `MAPBOX_API_ENDPOINT` (else the hosted API).

use crate::{
    api::{Endpoint, endpoint::HOSTED},
    secret::Secret,
    token::anatomy::Anatomy,
};

/// The endpoint the environment describes.
///
/// # Errors
/// What is missing, and how to give it; never the token.
pub fn endpoint() -> Result<Endpoint, String> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let token = variable("MAPBOX_ACCESS_TOKEN").map(|value| Secret::new(value.trim()));
    let token =
        token.ok_or("There is no authorizing token. Set MAPBOX_ACCESS_TOKEN to one that holds tokens:write.")?;
    let username = variable("MAPBOX_USERNAME")
        .or_else(|| Anatomy::of(token.expose()).ok().map(|anatomy| anatomy.owner.raw().to_owned()));
    let username =
        username.ok_or("MAPBOX_ACCESS_TOKEN does not look like a token. Set it to the whole string, sk.…")?;
    let base = variable("MAPBOX_API_ENDPOINT").unwrap_or_else(|| HOSTED.to_owned());
    Endpoint::new(&base, &username, token).map_err(|error| format!("MAPBOX_API_ENDPOINT cannot be used: {error}."))
}
