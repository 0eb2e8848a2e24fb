//! The pages beside the token list: what they look like at several sizes and in every state, what their keys do, and that no size
//! is too small for them. Account, clock and ids are fixed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jeton::{
    api::{ApiError, Budget, Call, Endpoint, Statistics, Verdict, verdict::Code},
    dashboard::{
        account_opener::{AccountRef, OpenRequest, OpenedAccount},
        action::Effect,
        app::App,
        event::{Event, OpenError},
        key::Key,
        keymap::Keymap,
        screen::Screen as _,
        settings::Settings,
        store::Account,
        theme::Theme,
        view::Now,
    },
    secret::Secret,
    token::Token,
    work::{Completion, Order, Reply, Report, Request, RequestId, WorkError, journal::LeftOpen},
};
use jiff::{Timestamp, tz::TimeZone};

use crate::support::test_screen::TestScreen;

const ACCOUNT: &str = include_str!("support/account.json");

/// An endpoint nobody talks to.
fn endpoint() -> Endpoint {
    let token = Secret::new("sk.eyJ1IjoiYWRhIiwiYSI6ImNtZjNrMmFiYzAwMDAwOGwyYWJjZDlxeDEifQ.fakefakefakefakefake7Q");
    Endpoint::new("http://127.0.0.1:41877", "ada", token).unwrap()
}

/// Printed in the API documentation of 2018 as an example.
const SAMPLE: &str = "pk.eyJ1Ijoic2NvdGhpcyIsImEiOiJjaWp1Y2ltYmUwMDBicmJrdDQ4ZDBkaGN4In0.sbihZCZJ56-fsFNKHXF8YQ";

/// A dashboard without a world around it, that keeps what it asked for.
pub struct Page {
    pub app: App,
    pub screen: TestScreen,
    pub now: Now,
    pub orders: Vec<(RequestId, Request)>,
}

impl Page {
    pub fn new(width: u16, height: u16, theme: Theme) -> Self {
        Self::with(
            width,
            height,
            Settings { theme, keymap: Keymap::default(), has_mouse: true, shows_keys: false, problem: None },
        )
    }

    pub fn with(width: u16, height: u16, settings: Settings) -> Self {
        let now = Now { instant: Instant::now(), time: "2026-08-21T14:03:00Z".parse().unwrap() };
        let app = App::with(settings, TimeZone::UTC, now);
        Self { app, screen: TestScreen::new(width, height), now, orders: Vec::new() }
    }

    pub fn connected(width: u16, height: u16, theme: Theme) -> Self {
        Self::new(width, height, theme).connect()
    }

    pub fn connect(mut self) -> Self {
        let page = &mut self;
        let account =
            Account { username: "ada".into(), host: "127.0.0.1:41877".into(), is_sandbox: true, authorizing: None };
        page.send(Event::Connected(0, Ok(OpenedAccount::new(account, endpoint(), AccountRef::First))));
        self
    }

    /// With its list loaded and nothing else on its way.
    pub fn listed(width: u16, height: u16) -> Self {
        Self::listed_in(width, height, Theme::colour())
    }

    pub fn listed_in(width: u16, height: u16, theme: Theme) -> Self {
        Self::connected(width, height, theme).list()
    }

    /// Its list arrives.
    pub fn list(self) -> Self {
        self.list_of(ACCOUNT)
    }

    pub fn list_of(mut self, tokens: &str) -> Self {
        let page = &mut self;
        let tokens: Vec<Token> = serde_json::from_str(tokens).unwrap();
        page.send(Event::Api(Report::Page(RequestId(2), tokens.into_iter().map(Arc::new).collect())));
        page.done(1, Err(WorkError::Cancelled));
        page.done(2, Ok(Reply::Listed));
        page.done(3, Ok(Reply::Open(LeftOpen::default())));
        self
    }

    pub fn done(&mut self, id: u64, result: Result<Reply, WorkError>) {
        self.send(Event::Api(Report::Done(Completion { id: RequestId(id), result })));
    }

