//! A server that is a list of tokens, with names and URLs of the worst kind, and an answer to every request: the right one, or a
//! failure of every kind there is.

use std::{sync::Arc, time::Duration};

use jeton::{
    api::{ApiError, Probed, Statistics, Temporary, TransportError, Verdict, statistics::Product, verdict::Code},
    secret::Secret,
    token::{AccountKey, Draft, Scope, Token, TokenId, Usage, Word, catalogue::ScopeInfo},
    untrusted::Untrusted,
    work::{
        Created, RecordsRequest, Reply, Request, WorkError,
        bulk::{self, Batch, Change, Plan},
        journal::{
            BackupLocation, Before, Intent, LeftOpen, OpenBatch, OpenBatches, OpenCreate, OpenCreates, OperationId,
            Outcome, Value,
        },
    },
};
use jiff::Timestamp;

use super::rng::Rng;

/// The letters of what has to be typed to confirm something; nobody types them by chance.
const LETTERS: [char; 5] = ['Ж', 'Щ', 'Ю', 'Я', 'Э'];

/// The account.
pub struct Server {
    pub tokens: Vec<Arc<Token>>,
    pub worst: Vec<String>,
    /// Whose it is.
    pub account: AccountKey,
    /// Creates without an end.
    open: Vec<OpenCreate>,
    /// Batches, with and without an end.
    pub batches: OpenBatches,
    made: usize,
    pub now: Timestamp,
}

impl Server {
    /// An account of `count` tokens named by strings of `worst`.
    pub fn new(count: usize, worst: Vec<String>, now: Timestamp, rng: &mut Rng) -> Self {
        let account = AccountKey { username: rng.of(&worst).clone(), host: rng.of(&worst).clone() };
        let mut server = Self {
            tokens: Vec::new(),
            worst,
            account,
            open: Vec::new(),
            batches: OpenBatches::default(),
            made: 0,
            now,
        };
        for number in 0..count {
            let mut token = server.token(rng);
            token.default = number == 0;
            if token.default {
                token.usage = Usage::Public;
            }
            server.tokens.push(Arc::new(token));
        }
        server
    }

    pub fn evil(&self, rng: &mut Rng) -> String {
        rng.of(&self.worst).clone()
    }

    fn id(&mut self) -> TokenId {
        self.made += 1;
        let ending: String = (0..4).map(|place| LETTERS[self.made / 5_usize.pow(place) % 5]).collect();
        TokenId::new(format!("cm{:019}{ending}", self.made))
    }

    fn token(&mut self, rng: &mut Rng) -> Token {
        let id = self.id();
        let usage = if rng.percent(50) { Usage::Secret } else { Usage::Public };
        let scope = |rng: &mut Rng, server: &Self| {
            if rng.percent(20) {
                Scope::from(server.evil(rng).as_str())
            } else {
                Scope::from(*rng.of(&["styles:read", "fonts:read", "uploads:write", "tokens:read"]))
            }
        };
        let value = format!("{}.eyJ1IjoiYWRhIn0.{}", usage.prefix(), "fakefakefakefakefakefa");
        Token {
            usage,
            client: Word::new(&self.evil(rng)),
            default: false,
            note: rng.percent(90).then(|| Untrusted::from(format!("{}Ω{}", self.evil(rng), self.made))),
            scopes: (0..rng.below(4)).map(|_| scope(rng, self)).collect(),
            allowed_urls: rng.percent(50).then(|| {
                let count = rng.below(4);
                (0..count).map(|_| Untrusted::from(self.evil(rng))).collect()
            }),
            created: Some(self.now.into()),
            modified: Some(self.now.into()),
            token: (usage == Usage::Public).then(|| Secret::new(value)),
            flaws: Box::default(),
            id,
        }
    }

    /// The pages of a list.
    pub fn pages(&self, rng: &mut Rng) -> Vec<Vec<Arc<Token>>> {
        let size = 1 + rng.below(self.tokens.len().max(1));
        self.tokens.chunks(size).map(<[_]>::to_vec).collect()
    }

