//! [`Remote`]: a connection of its own, for a thread that may wait: the same client task as everywhere, asked one thing at a time.

use std::{io, sync::Arc};

use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    task::LocalSet,
};

use super::run::Server;
use crate::{
    api::{Call, Endpoint},
    token::{AccountKey, Token},
    work::{
        Order, Reply, Report, Request, RequestId, WorkError,
        apply::Connection,
        journal::{CreateJournal, Records},
        task,
    },
};

/// The connection.
#[expect(missing_debug_implementations, reason = "a function has nothing to show")]
pub struct Remote {
    runtime: Runtime,
    local: LocalSet,
    orders: UnboundedSender<Order>,
    reports: UnboundedReceiver<Report>,
    account: AccountKey,
    records: Records,
    can_refresh: bool,
    last: u64,
    heard: Box<dyn FnMut(Call) + Send>,
}

impl Remote {
    /// A connection to an account. `heard` is told of every request.
    ///
    /// # Errors
    /// When the system refuses what an event loop needs.
    pub fn new(endpoint: Endpoint, records: Records, heard: impl FnMut(Call) + Send + 'static) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let local = LocalSet::new();
        let (orders, incoming) = mpsc::unbounded_channel();
        let (outgoing, reports) = mpsc::unbounded_channel();
        let can_refresh = !endpoint.is_hosted();
        let (account, kept) = (endpoint.account(), records.clone());
        // Fails when the listener is gone.
        local.spawn_local(task::run(endpoint, records, incoming, move |report| drop(outgoing.send(report))));
        Ok(Self {
            runtime,
            local,
            orders,
            reports,
            account,
            records: kept,
            can_refresh,
            last: 0,
            heard: Box::new(heard),
        })
    }

    fn ask(&mut self, request: Request, mut page: impl FnMut(Vec<Arc<Token>>)) -> Result<Reply, WorkError> {
        self.last += 1;
        let id = RequestId(self.last);
        self.orders.send(Order::Call(id, request)).expect("the task ends after its orders do");
        loop {
            let report = self.local.block_on(&self.runtime, self.reports.recv());
            match report.expect("the task reports for as long as it has orders") {
                Report::Page(of, tokens) if of == id => page(tokens),
                Report::Call(_, call) => (self.heard)(call),
                Report::Done(completion) if completion.id == id => return completion.result,
                _ => {}
            }
        }
    }
}

impl Server for Remote {
    fn call(&mut self, request: Request) -> Result<Reply, WorkError> {
        self.ask(request, |_| {})
    }

    fn tokens(&mut self) -> Result<Vec<Arc<Token>>, WorkError> {
        let mut all = Vec::new();
        self.ask(Request::List, |mut page| all.append(&mut page))?;
        Ok(all)
    }

    fn journal(&self) -> &CreateJournal {
        &self.records.creates
    }

    fn can_refresh(&self) -> bool {
        self.can_refresh
    }
}

impl Connection for Remote {
    fn account(&self) -> &AccountKey {
        &self.account
    }

    fn journal(&self) -> &CreateJournal {
        &self.records.creates
    }

    fn call(&mut self, request: Request) -> Result<Reply, WorkError> {
        Server::call(self, request)
    }

    fn tokens(&mut self) -> Result<Vec<Arc<Token>>, WorkError> {
        Server::tokens(self)
    }

    /// One after the other: nobody else is kept waiting.
    fn call_all(&mut self, requests: Vec<Request>, mut done: impl FnMut(usize, Result<Reply, WorkError>)) {
        for (at, request) in requests.into_iter().enumerate() {
            let result = Server::call(self, request);
            done(at, result);
        }
    }
}
