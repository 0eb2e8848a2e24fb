//! [`Server`]: the sandbox's thread, its runtime, and its connections.
//!
//! Invariants: at most [`CONNECTIONS`] connections at a time; one more closes the one that has been idle
//! longest. A request's head has a size and a time limit, so whoever says nothing, or never finishes, holds a little
//! memory for a little while.

use std::{
    cell::Cell,
    convert::Infallible,
    io,
    net::{IpAddr, TcpListener},
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::TcpStream,
    sync::{Notify, oneshot},
    task::JoinSet,
};
use tower::ServiceExt as _;

use super::{
    call::Query,
    faults::{self, Limit, Plan, Wire},
    guard::Guard,
    routes::{self, Peer, Shared},
    service::Service,
    signature::Parsed,
};

/// Most connections at a time: below the usual limit of 1,024 open files of a process.
const CONNECTIONS: usize = 512;

/// Most bytes of a request's head. A temporary token with every scope takes about a kilobyte of it.
const HEAD_LIMIT: usize = 64 * 1024;

/// How long a connection may wait for a whole request head, the first or the next. Longer than clients keep idle
/// connections (reqwest: 90 seconds), so that none sends a request into a connection that is being closed.
const HEAD_TIME: Duration = Duration::from_secs(120);

/// How long stopping waits for answers under way.
const FAREWELL: Duration = Duration::from_millis(500);

/// How long accepting rests after the system refused a connection for want of resources.
const REST: Duration = Duration::from_millis(20);

/// The thread that serves.
pub struct Server {
    // Dropping the sender is the signal to stop.
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves on a bound listener, which already queues connections.
    pub fn start(listener: TcpListener, service: Service, guard: Guard) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("sandbox".into()).spawn(move || {
            let local = tokio::task::LocalSet::new();
            runtime.block_on(local.run_until(serve(listener, service, guard, stopped)));
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }

    /// Stops and waits until the thread has ended.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic over there has been reported by the panic hook; there is nothing to add.
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

async fn serve(listener: TcpListener, service: Service, guard: Guard, mut stopped: oneshot::Receiver<Infallible>) {
    // Fails only without a reactor, and `block_on` above has one.
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let service = Arc::new(Mutex::new(service));
    let app = App { router: routes::router(&service), service, guard };
    let mut connections = Connections::default();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, peer)) = accepted {
                    connections.open(stream, peer.ip(), &app);
                } else {
                    // Out of file descriptors, or the peer is gone already: make room, and do not spin.
                    connections.close_idlest();
                    tokio::time::sleep(REST).await;
                }
            }
            Some(_) = connections.tasks.join_next(), if !connections.tasks.is_empty() => {}
            _ = &mut stopped => break,
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(FAREWELL, connections.farewell()).await;
}

/// The open connections.
#[derive(Default)]
struct Connections {
    tasks: JoinSet<()>,
    states: Vec<Rc<State>>,
}

/// What is known of a connection from outside.
struct State {
    close: Notify,
    closed: Cell<bool>,
    busy: Cell<bool>,
    since: Cell<Instant>,
}

impl Connections {
    fn open(&mut self, stream: TcpStream, peer: IpAddr, app: &App) {
        self.states.retain(|state| !state.closed.get());
        if self.states.len() >= CONNECTIONS && !self.close_idlest() {
            // All are at work: the new one is closed, by being dropped.
            return;
        }
        // Answers are small and wanted at once.
        let _ = stream.set_nodelay(true);
        let state = Rc::new(State {
            close: Notify::new(),
            closed: Cell::new(false),
            busy: Cell::new(false),
            since: Cell::new(Instant::now()),
        });
        self.states.push(Rc::clone(&state));
        self.tasks.spawn_local(converse(stream, peer, app.clone(), state));
    }

    /// Closes the connection that has been idle longest; `false` when none is idle.
    fn close_idlest(&mut self) -> bool {
        self.states.retain(|state| !state.closed.get());
        let idle = self.states.iter().filter(|state| !state.busy.get());
        let Some(state) = idle.min_by_key(|state| state.since.get()) else { return false };
        state.closed.set(true);
        state.close.notify_one();
        true
    }

    /// Closes idle connections at once and the others after their answer.
    async fn farewell(&mut self) {
        for state in &self.states {
            state.close.notify_one();
        }
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Serves one connection until either side ends it.
async fn converse(stream: TcpStream, peer: IpAddr, app: App, state: Rc<State>) {
    let limit = Limit::default();
    let wire = Wire::new(stream, Rc::clone(&limit));
    let service = service_fn(|request: Request<Incoming>| {
        state.busy.set(true);
        limit.set(None);
        let answer = app.clone().respond(peer, Rc::clone(&limit), request);
        let state = Rc::clone(&state);
        async move {
            let response = answer.await;
            state.busy.set(false);
            state.since.set(Instant::now());
            response
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(wire), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // An error means that one side broke off, or that the other sent no HTTP, which hyper has answered.
        _ = &mut connection => {}
        () = state.close.notified() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
    state.closed.set(true);
}

/// What answers requests.
#[derive(Clone)]
struct App {
    service: Shared,
    router: Router,
    guard: Guard,
}

/// A fault closes the connection.
#[derive(Debug, thiserror::Error)]
#[error("cut on purpose")]
struct Cut;

impl App {
    async fn respond(self, peer: IpAddr, limit: Limit, mut request: Request<Incoming>) -> Result<Response<Body>, Cut> {
        if let Err(refusal) = self.guard.check(&request) {
            return Ok(routes::finish(refusal.into()));
        }
        if request.method() == Method::OPTIONS {
            return Ok(routes::preflight());
        }
        request.extensions_mut().insert(Peer(peer));
        let request = request.map(Body::new);
        let Some(mut plan) = self.plan(&request) else { return Ok(self.route(request).await) };
        tokio::time::sleep(plan.delay).await;
        if plan.cut_before {
            return Err(Cut);
        }
        let response = match plan.reply.take() {
            Some(reply) => routes::finish(reply),
            None if plan.repeat => self.route_twice(request).await,
            None => self.route(request).await,
        };
        if plan.cut_after {
            return Err(Cut);
        }
        let response = match plan.reply_after.take() {
            Some(reply) => routes::finish(reply),
            None => response,
        };
        let response = plan.spoil(response).await;
        limit.set(plan.cut_response);
        Ok(response)
    }

    /// What the faults do to a request; `None` when there are none.
    fn plan(&self, request: &Request<Body>) -> Option<Plan> {
        let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
        if service.faults.is_empty() {
            return None;
        }
        let query = Query::new(request.uri().query().unwrap_or_default());
        let parsed = query.first("access_token").and_then(Parsed::new);
        let request = faults::Request {
            method: request.method().as_str(),
            path: request.uri().path(),
            query: &query,
            now: jiff::Timestamp::now().as_millisecond(),
            born: parsed.and_then(|token| token.claims.born()),
        };
        Some(service.faults.plan(&request))
    }

    async fn route(&self, request: Request<Body>) -> Response<Body> {
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    async fn route_twice(&self, request: Request<Body>) -> Response<Body> {
        let (head, body) = request.into_parts();
        // A body too large for this is too large for the endpoint too, which then gets none and says so.
        let body = axum::body::to_bytes(body, routes::BODY_LIMIT).await.unwrap_or_default();
        let again = Request::from_parts(head.clone(), Body::from(body.clone()));
        self.route(again).await;
        self.route(Request::from_parts(head, Body::from(body))).await
    }
}
