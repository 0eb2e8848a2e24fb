//! The words one by one, and what must hold for any text.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::token::{
    LastUse, Scope, Usage,
    lint::{Rule, RuleSet},
};

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().expect("a time")
}

fn days_ago(days: i64) -> Timestamp {
    now() - SignedDuration::from_hours(24 * days)
}

fn facts() -> Facts {
    Facts { last_use: LastUse::NotSince(days_ago(31)), findings: [Rule::HttpUrl].into_iter().collect(), now: now() }
}

fn token() -> Token {
    Token {
        id: "cijucimbe000brbkt48d0dhcx".into(),
        usage: Usage::Secret,
        client: "api".into(),
        default: false,
        note: Some("Tiling Pipeline".into()),
        scopes: vec!["tilesets:write".into(), "uploads:read".into()],
        allowed_urls: Some(vec!["https://shop.example.com".into()]),
        created: Some(days_ago(100).into()),
        modified: Some(days_ago(10).into()),
        token: None,
        flaws: Box::default(),
    }
}

fn score(query: &str, token: &Token) -> Option<u32> {
    Query::parse(query).score(&mut Matcher::default(), token, &facts())
}

#[test]
fn statistics_are_wanted_where_they_decide_and_nowhere_else() {
    let hangs = |query: &str, last_use: LastUse| {
        let facts = Facts { last_use, findings: RuleSet::default(), now: now() };
        Query::parse(query).hangs_on_use(&mut Matcher::default(), &token(), &facts)
    };
    for query in ["unused:30d", "-unused:30d", "kind:sk unused:30d", "lint:unused", "unused:5d -unused:60d"] {
        assert!(Query::parse(query).asks_for_use() && hangs(query, LastUse::Unknown), "{query}");
        assert!(!hangs(query, LastUse::At(days_ago(3))), "{query}: it is known when");
    }
    // Of another kind; younger than that; not the default token; asks for nothing of the sort.
    for query in ["kind:pk unused:30d", "unused:101d", "-unused:101d", "lint:default-in-use", "kind:sk", "lint:any"] {
        assert!(!hangs(query, LastUse::Unknown), "{query}");
    }
    assert!(!hangs("unused:30d", LastUse::NotSince(days_ago(31))));
    assert!(hangs("unused:60d", LastUse::NotSince(days_ago(31))), "the statistics do not reach back so far");
}

#[test]
fn each_word_finds_what_it_says() {
    for query in [
        "",
        "   ",
        "kind:sk",
        "kind:secret",
        "KIND:S",
        "kind:",
        "scope:uploads",
        "scope:UPLOADS:read",
        "url:example.com",
        "page:https://a.shop.example.com/x",
        "note:tiling",
        "note:\"tiling pipe\"",
        "name:\"Tiling",
        "id:ciju",
        "id:CIJU",
        "default:no",
        "default:n",
        "created:>90d",
        "created:<200d",
        "created:200d",
        "modified:<30d",
        "unused:30d",
        "lint:any",
        "lint:http-url",
        "lint:http",
        "-kind:pk",
        "-scope:tokens",
        "-url:any",
        "-absent",
        "kind:sk scope:uploads -default:yes tlpl",
        "tlpl",
        "\"ing pipe\"",
        "tilesets:write",
        "shopexample",
        "mbe000",
    ] {
        assert!(score(query, &token()).is_some(), "{query}");
    }
}

#[test]
fn each_word_leaves_out_the_rest() {
    for query in [
        "kind:pk",
        "kind:tk",
        "scope:tokens",
        "url:any",
        "url:example.org",
        "page:https://example.com/",
        "page:nonsense",
        "note:pipelining",
        "id:000b",
        "default:yes",
        "created:<90d",
        "created:>200d",
        "modified:>30d",
        "unused:60d",
        "-unused:60d",
        "lint:none",
        "lint:unused",
        "-kind:sk",
        "-pipeline",
        "-lint:any",
        "kind:sk absent",
        "\"tlpl\"",
        "cxh",
    ] {
        assert_eq!(score(query, &token()), None, "{query}");
    }
}

