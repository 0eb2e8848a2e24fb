//! Questions at the terminal.
//!
//! Invariants: a secret is not echoed, and is asked for on the terminal itself, so that it can be typed while standard input
//! and output are pipes.

use std::io::{self, IsTerminal as _, Read as _};

use zeroize::Zeroizing;

use super::{
    failure::{Code, Failure},
    output::Output,
    prompt,
};
use crate::secret::Secret;

/// Longest secret read from standard input.
const LIMIT: u64 = 16 << 10;

/// Asks for a secret.
pub fn secret(question: &str) -> Result<Secret, Failure> {
    let answer = rpassword::prompt_password(question).map_err(|error| {
        Failure::plain(Code::NoAccount, format!("no terminal to prompt for a secret ({error}); see jeton login --help"))
    })?;
    let answer = Secret::new(answer);
    if answer.is_empty() { Err(Failure::plain(Code::Declined, "no input; nothing was done")) } else { Ok(answer) }
}

/// Asks for a new passphrase, twice.
pub fn new_passphrase(output: &Output) -> Result<Secret, Failure> {
    loop {
        let first = secret("New passphrase for the file (it can't be recovered): ")?;
        if secret("Repeat it: ")? == first {
            return Ok(first);
        }
        output.say("The passphrases differ.");
    }
}

/// Asks whether something is to be done; only "yes" in full is one.
pub fn yes(question: &str) -> bool {
    io::stdin().is_terminal()
        && prompt::line(&format!("{question} Type yes to continue:")).is_ok_and(|answer| answer == "yes")
}

/// What is on standard input, up to its end: a token in the first line, and possibly a passphrase in the second.
pub fn stdin() -> Result<Vec<Secret>, Failure> {
    let mut text = Zeroizing::new(String::with_capacity(LIMIT as usize));
    io::stdin()
        .take(LIMIT)
        .read_to_string(&mut text)
        .map_err(|_| Failure::plain(Code::Usage, "standard input is not text; pass only the token"))?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Secret::new).collect())
}

/// Whether someone is there to be asked.
pub fn is_somebody_there() -> bool {
    io::stdin().is_terminal()
}
