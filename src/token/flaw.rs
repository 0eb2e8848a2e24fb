//! [`Flaw`]: a field of a token's record that is not what the documentation describes, and how much of it could be read.
//!
//! A record is never refused because of one odd field: what can be read is read, and the rest is named here, so that nobody takes a
//! missing scope for a scope that the token does not have.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One field and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaw {
    /// The field.
    pub field: Field,
    /// What is wrong.
    pub problem: Problem,
}

/// A field of the token metadata object, by its name in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::EnumIter)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// `id`.
    Id,
    /// `usage`.
    Usage,
    /// `client`.
    Client,
    /// `default`.
    Default,
    /// `note`.
    Note,
    /// `scopes`.
    Scopes,
    /// `allowedUrls`.
    AllowedUrls,
    /// `created`.
    Created,
    /// `modified`.
    Modified,
    /// `token`.
    Token,
}

/// What can be wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Problem {
    /// It is not there, although every token has it.
    Missing,
    /// A number where text belongs, an object where a list belongs, and so on.
    WrongType,
    /// It holds characters that are not text, shown as U+FFFD.
    NotText,
    /// It is not a date.
    NotADate,
    /// A value that the documentation does not name.
    UnknownValue,
    /// It is longer than anything the API accepts; the rest was left out.
    Cut,
    /// It is there more than once; the last one counts.
    Repeated,
}

impl Field {
    /// The name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Usage => "usage",
            Self::Client => "client",
            Self::Default => "default",
            Self::Note => "note",
            Self::Scopes => "scopes",
            Self::AllowedUrls => "allowedUrls",
            Self::Created => "created",
            Self::Modified => "modified",
            Self::Token => "token",
        }
    }
}

impl Flaw {
    /// Whether the field may hold something else than what was read.
    pub fn is_loss(self) -> bool {
        self.problem != Problem::Repeated
    }
}

/// A clause for people: "created is not a date".
impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.problem {
            Problem::Missing => "is missing",
            Problem::WrongType => "has the wrong type",
            Problem::NotText => "contains characters that are not valid text",
            Problem::NotADate => "is not a date",
            Problem::UnknownValue => "has an unknown value",
            Problem::Cut => "is too long; the rest was cut off",
            Problem::Repeated => "appears more than once; the last value counts",
        };
        write!(f, "{} {what}", self.field.name())
    }
}
