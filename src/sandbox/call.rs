//! [`Call`]: one request as the endpoints see it.

use std::{cell::Cell, net::IpAddr};

use axum::{
    extract::RawPathParams,
    http::{HeaderMap, HeaderName, header},
};

use super::rate::Budget;

/// A request with its body read, and what the endpoints leave in addition to their reply.
pub struct Call {
    /// The variable parts of the path, percent-decoded.
    pub path: RawPathParams,
    /// The query.
    pub query: Query,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
    /// The time, in milliseconds since 1970.
    pub now: i64,
    /// Where the request comes from.
    pub peer: IpAddr,
    /// What is left of the account's minute, for the headers of the answer.
    pub budget: Cell<Option<Budget>>,
}

impl Call {
    /// A variable part of the path; empty when the route has none of that name.
    pub fn part(&self, name: &str) -> &str {
        self.path.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    }

    /// The token string the call carries.
    pub fn token(&self) -> Option<&str> {
        // A client that follows `Link` appends its own token to the one in there (the JavaScript SDK does): the first
        // counts.
        self.query.first("access_token").filter(|token| !token.is_empty())
    }

    /// A header as text.
    pub fn header(&self, name: &header::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The address the client used for us, `http://host:port`; `own` unless the `Host` header is a plausible one.
    /// Clients follow links only to the origin they know (`localhost` is another than `127.0.0.1` to them), so behind a proxy that
    /// speaks TLS the protocol is the one that the proxy names.
    pub fn origin(&self, own: &str) -> String {
        let plausible = |host: &&str| {
            (1..=255).contains(&host.len())
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
        };
        let host = self.header(&header::HOST).filter(plausible);
        host.map_or_else(|| own.to_owned(), |host| format!("{}://{host}", self.scheme()))
    }

    /// The protocol the client speaks: `Forwarded` (RFC 7239) or `X-Forwarded-Proto` tell it; of several proxies the first counts.
    fn scheme(&self) -> &'static str {
        let first = |name| self.header(&name).and_then(|value| value.split(',').next());
        let forwarded = first(header::FORWARDED).and_then(|element| {
            let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("proto")).map(|(_, proto)| proto)
        });
        let proto = forwarded.or_else(|| first(HeaderName::from_static("x-forwarded-proto"))).unwrap_or_default();
        if proto.trim().trim_matches('"').eq_ignore_ascii_case("https") { "https" } else { "http" }
    }
}

/// A query string taken apart. Bytes that are no UTF-8 become replacement characters.
#[derive(Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Takes a query string apart.
    pub fn new(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The first value of a parameter; unknown parameters are nobody's business.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
