//! `jeton recover`: what earlier runs left open, and closing it: deliver a value, delete a token, go on with many tokens, forget a record.

mod batch;

use std::{
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::{
    arguments::Global,
    delivery::{Destinations, GROUP, New, Sinks},
    exit::Exit,
    failure::{Code, Failure},
    output::Output,
};
use crate::{
    api::{ApiError, Client},
    delivery::{Destination, Terminal},
    token::{AccountKey, Token, TokenId, Usage, rfc3339},
    work::{
        bulk::Open as OpenBatch,
        create::{Open, Outcome, Safekeeping, Value},
        records::{LeftOpen, Records},
    },
};

/// Say what earlier runs left open: values not stored, creates not answered, changes of many tokens that ended half way; and close it
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # what is open: values not stored, creates never answered, changes of many tokens that ended half way
  jeton recover
  # deliver a value that waits
  jeton recover 3f9a --to-file ci.token
  # deliver it to the places that failed
  jeton recover 3f9a --retry
  # delete the token instead
  jeton recover 3f9a --delete
  # go on with a deletion of many tokens; of an edit, jeton recover tells the whole command
  jeton recover 5c02 --ids | jeton delete - --yes
  # drop the record, leave the account as it is
  jeton recover 3f9a --forget")]
pub struct Arguments {
    /// The record, by its name or the beginning of it; without it all are listed
    #[arg(value_name = "RECORD")]
    op: Option<String>,
    /// Of many tokens, print the ids of those that are left, one a line, for delete - and edit -
    #[arg(long, requires = "op", conflicts_with_all = ["delete", "forget", GROUP, "offline"])]
    ids: bool,
    /// Deliver the value to the places it did not get to
    #[arg(long, requires = "op", conflicts_with_all = ["delete", "forget", "ids", GROUP])]
    retry: bool,
    /// Delete the token that was made
    #[arg(long, requires = "op", conflicts_with_all = ["forget", GROUP])]
    delete: bool,
    /// Which of several tokens to delete
    #[arg(long, value_name = "TOKEN_ID", requires = "delete")]
    id: Option<String>,
    /// Drop the record and whatever is kept of the value; the account is left as it is
    #[arg(long, requires = "op", conflicts_with = GROUP)]
    forget: bool,
    /// With --forget: also when the only copy of a value goes with it
    #[arg(long, requires = "forget")]
    yes: bool,
    /// Do not look at the account
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    sinks: Sinks,
}

/// An open record with what the account says about it.
struct Entry {
    open: Open,
    outcome: Outcome,
}

/// An open record as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    op: &'a str,
    username: &'a str,
    host: &'a str,
    note: &'a str,
    scopes: &'a [crate::token::Scope],
    allowed_urls: &'a [String],
    sent: String,
    active: bool,
    /// `whole`, `broken` or `none`.
    value: &'static str,
    /// `keyring`, `runtime-file`, `disk-file` or `none`.
    kept: &'static str,
    /// Until when, where that has an end.
    kept_until: Option<String>,
    /// Where the value was delivered, and was to be.
    destinations: Vec<Place>,
    /// The id the answer gave, where there was one.
    token: Option<&'a TokenId>,
    /// `made`, `safe-to-resend`, `several`, `gone` or `unknown`.
    outcome: &'static str,
    candidates: &'a [Arc<Token>],
    summary: String,
}

/// One destination of a value, as JSON.
#[derive(Serialize)]
struct Place {
    /// `file`, `env`, `command`.
    kind: &'static str,
    place: String,
    /// `there`, `changed`, `gone`, `unknown` or `undelivered`.
    state: &'static str,
}

/// What was done about a record, as JSON. (A delivered value is told of as `jeton create` does.)
#[derive(Serialize)]
struct Closed<'a> {
    op: &'a str,
    /// `forgotten`, `deleted` or `nothing-to-delete`.
    closed: &'static str,
    /// The token that was deleted.
    token: Option<&'a str>,
}

impl Closed<'_> {
    /// Tells it: as JSON, else in words.
    fn tell(&self, words: impl std::fmt::Display, output: &mut Output) -> Result<(), Failure> {
        if output.is_json() {
            return output.json(self);
        }
        output.say(format_args!("{words}."));
        Ok(())
    }
}

