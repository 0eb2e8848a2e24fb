//! [`Client`]: the Tokens API, one function for each call.
//!
//! Invariants: `wire` sends, retries and reads; this module knows what to request and what an answer means.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    ApiError, Endpoint, Pages, Probed, Statistics, Temporary, Verdict,
    call::Observer,
    json::{list, parse},
    retry::Kind,
    wire::{Answer, Exchange, Outgoing, ServerClock, Wire, date},
};
use crate::{
    os::failpoint::reached,
    secret::Secret,
    token::{AccountKey, DecodedToken, Draft, Patch, Scope, Token, TokenId, Usage, catalogue::ScopeInfo, rfc3339},
    untrusted::Untrusted,
};

/// Tokens asked for at a time. The API's own maximum is not documented; a server that grants fewer sends fewer, and one
/// that refuses the number is asked again for [`MODEST_PAGE`].
const PAGE: usize = 500;

/// The page size every known client uses.
const MODEST_PAGE: usize = 100;

/// Most scopes of an account that are shown; Mapbox has a few dozen.
const MOST_SCOPES: usize = 1000;

/// Pages read to find one token again, after an update whose answer was lost.
const PAGES_TO_FIND: usize = 20;

/// A connection to one account. Cheap to clone: clones share the connections and the budget.
#[derive(Clone, Debug)]
pub struct Client {
    wire: Wire,
    endpoint: Arc<Endpoint>,
}

/// The answer to a create that the server says it carried out.
#[derive(Debug)]
pub struct Receipt {
    /// What arrived of it.
    pub body: Zeroizing<Vec<u8>>,
    /// Why that is not all, if it is not.
    pub broken: Option<ApiError>,
}

/// Why there is no answer to a create that says it was carried out.
#[derive(Debug)]
pub struct NotCreated {
    /// What happened.
    pub error: ApiError,
    /// After how long it may be sent again, if it is certain by then that nothing was created.
    pub again_in: Option<Duration>,
}

impl Client {
    /// Gets ready to talk to `endpoint`; connects at the first call.
    ///
    /// # Errors
    /// When TLS cannot be set up (no usable certificates on this machine).
    pub fn new(endpoint: Endpoint) -> Result<Self, ApiError> {
        endpoint.check().map_err(|error| ApiError::Senseless(error.to_string()))?;
        Ok(Self { wire: Wire::new(&endpoint)?, endpoint: Arc::new(endpoint) })
    }

    /// The same client, telling `watch` what it does.
    #[must_use]
    pub fn observed(&self, observer: Observer) -> Self {
        Self { wire: self.wire.observed(observer), endpoint: self.endpoint.clone() }
    }

    /// The account it talks about.
    pub fn account(&self) -> AccountKey {
        self.endpoint.account()
    }

