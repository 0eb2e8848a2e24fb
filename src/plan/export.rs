//! Writing the tokens of an account to a file: a new one, or into one that people keep.
//!
//! Invariants: a value is never written; what is written reads back as the same tokens; a file that is updated keeps its comments, its order
//! and everything that says the same already; the same tokens give the same file, whatever their ids and times.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value, value};

use super::{
    Format,
    fault::Fault,
    file::{Entry, TokenFile, VERSION},
    matching::{self, Meant},
};
use crate::{
    token::{Patch, Scope, Token, TokenId},
    untrusted::{Untrusted, is_dangerous},
};

/// Longest list that is written on one line.
const ONE_LINE: usize = 90;

/// Longest key made of a note.
const LONGEST_KEY: usize = 48;

const HEAD: &str = "# Mapbox tokens as code. jeton diff FILE compares this file with the account, jeton apply FILE applies it.
# Choose keys freely. This file never contains token values; choose where a new one goes: deliver = [{ env = \".env:NAME\" }]
";

/// What became of a file that was updated.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Updated {
    /// The new text.
    #[serde(skip)]
    pub text: String,
    /// Keys of entries that were added.
    pub added: Vec<String>,
    /// Keys of entries that were changed.
    pub changed: Vec<String>,
    /// Keys of entries of which the account has no token; they stay.
    pub missing: Vec<String>,
}

/// A new file.
pub fn export(tokens: &[Arc<Token>], format: Format) -> String {
    let tokens = keyed(tokens, &HashSet::new());
    match format {
        Format::Toml => {
            let mut document = DocumentMut::new();
            document.decor_mut().set_prefix(HEAD);
            document["version"] = value(VERSION);
            let mut all = Table::new();
            all.set_implicit(true);
            for (key, token) in tokens {
                all.insert(&key, Item::Table(table(token)));
            }
            document.insert("tokens", Item::Table(all));
            document.to_string()
        }
        Format::Json => {
            let entry = |token: &Token| {
                let mut entry = serde_json::Map::new();
                entry.insert("id".into(), token.id.as_str().into());
                if token.default {
                    entry.insert("default".into(), true.into());
                }
                if let Some(note) = token.note.as_ref().filter(|note| !note.is_empty()) {
                    entry.insert("note".into(), note.raw().into());
                }
                entry.insert("scopes".into(), token.scopes.iter().map(Scope::id).collect());
                if !token.urls().is_empty() {
                    entry.insert("allowed_urls".into(), token.urls().iter().map(Untrusted::raw).collect());
                }
                serde_json::Value::Object(entry)
            };
            let tokens: serde_json::Map<_, _> = tokens.into_iter().map(|(key, token)| (key, entry(token))).collect();
            let file = serde_json::json!({"version": VERSION, "tokens": tokens});
            let mut text = serde_json::to_string_pretty(&file).expect("plain data");
            text.push('\n');
            // Such characters can only stand inside strings, where the escape means the same.
            let mut harmless = String::with_capacity(text.len());
            for c in text.chars() {
                if c == '\n' || !is_dangerous(c) {
                    harmless.push(c);
                } else {
                    harmless.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
                }
            }
            harmless
        }
    }
}

