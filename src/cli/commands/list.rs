//! `jeton list`: the account's tokens as a table, as one JSON array, or as a stream of JSON lines.
//!
//! Invariants: the filters are ours, not the server's: the Tokens API answers `usage` together with `limit` with an empty list (seen
//! live), so it is never asked for both. Without a filter that looks at the whole account, JSON is written page by page while
//! the next page is on its way.

use std::{ops::ControlFlow, sync::Arc};

use jiff::Timestamp;

use crate::cli::{
    account,
    arguments::Global,
    exit::Exit,
    failure::Failure,
    output::Output,
    selection,
    session::Session,
    table::{Cell, Column, Table, Tone},
    token_names, usage_lookup,
};
use crate::{
    token::{
        Catalogue, Knowledge, LastUse, Token, Usage,
        flaw::Field,
        page_order,
        query::{Matcher, Query, WORDS},
        time,
    },
    untrusted,
};

const EXAMPLES: &str = "Examples:
  # list all tokens: the default public token first, then the newest
  jeton list
  # list secret tokens, last changed first
  jeton list --usage sk --sort modified
  # filter as in the dashboard
  jeton list --filter 'scope:uploads -url:any'
  # list tokens with a finding of jeton lint
  jeton list --filter lint:wildcard-url
  # list secret tokens unused for 30 days; loads the usage of each (needs statistics:read; 20 a minute)
  jeton list --filter 'kind:sk unused:30d'
  jeton list --json | jq -r '.[] | select(.usage == \"pk\") | .token'
  # pipe a list to another command
  jeton list --filter 'created:>2y' --ndjson | jeton delete - --dry-run";

/// List the account's tokens
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = examples_and_words())]
pub struct Arguments {
    /// List only public (pk) or only secret (sk) tokens
    #[arg(long, value_name = "KIND", value_parser = ["pk", "sk"])]
    usage: Option<String>,
    /// List only the default public token (true), or all others (false)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    default: Option<bool>,
    /// Sort order
    #[arg(long, value_enum)]
    sort: Option<Sort>,
    /// List only matching tokens, such as 'kind:sk scope:uploads url:example.com created:<30d lint:any text'
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true, add = clap_complete::engine::ArgValueCompleter::new(crate::cli::completion::filter_words))]
    filter: Option<String>,
    /// Print one JSON object per line, as pages arrive
    #[arg(long)]
    ndjson: bool,
}

/// The examples, and the language of `--filter`.
fn examples_and_words() -> String {
    let words: Vec<_> = WORDS.iter().map(|(_, example, finds)| format!("  {example:26}  {finds}")).collect();
    format!(
        "{EXAMPLES}\n\nFilters; all must match. Other words are searched for in names, IDs, scopes and URLs, ignoring case:\n{}",
        words.join("\n")
    )
}

/// What to sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Sort {
    /// Newest first
    Created,
    /// Last changed first
    Modified,
    /// By name
    Note,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let query = arguments.filter.as_deref().map(selection::query).transpose()?;
    let mut session = account::open(global)?;
    if query.is_none() && arguments.sort.is_none() && (arguments.ndjson || output.is_json()) {
        let mut json = JsonList::new(arguments.ndjson);
        let mut seen = token_names::Collector::default();
        session.each_page(|page| {
            seen.add(&page);
            for token in page.iter().filter(|token| arguments.admits(token)) {
                json.push(token, output)?;
            }
            if arguments.ndjson {
                output.flush()?;
            }
            Ok(ControlFlow::Continue(()))
        })?;
        json.finish(output)?;
        output.flush()?;
        seen.keep(session.username());
        return Ok(Exit::Done);
    }
    let mut tokens = session.tokens()?;
    let mut seen = token_names::Collector::default();
    seen.add(&tokens);
    let now = Timestamp::now();
    match &query {
        Some(query) => tokens = matching(query, arguments, tokens, (&mut session, output))?,
        None => tokens.retain(|token| arguments.admits(token)),
    }
    // The hits of a query in free text come in the order of how well they match, unless another one was asked for.
    match arguments.sort {
        None if query.as_ref().is_some_and(Query::ranks) => {}
        sort => tokens.sort_by(|a, b| compare(sort, a, b)),
    }
    if arguments.ndjson || output.is_json() {
        let mut json = JsonList::new(arguments.ndjson);
        for token in &tokens {
            json.push(token, output)?;
        }
        json.finish(output)?;
    } else if tokens.is_empty() {
        output.say("No tokens match.");
    } else {
        output.table(&table(&tokens, now))?;
    }
    output.flush()?;
    seen.keep(session.username());
    Ok(Exit::Done)
}

impl Arguments {
    fn admits(&self, token: &Token) -> bool {
        self.usage.as_deref().is_none_or(|usage| token.usage.prefix() == usage)
            && self.default.is_none_or(|default| token.default == default)
    }
}

