//! [`TokenFile`]: the tokens an account should hold, as a file says them.
//!
//! Invariants: a key that means nothing is a fault, never ignored, and so is a value of the wrong kind; every fault names its line and
//! column, and all of them are told at once; names of scope lists and URL lists are resolved here, so everything later sees plain lists.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::Hash,
};

use super::{
    deliver::Deliver,
    document::{Format, Member, Node, Value},
    fault::{Fault, Place, Source},
    quoted,
};
use crate::{
    delivery::{Allow, KINDS},
    token::{
        Catalogue, Draft, NOTE_LIMIT, Preset, Scope, Token, TokenId, Usage, Word, decoded::scrub, near_miss,
        preset::presets,
    },
    untrusted::Untrusted,
};

/// The version of the format that is read and written.
pub const VERSION: i64 = 1;

const ROOT: [&str; 5] = ["version", "presets", "url_lists", "tokens", "$schema"];
/// What else a place to deliver to may say.
const ALLOW: [&str; 2] = ["replace", "even_if_tracked"];
const TOKEN: [&str; 8] = ["id", "note", "default", "scopes", "presets", "allowed_urls", "url_lists", "deliver"];

/// A file that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenFile {
    /// The tokens, in the order of the file.
    pub entries: Vec<Entry>,
}

/// One token of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its key: stable, chosen by people.
    pub key: String,
    /// The id it had when it was exported.
    pub id: Option<TokenId>,
    /// Whether it is the account's default public token.
    pub is_default: bool,
    /// What it should be.
    pub draft: Draft,
    /// Where its value goes when it is created.
    pub deliver: Vec<Deliver>,
    /// Where all that stands.
    pub places: Places,
}

/// Where the parts of an entry stand; what is not written stands where the entry does.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Places {
    /// The entry's key.
    pub key: Place,
    /// The id.
    pub id: Place,
    /// The note.
    pub note: Place,
    /// The scopes.
    pub scopes: Place,
    /// The places to deliver to.
    pub deliver: Place,
    /// Each allowed URL; one that comes with a named list stands where that is named.
    pub urls: Vec<Place>,
}

impl TokenFile {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let source = Source::new(text);
        let root = Node::parse(&source, Format::of(text))?;
        let mut reader = Reader { source, faults: Vec::new() };
        let file = reader.file(&root);
        let mut faults = reader.faults;
        if faults.is_empty() {
            return Ok(file);
        }
        faults.sort_by_key(|fault| (fault.line, fault.column));
        Err(faults)
    }
}

impl Entry {
    /// What kind of token it becomes when it is created.
    pub fn usage(&self, catalogue: &Catalogue) -> Usage {
        self.draft.usage(catalogue)
    }

    /// The token it describes, with its key in the place of the id.
    pub fn as_token(&self, catalogue: &Catalogue) -> Token {
        let Draft { note, scopes, allowed_urls } = self.draft.clone();
        let urls: Vec<Untrusted> = allowed_urls.into_iter().map(Untrusted::from).collect();
        Token {
            id: TokenId::new(self.key.as_str()),
            usage: self.usage(catalogue),
            client: Word::default(),
            default: self.is_default,
            note: Some(note).filter(|note| !note.is_empty()).map(Untrusted::from),
            scopes,
            allowed_urls: Some(urls).filter(|urls| !urls.is_empty()),
            created: None,
            modified: None,
            token: None,
            flaws: Box::default(),
        }
    }

    /// Where something a finding is about stands: an allowed URL, else the entry.
    pub fn place_of(&self, about: &str) -> Place {
        let mut urls = self.draft.allowed_urls.iter().zip(&self.places.urls);
        urls.find(|(url, _)| *url == about).map_or(self.places.key, |(_, place)| *place)
    }
}

/// A list with a name, such as a preset.
type Named = BTreeMap<String, Vec<String>>;

