//! [`Body`]: the JSON object a client sends, checked field by field.
//!
//! Invariants: a field the operation does not have is refused (`additionalProperties: false` in the OpenAPI
//! file). Lists come out as JSON text, the form they are stored in.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{edit::Edit, refusal::Refusal};
use crate::token::{ALLOWED_URL_LIMIT, NOTE_LIMIT};

/// A body with known fields only.
#[derive(Debug)]
pub struct Body(Map<String, Value>);

impl Body {
    /// Reads a body that may have the fields `known`.
    pub fn new(bytes: &[u8], known: &[&str]) -> Result<Self, Refusal> {
        let value = serde_json::from_slice(bytes).map_err(|error| {
            // Where, but not what: the parser quotes its input, and that may be long.
            Refusal::Json(format!("invalid JSON at line {}, column {}", error.line(), error.column()))
        })?;
        let Value::Object(fields) = value else { return Err(Refusal::Json("not an object".into())) };
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

    fn field(&self, name: &str) -> Edit<&Value> {
        match self.0.get(name) {
            None => Edit::Keep,
            Some(Value::Null) => Edit::Clear,
            Some(value) => Edit::Set(value),
        }
    }

    /// [`Body::field`] with the value checked and turned into what is stored; `None` stands for no value.
    fn checked<'a, T>(
        &'a self,
        name: &str,
        check: impl FnOnce(&'a Value) -> Result<Option<T>, Refusal>,
    ) -> Result<Edit<T>, Refusal> {
        Ok(match self.field(name) {
            Edit::Keep => Edit::Keep,
            Edit::Clear => Edit::Clear,
            Edit::Set(value) => check(value)?.map_or(Edit::Clear, Edit::Set),
        })
    }

    /// The name. Not documented: what is said to one that is too long.
    pub fn note(&self) -> Result<Edit<&str>, Refusal> {
        self.checked("note", |value| match value.as_str() {
            Some(note) if note.chars().count() <= NOTE_LIMIT => Ok(Some(note)),
            Some(_) => Err(Refusal::Value(format!("note may not be longer than {NOTE_LIMIT} characters"))),
            None => Err(Refusal::Value("note must be a string".into())),
        })
    }

    /// The scopes, each once, in the order sent.
    pub fn scopes(&self) -> Result<Option<Vec<String>>, Refusal> {
        let Some(value) = self.0.get("scopes") else { return Ok(None) };
        let mut scopes = strings(value).ok_or(Refusal::Scopes)?;
        let mut seen = HashSet::new();
        scopes.retain(|scope| seen.insert(scope.clone()));
        Ok(Some(scopes))
    }

    /// The allowed URLs; none and an empty list both mean no restriction. Not documented: whether entries that can
    /// never match are refused; they are kept as they came.
    pub fn allowed_urls(&self) -> Result<Edit<String>, Refusal> {
        self.checked("allowedUrls", |value| {
            let Some(urls) = strings(value) else {
                return Err(Refusal::Value("allowedUrls must be a list of strings".into()));
            };
            if urls.len() > ALLOWED_URL_LIMIT {
                return Err(Refusal::Value(format!("allowedUrls may not have more than {ALLOWED_URL_LIMIT} entries")));
            }
            Ok((!urls.is_empty()).then(|| json(&urls)))
        })
    }

    /// The resources: a list of strings that is not empty (the error table refuses malformed and empty ones), within
    /// `held` when the authorizing token is restricted itself.
    pub fn resources(&self, held: Option<&str>) -> Result<Edit<String>, Refusal> {
        let held: Option<Vec<String>> = held.and_then(|held| serde_json::from_str(held).ok());
        self.checked("resources", |value| {
            let resources = strings(value).filter(|list| !list.is_empty()).ok_or(Refusal::Resources)?;
            let within = held.is_none_or(|held| resources.iter().all(|resource| held.contains(resource)));
            if !within || resources.iter().any(String::is_empty) {
                return Err(Refusal::Resources);
            }
            Ok(Some(json(&resources)))
        })
    }

    /// The applications: `[{"platform", "bundleId"}]`, a beta the official SDK can send. Kept and shown, not enforced
    /// (not documented).
    pub fn applications(&self) -> Result<Edit<String>, Refusal> {
        let is_application = |item: &Value| {
            item.get("platform").is_some_and(Value::is_string) && item.get("bundleId").is_some_and(Value::is_string)
        };
        self.checked("allowedApplications", |value| match value {
            Value::Array(items) if items.len() <= ALLOWED_URL_LIMIT && items.iter().all(is_application) => {
                Ok((!items.is_empty()).then(|| json(items)))
            }
            _ => Err(Refusal::Value("allowedApplications must be a list of {platform, bundleId}".into())),
        })
    }

    /// The end of a temporary token, in milliseconds since 1970. A time without an offset is UTC.
    pub fn expires(&self) -> Result<i64, Refusal> {
        let text = self.0.get("expires").and_then(Value::as_str).unwrap_or_default();
        let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
            Some(text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
        });
        instant
            .map(jiff::Timestamp::as_millisecond)
            .ok_or_else(|| Refusal::Value("expires must be an ISO 8601 date".into()))
    }
}

fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// JSON text of a list.
pub fn json(list: &impl Serialize) -> String {
    serde_json::to_string(list).expect("lists of strings and of JSON values are JSON")
}
