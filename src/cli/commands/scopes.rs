//! `jeton scopes`: the scopes that the account can grant, public ones first, with what each allows.

use serde::Serialize;

use crate::cli::{
    account,
    arguments::Global,
    exit::Exit,
    failure::Failure,
    output::Output,
    table::{Cell, Column, Table},
};
use crate::{
    token::{
        Catalogue,
        preset::{Preset, presets},
    },
    work::{Reply, Request},
};

/// List the scopes the account can grant
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # list the account's scopes
  jeton scopes
  # list the presets for jeton create --preset
  jeton scopes --presets
  # list jeton's bundled scopes, without asking the server
  jeton scopes --offline
  jeton scopes --json | jq -r '.[] | select(.public) | .id'")]
pub struct Arguments {
    /// List presets (common jobs and the scopes they need) instead
    #[arg(long)]
    presets: bool,
    /// Do not ask the server; list jeton's bundled scopes
    #[arg(long)]
    offline: bool,
}

#[derive(Serialize)]
struct ScopeItem<'a> {
    id: &'a str,
    public: bool,
    description: &'a str,
}

#[derive(Serialize)]
struct PresetItem<'a> {
    id: &'a str,
    name: &'a str,
    job: &'a str,
    scopes: &'a [crate::token::Scope],
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    if arguments.presets {
        list_presets(output)?;
        return Ok(Exit::Done);
    }
    let catalogue = if arguments.offline { Catalogue::bundled() } else { of_account(global)? };
    if output.is_json() {
        let items: Vec<_> = catalogue
            .scopes()
            .iter()
            .map(|info| ScopeItem { id: info.id.id(), public: info.public, description: info.description.raw() })
            .collect();
        output.json(&items)?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new([Column::rigid("SCOPE"), Column::rigid("KIND"), Column::elastic("ALLOWS")]);
    for info in catalogue.scopes() {
        let kind = if info.public { "public" } else { "secret" };
        table.row([Cell::from(info.id.id()), kind.into(), info.description.raw().into()]);
    }
    output.table(&table)?;
    Ok(Exit::Done)
}

fn of_account(global: &Global) -> Result<Catalogue, Failure> {
    match account::open(global)?.call(Request::Scopes)? {
        Reply::Scopes(scopes) => Ok(Catalogue::from_server(scopes)),
        other => unreachable!("scopes were asked for, not {other:?}"),
    }
}

fn list_presets(output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        let item = |preset: &'static Preset| PresetItem {
            id: &preset.id,
            name: &preset.name,
            job: &preset.job,
            scopes: &preset.scopes,
        };
        return output.json(&presets().iter().map(item).collect::<Vec<_>>());
    }
    let mut table = Table::new([Column::rigid("PRESET"), Column::elastic("FOR"), Column::elastic("SCOPES")]);
    for preset in presets() {
        let scopes: Vec<_> = preset.scopes.iter().map(crate::token::scope::Scope::id).collect();
        table.row([Cell::from(&preset.id), Cell::from(&preset.job), Cell::from(scopes.join(" "))]);
    }
    output.table(&table)
}
