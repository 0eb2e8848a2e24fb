//! What `jeton recover` says and does about a batch: an interrupted bulk change.

use std::{fmt::Write as _, sync::Arc};

use serde::Serialize;

use super::{Closed, Look};
use crate::{
    cli::{failure::Failure, output::Output},
    token::{Scope, Token, TokenId, rfc3339},
    untrusted::shown,
    work::{
        RecordsRequest,
        bulk::{Application, Batch, Change, Operation},
        journal::{OpenBatch, Records},
    },
};

/// A batch with what the account says about it.
pub(super) struct Entry {
    pub(super) open: OpenBatch,
    /// The tokens it has not come to, or why that is not known.
    pub(super) remaining: Result<Vec<Arc<Token>>, String>,
    /// How many tokens it has not created.
    pub(super) uncreated: usize,
}

/// A batch as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed<'a> {
    op: &'a str,
    username: &'a str,
    host: &'a str,
    /// `delete`, `edit` or `apply`.
    operation: &'static str,
    /// What an edit changes.
    change: Option<&'a Change>,
    started: String,
    active: bool,
    /// All of its tokens.
    tokens: &'a [TokenId],
    /// Those it has not come to; null where the account was not looked at.
    remaining: Option<Vec<&'a TokenId>>,
    /// The file that is applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    /// How many tokens that file has still to create.
    #[serde(skip_serializing_if = "Option::is_none")]
    uncreated: Option<usize>,
    summary: String,
    /// The command that continues with it.
    next: String,
}

impl Entry {
    pub(super) fn new(open: OpenBatch, look: &Look) -> Self {
        let tokens = match look.tokens(&open.record.plan.account) {
            _ if open.is_active => Err("it is in progress".to_owned()),
            tokens => tokens,
        };
        let uncreated = tokens.as_ref().map_or(0, |tokens| open.record.uncreated(*tokens));
        let remaining = tokens.map(|tokens| open.record.remainder(tokens));
        Self { open, remaining, uncreated }
    }

    /// Whether nothing is left to do, so that its record can go.
    pub(super) fn is_done(&self) -> bool {
        self.uncreated == 0 && self.remaining.as_ref().is_ok_and(Vec::is_empty)
    }

    pub(super) fn listed(&self) -> Listed<'_> {
        let OpenBatch { record: Batch { op, started, plan }, is_active } = &self.open;
        let application = match &plan.operation {
            Operation::Apply(application) => Some(application),
            Operation::Delete | Operation::Edit(_) => None,
        };
        Listed {
            op: op.as_str(),
            username: &plan.account.username,
            host: &plan.account.host,
            operation: plan.operation.word(),
            change: match &plan.operation {
                Operation::Edit(change) => Some(change),
                Operation::Delete | Operation::Apply(_) => None,
            },
            file: application.map(|application| application.file.as_str()),
            uncreated: application.filter(|_| self.remaining.is_ok()).map(|_| self.uncreated),
            started: rfc3339(*started),
            active: *is_active,
            tokens: &plan.tokens,
            remaining: self.remaining.as_ref().ok().map(|tokens| tokens.iter().map(|token| &token.id).collect()),
            summary: self.summary(),
            next: go_on(&self.open.record),
        }
    }

    /// What is the case, in a sentence or two for people.
    fn summary(&self) -> String {
        let title = self.open.record.title();
        match &self.remaining {
            _ if self.open.is_active => format!("{title}: another jeton is working on it."),
            Ok(_) if self.is_done() => format!("{title} was interrupted, but nothing is left to do."),
            Ok(tokens) => {
                format!("{title} was interrupted: {}.", self.open.record.left(tokens.len() + self.uncreated))
            }
            Err(why) => format!("{title} was interrupted. Unknown how much is left: {why}."),
        }
    }

    pub(super) fn text(&self) -> String {
        let Batch { op, started, plan } = &self.open.record;
        let (user, host) = (shown(&plan.account.username), shown(&plan.account.host));
        let mut text = format!("{op}  {user} on {host}, {}\n  {}", rfc3339(*started), self.summary());
        if !self.open.is_active && !self.is_done() {
            write!(text, "\n  To continue: {}", go_on(&self.open.record)).expect("a string takes everything");
        }
        text
    }
}

/// Prints the tokens a batch has not come to, in a form that `delete -` and `edit -` read. Where there are none, its record goes.
pub(super) fn print_ids(
    batch: &Batch,
    tokens: &[Arc<Token>],
    records: &Records,
    output: &mut Output,
) -> Result<(), Failure> {
    if matches!(batch.plan.operation, Operation::Apply(_)) {
        return Err(Failure::usage(
            "this record is about applying a file",
            format!("To continue, run {}", go_on(batch)),
        ));
    }
    let remaining = batch.remainder(tokens);
    if output.is_json() {
        let bare: Vec<Token> = remaining.iter().map(|token| Token { token: None, ..Token::clone(token) }).collect();
        output.json(&bare)?;
    } else {
        remaining.iter().try_for_each(|token| output.line(token.id.shown()))?;
    }
    if remaining.is_empty() {
        records.perform(RecordsRequest::EndBatch(batch.op.clone()))?;
        output.say("Nothing is left to do; record closed.");
    }
    Ok(())
}

/// Drops a record; the account stays as it is.
pub(super) fn forget(open: &OpenBatch, records: &Records, output: &mut Output) -> Result<(), Failure> {
    let op = &open.record.op;
    records.perform(RecordsRequest::EndBatch(op.clone()))?;
    let closed = Closed { op: op.as_str(), closed: "forgotten", token: None };
    closed.tell("Record dropped; the account did not change", output)
}

/// The command that does the rest.
fn go_on(batch: &Batch) -> String {
    let ids = format!("jeton recover {} --ids", batch.op);
    match &batch.plan.operation {
        Operation::Delete => format!("{ids} | jeton delete - --yes"),
        Operation::Edit(change) => format!("{ids} | jeton edit - {} --yes", options(change)),
        Operation::Apply(Application { file, prune, .. }) => {
            format!("jeton apply {}{}", quoted(file), if *prune { " --prune" } else { "" })
        }
    }
}

/// The options of `jeton edit` that say the same.
fn options(change: &Change) -> String {
    let scopes = |option: &'static str, scopes: &[Scope]| {
        scopes.iter().map(|scope| format!("{option} {}", quoted(scope.id()))).collect()
    };
    let urls =
        |option: &'static str, urls: &[String]| urls.iter().map(|url| format!("{option} {}", quoted(url))).collect();
    let all: [Vec<String>; 5] = [
        scopes("--add-scope", &change.add_scopes),
        scopes("--remove-scope", &change.remove_scopes),
        change.clear_urls.then(|| "--clear-urls".to_owned()).into_iter().collect(),
        urls("--add-url", &change.add_urls),
        urls("--remove-url", &change.remove_urls),
    ];
    all.concat().join(" ")
}

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let word = shown(word);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '/' | '-' | '_');
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_goes_on_says_the_same_change() {
        let change = Change {
            add_scopes: vec!["fonts:read".into()],
            remove_scopes: vec!["uploads:write".into()],
            add_urls: vec!["https://a.example/?x=1&y".into()],
            remove_urls: vec!["it's".into()],
            clear_urls: true,
        };
        assert_eq!(
            options(&change),
            r"--add-scope fonts:read --remove-scope uploads:write --clear-urls --add-url 'https://a.example/?x=1&y' --remove-url 'it'\''s'"
        );
    }
}
