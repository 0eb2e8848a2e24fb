//! Somebody who presses keys, pastes, clicks and resizes without a plan, while the server answers, fails and is late: nothing
//! panics at any size, and what always holds holds.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use jeton::{
    dashboard::{
        account_opener::OpenRequest,
        action::Tone,
        command::Command,
        event::{Event, Mouse, MouseAction, OpenError},
        job::Job,
        key::{Key, KeyCode},
        keymap::{BINDINGS, Context, Keymap},
        modals::Reveal,
        theme::Theme,
    },
    delivery::{
        StoreError, Stored,
        clipboard::{Copied, CopyError, Way, Wiped},
    },
    token::Draft,
    work::Report,
};

use super::{
    canvas::{Canvas, text},
    hostile::corpus,
    rig::{is_measuring, record},
    rng::Rng,
    server::Server,
    world::{Counts, World},
};

/// Sizes that have broken programs, and two ordinary ones.
const SIZES: [(u16, u16); 12] = [
    (1, 1),
    (2, 2),
    (1, 80),
    (250, 1),
    (39, 9),
    (40, 10),
    (60, 16),
    (80, 24),
    (99, 30),
    (120, 40),
    (160, 48),
    (250, 80),
];

/// The monkey, and what it plays with.
struct Monkey {
    rng: Rng,
    world: World,
    canvas: Canvas,
    keys: Vec<Key>,
    /// The screens and modals that have been drawn at every size: what keys do there tells them apart.
    seen: Seen,
}

type Seen = Arc<Mutex<HashSet<Vec<Context>>>>;

impl Monkey {
    fn new(seed: u64, seen: Seen) -> Self {
        let mut rng = Rng::new(seed);
        let keys = BINDINGS.iter().flat_map(|binding| binding.keys).copied().collect();
        let world = session(&mut rng);
        let mut monkey = Self { rng, world, canvas: Canvas::new(120, 40), keys, seen };
        monkey.sign_in();
        monkey
    }

    fn sign_in(&mut self) {
        if self.rng.percent(20) {
            let draft =
                Draft { note: self.evil(), scopes: vec!["uploads:write".into()], allowed_urls: vec![self.evil()] };
            self.world.server.leave_open(&draft, &mut self.rng);
        }
        if self.rng.percent(20) {
            self.world.server.leave_batch(&mut self.rng);
        }
        self.world.connect();
        if self.rng.percent(90) {
            self.world.answer_all(&mut self.rng);
        }
    }

    fn evil(&mut self) -> String {
        self.world.server.evil(&mut self.rng)
    }

    /// Something happens, and perhaps a frame is drawn.
    fn step(&mut self) {
        match self.rng.below(1000) {
            0..600 => self.key(),
            600..650 => self.paste(),
            650..690 => self.mouse(),
            690..720 => self.resize(),
            720..860 => self.reply(),
            860..900 => self.job(),
            900..940 => {
                let long = *self.rng.of(&[1, 40, 400, 2_000, 60_000]);
                self.world.pass(Duration::from_millis(long));
            }
            940..960 => self.confirm(),
            960..980 => self.make(),
            980..999 => self.elsewhere(),
            _ => self.world.happen(if self.rng.percent(50) { Event::Terminated } else { Event::HungUp }),
        }
        for search in std::mem::take(&mut self.world.searches) {
            if self.rng.percent(90) {
                self.world.happen(Event::Found(search.run()));
            }
        }
        if self.world.is_over {
            let counts = self.world.counts;
            self.world = session(&mut self.rng);
            self.world.counts = Counts { sessions: counts.sessions + 1, ..counts };
            self.sign_in();
        }
        // The loop draws when nothing more is waiting.
        if self.rng.percent(40) {
            self.draw();
        }
    }

