//! The engine of `jeton scan` on files of our making: what it finds, what it leaves alone, and what others find in the same files.

mod generator;
mod rules;
mod speed;
mod tree;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use jeton::scan::{Finding, Options, Progress, scan_folders};

use crate::support::rig::{is_measuring, record};

/// Scans folders and puts the findings in order; paths are from the first folder.
pub fn scan(paths: &[PathBuf], options: &Options, progress: &Progress) -> Vec<Finding> {
    let all = Mutex::new(Vec::new());
    scan_folders(paths, options, progress, &|mut findings| all.lock().unwrap().append(&mut findings)).unwrap();
    let mut all = all.into_inner().unwrap();
    for finding in &mut all {
        if let Ok(relative) = finding.path.strip_prefix(&paths[0]) {
            finding.path = relative.into();
        }
    }
    all.sort_by(|a, b| (&a.path, a.range.start).cmp(&(&b.path, b.range.start)));
    all
}

#[test]
fn every_planted_token_is_found_at_its_place_and_nothing_else_is() {
    let dir = tempfile::tempdir().unwrap();
    let planting = generator::plant(dir.path(), 5000, 14);
    assert!(planting.count() >= 5000 && planting.decoys >= 20_000);
    let progress = Progress::default();
    let findings = scan(&[dir.path().to_owned()], &Options::default(), &progress);
    assert_eq!(progress.troubled(), 0, "{:?}", progress.take_problems());
    let place = |path: &Path, line, column, owner: &str, id: Option<&str>| {
        (path.to_string_lossy().replace('\\', "/"), line, column, owner.to_owned(), id.map(str::to_owned))
    };
    let planted: BTreeSet<_> = planting
        .tokens
        .iter()
        .flat_map(|(path, tokens)| tokens.iter().map(move |planted| (path, planted)))
        .map(|(path, it)| place(Path::new(path), it.line, it.column, &it.token.owner, it.token.id.as_deref()))
        .collect();
    let found: BTreeSet<_> = findings
        .iter()
        .map(|it| {
            place(&it.path, it.line, it.column, it.owner.raw(), it.id.as_ref().map(jeton::token::TokenId::as_str))
        })
        .collect();
    assert_eq!(planted.difference(&found).next(), None, "missed");
    assert_eq!(found.difference(&planted).next(), None, "no token");
    assert_eq!((planted.len(), found.len(), findings.len()), (planting.count(), planting.count(), planting.count()));

    let shares = rules::shares(dir.path(), &planting);
    if is_measuring() {
        let shares: Vec<_> =
            shares.iter().map(|(name, kind, share)| format!("{name} {share:.1} % of {kind}")).collect();
        record(
            "R1",
            "scan: recall / precision on generated files (contexts, encodings, hidden and ignored files); what published rules find in them",
            "100 % / 100 %",
            &format!("100 % / 100 % ({} tokens, {} decoys); {}", planting.count(), planting.decoys, shares.join(", ")),
        );
    }
}

#[test]
fn each_token_can_be_replaced_in_place_in_its_own_encoding() {
    let dir = tempfile::tempdir().unwrap();
    generator::plant(dir.path(), 1, 3);
    let findings = scan(&[dir.path().to_owned()], &Options::default(), &Progress::default());
    let mut files: BTreeMap<PathBuf, Vec<&Finding>> = BTreeMap::new();
    for finding in &findings {
        files.entry(dir.path().join(&finding.path)).or_default().push(finding);
    }
    let successor = generator::token(&mut generator::Rng::new(77));
    for (path, findings) in files {
        let mut bytes = fs::read(&path).unwrap();
        assert_eq!(findings[0].file_digest, Some(jeton::scan::Digest::of(&bytes)));
        // From the end, so that the places before stay where they are.
        for finding in findings.iter().rev() {
            let range = finding.range.start as usize..finding.range.end as usize;
            bytes.splice(range, finding.encoding.encode(&successor.value).unwrap().iter().copied());
        }
        fs::write(path, bytes).unwrap();
    }
    let after = scan(&[dir.path().to_owned()], &Options::default(), &Progress::default());
    assert_eq!(after.len(), findings.len());
    assert!(after.iter().all(|finding| finding.owner.raw() == successor.owner));
    let places =
        |findings: &[Finding]| findings.iter().map(|finding| (finding.path.clone(), finding.line)).collect::<Vec<_>>();
    assert_eq!(places(&after), places(&findings), "no line moved");
}
