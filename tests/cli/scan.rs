//! `jeton scan`: what it prints about tokens in files, in git's history and in the index, and how it exits.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use jeton::{secret::Secret, token::decoded::DecodedToken};
use serde_json::Value;
use tempfile::TempDir;

use super::{
    bench::{Bench, Ran, bare, run},
    schema::assert_valid,
};

/// Made up; its owner is on no account here.
const FOREIGN: &str = "sk.eyJ1IjoiZ3JhY2UiLCJhIjoiY21mM2syYWJjMDAwMTA4bDRlNWY2ZzdoOCJ9.Zq3-_xW7vB1nM5kL9pT2sA";
/// Printed in Mapbox's documentation of 2018.
const SAMPLE: &str = "pk.eyJ1Ijoic2NvdGhpcyIsImEiOiJjaWp1Y2ltYmUwMDBicmJrdDQ4ZDBkaGN4In0.sbihZCZJ56-fsFNKHXF8YQ";

/// A folder to scan.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn repository() -> Self {
        let folder = Self::new();
        folder.git(&["init", "-q"]);
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A", "-f"]);
        self.git(&["commit", "-q", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Scans without an account, from within.
    fn scan(&self, arguments: &[&str]) -> Ran {
        let all: Vec<&str> = ["scan"].iter().chain(arguments).copied().collect();
        let mut command = bare(&all);
        command.current_dir(self.path()).env("PATH", std::env::var_os("PATH").unwrap());
        checked(run(command, ""))
    }

    /// Scans with the sandbox's account.
    fn scan_with(&self, bench: &Bench, arguments: &[&str]) -> Ran {
        let all: Vec<&str> = ["scan"].iter().chain(arguments).copied().collect();
        let mut command = bench.command(&all);
        command.current_dir(self.path()).env("PATH", std::env::var_os("PATH").unwrap());
        checked(run(command, ""))
    }
}

/// Whatever is printed, no value is among it.
fn checked(ran: Ran) -> Ran {
    for text in [&ran.out, &ran.err] {
        let found = jeton::token::decoded::find(text.as_bytes()).count();
        assert_eq!(found, 0, "a value is printed");
        assert!(!text.contains("Zq3-_xW7vB1nM5kL9pT2sA") && !text.contains("eyJ1"), "{text}");
    }
    ran
}

fn items(ran: &Ran) -> Vec<Value> {
    let json = ran.json();
    assert_valid("scan", &json);
    json.as_array().unwrap().clone()
}

fn secret_of(bench: &Bench, note: &str) -> Secret {
    let made = bench.json(&["create", "--note", note, "--scope", "uploads:write"]);
    Secret::new(made["token"].as_str().unwrap())
}

#[test]
fn a_token_is_told_by_place_kind_owner_id_and_name_of_the_variable() {
    let folder = Folder::new();
    folder.write("src/map.js", &format!("// é\nconst MAPBOX_TOKEN = \"{FOREIGN}\";\n"));
    let ran = folder.scan(&["--json"]);
    assert_eq!(ran.code, 8);
    let items = items(&ran);
    assert_eq!(items.len(), 1);
    let item = &items[0];
    assert_eq!(item["path"], Path::new("src").join("map.js").to_str().unwrap());
    assert_eq!(
        (item["line"].as_u64(), item["column"].as_u64(), item["offset"].as_u64()),
        (Some(2), Some(23), Some(28))
    );
    assert_eq!(
        (&item["usage"], &item["owner"], &item["context"]),
        (&"sk".into(), &"grace".into(), &"MAPBOX_TOKEN".into())
    );
    assert_eq!(item["id"], "cmf3k2abc000108l4e5f6g7h8");
    assert_eq!((&item["state"], &item["severity"]), (&"unknown".into(), &"warning".into()));
    let table = folder.scan(&[]);
    assert!(table.out.contains("map.js:2:23") && table.out.contains("grace"), "{}", table.out);
    let lines = folder.scan(&["--ndjson"]).out;
    assert_eq!(lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>(), items);
    assert_eq!((folder.scan(&["--quiet"]).out.as_str(), folder.scan(&["--quiet"]).err.as_str()), ("", ""));
}

#[test]
fn the_exit_code_says_whether_the_level_was_reached() {
    let folder = Folder::new();
    assert_eq!(folder.scan(&["--json"]).ok().out.trim(), "[]");
    folder.write("sample.js", &format!("t = '{SAMPLE}'"));
    assert_eq!(items(&folder.scan(&["--json"]).ok())[0]["state"], "sample");
    assert_eq!(folder.scan(&["--fail-on", "note"]).code, 8);
    folder.write(".env", &format!("T={FOREIGN}"));
    for (level, code) in [("note", 8), ("warning", 8), ("error", 0), ("never", 0)] {
        assert_eq!(folder.scan(&["--fail-on", level, "-q"]).code, code, "{level}");
    }
    assert_eq!(folder.scan(&["--fail-on", "fatal"]).code, 2);
    assert_eq!(folder.scan(&["no-such-folder"]).code, 3);
    assert_eq!(folder.scan(&["--exclude", "a{"]).code, 2);
    assert_eq!(folder.scan(&["--exclude", ".env"]).code, 0);
}

#[test]
fn the_account_tells_live_deleted_restricted_and_foreign_tokens_apart() {
    let bench = Bench::demo(0);
    let folder = Folder::repository();
    let (live, gone) = (secret_of(&bench, "Nightly uploads 2"), secret_of(&bench, "Gone"));
    bench.run(&["delete", "Gone", "--yes"]).ok();
    let public = |note: &str, more: &[&str]| {
        let arguments = [&["create", "--note", note, "--scope", "styles:read"], more].concat();
        bench.json(&arguments)["token"].as_str().unwrap().to_owned()
    };
    folder.write("tracked.env", &format!("UPLOADS={}\n", live.expose()));
    folder.write("gone.env", &format!("GONE={}\n", gone.expose()));
    folder.write("open.js", &format!("t='{}'", public("Open", &[])));
    folder.write("closed.js", &format!("t='{}'", public("Closed", &["--allowed-url", "https://a.example"])));
    folder.commit("everything");
    folder.write("untracked.env", &format!("UPLOADS={}\n", live.expose()));
    folder.write("foreign.env", &format!("X={FOREIGN}\n"));
    let ran = folder.scan_with(&bench, &["--json"]);
    assert_eq!(ran.code, 8);
    let items = items(&ran);
    let find = |path: &str| items.iter().find(|item| item["path"] == path).unwrap_or_else(|| panic!("{path}"));
    for (path, state, severity) in [
        ("tracked.env", "live", "error"),
        ("untracked.env", "live", "warning"),
        ("gone.env", "deleted", "note"),
        ("open.js", "live", "warning"),
        ("closed.js", "live", "note"),
        ("foreign.env", "foreign", "warning"),
    ] {
        let item = find(path);
        assert_eq!(
            (item["state"].as_str(), item["severity"].as_str()),
            (Some(state), Some(severity)),
            "{path}: {item}"
        );
    }
    let tracked = find("tracked.env");
    assert_eq!((&tracked["note"], &tracked["tracked"]), (&"Nightly uploads 2".into(), &true.into()));
    assert_eq!((&tracked["scopes"][0], &tracked["unused"]), (&"uploads:write".into(), &false.into()));
    assert_eq!(find("untracked.env")["tracked"], false);
    assert_eq!(items[0]["path"], "tracked.env", "the worst comes first");
    assert!(folder.scan_with(&bench, &[]).out.contains("Nightly uploads 2"));
    let offline = folder.scan_with(&bench, &["--json", "--offline"]);
    assert!(offline.json().as_array().unwrap().iter().all(|item| item["state"] == "unknown"));
}

#[test]
fn an_account_out_of_reach_is_said_and_the_scan_still_tells_what_it_found() {
    let folder = Folder::new();
    folder.write(".env", &format!("T={FOREIGN}"));
    let mut command = bare(&["scan", "--json"]);
    command
        .current_dir(folder.path())
        .env("MAPBOX_ACCESS_TOKEN", FOREIGN)
        .env("MAPBOX_API_ENDPOINT", "http://127.0.0.1:9");
    let ran = checked(run(command, ""));
    assert_eq!((ran.code, items(&ran).len()), (8, 1));
    assert!(ran.err.contains("not comparing"), "{}", ran.err);
}

#[test]
fn history_tells_the_commit_in_which_a_token_first_appears() {
    let folder = Folder::repository();
    folder.write("readme", "nothing here\n");
    let before = folder.commit("start");
    folder.write("old/name.env", &format!("TOKEN={FOREIGN}\n"));
    let first = folder.commit("add the token");
    folder.write("old/name.env", &format!("# a comment\nTOKEN={FOREIGN}\n"));
    folder.commit("move its line");
    folder.write("old/name.env", "TOKEN=\n");
    folder.write("node_modules/x.js", &format!("t='{FOREIGN}'"));
    let last = folder.commit("remove it");
    assert!(folder.scan(&["--json"]).json().as_array().unwrap().is_empty(), "it is in no file now");
    let ran = folder.scan(&["--history", "--json"]);
    assert_eq!(ran.code, 8);
    let found = items(&ran);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0]["commit"].as_str(), found[0]["line"].as_u64()), (Some(first.as_str()), Some(1)));
    assert_eq!((&found[0]["path"], &found[0]["severity"]), (&"old/name.env".into(), &"error".into()));
    assert_eq!(items(&folder.scan(&["--history", "--all", "--json"])).len(), 2);
    assert_eq!(items(&folder.scan(&[&format!("--history={before}..{first}"), "--json"])).len(), 1);
    assert_eq!(items(&folder.scan(&["--history", &format!("{last}~1..{last}"), "--json"])).len(), 0);
    assert_eq!(folder.scan(&["--history", folder.path().to_str().unwrap(), "-q"]).code, 8, "a folder is no range");
    for wrong in ["--history=no-such-branch", "--history=--output=x"] {
        assert_eq!(folder.scan(&[wrong]).code, 1, "{wrong}");
    }
    assert_eq!(Folder::new().scan(&["--history"]).code, 1, "no repository");
}

