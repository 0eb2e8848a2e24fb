//! What the dashboard says and does is about what the person is looking at: the token that was chosen, the keys as they are bound,
//! the characters the terminal can show; and what was typed is not lost without a question.

use jeton::{
    accounts::book::Entry,
    api::{ApiError, Temporary},
    dashboard::{
        action::Effect,
        event::{Event, OpenError},
        key::Key,
        keymap::{BINDINGS, Context, Keymap},
        settings::Settings,
        theme::Theme,
    },
    delivery::clipboard::{Copied, Way},
    secret::Secret,
    token::{AccountKey, Draft},
    work::{
        Created, Reply, Request,
        bulk::{self, Batch},
        journal::{BackupLocation, Before, Intent, LeftOpen, OpenBatch, OpenBatches, OpenCreate, OpenCreates, Value},
    },
};

use crate::pages::{Page, statistics};

/// The value that is revealed; no server has made it.
const VALUE: &str = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZjNrMmFiYzAwMDAwOGwyYWJjZDlxeDEifQ.fakefakefakefakefake7Q";

/// The row the cursor is on in the list of tokens.
fn chosen(page: &mut Page) -> String {
    let text = page.text();
    let row = text.lines().find(|line| line.contains('▸'));
    row.unwrap_or_else(|| panic!("no cursor in\n{text}")).to_owned()
}

/// The names in the list, from the top.
fn rows(page: &mut Page) -> Vec<String> {
    let text = page.text();
    let names = text.lines().skip(3).filter_map(|line| line.get(..)?.split(" pk ").next()?.split(" sk ").next());
    names
        .filter(|line| line.starts_with('│'))
        .map(|line| line.replace(['▸', '★', '│'], " ").trim().to_owned())
        .collect()
}

fn reveal(page: &mut Page) {
    page.press("n");
    page.type_text("CI");
    page.press("Tab G Space Ctrl-S");
    answer_create(page, "CI", "cmf3k2abc000008l2abcd9qx1");
}

