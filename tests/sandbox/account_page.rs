//! What only the account page can do, and the sandbox's own calls.

use jeton::{sandbox::Options, secret::Secret};
use serde_json::json;

use super::http::Client;

#[test]
fn refreshing_the_default_token_revokes_the_old_one_and_makes_another() {
    let client = Client::new(Options::default());
    let old = client.get("/tokens/v2/ada?default=true").json()[0].clone();
    let new = client.send("POST", "/sandbox/v1/accounts/ada/default-token", None);
    assert_eq!(new.status, 200);
    let new = new.json();
    assert_ne!(old["id"], new["id"]);
    assert_eq!((&new["default"], &new["scopes"]), (&json!(true), &old["scopes"]));
    assert_eq!(client.get("/tokens/v2/ada").json(), json!([new]));
    let verdict = client.send_as(old["token"].as_str().unwrap(), "GET", "/tokens/v2", None).json();
    assert_eq!(verdict["code"], "TokenRevoked");
    let reader = client.create(json!({"scopes": ["tokens:read"]}));
    let refused =
        client.send_as(reader["token"].as_str().unwrap(), "POST", "/sandbox/v1/accounts/ada/default-token", None);
    assert_eq!(refused.status, 404);
}

#[test]
fn with_the_password_check_on_nothing_is_created_before_it() {
    let password = Some(Secret::new("correct horse"));
    let client = Client::new(Options { password, ..Options::default() });
    let create = || client.send("POST", "/tokens/v2/ada", Some(json!({"scopes": []}))).status;
    let sign_in = |password: &str| {
        client.send("POST", "/sandbox/v1/accounts/ada/sign-in", Some(json!({"password": password}))).status
    };
    assert_eq!(create(), 403);
    assert_eq!(sign_in("wrong"), 403);
    assert_eq!(create(), 403);
    assert_eq!(sign_in("correct horse"), 200);
    assert_eq!(create(), 200);
}

#[test]
fn a_client_can_tell_a_sandbox() {
    let client = Client::new(Options { rate_limit: Some(7), ..Options::default() });
    let about = client.get("/sandbox/v1");
    assert_eq!(about.json()["name"], "jeton sandbox");
    assert_eq!(about.json()["rateLimit"], 7);
    assert_eq!(about.json()["accounts"], json!(["ada"]));
    assert!(about.header("server").unwrap().starts_with("jeton-sandbox/"));
}
