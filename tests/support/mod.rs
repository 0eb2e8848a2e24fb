//! What the integration tests share.

pub mod driver;
pub mod faulty;
pub mod hostile;
#[cfg(unix)]
pub mod pty;
#[cfg(unix)]
pub mod reveal;
pub mod rig;
pub mod rng;
#[cfg(unix)]
pub mod svg;
pub mod test_screen;
