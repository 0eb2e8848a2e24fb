//! What the published rules of other scanners find in the same files.
//!
//! Sources: gitleaks b58d3f10 (`mapbox-api-token`), TruffleHog 3ab759fe (`mapbox`), Nosey Parker `np.mapbox.1` (also Kingfisher's).

use std::{collections::HashSet, fs, path::Path};

use jeton::token::Usage;
use regex::bytes::Regex;

use super::generator::Planting;

struct Rule {
    name: &'static str,
    pattern: &'static str,
    /// Only in files that hold this word.
    keyword: &'static str,
    kind: Usage,
}

const RULES: [Rule; 3] = [
    Rule {
        name: "gitleaks",
        pattern: r#"(?i)[\w.-]{0,50}?(?:mapbox)(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}(pk\.[a-z0-9]{60}\.[a-z0-9]{22})(?:[\x60'"\s;]|\\[nr]|$)"#,
        keyword: "mapbox",
        kind: Usage::Public,
    },
    Rule { name: "trufflehog", pattern: r"\b(sk\.[a-zA-Z-0-9\.]{80,240})\b", keyword: "mapbox", kind: Usage::Secret },
    Rule {
        name: "noseyparker",
        pattern: r"(?is)mapbox.{0,30}(pk\.[a-z0-9\-+/=]{32,128}\.[a-z0-9\-+/=]{20,30})(?:[^a-z0-9\-+/=]|$)",
        keyword: "mapbox",
        kind: Usage::Public,
    },
];

/// For each rule: its name, the kind of token it is for, and how many of these, in percent, it finds whole.
pub fn shares(root: &Path, planting: &Planting) -> Vec<(&'static str, Usage, f64)> {
    let share = |rule: &Rule| {
        let pattern = Regex::new(rule.pattern).unwrap();
        let (mut found, mut all) = (0, 0);
        for (path, planted) in &planting.tokens {
            let bytes = fs::read(root.join(path)).unwrap();
            let has_keyword =
                bytes.to_ascii_lowercase().windows(rule.keyword.len()).any(|at| at == rule.keyword.as_bytes());
            let matches: HashSet<&[u8]> = if has_keyword {
                pattern.captures_iter(&bytes).map(|captures| captures.get(1).unwrap().as_bytes()).collect()
            } else {
                HashSet::new()
            };
            for it in planted.iter().filter(|it| it.token.usage == rule.kind) {
                all += 1;
                found += usize::from(matches.contains(it.token.value.as_bytes()));
            }
        }
        (rule.name, rule.kind, 100.0 * f64::from(u32::try_from(found).unwrap()) / f64::from(all))
    };
    RULES.iter().map(share).collect()
}

#[test]
fn the_rules_are_the_published_ones_and_work_on_what_they_are_for() {
    let token =
        |kind: &str, payload: usize| format!("mapbox_token = '{kind}.{}.{}'", "e".repeat(payload), "s".repeat(22));
    let finds = |index: usize, text: &str| Regex::new(RULES[index].pattern).unwrap().is_match(text.as_bytes());
    assert!(finds(0, &token("pk", 60)) && !finds(0, &token("pk", 63)), "user names of five letters only");
    assert!(finds(1, &token("sk", 64)) && !finds(1, &token("sk", 64).replace("sss", "_ss")));
    assert!(finds(2, &token("pk", 64)));
}