    /// The account's tokens (`GET /tokens/v2/{user}`, scope `tokens:read`), page by page.
    pub fn pages(&self) -> Pages<'_> {
        Pages::new(self)
    }

    /// The first page, as large as the server grants. Never with `usage`, which together with `limit` gets an empty list (seen live).
    pub(super) async fn first_page(&self) -> Result<Answer, ApiError> {
        match self.page(self.list_url(PAGE)).await {
            Err(ApiError::Refused { .. }) => self.page(self.list_url(MODEST_PAGE)).await,
            answer => answer,
        }
    }

    /// A further page, by the address the one before gave.
    pub(super) async fn page(&self, url: Url) -> Result<Answer, ApiError> {
        self.get(url, "tokens:read").await
    }

    /// The address in a `Link` header.
    pub(super) fn follow(&self, link: &str) -> Result<Url, ApiError> {
        self.endpoint.follow(link)
    }

    /// What the account may grant (`GET /scopes/v1/{user}`, scope `scopes:list`).
    pub async fn scopes(&self) -> Result<Vec<ScopeInfo>, ApiError> {
        let url = self.endpoint.call(&["scopes", "v1", self.endpoint.username()]);
        let (mut scopes, _unreadable) = list::<ScopeInfo>(self.get(url, "scopes:list").await?)?;
        scopes.truncate(MOST_SCOPES);
        Ok(scopes)
    }

    /// Creates a token (`POST /tokens/v2/{user}`, scope `tokens:write`): one attempt, the first being number 1. Whoever calls this sends
    /// it again only when it is certain that nothing was created ([`create`](crate::work::create::create) is the one that does). The
    /// answer is not read here but handed on as it came, so that it can be kept before anything else happens to it.
    pub async fn create(&self, draft: &Draft, attempt: u32) -> Result<Receipt, NotCreated> {
        let mut body = json!({ "scopes": draft.scopes });
        if !draft.note.is_empty() {
            body["note"] = draft.note.as_str().into();
        }
        if !draft.allowed_urls.is_empty() {
            body["allowedUrls"] = draft.allowed_urls.clone().into();
        }
        let (result, again_in) = self.wire.once(&self.post(&body), Kind::Create, attempt).await;
        let answer = result.map_err(|error| NotCreated { error: self.name_user(error), again_in })?;
        reached("client: an answer has arrived");
        Ok(Receipt { body: answer.body, broken: answer.broken })
    }

    /// Creates a temporary token (`POST /tokens/v2/{user}` with `expires`, scope `tokens:write` and every scope it is given).
    /// Sent like [`Client::create`]; one whose answer is lost is gone within the hour.
    ///
    /// It lives so long by the server's clock, whatever this machine's says: the server is asked for the time where it has not said it yet.
    pub async fn temporary(&self, scopes: &[Scope], lifetime: SignedDuration) -> Result<Temporary, ApiError> {
        let clock = match self.wire.server_clock() {
            Some(clock) => Some(clock),
            // Without the time it is worth a try; without a connection it is not.
            None => match self.clock().await {
                // It was only asked for the time, so nothing that could be in doubt was sent.
                Err(ApiError::Unreachable { host, cause } | ApiError::Broken { host, cause }) => {
                    return Err(ApiError::Unreachable { host, cause });
                }
                _ => self.wire.server_clock(),
            },
        };
        let now = Timestamp::now();
        let server_now = clock.map_or(now, ServerClock::now);
        let expires =
            server_now.checked_add(lifetime).map_err(|_| ApiError::Senseless("no token lasts that long".into()))?;
        let body = json!({ "scopes": scopes, "expires": rfc3339(expires) });
        let exchange = self.wire.exchange(&self.post(&body), Kind::CreateUnlisted).await;
        let mut made: Temporary = parse(exchange.result.map_err(|error| self.name_user(error))?)?;
        self.check(&made.value, Usage::Temporary, None)?;
        made.expires.get_or_insert(expires);
        made.clock_ahead = now.duration_since(server_now);
        Ok(made)
    }

    /// Changes a token (`PATCH /tokens/v2/{user}/{id}`, scope `tokens:write` and every scope it is given). When the answer is
    /// lost the token is read again: if it is as wanted, all is well; if not, the change is sent once more.
    pub async fn update(&self, id: &TokenId, patch: &Patch) -> Result<Token, ApiError> {
        let body = serde_json::to_string(patch).expect("names, scopes and URLs are JSON");
        let send = || async {
            let outgoing = Outgoing {
                body: Some(body.clone()),
                ..self.outgoing(Method::PATCH, self.token_url(id), "tokens:write")
            };
            match parse::<Token>(self.wire.exchange(&outgoing, Kind::Update).await.result?) {
                Ok(token) if token.id != *id => Err(ApiError::Unreadable("it is about another token".into())),
                result => result,
            }
        };
        let result = match send().await {
            Err(error) if error.outcome_is_unknown() => match self.find(id).await {
                Ok(Some(token)) if is_done(patch, &token) => Ok(Arc::unwrap_or_clone(token)),
                // Not done, and not by the API's own answer: whatever stands in between would answer the same again.
                Ok(Some(_)) if matches!(error, ApiError::Undocumented { .. } | ApiError::Redirected { .. }) => {
                    Err(error)
                }
                Ok(Some(_)) => send().await,
                Ok(None) | Err(_) => Err(error),
            },
            result => result,
        };
        result.map_err(gone)
    }

    /// Deletes a token permanently (`DELETE /tokens/v2/{user}/{id}`, scope `tokens:write`).
    pub async fn delete(&self, id: &TokenId) -> Result<(), ApiError> {
        let outgoing = self.outgoing(Method::DELETE, self.token_url(id), "tokens:write");
        let Exchange { result, in_doubt } = self.wire.exchange(&outgoing, Kind::Delete).await;
        match result.map_err(gone) {
            // The attempt before this one was obeyed, and only its answer lost.
            Err(ApiError::Gone) if in_doubt => Ok(()),
            result => result.map(|_| ()),
        }
    }

    /// Replaces the default public token; the current one stops working immediately. The hosted API has no such
    /// call, only its account page; a sandbox has (`POST /sandbox/v1/accounts/{user}/default-token`).
    pub async fn refresh_default(&self) -> Result<Token, ApiError> {
        if !self.endpoint.is_sandbox() {
            return Err(ApiError::Senseless(
                "the API can't refresh the default public token; use the account's Access Tokens page".into(),
            ));
        }
        let username = self.endpoint.username();
        let url = self.endpoint.call(&["sandbox", "v1", "accounts", username, "default-token"]);
        let outgoing = self.outgoing(Method::POST, url, "tokens:write");
        let token: Token = parse(self.wire.exchange(&outgoing, Kind::CreateUnlisted).await.result?)?;
        match &token.token {
            Some(value) if token.default => self.check(value, Usage::Public, Some(&token.id))?,
            _ => return Err(ApiError::Unreadable("it is not the default public token".into())),
        }
        Ok(token)
    }

    /// What the server says of a token string (`GET /tokens/v2?access_token=`); no scope is needed.
    pub async fn verify(&self, value: &Secret) -> Result<Verdict, ApiError> {
        self.keep_apart(value)?;
        let outgoing =
            Outgoing { token: value, ..self.outgoing(Method::GET, self.endpoint.call(&["tokens", "v2"]), "") };
        parse(self.wire.exchange(&outgoing, Kind::Read).await.result?)
    }

    /// How far this machine's clock is ahead of the server's; `None` when the server does not say what time it is.
    pub async fn clock(&self) -> Result<Option<SignedDuration>, ApiError> {
        let before = Timestamp::now();
        let answer = self.get(self.endpoint.call(&["tokens", "v2"]), "").await?;
        let after = Timestamp::now();
        let Some(date) = date(&answer.headers) else { return Ok(None) };
        // The date is the start of a second somewhere between the two.
        let middle = before.as_millisecond().midpoint(after.as_millisecond());
        Ok(Some(SignedDuration::from_millis(middle - date.as_millisecond() - 500)))
    }

    /// How much a token was used in the last 30 days, or all of the account's together (`GET /statistics/v1?token_id=`, scope
    /// `statistics:read`).
    pub async fn usage(&self, id: Option<&TokenId>) -> Result<Statistics, ApiError> {
        let mut url = self.endpoint.call(&["statistics", "v1"]);
        if let Some(id) = id {
            url.query_pairs_mut().append_pair("token_id", id.as_str());
        }
        parse(self.get(url, "statistics:read").await?)
    }

    /// Whether a token works from a page: asks for one tile of a Mapbox style the way a browser would.
    pub async fn probe(&self, value: &Secret, referer: &str) -> Result<Probed, ApiError> {
        self.keep_apart(value)?;
        let url = self.endpoint.call(&["styles", "v1", "mapbox", "streets-v12", "tiles", "2", "1", "0"]);
        let outgoing =
            Outgoing { token: value, referer: Some(page(referer)?), ..self.outgoing(Method::GET, url, "styles:tiles") };
        match self.wire.exchange(&outgoing, Kind::Read).await.result {
            Ok(_) => Ok(Probed::Allowed),
            Err(ApiError::Forbidden { message, .. }) => Ok(Probed::Refused(message)),
            Err(ApiError::Unauthorized { message }) => Ok(Probed::NotAccepted(message)),
            Err(ApiError::Refused { status, message }) => Ok(Probed::Unclear { status, message }),
            Err(other) => Err(other),
        }
    }

    /// Whether the authorizing token may do what a scope allows, found out by a request that changes nothing; `None` where no
    /// such request is known. Other scopes are read from the token's own metadata, which takes `tokens:read`.
    pub async fn holds(&self, scope: &str) -> Result<Option<bool>, ApiError> {
        let username = self.endpoint.username();
        let limited = |segments: &[&str]| {
            let mut url = self.endpoint.call(segments);
            url.query_pairs_mut().append_pair("limit", "1");
            url
        };
        let outgoing = match scope {
            "tokens:read" => self.outgoing(Method::GET, limited(&["tokens", "v2", username]), "tokens:read"),
            "scopes:list" => self.outgoing(Method::GET, self.endpoint.call(&["scopes", "v1", username]), "scopes:list"),
            "statistics:read" => {
                self.outgoing(Method::GET, self.endpoint.call(&["statistics", "v1"]), "statistics:read")
            }
            "styles:list" => self.outgoing(Method::GET, limited(&["styles", "v1", username]), "styles:list"),
            _ => return Ok(None),
        };
        match self.wire.exchange(&outgoing, Kind::Read).await.result {
            Ok(_) => Ok(Some(true)),
            Err(ApiError::Forbidden { .. }) => Ok(Some(false)),
            // The Statistics API answers 401 to a token without its scope (Mapbox's `OpenAPI` file for it).
            Err(ApiError::Unauthorized { .. }) if scope == "statistics:read" => Ok(Some(false)),
            // Says nothing about the scope: a server without this service, an account without it.
            Err(ApiError::Refused { .. }) => Ok(None),
            Err(other) => Err(self.name_user(other)),
        }
    }

    /// One token of the list; `None` when it is not among the newest [`PAGES_TO_FIND`] pages.
    async fn find(&self, id: &TokenId) -> Result<Option<Arc<Token>>, ApiError> {
        let mut pages = self.pages();
        for _ in 0..=PAGES_TO_FIND {
            let Some(page) = pages.next().await? else { break };
            if let Some(token) = page.tokens.into_iter().find(|token| token.id == *id) {
                return Ok(Some(token));
            }
        }
        Ok(None)
    }

    async fn get(&self, url: Url, scope: &'static str) -> Result<Answer, ApiError> {
        let outgoing = self.outgoing(Method::GET, url, scope);
        self.wire.exchange(&outgoing, Kind::Read).await.result.map_err(|error| self.name_user(error))
    }

    fn post(&self, body: &Value) -> Outgoing<'_> {
        let url = self.endpoint.call(&["tokens", "v2", self.endpoint.username()]);
        Outgoing { body: Some(body.to_string()), ..self.outgoing(Method::POST, url, "tokens:write") }
    }

    /// Compares a value that came with what was asked for.
    fn check(&self, value: &Secret, usage: Usage, id: Option<&TokenId>) -> Result<(), ApiError> {
        DecodedToken::of(value.expose())
            .map_err(|_| "its value is not a token".to_owned())
            .and_then(|decoded| decoded.check(self.endpoint.username(), Some(usage), id))
            .map_err(ApiError::Unreadable)
    }

    /// A sandbox's token is not shown to anyone else, whoever pasted it.
    fn keep_apart(&self, value: &Secret) -> Result<(), ApiError> {
        self.endpoint.check_token(value).map_err(|error| ApiError::Senseless(error.to_string()))
    }

    fn outgoing(&self, method: Method, url: Url, scope: &'static str) -> Outgoing<'_> {
        Outgoing { method, url, token: self.endpoint.token(), body: None, referer: None, scope }
    }

    /// Says whom the server does not know.
    fn name_user(&self, error: ApiError) -> ApiError {
        match error {
            ApiError::NoSuchUser { .. } => ApiError::NoSuchUser { username: self.endpoint.username().to_owned() },
            other => other,
        }
    }

    fn list_url(&self, limit: usize) -> Url {
        let mut url = self.endpoint.call(&["tokens", "v2", self.endpoint.username()]);
        url.query_pairs_mut().append_pair("limit", &limit.to_string());
        url
    }

    fn token_url(&self, id: &TokenId) -> Url {
        self.endpoint.call(&["tokens", "v2", self.endpoint.username(), id.as_str()])
    }
}

