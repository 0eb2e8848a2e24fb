//! What `docs/architecture.md` promises about who may use whom, checked against the sources; and `docs/keys.md` against the table of keys.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use jeton::dashboard::{
    keymap::{BINDINGS, Context},
    settings::Settings,
};
use strum::IntoEnumIterator as _;

/// A source file: its path below `src`, and its code without tests and comments.
struct Source {
    path: String,
    code: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let before_tests = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            let code =
                before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            let path = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            sources.push(Source { path, code, text });
        }
    }
    assert!(sources.len() > 30, "the sources are found");
    sources
}

/// The paths that follow `start` (`crate::`, say) in code, also inside braces.
fn paths(code: &str, start: &str) -> Vec<String> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    let mut paths = Vec::new();
    for (at, _) in code.match_indices(start).filter(|(at, _)| !code[..*at].ends_with(is_part)) {
        let (mut stack, mut path) = (Vec::new(), String::new());
        for c in code[at + start.len()..].chars().filter(|c| !c.is_whitespace()) {
            match c {
                '{' if path.is_empty() || path.ends_with(':') => stack.push(path.clone()),
                ',' | '}' if !stack.is_empty() => {
                    paths.push(std::mem::take(&mut path));
                    if c == '}' {
                        stack.pop();
                    }
                    path = stack.last().cloned().unwrap_or_default();
                }
                c if is_part(c) => path.push(c),
                _ => break,
            }
            if stack.is_empty() && c == '}' {
                break;
            }
        }
        paths.push(path);
    }
    paths.retain(|path| !path.is_empty() && !path.ends_with(':'));
    paths
}

/// The modules of ours a file uses.
fn modules(code: &str) -> Vec<String> {
    paths(code, "crate::").iter().filter_map(|path| path.split("::").next().map(str::to_owned)).collect()
}

fn assert_uses_only(within: &str, allowed: &[&str]) {
    for source in sources().iter().filter(|source| source.path.starts_with(within)) {
        for module in modules(&source.code) {
            assert!(allowed.contains(&module.as_str()), "{} must not use crate::{module}", source.path);
        }
    }
}

fn assert_only_in(word: &str, allowed: &[&str]) {
    for source in sources() {
        let is_allowed = allowed.iter().any(|path| source.path.starts_with(path));
        assert!(is_allowed || !source.code.contains(word), "{} must not use {word}", source.path);
    }
}

#[test]
fn the_domain_uses_nothing_of_ours_but_secrets_and_untrusted_text() {
    assert_uses_only("token/", &["token", "secret", "untrusted"]);
    assert_uses_only("secret.rs", &[]);
    assert_uses_only("untrusted.rs", &[]);
    assert_uses_only("text.rs", &[]);
}

#[test]
fn modules_import_downwards_only() {
    assert_uses_only("os/", &["os", "token", "untrusted"]);
    assert_uses_only("delivery/", &["delivery", "os", "secret", "token", "untrusted"]);
    assert_uses_only("scan/", &["os", "scan", "token", "untrusted"]);
    assert_uses_only("api/", &["api", "os", "secret", "token", "untrusted"]);
    assert_uses_only("plan/", &["delivery", "plan", "token", "untrusted"]);
    assert_uses_only("accounts/", &["accounts", "api", "os", "scan", "secret", "token", "untrusted"]);
    assert_uses_only(
        "rotation/",
        &["api", "delivery", "os", "rotation", "scan", "secret", "token", "untrusted", "work"],
    );
    assert_uses_only("work/", &["api", "delivery", "os", "plan", "secret", "token", "untrusted", "work"]);
}

/// The modules, the lowest first. One may import only those that stand before it, which also keeps imports from going round in a circle.
const LAYERS: [&str; 16] = [
    "untrusted",
    "secret",
    "text",
    "token",
    "os",
    "scan",
    "api",
    "delivery",
    "plan",
    "accounts",
    "work",
    "rotation",
    "sandbox",
    "dashboard",
    "tour",
    "cli",
];

#[test]
fn no_module_imports_one_above_it() {
    let height = |module: &str| LAYERS.iter().position(|layer| *layer == module);
    for source in sources() {
        let module = source.path.split('/').next().unwrap().trim_end_matches(".rs");
        let Some(own) = height(module) else {
            assert!(["lib", "main"].contains(&module), "{module} has no place among the layers");
            continue;
        };
        for used in modules(&source.code) {
            // What is no module is an item of the crate's root.
            let used_at =
                height(&used).unwrap_or_else(|| panic!("{}: crate::{used} has no place among the layers", source.path));
            assert!(used_at <= own, "{} must not import crate::{used}, which is above it", source.path);
        }
    }
}

/// The modules in which no file, or folder with its files, imports another that imports it again, by way of others or not.
const WITHOUT_CIRCLES: [&str; 10] =
    ["accounts", "api", "delivery", "os", "plan", "rotation", "scan", "token", "work", "dashboard/keymap"];

