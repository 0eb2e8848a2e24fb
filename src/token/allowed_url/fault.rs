//! [`UrlParseError`]: why a text can never work as an allowed URL, and what to write instead.

use super::{MAX_LENGTH, address::Address};

/// What is wrong with an entry. Wildcards and IP addresses are refused by the documentation's list of what is not
/// supported; the others follow from what a browser can put into a `Referer` header, and whether the API itself refuses
/// them is not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum UrlParseError {
    /// Nothing but white space.
    #[error("the entry is empty; write a domain such as example.com")]
    Empty,
    /// Longer than [`MAX_LENGTH`].
    #[error("the entry is longer than {MAX_LENGTH} bytes, more than browsers send; write the domain alone")]
    TooLong,
    /// A `*` somewhere.
    #[error("wildcards are not supported; an entry admits its subdomains and sub-paths by itself")]
    Wildcard,
    /// A `*` for the port.
    #[error("a port cannot be a wildcard; write one entry for each port, such as localhost:3000")]
    WildcardPort,
    /// A dot in front of the domain.
    #[error("an entry cannot start with a dot; write the domain, its subdomains are included")]
    LeadingDot,
    /// A numeric address.
    #[error("IP addresses are not supported; write a host name, such as localhost")]
    IpAddress,
    /// No host.
    #[error("a domain is required; write one such as example.com in front of the path")]
    NoHost,
    /// A host that no name server would know.
    #[error("this is no host name: labels of letters, digits and hyphens, with single dots between them")]
    BadHost,
    /// White space or a control character in the middle.
    #[error("addresses hold no spaces or control characters; write one entry for each address")]
    Space,
    /// A comma or semicolon in the host.
    #[error("these are several addresses; write one entry for each")]
    Several,
    /// A backslash.
    #[error("there is a backslash in it; write / instead")]
    Backslash,
    /// A user name or password.
    #[error("user names and passwords are never sent in a Referer; leave out all up to the @")]
    UserInfo,
    /// A `#`.
    #[error("what follows a # is never sent in a Referer; leave it out")]
    Fragment,
    /// A port outside 1 to 65535.
    #[error("a port is a number from 1 to 65535; without one, 80 and 443 are allowed")]
    BadPort,
    /// `https:example.com`, `https:/example.com`, `https//example.com`.
    #[error("the protocol must be followed by ://, as in https://example.com")]
    BadScheme,
    /// A kind of page that sends no Referer.
    #[error("pages of this kind send no Referer, so no entry can admit them; serve the page over http or https")]
    SilentScheme,
}

impl UrlParseError {
    /// What to write instead of `entry`, where that can be told: always something that parses. `None` when only the person
    /// knows, or when the fault's words already say it all. Foreign text: show it through `untrusted::shown`.
    pub fn instead(self, entry: &str) -> Option<String> {
        let entry = entry.trim();
        let text = match self {
            Self::Wildcard | Self::LeadingDot => without_wildcards(entry),
            Self::Fragment => entry.split('#').next()?.to_owned(),
            Self::Backslash => entry.replace('\\', "/"),
            Self::BadScheme => {
                let (scheme, rest) = entry.split_at(entry.find([':', '/'])?);
                format!("{scheme}://{}", rest.trim_start_matches([':', '/']))
            }
            Self::UserInfo => {
                let scheme = Address::split(entry).scheme.map(|scheme| format!("{scheme}://")).unwrap_or_default();
                let rest = entry.strip_prefix(&scheme)?;
                let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
                let (authority, tail) = rest.split_at(authority_end);
                format!("{scheme}{}{tail}", authority.rsplit_once('@')?.1)
            }
            Self::IpAddress if is_loopback(entry) => {
                let address = Address::split(entry);
                let scheme = address.scheme.map(|scheme| format!("{scheme}://")).unwrap_or_default();
                let port = address.port.map(|port| format!(":{port}")).unwrap_or_default();
                format!("{scheme}localhost{port}")
            }
            _ => return None,
        };
        super::AllowedUrl::parse(&text).is_ok().then_some(text)
    }
}

/// Whether the host is this machine by number, which has a name that may be listed.
pub(super) fn is_loopback(address: &str) -> bool {
    let host = Address::split(address).host;
    host.starts_with("127.") || matches!(host, "::1" | "[::1]" | "0.0.0.0")
}

/// `https://*.example.com/maps/*` → `https://example.com/maps`.
fn without_wildcards(entry: &str) -> String {
    let address = Address::split(entry.strip_prefix("*://").unwrap_or(entry));
    let scheme = address.scheme.map(|scheme| format!("{scheme}://")).unwrap_or_default();
    // What stands in front of a wildcard label is a subdomain of what stands behind the last one.
    let host = address.host.rsplit_once('*').map_or(address.host, |(_, after)| after).trim_start_matches('.');
    let port = address.port.map(|port| format!(":{port}")).unwrap_or_default();
    // A path holds up to the segment before the first wildcard.
    let path = match address.path.split_once('*') {
        Some((before, _)) => before.rsplit_once('/').map_or("", |(whole, _)| whole),
        None => address.path,
    };
    let query = address.query.filter(|query| !query.contains('*') && !address.path.contains('*'));
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}{host}{port}{path}{query}")
}

#[cfg(test)]
mod tests {
    use super::super::AllowedUrl;

    #[test]
    fn a_fault_says_what_to_write_where_that_can_be_told() {
        for (entry, instead) in [
            ("*.example.com", Some("example.com")),
            ("https://x.com/*", Some("https://x.com")),
            ("http://localhost:*", None),
            ("*://example.com/maps/a*?x=1", Some("example.com/maps")),
            ("https://*.example.com:8000/a/b?x=1", Some("https://example.com:8000/a/b?x=1")),
            (".example.com", Some("example.com")),
            ("*", None),
            ("example.*", None),
            ("127.0.0.1:3000", Some("localhost:3000")),
            ("http://[::1]:3000/x", Some("http://localhost:3000")),
            ("10.0.0.7", None),
            ("example.com/#/route", Some("example.com/")),
            ("https://ada:pw@example.com/x", Some("https://example.com/x")),
            ("https:/example.com", Some("https://example.com")),
            ("https:example.com", Some("https://example.com")),
            ("https//example.com/x", Some("https://example.com/x")),
            ("example.com\\maps", Some("example.com/maps")),
            ("", None),
        ] {
            let fault = AllowedUrl::parse(entry).expect_err(entry);
            assert_eq!(fault.instead(entry).as_deref(), instead, "{entry}: {fault:?}");
        }
    }
}