/// A TOML file as it would be if it were written by the same person today: entries of tokens that changed are changed, and tokens that it
/// does not name, if `is_wanted`, are added at its end.
///
/// # Errors
/// When the file cannot be read; or one of its entries can mean several tokens.
pub fn update(text: &str, tokens: &[Arc<Token>], is_wanted: impl Fn(&Token) -> bool) -> Result<Updated, Vec<Fault>> {
    let file = TokenFile::parse(text)?;
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        vec![Fault::new(super::Place { line: 1, column: 1 }, error.message())]
    })?;
    let mut updated = Updated::default();
    let mut faults = Vec::new();
    let mut named: HashSet<&TokenId> = HashSet::new();
    let meant = matching::find(&file.entries, tokens);
    for (entry, meant) in file.entries.iter().zip(&meant) {
        match meant {
            Meant::Nobody(reason) => faults.push(Fault::new(entry.places.id, reason)),
            Meant::New => updated.missing.push(entry.key.clone()),
            Meant::Token(token) => {
                named.insert(&token.id);
                if refresh(&mut document["tokens"][entry.key.as_str()], entry, token) {
                    updated.changed.push(entry.key.clone());
                }
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let is_new = |token: &&Arc<Token>| !named.contains(&token.id) && is_wanted(token);
    let others: Vec<Arc<Token>> = tokens.iter().filter(is_new).cloned().collect();
    let keys = file.entries.iter().map(|entry| entry.key.clone()).collect();
    for (key, token) in keyed(&others, &keys) {
        match document["tokens"].as_table_like_mut() {
            Some(all) if document_is_inline(all) => drop(all.insert(&key, value(inline(token)))),
            Some(all) => drop(all.insert(&key, Item::Table(table(token)))),
            None => {
                let mut all = Table::new();
                all.set_implicit(true);
                all.insert(&key, Item::Table(table(token)));
                document["tokens"] = Item::Table(all);
            }
        }
        updated.added.push(key);
    }
    updated.text = document.to_string();
    Ok(updated)
}

fn document_is_inline(all: &dyn toml_edit::TableLike) -> bool {
    all.iter().any(|(_, item)| item.is_inline_table())
}

/// Makes an entry say what the token is; whether that was necessary.
fn refresh(item: &mut Item, entry: &Entry, token: &Token) -> bool {
    let Some(table) = item.as_table_like_mut() else { return false };
    // What makes the token what the file says: where it says something, the file is behind.
    let patch = Patch::between(token, &entry.draft);
    let has_other_id = entry.id.as_ref() != Some(&token.id);
    if has_other_id {
        put(table, "id", value(written(token.id.as_str())));
    }
    if patch.note.is_some() {
        match token.note.as_ref().filter(|note| !note.is_empty()) {
            Some(note) => put(table, "note", value(written(note.raw()))),
            None => drop(table.remove("note")),
        }
    }
    if patch.scopes.is_some() {
        table.remove("presets");
        put_list(table, "scopes", token.scopes.iter().map(Scope::id));
    }
    if patch.allowed_urls.is_some() {
        table.remove("url_lists");
        if token.urls().is_empty() {
            table.remove("allowed_urls");
        } else {
            put_list(table, "allowed_urls", token.urls().iter().map(Untrusted::raw));
        }
    }
    has_other_id || !patch.is_empty()
}

/// Sets a value and keeps the comment next to it.
fn put(table: &mut dyn toml_edit::TableLike, key: &str, new: Item) {
    let decor = table.get(key).and_then(Item::as_value).map(|old| old.decor().clone());
    let mut new = new;
    if let (Some(decor), Some(value)) = (decor, new.as_value_mut()) {
        *value.decor_mut() = decor;
    }
    table.insert(key, new);
}

/// Makes a list hold these texts; items that stay keep their places and comments.
fn put_list<'a>(table: &mut dyn toml_edit::TableLike, key: &str, wanted: impl Iterator<Item = &'a str>) {
    let wanted: Vec<&str> = wanted.collect();
    let Some(list) = table.get_mut(key).and_then(Item::as_array_mut) else {
        table.insert(key, value(array(&wanted)));
        return;
    };
    let split = |text: Option<&toml_edit::RawString>| {
        let text = text.and_then(toml_edit::RawString::as_str).unwrap_or_default();
        // What follows an item on its line, such as a comment, stands before the next one here.
        let (after, before) = text.split_at(text.find('\n').unwrap_or(0));
        (after.to_owned(), before.to_owned())
    };
    let (first, _) = split(list.get(0).and_then(|item| item.decor().prefix()));
    let (mut tail, end) = split(Some(list.trailing()));
    let mut items: Vec<(toml_edit::Value, String, String)> = Vec::with_capacity(list.len());
    for item in list.iter().collect::<Vec<_>>().into_iter().rev() {
        let (after_previous, before) = split(item.decor().prefix());
        items.push((item.clone(), before, std::mem::replace(&mut tail, after_previous)));
    }
    items.reverse();
    let indent = items.last().map(|(_, before, _)| before.clone()).filter(|before| before.trim().is_empty());
    items.retain(|(item, ..)| item.as_str().is_some_and(|text| wanted.contains(&text)));
    let there: HashSet<String> = items.iter().filter_map(|(item, ..)| item.as_str().map(str::to_owned)).collect();
    for text in wanted.into_iter().filter(|text| !there.contains(*text)) {
        items.push((written(text), indent.clone().unwrap_or_else(|| " ".to_owned()), String::new()));
    }
    list.clear();
    let mut after = first;
    for (mut item, before, then) in items {
        let before = if list.is_empty() && before == " " { "" } else { &before };
        item.decor_mut().set_prefix(after + before);
        list.push_formatted(item);
        after = then;
    }
    list.set_trailing(after + &end);
}

fn table(token: &Token) -> Table {
    let mut table = Table::new();
    for (key, item) in fields(token) {
        table.insert(key, item);
    }
    table
}

fn inline(token: &Token) -> InlineTable {
    table(token).into_inline_table()
}

fn fields(token: &Token) -> Vec<(&'static str, Item)> {
    let mut fields = vec![("id", value(written(token.id.as_str())))];
    if token.default {
        fields.push(("default", value(true)));
    }
    if let Some(note) = token.note.as_ref().filter(|note| !note.is_empty()) {
        fields.push(("note", value(written(note.raw()))));
    }
    let scopes: Vec<&str> = token.scopes.iter().map(Scope::id).collect();
    fields.push(("scopes", value(array(&scopes))));
    let urls: Vec<&str> = token.urls().iter().map(Untrusted::raw).collect();
    if !urls.is_empty() {
        fields.push(("allowed_urls", value(array(&urls))));
    }
    fields
}

/// A text in double quotes, in which every character that could do something to a terminal, or to who reads the file, is written as its
/// escape.
fn written(text: &str) -> Value {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => written.extend(['\\', c]),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            c if is_dangerous(c) => written.push_str(&format!("\\U{:08X}", u32::from(c))),
            c => written.push(c),
        }
    }
    written.push('"');
    written.parse().unwrap_or_else(|_| text.into())
}

