//! Tokens as code in the dashboard: a file is written, compared, and applied change by change.

use std::{fs, path::Path};

use crate::support::driver::{Driver, story};

fn choose(driver: &Driver, file: &Path) {
    driver.press("Ctrl-U");
    driver.type_text(file.to_str().unwrap());
    driver.press("Enter");
}

#[test]
fn what_is_shown_is_exported_and_a_file_that_is_there_is_only_brought_up_to_date() {
    story(|driver| async move {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens.toml");
        driver.press("E");
        driver.until("14 tokens, never their values").await;
        choose(&driver, &file);
        driver.until("Wrote 14 tokens").await;
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains("Checkout map") && !text.contains("pk.ey") && !text.contains("sk.ey"), "{text}");

        fs::write(&file, format!("# ours\n{}", text.replace("Checkout map", "Checkout"))).unwrap();
        driver.press("E");
        driver.until("never their values").await;
        choose(&driver, &file);
        driver.until("Bring it up to date?").await;
        assert!(fs::read_to_string(&file).unwrap().starts_with("# ours"), "nothing is done before a yes");
        driver.press("y");
        driver.until("0 added, 1 changed").await;
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("# ours\n{text}"));

        // What is marked, as JSON.
        driver.press("j Space E");
        driver.until("1 token, never").await;
        let json = folder.path().join("one.json");
        choose(&driver, &json);
        driver.until("Wrote 1 token to").await;
        let one: serde_json::Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
        assert_eq!(one["tokens"].as_object().unwrap().len(), 1);
    });
}

#[test]
fn each_change_of_a_file_is_accepted_or_left_out_and_only_the_accepted_are_applied() {
    story(|driver| async move {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens.toml");
        driver.press("E");
        driver.until("never their values").await;
        choose(&driver, &file);
        driver.until("Wrote 14 tokens").await;
        let text = fs::read_to_string(&file).unwrap().replace("Kiosk prototype", "Kiosk");
        let more = "\n[tokens.upload]\nnote = \"Upload job\"\nscopes = [\"uploads:write\"]\ndeliver = [{ file = \"upload.token\" }]\n\
                    \n[tokens.later]\nnote = \"Not yet\"\nscopes = [\"styles:read\"]\n";
        fs::write(&file, text + more).unwrap();

        driver.press("D");
        driver.until("Tokens as code").await;
        choose(&driver, &file);
        let screen = driver.until("2 to create, 1 to edit").await;
        assert!(screen.contains("value to file upload.token") && screen.contains("\"Not yet\""), "{screen}");
        driver.press("j j Space Enter");
        let screen = driver.until("Apply this?").await;
        assert!(screen.contains("1 to create, 1 to edit"), "{screen}");
        driver.press("y");
        driver.until("Applied.").await;
        let screen = driver.until("upload: its value was").await;
        assert!(screen.contains("created Upload job") && screen.contains("changed Kiosk"), "{screen}");
        assert!(fs::read_to_string(folder.path().join("upload.token")).unwrap().starts_with("sk."));

        // What was left out is still to be done, and nothing else.
        driver.press("r");
        driver.until("1 to create, 15 unchanged").await;
        driver.press("Esc /");
        driver.type_text("Kiosk");
        let screen = driver.until("1 of 15").await;
        assert!(!screen.contains("Kiosk prototype"), "{screen}");
    });
}

#[test]
fn a_file_that_changes_after_its_review_is_not_applied() {
    story(|driver| async move {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens.toml");
        let entry = |note: &str| format!("[tokens.a]\nnote = \"{note}\"\nscopes = [\"styles:read\"]\n");
        fs::write(&file, entry("First")).unwrap();
        driver.press("D");
        driver.until("Tokens as code").await;
        choose(&driver, &file);
        driver.until("create the public token").await;
        driver.press("Enter");
        driver.until("Apply this?").await;
        fs::write(&file, entry("Second")).unwrap();
        driver.press("y");
        driver.until("has changed since").await;
        driver.press("f");
        choose(&driver, &folder.path().join("gone.toml"));
        driver.until("can't read").await;
    });
}
