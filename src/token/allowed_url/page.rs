//! [`PageUrl`]: the page a request comes from, as its `Referer` header tells it.

use super::{
    address::{Address, Host},
    fault::is_loopback,
};

/// A page's address. More forgiving than [`super::AllowedUrl`]: a user may type it without a protocol, and what a browser
/// would leave out of the header (user name, fragment) is left out here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageUrl<'a> {
    pub(super) scheme: Option<&'a str>,
    pub(super) host: Host<'a>,
    /// The port in the address, else the usual one of the protocol; `None` when neither tells.
    pub(super) port: Option<u16>,
    /// Empty, or starts with `/`.
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
}

/// A text from which no page can be made out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PageFault {
    /// Nothing in it.
    #[error("empty; enter a URL such as https://example.com/map")]
    Empty,
    /// No host, or one that cannot be.
    #[error("no host in this URL; enter one such as https://example.com/map")]
    BadHost,
    /// A port outside 1 to 65535.
    #[error("the port in this URL is not a number from 1 to 65535")]
    BadPort,
}

impl<'a> PageUrl<'a> {
    /// Reads an address as a `Referer` header holds it, or as a user types it.
    pub fn parse(text: &'a str) -> Result<Self, PageFault> {
        let text = text.trim();
        if text.is_empty() {
            return Err(PageFault::Empty);
        }
        let address = Address::split(text);
        let host = Host::read(address.host).ok_or(PageFault::BadHost)?;
        let port = match address.port {
            None | Some("") => address.scheme.and_then(usual_port),
            Some(digits) => Some(super::port(digits).ok_or(PageFault::BadPort)?),
        };
        Ok(Self { scheme: address.scheme, host, port, path: address.path, query: address.query })
    }

    /// Whether the page is on the machine of the user: `localhost`, a name below it, or its number.
    pub fn is_local(&self) -> bool {
        match &self.host {
            Host::Name(name) => **name == *"localhost" || name.ends_with(".localhost"),
            Host::Ip(ip) => is_loopback(ip),
        }
    }

    /// Whether the host is a number, which no entry can admit.
    pub fn is_ip(&self) -> bool {
        self.host.name().is_none()
    }

    /// Whether the address names no more than an origin: all that most browsers send to another site.
    pub fn is_origin(&self) -> bool {
        matches!(self.path, "" | "/") && self.query.is_none()
    }
}

fn usual_port(scheme: &str) -> Option<u16> {
    if scheme.eq_ignore_ascii_case("https") {
        Some(443)
    } else if scheme.eq_ignore_ascii_case("http") {
        Some(80)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_the_written_one_or_the_protocols() {
        let port = |text| PageUrl::parse(text).map(|page| page.port);
        assert_eq!(port("https://example.com/"), Ok(Some(443)));
        assert_eq!(port("HTTP://example.com/"), Ok(Some(80)));
        assert_eq!(port("http://example.com:8000/"), Ok(Some(8000)));
        assert_eq!(port("http://example.com:/"), Ok(Some(80)));
        assert_eq!(port("example.com"), Ok(None));
        assert_eq!(port("http://example.com:70000/"), Err(PageFault::BadPort));
    }

    #[test]
    fn what_browsers_leave_out_is_left_out() {
        assert_eq!(PageUrl::parse("https://ada:pw@example.com/x#y"), PageUrl::parse("https://example.com/x"));
    }

    #[test]
    fn pages_on_this_machine_are_recognised() {
        for local in ["http://localhost:3000/", "http://app.localhost/", "http://127.0.0.1:80", "http://[::1]/"] {
            assert!(PageUrl::parse(local).expect(local).is_local(), "{local}");
        }
        for other in ["https://localhost.example.com/", "https://notlocalhost/", "http://10.0.0.1/"] {
            assert!(!PageUrl::parse(other).expect(other).is_local(), "{other}");
        }
    }

    #[test]
    fn texts_without_a_host_are_told_from_empty_ones() {
        assert_eq!(PageUrl::parse("  "), Err(PageFault::Empty));
        assert_eq!(PageUrl::parse("/just/a/path"), Err(PageFault::BadHost));
        assert_eq!(PageUrl::parse("https://"), Err(PageFault::BadHost));
    }
}
