//! Each rule: a token that breaks it, and one close by that does not.

use std::collections::HashSet;

use proptest::prelude::*;
use strum::IntoEnumIterator as _;

use super::*;

const NOW: &str = "2026-11-21T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

/// A token that breaks no rule: restricted, one job's scopes, named, young.
fn good(usage: Usage) -> Token {
    let scopes: &[&str] = match usage {
        Usage::Public => &["styles:read", "fonts:read"],
        Usage::Secret | Usage::Temporary | Usage::Unknown => &["uploads:read", "uploads:write"],
    };
    Token {
        id: "cmi00000000000000000000aa".into(),
        usage,
        client: "api".into(),
        default: false,
        note: Some("Checkout".into()),
        scopes: scopes.iter().map(|id| Scope::from(*id)).collect(),
        allowed_urls: (usage == Usage::Public).then(|| vec!["https://shop.example.com".into()]),
        created: Some((now() - SignedDuration::from_hours(24)).into()),
        modified: None,
        token: None,
        flaws: Box::default(),
    }
}

fn with_urls(urls: &[&str]) -> Token {
    Token { allowed_urls: Some(urls.iter().map(|url| Untrusted::from(*url)).collect()), ..good(Usage::Public) }
}

fn with_scopes(usage: Usage, scopes: &[&str]) -> Token {
    Token { scopes: scopes.iter().map(|id| Scope::from(*id)).collect(), ..good(usage) }
}

fn named(name: &str) -> Token {
    Token { note: Some(name.into()), ..good(Usage::Public) }
}

fn days_old(days: i64, usage: Usage) -> Token {
    Token { created: Some((now() - SignedDuration::from_hours(24 * days)).into()), ..good(usage) }
}

fn rules(tokens: &[Token]) -> Vec<&'static str> {
    let findings = lint(tokens, &Catalogue::bundled(), &HashMap::new(), now());
    findings.iter().map(|finding| finding.rule.id()).collect()
}

fn rules_after(token: Token, last_use: LastUse) -> Vec<&'static str> {
    let last_uses = HashMap::from([(token.id.clone(), last_use)]);
    let findings = lint(&[token], &Catalogue::bundled(), &last_uses, now());
    findings.iter().map(|finding| finding.rule.id()).collect()
}

#[test]
fn good_tokens_have_no_findings() {
    assert_eq!(rules(&[good(Usage::Public)]), [""; 0]);
    assert_eq!(rules(&[good(Usage::Secret)]), [""; 0]);
    assert_eq!(rules(&[with_urls(&["localhost:3000"])]), [""; 0], "a token for development");
}

#[test]
fn restrictions_are_asked_of_public_tokens_but_the_default_one() {
    let open = Token { allowed_urls: None, ..good(Usage::Public) };
    assert_eq!(rules(std::slice::from_ref(&open)), ["unrestricted"]);
    assert_eq!(rules(&[Token { default: true, ..open }]), [""; 0]);
}

#[test]
fn entries_that_never_match_are_worse_when_there_is_no_other() {
    let some = lint(&[with_urls(&["*.example.com", "example.org"])], &Catalogue::bundled(), &HashMap::new(), now());
    assert_eq!((some[0].rule, some[0].severity), (Rule::WildcardUrl, Severity::Warning));
    assert_eq!(some[0].message(), "wildcards never match: *.example.com");
    let all = lint(&[with_urls(&["127.0.0.1", "exa mple"])], &Catalogue::bundled(), &HashMap::new(), now());
    assert_eq!(all.iter().map(|finding| finding.rule).collect::<Vec<_>>(), [Rule::IpUrl, Rule::BadUrl]);
    assert!(all.iter().all(|finding| finding.severity == Severity::Error));
}

