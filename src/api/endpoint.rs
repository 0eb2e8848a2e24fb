//! [`Endpoint`]: a server, an account and its authorizing token; and the URLs of the API's calls.
//!
//! Invariants: the authorizing token is added to an address in `Endpoint::sign` and nowhere else, right before the
//! request is built, and only to addresses of the endpoint's own origin: a `Link` that leads to another one is refused.
//! Plain HTTP is for loopback addresses, and for others only if explicitly allowed ([`Endpoint::check`], without
//! which nothing is connected).

use std::net::IpAddr;

use reqwest::Url;

use super::{ApiError, Timeouts};
use crate::{
    secret::Secret,
    token::{AccountKey, TokenId, decoded::DecodedToken},
};

/// The hosted API.
pub const HOSTED: &str = "https://api.mapbox.com";

/// The name of this machine, which is never looked up.
pub(super) const LOCALHOST: &str = "localhost";

/// A server and an account on it, and how to talk to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    base: Url,
    username: String,
    token: Secret,
    timeouts: Timeouts,
    /// In PEM form: trusted besides the system's.
    certificates: Option<Vec<u8>>,
    allows_http: bool,
}

/// An address that cannot be used as the API's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Not an address at all, or without a host.
    #[error("the API URL is not valid; write it like https://api.mapbox.com")]
    NotAnAddress,
    /// HTTP to somewhere that is not this machine: the token would travel in clear.
    #[error(
        "the API URL must start with https://, or the token would be sent unencrypted; plain http is for servers on this machine, \
            and for a sandbox elsewhere with --allow-http (or JETON_ALLOW_HTTP=1)"
    )]
    NotEncrypted,
    /// A sandbox's token for a server that is none.
    #[error(
        "this token comes from a jeton sandbox, so jeton sends it only to servers on this machine, \
            and elsewhere only over plain http with --allow-http"
    )]
    SandboxToken,
}

impl Endpoint {
    /// An account `username` on the server at `base`, acting by `token`.
    pub fn new(base: &str, username: &str, token: Secret) -> Result<Self, BadAddress> {
        let base = parse(base)?;
        let (username, timeouts) = (username.to_owned(), Timeouts::default());
        Ok(Self { base, username, token, timeouts, certificates: None, allows_http: false })
    }

    /// Plain HTTP to a server that is not on this machine is allowed, such as a sandbox in a container.
    #[must_use]
    pub fn with_plain_http(self) -> Self {
        Self { allows_http: true, ..self }
    }

    /// Whether the token may be sent there.
    pub fn check(&self) -> Result<(), BadAddress> {
        if !self.is_loopback() && !self.is_encrypted() && !self.allows_http {
            return Err(BadAddress::NotEncrypted);
        }
        self.check_token(&self.token)
    }

    /// A sandbox's token is shown to a sandbox only, whoever pasted it.
    pub(super) fn check_token(&self, token: &Secret) -> Result<(), BadAddress> {
        let may_be_sandbox = self.is_loopback() || (!self.is_encrypted() && self.allows_http);
        if is_from_sandbox(token) && !may_be_sandbox { Err(BadAddress::SandboxToken) } else { Ok(()) }
    }

    /// Whether it is a sandbox: a server on this machine, or one elsewhere that takes a sandbox's token.
    pub fn is_sandbox(&self) -> bool {
        self.is_loopback() || (!self.is_encrypted() && is_from_sandbox(&self.token))
    }

    /// With other time-outs and retries.
    #[must_use]
    pub fn with_timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// Trusting these certificates (PEM) besides the system's. There is no way to trust everybody.
    #[must_use]
    pub fn with_certificates(self, certificates: Vec<u8>) -> Self {
        Self { certificates: Some(certificates), ..self }
    }

    /// How long to wait, and what to try again.
    pub fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    pub(super) fn certificates(&self) -> Option<&[u8]> {
        self.certificates.as_deref()
    }

    /// The address, to find its proxy by.
    pub(super) fn address(&self) -> &str {
        self.base.as_str()
    }

    /// Whether TLS is spoken.
    pub(super) fn is_encrypted(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// Whether this is the hosted API.
    pub fn is_hosted(&self) -> bool {
        self.base.as_str().trim_end_matches('/') == HOSTED
    }

    /// Whether another address means the same server: then a token that belongs to the one may be sent to the other.
    pub fn is_same_server(a: &str, b: &str) -> bool {
        matches!((parse(a), parse(b)), (Ok(a), Ok(b)) if a.origin() == b.origin())
    }

    /// The account's name.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Which account of which server it is: what records and remembered lists go by.
    pub fn account(&self) -> AccountKey {
        AccountKey { username: self.username().to_owned(), host: self.host() }
    }

    /// Host, and port where it is not the scheme's own: what people are shown.
    pub fn host(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        self.base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether the server is on this machine, addressed by number or as `localhost`, which no resolver is asked for.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.base)
    }

    /// The address of a call: the segments below the base, percent-encoded one by one.
    pub(super) fn call(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.path_segments_mut().expect("checked in new: it is a base").pop_if_empty().extend(segments);
        url
    }

