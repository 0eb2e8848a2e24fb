//! The rules about a token's URL restrictions.

use super::{Fix, Report, Rule, Severity};
use crate::{
    token::{
        ALLOWED_URL_LIMIT, AllowedUrl, Token, Usage,
        allowed_url::{UrlParseError, redundant},
    },
    untrusted::Untrusted,
};

/// How many entries are close to [`ALLOWED_URL_LIMIT`].
const MANY: usize = ALLOWED_URL_LIMIT * 9 / 10;

/// Domains that give subdomains to everybody: well-known hosting services. (The public suffix list has thousands more; these are
/// the ones people put maps on.)
const SHARED_HOSTS: [&str; 24] = [
    "amazonaws.com",
    "amplifyapp.com",
    "appspot.com",
    "azurewebsites.net",
    "blogspot.com",
    "cloudfront.net",
    "codesandbox.io",
    "csb.app",
    "firebaseapp.com",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "glitch.me",
    "herokuapp.com",
    "netlify.app",
    "ngrok.io",
    "onrender.com",
    "pages.dev",
    "repl.co",
    "surge.sh",
    "vercel.app",
    "web.app",
    "webflow.io",
    "workers.dev",
];

pub(super) fn check(report: &mut Report<'_>) {
    let token = report.token;
    let entries = token.urls();
    if entries.is_empty() {
        if token.usage == Usage::Public && !token.default {
            report.add(Rule::Unrestricted, "", Some(Fix::EditUrls));
        }
        return;
    }
    if token.usage == Usage::Secret {
        report.add(Rule::WebSecret, "", Some(Fix::Rotate));
    }
    if entries.len() >= MANY {
        report.add(Rule::ManyUrls, format!("{} entries", entries.len()), Some(Fix::EditUrls));
    }
    let urls: Vec<_> = entries.iter().map(|entry| AllowedUrl::parse(entry.raw())).collect();
    let has_other_hosts = !urls.iter().flatten().all(AllowedUrl::is_local);
    // When no entry can match, the token is refused everywhere.
    let fault_severity = if urls.iter().all(Result::is_err) { Severity::Error } else { Severity::Warning };
    for (entry, url) in entries.iter().zip(urls) {
        let mut add = |rule, severity| report.add_as(rule, severity, entry.clone(), Some(Fix::EditUrls));
        let url = match url {
            Ok(url) => url,
            Err(fault) => {
                let rule = match fault {
                    UrlParseError::Wildcard | UrlParseError::WildcardPort => Rule::WildcardUrl,
                    UrlParseError::IpAddress => Rule::IpUrl,
                    _ => Rule::BadUrl,
                };
                add(rule, fault_severity);
                continue;
            }
        };
        if url.is_local() {
            if has_other_hosts {
                add(Rule::LocalhostUrl, Rule::LocalhostUrl.severity());
            }
        } else if url.has_scheme("http") {
            add(Rule::HttpUrl, Rule::HttpUrl.severity());
        }
        if url.asks_for_more_than_an_origin() {
            add(Rule::PathUrl, Rule::PathUrl.severity());
        }
        if is_shared(url.host()) {
            add(Rule::SharedHostUrl, Rule::SharedHostUrl.severity());
        }
    }
    // Comparing all with all is for lists the API would take.
    for found in redundant(entries.iter().take(ALLOWED_URL_LIMIT).map(Untrusted::raw)) {
        report.add(Rule::RedundantUrl, entries[found.entry].clone(), Some(Fix::EditUrls));
    }
}

/// A hosting service's own domain, or a top-level domain. A single label may also be a name of a local network, where
/// nobody else has pages, but nothing tells the two apart except `localhost`, and `com` would admit half the web.
fn is_shared(host: &str) -> bool {
    const TOP_LEVEL: [&str; 12] = ["com", "org", "net", "io", "dev", "app", "edu", "gov", "co", "uk", "de", "fr"];
    SHARED_HOSTS.contains(&host) || TOP_LEVEL.contains(&host)
}

/// A list to start mending from: entries that cannot match replaced by what was probably meant, or left out where nobody can
/// tell; then those that add nothing left out. Never longer than the list was.
pub fn mended(token: &Token) -> Vec<String> {
    let entries: Vec<String> = token
        .urls()
        .iter()
        .filter_map(|entry| match AllowedUrl::parse(entry.raw()) {
            Ok(_) => Some(entry.raw().trim().to_owned()),
            Err(fault) => fault.instead(entry.raw()),
        })
        .collect();
    let superfluous: Vec<_> =
        redundant(entries.iter().map(String::as_str)).into_iter().map(|found| found.entry).collect();
    entries.into_iter().enumerate().filter(|(at, _)| !superfluous.contains(at)).map(|(_, entry)| entry).collect()
}
