//! Changes of many tokens: the plan that is confirmed, the progress, and the report of what failed.
//!
//! What always holds: every token that was in the plan is in the report, once, among those that worked or those that did not; a plan of
//! more than one is on record from before the first request until the report is printed.
//!
//! Callers: `delete`, `edit -`.

use std::{
    io::{self, Write as _},
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use super::{
    failure::{Code, Failure},
    output::Output,
    prompt,
    session::Session,
};
use crate::{
    api::ApiError,
    token::Token,
    work::{
        Reply, Request,
        bulk::{Batches, Operation, Plan},
        create::Op,
    },
};

/// Tokens of a plan that are named; the rest is counted.
const NAMED: usize = 20;

/// What came of a bulk change.
#[derive(Debug)]
pub struct Report {
    /// What was done, as a word: `deleted`, `edited`.
    pub verb: &'static str,
    /// The tokens it worked for: as they are now, or as they were.
    pub done: Vec<Token>,
    /// The others, and why.
    pub failed: Vec<(Arc<Token>, Failure)>,
    /// What is on record until this is printed.
    record: Option<Record>,
}

/// The record of a batch of this process.
#[derive(Debug)]
struct Record {
    batches: Batches,
    op: Op,
}

#[derive(Serialize)]
struct Failed<'a> {
    id: &'a str,
    note: Option<&'a str>,
    error: &'a Failure,
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(self.verb, &self.done)?;
        let failed = self.failed.iter().map(|(token, error)| Failed {
            id: token.id.as_str(),
            note: token.note.as_ref().map(crate::untrusted::Untrusted::raw),
            error,
        });
        map.serialize_entry("failed", &failed.collect::<Vec<_>>())?;
        map.end()
    }
}

/// Sends one request for each token, a few at a time, and collects what came of them in the order of the plan. `all` are
/// the tokens of the account: a batch that was left, and that this finishes, is not left any more.
pub fn carry_out(
    session: &mut Session,
    output: &Output,
    operation: Operation,
    plan: Vec<(Arc<Token>, Request)>,
    all: &[Arc<Token>],
) -> Report {
    let verb = match operation {
        Operation::Delete => "deleted",
        Operation::Edit(_) => "edited",
        Operation::Apply(_) => "applied",
    };
    let (tokens, requests): (Vec<_>, Vec<_>) = plan.into_iter().unzip();
    let record = put_on_record(session, output, operation, &tokens, all);
    let mut results: Vec<Option<Result<Reply, ApiError>>> = tokens.iter().map(|_| None).collect();
    let mut progress = Progress::new(output, verb, tokens.len());
    session.call_all(requests, |at, result| {
        progress.step();
        if let Some(place) = results.get_mut(at) {
            *place = Some(result);
        }
    });
    progress.clear();
    let mut report = Report { verb, done: Vec::new(), failed: Vec::new(), record };
    for (token, result) in tokens.into_iter().zip(results) {
        match result.expect("every request ends") {
            Ok(Reply::Updated(changed)) => report.done.push(*changed),
            // Its string is worth nothing any more.
            Ok(_) => report.done.push(Token { token: None, ..Token::clone(&token) }),
            Err(error) => report.failed.push((token, error.into())),
        }
    }
    report
}

/// What dies half way is found by `jeton recover`. Without a record the work is done all the same, and that there is none is said.
fn put_on_record(
    session: &Session,
    output: &Output,
    operation: Operation,
    tokens: &[Arc<Token>],
    all: &[Arc<Token>],
) -> Option<Record> {
    let count = tokens.len();
    let tokens = tokens.iter().map(|token| token.id.clone()).collect();
    let plan = Plan { account: session.account().clone(), operation, tokens };
    let batches = session.batches().clone();
    batches.tidy();
    let op = batches.gone_on_with(&plan, all);
    if count < 2 && op.is_none() {
        return None;
    }
    match batches.begin(op, plan, Timestamp::now()) {
        Ok(op) => Some(Record { batches, op }),
        Err(why) => {
            output.warn(format_args!(
                "this is not on record, so jeton recover will not know of it should it end half way: {why}"
            ));
            None
        }
    }
}

