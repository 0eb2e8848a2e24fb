//! [`Finding`]: a token in a place.

use std::{fmt, ops::Range, path::Path, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{Digest, sample};
use crate::{
    token::{
        TokenId, Usage,
        decoded::{Encoding, Found},
    },
    untrusted::Untrusted,
};

/// The name of a commit: hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(Arc<str>);

impl CommitId {
    /// From git's output; `None` unless it is nothing but hexadecimal digits.
    pub fn new(text: &str) -> Option<Self> {
        let is_id = text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then(|| Self(text.into()))
    }

    /// All of its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for CommitId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for CommitId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).ok_or_else(|| D::Error::custom("not the name of a commit"))
    }
}

/// A token in a place, without its value. What is written of it to a file is enough to find and to judge it again, not to replace it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The file, as it was reached from what was to be scanned; for history, from the repository's root.
    #[serde(serialize_with = "as_text")]
    pub path: Arc<Path>,
    /// The commit in which it first appears, when history was scanned.
    pub commit: Option<CommitId>,
    /// The line, from 1.
    pub line: u64,
    /// The column in characters, from 1.
    pub column: u64,
    /// The bytes it takes in the file.
    pub range: Range<u64>,
    /// How it is written there.
    #[serde(skip)]
    pub encoding: Encoding,
    /// What kind of token it is.
    pub usage: Usage,
    /// The account its payload names.
    pub owner: Untrusted,
    /// Its id in the API; temporary tokens have none.
    pub id: Option<TokenId>,
    /// When it was created (issued, for a temporary token), by its id.
    pub created: Option<Timestamp>,
    /// When it stops working (temporary tokens).
    pub expires: Option<Timestamp>,
    /// What it is assigned to: the variable, key, parameter or element before it.
    pub context: Option<Untrusted>,
    /// Whether it is a sample of the documentation or a placeholder.
    pub is_sample: bool,
    /// Which of the places in this file where this very token stands, from 0.
    pub occurrence: u32,
    /// Of the token's value, to recognize it by.
    pub token_digest: Digest,
    /// Of the whole file when it was scanned; `None` for streams and history.
    pub file_digest: Option<Digest>,
}

/// A path as text: one that is not Unicode can be shown, but no longer opened.
fn as_text<S: Serializer>(path: &Arc<Path>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

impl Finding {
    pub(super) fn new(found: &Found, start: u64, line: u64, column: u64, context: Option<Untrusted>) -> Self {
        let decoded = &found.decoded;
        Self {
            path: Path::new("").into(),
            commit: None,
            line,
            column,
            range: start..start + found.range.len() as u64,
            encoding: found.encoding,
            usage: decoded.usage,
            owner: decoded.owner.clone(),
            id: decoded.id.clone(),
            created: decoded.born.or(decoded.issued),
            expires: decoded.expires,
            context,
            is_sample: sample::is_sample(found),
            occurrence: 0,
            token_digest: Digest::of(found.value.expose().as_bytes()),
            file_digest: None,
        }
    }

    /// The same for the same token in the same file, wherever in the file it moves, and different for every other: what baselines and
    /// collectors of findings know it by.
    pub fn fingerprint(&self) -> String {
        let path = self.path.to_string_lossy().replace('\\', "/");
        let parts = [path.as_str(), &self.token_digest.to_string(), &self.occurrence.to_string()].join("\n");
        Digest::of(parts.as_bytes()).short()
    }
}
