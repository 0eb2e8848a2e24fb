//! `jeton usage`: how much a token was used in the last 30 days, by product, by day and by host.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::{
    account,
    arguments::{Global, TokenArgument},
    exit::Exit,
    failure::Failure,
    output::Output,
    selection,
    table::{Cell, Column, Table},
};
use crate::{
    api::Statistics,
    token::{Token, rfc3339},
    work::{Reply, Request},
};

/// Hosts shown to people; JSON has them all.
const HOSTS: usize = 10;

/// Show a token's requests in the last 30 days
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  jeton usage 'Store locator'           show products and hosts
  jeton usage cmab --daily              show every day
  jeton usage cmab --json | jq .total   print the total; 0 means unused

The authorizing token needs statistics:read. Temporary tokens are not counted individually.")]
pub struct Arguments {
    #[command(flatten)]
    token: TokenArgument,
    /// Show every day
    #[arg(long)]
    daily: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    id: &'a str,
    start: String,
    end: String,
    total: u64,
    last_used: Option<String>,
    products: BTreeMap<&'a str, ProductAnswer>,
    hosts: Vec<HostAnswer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generated: Option<String>,
}

#[derive(Serialize)]
struct ProductAnswer {
    total: u64,
    daily: BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct HostAnswer<'a> {
    host: &'a str,
    requests: u64,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let mut session = account::open(global)?;
    let token = selection::find(&mut session, output, &arguments.token.token)?;
    let statistics = match session.call(Request::Usage(token.id.clone()))? {
        Reply::Usage(statistics) => statistics,
        other => unreachable!("usage was asked for, not {other:?}"),
    };
    if output.is_json() {
        output.json(&answer(&token, &statistics))?;
    } else {
        print(&token, &statistics, arguments.daily, output)?;
    }
    Ok(Exit::Done)
}

fn answer<'a>(token: &'a Token, statistics: &'a Statistics) -> Answer<'a> {
    Answer {
        id: token.id.as_str(),
        start: statistics.start.to_string(),
        end: statistics.end.to_string(),
        total: statistics.total(),
        last_used: statistics.last_used().map(|day| day.to_string()),
        products: statistics
            .products
            .iter()
            .map(|product| {
                let daily = product.daily.iter().map(|(day, count)| (day.to_string(), *count)).collect();
                (product.name.raw(), ProductAnswer { total: product.total(), daily })
            })
            .collect(),
        hosts: statistics
            .hosts
            .iter()
            .map(|(host, requests)| HostAnswer { host: host.raw(), requests: *requests })
            .collect(),
        generated: statistics.generated.map(rfc3339),
    }
}

fn print(token: &Token, statistics: &Statistics, daily: bool, output: &mut Output) -> Result<(), Failure> {
    let title = output.styles().title(token.name()).to_string();
    let last = statistics.last_used().map_or_else(|| "not used".to_owned(), |day| format!("last used {day}"));
    output.line(format_args!(
        "{title}: {} requests from {} to {}, {last}",
        statistics.total(),
        statistics.start,
        statistics.end
    ))?;
    if !statistics.products.is_empty() {
        let mut table = Table::new([Column::elastic("PRODUCT"), Column::number("REQUESTS")]);
        for product in &statistics.products {
            table.row([Cell::from(product.name.raw()), product.total().to_string().into()]);
        }
        output.table(&table)?;
    }
    if daily {
        let mut table = Table::new([Column::rigid("DAY"), Column::number("REQUESTS")]);
        for (day, count) in statistics.days() {
            table.row([Cell::from(day.to_string()), count.to_string().into()]);
        }
        output.table(&table)?;
    }
    if !statistics.hosts.is_empty() {
        let mut table = Table::new([Column::elastic("HOST"), Column::number("REQUESTS")]);
        for (host, count) in statistics.hosts.iter().take(HOSTS) {
            table.row([Cell::from(host.raw()), count.to_string().into()]);
        }
        output.table(&table)?;
    }
    Ok(())
}
