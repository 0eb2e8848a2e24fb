//! [`Loaded`]: a file of tokens, or a saved plan, read from disk.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use crate::{
    plan::{Fault, Saved, TokenFile, document::LONGEST},
    untrusted::shown,
};

/// A file of tokens, or a saved plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// As it was named.
    pub name: String,
    /// The folder where its relative paths start.
    pub folder: PathBuf,
    /// What it says.
    pub file: TokenFile,
    /// The plan it is, if it is one.
    pub saved: Option<Saved>,
}

/// Why a file of tokens cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It cannot be read.
    #[error("can't read {}: {}", shown(.0), .1)]
    Unreadable(String, std::io::Error),
    /// It is no text.
    #[error("{} is not valid UTF-8", shown(.0))]
    NotText(String),
    /// It is a plan that this version does not understand.
    #[error("can't read {}: {}", shown(.0), shown(.1))]
    Plan(String, String),
    /// What it says makes no sense.
    #[error("{}", faulty(.0, .1))]
    Faulty(String, Vec<Fault>),
}

/// The text of a file; `-` is standard input.
///
/// # Errors
/// When it cannot be read, or is no text.
pub fn read(name: &str) -> Result<String, LoadError> {
    let cannot = |error: std::io::Error| LoadError::Unreadable(name.to_owned(), error);
    let mut bytes = Vec::new();
    let limit = LONGEST as u64 + 1;
    if name == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(cannot)?;
    } else {
        let file = File::open(name).map_err(cannot)?;
        file.take(limit).read_to_end(&mut bytes).map_err(cannot)?;
    }
    let text = String::from_utf8(bytes).map_err(|_| LoadError::NotText(name.to_owned()))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Reads a file of tokens or a saved plan.
///
/// # Errors
/// When it cannot be read, or makes no sense.
pub fn load(name: &str) -> Result<Loaded, LoadError> {
    let text = read(name)?;
    match Saved::parse(&text) {
        Some(Ok(saved)) => {
            let folder = PathBuf::from(&saved.folder);
            Ok(Loaded { name: name.to_owned(), folder, file: saved.entries(), saved: Some(saved) })
        }
        Some(Err(why)) => Err(LoadError::Plan(name.to_owned(), why)),
        None => {
            let file = TokenFile::parse(&text).map_err(|faults| LoadError::Faulty(name.to_owned(), faults))?;
            let folder = Path::new(name).parent().unwrap_or(Path::new("")).to_owned();
            let folder = std::path::absolute(if folder.as_os_str().is_empty() { Path::new(".") } else { &folder });
            let folder = folder.map_err(|error| LoadError::Unreadable(name.to_owned(), error))?;
            Ok(Loaded { name: name.to_owned(), folder, file, saved: None })
        }
    }
}

/// Faults of a file that are told at once.
const TOLD: usize = 50;

/// Everything that is wrong with a file, a line for each.
fn faulty(name: &str, faults: &[Fault]) -> String {
    let count = faults.len();
    let mut message = format!("{} has {count} {}:", shown(name), if count == 1 { "error" } else { "errors" });
    for fault in faults.iter().take(TOLD) {
        message += &format!("\n  {}:{fault}", shown(name));
    }
    if count > TOLD {
        message += &format!("\n  and {} more", count - TOLD);
    }
    message.push('\n');
    message
}