    /// The address a `Link` header gave, without the token that the Tokens API echoes in it.
    pub(super) fn follow(&self, link: &str) -> Result<Url, ApiError> {
        let mut url = self.base.join(link).map_err(|_| ApiError::Unreadable("its Link header is not a URL".into()))?;
        if url.origin() != self.base.origin() {
            return Err(ApiError::Unreadable("its Link header points to another server".into()));
        }
        let others: Vec<_> = url
            .query_pairs()
            .filter(|(name, _)| name != "access_token")
            .map(|(n, v)| (n.into_owned(), v.into_owned()))
            .collect();
        url.query_pairs_mut().clear().extend_pairs(others);
        Ok(url)
    }

    /// The authorizing token's id, where its string tells it.
    pub fn token_id(&self) -> Option<TokenId> {
        DecodedToken::of(self.token.expose()).ok()?.id
    }

    /// The authorizing token.
    pub(super) fn token(&self) -> &Secret {
        &self.token
    }

    /// Adds the authority. The result must go into a request at once and never into a message.
    pub(super) fn sign(mut url: Url, token: &Secret) -> Url {
        url.query_pairs_mut().append_pair("access_token", token.expose());
        url
    }
}

/// Whether a token says that a sandbox made it.
fn is_from_sandbox(token: &Secret) -> bool {
    DecodedToken::of(token.expose()).is_ok_and(|decoded| decoded.id.is_some_and(|id| id.is_from_sandbox()))
}

/// An address that may be an API's.
fn parse(base: &str) -> Result<Url, BadAddress> {
    let mut base = Url::parse(base).map_err(|_| BadAddress::NotAnAddress)?;
    match base.scheme() {
        "https" | "http" => {}
        _ => return Err(BadAddress::NotAnAddress),
    }
    if base.cannot_be_a_base() || !base.has_host() || !base.username().is_empty() || base.password().is_some() {
        return Err(BadAddress::NotAnAddress);
    }
    base.set_query(None);
    base.set_fragment(None);
    Ok(base)
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        host == LOCALHOST || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(base: &str) -> Result<Endpoint, BadAddress> {
        let endpoint = Endpoint::new(base, "ada", Secret::new("sk.fake.fake"))?;
        endpoint.check().map(|()| endpoint)
    }

    #[test]
    fn plain_http_is_for_this_machine_unless_it_is_asked_for() {
        assert!(endpoint("https://api.mapbox.com").is_ok());
        assert!(endpoint("http://127.0.0.1:8787").is_ok());
        assert!(endpoint("http://[::1]:8787").is_ok());
        assert!(endpoint("http://localhost:8787").is_ok());
        assert_eq!(endpoint("http://localhost.evil.example"), Err(BadAddress::NotEncrypted));
        let asked = Endpoint::new("http://sandbox:8787", "ada", Secret::new("sk.fake.fake")).expect("an address");
        assert_eq!(asked.check(), Err(BadAddress::NotEncrypted));
        assert_eq!(asked.with_plain_http().check(), Ok(()));
        assert_eq!(endpoint("http://api.mapbox.com"), Err(BadAddress::NotEncrypted));
        assert_eq!(endpoint("http://127.0.0.1.evil.example"), Err(BadAddress::NotEncrypted));
        for nonsense in ["", "api.mapbox.com", "file:///etc/passwd", "https://", "https://user:word@api.mapbox.com"] {
            assert_eq!(endpoint(nonsense), Err(BadAddress::NotAnAddress), "{nonsense}");
        }
    }

    #[test]
    fn a_sandbox_token_stays_on_this_machine() {
        // {"u":"ada","a":"cmf00000000000sbox0000000"} with a made-up signature.
        let token = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZjAwMDAwMDAwMDBzYm94MDAwMDAwMDAifQ.fakefakefakefakefakefa";
        let endpoint = |base| Endpoint::new(base, "ada", Secret::new(token)).expect("an address");
        let at = |base| endpoint(base).check();
        assert_eq!(endpoint(HOSTED).with_plain_http().check(), Err(BadAddress::SandboxToken));
        assert_eq!(endpoint("http://sandbox:8787").with_plain_http().check(), Ok(()));
        assert!(endpoint("http://sandbox:8787").is_sandbox());
        assert_eq!(at(HOSTED), Err(BadAddress::SandboxToken));
        assert_eq!(at("http://127.0.0.1:8787"), Ok(()));
    }

    #[test]
    fn names_and_ids_cannot_leave_their_place_in_the_path() {
        let endpoint =
            Endpoint::new("https://api.mapbox.com/", "a/../b?x=#", Secret::new("sk.fake.fake")).expect("valid");
        assert_eq!(
            endpoint.call(&["tokens", "v2", endpoint.username()]).as_str(),
            "https://api.mapbox.com/tokens/v2/a%2F..%2Fb%3Fx=%23"
        );
    }

    #[test]
    fn a_link_is_followed_on_the_same_server_without_its_echoed_token() {
        let endpoint = endpoint("https://api.mapbox.com").expect("valid");
        let url = endpoint
            .follow("https://api.mapbox.com/tokens/v2/ada?start=x&access_token=sk.echo&limit=2")
            .expect("same server");
        assert_eq!(url.as_str(), "https://api.mapbox.com/tokens/v2/ada?start=x&limit=2");
        assert!(endpoint.follow("https://evil.example/tokens/v2/ada?start=x").is_err());
        assert!(endpoint.follow("http://api.mapbox.com/tokens/v2/ada").is_err());
    }
}
