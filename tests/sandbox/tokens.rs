//! Tokens: made, listed, changed, deleted, retrieved.

use jeton::sandbox::{Demo, Options};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::http::{Client, call};

#[test]
fn a_public_token_lives_its_life() {
    let client = Client::new(Options::default());
    let made = client.send("POST", "/tokens/v2/ada", Some(json!({"note": "Map", "scopes": ["styles:read"]})));
    assert_eq!(made.status, 200, "{made:?}");
    let made = made.json();
    assert_eq!(made["usage"], "pk");
    let listed = client.get("/tokens/v2/ada").json();
    assert_eq!(listed[0], made, "newest first, and the string of a public token can be read again");
    assert_eq!(listed.as_array().map(Vec::len), Some(3), "it, the default token and the authorizing one");
    let path = format!("/tokens/v2/ada/{}", made["id"].as_str().unwrap());
    let changed = client.send("PATCH", &path, Some(json!({"note": null, "allowedUrls": ["example.com"]}))).json();
    assert_eq!(changed["note"], Value::Null);
    assert_eq!(changed["allowedUrls"], json!(["example.com"]));
    let verdict = || client.send_as(made["token"].as_str().unwrap(), "GET", "/tokens/v2", None).json();
    assert_eq!(verdict()["code"], "TokenValid");
    let gone = client.send("DELETE", &path, None);
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    assert_eq!(verdict()["code"], "TokenRevoked");
    assert_eq!(client.send("DELETE", &path, None).status, 404);
}

#[test]
fn pages_follow_each_other_by_link() {
    let now = jiff::Timestamp::now();
    let client =
        Client::new(Options { rate_limit: None, demo: Some(Demo { seed: 1, tokens: 250, now }), ..Options::default() });
    let all = client.get("/tokens/v2/ada?limit=500").json();
    let kinds = |kind: &str| all.as_array().unwrap().iter().filter(|token| token["usage"] == kind).count();
    for query in ["", "&sortby=modified", "&usage=pk", "&usage=sk&sortby=modified", "&default=false"] {
        let mut path = format!("/tokens/v2/ada?limit=40&access_token={}{query}", client.token());
        let (by_change, mut seen) = (query.contains("modified"), Vec::new());
        loop {
            let page = call(client.sandbox.url(), "GET", &path, &[], "");
            assert_eq!(page.status, 200, "{page:?}");
            let text = |value: &Value| value.as_str().expect("text").to_owned();
            let place =
                |token: &Value| (text(&token[if by_change { "modified" } else { "created" }]), text(&token["id"]));
            seen.extend(page.json().as_array().unwrap().iter().map(place));
            let Some(link) = page.header("link") else { break };
            let url = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).expect(link);
            path = url.strip_prefix("http://maps.localhost:80").expect("the client's own origin").to_owned();
        }
        assert!(seen.is_sorted_by(|a, b| a > b), "newest first, and nothing twice, with {query:?}");
        let expected = match query {
            "" | "&sortby=modified" => 250,
            "&default=false" => 249,
            "&usage=pk" => kinds("pk"),
            _ => kinds("sk"),
        };
        assert_eq!(seen.len(), expected, "{query:?}");
    }
}