#[test]
fn unknown_words_and_senseless_values_are_reported_while_they_are_typed() {
    for (text, typed) in [
        ("knd:sk", "knd:sk"),
        ("kind:x", "kind:x"),
        ("created:soon", "created:soon"),
        ("unused:", ""),
        ("lint:zzz", "lint:zzz"),
        ("default:perhaps", "default:perhaps"),
        ("-kind:x", "-kind:x"),
        ("12:30", ""),
        ("plain words", ""),
    ] {
        let query = Query::parse(text);
        let remarks: Vec<_> = query.remarks().iter().map(|remark| remark.typed.as_str()).collect();
        assert_eq!(remarks.join(" "), typed, "{text}");
    }
    assert!(score("tilesets:wri", &token()).is_some(), "scopes are found by their ids, though no filter word");
    let shown = Query::parse("foo:\u{1b}[31m").remarks()[0].to_string();
    assert!(!shown.contains('\u{1b}') && shown.starts_with("foo:"), "{shown}");
}

/// Filters with a mistake in them, and what the report of it must suggest.
const MISTAKES: [(&str, &str); 42] = [
    ("created:<90days", "write created:<90d"),
    ("created:<90", "write created:<90d"),
    ("created:<=90d", "write created:<90d"),
    ("created:>3m", "write created:>3min or created:>3mo"),
    ("created:>1h3M", "created:>1min or created:>1mo"),
    ("created:<soon", "such as 12h, 30d, 2w, 6mo or 1y"),
    ("created:<9000y", "such as 12h"),
    ("modified:>6 months", "write modified:>6d"),
    ("modified:>6months", "write modified:>6mo"),
    ("unused:<30d", "write unused:30d"),
    ("unused:30", "write unused:30d"),
    ("craeted:<90d", "did you mean created:<90d?"),
    ("usage:sk", "did you mean kind:sk?"),
    ("scopes:uploads", "did you mean scope:uploads?"),
    ("knd:sk", "did you mean kind:sk?"),
    ("colour:red", "quote it: \"colour:red\""),
    ("tilesets:write", "did you mean scope:tilesets:write?"),
    ("https://example.com", "did you mean url:https://example.com?"),
    ("kind:", "write kind:sk"),
    ("note:\"\"", "write note:"),
    ("kind:s", "write kind:pk or kind:sk"),
    ("kind:pk,sk", "write kind:pk or kind:sk"),
    ("default:y", "write default:yes or default:no"),
    ("lint:http", "write lint:any"),
    ("lint:htp-url", "did you mean lint:http-url?"),
    ("lint:al", "lint:any"),
    ("page:/map", "write page:https://example.com/"),
    ("id:cmf_3", "write id:cmf3"),
    ("created<90d", "did you mean created:<90d?"),
    ("created>=90d", "did you mean created:>90d?"),
    ("kind=sk", "did you mean kind:sk?"),
    ("-kind：sk", "did you mean -kind:sk?"),
    ("!kind:sk", "did you mean -kind:sk?"),
    ("--kind:sk", "in front of a filter"),
    ("-", "in front of a filter"),
    ("- kind:sk", "in front of a filter"),
    ("a=b", "quote it: \"a=b\""),
    ("-a=b", "quote it: -\"a=b\""),
    ("12:30", "quote it: \"12:30\""),
    ("\"tiling pipe", "close it"),
    ("\"\"", "omit them"),
    ("~", "write ~tlpl"),
];

#[test]
fn in_a_script_every_mistake_is_an_error_that_shows_the_right_form() {
    for (text, advice) in MISTAKES {
        let remark = Query::strict(text).expect_err(text);
        assert!(remark.advice.contains(advice), "{text}: {remark}");
    }
    for advice in
        ["created:<90d", "-kind:sk", "\"a=b\"", "-\"a=b\"", "created:>3min", "created:>3mo", "~tlpl", "-~tlpl"]
    {
        assert!(Query::strict(advice).is_ok(), "{advice} is what is advised");
    }
}

#[test]
fn a_mistake_that_is_excluded_finds_nothing_rather_than_everything() {
    for (text, _) in MISTAKES {
        for negated in [format!("-{text}"), text.to_owned()] {
            let query = Query::parse(&negated);
            let finds = query.score(&mut Matcher::default(), &token(), &facts()).is_some();
            assert!(
                query.remarks().is_empty()
                    || !finds
                    || negated.starts_with("tilesets:")
                    || negated.starts_with("https:"),
                "{negated}"
            );
        }
    }
    assert_eq!(score("-created:<90days", &token()), None);
    assert_eq!(score("-tilesets:write", &token()), None);
}

