//! Screens: what fills the space between header and footer. Modals lie on top of them.

pub mod detail;
pub mod tokens;

pub use self::tokens::Tokens;