impl Report {
    /// Prints it, and ends in the failure of the whole where there was one.
    pub fn conclude(self, output: &mut Output) -> Result<(), Failure> {
        // What was done is told before what was not.
        self.print(output).and_then(|()| output.flush()).map_err(|failure| {
            let (done, total) = (self.done.len(), self.done.len() + self.failed.len());
            failure.after(format_args!("{done} of {total} tokens were {}", self.verb))
        })?;
        if let Some(Record { batches, op }) = &self.record
            && let Err(why) = batches.end(op)
        {
            output.warn(format_args!("the record {op} is still there: {why}"));
        }
        if !output.is_json() && self.done.len() + self.failed.len() > 1 {
            for (token, failure) in &self.failed {
                output.say(format_args!(
                    "not {} {} {}: {}",
                    self.verb,
                    token.id.shown(),
                    token.name(),
                    failure.message
                ));
            }
        }
        self.failure().map_or(Ok(()), Err)
    }

    fn print(&self, output: &mut Output) -> Result<(), Failure> {
        if output.is_json() {
            return output.json(self);
        }
        self.done
            .iter()
            .try_for_each(|token| output.line(format_args!("{} {} {}", self.verb, token.id.shown(), token.name())))
    }

    fn failure(&self) -> Option<Failure> {
        let (_, first) = self.failed.first()?;
        let total = self.done.len() + self.failed.len();
        if total == 1 {
            return Some(first.clone());
        }
        // A script can act on a code that holds for all of them.
        let code =
            if self.failed.iter().all(|(_, other)| other.code == first.code) { first.code } else { Code::Partial };
        Some(Failure::new(
            code,
            format!("{} of {total} tokens were not {}", self.failed.len(), self.verb),
            if code == Code::Partial { "See the report for the reason of each.".into() } else { first.next.clone() },
        ))
    }
}

/// Prints what a dry run would have done: the tokens as they are, or as they would be.
pub fn rehearse(output: &mut Output, verb: &'static str, planned: &[Token]) -> Result<(), Failure> {
    if output.is_json() {
        let nothing: [Token; 0] = [];
        return output.json(&serde_json::json!({ verb: nothing, "failed": nothing, "planned": planned }));
    }
    planned
        .iter()
        .try_for_each(|token| output.line(format_args!("would be {verb} {} {}", token.id.shown(), token.name())))
}

/// Lists a plan's tokens on standard error.
pub fn describe(output: &Output, tokens: &[Arc<Token>]) {
    for token in tokens.iter().take(NAMED) {
        output.say(format_args!("  {}  {}  {}", token.id.shown(), token.usage, token.name()));
    }
    if tokens.len() > NAMED {
        output.say(format_args!("  and {} more", tokens.len() - NAMED));
    }
}

/// Has the number of tokens typed: nobody does that by accident.
pub fn is_number_typed(count: usize) -> Result<bool, Failure> {
    Ok(prompt::line(&format!("Type the number of tokens, {count}, to go on:"))? == count.to_string())
}

/// A line on standard error that counts, at a terminal only.
pub struct Progress {
    verb: &'static str,
    total: usize,
    count: usize,
    is_shown: bool,
}

impl Progress {
    /// Nothing yet of `total`.
    pub fn new(output: &Output, verb: &'static str, total: usize) -> Self {
        Self { verb, total, count: 0, is_shown: total > 1 && output.shows_progress() }
    }

    /// One more.
    pub fn step(&mut self) {
        self.count += 1;
        if self.is_shown {
            // Standard error that cannot be written misses nothing but this.
            let _unseen = write!(io::stderr(), "\r{} of {} {}", self.count, self.total, self.verb);
        }
    }

    /// Takes the line away.
    pub fn clear(&self) {
        if self.is_shown {
            let _unseen = write!(io::stderr(), "\r\u{1b}[K");
        }
    }
}
