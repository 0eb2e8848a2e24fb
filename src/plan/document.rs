//! `Node`: a TOML or JSON text as one kind of tree in which everything knows where it stands.
//!
//! Invariants: nothing panics or overflows the stack, whatever the text; tables keep the order of the text; a key that stands twice in one
//! table is a fault.

use std::{borrow::Cow, fmt};

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Source};

/// Longest text that is read: a hundred thousand tokens.
pub const LONGEST: usize = 64 << 20;

/// Deepest nesting that means anything: file, tokens, token, deliver, place, word. What is deeper is not looked at.
const DEEPEST: usize = 8;

/// How a file of tokens is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// TOML, with comments
    Toml,
    /// JSON
    Json,
}

impl Format {
    /// JSON starts with a brace; no TOML document does.
    pub fn of(text: &str) -> Self {
        if text.trim_start().starts_with('{') { Self::Json } else { Self::Toml }
    }
}

/// A value and where it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// Bytes before it.
    pub(super) at: usize,
    pub(super) value: Value,
}

/// What can be written, as far as a file of tokens has use for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Whole(i64),
    Bool(bool),
    List(Vec<Node>),
    Table(Vec<Member>),
    /// Anything else, by the name of its type.
    Other(&'static str),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) key: String,
    /// Bytes before the key.
    pub(super) at: usize,
    pub(super) node: Node,
}

impl Value {
    /// What it is, for a sentence that says it should be something else.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Whole(_) => "a number",
            Self::Bool(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }
}

impl Node {
    /// Reads a text.
    ///
    /// # Errors
    /// Everything that is wrong with its grammar.
    pub(super) fn parse(source: &Source<'_>, format: Format) -> Result<Self, Vec<Fault>> {
        if source.text.len() > LONGEST {
            return Err(vec![source.fault(0, format!("the file is longer than {} MiB", LONGEST >> 20))]);
        }
        match format {
            Format::Toml => from_toml(source),
            Format::Json => from_json(source),
        }
    }
}

fn from_toml(source: &Source<'_>) -> Result<Node, Vec<Fault>> {
    let (table, errors) = DeTable::parse_recoverable(source.text);
    if errors.is_empty() {
        return Ok(Node { at: 0, value: toml_table(table.get_ref()) });
    }
    let fault = |error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        source.fault(at, format!("invalid TOML: {}", error.message()))
    };
    Err(errors.into_iter().map(fault).collect())
}

fn toml_table(table: &DeTable<'_>) -> Value {
    let mut members: Vec<Member> = table
        .iter()
        .map(|(key, value)| {
            let node = Node { at: value.span().start, value: toml_value(value.get_ref()) };
            Member { key: key.get_ref().clone().into_owned(), at: key.span().start, node }
        })
        .collect();
    members.sort_by_key(|member| member.at);
    Value::Table(members)
}

fn toml_value(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Other("a number"), Value::Whole)
        }
        DeValue::Boolean(is) => Value::Bool(*is),
        DeValue::Array(items) => Value::List(
            items.iter().map(|item| Node { at: item.span().start, value: toml_value(item.get_ref()) }).collect(),
        ),
        DeValue::Table(table) => toml_table(table),
        DeValue::Float(_) => Value::Other("a fraction"),
        DeValue::Datetime(_) => Value::Other("a date"),
    }
}

fn from_json(source: &Source<'_>) -> Result<Node, Vec<Fault>> {
    let text = source.text;
    // The whole grammar first: later readings go part by part.
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        let words = error.to_string();
        let words = words.split(" at line ").next().unwrap_or_default();
        let at = offset(text, error.line(), error.column());
        return Err(vec![source.fault(at, format!("invalid JSON: {words}"))]);
    }
    let start = text.len() - text.trim_start().len();
    let mut faults = Vec::new();
    let value = json_value(source, text.trim(), 0, &mut faults);
    if faults.is_empty() { Ok(Node { at: start, value }) } else { Err(faults) }
}

/// Bytes before a place that is told by its line and its byte in that, both from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    before + column.saturating_sub(1)
}

fn json_value(source: &Source<'_>, part: &str, depth: usize, faults: &mut Vec<Fault>) -> Value {
    match part.as_bytes().first() {
        Some(b'{' | b'[') if depth > DEEPEST => Value::Other("something nested too deeply"),
        Some(b'{') => {
            let members = parts(part).unwrap_or_default();
            let mut seen = std::collections::HashSet::new();
            let members = members.into_iter().map(|(key, raw)| {
                let node = Node { at: position(source.text, raw), value: json_value(source, raw, depth + 1, faults) };
                let at = key_position(source.text, &key, node.at);
                if !seen.insert(key.clone()) {
                    faults.push(source.fault(at, format!("duplicate key {}", super::quoted(&key))));
                }
                Member { key: key.into_owned(), at, node }
            });
            Value::Table(members.collect())
        }
        Some(b'[') => {
            let items = items(part).unwrap_or_default();
            let items = items
                .into_iter()
                .map(|raw| Node { at: position(source.text, raw), value: json_value(source, raw, depth + 1, faults) });
            Value::List(items.collect())
        }
        Some(b'"') => serde_json::from_str(part).map_or(Value::Other("a string"), Value::Text),
        Some(b't' | b'f') => Value::Bool(part == "true"),
        Some(b'n') => Value::Other("null"),
        _ => part.parse().map_or(Value::Other("a number"), Value::Whole),
    }
}