    /// Answers the newest request.
    pub fn answer(&mut self, result: Result<Reply, WorkError>) {
        let (RequestId(id), _) = *self.orders.last().expect("something was asked");
        self.done(id, result);
    }

    pub fn send(&mut self, event: Event) -> Vec<Effect> {
        let effects = self.app.update(event, self.now);
        self.note(&effects);
        effects
    }

    fn note(&mut self, effects: &[Effect]) {
        for effect in effects {
            if let Effect::Order(Order::Call(id, request)) = effect {
                self.orders.push((*id, request.clone()));
            }
        }
    }

    /// Lets time pass until the dashboard wanted to be woken.
    pub fn wait(&mut self) -> Vec<Effect> {
        let until = self.app.wake_at().expect("something is to happen");
        self.now.instant = self.now.instant.max(until);
        self.wake()
    }

    /// Does what the time says is due.
    pub fn wake(&mut self) -> Vec<Effect> {
        let effects = self.app.wake(self.now);
        self.note(&effects);
        effects
    }

    pub fn press(&mut self, keys: &str) -> Vec<Effect> {
        keys.split_whitespace().flat_map(|key| self.send(Event::Key(key.parse().unwrap()))).collect()
    }

    pub fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            self.send(Event::Key(Key::char(c)));
        }
    }

    pub fn text(&mut self) -> String {
        self.screen.draw(|frame| self.app.render(frame)).unwrap();
        self.screen.text()
    }
}

/// Thirty days of use, with weekends.
#[expect(clippy::unnecessary_box_returns, reason = "as the reply holds it")]
pub fn statistics(product_scale: u64) -> Box<Statistics> {
    let day = |n: u64| format!("2026-{:02}-{:02}", if n < 10 { 7 } else { 8 }, if n < 10 { 22 + n } else { n - 9 });
    let daily = |scale: u64| {
        let days: Vec<String> = (0..30)
            .filter(|n| n % 7 != 3)
            .map(|n| format!(r#"{{"date":"{}","usage":{}}}"#, day(n), (n * 37 % 11 + 4) * scale))
            .collect();
        days.join(",")
    };
    let json = format!(
        r#"{{"data":{{"period":{{"start":"2026-07-22","end":"2026-08-20"}},"token_id":null,"products":{{
            "Vector Tiles API":{{"daily":[{}],"dimensions":{{"hosts":{{"example.com":9000,"www.example.com":4100,"evil.example.net":12}}}}}},
            "Static Images API":{{"daily":[{}],"dimensions":{{"hosts":{{"example.com":300}}}}}}}}}},
           "generated_at":"2026-08-21T04:00:00Z"}}"#,
        daily(product_scale),
        daily(product_scale / 20 + 1)
    );
    Box::new(serde_json::from_str(&json).unwrap())
}

fn call(path: &str, second: i64, outcome: Result<u16, ApiError>, attempt: u32) -> Event {
    let at: Timestamp = "2026-08-21T14:02:00Z".parse().unwrap();
    let call = Call {
        at: at + jiff::SignedDuration::from_secs(second),
        method: if path.ends_with("qx1") { "DELETE" } else { "GET" },
        path: path.to_owned(),
        outcome,
        took: Duration::from_millis(7 + second.unsigned_abs() * 13 % 90),
        attempt,
        again_in: (attempt == 1 && second == 2).then(|| Duration::from_millis(500)),
        answer: "312 bytes".into(),
        request_id: None,
    };
    Event::Api(Report::Call(RequestId(1), call))
}

fn overview(width: u16, height: u16, theme: Theme) -> Page {
    let mut page = Page::listed_in(width, height, theme);
    page.press("O");
    page.answer(Ok(Reply::Usage(statistics(90))));
    page
}

