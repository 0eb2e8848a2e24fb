//! Tokens tried on guarded resources, and what statistics make of it.

use jeton::sandbox::{Demo, Options};
use serde_json::json;

use super::http::{Client, call};

fn try_token(client: &Client, path: &str, token: &str, referer: Option<&str>) -> (u16, String) {
    let headers: Vec<_> = referer.map(|referer| ("referer", referer)).into_iter().collect();
    let answer = call(client.sandbox.url(), "GET", &format!("{path}?access_token={token}"), &headers, "");
    let message = if answer.status == 200 { String::new() } else { answer.message() };
    (answer.status, message)
}

#[test]
fn a_resource_takes_its_scope() {
    let client = Client::new(Options::default());
    for (path, scope) in [
        ("/styles/v1/ada", "styles:list"),
        ("/styles/v1/mapbox/streets-v12", "styles:read"),
        ("/styles/v1/mapbox/streets-v12/tiles/2/1/0", "styles:tiles"),
        ("/styles/v1/mapbox/streets-v12/tiles/512/2/1/0@2x", "styles:tiles"),
        ("/styles/v1/mapbox/streets-v12/static/2.3,48.8,10/300x200", "styles:tiles"),
        ("/fonts/v1/ada/Lumen%20Sans%20Regular/0-255.pbf", "fonts:read"),
        ("/fonts/v1/ada", "fonts:list"),
        ("/datasets/v1/ada", "datasets:list"),
        ("/datasets/v1/ada/stores/features", "datasets:read"),
        ("/uploads/v1/ada", "uploads:list"),
        ("/uploads/v1/ada/some", "uploads:read"),
        ("/tilesets/v1/ada", "tilesets:list"),
        ("/tilesets/v1/ada.stores/recipe", "tilesets:read"),
        ("/users/v1/ada", "user:read"),
        ("/tilestats/v1/ada/ada.stores", "map:read"),
        ("/downloads/v2/releases/android/x.zip", "downloads:read"),
        ("/statistics/v1", "statistics:read"),
        ("/scopes/v1/ada", "scopes:list"),
    ] {
        let with = client.create(json!({"scopes": [scope]}));
        let without = client.create(json!({"scopes": ["user-feedback:read"]}));
        assert_eq!(try_token(&client, path, with["token"].as_str().unwrap(), None).0, 200, "{path}");
        let refused = try_token(&client, path, without["token"].as_str().unwrap(), None);
        assert_eq!(refused, (403, format!("This API requires a token with {scope} scope.")), "{path}");
    }
}

#[test]
fn a_token_that_is_not_accepted_is_told_apart_from_none() {
    let client = Client::new(Options::default());
    let made = client.create(json!({"scopes": ["styles:tiles"]}));
    let token = made["token"].as_str().unwrap();
    let tile = "/styles/v1/mapbox/streets-v12/tiles/2/1/0";
    assert_eq!(try_token(&client, tile, token, None).0, 200);
    client.send("DELETE", &super::tokens::path(&made), None);
    let invalid = (401, "Not Authorized - Invalid Token".to_owned());
    assert_eq!(try_token(&client, tile, token, None), invalid, "revoked");
    assert_eq!(try_token(&client, tile, "pk.x.y", None), invalid, "malformed");
    assert_eq!(try_token(&client, tile, "", None), (401, "Not Authorized - No Token".to_owned()));
}

#[test]
fn the_geocoding_api_names_a_code_when_it_does_not_accept_a_token() {
    let client = Client::new(Options::default());
    let refused = client.send_as("pk.x.y", "GET", "/search/geocode/v6/forward?q=Lyon", None);
    let body = json!({"message": "Not Authorized - Invalid Token", "error_code": "INVALID_TOKEN"});
    assert_eq!((refused.status, refused.json()), (401, body));
}

