//! Quitting and suspending, and what has to be finished or asked first.

use crate::{
    dashboard::{
        action::{Action, Effect, Tone},
        app::App,
        command::Command,
        keymap::Context,
        modals::{Modal, Question, Reveal},
    },
    work::Request,
};

impl App {
    pub(super) fn quit(&mut self) {
        // Whatever lies over it has to go: the value comes first.
        if let Some(reveal) = self.modals.uncover(|reveal: &Reveal| !reveal.is_stored()) {
            return reveal.ask_to_quit();
        }
        let is_asked = self.modals.top_as().is_some_and(Question::quits);
        if let Some(label) = self.change_under_way()
            && !is_asked
        {
            let text = format!("jeton is still {label}. If you quit now, you will not see the result.");
            self.open(Question::new("Quit anyway?", text, Action::QuitAnyway));
            return;
        }
        if !is_asked && self.modals.iter().any(Modal::is_unsaved) {
            let text = "What you have entered will be lost. Nothing has been sent.";
            self.open(Question::new("Quit?", text, Action::QuitAnyway));
            return;
        }
        self.perform(Action::QuitAnyway, None);
    }

    /// What is being changed on the server right now, if anything.
    pub(super) fn change_under_way(&self) -> Option<&'static str> {
        let mut requests = self.in_flight.values().map(|in_flight| &in_flight.request);
        requests.find(|request| request.is_mutation()).map(Request::label)
    }

    /// Goes to the shell: at once, but during a change only when that is done, or when asked a second time. A stopped program reads no
    /// answer.
    pub(super) fn suspend(&mut self) {
        match self.change_under_way() {
            Some(label) if !self.is_suspending => {
                self.is_suspending = true;
                let key = self.keymap.name(Context::Always, Command::Suspend);
                let text = format!("jeton is still {label} and suspends when that is done. {key} again suspends now.");
                self.toasts.say(Tone::Note, text, self.now);
            }
            _ => {
                self.is_suspending = false;
                self.effects.push(Effect::Suspend);
            }
        }
    }

    pub(super) fn suspend_when_done(&mut self) {
        if self.is_suspending && self.change_under_way().is_none() {
            self.suspend();
        }
    }

    pub(super) fn leave_when_done(&mut self) {
        // A value came up meanwhile (one that was kept of an earlier create, say): it comes first.
        if self.modals.all().any(|reveal: &Reveal| !reveal.is_stored()) {
            self.is_leaving = false;
        }
        if self.is_leaving && self.change_under_way().is_none() {
            self.is_leaving = false;
            self.quit();
        }
    }
}
