//! A token encrypted with a passphrase: a file in the age format (age-encryption.org/v1, recipient `scrypt`), which `age -d` can decrypt.
//!
//! Invariants: the cryptography is the library's; memory that held the clear text is overwritten.

use std::io::{Read as _, Write as _};

use age::{Decryptor, Encryptor, scrypt, secrecy::SecretString};
use zeroize::Zeroizing;

use super::SourceError;
use crate::secret::Secret;

/// The greatest work factor accepted: sixteen times what a machine of today chooses for one second of work. A file that asks for
/// more would only keep us busy.
const GREATEST_WORK: u8 = 22;

/// Longest content.
const LIMIT: u64 = 64 << 10;

/// Seals a token. Takes about a second: that is what makes guessing expensive.
pub fn seal(value: &Secret, passphrase: &Secret) -> Result<Vec<u8>, String> {
    seal_with(&scrypt::Recipient::new(secret_string(passphrase)), value)
}

fn seal_with(recipient: &scrypt::Recipient, value: &Secret) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("could not encrypt the token: {error}");
    let encryptor = Encryptor::with_recipients(std::iter::once(recipient as &dyn age::Recipient))
        .map_err(|error| format!("could not encrypt the token: {error}"))?;
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed).map_err(failed)?;
    writer.write_all(value.expose().as_bytes()).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(sealed)
}

/// Opens what [`seal`] made, or `age -p`.
pub fn open(sealed: &[u8], passphrase: &Secret) -> Result<Secret, SourceError> {
    let damaged = || SourceError::File("the encrypted file is damaged, or is not encrypted with a passphrase".into());
    let decryptor = Decryptor::new(sealed).map_err(|_| damaged())?;
    if !decryptor.is_scrypt() {
        return Err(damaged());
    }
    let mut identity = scrypt::Identity::new(secret_string(passphrase));
    identity.set_max_work_factor(GREATEST_WORK);
    let reader = decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|error| match error {
        age::DecryptError::DecryptionFailed
        | age::DecryptError::NoMatchingKeys
        | age::DecryptError::KeyDecryptionFailed => SourceError::WrongPassphrase,
        age::DecryptError::ExcessiveWork { .. } => {
            SourceError::File("decrypting this file would take too long; encrypt it again with less work".into())
        }
        _ => damaged(),
    })?;
    let mut clear = Zeroizing::new(Vec::with_capacity(sealed.len()));
    reader.take(LIMIT).read_to_end(&mut clear).map_err(|_| damaged())?;
    std::str::from_utf8(&clear).map(Secret::new).map_err(|_| damaged())
}

fn secret_string(secret: &Secret) -> SecretString {
    SecretString::from(secret.expose().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap(value: &str, passphrase: &str) -> Vec<u8> {
        let mut recipient = scrypt::Recipient::new(passphrase.to_owned().into());
        recipient.set_work_factor(4);
        seal_with(&recipient, &Secret::new(value)).expect("sealed")
    }

    fn open_with(sealed: &[u8], passphrase: &str) -> Result<Secret, SourceError> {
        open(sealed, &Secret::new(passphrase))
    }

    #[test]
    fn only_the_passphrase_opens_it() {
        let sealed = cheap("sk.fake.fake", "correct horse");
        assert!(sealed.starts_with(b"age-encryption.org/v1\n-> scrypt "), "the standard format");
        assert!(!sealed.windows(7).any(|window| window == b"sk.fake"));
        assert_eq!(open_with(&sealed, "correct horse"), Ok(Secret::new("sk.fake.fake")));
        assert_eq!(open_with(&sealed, "correct horsf"), Err(SourceError::WrongPassphrase));
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let sealed = cheap("sk.fake.fake", "x");
        for cut in 0..sealed.len() {
            assert!(open_with(&sealed[..cut], "x").is_err(), "cut at {cut}");
        }
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert!(open_with(&bent, "x").is_err(), "bent at {at}");
        }
    }

    #[test]
    fn a_file_that_asks_for_hours_of_work_is_refused() {
        let mut recipient = scrypt::Recipient::new("x".to_owned().into());
        recipient.set_work_factor(4);
        let sealed = seal_with(&recipient, &Secret::new("v")).expect("sealed");
        let text = String::from_utf8_lossy(&sealed);
        let header = text.lines().nth(1).expect("a recipient").to_owned();
        let greedy = header.replace(" 4", " 40");
        let at = sealed.windows(header.len()).position(|window| window == header.as_bytes()).expect("there");
        let bent = [&sealed[..at], greedy.as_bytes(), &sealed[at + header.len()..]].concat();
        assert!(matches!(open_with(&bent, "x"), Err(SourceError::File(_))));
    }
}
