//! The client task: takes [`Order`]s, talks to the server, sends [`Report`]s.
//!
//! Invariants: each order ends in exactly one completion, also when it is cancelled; a mutation is never cancelled once it may
//! have been obeyed, so its reply is never lost; at most `AT_ONCE` requests are on their way; a value that was made stays in
//! the escrow until an [`Order::Stored`] or the deletion of its token.
//!
//! It runs on a thread of its own, so that an answer is read and kept although a front end waits for a terminal or a pipe that
//! nobody reads.

use std::{
    collections::HashMap,
    io,
    pin::pin,
    sync::{Arc, OnceLock, mpsc as blocking},
    thread,
    time::Duration,
};

use tokio::{
    runtime,
    sync::{Semaphore, mpsc, oneshot},
    task::{JoinSet, LocalSet, spawn_blocking},
    time::{Instant, sleep_until},
};

use super::{
    Completion, Order, Reply, Report, Request, RequestId, WorkError, create, grants::Grants, journal::Records,
};
use crate::api::{
    ApiError, Client, Endpoint,
    call::{ClientEvent, Observer},
};

/// Requests on their way at one time.
const AT_ONCE: usize = 4;

/// The thread that runs the task.
#[derive(Debug)]
pub struct Thread {
    /// Never sends anything: it is closed when the thread has ended.
    ended: blocking::Receiver<()>,
}

impl Thread {
    /// Waits for the end, but no longer than that. The task ends after its orders do.
    pub fn end_within(self, long: Duration) {
        let _closed_or_too_long = self.ended.recv_timeout(long);
    }
}

/// Runs the task on a thread of its own. `report` is called on that thread.
///
/// # Errors
/// When the system refuses a thread, or what an event loop needs.
pub fn spawn(
    endpoint: Option<Endpoint>,
    records: Records,
    report: impl Fn(Report) + Clone + Send + Sync + 'static,
) -> io::Result<(mpsc::UnboundedSender<Order>, Thread)> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let (orders, incoming) = mpsc::unbounded_channel();
    let (running, ended) = blocking::channel();
    thread::Builder::new().name("client".into()).spawn(move || {
        LocalSet::new().block_on(&runtime, run(endpoint, records, incoming, report));
        // The look-up of a name that hangs must not keep the program.
        runtime.shutdown_background();
        drop(running);
    })?;
    Ok((orders, Thread { ended }))
}

/// Runs until the orders end, then until every mutation still on its way has been reported and every record closed.
///
/// Without an `endpoint` every request ends in [`WorkError::Locked`] until an [`Order::Connect`]. `report` is called on this task; it must not block. To be run inside a [`tokio::task::LocalSet`].
pub async fn run(
    endpoint: impl Into<Option<Endpoint>>,
    records: Records,
    mut orders: mpsc::UnboundedReceiver<Order>,
    report: impl Fn(Report) + Clone + Send + Sync + 'static,
) {
    let (usual, mut records) = (records.clone(), records);
    let mut connection = Connection::new(endpoint.into(), records.clone());
    let mut renewal = Instant::now() + records.creates.renewal();
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    let mut closing = JoinSet::new();
    let mut cancels: HashMap<RequestId, oneshot::Sender<()>> = HashMap::new();
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Call(id, request)) => {
                    let (cancel, cancelled) = oneshot::channel();
                    cancels.insert(id, cancel);
                    let (connection, permits, report) = (connection.clone(), permits.clone(), report.clone());
                    running.spawn_local(async move {
                        let result = call(&connection, &permits, id, &request, cancelled, &report).await;
                        report(Report::Done(Completion { id, result }));
                        id
                    });
                }
                Some(Order::Cancel(id)) => {
                    if let Some(cancel) = cancels.remove(&id) {
                        // Fails when the request has ended by itself, which is just as good.
                        let _ended = cancel.send(());
                    }
                }
                // What is on its way ends by the authority it began with.
                Some(Order::Connect { endpoint, is_demo }) => {
                    records = if is_demo { usual.of_demo() } else { usual.clone() };
                    connection = Connection::new(Some(*endpoint), records.clone());
                }
                Some(Order::Disconnect) => connection = Connection::new(None, records.clone()),
                Some(Order::Stored(token)) => {
                    // Away from the loop that draws. What cannot be closed stays on record and is shown at the next start.
                    let journal = records.creates.clone();
                    closing.spawn_blocking(move || drop(journal.settle_token(&token)));
                }
                None => break,
            },
            () = sleep_until(renewal), if records.creates.is_holding() => {
                renewal = Instant::now() + records.creates.renewal();
                let (journal, report) = (records.creates.clone(), report.clone());
                drop(spawn_blocking(move || journal.renew().into_iter().for_each(|(op, until)| report(Report::Backup(op, until)))));
            }
            Some(ended) = running.join_next() => {
                cancels.remove(&ended.expect("a panic in here ends the whole program"));
            }
        }
    }
    for (_, cancel) in cancels {
        let _ended = cancel.send(());
    }
    while running.join_next().await.is_some() {}
    while closing.join_next().await.is_some() {}
}

