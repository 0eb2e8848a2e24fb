//! What the hosted service does on its account page and by no API, and the sandbox's own knobs: everything under
//! `/sandbox/v1`, a prefix the hosted API does not have.
//!
//! | call | does |
//! |---|---|
//! | `GET /sandbox/v1` | says that this is a sandbox, and how it is set up |
//! | `POST /sandbox/v1/accounts/{username}/default-token` | refreshes the default token: the old one is revoked, a new one made |
//! | `POST /sandbox/v1/accounts/{username}/sign-in` | takes `{"password"}`; for fifteen minutes tokens may be created |
//! | `GET`, `PUT`, `DELETE /sandbox/v1/faults` | reads, replaces, removes the [faults](super::faults) |

use serde_json::{Value, json};

use super::{
    authorization,
    call::Call,
    faults::{Active, Faults},
    metadata::{Metadata, Millis},
    refusal::Refusal,
    reply::{JSON, Reply},
    service::Service,
};

/// How long a password given is good for, in milliseconds (not documented).
const CONFIRMED: i64 = 15 * 60 * 1000;

/// `GET /sandbox/v1`.
pub fn about(service: &mut Service, _: &Call) -> Result<Reply, Refusal> {
    Ok(Reply::json(&json!({
        "name": "jeton sandbox",
        "version": env!("CARGO_PKG_VERSION"),
        "accounts": service.store.usernames()?,
        "rateLimit": service.rate.as_ref().map(super::rate::Rate::limit),
        "password": service.password.is_some(),
    })))
}

/// `POST …/default-token`: answers with the new one. It takes `tokens:write`.
pub fn refresh_default_token(service: &mut Service, call: &Call) -> Result<Reply, Refusal> {
    let bearer = authorization::owner(service, call, "tokens:write")?;
    if let Some(old) = service.store.default_token(bearer.account)? {
        service.store.revoke(bearer.account, &old, call.now)?;
    }
    let id = service.make_default_token(bearer.account, bearer.username(), call.now)?;
    let mut out = Vec::new();
    let shown =
        service.store.token(bearer.account, &id, |row| Metadata::new(row, bearer.username(), None).write(&mut out))?;
    shown.map(|()| Reply::raw(JSON, out)).ok_or(Refusal::NotFound)
}

/// `POST …/sign-in`.
pub fn sign_in(service: &mut Service, call: &Call) -> Result<Reply, Refusal> {
    let account = service.store.account(call.part("username"))?.ok_or(Refusal::NoSuchUser)?;
    let given: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let given = given["password"].as_str().map(crate::secret::Secret::new);
    if service.password.is_some() && service.password != given {
        return Err(Refusal::Password("wrong password"));
    }
    let until = call.now + CONFIRMED;
    service.confirmed.insert(account, until);
    Ok(Reply::json(&json!({ "expires": Millis(until) })))
}

/// Refuses while a password is wanted and has not been given lately.
pub fn confirmed(service: &Service, account: i64, now: i64) -> Result<(), Refusal> {
    let is_confirmed = || service.confirmed.get(&account).is_some_and(|until| now < *until);
    if service.password.is_none() || is_confirmed() {
        return Ok(());
    }
    Err(Refusal::Password("sign in with the account's password first (POST /sandbox/v1/accounts/{username}/sign-in)"))
}

/// `GET /sandbox/v1/faults`: the list, with what each has done so far.
#[expect(clippy::unnecessary_wraps, reason = "the signature of an endpoint")]
pub fn faults(service: &mut Service, _: &Call) -> Result<Reply, Refusal> {
    Ok(Reply::json(&service.faults.report()))
}

/// `PUT /sandbox/v1/faults`: another list, counted from the beginning.
pub fn set_faults(service: &mut Service, call: &Call) -> Result<Reply, Refusal> {
    let faults = Faults::parse(&call.body).map_err(|error| Refusal::Value(error.to_string()))?;
    service.faults = Active::new(faults);
    Ok(Reply::json(&service.faults.report()))
}

/// `DELETE /sandbox/v1/faults`.
#[expect(clippy::unnecessary_wraps, reason = "the signature of an endpoint")]
pub fn clear_faults(service: &mut Service, _: &Call) -> Result<Reply, Refusal> {
    service.faults = Active::new(Faults::default());
    Ok(Reply::empty())
}
