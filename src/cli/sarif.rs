//! SARIF 2.1.0 (OASIS): findings in the form that code scanning and other collectors read.
//!
//! Invariants: the output is valid by the standard's schema and by ours, which is stricter. Rule ids and fingerprints are the same in
//! every run, so that a collector recognizes a finding.
//!
//! A token is not a place in a file, so the place that means something is a logical location: `user/id`, of the kind `resource`. GitHub
//! refuses a whole file for one result without a physical location ("expected a physical location"), and every address that is not
//! a path in the repository; so each result also has the path `mapbox-tokens/user/id`, where no file is, which only says whose it is.

use std::fmt::Write as _;

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use strum::IntoEnumIterator as _;

use super::commands::lint::{FILE_MESSAGE, FILE_REASON, FILE_RULE, Item, Spot};
use crate::{
    token::lint::{Rule, Severity},
    untrusted::shown,
};

/// The published schema of the format.
pub const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A log with one run. Its results are created one by one while it is written: an account can have tens of thousands of findings.
#[derive(Debug)]
pub struct Log<'a> {
    /// The findings.
    pub items: &'a [Item<'a>],
    /// Whose tokens they are about.
    pub username: &'a str,
}

impl Serialize for Log<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut log = serializer.serialize_map(Some(3))?;
        log.serialize_entry("$schema", SCHEMA)?;
        log.serialize_entry("version", "2.1.0")?;
        log.serialize_entry("runs", &[Run(self)])?;
        log.end()
    }
}

struct Run<'a>(&'a Log<'a>);

impl Serialize for Run<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tool = json!({ "driver": {
            "name": "jeton",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": Rule::iter().map(describe).chain([describe_files()]).collect::<Vec<_>>(),
        }});
        let mut run = serializer.serialize_map(Some(4))?;
        run.serialize_entry("tool", &tool)?;
        // What comes before the last slash tells one account's runs from another's.
        run.serialize_entry("automationDetails", &json!({ "id": format!("jeton/{}/", shown(self.0.username)) }))?;
        run.serialize_entry("columnKind", "unicodeCodePoints")?;
        run.serialize_entry("results", &Results(self.0))?;
        run.end()
    }
}

struct Results<'a>(&'a Log<'a>);

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.items.iter().map(|item| result(item, self.0.username)))
    }
}

fn describe(rule: Rule) -> Value {
    let (title, reason) = (sentence(rule.message()), rule.reason());
    let more = rule.source().map(|source| format!("\n\nMore: <{source}>")).unwrap_or_default();
    let mut properties = json!({ "precision": "very-high", "tags": ["mapbox", "access-token"] });
    // GitHub sorts security findings by a number in place of the level.
    let number = match rule.severity() {
        Severity::Error => Some("8.0"),
        Severity::Warning => Some("5.0"),
        Severity::Advice => Some("3.0"),
        Severity::Note => None,
    };
    if let Some(number) = number {
        properties["security-severity"] = number.into();
        properties["tags"] = json!(["mapbox", "access-token", "security"]);
    }
    let mut description = json!({
        "id": rule.id(),
        "name": pascal(rule.id()),
        "shortDescription": { "text": title },
        "fullDescription": { "text": reason },
        "help": { "text": reason, "markdown": format!("{reason}{more}") },
        "defaultConfiguration": { "level": level(rule.severity()) },
        "properties": properties,
    });
    if let Some(source) = rule.source() {
        description["helpUri"] = source.into();
    }
    description
}

/// The rule for files of tokens: one that has errors is not judged further.
fn describe_files() -> Value {
    json!({
        "id": FILE_RULE,
        "name": pascal(FILE_RULE),
        "shortDescription": { "text": sentence(FILE_MESSAGE) },
        "fullDescription": { "text": FILE_REASON },
        "help": { "text": FILE_REASON, "markdown": FILE_REASON },
        "defaultConfiguration": { "level": "error" },
        "properties": { "precision": "very-high", "tags": ["mapbox", "access-token"] },
    })
}

