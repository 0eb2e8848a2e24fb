//! [`Plan`]: what a rotation will do, and everything that speaks against it, before anything is created.
//!
//! Invariants: nothing is created, changed or written down; what cannot be done is found here and not half way.

use std::{collections::HashSet, path::PathBuf, sync::Arc};

use jiff::Timestamp;

use super::{
    error::{Kind, RotationError},
    journal::name_of,
    old_token_usage::{OldTokenUsage, watch},
    places::Places,
    record::{Delivery, Old, Rotation, RotationOptions, Wanted},
    run::{Server, genuine, refuse_hindrances, search},
};
use crate::{
    api::ApiError,
    delivery::Destination,
    token::{AccountKey, Patch, Scope, Token, TokenId, Usage, flaw::Field},
    work::WorkError,
};

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct RotationRequest {
    /// The token that is to be replaced.
    pub token: Arc<Token>,
    /// The successor's name, if it is another one.
    pub note: Option<String>,
    /// Where the value goes.
    pub destinations: Vec<Destination>,
    /// The rest.
    pub terms: RotationOptions,
    /// Where commands are run.
    pub directory: PathBuf,
    /// Whether a value that goes nowhere else is shown to a person.
    pub is_shown: bool,
}

/// Who asks, and by what authority.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Whose tokens.
    pub account: AccountKey,
    /// The authorizing token's id, where it has one.
    pub id: Option<TokenId>,
    /// The authorizing token's scopes, where they are known.
    pub held: Option<HashSet<Scope>>,
}

impl Authority {
    /// From the account's list, in which the authorizing token is.
    pub fn new(account: AccountKey, id: Option<TokenId>, tokens: &[Arc<Token>]) -> Self {
        let own = tokens.iter().find(|token| Some(&token.id) == id.as_ref());
        let held = own.map(|token| token.scopes.iter().cloned().collect());
        Self { account, id, held }
    }
}

/// What will be done.
#[derive(Debug)]
pub struct Plan {
    /// What would go on record.
    pub rotation: Rotation,
    /// Where the old token was found.
    pub places: Places,
    /// How much the old token is used; `None` where statistics cannot be read.
    pub watch: Option<OldTokenUsage>,
    /// What to think about first.
    pub cautions: Vec<String>,
    /// Why it cannot be done; the first is the one to tell.
    pub obstacles: Vec<RotationError>,
}

impl Plan {
    /// Looks at everything.
    ///
    /// # Errors
    /// When the account, or a folder, cannot be looked at.
    pub fn new(
        wish: &RotationRequest,
        authority: &Authority,
        tokens: &[Arc<Token>],
        server: &mut impl Server,
        now: Timestamp,
    ) -> Result<Self, RotationError> {
        let token = &wish.token;
        let mut wanted = Wanted::like(token);
        if let Some(note) = &wish.note {
            wanted.note.clone_from(note);
        }
        let draft = wanted.draft();
        let look_alikes = tokens
            .iter()
            .filter(|other| other.id != token.id && Patch::between(other, &draft).is_empty())
            .map(|other| other.id.clone())
            .collect();
        let old = Old::new(token);
        let rotation = Rotation {
            op: name_of(&authority.account, &token.id),
            account: authority.account.clone(),
            started: now,
            directory: wish.directory.clone(),
            old,
            wanted,
            terms: wish.terms.clone(),
            look_alikes,
            deliveries: wish
                .destinations
                .iter()
                .map(|to| Delivery { to: to.clone(), done: None, failed: None })
                .collect(),
            successor: None,
            lost: Vec::new(),
            verified: None,
            changes: Vec::new(),
            replaced: None,
            due: None,
            quarantined: None,
            undo: None,
        };
        let mut plan =
            Self { rotation, places: Places::default(), watch: None, cautions: Vec::new(), obstacles: Vec::new() };
        plan.check_token(token, authority);
        plan.places = search(&plan.rotation)?;
        plan.rotation.old.digest = genuine(server, plan.rotation.old.digest, &mut plan.places)?;
        plan.check_places();
        plan.check_destinations(wish.is_shown);
        match watch(server, &plan.rotation, now) {
            Ok(watch) => plan.watch = Some(watch),
            Err(WorkError::Api(ApiError::Forbidden { .. } | ApiError::Unauthorized { .. })) => {
                plan.cautions.push("its usage is unknown: the authorizing token lacks statistics:read".into());
            }
            Err(error) => plan.cautions.push(format!("its usage is unknown: {error}")),
        }
        Ok(plan)
    }

