//! [`Records`]: all that this machine keeps of work that may not have come to its end: creates with their values, and batches.
//!
//! Callers: the client task, which both faces run; whoever starts that task.

use crate::{
    os::places::{self, Environment},
    work::{
        bulk::{self, Batches},
        create::{Recovery, Safekeeping},
    },
};

/// The records. Clones share what this process is at.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Of creates.
    pub safekeeping: Safekeeping,
    /// Of changes of many tokens.
    pub batches: Batches,
}

/// What is left open on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOpen {
    /// Creates.
    pub creates: Recovery,
    /// Changes of many tokens.
    pub batches: bulk::Left,
}

impl Records {
    /// As the environment says where.
    pub fn from_environment(environment: Environment) -> Self {
        Self {
            safekeeping: Safekeeping::from_environment(environment),
            batches: Batches::from_environment(environment),
        }
    }

    /// As the environment of this process says.
    pub fn new() -> Self {
        Self::from_environment(&|name| std::env::var_os(name))
    }

    /// Those of the demo account, in a directory of their own below the usual one: nobody who recovers real tokens sees them.
    pub fn of_demo() -> Self {
        Self::from_environment(&|name| {
            let variable = |name: &str| std::env::var_os(name);
            match name {
                "JETON_STATE_DIR" => places::state_dir(&variable).map(|dir| dir.join("demo").into()),
                name => variable(name),
            }
        })
    }

    /// Everything below one directory, and nothing in the kernel: for tests.
    pub fn within(dir: &std::path::Path) -> Self {
        Self { safekeeping: Safekeeping::within(dir), batches: Batches::within(dir) }
    }

    /// What is open, after what crashes left half written was removed.
    ///
    /// # Errors
    /// When the records of creates cannot be read; that must be shown, for there may be something in them.
    pub fn left_open(&self) -> Result<LeftOpen, String> {
        self.safekeeping.tidy();
        self.batches.tidy();
        Ok(LeftOpen { creates: self.safekeeping.recovery()?, batches: self.batches.left() })
    }
}
