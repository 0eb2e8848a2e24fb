//! [`Summary`]: the figures of the overview, derived from the tokens in one go.

use std::{collections::HashSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use crate::token::{
    Catalogue, Scope, Token, Usage, Word,
    lint::{Finding, Rule, Severity},
};

/// Ages people think in; the last one has no end.
pub const AGES: [(&str, i64); 5] =
    [("< 1 week", 7), ("< 1 month", 30), ("< 3 months", 90), ("< 1 year", 365), ("older", i64::MAX)];

/// The figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// All tokens.
    pub tokens: u64,
    /// Public ones.
    pub public: u64,
    /// Secret ones.
    pub secret: u64,
    /// Public ones with URL restrictions.
    pub restricted: u64,
    /// Tokens that can change something in the account.
    pub writers: u64,
    /// Tokens by age, as in [`AGES`].
    pub ages: [u64; AGES.len()],
    /// Tokens without a warning or an error.
    pub sound: u64,
    /// What the lint found, by rule, the worst rule first.
    pub rules: Vec<Broken>,
    /// The scopes that tokens hold, by what they are about.
    pub groups: Vec<Group>,
}

/// A rule, and who breaks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The rule.
    pub rule: Rule,
    /// The worst it is anywhere.
    pub severity: Severity,
    /// Each finding: whose, and what about.
    pub findings: Vec<(Arc<Token>, Word)>,
}

/// The scopes about one thing, public and secret ones apart: `styles:read`, `styles:tiles`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they are about, safe to show: "styles".
    pub about: String,
    /// Whether public tokens may hold them.
    pub is_public: bool,
    /// The scopes, each with the letter that stands for it.
    pub scopes: Vec<(Scope, char)>,
}

impl Summary {
    /// Looks at every token once; what the lint finds is added by [`Self::find`].
    pub fn of(tokens: &[Arc<Token>], catalogue: &Catalogue, now: Timestamp) -> Self {
        let mut summary = Self::default();
        let mut held: HashSet<&Scope> = HashSet::new();
        for token in tokens {
            summary.tokens += 1;
            match token.usage {
                Usage::Public => summary.public += 1,
                Usage::Secret | Usage::Temporary | Usage::Unknown => summary.secret += 1,
            }
            summary.restricted += u64::from(token.usage == Usage::Public && !token.urls().is_empty());
            summary.writers += u64::from(token.scopes.iter().any(Scope::can_write));
            if let Some(created) = token.created().or_else(|| token.id.born()) {
                let days = now.duration_since(created).as_secs() / SignedDuration::from_hours(24).as_secs();
                let age = AGES.iter().position(|(_, limit)| days < *limit).unwrap_or(AGES.len() - 1);
                summary.ages[age] += 1;
            }
            for scope in &token.scopes {
                if !held.contains(scope) {
                    held.insert(scope);
                }
            }
        }
        summary.groups = groups(catalogue, &held);
        summary.sound = summary.tokens;
        summary
    }

    /// Adds what was found about one token.
    pub fn find(&mut self, token: &Arc<Token>, findings: &[Finding]) {
        self.sound -= u64::from(findings.iter().any(|finding| finding.severity >= Severity::Warning));
        for finding in findings {
            let found = (Arc::clone(token), Word::new(finding.about.raw()));
            if let Some(broken) = self.rules.iter_mut().find(|broken| broken.rule == finding.rule) {
                broken.severity = broken.severity.max(finding.severity);
                broken.findings.push(found);
            } else {
                let (rule, severity) = (finding.rule, finding.severity);
                self.rules.push(Broken { rule, severity, findings: vec![found] });
            }
        }
    }

    /// Puts the worst rule first, once all is found.
    pub fn rank(&mut self) {
        self.rules.sort_by_key(|broken| std::cmp::Reverse((broken.severity, broken.findings.len())));
        self.rules.iter_mut().for_each(|broken| broken.findings.shrink_to_fit());
    }

    /// How many findings there are.
    pub fn findings(&self) -> u64 {
        self.rules.iter().map(|broken| broken.findings.len() as u64).sum()
    }

    /// How many findings of one severity there are.
    pub fn count(&self, severity: Severity) -> u64 {
        let of_it = self.rules.iter().filter(|broken| broken.severity == severity);
        of_it.map(|broken| broken.findings.len() as u64).sum()
    }
}

