//! `Wire`: sends requests and reads answers, with time-outs, budget, retries and size limits. The only file that sends anything.
//!
//! Invariants: every attempt has a time-out; no redirect is followed and no `Referer` sent but one that was asked for (either
//! would hand the token in the address to someone); what is tried again is [`super::retry::Policy`]'s to say; every failure becomes an
//! [`ApiError`] here, which is where addresses and values are taken out; answers are read up to a limit, into memory that is overwritten.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use log::{debug, info, trace};
use reqwest::{Method, Response, StatusCode, Url, header};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde::Deserialize;
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use super::{
    ApiError, Endpoint, Timeouts, TransportError,
    budget::{Announced, DOCUMENTED, DOCUMENTED_STATISTICS, LONGEST_WAIT, RateLimiter},
    call::{Call, ClientEvent, Observer},
    deadline::Deadline,
    endpoint::LOCALHOST,
    proxy,
    retry::Kind,
};
use crate::{os::failpoint::reached, secret::Secret, token::decoded::scrub, untrusted::Untrusted};

/// Longest answer read. A page of 500 tokens is half a megabyte.
const ANSWER_LIMIT: usize = 32 << 20;

/// Longest refusal read, and the most of its words that is shown.
const REFUSAL_LIMIT: usize = 64 << 10;
const WORDS: usize = 300;

/// What the server's clock said, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServerClock {
    date: Timestamp,
    heard: Instant,
}

impl ServerClock {
    /// The time there. Never ahead of it: a `Date` is in whole seconds, and took some time to arrive.
    pub fn now(self) -> Timestamp {
        let since = SignedDuration::try_from(self.heard.elapsed()).unwrap_or_default();
        self.date.saturating_add(since).unwrap_or(self.date)
    }
}

/// A connection to one server.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    http: reqwest::Client,
    host: String,
    timeouts: Timeouts,
    limiters: Arc<RateLimiters>,
    clock: Arc<Mutex<Option<ServerClock>>>,
    /// The proxy that requests go through.
    proxy: Option<String>,
    observer: Observer,
}

/// The budgets, each of which the server counts for itself.
#[derive(Debug)]
struct RateLimiters {
    account: Mutex<RateLimiter>,
    statistics: Mutex<RateLimiter>,
    other: Mutex<RateLimiter>,
}

/// A request to be.
#[derive(Debug)]
pub(super) struct Outgoing<'a> {
    pub method: Method,
    /// Without authority.
    pub url: Url,
    /// By whose authority: the authorizing token's, or that of a token which is looked at.
    pub token: &'a Secret,
    pub body: Option<String>,
    pub referer: Option<String>,
    /// The scope it takes, for the explanation of a refusal.
    pub scope: &'static str,
}

/// An answer with a status of success.
#[derive(Debug)]
pub(super) struct Answer {
    pub headers: header::HeaderMap,
    /// What arrived of it.
    pub body: Zeroizing<Vec<u8>>,
    /// Why that is not all: only for a POST, of whose answer every byte may count. For all others that is an error.
    pub broken: Option<ApiError>,
}

impl Answer {
    /// The body, if all of it has arrived.
    pub fn whole(self) -> Result<Zeroizing<Vec<u8>>, ApiError> {
        self.broken.map_or(Ok(self.body), Err)
    }
}

/// What an answer says before its body.
#[derive(Debug)]
struct Head {
    status: StatusCode,
    request_id: Option<Untrusted>,
}

/// How a request ended, all its attempts together.
#[derive(Debug)]
pub(super) struct Exchange {
    pub result: Result<Answer, ApiError>,
    /// Whether an attempt before the last may have been obeyed.
    pub in_doubt: bool,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    message: Untrusted,
}

