//! Stories of people at the dashboard: keys in, words on the screen out, through the real loop, the real client and the
//! sandbox over HTTP.

use std::{cell::OnceCell, future::Future, path::Path, sync::Arc, time::Duration};

use crate::support::driver::{Driver, story, story_at};
use jeton::{
    accounts::book::Entry,
    api::{Client, Endpoint},
    dashboard::{
        account_opener::{AccountRef, OpenRequest, OpenedAccount, SessionPolicy},
        event::{Event, OpenError},
        job::Job,
        runtime::End,
        store::Account,
    },
    delivery::{
        Destination, NewFile, Stored, Terminal, Typed,
        clipboard::{Copied, Way},
    },
    sandbox::{Demo, Faults, Options, Sandbox},
    secret::Secret,
    token::{Draft, Token},
    work::{
        bulk::{self, Change},
        create,
        journal::{BatchJournal, Records},
    },
};

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
        driver.type_text("note:uploads");
        let screen = driver.until("2 of 14").await;
        assert!(screen.contains("Nightly uploads") && !screen.contains("Checkout map"), "{screen}");
        driver.press("Ctrl-U");
        driver.type_text("-created:<90days");
        let screen = driver.until("write created:<90d").await;
        assert!(screen.contains("0 of 14"), "a mistake that is excluded does not find everything:\n{screen}");
        driver.press("Ctrl-U");
        driver.type_text("nghtup");
        driver.until_screen("the best match on top", |screen| screen.contains("▸   Nightly uploads")).await;
        driver.press("Enter");
        driver.press("Esc");
        driver.until("Checkout map").await;
    });
}

#[test]
fn a_secret_token_is_made_revealed_once_and_never_seen_again() {
    story(|driver| async move {
        driver.press("n");
        driver.until("Create token").await;
        driver.type_text("Nightly tiles");
        driver.until("public token (pk) with no scopes").await;
        driver.press("Tab /");
        driver.type_text("tilesets:write");
        driver.press("Enter Space");
        driver.until("a secret token (sk)").await;
        driver.press("Ctrl-S");
        let screen = driver.until("only time you can see this secret token").await;
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
        driver.until("Not saved yet").await;
        driver.type_text("nope");
        driver.press("Enter");
        driver.until("not its last 6 characters").await;
        driver.press("Ctrl-U");
        driver.type_text(&value[value.len() - 6..]);
        driver.press("Enter");
        let screen = driver.until("jeton no longer holds").await;
        assert!(screen.contains("▸   Nightly tiles"), "the new token is selected:\n{screen}");
        assert!(screen.contains("shown once"));
        assert!(!screen.contains(&value));
        assert!(driver.screen.repaints() > 0, "every cell was written anew");

        driver.press("Ctrl-C");
        let (end, app) = driver.ended().await;
        assert_eq!(end, End::Quit);
        assert!(!format!("{app:?}").contains(&value));
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
        let job = driver.job().await;
        let Job::Deliver { to: Typed { text, .. }, value, .. } = job else { panic!("{job:?}") };
        assert_eq!(text, "ci.token");
        let at = Destination::File(NewFile { path: "/home/ada/ci.token".into() });
        driver.send(Event::Stored(value, Ok(Stored { at, note: String::new() })));
        driver.until("saved to /home/ada/ci.token").await;
        driver.press("Enter");
        driver.until("it was saved to /home/ada/ci.token").await;
    });
}

/// Makes a secret token and waits for its reveal.
async fn make_secret(driver: &Driver, name: &str) {
    driver.press("n");
    driver.type_text(name);
    driver.press("Tab /");
    driver.type_text("uploads:write");
    driver.press("Enter Space Ctrl-S");
    driver.until("only time").await;
}

/// Does what the errand thread does with the next value that is to be stored.
async fn deliver(driver: &Driver) {
    let Job::Deliver { to, value, .. } = driver.job().await else { panic!("expected a delivery") };
    let result = to.read().and_then(|to| to.deliver(&value, Terminal::Ours));
    driver.send(Event::Stored(value, result));
}

#[test]
fn a_value_can_go_into_an_environment_file_beside_what_is_there() {
    let place = tempfile::tempdir().expect("a directory");
    let file = place.path().join(".env");
    std::fs::write(&file, "PORT=8080\n").expect("written");
    story(|driver| async move {
        make_secret(&driver, "CI").await;
        driver.press("e");
        driver.until(".env:MAPBOX_ACCESS_TOKEN").await;
        driver.press("Ctrl-U");
        driver.type_text("nowhere");
        driver.until_checked("Type a file and a variable").await;
        driver.press("Ctrl-U");
        driver.type_text(&format!("{}:MAPS", file.display()));
        driver.press("Enter");
        deliver(&driver).await;
        driver.until("saved as MAPS in").await;
        driver.press("y");
        let value = driver.copied().await;
        let content = std::fs::read_to_string(&file).expect("there");
        assert_eq!(content, format!("PORT=8080\nMAPS={}\n", value.expose()));
        driver.press("Enter");
        driver.until("jeton no longer holds").await;
    });
}

