//! `jeton check-url`: whether pages may use a token, by the documented rules of URL restrictions: a verdict for every entry, with its
//! reason. With `--entry`, no requests are sent.

use serde::Serialize;

use crate::cli::{
    account,
    arguments::Global,
    exit::Exit,
    failure::Failure,
    output::Output,
    selection,
    table::{Cell, Column, Table, Tone},
};
use crate::{
    token::allowed_url::{EntryMatch, ListMatch, Outcome, PageUrl, hints, judge},
    untrusted::{Untrusted, shown},
};

/// Check which web pages can use a token, and why
#[derive(Clone, Debug, clap::Args)]
#[command(
    override_usage = "jeton check-url [OPTIONS] TOKEN PAGE...\n       jeton check-url [OPTIONS] --entry ENTRY... PAGE...",
    after_help = "Examples:
  jeton check-url 'Store locator' https://www.example.com/stores
  # test an entry before you use it; works offline
  jeton check-url --entry example.com https://shop.example.com:8000/
  jeton check-url --entry example.com --entry localhost:3000 http://localhost:3000/ && echo allowed
  jeton check-url cmabc https://example.com/ --json | jq '.pages[].allowed'

A browser sends the page's URL as the Referer header, and Mapbox checks that. Exits with 8 if any page is refused."
)]
pub struct Arguments {
    /// Test this allowed URL instead of a token's; repeatable
    #[arg(long = "entry", value_name = "ENTRY")]
    entries: Vec<String>,
    /// The token (ID, ID prefix or name; omit it with --entry), then the page URLs; '' stands for a request without a Referer
    #[arg(value_name = "TOKEN PAGE", required = true)]
    words: Vec<String>,
}

#[derive(Serialize)]
struct Answer<'a> {
    entries: Vec<&'a str>,
    pages: Vec<PageAnswer<'a>>,
}

#[derive(Serialize)]
struct PageAnswer<'a> {
    page: &'a str,
    allowed: bool,
    outcome: &'static str,
    verdicts: Vec<EntryAnswer<'a>>,
    hints: Vec<&'static str>,
}

#[derive(Serialize)]
struct EntryAnswer<'a> {
    entry: &'a str,
    admits: bool,
    reason: String,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let (entries, pages) = match arguments.words.split_first() {
        _ if !arguments.entries.is_empty() => {
            let entries = arguments.entries.iter().map(|entry| Untrusted::from(entry.as_str())).collect();
            (entries, arguments.words.as_slice())
        }
        Some((token, pages)) if !pages.is_empty() => {
            let mut session = account::open(global)?;
            (selection::find(&mut session, output, token)?.urls().to_vec(), pages)
        }
        _ => {
            return Err(Failure::usage(
                "no page to check",
                "Pass a token and a page URL: jeton check-url TOKEN https://example.com/",
            ));
        }
    };
    for page in pages.iter().filter(|page| !page.is_empty()) {
        PageUrl::parse(page)
            .map_err(|fault| Failure::usage(format!("\"{}\" is not a page URL: {fault}", shown(page)), ""))?;
    }
    let judgements: Vec<(&str, ListMatch)> = pages
        .iter()
        .map(|page| (page.as_str(), judge(entries.iter().map(Untrusted::raw), Some(page.as_str()))))
        .collect();
    if output.is_json() {
        output.json(&Answer {
            entries: entries.iter().map(Untrusted::raw).collect(),
            pages: judgements.iter().map(|(page, list_match)| answer(page, list_match, &entries)).collect(),
        })?;
    } else {
        for (at, (page, list_match)) in judgements.iter().enumerate() {
            if at > 0 {
                output.line("")?;
            }
            print(page, list_match, &entries, output)?;
        }
    }
    let all_allowed = judgements.iter().all(|(_, list_match)| list_match.is_allowed());
    Ok(if all_allowed { Exit::Done } else { Exit::Findings })
}

fn answer<'a>(page: &'a str, list_match: &ListMatch, entries: &'a [Untrusted]) -> PageAnswer<'a> {
    let verdicts = entries.iter().zip(&list_match.verdicts).map(|(entry, verdict)| EntryAnswer {
        entry: entry.raw(),
        admits: verdict.is_admission(),
        reason: verdict.to_string(),
    });
    PageAnswer {
        page,
        allowed: list_match.is_allowed(),
        outcome: outcome_word(list_match.outcome),
        verdicts: verdicts.collect(),
        hints: hints(list_match).into_iter().map(crate::token::allowed_url::Hint::words).collect(),
    }
}

/// The stable word in JSON.
const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Unrestricted => "unrestricted",
        Outcome::Admitted(_) => "admitted",
        Outcome::Refused => "refused",
        Outcome::NoReferer => "no_referer",
        Outcome::UnreadableReferer => "unreadable_referer",
    }
}

fn print(page: &str, list_match: &ListMatch, entries: &[Untrusted], output: &mut Output) -> Result<(), Failure> {
    let styles = output.styles();
    let page = if page.is_empty() { "(no Referer)".into() } else { shown(page) };
    let explanation = match list_match.outcome {
        Outcome::Unrestricted => "the token has no URL restrictions".into(),
        Outcome::Admitted(at) => format!("by {}", entries.get(at).map(Untrusted::shown).unwrap_or_default()),
        Outcome::Refused => "no entry allows it".into(),
        Outcome::NoReferer => "a restricted token needs a Referer".into(),
        Outcome::UnreadableReferer => "the Referer is not a URL".into(),
    };
    if list_match.is_allowed() {
        output.line(format_args!("{} {page}: {explanation}", styles.good("allowed")))?;
    } else {
        output.line(format_args!("{} {page}: {explanation}", styles.error("refused")))?;
    }
    if entries.is_empty() {
        return Ok(());
    }
    let mut table = Table::new([Column::rigid("ENTRY"), Column::rigid("SAYS"), Column::elastic("BECAUSE")]);
    for (entry, verdict) in entries.iter().zip(&list_match.verdicts) {
        let says = match verdict {
            EntryMatch::Admits(_) => Cell::new("yes", Tone::Good),
            EntryMatch::Refuses(_) => Cell::new("no", Tone::Plain),
            EntryMatch::NeverMatches(_) => Cell::new("never", Tone::Warning),
        };
        table.row([Cell::from(entry.raw()), says, verdict.to_string().into()]);
    }
    output.table(&table)?;
    if !list_match.is_allowed() {
        for hint in hints(list_match) {
            output.line(format_args!("- {}", hint.words()))?;
        }
    }
    Ok(())
}