/// `work/journal` for `work/journal/intent.rs`, with `work` as the whole: a part of a module that imports others.
fn part_of(path: &str, whole: &str) -> Option<String> {
    let rest = path.strip_prefix(whole)?.strip_prefix('/')?;
    let name = rest.split('/').next()?.trim_end_matches(".rs");
    (!matches!(name, "mod" | "tests")).then(|| name.to_owned())
}

#[test]
fn the_parts_of_a_module_import_each_other_in_one_direction() {
    let sources = sources();
    for whole in WITHOUT_CIRCLES {
        let parts: BTreeSet<String> = sources.iter().filter_map(|source| part_of(&source.path, whole)).collect();
        let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for source in &sources {
            let Some(part) = part_of(&source.path, whole) else { continue };
            let start = format!("crate::{}::", whole.replace('/', "::"));
            let depth = source.path[whole.len()..].matches('/').count() - usize::from(source.path.ends_with("/mod.rs"));
            let relative = paths(&source.code, &"super::".repeat(depth.max(1)));
            let used = paths(&source.code, &start).into_iter().chain(relative.into_iter().filter(|_| depth > 0));
            let used = used.filter_map(|path| path.split("::").next().map(str::to_owned));
            let used = used.filter(|used| parts.contains(used) && *used != part);
            imports.entry(part.clone()).or_default().extend(used);
        }
        // What imports nothing that is left is taken away; what stays goes round in a circle.
        while let Some(free) =
            imports.iter().find(|(_, used)| used.iter().all(|used| !imports.contains_key(used))).map(|(part, _)| part)
        {
            let free = free.clone();
            imports.remove(&free);
        }
        assert!(imports.is_empty(), "these parts of {whole} import each other in a circle: {imports:?}");
    }
}

#[test]
fn the_domain_is_pure() {
    for source in sources().iter().filter(|source| source.path.starts_with("token/")) {
        for word in [
            "std::fs",
            "std::net",
            "std::env",
            "tokio",
            "reqwest",
            "ratatui",
            "Timestamp::now",
            "Instant::now",
            "SystemTime::now",
        ] {
            assert!(!source.code.contains(word), "{} must not use {word}", source.path);
        }
    }
}

#[test]
fn the_sandbox_stands_alone_and_only_the_command_line_and_the_tour_start_it() {
    assert_uses_only("sandbox/", &["sandbox", "token", "secret", "untrusted"]);
    let may = ["sandbox/", "cli/", "tour/"];
    for source in sources().iter().filter(|source| !may.iter().any(|module| source.path.starts_with(module))) {
        assert!(!modules(&source.code).contains(&"sandbox".to_owned()), "{} must not use the sandbox", source.path);
    }
}

#[test]
fn the_dashboard_knows_no_http_no_server_and_no_command_line() {
    for source in sources().iter().filter(|source| source.path.starts_with("dashboard/")) {
        for word in ["reqwest", "axum", "rusqlite", "crate::cli", "crate::sandbox"] {
            assert!(!source.code.contains(word), "{} must not use {word}", source.path);
        }
    }
}

#[test]
fn the_state_of_the_dashboard_and_what_draws_it_touch_nothing_outside() {
    // All but what is on threads of its own, and what talks to the terminal and the system.
    let outer = "account_opener applier clock editor event finder folders input rotator runtime scanner screen settings signals terminal \
                 worker";
    let is_outer = |part: &str| outer.split_whitespace().any(|outer| outer == part);
    let is_inner = |source: &&Source| part_of(&source.path, "dashboard").is_some_and(|part| !is_outer(&part));
    for source in sources().iter().filter(is_inner) {
        for path in paths(&source.code, "std::") {
            let module = path.split("::").next().unwrap_or_default();
            let is_outside = ["env", "fs", "net", "process", "thread"].contains(&module);
            assert!(!is_outside, "{} must not use std::{path}", source.path);
        }
        for word in ["tokio", "crossterm", "Instant::now", "Timestamp::now"] {
            assert!(!source.code.contains(word), "{} must not use {word}", source.path);
        }
    }
}

#[test]
fn each_library_has_its_modules() {
    assert_only_in("crossterm::", &["dashboard/input.rs", "dashboard/terminal/", "dashboard/signals/"]);
    assert_only_in("reqwest", &["api/"]);
    assert_only_in("rusqlite", &["sandbox/"]);
    assert_only_in("ignore::", &["scan/"]);
    assert_only_in("axum", &["sandbox/"]);
    assert_only_in("arboard", &["delivery/clipboard/"]);
    assert_only_in("Color::", &["dashboard/theme", "tour/stage.rs"]);
}

