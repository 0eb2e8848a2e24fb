//! Stories of people at the dashboard: keys in, words on the screen out, through the real loop, the real client and the
//! sandbox over HTTP.

mod support;

use jeton::{
    clipboard::{Copied, Way},
    dashboard::{event::Event, runtime::End},
    sink::Stored,
};
use support::driver::{story, story_at};

#[test]
fn the_account_is_listed_with_its_default_token_first_then_the_newest() {
    story(|driver| async move {
        let screen = driver.until("Checkout map").await;
        let row = |name: &str| {
            screen.lines().position(|line| line.contains(name)).unwrap_or_else(|| panic!("{name} in\n{screen}"))
        };
        assert!(row("★ Default public token") < row("Style sync"));
        assert!(row("Style sync") < row("Checkout map"));
        assert!(row("Checkout map") < row("legacy-do-not-use"));
        assert!(screen.contains("SANDBOX"));
    });
}

#[test]
fn a_filter_narrows_the_list_while_it_is_typed_and_goes_away_again() {
    story(|driver| async move {
        driver.press("/");
        driver.type_text("upl");
        let screen = driver.until("of 13").await;
        assert!(screen.contains("Nightly uploads") && !screen.contains("Checkout map"), "{screen}");
        driver.press("Enter");
        driver.press("Esc");
        driver.until("Checkout map").await;
    });
}

#[test]
fn a_secret_token_is_made_revealed_once_and_never_seen_again() {
    story(|driver| async move {
        driver.press("n");
        driver.until("New token").await;
        driver.type_text("Nightly tiles");
        driver.until("public token (pk) without scopes").await;
        driver.press("Tab /");
        driver.type_text("tilesets:write");
        driver.press("Enter Space");
        driver.until("a secret token (sk)").await;
        driver.press("Ctrl-S");
        let screen = driver.until("only time this secret token can be seen").await;
        assert!(screen.contains("••••"), "masked at first:\n{screen}");

        driver.press("y");
        let value = driver.copied().await;
        let value = value.expose().to_owned();
        assert!(value.starts_with("sk.eyJ"));
        driver.send(Event::Copied(Ok(Copied { way: Way::Native, verified: true })));
        driver.until("copied to the clipboard").await;
        assert!(!screen.contains(&value));
        driver.press("v");
        driver.until(&value).await;

        driver.press("Enter");
        driver.until("Have you stored it?").await;
        driver.type_text("nope");
        driver.press("Enter");
        driver.until("not its last four characters").await;
        driver.press("Ctrl-U");
        driver.type_text(&value[value.len() - 4..]);
        driver.press("Enter");
        let screen = driver.until("not in jeton any more").await;
        assert!(screen.contains("▸   Nightly tiles"), "the new token is selected:\n{screen}");
        assert!(screen.contains("shown once"));
        assert!(!screen.contains(&value));
        assert!(driver.screen.repaints() > 0, "every cell was written anew");

        driver.press("Ctrl-C");
        let (end, app) = driver.ended().await;
        assert_eq!(end, End::Quit);
        assert!(!format!("{:?}", app.borrow()).contains(&value));
    });
}

#[test]
fn a_value_that_was_saved_to_a_file_can_be_left_at_once() {
    story(|driver| async move {
        driver.press("n");
        driver.type_text("CI");
        driver.press("Tab /");
        driver.type_text("uploads:write");
        driver.press("Enter Space Ctrl-S");
        driver.until("only time").await;
        driver.press("w");
        driver.until("ci.token").await;
        driver.press("Enter");
        let errand = driver.errand().await;
        assert!(
            matches!(errand, jeton::dashboard::errand::Errand::Store { ref path, .. } if path == "ci.token"),
            "{errand:?}"
        );
        driver.send(Event::Stored(Ok(Stored::File("/home/ada/ci.token".into()))));
        driver.until("saved to /home/ada/ci.token").await;
        driver.press("Enter");
        driver.until("Stored in /home/ada/ci.token").await;
    });
}

#[test]
fn a_public_token_can_be_shown_and_copied_and_a_secret_one_says_why_not() {
    story(|driver| async move {
        driver.until("Checkout map").await;
        driver.press("j y");
        driver.until("shown once, when it is made").await;
        driver.press("j y");
        let value = driver.copied().await;
        assert!(value.expose().starts_with("pk.eyJ"));
        driver.press("Y");
        assert_eq!(driver.copied().await.expose().len(), 25, "a cuid");
    });
}

#[test]
fn deleting_asks_for_the_name_and_nothing_else_will_do() {
    story(|driver| async move {
        driver.until("Kiosk prototype").await;
        driver.press("/");
        driver.type_text("kiosk");
        driver.press("Enter d");
        driver.until("Delete for good").await;
        driver.type_text("kiosk");
        driver.press("Enter");
        driver.until("nothing was deleted").await;
        driver.press("Ctrl-U");
        driver.type_text("Kiosk prototype");
        driver.press("Enter");
        driver.until("Deleted \"Kiosk prototype\"").await;
        driver.press("Esc");
        let screen = driver.until("Checkout map").await;
        assert!(!screen.lines().any(|line| line.contains("│") && line.contains("Kiosk prototype")), "{screen}");
    });
}

#[test]
fn the_default_token_cannot_be_deleted_and_says_why() {
    story(|driver| async move {
        driver.until("Default public token").await;
        driver.press("g d");
        driver.until("The default public token cannot be deleted").await;
    });
}

#[test]
fn a_lost_connection_leaves_the_list_marked_stale() {
    story(|mut driver| async move {
        driver.until("Checkout map").await;
        driver.sandbox.take().expect("running").stop();
        driver.press("r");
        let screen = driver.until("stale, as of").await;
        assert!(screen.contains("Checkout map"), "the last list stays:\n{screen}");
        assert!(screen.contains("cannot be reached") || screen.contains("broke off"), "{screen}");
    });
}

#[test]
fn leaving_the_program_with_a_value_on_screen_asks_first() {
    story(|driver| async move {
        driver.press("n");
        driver.type_text("Careful");
        driver.press("Tab G Space Ctrl-S");
        driver.until("only time").await;
        driver.press("Ctrl-C");
        driver.until("Have you stored it?").await;
        driver.press("Ctrl-X");
        let (end, _) = driver.ended().await;
        assert_eq!(end, End::Quit);
    });
}

#[test]
fn it_all_works_on_sixty_by_sixteen() {
    story_at(60, 16, |driver| async move {
        driver.until("Checkout map").await;
        driver.press("j l");
        driver.until("Kind").await;
        driver.press("Esc n");
        driver.type_text("Small");
        driver.press("Tab G Space Ctrl-S");
        driver.until("only time").await;
        driver.press("v");
        driver.until("sk.eyJ").await;
    });
}
