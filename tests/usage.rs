//! How sparingly the use of tokens is asked for: not for what somebody only types or scrolls past, and drawn together.

use std::time::{Duration, Instant};

use jeton::{
    api::Budget,
    dashboard::{action::Effect, event::Event, theme::Theme},
    work::{Order, Reply, Report, Request, RequestId, WorkError},
};

use crate::{
    pages::{Page, statistics},
    support::driver::story_on,
};

/// Two hundred tokens, all of their use still unknown, on the screen.
fn many() -> Page {
    let token = |at: usize| {
        let word = ["harbour", "meadow", "valley", "summit"][at % 4];
        format!(
            r#"{{"id":"cm{at:022}","usage":"pk","note":"{word} {at}","scopes":["styles:read"],"created":"2026-01-01T00:00:00Z"}}"#
        )
    };
    let tokens: Vec<String> = (0..200).map(token).collect();
    let mut page = Page::connected(120, 40, Theme::colour()).list_of(&format!("[{}]", tokens.join(",")));
    page.text();
    page
}

fn asked(page: &Page) -> usize {
    page.orders.iter().filter(|(_, request)| matches!(request, Request::Usage(_))).count()
}

/// Lets time pass as the loop does, and answers every question about use at once.
fn pass(page: &mut Page, time: Duration) {
    let end = page.now.instant + time;
    let mut answered = asked(page);
    loop {
        while answered < asked(page) {
            let questions = page.orders.iter().filter(|(_, request)| matches!(request, Request::Usage(_)));
            let (RequestId(id), _) = *questions.clone().nth(answered).unwrap();
            answered += 1;
            page.done(id, Ok(Reply::Usage(statistics(1))));
        }
        if page.app.wants_frame(page.now.instant) {
            page.text();
        }
        match page.app.wake_at().filter(|at| *at <= end) {
            Some(at) => {
                page.now.instant = page.now.instant.max(at);
                page.wake();
            }
            None => break,
        }
    }
    page.now.instant = end;
}

#[test]
fn typing_a_filter_asks_for_nothing_until_the_person_stops() {
    let mut page = many();
    pass(&mut page, Duration::from_secs(3));
    let before = asked(&page);
    assert!(before > 20, "what is on screen is known: {before}");
    page.press("/");
    for letter in ["v", "a", "l", "l", "e", "y"] {
        page.type_text(letter);
        page.text();
        pass(&mut page, Duration::from_millis(120));
    }
    assert_eq!(asked(&page), before, "nothing has been on screen for long enough");
    pass(&mut page, Duration::from_secs(2));
    assert!(asked(&page) > before, "now it is asked for");
}

#[test]
fn a_row_that_has_scrolled_away_is_not_asked_for_any_more() {
    let mut page = many();
    page.wait();
    page.answer(Ok(Reply::Usage(statistics(1))));
    // The first row that has been seen for a while is on its way.
    page.text();
    page.send(Event::Focused(true));
    page.now.instant += Duration::from_millis(400);
    page.wake();
    let (asked_last, _) = page.orders.last().cloned().unwrap();
    assert_eq!(asked(&page), 2);
    page.press("G");
    page.text();
    let effects = page.send(Event::Focused(true));
    assert!(effects.contains(&Effect::Order(Order::Cancel(asked_last))), "{effects:?}");
    assert_eq!(asked(&page), 2, "and nothing new at once");
}

#[test]
fn a_reload_cancels_the_question_on_its_way_and_asks_again() {
    let mut page = Page::listed(120, 40);
    page.wait();
    let (before, _) = page.orders.last().cloned().unwrap();
    let effects = page.press("r");
    assert!(effects.contains(&Effect::Order(Order::Cancel(before))), "{effects:?}");
    page.done(before.0, Err(WorkError::Cancelled));
    page.wait();
    assert!(matches!(page.orders.last(), Some((id, Request::Usage(_))) if *id != before), "{:?}", page.orders.last());
}

#[test]
fn where_requests_are_limited_only_a_few_are_spent_on_rows_nobody_asked_about() {
    let mut page = many();
    page.send(Event::Api(Report::Budget(Budget { limit: 100, left: 75, wait: None })));
    pass(&mut page, Duration::from_secs(5));
    assert_eq!(asked(&page), 1, "the token under the cursor alone");
}

#[test]
fn answers_that_come_close_together_are_drawn_in_one_frame() {
    let mut page = many();
    page.wait();
    page.answer(Ok(Reply::Usage(statistics(1))));
    page.text();
    page.send(Event::Focused(true));
    page.text();
    page.now.instant += Duration::from_secs(1);
    page.wake();
    for _ in 0..10 {
        let (RequestId(id), _) = *page.orders.last().unwrap();
        page.done(id, Ok(Reply::Usage(statistics(1))));
        assert!(!page.app.wants_frame(page.now.instant), "it can wait");
    }
    assert!(asked(&page) > 10, "they follow each other at once");
    let at = page.app.wake_at().unwrap();
    assert!(at <= page.now.instant + Duration::from_millis(100));
    assert!(page.app.wants_frame(at));
    page.press("j");
    assert!(page.app.wants_frame(page.now.instant), "a key is answered at once");
}

#[test]
fn the_loop_draws_few_frames_for_many_answers() {
    let demo = jeton::sandbox::Demo { seed: 1, tokens: 200, now: jiff::Timestamp::now() };
    let options = jeton::sandbox::Options { rate_limit: None, demo: Some(demo), ..jeton::sandbox::Options::default() };
    story_on(options, 120, 40, |driver| async move {
        let started = Instant::now();
        let frames = driver.screen.frames();
        let is_known = |line: &str| line.contains(" pk ") || line.contains(" sk ");
        let known = |screen: &str| {
            let rows: Vec<&str> = screen.lines().filter(|line| is_known(line)).collect();
            rows.len() > 25 && rows.iter().filter(|row| row.contains("today") || row.contains(">30d")).count() > 25
        };
        driver.until_screen("the use of every row", known).await;
        let drawn = driver.screen.frames() - frames;
        let most = 12 + 2 * started.elapsed().as_millis() as usize / 100;
        assert!(drawn <= most, "{drawn} frames in {:?}", started.elapsed());
    });
}
