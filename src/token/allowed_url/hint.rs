//! [`Hint`]: what the documentation advises when URL restrictions do not do what was expected, matched to the case.

use super::{EntryMatch, ListMatch, Outcome, Refusal, UrlParseError};

/// A piece of advice. Its words are [`Hint::words`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Hint {
    /// The site's referrer policy keeps the header back.
    ReferrerPolicy,
    /// A content security policy can do so too.
    ContentSecurityPolicy,
    /// Brave, Ghostery and their like.
    PrivacyExtension,
    /// Old versions of the library.
    OldGlJs,
    /// Apps built on the native SDKs.
    NativeSdk,
    /// Programs that are not browsers.
    NotABrowser,
    /// A path was asked for and only an origin came.
    OriginOnly,
    /// Development on one's own machine.
    Localhost,
    /// A port that is not listed.
    Port,
    /// Wildcards and IP addresses among the entries.
    Unsupported,
    /// The page is a frame's, or a shared style's.
    Frame,
    /// What the browser really sends decides.
    LookAtTheHeader,
    /// Answers from a cache.
    Cache,
    /// A restriction only makes misuse harder.
    BestEffort,
}

impl Hint {
    /// What to know and what to do, in one or two sentences.
    pub const fn words(self) -> &'static str {
        match self {
            Self::ReferrerPolicy => {
                "A site with the referrer policy no-referrer or same-origin sends no Referer to Mapbox. Use \
                    strict-origin-when-cross-origin, the browsers' default."
            }
            Self::ContentSecurityPolicy => {
                "A strict content security policy can suppress the Referer. Compare yours with the one recommended for Mapbox GL JS."
            }
            Self::PrivacyExtension => {
                "Privacy extensions and browsers (Brave Shields, Ghostery and others) remove the Referer. Try without them. Their \
                    users can't use a restricted token."
            }
            Self::OldGlJs => "Mapbox GL JS before 0.53.1 may send no Referer. Upgrade before you restrict the token.",
            Self::NativeSdk => {
                "Apps built with the mobile SDKs send no Referer. Give them their own token without URL restrictions."
            }
            Self::NotABrowser => {
                "curl, scripts and servers send no Referer unless told to. Give them their own token without URL restrictions. To \
                    test this one, send the header: curl -H 'Referer: https://example.com/'."
            }
            Self::OriginOnly => {
                "Most browsers send only the origin (https://example.com/) to another site, so an entry with a path or a query \
                    seldom matches. Enter just the host."
            }
            Self::Localhost => {
                "localhost is refused unless it is listed, with its port if that is not 80 or 443 (localhost:3000). Better: use a \
                    separate token for development."
            }
            Self::Port => {
                "An entry without a port allows 80 and 443. Add the page's port to the host (example.com:8000)."
            }
            Self::Unsupported => {
                "Wildcards and IP addresses are not supported. A domain already covers its subdomains and all paths."
            }
            Self::Frame => {
                "For a map in a frame or behind Mapbox Studio's Share button, the Referer is the frame's page. Add the host that \
                    the header shows."
            }
            Self::LookAtTheHeader => {
                "Check the failing request in the network tab of the browser's developer tools: only its Referer header counts."
            }
            Self::Cache => {
                "A cache in the browser or at Mapbox may still use the old list. Try a private window. How long responses are \
                    cached depends on the service."
            }
            Self::BestEffort => {
                "A Referer can be forged: restrictions make misuse harder, not impossible. They apply to billable services."
            }
        }
    }
}