    fn draw(&mut self) {
        if self.seen.lock().unwrap().insert(self.world.app.contexts()) {
            self.draw_at_every_size();
        }
        self.world.counts.frames += 1;
        let buffer = self.canvas.draw(&mut self.world.app);
        // Help may lie over it.
        let is_revealing = self.world.app.modals().has::<Reveal>();
        if !is_revealing && self.rng.percent(5) {
            let screen = text(&buffer);
            let ends: Vec<&str> = self.world.values().map(|value| value.rsplit('.').next().unwrap()).collect();
            assert!(!ends.iter().any(|end| screen.contains(end)), "a value after its reveal:\n{screen}");
        }
    }

    /// Every small size, where things do not fit, and larger ones in steps.
    fn draw_at_every_size(&mut self) {
        let step = if is_measuring() { (1, 1, 9, 5) } else { (13, 6, 90, 30) };
        let widths: Vec<u16> = (1..70).step_by(step.0).chain((70..=250).step_by(step.2)).collect();
        let heights: Vec<u16> = (1..26).step_by(step.1).chain((26..=80).step_by(step.3)).collect();
        for (width, height) in widths.iter().flat_map(|width| heights.iter().map(move |height| (*width, *height))) {
            Canvas::new(width, height).draw(&mut self.world.app);
            self.world.counts.sizes += 1;
        }
    }

    /// Numbers, names' endings and the ends of values are what confirms; the monkey does not type those.
    fn key(&mut self) {
        let contexts = self.world.app.contexts();
        let bound: Vec<Key> = BINDINGS
            .iter()
            .filter(|binding| contexts.contains(&binding.context))
            .flat_map(|binding| binding.keys)
            .copied()
            .collect();
        let typed: Vec<char> = "abeimnorst -./:*@äß東\u{301}🗼\u{200d}\u{202e}".chars().collect();
        let key = match self.rng.below(10) {
            0..6 => *self.rng.of(&bound),
            6..8 => *self.rng.of(&self.keys.clone()),
            8 => Key::char(*self.rng.of(&typed)),
            _ => {
                let codes = [KeyCode::Left, KeyCode::Right, KeyCode::Backspace, KeyCode::Delete, KeyCode::F(5)];
                let (ctrl, alt) = (self.rng.percent(30), self.rng.percent(30));
                Key { code: *self.rng.of(&codes), ctrl, alt }
            }
        };
        let is_number = matches!(key.code, KeyCode::Char('0'..='9'));
        // Most sessions are to be long.
        let is_quit = Keymap::default().resolve(&contexts, key) == Some(Command::Quit) && !self.rng.percent(5);
        let is_confirming =
            is_number && (contexts.contains(&Context::Confirm) || contexts.contains(&Context::ConfirmChange));
        if !(is_quit || is_confirming) {
            self.world.press(key);
        }
    }

    fn paste(&mut self) {
        let evil = self.evil();
        let texts = [
            evil.as_str(),
            "",
            "hello world",
            "https://example.com/a\nhttp://localhost:*\r\nexample.org",
            "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UwMDAwMDAwMDAwMDAwMDAwMDAwIn0.fakefakefakefakefakefa",
        ];
        let pasted = (*self.rng.of(&texts)).to_owned();
        self.world.happen(Event::Paste(pasted));
    }

    fn mouse(&mut self) {
        let (width, height) = self.canvas.size();
        let action = *self.rng.of(&[MouseAction::Click, MouseAction::WheelUp, MouseAction::WheelDown]);
        // A report from before the window became smaller may come late.
        let (column, row) = (self.rng.below(usize::from(width) + 9), self.rng.below(usize::from(height) + 9));
        let (column, row) = (column as u16, row as u16);
        self.world.happen(Event::Mouse(Mouse { action, column, row }));
    }

    fn resize(&mut self) {
        let (width, height) = if self.rng.percent(70) {
            *self.rng.of(&SIZES)
        } else {
            (1 + self.rng.below(250) as u16, 1 + self.rng.below(80) as u16)
        };
        self.canvas = Canvas::new(width, height);
        self.world.happen(Event::Resized);
    }