/// For one token, the documented answer to a missing scope and to a missing token is the same 404.
fn gone(error: ApiError) -> ApiError {
    match error {
        ApiError::Forbidden { message, .. } if message.raw().eq_ignore_ascii_case("not found") => ApiError::Gone,
        ApiError::Refused { status: 404, .. } => ApiError::Gone,
        other => other,
    }
}

/// Whether a token already is what a patch would make of it. The API says nothing of the order of scopes and URLs.
fn is_done(patch: &Patch, token: &Token) -> bool {
    let wanted = patch.applied(token);
    wanted.note.as_ref().map_or("", Untrusted::raw) == token.note.as_ref().map_or("", Untrusted::raw)
        && wanted.scopes.iter().collect::<BTreeSet<_>>() == token.scopes.iter().collect()
        && wanted.urls().iter().collect::<BTreeSet<_>>() == token.urls().iter().collect()
}

/// A page's address as a browser would send it in `Referer`: ASCII, without credentials and fragment.
fn page(address: &str) -> Result<String, ApiError> {
    let mut url = Url::parse(address)
        .map_err(|_| ApiError::Senseless("not a page URL; write it like https://example.com/map".into()))?;
    url.set_fragment(None);
    // Fails for addresses that cannot have any, such as about:srcdoc.
    let _none = (url.set_username(""), url.set_password(None));
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_referer_is_what_a_browser_would_send() {
        for (typed, sent) in [
            ("https://example.com", "https://example.com/"),
            ("https://ada:word@EXAMPLE.com/a b#c", "https://example.com/a%20b"),
            ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
            ("about:srcdoc", "about:srcdoc"),
        ] {
            assert_eq!(page(typed).as_deref(), Ok(sent));
        }
        assert!(matches!(page("example"), Err(ApiError::Senseless(_))));
    }

    #[test]
    fn a_token_that_is_as_wanted_is_recognised_whatever_the_order() {
        let json = r#"{"id":"x","usage":"pk","note":"Map","scopes":["a","b"]}"#;
        let token: Token = serde_json::from_str(json).expect("valid");
        let patch = |json: &str| serde_json::from_str::<Patch>(json).expect("valid");
        assert!(is_done(&patch(r#"{"note":"Map","scopes":["b","a"],"allowedUrls":null}"#), &token));
        assert!(!is_done(&patch(r#"{"note":"map"}"#), &token));
        assert!(!is_done(&patch(r#"{"scopes":["a"]}"#), &token));
        assert!(!is_done(&patch(r#"{"allowedUrls":["example.com"]}"#), &token));
    }
}