fn answer_create(page: &mut Page, name: &str, id: &str) {
    let json = format!(r#"{{"id":"{id}","usage":"sk","note":"{name}","scopes":["uploads:write"]}}"#);
    let created = Created {
        op: "0123abcd".to_owned().try_into().unwrap(),
        token: serde_json::from_str(&json).unwrap(),
        value: Secret::new(VALUE),
        backup: BackupLocation::Keyring(None),
    };
    page.answer(Ok(Reply::Created(Box::new(created))));
}

fn make_temporary(page: &mut Page) {
    page.press("t");
    page.press("Tab Space Ctrl-S");
    answer_temporary(page);
}

fn answer_temporary(page: &mut Page) {
    let Some((_, Request::Temporary { lifetime, .. })) = page.orders.last().cloned() else {
        panic!("nothing was asked")
    };
    let made = Temporary {
        value: Secret::new("tk.fake.fakefakefakefakefake7Q"),
        issued_at: None,
        expires: Some(page.now.time + lifetime),
        clock_ahead: jiff::SignedDuration::ZERO,
    };
    page.answer(Ok(Reply::TemporaryCreated(Box::new(made))));
}

fn rejected() -> ApiError {
    ApiError::Unauthorized { message: "Not Authorized - Invalid Token".into() }
}

/// A dashboard whose authorizing token is refused at the start.
fn refused(theme: Theme) -> Page {
    let mut page = Page::connected(120, 30, theme);
    for id in 1..=3 {
        page.done(id, Err(rejected().into()));
    }
    page
}

#[test]
fn enter_on_a_finding_or_in_the_matrix_shows_that_token() {
    for down in 1..3 {
        let mut page = Page::listed(120, 40);
        page.press("O Enter");
        for _ in 0..down {
            page.press("j");
        }
        let text = page.text();
        let title = text.lines().find(|line| line.contains("Findings")).unwrap().to_owned();
        assert!(!title.is_empty());
        let cursor = page.screen.cursor().unwrap();
        let row = text.lines().nth(usize::from(cursor.y)).unwrap().trim_matches(['│', ' ']).to_owned();
        let name: String = row.chars().take(8).collect();
        page.press("Enter");
        assert!(chosen(&mut page).contains(&name), "{name} in\n{}", page.text());
    }
    let mut page = Page::listed(160, 40);
    page.press("O Tab G Enter");
    assert!(chosen(&mut page).contains("(no name)") || chosen(&mut page).contains("cmwp8"), "{}", page.text());
}

#[test]
fn a_token_that_the_filter_hides_is_shown_all_the_same() {
    let mut page = Page::listed(120, 40);
    page.press("/");
    page.type_text("checkout");
    page.press("Enter O Tab j Enter");
    assert!(chosen(&mut page).contains("Tiling pipeline"), "{}", page.text());
}

#[test]
fn after_the_last_order_comes_the_usual_one() {
    let mut page = Page::listed(120, 40);
    let usual = rows(&mut page);
    page.press("s");
    assert_ne!(rows(&mut page), usual);
    page.press("s s s s s");
    assert_eq!(rows(&mut page), usual);
}

#[test]
fn usage_is_loaded_again_after_a_reload_while_the_cursor_stays() {
    let mut page = Page::listed(120, 40);
    page.wait();
    page.answer(Ok(Reply::Usage(statistics(90))));
    page.press("Enter");
    assert!(page.text().contains("yesterday"));
    page.press("r");
    page.wait();
    assert!(matches!(page.orders.last(), Some((_, Request::Usage(_)))), "{:?}", page.orders.last());
    page.answer(Ok(Reply::Usage(statistics(90))));
    assert!(page.text().contains("yesterday"), "{}", page.text());
}

#[test]
fn a_change_of_many_tokens_is_confirmed_as_a_change() {
    let mut page = Page::listed(120, 40);
    page.press("j Space Space e");
    page.type_text("+datasets:read");
    page.press("Enter");
    let text = page.text();
    assert!(text.contains("Enter change") && !text.contains("delete"), "{text}");
    page.press("Esc Esc y d Enter");
    assert!(page.text().contains("Enter delete"), "{}", page.text());
}

#[test]
fn a_copy_is_told_by_what_was_copied() {
    let copied = || Event::Copied(Ok(Copied { way: Way::Native, verified: true }));
    let mut page = Page::listed(120, 40);
    make_temporary(&mut page);
    page.press("y");
    page.send(copied());
    assert!(page.text().contains("The temporary token was copied"), "{}", page.text());
    // A reveal that comes up meanwhile must not take the copy for one of its value.
    let mut page = Page::listed(120, 40);
    page.press("j j y n");
    page.type_text("CI");
    page.press("Tab G Space Ctrl-S");
    answer_create(&mut page, "CI", "cmf3k2abc000008l2abcd9qx1");
    page.send(copied());
    let text = page.text();
    assert!(text.contains("The token \"Checkout map\" was copied"), "{text}");
    page.press("y");
    page.send(copied());
    assert!(page.text().contains("✓ copied to the clipboard"), "{}", page.text());
}

#[test]
fn what_is_typed_beside_the_list_of_urls_is_added_before_the_review() {
    let mut page = Page::listed(120, 40);
    page.press("j j u");
    page.type_text("shop.example.com");
    page.press("Ctrl-S");
    let text = page.text();
    assert!(text.contains("save changes") && text.contains("shop.example.com"), "{text}");
    let mut page = Page::listed(120, 40);
    page.press("j j u");
    page.type_text("http://*");
    page.press("Ctrl-S");
    let text = page.text();
    assert!(text.contains("anyway") && !text.contains("save changes"), "{text}");
    page.press("Esc");
    assert!(page.text().contains("Discard your changes?"), "{}", page.text());
}

#[test]
fn an_allowed_url_is_shown_whole_where_there_is_room() {
    let mut page = Page::listed(120, 40);
    let long = "https://shop.example.com/europe/checkout/confirmation/summary";
    page.press("j j u");
    page.type_text(long);
    page.press("Enter");
    page.press("Shift-Tab");
    assert!(page.text().contains(&format!("3 {long}")), "{}", page.text());
}

#[test]
fn the_button_stays_under_an_error_of_any_length() {
    let long = || ApiError::Refused {
        status: 422,
        message: "the server has much to say about this. ".repeat(6).as_str().into(),
    };
    let mut page = Page::listed(80, 24);
    page.press("n");
    page.type_text("CI");
    page.press("Ctrl-S y");
    page.answer(Err(long().into()));
    let text = page.text();
    assert!(text.contains("much to say") && text.contains("[ Ctrl-S Create token ]"), "{text}");
    let mut page = Page::listed(80, 24);
    page.press("t Tab Space Ctrl-S");
    page.answer(Err(long().into()));
    let text = page.text();
    assert!(text.matches("much to say").count() > 3 && text.contains("Create temporary token ]"), "{text}");
    let mut page = Page::listed(80, 24);
    page.press("j j e");
    page.type_text("!");
    page.press("Ctrl-S Ctrl-S");
    page.answer(Err(long().into()));
    let text = page.text();
    assert!(text.contains("much to say") && text.contains("Ctrl-S save changes"), "{text}");
    page.press("Esc");
    assert!(page.text().contains("[ Ctrl-S Review changes ]"), "{}", page.text());
}

#[test]
fn a_rejected_token_is_called_so_and_no_change_is_offered() {
    let mut page = refused(Theme::colour());
    let text = page.text();
    assert!(text.contains("token rejected") && !text.contains("offline"), "{text}");
    assert!(text.contains("jeton login") && text.contains("A accounts"), "{text}");
    assert!(!text.contains("n new"), "{text}");
    for key in ["n", "t", "U", "F"] {
        let effects = page.press(key);
        assert!(effects.is_empty(), "{key}: {effects:?}");
        assert!(page.text().contains("rejected the authorizing token"), "{key}");
        assert!(page.app.modals().is_empty(), "{key}");
    }
    // The same when it is rejected later, with a list to look at.
    let mut page = Page::listed(120, 40);
    page.press("r");
    let (list, _) = page.orders.iter().rev().find(|(_, request)| *request == Request::List).unwrap().clone();
    page.done(list.0, Err(rejected().into()));
    page.press("j d");
    assert!(page.app.modals().is_empty(), "{}", page.text());
}

#[test]
fn the_refusal_of_a_key_goes_away_when_another_token_is_looked_at() {
    let mut page = Page::listed(120, 40);
    page.press("u");
    assert!(page.text().contains("can't have URL restrictions"));
    page.press("j");
    page.press("j u");
    let text = page.text();
    assert!(text.contains("Allowed URLs: Checkout map") && !text.contains("can't have URL restrictions"), "{text}");
    // What failed on the server names its token, whatever is open by then.
    let mut page = Page::listed(120, 40);
    page.press("j j e");
    page.type_text("!");
    page.press("Ctrl-S Ctrl-S Esc Esc y j u");
    let (id, _) = page.orders.iter().rev().find(|(_, request)| request.is_mutation()).unwrap().clone();
    page.done(id.0, Err(ApiError::Server { status: 500 }.into()));
    assert!(page.text().contains("Editing the token \"Checkout map\" failed"), "{}", page.text());
}

#[test]
fn nothing_that_was_typed_is_lost_by_leaving_without_a_question() {
    for (keys, typed) in
        [("n", "CI"), ("j j e", "!"), ("j j u", "example.com"), ("t", "5"), ("j Space Space e", "+fonts:read")]
    {
        let filled = || {
            let mut page = Page::listed(120, 40);
            page.press(keys);
            page.type_text(typed);
            page
        };
        let mut page = filled();
        assert!(!page.press("Ctrl-C").contains(&Effect::Quit), "{keys}");
        assert!(page.text().contains("will be lost"), "{keys}\n{}", page.text());
        page.press("n");
        assert!(page.text().contains(typed), "{keys}\n{}", page.text());
        page.press("Ctrl-C");
        assert!(page.press("y").contains(&Effect::Quit), "{keys}");
        let mut page = filled();
        page.press("Esc");
        assert!(page.text().contains("Discard your changes?"), "{keys}\n{}", page.text());
        page.press("y");
        assert!(page.app.modals().is_empty(), "{keys}");
        let mut page = Page::listed(120, 40);
        page.press(keys);
        assert!(page.press("Ctrl-C").contains(&Effect::Quit), "{keys}: nothing was typed");
    }
}

#[test]
fn a_value_is_discarded_only_after_a_question() {
    let mut page = Page::listed(120, 40);
    reveal(&mut page);
    let before = page.orders.len();
    page.press("Enter Ctrl-X");
    assert!(page.text().contains("Delete this token?"), "{}", page.text());
    page.press("n");
    assert_eq!((page.orders.len(), page.app.modals().len()), (before, 1), "nothing is sent, the reveal stays");
    page.press("Enter Ctrl-X y");
    assert!(matches!(page.orders.last(), Some((_, Request::Delete(_)))));
    assert!(page.app.modals().is_empty());
}

/// A dashboard whose keys may all have been changed: it is given the default ones, and presses those that mean the same.
struct Remapped {
    page: Page,
    keymap: Keymap,
}

impl Remapped {
    fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let key: Key = key.parse().unwrap();
            let contexts = self.page.app.contexts();
            let means = Keymap::default().resolve(&contexts, key);
            let is_it = |context: &Context| {
                let row = self.keymap.rows().iter();
                let mut row = row.filter(|row| row.binding.context == *context && Some(row.binding.command) == means);
                row.next().and_then(|row| row.keys.first().copied())
            };
            let key = contexts.iter().find_map(is_it).unwrap_or(key);
            self.page.send(Event::Key(key));
        }
    }
}

