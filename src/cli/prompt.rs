//! Prompts: printed on standard error, answered with a line on standard input, so that they work in every terminal and with a screen
//! reader. Choices are numbered.
//!
//! Invariants: callers check [`Output::may_ask`] first; the end of the input declines.

use std::io::{self, BufRead as _, Read as _, Write as _};

use super::{failure::Failure, output::Output};
use crate::os::locale;

/// Longest answer read.
const LONGEST: u64 = 64 << 10;

/// Asks for a line of text.
///
/// # Errors
/// When the input ends: that is a no.
pub fn line(question: &str) -> Result<String, Failure> {
    let mut err = io::stderr().lock();
    let question = locale::shown(question);
    let _deaf = write!(err, "{question} ").and_then(|()| err.flush());
    drop(err);
    let mut answer = String::new();
    let read = io::stdin().lock().take(LONGEST).read_line(&mut answer);
    match read {
        Ok(0) => Err(Failure::declined("no answer")),
        Ok(_) => Ok(answer.trim().to_owned()),
        Err(error) => Err(Failure::local("can't read the answer", &error)),
    }
}

/// Asks a question that is answered by yes or no; anything but yes is no.
pub fn is_agreed(question: &str) -> Result<bool, Failure> {
    let answer = line(&format!("{question} [y/N]"))?;
    Ok(matches!(&*answer.to_lowercase(), "y" | "yes"))
}

/// Asks for one of several things by its number; asks again until the number makes sense.
///
/// # Errors
/// When the input ends, or nothing is answered: that is a no.
pub fn choose(output: &Output, question: &str, choices: &[String]) -> Result<usize, Failure> {
    for (at, choice) in choices.iter().enumerate() {
        output.say(format_args!("{:>3}. {choice}", at + 1));
    }
    loop {
        let answer = line(&format!("{question} (1 to {}, empty to cancel):", choices.len()))?;
        if answer.is_empty() {
            return Err(Failure::declined("no choice made"));
        }
        match answer.parse::<usize>() {
            Ok(number) if (1..=choices.len()).contains(&number) => return Ok(number - 1),
            _ => output.say(format_args!("Enter a number from 1 to {}.", choices.len())),
        }
    }
}