fn result(item: &Item<'_>, username: &str) -> Value {
    let id = if item.id.is_empty() { item.spot.map_or("", |spot| spot.file) } else { item.id };
    let name = item.note.filter(|note| !note.is_empty()).map_or_else(|| shown(id), shown);
    let subject = item.about.map(|about| format!(": {}", shown(about))).unwrap_or_default();
    // A finding in a file is there; one in an account has a place only in name.
    let physical = match item.spot {
        Some(Spot { file, place }) => json!({
            "artifactLocation": { "uri": path(file) },
            "region": { "startLine": place.line, "startColumn": place.column },
        }),
        None => json!({
            "artifactLocation": { "uri": format!("mapbox-tokens/{}/{}", segment(username), segment(item.id)) },
            "region": { "startLine": 1 },
        }),
    };
    let owner = item.spot.map_or_else(|| shown(username), |spot| shown(spot.file));
    json!({
        "ruleId": item.rule,
        "ruleIndex": Rule::iter().position(|rule| rule.id() == item.rule).unwrap_or_else(|| Rule::iter().count()),
        "level": level(item.severity),
        "message": { "text": literal(&format!("{name}: {}{subject}.", item.message)) },
        "locations": [{
            "physicalLocation": physical,
            "logicalLocations": [{
                "name": name,
                "fullyQualifiedName": format!("{owner}/{}", shown(id)),
                "kind": "resource",
            }],
        }],
        "partialFingerprints": fingerprints(item),
    })
}

/// The same in every run for the same finding, and different for every other: under a name of our own, and under the one name that GitHub
/// looks at.
fn fingerprints(item: &Item<'_>) -> Value {
    let mut digest = Sha256::new();
    let file = item.spot.map(|spot| spot.file);
    for part in file.into_iter().chain([item.id, item.rule, item.about.unwrap_or_default()]) {
        digest.update(part);
        // In no id and in no text of one line, so no two lists of parts look alike.
        digest.update(b"\n");
    }
    let mut print = String::new();
    for byte in digest.finalize().iter().take(16) {
        write!(print, "{byte:02x}").expect("a string takes everything");
    }
    json!({ "tokenRuleSubject/v1": print, "primaryLocationLineHash": format!("{print}:1") })
}

/// The address of a file, as a path from where the command ran.
fn path(file: &str) -> String {
    file.split(['/', std::path::MAIN_SEPARATOR]).filter(|part| *part != ".").map(segment).collect::<Vec<_>>().join("/")
}

/// SARIF has three levels for four of ours.
pub const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice | Severity::Note => "note",
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str())).unwrap_or_default()
}

/// The form the standard recommends for the names of rules: `WildcardUrl`.
fn pascal(id: &str) -> String {
    id.split('-').map(|word| sentence(word).trim_end_matches('.').to_owned()).collect()
}

/// Text in which nothing is a link or a placeholder: the standard has both in messages, and names come from anyone.
pub fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '[' | ']' | '\\' => literal.extend(['\\', c]),
            '{' | '}' => literal.extend([c, c]),
            other => literal.push(other),
        }
    }
    literal
}

/// The address of a file, from where the scan was started: a path with slashes, percent-encoded; whole for one that starts at the root.
pub fn uri(path: &str) -> String {
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    let segments: Vec<_> =
        path.split('/').map(|part| if part == ".." { part.to_owned() } else { segment(part) }).collect();
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    format!("{scheme}{}", segments.join("/"))
}

/// A segment of a path, percent-encoded.
fn segment(text: &str) -> String {
    let mut path = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) || byte == b'.' && !text.trim_matches('.').is_empty()
        {
            path.push(char::from(byte));
        } else {
            write!(path, "%{byte:02X}").expect("a string takes everything");
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_neither_a_link_nor_a_placeholder() {
        assert_eq!(literal("[buy](https://evil.example) {0}"), "\\[buy\\](https://evil.example) {{0}}");
    }

    #[test]
    fn a_path_leads_nowhere_else() {
        assert_eq!(segment("cmab12"), "cmab12");
        assert_eq!(segment("../a b"), "..%2Fa%20b");
        assert_eq!(segment(".."), "%2E%2E");
    }

    #[test]
    fn names_of_rules_are_written_as_the_standard_likes_them() {
        assert_eq!(pascal("wildcard-url"), "WildcardUrl");
        assert_eq!(pascal("unused"), "Unused");
    }

    #[test]
    fn fingerprints_tell_findings_apart_and_stay() {
        let item = |id, about| Item {
            id,
            note: Some("x"),
            rule: "http-url",
            severity: Severity::Advice,
            message: "m",
            about,
            reason: "r",
            fix: None,
            source: None,
            spot: None,
        };
        let one = fingerprints(&item("a", Some("b")));
        assert_eq!(one, fingerprints(&Item { note: Some("renamed"), ..item("a", Some("b")) }));
        assert_ne!(one, fingerprints(&item("a", Some("c"))));
        assert_ne!(one, fingerprints(&item("ab", None)));
        assert!(one["primaryLocationLineHash"].as_str().is_some_and(|print| print.len() == 34));
    }
}