/// One record.
enum Found<'a> {
    Create(&'a Open),
    Batch(&'a OpenBatch),
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let records = Records::new();
    let left = records.left_open().map_err(|why| Failure::plain(Code::Local, why))?;
    match &arguments.op {
        None if arguments.sinks.is_named() => {
            return Err(Failure::usage("which record is to be delivered was not said", "jeton recover lists them."));
        }
        None => list(arguments, global, &records, left, output)?,
        Some(name) => match find(&left, name)? {
            Found::Create(open) => one(arguments, global, &records, open, output)?,
            Found::Batch(open) => one_batch(arguments, global, &records, open, output)?,
        },
    }
    Ok(Exit::Done)
}

/// The record whose name begins like that.
fn find<'a>(left: &'a LeftOpen, name: &str) -> Result<Found<'a>, Failure> {
    let creates = left.creates.open.iter().filter(|open| open.intent.op.as_str().starts_with(name));
    let batches = left.batches.open.iter().filter(|open| open.batch.op.as_str().starts_with(name));
    let mut found = creates.map(Found::Create).chain(batches.map(Found::Batch));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Failure::new(Code::NotFound, "there is no such record", "jeton recover lists them.")),
        _ => Err(Failure::new(Code::Ambiguous, "several records begin like that", "Write more of the name.")),
    }
}

fn one(
    arguments: &Arguments,
    global: &Global,
    records: &Records,
    open: &Open,
    output: &mut Output,
) -> Result<(), Failure> {
    let safekeeping = &records.safekeeping;
    if arguments.ids {
        return Err(Failure::usage("that record is about one token", "--ids is for a change of many."));
    }
    let delivers = arguments.retry || arguments.sinks.is_named();
    let closes = arguments.delete || arguments.forget || delivers;
    if closes && open.is_active {
        return Err(busy());
    }
    let op = &open.intent.op;
    if arguments.forget {
        if matches!(open.value, Value::Whole { .. }) && !open.is_stored() && !arguments.yes {
            return Err(Failure::new(
                Code::Declined,
                "the only copy of a value would be permanently lost",
                "Add --yes if that is meant.",
            ));
        }
        safekeeping.settle(op).map_err(|why| Failure::plain(Code::Local, why))?;
        let closed = Closed { op: op.as_str(), closed: "forgotten", token: None };
        return closed.tell("The record is dropped; the account is as it was", output);
    }
    if delivers {
        return deliver(arguments, safekeeping, open, output);
    }
    if arguments.delete {
        return delete(arguments, global, safekeeping, open, output);
    }
    let mut left = LeftOpen::default();
    left.creates.open.push(open.clone());
    list(arguments, global, records, left, output)
}

fn one_batch(
    arguments: &Arguments,
    global: &Global,
    records: &Records,
    open: &OpenBatch,
    output: &mut Output,
) -> Result<(), Failure> {
    if arguments.delete || arguments.retry || arguments.sinks.is_named() {
        return Err(Failure::usage(
            "that record is about many tokens, and holds no value",
            format!("jeton recover {} says how to go on with them.", open.batch.op),
        ));
    }
    if (arguments.forget || arguments.ids) && open.is_active {
        return Err(busy());
    }
    if arguments.forget {
        return batch::forget(open, &records.batches, output);
    }
    if arguments.ids {
        let client = Client::new(global.endpoint()?)?;
        let account = &open.batch.plan.account;
        if client.account() != *account {
            return Err(Failure::plain(Code::NoAccount, other_account(account)));
        }
        let tokens = crate::cli::on_a_runtime(every_token(&client))?;
        return batch::print_ids(&open.batch, &tokens, &records.batches, output);
    }
    let mut left = LeftOpen::default();
    left.batches.open.push(open.clone());
    list(arguments, global, records, left, output)
}

fn busy() -> Failure {
    Failure::new(Code::Local, "another jeton is at this right now", "End that one first.")
}

/// Delivers the value to the places that are named now, or to those it did not get to before. Then nothing is left to do.
fn deliver(arguments: &Arguments, safekeeping: &Safekeeping, open: &Open, output: &mut Output) -> Result<(), Failure> {
    let no_value = || Failure::new(Code::NotFound, "no backup of the value is left", open.summary());
    if !matches!(open.value, Value::Whole { .. }) {
        return Err(no_value());
    }
    let destinations = if arguments.retry {
        let places = open.undelivered.clone();
        if places.is_empty() {
            return Err(Failure::usage(
                "no delivery of this value failed",
                format!("Say where it goes: jeton recover {} --to-file FILE.", open.intent.op),
            ));
        }
        Destinations::Places(places)
    } else {
        arguments.sinks.destinations(Usage::Secret, output)?
    };
    let created = safekeeping.take_up(&open.intent).ok_or_else(no_value)?;
    if let Destinations::Places(places) = &destinations {
        safekeeping.destine(&created.op, &created.value, places);
    }
    let bare = Token { token: None, ..created.token.clone() };
    let whole = Token { token: Some(created.value.clone()), ..created.token.clone() };
    let done = format!("Recovered the {} token \"{}\" ({})", bare.usage.word(), bare.name(), bare.id.shown());
    let new = New { done, value: &created.value, whole: &whole, bare: &bare };
    destinations
        .deliver(&new, output, |to| safekeeping.deliver(&created.op, to, &created.value, Terminal::Shared))
        .map_err(|why| Failure {
            code: Code::Undelivered,
            next: format!("The value is {}. jeton recover --retry {} tries again.", created.kept, created.op),
            ..why
        })?;
    safekeeping.settle(&created.op).map_err(|why| Failure::plain(Code::Local, why))
}

