//! A [`Plan`] for people: lines for a terminal, Markdown for a pull request; and as JSON.

use std::{fmt, fmt::Write as _};

use serde_json::{Value, json};

use super::{Absent, Action, Counts, Plan, Step, quoted};
use crate::{
    token::{Scope, Token, change::Sign},
    untrusted::{Untrusted, shown},
};

/// What a line is about, by which it may be coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Something new.
    Create,
    /// Something else than before.
    Change,
    /// Something goes.
    Delete,
    /// Nothing happens.
    Keep,
    /// Something to think about.
    Warning,
    /// Something that cannot be done.
    Error,
}

impl Mark {
    /// One character: also what colours the line where Markdown shows a difference.
    pub const fn sign(self) -> char {
        match self {
            Self::Create => '+',
            Self::Change => '!',
            Self::Delete => '-',
            Self::Keep => ' ',
            Self::Warning => '#',
            Self::Error => '!',
        }
    }
}

/// A line of a plan, ready to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is about.
    pub mark: Mark,
    /// The text.
    pub text: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(format!("{} {}", self.mark.sign(), self.text).trim_end())
    }
}

/// `1 to create, 2 to edit, 12 unchanged`.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.create, "to create"),
            (self.change, "to edit"),
            (self.deliver, "to deliver"),
            (self.delete, "to delete"),
            (self.unchanged, "unchanged"),
            (self.not_in_file, "not in the file"),
        ];
        let mut parts: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        match self.errors {
            0 => {}
            1 => parts.push("1 error".to_owned()),
            count => parts.push(format!("{count} errors")),
        }
        if parts.is_empty() {
            parts.push("no tokens".to_owned());
        }
        f.write_str(&parts.join(", "))
    }
}

impl Plan {
    /// Everything that is not as it should be, a line for each fact.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for step in &self.steps {
            lines.extend(step.lines());
        }
        lines.extend(self.absent.iter().map(Absent::line));
        lines
    }

    /// For a pull request. What the account's tokens are called cannot break out of the code it stands in.
    pub fn markdown(&self, file: &str) -> String {
        let code = |text: &str| format!("`{}`", shown(text).replace('`', "'"));
        let (user, host) = (code(&self.account.username), code(&self.account.host));
        let mut text = format!("### Tokens: {}\n\n{} against {user} on {host}\n", self.counts(), code(file));
        let lines = self.lines();
        if !lines.is_empty() {
            text.push_str("\n````diff\n");
            for line in lines {
                writeln!(text, "{line}").expect("a string takes everything");
            }
            text.push_str("````\n");
        }
        text
    }

    /// As documented in `assets/schema/plan.json`.
    pub fn json(&self, file: &str) -> Value {
        let of = |keep: fn(&Step) -> bool, show: fn(&Step) -> Value| {
            self.steps.iter().filter(|step| keep(step)).map(show).collect::<Vec<_>>()
        };
        let faults = self.steps.iter().flat_map(|step| {
            step.errors.iter().map(
                |fault| json!({"key": step.key, "line": fault.line, "column": fault.column, "message": fault.message}),
            )
        });
        let warnings = self.steps.iter().flat_map(|step| {
            step.warnings.iter().map(|warning| json!({"key": step.key, "line": step.place.line, "message": warning}))
        });
        let absent = self.absent.iter().map(|absent| {
            let token = &absent.token;
            json!({
                "id": token.id, "note": token.note, "usage": token.usage, "default": token.default,
                "delete": absent.kept.is_none(), "kept": absent.kept,
            })
        });
        json!({
            "file": file,
            "username": self.account.username,
            "host": self.account.host,
            "counts": self.counts(),
            "create": of(|step| matches!(step.action, Action::Create { .. }), Step::json),
            "change": of(|step| matches!(step.action, Action::Change { .. }), Step::json),
            "deliver": of(|step| step.waiting.is_some(), Step::json_of_delivery),
            "unchanged": of(|step| matches!(step.action, Action::Unchanged(_)), Step::json_of_name),
            "notInFile": absent.collect::<Vec<_>>(),
            "errors": faults.collect::<Vec<_>>(),
            "warnings": warnings.collect::<Vec<_>>(),
        })
    }
}

