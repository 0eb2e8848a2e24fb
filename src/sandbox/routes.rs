//! The table of routes, and the way from an HTTP request to an endpoint and back.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts as _, RawPathParams},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header},
    routing::{MethodFilter, on},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE};

use super::{
    account_page,
    call::{Call, Query},
    refusal::Refusal,
    reply::Reply,
    resources,
    rng::random,
    scopes,
    service::Service,
    statistics,
    store::Access,
    tokens,
};

/// Most bytes a request's body may have: a hundred allowed URLs of two kilobytes each, and room to spare.
pub const BODY_LIMIT: usize = 256 * 1024;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(15);

/// What answers a call.
pub type Endpoint = fn(&mut Service, &Call) -> Result<Reply, Refusal>;

/// The service, shared between the connections of its one thread. Never locked across an `await`, so never contended.
pub type Shared = Arc<Mutex<Service>>;

/// Method, path, what the endpoint does to the database, and the endpoint.
const ROUTES: &[(MethodFilter, &str, Access, Endpoint)] = &[
    (MethodFilter::GET, "/tokens/v2", Access::Read, tokens::retrieve),
    (MethodFilter::GET, "/tokens/v2/{username}", Access::Read, tokens::list),
    (MethodFilter::POST, "/tokens/v2/{username}", Access::Write, tokens::create),
    (MethodFilter::PATCH, "/tokens/v2/{username}/{id}", Access::Write, tokens::update),
    (MethodFilter::DELETE, "/tokens/v2/{username}/{id}", Access::Write, tokens::delete),
    (MethodFilter::GET, "/scopes/v1/{username}", Access::Read, scopes::list),
    (MethodFilter::GET, "/statistics/v1", Access::Read, statistics::read),
    (MethodFilter::GET, "/sandbox/v1", Access::Read, account_page::about),
    (
        MethodFilter::POST,
        "/sandbox/v1/accounts/{username}/default-token",
        Access::Write,
        account_page::refresh_default_token,
    ),
    (MethodFilter::POST, "/sandbox/v1/accounts/{username}/sign-in", Access::Read, account_page::sign_in),
    (MethodFilter::GET, "/sandbox/v1/faults", Access::Read, account_page::faults),
    (MethodFilter::PUT, "/sandbox/v1/faults", Access::Read, account_page::set_faults),
    (MethodFilter::DELETE, "/sandbox/v1/faults", Access::Read, account_page::clear_faults),
];

/// The address a request came from; the server puts it on every request.
#[derive(Clone, Copy)]
pub struct Peer(pub IpAddr);

/// The routes over a service.
pub fn router(service: &Shared) -> Router {
    let mut router = Router::new();
    for &(method, path, access, endpoint) in ROUTES {
        let service = Arc::clone(service);
        router = router.route(path, on(method, move |request| answer(Arc::clone(&service), access, endpoint, request)));
    }
    for resource in resources::table() {
        let (service, path) = (Arc::clone(service), resource.path.clone());
        let method = MethodFilter::try_from(resource.method.clone()).expect("the bundled table has known methods");
        let resource = Arc::new(resource);
        let access = resource.access();
        let endpoint = move |request| {
            let resource = Arc::clone(&resource);
            let serve = move |service: &mut Service, call: &Call| resource.serve(service, call);
            answer(Arc::clone(&service), access, serve, request)
        };
        router = router.route(&path, on(method, endpoint));
    }
    let refuse = |refusal: fn() -> Refusal| move || async move { finish(Reply::from(refusal())) };
    router.fallback(refuse(|| Refusal::Route)).method_not_allowed_fallback(refuse(|| Refusal::Method))
}

/// Answers a request within one transaction, which is committed before anything is sent.
async fn answer(
    service: Shared,
    access: Access,
    endpoint: impl Fn(&mut Service, &Call) -> Result<Reply, Refusal>,
    request: Request<Body>,
) -> Response<Body> {
    let reply = match read(request).await {
        Ok(call) => {
            let mut service = service.lock().unwrap_or_else(PoisonError::into_inner);
            let reply = within(&mut service, access, &call, endpoint).unwrap_or_else(Reply::from);
            match call.budget.get() {
                Some(budget) => budget.announce(reply),
                None => reply,
            }
        }
        Err(refusal) => refusal.into(),
    };
    finish(reply)
}

fn within(
    service: &mut Service,
    access: Access,
    call: &Call,
    endpoint: impl Fn(&mut Service, &Call) -> Result<Reply, Refusal>,
) -> Result<Reply, Refusal> {
    service.store.begin(access)?;
    let result = endpoint(service, call);
    service.store.end(result)
}

/// Reads a request to its end, within limits of size and time.
async fn read(request: Request<Body>) -> Result<Call, Refusal> {
    let (mut parts, body) = request.into_parts();
    let path = RawPathParams::from_request_parts(&mut parts, &()).await.map_err(|_| Refusal::Path)?;
    let body = if matches!(parts.method, Method::GET | Method::HEAD | Method::DELETE) {
        Vec::new()
    } else {
        read_body(&parts.headers, body).await?
    };
    Ok(Call {
        path,
        query: Query::new(parts.uri.query().unwrap_or_default()),
        headers: parts.headers,
        body,
        now: jiff::Timestamp::now().as_millisecond(),
        peer: parts.extensions.get().map_or(IpAddr::from([0, 0, 0, 0]), |Peer(ip)| *ip),
        budget: None.into(),
    })
}

async fn read_body(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Refusal> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT) {
        return Err(Refusal::TooLarge);
    }
    match tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, BODY_LIMIT)).await {
        Ok(Ok(bytes)) => Ok(bytes.into()),
        // Beyond the limit, or the connection broke; then nobody reads the answer.
        Ok(Err(_)) => Err(Refusal::TooLarge),
        Err(_) => Err(Refusal::Timeout),
    }
}

/// The headers every answer has: the API allows cross-origin requests from anywhere (documented).
pub fn finish(reply: Reply) -> Response<Body> {
    let mut response = reply.into_response();
    let headers = response.headers_mut();
    headers.insert(header::SERVER, HeaderValue::from_static(concat!("jeton-sandbox/", env!("CARGO_PKG_VERSION"))));
    headers.insert(HeaderName::from_static("x-amz-cf-id"), request_id());
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Link, X-Rate-Limit-Interval, X-Rate-Limit-Limit, X-Rate-Limit-Reset"),
    );
    response
}

/// A name for the request: every answer of the hosted API carries the id its edge (`CloudFront`) gave the request (seen live), 56
/// characters of base64.
fn request_id() -> HeaderValue {
    HeaderValue::try_from(URL_SAFE.encode(random::<40>())).expect("base64 is ASCII")
}

/// The answer to a browser's question whether it may ask.
pub fn preflight() -> Response<Body> {
    let reply = Reply::empty()
        .with(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, PATCH, DELETE")
        .with(header::ACCESS_CONTROL_ALLOW_HEADERS, "*")
        .with(header::ACCESS_CONTROL_MAX_AGE, "600");
    finish(reply)
}
