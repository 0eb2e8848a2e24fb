//! The rules row by row, each row with what it rests on; and what must hold for any text.

use proptest::prelude::*;

use super::*;

/// What a row rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Basis {
    /// An example printed in the documentation (hosts filled in where the copies at hand left them out).
    Published,
    /// Follows from a sentence of the documentation.
    Rule,
    /// Follows from the rules taken together, or from how names and paths work.
    Derived,
    /// Not documented: decided here.
    Undocumented,
}

use Basis::{Derived, Published, Rule, Undocumented};

fn ok(entry: &str, page: &str) -> EntryMatch {
    let entry = AllowedUrl::parse(entry).expect("an entry");
    entry.admits(&PageUrl::parse(page).expect("a page"))
}

#[test]
fn pages_are_admitted_as_the_rules_say() {
    let rows = [
        (Published, "http://example.com", "http://www.production.example.com"),
        (Published, "example.com/path", "https://example.com/path/more"),
        (Published, "mapbox.com", "https://mapbox.com/"),
        (Published, "mapbox.com:2019", "https://mapbox.com:2019/"),
        (Published, "http://mapbox.com", "http://mapbox.com/"),
        (Published, "docs.mapbox.com", "https://docs.mapbox.com/"),
        (
            Published,
            "mapbox.com/help/getting-started/access-tokens",
            "https://mapbox.com/help/getting-started/access-tokens",
        ),
        (Published, "mapbox.com/?page=1", "https://mapbox.com/?page=1"),
        (Rule, "example.com", "http://example.com/"),
        (Rule, "example.com", "https://example.com/"),
        (Rule, "example.com", "http://example.com:443/"),
        (Rule, "example.com", "https://example.com:80/"),
        (Rule, "example.com:8000", "https://example.com:8000/x"),
        (Rule, "example.com", "https://a.b.c.example.com/deep/below?x=1"),
        (Rule, "localhost", "http://localhost/"),
        (Rule, "localhost:3000", "http://localhost:3000/"),
        (Derived, "example.com:443", "https://example.com/"),
        (Derived, "example.com/path", "https://example.com/path?x=1"),
        (Derived, "Example.COM", "https://example.com/"),
        (Derived, "about:srcdoc", "about:srcdoc"),
        (Undocumented, "example.com/path", "https://example.com/path/"),
        (Undocumented, "example.com/path/", "https://example.com/path"),
        (Undocumented, "example.com/", "https://example.com/anything"),
        (Undocumented, "example.com/?a=1&b=2", "https://example.com/x?b=2&c=3&a=1"),
        (Undocumented, "example.com/a", "https://example.com/%61"),
        (Undocumented, "example.com/café", "https://example.com/caf%C3%A9"),
        (Undocumented, "münchen.example", "https://xn--mnchen-3ya.example/"),
        (Undocumented, "example.com.", "https://example.com/"),
        (Undocumented, "example.com", "https://example.com./"),
        (Undocumented, "HTTPS://example.com", "https://example.com/"),
        (Undocumented, "capacitor://localhost", "capacitor://localhost/"),
        (Undocumented, "example.com", "example.com"),
        // By the rules; a report of 2020 says otherwise for this one kind of host, unexplained.
        (Rule, "x.s3-website.eu-central-1.amazonaws.com", "http://x.s3-website.eu-central-1.amazonaws.com/"),
    ];
    for (basis, entry, page) in rows {
        assert!(ok(entry, page).is_admission(), "{basis:?}: {entry} should admit {page}: {}", ok(entry, page));
    }
}

