//! [`BackupLocation`]: where the answer to a create is kept until its value is stored, in words for people and for machines.

use std::{fmt, path::PathBuf};

use jiff::Timestamp;

/// Where an answer is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupLocation {
    /// In the kernel's keyring, until then, where that is known.
    Keyring(Option<Timestamp>),
    /// In a file of the runtime directory: in memory, until the session ends.
    RuntimeFile(PathBuf),
    /// In a file on disk.
    DiskFile(PathBuf),
    /// Nowhere: the escrow is switched off.
    Off,
    /// Nowhere, and why. The person must be told in plain words before anything else.
    Nowhere(String),
}

impl BackupLocation {
    /// Whether there is a copy that survives this process.
    pub fn is_safe(&self) -> bool {
        matches!(self, Self::Keyring(_) | Self::RuntimeFile(_) | Self::DiskFile(_))
    }

    /// One word for machines.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Keyring(_) => "keyring",
            Self::RuntimeFile(_) => "runtime-file",
            Self::DiskFile(_) => "disk-file",
            Self::Off | Self::Nowhere(_) => "none",
        }
    }

    /// Until when, where it has an end that is known.
    pub fn until(&self) -> Option<Timestamp> {
        if let Self::Keyring(until) = self { *until } else { None }
    }

    /// For people, after "a backup is" or "the value is": what would be left if the program ended now. `clock` writes a time as they read it.
    pub fn describe(&self, clock: impl Fn(Timestamp) -> String) -> String {
        let path = |path: &PathBuf| crate::untrusted::shown(&path.to_string_lossy()).into_owned();
        match self {
            Self::Keyring(Some(until)) => format!("in the kernel keyring until {}", clock(*until)),
            Self::Keyring(None) => "in the kernel keyring for a limited time".to_owned(),
            Self::RuntimeFile(file) => format!("in {} until you log out", path(file)),
            Self::DiskFile(file) => format!("on disk, in {}, until it is stored", path(file)),
            Self::Off => "only in this program (backups are off): if it ends now, the value is lost".to_owned(),
            Self::Nowhere(why) => format!("only in this program ({why}): if it ends now, the value is lost"),
        }
    }
}

/// For people, in the time zone of this machine.
impl fmt::Display for BackupLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(local_time))
    }
}

/// A time in the zone of this machine: `14:32`, and the date when that is another day.
fn local_time(time: Timestamp) -> String {
    let zone = jiff::tz::TimeZone::system();
    let (time, now) = (time.to_zoned(zone.clone()), Timestamp::now().to_zoned(zone));
    let format = if time.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    time.strftime(format).to_string()
}
