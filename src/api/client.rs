//! [`Client`]: the Tokens API over HTTP, one function for each call. The only file that knows reqwest's requests.
//!
//! What always holds: every request carries a time-out; no redirect is followed and no `Referer` sent (either would hand
//! the token in the address to somebody); nothing is retried here; every failure becomes an [`ApiError`] in [`broken`] or
//! [`refusal`], which is where addresses are taken out; answers are read up to a limit, into memory that is overwritten.
//!
//! Callers: `task`, and the command line through it.

use std::{collections::HashSet, sync::Arc, time::Duration};

use reqwest::{Method, Response, StatusCode, Url, header};
use serde::Deserialize;
use zeroize::Zeroizing;

use jiff::Timestamp;

use super::{ApiError, Created, Endpoint, Probed, Statistics, Temporary, Verdict};
use crate::{
    secret::Secret,
    token::{Draft, Patch, Scope, Token, TokenId, catalogue::ScopeInfo, rfc3339},
    untrusted::Untrusted,
};

/// Tokens asked for at a time. The API's own maximum is not documented; a server that grants fewer sends fewer, and one
/// that refuses the number is asked again for [`MODEST_PAGE`].
const PAGE: usize = 500;

/// The page size every known client uses.
const MODEST_PAGE: usize = 100;

/// Longest answer read. A page of 500 tokens is half a megabyte.
const ANSWER_LIMIT: usize = 32 << 20;

/// How long reaching the server may take, and how long a whole call.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until the connection stands.
    pub connect: Duration,
    /// Until the answer is complete.
    pub total: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(30) }
    }
}

/// A connection to one account. Cheap to clone: clones share the connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    endpoint: Arc<Endpoint>,
}

/// One page of a list.
#[derive(Debug)]
pub struct Page {
    /// The tokens in the server's order.
    pub tokens: Vec<Arc<Token>>,
    /// Where the next page is, if there is one: opaque, only good for [`Client::page`].
    pub next: Option<Url>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    message: Untrusted,
}

