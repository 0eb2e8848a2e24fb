//! [`UsageCache`]: how much the account and each of its tokens were used, as far as the Statistics API has told.
//!
//! Invariants: each question is on its way at most once; an answer nobody waits for any more changes nothing; a
//! refusal for want of a scope ends the asking for all tokens. (That no more is asked than the API grants is the client's part.)

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use crate::{
    api::{ApiError, Statistics},
    token::{LastUse, TokenId},
    work::{RequestId, WorkError},
};

/// Whose use is meant: a token's, or all of the account's (temporary tokens included) when there is no id.
pub type Subject = Option<TokenId>;

/// What is known of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// On its way.
    Asked(RequestId),
    /// The answer.
    Known(Box<Statistics>),
    /// Why there is none.
    Failed(WorkError),
}

/// The ledger.
#[derive(Debug, Default)]
pub struct UsageCache {
    entries: HashMap<Subject, Entry>,
    last_uses: HashMap<TokenId, LastUse>,
    refusal: Option<WorkError>,
    revision: u64,
    /// Questions on their way.
    asked: Vec<(Subject, RequestId)>,
}

impl UsageCache {
    /// What is known of a subject; `None` when nobody has asked.
    pub fn get(&self, subject: &Subject) -> Option<&Entry> {
        self.entries.get(subject)
    }

    /// Why nothing is asked any more: the authorizing token may not read statistics.
    pub fn refusal(&self) -> Option<&WorkError> {
        self.refusal.as_ref()
    }

    /// When each token was last used, as far as that is known: for the lint and the filter.
    pub fn last_uses(&self) -> &HashMap<TokenId, LastUse> {
        &self.last_uses
    }

    /// Changes whenever [`Self::last_uses`] does.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether a subject is worth a question.
    pub fn wants(&self, subject: &Subject) -> bool {
        self.refusal.is_none() && !self.entries.contains_key(subject)
    }

    /// Whether any question is on its way.
    pub fn is_asking(&self) -> bool {
        !self.asked.is_empty()
    }

    /// A question is on its way.
    pub fn ask(&mut self, subject: Subject, id: RequestId) {
        self.asked.push((subject.clone(), id));
        self.entries.insert(subject, Entry::Asked(id));
    }

    /// The answers about these subjects are not waited for any more. Returns their questions, which can be cancelled.
    pub fn drop_questions(&mut self, about: impl Fn(&Subject) -> bool) -> Vec<RequestId> {
        let dropped: Vec<_> = self.asked.extract_if(.., |(subject, _)| about(subject)).collect();
        for (subject, _) in &dropped {
            self.entries.remove(subject);
        }
        dropped.into_iter().map(|(_, id)| id).collect()
    }

    /// It has been answered.
    pub fn answered(&mut self, subject: Subject, id: RequestId, answer: Result<Box<Statistics>, WorkError>) {
        if self.entries.get(&subject) != Some(&Entry::Asked(id)) {
            return;
        }
        self.asked.retain(|(_, asked)| *asked != id);
        let entry = match answer {
            Ok(statistics) => {
                if let Some(token) = &subject {
                    self.last_uses.insert(token.clone(), statistics.last_use());
                    self.revision += 1;
                }
                Entry::Known(statistics)
            }
            Err(error) => {
                if matches!(error, WorkError::Api(ApiError::Forbidden { .. })) {
                    self.refusal = Some(error.clone());
                }
                Entry::Failed(error)
            }
        };
        self.entries.insert(subject, entry);
    }

    /// Everything is asked anew when it is looked at again. What is known of last uses stays until then. Returns the questions on
    /// their way, which can be cancelled.
    pub fn forget(&mut self) -> Vec<RequestId> {
        let dropped = self.drop_questions(|_| true);
        self.entries.clear();
        self.refusal = None;
        dropped
    }
}

/// The day before, in UTC, by which the API counts.
pub fn yesterday(now: Timestamp) -> Date {
    let before = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(now);
    before.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;

    use super::*;
    use crate::api::statistics::Product;

    #[expect(clippy::unnecessary_box_returns, reason = "as the reply holds it")]
    fn statistics(used: Option<Date>) -> Box<Statistics> {
        let daily: BTreeMap<Date, u64> = used.into_iter().map(|day| (day, 3)).collect();
        Box::new(Statistics {
            start: date(2026, 1, 1),
            end: date(2026, 1, 30),
            products: vec![Product { name: "Vector Tiles API".into(), daily }],
            hosts: Vec::new(),
            generated: None,
        })
    }

    #[test]
    fn an_answer_nobody_waits_for_changes_nothing() {
        let mut usage_cache = UsageCache::default();
        let token = Some(TokenId::from("a"));
        usage_cache.ask(token.clone(), RequestId(1));
        usage_cache.forget();
        usage_cache.ask(token.clone(), RequestId(2));
        usage_cache.answered(token.clone(), RequestId(1), Ok(statistics(None)));
        assert_eq!(usage_cache.get(&token), Some(&Entry::Asked(RequestId(2))));
        usage_cache.answered(token.clone(), RequestId(2), Ok(statistics(Some(date(2026, 1, 5)))));
        let day = "2026-01-05T00:00:00Z".parse().expect("a time");
        assert_eq!(usage_cache.last_uses().get(&TokenId::from("a")), Some(&LastUse::At(day)));
    }

    #[test]
    fn a_token_not_used_at_all_was_not_used_since_the_first_day() {
        let mut usage_cache = UsageCache::default();
        usage_cache.ask(Some("a".into()), RequestId(1));
        usage_cache.answered(Some("a".into()), RequestId(1), Ok(statistics(None)));
        let day = "2026-01-01T00:00:00Z".parse().expect("a time");
        assert_eq!(usage_cache.last_uses().get(&TokenId::from("a")), Some(&LastUse::NotSince(day)));
    }

    #[test]
    fn one_missing_scope_ends_the_asking_until_everything_is_forgotten() {
        let mut usage_cache = UsageCache::default();
        usage_cache.ask(None, RequestId(1));
        let error = ApiError::Forbidden { status: 403, message: "no".into(), scope: Some("statistics:read") };
        usage_cache.answered(None, RequestId(1), Err(error.into()));
        assert!(!usage_cache.wants(&Some("a".into())));
        usage_cache.forget();
        assert!(usage_cache.wants(&Some("a".into())));
    }
}