    fn refuse(&mut self, kind: Kind, message: impl Into<String>, next: impl Into<String>) {
        self.obstacles.push(RotationError::new(kind, message, next));
    }

    fn check_token(&mut self, token: &Token, authority: &Authority) {
        if Some(&token.id) == authority.id.as_ref() {
            self.refuse(
                Kind::Refused,
                "this is the token jeton signs in with, and deleting it would lock jeton out",
                "Sign in with another one (jeton login), then rotate this one.",
            );
        }
        if [Field::Scopes, Field::AllowedUrls, Field::Usage].into_iter().any(|field| token.is_uncertain(field)) {
            self.refuse(
                Kind::Refused,
                format!("jeton could read it only in part ({})", token.flaw_words().unwrap_or_default()),
                "Create the new token with the right scopes and URLs yourself: jeton create",
            );
        }
        let Some(held) = &authority.held else { return };
        let write = Scope::from("tokens:write");
        let needed = self.rotation.wanted.scopes.iter().chain([&write]);
        let mut lacking: Vec<String> =
            needed.filter(|scope| !held.contains(*scope)).map(|scope| scope.shown().into_owned()).collect();
        lacking.dedup();
        // Refreshing grants nothing.
        if !lacking.is_empty() && !token.default {
            self.refuse(
                Kind::Forbidden,
                format!("the authorizing token lacks {}, so it can't create the successor", lacking.join(", ")),
                "Use an authorizing token that holds every scope of the token that is rotated, and tokens:write.",
            );
        }
        for problem in self.rotation.wanted.draft().problems(None) {
            self.refuse(Kind::Usage, problem.to_string(), "Give the successor another name: --note NAME.");
        }
        if token.default && self.rotation.terms.quarantine {
            self.refuse(Kind::Usage, "the default public token can't be quarantined", "Omit --quarantine.");
        }
    }

    fn check_places(&mut self) {
        for problem in &self.places.problems {
            self.cautions.push(format!("not searched: {problem}"));
        }
        let count = self.places.count();
        let Rotation { terms, old, .. } = self.rotation.clone();
        if terms.write {
            if let Err(trouble) = refuse_hindrances(&self.places) {
                self.obstacles.push(trouble);
            }
        } else if count > 0 && (terms.grace == 0 || old.default) {
            self.refuse(
                Kind::Refused,
                format!(
                    "{} still hold the old token, which would stop working immediately",
                    super::count(self.places.targets.len(), "file")
                ),
                "Replace it there with --write, or keep the old token working with --grace 7d.",
            );
        }
        if old.usage == Usage::Secret && terms.write && terms.allow.tracked {
            let is_found = self.places.targets.iter().any(|target| !target.places.is_empty());
            if is_found {
                self.cautions.push("a secret token in a file that git tracks also stays in git's history".into());
            }
        }
    }

    fn check_destinations(&mut self, is_shown: bool) {
        let is_secret = self.rotation.old.usage == Usage::Secret;
        let is_replaced = self.rotation.terms.write && self.places.count() > 0;
        if is_secret && self.rotation.deliveries.is_empty() && !is_replaced && !is_shown {
            self.refuse(
                Kind::Usage,
                "the successor's value is shown only once, and has no destination",
                "Choose one with --to-file, --to-env or --to-command, or replace the old token in files: --scan DIR --write",
            );
        }
        let faults: Vec<String> = self
            .rotation
            .deliveries
            .iter()
            .filter_map(|delivery| delivery.to.check().err())
            .map(|error| error.to_string())
            .collect();
        for fault in faults {
            self.refuse(Kind::Local, fault.trim_end_matches('.'), "Nothing was created.");
        }
    }
}
