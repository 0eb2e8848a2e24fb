//! Reading a token's record from an answer, whatever is in it.
//!
//! Invariants: only a record without an id is refused, for nothing can be done with it; every other field that is not as documented
//! is read as far as it can be and named in [`Token::flaws`]; nothing read is longer than its limit, and what is cut says so.

use std::{borrow::Cow, fmt, marker::PhantomData};

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use strum::IntoEnumIterator as _;

use super::{
    Moment, Scope, Token, TokenId, Usage, Word,
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
pub enum Loose<'a> {
    /// Null.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A number, in digits.
    Number(String),
    /// A text, cut to a limit that is larger than every limit here; borrowed where the answer holds it as it stands.
    Text(Cow<'a, str>),
    /// The elements of a list, as many as are kept; and whether there were more.
    List(Vec<Loose<'a>>, bool),
    /// An object.
    Object,
}

impl<'de> Deserialize<'de> for Loose<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Loose<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E>(self) -> Result<Loose<'de>, E> {
                Ok(Loose::Null)
            }

            fn visit_none<E>(self) -> Result<Loose<'de>, E> {
                Ok(Loose::Null)
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Loose<'de>, D::Error> {
                Loose::deserialize(deserializer)
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Loose<'de>, E> {
                Ok(Loose::Flag(flag))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Loose<'de>, E> {
                Ok(Loose::Number(number.to_string()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Loose<'de>, E> {
                Ok(Loose::Number(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Loose<'de>, E> {
                Ok(Loose::Number(number.to_string()))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Loose<'de>, E> {
                Ok(Loose::Text(Cow::Borrowed(limited(text))))
            }

            fn visit_str<E>(self, text: &str) -> Result<Loose<'de>, E> {
                // In one block of the right size: it may be a token, and growing would leave copies behind.
                Ok(Loose::Text(Cow::Owned(limited(text).to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Loose<'de>, A::Error> {
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

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose<'de>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Loose::Object)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// The start of a text that is longer than anything read here.
fn limited(text: &str) -> &str {
    if text.len() <= LONGEST_TOKEN {
        return text;
    }
    let end = text.char_indices().nth(LONGEST_TOKEN + 1).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

impl Loose<'_> {
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
    Ok(Reader::default().texts(Field::Scopes, loose, LONGEST_WORD, |scope| Scope::from(&*scope)))
}

/// Whether something is so: `true` and nothing else.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(matches!(Loose::deserialize(deserializer)?, Loose::Flag(true)))
}

/// A text; empty where there is none.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Untrusted, D::Error> {
    Ok(match Loose::deserialize(deserializer)? {
        Loose::Text(text) => cut(text, LONGEST_NOTE).0.into_owned().into(),
        Loose::Number(digits) => cut(digits.into(), LONGEST_NOTE).0.into_owned().into(),
        _ => Untrusted::default(),
    })
}

/// A text of at most `limit` characters, and whether it was cut; not copied where it is short enough.
fn cut(text: Cow<str>, limit: usize) -> (Cow<str>, bool) {
    let short = match untrusted::cut(&text, limit) {
        (_, false) => None,
        (short, true) => Some(short.into_owned()),
    };
    let was_cut = short.is_some();
    (short.map_or(text, Cow::Owned), was_cut)
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

    fn text<'a>(&mut self, field: Field, value: Loose<'a>, limit: usize) -> Option<Cow<'a, str>> {
        let text = match value {
            Loose::Null => return None,
            Loose::Text(text) => text,
            Loose::Number(digits) => {
                self.note(field, Problem::WrongType);
                digits.into()
            }
            Loose::Flag(_) | Loose::List(..) | Loose::Object => {
                self.note(field, Problem::WrongType);
                return None;
            }
        };
        if text.contains(char::REPLACEMENT_CHARACTER) {
            self.note(field, Problem::NotText);
        }
        let (short, was_cut) = cut(text, limit);
        if was_cut {
            self.note(field, Problem::Cut);
        }
        Some(short)
    }

    fn texts<'a, T>(
        &mut self,
        field: Field,
        value: Loose<'a>,
        limit: usize,
        as_item: impl Fn(Cow<'a, str>) -> T,
    ) -> Vec<T> {
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
                item => texts.extend(self.text(field, item, limit).map(&as_item)),
            }
        }
        texts
    }

    fn time(&mut self, field: Field, value: Loose) -> Option<Moment> {
        let time = value.time().unwrap_or_else(|problem| {
            self.note(field, problem);
            None
        });
        time.map(Moment::from)
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
struct Fields<'a> {
    id: Option<Loose<'a>>,
    usage: Option<Loose<'a>>,
    client: Option<Loose<'a>>,
    default: Option<Loose<'a>>,
    note: Option<Loose<'a>>,
    scopes: Option<Loose<'a>>,
    allowed_urls: Option<Loose<'a>>,
    created: Option<Loose<'a>>,
    modified: Option<Loose<'a>>,
    token: Option<Loose<'a>>,
    /// What was said of a record that we wrote ourselves.
    flaws: Vec<Flaw>,
}

impl<'a> Fields<'a> {
    fn place(&mut self, field: Field) -> &mut Option<Loose<'a>> {
        match field {
            Field::Id => &mut self.id,
            Field::Usage => &mut self.usage,
            Field::Client => &mut self.client,
            Field::Default => &mut self.default,
            Field::Note => &mut self.note,
            Field::Scopes => &mut self.scopes,
            Field::AllowedUrls => &mut self.allowed_urls,
            Field::Created => &mut self.created,
            Field::Modified => &mut self.modified,
            Field::Token => &mut self.token,
        }
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
                drop(Secret::new(value.into_owned()));
                None
            }
            value => value.map(|value| Secret::new(value.into_owned())),
        };
        let usage = reader.usage(self.usage, value.as_ref());
        if self.scopes.is_none() {
            reader.note(Field::Scopes, Problem::Missing);
        }
        let scopes = self
            .scopes
            .map(|scopes| reader.texts(Field::Scopes, scopes, LONGEST_WORD, |scope| Scope::from(&*scope)))
            .unwrap_or_default();
        let urls = match self.allowed_urls {
            None | Some(Loose::Null) => None,
            Some(urls) => {
                Some(reader.texts(Field::AllowedUrls, urls, LONGEST_URL, |url| Untrusted::new(url.into_owned())))
            }
        };
        let client = self.client.and_then(|client| reader.text(Field::Client, client, LONGEST_WORD));
        let note = self.note.and_then(|note| reader.text(Field::Note, note, LONGEST_NOTE));
        Some(Token {
            id: TokenId::new(&id),
            usage,
            client: client.map(|client| Word::new(&client)).unwrap_or_default(),
            default: self.default.is_some_and(|value| reader.flag(Field::Default, &value)),
            note: note.map(|note| Untrusted::new(note.into_owned())),
            scopes,
            allowed_urls: urls,
            created: self.created.and_then(|value| reader.time(Field::Created, value)),
            modified: self.modified.and_then(|value| reader.time(Field::Modified, value)),
            token: value,
            flaws: reader.flaws.into(),
        })
    }
}

/// A member of the record.
enum Name {
    Field(Field),
    /// What was said of a record that we wrote ourselves.
    Flaws,
    Other,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Member;
        impl Visitor<'_> for Member {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                let field = Field::iter().find(|field| field.name() == name);
                Ok(field.map_or(if name == "flaws" { Name::Flaws } else { Name::Other }, Name::Field))
            }
        }
        deserializer.deserialize_identifier(Member)
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
                let mut fields = Fields::<'de>::default();
                while let Some(name) = map.next_key()? {
                    let field = match name {
                        Name::Field(field) => field,
                        Name::Flaws => {
                            fields.flaws = map.next_value::<Vec<Flaw>>()?;
                            continue;
                        }
                        Name::Other => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    if fields.place(field).replace(map.next_value()?).is_some() {
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