/// The advice that fits a judgement, the likeliest first. Source: "Troubleshooting URL restrictions" and "Requirements and
/// limitations" in the documentation's guide to token management; [`Hint::OriginOnly`] follows from browsers' default policy.
pub fn hints(list_match: &ListMatch) -> Vec<Hint> {
    let any = |wanted: fn(&EntryMatch) -> bool| list_match.verdicts.iter().any(wanted);
    let mut hints = Vec::new();
    let mut add = |condition: bool, hint: Hint| {
        if condition {
            hints.push(hint);
        }
    };
    let is_refused = list_match.outcome == Outcome::Refused;
    let has_no_referer = list_match.outcome == Outcome::NoReferer;

    add(is_refused && list_match.page_is_local, Hint::Localhost);
    add(is_refused && any(|verdict| matches!(verdict, EntryMatch::Refuses(Refusal::OriginOnly))), Hint::OriginOnly);
    let port =
        |verdict: &EntryMatch| matches!(verdict, EntryMatch::Refuses(Refusal::UnlistedPort(_) | Refusal::OtherPort(_)));
    add(is_refused && !list_match.page_is_local && list_match.verdicts.iter().any(port), Hint::Port);
    for hint in [
        Hint::NotABrowser,
        Hint::ReferrerPolicy,
        Hint::PrivacyExtension,
        Hint::ContentSecurityPolicy,
        Hint::OldGlJs,
        Hint::NativeSdk,
    ] {
        add(has_no_referer, hint);
    }
    let unsupported = any(|verdict| {
        let faults =
            [UrlParseError::Wildcard, UrlParseError::WildcardPort, UrlParseError::LeadingDot, UrlParseError::IpAddress];
        matches!(verdict, EntryMatch::NeverMatches(fault) if faults.contains(fault))
    });
    add(
        unsupported || (is_refused && any(|verdict| *verdict == EntryMatch::Refuses(Refusal::PageIsIp))),
        Hint::Unsupported,
    );
    let nothing_is_near =
        is_refused && list_match.verdicts.iter().all(|verdict| *verdict == EntryMatch::Refuses(Refusal::OtherHost));
    add(nothing_is_near && !list_match.page_is_local, Hint::Frame);
    add(list_match.outcome != Outcome::Unrestricted, Hint::LookAtTheHeader);
    add(list_match.outcome != Outcome::Unrestricted, Hint::Cache);
    add(list_match.is_allowed(), Hint::BestEffort);
    hints
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use strum::IntoEnumIterator as _;

    use super::{super::judge, *};

    fn of(entries: &[&str], referer: Option<&str>) -> Vec<Hint> {
        hints(&judge(entries.iter().copied(), referer))
    }

    #[test]
    fn each_case_starts_with_the_advice_that_fits_it_best() {
        assert_eq!(of(&["example.com"], None)[0], Hint::NotABrowser);
        assert_eq!(of(&["example.com/path"], Some("https://example.com/"))[0], Hint::OriginOnly);
        assert_eq!(of(&["example.com"], Some("http://localhost:3000/"))[0], Hint::Localhost);
        assert_eq!(of(&["localhost"], Some("http://localhost:3000/"))[0], Hint::Localhost);
        assert_eq!(of(&["example.com"], Some("https://example.com:8000/"))[0], Hint::Port);
        assert_eq!(of(&["*.example.com"], Some("https://example.com/"))[0], Hint::Unsupported);
        assert_eq!(of(&["example.com"], Some("https://other.example/"))[0], Hint::Frame);
        assert_eq!(of(&["example.com"], Some("https://example.com/"))[0], Hint::LookAtTheHeader);
        assert_eq!(of(&[], None), [Hint::BestEffort]);
    }

    #[test]
    fn every_hint_is_given_in_some_case() {
        let cases = [
            of(&[], None),
            of(&["example.com"], None),
            of(&["example.com/path"], Some("https://example.com/")),
            of(&["example.com"], Some("http://localhost:3000/")),
            of(&["example.com"], Some("https://example.com:8000/")),
            of(&["127.0.0.1"], Some("https://other.example/")),
            of(&["example.com"], Some("https://other.example/")),
        ];
        let given: HashSet<_> = cases.into_iter().flatten().collect();
        for hint in Hint::iter() {
            assert!(given.contains(&hint), "{hint:?}");
            assert!(hint.words().ends_with(['.', ')']), "{hint:?}");
        }
    }
}
