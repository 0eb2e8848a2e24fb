//! [`Metadata`]: a token as the API shows it.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{signature, store::Row};
use crate::token::Usage;

/// The metadata object, its fields in the order of the documentation's examples. Borrowed from a database row: lists go
/// out as they are stored.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata<'a> {
    /// Always `api` (documented).
    client: &'static str,
    /// The name; always sent, `null` when there is none, because a client's schema demands the field.
    note: Option<&'a str>,
    usage: Usage,
    id: &'a str,
    default: bool,
    scopes: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_urls: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_applications: Option<&'a RawValue>,
    created: Millis,
    modified: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// Milliseconds since 1970, written as the API writes times.
#[derive(Clone, Copy)]
pub struct Millis(pub i64);

impl Serialize for Millis {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => serializer.collect_str(&format_args!("{time:.3}")),
            Err(_) => serializer.serialize_none(),
        }
    }
}

impl<'a> Metadata<'a> {
    /// A row as its account sees it. The string of a secret token is not in the row; `secret` has it right after
    /// creation.
    pub fn new(row: Row<'a>, username: &str, secret: Option<&str>) -> Self {
        let signature = if row.usage == Usage::Public { row.signature } else { secret };
        Self {
            client: "api",
            note: row.note,
            usage: row.usage,
            id: row.id,
            default: row.default,
            scopes: raw(row.scopes),
            allowed_urls: row.allowed_urls.map(raw),
            resources: row.resources.map(raw),
            allowed_applications: row.applications.map(raw),
            created: Millis(row.created),
            modified: Millis(row.modified),
            token: signature.map(|signature| signature::spell(row.usage, username, row.id, signature)),
        }
    }

    /// As JSON.
    pub fn write(&self, out: &mut Vec<u8>) {
        serde_json::to_writer(out, self).expect("writing JSON to memory cannot fail");
    }
}

/// Stored lists were written by us; were one damaged from outside, the answer is still JSON.
fn raw(json: &str) -> &RawValue {
    serde_json::from_str(json).unwrap_or(RawValue::NULL)
}
