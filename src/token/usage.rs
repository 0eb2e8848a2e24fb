//! [`Usage`]: the kinds of token, which Mapbox names by the first two letters of the token string.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a token is, as the API's `usage` field and the first two letters of its string say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Usage {
    /// `pk`: holds public scopes only; its string can be read again at any time.
    #[serde(rename = "pk")]
    Public,
    /// `sk`: holds at least one secret scope; its string is shown once, in the answer to the create call.
    #[serde(rename = "sk")]
    Secret,
    /// `tk`: lives an hour at most, is in no list, and can be neither changed nor revoked.
    #[serde(rename = "tk")]
    Temporary,
    /// The server named none that the documentation does.
    #[serde(rename = "unknown")]
    Unknown,
}

impl Usage {
    /// The two letters; question marks for an unknown kind.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Public => "pk",
            Self::Secret => "sk",
            Self::Temporary => "tk",
            Self::Unknown => "??",
        }
    }

    /// The word the account page uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Secret => "secret",
            Self::Temporary => "temporary",
            Self::Unknown => "unknown",
        }
    }

    /// From the two letters; `None` for anything else.
    pub fn from_prefix(prefix: &str) -> Option<Self> {
        [Self::Public, Self::Secret, Self::Temporary].into_iter().find(|usage| usage.prefix() == prefix)
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.prefix())
    }
}