fn activity(width: u16, height: u16) -> Page {
    let mut page = Page::listed(width, height);
    page.press("L");
    page.send(call("/scopes/v1/ada", 0, Ok(200), 1));
    page.send(call("/tokens/v2/ada?limit=500", 1, Ok(200), 1));
    page.send(Event::Api(Report::Budget(Budget { limit: 100, left: 97, wait: None })));
    page.send(call("/statistics/v1?token_id=cmf3k2abc000008l2abcd9qx0", 2, Ok(500), 1));
    page.send(call("/statistics/v1?token_id=cmf3k2abc000008l2abcd9qx0", 3, Ok(200), 2));
    page.send(call("/tokens/v2/ada/cmf3k2abc000008l2abcd9qx1", 4, Ok(404), 1));
    page
}

fn inspected(width: u16, height: u16) -> Page {
    let mut page = Page::listed(width, height);
    page.press("i");
    page.send(Event::Paste(format!("mapboxgl.accessToken = '{SAMPLE}';\n")));
    page
}

/// Asserts the screen at several sizes, under names that end in the size.
macro_rules! at_sizes {
    ($name:literal, $make:expr) => {
        for (width, height) in [(60, 16), (80, 24), (120, 40), (160, 48)] {
            let mut page: Page = $make(width, height);
            insta::assert_snapshot!(format!("{}_{width}x{height}", $name), page.text());
        }
    };
}

#[test]
fn the_overview() {
    at_sizes!("overview", |width, height| overview(width, height, Theme::colour()));
}

#[test]
fn the_overview_in_ascii() {
    let ascii = Theme::for_environment(|name| (name == "LC_ALL").then(|| "C".to_owned()));
    insta::assert_snapshot!("overview_ascii", overview(120, 40, ascii).text());
}

#[test]
fn the_matrix_of_who_can_do_what() {
    at_sizes!("matrix", |width, height| {
        let mut page = overview(width, height, Theme::colour());
        page.press("Tab j j");
        page
    });
}

#[test]
fn the_matrix_scrolls_sideways_to_its_last_column_and_no_further() {
    let mut page = overview(60, 16, Theme::colour());
    page.press("Tab");
    let first = page.text();
    for _ in 0..30 {
        page.press("Right");
        page.text();
    }
    let last = page.text();
    assert_ne!(first, last);
    page.press("Left");
    page.text();
    page.press("Right");
    assert_eq!(page.text(), last);
}

#[test]
fn enter_opens_a_rule_and_enter_on_a_token_goes_to_it() {
    let mut page = overview(120, 40, Theme::colour());
    page.press("Enter j");
    insta::assert_snapshot!("overview_rule_open", page.text());
    page.press("Enter");
    let text = page.text();
    assert!(text.contains(" Tokens "), "{text}");
}

#[test]
fn an_overview_of_nothing_and_one_that_may_not_read_statistics() {
    let mut empty = Page::connected(100, 24, Theme::colour());
    empty.done(2, Ok(Reply::Listed));
    empty.press("O");
    insta::assert_snapshot!("overview_empty", empty.text());
    let mut refused = Page::listed(120, 24);
    refused.press("O");
    refused
        .answer(Err(ApiError::Forbidden { status: 403, message: "no".into(), scope: Some("statistics:read") }.into()));
    insta::assert_snapshot!("overview_refused", refused.text());
}

#[test]
fn usage_is_asked_for_once_the_cursor_rests_and_shown_in_the_detail() {
    let mut page = Page::listed(120, 44);
    page.press("j j");
    assert!(!page.orders.iter().any(|(_, request)| matches!(request, Request::Usage(_))), "not while it moves");
    page.wait();
    assert!(matches!(page.orders.last(), Some((_, Request::Usage(_)))));
    page.answer(Ok(Reply::Usage(statistics(120))));
    page.press("Enter");
    insta::assert_snapshot!("usage", page.text());
    let (_, asked) = page.orders.iter().find(|(_, request)| matches!(request, Request::Usage(_))).cloned().unwrap();
    page.press("Esc k j");
    for _ in 0..5 {
        page.now.instant += Duration::from_secs(1);
        page.wake();
    }
    let times = page.orders.iter().filter(|(_, request)| *request == asked).count();
    assert_eq!(times, 1, "what is known is not asked again");
}