/// Everything there is to see, each after the keys that lead there.
const STATIONS: &[(&str, &str)] = &[
    ("", ""),
    ("s", ""),
    ("j j Enter v", ""),
    ("j Enter G", ""),
    ("/", "zzz"),
    ("j Space", ""),
    ("O Enter", ""),
    ("L", ""),
    ("?", ""),
    (":", "dele"),
    ("i", "pk.x"),
    ("n", "CI"),
    ("n Ctrl-S", ""),
    ("n Tab p", ""),
    ("n Tab /", "zzz"),
    ("j j e", "!"),
    ("j j e Ctrl-S", ""),
    ("j j e z Ctrl-S", ""),
    ("j j e z Esc", ""),
    ("j j u", ""),
    ("j j u", "*.x"),
    ("j j u a * Enter", ""),
    ("j j u Tab Tab", "https://example.com/checkout"),
    ("t", ""),
    ("t Tab Space Ctrl-S", ""),
    ("j d", ""),
    ("j d", "fmq3"),
    ("j d x Enter", ""),
    ("j Space Space d", ""),
    ("j Space Space d Enter", ""),
    ("j Space Space d Enter 9 Enter", ""),
    ("j Space Space e", "+fonts:read"),
    ("j Space Space e + f o n t s : r e a d Enter", ""),
    ("j m", ""),
    ("A", ""),
    ("F", ""),
    ("u", ""),
];

