//! The keyring of the operating system: the Secret Service, the Keychain, the Credential Manager.
//!
//! Invariants: no call takes longer than [`TIME`], whatever the keyring does: without a screen, a keyring that prompts for its password
//! waits forever. Each call runs on its own thread, which is abandoned if it hangs.

use std::{sync::mpsc, thread, time::Duration};

use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// How long a keyring may take, its user's typing of a password included only where that is quick.
pub const TIME: Duration = Duration::from_secs(3);

/// Under which our entries are filed.
const SERVICE: &str = "jeton";

/// What this system calls it.
pub const NAME: &str = if cfg!(target_os = "macos") {
    "Keychain"
} else if cfg!(windows) {
    "Credential Manager"
} else {
    "keyring (Secret Service)"
};

/// The token of an account.
pub fn get(account: &str) -> Result<Secret, String> {
    let value = call(account, "read the token from", |entry| entry.get_secret().map(Zeroizing::new))?;
    std::str::from_utf8(&value).map(Secret::new).map_err(|_| format!("the {NAME} returned something that is not text"))
}

/// Keeps the token of an account, and reads it back to be sure.
pub fn put(account: &str, value: &Secret) -> Result<(), String> {
    let copy = value.clone();
    let read = call(account, "store the token in", move |entry| {
        entry.set_secret(copy.expose().as_bytes())?;
        entry.get_secret().map(Zeroizing::new)
    })?;
    let is_same = std::str::from_utf8(&read).is_ok_and(|read| Secret::new(read) == *value);
    is_same.then_some(()).ok_or_else(|| format!("the {NAME} did not return what was stored"))
}

/// Forgets the token of an account; it may already be gone.
pub fn remove(account: &str) -> Result<(), String> {
    call(account, "remove the token from", |entry| match entry.delete_credential() {
        Err(Error::NoEntry) => Ok(()),
        other => other,
    })
}

/// Whether there is a keyring that answers.
pub fn probe() -> Result<(), String> {
    call("", "open", |entry| match entry.get_secret() {
        Ok(_) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(error),
    })
}

fn call<T: Send + 'static>(
    account: &str,
    what: &str,
    act: impl FnOnce(Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, String> {
    let (sender, answer) = mpsc::channel();
    let account = account.to_owned();
    let work = move || {
        // After the time-out, nobody receives it.
        let _late = sender.send(entry(&account).and_then(act));
    };
    thread::Builder::new()
        .name("keyring".into())
        .spawn(work)
        .map_err(|error| format!("could not start a thread: {error}"))?;
    match answer.recv_timeout(TIME) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(explain(what, &error)),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(format!(
            "the {NAME} did not answer within {} s; unlock it if it is waiting for a password, or store the token elsewhere",
            TIME.as_secs()
        )),
        // The thread is gone without a word: a library panicked, which ends the program elsewhere.
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(format!("the {NAME} crashed")),
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
use dbus_secret_service_keyring_store::Store;

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store;

#[cfg(windows)]
use windows_native_keyring_store::Store;

fn entry(account: &str) -> Result<Entry, Error> {
    use keyring_core::api::CredentialStoreApi as _;
    Store::new()?.build(SERVICE, account, None)
}

/// What a keyring's error means. Its own words may hold what was stored, so only those of known kinds are repeated.
fn explain(what: &str, error: &Error) -> String {
    match error {
        Error::NoEntry => format!("the {NAME} has no token for this account; store one with jeton login"),
        Error::NoStorageAccess(cause) | Error::PlatformFailure(cause) => {
            let cause = crate::token::decoded::scrub(&cause.to_string()).into_owned();
            format!(
                "can't {what} the {NAME}: {}; without a desktop session, use an encrypted file or a command instead",
                crate::untrusted::shown(&cause)
            )
        }
        Error::Ambiguous(_) => format!("the {NAME} has several tokens for this account; remove all but one"),
        _ => format!("can't {what} the {NAME}"),
    }
}
