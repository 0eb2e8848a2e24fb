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
//! A refusal closes the record at once, but only one that the API documents, in its documented form
//! ([`ApiError::is_certain_refusal`]). After everything else (no answer, half of one, one that cannot be read or is not what was asked
//! for, another status) the account is listed and compared with PLAN, and the error says what exists ([`Outcome`]): nothing so far; this
//! one; or one of these, and a person must look. That nothing was created is said only once the server has had
//! [`SETTLING`](super::journal::SETTLING) to do it. The create is sent again in one case: after a 429, when the wait is over and the account
//! was looked at. Nothing is deleted unasked.
//!
//! While a create of the same draft is on record ([`CreateJournal::unfinished`]), another one is not sent unless that is meant.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::sleep;

use crate::{
    api::{
        ApiError, Client,
        client::{NotCreated, Receipt},
    },
    os::failpoint::reached,
    token::{Draft, Token, Usage},
    work::{
        Created, WorkError,
        journal::{Answer, Before, CreateJournal, Intent, OperationId, Outcome, likeness},
    },
};

/// Pages of the account looked at beforehand. Beyond that (two thousand tokens at the page size asked for) the time of creation
/// tells old from new: an account of a hundred thousand must not cost minutes before each create.
const PAGES_BEFORE: usize = 4;

/// Creates a token. The value of a secret one stays in the escrow until it is settled. With `even_if_unfinished`, an unfinished create of
/// the same draft does not stand in the way.
///
/// # Errors
/// After every error but [`WorkError::Unclear`] nothing was made. After that one the record is open, and says what is known.
pub async fn create(
    client: &Client,
    draft: &Draft,
    even_if_unfinished: bool,
    journal: &CreateJournal,
) -> Result<Created, WorkError> {
    let before = look_before(client, draft, even_if_unfinished, journal).await?;
    create_among(client, draft, before, journal).await
}

/// The same where the account was just looked at: `before` are the tokens that look like the new one.
///
/// # Errors
/// As [`create`].
pub async fn create_among(
    client: &Client,
    draft: &Draft,
    before: Before,
    journal: &CreateJournal,
) -> Result<Created, WorkError> {
    reached("creation: the account was looked at before");
    let op = OperationId::random().map_err(|error| WorkError::NotRecorded(error.to_string()))?;
    let intent = Intent::new(op.clone(), client.account(), draft, before, Timestamp::now());
    reached("creation: planned");
    let (keeper, record) = (journal.clone(), intent.clone());
    on_a_thread(move || keeper.intend(&record)).await.map_err(WorkError::NotRecorded)?;

    let unsent = Unsent { journal, op: &op };
    reached("creation: about to send");
    let receipt = match send(client, &intent).await {
        Ok(receipt) => receipt,
        Err(error) if error.is_certain_refusal() => {
            reached("creation: refused");
            let (keeper, op) = (journal.clone(), op.clone());
            // What cannot be removed is judged "not made" the next time.
            let _next_time = on_a_thread(move || keeper.settle(&op)).await;
            return Err(error.into());
        }
        Err(error) => return Err(unclear(client, &intent, journal, error).await),
    };

    std::mem::forget(unsent);
    reached("creation: answered");
    let keeper = journal.clone();
    let (receipt, backup) = {
        let op = op.clone();
        on_a_thread(move || {
            let backup = keeper.keep(&op, &receipt.body);
            (receipt, backup)
        })
        .await
    };
    reached("creation: the answer is kept");
    let (mut token, value) = match Answer::read(&receipt.body, &intent) {
        Answer::Created(token, value) => (token, value),
        Answer::Mismatched(.., why) => {
            return Err(unclear(client, &intent, journal, ApiError::Unreadable(why)).await);
        }
        Answer::Incomplete => {
            let missing = "the server created the token but did not send its value";
            let cause = receipt.broken.unwrap_or_else(|| ApiError::Unreadable(missing.to_owned()));
            return Err(unclear(client, &intent, journal, cause).await);
        }
    };
    reached("creation: the answer is read");
    let (keeper, id, is_public) = (journal.clone(), token.id.clone(), token.usage == Usage::Public);
    let backup = on_a_thread(move || {
        if is_public {
            // Its value can be read again at any time.
            let _next_time = keeper.settle(&op);
        } else {
            keeper.made(&op, &id);
        }
        backup
    })
    .await;
    if is_public {
        token.token = Some(value.clone());
    }
    reached("creation: done but for storing");
    Ok(Created { op: intent.op, token, value, backup })
}

