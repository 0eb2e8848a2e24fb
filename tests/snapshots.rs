//! What the screens look like, at several sizes and in several states. The account, the clock and the ids are fixed; the text is
//! compared (`cargo insta review` shows differences), and for a few screens the styles too.

use std::{sync::Arc, time::Instant};

use jeton::{
    accounts::book::Entry,
    api::{ApiError, Endpoint},
    dashboard::{
        account_opener::{AccountRef, OpenedAccount},
        action::Effect,
        app::App,
        event::Event,
        key::{Key, KeyCode},
        screen::Screen as _,
        store::Account,
        theme::Theme,
        view::Now,
    },
    delivery::StoreError,
    secret::Secret,
    token::{AccountKey, Draft, Token, TokenId},
    work::{
        Completion, Created, Reply, Report, RequestId, WorkError,
        bulk::{self, Batch, Change},
        journal::{BackupLocation, Before, Intent, LeftOpen, OpenBatch, OpenBatches, OpenCreate, OpenCreates, Value},
    },
};

use jiff::tz::TimeZone;

use crate::support::test_screen::TestScreen;

/// A dashboard without a world around it.
struct Still {
    app: App,
    screen: TestScreen,
    now: Now,
}

const ACCOUNT: &str = include_str!("support/account.json");

/// The value that is revealed; no server has made it.
const VALUE: &str = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZjNrMmFiYzAwMDAwOGwyYWJjZDlxeDEifQ.fakefakefakefakefake7Q";

/// The end of a backup.
fn until() -> jiff::Timestamp {
    "2026-08-21T14:18:00Z".parse().unwrap()
}

/// An endpoint nobody talks to.
fn endpoint() -> Endpoint {
    Endpoint::new("http://127.0.0.1:41877", "ada", Secret::new(VALUE)).unwrap()
}

impl Still {
    fn at(width: u16, height: u16) -> Self {
        Self::with(width, height, Theme::colour())
    }

    fn with(width: u16, height: u16, theme: Theme) -> Self {
        let now = Now { instant: Instant::now(), time: "2026-08-21T14:03:00Z".parse().unwrap() };
        let mut still = Self { app: App::new(theme, TimeZone::UTC, now), screen: TestScreen::new(width, height), now };
        let account =
            Account { username: "ada".into(), host: "127.0.0.1:41877".into(), is_sandbox: true, authorizing: None };
        still.send(Event::Connected(0, Ok(OpenedAccount::new(account, endpoint(), AccountRef::First))));
        still
    }

    /// With its list loaded.
    fn listed(width: u16, height: u16) -> Self {
        let mut still = Self::at(width, height);
        still.list();
        still
    }

    fn list(&mut self) {
        let tokens: Vec<Token> = serde_json::from_str(ACCOUNT).unwrap();
        let id = RequestId(2);
        self.send(Event::Api(Report::Page(id, tokens.into_iter().map(Arc::new).collect())));
        self.done(1, Err(WorkError::Cancelled));
        self.done(2, Ok(Reply::Listed));
        self.done(3, Ok(Reply::Open(LeftOpen::default())));
    }

    fn done(&mut self, id: u64, result: Result<Reply, WorkError>) {
        self.send(Event::Api(Report::Done(Completion { id: RequestId(id), result })));
    }

    fn send(&mut self, event: Event) -> Vec<Effect> {
        self.app.update(event, self.now)
    }

    fn press(&mut self, keys: &str) -> Vec<Effect> {
        keys.split_whitespace().flat_map(|key| self.send(Event::Key(key.parse().unwrap()))).collect()
    }

    fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            self.send(Event::Key(Key::char(c)));
        }
    }

    fn text(&mut self) -> String {
        self.screen.draw(|frame| self.app.render(frame)).unwrap();
        self.screen.text()
    }

    /// Makes a secret token and stands before its reveal.
    fn revealed(width: u16, height: u16) -> Self {
        let mut still = Self::listed(width, height);
        still.press("n");
        still.type_text("Nightly uploads");
        still.press("Tab G Space Ctrl-S");
        let token = r#"{"id":"cmf3k2abc000008l2abcd9qx1","usage":"sk","note":"Nightly uploads","scopes":["uploads:write"],"created":"2026-08-21T14:03:00Z"}"#;
        let token = serde_json::from_str(token).unwrap();
        let value = Secret::new(VALUE);
        still.done(
            4,
            Ok(Reply::Created(Box::new(Created {
                op: "0123abcd".to_owned().try_into().unwrap(),
                token,
                value,
                backup: BackupLocation::Keyring(Some(until())),
            }))),
        );
        still
    }
}

/// Asserts the screen at three sizes, under names that end in the size.
macro_rules! at_sizes {
    ($name:literal, $make:expr) => {
        for (width, height) in [(60, 16), (80, 24), (120, 40)] {
            let mut still: Still = $make(width, height);
            insta::assert_snapshot!(format!("{}_{width}x{height}", $name), still.text());
        }
    };
}

