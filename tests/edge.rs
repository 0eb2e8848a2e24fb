//! The terminal edge (input, signals, screen) on a pseudo-terminal, around the smallest loop there can be.
//!
//! The program under test is this very test binary: [`the_program`] is started again as a child with [`ROLE`] set. It can
//! do what the real program must never do (panic, get stuck), so the ways out can be tried.

#![cfg(unix)]
use crate::support::pty;
use std::{
    fs,
    time::{Duration, Instant},
};

use crate::support::pty::Pty;
use jeton::dashboard::{
    event::Event,
    input,
    key::{Key, KeyCode},
    screen::Screen as _,
    signals,
    terminal::{self, Terminal},
};
use portable_pty::CommandBuilder;
use ratatui::widgets::Paragraph;
use rustix::process::Signal;
use tokio::sync::mpsc;

/// Tells the test binary that it is the child.
const ROLE: &str = "JETON_TEST_EDGE";

const FAKE: &str = "sk.eyJ1IjoiZmFrZSIsImEiOiJjbWZha2UwMDAwMDAwMDAwMDAwMDAwMDAwIn0.fakefakefakefakefakefa";

/// The child's side; does nothing in the parent.
#[test]
fn the_program() {
    if std::env::var_os(ROLE).is_some() {
        terminal::install_panic_hook();
        let code = run();
        std::process::exit(signals::exit_code().map_or(code, i32::from));
    }
}

fn run() -> i32 {
    let (sender, mut events) = mpsc::unbounded_channel();
    let mut terminal = Terminal::enter().expect("a terminal");
    signals::spawn(sender.clone()).expect("a signal thread");
    input::spawn(sender).expect("an input thread");
    let mut keys = 0;
    let mut pasted = 0;
    let mut last = String::new();
    let mut mouse = false;
    loop {
        let drawn = terminal.draw(|frame| {
            let area = frame.area();
            let lines = format!("ready {}x{}\nkeys {keys}.\npasted {pasted}.\n{last}.", area.width, area.height);
            frame.render_widget(Paragraph::new(lines), area);
        });
        if drawn.is_err() {
            return 1;
        }
        let mut next = events.blocking_recv();
        while let Some(event) = next {
            last = format!("{event:?}");
            match event {
                Event::Key(key) => {
                    keys += 1;
                    match key.code {
                        KeyCode::Char('q') => return 0,
                        KeyCode::Char('e') => return 3,
                        KeyCode::Char('p') => panic!("asked to, with {FAKE}"),
                        KeyCode::Char('t') => {
                            std::thread::spawn(|| panic!("asked to, in a thread")).join().ok();
                        }
                        KeyCode::Char('x') => {
                            // Deaf, and drawing on whatever becomes of the terminal.
                            for count in 0.. {
                                let text = format!("stuck {count}");
                                terminal.draw(|frame| frame.render_widget(text, frame.area())).ok();
                                std::thread::park_timeout(Duration::from_millis(10));
                            }
                        }
                        KeyCode::Char('r') => terminal.repaint(),
                        KeyCode::Char('m') => {
                            mouse = !mouse;
                            terminal.set_mouse(mouse).expect("the mouse");
                        }
                        KeyCode::Char('z') if key == Key::ctrl('z') => {
                            last = format!("stopped: {}", terminal.suspend().expect("stopping"));
                        }
                        _ => {}
                    }
                }
                Event::Paste(text) => pasted += text.len(),
                Event::HungUp | Event::Terminated => return 4,
                Event::SuspendAsked => {
                    last = format!("stopped: {}", terminal.suspend().expect("stopping"));
                }
                Event::Resumed => terminal.resume().expect("the terminal again"),
                _ => {}
            }
            next = events.try_recv().ok();
        }
    }
}

fn command() -> CommandBuilder {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "edge::the_program", "--nocapture"]);
    command.env(ROLE, "1");
    command.env_remove("NO_COLOR");
    command
}

fn start() -> Pty {
    let pty = Pty::start(command(), 80, 24);
    pty.wait_for_text("ready 80x24");
    pty
}

/// Waits until the shell has the terminal and asks for the next command. Earlier, keys may still go to the program.
fn wait_for_shell(pty: &Pty) {
    pty.wait_for("the shell", |screen| !screen.alternate_screen() && screen.contents().ends_with("prompt> "));
}

/// Under a shell with job control, which is what Ctrl-Z goes back to.
fn start_in_shell() -> Pty {
    let mut shell = CommandBuilder::new("/bin/sh");
    // Without line editing, for which some shells set modes of their own.
    shell.args(["-i", "+o", "emacs"]);
    shell.env("PS1", "prompt> ");
    shell.env("ENV", "");
    shell.env(ROLE, "1");
    let mut pty = Pty::start(shell, 80, 24);
    pty.wait_for_text("prompt>");
    let program = std::env::current_exe().unwrap();
    pty.send(format!("{} --exact edge::the_program --nocapture\n", program.display()));
    pty.wait_for_text("ready 80x24");
    pty
}