#[cfg(unix)]
#[test]
fn a_value_can_be_handed_to_a_command_and_a_failure_says_what_the_command_said() {
    let place = tempfile::tempdir().expect("a directory");
    let file = place.path().join("kept");
    story(|driver| async move {
        make_secret(&driver, "CI").await;
        driver.press("p");
        driver.until("pass insert -m mapbox/ci").await;
        driver.press("Ctrl-U");
        driver.type_text("sh -c 'echo no such vault >&2; exit 3'");
        driver.press("Enter");
        driver.until("running the command").await;
        deliver(&driver).await;
        driver.until("no such vault").await;
        driver.press("Ctrl-U");
        driver.type_text(&format!("sh -c 'cat > {}'", file.display()));
        driver.press("Enter");
        deliver(&driver).await;
        driver.until("piped to sh").await;
        driver.press("y");
        assert_eq!(std::fs::read_to_string(&file).expect("there"), driver.copied().await.expose());
        driver.press("Enter");
        driver.until("jeton no longer holds").await;
    });
}

/// Runs a story at a dashboard that finds what `before` has left in its journal; `faults` happen meanwhile.
fn story_after<F: Future<Output = ()>>(
    faults: &str,
    before: impl AsyncFnOnce(&Client, &Records),
    tell: impl FnOnce(Driver) -> F,
) {
    let faults = Faults::parse(faults.as_bytes()).expect("faults");
    let demo = Demo { seed: 1, tokens: 0, now: jiff::Timestamp::now() };
    let options = Options { rate_limit: None, demo: Some(demo), faults, ..Options::default() };
    let sandbox = Sandbox::start(options).expect("the sandbox starts");
    let state = tempfile::tempdir().expect("a directory");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let endpoint =
            Endpoint::new(sandbox.url(), sandbox.username(), sandbox.token().clone()).expect("a valid address");
        let client = Client::new(endpoint.clone()).expect("a client");
        before(&client, &Records::within(state.path())).await;
        let host = endpoint.host();
        let driver = Driver::open_in(state, host, Some(sandbox), endpoint, 120, 40);
        tell(driver).await;
    });
}

fn draft() -> Draft {
    Draft { note: "Nightly tiles".into(), scopes: vec!["tilesets:write".into()], allowed_urls: Vec::new() }
}

#[test]
fn a_value_that_an_earlier_session_left_is_shown_again_and_can_be_stored() {
    let made = async |client: &Client, records: &Records| {
        create::create(client, &draft(), false, &records.creates).await.expect("made");
    };
    story_after("{}", made, |driver| async move {
        let screen = driver.until("its value was never saved").await;
        assert!(screen.contains("Unfinished") && screen.contains("Nightly tiles"), "{screen}");
        driver.press("Enter");
        driver.until("only time").await;
        driver.press("y");
        let value = driver.copied().await;
        assert!(value.expose().starts_with("sk.eyJ"));
        driver.press("Enter");
        driver.type_text(&value.expose()[value.expose().len() - 6..]);
        driver.press("Enter");
        driver.until("jeton no longer holds").await;
        driver.press("!");
        driver.until("Nothing unfinished").await;
    });
}

#[test]
fn a_token_that_was_made_without_an_answer_is_deleted_and_made_again() {
    let faults = r#"{"faults": [{"fault": "cut", "when": "after-commit", "method": "POST", "times": 1}]}"#;
    story_after(
        faults,
        async |_: &Client, _: &Records| {},
        |driver| async move {
            driver.until("as of").await;
            make_unclear(&driver).await;
            driver.until("the value is lost").await;
            driver.press("d");
            driver.until("Delete token").await;
            driver.type_text("Nightly tiles");
            driver.press("Enter");
            driver.until("Deleted \"Nightly tiles\"").await;
            driver.until_gone("Unfinished").await;
            driver.press("!");
            driver.until("Nothing unfinished").await;
        },
    );
}

