//! SARIF 2.1.0 (OASIS): findings in the form that code scanning and other collectors read.
//!
//! A token is no place in a file, so results carry logical locations: `user/id`, of the kind `resource`. The fingerprint of a result
//! is made of rule, token and subject, so a collector recognises it in the next run.

use serde_json::{Value, json};
use strum::IntoEnumIterator as _;

use super::lint::Item;
use crate::{
    token::lint::{Rule, Severity},
    untrusted::shown,
};

/// The published schema of the format.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// A log with one run.
pub fn log(items: &[Item<'_>], username: &str) -> Value {
    let rules: Vec<Rule> = Rule::iter().collect();
    let results: Vec<Value> = items.iter().map(|item| result(item, &rules, username)).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "jeton",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| describe(*rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn describe(rule: Rule) -> Value {
    let mut description = json!({
        "id": rule.id(),
        "shortDescription": { "text": sentence(rule.message()) },
        "fullDescription": { "text": rule.reason() },
        "help": { "text": rule.reason() },
        "defaultConfiguration": { "level": level(rule.severity()) },
    });
    if let Some(source) = rule.source() {
        description["helpUri"] = source.into();
    }
    description
}

fn result(item: &Item<'_>, rules: &[Rule], username: &str) -> Value {
    let name = item.note.filter(|note| !note.is_empty()).map_or_else(|| item.id.into(), shown);
    let subject = item.about.map(|about| format!(": {}", shown(about))).unwrap_or_default();
    json!({
        "ruleId": item.rule,
        "ruleIndex": rules.iter().position(|rule| rule.id() == item.rule),
        "level": level(item.severity),
        "message": { "text": format!("{name}: {}{subject}.", item.message) },
        "locations": [{ "logicalLocations": [{
            "name": name,
            "fullyQualifiedName": format!("{username}/{}", item.id),
            "kind": "resource",
        }]}],
        "partialFingerprints": {
            "tokenRuleSubject/v1": format!("{}/{}/{}", item.id, item.rule, item.about.unwrap_or_default()),
        },
    })
}

/// SARIF has three levels for four of ours.
const fn level(severity: Severity) -> &'static str {
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
