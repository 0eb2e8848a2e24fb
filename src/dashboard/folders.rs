//! Folders as a person types them: several with `;` between them, `~` for one's home; and completing what is half typed.
//!
//! Invariants: nothing is written; a name that could do something to the terminal is not offered.

use std::path::{Path, PathBuf};

use crate::untrusted::{is_dangerous, shown};

/// What stands between two folders.
pub const SEPARATOR: char = ';';

/// Most names that are offered.
const OFFERED: usize = 50;

/// The folders a text names, without links; the current one where it names none. Looks at each.
///
/// # Errors
/// When one of them is not there.
pub fn parse(text: &str) -> Result<Vec<PathBuf>, String> {
    let mut folders = Vec::new();
    for name in text.split(SEPARATOR).map(str::trim).filter(|name| !name.is_empty()) {
        let folder = std::fs::canonicalize(expand(name)).map_err(|error| format!("{}: {error}", shown(name)))?;
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    if folders.is_empty() && !text.trim().is_empty() {
        return Err("name a directory".to_owned());
    }
    if folders.is_empty() {
        let here = std::env::current_dir().map_err(|error| format!("the current directory can't be found: {error}"))?;
        folders.push(here);
    }
    Ok(folders)
}

/// Folders as one would type them.
pub fn typed<'a>(folders: impl IntoIterator<Item = &'a PathBuf>) -> String {
    let names: Vec<_> = folders.into_iter().map(|folder| folder.to_string_lossy()).collect();
    names.join("; ")
}

/// `~` is the home folder, as in a shell.
pub fn expand(name: &str) -> PathBuf {
    match (name.strip_prefix('~'), std::env::home_dir()) {
        (Some(""), Some(home)) => home,
        (Some(rest), Some(home)) if rest.starts_with(std::path::is_separator) => {
            home.join(rest.trim_start_matches(std::path::is_separator))
        }
        _ => name.into(),
    }
}

/// What a half-typed folder can become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The whole text, as far as there is only one way to continue it.
    pub text: String,
    /// The names it can continue with, when there are several.
    pub names: Vec<String>,
}

/// Completes the last folder of a text. Reads the folder it is in.
pub fn complete(text: &str) -> Completion {
    let start = text.rfind(SEPARATOR).map_or(0, |at| at + SEPARATOR.len_utf8());
    let start = start + text.get(start..).map_or(0, |rest| rest.len() - rest.trim_start().len());
    let (before, last) = text.split_at(start);
    if last == "~" {
        return Completion { text: format!("{before}~/"), names: Vec::new() };
    }
    let (parent, prefix) = last.split_at(last.rfind(std::path::is_separator).map_or(0, |at| at + 1));
    let folder = if parent.is_empty() { PathBuf::from(".") } else { expand(parent) };
    let mut names = folders_in(&folder, prefix);
    names.sort();
    let same = common_start(&names);
    let end = if names.len() == 1 { std::path::MAIN_SEPARATOR_STR } else { "" };
    let rest = if same.len() < prefix.len() { prefix } else { same };
    let text = format!("{before}{parent}{rest}{end}");
    names.truncate(OFFERED);
    Completion { text, names: if names.len() == 1 { Vec::new() } else { names } }
}

fn folders_in(folder: &Path, prefix: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter(|entry| entry.path().is_dir()).filter_map(|entry| entry.file_name().into_string().ok());
    let is_offered = |name: &String| {
        name.starts_with(prefix)
            && (prefix.starts_with('.') || !name.starts_with('.'))
            && !name.chars().any(|c| c == SEPARATOR || is_dangerous(c))
    };
    names.filter(is_offered).collect()
}

/// What all of them start with.
fn common_start(names: &[String]) -> &str {
    let Some((first, others)) = names.split_first() else { return "" };
    let mut end = first.len();
    for other in others {
        let same =
            first.char_indices().zip(other.chars()).find(|((_, a), b)| a != b).map_or(first.len(), |((at, _), _)| at);
        end = end.min(same).min(other.len());
    }
    first.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_folder_is_completed_as_far_as_it_is_clear() {
        let place = tempfile::tempdir().unwrap();
        for name in ["web-app", "web-api", "mobile", ".git"] {
            std::fs::create_dir(place.path().join(name)).unwrap();
        }
        std::fs::write(place.path().join("weblog.txt"), "").unwrap();
        let root = place.path().to_str().unwrap();
        let done = complete(&format!("/tmp; {root}/w"));
        assert_eq!(done.text, format!("/tmp; {root}/web-ap"));
        assert_eq!(done.names, ["web-api", "web-app"]);
        assert_eq!(complete(&format!("{root}/m")).text, format!("{root}/mobile/"));
        assert_eq!(complete(&format!("{root}/.")).text, format!("{root}/.git/"));
        assert_eq!(complete(&format!("{root}/nothing")), Completion { text: format!("{root}/nothing"), names: vec![] });
    }

    #[test]
    fn several_folders_are_named_once_each_and_a_missing_one_is_told() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("two words")).unwrap();
        let text = format!("{0}; {0}/two words;{0}/. ;", root.display());
        assert_eq!(parse(&text), Ok(vec![root.clone(), root.join("two words")]));
        assert_eq!(parse(&typed(&parse(&text).unwrap())), parse(&text), "it can be typed again");
        assert!(parse(&format!("{}/gone", root.display())).unwrap_err().contains("gone"));
        assert_eq!(parse(" ; "), Err("name a directory".to_owned()));
        assert_eq!(parse(" "), Ok(vec![std::env::current_dir().unwrap()]));
    }
}
