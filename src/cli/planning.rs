//! What `diff`, `apply` and `lint --file` share: reading a file of tokens, looking at the account, and the plan that follows.
//!
//! Invariants: everything that can be found out about a plan is found out here, before anything is sent: the file, the account, its scopes,
//! what earlier runs left, and whether each value could be delivered where it should go.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};

use super::{
    failure::{Code, Failure},
    output::Output,
    session::Session,
};
use jiff::Timestamp;

use crate::{
    delivery::{Destination, Presence},
    os::{places, private_dir::PrivateDir},
    plan::{Account, Action, Fault, Plan, Saved, TokenFile, Unfinished, document::LONGEST, render::Mark},
    token::{AccountKey, Catalogue, Scope, Token, TokenId, Usage},
    untrusted::shown,
    work::{
        Reply, Request,
        journal::{Intent, OperationId, Outcome, Value},
    },
};

/// Faults of a file that are told at once.
const TOLD: usize = 50;

/// A file of tokens, or a saved plan.
#[derive(Debug)]
pub struct Loaded {
    /// As it was named.
    pub name: String,
    /// The folder where its relative paths start.
    pub folder: PathBuf,
    /// What it says.
    pub file: TokenFile,
    /// The plan it is, if it is one.
    pub saved: Option<Saved>,
}

/// The text of a file; `-` is standard input.
pub fn read(name: &str) -> Result<String, Failure> {
    let cannot = |error: &std::io::Error| Failure::local(format_args!("{} cannot be read", shown(name)), error);
    let mut bytes = Vec::new();
    let limit = LONGEST as u64 + 1;
    if name == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    } else {
        let file = File::open(name).map_err(|error| cannot(&error))?;
        file.take(limit).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("{} is not text in UTF-8", shown(name)), "Save it as UTF-8."))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Reads a file of tokens or a saved plan.
pub fn load(name: &str) -> Result<Loaded, Failure> {
    let text = read(name)?;
    match Saved::parse(&text) {
        Some(Ok(saved)) => {
            let folder = PathBuf::from(&saved.folder);
            Ok(Loaded { name: name.to_owned(), folder, file: saved.entries(), saved: Some(saved) })
        }
        Some(Err(why)) => Err(Failure::usage(
            format!("{} cannot be read: {}", shown(name), shown(&why)),
            "Make the plan anew with jeton diff --out.",
        )),
        None => {
            let file = TokenFile::parse(&text).map_err(|faults| faulty(name, &faults))?;
            let folder = Path::new(name).parent().unwrap_or(Path::new("")).to_owned();
            let folder = std::path::absolute(if folder.as_os_str().is_empty() { Path::new(".") } else { &folder });
            let folder = folder.map_err(|error| Failure::local("the folder of the file is not known", &error))?;
            Ok(Loaded { name: name.to_owned(), folder, file, saved: None })
        }
    }
}

/// Everything that is wrong with a file, a line for each.
pub fn faulty(name: &str, faults: &[Fault]) -> Failure {
    let count = faults.len();
    let mut message = format!("{} has {count} {}:", shown(name), if count == 1 { "error" } else { "errors" });
    for fault in faults.iter().take(TOLD) {
        message += &format!("\n  {}:{fault}", shown(name));
    }
    if count > TOLD {
        message += &format!("\n  and {} more", count - TOLD);
    }
    message.push('\n');
    Failure::usage(message, "Nothing was sent.")
}

/// What is known of the account.
pub struct Situation {
    key: AccountKey,
    /// All of its tokens.
    pub tokens: Vec<Arc<Token>>,
    catalogue: Catalogue,
    is_catalogue_complete: bool,
    held: Option<HashSet<Scope>>,
    own: Option<TokenId>,
    unfinished: Vec<Unfinished>,
    /// The records of earlier creates, by name.
    pub intents: HashMap<String, Intent>,
    /// Creates that were sent and did not come to pass.
    pub unmade: Vec<OperationId>,
    /// Creates of public tokens, whose values can be read at any time: there is nothing left to do about them.
    pub public: Vec<OperationId>,
}

impl Situation {
    /// Looks at the account. `own` is the id of the authorizing token.
    pub fn look(session: &mut Session, own: Option<TokenId>) -> Result<Self, Failure> {
        let asked = Timestamp::now();
        let tokens = session.tokens()?;
        let (catalogue, is_catalogue_complete) = match session.call(Request::Scopes) {
            Ok(Reply::Scopes(scopes)) => (Catalogue::from_server(scopes), true),
            // It may not be allowed to ask; the documented scopes have to do.
            _ => (Catalogue::bundled(), false),
        };
        let of_own = own.as_ref().and_then(|own| tokens.iter().find(|token| token.id == *own));
        let held = of_own.map(|token| token.scopes.iter().cloned().collect());
        let key = session.account().clone();
        let mut situation = Self {
            key,
            tokens,
            catalogue,
            is_catalogue_complete,
            held,
            own,
            unfinished: Vec::new(),
            intents: HashMap::new(),
            unmade: Vec::new(),
            public: Vec::new(),
        };
        let recovery = session.journal().recovery().map_err(|why| Failure::plain(Code::Local, why))?;
        for open in recovery.of(&situation.key.clone()) {
            let op = open.intent.op.to_string();
            let mut add = |token: &TokenId, has_value| {
                situation.unfinished.push(Unfinished { op: op.clone(), token: token.clone(), has_value });
            };
            match (&open.value, open.judge(&situation.tokens, asked)) {
                (_, Outcome::Made(token)) if token.usage == Usage::Public => {
                    situation.public.push(open.intent.op.clone());
                }
                (Value::Whole { token, .. }, _) => add(token, true),
                (_, outcome @ (Outcome::Made(_) | Outcome::Several(_))) => {
                    outcome.candidates().iter().for_each(|token| add(&token.id, false));
                }
                (_, Outcome::SafeToResend | Outcome::TooEarly(_)) => situation.unmade.push(open.intent.op.clone()),
                (_, Outcome::Gone(_) | Outcome::Unknown(_)) => {}
            }
            situation.intents.insert(op, open.intent.clone());
        }
        Ok(situation)
    }

