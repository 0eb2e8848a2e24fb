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

/// The rules. Their ids are stable: scripts and SARIF files refer to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Rule {
    /// A public token that works from any page.
    Unrestricted,
    /// `*` in an entry.
    WildcardUrl,
    /// A number for a host.
    IpUrl,
    /// An entry that cannot be read for another reason.
    BadUrl,
    /// An entry another one covers.
    RedundantUrl,
    /// An entry that asks for `http`.
    HttpUrl,
    /// `localhost` along with other hosts.
    LocalhostUrl,
    /// An entry with a path or query.
    PathUrl,
    /// An entry below which anyone may have a page.
    SharedHostUrl,
    /// Nearly as many entries as can be.
    ManyUrls,
    /// Secret scopes on a token that is used by web pages.
    WebSecret,
    /// A secret token without secret scopes.
    NeedlessSecret,
    /// More scopes than one job needs.
    BroadScopes,
    /// No scopes at all.
    NoScopes,
    /// Can make and delete tokens.
    CanManageTokens,
    /// Not used for a month.
    Unused,
    /// An old secret.
    RotationDue,
    /// The default public token is in use.
    DefaultInUse,
    /// No name.
    NoName,
    /// The same name as another token.
    DuplicateName,
    /// A name that looks like another one.
    ConfusableName,
    /// A name with characters that cannot be seen.
    HiddenCharacters,
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

