//! [`EntryMatch`]: what one entry says to one page, with its reason in words.

use std::fmt;

use super::UrlParseError;

/// What an entry says to a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryMatch {
    /// The token may be used there.
    Admits(Admission),
    /// It may not, as far as this entry goes.
    Refuses(Refusal),
    /// The entry can admit no page at all.
    NeverMatches(UrlParseError),
}

impl EntryMatch {
    /// Whether the entry lets the page through.
    pub const fn is_admission(self) -> bool {
        matches!(self, Self::Admits(_))
    }
}

impl fmt::Display for EntryMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Admits(admission) => admission.fmt(f),
            Self::Refuses(refusal) => refusal.fmt(f),
            Self::NeverMatches(fault) => write!(f, "never matches: {fault}"),
        }
    }
}

/// Why an entry lets a page through: exactly, or by one or more of the rules that widen it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The page is on a subdomain of the entry's host.
    pub subdomain: bool,
    /// The page lies below the entry's path.
    pub sub_path: bool,
    /// The entry names no protocol, so any is fine.
    pub any_scheme: bool,
}

impl fmt::Display for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.subdomain, self.sub_path, self.any_scheme) {
            (false, false, false) => "exact match",
            (false, false, true) => "this host, any protocol",
            (false, true, false) => "a page under this path",
            (false, true, true) => "a page under this path, any protocol",
            (true, false, false) => "a subdomain of this host",
            (true, false, true) => "a subdomain of this host, any protocol",
            (true, true, false) => "a subdomain, and a page under this path",
            (true, true, true) => "a subdomain, and a page under this path, any protocol",
        })
    }
}

/// Why an entry does not let a page through: the first difference found, in the order host, protocol, port, path, query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request has no `Referer`.
    #[error("the request has no Referer")]
    NoReferer,
    /// The `Referer` is not an address.
    #[error("the Referer is not a valid URL")]
    UnreadableReferer,
    /// The page's host is a number.
    #[error("the page is on an IP address, which no entry can match")]
    PageIsIp,
    /// The page is on the parent of the entry's host.
    #[error("the page is on the parent domain; an entry allows subdomains, not parents")]
    ParentDomain,
    /// The page's host ends in the same letters, but not at a dot.
    #[error("the page's host only ends like this one; a subdomain has a dot before it")]
    Lookalike,
    /// Another host.
    #[error("the page is on another host")]
    OtherHost,
    /// Another protocol.
    #[error("the protocol differs; an entry with a protocol allows only that one")]
    Scheme,
    /// The entry names no port and the page's is neither 80 nor 443.
    #[error("the page is on port {0}; an entry without a port allows only 80 and 443")]
    UnlistedPort(u16),
    /// The entry names another port than the page's.
    #[error("the page is not on port {0}")]
    OtherPort(u16),
    /// The entry asks for a path or query and the page's address is a bare origin.
    #[error("the page URL has no path; most browsers send only the origin, so enter just the host")]
    OriginOnly,
    /// The path differs in capitals.
    #[error("the path differs in upper and lower case; paths are case-sensitive")]
    PathCase,
    /// The page's path starts with the entry's, but not at a slash.
    #[error("the page's path only starts like this one; a page under it has a slash after it")]
    PathSegment,
    /// Another path.
    #[error("the page is not at or under this path")]
    OtherPath,
    /// The page lacks a parameter of the entry's query.
    #[error("the page's query lacks a parameter of the entry")]
    Query,
}