#[test]
fn a_token_in_the_message_of_a_commit_or_a_tag_and_on_another_branch_is_found() {
    let folder = Folder::repository();
    folder.write("a", "x");
    folder.commit(&format!("Use {FOREIGN} from now on"));
    folder.git(&["checkout", "-q", "-b", "side"]);
    folder.write("side.env", &format!("T={FOREIGN}"));
    folder.commit("side");
    folder.git(&["tag", "-a", "v1", "-m", &format!("with {SAMPLE}")]);
    folder.git(&["checkout", "-q", "-"]);
    let paths: Vec<_> = items(&folder.scan(&["--history", "--json"])).iter().map(|item| item["path"].clone()).collect();
    assert_eq!(paths, ["(commit message)", "side.env", "(tag message)"]);
}

#[test]
fn staged_is_what_the_next_commit_holds_not_what_the_files_hold() {
    let folder = Folder::repository();
    folder.write(".env", &format!("T={FOREIGN}"));
    folder.git(&["add", "-f", ".env"]);
    folder.write(".env", "T=");
    folder.write("unstaged.env", &format!("T={FOREIGN}"));
    let ran = folder.scan(&["--staged", "--json"]);
    assert_eq!(ran.code, 8);
    let found = items(&ran);
    assert_eq!((found.len(), &found[0]["path"], &found[0]["severity"]), (1, &".env".into(), &"error".into()));
    folder.git(&["commit", "-q", "-m", "first"]);
    assert_eq!(folder.scan(&["--staged"]).code, 0, "nothing is staged now");
}

