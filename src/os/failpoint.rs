//! Failpoints: named places at which a test can end the process, to see what is left behind.
//!
//! Only with the cargo feature `failpoints`; without it [`reached`] is nothing and the environment is not looked at.
//! `JETON_FAILPOINT=7:kill` ends the process at the seventh place it comes to; the ways are `kill`, `hup`, `term` and
//! `panic`. `JETON_FAILPOINT_LOG=FILE` appends the name of every place, so that a sweep knows how many there are.

/// The program has come to the place `name`.
#[cfg(not(feature = "failpoints"))]
#[inline]
pub fn reached(_name: &'static str) {}

#[cfg(feature = "failpoints")]
pub use armed::reached;

#[cfg(feature = "failpoints")]
mod armed {
    use std::{
        env,
        fs::File,
        io::Write as _,
        sync::atomic::{AtomicU32, Ordering},
    };

    use rustix::process::{Signal, getpid, kill_process};

    static COUNT: AtomicU32 = AtomicU32::new(0);

    /// The program has come to the place `name`.
    pub fn reached(name: &'static str) {
        let count = COUNT.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(path) = env::var_os("JETON_FAILPOINT_LOG") {
            let mut log = File::options().append(true).create(true).open(path).expect("the log can be written");
            writeln!(log, "{name}").expect("the log can be written");
        }
        let Ok(order) = env::var("JETON_FAILPOINT") else { return };
        let (at, way) = order.split_once(':').expect("NUMBER:WAY");
        if at.parse() == Ok(count) {
            end(way, name);
        }
    }

    fn end(way: &str, name: &str) {
        let signal = match way {
            "kill" => Signal::KILL,
            "hup" => Signal::HUP,
            "term" => Signal::TERM,
            "panic" => panic!("failpoint {name}"),
            _ => panic!("no such way to end: {way}"),
        };
        kill_process(getpid(), signal).expect("a process may signal itself");
        // Another thread may be the one that gets it; this one goes no further.
        loop {
            std::thread::park();
        }
    }
}