#[test]
fn free_words_in_a_script_are_found_literally_unless_a_tilde_asks_for_more() {
    let is_found = |query: &str, name: &str| {
        let token =
            Token { note: Some(name.into()), scopes: vec!["styles:tiles".into()], allowed_urls: None, ..token() };
        let query = Query::strict(query).expect("a filter");
        query.score(&mut Matcher::default(), &token, &facts()).is_some()
    };
    assert!(!is_found("test", "Default public token"));
    assert!(is_found("~test", "Default public token") && score("~tlpl", &token()).is_some());
    assert!(is_found("TEST", "the latest map") && !is_found("-test", "the latest map"));
    assert!(is_found("-test", "Default public token") && !is_found("-~test", "Default public token"));
}

#[test]
fn a_scope_that_nobody_has_heard_of_is_a_typo() {
    let unknown = |query: &str| {
        let remark = Query::strict(query).expect("a filter").unknown_scope(&[token()]);
        remark.map(|remark| remark.to_string())
    };
    assert_eq!(unknown("scope:uploads -scope:TILES scope:styles:download"), None);
    assert_eq!(
        unknown("-scope:uplods:write").unwrap(),
        "-scope:uplods:write: unknown scope; did you mean -scope:uploads:write?"
    );
    assert_eq!(unknown("scope:uplods").unwrap(), "scope:uplods: unknown scope; did you mean scope:uploads?");
    assert!(unknown("scope:zzzz").unwrap().contains("jeton scopes lists them"));
    let own = Token { scopes: vec!["zzzz:read".into()], ..token() };
    assert_eq!(Query::strict("scope:zzzz").unwrap().unknown_scope(&[own]), None);
}

#[test]
fn what_is_not_known_is_neither_found_by_age_nor_by_use() {
    let ageless = Token { created: None, modified: None, ..token() };
    for query in ["created:<30d", "created:>30d", "modified:<30d"] {
        assert_eq!(score(query, &ageless), None, "{query}");
        assert_eq!(score(&format!("-{query}"), &ageless), None, "{query} turned round");
    }
    let unknown = Facts { last_use: LastUse::Unknown, findings: RuleSet::default(), now: now() };
    for query in ["unused:1d", "-unused:1d", "lint:unused", "-lint:unused"] {
        assert_eq!(Query::parse(query).score(&mut Matcher::default(), &token(), &unknown), None, "{query}");
    }
}

#[test]
fn a_hit_in_the_name_comes_before_one_elsewhere() {
    let named = Token { note: Some("uploads".into()), scopes: vec![], ..token() };
    let scoped = Token { note: Some("nightly".into()), ..token() };
    assert!(score("uploads", &named) > score("uploads", &scoped));
    assert!(score("uploads", &scoped).is_some());
    assert!(Query::parse("uploads").ranks());
    assert!(!Query::parse("kind:sk -uploads").ranks());
}

#[test]
fn tokens_without_a_name_are_found_by_the_word_in_its_place() {
    let nameless = Token { note: None, ..token() };
    assert!(score("\"no name\"", &nameless).is_some());
}

