//! Which proxy a request goes through, by the system's settings (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` and the like), as reqwest reads them.
//!
//! Callers: `jeton doctor`.

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;

/// The proxy for requests to an address, without the credentials that may be in its own; `None` when there is none, as for this machine.
pub fn of(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    if super::Endpoint::new(address, "", crate::secret::Secret::new("")).is_ok_and(|endpoint| endpoint.is_loopback()) {
        return None;
    }
    let intercept = Matcher::from_system().intercept(&uri)?;
    let proxy = intercept.uri();
    let port = proxy.port_u16().map_or_else(String::new, |port| format!(":{port}"));
    Some(crate::untrusted::shown(&format!("{}://{}{port}", proxy.scheme_str()?, proxy.host()?)).into_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_on_this_machine_goes_through_a_proxy() {
        assert_eq!(super::of("http://127.0.0.1:8787"), None);
        assert_eq!(super::of("no address"), None);
    }
}
