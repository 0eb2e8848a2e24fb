//! [`TransportError`]: what went wrong between jeton and the server, in plain words.
//!
//! Invariants: it contains no URL, header or body. reqwest prints the address, and with it the token, in both
//! `Display` and `Debug` of its errors; `TransportError::of` is the only function that sees one, and keeps only what it recognises,
//! else the innermost cause, scrubbed.

use std::{error::Error, fmt, io};

use rustls::{CertificateError, Error as Tls};

use crate::token::decoded::scrub;

/// Why there is no answer. `Display` fits after "can't reach example.com: ".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// No address for the name.
    Name,
    /// The machine answers, but nothing listens there.
    Refused,
    /// There is no way to the machine.
    NoRoute,
    /// The proxy cannot be reached, or did not let us through: which, and why.
    Proxy(String),
    /// The certificate, or the way TLS is spoken.
    Tls(TlsError),
    /// Nothing came back within the time we wait.
    TooLong,
    /// The connection was closed in the middle.
    Closed,
    /// What answered does not speak HTTP.
    NotHttp,
    /// Something else, in the system's words.
    Other(String),
}

/// What is wrong with TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsError {
    /// Signed by nobody this machine trusts.
    UnknownIssuer,
    /// Out of date, or not yet valid.
    Dates,
    /// For another host.
    OtherHost,
    /// A certificate authority's own, presented as a server's.
    Authority,
    /// Any other fault of the certificate.
    BadCertificate,
    /// What answered does not speak TLS.
    NotTls,
    /// The two sides do not agree on how to speak it.
    NoAgreement,
    /// No certificates of authorities on this machine.
    NoAuthorities,
}

impl TransportError {
    /// What an error of the HTTP library comes down to.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        if error.is_dns() {
            return Self::Name;
        }
        let mut innermost = String::new();
        let mut cause: Option<&(dyn Error + 'static)> = error.source();
        while let Some(error) = cause {
            if let Some(transport_error) = recognise(error) {
                return transport_error;
            }
            innermost = error.to_string();
            // An `io::Error` made of another error does not name that one as its source, but that one's source.
            cause = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(inner) => Some(inner),
                None => error.source(),
            };
        }
        if error.is_timeout() {
            return Self::TooLong;
        }
        Self::Other(scrub(&innermost).into_owned())
    }

    /// What can be done about it, in one sentence.
    pub fn next(&self) -> &'static str {
        match self {
            Self::Name => "Check the network and the host name.",
            Self::Refused => "Check that the server is running, and the port in the API URL.",
            Self::NoRoute => "Check the network.",
            Self::Proxy(_) => "Check HTTPS_PROXY, ALL_PROXY and NO_PROXY; jeton doctor shows the proxy in use.",
            Self::Tls(TlsError::UnknownIssuer) => {
                "If your company inspects traffic, pass its certificate with --ca-file. Otherwise, someone may be intercepting \
                    the connection."
            }
            Self::Tls(TlsError::Dates) => "Check this machine's clock.",
            Self::Tls(TlsError::OtherHost) => {
                "Check the API URL. If it is right, someone may be intercepting the connection."
            }
            Self::Tls(TlsError::NotTls) => "Check the API URL, and whether this network has a sign-in page.",
            Self::Tls(TlsError::Authority) => {
                "Use a server certificate: one signed by that authority, or a self-signed one with CA:FALSE (openssl req -x509 … \
                    -addext basicConstraints=critical,CA:FALSE). Then pass it with --ca-file."
            }
            Self::Tls(TlsError::NoAuthorities) => "Install ca-certificates, or pass a file with --ca-file.",
            Self::Tls(_) => "Check the API URL, and any proxy or firewall in between.",
            Self::TooLong => "Try again, or allow more time with --timeout.",
            Self::Closed | Self::Other(_) => "Try again in a moment.",
            Self::NotHttp => "Check the API URL.",
        }
    }

    /// Why a proxy cannot be reached, in the words that fit it.
    pub(super) fn of_a_proxy(&self) -> &'static str {
        match self {
            Self::Name => "host not found",
            Self::Refused => "connection refused",
            _ => "no route to host",
        }
    }

    /// Whether trying again may go better.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Tls(_) | Self::NotHttp | Self::Proxy(_) => false,
            Self::Name | Self::Refused | Self::NoRoute | Self::TooLong | Self::Closed | Self::Other(_) => true,
        }
    }
}

