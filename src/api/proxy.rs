//! Which proxy a request goes through, by the system's settings (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` and the like), as reqwest reads them.

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

/// The kinds of proxy that can be used.
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// A variable that should name a proxy and does not. Its content is not told: there may be a password in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a proxy URL; write it like http://proxy.example:3128 or socks5h://127.0.0.1:1080")]
pub struct BadProxy(String);

/// The proxy for requests to an address, without the credentials that may be in its own; `None` when there is none, as for this machine.
///
/// # Errors
/// When a variable that applies is not the address of a proxy. The HTTP library would go without one.
pub fn of(address: &str) -> Result<Option<String>, BadProxy> {
    let Ok(uri) = address.parse::<Uri>() else { return Ok(None) };
    if super::Endpoint::new(address, "", crate::secret::Secret::new("")).is_ok_and(|endpoint| endpoint.is_loopback()) {
        return Ok(None);
    }
    check(uri.scheme_str().unwrap_or_default(), |name| {
        std::env::var_os(name).map(|value| value.to_string_lossy().into())
    })?;
    let Some(intercept) = Matcher::from_system().intercept(&uri) else { return Ok(None) };
    let proxy = intercept.uri();
    let port = proxy.port_u16().map_or_else(String::new, |port| format!(":{port}"));
    let name = format!("{}://{}{port}", proxy.scheme_str().unwrap_or("http"), proxy.host().unwrap_or_default());
    Ok(Some(crate::untrusted::shown(&name).into_owned()))
}

/// Whether the first variable that says something about a scheme names a proxy.
fn check(scheme: &str, environment: impl Fn(&str) -> Option<String>) -> Result<(), BadProxy> {
    let names =
        [format!("{scheme}_proxy"), format!("{scheme}_proxy").to_uppercase(), "all_proxy".into(), "ALL_PROXY".into()];
    for name in names {
        let Some(value) = environment(&name).filter(|value| !value.trim().is_empty()) else { continue };
        let value = if value.contains("://") { value } else { format!("http://{value}") };
        let is_proxy = Url::parse(value.trim()).is_ok_and(|url| {
            url.has_host() && matches!(url.path(), "" | "/") && url.query().is_none() && SCHEMES.contains(&url.scheme())
        });
        if !is_proxy {
            return Err(BadProxy(name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_on_this_machine_goes_through_a_proxy() {
        assert_eq!(of("http://127.0.0.1:8787"), Ok(None));
        assert_eq!(of("http://localhost:8787"), Ok(None));
        assert_eq!(of("no address"), Ok(None));
    }

    #[test]
    fn a_variable_that_names_no_proxy_is_told_without_its_content() {
        let with = |name: &'static str, value: &'static str| {
            check("https", move |asked| (asked == name).then(|| value.to_owned()))
        };
        for good in ["http://proxy:3128", "proxy.example:3128", "socks5h://127.0.0.1:1080", "https://u:p@proxy", ""] {
            assert_eq!(with("HTTPS_PROXY", good), Ok(()), "{good}");
        }
        for bad in ["http://", "http://proxy:99999", "ftp://proxy:21", "http//proxy secret", ":::"] {
            for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
                let error = with(name, bad).expect_err(bad);
                assert!(error.to_string().starts_with(name) && !error.to_string().contains("secret"), "{error}");
            }
        }
        assert_eq!(with("HTTP_PROXY", ":::"), Ok(()), "another scheme's");
    }
}
