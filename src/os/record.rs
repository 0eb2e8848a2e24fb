//! [`Record`]: what is kept on disk as JSON, with the version of its format; and what a version means for this program.
//!
//! Invariants: a file that a newer jeton wrote is refused in words that say so, and left as it is; one that an older jeton wrote is read.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A kind of file.
pub trait Record: Serialize + DeserializeOwned {
    /// The version of its format.
    const VERSION: u32;
}

/// What every file says of itself. Those from before there were versions say nothing: 0.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    version: u32,
}

#[derive(Serialize)]
struct Written<'a, T> {
    version: u32,
    #[serde(flatten)]
    record: &'a T,
}

/// A record as it is written.
pub fn encode<T: Record>(record: &T) -> Vec<u8> {
    serde_json::to_vec(&Written { version: T::VERSION, record }).expect("a record is JSON")
}

/// Reads a record of this version or an older one.
///
/// # Errors
/// What is wrong with it, in words for people.
pub fn decode<T: Record>(content: &[u8]) -> Result<T, String> {
    if let Some(version) = version_of_json(content) {
        check(version, T::VERSION)?;
    }
    serde_json::from_slice(content).map_err(|error| error.to_string())
}

/// The version of a file in JSON; `None` when it cannot be told.
pub fn version_of_json(content: &[u8]) -> Option<u32> {
    serde_json::from_slice::<Head>(content).ok().map(|head| head.version)
}

/// The version of a file in TOML; `None` when it cannot be told.
pub fn version_of_toml(text: &str) -> Option<u32> {
    toml::from_str::<Head>(text).ok().map(|head| head.version)
}

/// Whether a file of a version can be read by a program that knows the formats up to another.
///
/// # Errors
/// That it cannot, in words for people.
pub fn check(version: u32, known: u32) -> Result<(), String> {
    if version <= known {
        return Ok(());
    }
    Err(format!("its format is version {version}, and this jeton reads up to version {known}; update jeton"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Note {
        text: String,
    }

    impl Record for Note {
        const VERSION: u32 = 2;
    }

    #[test]
    fn older_records_are_read_and_newer_ones_refused_whatever_else_is_in_them() {
        let note = Note { text: "x".into() };
        assert_eq!(encode(&note), br#"{"version":2,"text":"x"}"#);
        for content in [r#"{"text":"x"}"#, r#"{"version":1,"text":"x"}"#, r#"{"version":2,"text":"x"}"#] {
            assert_eq!(decode::<Note>(content.as_bytes()), Ok(Note { text: "x".into() }), "{content}");
        }
        let newer = decode::<Note>(br#"{"version":3,"words":["x"]}"#).unwrap_err();
        assert_eq!(newer, "its format is version 3, and this jeton reads up to version 2; update jeton");
        assert!(decode::<Note>(b"{").unwrap_err().contains("EOF"));
    }
}
