//! [`Outcome`]: what became of a create that did not end clearly, judged by what the account holds now. Pure.

use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;

use super::intent::{Intent, Likeness, SETTLING, likeness};
use crate::token::{Token, TokenId};

/// How far the server's clock may be from ours. Only asked where the account was not looked at in full beforehand.
const SKEW: Duration = Duration::from_secs(10 * 60);

/// What the account says about an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No new token looks like it, but the server may still be at work on it until then.
    TooEarly(Timestamp),
    /// No new token looks like it: it was not made, and it may be asked for again.
    SafeToResend,
    /// Exactly this one is new and is what was asked for.
    Made(Arc<Token>),
    /// Several could be it, or one that only resembles it. A person must look; we do not guess.
    Several(Vec<Arc<Token>>),
    /// It was made, and has been deleted since.
    Gone(TokenId),
    /// The account could not be looked at, and why.
    Unknown(String),
}

impl Intent {
    /// Judges by every token the account held when it was asked, which was then.
    pub fn judge<'a>(&self, tokens: impl IntoIterator<Item = &'a Arc<Token>>, asked: Timestamp) -> Outcome {
        if let Some(made) = &self.made {
            let found = tokens.into_iter().find(|token| token.id == *made);
            return found.map_or_else(|| Outcome::Gone(made.clone()), |token| Outcome::Made(token.clone()));
        }
        let draft = self.draft();
        let mut certain = Vec::new();
        let mut doubtful = Vec::new();
        for token in tokens {
            let Some(likeness) = likeness(&draft, token) else { continue };
            if self.before.look_alikes.contains(&token.id) {
                continue;
            }
            let is_certain = likeness == Likeness::Same && (self.before.complete || self.is_since(token.created()));
            if is_certain { &mut certain } else { &mut doubtful }.push(token.clone());
        }
        match (certain.as_slice(), doubtful.is_empty()) {
            // A clock that was put back since must not keep it open for ever.
            ([], true) if asked < self.settles() && asked.duration_since(self.sent) > -SETTLING => {
                Outcome::TooEarly(self.settles())
            }
            ([], true) => Outcome::SafeToResend,
            ([one], true) => Outcome::Made(one.clone()),
            _ => {
                certain.append(&mut doubtful);
                Outcome::Several(certain)
            }
        }
    }

    fn is_since(&self, created: Option<Timestamp>) -> bool {
        created.is_some_and(|created| {
            created.duration_since(self.sent) >= -jiff::SignedDuration::try_from(SKEW).unwrap_or_default()
        })
    }
}

impl Outcome {
    /// One word for machines.
    pub fn word(&self) -> &'static str {
        match self {
            Self::TooEarly(_) => "too-early",
            Self::SafeToResend => "safe-to-resend",
            Self::Made(_) => "made",
            Self::Several(_) => "several",
            Self::Gone(_) => "gone",
            Self::Unknown(_) => "unknown",
        }
    }

    /// The tokens that are, or may be, the one.
    pub fn candidates(&self) -> &[Arc<Token>] {
        match self {
            Self::Made(token) => std::slice::from_ref(token),
            Self::Several(tokens) => tokens,
            Self::TooEarly(_) | Self::SafeToResend | Self::Gone(_) | Self::Unknown(_) => &[],
        }
    }
}

