//! [`Rotation`]: one rotation as it stands on disk: what was agreed, and what has been done so far. Plain data; it holds no token value.
//!
//! Invariants: what is done is never forgotten, because a fact is on record before the next step begins; the stage is derived from the
//! facts and never stored.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::change::Change;
use crate::{
    delivery::Destination,
    os::record::Record,
    scan::Digest,
    token::{AccountKey, Draft, Scope, Token, TokenId, Usage},
    untrusted::Untrusted,
    work::journal::OperationId,
};

/// How long a quarantined token stays before it is deleted.
pub const QUARANTINE: SignedDuration = SignedDuration::from_hours(24);

/// The host a quarantined token is restricted to: no page can have it (RFC 2606).
pub const NOWHERE: &str = "quarantined-by-jeton.invalid";

/// The token that is replaced, as it was at the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Old {
    /// Its id.
    pub id: TokenId,
    /// Public or secret.
    pub usage: Usage,
    /// Whether it is the account's default public token.
    #[serde(default)]
    pub default: bool,
    /// Its name.
    #[serde(default)]
    pub note: Option<Untrusted>,
    /// Where it may be used from: what lifting a quarantine restores.
    #[serde(default)]
    pub allowed_urls: Option<Vec<Untrusted>>,
    /// Its value's digest, once the value was seen: files may hold damaged copies, too.
    #[serde(default)]
    pub digest: Option<Digest>,
}

impl Old {
    /// From the account's list.
    pub fn new(token: &Token) -> Self {
        let Token { id, usage, default, note, allowed_urls, token, .. } = token.clone();
        let digest = token.as_ref().map(super::change::digest_of);
        Self { id, usage, default, note, allowed_urls, digest }
    }

    /// Its name, or its id where it has none, ready to show.
    pub fn name(&self) -> String {
        match &self.note {
            Some(note) if !note.is_empty() => note.shown().into_owned(),
            _ if self.default => "Default public token".to_owned(),
            _ => self.id.shown().into_owned(),
        }
    }
}

/// What the successor will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    /// Its name; empty for none.
    pub note: String,
    /// Its scopes.
    pub scopes: Vec<Scope>,
    /// Where it may be used from.
    pub allowed_urls: Vec<String>,
}

impl Wanted {
    /// The same as an existing token.
    pub fn like(token: &Token) -> Self {
        Self {
            note: token.note.as_ref().map_or_else(String::new, |note| note.raw().to_owned()),
            scopes: token.scopes.clone(),
            allowed_urls: token.urls().iter().map(|url| url.raw().to_owned()).collect(),
        }
    }

    /// What a create call asks for.
    pub fn draft(&self) -> Draft {
        Draft { note: self.note.clone(), scopes: self.scopes.clone(), allowed_urls: self.allowed_urls.clone() }
    }
}

/// What may be written to although something speaks against it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allow {
    /// Files with uncommitted changes.
    #[serde(default)]
    pub dirty: bool,
    /// Files git tracks, although the token is a secret one.
    #[serde(default)]
    pub tracked: bool,
    /// Files with several names (hard links), of which only one will have the new content.
    #[serde(default)]
    pub linked: bool,
    /// Files of other users.
    #[serde(default)]
    pub foreign: bool,
}

/// What was agreed at the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RotationOptions {
    /// Where to look for the old token.
    pub folders: Vec<PathBuf>,
    /// What to leave out there, as globs.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether to replace it there.
    pub write: bool,
    /// What may be written to.
    #[serde(default)]
    pub allow: Allow,
    /// How long the old token keeps working after everything else is done, in seconds.
    pub grace: u64,
    /// Whether it is quarantined before it is deleted.
    pub quarantine: bool,
}

impl RotationOptions {
    /// The grace period.
    pub fn grace(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::try_from(self.grace).unwrap_or(i64::MAX))
    }
}

/// A destination, and whether it has the successor's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Where.
    pub to: Destination,
    /// When it was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Timestamp>,
    /// Why it was not, the last time it was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// The token that takes the old one's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Successor {
    /// Its id.
    pub id: TokenId,
    /// The record of its creation, until its value is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op: Option<OperationId>,
}