#[test]
fn a_create_that_never_arrived_fills_the_form_again_once_the_server_has_had_time() {
    let faults = r#"{"faults": [{"fault": "cut", "when": "before-commit", "method": "POST", "times": 1}]}"#;
    story_after(
        faults,
        async |_: &Client, _: &Records| {},
        |driver| async move {
            driver.until("as of").await;
            make_unclear(&driver).await;
            driver.until("the server may still be creating it").await;
            driver.press("n");
            driver.until("Not available for this entry").await;
            // Ten minutes later.
            age_creates(driver.state());
            driver.press("Esc !");
            driver.until("Not created: no such token").await;
            driver.press("n");
            driver.until("Create token").await;
            driver.until("Nightly tiles").await;
            driver.press("Ctrl-S");
            driver.until("only time").await;
        },
    );
}

#[test]
fn when_several_tokens_could_be_the_one_a_person_compares_them() {
    let faults = r#"{"faults": [{"fault": "cut", "when": "before-commit", "method": "POST", "times": 1}]}"#;
    let left = async |client: &Client, records: &Records| {
        create::create(client, &draft(), false, &records.creates).await.expect_err("cut");
        // Somebody else makes two of the kind.
        for _ in 0..2 {
            client.create(&draft(), 1).await.expect("made");
        }
    };
    story_after(faults, left, |driver| async move {
        let screen = driver.until("One of 2 new tokens may be it").await;
        assert!(screen.contains("dismiss"), "{screen}");
        driver.press("j d");
        driver.until("Delete token").await;
        driver.press("Esc x");
        driver.until("Not available for this entry").await;
        driver.press("k x");
        driver.until("Dismiss it?").await;
        driver.press("y");
        driver.until_gone("Unfinished").await;
    });
}

/// Leaves a batch about the account's tokens of a kind, as a session that died does, and gives the tokens.
async fn leave_batch(
    client: &Client,
    records: &Records,
    operation: bulk::Operation,
    is_in: impl Fn(&Token) -> bool,
) -> Vec<Arc<Token>> {
    let mut tokens = client.pages().next().await.expect("a list").expect("a page").tokens;
    tokens.retain(|token| is_in(token));
    let ids = tokens.iter().map(|token| token.id.clone()).collect();
    let plan = bulk::Plan { account: client.account(), operation, tokens: ids };
    records.batches.begin(None, plan, jiff::Timestamp::now()).expect("on record");
    tokens
}

#[test]
fn a_deletion_that_died_half_way_is_listed_at_the_start_and_gone_on_with() {
    let left = async |client: &Client, records: &Records| {
        let tokens =
            leave_batch(client, records, bulk::Operation::Delete, |token| token.name().contains("upload")).await;
        assert_eq!(tokens.len(), 2);
        client.delete(&tokens[0].id).await.expect("deleted");
    };
    story_after("{}", left, |driver| async move {
        let screen = driver.until("1 is not deleted yet").await;
        assert!(screen.contains("Unfinished") && screen.contains("Deleting 2 tokens"), "{screen}");
        driver.press("Enter");
        driver.until("Delete 1 token").await;
        driver.press("Esc");
        driver.until("1 is not deleted yet").await;
        driver.press("Enter Enter");
        driver.until("Type 1 to confirm").await;
        driver.type_text("1\n");
        driver.until("1 done, 0 failed").await;
        driver.press("Esc");
        driver.until_gone("Unfinished").await;
        driver.press("!");
        driver.until("Nothing unfinished").await;
    });
}

#[test]
fn a_change_that_died_half_way_is_typed_again_for_those_it_has_not_come_to() {
    let left = async |client: &Client, records: &Records| {
        let change = Change { add_urls: vec!["maps.example".into()], ..Change::default() };
        let operation = bulk::Operation::Edit(change.clone());
        let is_in = |token: &Token| token.name().contains("map") && !token.default;
        let tokens = leave_batch(client, records, operation, is_in).await;
        assert!(tokens.len() > 1);
        client.update(&tokens[0].id, &change.patch(&tokens[0])).await.expect("changed");
    };
    story_after("{}", left, |driver| async move {
        let screen = driver.until("not edited yet").await;
        assert!(screen.contains("(+maps.example)"), "{screen}");
        driver.press("Enter");
        let screen = driver.until("Allowed URLs of").await;
        assert!(screen.contains("Change  +maps.example") && !screen.contains("no change"), "{screen}");
        driver.press("Enter");
        let screen = driver.until("to confirm").await;
        let count =
            screen.split_once("Type ").and_then(|(_, rest)| rest.split_once(" to confirm")).expect("a number").0;
        driver.type_text(&format!("{count}\n"));
        driver.until(&format!("{count} done, 0 failed")).await;
        driver.press("Esc");
        driver.until_gone("Unfinished").await;
    });
}

