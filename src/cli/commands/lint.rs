//! `jeton lint`: the rules of [`crate::token::lint`] over the account's tokens, as a table, as JSON, or as SARIF 2.1.0 for tools
//! that collect findings.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::{
    account,
    arguments::Global,
    exit::Exit,
    failure::Failure,
    output::Output,
    sarif, selection,
    table::{Cell, Column, Table, Tone},
    uses,
};
use crate::token::{
    Catalogue, Knowledge, Token, TokenId,
    lint::{self, Finding, Rule, Severity},
    near_miss,
};

/// Look for tokens that are unsafe, useless or broken
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # everything the rules find, the worst first
  jeton lint
  # some tokens
  jeton lint 'Store locator' cmabc
  # warnings and errors only
  jeton lint --severity warning
  jeton lint --rule wildcard-url --rule ip-url
  # also what nobody used for a month; asks for the usage of each token
  jeton lint --with-usage
  # the rules, with their reasons
  jeton lint --rules
  # for code scanning and other collectors
  jeton lint --sarif > tokens.sarif

Exits with 8 when something was found, with 0 when not.")]
pub struct Arguments {
    /// Only these tokens: id, start of one, or name
    #[arg(value_name = "TOKEN", add = clap_complete::engine::ArgValueCompleter::new(crate::cli::names::complete))]
    tokens: Vec<String>,
    /// Only findings at least as grave
    #[arg(long, value_name = "SEVERITY", default_value = "note", value_parser = ["note", "advice", "warning", "error"])]
    severity: String,
    /// Only findings of this rule; may be repeated
    #[arg(long = "rule", value_name = "RULE", add = clap_complete::engine::ArgValueCompleter::new(crate::cli::candidates::rules))]
    rules: Vec<String>,
    /// Ask for the usage of each token first (statistics:read; 20 tokens a minute), which the rules unused and default-in-use need; naming
    /// one of those with --rule does the same
    #[arg(long)]
    with_usage: bool,
    /// Print the findings as SARIF 2.1.0
    #[arg(long)]
    sarif: bool,
    /// List the rules instead of looking for anything
    #[arg(long = "rules", conflicts_with_all = ["tokens", "sarif", "rules"])]
    list_rules: bool,
}

/// A finding with the token it is about.
#[derive(Debug, Serialize)]
pub struct Item<'a> {
    /// The token's id.
    pub id: &'a str,
    /// Its name as it came.
    pub note: Option<&'a str>,
    /// The rule's id.
    pub rule: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// What was found, in a few words.
    pub message: &'static str,
    /// What exactly: an entry, a name, scopes; left out when the rule says it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<&'a str>,
    /// Why it matters and what to do.
    pub reason: &'static str,
    /// What the dashboard offers to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<&'static str>,
    /// Where the reason comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    if arguments.list_rules {
        list_rules(output)?;
        return Ok(Exit::Done);
    }
    let rules = arguments.rules.iter().map(|id| known_rule(id)).collect::<Result<Vec<_>, _>>()?;
    let least = [Severity::Note, Severity::Advice, Severity::Warning, Severity::Error]
        .into_iter()
        .find(|severity| severity.word() == arguments.severity)
        .unwrap_or(Severity::Note);
    let mut session = account::open(global)?;
    let tokens = session.tokens()?;
    let chosen = if arguments.tokens.is_empty() {
        None
    } else {
        let chosen = selection::find_all(&tokens, output, &arguments.tokens)?;
        Some(chosen.into_iter().map(|token| token.id.clone()).collect::<std::collections::HashSet<_>>())
    };
    let mut knowledge = Knowledge::new(Timestamp::now());
    if arguments.with_usage || rules.iter().any(|rule| rule.needs_use()) {
        let is_meant = |token: &Token| chosen.as_ref().is_none_or(|chosen| chosen.contains(&token.id));
        let asked: Vec<_> = tokens.iter().filter(|token| is_meant(token)).cloned().collect();
        uses::ask(&mut session, output, &asked, &mut knowledge)?;
    }
    let mut findings = knowledge.findings(&tokens, &Catalogue::bundled());
    findings.retain(|finding| {
        finding.severity >= least
            && (rules.is_empty() || rules.contains(&finding.rule))
            && chosen.as_ref().is_none_or(|chosen| chosen.contains(&finding.token))
    });
    // The worst first; tokens stay in the order of the page.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let by_id: HashMap<&TokenId, &Arc<Token>> = tokens.iter().map(|token| (&token.id, token)).collect();
    let items: Vec<Item<'_>> =
        findings.iter().filter_map(|finding| item(finding, by_id.get(&finding.token)?)).collect();
    if arguments.sarif {
        output.json(&sarif::Log { items: &items, username: session.username() })?;
    } else if output.is_json() {
        output.json(&items)?;
    } else if items.is_empty() {
        output.say("Nothing found.");
    } else {
        print(&items, output)?;
    }
    Ok(if items.is_empty() { Exit::Done } else { Exit::Findings })
}