fn delete(
    arguments: &Arguments,
    global: &Global,
    safekeeping: &Safekeeping,
    open: &Open,
    output: &mut Output,
) -> Result<(), Failure> {
    let op = open.intent.op.as_str();
    let client = Client::new(global.endpoint()?)?;
    if client.account() != open.intent.account {
        return Err(Failure::plain(Code::NoAccount, other_account(&open.intent.account)));
    }
    crate::cli::on_a_runtime(async {
        let tokens = every_token(&client).await?;
        let outcome = safekeeping.judge(&open.intent, &tokens, Timestamp::now());
        let wanted = arguments.id.as_deref();
        let chosen = match (&outcome, wanted) {
            (Outcome::Made(token), None) => token,
            (_, Some(id)) => outcome.candidates().iter().find(|token| token.id.as_str() == id).ok_or_else(|| {
                Failure::plain(Code::NotFound, format!("that is none of the tokens that could be it: {outcome}"))
            })?,
            (Outcome::Several(_), None) => {
                return Err(Failure::new(Code::Ambiguous, outcome.to_string(), "Say which with --id."));
            }
            _ => {
                let closed = Closed { op, closed: "nothing-to-delete", token: None };
                return closed.tell(format_args!("There is nothing to delete: {outcome}"), output);
            }
        };
        match client.delete(&chosen.id).await {
            Ok(()) | Err(ApiError::Gone) => {}
            Err(error) => return Err(error.into()),
        }
        safekeeping.settle(&open.intent.op).map_err(|why| Failure::plain(Code::Local, why))?;
        let closed = Closed { op, closed: "deleted", token: Some(chosen.id.as_str()) };
        closed.tell(format_args!("\"{}\" is deleted (id {})", chosen.name(), chosen.id.shown()), output)
    })
}

fn list(
    arguments: &Arguments,
    global: &Global,
    records: &Records,
    mut left: LeftOpen,
    output: &mut Output,
) -> Result<(), Failure> {
    for (path, why) in left.creates.unreadable.iter().chain(&left.batches.unreadable) {
        let path = path.to_string_lossy();
        output.warn(format_args!("{} cannot be read and was left alone: {why}", crate::untrusted::shown(&path)));
    }
    let look = Look::at(arguments, global, &left);
    if !arguments.offline {
        left.creates.open.retain(|open| !is_over(&records.safekeeping, open));
        left.batches.open.retain(|open| {
            let is_over = !open.is_active && is_gone(&open.batch.plan.account);
            !(is_over && records.batches.end(&open.batch.op).is_ok())
        });
    }
    let creates: Vec<Entry> =
        left.creates.open.into_iter().map(|open| Entry::new(open, &look, &records.safekeeping)).collect();
    let batches: Vec<batch::Entry> = left.batches.open.into_iter().map(|open| batch::Entry::new(open, &look)).collect();
    let told = if output.is_json() {
        let open: Vec<Listed<'_>> = creates.iter().map(Entry::listed).collect();
        let batches: Vec<batch::Listed<'_>> = batches.iter().map(batch::Entry::listed).collect();
        output.json(&serde_json::json!({ "open": open, "batches": batches }))
    } else {
        output.line(as_text(&creates, &batches))
    };
    // Once that was told, nobody needs their records any more. What cannot be removed is told again the next time.
    for done in batches.iter().filter(|entry| told.is_ok() && entry.is_done()) {
        let _next_time = records.batches.end(&done.open.batch.op);
    }
    told
}

/// The account as it is now, looked at once for all the records that are about it.
struct Look {
    account: Option<AccountKey>,
    tokens: Result<Vec<Arc<Token>>, String>,
}

impl Look {
    fn at(arguments: &Arguments, global: &Global, left: &LeftOpen) -> Self {
        let is_empty = left.creates.open.is_empty() && left.batches.open.is_empty();
        let client = if arguments.offline || is_empty {
            Err("it was not asked".to_owned())
        } else {
            let endpoint = global.endpoint().map_err(|failure| failure.message);
            endpoint.and_then(|endpoint| Client::new(endpoint).map_err(|error| error.to_string()))
        };
        let account = client.as_ref().ok().map(Client::account);
        let is_ours = |of: &AccountKey, is_active: bool| account.as_ref() == Some(of) && !is_active;
        let has_ours = left.creates.open.iter().any(|open| is_ours(&open.intent.account, open.is_active))
            || left.batches.open.iter().any(|open| is_ours(&open.batch.plan.account, open.is_active));
        let tokens = match &client {
            Ok(client) if has_ours => crate::cli::on_a_runtime(every_token(client)).map_err(|error| error.to_string()),
            Ok(_) => Err("the environment names another account".to_owned()),
            Err(why) => Err(why.clone()),
        };
        Self { account, tokens }
    }

