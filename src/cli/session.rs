//! [`Session`]: one command's connection to one account, through the same client task the dashboard uses.
//!
//! Invariants: the command waits for the result of every change it requested; nothing is connected before the first request; a page is
//! processed while the next one is loading.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    future::pending,
    ops::ControlFlow,
    sync::Arc,
};

use jiff::SignedDuration;
use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    time::timeout,
};

use super::{failure::Failure, output, waiting::Waiting};
use crate::{
    api::{Call, Endpoint},
    os::interrupt::Interrupt,
    secret::Secret,
    token::{AccountKey, Token, TokenId},
    work::{
        self, Completion, Grants, Order, Reply, Report, Request, RequestId, WorkError,
        journal::{CreateJournal, Records},
    },
};

/// How many of the requests that went out are remembered.
const CALLS: usize = 8;

/// A connection to one account.
pub struct Session {
    runtime: Runtime,
    orders: UnboundedSender<Order>,
    reports: UnboundedReceiver<Report>,
    account: AccountKey,
    /// The id of the authorizing token, where its value tells it.
    authorizing: Option<TokenId>,
    records: Records,
    calls: VecDeque<Call>,
    waiting: Waiting,
    last: u64,
}

impl Session {
    /// Gets ready to talk to an account.
    ///
    /// # Errors
    /// When the system refuses what an event loop needs.
    pub fn new(endpoint: Endpoint, is_accessible: bool) -> Result<Self, Failure> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::local("can't start the event loop", &error))?;
        let (outgoing, reports) = mpsc::unbounded_channel();
        let (account, authorizing) = (endpoint.account(), endpoint.token_id());
        let waiting = Waiting::new(endpoint.host(), is_accessible);
        let records = Records::from_process();
        // Fails when the command has ended, which waits for all that matters.
        let report = move |report| drop(outgoing.send(report));
        let (orders, _thread) = work::task::spawn(Some(endpoint), records.clone(), report)
            .map_err(|error| Failure::local("can't start the HTTP client", &error))?;
        Ok(Self {
            runtime,
            orders,
            reports,
            account,
            authorizing,
            records,
            calls: VecDeque::with_capacity(CALLS),
            waiting,
            last: 0,
        })
    }

    /// The account's name.
    pub fn username(&self) -> &str {
        &self.account.username
    }

    /// The account.
    pub fn account(&self) -> &AccountKey {
        &self.account
    }

    /// Whether this is the token by whose authority everything here is done.
    pub fn is_authorizing(&self, token: &Token) -> bool {
        self.authorizing.as_ref() == Some(&token.id)
    }

    /// The records of creates: for delivering a value.
    pub fn journal(&self) -> &CreateJournal {
        &self.records.creates
    }

    /// The last requests that went out, retries included, in the order in which they ended.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    /// One request and its reply.
    pub fn call(&mut self, request: Request) -> Result<Reply, WorkError> {
        let id = self.send(request);
        loop {
            if let Report::Done(completion) = self.next()
                && completion.id == id
            {
                return completion.result;
            }
        }
    }

    /// What the authorizing token, which is this one, may do.
    pub fn grants(&mut self, token: &Secret) -> Result<Grants, WorkError> {
        match self.call(Request::Grants(token.clone()))? {
            Reply::Grants(grants) => Ok(*grants),
            other => unreachable!("the grants were asked for, not {other:?}"),
        }
    }

    /// How far this machine's clock is ahead of the server's.
    pub fn clock(&mut self) -> Result<Option<SignedDuration>, WorkError> {
        match self.call(Request::Clock)? {
            Reply::Clock(ahead) => Ok(ahead),
            other => unreachable!("the time was asked for, not {other:?}"),
        }
    }

    /// Many requests, a few at a time; `done` hears how each ended (by its index), in no particular order.
    pub fn call_all(&mut self, requests: Vec<Request>, mut done: impl FnMut(usize, Result<Reply, WorkError>)) {
        let mut waiting: HashMap<RequestId, usize> = HashMap::with_capacity(requests.len());
        for (at, request) in requests.into_iter().enumerate() {
            waiting.insert(self.send(request), at);
        }
        while !waiting.is_empty() {
            if let Report::Done(Completion { id, result }) = self.next()
                && let Some(at) = waiting.remove(&id)
            {
                done(at, result);
            }
        }
    }

    /// The same for changes. Ctrl-C does not end the process between two of them: what has not been sent is cancelled, and what has is
    /// waited for, so that the account is what the report says. A second Ctrl-C does not wait for that; `done` then hears nothing of it.
    pub fn change_all(
        &mut self,
        requests: Vec<Request>,
        mut done: impl FnMut(usize, Result<Reply, WorkError>),
    ) -> Result<(), Failure> {
        let opened = self.runtime.enter();
        let interrupt = Interrupt::new();
        drop(opened);
        let mut interrupt = interrupt.map_err(|error| Failure::local("can't listen for signals", &error))?;
        let mut waiting: BTreeMap<RequestId, usize> = BTreeMap::new();
        for (at, request) in requests.into_iter().enumerate() {
            waiting.insert(self.send(request), at);
        }
        let mut is_interrupted = false;
        while !waiting.is_empty() {
            match self.wait(Some(&mut interrupt)) {
                Some(report) => {
                    if let Report::Done(Completion { id, result }) = report
                        && let Some(at) = waiting.remove(&id)
                    {
                        done(at, result);
                    }
                }
                None if is_interrupted => break,
                None => {
                    is_interrupted = true;
                    // The last first: nothing that waits for its turn is to get it because another was cancelled.
                    for id in waiting.keys().rev() {
                        self.cancel(*id);
                    }
                }
            }
        }
        Ok(())
    }

    /// The account's tokens, page by page, in the server's order. `page` may say that it has seen enough.
    pub fn each_page(
        &mut self,
        mut page: impl FnMut(Vec<Arc<Token>>) -> Result<ControlFlow<()>, Failure>,
    ) -> Result<(), Failure> {
        let id = self.send(Request::List);
        let mut unreadable = 0;
        loop {
            match self.next() {
                Report::Unreadable(of, count) if of == id => unreadable += count,
                Report::Page(of, tokens) if of == id => match page(tokens) {
                    Ok(ControlFlow::Continue(())) => {}
                    enough => {
                        self.cancel(id);
                        return enough.map(|_| ());
                    }
                },
                Report::Done(completion) if completion.id == id => {
                    completion.result?;
                    if unreadable > 0 {
                        output::tell(format_args!(
                            "Warning: skipped {unreadable} entries of the account's list: not tokens, or without an ID."
                        ));
                    }
                    return Ok(());
                }
                Report::Unreadable(..)
                | Report::Page(..)
                | Report::Done(_)
                | Report::Call(..)
                | Report::Budget(_)
                | Report::Backup(..) => {}
            }
        }
    }

    /// All of the account's tokens, in the server's order.
    pub fn tokens(&mut self) -> Result<Vec<Arc<Token>>, WorkError> {
        let id = self.send(Request::List);
        let mut all = Vec::new();
        loop {
            match self.next() {
                Report::Page(of, mut tokens) if of == id => all.append(&mut tokens),
                Report::Done(completion) if completion.id == id => return completion.result.map(|_| all),
                _ => {}
            }
        }
    }

    fn send(&mut self, request: Request) -> RequestId {
        self.last += 1;
        let id = RequestId(self.last);
        self.orders.send(Order::Call(id, request)).expect("the task ends after its orders do");
        id
    }

    fn cancel(&self, id: RequestId) {
        self.orders.send(Order::Cancel(id)).expect("the task ends after its orders do");
    }

    fn next(&mut self) -> Report {
        self.wait(None).expect("only an interrupt says nothing")
    }

    /// The next report; `None` when the user interrupts first. Says meanwhile what is waited for.
    fn wait(&mut self, mut interrupt: Option<&mut Interrupt>) -> Option<Report> {
        self.waiting.begin();
        let report = loop {
            let (silence, reports) = (self.waiting.next_words(), &mut self.reports);
            let interrupted = async {
                match &mut interrupt {
                    Some(interrupt) => interrupt.next().await,
                    None => pending().await,
                }
            };
            let heard = self.runtime.block_on(async {
                tokio::select! {
                    report = timeout(silence, reports.recv()) => Some(report),
                    () = interrupted => None,
                }
            });
            match heard? {
                Ok(report) => break report.expect("the task reports for as long as it has orders"),
                Err(_) => self.waiting.tick(),
            }
        };
        self.waiting.heard(&report);
        if let Report::Call(_, call) = &report {
            if self.calls.len() == CALLS {
                self.calls.pop_front();
            }
            self.calls.push_back(call.clone());
        }
        Some(report)
    }
}
