//! jeton: a terminal dashboard, a command line and a local sandbox for Mapbox access tokens.

pub mod accounts;
pub mod api;
pub mod cache;
pub mod cli;
pub mod clipboard;
pub mod dashboard;
pub mod failpoint;
pub mod log;
pub mod places;
pub mod private_dir;
pub mod process;
pub mod sandbox;
pub mod secret;
pub mod sink;
pub mod token;
pub mod untrusted;
