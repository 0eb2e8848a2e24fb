//! `jeton show`: one token, with details that the Access Tokens page does not show.

use std::sync::Arc;

use jiff::Timestamp;

use crate::cli::{
    account,
    arguments::{Global, TokenArgument},
    exit::Exit,
    failure::Failure,
    output::Output,
    selection,
};
use crate::{
    secret::Secret,
    token::{Catalogue, Knowledge, Token, Usage, flaw::Field, lint::Finding, time},
};

/// Where a token's page is on the web.
const PAGE: &str = "https://console.mapbox.com/account/access-tokens/";

/// Show a token's scopes, allowed URLs and findings
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  jeton show 'Store locator'
  # use an ID prefix of 4 or more characters
  jeton show cmab
  # print only the value of a public token
  jeton show 'Store locator' --value
  jeton show cmab --json | jq .allowedUrls")]
pub struct Arguments {
    #[command(flatten)]
    token: TokenArgument,
    /// Print only the token's value (public tokens only: a secret token's value is shown once, when it is created)
    #[arg(long)]
    value: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let mut session = account::open(global)?;
    if arguments.value || output.is_json() {
        let token = selection::find(&mut session, output, &arguments.token.token)?;
        if arguments.value {
            output.secret(value_of(&token)?)?;
        } else {
            output.json(&*token)?;
        }
        return Ok(Exit::Done);
    }
    // The findings compare it with the others.
    let tokens = session.tokens()?;
    let wanted = std::slice::from_ref(&arguments.token.token);
    let Some(token) = selection::find_all(&tokens, output, wanted)?.pop() else { return Ok(Exit::Done) };
    let now = Timestamp::now();
    let findings = Knowledge::new(now).findings(&tokens, &Catalogue::bundled());
    let findings: Vec<_> = findings.into_iter().filter(|one| one.token == token.id).collect();
    print(&token, &findings, now, output)?;
    Ok(Exit::Done)
}

fn value_of(token: &Arc<Token>) -> Result<&Secret, Failure> {
    token.token.as_ref().filter(|_| token.usage == Usage::Public).ok_or_else(|| {
        Failure::usage(
            "the value of a secret token is shown only once, when it is created",
            "If you lost it, rotate the token: jeton rotate TOKEN",
        )
    })
}

fn print(token: &Token, findings: &[Finding], now: Timestamp, output: &mut Output) -> Result<(), Failure> {
    let styles = output.styles();
    output.line(styles.title(token.name()))?;
    let kind = match token.usage {
        Usage::Public => "public (pk): anyone may see it",
        Usage::Secret => "secret (sk): for servers and tools only; its value was shown once, when it was created",
        Usage::Temporary => "temporary (tk)",
        Usage::Unknown => "unknown: not documented",
    };
    fact(output, "Kind", kind)?;
    if let Some(flaws) = token.flaw_words() {
        fact(output, "Not as documented", &flaws)?;
    }
    if token.default {
        fact(output, "Default", "the account's default public token: no secret scopes, no URL restrictions")?;
    }
    fact(output, "Id", &token.id.shown())?;
    if let Some(value) = &token.token {
        fact(
            output,
            "Token",
            &format!("{} (to print all of it: jeton show {} --value)", value.fingerprint(), token.id.shown()),
        )?;
    }
    for (name, moment) in [("Created", token.created()), ("Modified", token.modified())] {
        if let Some(moment) = moment {
            fact(output, name, &format!("{}, {}", time::absolute(moment), time::relative(moment, now)))?;
        }
    }
    if !token.client.is_empty() {
        fact(output, "Client", &token.client.shown())?;
    }
    scopes(token, output)?;
    if token.urls().is_empty() {
        let unknown = token.is_uncertain(Field::AllowedUrls);
        fact(output, "Allowed URLs", if unknown { "unknown" } else { "any" })?;
    } else {
        output.line("Allowed URLs:")?;
        for url in token.urls() {
            output.line(format_args!("  {}", url.shown()))?;
        }
    }
    if !findings.is_empty() {
        output.line("Findings:")?;
        for finding in findings {
            let severity = finding.severity.word();
            output.line(format_args!(
                "  {}: {} ({})",
                styles.warning(severity),
                finding.message(),
                finding.rule.id()
            ))?;
            output.line(format_args!("    {}", finding.rule.reason()))?;
        }
    }
    fact(output, "On the web", &format!("{PAGE}{}", token.id.shown()))
}

fn scopes(token: &Token, output: &mut Output) -> Result<(), Failure> {
    let catalogue = Catalogue::bundled();
    if token.scopes.is_empty() && token.is_uncertain(Field::Scopes) {
        return fact(output, "Scopes", "unknown");
    }
    if token.scopes.is_empty() {
        return fact(output, "Scopes", "none (and none can be added)");
    }
    for (title, is_public) in [("Public scopes", true), ("Secret scopes", false)] {
        let mut group = token.scopes.iter().filter(|scope| catalogue.is_public(scope) == is_public).peekable();
        if group.peek().is_some() {
            output.line(format_args!("{title}:"))?;
        }
        for scope in group {
            let description = catalogue.get(scope).map(|info| info.description.shown()).unwrap_or_default();
            output.line(format_args!("  {:<18} {description}", scope.shown()).to_string().trim_end())?;
        }
    }
    Ok(())
}

fn fact(output: &mut Output, name: &str, value: &str) -> Result<(), Failure> {
    output.line(format_args!("{name}: {value}"))
}
