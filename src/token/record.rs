//! Reading a token's record from an answer, whatever is in it.
//!
//! Invariants: only a record without an id is refused, for nothing can be done with it; every other field that is not as documented
//! is read as far as it can be and named in [`Token::flaws`]; nothing read is longer than its limit, and what is cut says so.

use std::{fmt, marker::PhantomData};

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{
    Scope, Token, TokenId, Usage,
    flaw::{Field, Flaw, Problem},
};
use crate::{
    secret::Secret,
    untrusted::{self, Untrusted},
};

/// Longest name kept, in characters: several times what the API accepts.
const LONGEST_NOTE: usize = 1000;

/// Longest URL kept.
const LONGEST_URL: usize = 2000;

/// Longest id, scope or client kept.
const LONGEST_WORD: usize = 200;

/// Longest token string kept.
const LONGEST_TOKEN: usize = 16 << 10;

/// Most scopes and most URLs kept: ten times what any token can have.
const MOST_ITEMS: usize = 1000;

/// A value of any type, read as far as anything here has a use for it.
#[derive(Debug)]
pub enum Loose {
    /// Null.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A number, in digits.
    Number(String),
    /// A text, cut to a limit that is larger than every limit here.
    Text(String),
    /// The elements of a list, as many as are kept; and whether there were more.
    List(Vec<Loose>, bool),
    /// An object.
    Object,
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Loose;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E>(self) -> Result<Loose, E> {
                Ok(Loose::Null)
            }

