//! `GET /scopes/v1/{username}`: what the account may grant.

use serde::Serialize;

use super::{authorization, call::Call, refusal::Refusal, reply::Reply, service::Service};

#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    description: &'a str,
    /// `true` or left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    public: bool,
}

/// Every scope. A token without `scopes:list` is answered 403 here (seen live), not 404 as at the Tokens API.
pub fn list(service: &mut Service, call: &Call) -> Result<Reply, Refusal> {
    let bearer = authorization::bearer(service, call)?;
    let username = call.part("username");
    if service.store.account(username)?.is_none() {
        return Err(Refusal::NoSuchUser);
    }
    if !bearer.holds("scopes:list") {
        return Err(Refusal::ScopeNeeded("scopes:list".into()));
    }
    if bearer.username() != username {
        return Err(Refusal::NotFound);
    }
    let scopes = service.catalogue.scopes();
    let items: Vec<_> = scopes
        .iter()
        .map(|info| Item { id: info.id.id(), description: info.description.raw(), public: info.public })
        .collect();
    Ok(Reply::json(&items))
}
