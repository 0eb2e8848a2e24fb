//! How a [`Plan`] follows from a file and the account, and what stands in its way.

use std::{collections::HashSet, sync::Arc};

use super::{
    Absent, Account, Action, Plan, Step, Unfinished,
    fault::{Fault, Place},
    file::{Entry, TokenFile},
    matching::{self, Meant},
    quoted,
};
use crate::{
    token::{
        ALLOWED_URL_LIMIT, AllowedUrl, Catalogue, Patch, Scope, Token, TokenId, Usage, change::Obstacle,
        draft::Problem, near_miss,
    },
    untrusted::Untrusted,
};

impl Plan {
    /// What would make the account hold what the file says.
    pub fn new(file: &TokenFile, account: &Account<'_>, prune: bool) -> Self {
        let meant = matching::find(&file.entries, account.tokens);
        let steps: Vec<Step> =
            file.entries.iter().zip(meant).map(|(entry, meant)| Builder { entry, account }.step(meant)).collect();
        let named: HashSet<&TokenId> =
            steps.iter().filter_map(|step| step.action.token()).map(|token| &token.id).collect();
        let others = account.tokens.iter().filter(|token| !named.contains(&token.id));
        let absent =
            others.map(|token| Absent { token: Arc::clone(token), kept: kept(token, account, prune) }).collect();
        Self { account: account.key.clone(), steps, absent }
    }
}

/// Why a token that the file does not name stays, if it does.
fn kept(token: &Token, account: &Account<'_>, prune: bool) -> Option<&'static str> {
    if token.default {
        Some("the default public token can't be deleted")
    } else if account.own.as_ref() == Some(&token.id) {
        Some("jeton signs in with this token")
    } else if !prune {
        Some("--prune deletes it")
    } else {
        None
    }
}

/// Builds the step of one entry.
struct Builder<'a> {
    entry: &'a Entry,
    account: &'a Account<'a>,
}