#[test]
fn the_scopes_decide_the_kind() {
    let client = Client::new(Options::default());
    for (scopes, usage) in [
        (json!([]), "pk"),
        (json!(["styles:read", "fonts:read"]), "pk"),
        (json!(["styles:read", "uploads:write"]), "sk"),
        (json!(["tokens:read"]), "sk"),
    ] {
        let made = client.create(json!({ "scopes": scopes }));
        assert_eq!(made["usage"], usage, "{scopes}");
        assert_eq!(made["scopes"], scopes);
        assert_eq!(made["note"], Value::Null, "always sent");
        assert_eq!(made["client"], "api");
        assert_eq!(made["created"], made["modified"]);
        assert!(made.get("allowedUrls").is_none());
        let token = made["token"].as_str().unwrap();
        let [prefix, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
        assert_eq!((prefix, signature.len()), (usage, 22));
        assert!(payload.bytes().all(|byte| byte.is_ascii_alphanumeric()), "reads as plain base64: {payload}");
        let id = jeton::token::TokenId::from(made["id"].as_str().unwrap());
        let created: jiff::Timestamp = made["created"].as_str().unwrap().parse().unwrap();
        assert_eq!(id.born(), Some(created));
    }
}

#[test]
fn the_string_of_a_secret_token_is_shown_once() {
    let client = Client::new(Options::default());
    let made = client.create(json!({"scopes": ["uploads:read"]}));
    assert!(made["token"].is_string());
    assert!(client.get("/tokens/v2/ada").json()[0].get("token").is_none());
    let changed = client.send("PATCH", &path(&made), Some(json!({"note": "n"}))).json();
    assert!(changed.get("token").is_none());
}

#[test]
fn a_temporary_token_lives_an_hour_at_most_and_leaves_no_trace() {
    let client = Client::new(Options::default());
    let now = jiff::Timestamp::now();
    let body = |seconds: i64| {
        let expires = now + jiff::SignedDuration::from_secs(seconds);
        json!({"expires": format!("{expires:.3}"), "scopes": ["styles:read", "tokens:write", "tokens:read"]})
    };
    let made = client.create(body(3600));
    let keys: Vec<_> = made.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["expires", "expires_in", "issued_at", "token"]);
    assert!((3599..=3600).contains(&made["expires_in"].as_i64().unwrap()), "{made}");
    let token = made["token"].as_str().unwrap();
    assert_eq!(client.get("/tokens/v2/ada").json().as_array().map(Vec::len), Some(2), "never listed");
    let verdict = client.send_as(token, "GET", "/tokens/v2", None).json();
    assert_eq!(verdict["code"], "TokenValid");
    assert_eq!(verdict["token"]["scopes"], json!(["styles:read", "tokens:write", "tokens:read"]));
    assert_eq!(verdict["token"]["client"], "api");
    assert!(verdict["token"].get("authorization").is_none());
    let child = client.send_as(token, "POST", "/tokens/v2/ada", Some(body(60)));
    assert_eq!(child.status, 200, "a temporary token may make another");
    let late = client.send_as(child.json()["token"].as_str().unwrap(), "POST", "/tokens/v2/ada", Some(body(61)));
    assert_eq!(
        (late.status, late.message().as_str()),
        (422, "expires may not be greater than the expiration of the authorizing token")
    );
}

#[test]
fn a_temporary_token_expires() {
    let client = Client::new(Options { rate_limit: None, ..Options::default() });
    let expires = jiff::Timestamp::now() + jiff::SignedDuration::from_millis(1100);
    let made = client.create(json!({"expires": expires.to_string(), "scopes": ["tokens:read"]}));
    let token = made["token"].as_str().unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while client.send_as(token, "GET", "/tokens/v2", None).json()["code"] != "TokenExpired" {
        assert!(std::time::Instant::now() < deadline, "it never expired");
    }
    let answer = client.send_as(token, "GET", "/tokens/v2", None).json();
    assert_eq!(answer["token"]["usage"], "tk", "{answer}");
    let refused = client.send_as(token, "GET", "/tokens/v2/ada", None);
    assert_eq!((refused.status, refused.message().as_str()), (401, "Unauthorized"));
}

#[test]
fn retrieve_tells_five_stories() {
    let client = Client::new(Options::default());
    let verdict = |token: &str| {
        let answer = client.send_as(token, "GET", "/tokens/v2", None);
        assert_eq!(answer.status, 200);
        answer.json()
    };
    let token = client.token();
    assert_eq!(verdict(token)["code"], "TokenValid");
    let (rest, last) = token.split_at(token.len() - 1);
    for other in ["A", "Q", "g", "w", "z", "!"].into_iter().filter(|other| *other != last) {
        let answer = verdict(&format!("{rest}{other}"));
        assert_eq!(answer["code"], "TokenInvalid", "a changed byte at the end: {other}");
        assert_eq!(answer["token"]["user"], "ada");
    }
    assert_eq!(verdict(&token.replacen("sk.", "pk.", 1))["code"], "TokenInvalid");
    for malformed in
        ["x", "sk", "sk.", "sk..", "sk.e30.abc", "sk.%21.abc", "zz.eyJ1IjoiYWRhIiwiYSI6IngifQ.abc", "sk.eyJ1Ijo.a"]
    {
        let answer = verdict(malformed);
        assert_eq!(answer, json!({"code": "TokenMalformed"}), "{malformed}");
    }
    let made = client.create(json!({"scopes": []}));
    client.send("DELETE", &path(&made), None);
    let answer = verdict(made["token"].as_str().unwrap());
    assert_eq!(answer["code"], "TokenRevoked");
    assert_eq!(answer["token"], json!({"usage": "pk", "user": "ada", "authorization": made["id"]}));
}

