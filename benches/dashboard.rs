//! What the dashboard costs on a large account: `cargo bench --bench dashboard`.
//!
//! Time is the best of ten runs. `cargo bench --bench dashboard -- instructions` counts instructions instead (with valgrind), which do
//! not depend on what else the machine does: compare those.

#![expect(clippy::print_stdout, reason = "what it measures is what it is for")]

use std::{
    env, fs,
    hint::black_box,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use jeton::{
    api::Endpoint,
    dashboard::{
        account_opener::{AccountRef, OpenedAccount},
        action::Effect,
        analysis::AnalysisInput,
        app::App,
        event::Event,
        job::Job,
        key::Key,
        store::Account,
        theme::Theme,
        view::Now,
    },
    os::process,
    secret::Secret,
    token::Token,
    work::{Completion, Order, Reply, Report, Request, RequestId},
};
use jiff::{Timestamp, tz::TimeZone};
use ratatui::{Terminal, backend::TestBackend};

/// The cases: what runs once, and how many tokens it is about.
const CASES: [(&str, usize); 8] = [
    ("read from JSON", 10_000),
    ("lint and summarize", 100_000),
    ("filter: first letter", 100_000),
    ("filter: third letter", 100_000),
    ("a key and its frame: list and detail", 10_000),
    ("a key and its frame: list and detail", 100_000),
    ("a frame in which nothing changed", 10_000),
    ("first frame", 0),
];

/// One entry of a list as the API sends it.
fn record(at: usize) -> String {
    const JOBS: [&str; 8] =
        ["Checkout", "Tiling", "Uploads", "Store finder", "Dashboard", "Fleet", "東京 demo", "Analytics"];
    const SECRET: [&str; 8] = [
        "uploads:read",
        "uploads:write",
        "tilesets:read",
        "tilesets:write",
        "tokens:read",
        "styles:write",
        "datasets:write",
        "offline:read",
    ];
    let (is_secret, job) = (at % 5 < 2, JOBS[at % JOBS.len()]);
    let mut scopes = vec!["styles:tiles", "styles:read", "fonts:read", "datasets:read"];
    scopes.truncate(1 + at % 4);
    if is_secret {
        scopes.extend(SECRET.iter().skip(at % 3).step_by(1 + at % 2));
    }
    let urls = if !is_secret && at.is_multiple_of(3) {
        format!(r#","allowedUrls":["https://shop{at}.example.com/","localhost:3000","https://*.example.org/app"]"#)
    } else {
        String::new()
    };
    let value = if is_secret {
        String::new()
    } else {
        format!(
            r#","token":"pk.{}.fakefakefakefakefakefa""#,
            "eyJ1IjoiYWRhIiwiYSI6ImNt".repeat(3).get(..64).unwrap_or_default()
        )
    };
    let created =
        Timestamp::from_second(1_780_000_000 - 1_800 * i64::try_from(at).expect("a small number")).expect("in range");
    format!(
        r#"{{"client":"api","note":"{job} {} {at}","usage":"{}","id":"cm{at:023}","default":false,"scopes":{scopes:?},"created":"{created:.3}","modified":"{created:.3}"{urls}{value}}}"#,
        ["prod", "staging", "test"][at % 3],
        if is_secret { "sk" } else { "pk" },
    )
}

fn page(tokens: std::ops::Range<usize>) -> String {
    format!("[{}]", tokens.map(record).collect::<Vec<_>>().join(","))
}

fn read(json: &str) -> Vec<Arc<Token>> {
    let tokens: Vec<Token> = serde_json::from_str(json).expect("valid");
    tokens.into_iter().map(Arc::new).collect()
}

fn tokens(count: usize) -> Vec<Arc<Token>> {
    (0..count).step_by(500).flat_map(|start| read(&page(start..count.min(start + 500)))).collect()
}

/// A dashboard on a screen in memory.
struct Dashboard {
    app: App,
    terminal: Terminal<TestBackend>,
    now: Now,
}

impl Dashboard {
    fn new() -> Self {
        let now = Now { instant: Instant::now(), time: "2026-11-21T12:00:00Z".parse().expect("a time") };
        let app = App::new(Theme::colour(), TimeZone::UTC, now);
        Self { app, terminal: Terminal::new(TestBackend::new(120, 40)).expect("a screen in memory"), now }
    }

    /// With a list of so many tokens, all of it read, analyzed and on screen.
    fn with(count: usize) -> Self {
        let mut dashboard = Self::new();
        let endpoint = Endpoint::new("http://127.0.0.1:1", "ada", Secret::new("sk.fake")).expect("an address");
        let account = Account { username: "ada".into(), host: "localhost".into(), is_sandbox: true, authorizing: None };
        let opened = OpenedAccount::new(account, endpoint, AccountRef::First);
        dashboard.happen(Event::Connected(0, Ok(opened)), count);
        dashboard.draw();
        dashboard
    }

    /// Lets something happen, and everything that follows from it.
    fn happen(&mut self, event: Event, count: usize) {
        for effect in self.app.update(event, self.now) {
            match effect {
                Effect::Order(Order::Call(id, Request::List)) => self.list(id, count),
                Effect::Do(Job::Analysis(input)) => self.happen(Event::Surveyed(Arc::new(input.run())), count),
                Effect::Search(search) => self.happen(Event::Found(search.run()), count),
                _ => {}
            }
        }
    }

    fn list(&mut self, id: RequestId, count: usize) {
        for start in (0..count).step_by(500) {
            let tokens = read(&page(start..count.min(start + 500)));
            self.happen(Event::Api(Report::Page(id, tokens)), count);
        }
        self.happen(Event::Api(Report::Done(Completion { id, result: Ok(Reply::Listed) })), count);
    }

    fn press(&mut self, key: char) {
        self.happen(Event::Key(Key::char(key)), 0);
    }

    fn draw(&mut self) {
        self.terminal.draw(|frame| self.app.render(frame)).expect("drawn");
    }
}

/// Prepares a case, and says what is to be measured of it.
fn case(name: &str, count: usize) -> Box<dyn FnMut()> {
    match name {
        "read from JSON" => {
            let json = page(0..count);
            Box::new(move || drop(black_box(read(&json))))
        }
        "lint and summarize" => {
            let now = "2026-11-21T12:00:00Z".parse().expect("a time");
            let input = AnalysisInput { tokens: Arc::new(tokens(count)), now, ..AnalysisInput::default() };
            Box::new(move || drop(black_box(input.run())))
        }
        "filter: first letter" => {
            let mut dashboard = Dashboard::with(count);
            dashboard.press('/');
            Box::new(move || {
                dashboard.press('c');
                dashboard.happen(Event::Key(Key::ctrl('u')), 0);
            })
        }
        "filter: third letter" => {
            let mut dashboard = Dashboard::with(count);
            "/ch".chars().for_each(|key| dashboard.press(key));
            let backspace = "backspace".parse::<Key>().expect("a key");
            Box::new(move || {
                dashboard.press('e');
                dashboard.happen(Event::Key(backspace), 0);
            })
        }
        "a key and its frame: list and detail" => {
            let mut dashboard = Dashboard::with(count);
            Box::new(move || {
                dashboard.press('j');
                dashboard.draw();
            })
        }
        "a frame in which nothing changed" => {
            let mut dashboard = Dashboard::with(count);
            Box::new(move || dashboard.draw())
        }
        _ => Box::new(|| Dashboard::new().draw()),
    }
}

fn time((name, count): (&str, usize)) -> Duration {
    let mut run = case(name, count);
    let mut best = Duration::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed());
    }
    println!("{:<60} {best:>12.3?}", title(name, count));
    best
}