/// An undo that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Undo {
    /// Whether the successor is deleted in the end.
    pub delete_successor: bool,
}

/// One rotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rotation {
    /// Its name.
    pub op: OperationId,
    /// Whose tokens.
    pub account: AccountKey,
    /// When it was begun.
    pub started: Timestamp,
    /// Where commands are run.
    #[serde(default)]
    pub directory: PathBuf,
    /// The token that is replaced.
    pub old: Old,
    /// What takes its place.
    pub wanted: Wanted,
    /// What was agreed.
    pub terms: RotationOptions,
    /// The tokens that looked like the successor before it was created.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub look_alikes: Vec<TokenId>,
    /// Where the value goes.
    pub deliveries: Vec<Delivery>,
    /// The successor, once it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<Successor>,
    /// Successors whose value was lost before it was stored anywhere. They are deleted in the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<TokenId>,
    /// When the successor was found to work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Timestamp>,
    /// The files that were changed, or are about to be, in order. The state of each is on the disk: its digest tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// When all files were changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Timestamp>,
    /// When the grace period ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// When the old token was quarantined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantined: Option<Timestamp>,
    /// Set when it is being undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
}

/// How far a rotation is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, strum::EnumIter, strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Stage {
    /// The successor does not exist yet.
    Create,
    /// Whether it works is not known yet.
    Verify,
    /// Its value is not everywhere yet where it is to go.
    Deliver,
    /// The old token is still in files.
    Replace,
    /// The old token still works, for whoever was forgotten.
    Grace,
    /// The old token is restricted to a host that does not exist.
    Quarantine,
    /// The old token is to be deleted.
    Delete,
}

impl Stage {
    /// One word for machines.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// What happens in it, as a heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Create => "Create the successor",
            Self::Verify => "Check that it works",
            Self::Deliver => "Deliver its value",
            Self::Replace => "Replace the old token in files",
            Self::Grace => "Grace period",
            Self::Quarantine => "Quarantine the old token",
            Self::Delete => "Delete the old token",
        }
    }
}

/// How a stage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is over.
    Done,
    /// It is the one that is next, or under way.
    Now,
    /// It comes later.
    Later,
    /// It is not part of this rotation.
    Skipped,
}

impl Record for Rotation {
    const VERSION: u32 = 1;
}

impl Rotation {
    /// The stage that is next, or under way.
    pub fn stage(&self) -> Stage {
        if self.successor.is_none() {
            Stage::Create
        } else if self.verified.is_none() {
            Stage::Verify
        } else if self.deliveries.iter().any(|delivery| delivery.done.is_none()) {
            Stage::Deliver
        } else if self.replaced.is_none() {
            Stage::Replace
        } else if self.old.default {
            // The old one went when the new one came.
            Stage::Delete
        } else if self.due.is_none() {
            Stage::Grace
        } else if self.terms.quarantine && self.quarantined.is_none() {
            Stage::Quarantine
        } else {
            Stage::Delete
        }
    }

    /// When the next stage may begin; `None` when it may begin now.
    pub fn waits_until(&self) -> Option<Timestamp> {
        match self.stage() {
            Stage::Quarantine => self.due,
            Stage::Delete if self.old.default => None,
            Stage::Delete => match self.quarantined {
                Some(since) => since.checked_add(QUARANTINE).ok(),
                None => self.due,
            },
            _ => None,
        }
    }

