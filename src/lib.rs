//! jeton: a terminal dashboard, a command line and a local sandbox for Mapbox access tokens.

pub mod sandbox;
pub mod secret;
pub mod token;
pub mod untrusted;
