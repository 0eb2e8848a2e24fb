//! Screens: what fills the space between header and footer. Modals lie on top of them.
//!
//! The set is closed: [`Screen`] says which one is shown, and the app asks that one for its contexts, hands it the commands and
//! has it drawn. Screens do not know each other; who wants another one shown asks the app.

pub mod activity;
mod curl;
pub mod detail;
pub mod findings;
pub mod matrix;
pub mod overview;
pub mod places;
pub mod plan;
pub mod tokens;
pub mod usage;
pub mod welcome;

pub use self::{
    activity::Activity, overview::Overview, places::Places, plan::PlanReview, tokens::Tokens, welcome::Welcome,
};

/// Which screen is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// The token list and its detail.
    #[default]
    Tokens,
    /// The account at a glance.
    Overview,
    /// What was asked of the API, and what was said in passing.
    Activity,
    /// Where tokens are used.
    Places,
    /// Tokens as code: a file and the account.
    Plan,
    /// Where somebody without an account starts.
    Welcome,
}
