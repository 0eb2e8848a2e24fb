//! The dashboard: the account's Access Tokens page at the keyboard.

pub mod event;
pub mod key;
