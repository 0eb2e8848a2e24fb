//! [`Baseline`]: the findings someone has looked at, so that a later scan reports new ones only.
//!
//! Invariants: the file holds no value; a finding is known by token, file and number within the file, so lines may move.

use std::{collections::HashSet, fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::{
    cli::failure::{Code, Failure},
    os::record,
    scan::Finding,
    untrusted::shown,
};

/// The version of the format.
const VERSION: u32 = 1;

/// Findings that are known.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Baseline {
    /// The format.
    version: u32,
    findings: Vec<Known>,
}

/// A finding that is known. All but the fingerprint is for people who read the file.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    fingerprint: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    line: u64,
    #[serde(default)]
    usage: String,
    #[serde(default)]
    owner: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

/// A baseline, ready to be asked.
#[derive(Debug)]
pub(super) struct Fingerprints(HashSet<String>);

impl Fingerprints {
    /// Whether a finding is known.
    pub(super) fn has(&self, finding: &Finding) -> bool {
        self.0.contains(&finding.fingerprint())
    }
}

impl Baseline {
    /// Of these findings.
    pub(super) fn of(findings: &[Finding]) -> Self {
        let known = |finding: &Finding| Known {
            fingerprint: finding.fingerprint(),
            path: super::item::path(&finding.path),
            line: finding.line,
            usage: finding.usage.prefix().to_owned(),
            owner: finding.owner.shown().into_owned(),
            id: finding.id.as_ref().map(|id| id.shown().into_owned()),
        };
        Self { version: VERSION, findings: findings.iter().map(known).collect() }
    }

    /// Reads a file that [`Self::write`] wrote.
    pub(super) fn read(path: &Path) -> Result<Fingerprints, Failure> {
        let name = shown(&path.to_string_lossy()).into_owned();
        let content = fs::read(path).map_err(|error| Failure::local(format_args!("can't read {name}"), &error))?;
        if let Some(version) = record::version_of_json(&content) {
            record::check(version, VERSION).map_err(|why| Failure::new(Code::Usage, format!("{name}: {why}"), ""))?;
        }
        let baseline: Self = serde_json::from_slice(&content).map_err(|error| wrong(&name, error.to_string()))?;
        Ok(Fingerprints(baseline.findings.into_iter().map(|known| known.fingerprint).collect()))
    }

    /// Writes it for people and for git: one line for each finding's field.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        fs::write(path, json)
            .map_err(|error| Failure::local(format_args!("can't write {}", shown(&path.to_string_lossy())), &error))
    }
}

fn wrong(name: &str, why: impl Into<String>) -> Failure {
    Failure::new(
        Code::Usage,
        format!("{name} is not a baseline: {}", shown(&why.into())),
        "To write one, run jeton scan --write-baseline FILE",
    )
}