    /// The plan that follows from a file, with what is wrong with the places its values should go to.
    pub fn plan(&self, loaded: &Loaded, prune: bool) -> Plan {
        let account = Account {
            key: &self.key,
            tokens: &self.tokens,
            catalogue: &self.catalogue,
            is_catalogue_complete: self.is_catalogue_complete,
            held: self.held.as_ref(),
            own: self.own.clone(),
            unfinished: &self.unfinished,
        };
        let mut plan = Plan::new(&loaded.file, &account, prune);
        for (step, entry) in plan.steps.iter_mut().zip(&loaded.file.entries) {
            if !matches!(step.action, Action::Create { .. }) && step.waiting.is_none() {
                continue;
            }
            let intent = step.waiting.as_ref().and_then(|op| self.intents.get(op));
            for place in &step.deliver {
                let checked = place.destination(&loaded.folder).and_then(|place| match intent {
                    Some(intent) if is_delivered(intent, &place) => Ok(()),
                    _ => place.check(),
                });
                if let Err(why) = checked {
                    step.errors.push(Fault::new(entry.places.deliver, why.0));
                }
            }
        }
        plan
    }
}

/// Whether an earlier run put the value there.
pub fn is_delivered(intent: &Intent, place: &Destination) -> bool {
    intent
        .delivered()
        .any(|(there, presence)| there == place && matches!(presence, Presence::There | Presence::Unknown))
}

/// Waits for the turn of this process: what is planned for an account is carried out before anybody else plans. Until the handle is dropped.
pub fn take_turn(account: &AccountKey, output: &Output) -> Result<File, Failure> {
    let dir = places::state_dir(&|name| std::env::var_os(name)).ok_or_else(|| {
        Failure::new(Code::Local, "there is no place for records", "Set JETON_STATE_DIR to a directory.")
    })?;
    let dir = PrivateDir::at(dir.join("turns"));
    // The name of a file everywhere, whatever the account is called.
    let digest = Sha256::digest(format!("{}\n{}", account.username, account.host));
    let name = digest.iter().take(8).fold(String::new(), |name, byte| format!("{name}{byte:02x}"));
    let lock = |waits| {
        dir.lock(&name, waits).map_err(|error: std::io::Error| Failure::local("the account cannot be locked", &error))
    };
    if let Some(turn) = lock(false)? {
        return Ok(turn);
    }
    output.say("Waiting for another jeton apply on this account to finish…");
    lock(true)?.ok_or_else(|| Failure::plain(Code::Local, "the account cannot be locked"))
}

/// Shows a plan on standard error or, as data, on standard output.
pub fn show(plan: &Plan, name: &str, is_data: bool, output: &mut Output) -> Result<(), Failure> {
    let styles = if is_data { output.styles() } else { output.ink_of_talk() };
    let account = &plan.account;
    let head = format!("{} against {} on {}", shown(name), shown(&account.username), shown(&account.host));
    let mut lines = vec![styles.title(&head).to_string()];
    lines.extend(plan.lines().iter().map(|line| match line.mark {
        Mark::Create => styles.good(line).to_string(),
        Mark::Delete | Mark::Error => styles.error(line).to_string(),
        Mark::Change | Mark::Warning => styles.warning(line).to_string(),
        Mark::Keep => styles.faint(line).to_string(),
    }));
    lines.push(format!("Plan: {}.", plan.counts()));
    for line in lines {
        if is_data {
            output.line(line)?;
        } else {
            output.say(line);
        }
    }
    Ok(())
}

/// What is in the way of a plan, if anything is.
pub fn refused(plan: &Plan) -> Result<(), Failure> {
    match plan.counts().errors {
        0 => Ok(()),
        count => Err(Failure::new(
            Code::Refused,
            format!("{count} {} in the plan", if count == 1 { "error" } else { "errors" }),
            "Nothing was changed.",
        )),
    }
}

/// A token without its value.
pub fn bare(token: &Token) -> Token {
    Token { token: None, ..token.clone() }
}

/// Whether a create leaves a value that is shown once.
pub fn is_secret(token: &Token) -> bool {
    token.usage == Usage::Secret
}
