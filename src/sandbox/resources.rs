//! Guarded resources: a handful of other services' endpoints, so that a token can be tried.
//!
//! The table is `assets/sandbox/resources.json`: method, path, the scope it takes (none: any valid token will do),
//! whether it is the account's own affair, the product its use counts as, and the answer. Answers have the true shape
//! and hold next to nothing.
//!
//! Sources: the scopes are from the documentation of each service; 401 and 403 and their words were seen live at the Styles API, the code
//! in the body of a 401 at the Geocoding API. Not documented: paths and shapes of the user profile and of tile statistics, and which of two
//! reasons for 403 is named first (here the scope).

use std::sync::Arc;

use axum::http::{Method, StatusCode, header};
use serde::Deserialize;
use serde_json::Value;

use super::{
    authorization::{self, Bearer, Verdict},
    call::Call,
    refusal::Refusal,
    reply::Reply,
    service::Service,
    store::{Access, StoreError, Usage},
};
use crate::token::allowed_url;

/// One row of the table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// The method.
    #[serde(deserialize_with = "method")]
    pub method: Method,
    /// The path, variable parts in braces.
    pub path: String,
    /// The scope it takes.
    #[serde(default)]
    scope: Option<Arc<str>>,
    /// Whether only the account in the path may ask.
    #[serde(default)]
    own: bool,
    /// What statistics call it; nothing is counted without.
    #[serde(default)]
    product: Option<String>,
    /// The status of success; 200 unless said otherwise.
    #[serde(default)]
    status: Option<u16>,
    /// The media type of an answer that is not JSON.
    #[serde(default)]
    media: Option<Media>,
    /// The answer as JSON; names in braces stand for parts of the path.
    #[serde(default)]
    body: Value,
}

/// Answers that are not JSON.
#[derive(Clone, Copy, Debug, Deserialize)]
enum Media {
    /// An even grey square.
    #[serde(rename = "image/png")]
    Png,
    /// A vector tile without layers, which is no bytes at all.
    #[serde(rename = "application/vnd.mapbox-vector-tile")]
    VectorTile,
    /// A range of glyphs without glyphs.
    #[serde(rename = "application/x-protobuf")]
    Glyphs,
    /// A file.
    #[serde(rename = "application/octet-stream")]
    File,
}

fn method<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Method, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// The table.
pub fn table() -> Vec<Resource> {
    serde_json::from_str(include_str!("../../assets/sandbox/resources.json")).expect("the bundled table is valid")
}

impl Resource {
    /// What serving it does to the database: some are counted.
    pub fn access(&self) -> Access {
        if self.product.is_some() { Access::Write } else { Access::Read }
    }

    /// Answers a call, and counts it when it was served.
    pub fn serve(&self, service: &mut Service, call: &Call) -> Result<Reply, Refusal> {
        let token = call.token().ok_or(Refusal::NoToken)?;
        let Verdict::Valid(bearer) = authorization::judge(service, token, call.now)? else {
            let is_geocoding = self.path.starts_with("/search/geocode/");
            return Err(if is_geocoding { Refusal::InvalidGeocodingToken } else { Refusal::InvalidToken });
        };
        if let Some(scope) = self.scope.as_ref().filter(|scope| !bearer.holds(scope)) {
            return Err(Refusal::ScopeNeeded(Arc::clone(scope)));
        }
        let referer = call.header(&header::REFERER);
        let urls: Vec<String> =
            bearer.allowed_urls.as_deref().map_or_else(Vec::new, |urls| serde_json::from_str(urls).unwrap_or_default());
        if !allowed_url::judge(urls.iter().map(String::as_str), referer).is_allowed() {
            return Err(Refusal::Forbidden);
        }
        // Not documented for every service: what belongs to someone else is treated as if it did not exist.
        if self.own && call.part("username") != bearer.username() {
            return Err(Refusal::Route);
        }
        if let Some(product) = &self.product {
            record(service, call, &bearer, product, referer)?;
        }
        Ok(self.reply(call))
    }

    fn reply(&self, call: &Call) -> Reply {
        let mut reply = match self.media {
            None => Reply::json(&filled(&self.body, call)),
            Some(Media::Png) => Reply::raw("image/png", include_bytes!("../../assets/sandbox/tile.png").as_slice()),
            Some(Media::VectorTile) => Reply::raw("application/vnd.mapbox-vector-tile", []),
            Some(Media::Glyphs) => Reply::raw("application/x-protobuf", glyphs(call.part("font"), call.part("range"))),
            Some(Media::File) => Reply::raw("application/octet-stream", []),
        };
        if let Some(status) = self.status.and_then(|status| StatusCode::from_u16(status).ok()) {
            reply.status = status;
        }
        reply
    }
}

/// The answer with the parts of the path in place of their names.
fn filled(body: &Value, call: &Call) -> Value {
    match body {
        Value::String(text) => {
            let fill = |text: String, (name, value): (&str, &str)| text.replace(&format!("{{{name}}}"), value);
            Value::String(call.path.iter().fold(text.clone(), fill))
        }
        Value::Array(items) => items.iter().map(|item| filled(item, call)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), filled(value, call))).collect(),
        other => other.clone(),
    }
}

/// A `glyphs` message with one font stack (field 1) that has a name (1) and a range (2) and no glyphs.
fn glyphs(font: &str, range: &str) -> Vec<u8> {
    let mut stack = Vec::new();
    for (field, text) in [(1_u8, font), (2, range.trim_end_matches(".pbf"))] {
        let text = text.as_bytes();
        let text = &text[..text.len().min(60)];
        stack.extend([field << 3 | 2, text.len() as u8]);
        stack.extend(text);
    }
    let mut message = vec![1 << 3 | 2, stack.len() as u8];
    message.extend(stack);
    message
}

fn record(
    service: &mut Service,
    call: &Call,
    bearer: &Bearer,
    product: &str,
    referer: Option<&str>,
) -> Result<(), StoreError> {
    let page = referer.and_then(|referer| referer.parse::<axum::http::Uri>().ok());
    let usage = Usage {
        token: bearer.id().unwrap_or_default(),
        day: call.now.div_euclid(86_400_000),
        product,
        browser: browser(call.header(&header::USER_AGENT).unwrap_or_default()),
        // Whoever calls a sandbox is at home.
        country: "(unknown)",
        host: page.as_ref().and_then(|page| page.host()).unwrap_or("(none)"),
        count: 1,
    };
    service.store.serve(bearer.account, &usage)
}

/// The browser's family. The order matters: each names those after it as well.
fn browser(agent: &str) -> &'static str {
    [("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]
        .into_iter()
        .find_map(|(mark, name)| agent.contains(mark).then_some(name))
        .unwrap_or("(other)")
}