#[test]
fn a_baseline_hides_what_was_there_and_nothing_else() {
    let folder = Folder::new();
    folder.write("a.env", &format!("T={FOREIGN}\n"));
    folder.scan(&["--write-baseline", "known.json"]).ok();
    let baseline = fs::read_to_string(folder.path().join("known.json")).unwrap();
    assert_valid("baseline", &serde_json::from_str(&baseline).unwrap());
    assert!(!baseline.contains("Zq3-_") && !baseline.contains("eyJ1"));
    folder.write("a.env", &format!("# moved\n\nT={FOREIGN}\n"));
    assert_eq!(folder.scan(&["--baseline", "known.json"]).code, 0);
    folder.write("a.env", &format!("T={FOREIGN}\nAGAIN={FOREIGN}\n"));
    let ran = folder.scan(&["--baseline", "known.json", "--json"]);
    assert_eq!((ran.code, items(&ran).len()), (8, 1));
    assert_eq!(items(&ran)[0]["context"], "AGAIN");
    folder.write("b.env", &format!("T={FOREIGN}\n"));
    assert_eq!(items(&folder.scan(&["--baseline", "known.json", "--json"])).len(), 2);
    assert_eq!(folder.scan(&["--baseline", "missing.json"]).code, 3);
    folder.write("broken.json", "{}");
    assert_eq!(folder.scan(&["--baseline", "broken.json"]).code, 2);
}

