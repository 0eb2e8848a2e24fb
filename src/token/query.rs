//! [`Query`]: the filter: a few words about a token's properties, and free text.
//!
//! `kind:sk scope:uploads -url:any unused:30d "tiling pipeline" check` finds the secret tokens that hold a scope with `uploads` in it, are
//! restricted to some URLs, were not used for thirty days, have `tiling pipeline` in their texts literally, and `check` in the fuzzy way.
//! Every part must hold; a minus in front excludes what a part finds. In scripts free text is literal, too, unless a `~` asks for the fuzzy
//! way. The words are in [`WORDS`].
//!
//! Invariants: any text is a query while it is typed ([`Query::parse`]): what is not understood is reported in [`Query::remarks`], a word
//! without a value (`kind:`, half typed) asks for nothing. For programs the same is an error ([`Query::strict`]), for what they find may be
//! deleted. Under either reading, a part that is not understood never finds more tokens than it would if it were right, and a
//! minus never finds tokens of which the answer is not known.
//!
//! Matching needs only the token and [`Facts`]: 100,000 tokens can be searched on another thread, and a query that
//! only narrows an earlier one ([`Query::is_refinement_of`]) needs to look at the earlier hits alone.

mod complete;
mod parse;
mod term;
mod text;

use std::{borrow::Borrow, ops::Range};

pub use self::{
    complete::{Completion, completions},
    parse::{Remark, WORDS},
};
use self::{
    parse::Reading,
    term::{Condition, Term},
    text::Text,
};
use super::{Catalogue, Facts, Scope, Token};
use crate::untrusted::Untrusted;

/// A filter, ready to match.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    terms: Vec<Term>,
    remarks: Vec<Remark>,
}

/// The working memory of a search: about 135 kB, so make one for a search rather than one for a token.
#[derive(Debug, Default)]
pub struct Matcher {
    fuzzy: nucleo_matcher::Matcher,
    characters: Vec<char>,
    /// How well scopes match, by what is looked for: an account's tokens share a few dozen of them.
    scopes: Vec<(Text, Scores)>,
}

/// How well each scope matches.
type Scores = Vec<(Scope, Option<u32>)>;

impl Matcher {
    /// How well the best of some scopes matches a text, looked up where it was asked before; `None` where none does.
    fn best_scope(&mut self, text: &Text, scopes: &[Scope]) -> Option<u32> {
        let known = self.scopes.iter().position(|(asked, _)| asked == text);
        let at = known.unwrap_or_else(|| {
            // More are forgotten: whoever asks for that many has other worries.
            self.scopes.truncate(TEXTS - 1);
            self.scopes.insert(0, (text.clone(), Vec::new()));
            0
        });
        let mut best = None;
        for scope in scopes {
            let known = self.scopes[at].1.iter().find(|(known, _)| known.is(scope)).map(|(_, score)| *score);
            let score = known.unwrap_or_else(|| {
                let score = text.score(self, scope.id());
                let scores = &mut self.scopes[at].1;
                if scores.len() < SCOPES {
                    scores.push((scope.clone(), score));
                }
                score
            });
            best = best.max(score);
        }
        best
    }
}

/// What of a token a query found: byte ranges, in order, not overlapping, not touching.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundIn {
    /// In the name, as [`Token::name`] shows it.
    pub name: Vec<Range<usize>>,
    /// Where nothing was found there: another of its texts, safe to show, and where in that.
    pub elsewhere: Option<(String, Vec<Range<usize>>)>,
}

/// Scopes whose scores are kept for each text: looking through more of them would take longer than matching.
const SCOPES: usize = 64;

/// Texts whose scores of scopes are kept.
const TEXTS: usize = 4;

impl Query {
    /// Reads a filter that is being typed; never fails.
    pub fn parse(text: &str) -> Self {
        parse::parse(text, Reading::Typing)
    }

    /// Reads a filter that a program was given.
    ///
    /// # Errors
    /// The first part that is not understood. (A text without any part finds everything: whether that is meant is for the caller to say.)
    pub fn strict(text: &str) -> Result<Self, Remark> {
        let query = parse::parse(text, Reading::Script);
        match query.remarks.first() {
            None => Ok(query),
            Some(remark) => Err(remark.clone()),
        }
    }