#[test]
fn a_batch_of_which_nothing_is_left_is_closed_with_a_word_about_it() {
    let left = async |client: &Client, records: &Records| {
        for token in
            leave_batch(client, records, bulk::Operation::Delete, |token| token.name().contains("upload")).await
        {
            client.delete(&token.id).await.expect("deleted");
        }
    };
    story_after("{}", left, |driver| async move {
        driver.until("every token is done").await;
        driver.until_gone("Unfinished").await;
        driver.press("!");
        driver.until("Nothing unfinished").await;
    });
}

#[test]
fn a_batch_can_be_forgotten() {
    let left = async |client: &Client, records: &Records| {
        leave_batch(client, records, bulk::Operation::Delete, |token| token.name().contains("upload")).await;
    };
    story_after("{}", left, |driver| async move {
        driver.until("2 are not deleted yet").await;
        driver.press("x");
        driver.until_gone("Unfinished").await;
        let screen = driver.until("Nightly uploads").await;
        assert!(screen.contains("Nightly uploads"), "the tokens stay:\n{screen}");
        driver.press("!");
        driver.until("Nothing unfinished").await;
    });
}

#[test]
fn a_batch_is_on_record_while_it_is_under_way_and_not_when_it_was_stopped_or_is_done() {
    let slow = r#"{"faults": [{"fault": "delay", "ms": 300, "method": "DELETE"}]}"#;
    let theirs: OnceCell<BatchJournal> = OnceCell::new();
    // As another process sees them.
    let look = async |_: &Client, records: &Records| theirs.set(records.batches.clone()).expect("once");
    story_after(slow, look, |driver| {
        let theirs = theirs.get().expect("set");
        async move {
            driver.until("as of").await;
            driver.press("j Space Space Space d Enter");
            driver.type_text("3\n");
            driver.until("1 of 3").await;
            let left = theirs.left().open;
            assert!(left.len() == 1 && left[0].is_active && left[0].record.plan.tokens.len() == 3, "{left:?}");
            driver.press("Esc");
            driver.until("2 done, 0 failed, 1 not started").await;
            let is_gone = async {
                while !theirs.left().open.is_empty() {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(20), is_gone).await.expect("its record goes");
            driver.press("r");
            driver.until("3 done, 0 failed").await;
            driver.press("Esc !");
            driver.until("Nothing unfinished").await;
        }
    });
}

/// Asks for a token whose answer is going to be lost.
/// Makes all creates on record ten minutes older.
fn age_creates(state: &Path) {
    for entry in std::fs::read_dir(state.join("intents")).expect("records") {
        let path = entry.expect("a record").path();
        let mut record: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&path).expect("readable")).expect("JSON");
        for time in ["sent", "unanswered"] {
            let was: jiff::Timestamp = record[time].as_str().expect("a time").parse().expect("a time");
            record[time] = (was - jiff::SignedDuration::from_mins(10)).to_string().into();
        }
        std::fs::write(&path, record.to_string()).expect("writable");
    }
}

async fn make_unclear(driver: &Driver) {
    driver.press("n");
    driver.type_text("Nightly tiles");
    driver.press("Tab /");
    driver.type_text("tilesets:write");
    driver.press("Enter Space Ctrl-S");
    driver.until("Unfinished").await;
}

/// What the list of accounts holds.
fn accounts() -> Vec<Entry> {
    let entry = |name: Option<&str>, username: &str, needs_passphrase| Entry {
        name: name.map(str::to_owned),
        username: username.into(),
        api_url: "https://api.mapbox.com".into(),
        kept_in: "an encrypted file".into(),
        needs_passphrase,
        lock_after: None,
    };
    vec![entry(None, "ada", false), entry(Some("work"), "acme", true)]
}

/// A second server with an account of its own.
fn elsewhere() -> (Sandbox, OpenedAccount) {
    let sandbox = Sandbox::start(Options { rate_limit: None, ..Options::default() }).expect("the sandbox starts");
    let endpoint = Endpoint::new(sandbox.url(), sandbox.username(), sandbox.token().clone()).expect("a valid address");
    let account = Account { username: "acme".into(), host: endpoint.host(), is_sandbox: true, authorizing: None };
    let opened = OpenedAccount::new(account, endpoint, AccountRef::Named("work".into()));
    (sandbox, OpenedAccount { terms: SessionPolicy { needs_passphrase: true, ..opened.terms.clone() }, ..opened })
}

