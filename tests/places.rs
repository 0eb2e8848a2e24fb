//! Places: scanning folders from the dashboard, and going to what was found.

use std::{fs, path::Path, process::Command, sync::Arc};

use jeton::{
    dashboard::{event::Event, job::Job},
    scan::{Progress, ScanResult, Wanted},
    token::AccountKey,
};
use jiff::{SignedDuration, Timestamp};

use crate::support::driver::{Driver, story};

fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-C"]).arg(folder).args(arguments);
    let output = git.output().expect("git runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The string of a public token of the account.
async fn value_of(driver: &Driver, name: &str) -> String {
    driver.press("/");
    driver.type_text(name);
    driver.until("1 of 14").await;
    driver.press("Enter y");
    let value = driver.copied().await.expose().to_owned();
    driver.press("Esc Esc");
    value
}

fn scan(driver: &Driver, folder: &Path) {
    driver.press("f Ctrl-U");
    driver.type_text(folder.to_str().unwrap());
    driver.press("Enter");
}

#[test]
fn a_scan_shows_each_token_where_it_is_used_and_opens_the_editor_at_the_line() {
    story(|driver| async move {
        let value = value_of(&driver, "Checkout map").await;
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("web")).unwrap();
        let file = folder.path().join("web/map.js");
        fs::write(&file, format!("// the map\nconst TOKEN = '{value}'\n")).unwrap();
        fs::write(folder.path().join(".env"), format!("MAPBOX_TOKEN={value}\n")).unwrap();

        driver.press("P");
        driver.until("See where your tokens are used").await;
        scan(&driver, folder.path());
        let screen = driver.until("2 places with tokens").await;
        assert!(screen.contains("Checkout map") && screen.contains("live") && screen.contains("2 files"), "{screen}");
        assert!(screen.contains(".env:1:14") && screen.contains("MAPBOX_TOKEN"), "{screen}");
        assert!(!screen.contains(&value), "{screen}");

        driver.press("j j");
        driver.until("note: a public token restricted to its allowed URLs").await;
        driver.press("e");
        let Job::Edit(spot) = driver.job().await else { panic!("the editor opens") };
        assert_eq!((spot.path, spot.line), (file.canonicalize().unwrap(), 2));
        driver.send(Event::Edited(Err("The editor vi could not be started.".into())));
        driver.until("The editor vi could not be started.").await;

        // On the token itself, it is the token that is shown; its detail says where it is used.
        driver.press("g Enter");
        driver.until("Used in   2 files").await;
        driver.press("P R");
        let screen = driver.until("Search this directory").await;
        assert!(screen.contains(folder.path().file_name().unwrap().to_str().unwrap()), "{screen}");
        driver.press("Enter");
        driver.until("Replace in 2 files, 2 places").await;
    });
}

#[test]
fn history_is_scanned_when_asked_for_and_told_by_its_commit() {
    story(|driver| async move {
        let value = value_of(&driver, "Checkout map").await;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old.js"), format!("t = '{value}'\n")).unwrap();
        git(folder.path(), &["init", "-q"]);
        git(folder.path(), &["add", "."]);
        git(folder.path(), &["commit", "-qm", "with a token"]);
        fs::write(folder.path().join("old.js"), "t = process.env.TOKEN\n").unwrap();
        driver.press("P");
        driver.until("See where your tokens are used").await;
        scan(&driver, folder.path());
        driver.until("No tokens found.").await;
        driver.press("H s");
        let screen = driver.until("1 place with a token").await;
        assert!(screen.contains("1 in history") && screen.contains("old.js:1:6"), "{screen}");
        driver.press("j Enter");
        driver.until("git show").await;
    });
}

#[test]
fn a_folder_is_completed_and_one_that_is_missing_is_told() {
    story(|driver| async move {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("very-long-name")).unwrap();
        driver.press("P f Ctrl-U");
        driver.type_text(&format!("{}/ver", folder.path().display()));
        driver.press("Tab");
        driver.until("very-long-name/").await;
        driver.type_text("nothing");
        driver.press("Enter");
        driver.until("No such file or directory").await;
        driver.press("x");
        driver.until("No scan is running.").await;
    });
}

#[test]
fn the_last_scan_is_remembered_with_its_age() {
    story(|driver| async move {
        let folder = tempfile::tempdir().unwrap();
        let token = "sk.eyJ1IjoiZ3JhY2UiLCJhIjoiY21mM2syYWJjMDAwMTA4bDRlNWY2ZzdoOCJ9.Zq3-_xW7vB1nM5kL9pT2sA";
        fs::write(folder.path().join("deploy.sh"), format!("export TOKEN={token}\n")).unwrap();
        let wanted = Wanted { folders: vec![folder.path().to_owned()], with_history: true };
        let long_ago = Timestamp::now() - SignedDuration::from_hours(50);
        let result = ScanResult::find(&wanted, &Progress::default(), || long_ago).unwrap();
        let account = |name: &str| AccountKey { username: name.into(), host: "127.0.0.1".into() };
        driver.send(Event::PlacesRemembered(account("bob"), Arc::new(result.clone())));
        driver.press("P");
        driver.until("See where your tokens are used").await;
        driver.send(Event::PlacesRemembered(account("ada"), Arc::new(result)));
        let screen = driver.until("2 days ago").await;
        assert!(screen.contains("Token of grace") && screen.contains("someone else's"), "{screen}");
        assert!(screen.contains("deploy.sh:1:14") && screen.contains("Not scanned:"), "no repository:\n{screen}");
        // It is scanned again as it was the last time.
        fs::remove_file(folder.path().join("deploy.sh")).unwrap();
        driver.press("s");
        driver.until("No tokens found.").await;
    });
}