#[expect(clippy::unnecessary_wraps, reason = "what a list of findings is filtered by")]
fn item<'a>(finding: &'a Finding, token: &'a Token) -> Option<Item<'a>> {
    Some(Item {
        id: token.id.as_str(),
        note: token.note.as_ref().map(crate::untrusted::Untrusted::raw),
        rule: finding.rule.id(),
        severity: finding.severity,
        message: finding.rule.message(),
        about: Some(finding.about.raw()).filter(|about| !about.is_empty()),
        reason: finding.rule.reason(),
        remedy: finding.remedy.as_ref().map(lint::Remedy::label),
        source: finding.rule.source(),
    })
}

fn print(items: &[Item<'_>], output: &mut Output) -> Result<(), Failure> {
    let mut table = Table::new([
        Column::rigid("SEVERITY"),
        Column::elastic("TOKEN"),
        Column::rigid("ID"),
        Column::rigid("RULE"),
        Column::elastic("FOUND"),
    ]);
    for item in items {
        let tone = match item.severity {
            Severity::Error => Tone::Error,
            Severity::Warning => Tone::Warning,
            Severity::Advice | Severity::Note => Tone::Plain,
        };
        let found = item.about.map_or_else(|| item.message.to_owned(), |about| format!("{}: {about}", item.message));
        table.row([
            Cell::new(item.severity.word(), tone),
            item.note.unwrap_or_default().into(),
            Cell::new(item.id, Tone::Faint),
            item.rule.into(),
            found.into(),
        ]);
    }
    output.table(&table)?;
    let plural = if items.len() == 1 { "finding" } else { "findings" };
    output.say(format_args!("{} {plural}; jeton lint --rules tells the reasons.", items.len()));
    Ok(())
}

fn known_rule(id: &str) -> Result<Rule, Failure> {
    Rule::from_id(id).ok_or_else(|| {
        use strum::IntoEnumIterator as _;
        let shown = crate::untrusted::shown(id);
        let meant = near_miss(id, Rule::iter().map(Rule::id));
        let next = meant.map_or_else(
            || "jeton lint --rules lists them.".to_owned(),
            |meant| format!("Did you mean --rule {meant}?"),
        );
        Failure::usage(format!("there is no rule \"{shown}\""), next)
    })
}

#[derive(Serialize)]
struct RuleItem {
    rule: &'static str,
    severity: Severity,
    message: &'static str,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
}

fn list_rules(output: &mut Output) -> Result<(), Failure> {
    use strum::IntoEnumIterator as _;
    if output.is_json() {
        let items: Vec<_> = Rule::iter()
            .map(|rule| RuleItem {
                rule: rule.id(),
                severity: rule.severity(),
                message: rule.message(),
                reason: rule.reason(),
                source: rule.source(),
            })
            .collect();
        return output.json(&items);
    }
    let mut table = Table::new([Column::rigid("RULE"), Column::rigid("SEVERITY"), Column::elastic("REASON")]);
    for rule in Rule::iter() {
        table.row([Cell::from(rule.id()), rule.severity().word().into(), rule.reason().into()]);
    }
    output.table(&table)
}
