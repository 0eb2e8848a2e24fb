//! [`UrlParseError`]: why a text can never work as an allowed URL, and what to write instead.

use super::{MAX_LENGTH, address::Address};

/// What is wrong with an entry. Wildcards and IP addresses are refused by the documentation's list of what is not
/// supported; the others follow from what a browser can put into a `Referer` header, and whether the API itself refuses
/// them is not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum UrlParseError {
    /// Nothing but white space.
    #[error("empty; enter a domain, such as example.com")]
    Empty,
    /// Longer than [`MAX_LENGTH`].
    #[error("longer than {MAX_LENGTH} bytes, which is more than browsers send; enter just the domain")]
    TooLong,
    /// A `*` somewhere.
    #[error("wildcards are not supported; a domain already covers its subdomains and paths")]
    Wildcard,
    /// A `*` for the port.
    #[error("a port can't be a wildcard; add one entry per port, such as localhost:3000")]
    WildcardPort,
    /// A dot in front of the domain.
    #[error("an entry can't start with a dot; enter the domain, which includes its subdomains")]
    LeadingDot,
    /// A numeric address.
    #[error("IP addresses are not supported; use a host name, such as localhost")]
    IpAddress,
    /// No host.
    #[error("missing domain; put one before the path, such as example.com")]
    NoHost,
    /// A host that no name server would know.
    #[error("not a host name; use letters, digits, hyphens and single dots")]
    BadHost,
    /// White space or a control character in the middle.
    #[error("contains spaces or control characters; add one entry per URL")]
    Space,
    /// A comma or semicolon in the host.
    #[error("contains several URLs; add one entry for each")]
    Several,
    /// A backslash.
    #[error("contains a backslash; use / instead")]
    Backslash,
    /// A user name or password.
    #[error("browsers never send user names or passwords in a Referer; remove everything up to the @")]
    UserInfo,
    /// A `#`.
    #[error("browsers never send the part after # in a Referer; remove it")]
    Fragment,
    /// A port outside 1 to 65535.
    #[error("the port must be a number from 1 to 65535; without one, 80 and 443 are allowed")]
    BadPort,
    /// `https:example.com`, `https:/example.com`, `https//example.com`.
    #[error("the protocol must be followed by ://, as in https://example.com")]
    BadScheme,
    /// A kind of page that sends no Referer.
    #[error("such pages send no Referer, so no entry can allow them; serve the page over http or https")]
    SilentScheme,
}

impl UrlParseError {
    /// What to write instead of `entry`, where that can be told: always something that parses. `None` when only the user
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