/// What is the case, for people. It ends without a full stop.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooEarly(until) => write!(
                f,
                "no such token so far, but the server may still be creating it: check again after {}",
                until.strftime("%H:%M:%S UTC")
            ),
            Self::SafeToResend => f.write_str("no such token in the account; you can create it again"),
            Self::Made(token) => write!(f, "the token exists (ID {})", token.id.shown()),
            Self::Several(tokens) => {
                let ids: Vec<_> = tokens.iter().map(|token| token.id.shown()).collect();
                write!(
                    f,
                    "one of {} new tokens could be it ({}); compare them before you delete any",
                    tokens.len(),
                    ids.join(", ")
                )
            }
            Self::Gone(id) => write!(f, "the token was created and has been deleted since (ID {})", id.shown()),
            Self::Unknown(why) => {
                write!(f, "unknown whether the token exists: could not check the account: {why}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::{
        token::{AccountKey, Draft},
        work::journal::{Before, OperationId},
    };

    fn sent() -> Timestamp {
        "2026-05-01T12:00:00Z".parse().unwrap()
    }

    /// Long after it was sent.
    fn later() -> Timestamp {
        sent() + SETTLING
    }

    fn intent(look_alikes: &[&str], complete: bool) -> Intent {
        let draft = Draft {
            note: "Tiling".into(),
            scopes: vec!["styles:read".into(), "tilesets:write".into()],
            allowed_urls: vec!["a.example".into(), "b.example".into()],
        };
        let before = Before { look_alikes: look_alikes.iter().map(|id| TokenId::from(*id)).collect(), complete };
        let account = AccountKey { username: "ada".into(), host: "api.mapbox.com".into() };
        Intent::new(OperationId::random().unwrap(), account, &draft, before, sent())
    }

    fn token(id: &str, change: &str) -> Arc<Token> {
        let mut json = serde_json::json!({
            "id": id, "usage": "sk", "note": "Tiling", "scopes": ["tilesets:write", "styles:read"],
            "allowedUrls": ["b.example", "a.example"], "created": "2026-05-01T12:00:01.000Z",
        });
        match change {
            "note" => json["note"] = "Other".into(),
            "scopes" => json["scopes"] = serde_json::json!(["styles:read"]),
            "urls" => json["allowedUrls"] = serde_json::json!(["a.example"]),
            "old" => json["created"] = "2026-04-01T12:00:00.000Z".into(),
            _ => {}
        }
        Arc::new(serde_json::from_value(json).unwrap())
    }

    #[test]
    fn nothing_new_means_it_was_not_made() {
        let known = token("known", "");
        assert_eq!(intent(&["known"], true).judge([&known], later()), Outcome::SafeToResend);
        assert_eq!(
            intent(&[], true).judge([&token("x", "note"), &token("y", "scopes")], later()),
            Outcome::SafeToResend
        );
    }

    #[test]
    fn nothing_new_is_the_last_word_only_once_the_server_has_had_time() {
        let intent = intent(&[], true);
        let early = later() - SignedDuration::from_secs(1);
        assert_eq!(intent.judge([], early), Outcome::TooEarly(later()));
        assert_eq!(intent.judge([], later()), Outcome::SafeToResend);
        let given_up = Intent { unanswered: Some(sent() + SignedDuration::from_mins(10)), ..intent.clone() };
        assert_eq!(given_up.judge([], later()), Outcome::TooEarly(later() + SignedDuration::from_mins(10)));
        let token = token("new", "");
        assert_eq!(intent.judge([&token], early), Outcome::Made(token.clone()), "what is there is there");
        let put_back = sent() - SignedDuration::from_hours(1);
        assert_eq!(intent.judge([], put_back), Outcome::SafeToResend, "the clock was put back");
    }

    #[test]
    fn exactly_one_new_token_of_that_kind_is_it_whatever_the_order_of_its_parts() {
        let (known, new) = (token("known", ""), token("new", ""));
        assert_eq!(intent(&["known"], true).judge([&known, &new], later()), Outcome::Made(new));
    }

    #[test]
    fn a_whole_snapshot_needs_no_clock() {
        let new = token("new", "old");
        assert_eq!(intent(&[], true).judge([&new], later()), Outcome::Made(new.clone()));
        assert_eq!(
            intent(&[], false).judge([&new], later()),
            Outcome::Several(vec![new]),
            "it may have been there before"
        );
    }

    #[test]
    fn two_new_ones_or_one_that_only_resembles_are_left_to_the_person() {
        let (one, two, near) = (token("one", ""), token("two", ""), token("near", "urls"));
        assert_eq!(intent(&[], true).judge([&one, &two], later()), Outcome::Several(vec![one.clone(), two]));
        assert_eq!(intent(&[], true).judge([&near], later()), Outcome::Several(vec![near.clone()]));
        assert_eq!(intent(&[], true).judge([&one, &near], later()), Outcome::Several(vec![one, near]));
    }

    #[test]
    fn the_id_of_the_answer_decides_when_there_was_one() {
        let mut intent = intent(&[], true);
        intent.made = Some("mine".into());
        let (mine, twin) = (token("mine", "note"), token("twin", ""));
        assert_eq!(intent.judge([&twin, &mine], later()), Outcome::Made(mine));
        assert_eq!(intent.judge([&twin], later()), Outcome::Gone("mine".into()));
    }
}
