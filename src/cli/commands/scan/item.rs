//! [`Item`]: a finding with its details, as JSON and as a table row.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    cli::table::{Cell, Column, Table, Tone},
    scan::{Account, Finding, State, judge},
    token::{LastUse, Scope, decoded::scrub, lint::Severity, rfc3339},
    untrusted::{Untrusted, shown},
};

/// Days without use after which a token counts as unused.
const UNUSED_DAYS: i64 = 30;

/// A finding, judged.
#[derive(Debug, Serialize)]
pub(super) struct Item<'a> {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: u64,
    /// The column in characters, from 1.
    pub column: u64,
    /// Where the token starts in the file, in bytes.
    pub offset: u64,
    /// How many bytes it takes.
    pub length: u64,
    /// How it is written.
    pub encoding: String,
    /// The kind.
    pub usage: &'static str,
    /// The account it belongs to.
    pub owner: &'a str,
    /// The id; temporary tokens have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    /// When it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// When it stops working.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// What it is assigned to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<&'a str>,
    /// How severe the finding is.
    pub severity: Severity,
    /// What the token is.
    pub state: State,
    /// Why it is as severe as that.
    pub message: &'static str,
    /// The name of the account's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'a str>,
    /// Its scopes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<&'a [Scope]>,
    /// Whether it was not used in the last 30 days; left out where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unused: Option<bool>,
    /// Whether git tracks the file, or had it; left out where there is no git.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracked: Option<bool>,
    /// The commit in which it first appears.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<&'a str>,
    /// The same for the same token in the same file in every run.
    pub fingerprint: String,
    #[serde(skip)]
    title: String,
}

impl<'a> Item<'a> {
    pub(super) fn new(
        finding: &'a Finding,
        account: Option<&Account<'a>>,
        tracked: Option<bool>,
        now: Timestamp,
    ) -> Self {
        let verdict = judge(finding, account, tracked, now);
        let title = verdict.token.map_or_else(|| finding.owner.shown(), |token| token.name()).into_owned();
        Self {
            path: path(&finding.path),
            line: finding.line,
            column: finding.column,
            offset: finding.range.start,
            length: finding.range.end - finding.range.start,
            encoding: finding.encoding.to_string(),
            usage: finding.usage.prefix(),
            owner: finding.owner.raw(),
            id: finding.id.as_ref().map(crate::token::TokenId::as_str),
            created: finding.created.map(rfc3339),
            expires: finding.expires.map(rfc3339),
            context: finding.context.as_ref().map(Untrusted::raw),
            severity: verdict.severity,
            state: verdict.state,
            message: verdict.reason,
            note: verdict.token.and_then(|token| token.note.as_ref()).map(Untrusted::raw),
            scopes: verdict.token.map(|token| token.scopes.as_slice()),
            unused: verdict.token.and_then(|token| match verdict.last_use {
                LastUse::Unknown => None,
                last_use => last_use.idle(token, now).map(|idle| idle.as_hours() >= 24 * UNUSED_DAYS),
            }),
            tracked,
            commit: finding.commit.as_ref().map(crate::scan::CommitId::as_str),
            fingerprint: finding.fingerprint(),
            title,
        }
    }

    /// `path:line:column`, and the commit.
    fn place(&self) -> String {
        let place = format!("{}:{}:{}", self.path, self.line, self.column);
        match self.commit.and_then(|commit| commit.get(..10)) {
            Some(commit) => format!("{commit} {place}"),
            None => place,
        }
    }

    /// What a user calls the token: the account's name for it, else its owner.
    pub(super) fn title(&self) -> &str {
        &self.title
    }
}

/// A path as it may be shown: whoever named a file may have put a token into the name.
pub(super) fn path(path: &Path) -> String {
    scrub(&shown(&path.to_string_lossy())).into_owned()
}

/// The findings as a table.
pub(super) fn table(items: &[Item<'_>]) -> Table {
    let mut table = Table::new([
        Column::rigid("SEVERITY"),
        Column::elastic("PLACE"),
        Column::rigid("KIND"),
        Column::elastic("TOKEN"),
        Column::rigid("ID"),
        Column::elastic("IN"),
        Column::elastic("FOUND"),
    ]);
    for item in items {
        let id = item.id.map(shown).unwrap_or_default();
        let tail = id.char_indices().rev().nth(3).and_then(|(at, _)| id.get(at..)).unwrap_or(&id);
        let unused = if item.unused == Some(true) { "; unused for 30 days" } else { "" };
        table.row([
            Cell::of_severity(item.severity),
            item.place().as_str().into(),
            item.usage.into(),
            item.title().into(),
            Cell::new(if tail.is_empty() { String::new() } else { format!("…{tail}") }, Tone::Faint),
            item.context.unwrap_or_default().into(),
            format!("{}{unused}", item.message).as_str().into(),
        ]);
    }
    table
}