#[test]
fn a_change_touches_what_is_sent_and_nothing_else() {
    let client = Client::new(Options::default());
    let body = json!({"note": "a", "scopes": ["styles:read"], "allowedUrls": ["a.example", "b.example"]});
    let made = client.create(body);
    let same = client.send("PATCH", &path(&made), Some(json!({}))).json();
    assert_eq!(same, made, "nothing sent, nothing changed");
    let changed = client.send("PATCH", &path(&made), Some(json!({"note": "b"}))).json();
    assert_eq!((&changed["note"], &changed["allowedUrls"]), (&json!("b"), &made["allowedUrls"]));
    assert!(changed["modified"].as_str() >= made["modified"].as_str());
    for none in [json!(null), json!([])] {
        let body = json!({"allowedUrls": ["a.example"]});
        assert!(client.send("PATCH", &path(&made), Some(body)).json()["allowedUrls"].is_array());
        let changed = client.send("PATCH", &path(&made), Some(json!({"allowedUrls": none}))).json();
        assert!(changed.get("allowedUrls").is_none(), "{none} removes the restriction");
    }
}

#[test]
fn the_default_token_keeps_what_makes_it_the_default() {
    let client = Client::new(Options::default());
    let default = client.get("/tokens/v2/ada?default=true").json()[0].clone();
    assert_eq!(default["default"], true);
    assert_eq!(default["scopes"], json!(["styles:tiles", "styles:read", "fonts:read", "datasets:read"]));
    for body in [
        json!({"scopes": ["styles:read", "uploads:write"]}),
        json!({"scopes": ["styles:read"]}),
        json!({"allowedUrls": ["example.com"]}),
    ] {
        assert_eq!(client.send("PATCH", &path(&default), Some(body.clone())).status, 422, "{body}");
    }
    assert_eq!(client.send("PATCH", &path(&default), Some(json!({"note": "renamed"}))).json()["note"], "renamed");
    assert_eq!(client.send("DELETE", &path(&default), None).status, 422);
    assert_eq!(client.get("/tokens/v2/ada?default").json().as_array().map(Vec::len), Some(1), "a bare ?default");
}

