//! [`Rule`]: what the lint looks for, why, and who says so.

use serde::Serialize;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth changing when there is time.
    Advice,
    /// Something does not work as it seems to, or is at risk.
    Warning,
    /// A secret is exposed, or the token cannot work.
    Error,
}

impl Severity {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Advice => "advice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What it takes to see that a rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evidence {
    /// The token itself.
    Token,
    /// When it was last used, too.
    Usage,
    /// The other tokens, too.
    Account,
}

/// What is known of a rule.
struct Row {
    severity: Severity,
    evidence: Evidence,
    source: Option<&'static str>,
    message: &'static str,
    reason: &'static str,
}

/// Writes the enum and the table of what is known of each of its variants, in the same order.
macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident, $severity:ident, $evidence:ident, $source:expr, $message:literal, $reason:literal;)*) => {
        /// The rules. Their ids (the names in kebab-case) are stable: scripts and SARIF files refer to them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, strum::EnumString, strum::IntoStaticStr)]
        #[strum(serialize_all = "kebab-case")]
        pub enum Rule {
            $($(#[$doc])* $rule,)*
        }

        const TABLE: &[Row] = &[$(Row {
            severity: Severity::$severity,
            evidence: Evidence::$evidence,
            source: $source,
            message: $message,
            reason: $reason,
        },)*];
    };
}

/// "URL restrictions" and the rest of the guide to token management.
const GUIDE: &str = "https://docs.mapbox.com/accounts/guides/tokens/";
/// The reference of the Tokens API.
const API: &str = "https://docs.mapbox.com/api/accounts/tokens/";
/// How to use Mapbox securely.
const SECURELY: &str = "https://docs.mapbox.com/help/dive-deeper/how-to-use-mapbox-securely/";
/// Mapbox's advice for agents: secrets are replaced every 90 days.
const AGENT_SKILLS: &str = "https://github.com/mapbox/mapbox-agent-skills";
/// What browsers put into the header.
const REFERRER_POLICY: &str = "https://www.w3.org/TR/referrer-policy/";
/// Characters that look like others.
const CONFUSABLES: &str = "https://www.unicode.org/reports/tr39/";

// Name; how much it matters as a rule; what it takes to see; where the reason comes from, unless it is our own judgement; what is found, in a
// few words; why it matters and what to do about it.
rules! {
    /// A public token that works from any page.
    Unrestricted, Advice, Token, Some(GUIDE),
        "works from any web page",
        "Anyone who sees the page can copy a public token. With URL restrictions, the copy is refused elsewhere. (Tokens of native apps \
         can't be restricted.)";
    /// `*` in an entry.
    WildcardUrl, Warning, Token, Some(GUIDE),
        "wildcards never match",
        "A domain already covers its subdomains and paths. Enter just the domain.";
    /// A number for a host.
    IpUrl, Warning, Token, Some(GUIDE),
        "IP addresses never match",
        "IP addresses are not supported. Use a host name, such as localhost.";
    /// An entry that cannot be read for another reason.
    BadUrl, Warning, Token, Some(GUIDE),
        "an allowed URL that can never match",
        "No Referer that a browser sends can match it. The URL editor suggests a correction.";
    /// An entry another one covers.
    RedundantUrl, Note, Token, None,
        "an allowed URL is redundant",
        "Another entry already allows all its pages. It counts towards the limit of 100 and makes the list harder to read.";
    /// An entry that asks for `http`.
    HttpUrl, Advice, Token, None,
        "an allowed URL uses http",
        "Anyone on the network can read and change pages sent over http. Serve the page over https and allow only that.";
    /// `localhost` along with other hosts.
    LocalhostUrl, Advice, Token, Some(GUIDE),
        "localhost is allowed along with other hosts",
        "Anyone can serve a page on their own localhost. Use a separate token for development.";
    /// An entry with a path or query.
    PathUrl, Advice, Token, Some(REFERRER_POLICY),
        "an allowed URL has a path or query",
        "Most browsers send only the origin to other sites, so the entry seldom matches. Enter just the host.";
    /// An entry below which anyone may have a page.
    SharedHostUrl, Warning, Token, Some(GUIDE),
        "anyone can publish a page under an allowed URL",
        "An entry allows its subdomains, and anyone can get a subdomain of this one. Enter your own host in full.";
    /// Nearly as many entries as can be.
    ManyUrls, Advice, Token, Some(GUIDE),
        "close to the limit of 100 allowed URLs",
        "A token can have at most 100. Use one token per site or environment; you can then also tell their usage apart.";
    /// Secret scopes on a token that is used by web pages.
    WebSecret, Error, Token, Some(SECURELY),
        "a secret token with URL restrictions, as if web pages used it",
        "A web page must never contain a secret token: anyone can read it there and change the account, and a Referer is easily forged. Use \
         a public token in the page, and a new secret one on the server.";
    /// A secret token without secret scopes.
    NeedlessSecret, Advice, Token, Some(API),
        "a secret token with public scopes only",
        "A public token can do the same, and you can view its value at any time. Use a public one instead.";
    /// More scopes than one job needs.
    BroadScopes, Advice, Token, Some(GUIDE),
        "too broad for one job",
        "Anyone who gets hold of it can do all of this. Grant no more than the job needs; use one token per job.";
    /// No scopes at all.
    NoScopes, Note, Token, Some(API),
        "has no scopes, and none can be added",
        "It works only where any valid token does (search, directions). You can't add scopes to a token created without any.";
    /// Can make and delete tokens.
    CanManageTokens, Note, Token, Some(GUIDE),
        "can create, edit and delete all tokens of the account",
        "It can grant every scope it has and delete any token. Keep it out of pipelines that only read.";
    /// Not used for a month.
    Unused, Warning, Usage, None,
        "not used for 30 days or more",
        "An unused token can only be misused. Delete it, or restrict it first and see whether anything breaks.";
    /// An old secret.
    RotationDue, Advice, Token, Some(AGENT_SKILLS),
        "a secret token older than 90 days",
        "The longer a secret exists, the more places it has been copied to. Rotate it.";
    /// The default public token is in use.
    DefaultInUse, Advice, Usage, Some(SECURELY),
        "the default public token is in use",
        "It has every public scope, can't be restricted, and mixes the usage of everything that uses it. Create a token for each project.";
    /// No name.
    NoName, Note, Token, Some(GUIDE),
        "has no name",
        "Nobody will remember what it is for. Name it after the project that uses it.";
    /// The same name as another token.
    DuplicateName, Note, Account, None,
        "another token has the same name",
        "They are easy to confuse, especially when you delete one.";
    /// A name that looks like another one.
    ConfusableName, Warning, Account, Some(CONFUSABLES),
        "the name looks like another token's",
        "Letters of different scripts look alike. It is easy to mistake for the other token, perhaps on purpose.";
    /// A name with characters that cannot be seen.
    HiddenCharacters, Warning, Token, Some(CONFUSABLES),
        "the name has invisible characters",
        "Invisible and direction-changing characters make a name look like another. Type the name again.";
}

impl Rule {
    const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The stable id.
    pub fn id(self) -> &'static str {
        self.into()
    }

    /// How much it matters as a rule.
    pub const fn severity(self) -> Severity {
        self.row().severity
    }

    /// What is found, in a few words.
    pub const fn message(self) -> &'static str {
        self.row().message
    }

    /// Why it matters and what to do about it.
    pub const fn reason(self) -> &'static str {
        self.row().reason
    }

    /// Where the reason comes from; `None` where it is our own judgement.
    pub const fn source(self) -> Option<&'static str> {
        self.row().source
    }

    /// Whether it stays silent as long as nobody knows when the token was last used.
    pub const fn needs_use(self) -> bool {
        matches!(self.row().evidence, Evidence::Usage)
    }

    /// Whether it takes the other tokens to see that it is broken.
    pub const fn compares(self) -> bool {
        matches!(self.row().evidence, Evidence::Account)
    }

    /// From the id.
    pub fn from_id(id: &str) -> Option<Self> {
        id.parse().ok()
    }
}

