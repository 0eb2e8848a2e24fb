//! Rotation in the dashboard: planned, run, left, and taken back.

use std::fs;

use crate::support::driver::story;

#[test]
fn a_public_token_is_rotated_stage_by_stage_and_taken_back() {
    story(|driver| async move {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("map.js");
        driver.press("/");
        driver.type_text("Checkout map");
        driver.until("1 of 14").await;
        driver.press("Enter y");
        let value = driver.copied().await.expose().to_owned();
        let before = format!("t = '{value}'\n");
        fs::write(&file, &before).unwrap();

        driver.press("R");
        driver.until("Look for it in the folder").await;
        driver.type_text(folder.path().to_str().unwrap());
        driver.press("Enter");
        let screen = driver.until("Replace in 1 file, 1 place").await;
        assert!(screen.contains("map.js") && !screen.contains(&value), "{screen}");
        assert_eq!(fs::read_to_string(&file).unwrap(), before, "nothing is done before the plan is agreed to");
        driver.press("Enter");
        driver.until("✓ Replace the old token in files").await;
        driver.until("keeps working until").await;
        let after = fs::read_to_string(&file).unwrap();
        assert!(after != before && after.starts_with("t = 'pk."), "{after}");

        // It can be left; the list says so, and it can be opened again.
        driver.press("Esc");
        driver.until("↻ Checkout map").await;
        driver.press("R");
        driver.until("keeps working until").await;
        driver.press("x");
        driver.until("Take the rotation back?").await;
        driver.press("y");
        driver.until("1 file restored byte for byte").await;
        assert_eq!(fs::read_to_string(&file).unwrap(), before);
        driver.press("Enter");
        driver.until_gone("↻").await;
    });
}

#[test]
fn a_secret_value_that_goes_nowhere_is_revealed() {
    story(|driver| async move {
        driver.press("/");
        driver.type_text("Nightly uploads");
        driver.until("1 of 14").await;
        driver.press("Enter R");
        driver.until("Look for it in the folder").await;
        driver.press("Enter");
        driver.until("Enter rotate").await;
        driver.press("Enter");
        driver.until("only time this secret token can be seen").await;
    });
}
