//! Accounts through the real program, from a clean home: where tokens are kept, what is refused, and what is never written.

#![cfg(unix)]
use std::{
    fs,
    io::Write as _,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use jeton::sandbox::{Demo, Options, Sandbox};
use serde_json::Value;

/// A home, a server, and the program.
struct Home {
    place: tempfile::TempDir,
    sandbox: Sandbox,
}

/// How a run ended.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }
}

impl Home {
    fn new() -> Self {
        let demo = Some(Demo { seed: 1, tokens: 0, now: jiff::Timestamp::now() });
        let options = Options { rate_limit: None, demo, ..Options::default() };
        Self { place: tempfile::tempdir().unwrap(), sandbox: Sandbox::start(options).unwrap() }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.place.path().join(below)
    }

    fn token(&self) -> &str {
        self.sandbox.token().expose()
    }

    /// Runs `jeton` under the worst umask, with nothing in its environment but a home, `variables`, and a way to find programs.
    fn run(&self, arguments: &[&str], stdin: &str, variables: &[(&str, &str)]) -> Ran {
        let home = self.place.path().to_str().unwrap().to_owned();
        let mut variables = variables.to_vec();
        variables.push(("HOME", &home));
        self.run_homeless(arguments, stdin, &variables)
    }

    fn run_homeless(&self, arguments: &[&str], stdin: &str, variables: &[(&str, &str)]) -> Ran {
        let mut child = jeton::os::process::child("sh")
            .args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_jeton")])
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(variables.iter().copied())
            .current_dir(self.place.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell");
        // A program that does not read its input closes it; that is its business.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let ran = Ran {
            code: status.code(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        };
        let said = format!("{}{}", ran.out, ran.err);
        assert!(!said.contains(self.token()) && !said.contains("eyJ"), "a token was printed: {said}");
        ran
    }

    fn login(&self, more: &[&str], stdin: &str) -> Ran {
        let arguments = [&["login", "--json", "--no-input", "--api-url", self.sandbox.url()], more].concat();
        self.run(&arguments, stdin, &[])
    }

    fn assert_nothing_but(&self, allowed: &[&str]) {
        for (path, content) in files(self.place.path()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let holds = content.windows(self.token().len()).any(|window| window == self.token().as_bytes());
            assert!(!holds || allowed.contains(&name.as_str()), "{} holds the token", path.display());
            let mode = fs::metadata(&path).unwrap().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", path.display());
        }
    }
}

fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let mode = fs::metadata(&path).unwrap().mode() & 0o777;
            assert!(!path.ends_with("jeton") || mode == 0o700, "{} has mode {mode:o}", path.display());
            files.extend(self::files(&path));
        } else {
            files.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    files
}

fn texts<'a>(findings: &'a Value, about: &str) -> Vec<&'a str> {
    let findings = findings.as_array().unwrap().iter().filter(|finding| finding["about"] == about);
    findings.map(|finding| finding["text"].as_str().unwrap()).collect()
}