#[test]
fn lists_are_filtered_and_sorted() {
    let client = Client::new(Options { rate_limit: None, ..Options::default() });
    let first = client.create(json!({"note": "first", "scopes": ["uploads:read"]}));
    let second = client.create(json!({"note": "second", "scopes": ["styles:read"]}));
    let change = || client.send("PATCH", &path(&first), Some(json!({"note": "touched"}))).json()["modified"].clone();
    // Times have whole milliseconds, and all this may take less than one.
    while change().as_str() <= second["created"].as_str() {}
    let notes = |query: &str| -> Vec<String> {
        let list = client.get(&format!("/tokens/v2/ada{query}")).json();
        list.as_array().unwrap().iter().map(|token| token["note"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(notes(""), ["second", "touched", "Default public token", "Authorizing token"]);
    assert_eq!(notes("?sortby=modified"), ["touched", "second", "Default public token", "Authorizing token"]);
    assert_eq!(notes("?usage=sk"), ["touched", "Authorizing token"]);
    assert_eq!(notes("?usage=pk"), ["second", "Default public token"]);
    assert_eq!(notes("?default=false"), ["second", "touched", "Authorizing token"]);
    assert_eq!(notes("?fresh=true&limit=1"), ["second"], "unknown parameters are ignored");
}

#[test]
fn a_page_survives_the_deletion_of_the_token_it_starts_after() {
    let client = Client::new(Options::default());
    let made: Vec<_> = (0..4).map(|_| client.create(json!({"scopes": []}))).collect();
    let start = made[2]["id"].as_str().unwrap();
    client.send("DELETE", &path(&made[2]), None);
    let rest = client.get(&format!("/tokens/v2/ada?start={start}")).json();
    assert_eq!(rest[0]["id"], made[1]["id"]);
}

#[test]
fn the_token_that_authorizes_is_in_the_list_like_every_other() {
    let client = Client::new(Options::default());
    let own = jeton::token::DecodedToken::of(client.token()).unwrap().id.expect("an id");
    let listed = client.get("/tokens/v2/ada?usage=sk").json();
    assert_eq!((listed[0]["id"].as_str(), listed[0].get("token")), (Some(own.as_str()), None));
    assert!(listed[0]["scopes"].as_array().unwrap().contains(&json!("tokens:write")));
}

#[test]
fn the_link_goes_on_where_the_client_came_from() {
    let client = Client::new(Options::default());
    for _ in 0..3 {
        client.create(json!({"scopes": []}));
    }
    let page = client.get("/tokens/v2/ada?limit=2&usage=pk");
    let link = page.header("link").expect("there are more");
    let start = page.json()[1]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        link,
        format!(
            "<http://maps.localhost:80/tokens/v2/ada?access_token={}&limit=2&usage=pk&start={start}>; rel=\"next\"",
            client.token()
        )
    );
    // The JavaScript SDK appends its own token to a link that has one.
    let doubled = format!("/tokens/v2/ada?access_token={0}&limit=2&start={start}", client.token());
    assert_eq!(client.get(&doubled).status, 200);
    assert!(client.get("/tokens/v2/ada?limit=5").header("link").is_none(), "exactly all of them");
}

#[test]
fn behind_a_proxy_that_speaks_tls_the_link_does_too() {
    let client = Client::new(Options::default());
    for _ in 0..3 {
        client.create(json!({"scopes": []}));
    }
    let path = format!("/tokens/v2/ada?limit=2&access_token={}", client.token());
    for (header, value, scheme) in [
        ("forwarded", "for=192.0.2.1;proto=https;host=a, for=10.0.0.1;proto=http", "https"),
        ("forwarded", "For=\"[::1]\"; Proto=\"HTTPS\"", "https"),
        ("x-forwarded-proto", "https", "https"),
        ("x-forwarded-proto", "https, http", "https"),
        ("x-forwarded-proto", "javascript", "http"),
        ("forwarded", "host=b", "http"),
    ] {
        let page = super::http::call(client.sandbox.url(), "GET", &path, &[(header, value)], "");
        let link = page.header("link").expect("there are more");
        assert!(link.starts_with(&format!("<{scheme}://maps.localhost:80/tokens/")), "{header}: {value}: {link}");
    }
}

#[test]
fn a_demo_is_the_same_for_the_same_seed() {
    let now = jiff::Timestamp::now();
    let list = |seed| {
        let demo = Some(Demo { seed, tokens: 40, now });
        Client::new(Options { demo, token_seed: Some(jeton::secret::Secret::new("ci")), ..Options::default() })
            .get("/tokens/v2/ada")
            .json()
    };
    let first = list(1);
    assert_eq!(first.as_array().map(Vec::len), Some(40));
    assert_eq!(first, list(1), "public token strings included");
    assert_ne!(first, list(2));
}

#[test]
fn scopes_are_what_the_account_may_grant() {
    let client = Client::new(Options::default());
    let scopes = client.get("/scopes/v1/ada").json();
    let find = |id: &str| scopes.as_array().unwrap().iter().find(|scope| scope["id"] == id).cloned().expect(id);
    assert_eq!(find("styles:read")["public"], true);
    assert!(find("tokens:write").get("public").is_none(), "true or absent");
    assert!(find("tokens:write")["description"].is_string());
    let pk = client.create(json!({"scopes": ["styles:read"]}));
    let refused = client.send_as(pk["token"].as_str().unwrap(), "GET", "/scopes/v1/ada", None);
    assert_eq!(refused.status, 403);
    assert_eq!(refused.message(), "This API requires a token with scopes:list scope.");
}

#[test]
fn accounts_are_kept_apart() {
    let users = vec!["ada".into(), "bob".into()];
    let client = Client::new(Options { users, ..Options::default() });
    let bob = client.sandbox.accounts()[1].token.expose();
    let token = client.create(json!({"scopes": []}));
    let id = token["id"].as_str().unwrap();
    for (method, path, body) in [
        ("GET", "/tokens/v2/ada".to_owned(), None),
        ("POST", "/tokens/v2/ada".to_owned(), Some(json!({"scopes": []}))),
        ("PATCH", format!("/tokens/v2/ada/{id}"), Some(json!({}))),
        ("DELETE", format!("/tokens/v2/ada/{id}"), None),
        ("DELETE", format!("/tokens/v2/bob/{id}"), None),
    ] {
        let answer = client.send_as(bob, method, &path, body);
        assert_eq!((answer.status, answer.message().as_str()), (404, "Not found"), "{method} {path}");
    }
    assert_eq!(client.send_as(bob, "GET", "/tokens/v2/bob", None).json().as_array().map(Vec::len), Some(2));
}

/// The path of a token.
pub fn path(token: &Value) -> String {
    format!("/tokens/v2/ada/{}", token["id"].as_str().expect("an id"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_text_goes_in_comes_out(note in "\\PC{0,128}|[\\x00-\\x7f]{0,128}", urls in proptest::collection::vec(".{1,40}", 1..8)) {
        thread_local!(static CLIENT: Client = Client::new(Options { rate_limit: None, ..Options::default() }));
        CLIENT.with(|client| {
            let made = client.create(json!({"note": note, "scopes": [], "allowedUrls": urls}));
            assert_eq!(made["note"], json!(note));
            assert_eq!(made["allowedUrls"], json!(urls));
            assert_eq!(client.get("/tokens/v2/ada?limit=1").json()[0], made);
        });
    }
}