#[test]
fn entries_are_looked_at_one_by_one() {
    assert_eq!(rules(&[with_urls(&["example.com", "a.example.com"])]), ["redundant-url"]);
    assert_eq!(rules(&[with_urls(&["http://example.com"])]), ["http-url"]);
    assert_eq!(rules(&[with_urls(&["http://localhost"])]), [""; 0]);
    assert_eq!(rules(&[with_urls(&["example.com", "localhost:3000"])]), ["localhost-url"]);
    assert_eq!(rules(&[with_urls(&["example.com/map"])]), ["path-url"]);
    assert_eq!(rules(&[with_urls(&["github.io"])]), ["shared-host-url"]);
    assert_eq!(rules(&[with_urls(&["ada.github.io"])]), [""; 0]);
    assert_eq!(rules(&[with_urls(&["com"])]), ["shared-host-url"]);
    let many: Vec<_> = (0..90).map(|at| format!("site{at}.example")).collect();
    assert_eq!(rules(&[with_urls(&many.iter().map(String::as_str).collect::<Vec<_>>())]), ["many-urls"]);
}

#[test]
fn a_secret_token_used_like_a_web_token_is_an_error() {
    let token = Token { allowed_urls: Some(vec!["example.com".into()]), ..good(Usage::Secret) };
    let findings = lint(&[token], &Catalogue::bundled(), &HashMap::new(), now());
    assert_eq!((findings[0].rule, findings[0].severity), (Rule::WebSecret, Severity::Error));
    assert_eq!(findings[0].fix, Some(Fix::Rotate));
}

#[test]
fn scopes_are_compared_with_jobs() {
    assert_eq!(rules(&[with_scopes(Usage::Secret, &["styles:read"])]), ["needless-secret"]);
    assert_eq!(rules(&[with_scopes(Usage::Public, &[])]), ["no-scopes"]);
    assert_eq!(rules(&[with_scopes(Usage::Secret, &["tokens:read", "tokens:write"])]), ["can-manage-tokens"]);
    // The sample of the documentation's tutorial: every public scope, and those of one job.
    let sample = ["styles:tiles", "styles:read", "fonts:read", "datasets:read", "tilesets:read", "tilesets:write"];
    assert_eq!(rules(&[with_scopes(Usage::Secret, &sample)]), [""; 0]);

    let broad =
        with_scopes(Usage::Secret, &["uploads:read", "uploads:list", "uploads:write", "styles:read", "user:write"]);
    let findings = lint(&[broad], &Catalogue::bundled(), &HashMap::new(), now());
    assert_eq!(findings[0].rule, Rule::BroadScopes);
    assert_eq!(findings[0].fix, Some(Fix::RemoveScopes(vec!["user:write".into()])));
    let strange = with_scopes(Usage::Secret, &["atlas:read", "user:write"]);
    let findings = lint(&[strange], &Catalogue::bundled(), &HashMap::new(), now());
    assert_eq!((findings[0].rule, findings[0].fix.clone()), (Rule::BroadScopes, Some(Fix::Rotate)));
}

#[test]
fn age_and_use_are_judged_only_as_far_as_they_are_known() {
    let month_ago = now() - IDLE_AGE;
    assert_eq!(rules(&[days_old(90, Usage::Secret)]), ["rotation-due"]);
    assert_eq!(
        rules(&[days_old(89, Usage::Secret), days_old(900, Usage::Public)]),
        ["duplicate-name", "duplicate-name"]
    );
    assert_eq!(rules_after(days_old(60, Usage::Public), LastUse::NotSince(month_ago)), ["unused"]);
    assert_eq!(rules_after(days_old(60, Usage::Public), LastUse::At(month_ago)), ["unused"]);
    assert_eq!(rules_after(days_old(60, Usage::Public), LastUse::Unknown), [""; 0]);
    assert_eq!(
        rules_after(days_old(29, Usage::Public), LastUse::NotSince(month_ago)),
        [""; 0],
        "it is younger than that"
    );
    assert_eq!(rules_after(days_old(60, Usage::Public), LastUse::At(now())), [""; 0]);
    let default = Token { default: true, note: None, ..days_old(60, Usage::Public) };
    assert_eq!(rules_after(default.clone(), LastUse::At(now())), ["default-in-use"]);
    assert_eq!(rules_after(default, LastUse::NotSince(month_ago)), [""; 0]);
}