impl Wire {
    /// Gets ready; connects at the first request.
    pub fn new(endpoint: &Endpoint) -> Result<Self, ApiError> {
        // Fails when another client in this process was first, which is just as good.
        let _already_there = rustls::crypto::ring::default_provider().install_default();
        let timeouts = endpoint.timeouts();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("jeton/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(timeouts.connect)
            // A connection that was idle for longer may be closed by the other side at the very moment a request goes out.
            .pool_idle_timeout(Duration::from_secs(20))
            .https_only(endpoint.is_encrypted());
        let proxy = if endpoint.is_loopback() {
            // No proxy may see what stays on this machine, and no resolver decides where that is.
            let here = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
            builder = builder.no_proxy().resolve_to_addrs(LOCALHOST, &here);
            None
        } else {
            proxy::of(endpoint.address()).map_err(|error| ApiError::Senseless(error.to_string()))?
        };
        let certificates = match endpoint.certificates() {
            None => Vec::new(),
            Some(pem) => certificates(pem)
                .ok_or_else(|| ApiError::Senseless("the --ca-file has no usable PEM certificates".into()))?,
        };
        builder = if endpoint.is_encrypted() {
            builder.tls_certs_merge(certificates)
        } else {
            // Reading the system's certificates would cost milliseconds for nothing.
            builder.tls_certs_only([])
        };
        let host = endpoint.host();
        let unusable =
            |error: reqwest::Error| ApiError::Unreachable { host: host.clone(), cause: TransportError::of(&error) };
        let http = builder.build().map_err(unusable)?;
        let limit = |documented| Mutex::new(RateLimiter::new((!endpoint.is_loopback()).then_some(documented)));
        let limiters = RateLimiters {
            account: limit(DOCUMENTED),
            statistics: limit(DOCUMENTED_STATISTICS),
            other: Mutex::new(RateLimiter::new(None)),
        };
        Ok(Self {
            http,
            host,
            timeouts,
            limiters: Arc::new(limiters),
            clock: Arc::default(),
            proxy,
            observer: Observer::default(),
        })
    }

    /// The same connections and budgets, telling someone else.
    pub fn observed(&self, observer: Observer) -> Self {
        Self { observer, ..self.clone() }
    }

    /// The server's clock, once it has answered anything.
    pub fn server_clock(&self) -> Option<ServerClock> {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request, again where that is safe, and reads the answer to its end.
    pub async fn exchange(&self, outgoing: &Outgoing<'_>, kind: Kind) -> Exchange {
        let mut in_doubt = false;
        let mut deadline = Instant::now() + self.timeouts.whole;
        for attempt in 1.. {
            let longest = if kind == Kind::Read { left_until(deadline) } else { LONGEST_WAIT };
            if let Err(error) = self.take_turn(outgoing, longest).await {
                return Exchange { result: Err(error), in_doubt };
            }
            if kind != Kind::Read && attempt == 1 {
                deadline = Instant::now() + self.timeouts.whole;
            }
            let (result, again_in) = self.send(outgoing, kind, attempt, deadline).await;
            let Some(pause) = again_in else { return Exchange { result, in_doubt } };
            in_doubt |= result.is_err_and(|error| error.outcome_is_unknown());
            sleep(pause).await;
        }
        unreachable!("the policy gives up long before the attempts cannot be counted")
    }

    /// One attempt of a request (counted from 1) when its turn comes, and after how long it may be sent again if that may help.
    pub async fn once(
        &self,
        outgoing: &Outgoing<'_>,
        kind: Kind,
        attempt: u32,
    ) -> (Result<Answer, ApiError>, Option<Duration>) {
        match self.take_turn(outgoing, LONGEST_WAIT).await {
            Ok(()) => self.send(outgoing, kind, attempt, Instant::now() + self.timeouts.whole).await,
            Err(error) => (Err(error), None),
        }
    }

    /// Sends a request whose turn has come, and reads the answer. Nothing is tried again after `deadline`.
    async fn send(
        &self,
        outgoing: &Outgoing<'_>,
        kind: Kind,
        attempt: u32,
        deadline: Instant,
    ) -> (Result<Answer, ApiError>, Option<Duration>) {
        let limit = match kind {
            Kind::Read => self.timeouts.total.min(left_until(deadline)),
            _ => self.timeouts.total,
        };
        let (at, start) = (Timestamp::now(), Instant::now());
        if kind != Kind::Read {
            self.observer.set_sent(true);
        }
        let (head, result) = self.attempt(outgoing, limit).await;
        let (status, request_id) = head.map_or((None, None), |head| (Some(head.status), head.request_id));
        if kind != Kind::Read {
            // It stays so when it may have been obeyed: what comes after it (keeping the value, looking what exists) belongs to it.
            self.observer.set_sent(result.as_ref().map_or_else(ApiError::outcome_is_unknown, |_| true));
        }
        let again_in = match &result {
            Ok(_) => None,
            Err(error) => {
                // A change that was refused for now waits for its turn, like one that was not sent yet.
                let waits = kind != Kind::Read && matches!(error, ApiError::RateLimited { .. });
                let pause = self.timeouts.retry.pause(kind, attempt, error, dice());
                pause.filter(|pause| waits || *pause < left_until(deadline))
            }
        };
        let outcome = match (status, &result) {
            (Some(status), _) => Ok(status.as_u16()),
            (None, Ok(_)) => Ok(0),
            (None, Err(error)) => Err(error.clone()),
        };
        let path = scrub(&path(&outgoing.url)).into_owned();
        let method = method_name(&outgoing.method);
        let answer = match &result {
            Ok(answer) if answer.body.is_empty() => "nothing but the status".to_owned(),
            Ok(answer) => format!("{} bytes", answer.body.len()),
            Err(error) => error.to_string(),
        };
        let call = Call { at, method, path, outcome, took: start.elapsed(), attempt, again_in, answer, request_id };
        note(&call, result.as_ref().err());
        self.observer.tell(ClientEvent::Call(call));
        (result, again_in)
    }

    /// Waits until the budget allows a request, but no longer than `longest`.
    async fn take_turn(&self, outgoing: &Outgoing<'_>, longest: Duration) -> Result<(), ApiError> {
        loop {
            let taken = self.meter(outgoing).take(Instant::now().into_std());
            self.tell_budget();
            match taken {
                Ok(()) => return Ok(()),
                Err(wait) if wait > longest => return Err(ApiError::RateLimited { wait: Some(wait) }),
                Err(wait) => {
                    debug!("request budget used up: waiting {} ms", wait.as_millis());
                    sleep(wait).await;
                }
            }
        }
    }

    /// One attempt: the head of its answer, if there was one, and what came of it.
    async fn attempt(&self, outgoing: &Outgoing<'_>, limit: Duration) -> (Option<Head>, Result<Answer, ApiError>) {
        let url = Endpoint::sign(outgoing.url.clone(), outgoing.token);
        let mut request = self.http.request(outgoing.method.clone(), url).header(header::ACCEPT, "application/json");
        if let Some(referer) = &outgoing.referer {
            request = request.header(header::REFERER, referer);
        }
        if let Some(body) = &outgoing.body {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body.clone());
        }
        let mut deadline = Deadline::after(limit);
        let response = match deadline.within(request.send()).await {
            Some(Ok(response)) => response,
            Some(Err(error)) => return (None, Err(self.broken(&error))),
            None => return (None, Err(self.too_long())),
        };
        let status = response.status();
        let head = Some(Head { status, request_id: request_id(response.headers(), outgoing.token) });
        trace_head(&response, outgoing.token);
        if let Some(date) = date(response.headers()) {
            *self.clock.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(ServerClock { date, heard: Instant::now() });
        }
        let clock = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
        let announced = Announced::read(response.headers(), clock);
        let was_refused = status == StatusCode::TOO_MANY_REQUESTS;
        self.meter(outgoing).heard(announced, was_refused, Instant::now().into_std());
        self.tell_budget();
        if status.is_success() {
            let headers = response.headers().clone();
            let (body, broken) = self.read(response, ANSWER_LIMIT, &mut deadline).await;
            return match broken {
                Some(error) if outgoing.method != Method::POST => (head, Err(error)),
                broken => (head, Ok(Answer { headers, body, broken })),
            };
        }
        let (body, _cut) = self.read(response, REFUSAL_LIMIT, &mut deadline).await;
        let said = documented_words(&body).map(|words| clean(words.raw(), outgoing.token));
        let is_change = outgoing.method != Method::GET;
        if is_change && status.is_client_error() && !is_documented_refusal(status, said.is_some()) {
            let message = said.unwrap_or_else(|| reason(status));
            return (head, Err(ApiError::Undocumented { status: status.as_u16(), message }));
        }
        (head, Err(refusal(status, said.unwrap_or_else(|| reason(status)), announced.wait, outgoing.scope)))
    }

    /// What arrives of an answer's body, and why that is not all, if it is not.
    async fn read(
        &self,
        mut response: Response,
        limit: usize,
        deadline: &mut Deadline,
    ) -> (Zeroizing<Vec<u8>>, Option<ApiError>) {
        // Room for the whole answer at once: growing would leave copies of a token behind.
        let expected = response.content_length().map_or(64 << 10, |length| usize::try_from(length).unwrap_or(limit));
        let mut body = Zeroizing::new(Vec::with_capacity(expected.min(limit)));
        loop {
            reached("client: reading an answer");
            let Some(chunk) = deadline.within(response.chunk()).await else { return (body, Some(self.too_long())) };
            match chunk {
                Ok(None) => return (body, None),
                Ok(Some(chunk)) if body.len() + chunk.len() > limit => {
                    return (body, Some(ApiError::Unreadable("it is too long".into())));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Err(error) => return (body, Some(self.broken(&error))),
            }
        }
    }

    fn too_long(&self) -> ApiError {
        ApiError::Broken { host: self.host.clone(), cause: TransportError::TooLong }
    }

    fn broken(&self, error: &reqwest::Error) -> ApiError {
        let (host, cause) = (self.host.clone(), TransportError::of(error));
        let cause = match (&self.proxy, cause) {
            (Some(proxy), cause @ (TransportError::Name | TransportError::Refused | TransportError::NoRoute))
                if error.is_connect() =>
            {
                TransportError::Proxy(format!("can't reach the proxy {proxy}: {}", cause.of_a_proxy()))
            }
            (Some(proxy), TransportError::Proxy(why)) => TransportError::Proxy(format!("the proxy {proxy}: {why}")),
            (_, cause) => cause,
        };
        if error.is_connect() || error.is_builder() {
            ApiError::Unreachable { host, cause }
        } else if cause == TransportError::NotHttp {
            ApiError::Unreadable("it does not speak HTTP".into())
        } else {
            ApiError::Broken { host, cause }
        }
    }

    fn meter(&self, outgoing: &Outgoing<'_>) -> std::sync::MutexGuard<'_, RateLimiter> {
        let mut segments = outgoing.url.path_segments().into_iter().flatten();
        let meter = match segments.find(|segment| matches!(*segment, "tokens" | "scopes" | "statistics" | "styles")) {
            Some("statistics") => &self.limiters.statistics,
            Some("styles") => &self.limiters.other,
            _ => &self.limiters.account,
        };
        meter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell_budget(&self) {
        let now = Instant::now().into_std();
        let budget = self.limiters.account.lock().unwrap_or_else(PoisonError::into_inner).budget(now);
        if let Some(budget) = budget {
            self.observer.tell(ClientEvent::Budget(budget));
        }
    }
}

/// The certificates of a file, all of which must be usable: the verifier passes over others without a word.
fn certificates(pem: &[u8]) -> Option<Vec<reqwest::Certificate>> {
    let mut store = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        store.add(certificate.ok()?).ok()?;
    }
    reqwest::Certificate::from_pem_bundle(pem).ok().filter(|_| !store.is_empty())
}

fn left_until(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// The server's clock when it answered.
pub(super) fn date(headers: &header::HeaderMap) -> Option<Timestamp> {
    let date = httpdate::parse_http_date(headers.get(header::DATE)?.to_str().ok()?).ok()?;
    Timestamp::try_from(date).ok()
}

/// The name the server gave a request. Mapbox's answers carry that of the edge they come through, `CloudFront` (seen live); other servers
/// have the customary one.
fn request_id(headers: &header::HeaderMap, token: &Secret) -> Option<Untrusted> {
    let value = ["x-request-id", "x-amz-cf-id"].iter().find_map(|name| headers.get(*name)?.to_str().ok())?;
    Some(clean(value, token))
}

/// The words of a refusal in its documented form, an object with a `message`.
fn documented_words(body: &[u8]) -> Option<Untrusted> {
    // serde would read an array as an object too.
    let is_object = body.trim_ascii_start().starts_with(b"{");
    let refusal = is_object.then(|| serde_json::from_slice::<Refusal>(body).ok())??;
    Some(refusal.message).filter(|message| !message.is_empty())
}

fn reason(status: StatusCode) -> Untrusted {
    status.canonical_reason().unwrap_or("no reason given").into()
}

/// Whether a status is one that the API, or what guards all of Mapbox's APIs, documents for its refusals, and the answer has the form of
/// one. A 429 need not: proxies limit rates too, and what it means for a change is decided where it is retried.
fn is_documented_refusal(status: StatusCode, has_words: bool) -> bool {
    match status.as_u16() {
        429 => true,
        400 | 401 | 403 | 404 | 422 => has_words,
        _ => false,
    }
}

/// What a refusing status means, per the error table of the Tokens API's documentation.
fn refusal(status: StatusCode, message: Untrusted, wait: Option<Duration>, scope: &'static str) -> ApiError {
    let says = |words: &str| message.raw().eq_ignore_ascii_case(words);
    match status {
        StatusCode::UNAUTHORIZED => ApiError::Unauthorized { message },
        StatusCode::FORBIDDEN => {
            ApiError::Forbidden { status: 403, message, scope: Some(scope).filter(|scope| !scope.is_empty()) }
        }
        // "No such user" is a wrong name; "Not found" is how this API tells a token that it lacks the scope.
        StatusCode::NOT_FOUND if says("no such user") => ApiError::NoSuchUser { username: String::new() },
        StatusCode::NOT_FOUND if says("not found") && !scope.is_empty() => {
            ApiError::Forbidden { status: 404, message, scope: Some(scope) }
        }
        StatusCode::TOO_MANY_REQUESTS => ApiError::RateLimited { wait },
        status if status.is_redirection() => ApiError::Redirected { status: status.as_u16() },
        status if status.is_server_error() => ApiError::Server { status: status.as_u16() },
        status => ApiError::Refused { status: status.as_u16(), message },
    }
}

/// A server's words without any token, ours above all, however it is spelt, and no longer than anyone reads.
fn clean(words: &str, token: &Secret) -> Untrusted {
    let words = hide(words, token);
    let mut short: String = words.chars().take(WORDS).collect();
    if short.len() < words.len() {
        short.push('…');
    }
    short.into()
}

/// A text without a value, which need not look like a token, and without anything that does.
fn hide(text: &str, value: &Secret) -> String {
    let encoded: String = form_urlencoded::byte_serialize(value.expose().as_bytes()).collect();
    let encoded = Zeroizing::new(encoded);
    let mut text = text.to_owned();
    for spelling in [value.expose(), encoded.as_str()] {
        if !spelling.is_empty() {
            text = text.replace(spelling, "…");
        }
    }
    scrub(&text).into_owned()
}

/// Path and query of an address that has no authority in it yet.
fn path(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "GET",
    }
}

/// A number in 0..1. Without the system's randomness all pauses are the longest, which is only less polite.
fn dice() -> f64 {
    let mut bytes = [0xff; 4];
    let _no_randomness = getrandom::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}

fn note(call: &Call, error: Option<&ApiError>) {
    let Call { method, path, took, attempt, .. } = call;
    let millis = took.as_millis();
    match (&call.outcome, error) {
        (Ok(status), None) => info!("{method} {path} -> {status} in {millis} ms, attempt {attempt}"),
        (Ok(status), Some(error)) => info!("{method} {path} -> {status} in {millis} ms, attempt {attempt}: {error}"),
        (Err(error), _) => info!("{method} {path} -> nothing in {millis} ms, attempt {attempt}: {error}"),
    }
    if let Some(pause) = call.again_in {
        debug!("{method} {path} again in {} ms", pause.as_millis());
    }
}

fn trace_head(response: &Response, token: &Secret) {
    if log::log_enabled!(log::Level::Trace) {
        for (name, value) in response.headers() {
            trace!("< {name}: {}", hide(&String::from_utf8_lossy(value.as_bytes()), token));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_found_means_a_missing_scope_and_no_such_user_does_not() {
        let not_found = |message: &str| refusal(StatusCode::NOT_FOUND, message.into(), None, "tokens:read");
        assert!(matches!(not_found("Not Found"), ApiError::Forbidden { scope: Some("tokens:read"), .. }));
        assert!(matches!(not_found("No such user"), ApiError::NoSuchUser { .. }));
        assert!(matches!(not_found("whatever"), ApiError::Refused { status: 404, .. }));
    }

    #[test]
    fn a_server_that_repeats_our_token_is_not_quoted() {
        let token = Secret::new("strange token+value");
        for echo in ["strange token+value", "strange+token%2Bvalue"] {
            let words = clean(&format!("bad token {echo}!"), &token);
            assert_eq!(words.raw(), "bad token …!");
        }
        assert_eq!(clean(&"x".repeat(1000), &token).raw().chars().count(), WORDS + 1);
    }
}
