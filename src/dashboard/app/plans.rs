//! Tokens as code as the app sees them: a file that is written, compared or applied on another thread.

use std::collections::HashSet;

use super::App;
use crate::{
    dashboard::{
        action::Effect,
        applier::{Applied, ApplyOrder},
        screens::Screen,
    },
    token::TokenId,
};

impl App {
    /// Opens the review of a file.
    pub(super) fn compare_file(&mut self) {
        self.screen = Screen::Plan;
        self.plan.ask_compare();
    }

    /// Asks where to write what is marked or shown.
    pub(super) fn export_file(&mut self) {
        let chosen: HashSet<TokenId> = self.tokens.chosen(&self.store);
        self.screen = Screen::Plan;
        self.plan.ask_export(chosen);
    }

    pub(super) fn apply_file(&mut self, order: ApplyOrder) {
        self.plan.asked(&order);
        self.effects.push(Effect::Apply(order));
    }

    pub(super) fn applied(&mut self, applied: Applied) {
        let actions = self.plan.told(applied, view!(self));
        self.perform_all(actions, None);
    }
}
