//! Which tokens are samples of Mapbox's documentation or placeholders: found, reported, and no reason to worry.

use crate::token::decoded::Found;

/// Accounts whose public tokens Mapbox prints in its documentation, examples and READMEs, and names that stand for the reader's own.
const OWNERS: [&str; 12] = [
    "mapbox",
    "examples",
    "example",
    "mapbox-examples",
    "mapbox-map-design",
    "scothis",
    "your-username",
    "your_username",
    "yourusername",
    "your-mapbox-username",
    "username",
    "my-username",
];

/// Different characters in a signature below which nobody signed anything: of 22 drawn from 64, hardly ever fewer than 14 differ.
const FEWEST_LETTERS: usize = 8;

/// Whether a token is a sample or a placeholder.
pub(super) fn is_sample(found: &Found) -> bool {
    let is_known = found.decoded.usage != crate::token::Usage::Secret && OWNERS.contains(&found.decoded.owner.raw())
        || found.decoded.owner.raw().starts_with("your");
    let signature = found.value.expose().rsplit('.').next().unwrap_or_default();
    let mut letters: Vec<u8> = signature.bytes().collect();
    letters.sort_unstable();
    letters.dedup();
    is_known || letters.len() < FEWEST_LETTERS
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;
    use crate::token::decoded::find;

    fn is(kind: &str, owner: &str, signature: &str) -> bool {
        let payload = format!(r#"{{"u":"{owner}","a":"cmf3k2abc000108l4e5f6g7h8"}}"#);
        let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload);
        let token = format!("{kind}.{payload}.{signature}");
        is_sample(&find(token.as_bytes()).next().expect("a token"))
    }

    #[test]
    fn samples_and_placeholders_are_told_from_tokens() {
        assert!(is("pk", "mapbox", "rJcFIG214AriISLbB6B5aw"));
        assert!(is("pk", "your-username", "rJcFIG214AriISLbB6B5aw"));
        assert!(is("sk", "ada", "xxxxxxxxxxxxxxxxxxxxxx"));
        assert!(is("sk", "ada", "fakefakefakefakefakefa"));
        assert!(!is("sk", "mapbox", "rJcFIG214AriISLbB6B5aw"), "a secret token is in no documentation");
        assert!(!is("pk", "ada", "rJcFIG214AriISLbB6B5aw"));
    }
}
