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
    planning, sarif, selection,
    table::{Cell, Column, Table, Tone},
    usage_lookup,
};
use crate::{
    plan::{Entry, Fault, Place, TokenFile},
    token::{
        Catalogue, Knowledge, Token, TokenId,
        lint::{self, Finding, Rule, Severity},
        near_miss,
    },
    untrusted::shown,
};

/// Find unsafe, unneeded and broken tokens
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # show all findings, most severe first
  jeton lint
  # check some tokens only
  jeton lint 'Store locator' cmabc
  # show warnings and errors only
  jeton lint --severity warning
  jeton lint --rule wildcard-url --rule ip-url
  # also find tokens unused for 30 days; loads the usage of each token
  jeton lint --with-usage
  # list the rules and their reasons
  jeton lint --rules
  # write SARIF for code scanning
  jeton lint --sarif > tokens.sarif
  # check a tokens file, without an account
  jeton lint --file tokens.toml

Exits with 8 if there are findings, with 0 if not.")]
pub struct Arguments {
    /// Check only these tokens (ID, ID prefix or name)
    #[arg(value_name = "TOKEN", add = clap_complete::engine::ArgValueCompleter::new(crate::cli::token_names::complete))]
    tokens: Vec<String>,
    /// Check a tokens file, as jeton export writes it, instead of the account
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tokens", "with_usage"])]
    file: Option<String>,
    /// Show only findings of this severity or higher
    #[arg(long, value_name = "SEVERITY", default_value = "note", value_parser = ["note", "advice", "warning", "error"])]
    severity: String,
    /// Show only findings of this rule; repeatable
    #[arg(long = "rule", value_name = "RULE", add = clap_complete::engine::ArgValueCompleter::new(crate::cli::completion::rules))]
    rules: Vec<String>,
    /// Load the usage of each token (needs statistics:read; 20 tokens a minute) for the rules unused and default-in-use. Selecting one
    /// of them with --rule implies this
    #[arg(long)]
    with_usage: bool,
    /// Print the findings as SARIF 2.1.0
    #[arg(long)]
    sarif: bool,
    /// List the rules
    #[arg(long = "rules", conflicts_with_all = ["tokens", "sarif", "rules", "file"])]
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
    #[serde(rename = "remedy")]
    pub fix: Option<&'static str>,
    /// Where the reason comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// Where it stands, when a file was checked.
    #[serde(flatten)]
    pub spot: Option<Spot<'a>>,
}

/// A place in a file of tokens.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spot<'a> {
    /// The file, as it was named.
    pub file: &'a str,
    /// The line and the column.
    #[serde(flatten)]
    pub place: Place,
}

/// The rule for what is wrong with a file itself.
pub const FILE_RULE: &str = "token-file";

/// What that rule says.
pub const FILE_MESSAGE: &str = "the tokens file has an error";

/// Why it matters.
pub const FILE_REASON: &str =
    "jeton diff and jeton apply refuse a file with errors, so that a typo never changes the account.";

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
    if let Some(name) = &arguments.file {
        return check_file(arguments, name, &rules, least, output);
    }
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
        usage_lookup::ask(&mut session, output, &asked, &mut knowledge)?;
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
        findings.iter().filter_map(|finding| Some(item(finding, by_id.get(&finding.token)?))).collect();
    tell(arguments, &items, session.username(), output)
}

/// The same for the tokens of a file: what is wrong with the file itself, else what the rules find in it.
fn check_file(
    arguments: &Arguments,
    name: &str,
    rules: &[Rule],
    least: Severity,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let text = planning::read(name)?;
    let file = match TokenFile::parse(&text) {
        Ok(file) => file,
        Err(faults) => {
            let items: Vec<_> = faults.iter().map(|fault| of_fault(name, fault)).collect();
            return tell(arguments, &items, "", output);
        }
    };
    let catalogue = Catalogue::bundled();
    // Keys are unique, and ids need not be there.
    let tokens: Vec<Arc<Token>> = file.entries.iter().map(|entry| Arc::new(entry.as_token(&catalogue))).collect();
    let by_key: HashMap<&str, (&Entry, &Arc<Token>)> =
        file.entries.iter().zip(&tokens).map(|(entry, token)| (entry.key.as_str(), (entry, token))).collect();
    let mut findings = Knowledge::new(Timestamp::now()).findings(&tokens, &catalogue);
    findings.retain(|finding| finding.severity >= least && (rules.is_empty() || rules.contains(&finding.rule)));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let items: Vec<Item<'_>> = findings
        .iter()
        .filter_map(|finding| {
            let (entry, token) = by_key.get(finding.token.as_str())?;
            let spot = Some(Spot { file: name, place: entry.place_of(finding.about.raw()) });
            Some(Item { spot, ..item(finding, token) })
        })
        .collect();
    tell(arguments, &items, "", output)
}

fn of_fault<'a>(name: &'a str, fault: &'a Fault) -> Item<'a> {
    Item {
        id: "",
        note: None,
        rule: FILE_RULE,
        severity: Severity::Error,
        message: FILE_MESSAGE,
        about: Some(&fault.message),
        reason: FILE_REASON,
        fix: None,
        source: None,
        spot: Some(Spot { file: name, place: Place { line: fault.line, column: fault.column } }),
    }
}

fn tell(arguments: &Arguments, items: &[Item<'_>], username: &str, output: &mut Output) -> Result<Exit, Failure> {
    if arguments.sarif {
        output.json(&sarif::Log { items, username })?;
    } else if output.is_json() {
        output.json(&items)?;
    } else if items.is_empty() {
        output.say("No findings.");
    } else if items.iter().all(|item| item.spot.is_some()) {
        print_places(items, output)?;
    } else {
        print(items, output)?;
    }
    Ok(if items.is_empty() { Exit::Done } else { Exit::Findings })
}

fn item<'a>(finding: &'a Finding, token: &'a Token) -> Item<'a> {
    Item {
        id: token.id.as_str(),
        note: token.note.as_ref().map(crate::untrusted::Untrusted::raw),
        rule: finding.rule.id(),
        severity: finding.severity,
        message: finding.rule.message(),
        about: Some(finding.about.raw()).filter(|about| !about.is_empty()),
        reason: finding.rule.reason(),
        fix: finding.fix.as_ref().map(lint::Fix::label),
        source: finding.rule.source(),
        spot: None,
    }
}

/// A line for each finding, as compilers print them.
fn print_places(items: &[Item<'_>], output: &mut Output) -> Result<(), Failure> {
    for item in items {
        let Some(Spot { file, place }) = item.spot else { continue };
        let about = item.about.map(|about| format!(": {}", shown(about))).unwrap_or_default();
        let (file, id) = (shown(file), shown(item.id));
        let token = if id.is_empty() { String::new() } else { format!("{id}: ") };
        let what = format!("{token}{}{about} [{}]", item.message, item.rule);
        output.line(format_args!("{file}:{}:{}: {}: {what}", place.line, place.column, item.severity.word()))?;
    }
    Ok(())
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
        let found = item.about.map_or_else(|| item.message.to_owned(), |about| format!("{}: {about}", item.message));
        table.row([
            Cell::of_severity(item.severity),
            item.note.unwrap_or_default().into(),
            Cell::new(item.id, Tone::Faint),
            item.rule.into(),
            found.into(),
        ]);
    }
    output.table(&table)?;
    let plural = if items.len() == 1 { "finding" } else { "findings" };
    output.say(format_args!("{} {plural}. For the reasons, run jeton lint --rules", items.len()));
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
        Failure::usage(format!("unknown rule \"{shown}\""), next)
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