#[test]
fn a_question_about_a_token_that_was_left_is_given_up() {
    let mut page = Page::listed(120, 40);
    page.wait();
    let (asked, _) = page.orders.last().cloned().unwrap();
    let effects = page.press("j");
    assert!(effects.contains(&Effect::Order(Order::Cancel(asked))), "{effects:?}");
}

#[test]
fn without_the_scope_for_statistics_nothing_more_is_asked() {
    let mut page = Page::listed(120, 40);
    page.wait();
    page.answer(Err(ApiError::Forbidden { status: 403, message: "no".into(), scope: Some("statistics:read") }.into()));
    assert!(page.text().contains("needs statistics:read"));
    let before = page.orders.len();
    page.press("j");
    assert_eq!(page.app.wake_at(), None);
    assert_eq!(page.orders.len(), before);
}

#[test]
fn the_activity() {
    at_sizes!("activity", activity);
    insta::assert_snapshot!("activity_empty", {
        let mut page = Page::listed(80, 24);
        page.press("L");
        page.text()
    });
}

#[test]
fn the_cursor_stays_on_its_call_while_new_ones_come_in() {
    let mut page = activity(120, 40);
    page.press("j j");
    page.send(call("/tokens/v2/ada?limit=500", 9, Ok(200), 1));
    page.press("j k");
    let text = page.text();
    assert!(text.contains("6 calls"), "{text}");
    assert!(text.lines().any(|line| line.contains("14:02:09")), "{text}");
}

#[test]
fn a_pasted_token_is_taken_apart_without_asking_anybody() {
    at_sizes!("inspect", inspected);
    let page = inspected(80, 24);
    assert!(!page.orders.iter().any(|(_, request)| matches!(request, Request::Verify(_))));
}

#[test]
fn the_server_is_asked_on_enter_and_its_verdict_shown() {
    let mut page = inspected(80, 24);
    page.press("Enter");
    assert!(matches!(page.orders.last(), Some((_, Request::Verify(_)))));
    page.answer(Ok(Reply::Verdict(Verdict { code: Code::Revoked, token: None })));
    insta::assert_snapshot!("inspect_revoked", page.text());
}

#[test]
fn the_value_is_nowhere_on_the_screen_and_gone_when_it_is_closed() {
    let mut page = inspected(80, 24);
    assert!(!page.text().contains("sbihZCZJ56"));
    assert!(!format!("{:?}", page.app).contains("sbihZCZJ56"));
    page.press("Esc i");
    assert!(page.text().contains("Paste a token"));
}

#[test]
fn the_palette_finds_and_does_a_command() {
    at_sizes!("palette", |width, height| {
        let mut page = Page::listed(width, height);
        page.press(":");
        page.type_text("tok");
        page
    });
    let mut page = Page::listed(80, 24);
    page.press(":");
    page.type_text("overview");
    page.press("Enter");
    assert!(page.text().contains("can write"));
}

#[test]
fn the_palette_says_why_a_command_cannot_be_done() {
    let mut page = Page::listed(80, 24);
    page.press(":");
    page.type_text("delete the token");
    let text = page.text();
    assert!(text.contains("The default public token can't be deleted."), "{text}");
    let before = page.text();
    page.press("Enter");
    assert_eq!(page.text(), before, "and does nothing");
}

#[test]
fn without_an_account_there_is_a_welcome() {
    at_sizes!("welcome", |width, height| {
        let mut page = Page::new(width, height, Theme::colour());
        page.send(Event::Connected(0, Err(OpenError::NoAccount)));
        page
    });
    let mut page = Page::new(80, 24, Theme::colour());
    page.send(Event::Connected(0, Err(OpenError::Failed("The keyring is locked. Unlock it and start again.".into()))));
    insta::assert_snapshot!("welcome_failed", page.text());
    assert_eq!(
        page.press("d"),
        [Effect::OpenRequest(OpenRequest::Enter { ticket: 1, which: AccountRef::Demo, passphrase: None })]
    );
}

