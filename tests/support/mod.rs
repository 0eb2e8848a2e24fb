//! What the integration tests share.
#![expect(dead_code, reason = "each test binary uses a part of it")]

pub mod driver;
