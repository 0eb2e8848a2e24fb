//! What `diff`, `apply`, `export` and `lint --file` share on the command line: a file of tokens that is read, a plan that is shown or refused.

use std::sync::Arc;

use super::{
    failure::{Code, Failure},
    output::Output,
    session::Session,
};
use crate::{
    plan::{Plan, render::Mark},
    token::{AccountKey, Token},
    untrusted::shown,
    work::{
        Reply, Request, WorkError,
        apply::{ApplyError, Connection, LoadError, Loaded, load as load_file, read as read_file},
        journal::CreateJournal,
    },
};

/// The text of a file; `-` is standard input.
pub fn read(name: &str) -> Result<String, Failure> {
    Ok(read_file(name)?)
}

/// Reads a file of tokens or a saved plan.
pub fn load(name: &str) -> Result<Loaded, Failure> {
    Ok(load_file(name)?)
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        let message = error.to_string();
        match error {
            LoadError::Unreadable(name, error) => Self::local(format_args!("can't read {}", shown(&name)), &error),
            LoadError::NotText(_) => Self::usage(message, "Save it as UTF-8."),
            LoadError::Plan(..) => Self::usage(message, "Create a new plan with jeton diff --out."),
            LoadError::Faulty(..) => Self::usage(message, "Nothing was sent."),
        }
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Work(error) => error.into(),
            ApplyError::Local(why) => Self::plain(Code::Local, why),
            ApplyError::Usage(why) => Self::usage(why, ""),
            ApplyError::Undelivered { message, next, is_secret } => {
                Self::new(if is_secret { Code::Undelivered } else { Code::Local }, message, next)
            }
        }
    }
}

impl Connection for Session {
    fn account(&self) -> &AccountKey {
        self.account()
    }

    fn journal(&self) -> &CreateJournal {
        self.journal()
    }

    fn call(&mut self, request: Request) -> Result<Reply, WorkError> {
        self.call(request)
    }

    fn tokens(&mut self) -> Result<Vec<Arc<Token>>, WorkError> {
        self.tokens()
    }

    fn call_all(&mut self, requests: Vec<Request>, done: impl FnMut(usize, Result<Reply, WorkError>)) {
        self.call_all(requests, done);
    }
}

/// Shows a plan on standard error or, as data, on standard output.
pub fn show(plan: &Plan, name: &str, is_data: bool, output: &mut Output) -> Result<(), Failure> {
    let styles = if is_data { output.styles() } else { output.ink_of_talk() };
    let account = &plan.account;
    let head = format!("{} against {} on {}", shown(name), shown(&account.username), shown(&account.host));
    let mut lines = vec![styles.title(&head).to_string()];
    lines.extend(plan.lines().iter().map(|line| match line.mark {
        Mark::Create => styles.good(line).to_string(),
        Mark::Delete | Mark::Error => styles.error(line).to_string(),
        Mark::Change | Mark::Warning => styles.warning(line).to_string(),
        Mark::Keep => styles.faint(line).to_string(),
    }));
    lines.push(format!("Plan: {}.", plan.counts()));
    for line in lines {
        if is_data {
            output.line(line)?;
        } else {
            output.say(line);
        }
    }
    Ok(())
}

/// What is in the way of a plan, if anything is.
pub fn refused(plan: &Plan) -> Result<(), Failure> {
    match plan.counts().errors {
        0 => Ok(()),
        count => Err(Failure::new(
            Code::Refused,
            format!("{count} {} in the plan", if count == 1 { "error" } else { "errors" }),
            "Nothing was changed.",
        )),
    }
}
