//! [`Waiting`]: explains waits on standard error: a countdown at a terminal, one line elsewhere.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

use super::output;
use crate::{
    api::{ApiError, Budget, Call},
    work::Report,
};

/// Waits and silences from this long on are explained.
const NOTICEABLE: Duration = Duration::from_secs(2);

/// What is being waited for.
#[derive(Debug)]
pub struct Waiting {
    host: String,
    is_counting: bool,
    since: Instant,
    /// Why nothing is sent until then.
    pause: Option<(String, Instant)>,
    is_told: bool,
    is_drawn: bool,
}

impl Waiting {
    /// For the answers of a host. Someone who hears the screen gets lines.
    pub fn new(host: String, is_accessible: bool) -> Self {
        let is_counting = io::stderr().is_terminal() && !is_accessible;
        Self { host, is_counting, since: Instant::now(), pause: None, is_told: false, is_drawn: false }
    }

    /// An answer is waited for from now on.
    pub fn begin(&mut self) {
        self.since = Instant::now();
        self.pause.take_if(|(_, until)| *until <= self.since);
        self.is_told = self.pause.is_some();
    }

    /// After how long there is something to say.
    pub fn next_words(&self) -> Duration {
        if self.is_told && !self.is_counting {
            return Duration::from_secs(3600);
        }
        if self.is_drawn || self.pause.is_some() { Duration::from_secs(1) } else { NOTICEABLE }
    }

    /// Nothing was heard for that long.
    pub fn tick(&mut self) {
        let now = Instant::now();
        self.pause.take_if(|(_, until)| *until <= now);
        let words = match &self.pause {
            Some((why, until)) => format!("{why} in {} s", (*until - now).as_secs() + 1),
            None if self.is_counting => {
                format!("waiting for {}: {} s", self.host, self.since.elapsed().as_secs())
            }
            None => format!("waiting for {}", self.host),
        };
        self.say(&words);
    }

    /// Something was heard: what is on the line is over, and perhaps another wait begins.
    pub fn heard(&mut self, report: &Report) {
        self.clear();
        let (why, wait) = match report {
            Report::Call(_, Call { again_in: Some(wait), outcome, .. }) => {
                let why = match outcome {
                    Ok(429) => ApiError::RateLimited { wait: None }.to_string(),
                    Ok(status) => format!("the server answered HTTP {status}"),
                    Err(error) => error.to_string(),
                };
                (format!("{why}; trying again"), *wait)
            }
            Report::Budget(Budget { wait: Some(wait), limit, .. }) => {
                (format!("rate limit of {limit} requests reached; continuing"), *wait)
            }
            _ => return,
        };
        let until = Instant::now() + wait;
        if wait < NOTICEABLE || self.pause.as_ref().is_some_and(|(_, known)| *known + NOTICEABLE >= until) {
            return;
        }
        self.say(&format!("{why} in {} s", wait.as_secs().max(1)));
        self.pause = Some((why, until));
    }

    fn say(&mut self, words: &str) {
        self.is_told = true;
        if self.is_counting {
            self.is_drawn = true;
            let mut err = io::stderr().lock();
            let _unseen = write!(err, "\r\x1b[K{words}").and_then(|()| err.flush());
        } else {
            output::tell(words);
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            let mut err = io::stderr().lock();
            let _unseen = write!(err, "\r\x1b[K").and_then(|()| err.flush());
        }
    }
}