impl Rule {
    /// The stable id.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Unrestricted => "unrestricted",
            Self::WildcardUrl => "wildcard-url",
            Self::IpUrl => "ip-url",
            Self::BadUrl => "bad-url",
            Self::RedundantUrl => "redundant-url",
            Self::HttpUrl => "http-url",
            Self::LocalhostUrl => "localhost-url",
            Self::PathUrl => "path-url",
            Self::SharedHostUrl => "shared-host-url",
            Self::ManyUrls => "many-urls",
            Self::WebSecret => "web-secret",
            Self::NeedlessSecret => "needless-secret",
            Self::BroadScopes => "broad-scopes",
            Self::NoScopes => "no-scopes",
            Self::CanManageTokens => "can-manage-tokens",
            Self::Unused => "unused",
            Self::RotationDue => "rotation-due",
            Self::DefaultInUse => "default-in-use",
            Self::NoName => "no-name",
            Self::DuplicateName => "duplicate-name",
            Self::ConfusableName => "confusable-name",
            Self::HiddenCharacters => "hidden-characters",
        }
    }

    /// How much it matters as a rule.
    pub const fn severity(self) -> Severity {
        match self {
            Self::WebSecret => Severity::Error,
            Self::WildcardUrl
            | Self::IpUrl
            | Self::BadUrl
            | Self::SharedHostUrl
            | Self::Unused
            | Self::ConfusableName
            | Self::HiddenCharacters => Severity::Warning,
            Self::Unrestricted
            | Self::HttpUrl
            | Self::LocalhostUrl
            | Self::PathUrl
            | Self::ManyUrls
            | Self::NeedlessSecret
            | Self::BroadScopes
            | Self::RotationDue
            | Self::DefaultInUse => Severity::Advice,
            Self::RedundantUrl | Self::NoScopes | Self::CanManageTokens | Self::NoName | Self::DuplicateName => {
                Severity::Note
            }
        }
    }

    /// What is found, in a few words.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Unrestricted => "works from any web page",
            Self::WildcardUrl => "wildcards never match",
            Self::IpUrl => "IP addresses never match",
            Self::BadUrl => "an allowed URL that can never match",
            Self::RedundantUrl => "an allowed URL is redundant",
            Self::HttpUrl => "an allowed URL uses http",
            Self::LocalhostUrl => "localhost is allowed along with other hosts",
            Self::PathUrl => "an allowed URL has a path or query",
            Self::SharedHostUrl => "anyone can publish a page under an allowed URL",
            Self::ManyUrls => "close to the limit of 100 allowed URLs",
            Self::WebSecret => "a secret token with URL restrictions, as if web pages used it",
            Self::NeedlessSecret => "a secret token with public scopes only",
            Self::BroadScopes => "too broad for one job",
            Self::NoScopes => "has no scopes, and none can be added",
            Self::CanManageTokens => "can create, edit and delete all tokens of the account",
            Self::Unused => "not used for 30 days or more",
            Self::RotationDue => "a secret token older than 90 days",
            Self::DefaultInUse => "the default public token is in use",
            Self::NoName => "has no name",
            Self::DuplicateName => "another token has the same name",
            Self::ConfusableName => "the name looks like another token's",
            Self::HiddenCharacters => "the name has invisible characters",
        }
    }

    /// Why it matters and what to do about it.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Unrestricted => {
                "Anyone who sees the page can copy a public token. With URL restrictions, the copy is refused elsewhere. (Tokens \
                    of native apps can't be restricted.)"
            }
            Self::WildcardUrl => "A domain already covers its subdomains and paths. Enter just the domain.",
            Self::IpUrl => "IP addresses are not supported. Use a host name, such as localhost.",
            Self::BadUrl => "No Referer that a browser sends can match it. The URL editor suggests a correction.",
            Self::RedundantUrl => {
                "Another entry already allows all its pages. It counts towards the limit of 100 and makes the list harder to read."
            }
            Self::HttpUrl => {
                "Anyone on the network can read and change pages sent over http. Serve the page over https and allow only that."
            }
            Self::LocalhostUrl => {
                "Anyone can serve a page on their own localhost. Use a separate token for development."
            }
            Self::PathUrl => {
                "Most browsers send only the origin to other sites, so the entry seldom matches. Enter just the host."
            }
            Self::SharedHostUrl => {
                "An entry allows its subdomains, and anyone can get a subdomain of this one. Enter your own host in full."
            }
            Self::ManyUrls => {
                "A token can have at most 100. Use one token per site or environment; you can then also tell their usage apart."
            }
            Self::WebSecret => {
                "A web page must never contain a secret token: anyone can read it there and change the account, and a Referer is \
                    easily forged. Use a public token in the page, and a new secret one on the server."
            }
            Self::NeedlessSecret => {
                "A public token can do the same, and you can view its value at any time. Use a public one instead."
            }
            Self::BroadScopes => {
                "Anyone who gets hold of it can do all of this. Grant no more than the job needs; use one token per job."
            }
            Self::NoScopes => {
                "It works only where any valid token does (search, directions). You can't add scopes to a token created without any."
            }
            Self::CanManageTokens => {
                "It can grant every scope it has and delete any token. Keep it out of pipelines that only read."
            }
            Self::Unused => {
                "An unused token can only be misused. Delete it, or restrict it first and see whether anything breaks."
            }
            Self::RotationDue => "The longer a secret exists, the more places it has been copied to. Rotate it.",
            Self::DefaultInUse => {
                "It has every public scope, can't be restricted, and mixes the usage of everything that uses it. Create a token \
                    for each project."
            }
            Self::NoName => "Nobody will remember what it is for. Name it after the project that uses it.",
            Self::DuplicateName => "They are easy to confuse, especially when you delete one.",
            Self::ConfusableName => {
                "Letters of different scripts look alike. It is easy to mistake for the other token, perhaps on purpose."
            }
            Self::HiddenCharacters => {
                "Invisible and direction-changing characters make a name look like another. Type the name again."
            }
        }
    }

    /// Where the reason comes from; `None` where it is our own judgement.
    pub const fn source(self) -> Option<&'static str> {
        match self {
            Self::NoScopes | Self::NeedlessSecret => Some(API),
            Self::WebSecret | Self::DefaultInUse => Some(SECURELY),
            Self::RotationDue => Some(AGENT_SKILLS),
            Self::PathUrl => Some(REFERRER_POLICY),
            Self::ConfusableName | Self::HiddenCharacters => Some(CONFUSABLES),
            Self::Unrestricted
            | Self::WildcardUrl
            | Self::IpUrl
            | Self::BadUrl
            | Self::LocalhostUrl
            | Self::SharedHostUrl
            | Self::ManyUrls
            | Self::BroadScopes
            | Self::CanManageTokens
            | Self::NoName => Some(GUIDE),
            Self::RedundantUrl | Self::HttpUrl | Self::Unused | Self::DuplicateName => None,
        }
    }

    /// Whether it stays silent as long as nobody knows when the token was last used.
    pub const fn needs_use(self) -> bool {
        matches!(self, Self::Unused | Self::DefaultInUse)
    }

    /// Whether it takes the other tokens to see that it is broken.
    pub const fn compares(self) -> bool {
        matches!(self, Self::DuplicateName | Self::ConfusableName)
    }

    /// From the id.
    pub fn from_id(id: &str) -> Option<Self> {
        use strum::IntoEnumIterator as _;
        Self::iter().find(|rule| rule.id() == id)
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