#[test]
fn pages_are_refused_with_the_reason() {
    let rows = [
        (Published, "example.com/path", "https://example.com/Path", Refusal::PathCase),
        (Rule, "https://example.com", "http://example.com/", Refusal::Scheme),
        (Rule, "example.com", "https://example.com:8000/", Refusal::UnlistedPort(8000)),
        (Rule, "example.com", "https://example.org/", Refusal::OtherHost),
        (Rule, "localhost", "http://localhost:3000/", Refusal::UnlistedPort(3000)),
        (Rule, "example.com", "http://127.0.0.1/", Refusal::PageIsIp),
        (Derived, "example.com:8000", "https://example.com/", Refusal::OtherPort(8000)),
        (Derived, "sub.example.com", "https://example.com/", Refusal::ParentDomain),
        (Derived, "example.com", "https://notexample.com/", Refusal::Lookalike),
        (Derived, "example.com", "https://example.com.evil.example/", Refusal::OtherHost),
        (Derived, "example.com", "https://example.com@evil.example/", Refusal::OtherHost),
        (Derived, "example.com/path", "https://example.com/", Refusal::OriginOnly),
        (Derived, "example.com/?page=1", "https://example.com", Refusal::OriginOnly),
        (Derived, "example.com/a/b", "https://example.com/a", Refusal::OtherPath),
        (Undocumented, "example.com/path", "https://example.com/pathology", Refusal::PathSegment),
        (Undocumented, "example.com/a/b", "https://example.com/a%2Fb", Refusal::OtherPath),
        (Undocumented, "example.com/?page=1", "https://example.com/?page=2", Refusal::Query),
        (Undocumented, "example.com/?page=1", "https://example.com/?page=10", Refusal::Query),
        (Undocumented, "https://example.com", "example.com", Refusal::Scheme),
        (Undocumented, "app://localhost:8100", "app://localhost/", Refusal::OtherPort(8100)),
    ];
    for (basis, entry, page, refusal) in rows {
        assert_eq!(ok(entry, page), EntryMatch::Refuses(refusal), "{basis:?}: {entry} and {page}");
    }
}

#[test]
fn what_cannot_work_is_a_fault() {
    let long = format!("example.com/{}", "x".repeat(MAX_LENGTH));
    let rows = [
        ("", UrlParseError::Empty),
        (" \t\n", UrlParseError::Empty),
        (&long, UrlParseError::TooLong),
        ("*.example.com", UrlParseError::Wildcard),
        ("https://example.com/*", UrlParseError::Wildcard),
        ("*", UrlParseError::Wildcard),
        ("http://localhost:*", UrlParseError::WildcardPort),
        (".example.com", UrlParseError::LeadingDot),
        ("127.0.0.1", UrlParseError::IpAddress),
        ("http://10.0.0.7:8080/x", UrlParseError::IpAddress),
        ("[::1]:3000", UrlParseError::IpAddress),
        ("fe80::1", UrlParseError::IpAddress),
        ("/just/a/path", UrlParseError::NoHost),
        ("https://", UrlParseError::NoHost),
        ("?page=1", UrlParseError::NoHost),
        (":8000", UrlParseError::NoHost),
        ("exa$mple.com", UrlParseError::BadHost),
        ("example..com", UrlParseError::BadHost),
        ("a b.example", UrlParseError::Space),
        ("example.com/\u{1b}[31m", UrlParseError::Space),
        ("a.example,b.example", UrlParseError::Several),
        ("example.com\\x", UrlParseError::Backslash),
        ("ada@example.com", UrlParseError::UserInfo),
        ("example.com/#/route", UrlParseError::Fragment),
        ("example.com:0", UrlParseError::BadPort),
        ("example.com:65536", UrlParseError::BadPort),
        ("example.com:", UrlParseError::BadPort),
        ("example.com:+80", UrlParseError::BadPort),
        ("https:example.com", UrlParseError::BadScheme),
        ("https:/example.com", UrlParseError::BadScheme),
        ("https//example.com", UrlParseError::BadScheme),
        ("file:///home/ada/map.html", UrlParseError::SilentScheme),
    ];
    for (entry, fault) in rows {
        assert_eq!(AllowedUrl::parse(entry), Err(fault), "{}", crate::untrusted::shown(entry));
    }
}

