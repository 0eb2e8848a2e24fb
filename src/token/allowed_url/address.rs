//! [`Address`]: a URL split into its parts, before they are checked.
//!
//! Invariants: cutting never fails and copies nothing; every part is a piece of the text it came from. Which parts
//! are acceptable is for [`super::AllowedUrl`] and [`super::PageUrl`] to say, and they differ.

use std::borrow::Cow;

/// The parts of an absolute or partial address: `scheme://user@host:port/path?query#fragment`, all but the host optional.
pub(super) struct Address<'a> {
    pub(super) scheme: Option<&'a str>,
    pub(super) has_userinfo: bool,
    /// As written; `[…]` stays around an IPv6 address.
    pub(super) host: &'a str,
    pub(super) port: Option<&'a str>,
    /// Empty, or starts with `/`.
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) has_fragment: bool,
}

impl<'a> Address<'a> {
    pub(super) fn split(text: &'a str) -> Self {
        let (text, has_fragment) = text.split_once('#').map_or((text, false), |(before, _)| (before, true));
        let (scheme, rest) = split_scheme(text);
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '\\']).unwrap_or(rest.len()));
        let (path, query) = tail.split_once('?').map_or((tail, None), |(path, query)| (path, Some(query)));
        let (has_userinfo, authority) = authority.rsplit_once('@').map_or((false, authority), |(_, host)| (true, host));
        let (host, port) = split_port(authority);
        Self { scheme, has_userinfo, host, port, path, query, has_fragment }
    }
}

/// `about:srcdoc`, the address of a page written into a frame, has no `//`: it is read as scheme `about`, host `srcdoc`.
fn split_scheme(text: &str) -> (Option<&str>, &str) {
    if let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        return (Some(scheme), rest);
    }
    if let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("about")) {
        return (Some(scheme), rest);
    }
    (None, text.strip_prefix("//").unwrap_or(text))
}

/// A letter, then letters, digits, `+`, `-`, `.` (RFC 3986, section 3.1).
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    let host_end = if authority.starts_with('[') { authority.find(']').map(|at| at + 1) } else { authority.rfind(':') };
    match host_end {
        // More than one colon without brackets is an IPv6 address as people type it.
        Some(at) if authority.starts_with('[') || authority.find(':') == Some(at) => {
            let (host, port) = authority.split_at(at);
            (host, port.strip_prefix(':'))
        }
        _ => (authority, None),
    }
}

/// A host, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host<'a> {
    /// A name in the form browsers send: lower case, labels beyond ASCII as `xn--…`, no dot at the end.
    Name(Cow<'a, str>),
    /// An IPv4 or IPv6 address.
    Ip(&'a str),
}

impl<'a> Host<'a> {
    /// `None` when it is neither a name nor an address. Allocates only to change case or encoding.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let name = text.strip_suffix('.').unwrap_or(text);
        if is_ip(name) {
            return Some(Self::Ip(text));
        }
        let name = if name.is_ascii() {
            if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
                Cow::Owned(name.to_ascii_lowercase())
            } else {
                Cow::Borrowed(name)
            }
        } else {
            // What a browser's address bar does to such a name, so that it meets the name in the header.
            idna::domain_to_ascii_cow(name.as_bytes(), idna::AsciiDenyList::URL).ok()?
        };
        is_name(&name).then_some(Self::Name(name))
    }

    /// The name; `None` for an IP address.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Ip(_) => None,
        }
    }
}

/// As browsers decide it (WHATWG URL, "ends in a number"): a host whose last label is a number is an IPv4 address.
fn is_ip(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let is_hex = last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    is_number || is_hex || host.starts_with('[') || host.matches(':').nth(1).is_some()
}

/// Labels of 1 to 63 letters, digits, `-` and (outside the rules of DNS, but in use) `_`; 253 in all.
fn is_name(host: &str) -> bool {
    host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
}

/// The bytes of a path with `%xx` resolved, so that a path typed as people read it meets the same path as browsers send
/// it. `%2F` stays as it is: it is a character of a segment, not the boundary between two.
pub(super) fn decoded(path: &str) -> impl Iterator<Item = u8> {
    let mut bytes = path.bytes();
    std::iter::from_fn(move || {
        let byte = bytes.next()?;
        if byte != b'%' {
            return Some(byte);
        }
        let mut ahead = bytes.clone();
        let value = hex(ahead.next()).zip(hex(ahead.next())).map(|(high, low)| high << 4 | low);
        match value {
            Some(value) if value != b'/' => {
                bytes = ahead;
                Some(value)
            }
            _ => Some(byte),
        }
    })
}

fn hex(byte: Option<u8>) -> Option<u8> {
    char::from(byte?).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Option<&str>, &str, Option<&str>, &str, Option<&str>) {
        let address = Address::split(text);
        (address.scheme, address.host, address.port, address.path, address.query)
    }

    #[test]
    fn every_part_is_found_and_all_but_the_host_may_be_missing() {
        assert_eq!(
            parts("https://a.example:8000/all/paths?search=foo#x"),
            (Some("https"), "a.example", Some("8000"), "/all/paths", Some("search=foo"))
        );
        assert_eq!(parts("a.example"), (None, "a.example", None, "", None));
        assert_eq!(parts("a.example?x"), (None, "a.example", None, "", Some("x")));
        assert_eq!(parts("//a.example/x"), (None, "a.example", None, "/x", None));
        assert_eq!(parts("u:p@a.example:1"), (None, "a.example", Some("1"), "", None));
        assert_eq!(parts("about:srcdoc"), (Some("about"), "srcdoc", None, "", None));
        assert_eq!(
            parts("a.example/go?to=https://b.example"),
            (None, "a.example", None, "/go", Some("to=https://b.example"))
        );
        assert_eq!(parts("http://[::1]:80/"), (Some("http"), "[::1]", Some("80"), "/", None));
        assert_eq!(parts("::1"), (None, "::1", None, "", None));
        assert_eq!(parts(""), (None, "", None, "", None));
    }

    #[test]
    fn hosts_take_the_form_browsers_send() {
        let name = |text| Host::read(text).and_then(|host| host.name().map(str::to_owned));
        assert_eq!(name("WWW.Example.COM."), Some("www.example.com".into()));
        assert_eq!(name("München.example"), Some("xn--mnchen-3ya.example".into()));
        assert_eq!(name("my_bucket.example"), Some("my_bucket.example".into()));
        for bad in ["", ".", "a..b", ".a", "a b", "a*b", "a%41", &"a".repeat(64), &"a.".repeat(200)] {
            assert_eq!(Host::read(bad), None, "{bad}");
        }
        for ip in ["127.0.0.1", "127.1", "10.0.0.0x1f", "[::1]", "::1", "2130706433", "127.0.0.1."] {
            assert!(matches!(Host::read(ip), Some(Host::Ip(_))), "{ip}");
        }
    }

    #[test]
    fn percent_signs_are_resolved_but_for_the_slash_and_the_broken() {
        let text = |path| String::from_utf8_lossy(&decoded(path).collect::<Vec<_>>()).into_owned();
        assert_eq!(text("/caf%C3%A9%20x"), "/café x");
        assert_eq!(text("/a%2fb%"), "/a%2fb%");
        assert_eq!(text("/%zz%4"), "/%zz%4");
    }
}
