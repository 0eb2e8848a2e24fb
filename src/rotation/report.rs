//! [`Report`]: a rotation as JSON, and as Markdown for a pull request or a chat. No token value is in either.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use super::{
    change::State,
    old_token_usage::OldTokenUsage,
    places::{Places, path_shown},
    record::{Progress, Rotation, Stage},
};
use crate::{
    token::{Scope, TokenId, Usage, rfc3339, time},
    untrusted::Untrusted,
};

/// A rotation, for machines.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Its name.
    pub op: String,
    /// `planned`, `running`, `waiting`, `due`, `undoing`, `done` or `undone`.
    pub state: &'static str,
    /// The stage that is next, or under way.
    pub stage: Stage,
    /// Whose tokens.
    pub username: String,
    /// Where.
    pub host: String,
    /// When it was begun.
    pub started: String,
    /// The token that is replaced.
    pub token: OldToken,
    /// What takes its place.
    pub successor: NewToken,
    /// The grace period in seconds.
    pub grace: u64,
    /// When the next stage may begin.
    pub waits_until: Option<String>,
    /// When the old token was quarantined.
    pub quarantined: Option<String>,
    /// Every stage in order.
    pub stages: Vec<StageState>,
    /// Where the value goes.
    pub destinations: Vec<Destination>,
    /// The files in which the old token was found, or was replaced.
    pub files: Vec<File>,
    /// Who uses the old token, where that is known.
    pub used: Option<OldTokenUsage>,
    /// What to know.
    pub notes: Vec<String>,
}

/// The token that is replaced.
#[derive(Clone, Debug, Serialize)]
pub struct OldToken {
    id: TokenId,
    usage: Usage,
    default: bool,
    note: Option<Untrusted>,
}

/// What takes its place.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewToken {
    id: Option<TokenId>,
    note: String,
    scopes: Vec<Scope>,
    allowed_urls: Vec<String>,
    verified: Option<String>,
}

/// How a stage stands.
#[derive(Clone, Debug, Serialize)]
pub struct StageState {
    stage: Stage,
    /// `done`, `now`, `later` or `skipped`.
    state: &'static str,
}

/// A destination.
#[derive(Clone, Debug, Serialize)]
pub struct Destination {
    kind: &'static str,
    to: String,
    delivered: Option<String>,
    error: Option<String>,
}

/// A file.
#[derive(Clone, Debug, Serialize)]
pub struct File {
    path: String,
    lines: Vec<u64>,
    /// `found`, `planned`, `replaced`, `changed` (by somebody else) or `missing`.
    state: &'static str,
}

impl Report {
    /// Of a rotation that is on record.
    pub fn of(rotation: &Rotation, now: Timestamp) -> Self {
        let state = match rotation.stage() {
            _ if rotation.undo.is_some() => "undoing",
            _ if !rotation.is_due(now) => "waiting",
            Stage::Quarantine | Stage::Delete => "due",
            _ => "running",
        };
        let stages = rotation.stages(now).into_iter().map(|(stage, progress)| StageState {
            stage,
            state: match progress {
                Progress::Done => "done",
                Progress::Now => "now",
                Progress::Later => "later",
                Progress::Skipped => "skipped",
            },
        });
        let destinations = rotation.deliveries.iter().map(|delivery| Destination {
            kind: delivery.to.kind().word,
            to: delivery.to.to_string(),
            delivered: delivery.done.map(rfc3339),
            error: delivery.failed.clone(),
        });
        let files = rotation.changes.iter().filter(|change| !change.is_of_delivery()).map(|change| File {
            path: change.path.to_string_lossy().into_owned(),
            lines: change.lines.clone(),
            state: match change.state() {
                Ok(State::Before) => "planned",
                Ok(State::After) => "replaced",
                Ok(State::Missing) => "missing",
                Ok(State::Other) | Err(_) => "changed",
            },
        });
        let Rotation { op, account, old, wanted, .. } = rotation;
        Self {
            op: op.to_string(),
            state,
            stage: rotation.stage(),
            username: account.username.clone(),
            host: account.host.clone(),
            started: rfc3339(rotation.started),
            token: OldToken { id: old.id.clone(), usage: old.usage, default: old.default, note: old.note.clone() },
            successor: NewToken {
                id: rotation.successor.as_ref().map(|new| new.id.clone()),
                note: wanted.note.clone(),
                scopes: wanted.scopes.clone(),
                allowed_urls: wanted.allowed_urls.clone(),
                verified: rotation.verified.map(rfc3339),
            },
            grace: rotation.terms.grace,
            waits_until: rotation.waits_until().filter(|time| *time > now).map(rfc3339),
            quarantined: rotation.quarantined.map(rfc3339),
            stages: stages.collect(),
            destinations: destinations.collect(),
            files: files.collect(),
            used: None,
            notes: Vec::new(),
        }
    }