/// A list, on one line where it is short.
fn array(texts: &[&str]) -> Array {
    let mut array: Array = texts.iter().map(|text| written(text)).collect();
    if texts.iter().map(|text| text.len() + 4).sum::<usize>() > ONE_LINE {
        for item in array.iter_mut() {
            item.decor_mut().set_prefix("\n    ");
        }
        array.set_trailing("\n");
        array.set_trailing_comma(true);
    }
    array
}

/// The tokens by a key made of their name, in the order of the keys. Those of one name are told apart by what they may do, never by chance.
fn keyed<'a>(tokens: &'a [Arc<Token>], taken: &HashSet<String>) -> Vec<(String, &'a Token)> {
    let mut by_stem: BTreeMap<String, Vec<&Token>> = BTreeMap::new();
    for token in tokens {
        by_stem.entry(stem(token)).or_default().push(token);
    }
    let mut taken = taken.clone();
    let mut keyed: Vec<(String, &Token)> = Vec::with_capacity(tokens.len());
    for (stem, same) in &by_stem {
        let mut same = same.clone();
        same.sort_by_cached_key(|token| content(token));
        let mut numbers = 1..;
        for token in same {
            let mut keys =
                numbers.by_ref().map(|number| if number == 1 { stem.clone() } else { format!("{stem}-{number}") });
            let is_free = |key: &String| (key == stem || !by_stem.contains_key(key)) && !taken.contains(key);
            let key = keys.find(is_free).expect("there are enough numbers");
            taken.insert(key.clone());
            keyed.push((key, token));
        }
    }
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    keyed
}

/// What a token is but for its id.
fn content(token: &Token) -> (String, Vec<Scope>, Vec<Untrusted>) {
    (token.note.as_ref().map_or("", Untrusted::raw).to_owned(), token.scopes.clone(), token.urls().to_vec())
}

