//! [`Analysis`]: what follows from all the tokens together: the figures of the overview, and what the lint finds.
//!
//! Invariants: it is made anew when the tokens or what is known of their use changed, and at no other time; up to
//! `AT_ONCE` tokens on the spot, beyond on the thread that searches, for a hundred thousand tokens take a moment; until a new one is there the
//! one before is shown.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use strum::IntoEnumIterator as _;

use super::summary::Summary;
use crate::token::{
    Catalogue, LastUse, Token, TokenId,
    lint::{self, Finding, Fix, Rule, RuleSet},
};

/// Tokens looked at without leaving the input's thread: about a millisecond's worth.
pub const AT_ONCE: usize = 1_000;

/// What is to be looked at.
#[derive(Clone, Debug)]
pub struct AnalysisInput {
    /// By which the answer is told from one to an older question.
    pub stamp: Revision,
    /// All the tokens.
    pub tokens: Arc<Vec<Arc<Token>>>,
    /// What scopes exist.
    pub catalogue: Catalogue,
    /// What is known of the tokens' use.
    pub last_uses: HashMap<TokenId, LastUse>,
    /// The present.
    pub now: Timestamp,
}

/// The revisions of the tokens, of the scopes and of what is known of use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    /// Of the tokens.
    pub tokens: u64,
    /// Of the scopes there are.
    pub catalogue: u64,
    /// Of what is known of use.
    pub uses: u64,
}

impl Default for AnalysisInput {
    fn default() -> Self {
        Self {
            stamp: Revision::default(),
            tokens: Arc::default(),
            catalogue: Catalogue::bundled(),
            last_uses: HashMap::new(),
            now: Timestamp::UNIX_EPOCH,
        }
    }
}

/// Two are the same when they ask about the same state.
impl PartialEq for AnalysisInput {
    fn eq(&self, other: &Self) -> bool {
        self.stamp == other.stamp
    }
}

impl Eq for AnalysisInput {}

impl AnalysisInput {
    /// Looks at everything; takes about a tenth of a second for 100,000 tokens.
    pub fn run(&self) -> Analysis {
        let Self { stamp, tokens, catalogue, last_uses, now } = self;
        let mut summary = Summary::of(tokens, catalogue, *now);
        let mut broken = Vec::with_capacity(tokens.len());
        lint::lint_each(tokens, catalogue, last_uses, *now, |at, findings| {
            broken.push(findings.iter().map(|finding| finding.rule).collect());
            summary.find(&tokens[at], findings);
        });
        summary.rank();
        Analysis { stamp: *stamp, tokens: Arc::clone(tokens), broken, summary }
    }
}

/// The answer.
#[derive(Debug, Default)]
pub struct Analysis {
    stamp: Revision,
    tokens: Arc<Vec<Arc<Token>>>,
    /// For each token the rules it breaks.
    broken: Vec<RuleSet>,
    /// The figures.
    pub summary: Summary,
}

impl Analysis {
    /// Of what state it is.
    pub fn stamp(&self) -> Revision {
        self.stamp
    }

    /// Whether these tokens were surveyed, exactly as they are.
    pub fn is_of(&self, tokens: &Arc<Vec<Arc<Token>>>) -> bool {
        Arc::ptr_eq(tokens, &self.tokens)
    }

    /// The rules that the token at a place of `tokens` breaks; none as long as they were not surveyed.
    pub fn broken(&self, tokens: &Arc<Vec<Arc<Token>>>, at: usize) -> RuleSet {
        self.broken.get(at).filter(|_| self.is_of(tokens)).copied().unwrap_or_default()
    }
}

/// What is found about one token that breaks these rules, the worst first. What it shares with others is only known by its rule.
pub fn findings(
    token: &Token,
    broken: RuleSet,
    catalogue: &Catalogue,
    last_use: LastUse,
    now: Timestamp,
) -> Vec<Finding> {
    let uses: HashMap<TokenId, LastUse> = [(token.id.clone(), last_use)].into();
    let mut findings = lint::lint(&[token], catalogue, &uses, now);
    let shared = Rule::iter().filter(|rule| rule.compares() && broken.contains(*rule));
    findings.extend(shared.map(|rule| Finding {
        token: token.id.clone(),
        rule,
        severity: rule.severity(),
        about: "".into(),
        fix: Some(Fix::Rename),
    }));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// Which survey it is; two of the same state are the same.
impl PartialEq for Analysis {
    fn eq(&self, other: &Self) -> bool {
        self.stamp == other.stamp
    }
}

impl Eq for Analysis {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_token_shares_with_others_is_among_its_findings() {
        let json = r#"[{"id":"a","usage":"pk","note":"Map","scopes":["styles:read"]},
                       {"id":"b","usage":"pk","note":"map","scopes":["styles:read"],"allowedUrls":["10.0.0.1"]}]"#;
        let tokens: Vec<Token> = serde_json::from_str(json).expect("valid");
        let tokens: Arc<Vec<Arc<Token>>> = Arc::new(tokens.into_iter().map(Arc::new).collect());
        let analysis_input = AnalysisInput { tokens: tokens.clone(), ..AnalysisInput::default() };
        let analysis = analysis_input.run();
        let broken = analysis.broken(&tokens, 1);
        let found = findings(&tokens[1], broken, &analysis_input.catalogue, LastUse::Unknown, analysis_input.now);
        let rules: Vec<Rule> = found.iter().map(|finding| finding.rule).collect();
        assert!(rules.contains(&Rule::IpUrl) && rules.contains(&Rule::DuplicateName), "{rules:?}");
        assert!(analysis.broken(&tokens, 1).contains(Rule::DuplicateName));
        assert!(analysis.broken(&Arc::default(), 1).is_empty(), "of other tokens it says nothing");
    }
}
