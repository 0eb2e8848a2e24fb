//! [`Recovery`]: what earlier runs left open, as plain data to show. Reading it from disk is
//! [`Safekeeping::recovery`](super::Safekeeping::recovery)'s work, judging it by the account's tokens [`Intent::judge`]'s.

use std::{path::PathBuf, sync::Arc};

use jiff::Timestamp;

use super::{intent::Intent, outcome::Outcome};
use crate::{
    token::{AccountKey, Token, TokenId},
    work::escrow::Kept,
};

/// All that is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// The entries, oldest first.
    pub open: Vec<Open>,
    /// Notes that cannot be read, with the reason. They are left where they are.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// A create that nobody has closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// What was to be made.
    pub intent: Intent,
    /// Whether another running jeton is at it: its value may be on somebody's screen. To be left alone.
    pub is_active: bool,
    /// What is left of the answer.
    pub value: Value,
}

/// What is left of the answer to a create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// The whole value of this token.
    Whole {
        /// Its id, from the answer itself.
        token: TokenId,
        /// Where it waits.
        kept: Kept,
    },
    /// A value that is not what was asked for.
    Mismatched {
        /// How it differs.
        why: String,
        /// Where it waits.
        kept: Kept,
    },
    /// An answer that broke off before the value was complete.
    Broken(Kept),
    /// Nothing: no answer came, or its time is over.
    None,
}

impl Value {
    /// One word for machines.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Whole { .. } => "whole",
            Self::Mismatched { .. } => "mismatched",
            Self::Broken(_) => "broken",
            Self::None => "none",
        }
    }
}

impl Recovery {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.unreadable.is_empty()
    }

    /// What one account should be told at its start: its own entries that no running program is at.
    pub fn of<'a>(&'a self, account: &AccountKey) -> impl Iterator<Item = &'a Open> {
        self.open.iter().filter(move |open| open.intent.account == *account && !open.is_active)
    }
}

impl Open {
    /// Whether an answer or a part of one is kept.
    pub fn has_answer(&self) -> bool {
        self.value != Value::None
    }

    /// Whether nothing is left to decide, so that its record can go: it was not made, or the token is deleted already.
    pub fn is_over(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Gone(_) => true,
            Outcome::SafeToResend => !self.has_answer(),
            Outcome::TooEarly(_) | Outcome::Made(_) | Outcome::Several(_) | Outcome::Unknown(_) => false,
        }
    }

    /// Judges it by every token the account held when it was asked, which was then. The answer that is kept knows best which token it is
    /// about.
    pub fn judge<'a>(&self, tokens: impl IntoIterator<Item = &'a Arc<Token>>, asked: Timestamp) -> Outcome {
        match &self.value {
            Value::Whole { token, .. } if self.intent.made.is_none() => {
                Intent { made: Some(token.clone()), ..self.intent.clone() }.judge(tokens, asked)
            }
            _ => self.intent.judge(tokens, asked),
        }
    }

    /// What is the case and what to do, in a sentence or two for people, before the account has been looked at.
    pub fn summary(&self) -> String {
        let name = match self.intent.note.as_str() {
            "" => "A token without a name".to_owned(),
            note => format!("\"{}\"", crate::untrusted::shown(note)),
        };
        let op = &self.intent.op;
        match &self.value {
            _ if self.is_active => format!("{name} is being created or shown by another jeton right now."),
            Value::Whole { kept, .. } => {
                format!("{name} was created and its value not stored; it is {kept}. `jeton recover {op}` delivers it.")
            }
            Value::Mismatched { why, kept } => {
                format!(
                    "{name}: the answer is not what was asked for ({why}); it is {kept}. `jeton recover {op}` says what exists, and with --to-file delivers the value that came."
                )
            }
            Value::Broken(_) => {
                format!(
                    "{name} was created but the answer broke off before its value was complete. `jeton recover {op}` says what exists."
                )
            }
            Value::None if self.intent.made.is_some() => {
                format!(
                    "{name} was created, but its value is gone. Delete the token and create it again: `jeton recover {op} --delete`."
                )
            }
            Value::None => {
                format!("{name} was being created and no answer came. `jeton recover {op}` says whether it exists.")
            }
        }
    }
}
