//! [`OpenCreates`]: unfinished creates of earlier runs, as plain data to show. Reading it from disk is
//! [`CreateJournal::recovery`](super::CreateJournal::recovery)'s work, judging it by the account's tokens [`Intent::judge`]'s.

use std::{path::PathBuf, sync::Arc};

use jiff::Timestamp;

use super::{intent::Intent, outcome::Outcome};
use crate::{
    delivery::{Destination, Presence},
    token::{AccountKey, Token, TokenId},
    work::journal::BackupLocation,
};

/// All that is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenCreates {
    /// The entries, oldest first.
    pub open: Vec<OpenCreate>,
    /// Notes that cannot be read, with the reason. They are left where they are.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// A create that nobody has closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCreate {
    /// What was to be made.
    pub intent: Intent,
    /// Whether another running jeton is at it: its value may be on somebody's screen. To be left alone.
    pub is_active: bool,
    /// What is left of the answer.
    pub value: Value,
    /// Where the value was delivered, and whether it was there when this was read.
    pub delivered: Vec<(Destination, Presence)>,
    /// Where it was to go as well.
    pub undelivered: Vec<Destination>,
}

/// What is left of the answer to a create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// The whole value of this token.
    Whole {
        /// Its id, from the answer itself.
        token: TokenId,
        /// Where it waits.
        backup: BackupLocation,
    },
    /// A value that is not what was asked for.
    Mismatched {
        /// How it differs.
        why: String,
        /// Where it waits.
        backup: BackupLocation,
    },
    /// An answer that broke off before the value was complete.
    Broken(BackupLocation),
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

impl OpenCreates {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.unreadable.is_empty()
    }

    /// What one account should be told at its start: its own entries that no running program is at.
    pub fn of<'a>(&'a self, account: &AccountKey) -> impl Iterator<Item = &'a OpenCreate> {
        self.open.iter().filter(move |open| open.intent.account == *account && !open.is_active)
    }
}

impl OpenCreate {
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

    /// Whether the value is where it was to go, as far as that can be found out: then nothing is left to do.
    pub fn is_stored(&self) -> bool {
        let is_there = |presence: &Presence| matches!(presence, Presence::There | Presence::Unknown);
        self.undelivered.is_empty() && self.delivered.iter().any(|(_, presence)| is_there(presence))
    }

    /// Where the value was delivered and whether it is still there, and where it did not get to; `None` where it was not delivered at all.
    pub fn whereabouts(&self) -> Option<String> {
        let mut texts: Vec<String> = self
            .delivered
            .iter()
            .map(|(to, presence)| {
                let now = match presence {
                    Presence::There => "still there",
                    Presence::Changed => "replaced since",
                    Presence::Gone => "no longer there",
                    Presence::Unknown => "can't check whether it is still there",
                };
                format!("Its value was delivered to {to} ({now}).")
            })
            .collect();
        texts.extend(self.undelivered.iter().map(|to| format!("Delivery to {to} is not confirmed.")));
        (!texts.is_empty()).then(|| texts.join(" "))
    }

    /// What is the case and what to do, in a sentence or two for people, before the account has been looked at.
    pub fn summary(&self) -> String {
        let name = match self.intent.note.as_str() {
            "" => "A token without a name".to_owned(),
            note => format!("\"{}\"", crate::untrusted::shown(note)),
        };
        let op = &self.intent.op;
        match &self.value {
            _ if self.is_active => format!("Another jeton is creating or showing {name}."),
            _ if self.is_stored() => {
                let whereabouts = self.whereabouts().unwrap_or_default();
                format!("{name} was created. {whereabouts} To close the record: `jeton recover {op} --forget`.")
            }
            Value::Mismatched { why, backup } => {
                format!(
                    "{name} was created, but not as requested: {why}. A backup of its value is {backup}. To save it: `jeton \
                        recover {op} --to-file FILE`."
                )
            }
            Value::Whole { backup, .. } => match self.whereabouts() {
                Some(whereabouts) if self.undelivered.is_empty() => {
                    format!(
                        "{name} was created. {whereabouts} A backup is {backup}. To save it: `jeton recover {op} --to-file FILE`."
                    )
                }
                Some(whereabouts) => {
                    format!(
                        "{name} was created. {whereabouts} A backup is {backup}. To retry: `jeton recover {op} --retry`."
                    )
                }
                None => format!(
                    "{name} was created, but its value was never saved. A backup is {backup}. To save it: `jeton recover {op} \
                        --to-file FILE`."
                ),
            },
            Value::Broken(_) => {
                format!(
                    "{name} was created, but the answer was cut off before its value was complete. To see what exists: `jeton \
                        recover {op}`."
                )
            }
            Value::None if self.intent.made.is_some() => {
                let whereabouts = self.whereabouts().map(|text| format!(" {text}")).unwrap_or_default();
                format!(
                    "{name} was created, but its value is lost.{whereabouts} Delete the token with `jeton recover {op} --delete`, \
                        then create it again."
                )
            }
            Value::None => {
                format!(
                    "Creating {name} was interrupted before an answer arrived. To see whether it exists: `jeton recover {op}`."
                )
            }
        }
    }
}
