//! [`Pending`]: whether a modal waits for an answer, and what was wrong with the last try.

use ratatui::text::Line;

use crate::{
    dashboard::{theme::Theme, widgets::paint},
    work::WorkError,
};

/// A request of a modal, or why there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    is_waiting: bool,
    problem: Option<String>,
}

impl Pending {
    /// Whether the answer is still to come.
    pub fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// The request is on its way.
    pub fn sent(&mut self) {
        *self = Self { is_waiting: true, problem: None };
    }

    /// The answer is here.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// It did not work: says why, and what to do about it.
    pub fn failed(&mut self, error: &WorkError) {
        *self = Self { is_waiting: false, problem: Some(format!("{error}. {}", error.next())) };
    }

    /// It is not sent, or it was for nothing.
    pub fn refuse(&mut self, problem: impl Into<String>) {
        self.problem = Some(problem.into());
    }

    /// What was wrong has been seen, or is being changed.
    pub fn clear_problem(&mut self) {
        self.problem = None;
    }

    /// What was wrong.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// The line that says what is being done (`Creating`), or the problem; nothing when there is neither.
    pub fn lines(&self, doing: &str, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
        if self.is_waiting {
            return vec![Line::styled(format!("{doing}{}", theme.glyphs.ellipsis), theme.dim)];
        }
        paint::problem(self.problem(), columns, theme.danger)
    }
}
