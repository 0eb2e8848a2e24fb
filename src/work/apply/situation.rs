//! [`Situation`]: what is known of an account before a plan is made for it: its tokens, its scopes, and what earlier runs left.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{ApplyError, Connection, Loaded};
use crate::{
    delivery::{Destination, Presence},
    plan::{Account, Action, Fault, Plan, Unfinished},
    token::{AccountKey, Catalogue, Scope, Token, TokenId, Usage},
    work::{
        Reply, Request,
        journal::{Intent, LeftOpen, OpenBatches, OperationId, Outcome, Value},
    },
};

/// What is known of the account.
pub struct Situation {
    key: AccountKey,
    /// All of its tokens.
    pub tokens: Vec<Arc<Token>>,
    catalogue: Catalogue,
    is_catalogue_complete: bool,
    held: Option<HashSet<Scope>>,
    own: Option<TokenId>,
    unfinished: Vec<Unfinished>,
    /// The records of earlier creates, by name.
    pub intents: HashMap<String, Intent>,
    /// Creates that were sent and did not come to pass.
    pub unmade: Vec<OperationId>,
    /// Creates that were sent and may still come to pass, until then.
    pending: Vec<(OperationId, Timestamp)>,
    /// Creates of public tokens, whose values can be read at any time: there is nothing left to do about them.
    pub public: Vec<OperationId>,
    /// Bulk changes that were interrupted or are under way.
    pub batches: OpenBatches,
}

impl Situation {
    /// Looks at the account. `own` is the id of the authorizing token.
    ///
    /// # Errors
    /// When the account or the records of earlier runs cannot be looked at.
    pub fn look(connection: &mut impl Connection, own: Option<TokenId>) -> Result<Self, ApplyError> {
        let asked = Timestamp::now();
        let tokens = connection.tokens()?;
        let (catalogue, is_catalogue_complete) = match connection.call(Request::Scopes) {
            Ok(Reply::Scopes(scopes)) => (Catalogue::from_server(scopes), true),
            // It may not be allowed to ask; the documented scopes have to do.
            _ => (Catalogue::bundled(), false),
        };
        let of_own = own.as_ref().and_then(|own| tokens.iter().find(|token| token.id == *own));
        let held = of_own.map(|token| token.scopes.iter().cloned().collect());
        let key = connection.account().clone();
        let mut situation = Self {
            key,
            tokens,
            catalogue,
            is_catalogue_complete,
            held,
            own,
            unfinished: Vec::new(),
            intents: HashMap::new(),
            unmade: Vec::new(),
            pending: Vec::new(),
            public: Vec::new(),
            batches: OpenBatches::default(),
        };
        let LeftOpen { creates, batches } = connection.left_open()?;
        situation.batches = batches;
        for open in creates.of(&situation.key.clone()) {
            let op = open.intent.op.to_string();
            let mut add = |token: &TokenId, has_value| {
                situation.unfinished.push(Unfinished { op: op.clone(), token: token.clone(), has_value });
            };
            match (&open.value, open.judge(&situation.tokens, asked)) {
                (_, Outcome::Made(token)) if token.usage == Usage::Public => {
                    situation.public.push(open.intent.op.clone());
                }
                (Value::Whole { token, .. }, _) => add(token, true),
                (_, outcome @ (Outcome::Made(_) | Outcome::Several(_))) => {
                    outcome.candidates().iter().for_each(|token| add(&token.id, false));
                }
                (_, Outcome::SafeToResend) => situation.unmade.push(open.intent.op.clone()),
                (_, Outcome::TooEarly(until)) => situation.pending.push((open.intent.op.clone(), until)),
                (_, Outcome::Gone(_) | Outcome::Unknown(_)) => {}
            }
            situation.intents.insert(op, open.intent.clone());
        }
        Ok(situation)
    }

    /// Until when the server may still be at work on a token that the plan would create, because an earlier run was interrupted.
    pub fn settles(&self, plan: &Plan) -> Option<Timestamp> {
        let is_wanted = |intent: &Intent| {
            let draft = intent.draft();
            plan.steps
                .iter()
                .any(|step| matches!(&step.action, Action::Create { draft: wanted, .. } if *wanted == draft))
        };
        let pending = self.pending.iter().filter(|(op, _)| self.intents.get(op.as_str()).is_some_and(is_wanted));
        pending.map(|(_, until)| *until).max()
    }

    /// The plan that follows from a file, with what is wrong with the places its values should go to.
    pub fn plan(&self, loaded: &Loaded, prune: bool) -> Plan {
        let account = Account {
            key: &self.key,
            tokens: &self.tokens,
            catalogue: &self.catalogue,
            is_catalogue_complete: self.is_catalogue_complete,
            held: self.held.as_ref(),
            own: self.own.clone(),
            unfinished: &self.unfinished,
        };
        let mut plan = Plan::new(&loaded.file, &account, prune);
        for (step, entry) in plan.steps.iter_mut().zip(&loaded.file.entries) {
            if !matches!(step.action, Action::Create { .. }) && step.waiting.is_none() {
                continue;
            }
            let intent = step.waiting.as_ref().and_then(|op| self.intents.get(op));
            for place in &step.deliver {
                let checked = place.destination(&loaded.folder).and_then(|place| match intent {
                    Some(intent) if is_delivered(intent, &place) => Ok(()),
                    _ => place.check(),
                });
                if let Err(why) = checked {
                    step.errors.push(Fault::new(entry.places.deliver, why.0));
                }
            }
        }
        plan
    }
}

/// Whether an earlier run put the value there.
pub fn is_delivered(intent: &Intent, place: &Destination) -> bool {
    intent
        .delivered()
        .any(|(there, presence)| there == place && matches!(presence, Presence::There | Presence::Unknown))
}