#[test]
fn the_referer_decides_for_a_restricted_token() {
    let client = Client::new(Options::default());
    let body = json!({"scopes": ["styles:tiles"], "allowedUrls": ["https://example.com/maps", "localhost:3000", "*.wild.example"]});
    let made = client.create(body);
    let token = made["token"].as_str().unwrap();
    for (referer, expected) in [
        (Some("https://example.com/maps/1"), 200),
        (Some("https://www.example.com/maps"), 200),
        (Some("https://example.com/"), 403),
        (Some("http://example.com/maps"), 403),
        (Some("http://localhost:3000/"), 200),
        (Some("https://a.wild.example/"), 403),
        (Some("nonsense"), 403),
        (None, 403),
    ] {
        let (status, message) = try_token(&client, "/styles/v1/mapbox/streets-v12/tiles/2/1/0", token, referer);
        assert_eq!(status, expected, "{referer:?}");
        assert_eq!(message, if status == 403 { "Forbidden" } else { "" });
    }
}

#[test]
fn what_is_served_is_counted() {
    let client = Client::new(Options::default());
    let made = client.create(json!({"scopes": ["styles:tiles"]}));
    let id = made["id"].as_str().unwrap();
    let tile = format!("/styles/v1/mapbox/streets-v12/tiles/2/1/0?access_token={}", made["token"].as_str().unwrap());
    let headers = [("referer", "https://maps.example/x"), ("user-agent", "Mozilla/5.0 Chrome/140.0 Safari/537.36")];
    for _ in 0..3 {
        assert_eq!(call(client.sandbox.url(), "GET", &tile, &headers, "").status, 200);
    }
    let answer = client.get(&format!("/statistics/v1?token_id={id}")).json();
    let data = &answer["data"];
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    assert_eq!(data["token_id"], id);
    assert_eq!(data["period"]["end"], json!(today));
    assert_eq!(data["activeDays"], json!([today]));
    let product = &data["products"]["Static Tiles API"];
    assert_eq!(product["daily"], json!([{"date": today, "usage": 3}]));
    assert_eq!(product["dimensions"]["hosts"], json!({"maps.example": 3}));
    assert_eq!(product["dimensions"]["browsers"], json!({"Chrome": 3}));
    assert!(answer["generated_at"].is_string());
    let other = client.get("/statistics/v1?token_id=cijucimbe000brbkt48d0dhcx").json();
    assert_eq!(other["data"]["products"], json!({}), "nothing of another token");
}

#[test]
fn periods_are_checked() {
    let client = Client::new(Options { rate_limit: None, ..Options::default() });
    for (query, status) in [
        ("period_start=2026-01-01&period_end=2026-02-01", 200),
        ("period_start=2026-01-01&period_end=2026-02-02", 422),
        ("period_start=2026-01-02&period_end=2026-01-01", 422),
        ("period_start=yesterday", 422),
        ("period_end=2026-13-01", 422),
        ("period_end=2020-05-05", 200),
        ("period_start=-000001-01-01", 422),
    ] {
        assert_eq!(client.get(&format!("/statistics/v1?{query}")).status, status, "{query}");
    }
}

#[test]
fn the_statistics_api_has_a_budget_of_its_own() {
    let client = Client::new(Options { rate_limit: Some(100), ..Options::default() });
    for _ in 0..20 {
        assert_eq!(client.get("/statistics/v1").status, 200);
    }
    assert_eq!(client.get("/statistics/v1").status, 429);
    assert_eq!(client.get("/tokens/v2/ada").status, 200);
}

#[test]
fn the_demo_has_a_past() {
    let demo = Some(Demo { seed: 1, tokens: 0, now: jiff::Timestamp::now() });
    let client = Client::new(Options { demo, ..Options::default() });
    let list = client.get("/tokens/v2/ada").json();
    let list = list.as_array().unwrap();
    assert!(list.len() > 8, "{}", list.len());
    let find = |name: &str| list.iter().find(|token| token["note"] == name).expect(name)["id"].as_str().unwrap();
    let usage = |id: &str| client.get(&format!("/statistics/v1?token_id={id}")).json()["data"].clone();
    let busy = usage(find("Checkout map"));
    assert!(busy["products"]["Vector Tiles API"]["dimensions"]["hosts"]["checkout.lumen.example"].as_i64() > Some(0));
    assert_eq!(usage(find("legacy-do-not-use"))["products"], json!({}));
    let longest = list.iter().filter_map(|token| token["note"].as_str()).map(|note| note.chars().count()).max();
    assert!((120..=128).contains(&longest.unwrap()));
}