/// Shows every screen in turn.
fn tour(dashboard: &dyn Fn() -> Remapped, mut visit: impl FnMut(&str, String)) {
    for (keys, typed) in STATIONS {
        let mut at = dashboard().listed();
        at.press(keys);
        at.page.type_text(typed);
        visit(&format!("{keys} {typed}"), at.page.text());
    }
    let mut at = dashboard().listed();
    at.page.wait();
    at.page.answer(Ok(Reply::Usage(statistics(90))));
    visit("usage", at.page.text());
    at.press("r");
    at.page.wait();
    at.page.answer(Err(ApiError::Server { status: 500 }.into()));
    at.press("Enter G");
    visit("usage that failed", at.page.text());
    at.press("Esc O");
    at.page.answer(Err(ApiError::Server { status: 500 }.into()));
    visit("usage of the account that failed", at.page.text());

    for keys in ["", "v", "w", "e", "p", "P", "Q", "Enter", "Enter x Enter", "Enter Ctrl-X"] {
        let mut at = dashboard().listed();
        at.press("n C I Tab G Space Ctrl-S");
        answer_create(&mut at.page, "CI", "cmf3k2abc000008l2abcd9qx1");
        at.press(keys);
        visit(&format!("reveal {keys}"), at.page.text());
    }

    let mut at = dashboard().listed();
    at.press("t Tab Space Ctrl-S");
    answer_temporary(&mut at.page);
    visit("temporary tokens", at.page.text());

    let mut at = dashboard().listed();
    at.press("i p k . x Enter");
    visit("the server is asked about a token", at.page.text());
    at.page.answer(Err(ApiError::Server { status: 500 }.into()));
    visit("the server was asked about a token", at.page.text());

    recoveries(dashboard, &mut visit);

    let mut at = dashboard().listed();
    at.press("A");
    let entry = Entry {
        name: Some("prod".into()),
        username: "ada".into(),
        api_url: "https://api.mapbox.com".into(),
        kept_in: "the keyring".into(),
        needs_passphrase: true,
        lock_after: None,
    };
    at.page.send(Event::Accounts(Ok(vec![entry])));
    visit("accounts", at.page.text());
    at.press("g Enter");
    visit("passphrase", at.page.text());

    for open_error in [OpenError::NoAccount, OpenError::Failed("The keyring is locked.".into())] {
        let mut at = dashboard();
        at.page.send(Event::Connected(0, Err(open_error)));
        visit("welcome", at.page.text());
    }
    let mut at = dashboard();
    at.page = at.page.connect();
    visit("loading", at.page.text());
    (1..=3).for_each(|id| at.page.done(id, Err(rejected().into())));
    visit("rejected", at.page.text());
    at.page.screen.resize(20, 5);
    visit("too small", at.page.text());
}

