//! `docs/cookbook.md`, word for word: every block of commands is run against a sandbox with the demo's tokens, and what each job is for has
//! come true afterwards. Also: the links of all documents, and what they say of the sandbox's tokens.

#![cfg(unix)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path, PathBuf},
    process::{Command, Stdio},
};

use jeton::{
    sandbox::{Options, Sandbox},
    secret::Secret,
};
use portable_pty::CommandBuilder;
use serde_json::Value;

use crate::{cli::bench::Bench, support::pty::Pty};

fn document(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The commands of one job, in the order of the page.
fn commands(title: &str) -> String {
    let page = document("docs/cookbook.md");
    let (_, section) = page.split_once(&format!("\n## {title}\n")).expect("the page has this job");
    let section = section.split("\n## ").next().unwrap();
    let blocks: Vec<&str> = section.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    assert!(!blocks.is_empty(), "{title} has commands");
    blocks.concat()
}

/// A person's folder and account.
struct Kitchen {
    bench: Bench,
    folder: tempfile::TempDir,
}

impl Kitchen {
    /// Does a job, in an empty folder; each command has to succeed.
    fn after(title: &str) -> Self {
        let kitchen = Self { bench: Bench::demo(0), folder: tempfile::tempdir().unwrap() };
        let program = Path::new(env!("CARGO_BIN_EXE_jeton")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let ran = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &commands(title)])
            .current_dir(kitchen.folder.path())
            .env_clear()
            .envs(kitchen.bench.environment())
            .envs([("PATH", path.as_str()), ("HOME", kitchen.folder.path().to_str().unwrap())])
            .stdin(Stdio::null())
            .output()
            .expect("bash");
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(ran.status.success(), "{title}: {}\n{}\n{}", ran.status, said(&ran.stdout), said(&ran.stderr));
        kitchen
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names of the tokens a filter selects.
    fn names(&self, filter: &str) -> BTreeSet<String> {
        let list = self.bench.json(&["list", "--filter", filter]);
        list.as_array().unwrap().iter().filter_map(|token| Some(token["note"].as_str()?.to_owned())).collect()
    }

    fn verdict(&self, name: &str) -> String {
        let found = self.bench.json(&["inspect", self.path(name).to_str().unwrap()]);
        found["verdict"].as_str().unwrap_or_default().to_owned()
    }
}

#[test]
fn create_a_token() {
    let kitchen = Kitchen::after("Create a token");
    assert_eq!(kitchen.names("kind:pk url:www.example.com"), ["Store finder".to_owned()].into());
    assert!(kitchen.names("kind:sk").contains("CI uploads"));
    assert!(kitchen.read(".env").starts_with("MAPBOX_TOKEN=sk."));
    assert!(kitchen.read("preview.token").starts_with("tk."));
}

#[test]
fn rotate_a_token() {
    let kitchen = Kitchen::after("Rotate a token");
    let rotations = kitchen.bench.json(&["rotate", "--list"]);
    assert_eq!(rotations.as_array().unwrap().len(), 1, "{rotations}");
    assert!(kitchen.read(".env").starts_with("MAPBOX_TOKEN=sk."));
    assert_eq!(kitchen.verdict(".env"), "TokenValid");
}

#[test]
fn find_tokens_in_a_project() {
    let kitchen = Kitchen::after("Find tokens in a project");
    let hook = kitchen.path(".git/hooks/pre-commit");
    assert!(Command::new("test").arg("-x").arg(hook).status().unwrap().success());
}

#[test]
fn audit_in_ci() {
    let kitchen = Kitchen::after("Audit in CI");
    for name in ["lint.sarif", "scan.sarif"] {
        let sarif: Value = serde_json::from_str(&kitchen.read(name)).unwrap();
        assert!(!sarif["runs"][0]["results"].as_array().unwrap().is_empty(), "{name}");
    }
}

#[test]
fn keep_tokens_in_version_control() {
    let kitchen = Kitchen::after("Keep tokens in version control");
    assert!(kitchen.names("url:help.example.com").contains("Help pages"));
    let diff = kitchen.bench.run(&["diff", kitchen.path("tokens.toml").to_str().unwrap()]);
    assert_eq!(diff.code, 0, "{diff:?}");
}

#[test]
fn restrict_many_tokens_at_once() {
    let kitchen = Kitchen::after("Restrict many tokens at once");
    assert_eq!(kitchen.names("kind:pk url:any"), ["Default public token".to_owned()].into());
    assert!(kitchen.names("url:www.example.com").len() > 2);
}

#[test]
fn pass_a_token_to_other_tools() {
    let kitchen = Kitchen::after("Pass a token to other tools");
    assert_eq!(kitchen.verdict("tiles.token"), "TokenValid");
    assert!(kitchen.read("secrets.json").contains("Tile builder"));
    assert!(kitchen.read("uploaders.ndjson").contains("Nightly uploads"));
}

#[test]
fn test_against_the_sandbox() {
    let kitchen = Kitchen::after("Test against the sandbox");
    assert!(kitchen.names("kind:pk").iter().all(|name| name != "Made in a test"), "it was another sandbox's");
    assert!(kitchen.read("ready.json").contains("token"));
}

#[test]
fn show_it_to_someone() {
    let words = commands("Show it to someone");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_jeton"));
    command.args(words.split_whitespace().skip(1));
    let state = tempfile::tempdir().unwrap();
    for name in ["JETON_STATE_DIR", "JETON_CONFIG_DIR", "JETON_CACHE_DIR"] {
        command.env(name, state.path());
    }
    let mut pty = Pty::start(command, 120, 40);
    pty.wait_for_text("500");
    pty.wait_for_text("Default public token");
    pty.send("q");
    assert_eq!(pty.end(), Ok(0));
}

#[test]
fn set_up_reminders() {
    let kitchen = Kitchen::after("Set up reminders");
    assert!(kitchen.names("kind:sk created:>90d").contains("Old CI uploads"));
}

#[test]
fn every_job_of_the_page_is_tested() {
    let page = document("docs/cookbook.md");
    let this = document("tests/cookbook.rs");
    let jobs: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(jobs.len(), 10);
    for job in jobs {
        let name = job.to_lowercase().replace(' ', "_");
        assert!(this.contains(&format!("fn {name}()")), "{job} has a test");
    }
}

/// Targets of links and pictures in Markdown.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
}