    fn reply(&mut self) {
        if !self.world.pending.is_empty() {
            let at = self.rng.below(self.world.pending.len());
            self.world.answer(at, 25, &mut self.rng);
        }
    }

    /// Something comes of a copy or of a file.
    fn job(&mut self) {
        if self.world.jobs.is_empty() {
            return;
        }
        // A command may be slower than a file that was written after it.
        let at = self.rng.below(self.world.jobs.len());
        let job = self.world.jobs.remove(at);
        let failed = self.rng.percent(30);
        let sources = [Way::Native, Way::Wayland, Way::Tmux, Way::Osc52];
        let copied = Copied { way: *self.rng.of(&sources), verified: self.rng.percent(50) };
        self.world.happen(match job {
            Job::Copy(_) if failed => Event::Copied(Err(CopyError("No clipboard available.".into()))),
            Job::Copy(_) => Event::Copied(Ok(copied)),
            Job::Deliver { value, .. } if failed => Event::Stored(value, Err(StoreError("It exists already.".into()))),
            Job::Deliver { to, value, .. } => {
                Event::Stored(value, to.read().map(|at| Stored { at, note: String::new() }))
            }
            Job::Check(typed) if failed => Event::Checked(typed, Err(StoreError("It exists already.".into()))),
            Job::Check(typed) => Event::Checked(typed, Ok(())),
            Job::Browse(url) => Event::Said(Tone::Note, url),
            _ => Event::Wiped(*self.rng.of(&[Wiped::Cleared, Wiped::NotOurs, Wiped::Unknown])),
        });
    }

    /// Reads what has to be typed off the screen, and types it.
    fn confirm(&mut self) {
        // There are too many keys for the one that deletes to come up often by itself.
        if self.world.app.modals().is_empty() && self.rng.percent(30) {
            self.world.press_all("Esc j d");
        }
        let contexts = self.world.app.contexts();
        let answer = if contexts.contains(&Context::Confirm) || contexts.contains(&Context::ConfirmChange) {
            let screen = text(&Canvas::new(120, 40).draw(&mut self.world.app));
            let between = |start: &str, end: &str| {
                let rest = screen.split_once(start)?.1;
                Some(rest.split_once(end)?.0.trim().to_owned())
            };
            between("To confirm, type the name or ", "(").or_else(|| between("Type ", " to confirm"))
        } else if contexts.contains(&Context::Leaving) {
            // One of those that are open.
            let ends: Vec<String> =
                self.world.values().map(|value| value.chars().skip(value.chars().count() - 6).collect()).collect();
            ends.last().cloned()
        } else {
            None
        };
        if let Some(answer) = answer {
            self.world.is_meant = true;
            self.world.press_all("Ctrl-E Ctrl-U");
            self.world.type_text(&answer);
            self.world.press_all("Enter");
            self.world.is_meant = false;
        }
    }

    /// Fills in the form for a new token, as far as nothing else is open.
    fn make(&mut self) {
        if self.world.app.modals().is_empty() {
            self.world.press_all("Esc n");
            self.world.type_text("made");
            self.world.press_all(if self.rng.percent(50) { "Tab Space Ctrl-S" } else { "Ctrl-S y" });
        }
    }