/// Creates and batches of earlier runs.
fn recoveries(dashboard: &dyn Fn() -> Remapped, visit: &mut impl FnMut(&str, String)) {
    let mut at = dashboard().listed();
    at.press("!");
    let account = AccountKey { username: "ada".into(), host: "127.0.0.1:41877".into() };
    let draft = Draft { note: "Tiles".into(), scopes: vec!["tilesets:write".into()], allowed_urls: Vec::new() };
    let before = Before { complete: true, ..Before::default() };
    let op = |name: &str| name.to_owned().try_into().unwrap();
    let intent = |name| Intent::new(op(name), account.clone(), &draft, before.clone(), at.page.now.time);
    let whole = Value::Whole { token: "cmf3k2abc000008l2abcd9qx1".into(), backup: BackupLocation::Keyring(None) };
    let open =
        |intent, value| OpenCreate { intent, is_active: false, value, delivered: Vec::new(), undelivered: Vec::new() };
    let creates = vec![open(intent("0123abcd"), whole), open(intent("4567cdef"), Value::None)];
    let tokens = vec!["cmwp8vuvl000a0000sgfjfmq3".into(), "cmwp8vuvl000b0000sgfjfmq4".into()];
    let plan = bulk::Plan { account: account.clone(), operation: bulk::Operation::Delete, tokens };
    let batch = Batch { op: op("89abcdef"), started: at.page.now.time, plan };
    let left = LeftOpen {
        creates: OpenCreates { open: creates, unreadable: Vec::new() },
        batches: OpenBatches { open: vec![OpenBatch { record: batch, is_active: false }], unreadable: Vec::new() },
    };
    at.page.answer(Ok(Reply::Open(left)));
    visit("recover", at.page.text());
    for _ in 0..2 {
        at.press("j");
        visit("recover, further down", at.page.text());
    }
    at.press("g x");
    visit("whether to dismiss a record", at.page.text());
}

impl Remapped {
    fn new(theme: Theme, keymap: Keymap) -> Self {
        let settings = Settings { theme, keymap: keymap.clone(), has_mouse: true, shows_keys: false, problem: None };
        Self { page: Page::with(120, 44, settings), keymap }
    }

    fn listed(self) -> Self {
        Self { page: self.page.connect().list(), ..self }
    }
}

#[test]
fn where_the_locale_knows_no_more_everything_is_drawn_in_ascii() {
    let mut seen = 0;
    let ascii = || Remapped::new(Theme::colour().in_ascii(), Keymap::default());
    tour(&ascii, |place, text| {
        seen += 1;
        let strange: String = text.chars().filter(|c| !c.is_ascii()).collect();
        assert!(strange.is_empty(), "{place}: {strange} in\n{text}");
    });
    assert!(seen > 60);
}

/// Every key of every row replaced by one letter that means nothing anywhere else.
fn every_key_changed() -> Keymap {
    let mut keymap = Keymap::default();
    let letters = ('\u{400}'..'\u{530}').filter(|c| c.is_alphabetic());
    let changes: Vec<_> = BINDINGS
        .iter()
        .zip(letters)
        .map(|(row, letter)| {
            let is_text = row.context.is_typing() || matches!(row.context, Context::Always | Context::Form);
            (row.context, row.command, vec![if is_text { Key::ctrl(letter) } else { Key::char(letter) }])
        })
        .collect();
    assert_eq!(changes.len(), BINDINGS.len(), "there are letters for all");
    keymap.remap(&changes).unwrap();
    keymap
}

#[test]
fn a_key_that_was_changed_is_named_nowhere_by_its_old_name() {
    let changed = || Remapped::new(Theme::colour(), every_key_changed());
    tour(&changed, |place, text| {
        for word in text.split(|c: char| c.is_whitespace() || ",;:.()[]│".contains(c)) {
            let is_old =
                matches!(word, "Enter" | "Esc" | "Tab" | "Space") || word.starts_with("Ctrl-") && word.is_ascii();
            assert!(!is_old, "{place}: {word} in\n{text}");
        }
        let letters = text.lines().filter(|line| !line.contains("Who can do what") && !line.contains("TIME"));
        for line in letters {
            let words: Vec<&str> = line.split_whitespace().collect();
            for pair in words.windows(2) {
                let is_key = pair[0].len() == 1 && pair[0].chars().all(|c| c.is_ascii_alphabetic());
                let is_verb =
                    ["to", "yes", "no", "asks", "takes", "copies", "shows", "tells", "makes", "switches", "brings"]
                        .contains(&pair[1]);
                assert!(!(is_key && is_verb), "{place}: {pair:?} in\n{text}");
            }
        }
    });
}