    /// What becomes of a request.
    pub fn answer(&mut self, request: &Request, failures: usize, rng: &mut Rng) -> Result<Reply, WorkError> {
        if rng.percent(failures) {
            return Err(self.failure(request, rng));
        }
        Ok(match request {
            Request::List => Reply::Listed,
            Request::Scopes => Reply::Scopes(self.scopes(rng)),
            Request::Create { draft, .. } | Request::CreateAmong { draft, .. } => {
                // More of those that are shown once than people make.
                let is_secret = rng.percent(70);
                Reply::Created(Box::new(self.create(draft, is_secret, rng)))
            }
            Request::Update { id, patch } => {
                let Some(at) = self.tokens.iter().position(|token| token.id == *id) else {
                    return Err(WorkError::Api(ApiError::Gone));
                };
                let mut token = Token::clone(&self.tokens[at]);
                if let Some(note) = &patch.note {
                    token.note = Some(note.clone());
                }
                if let Some(scopes) = &patch.scopes {
                    token.scopes.clone_from(scopes);
                }
                token.modified = Some(self.now.into());
                self.tokens[at] = Arc::new(token.clone());
                Reply::Updated(Box::new(token))
            }
            Request::Temporary { lifetime, .. } => Reply::TemporaryCreated(Box::new(Temporary {
                value: Secret::new("tk.eyJ1IjoiYWRhIn0.fakefakefakefakefakefa"),
                issued_at: Some(self.now),
                expires: Some(self.now + *lifetime),
                clock_ahead: jiff::SignedDuration::ZERO,
            })),
            Request::Delete(id) => {
                let before = self.tokens.len();
                self.tokens.retain(|token| token.id != *id);
                if self.tokens.len() == before {
                    return Err(WorkError::Api(ApiError::Gone));
                }
                Reply::Deleted(id.clone())
            }
            Request::RefreshDefault => {
                let mut token = self.token(rng);
                token.default = true;
                token.usage = Usage::Public;
                self.tokens.retain(|token| !token.default);
                self.tokens.push(Arc::new(token.clone()));
                Reply::DefaultRefreshed(Box::new(token))
            }
            Request::Verify(_) => {
                let codes =
                    [Code::Valid, Code::Invalid, Code::Expired, Code::Revoked, Code::Other(self.evil(rng).into())];
                Reply::Verdict(Verdict { code: rng.of(&codes).clone(), token: None })
            }
            Request::Grants(_) | Request::Clock => unreachable!("only the command line asks for it"),
            Request::Usage(_) | Request::AccountUsage => Reply::Usage(Box::new(self.statistics(rng))),
            Request::Records(RecordsRequest::List) => {
                let creates = OpenCreates { open: self.open.clone(), unreadable: Vec::new() };
                Reply::Open(LeftOpen { creates, batches: self.batches.clone() })
            }
            Request::Records(RecordsRequest::BeginBatch { op, plan }) => {
                self.made += 1;
                let op = op.clone().unwrap_or_else(|| OperationId::try_from(format!("{:08x}", self.made)).unwrap());
                self.batches.open.retain(|open| open.record.op != op);
                let batch = Batch { op: op.clone(), started: self.now, plan: Plan::clone(plan) };
                self.batches.open.push(OpenBatch { record: batch, is_active: true });
                Reply::BatchBegun(op)
            }
            Request::Records(RecordsRequest::EndBatch(op)) => {
                self.batches.open.retain(|open| open.record.op != *op);
                Reply::BatchEnded(op.clone())
            }
            Request::Records(RecordsRequest::Recover(intent)) => Reply::Recovered(rng.percent(70).then(|| {
                self.open.retain(|open| open.intent.op != intent.op);
                Box::new(self.create(&intent.draft(), true, rng))
            })),
            Request::Records(RecordsRequest::Forget(op)) => {
                self.open.retain(|open| open.intent.op != *op);
                Reply::Forgotten(op.clone())
            }
            Request::Probe { .. } => {
                let message = Untrusted::from(self.evil(rng));
                let sources = [
                    Probed::Allowed,
                    Probed::Refused(message.clone()),
                    Probed::NotAccepted(message.clone()),
                    Probed::Unclear { status: 418, message },
                ];
                Reply::Probed(rng.of(&sources).clone())
            }
        })
    }

    /// What comes of a create.
    pub fn create(&mut self, draft: &Draft, is_secret: bool, rng: &mut Rng) -> Created {
        let mut token = self.token(rng);
        token.usage = if is_secret { Usage::Secret } else { Usage::Public };
        token.note = Some(Untrusted::from(format!("{}Ω{}", draft.note, self.made)));
        token.token = None;
        self.tokens.push(Arc::new(token.clone()));
        let tail: String = token.id.as_str().chars().rev().take(4).collect();
        let value =
            Secret::new(format!("{}.eyJ1IjoiYWRhIn0eyJ1IjoiYWRhIn0.{}{tail}", token.usage.prefix(), "f".repeat(18)));
        let backup = [
            BackupLocation::Keyring(None),
            BackupLocation::Off,
            BackupLocation::Nowhere(self.evil(rng)),
            BackupLocation::DiskFile(self.evil(rng).into()),
        ];
        let backup = match rng.of(&backup) {
            // The words of the system, which our own code writes.
            BackupLocation::Nowhere(_) => BackupLocation::Nowhere("the disk is full".into()),
            backup => backup.clone(),
        };
        let op = OperationId::try_from(format!("{:08x}", self.made)).unwrap();
        Created { op, token, value, backup }
    }