#[test]
fn quitting_gives_the_terminal_back() {
    let mut pty = start();
    assert!(pty.screen().alternate_screen() && pty.screen().hide_cursor() && pty.screen().bracketed_paste());
    assert!(!pty.termios().contains("ICANON"), "raw");
    pty.send("q");
    assert_eq!(pty.end(), Ok(0));
    pty.assert_given_back();
}

#[test]
fn an_error_gives_the_terminal_back() {
    let mut pty = start();
    pty.send("m");
    pty.wait_for("the mouse", |screen| screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None);
    pty.send("e");
    assert_eq!(pty.end(), Ok(3));
    pty.assert_given_back();
}

#[test]
fn a_panic_gives_the_terminal_back_and_its_message_has_no_token() {
    let mut pty = start();
    pty.send("p");
    assert_eq!(pty.end(), Ok(101));
    pty.assert_given_back();
    assert!(pty.text().contains("asked to, with sk.…"), "{}", pty.text());
    assert!(pty.text().contains("edge.rs:"), "{}", pty.text());
    let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
    assert!(!raw.contains("eyJ1"), "{raw}");
}

#[test]
fn a_panic_in_a_thread_ends_the_program_too() {
    let mut pty = start();
    pty.send("t");
    assert_eq!(pty.end(), Ok(101));
    pty.assert_given_back();
    assert!(pty.text().contains("in a thread"), "{}", pty.text());
}

#[test]
fn every_signal_that_asks_for_the_end_gives_the_terminal_back() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129), (Signal::QUIT, 131)] {
        let pty = start();
        pty.signal(signal);
        assert_eq!(pty.end(), Ok(code), "{signal:?}");
        pty.assert_given_back();
    }
}

#[test]
fn a_stuck_loop_does_not_survive_a_signal_and_the_terminal_is_given_back() {
    let mut pty = start();
    pty.send("x");
    pty.wait_for_text("stuck");
    let asked = Instant::now();
    pty.signal(Signal::TERM);
    assert_eq!(pty.end(), Ok(143));
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    pty.assert_given_back();
}

#[test]
fn a_closed_terminal_ends_the_program() {
    let mut pty = start();
    let closed = pty.hang_up("r");
    assert_eq!(pty.end(), Ok(129));
    assert!(closed.elapsed() < Duration::from_secs(1), "{:?}", closed.elapsed());
}

#[test]
fn a_closed_terminal_ends_the_program_without_any_signal() {
    // No controlling terminal, so the kernel has nobody to send SIGHUP to; only poll(2) can tell.
    let mut command = command();
    command.set_controlling_tty(false);
    let mut pty = Pty::start(command, 80, 24);
    pty.wait_for_text("ready");
    let closed = pty.hang_up("r");
    assert_eq!(pty.end(), Ok(129));
    assert!(closed.elapsed() < Duration::from_secs(1), "{:?}", closed.elapsed());
}

