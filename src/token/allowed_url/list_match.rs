//! [`judge`]: what a token's whole list of allowed URLs says to one request.

use super::{AllowedUrl, EntryMatch, PageUrl, Refusal};

/// The answer for the list, and one verdict for each entry, in the list's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListMatch {
    /// What Mapbox would do.
    pub outcome: Outcome,
    /// One for each entry.
    pub verdicts: Vec<EntryMatch>,
    /// Whether the page is on the machine of the user.
    pub page_is_local: bool,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The list is empty: the token works from anywhere.
    Unrestricted,
    /// The entry at this index lets it through (the first that does).
    Admitted(usize),
    /// No entry does: 403.
    Refused,
    /// There is nothing to compare with: 403.
    NoReferer,
    /// What there is, is not an address: 403.
    UnreadableReferer,
}

impl ListMatch {
    /// Whether the request goes through, as far as URL restrictions are concerned.
    pub const fn is_allowed(&self) -> bool {
        matches!(self.outcome, Outcome::Unrestricted | Outcome::Admitted(_))
    }
}

/// Judges a request by its `Referer` header. An empty header counts as none. Entries that cannot be read match nothing and spoil
/// nothing (not documented).
pub fn judge<'a>(entries: impl IntoIterator<Item = &'a str>, referer: Option<&str>) -> ListMatch {
    let page = referer.filter(|text| !text.trim().is_empty()).map(PageUrl::parse);
    let verdict = |entry: &str| match (AllowedUrl::parse(entry), &page) {
        (Err(fault), _) => EntryMatch::NeverMatches(fault),
        (Ok(_), None) => EntryMatch::Refuses(Refusal::NoReferer),
        (Ok(_), Some(Err(_))) => EntryMatch::Refuses(Refusal::UnreadableReferer),
        (Ok(entry), Some(Ok(page))) => entry.admits(page),
    };
    let verdicts: Vec<_> = entries.into_iter().map(verdict).collect();
    let outcome = match (verdicts.iter().position(|verdict| verdict.is_admission()), &page) {
        _ if verdicts.is_empty() => Outcome::Unrestricted,
        (Some(first), _) => Outcome::Admitted(first),
        (None, None) => Outcome::NoReferer,
        (None, Some(Err(_))) => Outcome::UnreadableReferer,
        (None, Some(Ok(_))) => Outcome::Refused,
    };
    let page_is_local = matches!(&page, Some(Ok(page)) if page.is_local());
    ListMatch { outcome, verdicts, page_is_local }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::allowed_url::UrlParseError;

    #[test]
    fn an_empty_list_lets_everything_through() {
        assert!(judge([], None).is_allowed());
        assert_eq!(judge([], Some("https://example.com/")).outcome, Outcome::Unrestricted);
    }

    #[test]
    fn without_a_referer_a_restricted_token_is_refused() {
        for referer in [None, Some(""), Some("  ")] {
            let list_match = judge(["example.com"], referer);
            assert_eq!(list_match.outcome, Outcome::NoReferer);
            assert_eq!(list_match.verdicts, [EntryMatch::Refuses(Refusal::NoReferer)]);
        }
        assert_eq!(judge(["example.com"], Some("https:///")).outcome, Outcome::UnreadableReferer);
    }

    #[test]
    fn one_entry_is_enough_and_a_bad_one_spoils_nothing() {
        let list_match = judge(["*.example.com", "example.org", "example.com"], Some("https://a.example.com/"));
        assert_eq!(list_match.outcome, Outcome::Admitted(2));
        assert_eq!(list_match.verdicts[0], EntryMatch::NeverMatches(UrlParseError::Wildcard));
        assert_eq!(list_match.verdicts[1], EntryMatch::Refuses(Refusal::OtherHost));
        assert!(list_match.verdicts[2].is_admission());
    }

    #[test]
    fn a_list_of_nothing_but_bad_entries_refuses_everything() {
        assert_eq!(judge(["*", "127.0.0.1"], Some("http://127.0.0.1/")).outcome, Outcome::Refused);
    }
}
