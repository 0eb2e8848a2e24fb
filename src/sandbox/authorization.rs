//! Whose token a call carries, and whether it may do what it asks.
//!
//! Invariants: a token is judged in one place, [`judge`], for the retrieve endpoint, the Tokens API and the
//! guarded resources alike.

use super::{
    call::Call,
    refusal::Refusal,
    service::Service,
    signature::{Claims, Parsed},
    store::{Known, StoreError},
};
use crate::token::Usage;

/// A token found good, and whose it is.
#[derive(Debug)]
pub struct Bearer {
    /// The account's number.
    pub account: i64,
    /// What the string says.
    pub claims: Claims,
    /// The kind.
    pub usage: Usage,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Where it may be used from (JSON list).
    pub allowed_urls: Option<String>,
    /// Undocumented restriction (JSON list).
    pub resources: Option<String>,
}

impl Bearer {
    /// The user name.
    pub fn username(&self) -> &str {
        self.claims.username()
    }

    /// The id; temporary tokens have none.
    pub fn id(&self) -> Option<&str> {
        match &self.claims {
            Claims::Stored { a, .. } => Some(a),
            Claims::Temporary { .. } => None,
        }
    }

    /// Whether it holds a scope.
    pub fn holds(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }
}

/// What is to be thought of a token string.
#[derive(Debug)]
pub enum Verdict {
    /// It may be used.
    Valid(Box<Bearer>),
    /// It has not the form of a token.
    Malformed,
    /// The signature is not right, or no such token ever existed.
    Invalid(Usage, Claims),
    /// A temporary token past its time.
    Expired(Usage, Claims),
    /// It was deleted.
    Revoked(Usage, Claims),
}

/// Judges a token string at the time `now`.
pub fn judge(service: &Service, token: &str, now: i64) -> Result<Verdict, StoreError> {
    let Some(parsed) = Parsed::new(token) else { return Ok(Verdict::Malformed) };
    let usage = parsed.usage;
    let Some(account) = service.store.account(parsed.claims.username())? else {
        return Ok(Verdict::Invalid(usage, parsed.claims));
    };
    match &parsed.claims {
        Claims::Temporary { exp, scopes, .. } => {
            if !service.store.key().verifies(&parsed) {
                return Ok(Verdict::Invalid(usage, parsed.claims));
            }
            if exp.saturating_mul(1000) <= now {
                return Ok(Verdict::Expired(usage, parsed.claims));
            }
            let scopes = scopes.clone();
            let bearer = Bearer { account, usage, claims: parsed.claims, scopes, allowed_urls: None, resources: None };
            Ok(Verdict::Valid(Box::new(bearer)))
        }
        Claims::Stored { a, .. } => match service.store.known(account, a)? {
            Some(Known::Present { usage: stored, digest, scopes, allowed_urls, resources })
                if stored == usage && digest == parsed.digest() =>
            {
                let scopes = serde_json::from_str(&scopes).unwrap_or_default();
                let bearer = Bearer { account, usage, claims: parsed.claims, scopes, allowed_urls, resources };
                Ok(Verdict::Valid(Box::new(bearer)))
            }
            Some(Known::Revoked { digest }) if digest == parsed.digest() => Ok(Verdict::Revoked(usage, parsed.claims)),
            _ => Ok(Verdict::Invalid(usage, parsed.claims)),
        },
    }
}

/// The bearer of a valid token, counted against the account's budget.
pub fn bearer(service: &mut Service, call: &Call) -> Result<Box<Bearer>, Refusal> {
    let token = call.token().ok_or(Refusal::Unauthorized)?;
    let Verdict::Valid(bearer) = judge(service, token, call.now)? else { return Err(Refusal::Unauthorized) };
    count(service, call, bearer.account)?;
    Ok(bearer)
}

/// Counts a call against an account's budget, where there is one.
pub fn count(service: &mut Service, call: &Call, account: i64) -> Result<(), Refusal> {
    let Some(rate) = &mut service.rate else { return Ok(()) };
    let (budget, verdict) = rate.take(account, call.now);
    call.budget.set(Some(budget));
    verdict
}

/// The bearer, when the path names its own account and it holds `scope`.
///
/// A missing scope is 404 at the Tokens API, as is someone else's account ("not tied to a user account"); a name that
/// is nobody's is told apart.
pub fn owner(service: &mut Service, call: &Call, scope: &str) -> Result<Box<Bearer>, Refusal> {
    let bearer = bearer(service, call)?;
    let username = call.part("username");
    if service.store.account(username)?.is_none() {
        return Err(Refusal::NoSuchUser);
    }
    if bearer.username() != username || !bearer.holds(scope) {
        return Err(Refusal::NotFound);
    }
    Ok(bearer)
}