    /// The tokens, if this is the account that was looked at.
    fn tokens(&self, of: &AccountKey) -> Result<&[Arc<Token>], String> {
        match &self.tokens {
            Ok(tokens) if self.account.as_ref() == Some(of) => Ok(tokens),
            Ok(_) => Err(other_account(of)),
            Err(why) => Err(why.clone()),
        }
    }
}

/// Whether a record is about a sandbox that has ended and took its tokens along: then it is closed.
fn is_over(safekeeping: &Safekeeping, open: &Open) -> bool {
    open.value == Value::None
        && !open.is_active
        && is_gone(&open.intent.account)
        && safekeeping.settle(&open.intent.op).is_ok()
}

/// Whether an account was in a sandbox that has ended. A sandbox listens on a loopback address, where nobody answering is an answer.
fn is_gone(account: &AccountKey) -> bool {
    account.host.parse::<SocketAddr>().is_ok_and(|address| {
        address.ip().is_loopback() && TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err()
    })
}

async fn every_token(client: &Client) -> Result<Vec<Arc<Token>>, ApiError> {
    let (mut pages, mut tokens) = (client.pages(), Vec::new());
    while let Some(mut page) = pages.next().await? {
        if page.unreadable > 0 {
            // One of them may be the token that is looked for.
            return Err(ApiError::Unreadable("some entries of the list are not tokens".into()));
        }
        tokens.append(&mut page.tokens);
    }
    Ok(tokens)
}

fn as_text(creates: &[Entry], batches: &[batch::Entry]) -> String {
    if creates.is_empty() && batches.is_empty() {
        return "Nothing is open: no value waits, no create is unanswered, no change of many tokens ended half way."
            .to_owned();
    }
    let creates = creates.iter().map(|Entry { open, outcome }| {
        let intent = &open.intent;
        let (user, host) =
            (crate::untrusted::shown(&intent.account.username), crate::untrusted::shown(&intent.account.host));
        let found = match outcome {
            Outcome::Unknown(_) => String::new(),
            known => format!(" Now {known}."),
        };
        format!("{}  {user} on {host}, {}\n  {}{found}", intent.op, rfc3339(intent.sent), open.summary())
    });
    creates.chain(batches.iter().map(batch::Entry::text)).collect::<Vec<_>>().join("\n")
}

impl Entry {
    fn new(open: Open, look: &Look, safekeeping: &Safekeeping) -> Self {
        let outcome = match look.tokens(&open.intent.account) {
            _ if open.is_active => Outcome::Unknown("it is under way".into()),
            Ok(tokens) => safekeeping.judge(&open.intent, tokens, Timestamp::now()),
            Err(why) => Outcome::Unknown(why),
        };
        Self { open, outcome }
    }

    fn listed(&self) -> Listed<'_> {
        let Open { intent, is_active, value, delivered, undelivered } = &self.open;
        let until = match value {
            Value::Whole { kept, .. } | Value::Broken(kept) => kept.until(),
            Value::None => None,
        };
        let place = |to: &Destination, state| Place { kind: to.kind().word, place: to.to_string(), state };
        let (token, kept) = match value {
            Value::Whole { token, kept } => (Some(token), kept.word()),
            Value::Broken(kept) => (intent.made.as_ref(), kept.word()),
            Value::None => (intent.made.as_ref(), "none"),
        };
        Listed {
            op: intent.op.as_str(),
            username: &intent.account.username,
            host: &intent.account.host,
            note: &intent.note,
            scopes: &intent.scopes,
            allowed_urls: &intent.allowed_urls,
            sent: rfc3339(intent.sent),
            active: *is_active,
            value: value.word(),
            kept,
            kept_until: until.map(rfc3339),
            destinations: delivered
                .iter()
                .map(|(to, presence)| place(to, presence.word()))
                .chain(undelivered.iter().map(|to| place(to, "undelivered")))
                .collect(),
            token,
            outcome: self.outcome.word(),
            candidates: self.outcome.candidates(),
            summary: self.open.summary(),
        }
    }
}

fn other_account(of: &AccountKey) -> String {
    let (user, host) = (crate::untrusted::shown(&of.username), crate::untrusted::shown(&of.host));
    format!("this is about {user} on {host}, and the environment names another account")
}
