//! [`Body`]: the JSON object a client sends, checked field by field.
//!
//! What always holds: a field the operation does not have is refused (`additionalProperties: false` in the OpenAPI file). Lists come out as
//! JSON text, the form they are stored in.

use serde::Serialize;
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::token::{ALLOWED_URL_LIMIT, NOTE_LIMIT};

/// A body with known fields only.
#[derive(Debug)]
pub struct Body(Map<String, Value>);

/// A field's value: not sent, sent as `null`, or sent.
pub type Field<T> = Option<Option<T>>;

impl Body {
    /// Reads a body that may have the fields `known`.
    pub fn new(bytes: &[u8], known: &[&str]) -> Result<Self, Refusal> {
        let value = serde_json::from_slice(bytes).map_err(|error| {
            // Where, but not what: the parser quotes its input, and that may be long.
            Refusal::Json(format!("it goes wrong at line {}, column {}", error.line(), error.column()))
        })?;
        let Value::Object(fields) = value else { return Err(Refusal::Json("it is something else".into())) };
        match fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Refusal::Field(format!("{:?}", name.chars().take(60).collect::<String>()))),
            None => Ok(Self(fields)),
        }
    }

    /// Whether a field was sent with a value.
    pub fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn field(&self, name: &str) -> Field<&Value> {
        self.0.get(name).map(|value| if value.is_null() { None } else { Some(value) })
    }

    /// The name. Not documented: what is said to one that is too long.
    pub fn note(&self) -> Result<Field<&str>, Refusal> {
        match self.field("note") {
            None => Ok(None),
            Some(None) => Ok(Some(None)),
            Some(Some(Value::String(note))) if note.chars().count() <= NOTE_LIMIT => Ok(Some(Some(note))),
            Some(Some(Value::String(_))) => {
                Err(Refusal::Value(format!("note may not be longer than {NOTE_LIMIT} characters")))
            }
            Some(Some(_)) => Err(Refusal::Value("note must be a string".into())),
        }
    }

    /// The scopes, each once, in the order sent.
    pub fn scopes(&self) -> Result<Option<Vec<String>>, Refusal> {
        let Some(value) = self.field("scopes") else { return Ok(None) };
        let mut scopes = strings(value).ok_or(Refusal::Scopes)?;
        let mut seen = std::collections::HashSet::new();
        scopes.retain(|scope| seen.insert(scope.clone()));
        Ok(Some(scopes))
    }

    /// The allowed URLs; none and an empty list both mean no restriction. Not documented: whether entries that can never match are
    /// refused; they are kept as they came.
    pub fn allowed_urls(&self) -> Result<Field<String>, Refusal> {
        let Some(value) = self.field("allowedUrls") else { return Ok(None) };
        let Some(value) = value else { return Ok(Some(None)) };
        let urls =
            strings(Some(value)).ok_or_else(|| Refusal::Value("allowedUrls must be a list of strings".into()))?;
        if urls.len() > ALLOWED_URL_LIMIT {
            return Err(Refusal::Value(format!("allowedUrls may not have more than {ALLOWED_URL_LIMIT} entries")));
        }
        Ok(Some((!urls.is_empty()).then(|| json(&urls))))
    }

    /// The resources: a list of strings that is not empty (the error table refuses malformed and empty ones), within `held` when
    /// the authorizing token is restricted itself.
    pub fn resources(&self, held: Option<&str>) -> Result<Field<String>, Refusal> {
        let Some(value) = self.field("resources") else { return Ok(None) };
        let Some(value) = value else { return Ok(Some(None)) };
        let resources = strings(Some(value)).filter(|list| !list.is_empty()).ok_or(Refusal::Resources)?;
        let held: Option<Vec<String>> = held.and_then(|held| serde_json::from_str(held).ok());
        let within = held.is_none_or(|held| resources.iter().all(|resource| held.contains(resource)));
        if !within || resources.iter().any(String::is_empty) {
            return Err(Refusal::Resources);
        }
        Ok(Some(Some(json(&resources))))
    }

    /// The applications: `[{"platform", "bundleId"}]`, a beta the official SDK can send. Kept and shown, not enforced (not documented).
    pub fn applications(&self) -> Result<Field<String>, Refusal> {
        let Some(value) = self.field("allowedApplications") else { return Ok(None) };
        let Some(value) = value else { return Ok(Some(None)) };
        let is_application = |item: &Value| {
            item.get("platform").is_some_and(Value::is_string) && item.get("bundleId").is_some_and(Value::is_string)
        };
        match value {
            Value::Array(items) if items.is_empty() => Ok(Some(None)),
            Value::Array(items) if items.iter().all(is_application) => Ok(Some(Some(json(items)))),
            _ => Err(Refusal::Value("allowedApplications must be a list of {platform, bundleId}".into())),
        }
    }

    /// The end of a temporary token, in milliseconds since 1970. A time without an offset is UTC.
    pub fn expires(&self) -> Result<i64, Refusal> {
        let text = self.0.get("expires").and_then(Value::as_str).unwrap_or_default();
        let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
            Some(text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
        });
        instant
            .map(|time| time.as_millisecond())
            .ok_or_else(|| Refusal::Value("expires must be an ISO 8601 date".into()))
    }
}

fn strings(value: Option<&Value>) -> Option<Vec<String>> {
    value?.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// JSON text of a list.
pub fn json(list: &impl Serialize) -> String {
    serde_json::to_string(list).expect("lists of strings and of JSON values are JSON")
}
