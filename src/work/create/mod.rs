//! Creating a token so that no value is ever lost in silence. Shared by the dashboard and the command line.
//!
//! The value of a secret token is in one answer and never again, and the API has no key that would make a second request
//! harmless. So every step is on record before the next is taken:
//!
//! ```text
//!  PLAN    look at the account: which tokens look like the one to be made?     nothing sent, nothing on record
//!  INTENT  what is about to be made is written to disk and synced              a crash from here on is found at the next start
//!  SEND    one request, never repeated
//!  GOT     the answer goes to the escrow, byte for byte, then it is read       a crash from here on loses nothing
//!  MADE    the id goes on record
//!    …     the person stores the value, or deletes the token
//!  DONE    the escrow lets go, then the record is removed
//! ```
//!
//! A refusal closes the record at once. Where it is not clear what happened (no answer, half of one, one that cannot be
//! read, a fault of the server) the account is listed and compared with PLAN, and the error says what exists
//! ([`Outcome`]): it was not made; it is this one; or it is one of these, and a person must look. Nothing is sent twice and
//! nothing deleted unasked.
//!
//! Callers: [`create`] is called by the client task and by `jeton create`; [`Safekeeping::settle`] and
//! [`Safekeeping::settle_token`] by whoever saw the value stored.

mod answer;
mod deliveries;
mod intent;
mod outcome;
mod recovery;
mod safekeeping;

use std::sync::Arc;

use jiff::Timestamp;

pub use self::{
    deliveries::{Delivery, State},
    intent::{Before, Intent, Op},
    outcome::Outcome,
    recovery::{Open, Recovery, Value},
    safekeeping::Safekeeping,
};
use crate::{
    api::{ApiError, Client},
    os::failpoint::reached,
    token::{Draft, Token, Usage},
    work::Created,
};

/// Pages of the account looked at beforehand. Beyond that (two thousand tokens at the page size asked for) the time of creation
/// tells old from new: an account of a hundred thousand must not cost minutes before each create.
const PAGES_BEFORE: usize = 4;

/// Makes a token. The value of a secret one stays in the escrow until it is settled.
///
/// # Errors
/// After every error but [`ApiError::Unclear`] nothing was made. After that one the record is open, and says what is known.
pub async fn create(client: &Client, draft: &Draft, safekeeping: &Safekeeping) -> Result<Created, ApiError> {
    let before = look_before(client, draft).await?;
    reached("creation: the account was looked at before");
    let op = Op::random().map_err(|error| ApiError::NotRecorded(error.to_string()))?;
    let intent = Intent::new(op.clone(), client.account(), draft, before, Timestamp::now());
    reached("creation: planned");
    let (keeper, record) = (safekeeping.clone(), intent.clone());
    on_a_thread(move || keeper.intend(&record)).await.map_err(ApiError::NotRecorded)?;

    let unsent = Unsent { safekeeping, op: &op };
    reached("creation: about to send");
    let receipt = match client.create(draft).await {
        Ok(receipt) => receipt,
        Err(error) if error.outcome_is_unknown() => return Err(unclear(client, &intent, safekeeping, error).await),
        Err(refused) => {
            reached("creation: refused");
            let (keeper, op) = (safekeeping.clone(), op.clone());
            // What cannot be removed is judged "not made" the next time.
            let _next_time = on_a_thread(move || keeper.settle(&op)).await;
            return Err(refused);
        }
    };

    std::mem::forget(unsent);
    reached("creation: answered");
    let keeper = safekeeping.clone();
    let (receipt, kept) = {
        let op = op.clone();
        on_a_thread(move || {
            let kept = keeper.keep(&op, &receipt.body);
            (receipt, kept)
        })
        .await
    };
    reached("creation: the answer is kept");
    let Some((mut token, value)) = answer::read(&receipt.body, draft) else {
        let cause = receipt.broken.unwrap_or_else(|| {
            ApiError::Unreadable("it says that the token was made, but its value is not in it".to_owned())
        });
        return Err(unclear(client, &intent, safekeeping, cause).await);
    };
    reached("creation: the answer is read");
    let (keeper, id, is_public) = (safekeeping.clone(), token.id.clone(), token.usage == Usage::Public);
    let kept = on_a_thread(move || {
        if is_public {
            // Its value can be read again at any time.
            let _next_time = keeper.settle(&op);
        } else {
            keeper.made(&op, &id);
        }
        kept
    })
    .await;
    if is_public {
        token.token = Some(value.clone());
    }
    reached("creation: done but for storing");
    Ok(Created { op: intent.op, token, value, kept })
}

/// Lets go of the record of a create that is dropped before it was answered: cancelled while it waits for its turn, or the program
/// ends. It stays on record, for whoever drops this cannot know whether it was sent.
struct Unsent<'a> {
    safekeeping: &'a Safekeeping,
    op: &'a Op,
}

impl Drop for Unsent<'_> {
    fn drop(&mut self) {
        self.safekeeping.let_go(self.op);
    }
}

/// Finds out what became of an intent and leaves it on record.
async fn unclear(client: &Client, intent: &Intent, safekeeping: &Safekeeping, cause: ApiError) -> ApiError {
    reached("creation: unclear");
    let found = match look_alikes(client, &intent.draft(), usize::MAX).await {
        Ok((tokens, true)) => intent.judge(&tokens),
        Ok((_, false)) => Outcome::Unknown("some entries of the account's list could not be read".into()),
        Err(error) => Outcome::Unknown(error.to_string()),
    };
    reached("creation: the account was looked at");
    safekeeping.leave_open(&intent.op, &found);
    ApiError::Unclear { op: intent.op.clone(), cause: Box::new(cause), found: Box::new(found) }
}

/// The tokens that look like the draft already.
async fn look_before(client: &Client, draft: &Draft) -> Result<Before, ApiError> {
    match look_alikes(client, draft, PAGES_BEFORE).await {
        Ok((tokens, complete)) => {
            Ok(Before { look_alikes: tokens.iter().map(|token| token.id.clone()).collect(), complete })
        }
        // An authorizing token that may create need not be one that may list.
        Err(ApiError::Forbidden { .. }) => Ok(Before::default()),
        Err(error) if error.outcome_is_unknown() => Err(ApiError::NotSent(Box::new(error))),
        Err(error) => Err(error),
    }
}

/// Every token of the account that looks like the draft, and whether every entry of its list was read.
async fn look_alikes(client: &Client, draft: &Draft, pages: usize) -> Result<(Vec<Arc<Token>>, bool), ApiError> {
    let (mut list, mut found, mut unreadable) = (client.pages(), Vec::new(), 0);
    for _ in 0..pages {
        let Some(page) = list.next().await? else { break };
        unreadable += page.unreadable;
        found.extend(page.tokens.into_iter().filter(|token| intent::likeness(draft, token).is_some()));
    }
    Ok((found, list.is_complete() && unreadable == 0))
}

/// Runs what waits for the disk away from the loop that draws.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