/// What one error of the chain says, if it says enough.
fn recognise(error: &(dyn Error + 'static)) -> Option<TransportError> {
    if let Some(tls) = error.downcast_ref::<Tls>() {
        return Some(TransportError::Tls(recognise_tls(tls)));
    }
    if let Some(hyper) = error.downcast_ref::<hyper::Error>() {
        if hyper.is_parse() {
            return Some(TransportError::NotHttp);
        }
        if hyper.is_incomplete_message() || hyper.is_canceled() || hyper.is_closed() {
            return Some(TransportError::Closed);
        }
    }
    if let Some(io) = error.downcast_ref::<io::Error>() {
        return match io.kind() {
            io::ErrorKind::ConnectionRefused => Some(TransportError::Refused),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable => {
                Some(TransportError::NoRoute)
            }
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Some(TransportError::Closed),
            io::ErrorKind::TimedOut => Some(TransportError::TooLong),
            _ => None,
        };
    }
    // The errors of the way through a proxy are not public; their words are.
    let words = error.to_string();
    if let Some(why) = words.strip_prefix("SOCKS error: ") {
        return Some(TransportError::Proxy(match why {
            "failed to create underlying connection" => "the target can't be reached".into(),
            why => format!("it refused the connection ({})", scrub(why)),
        }));
    }
    match words.strip_prefix("tunnel error: ")? {
        "proxy authorization required" => Some(TransportError::Proxy("it requires a user name and password".into())),
        "failed to create underlying connection" => None,
        _ => Some(TransportError::Proxy("it refused the connection".into())),
    }
}

fn recognise_tls(error: &Tls) -> TlsError {
    match error {
        Tls::InvalidCertificate(fault) => match fault {
            CertificateError::UnknownIssuer => TlsError::UnknownIssuer,
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => TlsError::Dates,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TlsError::OtherHost,
            // webpki's error is not in rustls's interface; its name is.
            CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => TlsError::Authority,
            _ => TlsError::BadCertificate,
        },
        Tls::InvalidMessage(_) => TlsError::NotTls,
        // The words of the platform's verifier where a machine has no store of authorities.
        Tls::General(words) if words.contains("No CA certificates") => TlsError::NoAuthorities,
        _ => TlsError::NoAgreement,
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "host not found",
            Self::Refused => "connection refused; no server is listening there",
            Self::NoRoute => "network unreachable",
            Self::Proxy(why) => return f.write_str(why),
            Self::Tls(transport_error) => match transport_error {
                TlsError::UnknownIssuer => "its certificate is not trusted by this machine",
                TlsError::Dates => "its certificate has expired or is not valid yet",
                TlsError::OtherHost => "its certificate is for another host",
                TlsError::Authority => {
                    "it presents a certificate authority's certificate instead of a server certificate"
                }
                TlsError::BadCertificate => "its certificate is not valid",
                TlsError::NotTls => "the server does not speak TLS",
                TlsError::NoAgreement => "no TLS version or cipher in common",
                TlsError::NoAuthorities => "this machine has no CA certificates to check it with",
            },
            Self::TooLong => "timed out",
            Self::Closed => "it closed the connection before the answer was complete",
            Self::NotHttp => "the server does not speak HTTP",
            Self::Other(words) => return f.write_str(&crate::untrusted::shown(words)),
        })
    }
}

impl From<&str> for TransportError {
    fn from(words: &str) -> Self {
        Self::Other(words.to_owned())
    }
}
