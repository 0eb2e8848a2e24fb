//! [`Settings`]: how a person wants the dashboard: keys, looks, mouse. From `config.toml` in the configuration directory.
//!
//! ```toml
//! theme = "dark"        # terminal, dark, light, contrast, monochrome, or one of your own
//! glyphs = "ascii"      # or "unicode"; otherwise as the locale says
//! mouse = false
//!
//! [keys.tokens]
//! delete = ["D"]
//!
//! [themes.mine]
//! base = "dark"
//! secret = "bold #ff79c6"
//! ```
//!
//! Invariants: a file with a mistake in it changes nothing at all, and says what the mistake is: nobody is kept from their tokens
//! by a typo. `NO_COLOR` and dumb terminals win over any theme.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use serde::Deserialize;

use super::{
    command::Command,
    key::Key,
    keymap::{Context, Keymap},
    theme::{Theme, parse::Words},
};
use crate::{os::record, untrusted::shown};

/// The file's name in the configuration directory.
pub const FILE: &str = "config.toml";

/// The version of its format.
const VERSION: u32 = 1;

/// Longest file that is read.
const LIMIT: u64 = 1 << 20;

/// Keys, looks, mouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The looks.
    pub theme: Theme,
    /// The keys.
    pub keymap: Keymap,
    /// Whether the mouse is on at the start.
    pub has_mouse: bool,
    /// Whether the keys that are pressed are shown on screen, for talks.
    pub shows_keys: bool,
    /// Why the file was left aside, if it was.
    pub problem: Option<String>,
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[expect(dead_code, reason = "looked at before the rest is read")]
    version: Option<u32>,
    theme: Option<String>,
    glyphs: Option<String>,
    mouse: Option<bool>,
    #[serde(default)]
    keys: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    #[serde(default)]
    themes: BTreeMap<String, Words>,
}

impl Settings {
    /// What holds without a file, by what the environment says of the terminal.
    pub fn usual(variable: impl Fn(&str) -> Option<String>) -> Self {
        let theme = Theme::for_environment(variable);
        Self { theme, keymap: Keymap::default(), has_mouse: true, shows_keys: false, problem: None }
    }

    /// Reads the file, if there is one.
    pub fn read(path: &Path, variable: impl Fn(&str) -> Option<String>) -> Self {
        let usual = Self::usual(&variable);
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(LIMIT).read_to_string(&mut text));
        let parsed = match read {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return usual,
            Err(error) => Err(error.to_string()),
            Ok(_) => Self::parse(&text, &variable),
        };
        parsed.unwrap_or_else(|why| {
            let path = path.to_string_lossy();
            let problem = format!("Ignored {}: {why}.", shown(&path));
            Self { problem: Some(problem), ..usual }
        })
    }

    /// What the text of a file says; else what is wrong with it, in a few words.
    pub fn parse(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        if let Some(version) = record::version_of_toml(text) {
            record::check(version, VERSION)?;
        }
        let written: Written = toml::from_str(text).map_err(|error: toml::de::Error| {
            let line = error.span().map_or(0, |span| text.get(..span.start).unwrap_or_default().lines().count().max(1));
            format!("line {line}: {}", error.message())
        })?;
        let mut settings = Self::usual(&variable);
        if let Some(name) = &written.theme {
            let theme = theme(name, &written.themes)?;
            // Somebody who wants no colour gets none.
            if !Theme::is_plain(&variable) {
                settings.theme = Theme { glyphs: settings.theme.glyphs, ..theme };
            }
        }
        for (name, words) in &written.themes {
            own(name, words)?;
        }
        settings.theme = match written.glyphs.as_deref() {
            None => settings.theme,
            Some("ascii") => settings.theme.in_ascii(),
            Some("unicode") => settings.theme.in_unicode(),
            Some(other) => return Err(format!("glyphs must be \"ascii\" or \"unicode\", not \"{}\"", shown(other))),
        };
        settings.has_mouse = written.mouse.unwrap_or(true);
        settings.keymap.remap(&changes(&written.keys)?).map_err(|error| error.to_string())?;
        Ok(settings)
    }
}

