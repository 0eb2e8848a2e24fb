//! [`Facts`], [`LastUse`] and [`Knowledge`]: what is known of tokens beyond their metadata.

use std::{borrow::Borrow, collections::HashMap};

use jiff::{SignedDuration, Timestamp};

use super::{
    Catalogue, Token, TokenId,
    lint::{self, Finding, RuleSet},
};

/// When a token was last used, as far as statistics tell (`GET /statistics/v1`, at most 31 days at a time, by the day).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LastUse {
    /// Nobody asked, or the authorizing token may not read statistics.
    #[default]
    Unknown,
    /// Not once from this time on.
    NotSince(Timestamp),
    /// On the day of this time, and not after.
    At(Timestamp),
}

impl LastUse {
    /// How long a token has certainly not been used; never longer than it exists. `None` when nothing is known.
    pub fn idle(self, token: &Token, now: Timestamp) -> Option<SignedDuration> {
        let (Self::NotSince(since) | Self::At(since)) = self else { return None };
        let since = token.created().map_or(since, |created| created.max(since));
        Some(now.duration_since(since))
    }
}

/// What the filter may ask about a token that is not in the token.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// When it was last used.
    pub last_use: LastUse,
    /// The rules it breaks.
    pub findings: RuleSet,
    /// The present, for ages.
    pub now: Timestamp,
}

/// What is known of an account's tokens beyond their metadata: [`Facts`] for each.
#[derive(Debug)]
pub struct Knowledge {
    last_uses: HashMap<TokenId, LastUse>,
    broken: HashMap<TokenId, RuleSet>,
    now: Timestamp,
}

impl Knowledge {
    /// Nothing but what time it is.
    pub fn new(now: Timestamp) -> Self {
        Self { last_uses: HashMap::new(), broken: HashMap::new(), now }
    }

    /// A token's statistics have been read.
    pub fn learn(&mut self, token: TokenId, last_use: LastUse) {
        self.last_uses.insert(token, last_use);
    }

    /// What the lint finds by what is known of the tokens' use. They are all of an account's: some rules compare them.
    pub fn findings<T: Borrow<Token>>(&self, tokens: &[T], catalogue: &Catalogue) -> Vec<Finding> {
        lint::lint(tokens, catalogue, &self.last_uses, self.now)
    }

    /// Keeps which rules these tokens break, by what is known of their use until now.
    pub fn lint<T: Borrow<Token>>(&mut self, tokens: &[T], catalogue: &Catalogue) {
        self.broken.clear();
        for finding in self.findings(tokens, catalogue) {
            self.broken.entry(finding.token).or_default().insert(finding.rule);
        }
    }

    /// What is known of one token.
    pub fn of(&self, token: &Token) -> Facts {
        Facts {
            last_use: self.last_uses.get(&token.id).copied().unwrap_or_default(),
            findings: self.broken.get(&token.id).copied().unwrap_or_default(),
            now: self.now,
        }
    }
}