/// A key that needs no quotes: lower-case letters, digits and hyphens of the note.
fn stem(token: &Token) -> String {
    if token.default {
        return "default".to_owned();
    }
    let note = token.note.as_ref().map_or("", Untrusted::raw);
    let plain: String =
        note.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    let stem = plain.split_whitespace().collect::<Vec<_>>().join("-");
    let stem: String = stem.chars().take(LONGEST_KEY).collect();
    let stem = stem.trim_end_matches('-');
    if stem.is_empty() { "token".to_owned() } else { stem.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::token::Fingerprint;

    fn token(id: &str, note: &str, scopes: &[&str], urls: &[&str]) -> Arc<Token> {
        let json = serde_json::json!({
            "id": id, "usage": "pk", "note": note, "scopes": scopes, "allowedUrls": urls, "default": id == "star",
            "token": "pk.fake.value",
        });
        Arc::new(serde_json::from_value(json).unwrap())
    }

    fn account() -> Vec<Arc<Token>> {
        vec![
            token("star", "Default public token", &["styles:read"], &[]),
            token("b", "Store locator", &["styles:read", "fonts:read"], &["example.com"]),
            token("a", "Store  Locator!", &["styles:read"], &[]),
            token("c", "", &[], &[]),
        ]
    }

    #[test]
    fn a_new_file_is_pleasant_to_read() {
        let expected = r#"version = 1

[tokens.default]
id = "star"
default = true
note = "Default public token"
scopes = ["styles:read"]

[tokens.store-locator]
id = "a"
note = "Store  Locator!"
scopes = ["styles:read"]

[tokens.store-locator-2]
id = "b"
note = "Store locator"
scopes = ["styles:read", "fonts:read"]
allowed_urls = ["example.com"]

[tokens.token]
id = "c"
scopes = []
"#;
        assert_eq!(export(&account(), Format::Toml), format!("{HEAD}{expected}"));
    }

    #[test]
    fn what_is_written_reads_back_as_the_same_tokens_in_both_formats() {
        let tokens = account();
        for format in [Format::Toml, Format::Json] {
            let text = export(&tokens, format);
            assert!(!text.contains("pk.fake"), "{text}");
            let file = TokenFile::parse(&text).unwrap();
            assert_eq!(file.entries.len(), tokens.len());
            for (entry, meant) in file.entries.iter().zip(matching::find(&file.entries, &tokens)) {
                let Meant::Token(token) = meant else { panic!("{entry:?}") };
                assert_eq!(Fingerprint::from(&*token), Fingerprint::from(&entry.draft));
            }
        }
    }

    #[test]
    fn neither_ids_nor_the_order_of_the_account_change_the_rest_of_the_file() {
        let mut tokens = account();
        let text = export(&tokens, Format::Toml);
        tokens.reverse();
        assert_eq!(export(&tokens, Format::Toml), text);
    }

    const KEPT: &str = r#"# ours
version = 1

[url_lists]
site = ["example.com"] # the shop

[tokens.store] # do not rename
note = "Store locator"   # as on the page
scopes = [
    "styles:read", # for the map
    "uploads:read", # goes
]
url_lists = ["site"]

# last
[tokens.planned]
note = "Planned"
scopes = []
deliver = [{ file = "x" }]
"#;

    #[test]
    fn an_update_keeps_comments_order_and_what_is_true_already() {
        let updated = update(KEPT, &account(), |_| true).unwrap();
        let refreshed = KEPT
            .replace("    \"uploads:read\", # goes\n", "    \"fonts:read\",\n")
            .replace("url_lists = [\"site\"]\n", "url_lists = [\"site\"]\nid = \"b\"\n");
        assert!(updated.text.starts_with(&refreshed), "{}", updated.text);
        assert_eq!(updated.changed, ["store"]);
        assert_eq!(updated.missing, ["planned"]);
        assert_eq!(updated.added, ["default", "store-locator", "token"]);
        let again = update(&updated.text, &account(), |_| true).unwrap();
        assert_eq!(again.text, updated.text, "a second update changes nothing");
        assert!(again.changed.is_empty() && again.added.is_empty());
    }

    #[test]
    fn an_update_reads_every_way_to_write_tables() {
        let tokens = &account()[1..2];
        for text in [
            "tokens = { store = { note = \"Store locator\", scopes = [] } }\n",
            "tokens.store = { note = \"Store locator\", scopes = [] }\n",
            "[tokens]\nstore.note = \"Store locator\"\nstore.scopes = []\n",
            "tokens = {}\n",
            "[tokens]\n",
        ] {
            let updated = update(text, tokens, |_| true).unwrap();
            let again = update(&updated.text, tokens, |_| true).unwrap();
            assert_eq!(again.text, updated.text, "{text}");
            let file = TokenFile::parse(&updated.text).unwrap();
            assert_eq!(Fingerprint::from(&file.entries[0].draft), Fingerprint::from(&*tokens[0]), "{}", updated.text);
        }
    }

    proptest! {
        #[test]
        fn any_note_comes_back_from_the_file(note in any::<String>().prop_filter("short", |note| note.chars().count() < 100), urls in prop::collection::vec("\\PC{1,8}", 0..3)) {
            let urls: Vec<&str> = urls.iter().map(String::as_str).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
            let tokens = [token("a", &note, &["styles:read"], &urls), token("b", "other", &[], &[])];
            for format in [Format::Toml, Format::Json] {
                let file = TokenFile::parse(&export(&tokens, format)).unwrap();
                let back = file.entries.iter().find(|entry| entry.id.as_ref().is_some_and(|id| id.as_str() == "a")).unwrap();
                prop_assert_eq!(Fingerprint::from(&back.draft), Fingerprint::from(&*tokens[0]));
            }
        }
    }
}