    /// Whether something can be done now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.waits_until().is_none_or(|time| time <= now)
    }

    /// How each stage stands at a time, in order.
    pub fn stages(&self, now: Timestamp) -> Vec<(Stage, Progress)> {
        use strum::IntoEnumIterator as _;
        let stage = self.stage();
        let waits = stage >= Stage::Quarantine && !self.is_due(now);
        let current = if waits && self.quarantined.is_none() {
            Stage::Grace
        } else if waits {
            Stage::Quarantine
        } else {
            stage
        };
        let is_part = |stage: Stage| match stage {
            Stage::Deliver => !self.deliveries.is_empty(),
            Stage::Replace => self.terms.write,
            Stage::Grace | Stage::Delete => !self.old.default,
            Stage::Quarantine => self.terms.quarantine || self.quarantined.is_some(),
            Stage::Create | Stage::Verify => true,
        };
        Stage::iter()
            .map(|stage| {
                let progress = match stage.cmp(&current) {
                    _ if !is_part(stage) => Progress::Skipped,
                    std::cmp::Ordering::Less => Progress::Done,
                    std::cmp::Ordering::Equal => Progress::Now,
                    std::cmp::Ordering::Greater => Progress::Later,
                };
                (stage, progress)
            })
            .collect()
    }

    /// What it is, to begin a sentence with.
    pub fn title(&self) -> String {
        format!("Rotation of \"{}\"", self.old.name())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    pub fn rotation() -> Rotation {
        let token: Token = serde_json::from_value(serde_json::json!({
            "id": "cmold", "usage": "sk", "note": "CI", "scopes": ["uploads:write"], "allowedUrls": ["a.example"]
        }))
        .unwrap();
        Rotation {
            op: OperationId::try_from("0123abcd".to_owned()).unwrap(),
            account: AccountKey { username: "ada".into(), host: "api.mapbox.com".into() },
            started: at("2026-05-01T12:00:00Z"),
            directory: PathBuf::new(),
            old: Old::new(&token),
            wanted: Wanted::like(&token),
            terms: RotationOptions { grace: 3600, write: true, ..RotationOptions::default() },
            look_alikes: Vec::new(),
            deliveries: Vec::new(),
            successor: None,
            lost: Vec::new(),
            verified: None,
            changes: Vec::new(),
            replaced: None,
            due: None,
            quarantined: None,
            undo: None,
        }
    }

    #[test]
    fn the_stage_follows_from_what_is_done() {
        let mut rotation = rotation();
        let now = at("2026-05-01T12:30:00Z");
        assert_eq!(rotation.stage(), Stage::Create);
        rotation.successor = Some(Successor { id: "cmnew".into(), op: None });
        assert_eq!(rotation.stage(), Stage::Verify);
        rotation.verified = Some(now);
        assert_eq!(rotation.stage(), Stage::Replace);
        rotation.replaced = Some(now);
        assert_eq!(rotation.stage(), Stage::Grace);
        rotation.due = Some(at("2026-05-01T13:00:00Z"));
        assert_eq!((rotation.stage(), rotation.is_due(now)), (Stage::Delete, false));
        assert!(rotation.stages(now).contains(&(Stage::Grace, Progress::Now)));
        let later = at("2026-05-01T13:00:00Z");
        assert!(rotation.is_due(later));
        assert!(rotation.stages(later).contains(&(Stage::Delete, Progress::Now)));
        assert!(rotation.stages(later).contains(&(Stage::Deliver, Progress::Skipped)));
    }

    #[test]
    fn a_quarantine_lasts_a_day_after_the_grace_period() {
        let mut rotation = rotation();
        let now = at("2026-05-01T13:00:00Z");
        rotation.successor = Some(Successor { id: "cmnew".into(), op: None });
        (rotation.verified, rotation.replaced, rotation.due) = (Some(now), Some(now), Some(now));
        rotation.terms.quarantine = true;
        assert_eq!((rotation.stage(), rotation.is_due(now)), (Stage::Quarantine, true));
        rotation.quarantined = Some(now);
        assert_eq!((rotation.stage(), rotation.is_due(now)), (Stage::Delete, false));
        assert!(rotation.stages(now).contains(&(Stage::Quarantine, Progress::Now)));
        assert!(rotation.is_due(at("2026-05-02T13:00:00Z")));
    }

    #[test]
    fn a_rotation_comes_through_json_unchanged() {
        let rotation = rotation();
        let json = serde_json::to_vec(&rotation).unwrap();
        assert_eq!(serde_json::from_slice::<Rotation>(&json).unwrap(), rotation);
    }
}