fn theme(name: &str, own_themes: &BTreeMap<String, Words>) -> Result<Theme, String> {
    match own_themes.get(name) {
        Some(words) => own(name, words),
        None => Theme::named(name).map_err(|error| error.to_string()),
    }
}

/// A theme of one's own: another one, and what is different.
fn own(name: &str, words: &Words) -> Result<Theme, String> {
    let mut words = words.clone();
    let base = words.remove("base").unwrap_or_else(|| "terminal".to_owned());
    let theme = Theme::named(&base).and_then(|theme| theme.with(&words));
    theme.map_err(|error| format!("themes.{}: {error}", shown(name)))
}

fn changes(
    keys: &BTreeMap<String, BTreeMap<String, Vec<String>>>,
) -> Result<Vec<(Context, Command, Vec<Key>)>, String> {
    let mut changes = Vec::new();
    for (place, commands) in keys {
        let context: Context = place.parse().map_err(|_| format!("unknown section [keys.{}]", shown(place)))?;
        for (name, keys) in commands {
            let command: Command =
                name.parse().map_err(|_| format!("[keys.{place}]: unknown command \"{}\"", shown(name)))?;
            let key = |text: &String| {
                text.parse::<Key>().map_err(|error| format!("[keys.{place}] {name}: \"{}\": {error}", shown(text)))
            };
            changes.push((context, command, keys.iter().map(key).collect::<Result<_, _>>()?));
        }
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf8(name: &str) -> Option<String> {
        (name == "LANG").then(|| "en_US.UTF-8".to_owned())
    }

    fn without_colour(name: &str) -> Option<String> {
        utf8(name).or_else(|| (name == "NO_COLOR").then(|| "1".to_owned()))
    }

    #[test]
    fn nothing_written_changes_nothing() {
        assert_eq!(Settings::parse("", utf8), Ok(Settings::usual(utf8)));
        assert_eq!(Settings::read(Path::new("/nowhere/config.toml"), utf8), Settings::usual(utf8));
    }

    #[test]
    fn keys_looks_and_mouse_are_as_written() {
        let text = r#"
            theme = "mine"
            glyphs = "ascii"
            mouse = false
            [keys.tokens]
            delete = ["D", "Delete"]
            edit = []
            [themes.mine]
            base = "light"
            secret = "bold #800080"
        "#;
        let settings = Settings::parse(text, utf8).unwrap();
        assert_eq!(settings.keymap.resolve(&[Context::Tokens], Key::char('D')), Some(Command::Delete));
        assert_eq!(settings.keymap.resolve(&[Context::Tokens], Key::char('e')), None);
        assert_eq!(settings.theme.key, Theme::named("light").unwrap().key);
        assert_ne!(settings.theme.secret, Theme::named("light").unwrap().secret);
        assert_eq!(settings.theme.glyphs.star, "*");
        assert!(!settings.has_mouse);
        let plain = Settings::parse("theme = \"dark\"", without_colour).unwrap();
        assert_eq!(plain.theme, Theme::monochrome(), "no colour means none");
    }

    #[test]
    fn a_mistake_is_named_and_nothing_of_the_file_holds() {
        for (text, says) in [
            ("thme = \"dark\"", "line 1: unknown field `thme`"),
            ("theme = \"neon\"", "unknown theme \"neon\""),
            ("version = 2\nglyps = 1", "its format is version 2, and this jeton reads up to version 1"),
            ("glyphs = \"emoji\"", "\"ascii\" or \"unicode\""),
            ("[keys.token]\ndelete = [\"D\"]", "unknown section [keys.token]"),
            ("[keys.tokens]\ndestroy = [\"D\"]", "unknown command \"destroy\""),
            ("[keys.tokens]\ndelete = [\"Hyper-D\"]", "unknown key"),
            ("[keys.tokens]\ndelete = [\"e\"]", "is bound to both"),
            ("[themes.mine]\nsecret = \"mauve\"", "themes.mine"),
        ] {
            let error = Settings::parse(text, utf8).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(FILE);
        std::fs::write(&path, "mouse = false\ntheme = \"neon\"").unwrap();
        let settings = Settings::read(&path, utf8);
        assert!(settings.has_mouse, "nothing of it holds");
        assert!(settings.problem.is_some_and(|problem| problem.starts_with("Ignored ") && problem.contains(FILE)));
    }
}