fn title(name: &str, count: usize) -> String {
    if count == 0 { name.to_owned() } else { format!("{name}, {count} tokens") }
}

/// Runs this program under valgrind with the case prepared only, and with the case run ten times: the difference is what ten runs take.
fn count_instructions(at: usize) {
    let (name, count) = CASES[at];
    let program = env::current_exe().expect("a program");
    let of = |runs: &str| {
        let output = process::child("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-fd=1"])
            .arg(&program)
            .args(["once", &at.to_string(), runs])
            .output()
            .expect("valgrind is installed");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line =
            text.lines().find(|line| line.contains("Collected : ")).unwrap_or_else(|| panic!("{text}")).to_owned();
        line.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok()).expect("a count")
    };
    let each = (of("10") - of("0")) / 10;
    println!("{:<60} {each:>14} instructions", title(name, count));
}

/// What this process has in memory for itself, in bytes; Linux tells.
fn memory() -> Option<u64> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Private_Dirty:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// What a token takes in memory, with everything that is kept for it: the list, its rows, and what the lint found.
fn bytes_a_token() -> u64 {
    const COUNT: usize = 100_000;
    let before = memory();
    let dashboard = Dashboard::with(COUNT);
    let taken = memory().zip(before).map_or(0, |(after, before)| (after - before) / COUNT as u64);
    println!("{:<60} {taken:>12} bytes", "memory of a token, among 100000");
    drop(black_box(dashboard));
    taken
}

/// Adds rows to the table of figures when `$JETON_FIGURES` names a directory for them.
fn figures(bytes: u64, times: &[Duration]) {
    let Some(figures) = env::var_os("JETON_FIGURES") else { return };
    let rows = format!(
        "| P1 | memory of a token among 100,000: its record, row and findings | ≤ 600 bytes | {bytes} bytes |\n\
         | P2 | 10,000 tokens read from JSON | ≤ 50 ms | {:.1?} |\n\
         | P3 | filter of 100,000 tokens: first letter, third letter | ≤ 10 ms | {:.1?}, {:.1?} |\n\
         | P4 | lint and overview of 100,000 tokens | ≤ 300 ms | {:.0?} |\n",
        times[0], times[2], times[3], times[1],
    );
    fs::write(PathBuf::from(figures).join("P1.md"), rows).expect("the figures can be written");
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["once", at, runs] => {
            let (name, count) = CASES[at.parse::<usize>().expect("a number")];
            let mut run = case(name, count);
            for _ in 0..runs.parse().expect("a number") {
                run();
            }
        }
        ["instructions"] => (0..CASES.len()).for_each(count_instructions),
        ["memory"] => {
            bytes_a_token();
        }
        _ => figures(bytes_a_token(), &CASES.map(time)),
    }
}
