//! The findings of a scan as SARIF 2.1.0: each points at its file and line.

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Value, json};

use super::item::Item;
use crate::{
    cli::sarif::{SCHEMA, level, literal, uri},
    untrusted::shown,
};

/// A rule for each kind of token: id, name, what it finds, what to do, GitHub's number for how bad it can be.
const RULES: [[&str; 5]; 3] = [
    [
        "mapbox-secret-token",
        "MapboxSecretToken",
        "A Mapbox secret token.",
        "Anyone who can read the file can use the token with all its scopes. Rotate the token (jeton rotate) and store the new \
            one outside the repository. Removing it from the file is not enough: git's history keeps it.",
        "8.0",
    ],
    [
        "mapbox-public-token",
        "MapboxPublicToken",
        "A Mapbox public token.",
        "Anyone may see a public token, but without URL restrictions it works on any page, at your cost. Restrict it to your pages.",
        "4.0",
    ],
    [
        "mapbox-temporary-token",
        "MapboxTemporaryToken",
        "A Mapbox temporary token.",
        "It works for up to an hour and can't be revoked. Remove it.",
        "2.0",
    ],
];

/// A log with one run.
#[derive(Debug)]
pub(super) struct Log<'a> {
    /// The findings.
    pub items: &'a [Item<'a>],
}

impl Serialize for Log<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let run = json!({
            "tool": { "driver": {
                "name": "jeton",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": RULES.map(describe),
            }},
            "automationDetails": { "id": "jeton-scan/" },
            "columnKind": "unicodeCodePoints",
            "results": self.items.iter().map(result).collect::<Vec<_>>(),
        });
        let mut log = serializer.serialize_map(Some(3))?;
        log.serialize_entry("$schema", SCHEMA)?;
        log.serialize_entry("version", "2.1.0")?;
        log.serialize_entry("runs", &[run])?;
        log.end()
    }
}

fn describe([id, name, title, reason, number]: [&str; 5]) -> Value {
    json!({
        "id": id,
        "name": name,
        "shortDescription": { "text": title },
        "fullDescription": { "text": reason },
        "help": { "text": reason, "markdown": reason },
        "defaultConfiguration": { "level": "warning" },
        "properties": {
            "precision": "very-high",
            "tags": ["mapbox", "access-token", "security"],
            "security-severity": number,
        },
    })
}

fn result(item: &Item<'_>) -> Value {
    let index = match item.usage {
        "sk" => 0,
        "pk" => 1,
        _ => 2,
    };
    let id = item.id.map(|id| format!(" ({})", shown(id))).unwrap_or_default();
    let text = format!("{}{id}: {}.", item.title(), item.message);
    let mut result = json!({
        "ruleId": RULES[index][0],
        "ruleIndex": index,
        "level": level(item.severity),
        "message": { "text": literal(&text) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&item.path) },
            "region": {
                "startLine": item.line,
                "startColumn": item.column,
                "byteOffset": item.offset,
                "byteLength": item.length,
            },
        }}],
        "partialFingerprints": {
            "tokenPlace/v1": item.fingerprint,
            "primaryLocationLineHash": format!("{}:1", item.fingerprint),
        },
    });
    if let Some(commit) = item.commit {
        result["properties"] = json!({ "commit": commit });
    }
    result
}