/// Where a part of a text starts in it.
fn position(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize).min(whole.len())
}

/// Where a key starts. One that is written with escapes is not a part of the text; then it is the place of its value.
fn key_position(whole: &str, key: &str, value: usize) -> usize {
    let at = position(whole, key);
    if whole.get(at..).is_some_and(|rest| rest.starts_with(key)) && at > 0 { at - 1 } else { value }
}

fn parts(text: &str) -> serde_json::Result<Vec<(Cow<'_, str>, &str)>> {
    struct Parts;
    impl<'de> Visitor<'de> for Parts {
        type Value = Vec<(Cow<'de, str>, &'de str)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut parts = Vec::new();
            while let Some((Key(key), raw)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                parts.push((key, raw.get()));
            }
            Ok(parts)
        }
    }
    serde_json::Deserializer::from_str(text).deserialize_map(Parts)
}

/// A key that is borrowed where it can be.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

fn items(text: &str) -> serde_json::Result<Vec<&str>> {
    struct Items;
    impl<'de> Visitor<'de> for Items {
        type Value = Vec<&'de str>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            while let Some(raw) = list.next_element::<&'de RawValue>()? {
                items.push(raw.get());
            }
            Ok(items)
        }
    }
    serde_json::Deserializer::from_str(text).deserialize_seq(Items)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str, format: Format) -> Result<Node, Vec<Fault>> {
        Node::parse(&Source::new(text), format)
    }

    fn bare(value: &Value) -> String {
        match value {
            Value::Text(text) => format!("{text:?}"),
            Value::Whole(number) => number.to_string(),
            Value::Bool(is) => is.to_string(),
            Value::List(items) => format!("{:?}", items.iter().map(|item| bare(&item.value)).collect::<Vec<_>>()),
            Value::Table(members) => {
                format!(
                    "{:?}",
                    members.iter().map(|member| (&member.key, bare(&member.node.value))).collect::<Vec<_>>()
                )
            }
            Value::Other(kind) => (*kind).to_owned(),
        }
    }

    #[test]
    fn toml_and_json_of_the_same_content_are_the_same_tree() {
        let toml = "b = 1\n[a]\nlist = [\"x\", true]\n'é \"' = {k = \"v\"}\n";
        let json = " {\"b\": 1, \"a\": {\"list\": [\"x\", true], \"\\u00e9 \\\"\": {\"k\": \"v\"}}}\n";
        assert_eq!(Format::of(toml), Format::Toml);
        assert_eq!(Format::of(json), Format::Json);
        let (toml, json) = (parse(toml, Format::Toml).unwrap(), parse(json, Format::Json).unwrap());
        assert_eq!(bare(&toml.value), bare(&json.value));
    }

    #[test]
    fn every_key_and_value_of_json_knows_where_it_stands() {
        let text = "{\n  \"one\": {\"two\" : [ 3 ]}}";
        let Value::Table(members) = parse(text, Format::Json).unwrap().value else { panic!("a table") };
        assert!(text.split_at(members[0].at).1.starts_with("\"one\""));
        let Value::Table(inner) = &members[0].node.value else { panic!("a table") };
        assert!(text.split_at(inner[0].at).1.starts_with("\"two\""));
        let Value::List(items) = &inner[0].node.value else { panic!("a list") };
        assert!(text.split_at(items[0].at).1.starts_with('3'));
    }

    #[test]
    fn a_key_that_stands_twice_is_a_fault_in_both_formats() {
        for (text, format) in [("a = 1\na = 2\n", Format::Toml), ("{\"a\": 1,\n\"a\": 2}", Format::Json)] {
            let faults = parse(text, format).unwrap_err();
            assert_eq!(faults[0].line, 2, "{faults:?}");
        }
    }

    #[test]
    fn broken_grammar_is_told_with_its_place() {
        let faults = parse("a = 1\nb = [1,\n", Format::Toml).unwrap_err();
        assert!(faults[0].line >= 2 && faults[0].message.starts_with("invalid TOML"), "{faults:?}");
        let faults = parse("{\"a\": 1,\n  oops}", Format::Json).unwrap_err();
        assert_eq!((faults[0].line, faults[0].column), (2, 3), "{faults:?}");
    }

    #[test]
    fn a_million_brackets_are_survived() {
        for text in ["[".repeat(1_000_000), format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000))] {
            let _told = parse(&text, Format::Json);
            let _told = parse(&format!("a = {text}"), Format::Toml);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*", json in any::<bool>()) {
            let _any = parse(&text, if json { Format::Json } else { Format::Toml });
        }
    }
}
