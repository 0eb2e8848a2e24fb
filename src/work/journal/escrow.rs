//! [`Escrow`]: where the answer to a create waits from the moment it is read until its value is stored.
//!
//! The kernel's keyring first: it is not on any disk, survives this process however that ends, is open to this user alone, and
//! lets go by itself when its time is over: minutes where somebody is at the terminal, a day where nobody is. Where there is none (other systems, containers that forbid it) a 0600 file in the
//! runtime directory, which is in memory and goes with the session; else one in the state directory, on disk, which is
//! said. Files do not expire: what waits in one is the only copy, and nobody but its owner may decide to drop it.
//!
//! What is kept is the answer as it came, byte for byte: also of one that broke off, for the value may be in what arrived.
//! Any process of the same user can read it while it waits; whoever minds switches the escrow off (`JETON_ESCROW=off`).
//!
//! Invariants: [`Escrow::keep`] says "kept" only after reading back what it kept.

#[cfg(target_os = "linux")]
mod keyring;

use std::{
    io::{self, IsTerminal as _},
    path::PathBuf,
    time::Duration,
};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::BackupLocation;
use crate::{
    os::{
        failpoint::reached,
        places::{self, Environment},
        private_dir::PrivateDir,
    },
    token::time,
};

/// How long the kernel keeps a value when somebody is at the terminal. An open reveal starts that anew now and then.
const ATTENDED: Duration = Duration::from_secs(15 * 60);

/// How long it keeps one when nobody is: whoever looks at a job that failed may do so the next morning.
const UNATTENDED: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest time that can be asked for: the kernel drops a user's keyring after three days without use.
const LONGEST: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// How long the kernel keeps a value: as `$JETON_ESCROW_TIME` says (`30m`, `2h`, `1d`), else a quarter of an hour, or a day without a terminal.
fn limit(environment: Environment) -> Duration {
    let asked = environment("JETON_ESCROW_TIME").and_then(|text| time::parse_duration(text.to_str()?).ok());
    let asked = asked.and_then(|asked| Duration::try_from(asked).ok()).filter(|asked| !asked.is_zero());
    let is_attended = io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal();
    asked.unwrap_or(if is_attended { ATTENDED } else { UNATTENDED }).clamp(Duration::from_secs(60), LONGEST)
}

/// Which ways may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The keyring, else a file.
    #[default]
    Auto,
    /// A file, although there may be a keyring.
    File,
    /// None at all.
    Off,
}

impl Choice {
    /// From `$JETON_ESCROW`: `auto`, `file` or `off`. Anything else counts as `auto`, the safe side.
    pub fn from_environment(environment: Environment) -> Self {
        match environment("JETON_ESCROW").as_deref().and_then(std::ffi::OsStr::to_str) {
            Some("off") => Self::Off,
            Some("file") => Self::File,
            _ => Self::Auto,
        }
    }
}

/// The escrow, and where it may keep things.
#[derive(Clone, Debug)]
pub struct Escrow {
    choice: Choice,
    limit: Duration,
    runtime: Option<PrivateDir>,
    disk: Option<PrivateDir>,
}

impl Escrow {
    /// An escrow as the environment says.
    pub fn from_environment(environment: Environment) -> Self {
        let dir = |place: Option<PathBuf>| place.map(|path| PrivateDir::at(path.join("escrow")));
        Self {
            choice: Choice::from_environment(environment),
            limit: limit(environment),
            runtime: dir(places::runtime_dir(environment)),
            disk: dir(places::state_dir(environment)),
        }
    }

    /// Keeps an answer under a name. Never fails: what it could not do is in the result.
    pub fn keep(&self, name: &str, answer: &[u8]) -> BackupLocation {
        if self.choice == Choice::Off {
            return BackupLocation::Off;
        }
        #[cfg(target_os = "linux")]
        if self.choice == Choice::Auto && keyring::keep(name, answer, self.limit) {
            reached("escrow: the keyring has it");
            return BackupLocation::Keyring(Some(self.until()));
        }
        let mut why = "no directory for it".to_owned();
        for (dir, is_disk) in [(&self.runtime, false), (&self.disk, true)] {
            let Some(dir) = dir else { continue };
            match dir.put(name, answer).and_then(|_file| dir.get(name)) {
                Ok(Some(copy)) if *copy == answer => {
                    reached("escrow: a file has it");
                    let path = dir.path().join(name);
                    return if is_disk { BackupLocation::DiskFile(path) } else { BackupLocation::RuntimeFile(path) };
                }
                Ok(_) => "it could not be read back".clone_into(&mut why),
                Err(error) => why = format!("could not make a backup: {error}"),
            }
        }
        BackupLocation::Nowhere(why)
    }