#[cfg(target_os = "linux")]
#[test]
fn a_closed_terminal_ends_a_stuck_program_without_spinning() {
    let mut command = command();
    command.set_controlling_tty(false);
    let mut pty = Pty::start(command, 80, 24);
    pty.wait_for_text("ready");
    pty.send("x");
    pty.wait_for_text("stuck");
    let closed = pty.hang_up("");
    let mut used = Duration::ZERO;
    while !pty.ends_within(Duration::from_millis(10)) {
        used = cpu_time(&pty).unwrap_or(used);
    }
    let took = closed.elapsed();
    assert!(took > Duration::from_millis(500), "by the watchdog: {took:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    // Its start included; crossterm's reader would spin for all of `took`.
    assert!(used < took / 2, "{used:?} of {took:?}");
    println!("{used:?} of processor time in {took:?}");
}

#[test]
fn stopping_gives_the_shell_a_sane_terminal_and_coming_back_repaints() {
    let mut pty = start_in_shell();
    pty.send("\x1a");
    wait_for_shell(&pty);
    assert!(!pty.screen().hide_cursor() && !pty.screen().bracketed_paste());
    pty.send("fg\n");
    pty.wait_for("the dashboard again", |screen| {
        screen.alternate_screen() && screen.contents().contains("stopped: true")
    });
    pty.send("jjq");
    wait_for_shell(&pty);
    pty.send("exit\n");
    pty.end().unwrap();
    pty.assert_given_back();
}

#[test]
fn a_stop_from_outside_is_the_same() {
    let mut pty = start_in_shell();
    let program = child_of(&pty);
    rustix::process::kill_process(program, Signal::TSTP).unwrap();
    wait_for_shell(&pty);
    pty.send("fg\n");
    pty.wait_for("the dashboard again", |screen| screen.alternate_screen() && screen.contents().contains("ready"));
    // One nobody can catch: the modes are still set while the shell has the terminal, and are made right afterwards.
    rustix::process::kill_process(program, Signal::STOP).unwrap();
    pty.wait_for("the shell", |screen| screen.contents().contains("prompt> "));
    pty.send("fg\n");
    pty.wait_for_text("Resumed");
    assert!(pty.screen().alternate_screen());
    pty.send("q");
    wait_for_shell(&pty);
    pty.send("exit\n");
    pty.end().unwrap();
    pty.assert_given_back();
}

#[cfg(target_os = "linux")]
#[test]
fn a_stopped_program_can_be_ended_and_leaves_the_shells_terminal_alone() {
    let mut pty = start_in_shell();
    let program = child_of(&pty);
    pty.send("\x1a");
    wait_for_shell(&pty);
    // What bash's `kill %1` does; others leave the second to the person.
    rustix::process::kill_process(program, Signal::TERM).unwrap();
    rustix::process::kill_process(program, Signal::CONT).unwrap();
    let deadline = Instant::now() + pty::DEADLINE;
    while !has_ended(program) {
        assert!(Instant::now() < deadline, "still there: {}", pty.text());
        pty.is_quiet_for(Duration::from_millis(5));
    }
    assert_eq!(pty.switches(1049), (1, 1), "never entered again");
    // A shell that has not looked at its jobs yet would not let us exit.
    pty.send("kill -KILL $$\n");
    assert!(pty.end().is_err());
    pty.assert_given_back();
}

#[test]
fn in_the_background_it_waits_for_the_foreground() {
    let mut pty = start_in_shell();
    pty.send("\x1a");
    wait_for_shell(&pty);
    pty.send("bg\n");
    pty.send("echo still $((40 + 2))\n");
    pty.wait_for_text("still 42");
    assert!(!pty.screen().alternate_screen());
    pty.send("fg\n");
    pty.wait_for("the dashboard again", |screen| screen.alternate_screen() && screen.contents().contains("ready"));
    pty.send("q");
    wait_for_shell(&pty);
    pty.send("exit\n");
    pty.end().unwrap();
    pty.assert_given_back();
}

#[test]
fn where_there_is_no_shell_to_go_back_to_it_does_not_stop() {
    let mut pty = start();
    pty.send("\x1a");
    pty.wait_for_text("stopped: false");
    pty.send("q");
    assert_eq!(pty.end(), Ok(0));
}

#[test]
fn three_thousand_keys_in_one_write_lose_nothing_and_cost_few_frames() {
    let mut pty = start();
    let (before, _) = pty.switches(2026);
    pty.send("j".repeat(3000));
    pty.wait_for_text("keys 3000.");
    let (after, _) = pty.switches(2026);
    println!("{} frames for 3,000 keys", after - before);
    // A pseudo-terminal hands over at most 4,095 bytes at once, so they arrive in one piece or a few.
    assert!(after - before <= 60, "{} frames", after - before);
    pty.send("q");
    assert_eq!(pty.end(), Ok(0));
}

#[test]
fn a_long_paste_arrives_whole_and_as_one() {
    let mut pty = start();
    let text = "https://example.com/map?q=1\n".repeat(2000);
    // From a thread of its own: the terminal takes only a few thousand bytes at a time.
    pty.send(format!("\x1b[200~{text}\x1b[201~"));
    pty.wait_for_text(&format!("pasted {}.", text.len()));
    assert!(pty.text().contains("keys 0."), "{}", pty.text());
    pty.send("jq");
    assert_eq!(pty.end(), Ok(0));
}

#[test]
fn a_storm_of_resizes_ends_on_the_last_size() {
    let mut pty = start();
    for step in 0..100 {
        pty.resize(40 + step, 10 + step % 20);
    }
    pty.resize(100, 30);
    pty.wait_for_text("ready 100x30");
    // Also while a sequence has arrived only in part.
    pty.send("\x1b[200~half");
    pty.resize(60, 20);
    pty.wait_for_text("ready 60x20");
    pty.send("\x1b[201~");
    pty.wait_for_text("pasted 4.");
    pty.send("q");
    assert_eq!(pty.end(), Ok(0));
    pty.assert_given_back();
}

#[test]
fn keys_mouse_and_focus_arrive_in_our_words() {
    let mut pty = start();
    pty.send("m");
    pty.wait_for("the mouse", |screen| screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None);
    for (bytes, event) in [
        ("\x1b[A", "Key(Key { code: Up, ctrl: false, alt: false })"),
        ("\x1b[Z", "Key(Key { code: BackTab, ctrl: false, alt: false })"),
        ("\x08", "Key(Key { code: Backspace, ctrl: false, alt: false })"),
        ("\x13", "Key(Key { code: Char('s'), ctrl: true, alt: false })"),
        ("東", "Key(Key { code: Char('東'), ctrl: false, alt: false })"),
        ("\x1b[<0;3;4M", "Mouse(Mouse { action: Click, column: 2, row: 3 })"),
        ("\x1b[<65;3;4M", "Mouse(Mouse { action: WheelDown, column: 2, row: 3 })"),
        ("\x1b[O", "Focused(false)"),
        ("\x1b", "Key(Key { code: Esc, ctrl: false, alt: false })"),
    ] {
        pty.send(bytes);
        pty.wait_for_text(event);
    }
    pty.send("q");
    assert_eq!(pty.end(), Ok(0));
    pty.assert_given_back();
}

#[test]
fn a_repaint_writes_every_cell_again_without_asking_the_terminal_anything() {
    let mut pty = start();
    let before = pty.raw().len();
    pty.send("r");
    pty.wait_for_text("keys 1.");
    let repainted = String::from_utf8(pty.raw()[before..].to_vec()).unwrap();
    assert!(repainted.contains("\x1b[2J") && repainted.contains("ready"), "{repainted:?}");
    let all = String::from_utf8_lossy(&pty.raw()).into_owned();
    assert!(!all.contains("\x1b[6n") && !all.contains("\x1b[c"), "asked the terminal something");
    pty.send("q");
    assert_eq!(pty.end(), Ok(0));
}

#[test]
fn every_frame_is_a_synchronized_update() {
    let mut pty = start();
    for count in 1..=20 {
        pty.send("j");
        pty.wait_for_text(&format!("keys {count}."));
    }
    pty.send("q");
    pty.end().unwrap();
    let raw = String::from_utf8(pty.raw()).unwrap();
    let drawing = &raw[raw.find("\x1b[?2026h").unwrap()..raw.rfind("\x1b[?2026l").unwrap()];
    for between in drawing.split("\x1b[?2026l").skip(1) {
        assert!(between.starts_with("\x1b[?2026h"), "outside of an update: {between:?}");
    }
    assert_eq!(pty.switches(2026).0, pty.switches(2026).1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_frame_is_one_write_and_doing_nothing_costs_nothing() {
    let mut pty = start();
    pty.send("j");
    pty.wait_for_text("keys 1.");
    let (frames, writes) = (pty.switches(2026).0, writes(&pty));
    for count in 2..=51 {
        pty.send("j");
        pty.wait_for_text(&format!("keys {count}."));
    }
    assert_eq!(pty.switches(2026).0 - frames, 50, "a frame a key");
    assert_eq!(self::writes(&pty) - writes, 50, "a write a frame");

    // The thread that wrote the last frame still has to go to sleep.
    assert!(pty.is_quiet_for(Duration::from_millis(200)));
    let switches = context_switches(&pty);
    assert!(pty.is_quiet_for(Duration::from_secs(2)));
    assert_eq!(context_switches(&pty), switches, "nobody woke up");
    pty.send("q");
    assert_eq!(pty.end(), Ok(0));
}

#[cfg(target_os = "linux")]
fn writes(pty: &Pty) -> u64 {
    let io = fs::read_to_string(format!("/proc/{}/io", pty.pid())).unwrap();
    io.lines().find_map(|line| line.strip_prefix("syscw: ")).unwrap().parse().unwrap()
}

/// Of all threads, in user and kernel mode; `None` once it has ended. The kernel counts in hundredths of a second.
#[cfg(target_os = "linux")]
fn cpu_time(pty: &Pty) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pty.pid())).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (ticks(11)? + ticks(12)?)))
}

/// Of all threads, given up or taken away.
#[cfg(target_os = "linux")]
fn context_switches(pty: &Pty) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{}/task", pty.pid())).unwrap();
    tasks
        .map(|task| {
            let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
            let count = |line: &str| line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap();
            status.lines().filter(|line| line.contains("ctxt_switches")).map(count).sum::<u64>()
        })
        .sum()
}

/// Whether the process has ended (its shell may not have looked yet).
#[cfg(target_os = "linux")]
fn has_ended(process: rustix::process::Pid) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat")).map_or(true, |stat| stat.contains(") Z "))
}

/// The one process the shell has started.
fn child_of(pty: &Pty) -> rustix::process::Pid {
    let parent = format!("PPid:\t{}", pty.pid());
    let is_child = |pid: &i32| {
        fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|status| status.lines().any(|line| line == parent))
    };
    let pid = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse::<i32>().ok())
        .find(is_child)
        .expect("the shell has a child");
    rustix::process::Pid::from_raw(pid).unwrap()
}