#[test]
fn another_account_is_entered_with_its_passphrase_and_the_first_one_is_there_at_once_on_return() {
    story(|driver| async move {
        let (_other, opened) = elsewhere();
        driver.press("j j A");
        driver.until("Looking for accounts").await;
        assert_eq!(driver.open_request().await, OpenRequest::List);
        driver.send(Event::Accounts(Ok(accounts())));
        let screen = driver.until("acme at api.mapbox.com").await;
        assert!(screen.contains("current"), "{screen}");
        driver.press("j Enter");
        driver.until("Passphrase for work").await;
        driver.type_text("correct horse");
        let screen = driver.until("••••••••").await;
        assert!(!screen.contains("horse") && !screen.contains(&"•".repeat(9)), "not even its length:\n{screen}");
        driver.press("Enter");
        let open_request = driver.open_request().await;
        let expected = Secret::new("correct horse");
        let which = AccountRef::Named("work".into());
        assert_eq!(open_request, OpenRequest::Enter { ticket: 1, which: which.clone(), passphrase: Some(expected) });
        driver.send(Event::Connected(1, Err(OpenError::Failed("wrong passphrase".into()))));
        driver.until("wrong passphrase").await;
        driver.type_text("battery");
        driver.press("Enter");
        assert!(matches!(driver.open_request().await, OpenRequest::Enter { ticket: 2, .. }));
        driver.send(Event::Connected(2, Ok(opened)));
        let screen = driver.until("Switched to acme").await;
        assert!(!screen.contains("Checkout map"), "{screen}");
        driver.until("as of").await;

        driver.press("A");
        assert_eq!(driver.open_request().await, OpenRequest::List);
        driver.send(Event::Accounts(Ok(accounts())));
        driver.until("current").await;
        driver.press("k Enter");
        assert!(matches!(driver.open_request().await, OpenRequest::Enter { ticket: 3, which: AccountRef::First, .. }));
        // Somebody who has left the question stays where they are, whatever comes of it.
        driver.press("Esc");
        driver.until_gone("Accounts").await;
        let (_third, late) = elsewhere();
        driver.send(Event::Connected(
            3,
            Ok(OpenedAccount { account: Account { username: "late".into(), ..late.account.clone() }, ..late }),
        ));
        driver.press("r");
        let screen = driver.until("as of").await;
        assert!(screen.contains("acme") && !screen.contains("late"), "{screen}");
    });
}

#[test]
fn a_locked_account_can_be_looked_at_and_asks_for_its_passphrase_before_anything_is_sent() {
    story(|driver| async move {
        let (_other, opened) = elsewhere();
        driver.press("A");
        driver.open_request().await;
        driver.send(Event::Accounts(Ok(accounts())));
        driver.until("acme at api.mapbox.com").await;
        driver.press("j Enter");
        driver.type_text("horse");
        driver.press("Enter");
        driver.open_request().await;
        driver.send(Event::Connected(1, Ok(opened.clone())));
        let is_loaded = |screen: &str| screen.contains("acme") && screen.contains("as of");
        driver.until_screen("the other account's list", is_loaded).await;
        driver.press("K");
        let screen = driver.until("LOCKED").await;
        assert!(screen.contains("Default public token"), "what is known stays on screen:\n{screen}");
        driver.press("r");
        driver.until("Passphrase for acme").await;
        driver.press("Esc");
        driver.press("n");
        driver.type_text("Sneaky");
        driver.press("Ctrl-S y");
        driver.until("Passphrase for acme").await;
        assert_eq!(driver.open_request().await, OpenRequest::List);
        assert_eq!(driver.open_request().await, OpenRequest::List, "it was asked twice");
        driver.type_text("horse");
        driver.press("Enter");
        assert!(matches!(driver.open_request().await, OpenRequest::Enter { passphrase: Some(_), .. }));
        driver.send(Event::Connected(2, Ok(opened)));
        driver.until_gone("LOCKED").await;
        driver.until_screen("the list is read again", |screen| !screen.contains("stale")).await;
        let screen = driver.until("Create token").await;
        assert!(screen.contains("Sneaky"), "the form is as it was:\n{screen}");
        driver.press("Ctrl-S y");
        driver.until("Created public token \"Sneaky\"").await;
    });
}

#[test]
fn what_is_wrong_with_a_token_is_told_with_a_reason_and_mended_from_there() {
    story(|driver| async move {
        driver.press("/");
        driver.type_text("lint:no-scopes");
        driver.until("1 of 14").await;
        driver.press("Enter m");
        let screen = driver.until("Findings").await;
        assert!(screen.contains("docs.mapbox.com"), "the reason has a source:\n{screen}");
        driver.press("Esc Esc /");
        driver.type_text("Kiosk");
        driver.press("Enter m");
        let screen = driver.until("Findings: Kiosk prototype").await;
        assert!(screen.contains("edit URLs"), "{screen}");
        driver.press("Enter");
        driver.until("of 100").await;
        driver.press("Ctrl-S");
        let screen = driver.until("save changes").await;
        assert!(
            screen.contains('-') && screen.contains('+'),
            "what the remedy changes is shown before it is sent:\n{screen}"
        );
        driver.press("Ctrl-S");
        driver.until("Edited \"Kiosk prototype\"").await;
    });
}

