//! The dashboard: the account's Access Tokens page at the keyboard.

pub mod action;
pub mod app;
pub mod command;
pub mod event;
pub mod finder;
pub mod frame;
pub mod input;
pub mod key;
pub mod keymap;
pub mod modals;
pub mod screen;
pub mod screens;
pub mod signals;
pub mod store;
pub mod terminal;
pub mod theme;
pub mod toast;
pub mod view;
pub mod widgets;
