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
            (false, false, false) => "just what it asks for",
            (false, false, true) => "this host; no protocol is asked for, so any is fine",
            (false, true, false) => "a page below this path",
            (false, true, true) => "a page below this path, by any protocol",
            (true, false, false) => "a subdomain of this host",
            (true, false, true) => "a subdomain of this host, by any protocol",
            (true, true, false) => "a subdomain, and a page below this path",
            (true, true, true) => "a subdomain, and a page below this path, by any protocol",
        })
    }
}

/// Why an entry does not let a page through: the first difference found, in the order host, protocol, port, path, query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request has no `Referer`.
    #[error("the request has no Referer, so there is no page to compare with")]
    NoReferer,
    /// The `Referer` is no address.
    #[error("the Referer is not an address that can be read")]
    UnreadableReferer,
    /// The page's host is a number.
    #[error("the page is at an IP address, which no entry can name")]
    PageIsIp,
    /// The page is on the parent of the entry's host.
    #[error("the page is on the parent domain; an entry admits its subdomains, not its parents")]
    ParentDomain,
    /// The page's host ends in the same letters, but not at a dot.
    #[error("the page's host only ends in the same letters; a subdomain would have a dot there")]
    Lookalike,
    /// Another host.
    #[error("the page is on another host, not this one or a subdomain of it")]
    OtherHost,
    /// Another protocol.
    #[error("the protocol differs; one that is given must match")]
    Scheme,
    /// The entry names no port and the page's is neither 80 nor 443.
    #[error("the page is on port {0}; an entry without a port allows only 80 and 443")]
    UnlistedPort(u16),
    /// The entry names another port than the page's.
    #[error("the page is not on port {0}, which the entry asks for")]
    OtherPort(u16),
    /// The entry asks for a path or query and the page's address is a bare origin.
    #[error("the page's address has no path; most browsers send only the origin, so ask for the host alone")]
    OriginOnly,
    /// The path differs in capitals.
    #[error("the path differs in capitals; paths are case-sensitive")]
    PathCase,
    /// The page's path starts with the entry's, but not at a slash.
    #[error("the page's path only starts with the same letters; a page below would have a slash there")]
    PathSegment,
    /// Another path.
    #[error("the page is not at this path or below it")]
    OtherPath,
    /// The page lacks a parameter of the entry's query.
    #[error("the page's query lacks a parameter that the entry asks for")]
    Query,
}
