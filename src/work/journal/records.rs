//! [`Records`]: all that this machine keeps of work that may not have come to its end: creates with their values, and batches.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use crate::{
    os::places::{self, Environment},
    work::{
        RecordsRequest, Reply, WorkError,
        journal::{BatchJournal, CreateJournal, OpenBatches, OpenCreates, OperationId},
    },
};

/// The records. Clones share what this process is at.
#[derive(Clone, Debug)]
pub struct Records {
    /// Of creates.
    pub creates: CreateJournal,
    /// Of changes of many tokens.
    pub batches: BatchJournal,
    /// Those of the demo account, once it is open.
    demo: Arc<OnceLock<Records>>,
}

/// Unfinished work on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOpen {
    /// Creates.
    pub creates: OpenCreates,
    /// Changes of many tokens.
    pub batches: OpenBatches,
}

impl Records {
    /// As the environment says where.
    pub fn from_environment(environment: Environment) -> Self {
        Self {
            creates: CreateJournal::from_environment(environment),
            batches: BatchJournal::from_environment(environment),
            demo: Arc::default(),
        }
    }

    /// As the environment of this process says.
    pub fn from_process() -> Self {
        Self::from_environment(places::PROCESS)
    }

    /// Those of the demo account, in a directory of their own below the usual one: nobody who recovers real tokens sees them.
    #[must_use]
    pub fn of_demo(&self) -> Self {
        let below = |name: &str| match name {
            "JETON_STATE_DIR" => places::state_dir(places::PROCESS).map(|dir| dir.join("demo").into()),
            name => places::PROCESS(name),
        };
        self.demo.get_or_init(|| Self::from_environment(&below)).clone()
    }

    /// Where a create is on record: in these records or in the demo's.
    pub fn journal_of(&self, op: &OperationId) -> CreateJournal {
        let demo = self.demo.get().filter(|demo| demo.creates.holds(op));
        demo.unwrap_or(self).creates.clone()
    }

    /// Everything below one directory, and nothing in the kernel: for tests.
    pub fn within(dir: &std::path::Path) -> Self {
        Self::from_environment(&|name| match name {
            "JETON_STATE_DIR" => Some(dir.as_os_str().to_owned()),
            "JETON_ESCROW" => Some("file".into()),
            _ => None,
        })
    }

    /// Does what is asked of them. Waits for the disk.
    ///
    /// # Errors
    /// [`WorkError::Records`], when they cannot be read, written or closed.
    pub fn perform(&self, request: RecordsRequest) -> Result<Reply, WorkError> {
        let Self { creates, batches, .. } = self;
        match request {
            RecordsRequest::List => self.left_open().map(Reply::Open),
            RecordsRequest::Recover(intent) => Ok(Reply::Recovered(creates.take_up(&intent).map(Box::new))),
            RecordsRequest::Forget(op) => creates.settle(&op).map(|()| Reply::Forgotten(op)),
            RecordsRequest::BeginBatch { op, plan } => {
                batches.begin(op, *plan, Timestamp::now()).map(Reply::BatchBegun)
            }
            RecordsRequest::EndBatch(op) => batches.end(&op).map(|()| Reply::BatchEnded(op)),
        }
        .map_err(WorkError::Records)
    }

    /// What is open, after what crashes left half written was removed.
    ///
    /// # Errors
    /// When the records of creates cannot be read; that must be shown, for there may be something in them.
    pub fn left_open(&self) -> Result<LeftOpen, String> {
        self.creates.tidy();
        self.batches.tidy();
        Ok(LeftOpen { creates: self.creates.recovery()?, batches: self.batches.left() })
    }
}
