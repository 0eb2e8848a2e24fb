//! [`OperationId`]: what an entry of the journal is called, by people and on disk.
//!
//! Invariants: nothing else than eight hexadecimal digits is one, so that the name of a record can never leave its directory.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Names one create, bulk change or rotation: eight hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OperationId(String);

impl OperationId {
    /// A new, random one.
    pub fn random() -> Result<Self, getrandom::Error> {
        Ok(Self(format!("{:08x}", getrandom::u32()?)))
    }

    /// The name of the file with its record.
    pub fn file_name(&self) -> String {
        format!("{self}.json")
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OperationId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_valid = text.len() == 8 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_valid { Ok(Self(text)) } else { Err("an operation's name is eight hexadecimal digits") }
    }
}

impl From<OperationId> for String {
    fn from(id: OperationId) -> Self {
        id.0
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_leave_its_directory_is_refused() {
        for name in ["", "../../etc", "ABCDEF01", "0123456", "012345678", "0123 567"] {
            assert!(OperationId::try_from(name.to_owned()).is_err(), "{name}");
        }
    }
}
