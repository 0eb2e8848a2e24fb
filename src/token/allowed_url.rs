//! [`AllowedUrl`]: one entry of a token's URL restrictions, and which pages it lets the token be used from.
//!
//! Source of the rules: "URL restrictions" in the documentation's guide to token management. Only a domain is required;
//! protocol, subdomain, port, path and query are optional. A protocol that is given must match; without one, any does. Without
//! a port, 80 and 443 are allowed. Subdomains of an entry are allowed, and so are sub-paths; paths are case-sensitive. Wildcards and IP
//! addresses are not supported. The page is known by the `Referer` header alone; without that, a restricted token is refused.
//!
//! Not documented, so decided here in the mildest way that breaks no written rule: a trailing slash makes no difference, on either
//! side; a path is matched segment by segment (`/path` admits `/path/more`, not `/pathology`) with `%xx` resolved; a query
//! matches when the page's has every parameter of the entry's, in any order; hosts are compared without case, without a final
//! dot, and names beyond ASCII in the `xn--` form that browsers send; `localhost` is a domain like any other, so
//! without a port it too means 80 and 443; an entry that cannot work matches nothing rather than making the list fail.
//!
//! Invariants: nothing here panics, whatever the text; matching allocates nothing but for a host that has capitals
//! or characters beyond ASCII.

mod address;
mod entry_match;
mod fault;
mod hint;
mod list;
mod list_match;
mod page;

use std::borrow::Cow;

use self::address::{Address, Host, decoded};
pub use self::{
    entry_match::{Admission, EntryMatch, Refusal},
    fault::UrlParseError,
    hint::{Hint, hints},
    list::{Redundancy, redundant, split_list},
    list_match::{ListMatch, Outcome, judge},
    page::{PageFault, PageUrl},
};

/// Longest entry, in bytes. A browser cuts a longer `Referer` down to its origin (W3C Referrer Policy: 4,096), so nothing longer
/// can match. Mapbox documents no limit.
pub const MAX_LENGTH: usize = 4096;

/// An entry that can work: an absolute or partial address of which only the host is required. A view of the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedUrl<'a> {
    scheme: Option<&'a str>,
    host: Cow<'a, str>,
    port: Option<u16>,
    /// Without the slash at its end; empty when the entry names no path.
    path: &'a str,
    /// Empty when the entry names no query.
    query: &'a str,
}

