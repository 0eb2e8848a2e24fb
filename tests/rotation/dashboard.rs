//! Rotation in the dashboard: planned, run, left, and taken back.

use std::{fs, future::Future, path::Path};

use jeton::{
    api::Endpoint,
    delivery::Terminal,
    rotation::{Authority, End, Plan, Remote, RotationOptions, RotationRequest, Rotations, Run, Server as _},
    sandbox::{Demo, Options, Sandbox},
    work::journal::Records,
};
use jiff::Timestamp;
use tokio::task::LocalSet;

use crate::support::driver::Driver;

/// Runs a story on the demo account, after something was done on it by somebody else.
fn story_after<F: Future<Output = ()>>(before: impl FnOnce(&Endpoint, &Path), tell: impl FnOnce(Driver) -> F) {
    let demo = Demo { seed: 1, tokens: 0, now: Timestamp::now() };
    let sandbox = Sandbox::start(Options { rate_limit: None, demo: Some(demo), ..Options::default() }).unwrap();
    let state = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::new(sandbox.url(), sandbox.username(), sandbox.token().clone()).unwrap();
    before(&endpoint, state.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let host = endpoint.host();
        let driver = Driver::open_in(state, host, Some(sandbox), endpoint, 120, 40);
        driver.until("as of").await;
        tell(driver).await;
    });
}

fn story<F: Future<Output = ()>>(tell: impl FnOnce(Driver) -> F) {
    story_after(|_, _| {}, tell);
}

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
        driver.until("Search this directory").await;
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
        driver.until("Undo the rotation?").await;
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
        driver.until("Search this directory").await;
        driver.press("Enter");
        driver.until("Enter rotate").await;
        driver.press("Enter");
        driver.until("only time you can see this secret token").await;
    });
}

#[test]
fn a_grace_period_that_is_over_is_asked_about_at_the_start_and_nothing_is_deleted_before_a_yes() {
    let before = |endpoint: &Endpoint, state: &Path| {
        let records = Records::within(state);
        let mut remote = Remote::new(endpoint.clone(), records, |_| {}).unwrap();
        let tokens = remote.tokens().unwrap();
        let token = tokens.iter().find(|token| token.name() == "Checkout map").unwrap().clone();
        let wish = RotationRequest {
            token,
            note: None,
            destinations: Vec::new(),
            terms: RotationOptions { grace: 1, ..RotationOptions::default() },
            directory: state.to_owned(),
            is_shown: false,
        };
        let authority = Authority::new(endpoint.account(), endpoint.token_id(), &tokens);
        // Begun long ago.
        let long_ago = "2026-01-01T00:00:00Z".parse().unwrap();
        let plan = Plan::new(&wish, &authority, &tokens, &mut remote, long_ago).unwrap();
        assert!(plan.obstacles.is_empty(), "{:?}", plan.obstacles);
        let mut held = Rotations::within(state).begin(plan.rotation).unwrap();
        let mut run = Run {
            held: &mut held,
            server: &mut remote,
            terminal: Terminal::Ours,
            may_delete: false,
            tell: &mut |_| {},
        };
        assert!(matches!(run.advance(), Ok(End::Waits(_))));
        held.rotation.due = Some(long_ago);
        held.save().unwrap();
    };
    story_after(before, |driver| async move {
        driver.until("The old token is due to be deleted").await;
        driver.press("Enter");
        driver.until("Delete the old token?").await;
        driver.press("n");
        driver.until_gone("Delete the old token?").await;
        driver.press("Enter");
        driver.until("Delete the old token?").await;
        driver.press("y");
        driver.until("The old token is deleted.").await;
        driver.press("Enter /");
        driver.type_text("Checkout map");
        driver.until("1 of 14").await;
    });
}
