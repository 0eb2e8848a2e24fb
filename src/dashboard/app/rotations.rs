//! Rotations as the app sees them: what is under way on another thread, and what a person has to decide.
//!
//! Invariants: nothing is begun, quarantined or deleted here; a value that goes nowhere is revealed, whatever is open.

use std::sync::Arc;

use super::App;
use crate::{
    dashboard::{
        action::{Effect, Tone},
        modals::{Reveal, Rotate},
        rotator::{RotatorReply, RotatorRequest, is_due},
    },
    rotation::{End, OpenRotations, Rotation},
    token::Token,
};

impl App {
    /// Asks for something about a rotation.
    pub(super) fn rotate(&mut self, turn: RotatorRequest) {
        if let Some(modal) = self.rotation_modal() {
            modal.asked(&turn);
        }
        self.effects.push(Effect::Rotate(turn));
    }

    fn rotation_modal(&mut self) -> Option<&mut Rotate> {
        self.modals.all_mut().next()
    }

    pub(super) fn rotation_turned(&mut self, turned: RotatorReply) {
        let is_shown = self.rotation_modal().map(|modal| modal.told(&turned)).is_some();
        match turned {
            RotatorReply::Listed(left) => return self.rotations_listed(&left),
            RotatorReply::Planned(_) | RotatorReply::Event(_) => return,
            RotatorReply::Unstored(created, _) => self.open(Reveal::new(*created)),
            RotatorReply::Ran(result, rotation, _) if !is_shown => {
                let name = rotation.map_or_else(|| "Rotation".to_owned(), |rotation| rotation.title());
                match result {
                    Ok(End::Done) => {
                        self.toasts.say(Tone::Good, format!("{name}: the old token is deleted."), self.now);
                    }
                    Ok(_) => self.toasts.say(Tone::Good, format!("{name}: done for now. Press R to see it."), self.now),
                    Err(trouble) => {
                        self.toasts.say(Tone::Bad, format!("{name}: {trouble}. {}", trouble.next()), self.now);
                    }
                }
            }
            RotatorReply::Undone(Err(trouble), _) if !is_shown => {
                self.toasts.say(Tone::Bad, format!("{trouble}. {}", trouble.next()), self.now);
            }
            RotatorReply::Ran(..) | RotatorReply::Undone(..) => {}
        }
        self.effects.push(Effect::Rotate(RotatorRequest::List));
        self.reload();
    }

    /// What is under way is marked in the list; what is due is asked about, once.
    fn rotations_listed(&mut self, left: &OpenRotations) {
        for (path, why) in &left.unreadable {
            let path = path.to_string_lossy();
            let text = format!("can't read {}: {}", crate::untrusted::shown(&path), crate::untrusted::shown(why));
            self.toasts.say(Tone::Bad, text, self.now);
        }
        let Some(account) = &self.store.account else { return };
        let key = account.key();
        let is_first = !std::mem::replace(&mut self.store.knows_rotations, true);
        self.store.rotations = left.of(&key).map(|open| open.record.clone()).collect();
        let now = self.now.time;
        let due = left.of(&key).find(|open| !open.is_active && is_due(&open.record, now));
        if let (true, Some(due)) = (is_first && self.modals.is_empty(), due) {
            let token = old_token(&due.record);
            let modal = Rotate::new(token, [], Some(&due.record));
            self.open(modal);
        }
    }
}

/// The old token as its record has it: the list may not be there yet.
fn old_token(rotation: &Rotation) -> Arc<Token> {
    let old = &rotation.old;
    Arc::new(Token {
        id: old.id.clone(),
        usage: old.usage,
        client: crate::token::Word::default(),
        default: old.default,
        note: old.note.clone(),
        scopes: rotation.wanted.scopes.clone(),
        allowed_urls: old.allowed_urls.clone(),
        created: None,
        modified: None,
        token: None,
        flaws: Box::default(),
    })
}
