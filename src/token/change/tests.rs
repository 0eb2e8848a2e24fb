use proptest::prelude::*;

use super::*;

fn token(usage: Usage, scopes: &[&str], urls: &[&str]) -> Token {
    Token {
        id: "cmf000000000000000000fake".into(),
        usage,
        client: "api".into(),
        default: false,
        note: Some("Checkout".into()),
        scopes: scopes.iter().map(|id| Scope::from(*id)).collect(),
        allowed_urls: (!urls.is_empty()).then(|| urls.iter().map(|url| Untrusted::from(*url)).collect()),
        created: None,
        modified: None,
        token: None,
        flaws: Box::default(),
    }
}

fn draft(note: &str, scopes: &[&str], urls: &[&str]) -> Draft {
    Draft {
        note: note.into(),
        scopes: scopes.iter().map(|id| Scope::from(*id)).collect(),
        allowed_urls: urls.iter().map(|url| (*url).to_owned()).collect(),
    }
}

fn obstacles(token: &Token, edited: &Draft) -> Vec<Obstacle> {
    Patch::between(token, edited).obstacles(token, &Catalogue::bundled(), None)
}

fn cautions(token: &Token, edited: &Draft) -> Vec<Caution> {
    Patch::between(token, edited).cautions(token, &Catalogue::bundled())
}

