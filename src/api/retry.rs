//! [`Policy`]: what to retry, and after how long. It depends on the method, because the server may have carried out a change even if no
//! answer arrived.
//!
//! | kind | tried again |
//! |---|---|
//! | read (GET) | whatever may pass, up to [`Policy::tries`] times |
//! | delete | the same; "not found" then means that an earlier attempt was obeyed |
//! | update (PATCH) | not here: the client first reads the token again and sees whether it is done |
//! | create (POST) | no connection (once); after a 429 only when the account was looked at, by [`crate::work::create`] |
//! | create of what no list shows | no connection (once) |
//!
//! Pure: the attempt, the failure and a throw of the dice go in, a pause comes out.

use std::time::Duration;

use super::{ApiError, budget::LONGEST_WAIT};

/// What a request does, as far as trying again is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Changes nothing.
    Read,
    /// Removes: the second time changes nothing more.
    Delete,
    /// Sets fields: the second time could undo what someone else did in between.
    Update,
    /// Makes something new each time.
    Create,
    /// The same, and what was created cannot be found by looking at the account.
    CreateUnlisted,
}

/// How patient to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Attempts in all.
    pub tries: u32,
    /// Attempts in all while there is no connection: someone waits to hear that a name is misspelt.
    pub tries_to_connect: u32,
    /// The longest pause after the first attempt; it doubles with each.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { tries: 6, tries_to_connect: 3, first: Duration::from_millis(500), longest: Duration::from_secs(8) }
    }
}

impl Policy {
    /// The pause after attempt number `attempt` (from 1) failed, or `None` when that was the last. `dice` is in 0..1: a pause is anything
    /// up to its longest ("full jitter"), so that many clients do not come back together; what the server asked for is kept in full.
    pub fn pause(&self, kind: Kind, attempt: u32, error: &ApiError, dice: f64) -> Option<Duration> {
        if attempt >= self.tries {
            return None;
        }
        let longest = self.first.saturating_mul(1 << (attempt - 1).min(16)).min(self.longest);
        let jitter = longest.mul_f64(dice.clamp(0.0, 1.0));
        let again = match (kind, error) {
            // Whether it was done anyway cannot be found out.
            (Kind::CreateUnlisted, ApiError::RateLimited { .. }) => return None,
            (_, ApiError::RateLimited { wait }) => {
                let wait = wait.unwrap_or(self.longest);
                return (wait <= LONGEST_WAIT).then_some(wait + jitter);
            }
            (Kind::Read | Kind::Delete, ApiError::Unreachable { cause, .. }) => {
                attempt < self.tries_to_connect && cause.may_pass()
            }
            (Kind::Read | Kind::Delete, ApiError::Broken { cause, .. }) => cause.may_pass(),
            (Kind::Read | Kind::Delete, ApiError::Server { .. }) => true,
            (Kind::Update | Kind::Create | Kind::CreateUnlisted, ApiError::Unreachable { cause, .. }) => {
                attempt == 1 && cause.may_pass()
            }
            _ => false,
        };
        again.then_some(jitter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::TransportError;

    fn unreachable() -> ApiError {
        ApiError::Unreachable { host: "h".into(), cause: TransportError::Refused }
    }

    fn broken() -> ApiError {
        ApiError::Broken { host: "h".into(), cause: TransportError::Closed }
    }

    fn pauses(kind: Kind, error: &ApiError) -> usize {
        (1..10).take_while(|attempt| Policy::default().pause(kind, *attempt, error, 0.5).is_some()).count()
    }

    #[test]
    fn reads_and_deletes_are_tried_again_while_it_may_help() {
        for kind in [Kind::Read, Kind::Delete] {
            assert_eq!(pauses(kind, &unreachable()), 2);
            for error in [broken(), ApiError::Server { status: 503 }] {
                assert_eq!(pauses(kind, &error), 5, "{kind:?} {error}");
            }
            for error in [ApiError::Gone, ApiError::Unreadable(String::new()), ApiError::Redirected { status: 302 }] {
                assert_eq!(pauses(kind, &error), 0, "{kind:?} {error}");
            }
        }
        let tls = ApiError::Unreachable { host: "h".into(), cause: TransportError::NotHttp };
        assert_eq!(pauses(Kind::Read, &tls), 0, "what will not change is not tried again");
    }

    #[test]
    fn a_create_is_never_sent_again_once_it_may_have_been_obeyed() {
        for error in [broken(), ApiError::Server { status: 500 }, ApiError::Unreadable(String::new())] {
            assert_eq!(pauses(Kind::Create, &error), 0, "{error}");
            assert_eq!(pauses(Kind::Update, &error), 0, "{error}");
        }
        assert_eq!(pauses(Kind::Create, &unreachable()), 1);
        assert_eq!(pauses(Kind::Create, &ApiError::RateLimited { wait: None }), 5, "the caller looks before each");
        assert_eq!(pauses(Kind::CreateUnlisted, &ApiError::RateLimited { wait: None }), 0);
    }

    #[test]
    fn pauses_grow_are_jittered_and_never_shorter_than_the_server_asked() {
        let policy = Policy::default();
        let pause = |attempt, dice| policy.pause(Kind::Read, attempt, &broken(), dice).unwrap();
        assert_eq!((pause(1, 0.0), pause(1, 1.0), pause(3, 1.0)), (Duration::ZERO, policy.first, policy.first * 4));
        let many = Policy { tries: 99, ..policy };
        assert_eq!(many.pause(Kind::Read, 60, &broken(), 1.0), Some(policy.longest));
        let limited = ApiError::RateLimited { wait: Some(Duration::from_secs(30)) };
        assert!(policy.pause(Kind::Create, 1, &limited, 0.0).unwrap() >= Duration::from_secs(30));
        let tomorrow = ApiError::RateLimited { wait: Some(Duration::from_secs(86_400)) };
        assert_eq!(policy.pause(Kind::Read, 1, &tomorrow, 0.0), None, "nobody sleeps for a day");
    }
}
