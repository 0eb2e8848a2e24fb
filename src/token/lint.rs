//! [`lint`]: what is unwise about an account's tokens, as rules with an id, a reason and a remedy.
//!
//! Invariants: linting changes nothing and knows only what it is given; without statistics the rules about use stay
//! silent. One pass over the tokens plus one over their names, so 100,000 tokens take a moment, not a minute.

mod name;
mod rule;
mod scopes;
mod urls;

use std::{
    borrow::{Borrow, Cow},
    collections::HashMap,
};

use jiff::{SignedDuration, Timestamp};

pub use self::{
    rule::{Rule, RuleSet, Severity},
    urls::mended,
};
use super::{Catalogue, LastUse, Scope, Token, TokenId, Usage, flaw::Field};
use crate::untrusted::Untrusted;

/// Age at which a secret should be replaced (Mapbox's published advice for agents: rotate every 90 days).
pub const ROTATION_AGE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long a token may lie unused: what the statistics look back by default.
pub const IDLE_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// One rule broken by one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The token.
    pub token: TokenId,
    /// The rule.
    pub rule: Rule,
    /// How bad it is here: the rule's own severity, or more.
    pub severity: Severity,
    /// What about: an entry, a name, scopes; empty when the rule says it all.
    pub about: Untrusted,
    /// What would help, where something does.
    pub fix: Option<Fix>,
}

impl Finding {
    /// The finding in a sentence, safe to show.
    pub fn message(&self) -> Cow<'static, str> {
        if self.about.is_empty() {
            return self.rule.message().into();
        }
        format!("{}: {}", self.rule.message(), self.about.shown()).into()
    }
}

/// A remedy that can be started from a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Open the URL editor; [`mended`] is a list to start from.
    EditUrls,
    /// Take scopes away.
    RemoveScopes(Vec<Scope>),
    /// Put another token in its place.
    Rotate,
    /// Delete it.
    Delete,
    /// Give it a name.
    Rename,
}

impl Fix {
    /// What it does, as the label of a key.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::EditUrls => "edit URLs",
            Self::RemoveScopes(_) => "remove scopes",
            Self::Rotate => "rotate",
            Self::Delete => "delete",
            Self::Rename => "rename",
        }
    }
}

/// Everything the rules find, token by token in the order of the list, the worst of each token first. `last_uses` holds what
/// the statistics told; tokens not in it count as unknown.
pub fn lint<T: Borrow<Token>, S: std::hash::BuildHasher>(
    tokens: &[T],
    catalogue: &Catalogue,
    last_uses: &HashMap<TokenId, LastUse, S>,
    now: Timestamp,
) -> Vec<Finding> {
    let mut all = Vec::new();
    lint_each(tokens, catalogue, last_uses, now, |_, findings| all.append(findings));
    all
}

/// The same, told token by token (by its place in the list) rather than kept: of an account of 100,000 that is a great deal. What `tell`
/// leaves of its findings is dropped.
pub fn lint_each<T: Borrow<Token>, S: std::hash::BuildHasher>(
    tokens: &[T],
    catalogue: &Catalogue,
    last_uses: &HashMap<TokenId, LastUse, S>,
    now: Timestamp,
    mut tell: impl FnMut(usize, &mut Vec<Finding>),
) {
    let names = name::Names::of(tokens);
    let mut findings = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let token: &Token = token.borrow();
        let mut report = Report { token, findings: &mut findings };
        // Nothing is found in what could not be read.
        if !token.is_uncertain(Field::AllowedUrls) {
            urls::check(&mut report);
        }
        if !token.is_uncertain(Field::Scopes) {
            scopes::check(&mut report, catalogue);
        }
        name::check(&mut report, &names, at);
        check_age(&mut report, last_uses.get(&token.id).copied().unwrap_or_default(), now);
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        tell(at, &mut findings);
        findings.clear();
    }
}

/// Where the checks of one token put what they find.
struct Report<'a> {
    token: &'a Token,
    findings: &'a mut Vec<Finding>,
}

impl Report<'_> {
    fn add(&mut self, rule: Rule, about: impl Into<Untrusted>, fix: Option<Fix>) {
        self.add_as(rule, rule.severity(), about, fix);
    }

    fn add_as(&mut self, rule: Rule, severity: Severity, about: impl Into<Untrusted>, fix: Option<Fix>) {
        self.findings.push(Finding { token: self.token.id.clone(), rule, severity, about: about.into(), fix });
    }
}

fn check_age(report: &mut Report<'_>, last_use: LastUse, now: Timestamp) {
    let token = report.token;
    if token.default {
        if matches!(last_use, LastUse::At(_)) {
            report.add(Rule::DefaultInUse, "", None);
        }
        return;
    }
    if last_use.idle(token, now).is_some_and(|idle| idle >= IDLE_AGE) {
        report.add(Rule::Unused, "", Some(Fix::Delete));
    }
    let age = token.created().or_else(|| token.id.born()).map(|created| now.duration_since(created));
    if token.usage == Usage::Secret && age.is_some_and(|age| age >= ROTATION_AGE) {
        report.add(Rule::RotationDue, "", Some(Fix::Rotate));
    }
}

#[cfg(test)]
mod tests;