    /// The first scope asked for that neither the catalogue nor any of these tokens (all of an account's) has: a typo, most probably.
    pub fn unknown_scope<T: Borrow<Token>>(&self, tokens: &[T]) -> Option<Remark> {
        let catalogue = Catalogue::bundled();
        let is_known = |text: &Text| {
            catalogue.scopes().iter().any(|info| text.is_within(info.id.id()))
                || tokens.iter().any(|token| token.borrow().scopes.iter().any(|scope| text.is_within(scope.id())))
        };
        self.terms.iter().find_map(|term| match &term.condition {
            Condition::Scope(text) if !is_known(text) => Some(parse::unknown_scope(text, term.is_negated)),
            _ => None,
        })
    }

    /// Whether it asks for nothing, so that every token matches.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// What in the text was not understood.
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// Whether the hits have an order of their own (by how well they match), rather than that of the list.
    pub fn ranks(&self) -> bool {
        self.terms.iter().any(Term::ranks)
    }

    /// Whether it asks when tokens were last used: then it takes statistics to answer it.
    pub fn asks_for_use(&self) -> bool {
        self.terms.iter().any(Term::asks_for_use)
    }

    /// Whether it asks what the lint finds.
    pub fn asks_for_findings(&self) -> bool {
        self.terms.iter().any(Term::asks_for_findings)
    }

    /// Whether it depends on the use of a token, as far as that is not known, whether the token matches: all that does not depend on it
    /// holds. Before the statistics are read it tells which ones to read; afterwards, what they could not tell.
    pub fn hangs_on_use(&self, matcher: &mut Matcher, token: &Token, facts: &Facts) -> bool {
        let mut hangs = false;
        for term in &self.terms {
            if term.is_open(token, facts) {
                hangs = true;
            } else if term.score(matcher, token, facts).is_none() {
                return false;
            }
        }
        hangs
    }

    /// How well a token matches: `None` not at all; higher is better, 0 when there is nothing to rank by.
    pub fn score(&self, matcher: &mut Matcher, token: &Token, facts: &Facts) -> Option<u32> {
        self.terms.iter().try_fold(0, |sum, term| Some(sum + term.score(matcher, token, facts)?))
    }

    /// Whether this query's hits are certainly all among an earlier query's hits, for the same tokens and facts. May say no
    /// where the answer is yes.
    pub fn is_refinement_of(&self, earlier: &Self) -> bool {
        earlier.terms.iter().all(|earlier| self.terms.iter().any(|term| term.implies(earlier)))
    }

    /// Which parts of the name (as [`Token::name`] shows it) match: byte ranges in order, not overlapping, not touching. Empty when the
    /// token was found by something else.
    pub fn highlights(&self, matcher: &mut Matcher, token: &Token) -> Vec<Range<usize>> {
        let name = token.name();
        let mut ranges = Vec::new();
        for text in self.terms.iter().filter_map(Term::in_name) {
            text.find(matcher, &name, &mut ranges);
        }
        in_order(ranges)
    }

    /// The same, and where nothing in the name matches, what of the token does.
    pub fn found_in(&self, matcher: &mut Matcher, token: &Token) -> FoundIn {
        let name = self.highlights(matcher, token);
        let elsewhere = if name.is_empty() { self.elsewhere(matcher, token) } else { None };
        FoundIn { name, elsewhere }
    }

    fn elsewhere(&self, matcher: &mut Matcher, token: &Token) -> Option<(String, Vec<Range<usize>>)> {
        let mut ranges = Vec::new();
        for (text, fields) in self.terms.iter().filter_map(Term::beyond_name) {
            let scopes = token.scopes.iter().filter(|_| fields.scopes).map(Scope::shown);
            let urls = token.urls().iter().filter(|_| fields.urls).map(Untrusted::shown);
            let id = fields.id.then(|| token.id.shown());
            for shown in scopes.chain(urls).chain(id) {
                text.find(matcher, &shown, &mut ranges);
                if !ranges.is_empty() {
                    return Some((shown.into_owned(), in_order(ranges)));
                }
            }
        }
        None
    }
}

fn in_order(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range: &Range<usize>| range.start);
    ranges.dedup_by(|next, last| {
        let touches = next.start <= last.end;
        if touches {
            last.end = last.end.max(next.end);
        }
        touches
    });
    ranges
}

#[cfg(test)]
mod tests;
