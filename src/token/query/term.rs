//! [`Term`]: one part of a query, and what it asks of a token.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};

use super::{Matcher, text::Text};
use crate::{
    token::{
        Facts, LastUse, Token, Usage,
        allowed_url::judge,
        flaw::Field,
        lint::{IDLE_AGE, Rule},
    },
    untrusted::Untrusted,
};

/// A condition, perhaps turned round.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    pub(super) is_negated: bool,
    pub(super) condition: Condition,
}

/// What may be asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    /// Free text, in the name, the id, a scope or a URL.
    Text(Text),
    /// Text in the name.
    Note(Text),
    /// Text in a scope's id.
    Scope(Text),
    /// Text in an allowed URL.
    Url(Text),
    /// No URL restrictions.
    Unrestricted,
    /// A page at this address may use it.
    Page(Box<str>),
    /// The id starts so (lower case).
    Id(Box<str>),
    /// The kind.
    Kind(Usage),
    /// The default public token, or every other.
    Default(bool),
    /// Younger (`Less`) or older (`Greater`) than that.
    Created(Ordering, SignedDuration),
    /// Changed more recently (`Less`) or longer ago (`Greater`) than that.
    Modified(Ordering, SignedDuration),
    /// Not used for that long, as far as is known.
    Unused(SignedDuration),
    /// Breaks some rule of the lint, or none.
    HasFindings(bool),
    /// Breaks this one.
    Finding(Rule),
    /// What no token fulfils: it stands for what is not understood.
    Nothing,
}

/// The texts of a token beside its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texts {
    pub(super) scopes: bool,
    pub(super) urls: bool,
    pub(super) id: bool,
}

/// A hit in the name counts for more than one in the other texts: names are what people look for.
const NAME_BONUS: u32 = 1000;

impl Term {
    /// What the term adds to the score; `None` when it does not hold.
    pub(super) fn score(&self, matcher: &mut Matcher, token: &Token, facts: &Facts) -> Option<u32> {
        // What could not be read is neither there nor absent.
        if (self.is_negated || self.condition.is_absence())
            && self.condition.fields().iter().any(|field| token.is_uncertain(*field))
        {
            return None;
        }
        let score = self.condition.score(matcher, token, facts);
        if self.is_negated { (score.is_none() && self.is_known(token, facts)).then_some(0) } else { score }
    }

    /// Whether it is known of a token if the condition holds: if not, neither the condition nor its opposite does.
    fn is_known(&self, token: &Token, facts: &Facts) -> bool {
        match self.condition {
            Condition::Created(..) => token.created.is_some(),
            Condition::Modified(..) => token.modified.is_some(),
            _ => !self.is_open(token, facts),
        }
    }

    pub(super) fn asks_for_use(&self) -> bool {
        match self.condition {
            Condition::Unused(_) => true,
            Condition::Finding(rule) => rule.needs_use(),
            _ => false,
        }
    }

    pub(super) fn asks_for_findings(&self) -> bool {
        matches!(self.condition, Condition::HasFindings(_) | Condition::Finding(_))
    }

    /// Whether more about the use of the token would tell whether the term holds.
    pub(super) fn is_open(&self, token: &Token, facts: &Facts) -> bool {
        let is_unknown = facts.last_use == LastUse::Unknown;
        match self.condition {
            Condition::Unused(age) => {
                let is_short = |idle: Option<SignedDuration>| idle.is_none_or(|idle| idle < age);
                is_as_old_as(token, age, facts.now)
                    && match facts.last_use {
                        LastUse::Unknown => true,
                        LastUse::NotSince(_) => is_short(facts.last_use.idle(token, facts.now)),
                        LastUse::At(_) => false,
                    }
            }
            Condition::Finding(Rule::Unused) => {
                is_unknown && !token.default && is_as_old_as(token, IDLE_AGE, facts.now)
            }
            Condition::Finding(Rule::DefaultInUse) => is_unknown && token.default,
            _ => false,
        }
    }

    pub(super) fn ranks(&self) -> bool {
        !self.is_negated && matches!(self.condition, Condition::Text(_) | Condition::Note(_))
    }

    /// What to highlight in the name.
    pub(super) fn in_name(&self) -> Option<&Text> {
        match &self.condition {
            Condition::Text(text) | Condition::Note(text) if !self.is_negated => Some(text),
            _ => None,
        }
    }

    /// What to highlight in the texts beside the name, and in which.
    pub(super) fn beyond_name(&self) -> Option<(&Text, Texts)> {
        let none = Texts { scopes: false, urls: false, id: false };
        match &self.condition {
            _ if self.is_negated => None,
            Condition::Text(text) => Some((text, Texts { scopes: true, urls: true, id: true })),
            Condition::Scope(text) => Some((text, Texts { scopes: true, ..none })),
            Condition::Url(text) => Some((text, Texts { urls: true, ..none })),
            _ => None,
        }
    }