impl<'a> AllowedUrl<'a> {
    /// Reads an entry; white space around it does not count. The fault says what to write instead.
    pub fn parse(text: &'a str) -> Result<Self, UrlParseError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(UrlParseError::Empty);
        }
        if text.len() > MAX_LENGTH {
            return Err(UrlParseError::TooLong);
        }
        let address = Address::split(text);
        if address.port.is_some_and(|port| port.contains('*')) {
            return Err(UrlParseError::WildcardPort);
        }
        if text.contains('*') {
            return Err(UrlParseError::Wildcard);
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(UrlParseError::Space);
        }
        if text.contains('\\') {
            return Err(UrlParseError::Backslash);
        }
        if address.scheme.is_some_and(is_silent) {
            return Err(UrlParseError::SilentScheme);
        }
        if address.has_userinfo {
            return Err(UrlParseError::UserInfo);
        }
        if address.has_fragment {
            return Err(UrlParseError::Fragment);
        }
        if is_broken_scheme(&address) {
            return Err(UrlParseError::BadScheme);
        }
        let host = match Host::read(address.host) {
            Some(Host::Name(host)) => host,
            Some(Host::Ip(_)) => return Err(UrlParseError::IpAddress),
            None if address.host.is_empty() => return Err(UrlParseError::NoHost),
            None if address.host.contains([',', ';']) => return Err(UrlParseError::Several),
            None if address.host.starts_with('.') => return Err(UrlParseError::LeadingDot),
            None => return Err(UrlParseError::BadHost),
        };
        let port = address.port.map(|digits| port(digits).ok_or(UrlParseError::BadPort)).transpose()?;
        let path = address.path.trim_end_matches('/');
        Ok(Self { scheme: address.scheme, host, port, path, query: address.query.unwrap_or_default() })
    }

    /// The host in the form browsers send it.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the entry asks for this protocol.
    pub fn has_scheme(&self, scheme: &str) -> bool {
        self.scheme.is_some_and(|own| own.eq_ignore_ascii_case(scheme))
    }

    /// The port, where the entry names one.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether the entry asks for a path or a query, which most browsers leave out of the `Referer` they send to another site.
    pub fn asks_for_more_than_an_origin(&self) -> bool {
        !self.path.is_empty() || !self.query.is_empty()
    }

    /// Whether it is this machine, or a name on it.
    pub fn is_local(&self) -> bool {
        *self.host == *"localhost" || self.host.ends_with(".localhost")
    }

    /// Whether a token with this entry may be used from a page, and why.
    pub fn admits(&self, page: &PageUrl<'_>) -> EntryMatch {
        match self.compare(page) {
            Ok(admission) => EntryMatch::Admits(admission),
            Err(refusal) => EntryMatch::Refuses(refusal),
        }
    }

    fn compare(&self, page: &PageUrl<'_>) -> Result<Admission, Refusal> {
        let host = page.host.name().ok_or(Refusal::PageIsIp)?;
        let subdomain = match host.strip_suffix(&*self.host) {
            Some("") => false,
            Some(above) if above.ends_with('.') => true,
            Some(_) => return Err(Refusal::Lookalike),
            None if is_below(&self.host, host) => return Err(Refusal::ParentDomain),
            None => return Err(Refusal::OtherHost),
        };
        if let Some(scheme) = self.scheme
            && !page.scheme.is_some_and(|of_page| of_page.eq_ignore_ascii_case(scheme))
        {
            return Err(Refusal::Scheme);
        }
        match (self.port, page.port) {
            (None, None | Some(80 | 443)) => {}
            (None, Some(page)) => return Err(Refusal::UnlistedPort(page)),
            (Some(entry), page) if page != Some(entry) => return Err(Refusal::OtherPort(entry)),
            (Some(_), _) => {}
        }
        let sub_path = self.compare_path(page)?;
        if !has_parameters(page.query.unwrap_or_default(), self.query) {
            return Err(if page.is_origin() { Refusal::OriginOnly } else { Refusal::Query });
        }
        Ok(Admission { subdomain, sub_path, any_scheme: self.scheme.is_none() })
    }

    /// `Ok(true)` when the page lies below the entry's path.
    fn compare_path(&self, page: &PageUrl<'_>) -> Result<bool, Refusal> {
        let page_path = page.path.trim_end_matches('/');
        let mut rest = decoded(page_path);
        if decoded(self.path).all(|byte| rest.next() == Some(byte)) {
            return match rest.next() {
                None => Ok(false),
                // Below an entry that asks for no path lies every page of the host.
                Some(b'/') => Ok(!self.path.is_empty()),
                Some(_) => Err(Refusal::PathSegment),
            };
        }
        let mut rest = decoded(page_path);
        let differs_in_case =
            decoded(self.path).all(|byte| rest.next().is_some_and(|other| other.eq_ignore_ascii_case(&byte)));
        Err(if page.is_origin() {
            Refusal::OriginOnly
        } else if differs_in_case && matches!(rest.next(), None | Some(b'/')) {
            Refusal::PathCase
        } else {
            Refusal::OtherPath
        })
    }

    /// Whether every page that `other` admits is admitted by this entry as well, so that `other` can be left out.
    pub fn covers(&self, other: &AllowedUrl<'_>) -> bool {
        let scheme = match (self.scheme, other.scheme) {
            (None, _) => true,
            (Some(own), Some(others)) => own.eq_ignore_ascii_case(others),
            (Some(_), None) => false,
        };
        let port = match (self.port, other.port) {
            (None, None | Some(80 | 443)) => true,
            (own, others) => own == others,
        };
        let path = {
            let mut rest = decoded(other.path);
            decoded(self.path).all(|byte| rest.next() == Some(byte)) && matches!(rest.next(), None | Some(b'/'))
        };
        let host = self.host == other.host || is_below(&other.host, &self.host);
        host && scheme && port && path && has_parameters(other.query, self.query)
    }
}

/// Whether a host is a proper subdomain of another.
fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|above| above.ends_with('.'))
}

/// Whether a query holds every parameter of another one.
fn has_parameters(query: &str, wanted: &str) -> bool {
    wanted
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .all(|parameter| query.split('&').any(|own| own == parameter))
}

/// A port number: digits only (`u16`'s own parser would take a plus sign).
fn port(digits: &str) -> Option<u16> {
    digits.parse().ok().filter(|port| *port != 0 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Protocols of pages that send no `Referer` (the Fetch standard sends one for http and https; apps' own schemes are let pass,
/// as some web views do send theirs).
fn is_silent(scheme: &str) -> bool {
    ["file", "data", "blob", "javascript"].iter().any(|silent| scheme.eq_ignore_ascii_case(silent))
}

/// `https:example.com`, `https:/example.com`, `https//example.com`.
fn is_broken_scheme(address: &Address<'_>) -> bool {
    let is_web = ["http", "https"].iter().any(|scheme| address.host.eq_ignore_ascii_case(scheme));
    let port_is_no_number = address.port.is_some_and(|text| port(text).is_none());
    address.scheme.is_none() && is_web && (port_is_no_number || address.path.starts_with("//"))
}

#[cfg(test)]
mod tests;