    /// What comes from elsewhere.
    fn elsewhere(&mut self) {
        let event = match self.rng.below(7) {
            0 => Event::Focused(self.rng.percent(50)),
            1 => Event::SuspendAsked,
            2 => Event::Resumed,
            3 => match self.world.knocks.pop() {
                None => Event::Connected(0, Err(OpenError::Failed("the keyring is locked".into()))),
                Some(OpenRequest::List) => Event::Accounts(Ok(Vec::new())),
                Some(OpenRequest::Enter { ticket, .. }) if self.rng.percent(50) => {
                    Event::Connected(ticket, Err(OpenError::Failed("wrong passphrase".into())))
                }
                Some(OpenRequest::Enter { ticket, .. }) => Event::Connected(ticket, Ok(self.world.entrance())),
            },
            4 if !self.world.surveys.is_empty() => Event::Surveyed(Arc::new(self.world.surveys.remove(0).run())),
            4 => Event::Wiped(Wiped::Cleared),
            5 => {
                let budget = jeton::api::Budget { limit: 100, left: self.rng.below(100) as u32, wait: None };
                Event::Api(Report::Budget(budget))
            }
            _ => {
                let path = self.evil();
                let call = jeton::api::Call {
                    at: self.world.now.time,
                    method: "GET",
                    path,
                    outcome: Ok(200),
                    took: Duration::from_millis(12),
                    attempt: 1,
                    again_in: None,
                    answer: "312 bytes".into(),
                    request_id: None,
                };
                Event::Api(Report::Call(jeton::work::RequestId(0), call))
            }
        };
        self.world.happen(event);
    }
}

fn session(rng: &mut Rng) -> World {
    let worst = corpus();
    // Some of them, or the huge ones take all the time.
    let worst = (0..40).map(|_| rng.of(&worst).chars().take(150).collect()).collect();
    let count = *rng.of(&[0, 1, 12, 60]);
    let server = Server::new(count, worst, "2026-05-01T12:00:00Z".parse().unwrap(), rng);
    World::new(if rng.percent(50) { Theme::colour() } else { Theme::monochrome() }, server)
}

/// Says which seed it was when a rule is broken.
struct Seed(u64);

impl Drop for Seed {
    #[expect(clippy::print_stderr, reason = "in a failed test")]
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("JETON_SEED={} plays it again", self.0);
        }
    }
}

#[test]
fn whatever_is_pressed_nothing_panics_and_no_value_or_token_is_lost() {
    const STEPS: usize = 2_000;
    let wanted = if is_measuring() { 1_000_000 } else { 20_000 };
    let again = std::env::var("JETON_SEED").ok().map(|seed| seed.parse().unwrap());
    let seeds = Mutex::new(again.unwrap_or(1)..=u64::MAX);
    let total = Mutex::new(Counts::default());
    let seen = Seen::default();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while total.lock().unwrap().events < wanted {
                    let seed = Seed(seeds.lock().unwrap().next().unwrap());
                    let mut monkey = Monkey::new(seed.0, seen.clone());
                    for _ in 0..STEPS {
                        monkey.step();
                    }
                    let counts = monkey.world.counts;
                    let mut total = total.lock().unwrap();
                    total.events += counts.events;
                    total.frames += counts.frames;
                    total.creates += counts.creates;
                    total.reveals += counts.reveals;
                    total.deletes += counts.deletes;
                    total.sessions += counts.sessions;
                    total.sizes += counts.sizes;
                }
            });
        }
    });
    let Counts { events, frames, creates, reveals, deletes, sessions, sizes } = total.into_inner().unwrap();
    println!(
        "{events} events, {frames} frames, {creates} creates, {reveals} reveals, {deletes} deletes, {sessions} sessions"
    );
    let screens = seen.lock().unwrap().len();
    println!("{screens} screens and modals, {sizes} frames at every size");
    assert!(creates > 20 && reveals > 20 && deletes > 20, "the monkey got nowhere");
    record(
        "T3",
        "random keys, pastes, clicks, sizes, answers and failures: panics / rules broken",
        "0 / 0",
        &format!(
            "0 / 0 in {events} events, {frames} frames ({creates} creates, {reveals} reveals, {deletes} confirmed \
             deletions)"
        ),
    );
    record(
        "T4",
        "screens and modals the keys lead to × sizes of 1×1 to 250×80: panics",
        "0",
        &format!("0 of {screens} × {}", sizes / screens),
    );
}