#[test]
fn sarif_points_at_the_file_and_the_line() {
    let folder = Folder::new();
    folder.write("a dir/é.env", &format!("\n\nT={FOREIGN}\n{SAMPLE}"));
    let ran = folder.scan(&["--sarif"]);
    assert_eq!(ran.code, 8);
    let log = ran.json();
    assert_valid("scan-sarif", &log);
    let run = &log["runs"][0];
    let result = &run["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20dir/%C3%A9.env");
    assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&3.into(), &3.into()));
    assert_eq!(run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
    assert_eq!(run["results"].as_array().unwrap().len(), 2);
}

#[test]
fn standard_input_is_scanned_and_a_comment_allows_a_token() {
    let ran =
        checked(run(bare(&["scan", "--stdin", "--json"]), &format!("a\nb={FOREIGN}\nc={FOREIGN} # jeton:allow\n")));
    let found = items(&ran);
    assert_eq!((ran.code, found.len(), &found[0]["line"]), (8, 1, &2.into()));
    assert!(ran.err.contains("1 allowed"), "{}", ran.err);
}

#[test]
fn a_value_in_the_name_of_a_file_is_not_printed() {
    let folder = Folder::new();
    folder.write(&format!("{FOREIGN}.txt"), &format!("T={FOREIGN}"));
    for arguments in [&["--json"] as &[&str], &[], &["--sarif"], &["--ndjson"], &["--write-baseline", "known.json"]] {
        folder.scan(arguments);
    }
    assert!(!fs::read_to_string(folder.path().join("known.json")).unwrap().contains("Zq3-_"));
}

#[test]
fn inspect_takes_a_text_with_several_tokens_apart() {
    let text = format!("A={FOREIGN}\nB={}\nAGAIN={FOREIGN}\n", SAMPLE.replace('.', "%2E"));
    let ran = checked(run(bare(&["inspect", "--offline", "--json"]), &text).ok());
    let owners: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .inspect(|one| assert_valid("inspect", one))
        .map(|one| one["owner"].clone())
        .collect();
    assert_eq!(owners, ["grace", "scothis"]);
    let table = checked(run(bare(&["inspect", "--offline"]), &text).ok());
    assert!(table.out.contains("grace") && table.out.contains("scothis"), "{}", table.out);
    assert_eq!(DecodedToken::of(FOREIGN).unwrap().owner.raw(), "grace");
}