/// One request from its turn to its end.
async fn call(
    connection: &Connection,
    permits: &Semaphore,
    id: RequestId,
    request: &Request,
    cancelled: oneshot::Receiver<()>,
    report: &(impl Fn(Report) + Clone + Send + Sync + 'static),
) -> Result<Reply, WorkError> {
    let tell = report.clone();
    let observer = Observer::new(move |seen| match seen {
        ClientEvent::Call(call) => tell(Report::Call(id, call)),
        ClientEvent::Budget(budget) => tell(Report::Budget(budget)),
    });
    // The records wait for nobody, and what is written in them is not cancelled.
    let is_for_server = !matches!(request, Request::Records(_));
    let mut work = pin!(async {
        let takes_turn = is_for_server && connection.endpoint.is_some();
        let _permit = if takes_turn { permits.acquire().await.ok() } else { None };
        connection.perform(id, request, &observer, report).await
    });
    tokio::select! {
        result = &mut work => return result,
        Ok(()) = cancelled, if is_for_server => {}
    }
    if request.is_mutation() && observer.is_sent() { work.await } else { Err(WorkError::Cancelled) }
}

/// The account that is open, if one is. Its client is made at the first call: setting up TLS takes longer than the first frame may.
struct Connection {
    endpoint: Option<Endpoint>,
    records: Records,
    client: OnceLock<Client>,
}

impl Connection {
    fn new(endpoint: Option<Endpoint>, records: Records) -> Arc<Self> {
        Arc::new(Self { endpoint, records, client: OnceLock::new() })
    }

    fn client(&self, observer: &Observer) -> Result<Client, WorkError> {
        if let Some(client) = self.client.get() {
            return Ok(client.observed(observer.clone()));
        }
        let client = Client::new(self.endpoint.clone().ok_or(WorkError::Locked)?)?;
        Ok(self.client.get_or_init(|| client).observed(observer.clone()))
    }

    async fn perform(
        &self,
        id: RequestId,
        request: &Request,
        observer: &Observer,
        report: &impl Fn(Report),
    ) -> Result<Reply, WorkError> {
        let client = || self.client(observer);
        Ok(match request {
            Request::Records(request) => {
                let (records, request) = (self.records.clone(), request.clone());
                let kept = spawn_blocking(move || records.perform(request)).await;
                kept.unwrap_or_else(|panic| Err(WorkError::Records(panic.to_string())))?
            }
            Request::List => {
                let client = client()?;
                let mut pages = client.pages().ahead();
                while let Some(page) = pages.next().await? {
                    report(Report::Page(id, page.tokens));
                    if page.unreadable > 0 {
                        report(Report::Unreadable(id, page.unreadable));
                    }
                }
                Reply::Listed
            }
            Request::Scopes => Reply::Scopes(client()?.scopes().await?),
            Request::Create { draft, even_if_unfinished } => {
                let (client, journal) = (client()?, &self.records.creates);
                Reply::Created(Box::new(create::create(&client, draft, *even_if_unfinished, journal).await?))
            }
            Request::CreateAmong { draft, before } => {
                let (client, journal) = (client()?, &self.records.creates);
                Reply::Created(Box::new(create::create_among(&client, draft, before.clone(), journal).await?))
            }
            Request::Update { id, patch } => Reply::Updated(Box::new(client()?.update(id, patch).await?)),
            Request::Temporary { scopes, lifetime } => {
                Reply::TemporaryCreated(Box::new(client()?.temporary(scopes, *lifetime).await?))
            }
            Request::RefreshDefault => Reply::DefaultRefreshed(Box::new(client()?.refresh_default().await?)),
            Request::Verify(value) => Reply::Verdict(client()?.verify(value).await?),
            Request::Usage(token) => Reply::Usage(Box::new(client()?.usage(Some(token)).await?)),
            Request::AccountUsage => Reply::Usage(Box::new(client()?.usage(None).await?)),
            Request::Grants(token) => Reply::Grants(Box::new(Grants::ask(&client()?, token).await?)),
            Request::Clock => Reply::Clock(client()?.clock().await?),
            Request::Probe { value, referer } => Reply::Probed(client()?.probe(value, referer).await?),
            Request::Delete(token) => {
                let result = client()?.delete(token).await;
                if matches!(result, Ok(()) | Err(ApiError::Gone)) {
                    let (journal, token) = (self.records.creates.clone(), token.clone());
                    // Fails when the runtime ends; then the record stays and is shown at the next start.
                    let _closed = spawn_blocking(move || journal.settle_token(&token)).await;
                }
                result.map(|()| Reply::Deleted(token.clone()))?
            }
        })
    }
}
