//! Phrases that do not belong in jeton's English, checked in every string the program can print, in the text that becomes help, and in the
//! documentation. CONTRIBUTING.md has the style guide.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A phrase, and what to write instead. Most read like a translation; some are a second name for something that has one already.
const BANNED: [(&str, &str); 33] = [
    // Not how it is said.
    ("all the same", "anyway"),
    ("any more", "no longer"),
    ("anew", "again"),
    ("anybody", "anyone"),
    ("somebody", "someone"),
    ("at work on", "working on"),
    ("came to its end", "finished"),
    ("comes to pass", "happens"),
    ("ended well", "succeeded"),
    ("for good", "permanently"),
    ("go ahead", "continue"),
    ("go on", "continue"),
    ("goes on", "continues"),
    ("gone on with", "resumed"),
    ("half way", "halfway, or: is interrupted"),
    ("in so many words", "explicitly"),
    ("it is no file", "it is not a file"),
    ("never be given any", "can't get any"),
    ("nothing stands in its way", "it can proceed"),
    ("stands in the way", "prevents"),
    ("put on record", "written to the journal"),
    ("tells of", "reports"),
    ("whoever's", "whose"),
    // A second name.
    ("API address", "API URL"),
    ("web address", "URL"),
    ("address of a page", "page URL"),
    ("environment file", ".env file"),
    ("left open", "unfinished"),
    ("mend", "fix"),
    ("mends", "fixes"),
    ("take back", "undo"),
    ("take it back", "undo it"),
    ("taken back", "undone"),
];

fn files(below: &str, ends: &str) -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(below)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ends) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// What a source file prints: its string literals without those of its tests, and the documentation that clap makes into help.
fn printed(source: &str, is_grammar: bool) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    let mut texts = Vec::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let (length, text) = if rest.starts_with("//") {
            let line = rest.lines().next().unwrap();
            (line.len(), line.strip_prefix("///").filter(|_| is_grammar).map(str::to_owned))
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            let length = raw.find("\"#").unwrap() + 5;
            (length, Some(rest[..length].to_owned()))
        } else if c == '"' {
            let mut is_escaped = false;
            let end = rest[1..]
                .find(|c| {
                    let is_end = c == '"' && !is_escaped;
                    is_escaped = c == '\\' && !is_escaped;
                    is_end
                })
                .unwrap();
            (end + 2, Some(rest[1..=end].replace("\\\n", " ")))
        } else if rest.starts_with("'\"'") {
            (3, None)
        } else if rest.starts_with("'\\") {
            (4, None)
        } else {
            (c.len_utf8(), None)
        };
        texts.extend(text);
        rest = &rest[length..];
    }
    texts
}

/// The banned phrases of a text, as whole words.
fn found(text: &str) -> Vec<&'static (&'static str, &'static str)> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '.'))
        .map(|word| word.trim_matches('.').to_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    let text = format!(" {} ", words.join(" "));
    BANNED.iter().filter(|(phrase, _)| text.contains(&format!(" {} ", phrase.to_lowercase()))).collect()
}

fn name(path: &Path) -> String {
    path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_string_lossy().replace('\\', "/")
}

#[test]
fn what_the_program_prints_is_plain_english() {
    let mut faults = Vec::new();
    let mut count = 0;
    for path in files("src", ".rs") {
        let name = name(&path);
        let source = fs::read_to_string(&path).unwrap();
        let texts = printed(&source, name.starts_with("src/cli/commands/") || name == "src/cli/arguments.rs");
        count += texts.len();
        for text in texts {
            for (phrase, better) in found(&text) {
                faults.push(format!("{name}: \"{phrase}\" (write: {better}) in {text}"));
            }
        }
    }
    assert!(count > 4_000, "the strings are found: {count}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_documentation_is_plain_english() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = ["README.md", "CHANGELOG.md", "SECURITY.md", "RELEASING.md"].map(|page| root.join(page));
    let mut faults = Vec::new();
    let docs = files("docs", ".md").into_iter().filter(|path| !path.ends_with("keys.md"));
    for path in pages.into_iter().chain(docs) {
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            for (phrase, better) in found(line) {
                faults.push(format!("{}:{}: \"{phrase}\" (write: {better})", name(&path), number + 1));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_banned_phrase_is_found_across_lines_and_not_inside_words() {
    let source = "let a = \"It goes \\\n    on\"; // for good\nlet b = '\"'; let c = \"amend, for goods\"; /// mends";
    let texts = printed(source, true);
    assert_eq!(texts.iter().map(|text| found(text).len()).collect::<Vec<_>>(), [1, 0, 1], "{texts:?}");
}
