//! Files with tokens in them, as they are found in projects, and with what looks like tokens; all made up, and the same for the same seed.

use std::{collections::BTreeMap, fs, path::Path};

use base64::Engine as _;
use jeton::token::Usage;

pub use crate::support::rng::Rng;

const BASE64: base64::engine::GeneralPurpose = base64::engine::general_purpose::URL_SAFE_NO_PAD;

fn text(rng: &mut Rng, alphabet: &str, length: usize) -> String {
    (0..length).map(|_| char::from(alphabet.as_bytes()[rng.below(alphabet.len())])).collect()
}

pub fn signature(rng: &mut Rng) -> String {
    let bytes: Vec<u8> = (0..2).flat_map(|_| rng.next().to_le_bytes()).collect();
    BASE64.encode(bytes)
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
const BASE36: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &str = "0123456789abcdef";
const MIXED: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

#[derive(Clone, Debug)]
pub struct Token {
    pub value: String,
    pub usage: Usage,
    pub owner: String,
    pub id: Option<String>,
}

pub fn token(rng: &mut Rng) -> Token {
    let length = 3 + rng.below(18);
    let mut owner = text(rng, LETTERS, 1);
    owner += &text(rng, "abcdefghijklmnopqrstuvwxyz0123456789-_", length - 1);
    let usage = [Usage::Public, Usage::Secret, Usage::Temporary][rng.below(3)];
    let id = format!("c{}{}", ["ijucimbe", "k2mzp0aa", "lq7w3e1z", "mf3k2abc"][rng.below(4)], text(rng, BASE36, 16));
    let (payload, id) = if usage == Usage::Temporary {
        let issued = 1_700_000_000 + rng.below(50_000_000);
        let scopes = &["styles:read", "fonts:read", "uploads:write", "tilesets:list", "user:read"][..=rng.below(5)];
        let claims =
            serde_json::json!({"u": owner, "iat": issued, "exp": issued + 3600, "scopes": scopes, "client": "api"});
        (claims.to_string(), None)
    } else {
        (format!(r#"{{"u":"{owner}","a":"{id}"}}"#), Some(id))
    };
    let value = format!("{usage}.{}.{}", BASE64.encode(payload), signature(rng));
    Token { value, usage, owner, id }
}

/// What a scanner may take for a token.
pub fn decoy(rng: &mut Rng) -> String {
    let token = token(rng).value;
    match rng.below(14) {
        0 => format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", BASE64.encode(r#"{"sub":"ada","iat":1}"#), text(rng, MIXED, 43)),
        1 => format!(
            "{}.{}",
            BASE64.encode(r#"{"alg":"none"}"#),
            BASE64.encode(format!(r#"{{"u":"{}"}}"#, text(rng, LETTERS, 5)))
        ),
        2 => text(rng, HEX, 40),
        3 => text(rng, HEX, 64),
        4 => format!("sk_live_{}", text(rng, MIXED, 24)),
        5 => format!("pk_test_{}", text(rng, MIXED, 99)),
        // Cut at the end, in the middle, at the start.
        6 => token[..token.len() - 1 - rng.below(21)].to_owned(),
        7 => token[..10 + rng.below(20)].to_owned(),
        8 => token[3..].to_owned(),
        9 => format!("{}…{}", &token[..12], &token[token.len() - 4..]),
        // Too long, glued to a word, of another kind.
        10 => {
            let more = 1 + rng.below(20);
            format!("{token}{}", text(rng, MIXED, more))
        }
        11 => format!("task{token}"),
        12 => format!("rk{}", &token[2..]),
        // The shape of a token with the payload of something else.
        _ => format!(
            "sk.{}.{}",
            BASE64.encode(format!(r#"{{"sub":"{}","a":1}}"#, text(rng, LETTERS, 9))),
            signature(rng)
        ),
    }
}

/// How a file's characters become bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    Utf8,
    Latin1,
    Utf16Le,
    Utf16LeWithMark,
    Utf16BeWithMark,
}

impl Charset {
    fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
            Self::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16LeWithMark => {
                [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
            }
            Self::Utf16BeWithMark => {
                [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()
            }
        }
    }
}

/// Writes a value as a file needs it.
type Escaping = fn(&str) -> String;

/// A kind of file: its name, the line end, and the lines in which tokens (`@`) and decoys (`#`) stand.
struct Format {
    path: &'static str,
    charset: Charset,
    end: &'static str,
    lines: &'static [&'static str],
    decoys: &'static str,
    escape: Escaping,
}

fn plain(value: &str) -> String {
    value.to_owned()
}

fn percent(value: &str) -> String {
    value.replace('.', "%2E").replace('_', "%5F").replace('-', "%2D")
}

fn double_percent(value: &str) -> String {
    value.replace('.', "%252E")
}

fn json(value: &str) -> String {
    value.replace('.', "\\u002e")
}

fn all_json(value: &str) -> String {
    value.bytes().flat_map(|byte| ['\\', 'u', '0', '0', digit(byte / 16), digit(byte % 16)]).collect()
}

fn digit(value: u8) -> char {
    char::from_digit(value.into(), 16).unwrap().to_ascii_uppercase()
}

fn html(value: &str) -> String {
    value.replace('.', "&#46;").replace('_', "&#x5f;")
}

fn regex(value: &str) -> String {
    value.replace('.', "\\.")
}

const fn format(path: &'static str, lines: &'static [&'static str], decoys: &'static str) -> Format {
    Format { path, charset: Charset::Utf8, end: "\n", lines, decoys, escape: plain }
}

const FORMATS: [Format; 27] = [
    format(".env", &["MAPBOX_ACCESS_TOKEN=@", "export MAPBOX_TOKEN=\"@\"", "NEXT_PUBLIC_MAP=@ # 東京"], "JWT='#'"),
    format("web/.env.local", &["VITE_MAPBOX='@'"], "SECRET=#"),
    format(
        ".github/workflows/ci.yml",
        &["        mapbox-token: @", "      - run: curl 'https://api.mapbox.com/x?access_token=@'"],
        "          key: \"#\"",
    ),
    format(
        "src/map.ts",
        &["mapboxgl.accessToken = '@';", "  accessToken: `@`,", "new Map({token:\"@\"})"],
        "const k = '#';",
    ),
    format("src/Map.swift", &["ResourceOptions(accessToken: \"@\")", "// @"], "let x = \"#\""),
    format("android/gradle.properties", &["MAPBOX_DOWNLOADS_TOKEN=@", "mapbox.token = @"], "other=#"),
    format(
        "android/build.gradle",
        &["password = project.properties['X'] ?: \"@\"", "resValue \"string\", \"mapbox_access_token\", \"@\""],
        "def k = '#'",
    ),
    format(
        "android/strings.xml",
        &["    <string name=\"mapbox_access_token\" translatable=\"false\">@</string>"],
        "    <string name=\"x\">#</string>",
    ),
    format("ios/Info.plist", &["\t<key>MBXAccessToken</key>\n\t<string>@</string>"], "\t<string>#</string>"),
    format("ios/Secrets.xcconfig", &["MAPBOX_TOKEN = @"], "OTHER = #"),
    format("infra/main.tfvars", &["mapbox_token = \"@\""], "db = \"#\""),
    format(
        "notebooks/plot.ipynb",
        &["    \"px.set_mapbox_access_token(\\\"@\\\")\\n\",", "    \"token = '@'\\n\","],
        "    \"#\\n\",",
    ),
    format("dist/app.js.map", &["\"t=\\\"@\\\";\\n", "\\u0026access_token=@\\u0026x\","], "\"#\","),
    format(
        "docker/Dockerfile",
        &["ENV MAPBOX_TOKEN @", "RUN echo \"machine api.mapbox.com login mapbox password @\" > ~/.netrc"],
        "ENV X #",
    ),
    format("docs/README.md", &["Use `@` as the token.", "[map](https://a.example/?access_token=@)", "(@)"], "`#`"),
    format(
        "index.html",
        &["<script>L.mapbox.accessToken=\"@\"</script>", "<a href=https://a.example/v4/a/b.png?access_token=@&x=1>"],
        "<i>#</i>",
    ),
    format("data/rows.csv", &["1,ada,@,x", "2;ada;@;y"], "3,#"),
    format("logs/server.log", &["GET /styles/v1/a/b?access_token=@ HTTP/1.1", "Authorization: Bearer @"], "id=#"),
    Format {
        end: "\r\n",
        ..format("windows/app.config", &["<add key=\"MapboxToken\" value=\"@\" />"], "<add key=\"x\" value=\"#\" />")
    },
    // One line without an end.
    Format {
        end: "",
        ..format(
            "dist/app.min.js",
            &["a.accessToken=\"@\",", "b={t:'@'};", "c(\"https://x/?access_token=@&y\");"],
            "d='#';",
        )
    },
    Format { charset: Charset::Latin1, ..format("légacy.properties", &["clé = @ # café «»"], "autre = # é") },
    Format {
        charset: Charset::Utf16LeWithMark,
        end: "\r\n",
        ..format("windows/Settings.reg", &["\"Token\"=\"@\"", "; 東京 @ é"], "\"X\"=\"#\"")
    },
    Format {
        charset: Charset::Utf16BeWithMark,
        ..format("ios/Localizable.strings", &["\"token\" = \"@\";"], "\"x\" = \"#\";")
    },
    Format {
        charset: Charset::Utf16Le,
        end: "\r\n",
        ..format("windows/script.ps1", &["$env:MAPBOX_TOKEN = '@'"], "$x = '#'")
    },
    Format {
        escape: percent,
        ..format(
            "har/urls.txt",
            &["next=https%3A%2F%2Fa.example%2F%3Faccess_token%3D@%26x", "/x?access_token=@&y"],
            "?jwt=#",
        )
    },
    Format {
        escape: json,
        ..format(
            "api/dump.json",
            &["{\"token\":\"@\"},", "\"https:\\/\\/a.example\\/?access_token\\u003d@\","],
            "\"#\",",
        )
    },
    Format { escape: html, ..format("page.html", &["<b title='@'>"], "<b>#</b>") },
];

/// Ways to escape that few files have, each in one of its own.
const ODD: [(&str, Escaping); 3] =
    [("odd/double.txt", double_percent), ("odd/all.json", all_json), ("odd/pattern.txt", regex)];

/// A token in its place.
#[derive(Clone, Debug)]
pub struct Planted {
    pub token: Token,
    pub line: u64,
    pub column: u64,
}

/// What was written.
pub struct Planting {
    pub tokens: BTreeMap<String, Vec<Planted>>,
    pub decoys: usize,
}

impl Planting {
    pub fn count(&self) -> usize {
        self.tokens.values().map(Vec::len).sum()
    }
}

/// Writes at least so many tokens below a folder, and four times as many decoys.
pub fn plant(root: &Path, tokens: usize, seed: u64) -> Planting {
    let mut rng = Rng::new(seed);
    let mut planting = Planting { tokens: BTreeMap::new(), decoys: 0 };
    fs::write(root.join(".gitignore"), "dist/\n.env*\n*.xcconfig\n").unwrap();
    let odd = ODD.map(|(path, escape)| Format { escape, ..format(path, &["x=@&", "'@'"], "#") });
    let per_file = 40;
    for number in 0.. {
        if planting.count() >= tokens {
            break;
        }
        for of in FORMATS.iter().chain(&odd) {
            write(root, number, of, per_file, &mut rng, &mut planting);
        }
    }
    planting
}

fn write(root: &Path, number: usize, of: &Format, count: usize, rng: &mut Rng, planting: &mut Planting) {
    let path = if number == 0 { of.path.to_owned() } else { format!("part{number}/{}", of.path) };
    let (mut text, mut line, mut column) = (String::new(), 1_u64, 1_u64);
    let mut push = |part: &str| {
        let place = (line, column);
        for c in part.chars() {
            if c == '\n' {
                line += 1;
                column = 1;
            } else {
                column += 1;
            }
        }
        text += part;
        place
    };
    let planted = planting.tokens.entry(path.clone()).or_default();
    for _ in 0..count {
        for _ in 0..4 {
            push(&of.decoys.replace('#', &(of.escape)(&decoy(rng))));
            push(of.end);
            planting.decoys += 1;
        }
        let (before, after) = of.lines[rng.below(of.lines.len())].split_once('@').unwrap();
        push(before);
        let token = token(rng);
        let (line, column) = push(&(of.escape)(&token.value));
        planted.push(Planted { token, line, column });
        push(after);
        push(of.end);
    }
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, of.charset.encode(&text)).unwrap();
}