#[test]
fn highlights_are_byte_ranges_of_the_shown_name() {
    let of = |query: &str, name: &str| {
        let token = Token { note: Some(name.into()), ..token() };
        let ranges = Query::parse(query).highlights(&mut Matcher::default(), &token);
        let name = token.name().into_owned();
        ranges.into_iter().map(|range| name.get(range).expect("on boundaries").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("tp", "Tiling Pipeline"), ["T", "P"]);
    assert_eq!(of("\"ing\"", "Tiling"), ["ing"]);
    assert_eq!(of("demo", "東京 demo 🗼"), ["demo"]);
    assert_eq!(of("京", "東京 demo 🗼"), ["京"]);
    assert_eq!(of("x", "a\u{1b}x"), ["x"]);
    assert_eq!(of("uploads", "Tiling"), [""; 0]);
    assert_eq!(of("-absent kind:sk", "Tiling"), [""; 0]);
    assert_eq!(of("til ling", "Tiling"), ["Tiling"]);
}

#[test]
fn longer_queries_narrow_shorter_ones() {
    let narrows = |later: &str, earlier: &str| Query::parse(later).is_refinement_of(&Query::parse(earlier));
    for (later, earlier) in [
        ("til", "ti"),
        ("til kind:sk", "til"),
        ("kind:sk", ""),
        ("kind:sk", "kind:"),
        ("\"tili\"", "\"til"),
        ("note:tiling", "note:til"),
        ("scope:uploads", "scope:upl"),
        ("unused:90d", "unused:30d"),
        ("created:<3d", "created:<30d"),
        ("created:>30d", "created:>3d"),
        ("lint:http-url", "lint:any"),
        ("-a", "-ab"),
        ("id:cij", "id:ci"),
    ] {
        assert!(narrows(later, earlier), "{later} after {earlier}");
    }
    for (later, earlier) in [
        ("ti", "til"),
        ("-ab", "-a"),
        ("-a", "a"),
        ("a", "-a"),
        ("kind:pk", "kind:sk"),
        ("til", "\"til\""),
        ("note:til", "til"),
        ("created:<30d", "created:<3d"),
        ("created:>30d", "created:<30d"),
        ("", "a"),
    ] {
        assert!(!narrows(later, earlier), "{later} after {earlier}");
    }
}

#[test]
fn every_word_of_the_help_is_understood() {
    for (word, example, _) in WORDS {
        let query = Query::parse(example);
        assert!(example.starts_with(word) && query.remarks().is_empty() && !query.is_empty(), "{example}");
    }
}

/// Queries made of pieces that often have to do with the token above.
fn query() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "t",
        "ti",
        "til",
        "tip",
        "\"til",
        "\"ting\"",
        "é",
        "k",
        "kind:",
        "kind:s",
        "kind:p",
        "scope:",
        "scope:up",
        "note:t",
        "note:ti",
        "url:any",
        "url:ex",
        "unused:1d",
        "unused:40d",
        "created:<99d",
        "created:>99d",
        "lint:any",
        "lint:h",
        "id:c",
        "x:y",
        "-",
        "-t",
        "-ti",
        "-kind:s",
        "-note:til",
    ]);
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), note in any::<String>(), scope in any::<String>()) {
        let token = Token { note: Some(note.into()), scopes: vec![Scope::from(scope.as_str())], ..token() };
        let query = Query::parse(&text);
        let mut matcher = Matcher::default();
        query.score(&mut matcher, &token, &facts());
        let name = token.name();
        for range in query.highlights(&mut matcher, &token) {
            prop_assert!(!name.get(range).expect("on boundaries").is_empty());
        }
        for remark in query.remarks() {
            prop_assert!(!remark.to_string().chars().any(char::is_control));
        }
    }

    #[test]
    fn a_token_is_found_by_any_stretch_of_its_own_name(name in "[a-zA-Zéß東 🗼]{1,20}", start in 0..20_usize, len in 1..20_usize) {
        let piece: String = name.chars().skip(start).take(len).collect();
        let token = Token { note: Some(name.as_str().into()), ..token() };
        let quoted = format!("\"{piece}\"");
        prop_assert!(score(&quoted, &token).is_some(), "{} in {}", piece, name);
    }

    #[test]
    fn a_token_is_found_by_letters_of_its_name_in_their_order(name in "[a-zA-Zé東🗼-]{1,20}", step in 1..4_usize, start in 0..20_usize) {
        let letters: String = name.chars().skip(start).step_by(step).collect();
        let token = Token { note: Some(name.as_str().into()), ..token() };
        // A minus would turn it round and a quote make it literal.
        let letters = letters.trim_start_matches(['-', '~']);
        prop_assert!(score(letters, &token).is_some(), "{} in {}", letters, name);
    }

    #[test]
    fn a_refinement_finds_nothing_new(earlier in query(), more in query(), note in "[tilngé p]{0,8}") {
        let token = Token { note: Some(note.into()), ..token() };
        for later in [format!("{earlier}{more}"), format!("{earlier} {more}"), more.clone()] {
            let refines = Query::parse(&later).is_refinement_of(&Query::parse(&earlier));
            if refines && score(&later, &token).is_some() {
                prop_assert!(score(&earlier, &token).is_some(), "{:?} after {:?}", later, earlier);
            }
        }
    }
}

#[test]
fn a_pasted_novel_is_looked_for_as_it_stands() {
    let novel = "東e\u{301}x".repeat(2_000);
    let token = Token { note: Some(novel.as_str().into()), ..token() };
    assert!(score(&novel, &token).is_some());
    assert!(score(&format!("{novel}!"), &token).is_none());
}

#[test]
fn what_could_not_be_read_is_neither_there_nor_absent() {
    let json = r#"{"id":"x","usage":"xk","note":"Odd","scopes":null,"allowedUrls":7,"created":"soon"}"#;
    let token: Token = serde_json::from_str(json).expect("a record");
    for query in
        ["url:any", "-url:any", "scope:a", "-scope:a", "-kind:pk", "kind:pk", "-created:<90d", "created:>90d", "-word"]
    {
        assert!(score(query, &token).is_none(), "{query}");
    }
    assert!(score("odd", &token).is_some());
}