/// The name of a heading in a link.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}

#[test]
fn every_link_of_the_documents_leads_somewhere_that_is_in_the_package() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents: Vec<PathBuf> =
        fs::read_dir(root.join("docs")).unwrap().map(|file| file.unwrap().path()).collect();
    documents.extend(fs::read_dir(root).unwrap().map(|file| file.unwrap().path()));
    documents.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    assert!(documents.len() > 12, "{documents:?}");
    let manifest = document("Cargo.toml");
    let excluded = manifest.lines().find(|line| line.starts_with("exclude = ")).expect("what is left out");
    for path in documents {
        let text = fs::read_to_string(&path).unwrap();
        for link in links(&text).filter(|link| !link.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let page = fs::read_to_string(&target);
            assert!(target.is_dir() || page.is_ok(), "{}: {link}", path.display());
            if !heading.is_empty() {
                let is_there = page
                    .unwrap()
                    .lines()
                    .any(|line| line.starts_with('#') && anchor(line.trim_start_matches('#')) == heading);
                assert!(is_there, "{}: {link} has no such heading", path.display());
            }
            let top = Path::new(file).components().find_map(|part| match part {
                Component::Normal(name) => name.to_str(),
                _ => None,
            });
            let is_left_out = top.is_some_and(|top| excluded.contains(&format!("\"/{top}\"")));
            assert!(!is_left_out, "{}: {link} is not in the package", path.display());
        }
    }
}

#[test]
fn the_recipe_for_containers_has_the_token_that_follows_from_its_seed() {
    let seed = Some(Secret::new("ci"));
    let sandbox = Sandbox::start(Options { token_seed: seed, ..Options::default() }).unwrap();
    assert!(document("docs/sandbox.md").contains(sandbox.token().expose()));
}

#[test]
fn every_figure_that_the_threat_model_names_was_measured() {
    let (security, figures) = (document("SECURITY.md"), document("FIGURES.md"));
    let is_figure = |word: &&str| {
        let mut letters = word.chars();
        letters.next().is_some_and(|first| "CLPRST".contains(first)) && letters.as_str().parse::<u8>().is_ok()
    };
    let named: BTreeSet<&str> = security.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_figure).collect();
    assert!(named.len() > 10, "{named:?}");
    for figure in named {
        assert!(figures.contains(&format!("| {figure} |")) || figures.contains(&format!("| {figure}a |")), "{figure}");
    }
}