#[test]
fn every_page_leads_back_to_the_tokens() {
    for keys in ["O Esc", "O q", "O h", "L Esc", "L q", "O L O Esc", "O Tab Esc", "i Esc", ": Esc"] {
        let mut page = Page::listed(80, 24);
        page.press(keys);
        assert!(page.text().contains(" Tokens "), "{keys}");
    }
}

#[test]
fn every_size_is_survived_by_every_page() {
    let pages: Vec<fn() -> Page> = vec![
        || overview(1, 1, Theme::colour()),
        || {
            let mut page = overview(1, 1, Theme::colour());
            page.press("Enter j Tab G Right");
            page
        },
        || activity(1, 1),
        || inspected(1, 1),
        || {
            let mut page = Page::listed(1, 1);
            page.press(": t o");
            page
        },
        || {
            let mut page = Page::new(1, 1, Theme::colour());
            page.send(Event::Connected(0, Err(OpenError::Failed("It is locked.".into()))));
            page
        },
        || {
            let mut page = Page::listed(1, 1);
            page.wait();
            page.answer(Ok(Reply::Usage(statistics(120))));
            page.press("Enter G");
            page
        },
    ];
    for make in pages {
        let mut page = make();
        for height in 1..=45 {
            for width in (1..=120).step_by(1 + usize::from(height % 4 != 0) * 6) {
                page.screen.resize(width, height);
                page.send(Event::Resized);
                page.text();
            }
        }
    }
}

/// A dashboard whose account has these records, as they would arrive.
fn with_records(json: &str, unreadable: usize) -> Page {
    let mut page = Page::connected(120, 40, Theme::colour());
    let tokens: Vec<Token> = serde_json::from_str(json).expect("records");
    page.send(Event::Api(Report::Page(RequestId(2), tokens.into_iter().map(Arc::new).collect())));
    if unreadable > 0 {
        page.send(Event::Api(Report::Unreadable(RequestId(2), unreadable)));
    }
    page.done(1, Err(WorkError::Cancelled));
    page.done(2, Ok(Reply::Listed));
    page.done(3, Ok(Reply::Open(LeftOpen::default())));
    page
}

#[test]
fn records_that_are_not_as_documented_are_marked_and_explained() {
    let mut page = with_records(
        r#"[{"id":"cmf3k2abc000008l2abcd9qx1","usage":"xk","note":"Odd","scopes":null,"created":"soon","allowedUrls":7}]"#,
        3,
    );
    let text = page.text();
    assert!(text.contains("3 unreadable") && text.contains("3 entries of the list"), "{text}");
    assert!(text.contains("??"), "{text}");
    for words in ["usage has an unknown value", "scopes has the wrong type", "created is not a date"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("works from everywhere"), "nothing is said of what was not read: {text}");
}

#[test]
fn notes_of_megabytes_and_hundreds_of_thousands_of_scopes_leave_it_responsive() {
    let scopes = vec![r#""styles:read""#; 200_000].join(",");
    let marks = "\u{301}".repeat(1 << 20);
    let records = format!(
        r#"[{{"id":"a","usage":"pk","note":"{}","scopes":[{scopes}]}},{{"id":"b","usage":"sk","note":"x{marks}","scopes":[{scopes}]}}]"#,
        "n".repeat(10 << 20)
    );
    let mut page = with_records(&records, 0);
    let start = Instant::now();
    for keys in ["j", "k", "Enter", "j", "j", "Esc", "O", "Esc"] {
        page.press(keys);
        page.text();
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(page.text().contains("the rest was cut off"), "{}", page.text());
}