    /// Puts a create on record that never came to its end.
    pub fn leave_open(&mut self, draft: &Draft, rng: &mut Rng) -> OperationId {
        self.made += 1;
        let op = OperationId::try_from(format!("{:08x}", self.made)).unwrap();
        let intent = Intent::new(op.clone(), self.account.clone(), draft, Before::default(), self.now);
        let id = self.id();
        let values = [
            Value::None,
            Value::Broken(BackupLocation::Keyring(None)),
            Value::Whole { token: id, backup: BackupLocation::Keyring(None) },
        ];
        let value = rng.of(&values).clone();
        self.open.push(OpenCreate {
            intent,
            is_active: rng.percent(10),
            value,
            delivered: Vec::new(),
            undelivered: Vec::new(),
        });
        op
    }

    /// Puts a batch on record that never came to its end.
    pub fn leave_batch(&mut self, rng: &mut Rng) {
        self.made += 1;
        let op = OperationId::try_from(format!("{:08x}", self.made)).unwrap();
        let operation = if rng.percent(50) {
            bulk::Operation::Delete
        } else {
            bulk::Operation::Edit(Change {
                add_scopes: vec![Scope::from(self.evil(rng).as_str())],
                add_urls: rng.percent(50).then(|| self.evil(rng)).into_iter().collect(),
                ..Change::default()
            })
        };
        let tokens = self.tokens.iter().filter(|_| rng.percent(60)).map(|token| token.id.clone()).collect();
        let plan = Plan { account: self.account.clone(), operation, tokens };
        let batch = Batch { op, started: self.now, plan };
        self.batches.open.push(OpenBatch { record: batch, is_active: rng.percent(10) });
    }

    fn scopes(&self, rng: &mut Rng) -> Vec<ScopeInfo> {
        let mut scopes: Vec<ScopeInfo> = ["styles:read", "fonts:read", "uploads:write", "tokens:read", "tokens:write"]
            .map(|id| ScopeInfo {
                id: Scope::from(id),
                description: Untrusted::from(self.evil(rng)),
                public: id.starts_with("styles") || id.starts_with("fonts"),
                documented: true,
            })
            .to_vec();
        for number in 0..rng.below(4) {
            scopes.push(ScopeInfo {
                id: Scope::from(self.evil(rng).as_str()),
                description: Untrusted::from(self.evil(rng)),
                public: number == 0,
                documented: false,
            });
        }
        scopes
    }

    fn statistics(&self, rng: &mut Rng) -> Statistics {
        let end = self.now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let days = |rng: &mut Rng| (0..rng.below(9)).map(|_| (end, rng.below(1_000_000_000) as u64)).collect();
        let products = (0..rng.below(4)).map(|_| Product { name: self.evil(rng).into(), daily: days(rng) });
        let products = products.collect();
        let hosts = (0..rng.below(4)).map(|_| (self.evil(rng).into(), 7)).collect();
        Statistics { start: end, end, products, hosts, generated: Some(self.now) }
    }

    fn failure(&mut self, request: &Request, rng: &mut Rng) -> WorkError {
        let message = Untrusted::from(self.evil(rng));
        let broken = ApiError::Broken { host: "127.0.0.1:1".into(), cause: TransportError::Closed };
        if let (Request::Create { draft, .. }, true) = (request, rng.percent(50)) {
            // It may have been made all the same.
            let found = if rng.percent(50) {
                Outcome::SafeToResend
            } else {
                Outcome::Made(Arc::new(self.create(draft, true, rng).token))
            };
            let op = self.leave_open(draft, rng);
            return WorkError::Unclear { op, cause: broken, found: Box::new(found) };
        }
        let failures = [
            ApiError::Unreachable { host: "127.0.0.1:1".into(), cause: TransportError::Refused },
            broken,
            ApiError::Unauthorized { message: message.clone() },
            ApiError::Forbidden { status: 404, message: message.clone(), scope: Some("tokens:write") },
            ApiError::Forbidden { status: 404, message: message.clone(), scope: None },
            ApiError::NoSuchUser { username: self.evil(rng) },
            ApiError::Gone,
            ApiError::Refused { status: 422, message },
            ApiError::Redirected { status: 302 },
            ApiError::RateLimited { wait: Some(Duration::from_secs(9)) },
            ApiError::Server { status: 503 },
            ApiError::Unreadable("expected value at line 1 column 1".into()),
        ];
        let locks = [WorkError::Locked, WorkError::Cancelled];
        let failures: Vec<_> = failures.map(WorkError::Api).into_iter().chain(locks).collect();
        rng.of(&failures).clone()
    }
}