/// The scopes in the order of the catalogue, those it does not know behind them.
fn groups(catalogue: &Catalogue, held: &HashSet<&Scope>) -> Vec<Group> {
    let known = catalogue.scopes().iter().map(|info| &info.id).filter(|scope| held.contains(scope));
    let mut unknown: Vec<&Scope> = held.iter().copied().filter(|scope| catalogue.get(scope).is_none()).collect();
    unknown.sort();
    let mut groups: Vec<Group> = Vec::new();
    for scope in known.chain(unknown) {
        let shown = scope.shown();
        let (about, action) = shown.split_once(':').unwrap_or((&shown, &shown));
        let is_public = catalogue.is_public(scope);
        let at = groups.iter().position(|group| group.about == about && group.is_public == is_public);
        let at = at.unwrap_or_else(|| {
            groups.push(Group { about: about.to_owned(), is_public, scopes: Vec::new() });
            groups.len() - 1
        });
        let group = &mut groups[at];
        let is_free = |letter: &char| group.scopes.iter().all(|(_, taken)| taken != letter);
        // The first letter of its action; the next one where another scope of the group has that already.
        let letter = action.chars().filter(char::is_ascii_alphanumeric).find(is_free).unwrap_or('?');
        group.scopes.push((scope.clone(), letter));
    }
    for group in &mut groups {
        group.scopes.sort_by_key(|(_, letter)| ("rltw".find(*letter).unwrap_or(9), *letter));
    }
    groups.sort_by_key(|group| !group.is_public);
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::analysis::AnalysisInput;

    const NOW: &str = "2026-08-21T14:03:00Z";

    fn summary(tokens: &str) -> Summary {
        let tokens: Vec<Token> = serde_json::from_str(tokens).expect("valid");
        let tokens = Arc::new(tokens.into_iter().map(Arc::new).collect());
        let analysis_input = AnalysisInput { tokens, now: NOW.parse().expect("a time"), ..AnalysisInput::default() };
        analysis_input.run().summary
    }

    #[test]
    fn tokens_are_counted_by_kind_age_and_what_they_can_do() {
        let summary = summary(
            r#"[{"id":"a","usage":"pk","note":"A","scopes":["styles:read"],"allowedUrls":["example.com"],"created":"2026-08-20T00:00:00Z"},
                {"id":"b","usage":"pk","note":"B","scopes":["styles:tiles","styles:read"],"created":"2026-08-01T00:00:00Z"},
                {"id":"c","usage":"sk","note":"C","scopes":["uploads:write","uploads:read"],"created":"2019-01-01T00:00:00Z"}]"#,
        );
        assert_eq!((summary.tokens, summary.public, summary.secret), (3, 2, 1));
        assert_eq!((summary.restricted, summary.writers), (1, 1));
        assert_eq!(summary.ages, [1, 1, 0, 0, 1]);
    }

    #[test]
    fn scopes_are_grouped_by_what_they_are_about_with_a_letter_of_their_own() {
        let summary = summary(
            r#"[{"id":"a","usage":"sk","scopes":["styles:read","styles:write","styles:tiles","zeta:write","zeta:wipe","odd"]}]"#,
        );
        let shown: Vec<_> = summary
            .groups
            .iter()
            .map(|group| {
                let letters: String = group.scopes.iter().map(|(_, letter)| *letter).collect();
                format!("{} {} {letters}", group.about, group.is_public)
            })
            .collect();
        assert_eq!(shown, ["styles true rt", "styles false w", "odd false o", "zeta false rw"]);
    }

    #[test]
    fn the_worst_rules_come_first_and_sound_tokens_are_counted() {
        let summary = summary(
            r#"[{"id":"a","usage":"pk","note":"A","scopes":["styles:read"],"allowedUrls":["*.example.com"]},
                {"id":"b","usage":"pk","note":"B","scopes":["styles:read"],"allowedUrls":["example.com"]}]"#,
        );
        assert_eq!(summary.rules[0].rule, Rule::WildcardUrl);
        assert_eq!(summary.sound, 1);
        assert_eq!((summary.count(Severity::Error), summary.count(Severity::Warning)), (1, 0));
        assert!(summary.rules.is_sorted_by_key(|broken| std::cmp::Reverse(broken.severity)));
    }
}
