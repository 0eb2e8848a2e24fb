//! `jeton export`: the account's tokens as a file that people review and keep in version control; never a value.

use std::{collections::HashSet, path::Path, sync::Arc};

use clap_complete::engine::ArgValueCompleter;

use super::list;
use crate::cli::{
    account, arguments::Global, completion, exit::Exit, failure::Failure, output::Output, planning, selection,
};
use crate::{
    os::file::replace_like,
    plan::{Format, export},
    token::Token,
    untrusted::shown,
    work::apply::LoadError,
};

/// Export the account's tokens, without values, to a file for version control
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  jeton export > tokens.toml
  # export some of the tokens
  jeton export --filter 'url:example.com' > tokens.toml
  jeton export --format json > tokens.json
  # update an existing file; keeps its comments and order
  jeton export --update tokens.toml

To compare the file with the account, run jeton diff; to apply it, jeton apply.")]
pub struct Arguments {
    /// Export only matching tokens (same syntax as jeton list --filter)
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true, add = ArgValueCompleter::new(completion::filter_words))]
    filter: Option<String>,
    /// File format
    #[arg(long, value_enum, default_value = "toml")]
    format: Format,
    /// Update this TOML file instead: edit the entries of changed tokens, and add new tokens at the end
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    update: Option<String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let old = arguments.update.as_deref().map(planning::read).transpose()?;
    if old.as_deref().is_some_and(|text| Format::of(text) == Format::Json) {
        return Err(Failure::usage(
            "--update works only on TOML files: JSON has no comments or layout to keep",
            "Export the JSON file again: jeton export --format json > FILE",
        ));
    }
    let query = arguments.filter.as_deref().map(selection::query).transpose()?;
    let mut session = account::open(global)?;
    let all = session.tokens()?;
    let chosen = match &query {
        None => all.clone(),
        Some(query) => list::filtered(query, all.clone(), &mut session, output)?,
    };
    let (Some(path), Some(old)) = (&arguments.update, old) else {
        let format = if output.is_json() { Format::Json } else { arguments.format };
        output.data(&export::export(&chosen, format))?;
        return Ok(Exit::Done);
    };
    update(path, &old, &all, &chosen, output)?;
    Ok(Exit::Done)
}

/// Tokens that the file names are looked up in the whole account; of the others only the chosen ones are added.
fn update(
    path: &str,
    old: &str,
    all: &[Arc<Token>],
    chosen: &[Arc<Token>],
    output: &mut Output,
) -> Result<(), Failure> {
    let wanted: HashSet<_> = chosen.iter().map(|token| &token.id).collect();
    let updated = export::update(old, all, |token| wanted.contains(&token.id))
        .map_err(|faults| LoadError::Faulty(path.to_owned(), faults))?;
    if updated.text != old {
        replace(Path::new(path), updated.text.as_bytes())
            .map_err(|error| Failure::local(format_args!("can't write {}", shown(path)), &error))?;
    }
    if output.is_json() {
        return output.json(&updated);
    }
    for (keys, what) in
        [(&updated.added, "added"), (&updated.changed, "changed"), (&updated.missing, "not in the account")]
    {
        for key in keys {
            output.say(format_args!("{what}: {}", shown(key)));
        }
    }
    let (added, changed) = (updated.added.len(), updated.changed.len());
    output.say(format_args!("{}: {added} added, {changed} updated.", shown(path)));
    Ok(())
}

/// Replaces a file in one step; it keeps its owners and its permissions, and a link to it stays one.
fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let path = path.canonicalize()?;
    let metadata = path.metadata()?;
    replace_like(&path, content, Some(&metadata), || Ok(())).map(drop)
}