#[test]
fn names_are_compared_across_the_account() {
    assert_eq!(rules(&[Token { note: None, ..good(Usage::Public) }]), ["no-name"]);
    assert_eq!(rules(&[named(" ")]), ["no-name"]);
    assert_eq!(rules(&[named("Maps"), named("maps "), named("Other")]), ["duplicate-name", "duplicate-name"]);
    assert_eq!(rules(&[named("modern"), named("modem")]), ["confusable-name", "confusable-name"]);
    assert_eq!(rules(&[named("x\u{202e}y")]), ["hidden-characters"]);
    let findings = lint(&[named("modern"), named("modem")], &Catalogue::bundled(), &HashMap::new(), now());
    assert_eq!((findings[0].about.raw(), findings[1].about.raw()), ("modem", "modern"));
}

#[test]
fn messages_are_safe_to_show() {
    let findings = lint(&[with_urls(&["*.\u{1b}[31m.example"])], &Catalogue::bundled(), &HashMap::new(), now());
    assert!(findings.iter().all(|finding| !finding.message().contains('\u{1b}')));
}

#[test]
fn a_mended_list_says_what_was_meant() {
    let token = with_urls(&[
        "*.example.com",
        "a.example.com",
        "https://x.example/*",
        "127.0.0.1:3000",
        "10.0.0.1",
        "b.example",
    ]);
    assert_eq!(mended(&token), ["example.com", "https://x.example", "localhost:3000", "b.example"]);
}

#[test]
fn every_rule_can_be_broken() {
    let many: Vec<_> = (0..90).map(|at| format!("site{at}.example")).collect();
    let mut urls: Vec<_> = many.iter().map(String::as_str).collect();
    urls.extend(["*", "1.2.3.4", "..", "site1.example", "http://h.example", "localhost", "p.example/p", "github.io"]);
    let mut tokens = vec![
        Token { allowed_urls: None, ..named("modern") },
        Token { note: Some("modem".into()), ..with_urls(&urls) },
        Token { allowed_urls: Some(vec!["a.example".into()]), ..days_old(90, Usage::Secret) },
        with_scopes(Usage::Secret, &["styles:read"]),
        with_scopes(Usage::Secret, &["tokens:write", "atlas:read"]),
        with_scopes(Usage::Public, &[]),
        Token { note: None, ..good(Usage::Public) },
        Token { default: true, ..named("\u{200b}default") },
    ];
    let mut last_uses = HashMap::new();
    for (at, token) in tokens.iter_mut().enumerate() {
        token.id = TokenId::new(format!("token{at}"));
        last_uses
            .insert(token.id.clone(), LastUse::At(now() - if token.default { SignedDuration::ZERO } else { IDLE_AGE }));
    }
    tokens[2].created = Some((now() - ROTATION_AGE).into());
    let broken: HashSet<_> =
        lint(&tokens, &Catalogue::bundled(), &last_uses, now()).into_iter().map(|finding| finding.rule).collect();
    for rule in Rule::iter() {
        assert!(broken.contains(&rule), "{rule:?}");
    }
}

proptest! {
    #[test]
    fn hostile_tokens_neither_panic_nor_come_through(
        notes in prop::collection::vec(prop::option::of(any::<String>()), 1..5),
        urls in prop::collection::vec(any::<String>(), 0..5),
        scopes in prop::collection::vec(any::<String>(), 0..4),
        secret in any::<bool>(),
    ) {
        let tokens: Vec<_> = notes.iter().map(|note| Token {
            note: note.as_deref().map(Untrusted::from),
            allowed_urls: Some(urls.iter().map(|url| Untrusted::from(url.as_str())).collect()),
            scopes: scopes.iter().map(|id| Scope::from(id.as_str())).collect(),
            ..good(if secret { Usage::Secret } else { Usage::Public })
        }).collect();
        for finding in lint(&tokens, &Catalogue::bundled(), &HashMap::new(), now()) {
            prop_assert!(!finding.message().chars().any(char::is_control));
        }
        for token in &tokens {
            prop_assert!(mended(token).iter().all(|entry| crate::token::AllowedUrl::parse(entry).is_ok()));
        }
    }
}
