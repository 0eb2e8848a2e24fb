//! [`Deadline`]: how long to wait for an answer, counted only while the program runs.
//!
//! Invariants: an answer that has arrived is always read. The answer is polled before the clock is looked at; time in which the
//! process was stopped or the machine slept does not count; and after the last moment the connection gets one more turn, so that what
//! waits in the socket is read first. (reqwest's own time-outs look at the clock first: they would throw away an answer that arrived
//! while the program was stopped.)

use std::{pin::pin, time::Duration};

use tokio::time::{Instant, sleep};

/// How often the clock is looked at.
const STEP: Duration = Duration::from_millis(250);

/// A step that took this much longer was not a wait: the program was stopped meanwhile.
const LATE: Duration = Duration::from_millis(500);

/// The turn that the connection gets after the last moment.
const LAST_TURN: Duration = Duration::from_millis(50);

/// The time that is left for one attempt: its connection, the head of its answer and the body together.
#[derive(Debug)]
pub struct Deadline {
    left: Duration,
}

impl Deadline {
    /// That long from now.
    pub fn after(total: Duration) -> Self {
        Self { left: total }
    }

    /// Waits for something; `None` when the time is over and it has not come.
    pub async fn within<T>(&mut self, something: impl Future<Output = T>) -> Option<T> {
        let mut something = pin!(something);
        loop {
            let is_last = self.left.is_zero();
            let step = if is_last { LAST_TURN } else { self.left.min(STEP) };
            let begun = Instant::now();
            tokio::select! {
                biased;
                output = &mut something => return Some(output),
                () = sleep(step) => {}
            }
            if begun.elapsed() > step + LATE {
                continue;
            }
            if is_last {
                return None;
            }
            self.left -= step;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn what_does_not_come_in_time_is_given_up_and_several_waits_share_the_time() {
        let begun = Instant::now();
        let mut deadline = Deadline::after(Duration::from_millis(60));
        assert!(deadline.within(sleep(Duration::from_millis(20))).await.is_some());
        assert!(deadline.within(pending::<()>()).await.is_none());
        assert!(begun.elapsed() >= Duration::from_millis(60) + LAST_TURN);
    }

    #[tokio::test]
    async fn time_in_which_the_program_was_stopped_does_not_count() {
        let (answer, arrives) = tokio::sync::oneshot::channel();
        let waiting = tokio::spawn(async move { Deadline::after(Duration::from_millis(60)).within(arrives).await });
        tokio::task::yield_now().await;
        // Everything stands still, as under SIGSTOP. Whoever hands the answer on comes last.
        let stopped = Instant::now();
        while stopped.elapsed() <= LATE + STEP {
            std::thread::park_timeout(LATE);
        }
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
        answer.send("the value").expect("it is still waited for");
        assert_eq!(waiting.await.expect("no panic"), Some(Ok("the value")));
    }
}
