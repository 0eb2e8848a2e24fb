//! The schemas in `assets/schema`, and a validator of the keywords they use. A keyword it does not know is a failure, so no
//! schema can promise what is not checked.

use std::{fs, path::Path};

use serde_json::{Map, Value};

/// Keywords that say nothing about what is valid.
const REMARKS: [&str; 6] = ["$schema", "$id", "title", "description", "$defs", "format"];

pub fn assert_valid(name: &str, value: &Value) {
    let file = format!("{name}.json");
    check(&file, &load(&file), value, name);
}

fn load(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/schema").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn check(file: &str, schema: &Value, value: &Value, at: &str) {
    let schema = schema.as_object().expect("a schema is an object");
    for (keyword, rule) in schema {
        match keyword.as_str() {
            remark if REMARKS.contains(&remark) => {}
            "$ref" => {
                let to = rule.as_str().unwrap();
                let (other, pointer) = to.split_once('#').unwrap_or((to, ""));
                let other = if other.is_empty() { file } else { other };
                let document = load(other);
                check(other, document.pointer(pointer).expect("a definition"), value, at);
            }
            "type" => assert!(is_of_type(rule, value), "{at} is not {rule}: {value}"),
            "enum" => assert!(rule.as_array().unwrap().contains(value), "{at} is none of {rule}: {value}"),
            "const" => assert!(value == rule, "{at} is not {rule}: {value}"),
            "minLength" => {
                let length = value.as_str().map(|text| text.chars().count() as u64);
                assert!(length >= rule.as_u64(), "{at} is shorter than {rule}: {value}");
            }
            "minItems" => assert!(count(value) >= rule.as_u64(), "{at} has fewer than {rule}: {value}"),
            "maxItems" => assert!(count(value) <= rule.as_u64(), "{at} has more than {rule}: {value}"),
            "uniqueItems" => {
                let items = value.as_array().unwrap();
                let twice = items.iter().enumerate().find(|(index, item)| items[..*index].contains(item));
                assert_eq!(twice, None, "{at} has something twice");
            }
            "minimum" => {
                let is_below = value.as_i64().is_some_and(|value| value < rule.as_i64().unwrap());
                assert!(!is_below, "{at} is below {rule}: {value}");
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(file, rule, item, &format!("{at}[{index}]"));
                }
            }
            "required" => {
                for name in rule.as_array().unwrap() {
                    assert!(value.get(name.as_str().unwrap()).is_some(), "{at} lacks {name}: {value}");
                }
            }
            "properties" => {
                for (name, rule) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        check(file, rule, value, &format!("{at}.{name}"));
                    }
                }
            }
            "additionalProperties" => check_additional(file, schema, rule, value, at),
            other => panic!("{file}: nobody checks \"{other}\""),
        }
    }
}

fn check_additional(file: &str, schema: &Map<String, Value>, rule: &Value, value: &Value, at: &str) {
    let known = schema.get("properties").and_then(Value::as_object);
    for (name, value) in value.as_object().into_iter().flatten() {
        if known.is_some_and(|known| known.contains_key(name)) {
            continue;
        }
        assert_ne!(rule, &Value::Bool(false), "{at} has an undocumented field {name}: {value}");
        check(file, rule, value, &format!("{at}.{name}"));
    }
}

fn count(value: &Value) -> Option<u64> {
    value.as_array().map(|items| items.len() as u64)
}

fn is_of_type(rule: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type of JSON: {other}"),
    };
    match rule {
        Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        name => is(name.as_str().unwrap()),
    }
}

#[test]
fn every_code_of_a_failure_is_in_the_schema_and_no_other() {
    use jeton::cli::failure::Code;
    use strum::IntoEnumIterator as _;
    let schema = load("error.json");
    let documented: Vec<&str> = schema["$defs"]["failure"]["properties"]["code"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap())
        .collect();
    // A closed pipe ends quietly: nobody is told.
    let told: Vec<&str> = Code::iter().filter(|code| *code != Code::PipeClosed).map(Code::word).collect();
    assert_eq!(documented, told);
}

#[test]
#[should_panic(expected = "undocumented field")]
fn a_field_nobody_documented_is_noticed() {
    assert_valid("scopes", &serde_json::json!([{"id": "x", "public": true, "description": "", "more": 1}]));
}

#[test]
#[should_panic(expected = "lacks")]
fn a_missing_field_is_noticed() {
    assert_valid("list", &serde_json::json!([{"id": "x", "usage": "pk"}]));
}

#[test]
#[should_panic(expected = "sarif.version is not")]
fn another_value_than_the_one_there_may_be_is_noticed() {
    assert_valid("sarif", &serde_json::json!({"version": "2.2"}));
}