struct Reader<'a> {
    source: Source<'a>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, at: usize, message: impl AsRef<str>) {
        self.faults.push(self.source.fault(at, message));
    }

    fn file(&mut self, root: &Node) -> TokenFile {
        let mut file = TokenFile::default();
        let Some(members) = self.table(root, "the file", Some(&ROOT)) else { return file };
        let find = |key: &str| members.iter().find(|member| member.key == key);
        if let Some(version) = find("version")
            && version.node.value != Value::Whole(VERSION)
        {
            let next = match version.node.value {
                Value::Whole(newer) if newer > VERSION => format!("update jeton to read version {newer}"),
                _ => format!("set version = {VERSION}"),
            };
            self.fault(version.node.at, format!("this jeton reads version {VERSION}; {next}"));
        }
        let lists = find("url_lists").map(|member| self.named(&member.node, "URL list")).unwrap_or_default();
        let own = find("presets").map(|member| self.named(&member.node, "preset")).unwrap_or_default();
        for (name, at) in find("presets").map(keys).unwrap_or_default() {
            if Preset::by_id(name).is_some() {
                self.fault(at, format!("{} is a preset of jeton; choose another name", quoted(name)));
            }
        }
        for scope in own.values().flatten() {
            self.check_text(find("presets").map_or(0, |member| member.at), scope);
        }
        for url in lists.values().flatten() {
            self.check_text(find("url_lists").map_or(0, |member| member.at), url);
        }
        let Some(tokens) = find("tokens") else {
            if self.faults.is_empty() {
                self.fault(root.at, "the file names no tokens; write each as [tokens.KEY]");
            }
            return file;
        };
        for member in self.table(&tokens.node, "tokens", None).unwrap_or_default() {
            if let Some(entry) = self.entry(member, &own, &lists) {
                file.entries.push(entry);
            }
        }
        self.check_together(&file);
        file
    }

    fn entry(&mut self, member: &Member, own: &Named, lists: &Named) -> Option<Entry> {
        self.check_text(member.at, &member.key);
        if member.key.trim().is_empty() {
            self.fault(member.at, "a token's key can't be empty");
        }
        let members = self.table(&member.node, "a token", Some(&TOKEN))?;
        let find = |key: &str| members.iter().find(|member| member.key == key);
        let text = |reader: &mut Self, key| find(key).and_then(|member| reader.text(&member.node, key));
        let (id, note) = (text(self, "id"), text(self, "note"));
        let place = |reader: &Self, key| reader.source.place(find(key).map_or(member.at, |found| found.node.at));
        let mut places = Places {
            key: self.source.place(member.at),
            id: place(self, "id"),
            note: place(self, "note"),
            scopes: place(self, if find("scopes").is_some() { "scopes" } else { "presets" }),
            deliver: place(self, "deliver"),
            urls: Vec::new(),
        };
        let length = note.as_deref().unwrap_or_default().chars().count();
        if length > NOTE_LIMIT {
            let at = find("note").map_or(0, |note| note.node.at);
            self.fault(at, format!("the name has {length} characters; the limit is {NOTE_LIMIT}"));
        }
        if id.as_deref() == Some("") {
            self.fault(find("id").map_or(0, |id| id.node.at), "an ID can't be empty; omit it");
        }
        let is_default = match find("default").map(|member| (&member.node.value, member.node.at)) {
            None => false,
            Some((Value::Bool(is), _)) => *is,
            Some((other, at)) => {
                self.fault(at, format!("default should be true or false, not {}", other.kind()));
                false
            }
        };
        if find("scopes").is_none() && find("presets").is_none() {
            self.fault(
                member.at,
                format!("{} has no scopes; if that is intended, write scopes = []", quoted(&member.key)),
            );
        }
        let mut scopes: Vec<Scope> = Vec::new();
        for (name, at) in find("presets").map(|member| self.list(&member.node, "presets")).unwrap_or_default() {
            let found = own.get(&name).map(|ids| ids.iter().map(|id| Scope::from(id.as_str())).collect());
            let found = found.or_else(|| Preset::by_id(&name).map(|preset| preset.scopes.clone()));
            if let Some(found) = found {
                scopes.extend::<Vec<Scope>>(found);
            } else {
                let known = own.keys().map(String::as_str).chain(presets().iter().map(|preset| &*preset.id));
                let near = suggestion(&name, known);
                self.fault(at, format!("unknown preset {}{near}", quoted(&name)));
            }
        }
        for (id, at) in find("scopes").map(|member| self.list(&member.node, "scopes")).unwrap_or_default() {
            if id.is_empty() {
                self.fault(at, "a scope can't be empty");
            }
            scopes.push(Scope::from(id.as_str()));
        }
        let mut urls: Vec<(String, Place)> = Vec::new();
        for (name, at) in find("url_lists").map(|member| self.list(&member.node, "url_lists")).unwrap_or_default() {
            let place = self.source.place(at);
            if let Some(list) = lists.get(&name) {
                urls.extend(list.iter().map(|url| (url.clone(), place)));
            } else {
                let near = suggestion(&name, lists.keys().map(String::as_str));
                self.fault(at, format!("unknown URL list {}{near}", quoted(&name)));
            }
        }
        for (url, at) in find("allowed_urls").map(|member| self.list(&member.node, "allowed_urls")).unwrap_or_default()
        {
            urls.push((url, self.source.place(at)));
        }
        let urls = distinct(urls, |(url, _)| url.clone());
        let deliver = find("deliver").map(|member| self.deliver(&member.node)).unwrap_or_default();
        if is_default && !urls.is_empty() {
            self.fault(member.at, "the default public token can't be restricted to URLs");
        }
        if id.is_none() && note.as_deref().is_none_or(str::is_empty) && !is_default {
            self.fault(member.at, format!("{} needs a note or an ID, to recognize its token", quoted(&member.key)));
        }
        let (allowed_urls, at) = urls.into_iter().unzip();
        places.urls = at;
        let draft = Draft { note: note.unwrap_or_default(), scopes: distinct(scopes, Clone::clone), allowed_urls };
        let id = id.map(TokenId::new);
        Some(Entry { key: member.key.clone(), id, is_default, draft, deliver, places })
    }

    fn deliver(&mut self, node: &Node) -> Vec<Deliver> {
        let Value::List(items) = &node.value else {
            self.fault(node.at, format!("deliver should be a list, not {}: [{{ file = \"…\" }}]", node.value.kind()));
            return Vec::new();
        };
        items.iter().filter_map(|item| self.place(item)).collect()
    }

    /// One place to deliver to: a table with one kind of place, and what is allowed there.
    fn place(&mut self, item: &Node) -> Option<Deliver> {
        let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.word).collect();
        let known: Vec<&str> = kinds.iter().copied().chain(ALLOW).collect();
        let before = self.faults.len();
        let members = self.table(item, "deliver", Some(&known))?;
        let [replace, tracked] = ALLOW.map(|key| members.iter().find(|member| member.key == key));
        let mut named = members
            .iter()
            .filter_map(|member| KINDS.iter().find(|kind| kind.word == member.key).map(|kind| (*kind, &member.node)));
        let (Some((kind, node)), None) = (named.next(), named.next()) else {
            if self.faults.len() == before {
                self.fault(item.at, format!("each destination is one of {}", words(&kinds)));
            }
            return None;
        };
        let mut allow = |flag: Option<&Member>| match flag.map(|flag| (&flag.node.value, flag)) {
            None => false,
            Some((Value::Bool(is), _)) if kind.obeys_allow => *is,
            Some((Value::Bool(_), flag)) => {
                self.fault(flag.at, format!("{} does not apply to {}", flag.key, kind.word));
                false
            }
            Some((other, flag)) => {
                self.fault(flag.node.at, format!("{} should be true or false, not {}", flag.key, other.kind()));
                false
            }
        };
        let allow = Allow { replace: allow(replace), tracked: allow(tracked) };
        let text = match &node.value {
            // The words of a command need no quotes.
            Value::List(_) if kind.word == "command" => {
                let command = self.list(node, "command");
                shlex::try_join(command.iter().map(|(word, _)| word.as_str())).unwrap_or_default()
            }
            _ => self.text(node, kind.word)?,
        };
        if self.faults.len() > before {
            return None;
        }
        Deliver::new(kind, &text, allow).map_err(|why| self.fault(node.at, why.0)).ok()
    }

    /// What no entry can know alone.
    fn check_together(&mut self, file: &TokenFile) {
        let mut faults = Vec::new();
        let mut told = |place: Place, message: String| faults.push(Fault::new(place, message));
        let (mut ids, mut places) = (HashMap::new(), HashMap::new());
        let mut default: Option<&Entry> = None;
        for entry in &file.entries {
            if let Some(id) = &entry.id
                && let Some(other) = ids.insert(id.clone(), entry)
            {
                told(entry.places.id, format!("{} already has this ID", quoted(&other.key)));
            }
            for place in &entry.deliver {
                // Any number of values can go through one command; a file or an entry holds one.
                if place.is_path()
                    && let Some(other) = places.insert(place.to_string(), entry)
                {
                    told(entry.places.deliver, format!("{} is already delivered to {place}", quoted(&other.key)));
                }
            }
            if entry.is_default {
                if let Some(other) = default {
                    told(entry.places.key, format!("{} is already the default public token", quoted(&other.key)));
                }
                default = Some(entry);
            }
        }
        self.faults.append(&mut faults);
    }

    /// Lists with names, such as `[url_lists]`.
    fn named(&mut self, node: &Node, what: &str) -> Named {
        let members = self.table(node, what, None).unwrap_or_default();
        members
            .iter()
            .map(|member| {
                let items = self.list(&member.node, &member.key);
                (member.key.clone(), items.into_iter().map(|(item, _)| item).collect())
            })
            .collect()
    }

    /// The members of a table; `known` are the keys it may have.
    fn table<'n>(&mut self, node: &'n Node, what: &str, known: Option<&[&str]>) -> Option<&'n [Member]> {
        let Value::Table(members) = &node.value else {
            self.fault(node.at, format!("{what} should be a table, not {}", node.value.kind()));
            return None;
        };
        for member in members {
            if let Some(known) = known
                && !known.contains(&member.key.as_str())
            {
                let near = suggestion(&member.key, known.iter().copied());
                let near = if near.is_empty() { format!("; known: {}", words(known)) } else { near };
                self.fault(member.at, format!("unknown key {} in {what}{near}", quoted(&member.key)));
            }
        }
        Some(members)
    }

    fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        let Value::Text(text) = &node.value else {
            self.fault(node.at, format!("{what} should be a string, not {}", node.value.kind()));
            return None;
        };
        self.check_text(node.at, text);
        Some(text.clone())
    }

    /// A list of texts, each once, and where each stands.
    fn list(&mut self, node: &Node, what: &str) -> Vec<(String, usize)> {
        let Value::List(items) = &node.value else {
            self.fault(node.at, format!("{} should be a list of strings, not {}", quoted(what), node.value.kind()));
            return Vec::new();
        };
        let mut seen = HashSet::new();
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            let Some(text) = self.text(item, &format!("each of {}", quoted(what))) else { continue };
            if what != "command" && !seen.insert(text.clone()) {
                self.fault(item.at, format!("{} appears twice in {}", quoted(&text), quoted(what)));
            }
            texts.push((text, item.at));
        }
        texts
    }

    /// Nobody puts a token's value into a file that is shared, unless by accident.
    fn check_text(&mut self, at: usize, text: &str) {
        if scrub(text) != text {
            self.fault(
                at,
                "this is a token's value, which does not belong in this file; remove it, and rotate the token if anyone else \
                    could have read it",
            );
        }
    }
}

fn keys(member: &Member) -> Vec<(&str, usize)> {
    let Value::Table(members) = &member.node.value else { return Vec::new() };
    members.iter().map(|member| (member.key.as_str(), member.at)).collect()
}

/// Each once, in the order of the first.
fn distinct<T, K: Eq + Hash>(list: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut seen = HashSet::new();
    list.into_iter().filter(|item| seen.insert(key(item))).collect()
}

/// ` (did you mean "scopes"?)`, where there is something like it.
fn suggestion<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    near_miss(typed, known).map(|near| format!(" (did you mean {}?)", quoted(near))).unwrap_or_default()
}

fn words(list: &[&str]) -> String {
    list.iter()
        .filter(|word| !word.starts_with('$'))
        .copied()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests;
