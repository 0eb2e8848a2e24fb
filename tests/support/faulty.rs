//! A server that misbehaves: it reads requests properly, counts them, and answers with whatever bytes a test wants.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// What to do with a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Send these bytes and close.
    Bytes(Vec<u8>),
    /// Close without a word.
    Hang,
    /// Never answer, and keep the connection open until the server is dropped.
    Silence,
}

/// A request as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Received {
    pub method: String,
    pub target: String,
    pub head: String,
    pub body: String,
}

/// The server; it stops when dropped.
pub struct Faulty {
    pub url: String,
    seen: Arc<Mutex<Vec<Received>>>,
    over: Arc<AtomicBool>,
}

impl Faulty {
    /// Answers the request number `n` (from 0) by `script(n, request)`.
    pub fn start(script: impl Fn(usize, &Received) -> Fault + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (seen, over) = (Arc::<Mutex<Vec<Received>>>::default(), Arc::<AtomicBool>::default());
        let script = Arc::new(script);
        let (log, stop) = (Arc::clone(&seen), Arc::clone(&over));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let (log, script, stop) = (Arc::clone(&log), Arc::clone(&script), Arc::clone(&stop));
                thread::spawn(move || serve(stream.expect("a connection"), &log, &*script, &stop));
            }
        });
        Self { url, seen, over }
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Received> {
        self.seen.lock().expect("no thread broke").clone()
    }

    /// How many requests of a method arrived.
    pub fn count(&self, method: &str) -> usize {
        self.seen().iter().filter(|seen| seen.method == method).count()
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes the accepting thread; it may be gone already.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

fn serve(
    mut stream: TcpStream,
    log: &Mutex<Vec<Received>>,
    script: &(impl Fn(usize, &Received) -> Fault + ?Sized),
    over: &AtomicBool,
) {
    let Some(seen) = request(&mut stream) else { return };
    let number = {
        let mut log = log.lock().expect("no thread broke");
        log.push(seen.clone());
        log.len() - 1
    };
    match script(number, &seen) {
        // The client may be gone; that is its business.
        Fault::Bytes(bytes) => drop(stream.write_all(&bytes)),
        Fault::Hang => {}
        Fault::Silence => {
            stream.set_read_timeout(Some(Duration::from_millis(100))).expect("set");
            let mut byte = [0];
            while !over.load(Ordering::SeqCst) && !matches!(stream.read(&mut byte), Ok(0)) {}
        }
    }
}

fn request(stream: &mut TcpStream) -> Option<Received> {
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let mut words = head.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    Some(Received { method, target, head, body })
}

/// A well-formed answer.
pub fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let more: String = headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
    let length = body.len();
    format!("HTTP/1.1 {status} Whatever\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n{body}")
        .into_bytes()
}