#[test]
fn what_an_entry_covers() {
    let covers = |a, b| AllowedUrl::parse(a).expect(a).covers(&AllowedUrl::parse(b).expect(b));
    for (a, b) in [
        ("example.com", "example.com/"),
        ("example.com", "https://a.example.com:443/x?y=1"),
        ("example.com/a", "example.com/a/b"),
        ("example.com/?a=1", "example.com/x?b=2&a=1"),
        ("EXAMPLE.com", "example.com"),
    ] {
        assert!(covers(a, b), "{a} covers {b}");
    }
    for (a, b) in [
        ("https://example.com", "example.com"),
        ("example.com:443", "https://example.com"),
        ("example.com", "example.com:8000"),
        ("a.example.com", "example.com"),
        ("example.com", "notexample.com"),
        ("example.com/a", "example.com/ab"),
        ("example.com/a", "example.com/A"),
        ("example.com/?a=1", "example.com"),
    ] {
        assert!(!covers(a, b), "{a} does not cover {b}");
    }
}

/// Addresses made of few parts, so that they often have to do with one another.
fn address() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(vec!["", "http://", "https://", "HTTPS://"]);
    let host = prop::sample::select(vec![
        "a.example",
        "b.a.example",
        "A.example",
        "xa.example",
        "c.b.a.example",
        "münchen.example",
    ]);
    let port = prop::sample::select(vec!["", ":80", ":443", ":8000"]);
    let path = prop::sample::select(vec!["", "/", "/p", "/p/", "/P", "/p/q", "/pq", "/%70"]);
    let query = prop::sample::select(vec!["", "?", "?x=1", "?y=2&x=1", "?x=10"]);
    (scheme, host, port, path, query).prop_map(|(a, b, c, d, e)| [a, b, c, d, e].concat())
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(entry in any::<String>(), page in any::<String>()) {
        let list_match = judge([&*entry], Some(&page));
        for verdict in &list_match.verdicts {
            prop_assert!(!verdict.to_string().is_empty());
        }
        hints(&list_match);
        if let Err(fault) = AllowedUrl::parse(&entry)
            && let Some(instead) = fault.instead(&entry)
        {
            prop_assert!(AllowedUrl::parse(&instead).is_ok(), "{:?}", instead);
        }
    }

    #[test]
    fn texts_that_look_like_addresses_do_not_either(entry in "[a-z*.:/\\[\\]@?#%0-9\\\\ ]{0,24}", page in "[a-z.:/\\[\\]@?#%0-9]{0,24}") {
        judge([&*entry], Some(&page));
        if let Err(fault) = AllowedUrl::parse(&entry)
            && let Some(instead) = fault.instead(&entry)
        {
            prop_assert!(AllowedUrl::parse(&instead).is_ok(), "{:?} for {:?}", instead, entry);
        }
    }

    #[test]
    fn an_entry_admits_the_page_at_its_own_address(text in address()) {
        prop_assert!(ok(&text, &text).is_admission(), "{}", ok(&text, &text));
    }

    #[test]
    fn what_is_covered_admits_nothing_more(a in address(), b in address(), page in address()) {
        let (wide, narrow) = (AllowedUrl::parse(&a).expect("an entry"), AllowedUrl::parse(&b).expect("an entry"));
        if wide.covers(&narrow) && ok(&b, &page).is_admission() {
            prop_assert!(ok(&a, &page).is_admission(), "{} covers {}, but not {}", a, b, page);
        }
    }

    #[test]
    fn leaving_out_what_is_redundant_changes_no_answer(entries in prop::collection::vec(address(), 0..6), page in address()) {
        let redundant: Vec<_> = redundant(entries.iter().map(String::as_str)).into_iter().map(|found| found.entry).collect();
        let kept: Vec<_> = entries.iter().enumerate().filter(|(at, _)| !redundant.contains(at)).map(|(_, entry)| entry.as_str()).collect();
        prop_assert_eq!(judge(entries.iter().map(String::as_str), Some(&page)).is_allowed(), judge(kept, Some(&page)).is_allowed());
    }
}