    /// What is kept under a name, and where. Looks in every place, whatever is switched on now.
    pub fn find(&self, name: &str) -> Option<(Zeroizing<Vec<u8>>, BackupLocation)> {
        #[cfg(target_os = "linux")]
        if let Some(answer) = keyring::find(name) {
            return Some((answer, BackupLocation::Keyring(None)));
        }
        let in_dir = |dir: &Option<PrivateDir>, backup: fn(PathBuf) -> BackupLocation| {
            let dir = dir.as_ref()?;
            Some((dir.get(name).ok()??, backup(dir.path().join(name))))
        };
        in_dir(&self.runtime, BackupLocation::RuntimeFile).or_else(|| in_dir(&self.disk, BackupLocation::DiskFile))
    }

    /// How long the kernel keeps a value.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Starts the time limit anew. Until when it is kept now; `None` where it is not in the keyring.
    pub fn renew(&self, name: &str) -> Option<Timestamp> {
        #[cfg(target_os = "linux")]
        if keyring::renew(name, self.limit) {
            return Some(self.until());
        }
        #[cfg(not(target_os = "linux"))]
        let _ = name;
        None
    }

    /// The end of what begins now. A little early, so that it is never promised too long.
    fn until(&self) -> Timestamp {
        let limit = self.limit.saturating_sub(Duration::from_secs(1));
        Timestamp::now().checked_add(limit).unwrap_or(Timestamp::MAX)
    }

    /// Lets go of what is kept under a name, everywhere. Afterwards [`Escrow::find`] finds nothing, or this says why.
    pub fn forget(&self, name: &str) -> Result<(), String> {
        #[cfg(target_os = "linux")]
        keyring::forget(name);
        reached("escrow: the keyring has let go");
        for dir in [&self.runtime, &self.disk].into_iter().flatten() {
            dir.remove(name)
                .map_err(|error| format!("could not remove the backup {}: {error}", dir.path().display()))?;
        }
        reached("escrow: no file has it");
        match self.find(name) {
            Some((_, backup)) => Err(format!("a backup is still {backup}")),
            None => Ok(()),
        }
    }

    /// Removes what a crash left half written.
    pub fn tidy(&self) {
        for dir in [&self.runtime, &self.disk].into_iter().flatten() {
            // What cannot be removed now is tried again at the next start.
            let _later = dir.tidy();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = br#"{"token":"sk.fake.fake"}"#;

    fn escrow(choice: &'static str, root: &std::path::Path) -> Escrow {
        let root = root.to_owned();
        Escrow::from_environment(&move |name| match name {
            "JETON_ESCROW" => Some(choice.into()),
            "XDG_RUNTIME_DIR" => Some(root.join("run").into()),
            "JETON_STATE_DIR" => Some(root.join("state").into()),
            _ => None,
        })
    }

    fn name() -> String {
        format!("test-{}", tempfile::tempdir().unwrap().path().file_name().unwrap().display())
    }

    #[test]
    fn what_is_kept_is_found_by_another_and_forgotten_everywhere() {
        let root = tempfile::tempdir().unwrap();
        for choice in ["auto", "file"] {
            let name = name();
            let backup = escrow(choice, root.path()).keep(&name, ANSWER);
            assert!(backup.is_safe(), "{backup}");
            let other = escrow("off", root.path());
            let (answer, place) = other.find(&name).expect("found");
            assert_eq!((answer.as_slice(), place.word()), (ANSWER, backup.word()));
            assert_eq!(other.renew(&name).is_some(), backup.until().is_some());
            other.forget(&name).expect("forgotten");
            assert!(escrow(choice, root.path()).find(&name).is_none());
        }
    }

    #[test]
    fn what_is_kept_for_a_time_says_until_when() {
        let of = |text: &'static str| limit(&move |name| (name == "JETON_ESCROW_TIME").then(|| text.into()));
        assert_eq!(of("2h"), Duration::from_secs(2 * 60 * 60));
        assert_eq!(of("30d"), LONGEST);
        assert_eq!(of("1s"), Duration::from_secs(60));
        assert!([ATTENDED, UNATTENDED].contains(&of("soon")));
        let until = BackupLocation::Keyring(Some(Timestamp::UNIX_EPOCH));
        assert_eq!(until.describe(|time| time.to_string()), "in the kernel keyring until 1970-01-01T00:00:00Z");
    }

    #[test]
    fn switched_off_nothing_is_kept_and_it_says_so() {
        let root = tempfile::tempdir().unwrap();
        let (escrow, name) = (escrow("off", root.path()), name());
        assert_eq!(escrow.keep(&name, ANSWER), BackupLocation::Off);
        assert!(escrow.find(&name).is_none());
        assert!(BackupLocation::Off.to_string().contains("lost"));
    }

    #[test]
    fn without_a_place_the_warning_says_that_the_value_may_be_lost() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("run"), "in the way").unwrap();
        std::fs::write(root.path().join("state"), "in the way").unwrap();
        let backup = escrow("file", root.path()).keep(&name(), ANSWER);
        assert!(matches!(backup, BackupLocation::Nowhere(_)), "{backup:?}");
        assert!(backup.to_string().contains("the value is lost"));
    }
}
