//! [`Guard`]: what is refused before any route sees it.
//!
//! A web page someone visits can send requests to this machine, and with a DNS name that changes its address (DNS rebinding) even read
//! the answers. The Tokens API needs a token for everything and is open to all pages, as the hosted one is; the sandbox's own routes
//! need none, so they are for programs only.
//!
//! Invariants: below `/sandbox/`, a request names a host that no stranger can own, and comes from no other page.

use std::net::IpAddr;

use axum::http::{HeaderMap, Request, Version, header, uri::Authority};

use super::refusal::Refusal;

/// Decides by the head of a request.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    /// Names the sandbox may be called by, besides addresses and `localhost`.
    hosts: Vec<String>,
}

impl Guard {
    /// With more names: of a container, or of the proxy in front.
    pub fn new(hosts: Vec<String>) -> Self {
        Self { hosts }
    }

    /// Whether a request may continue.
    pub fn check<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let (host, second) = (hosts.next(), hosts.next());
        // RFC 9112, section 3.2.
        if second.is_some() || host.is_none() && request.version() == Version::HTTP_11 {
            return Err(Refusal::Host);
        }
        if !is_own_route(request.uri().path()) {
            return Ok(());
        }
        // HTTP/1.0 without a host: no browser speaks that.
        let host = host.and_then(|host| host.to_str().ok());
        if host.is_some_and(|host| !self.knows(host)) {
            return Err(Refusal::ForeignHost);
        }
        if is_from_another_page(request.headers(), host.unwrap_or_default()) {
            return Err(Refusal::ForeignOrigin);
        }
        Ok(())
    }

    /// Whether a `Host` is one that a stranger's DNS cannot point at us: an address, this machine, or a name we were told.
    fn knows(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        let name = authority.host().trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        name.parse::<IpAddr>().is_ok()
            || name == "localhost"
            || name.ends_with(".localhost")
            || self.hosts.iter().any(|host| host.eq_ignore_ascii_case(&name))
    }
}

/// The sandbox's own routes, which the hosted API does not have.
pub fn is_own_route(path: &str) -> bool {
    path.starts_with("/sandbox/")
}

/// Browsers name the page a request comes from; programs do not. The protocol may differ: a proxy in front may speak TLS.
fn is_from_another_page(headers: &HeaderMap, host: &str) -> bool {
    headers.get(header::ORIGIN).is_some_and(|origin| {
        let own = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        !own.is_some_and(|(_, origin)| origin.eq_ignore_ascii_case(host))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_stranger_can_own_are_not_ours() {
        let guard = Guard::new(vec!["sandbox".into()]);
        for host in
            ["127.0.0.1:8787", "[::1]:8787", "localhost", "LOCALHOST:1", "map.localhost:80", "10.0.0.7", "Sandbox:8787"]
        {
            assert!(guard.knows(host), "{host}");
        }
        for host in ["evil.example:8787", "127.0.0.1.evil.example", "localhost.evil.example", "", "a b", "notlocalhost"]
        {
            assert!(!guard.knows(host), "{host}");
        }
    }
}
