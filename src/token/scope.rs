//! [`Scope`]: one permission a token may hold, such as `styles:read`.
//!
//! Scopes are never a closed list: `GET /scopes/v1/{user}` says what an account may grant, and tokens in the wild hold
//! scopes no document names. What we know of the documented ones is in [`super::catalogue`].

use std::{borrow::Borrow, fmt};

use serde::{Deserialize, Serialize};

use super::word::Word;

/// The id of a scope as the API writes it. Cheap to clone: an account's tokens share a few dozen of them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope(Word);

impl Scope {
    /// A scope by its id.
    pub fn new(id: impl AsRef<str>) -> Self {
        Self(Word::new(id.as_ref()))
    }

    /// The id as it came. Foreign text: show it through [`Scope::shown`].
    pub fn id(&self) -> &str {
        self.0.raw()
    }

    /// The id as it may be drawn.
    pub fn shown(&self) -> std::borrow::Cow<'_, str> {
        self.0.shown()
    }

    /// Whether the other one is stored at the same place: equal for certain, and told without reading it.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.is(&other.0)
    }

    /// Whether holding it lets the bearer change or remove something (`…:write`, `…:protect`).
    pub fn can_write(&self) -> bool {
        self.id().ends_with(":write") || self.id().ends_with(":protect")
    }
}

/// So that a set of scopes can be asked by `&str`.
impl Borrow<str> for Scope {
    fn borrow(&self) -> &str {
        self.id()
    }
}

impl From<&str> for Scope {
    fn from(id: &str) -> Self {
        Self::new(id)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}