    /// Of one that has come to its end.
    pub fn finished(rotation: &Rotation, now: Timestamp) -> Self {
        let mut report = Self::of(rotation, now);
        report.state = "done";
        for stage in &mut report.stages {
            if stage.state == "now" {
                stage.state = "done";
            }
        }
        report
    }

    /// Adds the places in which the old token was found.
    #[must_use]
    pub fn with_places(mut self, places: &Places) -> Self {
        for target in &places.targets {
            let path = target.path.to_string_lossy().into_owned();
            if self.files.iter().any(|file| file.path == path) {
                continue;
            }
            let lines = target.places.iter().map(|spot| spot.line).collect();
            self.files.push(File { path, lines, state: "found" });
        }
        self
    }
}

/// A rotation for people, as Markdown.
pub fn markdown(rotation: &Rotation, report: &Report, now: Timestamp) -> String {
    let old = &rotation.old;
    let mut text = format!("## {}\n\n", escaped(&rotation.title()));
    let mut line = |line: String| writeln!(text, "{line}").expect("a string takes everything");
    line(format!("| | id | kind |\n|---|---|---|\n| old | `{}` | {} |", old.id.shown(), old.usage.word()));
    if let Some(new) = &rotation.successor {
        line(format!("| successor | `{}` | {} |", new.id.shown(), old.usage.word()));
    }
    line(format!(
        "\nAccount `{}` on `{}`. {}\n",
        rotation.account.username,
        rotation.account.host,
        sentence(rotation, report, now)
    ));
    for StageState { stage, state } in &report.stages {
        let mark = match *state {
            "done" => "x",
            "skipped" => continue,
            _ => " ",
        };
        line(format!("- [{mark}] {}", stage.title()));
    }
    if !report.destinations.is_empty() {
        line("\n### Destinations\n".to_owned());
        for Destination { to, delivered, error, .. } in &report.destinations {
            let state = match (delivered, error) {
                (Some(_), _) => "delivered".to_owned(),
                (None, Some(error)) => format!("failed: {}", escaped(&crate::untrusted::shown(error))),
                (None, None) => "not yet".to_owned(),
            };
            line(format!("- {}: {state}", escaped(to)));
        }
    }
    if !report.files.is_empty() {
        line("\n### Files\n\n| file | lines | state |\n|---|---|---|".to_owned());
        for File { path, lines, state } in &report.files {
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            line(format!("| {} | {} | {state} |", escaped(&path_shown(path.as_ref())), lines.join(", ")));
        }
    }
    if let Some(used) = &report.used {
        line(format!("\n### Use of the old token\n\n{}.", escaped(&used.sentence())));
    }
    if !report.notes.is_empty() {
        line("\n### Notes\n".to_owned());
        report.notes.iter().for_each(|note| line(format!("- {}", escaped(note))));
    }
    text
}

/// Where it stands, in a sentence.
pub fn sentence(rotation: &Rotation, report: &Report, now: Timestamp) -> String {
    match (report.state, rotation.waits_until()) {
        ("done", _) => "The old token is deleted.".to_owned(),
        ("undone", _) => "The rotation was undone.".to_owned(),
        ("undoing", _) => "An undo was interrupted.".to_owned(),
        ("planned", _) => "Nothing has been done yet.".to_owned(),
        ("waiting", Some(time)) => {
            let what = if rotation.quarantined.is_some() { "is quarantined" } else { "keeps working" };
            let next = if rotation.stage() == Stage::Quarantine { "then quarantined" } else { "then deleted" };
            format!("The old token {what} until {} ({}), {next}.", time::absolute(time), time::relative(time, now))
        }
        ("due", _) if rotation.stage() == Stage::Quarantine => "The old token is due to be quarantined.".to_owned(),
        ("due", _) => "The old token is due to be deleted.".to_owned(),
        _ => format!("Next: {}.", lower(rotation.stage().title())),
    }
}

fn lower(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// Text in which Markdown and HTML see nothing of theirs.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '~') {
            out.push('\\');
        }
        out.push(if c == '\n' { ' ' } else { c });
    }
    out
}