#[test]
fn the_list() {
    at_sizes!("list", |width, height| {
        let mut still = Still::listed(width, height);
        still.press("j j");
        still
    });
}

#[test]
fn handing_a_value_over_and_adding_it_to_an_environment_file() {
    at_sizes!("reveal_command", |width, height| {
        let mut still = Still::revealed(width, height);
        still.press("p");
        still
    });
    at_sizes!("reveal_entry", |width, height| {
        let mut still = Still::revealed(width, height);
        still.press("e");
        still.type_text(" and more");
        still.press("Enter");
        let refused = StoreError("~/.env is tracked by git: the secret would be committed.".into());
        still.send(Event::Stored(Secret::new(VALUE), Err(refused)));
        still
    });
}

#[test]
fn the_accounts_and_the_question_for_a_passphrase() {
    let accounts = |width, height| {
        let mut still = Still::listed(width, height);
        still.press("A");
        let entry = |name: Option<&str>, username: &str, needs_passphrase| Entry {
            name: name.map(str::to_owned),
            username: username.into(),
            api_url: "https://api.mapbox.com".into(),
            kept_in: "an encrypted file (/home/ada/.config/jeton/work.age)".into(),
            needs_passphrase,
            lock_after: None,
        };
        let entries = vec![entry(None, "ada", false), entry(Some("print-shop"), "acme", true)];
        still.send(Event::Accounts(Ok(entries)));
        still
    };
    at_sizes!("accounts", accounts);
    at_sizes!("passphrase", |width, height| {
        let mut still: Still = accounts(width, height);
        still.press("j Enter");
        still.type_text("correct horse");
        still
    });
}

#[test]
fn creates_that_never_came_to_their_end() {
    at_sizes!("recover", |width, height| {
        let mut still = Still::listed(width, height);
        let intent = |op: &str, note: &str, scope: &str| {
            let draft = Draft { note: note.into(), scopes: vec![scope.into()], allowed_urls: Vec::new() };
            let account = AccountKey { username: "ada".into(), host: "127.0.0.1:41877".into() };
            let op = op.to_owned().try_into().unwrap();
            Intent::new(op, account, &draft, Before { complete: true, ..Before::default() }, still.now.time)
        };
        let open = |intent, value| OpenCreate {
            intent,
            is_active: false,
            value,
            delivered: Vec::new(),
            undelivered: Vec::new(),
        };
        let whole =
            Value::Whole { token: "cmf3k2abc000008l2abcd9qx1".into(), backup: BackupLocation::Keyring(Some(until())) };
        let open = vec![
            open(intent("0123abcd", "Nightly tiles", "tilesets:write"), whole),
            open(intent("4567cdef", "Print shop", "uploads:write"), Value::None),
        ];
        still.press("!");
        let creates = OpenCreates { open, unreadable: Vec::new() };
        still.done(4, Ok(Reply::Open(LeftOpen { creates, ..LeftOpen::default() })));
        still.press("j");
        still
    });
}

#[test]
fn batches_that_never_came_to_their_end() {
    at_sizes!("recover_batch", |width, height| {
        let mut still = Still::listed(width, height);
        let tokens: Vec<Token> = serde_json::from_str(ACCOUNT).unwrap();
        let ids = |count| tokens.iter().filter(|token| !token.default).take(count).map(|token| token.id.clone());
        let account = AccountKey { username: "ada".into(), host: "127.0.0.1:41877".into() };
        let batch = |op: &str, operation, tokens: Vec<TokenId>| {
            let plan = bulk::Plan { account: account.clone(), operation, tokens };
            let batch = Batch { op: op.to_owned().try_into().unwrap(), started: still.now.time, plan };
            OpenBatch { record: batch, is_active: false }
        };
        let deleted = ["cm1", "cm2"].map(TokenId::from);
        let change = Change { clear_urls: true, add_scopes: vec!["fonts:read".into()], ..Change::default() };
        let open = vec![
            batch("0123abcd", bulk::Operation::Delete, deleted.into_iter().chain(ids(3)).collect()),
            batch("4567cdef", bulk::Operation::Edit(change), ids(2).collect()),
        ];
        still.press("!");
        let batches = OpenBatches { open, unreadable: Vec::new() };
        still.done(4, Ok(Reply::Open(LeftOpen { batches, ..LeftOpen::default() })));
        still
    });
}

#[test]
fn the_detail_of_a_public_and_of_a_secret_token() {
    at_sizes!("detail_public", |width, height| {
        let mut still = Still::listed(width, height);
        still.press("j j Enter v");
        still
    });
    at_sizes!("detail_secret", |width, height| {
        let mut still = Still::listed(width, height);
        still.press("j Enter");
        still
    });
}

