//! The whole dashboard without a terminal, a network or a clock: its state fed with events, its frames drawn by the backend that
//! draws them in a terminal, and a server that is a list.

mod canvas;
mod hostility;
mod monkey;
use crate::support::rng;
mod rules;
mod server;
mod world;

use crate::support::{hostile, rig};
