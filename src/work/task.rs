//! The client task: takes [`Order`]s, talks to the server, sends [`Report`]s.
//!
//! What always holds: each order ends in exactly one completion, also when it is cancelled; a mutation is never cancelled once it may
//! have been obeyed, so its reply is never lost; at most `AT_ONCE` requests are on their way; a value that was made stays in
//! the escrow until an [`Order::Stored`] or the deletion of its token.
//!
//! Callers: the dashboard's runtime spawns it once, on its own tokio runtime.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, OnceLock},
};

use jiff::Timestamp;
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    task::{JoinSet, spawn_blocking},
    time::{Instant, sleep_until},
};

use super::{Completion, Order, Reply, Report, Request, RequestId, create, records::Records};
use crate::api::{
    ApiError, Client, Endpoint,
    call::{Seen, Watch},
};

/// Requests on their way at one time.
const AT_ONCE: usize = 4;

/// Runs until the orders end, then until every mutation still on its way has been reported and every record closed.
///
/// Without an `endpoint` every request ends in [`ApiError::Locked`] until an [`Order::Connect`]. `report` is called on this task; it must not block. To be run inside a [`tokio::task::LocalSet`].
pub async fn run(
    endpoint: impl Into<Option<Endpoint>>,
    records: Records,
    mut orders: mpsc::UnboundedReceiver<Order>,
    report: impl Fn(Report) + Clone + Send + Sync + 'static,
) {
    let (usual, mut records) = (records.clone(), records);
    let mut connection = endpoint.into().map(|endpoint| Connection::new(endpoint, records.clone()));
    let mut renewal = Instant::now() + records.safekeeping.renewal();
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
                    let records = records.clone();
                    running.spawn_local(async move {
                        let result = match connection {
                            _ if is_local(&request) => spawn_blocking(move || keep_records(&records, request))
                                .await
                                .unwrap_or_else(|panic| Err(ApiError::Records(panic.to_string()))),
                            Some(connection) => call(&connection, &permits, id, &request, cancelled, &report).await,
                            None => Err(ApiError::Locked),
                        };
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
                    records = if is_demo { Records::of_demo() } else { usual.clone() };
                    connection = Some(Connection::new(*endpoint, records.clone()));
                }
                Some(Order::Disconnect) => connection = None,
                Some(Order::Stored(token)) => {
                    // Away from the loop that draws. What cannot be closed stays on record and is shown at the next start.
                    let safekeeping = records.safekeeping.clone();
                    closing.spawn_blocking(move || drop(safekeeping.settle_token(&token)));
                }
                None => break,
            },
            () = sleep_until(renewal), if records.safekeeping.is_holding() => {
                renewal = Instant::now() + records.safekeeping.renewal();
                let (safekeeping, report) = (records.safekeeping.clone(), report.clone());
                drop(spawn_blocking(move || safekeeping.renew().into_iter().for_each(|(op, until)| report(Report::Kept(op, until)))));
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

/// Whether a request is about the records on this machine.
fn is_local(request: &Request) -> bool {
    matches!(
        request,
        Request::Recovery
            | Request::Recover(_)
            | Request::Forget(_)
            | Request::BeginBatch { .. }
            | Request::EndBatch(_)
    )
}

/// Does what is asked of the records. Waits for the disk.
fn keep_records(records: &Records, request: Request) -> Result<Reply, ApiError> {
    let Records { safekeeping, batches } = records;
    match request {
        Request::Recover(intent) => Ok(Reply::Recovered(safekeeping.take_up(&intent).map(Box::new))),
        Request::Forget(op) => safekeeping.settle(&op).map(|()| Reply::Forgotten(op)),
        Request::BeginBatch { op, plan } => batches.begin(op, *plan, Timestamp::now()).map(Reply::BatchBegun),
        Request::EndBatch(op) => batches.end(&op).map(|()| Reply::BatchEnded(op)),
        _ => records.left_open().map(Reply::Open),
    }
    .map_err(ApiError::Records)
}

/// One request from its turn to its end.
async fn call(
    connection: &Connection,
    permits: &Semaphore,
    id: RequestId,
    request: &Request,
    cancelled: oneshot::Receiver<()>,
    report: &(impl Fn(Report) + Clone + Send + Sync + 'static),
) -> Result<Reply, ApiError> {
    let tell = report.clone();
    let watch = Watch::new(move |seen| match seen {
        Seen::Call(call) => tell(Report::Call(id, call)),
        Seen::Budget(budget) => tell(Report::Budget(budget)),
    });
    let mut work = pin!(async {
        let _permit = permits.acquire().await.expect("never closed");
        connection.perform(id, request, &watch, report).await
    });
    tokio::select! {
        result = &mut work => return result,
        Ok(()) = cancelled => {}
    }
    if request.is_mutation() && watch.is_sent() { work.await } else { Err(ApiError::Cancelled) }
}

/// A client made at the first call: setting up TLS takes longer than the first frame may.
struct Connection {
    endpoint: Endpoint,
    records: Records,
    client: OnceLock<Client>,
}

impl Connection {
    fn new(endpoint: Endpoint, records: Records) -> Arc<Self> {
        Arc::new(Self { endpoint, records, client: OnceLock::new() })
    }

    fn client(&self) -> Result<&Client, ApiError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::new(self.endpoint.clone())?;
        Ok(self.client.get_or_init(|| client))
    }

    async fn perform(
        &self,
        id: RequestId,
        request: &Request,
        watch: &Watch,
        report: &impl Fn(Report),
    ) -> Result<Reply, ApiError> {
        let client = self.client()?.watched(watch.clone());
        match request {
            Request::List => {
                let mut pages = client.pages();
                while let Some(page) = pages.next().await? {
                    report(Report::Page(id, page.tokens));
                    if page.unreadable > 0 {
                        report(Report::Unreadable(id, page.unreadable));
                    }
                }
                Ok(Reply::Listed)
            }
            Request::Scopes => client.scopes().await.map(Reply::Scopes),
            Request::Create(draft) => {
                create::create(&client, draft, &self.records.safekeeping).await.map(Box::new).map(Reply::Created)
            }
            Request::Update { id, patch } => client.update(id, patch).await.map(Box::new).map(Reply::Updated),
            Request::Temporary { scopes, lifetime } => {
                client.temporary(scopes, *lifetime).await.map(Box::new).map(Reply::TemporaryCreated)
            }
            Request::RefreshDefault => client.refresh_default().await.map(Box::new).map(Reply::DefaultRefreshed),
            Request::Verify(value) => client.verify(value).await.map(Reply::Verdict),
            Request::Usage(token) => client.usage(Some(token)).await.map(Box::new).map(Reply::Usage),
            Request::AccountUsage => client.usage(None).await.map(Box::new).map(Reply::Usage),
            Request::Recovery
            | Request::Recover(_)
            | Request::Forget(_)
            | Request::BeginBatch { .. }
            | Request::EndBatch(_) => keep_records(&self.records, request.clone()),
            Request::Probe { value, referer } => client.probe(value, referer).await.map(Reply::Probed),
            Request::Delete(token) => {
                let result = client.delete(token).await;
                if matches!(result, Ok(()) | Err(ApiError::Gone)) {
                    let (safekeeping, token) = (self.records.safekeeping.clone(), token.clone());
                    // Fails when the runtime ends; then the record stays and is shown at the next start.
                    let _closed = spawn_blocking(move || safekeeping.settle_token(&token)).await;
                }
                result.map(|()| Reply::Deleted(token.clone()))
            }
        }
    }
}