/// Sends a create, and after a 429 again: when the time to wait is over, and the account was looked at and holds nothing new. (A 429 that
/// came from something on the way does not say that the server did not do it.)
async fn send(client: &Client, intent: &Intent) -> Result<Receipt, ApiError> {
    let draft = intent.draft();
    let mut was_limited = None;
    for attempt in 1.. {
        let NotCreated { error, again_in } = match client.create(&draft, attempt).await {
            Ok(receipt) => return Ok(receipt),
            Err(not_created) => not_created,
        };
        let is_limited = matches!(error, ApiError::RateLimited { .. });
        let Some(pause) = again_in else {
            // A certain refusal says nothing about the attempts before it.
            return Err(if error.is_certain_refusal() { was_limited.unwrap_or(error) } else { error });
        };
        sleep(pause).await;
        if is_limited {
            reached("creation: after a 429");
            let (tokens, _) = look_alikes(client, &draft, usize::MAX).await.map_err(|_| error.clone())?;
            if !intent.judge(&tokens, Timestamp::now()).candidates().is_empty() {
                return Err(error);
            }
            was_limited = Some(error);
        }
    }
    unreachable!("the policy gives up long before the attempts cannot be counted")
}

/// Lets go of the record of a create that is dropped before it was answered: cancelled while it waits for its turn, or the program
/// ends. It stays on record, for whoever drops this cannot know whether it was sent.
struct Unsent<'a> {
    journal: &'a CreateJournal,
    op: &'a OperationId,
}

impl Drop for Unsent<'_> {
    fn drop(&mut self) {
        self.journal.let_go(self.op);
    }
}

/// Finds out what became of an intent and leaves it on record.
async fn unclear(client: &Client, intent: &Intent, journal: &CreateJournal, cause: ApiError) -> WorkError {
    reached("creation: unclear");
    let (keeper, op) = (journal.clone(), intent.op.clone());
    let noted = on_a_thread(move || keeper.unanswered(&op, Timestamp::now())).await;
    let intent = noted.as_ref().unwrap_or(intent);
    let asked = Timestamp::now();
    let found = match look_alikes(client, &intent.draft(), usize::MAX).await {
        Ok((tokens, true)) => intent.judge(&tokens, asked),
        Ok((_, false)) => Outcome::Unknown("some entries of the account's list could not be read".into()),
        Err(error) => Outcome::Unknown(error.to_string()),
    };
    reached("creation: the account was looked at");
    journal.leave_open(&intent.op, &found);
    WorkError::Unclear { op: intent.op.clone(), cause, found: Box::new(found) }
}

/// The tokens that look like the draft already. An unfinished create of the same draft is judged by them; where that leaves it open, it
/// stands in the way.
async fn look_before(
    client: &Client,
    draft: &Draft,
    even_if_unfinished: bool,
    journal: &CreateJournal,
) -> Result<Before, WorkError> {
    let asked = Timestamp::now();
    let (tokens, complete) = match look_alikes(client, draft, PAGES_BEFORE).await {
        Ok(looked) => looked,
        // An authorizing token that may create need not be one that may list.
        Err(ApiError::Forbidden { .. }) => (Vec::new(), false),
        Err(error) if error.outcome_is_unknown() => return Err(WorkError::NotSent(error)),
        Err(error) => return Err(error.into()),
    };
    let before = Before { look_alikes: tokens.iter().map(|token| token.id.clone()).collect(), complete };
    if even_if_unfinished {
        return Ok(before);
    }
    let (keeper, account, draft) = (journal.clone(), client.account(), draft.clone());
    let standing = on_a_thread(move || {
        keeper.tidy();
        let mut unfinished = keeper.unfinished(&account, &draft)?.into_iter();
        Ok(unfinished.find(|open| {
            // The id of one that was answered may be that of a token which has another name by now.
            let is_decided_by_likeness = complete && open.intent.made.is_none() && !open.has_answer();
            let is_over = is_decided_by_likeness && open.is_over(&open.judge(&tokens, asked));
            !(is_over && keeper.settle(&open.intent.op).is_ok())
        }))
    });
    match standing.await.map_err(WorkError::NotRecorded)? {
        Some(open) => Err(WorkError::Unfinished { op: open.intent.op.clone(), summary: open.summary() }),
        None => Ok(before),
    }
}

/// Those of the tokens that look like the draft, to be told when it is created.
pub fn looking_like<'a>(draft: &Draft, tokens: impl IntoIterator<Item = &'a Token>) -> Before {
    let alike = tokens.into_iter().filter(|token| likeness(draft, token).is_some());
    Before { look_alikes: alike.map(|token| token.id.clone()).collect(), complete: true }
}

/// Every token of the account that looks like the draft, and whether every entry of its list was read.
async fn look_alikes(client: &Client, draft: &Draft, pages: usize) -> Result<(Vec<Arc<Token>>, bool), ApiError> {
    let (mut list, mut found, mut unreadable) = (client.pages(), Vec::new(), 0);
    for _ in 0..pages {
        let Some(page) = list.next().await? else { break };
        unreadable += page.unreadable;
        found.extend(page.tokens.into_iter().filter(|token| likeness(draft, token).is_some()));
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