    /// Whether a token for which this holds is certainly one for which the other holds.
    pub(super) fn implies(&self, other: &Self) -> bool {
        match (self.is_negated, other.is_negated) {
            (false, false) => self.condition.implies(&other.condition),
            (true, true) => other.condition.implies(&self.condition),
            (false, true) | (true, false) => false,
        }
    }
}

impl Condition {
    /// The fields it looks at.
    fn fields(&self) -> &'static [Field] {
        match self {
            Self::Text(_) => &[Field::Note, Field::Scopes, Field::AllowedUrls],
            Self::Note(_) => &[Field::Note],
            Self::Scope(_) => &[Field::Scopes],
            Self::Url(_) | Self::Unrestricted | Self::Page(_) => &[Field::AllowedUrls],
            Self::Kind(_) => &[Field::Usage],
            Self::Default(_) => &[Field::Default],
            Self::Created(..) => &[Field::Created],
            Self::Modified(..) => &[Field::Modified],
            Self::Id(_) | Self::Unused(_) | Self::HasFindings(_) | Self::Finding(_) | Self::Nothing => &[],
        }
    }

    /// Whether it holds because something is not there.
    fn is_absence(&self) -> bool {
        matches!(self, Self::Unrestricted | Self::Page(_) | Self::Default(false))
    }

    fn score(&self, matcher: &mut Matcher, token: &Token, facts: &Facts) -> Option<u32> {
        let holds = match self {
            Self::Text(text) => return text_score(text, matcher, token),
            Self::Note(text) => return text.score(matcher, &token.name()),
            Self::Scope(text) => matcher.best_scope(text, &token.scopes).is_some(),
            Self::Url(text) => token.urls().iter().any(|url| text.score(matcher, url.raw()).is_some()),
            Self::Unrestricted => token.urls().is_empty(),
            Self::Page(page) => judge(token.urls().iter().map(Untrusted::raw), Some(page)).is_allowed(),
            Self::Id(start) => token.id.as_str().get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start)),
            Self::Kind(usage) => token.usage == *usage,
            Self::Default(wanted) => token.default == *wanted,
            Self::Created(ordering, age) => is_aged(token.created(), *ordering, *age, facts.now),
            Self::Modified(ordering, age) => is_aged(token.modified(), *ordering, *age, facts.now),
            Self::Unused(age) => facts.last_use.idle(token, facts.now).is_some_and(|idle| idle >= *age),
            Self::HasFindings(wanted) => facts.findings.is_empty() != *wanted,
            Self::Finding(rule) => facts.findings.contains(*rule),
            Self::Nothing => false,
        };
        holds.then_some(0)
    }

    fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(own), Self::Text(others))
            | (Self::Note(own), Self::Note(others))
            | (Self::Scope(own), Self::Scope(others))
            | (Self::Url(own), Self::Url(others)) => own.implies(others),
            (Self::Id(own), Self::Id(others)) => own.starts_with(&**others),
            (Self::Unused(own), Self::Unused(others)) => own >= others,
            (Self::Created(own_way, own), Self::Created(way, others))
            | (Self::Modified(own_way, own), Self::Modified(way, others)) => {
                own_way == way && (own.cmp(others) == *way || own == others)
            }
            (Self::Finding(_), Self::HasFindings(true)) => true,
            (own, others) => own == others,
        }
    }
}

/// Free text is looked for in the name first, then in the id, then in scopes and URLs. In the id only in a row, because a few
/// letters can be found in the right order in nearly every one of 25 random ones.
fn text_score(text: &Text, matcher: &mut Matcher, token: &Token) -> Option<u32> {
    if let Some(score) = text.score(matcher, &token.name()) {
        return Some(score + NAME_BONUS);
    }
    if text.is_within(token.id.as_str()) {
        return Some(NAME_BONUS / 2);
    }
    let in_scopes = matcher.best_scope(text, &token.scopes);
    let in_urls = token.urls().iter().filter_map(|url| text.score(matcher, url.raw())).max();
    in_scopes.max(in_urls)
}

/// What did not exist for so long cannot have been unused for so long. Of a token that does not tell its age, anything may be true.
fn is_as_old_as(token: &Token, age: SignedDuration, now: Timestamp) -> bool {
    token.created().is_none_or(|created| now.duration_since(created) >= age)
}

/// A token without the time in question is neither younger nor older.
fn is_aged(time: Option<Timestamp>, ordering: Ordering, age: SignedDuration, now: Timestamp) -> bool {
    time.is_some_and(|time| now.duration_since(time).cmp(&age) == ordering)
}
