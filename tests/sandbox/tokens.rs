//! Tokens: made, listed, changed, deleted, retrieved.

use jeton::sandbox::{Demo, Options, Sandbox};
use serde_json::{Value, json};

use crate::http::{Answer, call};

pub struct Client {
    pub sandbox: Sandbox,
}

impl Client {
    pub fn new(options: Options) -> Self {
        Self { sandbox: Sandbox::start(options).expect("started") }
    }

    pub fn token(&self) -> &str {
        self.sandbox.token().expose()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    pub fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.send_as(self.token(), method, path, body)
    }

    pub fn send_as(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mark = if path.contains('?') { '&' } else { '?' };
        let body = body.map_or_else(String::new, |body| body.to_string());
        call(self.sandbox.url(), method, &format!("{path}{mark}access_token={token}"), &[], &body)
    }
}

#[test]
fn a_public_token_lives_its_life() {
    let client = Client::new(Options::default());
    let made = client.send("POST", "/tokens/v2/ada", Some(json!({"note": "Map", "scopes": ["styles:read"]})));
    assert_eq!(made.status, 200, "{made:?}");
    let made = made.json();
    assert_eq!(made["usage"], "pk");
    let listed = client.get("/tokens/v2/ada").json();
    assert_eq!(listed[0], made, "newest first, and the string of a public token can be read again");
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "it and the default token");
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
    for query in ["", "&sortby=modified", "&usage=pk", "&usage=sk&sortby=modified", "&default=false"] {
        let mut path = format!("/tokens/v2/ada?limit=40&access_token={}{query}", client.token());
        let mut seen = Vec::new();
        loop {
            let page = call(client.sandbox.url(), "GET", &path, &[], "");
            assert_eq!(page.status, 200, "{page:?}");
            seen.extend(page.json().as_array().unwrap().iter().map(|token| token["id"].as_str().unwrap().to_owned()));
            let Some(link) = page.header("link") else { break };
            let url = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).expect(link);
            path = url.strip_prefix("http://sandbox.test:80").expect("the client's own origin").to_owned();
        }
        let mut all = seen.clone();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), seen.len(), "nothing twice with {query:?}");
        if query.is_empty() {
            assert_eq!(seen.len(), 250);
            assert!(seen.is_sorted_by(|a, b| a > b), "newest first");
        }
    }
}