/// `"Store locator" (cm…)`.
fn title(token: &Token) -> String {
    match &token.note {
        Some(note) if !note.is_empty() => format!("{} ({})", quoted(note.raw()), token.id.shown()),
        _ => format!("{} ({})", token.name(), token.id.shown()),
    }
}

impl Absent {
    /// What becomes of it.
    pub fn line(&self) -> Line {
        let title = title(&self.token);
        match self.kept {
            None => Line { mark: Mark::Delete, text: format!("{title}: not in the file, delete") },
            Some(why) => Line { mark: Mark::Keep, text: format!("{title}: not in the file ({why})") },
        }
    }
}

impl Step {
    /// What is done, a line for each fact; none where all is as it should be.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let key = shown(&self.key).into_owned();
        let mut add = |mark, text: String| lines.push(Line { mark, text });
        match &self.action {
            Action::Create { draft, usage } => {
                let name = if draft.note.is_empty() { String::new() } else { format!(" {}", quoted(&draft.note)) };
                add(Mark::Create, format!("{key}: create the {} token{name}", usage.word()));
                for scope in &draft.scopes {
                    add(Mark::Create, format!("  scope {}", scope.shown()));
                }
                for url in &draft.allowed_urls {
                    add(Mark::Create, format!("  URL {}", shown(url)));
                }
                for place in &self.deliver {
                    add(Mark::Create, format!("  value to {place}"));
                }
            }
            Action::Change { token, patch } => {
                add(Mark::Change, format!("{key}: edit {}", title(token)));
                for line in patch.diff(token).lines() {
                    let mark = if line.sign == Sign::Added { Mark::Create } else { Mark::Delete };
                    add(mark, format!("  {} {}", line.subject, line.text));
                }
            }
            Action::Nothing => add(Mark::Keep, format!("{key}:")),
            Action::Unchanged(token) if self.waiting.is_some() || !self.errors.is_empty() => {
                add(Mark::Keep, format!("{key}: {} is unchanged", title(token)));
            }
            Action::Unchanged(_) => {}
        }
        if let Some(op) = &self.waiting {
            add(Mark::Change, format!("  deliver the value that an earlier run did not ({})", shown(op)));
            for place in &self.deliver {
                add(Mark::Create, format!("  value to {place}"));
            }
        }
        for warning in &self.warnings {
            add(Mark::Warning, format!("  {key}: {}", shown(warning)));
        }
        for fault in &self.errors {
            add(Mark::Error, format!("  error at {fault}"));
        }
        lines
    }

    fn json_of_name(&self) -> Value {
        let token = self.action.token();
        json!({"key": self.key, "line": self.place.line, "id": token.map(|token| &token.id)})
    }

    fn json_of_delivery(&self) -> Value {
        let mut value = self.json_of_name();
        value["record"] = json!(self.waiting);
        value["deliver"] = self.deliver.iter().map(ToString::to_string).collect();
        value
    }

    fn json(&self) -> Value {
        let mut value = self.json_of_name();
        match &self.action {
            Action::Create { draft, usage } => {
                value["note"] = draft.note.as_str().into();
                value["usage"] = json!(usage);
                value["scopes"] = draft.scopes.iter().map(Scope::id).collect();
                value["allowedUrls"] = json!(draft.allowed_urls);
                value["deliver"] = self.deliver.iter().map(ToString::to_string).collect();
                value.as_object_mut().expect("made here").remove("id");
            }
            Action::Change { token, patch } => {
                let diff = patch.diff(token);
                value["note"] = json!(token.note);
                value["noteChange"] = diff.note.map_or(Value::Null, |(from, to)| json!({"from": from, "to": to}));
                value["addedScopes"] = diff.added_scopes.iter().map(Scope::id).collect();
                value["removedScopes"] = diff.removed_scopes.iter().map(Scope::id).collect();
                value["addedUrls"] = diff.added_urls.iter().map(Untrusted::raw).collect();
                value["removedUrls"] = diff.removed_urls.iter().map(Untrusted::raw).collect();
            }
            Action::Unchanged(_) | Action::Nothing => {}
        }
        value
    }
}