#[test]
fn every_module_says_what_it_is_for() {
    for source in sources().iter().filter(|source| !source.path.ends_with("tests.rs")) {
        assert!(source.text.starts_with("//! "), "{} opens without a word about itself", source.path);
    }
}

#[test]
fn no_file_outgrows_a_head() {
    for source in sources() {
        let lines = source.code.lines().count();
        assert!(lines <= 600, "{} has {lines} lines of code; split it", source.path);
    }
}

/// The table of keys in `docs/keys.md`, as it follows from the bindings. `JETON_BLESS=1 cargo test architecture` writes it.
#[test]
fn the_key_table_lists_the_keys_that_are_bound() {
    let mut table = String::new();
    for context in Context::iter() {
        table.push_str(&format!("\n## {}\n\n| keys | what they do |\n|---|---|\n", context.title()));
        for binding in BINDINGS.iter().filter(|binding| binding.context == context) {
            let keys: Vec<String> = binding.keys.iter().map(|key| format!("`{key}`")).collect();
            table.push_str(&format!("| {} | {} |\n", keys.join(" "), binding.help));
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
    let page = fs::read_to_string(&path).unwrap();
    let (start, end) = ("<!-- keys: start -->\n", "\n<!-- keys: end -->");
    let from = page.find(start).expect("the page has a place for the keys") + start.len();
    let to = page.find(end).expect("and an end of it");
    if std::env::var_os("JETON_BLESS").is_some() {
        fs::write(&path, format!("{}{table}{}", &page[..from], &page[to..])).unwrap();
    } else {
        assert!(
            page[from..to] == table,
            "docs/keys.md is behind the bindings: run JETON_BLESS=1 cargo test architecture"
        );
    }
}

/// The sample configuration: every key with its default, and the other settings.
fn sample_configuration() -> String {
    let mut text = String::from(
        "# Settings of the dashboard. Copy this to config.toml in jeton's configuration directory (jeton doctor shows where that is), and\n\
         # keep the lines that you change. Errors in the file are reported at startup; jeton then ignores the whole file.\n\n\
         # The version of this file's format.\n\
         version = 1\n\n\
         # terminal (the terminal's own 16 colors), dark, light, contrast, monochrome, or one of your own below.\n\
         theme = \"terminal\"\n\n\
         # ascii or unicode. The default depends on the locale.\n\
         # glyphs = \"ascii\"\n\n\
         # Whether the mouse is on at startup.\n\
         mouse = true\n\n\
         # Your own theme: a base theme, and what differs from it. Styles: bold, dim, italic, underlined, reversed, a color (a name or\n\
         # #rrggbb), and \\\"on\\\" before a background color. The bundled themes (assets/themes) show what can be styled.\n\
         [themes.mine]\n\
         base = \"dark\"\n\
         secret = \"bold #ff79c6\"\n\n\
         # Keys, by context. [] unbinds a command; it stays in the palette.\n",
    )
    .replace("\\\"", "\"");
    for context in Context::iter() {
        text.push_str(&format!("\n# {}\n[keys.{}]\n", context.title(), <&str>::from(context)));
        for binding in BINDINGS.iter().filter(|binding| binding.context == context) {
            let keys: Vec<String> = binding.keys.iter().map(|key| format!("{:?}", key.to_string())).collect();
            let line = format!("{} = [{}]", <&str>::from(binding.command), keys.join(", "));
            text.push_str(&format!("{line:<40} # {}\n", binding.help));
        }
    }
    text
}

#[test]
fn the_sample_configuration_says_what_holds_without_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/config.toml");
    let expected = sample_configuration();
    let utf8 = |name: &str| (name == "LANG").then(|| "C.UTF-8".to_owned());
    assert_eq!(Settings::parse(&expected, utf8), Ok(Settings::usual(utf8)));
    if std::env::var_os("JETON_BLESS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let is_same = fs::read_to_string(&path).is_ok_and(|text| text == expected);
    assert!(is_same, "assets/config.toml is behind the keys: run JETON_BLESS=1 cargo test architecture");
}

/// The variables of ours and of Mapbox's other tools that a text names.
fn variables(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_uppercase() || c == '_';
    let words = text.split(|c: char| !is_part(c));
    words.filter(|word| word.starts_with("JETON_") || word.starts_with("MAPBOX_")).map(str::to_owned).collect()
}

#[test]
fn every_environment_variable_is_documented() {
    // For tests, and in no build that is handed out.
    let internal = ["JETON_FAILPOINT", "JETON_FAILPOINT_LOG"].map(str::to_owned);
    let mut used: BTreeSet<String> = sources().iter().flat_map(|source| variables(&source.code)).collect();
    used.retain(|name| !internal.contains(name));
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md")).unwrap();
    let (_, table) = page.split_once("## Environment variables").expect("the page has a section on them");
    assert_eq!(variables(table), used, "docs/configuration.md and the sources name different variables");
}