#[test]
fn a_remedy_starts_from_the_finding_in_the_overview() {
    story(|driver| async move {
        driver.press("O");
        let screen = driver.until("Findings").await;
        assert!(screen.contains("m fix"), "{screen}");
        driver.press("m");
        driver.until("Expand the rule").await;
        driver.press("Enter j m");
        // The worst rule of the demo account: an entry that can never match.
        driver.until("Allowed URLs: Kiosk prototype").await;
        driver.press("Esc y");
        driver.until("Findings").await;
    });
}

#[test]
fn a_refusal_is_marked_at_the_field_it_is_about() {
    let faults = r#"{"faults": [{"fault": "status", "status": 422, "message": "allowedUrls are invalid", "method": "POST", "times": 1}]}"#;
    story_after(
        faults,
        async |_: &Client, _: &Records| {},
        |driver| async move {
            driver.until("as of").await;
            driver.press("n");
            driver.type_text("Kiosk");
            driver.press("Ctrl-S");
            driver.until("Create a token without scopes?").await;
            driver.press("y");
            driver.until("allowedUrls are invalid").await;
            driver.until("URLs ✗").await;
            driver.type_text("example.com");
            driver.until_gone("URLs ✗").await;
            driver.press("Ctrl-S y");
            driver.until("Created public token \"Kiosk\"").await;
        },
    );
}

#[test]
fn a_server_that_wants_to_be_left_alone_is_and_the_header_counts_down() {
    let faults =
        r#"{"faults": [{"fault": "rate-limit", "seconds": 3, "method": "GET", "path": "/tokens/**", "times": 1}]}"#;
    story_after(
        faults,
        async |_: &Client, _: &Records| {},
        |driver| async move {
            driver.until("retrying in").await;
            driver.until("as of").await;
            driver.until("Checkout map").await;
        },
    );
}

#[test]
fn a_value_can_be_shown_as_a_code_for_a_camera_where_there_is_room() {
    story_at(80, 24, |driver| async move {
        make_secret(&driver, "CI").await;
        driver.press("Q");
        let screen = driver.until("█▀▀▀▀▀█").await;
        assert!(!screen.contains("only time"), "it is alone on the screen:\n{screen}");
        driver.press("Esc");
        driver.until("only time").await;
        driver.press("Q");
        driver.until("█▀▀▀▀▀█").await;
        driver.screen.resize(60, 16);
        driver.send(Event::Resized);
        driver.until("QR code needs").await;
    });
}

