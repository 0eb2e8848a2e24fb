//! Bulk changes: confirming the plan, progress, and the report of what failed.
//!
//! Invariants: every token that was in the plan is in the report, once: done, failed or left; what is done is on standard output before the
//! next answer is looked at; a plan of more than one is in the journal from before the first request until the report is printed, and for
//! longer where something is left.

use std::{
    io::{self, Write as _},
    sync::Arc,
};

use serde::Serialize;

use super::{
    failure::{Code, Failure},
    output::Output,
    prompt,
    session::Session,
};
use crate::{
    token::Token,
    work::{
        RecordsRequest, Reply, Request, WorkError,
        apply::Connection as _,
        bulk::{Operation, Plan},
        journal::OperationId,
    },
};

/// Tokens of a plan that are named; the rest is counted.
const NAMED: usize = 20;

/// What comes of a bulk change, printed as it happens.
struct Report<'a> {
    /// What is done, as a word: `deleted`, `edited`.
    verb: &'static str,
    output: &'a mut Output,
    progress: Progress,
    total: usize,
    done: usize,
    /// The tokens it did not work for, and why.
    failed: Vec<(Arc<Token>, Failure)>,
    /// Why standard output takes no more.
    unprinted: Option<Failure>,
}

#[derive(Serialize)]
struct Failed<'a> {
    id: &'a str,
    note: Option<&'a str>,
    error: &'a Failure,
}

/// Sends one request for each token, a few at a time, and prints what came of each at once, so that a killed process has said what it
/// did. `all` are the tokens of the account: an interrupted batch that this one finishes is no longer unfinished.
///
/// # Errors
/// Where something was not done, and why.
pub fn carry_out(
    session: &mut Session,
    output: &mut Output,
    operation: Operation,
    plan: Vec<(Arc<Token>, Request)>,
    all: &[Arc<Token>],
) -> Result<(), Failure> {
    let verb = match operation {
        Operation::Delete => "deleted",
        Operation::Edit(_) => "edited",
        Operation::Apply(_) => "applied",
    };
    let (tokens, requests): (Vec<_>, Vec<_>) = plan.into_iter().unzip();
    let record = put_on_record(session, output, operation, &tokens, all);
    let mut report = Report::new(verb, output, tokens.len());
    let mut open: Vec<Option<Arc<Token>>> = tokens.into_iter().map(Some).collect();
    session.change_all(requests, |at, result| {
        let Some(place) = open.get_mut(at) else { return };
        // What was cancelled is still open.
        if matches!(result, Err(WorkError::Cancelled)) {
            return;
        }
        if let Some(token) = place.take() {
            report.hear(token, result);
        }
    })?;
    let left: Vec<_> = open.into_iter().flatten().collect();
    report.conclude(session, record, &left)
}

/// A plan of one token needs no record, unless it is all that is left of an interrupted one, whose record it then takes over.
fn put_on_record(
    session: &mut Session,
    output: &Output,
    operation: Operation,
    tokens: &[Arc<Token>],
    all: &[Arc<Token>],
) -> Option<OperationId> {
    let tokens: Vec<_> = tokens.iter().map(|token| token.id.clone()).collect();
    let plan = Plan { account: session.account().clone(), operation, tokens };
    let resumed = session.left_open().ok().and_then(|left| left.batches.resumed_by(&plan, all));
    if plan.tokens.len() < 2 && resumed.is_none() {
        return None;
    }
    begin_record(session, output, resumed, plan)
}

/// Puts a plan on record, so that `jeton recover` finds it if it is interrupted. Without a record the work is done all the same, after a
/// warning.
pub fn begin_record(
    session: &mut Session,
    output: &Output,
    op: Option<OperationId>,
    plan: Plan,
) -> Option<OperationId> {
    match session.call(RecordsRequest::BeginBatch { op, plan: Box::new(plan) }.into()) {
        Ok(Reply::BatchBegun(op)) => Some(op),
        Ok(other) => unreachable!("a record was asked for, not {other:?}"),
        Err(why) => {
            output.warn(format_args!(
                "could not write the journal; if this is interrupted, jeton recover can't resume it: {why}"
            ));
            None
        }
    }
}

/// Closes the record of a plan: the person has been told how it ended.
pub fn close_record(session: &mut Session, output: &Output, op: &OperationId) {
    if let Err(why) = session.call(RecordsRequest::EndBatch(op.clone()).into()) {
        output.warn(format_args!("could not remove the record {op}: {why}"));
    }
}