impl Client {
    /// Gets ready to talk to `endpoint`; connects at the first call.
    ///
    /// # Errors
    /// When TLS cannot be set up (no usable certificates on this machine).
    pub fn new(endpoint: Endpoint, patience: Patience) -> Result<Self, ApiError> {
        // Fails when another client in this process was first, which is just as good.
        let _already_there = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("jeton/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(patience.connect)
            .timeout(patience.total)
            .https_only(!endpoint.is_loopback());
        if endpoint.is_loopback() {
            // No proxy may see what stays on this machine, and reading the system's certificates would cost milliseconds.
            builder = builder.no_proxy().tls_certs_only([]);
        }
        let http = builder.build().map_err(|error| broken(&endpoint, error))?;
        Ok(Self { http, endpoint: Arc::new(endpoint) })
    }

    /// The first page of the account's tokens (`GET /tokens/v2/{user}`, scope `tokens:read`), as large as the server grants.
    pub async fn first_page(&self, interner: &mut Interner) -> Result<Page, ApiError> {
        match self.page(self.list_url(PAGE), interner).await {
            Err(ApiError::Refused { .. }) => self.page(self.list_url(MODEST_PAGE), interner).await,
            answer => answer,
        }
    }

    /// A further page, by the address the one before gave. `Link` is the only mark of the end: a short page is none.
    pub async fn page(&self, url: Url, interner: &mut Interner) -> Result<Page, ApiError> {
        let response = self.send(Method::GET, url, None, "tokens:read").await?;
        let next = match next_link(response.headers()) {
            Some(link) => Some(self.endpoint.follow(&link)?),
            None => None,
        };
        let tokens: Vec<Token> = self.read(response).await?;
        Ok(Page { tokens: tokens.into_iter().map(|token| Arc::new(interner.intern(token))).collect(), next })
    }

    /// What the account may grant (`GET /scopes/v1/{user}`, scope `scopes:list`).
    pub async fn scopes(&self) -> Result<Vec<ScopeInfo>, ApiError> {
        let url = self.endpoint.call(&["scopes", "v1", self.endpoint.username()]);
        self.read(self.send(Method::GET, url, None, "scopes:list").await?).await
    }

    /// Makes a token (`POST /tokens/v2/{user}`, scope `tokens:write`). Sent once: after an error for which
    /// [`ApiError::outcome_is_unknown`], the token may exist.
    pub async fn create(&self, draft: &Draft) -> Result<Created, ApiError> {
        let url = self.endpoint.call(&["tokens", "v2", self.endpoint.username()]);
        let mut body = serde_json::json!({ "scopes": draft.scopes });
        if !draft.note.is_empty() {
            body["note"] = draft.note.as_str().into();
        }
        if !draft.allowed_urls.is_empty() {
            body["allowedUrls"] = draft.allowed_urls.clone().into();
        }
        let mut token: Token = self.read(self.send(Method::POST, url, Some(&body), "tokens:write").await?).await?;
        let Some(value) = token.token.take() else {
            return Err(ApiError::Unreadable("it says the token was made but does not hold its value".into()));
        };
        if token.usage == crate::token::Usage::Public {
            token.token = Some(value.clone());
        }
        Ok(Created { token, value })
    }

    /// Changes a token (`PATCH /tokens/v2/{user}/{id}`, scope `tokens:write` and every scope it is given).
    pub async fn update(&self, id: &TokenId, patch: &Patch) -> Result<Token, ApiError> {
        let url = self.endpoint.call(&["tokens", "v2", self.endpoint.username(), id.as_str()]);
        self.read(
            self.send(Method::PATCH, url, Some(&serde_json::to_value(patch).expect("plain data")), "tokens:write")
                .await?,
        )
        .await
    }

    /// Makes a temporary token (`POST /tokens/v2/{user}` with `expires`, scope `tokens:write` and every scope it is given). Sent
    /// once, like [`Client::create`]; one whose answer is lost is gone within the hour.
    pub async fn temporary(&self, scopes: &[Scope], expires: Timestamp) -> Result<Temporary, ApiError> {
        let url = self.endpoint.call(&["tokens", "v2", self.endpoint.username()]);
        let body = serde_json::json!({ "scopes": scopes, "expires": rfc3339(expires) });
        let mut made: Temporary = self.read(self.send(Method::POST, url, Some(&body), "tokens:write").await?).await?;
        made.expires.get_or_insert(expires);
        Ok(made)
    }

    /// What the server says of a token string (`GET /tokens/v2?access_token=`); no scope is needed.
    pub async fn verify(&self, value: &Secret) -> Result<Verdict, ApiError> {
        let url = self.endpoint.call(&["tokens", "v2"]);
        self.read(self.send_as(value, Method::GET, url, None, None, "").await?).await
    }

    /// How much a token was used in the last 30 days (`GET /statistics/v1?token_id=`, scope `statistics:read`).
    pub async fn usage(&self, id: &TokenId) -> Result<Statistics, ApiError> {
        let mut url = self.endpoint.call(&["statistics", "v1"]);
        url.query_pairs_mut().append_pair("token_id", id.as_str());
        self.read(self.send(Method::GET, url, None, "statistics:read").await?).await
    }

    /// Whether a token works from a page: asks for one tile of a Mapbox style the way a browser would.
    pub async fn probe(&self, value: &Secret, referer: &str) -> Result<Probed, ApiError> {
        let url = self.endpoint.call(&["styles", "v1", "mapbox", "streets-v12", "tiles", "2", "1", "0"]);
        match self.send_as(value, Method::GET, url, None, Some(&page(referer)?), "styles:tiles").await {
            Ok(_) => Ok(Probed::Allowed),
            Err(ApiError::Forbidden { message, .. }) => Ok(Probed::Refused(message)),
            Err(ApiError::Unauthorized { message }) => Ok(Probed::NotAccepted(message)),
            Err(ApiError::Refused { status, message }) => Ok(Probed::Unclear { status, message }),
            Err(other) => Err(other),
        }
    }

    /// Removes a token for good (`DELETE /tokens/v2/{user}/{id}`, scope `tokens:write`).
    pub async fn delete(&self, id: &TokenId) -> Result<(), ApiError> {
        let url = self.endpoint.call(&["tokens", "v2", self.endpoint.username(), id.as_str()]);
        match self.send(Method::DELETE, url, None, "tokens:write").await {
            Ok(_) => Ok(()),
            // The documented answer to a missing scope and to a missing token is the same 404.
            Err(ApiError::Forbidden { .. }) => Err(ApiError::Gone),
            Err(other) => Err(other),
        }
    }

    fn list_url(&self, limit: usize) -> Url {
        let mut url = self.endpoint.call(&["tokens", "v2", self.endpoint.username()]);
        url.query_pairs_mut().append_pair("limit", &limit.to_string());
        url
    }

    async fn send(
        &self,
        method: Method,
        url: Url,
        body: Option<&serde_json::Value>,
        scope: &'static str,
    ) -> Result<Response, ApiError> {
        self.send_as(self.endpoint.token(), method, url, body, None, scope).await
    }

    /// Sends a request by the authority of `token`, which is the authorizing token or one that is being looked at.
    async fn send_as(
        &self,
        token: &Secret,
        method: Method,
        url: Url,
        body: Option<&serde_json::Value>,
        referer: Option<&str>,
        scope: &'static str,
    ) -> Result<Response, ApiError> {
        let url = self.endpoint.sign(url, token);
        let mut request = self.http.request(method, url).header(header::ACCEPT, "application/json");
        if let Some(referer) = referer {
            request = request.header(header::REFERER, referer);
        }
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let response = request.send().await.map_err(|error| broken(&self.endpoint, error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let wait = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        let message = match self.read::<Refusal>(response).await {
            Ok(refusal) if !refusal.message.is_empty() => refusal.message,
            _ => Untrusted::from(status.canonical_reason().unwrap_or("no reason given")),
        };
        Err(refusal(status, message, wait, scope))
    }

    async fn read<T: serde::de::DeserializeOwned>(&self, mut response: Response) -> Result<T, ApiError> {
        // Room for the whole answer at once: growing would leave copies of a token behind.
        let expected = response.content_length().map_or(64 << 10, |length| length as usize);
        let mut body = Zeroizing::new(Vec::with_capacity(expected.min(ANSWER_LIMIT)));
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(&self.endpoint, error))? {
            if body.len() + chunk.len() > ANSWER_LIMIT {
                return Err(ApiError::Unreadable("it is longer than any answer should be".into()));
            }
            body.extend_from_slice(&chunk);
        }
        // serde_json quotes what it stumbled over, and that may be a token: only the place is passed on.
        serde_json::from_slice(&body).map_err(|error| {
            ApiError::Unreadable(format!(
                "it is not the expected JSON (line {}, column {})",
                error.line(),
                error.column()
            ))
        })
    }
}

/// Makes equal scope ids one allocation: an account's tokens share a few dozen of them.
#[derive(Debug, Default)]
pub struct Interner(HashSet<Scope>);

impl Interner {
    fn intern(&mut self, mut token: Token) -> Token {
        for scope in &mut token.scopes {
            match self.0.get(scope) {
                Some(known) => *scope = known.clone(),
                None => {
                    self.0.insert(scope.clone());
                }
            }
        }
        token.scopes.shrink_to_fit();
        token
    }
}

/// A page's address as a browser would send it in `Referer`: ASCII, without credentials and fragment.
fn page(address: &str) -> Result<String, ApiError> {
    let mut url = Url::parse(address).map_err(|_| ApiError::Refused {
        status: 0,
        message: "the page is not a web address; it looks like https://example.com/map".into(),
    })?;
    url.set_fragment(None);
    // Fails for addresses that cannot have any, such as about:srcdoc.
    let _none = (url.set_username(""), url.set_password(None));
    Ok(url.into())
}

/// The address of the next page in a `Link` header (RFC 8288), if it names one.
fn next_link(headers: &header::HeaderMap) -> Option<String> {
    headers.get_all(header::LINK).iter().filter_map(|value| value.to_str().ok()).find_map(|value| {
        value.split('<').skip(1).find_map(|link| {
            let (url, parameters) = link.split_once('>')?;
            let parameters = parameters.to_ascii_lowercase().replace(' ', "");
            (parameters.contains(";rel=\"next\"") || parameters.contains(";rel=next")).then(|| url.to_owned())
        })
    })
}

/// What a refusing status means, per the error table of the Tokens API's documentation.
fn refusal(status: StatusCode, message: Untrusted, wait: Option<Duration>, scope: &'static str) -> ApiError {
    match status {
        StatusCode::UNAUTHORIZED => ApiError::Unauthorized { message },
        StatusCode::FORBIDDEN => ApiError::Forbidden { message, scope: Some(scope) },
        // "No such user" is a wrong name; "Not found" is how this API tells a token that it lacks the scope.
        StatusCode::NOT_FOUND if message.raw().eq_ignore_ascii_case("not found") => {
            ApiError::Forbidden { message, scope: Some(scope) }
        }
        StatusCode::TOO_MANY_REQUESTS => ApiError::RateLimited { wait },
        status if status.is_server_error() => ApiError::Server { status: status.as_u16() },
        status => ApiError::Refused { status: status.as_u16(), message },
    }
}

/// The one place where a transport error becomes ours. reqwest prints the address, and with it the token, in both `Display`
/// and `Debug`; what is kept is the kind of trouble and the innermost cause, which knows no address.
fn broken(endpoint: &Endpoint, error: reqwest::Error) -> ApiError {
    let error = error.without_url();
    let host = endpoint.host();
    let cause = if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        let mut innermost: &dyn std::error::Error = &error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        innermost.to_string()
    };
    if error.is_connect() || error.is_builder() {
        ApiError::Unreachable { host, cause }
    } else {
        ApiError::Broken { host, cause }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(value: &str) -> Option<String> {
        next_link(&header::HeaderMap::from_iter([(header::LINK, value.parse().expect("a header value"))]))
    }

    #[test]
    fn the_next_page_is_found_among_other_links() {
        assert_eq!(links(r#"<https://a/b?start=x>; rel="next""#).as_deref(), Some("https://a/b?start=x"));
        assert_eq!(links(r#"<https://a/1>; rel="prev", <https://a/2>;rel=next"#).as_deref(), Some("https://a/2"));
        assert_eq!(links(r#"<https://a/1>; rel="prev""#), None);
        assert_eq!(links("nonsense"), None);
    }

    #[test]
    fn not_found_means_a_missing_scope_and_no_such_user_does_not() {
        let not_found = |message: &str| refusal(StatusCode::NOT_FOUND, message.into(), None, "tokens:read");
        assert!(matches!(not_found("Not Found"), ApiError::Forbidden { scope: Some("tokens:read"), .. }));
        assert!(matches!(not_found("No such user"), ApiError::Refused { status: 404, .. }));
    }
}