#[test]
fn a_public_token_can_be_shown_and_copied_and_a_secret_one_says_why_not() {
    story(|driver| async move {
        driver.until("Checkout map").await;
        driver.press("j y");
        driver.until("shown once, when it is created").await;
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
        driver.until("Delete token").await;
        driver.type_text("kiosk");
        driver.press("Enter");
        driver.until("Nothing deleted").await;
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
        driver.until("The default public token can't be deleted").await;
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
        assert!(screen.contains("can't reach") || screen.contains("lost the connection"), "{screen}");
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
        driver.until("Not saved yet").await;
        driver.press("Ctrl-X");
        driver.until("Delete this token?").await;
        driver.press("n Ctrl-C Ctrl-X");
        driver.until("Delete this token?").await;
        driver.press("y");
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

#[test]
fn editing_shows_what_changes_sends_it_and_can_be_taken_back() {
    story(|driver| async move {
        driver.press("/");
        driver.type_text("kiosk");
        driver.press("Enter e");
        driver.until("Edit Kiosk prototype").await;
        driver.type_text(" 2");
        driver.press("Ctrl-S");
        let screen = driver.until("save changes").await;
        assert!(
            screen.contains("- name   Kiosk prototype") && screen.contains("+ name   Kiosk prototype 2"),
            "{screen}"
        );
        driver.press("Ctrl-S");
        driver.until("Edited \"Kiosk prototype 2\"").await;
        driver.press("U");
        driver.until("- name   Kiosk prototype 2").await;
        driver.press("Ctrl-S");
        driver.until("Edited \"Kiosk prototype\"").await;
    });
}

#[test]
fn a_public_token_is_not_offered_secret_scopes_and_says_why() {
    story(|driver| async move {
        driver.press("/");
        driver.type_text("kiosk");
        driver.press("Enter e Tab G Space");
        driver.until("not available to public tokens").await;
    });
}

#[test]
fn an_edit_that_somebody_else_overtook_says_so_and_asks_again() {
    story(|driver| async move {
        driver.press("/");
        driver.type_text("kiosk");
        driver.press("Enter e");
        driver.until("Edit Kiosk prototype").await;
        driver.rename("Kiosk prototype", "Kiosk, renamed by Bob").await;
        driver.type_text(" 2");
        driver.press("Ctrl-S");
        driver.until("Someone else changed it").await;
        driver.press("Ctrl-S");
        driver.until("on top of theirs").await;
        driver.press("Ctrl-S");
        driver.until("Edited \"Kiosk prototype 2\"").await;
    });
}

#[test]
fn the_url_tester_names_the_entry_that_lets_a_page_through_and_the_server_agrees() {
    story(|driver| async move {
        driver.press("/");
        driver.type_text("checkout");
        driver.press("Enter u Tab Tab");
        driver.type_text("https://www.checkout.lumen.example/cart");
        driver.until("Allowed by entry 1: a subdomain of this host").await;
        driver.press("Enter");
        driver.until("the server allowed it").await;
        driver.press("Ctrl-U");
        driver.type_text("https://evil.example/");
        driver.until("no entry allows it").await;
        driver.press("Enter");
        driver.until("the server refused it: Forbidden").await;
    });
}

#[test]
fn urls_are_added_checked_reviewed_and_sent() {
    story(|driver| async move {
        driver.press("/");
        driver.type_text("checkout");
        driver.press("Enter u");
        driver.type_text("*.example.org\n");
        driver.until("wildcards are not supported").await;
        driver.press("Ctrl-U");
        driver.send(Event::Paste("example.org, shop.example.org\nexample.net".into()));
        driver.press("Enter");
        driver.until("already covered by entry 3").await;
        driver.press("Ctrl-S");
        driver.until("+ URL    example.net").await;
        driver.press("Ctrl-S");
        driver.until("Edited \"Checkout map\"").await;
    });
}

#[test]
fn many_tokens_are_deleted_after_typing_their_number() {
    story(|driver| async move {
        driver.press("j Space Space Space d");
        driver.until("Delete 3 tokens").await;
        driver.press("Enter");
        driver.type_text("2\n");
        driver.until("Nothing done").await;
        driver.press("Ctrl-U");
        driver.type_text("3\n");
        driver.until("3 done, 0 failed").await;
        driver.press("Esc");
        driver.until(" 11 ╮").await;
    });
}

#[test]
fn many_tokens_get_a_scope_and_those_that_cannot_say_why() {
    story(|driver| async move {
        driver.until("Kiosk prototype").await;
        driver.press("* e");
        driver.until("Scopes of 14 tokens").await;
        driver.type_text("+datasets:read");
        let screen = driver.until("+datasets:read").await;
        assert!(screen.contains("created without scopes can't get any"), "the one without scopes:\n{screen}");
        assert!(screen.contains("no change"), "the default one has it:\n{screen}");
    });
}

#[test]
fn a_temporary_token_counts_down_and_is_renewed() {
    story(|driver| async move {
        driver.press("t");
        driver.until("Create temporary token").await;
        driver.press("Tab Space Ctrl-S");
        let screen = driver.until("Temporary tokens of this session").await;
        assert!(screen.contains("tk.eyJ"), "{screen}");
        driver.until_screen("a countdown", |screen| screen.contains("29:5") || screen.contains("30:00")).await;
        driver.press("R");
        driver.until_screen("two of them", |screen| screen.matches("tk.eyJ").count() == 2).await;
        driver.press("y");
        assert!(driver.copied().await.expose().starts_with("tk."));
    });
}

#[test]
fn the_list_can_be_sorted_and_narrowed_to_a_kind() {
    story(|driver| async move {
        driver.until("Checkout map").await;
        driver.press("3");
        let screen = driver.until("Secret tokens").await;
        assert!(!screen.lines().any(|line| line.starts_with('│') && line.contains("Checkout map")), "{screen}");
        driver.press("1 s");
        let screen = driver.until("by name").await;
        let row = |name: &str| screen.lines().position(|line| line.contains(name)).expect("listed");
        assert!(row("Checkout map") < row("Default public token"));
    });
}

#[test]
fn the_mouse_selects_opens_and_scrolls_and_can_be_switched_off() {
    use jeton::dashboard::event::{Mouse, MouseAction};
    story(|driver| async move {
        let screen = driver.until("Checkout map").await;
        let row = screen.lines().position(|line| line.contains("Checkout map")).expect("listed") as u16;
        let click = Event::Mouse(Mouse { action: MouseAction::Click, column: 8, row });
        driver.send(click);
        driver.until("▸   Checkout map").await;
        assert!(driver.screen.mouse());
        driver.send(Event::Mouse(Mouse { action: MouseAction::WheelDown, column: 8, row }));
        driver.until("▸   東京 demo").await;
        // A key of the footer is as good as pressed, and so is a command of the palette.
        driver.press(":");
        driver.until("Commands").await;
        driver.type_text("api");
        driver.until_gone("create a token").await;
        driver.click("API calls and messages").await;
        driver.until("No messages yet").await;
        driver.click("Esc back").await;
        driver.until("Checkout map").await;
        driver.press("M");
        driver.until("Mouse off").await;
        assert!(!driver.screen.mouse());
    });
}

#[test]
fn a_click_on_a_heading_orders_the_list_and_another_one_takes_that_back() {
    story(|driver| async move {
        driver.until("Checkout map").await;
        driver.click("SCOPES").await;
        let screen = driver.until("most scopes first").await;
        assert!(screen.contains("SCOPE▾"), "{screen}");
        driver.click("SCOPE▾").await;
        driver.until_gone("most scopes first").await;
        driver.click("NAME").await;
        driver.until("NAME▴").await;
    });
}

#[test]
fn tab_completes_the_filter_and_again_offers_the_next_word() {
    story(|driver| async move {
        driver.press("/");
        driver.type_text("ki");
        let screen = driver.until("Tab kind:").await;
        assert!(screen.contains("public (pk) or secret (sk) tokens"), "{screen}");
        driver.press("Tab");
        driver.until("Tab kind:pk  kind:sk").await;
        driver.press("Tab");
        driver.until("/ kind:pk").await;
        driver.press("Tab");
        driver.until("/ kind:sk").await;
        let screen = driver.until_gone("Checkout map").await;
        assert!(screen.contains(" of 14 "), "{screen}");
        driver.type_text(" scope:uploads");
        driver.until("Nightly uploads  uploads:").await;
        driver.press("Esc");
        driver.until("Checkout map").await;
    });
}

#[test]
fn marked_tokens_come_with_what_can_be_done_to_them_and_a_click_does_it() {
    story(|driver| async move {
        driver.until("Checkout map").await;
        driver.press("j Space Space");
        let screen = driver.until("✓ 2 marked  d delete").await;
        assert!(screen.contains("Esc clear"), "{screen}");
        driver.click("d delete").await;
        driver.until("will be deleted").await;
        driver.press("Esc");
        driver.click("Esc clear").await;
        driver.until_gone("marked").await;
    });
}

#[test]
fn a_call_opens_to_all_that_is_known_of_it_and_can_be_copied_as_curl_without_the_token() {
    story(|driver| async move {
        driver.press("L");
        driver.until("/tokens/v2/").await;
        driver.press("G Enter");
        let screen = driver.until("Request ID").await;
        assert!(screen.contains("Status") && screen.contains("bytes") && screen.contains("took"), "{screen}");
        driver.press("c");
        let curl = driver.copied().await;
        assert!(curl.expose().starts_with("curl -s \"http://"), "{}", curl.expose());
        assert!(curl.expose().contains("access_token=$MAPBOX_ACCESS_TOKEN"), "{}", curl.expose());
        driver.press("Esc");
        driver.until_gone("Request ID").await;
    });
}

#[test]
fn the_help_is_searched_by_what_a_key_does() {
    story(|driver| async move {
        driver.press("?");
        driver.until("Keys").await;
        driver.press("/");
        driver.type_text("bulk mark");
        let screen = driver.until_gone("create a token").await;
        assert!(screen.contains("mark the token for bulk actions"), "{screen}");
        driver.type_text("zzz");
        driver.until("No matching key.").await;
        driver.press("Esc Esc");
        driver.until_gone("Keys").await;
    });
}

#[test]
fn the_default_token_is_refreshed_on_a_sandbox_and_the_old_one_stops_working() {
    story(|driver| async move {
        driver.until("Default public token").await;
        driver.press("g F");
        driver.until("Refresh the default token?").await;
        driver.press("y");
        driver.until("Default public token refreshed").await;
        driver.until("★ Default public token").await;
    });
}

#[test]
fn a_request_is_copied_as_curl_without_any_token_in_it() {
    story(|driver| async move {
        driver.until("Checkout map").await;
        driver.press("c");
        let curl = driver.copied().await;
        assert!(curl.expose().starts_with("curl -s ") && curl.expose().contains("access_token=$MAPBOX_ACCESS_TOKEN"));
        assert!(!curl.expose().contains("eyJ"));
    });
}
