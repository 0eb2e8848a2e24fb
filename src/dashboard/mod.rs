//! The dashboard: the account's Access Tokens page at the keyboard.

pub mod event;
pub mod input;
pub mod key;
pub mod screen;
pub mod signals;
pub mod terminal;