            fn visit_none<E>(self) -> Result<Loose, E> {
                Ok(Loose::Null)
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Loose, D::Error> {
                Loose::deserialize(deserializer)
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Loose, E> {
                Ok(Loose::Flag(flag))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Loose, E> {
                Ok(Loose::Number(number.to_string()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Loose, E> {
                Ok(Loose::Number(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Loose, E> {
                Ok(Loose::Number(number.to_string()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Loose, E> {
                // In one block of the right size: it may be a token, and growing would leave copies behind.
                let end = text.char_indices().nth(LONGEST_TOKEN + 1).map_or(text.len(), |(at, _)| at);
                Ok(Loose::Text(text.get(..end).unwrap_or_default().to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Loose, A::Error> {
                let mut items = Vec::new();
                while items.len() < MOST_ITEMS {
                    let Some(item) = list.next_element()? else { return Ok(Loose::List(items, false)) };
                    items.push(item);
                }
                let mut more = false;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    more = true;
                }
                Ok(Loose::List(items, more))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Loose::Object)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl Loose {
    /// A date; `Err` where there is something else.
    fn time(self) -> Result<Option<Timestamp>, Problem> {
        match self {
            Self::Null => Ok(None),
            Self::Text(text) => text.parse().map(Some).map_err(|_| Problem::NotADate),
            _ => Err(Problem::WrongType),
        }
    }
}

/// A time that is treated as missing where it cannot be read: for answers that matter more than their times.
pub fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Loose::deserialize(deserializer)?.time().unwrap_or_default())
}

/// A kind of token; none where the server names one that nobody documented.
pub fn usage<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Usage>, D::Error> {
    Ok(match Loose::deserialize(deserializer)? {
        Loose::Text(text) => Usage::from_prefix(&text),
        _ => None,
    })
}

/// Scopes, without anything between them that is none.
pub fn scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Scope>, D::Error> {
    let loose = Loose::deserialize(deserializer)?;
    Ok(Reader::default()
        .texts(Field::Scopes, loose, LONGEST_WORD)
        .into_iter()
        .map(|scope| Scope::from(&*scope))
        .collect())
}

/// Whether something is so: `true` and nothing else.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(matches!(Loose::deserialize(deserializer)?, Loose::Flag(true)))
}

/// A text; empty where there is none.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Untrusted, D::Error> {
    Ok(match Loose::deserialize(deserializer)? {
        Loose::Text(text) | Loose::Number(text) => untrusted::cut(&text, LONGEST_NOTE).0.into_owned().into(),
        _ => Untrusted::default(),
    })
}

/// Notes the flaws of what it reads.
#[derive(Default)]
struct Reader {
    flaws: Vec<Flaw>,
}

impl Reader {
    fn note(&mut self, field: Field, problem: Problem) {
        let flaw = Flaw { field, problem };
        if !self.flaws.contains(&flaw) {
            self.flaws.push(flaw);
        }
    }

    fn text(&mut self, field: Field, value: Loose, limit: usize) -> Option<String> {
        let text = match value {
            Loose::Null => return None,
            Loose::Text(text) => text,
            Loose::Number(digits) => {
                self.note(field, Problem::WrongType);
                digits
            }
            Loose::Flag(_) | Loose::List(..) | Loose::Object => {
                self.note(field, Problem::WrongType);
                return None;
            }
        };
        if text.contains(char::REPLACEMENT_CHARACTER) {
            self.note(field, Problem::NotText);
        }
        let (short, was_cut) = untrusted::cut(&text, limit);
        if was_cut {
            self.note(field, Problem::Cut);
        }
        Some(short.into_owned())
    }

    fn texts(&mut self, field: Field, value: Loose, limit: usize) -> Vec<String> {
        let Loose::List(items, more) = value else {
            self.note(field, Problem::WrongType);
            return Vec::new();
        };
        if more {
            self.note(field, Problem::Cut);
        }
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Loose::Null => self.note(field, Problem::WrongType),
                item => texts.extend(self.text(field, item, limit)),
            }
        }
        texts
    }

    fn time(&mut self, field: Field, value: Loose) -> Option<Timestamp> {
        value.time().unwrap_or_else(|problem| {
            self.note(field, problem);
            None
        })
    }

    fn flag(&mut self, field: Field, value: &Loose) -> bool {
        if !matches!(value, Loose::Flag(_) | Loose::Null) {
            self.note(field, Problem::WrongType);
        }
        matches!(value, Loose::Flag(true))
    }

    /// The kind, else what the token string says it is.
    fn usage(&mut self, value: Option<Loose>, token: Option<&Secret>) -> Usage {
        let problem = match value {
            None | Some(Loose::Null) => Problem::Missing,
            Some(Loose::Text(text)) => match Usage::from_prefix(&text) {
                Some(usage) => return usage,
                None => Problem::UnknownValue,
            },
            Some(_) => Problem::WrongType,
        };
        self.note(Field::Usage, problem);
        token.and_then(|token| Usage::from_prefix(token.expose().split_once('.')?.0)).unwrap_or(Usage::Unknown)
    }
}

/// The fields as they came.
#[derive(Default)]
struct Fields {
    id: Option<Loose>,
    usage: Option<Loose>,
    client: Option<Loose>,
    default: Option<Loose>,
    note: Option<Loose>,
    scopes: Option<Loose>,
    allowed_urls: Option<Loose>,
    created: Option<Loose>,
    modified: Option<Loose>,
    token: Option<Loose>,
    /// What was said of a record that we wrote ourselves.
    flaws: Vec<Flaw>,
}

impl Fields {
    fn place(&mut self, name: &str) -> Option<(Field, &mut Option<Loose>)> {
        Some(match name {
            "id" => (Field::Id, &mut self.id),
            "usage" => (Field::Usage, &mut self.usage),
            "client" => (Field::Client, &mut self.client),
            "default" => (Field::Default, &mut self.default),
            "note" => (Field::Note, &mut self.note),
            "scopes" => (Field::Scopes, &mut self.scopes),
            "allowedUrls" => (Field::AllowedUrls, &mut self.allowed_urls),
            "created" => (Field::Created, &mut self.created),
            "modified" => (Field::Modified, &mut self.modified),
            "token" => (Field::Token, &mut self.token),
            _ => return None,
        })
    }

    fn token(self) -> Option<Token> {
        let mut reader = Reader { flaws: self.flaws };
        let id = reader.text(Field::Id, self.id?, LONGEST_WORD)?;
        // An id that is not all there names another token, or none.
        if id.is_empty() || reader.flaws.contains(&Flaw { field: Field::Id, problem: Problem::Cut }) {
            return None;
        }
        let value = match self.token.and_then(|value| reader.text(Field::Token, value, LONGEST_TOKEN)) {
            // Half a token string is none.
            Some(value) if reader.flaws.iter().any(|flaw| flaw.field == Field::Token && flaw.is_loss()) => {
                drop(Secret::new(value));
                None
            }
            value => value.map(Secret::new),
        };
        let usage = reader.usage(self.usage, value.as_ref());
        if self.scopes.is_none() {
            reader.note(Field::Scopes, Problem::Missing);
        }
        let scopes = self.scopes.map(|scopes| reader.texts(Field::Scopes, scopes, LONGEST_WORD)).unwrap_or_default();
        let urls = match self.allowed_urls {
            None | Some(Loose::Null) => None,
            Some(urls) => Some(reader.texts(Field::AllowedUrls, urls, LONGEST_URL)),
        };
        let text = |reader: &mut Reader, field, value: Option<Loose>, limit| {
            value.and_then(|value| reader.text(field, value, limit)).map(Untrusted::from)
        };
        Some(Token {
            id: TokenId::new(id),
            usage,
            client: text(&mut reader, Field::Client, self.client, LONGEST_WORD).unwrap_or_default(),
            default: self.default.is_some_and(|value| reader.flag(Field::Default, &value)),
            note: text(&mut reader, Field::Note, self.note, LONGEST_NOTE),
            scopes: scopes.iter().map(|scope| Scope::from(&**scope)).collect(),
            allowed_urls: urls.map(|urls| urls.into_iter().map(Untrusted::from).collect()),
            created: self.created.and_then(|value| reader.time(Field::Created, value)),
            modified: self.modified.and_then(|value| reader.time(Field::Modified, value)),
            token: value,
            flaws: reader.flaws,
        })
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Record(PhantomData<Token>);
        impl<'de> Visitor<'de> for Record {
            type Value = Token;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a token")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Token, A::Error> {
                let mut fields = Fields::default();
                while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    if name == "flaws" {
                        fields.flaws = map.next_value::<Vec<Flaw>>()?;
                        continue;
                    }
                    let Some((field, place)) = fields.place(&name) else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    if place.replace(map.next_value()?).is_some() {
                        fields.flaws.push(Flaw { field, problem: Problem::Repeated });
                    }
                }
                fields.token().ok_or_else(|| de::Error::custom("a token without an ID"))
            }
        }
        deserializer.deserialize_map(Record(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Token {
        serde_json::from_str(json).expect(json)
    }

    fn flaws(json: &str) -> Vec<String> {
        read(json).flaws.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_record_as_documented_has_no_flaw() {
        for json in [
            r#"{"id":"x","usage":"pk","scopes":[]}"#,
            r#"{"id":"x","usage":"sk","client":"api","default":false,"note":null,"scopes":["styles:read"],"allowedUrls":null}"#,
            r#"{"id":"x","usage":"pk","scopes":[],"created":"2026-01-01T00:00:00.000Z","allowedApplications":[{"a":1}]}"#,
        ] {
            assert_eq!(flaws(json), [""; 0], "{json}");
        }
    }

    #[test]
    fn an_odd_field_is_named_and_the_others_are_read() {
        for (field, flaw) in [
            (r#""scopes":null"#, "scopes has the wrong type"),
            (r#""scopes":"styles:read""#, "scopes has the wrong type"),
            (r#""scopes":["a",7,null]"#, "scopes has the wrong type"),
            (r#""scopes":[],"created":"""#, "created is not a date"),
            (r#""scopes":[],"modified":"2026-02-30T00:00:00Z""#, "modified is not a date"),
            (r#""scopes":[],"created":1700000000000"#, "created has the wrong type"),
            (r#""scopes":[],"note":7"#, "note has the wrong type"),
            (r#""scopes":[],"note":{"a":"b"}"#, "note has the wrong type"),
            (r#""scopes":[],"default":"yes""#, "default has the wrong type"),
            (r#""scopes":[],"allowedUrls":"example.com""#, "allowedUrls has the wrong type"),
            (r#""scopes":[],"token":7"#, "token has the wrong type"),
            (r#""scopes":[],"scopes":["a"]"#, "scopes appears more than once; the last value counts"),
            (r#""client":"api""#, "scopes is missing"),
        ] {
            let json = format!(r#"{{"id":"x","usage":"pk",{field}}}"#);
            assert_eq!(flaws(&json), [flaw], "{json}");
            assert_eq!(read(&json).usage, Usage::Public);
        }
    }

    #[test]
    fn a_numeric_id_is_an_id_and_a_record_without_one_is_none() {
        let token = read(r#"{"id":12,"usage":"pk","scopes":[]}"#);
        assert_eq!((token.id.as_str(), token.flaws.len()), ("12", 1));
        let long = format!(r#"{{"id":"{}","usage":"pk"}}"#, "x".repeat(300));
        for json in ["{}", "7", "[]", r#"{"id":null}"#, r#"{"id":""}"#, r#"{"id":[],"usage":"pk"}"#, &long] {
            assert!(serde_json::from_str::<Token>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn an_unknown_kind_is_taken_from_the_token_string_and_never_guessed() {
        let kind = |json| read(json).usage;
        assert_eq!(kind(r#"{"id":"x","usage":"zk","scopes":[]}"#), Usage::Unknown);
        assert_eq!(kind(r#"{"id":"x","scopes":["uploads:write"]}"#), Usage::Unknown);
        assert_eq!(kind(r#"{"id":"x","usage":null,"scopes":[],"token":"pk.fake.fake"}"#), Usage::Public);
        assert_eq!(flaws(r#"{"id":"x","usage":"zk","scopes":[]}"#), ["usage has an unknown value"]);
    }

    #[test]
    fn what_is_longer_than_anything_real_is_cut_and_says_so() {
        let scopes = vec![r#""styles:read""#; 200_000].join(",");
        let note = "n".repeat(5_000_000);
        let token = read(&format!(r#"{{"id":"x","usage":"pk","note":"{note}","scopes":[{scopes}]}}"#));
        assert_eq!(token.scopes.len(), MOST_ITEMS);
        assert!(token.note.as_ref().is_some_and(|note| note.raw().ends_with("n…")));
        assert!(token.name().len() < 2 * LONGEST_NOTE);
        let words: Vec<_> = token.flaws.iter().map(|flaw| (flaw.field, flaw.problem)).collect();
        assert_eq!(words, [(Field::Scopes, Problem::Cut), (Field::Note, Problem::Cut)]);
    }

    #[test]
    fn flaws_survive_being_written_and_read_again() {
        let token = read(r#"{"id":12,"usage":"zk","note":null,"scopes":null,"created":""}"#);
        let json = serde_json::to_string(&token).expect("valid");
        let again = read(&json);
        assert!(token.flaws.iter().all(|flaw| again.flaws.contains(flaw)), "{json}");
        assert_eq!(again.usage, Usage::Unknown);
    }
}
