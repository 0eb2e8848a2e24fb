//! One file a command: its arguments, what it does, what it prints.

pub mod accounts;
pub mod apply;
pub mod check_url;
pub mod completions;
pub mod create;
pub mod delete;
#[cfg(feature = "dashboard")]
#[cfg_attr(not(feature = "sandbox"), path = "no_demo.rs")]
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod edit;
pub mod export;
pub mod inspect;
pub mod lint;
pub mod list;
pub mod login;
pub mod logout;
pub mod man;
pub mod recover;
pub mod rotate;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod scan;
pub mod scopes;
pub mod show;
pub mod support;
pub mod temporary;
pub mod usage;