/// The admitted tokens a query finds, the best hits first. Where it asks for the lint's findings or for use, those are found out first.
fn matching(
    query: &Query,
    arguments: &Arguments,
    mut tokens: Vec<Arc<Token>>,
    (session, output): (&mut Session, &Output),
) -> Result<Vec<Arc<Token>>, Failure> {
    if let Some(remark) = query.unknown_scope(&tokens) {
        return Err(remark.into());
    }
    let mut knowledge = Knowledge::new(Timestamp::now());
    let mut matcher = Matcher::default();
    // Findings compare each token with all the others, so the whole account is looked at.
    let lint = |knowledge: &mut Knowledge| {
        if query.asks_for_findings() {
            knowledge.lint(&tokens, &Catalogue::bundled());
        }
    };
    lint(&mut knowledge);
    if query.asks_for_use() {
        let mut hangs = |token: &Arc<Token>, knowledge: &Knowledge| {
            arguments.admits(token) && query.hangs_on_use(&mut matcher, token, &knowledge.of(token))
        };
        let asked: Vec<_> = tokens.iter().filter(|token| hangs(token, &knowledge)).cloned().collect();
        usage_lookup::ask(session, output, &asked, &mut knowledge)?;
        let is_known = |token: &Token| knowledge.of(token).last_use != LastUse::Unknown;
        let open = asked.iter().filter(|token| is_known(token) && hangs(token, &knowledge)).count();
        if open > 0 {
            output.warn(format_args!(
                "left out {open} tokens: not used in the last 30 days, but statistics do not go back further"
            ));
        }
        lint(&mut knowledge);
    }
    tokens.retain(|token| arguments.admits(token));
    let mut hits: Vec<(u32, Arc<Token>)> = tokens
        .into_iter()
        .filter_map(|token| Some((query.score(&mut matcher, &token, &knowledge.of(&token))?, token)))
        .collect();
    hits.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| page_order(x, y)));
    Ok(hits.into_iter().map(|(_, token)| token).collect())
}

/// The tokens a query finds.
pub fn filtered(
    query: &Query,
    tokens: Vec<Arc<Token>>,
    session: &mut Session,
    output: &Output,
) -> Result<Vec<Arc<Token>>, Failure> {
    let all = Arguments { usage: None, default: None, sort: None, filter: None, ndjson: false };
    matching(query, &all, tokens, (session, output))
}

fn compare(sort: Option<Sort>, a: &Token, b: &Token) -> std::cmp::Ordering {
    let by_time = match sort {
        None => return page_order(a, b),
        Some(Sort::Created) => b.created.cmp(&a.created),
        Some(Sort::Modified) => b.modified.cmp(&a.modified),
        Some(Sort::Note) => a.name().to_lowercase().cmp(&b.name().to_lowercase()),
    };
    by_time.then_with(|| b.id.cmp(&a.id))
}

/// A list in JSON that is written as it comes.
struct JsonList {
    lines: bool,
    count: usize,
}

impl JsonList {
    fn new(lines: bool) -> Self {
        Self { lines, count: 0 }
    }

    fn push(&mut self, token: &Token, output: &mut Output) -> Result<(), Failure> {
        if !self.lines {
            output.text(if self.count == 0 { "[" } else { "," })?;
        }
        self.count += 1;
        output.json_part(&without_secret(token))?;
        if self.lines {
            output.text("\n")?;
        }
        Ok(())
    }

    fn finish(&self, output: &mut Output) -> Result<(), Failure> {
        match (self.lines, self.count) {
            (true, _) => Ok(()),
            (false, 0) => output.text("[]\n"),
            (false, _) => output.text("]\n"),
        }
    }
}

/// The token as it may be listed: no server sends a secret token's value in a list, and if one did, we would not pass it on.
fn without_secret(token: &Token) -> std::borrow::Cow<'_, Token> {
    if token.usage == Usage::Public || token.token.is_none() {
        return std::borrow::Cow::Borrowed(token);
    }
    std::borrow::Cow::Owned(Token { token: None, ..token.clone() })
}

/// The tokens as people read them.
pub fn table(tokens: &[Arc<Token>], now: Timestamp) -> Table {
    let mut table = Table::new([
        Column::rigid("KIND"),
        Column::elastic("NAME"),
        Column::number("SCOPES"),
        Column::number("URLS"),
        Column::rigid("MODIFIED"),
        Column::rigid("ID"),
    ]);
    for token in tokens {
        let kind =
            Cell::new(token.usage.prefix(), if token.usage == Usage::Secret { Tone::Warning } else { Tone::Plain });
        let name = if token.default { format!("{} (default)", token.name()) } else { token.name().into_owned() };
        let writes = token.scopes.iter().any(crate::token::scope::Scope::can_write);
        let count = if token.is_uncertain(Field::Scopes) { "?".to_owned() } else { token.scopes.len().to_string() };
        let scopes = format!("{count}{}", if writes { " write" } else { "" });
        let name = if token.is_flawed() { format!("{name} (incomplete data)") } else { name };
        let urls = match token.urls().len() {
            0 if token.is_uncertain(Field::AllowedUrls) => "?".to_owned(),
            0 => "any".to_owned(),
            count => count.to_string(),
        };
        let modified = token.modified().map(|modified| time::relative(modified, now)).unwrap_or_default();
        table.row([
            kind,
            Cell::from(name),
            Cell::new(scopes, if writes { Tone::Warning } else { Tone::Plain }),
            urls.into(),
            modified.into(),
            Cell::new(untrusted::shown(token.id.as_str()), Tone::Faint),
        ]);
    }
    table
}
