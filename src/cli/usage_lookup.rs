//! When tokens were last used, asked of the Statistics API one by one: for the filter and the lint.
//!
//! Invariants: only tokens for which the answer matters are asked about, within what the API grants (20 requests a minute on
//! the hosted one); what could not be read is said, and such a token counts neither as used nor as unused.

use std::sync::Arc;

use super::{
    bulk::Progress,
    failure::{Code, Failure},
    output::{self, Output},
    session::Session,
};
use crate::{
    api::{ApiError, budget::DOCUMENTED_STATISTICS},
    token::{Knowledge, LastUse, Token},
    work::{Reply, Request, WorkError},
};

/// Asks about each of these tokens, adds what is answered to what is known, and says on standard error what is not.
///
/// # Errors
/// When the authorizing token may not read statistics: then nothing at all can be known.
pub fn ask(
    session: &mut Session,
    output: &Output,
    tokens: &[Arc<Token>],
    knowledge: &mut Knowledge,
) -> Result<(), Failure> {
    // A missing scope is found out with one request rather than with all of them.
    let Some((first, others)) = tokens.split_first() else { return Ok(()) };
    let request = |token: &Arc<Token>| Request::Usage(token.id.clone());
    let minutes = tokens.len() / DOCUMENTED_STATISTICS as usize;
    if minutes > 0 {
        output::notice(format_args!(
            "Loading usage of {} tokens. The hosted API allows {DOCUMENTED_STATISTICS} such requests a minute, so this takes \
                about {minutes} min there.",
            tokens.len()
        ));
    }
    let mut unread: Option<(usize, WorkError)> = None;
    let mut hear = |token: &Token, result| match last_use(result) {
        Ok(last_use) => knowledge.learn(token.id.clone(), last_use),
        Err(error) => unread.get_or_insert((0, error)).0 += 1,
    };
    match session.call(request(first)) {
        Err(error @ WorkError::Api(ApiError::Forbidden { .. } | ApiError::Unauthorized { .. })) => {
            return Err(not_allowed(&error));
        }
        result => hear(first, result),
    }
    let mut progress = Progress::new(output, "asked about", tokens.len());
    progress.step();
    session.call_all(others.iter().map(request).collect(), |at, result| {
        progress.step();
        if let Some(token) = others.get(at) {
            hear(token, result);
        }
    });
    progress.clear();
    if let Some((count, error)) = unread {
        output.warn(format_args!(
            "could not load the usage of {count} of {} tokens ({error}); treating them as used",
            tokens.len()
        ));
    }
    Ok(())
}

fn last_use(result: Result<Reply, WorkError>) -> Result<LastUse, WorkError> {
    match result? {
        Reply::Usage(statistics) => Ok(statistics.last_use()),
        other => unreachable!("usage was asked for, not {other:?}"),
    }
}

/// The Statistics API answers 403, or 401, to a token without its scope (Mapbox's `OpenAPI` file for it), also to one that has just listed
/// the account's tokens.
fn not_allowed(error: &WorkError) -> Failure {
    Failure::new(
        Code::Forbidden,
        format!("can't load usage: {error}"),
        "Use an authorizing token with statistics:read, or filter by something else, such as modified:>90d.",
    )
}