impl Builder<'_> {
    fn step(&self, meant: Meant) -> Step {
        let entry = self.entry;
        let mut step = Step {
            key: entry.key.clone(),
            place: entry.places.key,
            deliver: entry.deliver.clone(),
            action: Action::Nothing,
            waiting: None,
            errors: Vec::new(),
            warnings: Vec::new(),
        };
        match meant {
            Meant::Nobody(reason) => step.errors.push(Fault::new(entry.places.id, reason)),
            Meant::New => {
                step.errors = self.obstacles_of_a_create();
                step.warnings = self.strange_scopes(&[]);
                step.action = Action::Create { draft: entry.draft.clone(), usage: entry.usage(self.account.catalogue) };
            }
            Meant::Token(token) => {
                let patch = Patch::between(&token, &entry.draft);
                step.errors = self.obstacles_of_a_change(&token, &patch);
                let cautions = patch.cautions(&token, self.account.catalogue);
                step.warnings = cautions.iter().map(ToString::to_string).collect();
                step.warnings.append(&mut self.strange_scopes(&token.scopes));
                self.finish(&mut step, &token);
                step.action = if patch.is_empty() { Action::Unchanged(token) } else { Action::Change { token, patch } };
            }
        }
        step
    }

    fn fault(place: Place, message: impl AsRef<str>) -> Fault {
        Fault::new(place, message)
    }

    fn obstacles_of_a_create(&self) -> Vec<Fault> {
        let (entry, places, account) = (self.entry, &self.entry.places, self.account);
        let mut faults = Vec::new();
        for problem in entry.draft.problems(account.held) {
            let place = match problem {
                Problem::TooManyUrls(_) => self.place_beyond_the_limit(),
                Problem::NoteTooLong(_) => places.note,
                Problem::ScopeNotHeld(_) => places.scopes,
            };
            faults.push(Self::fault(place, problem.to_string()));
        }
        self.check_scopes(&entry.draft.scopes.iter().collect::<Vec<_>>(), &mut faults);
        self.check_urls(&[], &mut faults);
        if entry.usage(account.catalogue) == Usage::Secret && entry.deliver.is_empty() {
            faults.push(Self::fault(
                places.key,
                format!(
                    "{} is a secret token, whose value is shown once; add a destination: deliver = [{{ file = \"…\" }}]",
                    quoted(&entry.key)
                ),
            ));
        }
        faults
    }

    fn obstacles_of_a_change(&self, token: &Token, patch: &Patch) -> Vec<Fault> {
        let (places, account) = (&self.entry.places, self.account);
        let mut faults = Vec::new();
        for obstacle in patch.obstacles(token, account.catalogue, account.held) {
            let place = match &obstacle {
                Obstacle::SecretScopes(scopes)
                    if !scopes.iter().all(|scope| account.catalogue.get(scope).is_some()) =>
                {
                    // Only the server knows whether a scope that nobody described is public.
                    continue;
                }
                Obstacle::SecretScopes(_) | Obstacle::NoScopesEver | Obstacle::ScopesNotHeld(_) => places.scopes,
                Obstacle::NoteTooLong(_) => places.note,
                Obstacle::TooManyUrls(_) => self.place_beyond_the_limit(),
                Obstacle::DefaultRestricted => places.urls.first().copied().unwrap_or(places.key),
                Obstacle::Temporary | Obstacle::ReadInPart(_) => places.key,
            };
            faults.push(Self::fault(place, obstacle.to_string()));
        }
        if let Some(scopes) = &patch.scopes {
            let added: Vec<_> = scopes.iter().filter(|scope| !token.scopes.contains(scope)).collect();
            self.check_scopes(&added, &mut faults);
            if token.default && faults.is_empty() {
                let why = "the default public token keeps its scopes; create another token for others";
                faults.push(Self::fault(places.scopes, why));
            }
            if account.own.as_ref() == Some(&token.id) {
                let why = "jeton signs in with this token, so a file can't change its scopes; use jeton edit";
                faults.push(Self::fault(places.scopes, why));
            }
        }
        if patch.allowed_urls.is_some() {
            self.check_urls(token.urls(), &mut faults);
        }
        faults
    }

    /// The first allowed URL that is too many.
    fn place_beyond_the_limit(&self) -> Place {
        self.entry.places.urls.get(ALLOWED_URL_LIMIT).copied().unwrap_or(self.entry.places.key)
    }

    /// Scopes the account cannot grant, where the server has said which it can.
    fn check_scopes(&self, scopes: &[&Scope], faults: &mut Vec<Fault>) {
        let Account { catalogue, is_catalogue_complete: true, .. } = self.account else { return };
        for scope in scopes.iter().filter(|scope| catalogue.get(scope).is_none()) {
            let near = near_scope(scope, catalogue);
            let message = format!("the account can't grant the scope {}{near}", quoted(scope.id()));
            faults.push(Self::fault(self.entry.places.scopes, message));
        }
    }

    /// New scopes that look mistyped, where only the server could say for certain.
    fn strange_scopes(&self, there: &[Scope]) -> Vec<String> {
        let Account { catalogue, is_catalogue_complete: false, .. } = self.account else { return Vec::new() };
        let added = self.entry.draft.scopes.iter().filter(|scope| !there.contains(scope));
        let strange = added.filter(|scope| catalogue.get(scope).is_none());
        strange.map(|scope| format!("unknown scope {}{}", quoted(scope.id()), near_scope(scope, catalogue))).collect()
    }

    /// URLs that can never match; those a token has already are its own business.
    fn check_urls(&self, there: &[Untrusted], faults: &mut Vec<Fault>) {
        let urls = self.entry.draft.allowed_urls.iter().zip(&self.entry.places.urls);
        for (url, place) in urls.filter(|(url, _)| !there.iter().any(|there| there.raw() == *url)) {
            if let Err(fault) = AllowedUrl::parse(url) {
                let instead = fault.instead(url).map(|url| format!(" (write {})", quoted(&url))).unwrap_or_default();
                faults.push(Self::fault(*place, format!("{} can never match: {fault}{instead}", quoted(url))));
            }
        }
    }

    /// What an earlier run began with this token and did not finish.
    fn finish(&self, step: &mut Step, token: &Token) {
        if token.usage != Usage::Secret {
            return;
        }
        let (place, key) = (self.entry.places.key, quoted(&self.entry.key));
        match self.account.unfinished.iter().find(|unfinished| unfinished.token == token.id) {
            None => {}
            Some(Unfinished { op, has_value: true, .. }) if self.entry.deliver.is_empty() => step.errors.push(Fault::new(
                place,
                format!("an earlier run created {key}, and its value is not delivered yet: jeton recover {op} --to-file FILE"),
            )),
            Some(Unfinished { op, has_value: true, .. }) => step.waiting = Some(op.clone()),
            Some(Unfinished { op, has_value: false, .. }) => step.errors.push(Fault::new(
                place,
                format!(
                    "an earlier run created {key}, but its value is lost; delete the token with jeton recover {op} --delete \
                     and apply again, or keep it with jeton recover {op} --forget"
                ),
            )),
        }
    }
}

/// ` (did you mean "styles:read"?)`, where there is something like it.
pub(super) fn near_scope(scope: &Scope, catalogue: &Catalogue) -> String {
    near_miss(scope.id(), catalogue.scopes().iter().map(|info| info.id.id()))
        .map(|near| format!(" (did you mean {}?)", quoted(near)))
        .unwrap_or_default()
}