impl<'a> Report<'a> {
    fn new(verb: &'static str, output: &'a mut Output, total: usize) -> Self {
        let progress = Progress::new(output, verb, total);
        let mut report = Self { verb, output, progress, total, done: 0, failed: Vec::new(), unprinted: None };
        if report.output.is_json() {
            report.print(|output| output.text(&format!("{{\"{verb}\":[")));
        }
        report
    }

    /// One request has ended.
    fn hear(&mut self, token: Arc<Token>, result: Result<Reply, WorkError>) {
        self.progress.clear();
        match result {
            Ok(Reply::Updated(changed)) => self.tell(&changed),
            // Its string no longer works.
            Ok(_) => self.tell(&Token { token: None, ..Token::clone(&token) }),
            Err(error) => self.failed.push((token, error.into())),
        }
        self.progress.step();
    }

    /// A token it worked for: as it is now, or as it was.
    fn tell(&mut self, token: &Token) {
        let (verb, is_first) = (self.verb, self.done == 0);
        self.done += 1;
        self.print(|output| {
            if !output.is_json() {
                return output.line(format_args!("{verb} {} {}", token.id.shown(), token.name()));
            }
            if !is_first {
                output.text(",")?;
            }
            output.json_part(token)
        });
    }

    /// Writes, for as long as standard output takes it; the work continues in any case.
    fn print(&mut self, write: impl FnOnce(&mut Output) -> Result<(), Failure>) {
        if self.unprinted.is_none() {
            self.unprinted = write(self.output).and_then(|()| self.output.flush()).err();
        }
    }

    /// Prints the rest, closes the record unless it is still needed, and ends in the failure of the whole where there was one.
    fn conclude(
        mut self,
        session: &mut Session,
        record: Option<OperationId>,
        left: &[Arc<Token>],
    ) -> Result<(), Failure> {
        self.progress.clear();
        if self.output.is_json() {
            let failed = std::mem::take(&mut self.failed);
            self.print(|output| {
                let failed = failed.iter().map(|(token, error)| Failed {
                    id: token.id.as_str(),
                    note: token.note.as_ref().map(crate::untrusted::Untrusted::raw),
                    error,
                });
                output.text("],\"failed\":")?;
                output.json_part(&failed.collect::<Vec<_>>())?;
                if !left.is_empty() {
                    output.text(",\"left\":")?;
                    output.json_part(&left.iter().map(|token| &token.id).collect::<Vec<_>>())?;
                }
                output.text("}\n")
            });
            self.failed = failed;
        }
        if let Some(failure) = self.unprinted {
            return Err(failure.after(format_args!("{} of {} tokens {}", self.done, self.total, self.verb)));
        }
        if left.is_empty()
            && let Some(op) = &record
        {
            close_record(session, self.output, op);
        }
        if !self.output.is_json() && self.total > 1 {
            for (token, failure) in &self.failed {
                let (verb, id) = (self.verb, token.id.shown());
                self.output.say(format_args!("not {verb}: {id} {}: {}", token.name(), failure.message));
            }
        }
        if left.is_empty() {
            return self.failure().map_or(Ok(()), Err);
        }
        let failed = if self.failed.is_empty() { String::new() } else { format!(", {} failed", self.failed.len()) };
        let next = record.map_or_else(
            || "Run the same command again to continue.".to_owned(),
            |op| format!("To continue, run jeton recover {op}"),
        );
        let message = format!("interrupted: {} {}{failed}, {} remaining", self.done, self.verb, left.len());
        Err(Failure::new(Code::Declined, message, next))
    }

    fn failure(&self) -> Option<Failure> {
        let (_, first) = self.failed.first()?;
        if self.total == 1 {
            return Some(first.clone());
        }
        // A script can act on a code that holds for all of them.
        let code =
            if self.failed.iter().all(|(_, other)| other.code == first.code) { first.code } else { Code::Partial };
        Some(Failure::new(
            code,
            format!("{} of {} tokens not {}", self.failed.len(), self.total, self.verb),
            if code == Code::Partial { "The reasons are listed above.".into() } else { first.next.clone() },
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
        .try_for_each(|token| output.line(format_args!("would be {verb}: {} {}", token.id.shown(), token.name())))
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
    Ok(prompt::line(&format!("Type the number of tokens, {count}, to confirm:"))? == count.to_string())
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