#[test]
fn only_what_differs_is_sent() {
    let token = token(Usage::Public, &["styles:read", "fonts:read"], &["a.example"]);
    let body = |edited: &Draft| serde_json::to_string(&Patch::between(&token, edited)).expect("serializable");
    assert_eq!(body(&draft("Checkout", &["fonts:read", "styles:read", "fonts:read"], &["a.example"])), "{}");
    assert_eq!(body(&draft("Shop", &["styles:read", "fonts:read"], &["a.example"])), r#"{"note":"Shop"}"#);
    assert_eq!(body(&draft("Checkout", &["styles:read"], &["a.example"])), r#"{"scopes":["styles:read"]}"#);
    assert_eq!(body(&draft("Checkout", &["styles:read", "fonts:read"], &[])), r#"{"allowedUrls":null}"#);
    assert_eq!(body(&draft("", &[], &["b.example"])), r#"{"note":"","scopes":[],"allowedUrls":["b.example"]}"#);
}

#[test]
fn null_a_list_and_nothing_are_told_apart_when_read() {
    let read = |json: &str| serde_json::from_str::<Patch>(json).map(|patch| patch.allowed_urls);
    assert_eq!(read("{}").expect("a patch"), None);
    assert_eq!(read(r#"{"allowedUrls":null}"#).expect("a patch"), Some(None));
    assert_eq!(read(r#"{"allowedUrls":["a.example"]}"#).expect("a patch"), Some(Some(vec!["a.example".into()])));
    assert!(read(r#"{"usage":"sk"}"#).is_err(), "there is nothing else to change");
}

#[test]
fn the_kind_of_a_token_bounds_what_it_may_hold() {
    let public = token(Usage::Public, &["styles:read"], &[]);
    let secret = token(Usage::Secret, &["uploads:read"], &[]);
    let wanted = draft("Checkout", &["styles:read", "uploads:write"], &[]);
    assert_eq!(obstacles(&public, &wanted), [Obstacle::SecretScopes(vec!["uploads:write".into()])]);
    assert_eq!(obstacles(&secret, &wanted), []);
    assert_eq!(obstacles(&public, &draft("Checkout", &["styles:read", "fonts:read"], &["a.example"])), []);
    let temporary = token(Usage::Temporary, &["styles:read"], &[]);
    assert_eq!(obstacles(&temporary, &wanted), [Obstacle::Temporary]);
}

#[test]
fn a_token_without_scopes_can_never_be_given_any() {
    let empty = token(Usage::Public, &[], &[]);
    assert_eq!(obstacles(&empty, &draft("Checkout", &["styles:read"], &[])), [Obstacle::NoScopesEver]);
    assert_eq!(obstacles(&empty, &draft("Renamed", &[], &["a.example"])), []);
}

#[test]
fn the_default_token_takes_neither_secret_scopes_nor_urls() {
    let default = Token { default: true, ..token(Usage::Public, &["styles:read"], &[]) };
    let wanted = draft("Checkout", &["styles:read", "tokens:read"], &["a.example"]);
    let expected = [Obstacle::SecretScopes(vec!["tokens:read".into()]), Obstacle::DefaultRestricted];
    assert_eq!(obstacles(&default, &wanted), expected);
    assert_eq!(obstacles(&default, &draft("Renamed", &["styles:read"], &[])), []);
}

#[test]
fn every_scope_that_is_sent_must_be_held() {
    let token = token(Usage::Secret, &["uploads:read"], &[]);
    let patch = Patch::between(&token, &draft("Checkout", &["uploads:read", "uploads:list"], &[]));
    let held = HashSet::from([Scope::from("uploads:list")]);
    let lacking = vec![Scope::from("uploads:read")];
    assert_eq!(patch.obstacles(&token, &Catalogue::bundled(), Some(&held)), [Obstacle::ScopesNotHeld(lacking)]);
}

#[test]
fn limits_count_characters_and_urls() {
    let token = token(Usage::Public, &["styles:read"], &[]);
    let mut edited = draft("", &["styles:read"], &[]);
    edited.note = "é".repeat(NOTE_LIMIT + 1);
    edited.allowed_urls = (0..=ALLOWED_URL_LIMIT).map(|at| format!("site{at}.example")).collect();
    assert_eq!(obstacles(&token, &edited), [Obstacle::NoteTooLong(129), Obstacle::TooManyUrls(101)]);
    edited.note.pop();
    edited.allowed_urls.pop();
    assert_eq!(obstacles(&token, &edited), []);
}

#[test]
fn steps_that_are_hard_to_take_back_are_pointed_out() {
    let secret = token(Usage::Secret, &["uploads:read", "styles:read"], &[]);
    assert_eq!(cautions(&secret, &draft("Checkout", &[], &[])), [Caution::LastScope]);
    assert_eq!(cautions(&secret, &draft("Checkout", &["styles:read"], &[])), [Caution::StaysSecret]);
    let restricted = token(Usage::Public, &["styles:read"], &["a.example"]);
    assert_eq!(cautions(&restricted, &draft("Checkout", &["styles:read"], &[])), [Caution::Unrestricted]);
    assert_eq!(cautions(&restricted, &draft("Checkout", &["styles:read"], &["*"])), [Caution::NothingMatches]);
    assert_eq!(cautions(&restricted, &draft("Checkout", &["styles:read"], &["a.example", "b.example"])), []);
    let open = token(Usage::Public, &["styles:read"], &[]);
    assert_eq!(cautions(&open, &draft("Checkout", &["styles:read"], &["a.example"])), [Caution::FirstRestriction]);
}

#[test]
fn a_diff_shows_what_goes_and_what_comes() {
    let token = token(Usage::Secret, &["uploads:read", "styles:read"], &["a.example"]);
    let patch = Patch::between(&token, &draft("Sh\u{1b}op", &["styles:read", "uploads:write"], &["b.example"]));
    let diff = patch.diff(&token);
    let lines: Vec<_> =
        diff.lines().iter().map(|line| format!("{} {} {}", line.sign.mark(), line.subject, line.text)).collect();
    assert_eq!(
        lines,
        [
            "- name Checkout",
            "+ name Sh␛op",
            "- scope uploads:read",
            "+ scope uploads:write",
            "- URL a.example",
            "+ URL b.example",
        ]
    );
    assert!(Diff::between(&token, &token).is_empty());
}

#[test]
fn obstacles_are_safe_to_show() {
    let obstacle = Obstacle::SecretScopes(vec!["evil\u{1b}[2J".into()]);
    assert!(!obstacle.to_string().contains('\u{1b}'));
}

fn any_token() -> impl Strategy<Value = Token> {
    (
        prop::option::of("[a-c]{1,2}"),
        prop::collection::vec(prop::sample::select(vec!["styles:read", "fonts:read", "uploads:read"]), 0..4),
        prop::collection::vec(prop::sample::select(vec!["a.example", "b.example", "*"]), 0..4),
    )
        .prop_map(|(note, scopes, urls)| Token {
            note: note.map(Untrusted::from),
            ..token(Usage::Secret, &scopes, &urls)
        })
}

/// The form as it opens on a token.
fn as_draft(token: &Token) -> Draft {
    Draft {
        note: token.note.as_ref().map_or("", Untrusted::raw).to_owned(),
        scopes: token.scopes.clone(),
        allowed_urls: token.urls().iter().map(|url| url.raw().to_owned()).collect(),
    }
}

proptest! {
    #[test]
    fn a_patch_leads_from_one_state_to_the_other_and_its_inverse_back(before in any_token(), after in any_token()) {
        let patch = Patch::between(&before, &as_draft(&after));
        let changed = patch.applied(&before);
        prop_assert!(Diff::between(&changed, &after).is_empty());
        prop_assert!(Diff::between(&patch.inverse(&before).applied(&changed), &before).is_empty());
        prop_assert_eq!(patch.is_empty(), Diff::between(&before, &after).is_empty());
        prop_assert_eq!(patch.diff(&before).is_empty(), patch.is_empty());
    }

    #[test]
    fn a_patch_comes_through_json_unchanged(before in any_token(), after in any_token()) {
        let patch = Patch::between(&before, &as_draft(&after));
        let json = serde_json::to_string(&patch).expect("serializable");
        prop_assert_eq!(serde_json::from_str::<Patch>(&json).expect("a patch"), patch);
    }
}