#[test]
fn the_list_while_it_loads_when_it_failed_and_when_nothing_matches() {
    insta::assert_snapshot!("loading", Still::at(60, 16).text());
    let mut failed = Still::at(60, 16);
    failed.done(
        2,
        Err(ApiError::Unreachable { host: "127.0.0.1:41877".into(), cause: "Connection refused".into() }.into()),
    );
    insta::assert_snapshot!("failed", failed.text());
    let mut nothing = Still::listed(60, 16);
    nothing.press("/");
    nothing.type_text("zzzz");
    insta::assert_snapshot!("nothing_matches", nothing.text());
}

#[test]
fn the_form_for_a_new_token() {
    at_sizes!("create", |width, height| {
        let mut still = Still::listed(width, height);
        still.press("n");
        still.type_text("Nightly uploads");
        still.press("Tab j Space G Space");
        still
    });
}

#[test]
fn the_reveal_masked_shown_and_when_left() {
    at_sizes!("reveal", Still::revealed);
    at_sizes!("reveal_shown", |width, height| {
        let mut still = Still::revealed(width, height);
        still.press("v");
        still
    });
    at_sizes!("reveal_left", |width, height| {
        let mut still = Still::revealed(width, height);
        still.press("Enter");
        still
    });
    at_sizes!("reveal_save", |width, height| {
        let mut still = Still::revealed(width, height);
        still.press("w");
        still
    });
}

#[test]
fn the_question_before_a_deletion() {
    at_sizes!("delete", |width, height| {
        let mut still = Still::listed(width, height);
        still.press("j j d");
        still.type_text("Checkout map");
        still
    });
}

#[test]
fn the_help() {
    at_sizes!("help", |width, height| {
        let mut still = Still::listed(width, height);
        still.press("?");
        still
    });
}

#[test]
fn hostile_names_cannot_leave_their_cell() {
    let mut still = Still::at(120, 16);
    let hostile = [
        "\u{1b}[31mred\u{1b}]0;title\u{7}",
        "\u{202e}desrever",
        "line\r\nbreak\ttab",
        "zero\u{200b}width",
        "z\u{301}\u{301}\u{301}\u{301}\u{301}algo",
        "한국어 👩‍🚒 ❤️",
    ];
    let tokens = hostile.iter().enumerate().map(|(at, note)| {
        let note = serde_json::to_string(note).unwrap();
        let json = format!(
            r#"{{"id":"cm{at:023}","usage":"pk","note":{note},"scopes":["{}"],"created":"2026-01-0{}T00:00:00Z"}}"#,
            r"a\u001b[2Jb",
            at + 1
        );
        Arc::new(serde_json::from_str::<Token>(&json).unwrap())
    });
    still.send(Event::Api(Report::Page(RequestId(2), tokens.collect())));
    still.done(2, Ok(Reply::Listed));
    let text = still.text();
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    assert!(!text.contains(['\u{202e}', '\u{200b}']));
    insta::assert_snapshot!("hostile", text);
}

#[test]
fn without_colours_the_selection_and_the_kinds_can_still_be_told() {
    let mut still = Still::with(80, 24, Theme::monochrome());
    still.list();
    still.press("j");
    still.text();
    let buffer = still.screen.buffer();
    for cell in &buffer.content {
        assert!(matches!(cell.fg, ratatui::style::Color::Reset) && matches!(cell.bg, ratatui::style::Color::Reset));
    }
    let row = (0..24).find(|row| buffer[(4, *row)].modifier.contains(ratatui::style::Modifier::REVERSED));
    assert!(row.is_some(), "the selected row stands out");
}

#[test]
fn every_size_is_survived_by_every_screen() {
    #[expect(clippy::type_complexity, reason = "a name and how to get there")]
    let screens: Vec<(&str, fn() -> Still)> = vec![
        ("list", || Still::listed(1, 1)),
        ("detail", || {
            let mut still = Still::listed(1, 1);
            still.press("j Enter");
            still
        }),
        ("filter", || {
            let mut still = Still::listed(1, 1);
            still.press("/ a");
            still
        }),
        ("create", || {
            let mut still = Still::listed(1, 1);
            still.press("n x Tab / s Enter");
            still
        }),
        ("reveal", || Still::revealed(1, 1)),
        ("save", || {
            let mut still = Still::revealed(1, 1);
            still.press("w");
            still
        }),
        ("delete", || {
            let mut still = Still::listed(1, 1);
            still.press("j d x");
            still
        }),
        ("help", || {
            let mut still = Still::listed(1, 1);
            still.press("?");
            still
        }),
    ];
    for (_, make) in screens {
        let mut still = make();
        for height in (1..=12).chain([16, 24, 33]) {
            for width in (1..=41).step_by(4).chain([60, 89, 90, 99, 100, 130]) {
                still.screen.resize(width, height);
                still.send(Event::Resized);
                still.text();
            }
        }
    }
}

#[test]
fn a_key_that_means_nothing_changes_nothing() {
    let mut still = Still::listed(80, 24);
    let before = still.text();
    assert_eq!(still.send(Event::Key(KeyCode::F(9).into())), []);
    assert_eq!(still.text(), before);
}
