//! The dashboard: the account's Access Tokens page at the keyboard.

pub mod action;
pub mod app;
pub mod command;
pub mod event;
pub mod finder;
pub mod frame;
pub mod key;
pub mod keymap;
pub mod modals;
pub mod screens;
pub mod store;
pub mod theme;
pub mod toast;
pub mod view;
pub mod widgets;