/// A set of rules in four bytes, so that a list of 100,000 tokens can carry one each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleSet(u32);

impl RuleSet {
    /// Adds a rule.
    pub fn insert(&mut self, rule: Rule) {
        self.0 |= 1 << rule as u32;
    }

    /// Whether a rule is in it.
    pub const fn contains(self, rule: Rule) -> bool {
        self.0 & (1 << rule as u32) != 0
    }

    /// Whether no rule is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many rules are in it.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }
}

impl FromIterator<Rule> for RuleSet {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        let mut set = Self::default();
        rules.into_iter().for_each(|rule| set.insert(rule));
        set
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use strum::IntoEnumIterator as _;

    use super::*;

    #[test]
    fn ids_are_distinct_and_lead_back_to_their_rule() {
        let ids: HashSet<_> = Rule::iter().map(Rule::id).collect();
        assert_eq!(ids.len(), Rule::iter().count());
        assert!(Rule::iter().all(|rule| Rule::from_id(rule.id()) == Some(rule)));
        assert_eq!(Rule::from_id("nonsense"), None);
    }

    #[test]
    fn every_rule_gives_a_reason_in_sentences_and_a_message_in_a_few_words() {
        for rule in Rule::iter() {
            assert!(rule.reason().len() > 40 && rule.reason().ends_with(['.', ')']), "{rule:?}");
            assert!(rule.source().is_none_or(|source| source.starts_with("https://")), "{rule:?}");
            assert!(!rule.message().ends_with('.'), "{rule:?}: a few words, not a sentence");
        }
    }

    #[test]
    fn a_set_holds_every_rule_by_itself() {
        for rule in Rule::iter() {
            let set: RuleSet = [rule].into_iter().collect();
            assert!(Rule::iter().all(|other| set.contains(other) == (other == rule)));
            assert_eq!(set.len(), 1);
        }
        assert!(RuleSet::default().is_empty());
    }
}