#[test]
fn an_encrypted_file_lives_its_life() {
    let home = Home::new();
    let login = home.login(&["--keep", "encrypted"], &format!("{}\ncorrect horse\n", home.token()));
    assert_eq!(login.code, Some(0), "{}", login.err);
    let told = login.json();
    assert_eq!((&told["name"], &told["username"]), (&Value::from("ada"), &Value::from("ada")));
    assert!(told["scopes"].as_array().unwrap().contains(&"tokens:read".into()), "{told}");
    home.assert_nothing_but(&[]);

    let listed = home.run(&["accounts", "--json"], "", &[]).json();
    assert_eq!((&listed[0]["current"], listed[0]["apiUrl"].as_str()), (&Value::Bool(true), Some(home.sandbox.url())));
    assert!(listed[0]["keptIn"].as_str().unwrap().contains("ada.age"), "{listed}");

    let write = |name: &str, text: &str| {
        fs::write(home.path(name), text).unwrap();
        fs::set_permissions(home.path(name), fs::Permissions::from_mode(0o600)).unwrap();
        home.path(name).to_str().unwrap().to_owned()
    };
    let (right, wrong) = (write("right", "correct horse\n"), write("wrong", "correct cow\n"));
    let doctor = |passphrase: &str| home.run(&["doctor", "--json"], "", &[("JETON_PASSPHRASE_FILE", passphrase)]);
    let good = doctor(&right);
    assert_eq!(good.code, Some(0), "{} {}", good.out, good.err);
    let findings = good.json();
    assert!(texts(&findings, "token").iter().any(|text| text.contains("works")), "{findings}");
    assert!(texts(&findings, "account").iter().any(|text| text.contains("mode 0600")), "{findings}");
    assert!(texts(&findings, "clock").iter().any(|text| text.contains("matches")), "{findings}");
    let bad = doctor(&wrong);
    assert_eq!(bad.code, Some(1));
    assert!(texts(&bad.json(), "token").iter().any(|text| text.contains("wrong passphrase")), "{}", bad.out);

    fs::set_permissions(home.path(".config/jeton/tokens/ada.age"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(doctor(&right).out.contains("0644"), "a file that others can read is not used");
    let logout = home.run(&["logout"], "", &[]);
    assert_eq!(logout.code, Some(0), "{}", logout.err);
    assert!(!home.path(".config/jeton/tokens/ada.age").exists());
    assert_eq!(home.run(&["accounts", "--json"], "", &[]).json(), serde_json::json!([]));
}

#[test]
fn what_may_not_be_asked_for_is_refused_with_the_way_to_give_it() {
    let home = Home::new();
    let passphrase = home.path("passphrase");
    fs::write(&passphrase, "correct horse\n").unwrap();
    fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).unwrap();
    let variable = [("JETON_PASSPHRASE_FILE", passphrase.to_str().unwrap())];
    let login = ["login", "--keep", "encrypted", "--no-input", "--api-url", home.sandbox.url()];
    let refused = home.run(&login, home.token(), &[]);
    assert!(refused.code == Some(2) && refused.err.contains("JETON_PASSPHRASE_FILE"), "{}", refused.err);
    let kept = home.run(&login, home.token(), &variable);
    assert_eq!(kept.code, Some(0), "{}", kept.err);
    let refused = home.run(&["list", "--no-input"], "", &[]);
    assert!(refused.code == Some(4) && refused.err.contains("JETON_PASSPHRASE_FILE"), "{}", refused.err);
    assert_eq!(home.run(&["list", "--no-input"], "", &variable).code, Some(0));
}

#[test]
fn logout_asks_which_account_is_meant_when_none_is_current() {
    let home = Home::new();
    for name in ["a", "b", "c"] {
        let login = home.login(&[name, "--keep", "plain", "--yes"], home.token());
        assert_eq!(login.code, Some(0), "{}", login.err);
    }
    assert_eq!(home.run(&["logout", "a"], "", &[]).code, Some(0));
    let unclear = home.run(&["logout"], "", &[]);
    assert!(unclear.code == Some(2) && unclear.err.contains("b, c") && unclear.err.contains("jeton logout NAME"));
    assert_eq!(home.run(&["logout", "b"], "", &[]).code, Some(0));
    assert_eq!(home.run(&["logout"], "", &[]).code, Some(0), "only one is left");
}

#[test]
fn a_command_is_run_each_time_and_sees_no_token() {
    let home = Home::new();
    let script = home.path("vault");
    let body = format!(
        "#!/bin/sh\n[ -z \"$MAPBOX_ACCESS_TOKEN\" ] || exit 9\necho run >> '{}'\ncat '{}'\n",
        home.path("runs").display(),
        home.path("kept").display()
    );
    fs::write(&script, body).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(home.path("kept"), home.token()).unwrap();
    let login = home.run(
        &["login", "work", "--json", "--api-url", home.sandbox.url(), "--command", script.to_str().unwrap()],
        "",
        &[],
    );
    assert_eq!(login.code, Some(0), "{}", login.err);
    let doctor = home.run(&["doctor", "--json", "--account", "work"], "", &[("MAPBOX_ACCESS_TOKEN", "sk.other.other")]);
    assert_eq!(doctor.code, Some(0), "{} {}", doctor.out, doctor.err);
    assert_eq!(fs::read_to_string(home.path("runs")).unwrap().lines().count(), 2);
    let config = fs::read_to_string(home.path(".config/jeton/accounts.toml")).unwrap();
    assert!(config.contains("token_command") && !config.contains("eyJ"), "{config}");
}

#[test]
fn plain_text_takes_a_plain_yes() {
    let home = Home::new();
    let refused = home.login(&["--keep", "plain"], home.token());
    assert_eq!(refused.code, Some(7), "{}", refused.err);
    home.assert_nothing_but(&[]);
    assert!(!home.path(".config/jeton/accounts.toml").exists());
    let login = home.login(&["--keep", "plain", "--yes"], home.token());
    assert_eq!(login.code, Some(0), "{}", login.err);
    home.assert_nothing_but(&["ada.token"]);
    assert_eq!(home.run(&["doctor"], "", &[]).code, Some(0));
    let elsewhere = home.run(&["doctor", "--api-url", "https://api.mapbox.com"], "", &[]);
    assert!(elsewhere.out.contains("is not sent to"), "{}", elsewhere.out);
}

#[test]
fn a_token_the_server_does_not_accept_is_not_kept() {
    let home = Home::new();
    let mut forged = home.token().to_owned();
    forged.replace_range(forged.len() - 4.., "fake");
    let refused = home.login(&["--keep", "plain", "--yes"], &forged);
    assert_eq!(refused.code, Some(4), "{}", refused.err);
    assert!(refused.err.contains("not signed in"), "{}", refused.err);
    let nonsense = home.login(&["--keep", "plain", "--yes"], "hello");
    assert_eq!(nonsense.code, Some(4), "{}", nonsense.err);
    assert!(files(home.place.path()).is_empty());
}

#[test]
fn without_a_home_a_display_or_a_bus_the_environment_is_enough() {
    let home = Home::new();
    let variables = [("MAPBOX_ACCESS_TOKEN", home.token()), ("MAPBOX_API_ENDPOINT", home.sandbox.url())];
    let doctor = home.run_homeless(&["doctor", "--json"], "", &variables);
    assert_eq!(doctor.code, Some(0), "{} {}", doctor.out, doctor.err);
    assert!(texts(&doctor.json(), "scopes")[0].starts_with("holds"), "{}", doctor.out);
    let login = home.run_homeless(&["login", "--no-input", "--api-url", home.sandbox.url()], home.token(), &[]);
    assert!(login.err.contains("JETON_CONFIG_DIR"), "{}", login.err);
    let nobody = home.run_homeless(&["doctor", "--offline", "--json"], "", &[]);
    assert_eq!(nobody.code, Some(0), "having no account is no fault: {}", nobody.out);
    assert!(texts(&nobody.json(), "account")[0].contains("jeton demo"), "{}", nobody.out);
    assert!(files(home.place.path()).is_empty(), "nothing was written");
}

#[test]
fn without_a_keyring_login_says_what_else_there_is() {
    let home = Home::new();
    let refused = home.login(&[], home.token());
    assert_eq!(refused.code, Some(1), "{}", refused.err);
    assert!(refused.err.contains("--keep encrypted"), "{}", refused.err);
    assert!(files(home.place.path()).is_empty());
}

#[test]
fn the_log_has_everything_but_the_token() {
    let home = Home::new();
    let log = home.path("log");
    let variables = [("MAPBOX_ACCESS_TOKEN", home.token()), ("MAPBOX_API_ENDPOINT", home.sandbox.url())];
    let ran = home.run(&["doctor", "--log", log.to_str().unwrap(), "--log-level", "trace"], "", &variables);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let text = fs::read_to_string(&log).unwrap();
    assert!(text.contains("GET /tokens/v2/ada?limit=500 -> 200"), "{text}");
    assert!(!text.contains(home.token()) && !text.contains("eyJ"), "{text}");
    assert_eq!(fs::metadata(&log).unwrap().mode() & 0o777, 0o600);
}

/// A real keyring on a bus of its own. Debian: `apt-get install gnome-keyring dbus`.
#[test]
fn a_real_keyring_keeps_gives_and_forgets() {
    let has = |program: &str| {
        let found = jeton::os::process::child("sh").args(["-c", &format!("command -v {program}")]).output();
        found.is_ok_and(|output| output.status.success())
    };
    if !has("dbus-run-session") || !has("gnome-keyring-daemon") {
        println!("SKIPPED: no real keyring here; install gnome-keyring and dbus to test with one");
        eprintln!("SKIPPED: no real keyring here; install gnome-keyring and dbus to test with one");
        return;
    }
    let home = Home::new();
    fs::write(home.path("token"), home.token()).unwrap();
    let script = r#"
        mkdir -p "$HOME/run" && chmod 700 "$HOME/run" && export XDG_RUNTIME_DIR="$HOME/run"
        printf 'secret' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
        "$JETON" login --json --no-input --api-url "$URL" < "$HOME/token" || exit 11
        rm "$HOME/token"
        "$JETON" doctor --json || exit 12
        "$JETON" logout || exit 13
        "$JETON" doctor --json --account ada && exit 14
        "$JETON" login --json --no-input --api-url "$URL" --keep keyring < /dev/null && exit 15
        exit 0
    "#;
    let output = jeton::os::process::child("dbus-run-session")
        .args(["--", "sh", "-c", script])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.place.path())
        .env("JETON", env!("CARGO_BIN_EXE_jeton"))
        .env("URL", home.sandbox.url())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{:?}: {said}", output.status.code());
    assert!(said.contains("keyring (Secret Service)") && said.contains("works"), "{said}");
    assert!(!said.contains(home.token()), "{said}");
    let config = fs::read_to_string(home.path(".config/jeton/accounts.toml")).unwrap();
    assert!(!config.contains("eyJ") && !config.contains("[accounts."), "{config}");
}
