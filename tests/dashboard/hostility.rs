//! Hostile text as the names, addresses, scopes and makers of tokens and as the server's words, through every place that shows
//! them: nothing but text comes out. (The frames of the other tests here are looked at in the same way.)

use std::{sync::Mutex, thread};

use jeton::{
    api::Call,
    dashboard::{action::Tone, event::Event, theme::Theme},
    token::{Draft, Scope, Token, Word},
    untrusted::Untrusted,
    work::{Report, RequestId},
};

use super::{
    canvas::Canvas,
    hostile::corpus,
    rig::{is_measuring, record},
    rng::Rng,
    server::Server,
    world::World,
};

/// Strings in one account.
const TOGETHER: usize = 8;

/// Ways from the list to the places, with the cursor on the token.
const PLACES: [(&str, &str); 16] = [
    ("list", ""),
    ("detail", "l"),
    ("further down in the detail", "l G"),
    ("deletion", "d x Enter"),
    ("form", "e"),
    ("review", "e ! Ctrl-S"),
    ("URLs", "u"),
    ("a URL being changed", "u Tab Enter"),
    ("scopes of many", "* e"),
    ("deletion of many", "* d Enter"),
    ("overview", "O"),
    ("matrix", "O Tab Tab"),
    ("activity", "L"),
    ("palette", ":"),
    ("what was left open", "!"),
    ("toast of a failure", "r"),
];

fn world(strings: &[String], rng: &mut Rng) -> World {
    let now = "2026-05-01T12:00:00Z".parse().unwrap();
    let mut server = Server::new(strings.len(), strings.to_vec(), now, rng);
    for (token, evil) in server.tokens.iter_mut().zip(strings) {
        let text = || Untrusted::from(evil.as_str());
        *token = Token {
            note: Some(text()),
            client: Word::new(text().raw()),
            allowed_urls: Some(vec![text(), text()]),
            scopes: vec![Scope::from(evil.as_str())],
            ..Token::clone(token)
        }
        .into();
    }
    let draft = Draft {
        note: strings[0].clone(),
        scopes: vec![Scope::from(strings[0].as_str())],
        allowed_urls: strings.to_vec(),
    };
    server.leave_open(&draft, rng);
    server.leave_batch(rng);
    let mut world = World::new(Theme::colour(), server);
    world.connect();
    world.answer_all(rng);
    world.press_all("Esc Esc");
    world
}

/// Shows every string in every place. How many frames that were.
fn show(strings: &[String]) -> usize {
    let mut rng = Rng::new(7);
    let mut world = world(strings, &mut rng);
    let mut canvas = Canvas::new(120, 40);
    let mut frames = 0;
    let mut draw = |world: &mut World| {
        canvas.draw(&mut world.app);
        frames += 1;
    };
    for evil in strings {
        for (_, keys) in PLACES {
            world.press_all(keys);
            // As it is while the answer is awaited, when it came, and when it was a failure.
            draw(&mut world);
            while !world.pending.is_empty() {
                let failures = if keys == "r" { 100 } else { 0 };
                world.answer(0, failures, &mut rng);
            }
            draw(&mut world);
            let call = Call {
                at: world.now.time,
                method: "GET",
                path: evil.clone(),
                outcome: Ok(200),
                took: std::time::Duration::from_millis(1),
                attempt: 1,
                again_in: None,
                answer: "312 bytes".into(),
                request_id: Some(Untrusted::from(evil.as_str())),
            };
            world.happen(Event::Api(Report::Call(RequestId(0), call)));
            // Out of wherever that was; what was changed is given up.
            for _ in 0..4 {
                world.press_all("Esc");
                if !world.app.modals().is_empty() {
                    world.press_all("y");
                }
            }
        }
        world.happen(Event::Said(Tone::Note, evil.clone()));
        world.press_all("i");
        world.happen(Event::Paste(evil.clone()));
        draw(&mut world);
        world.press_all("Esc /");
        world.happen(Event::Paste(evil.clone()));
        draw(&mut world);
        world.press_all("Ctrl-U Esc j");
    }
    frames
}

#[test]
fn hostile_text_reaches_the_terminal_as_text_wherever_it_is_shown() {
    let corpus = corpus();
    assert!(corpus.len() >= 2_000, "{}", corpus.len());
    let step = if is_measuring() { 1 } else { 24 };
    let groups = Mutex::new(corpus.chunks(TOGETHER).step_by(step));
    let frames = Mutex::new((0, 0));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some(strings) = groups.lock().unwrap().next() else { return };
                    let shown = show(strings);
                    let mut frames = frames.lock().unwrap();
                    *frames = (frames.0 + strings.len(), frames.1 + shown);
                }
            });
        }
    });
    let (strings, frames) = frames.into_inner().unwrap();
    println!("{strings} strings, {frames} frames");
    record(
        "T1b",
        "the same through the dashboard: list, detail, dialogs, toasts, overview, activity, palette …",
        "0",
        &format!(
            "0 of {strings} strings × {} places ({frames} frames, bytes as the terminal gets them)",
            PLACES.len() + 2
        ),
    );
}
