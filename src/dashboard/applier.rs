//! Tokens as code from the dashboard: writing a file, comparing one with the account, and applying what was accepted of it; on a thread of its
//! own, for all of that waits for the network and the disk.
//!
//! Invariants: each [`ApplyOrder`] is answered by exactly one [`Applied`] but [`Applied::Step`]; a file is never overwritten, only brought up to
//! date when that was asked for; what is applied is what was reviewed: a plan that has become another one meanwhile is refused.

use std::{collections::HashSet, io::Write as _, sync::Arc, thread};

use jiff::Timestamp;

use super::{clock, event::Event, folders, rotator::Rotator};
use crate::{
    delivery::Terminal,
    plan::{Format, Plan, export},
    token::{Token, TokenId},
    untrusted::shown,
    work::apply::{self, Applying, Connection as _, Loaded, Report, Seen, Situation},
};

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplyOrder {
    /// Write tokens to a file.
    Export {
        /// The file, as it was typed.
        file: String,
        /// All tokens of the account.
        tokens: Arc<Vec<Arc<Token>>>,
        /// Which of them are meant.
        chosen: HashSet<TokenId>,
        /// Whether a file that is there is brought up to date.
        update: bool,
    },
    /// Compare a file with the account.
    Compare(String),
    /// Apply this much of a file, as it was reviewed.
    Apply(String, Box<Plan>),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The file was written: what there is to say.
    Exported(Result<String, NotExported>),
    /// What the file would change, deletions included.
    Compared(Result<Box<Plan>, String>),
    /// Not the end yet: so many steps are done.
    Step(usize),
    /// All was done that could be; with what there is to know.
    Done(Result<(Box<Report>, Vec<String>), String>),
}

/// Why a file was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotExported {
    /// There is one of that name.
    Exists,
    /// Something else, in a sentence for people.
    Failed(String),
}

/// Does what is asked, on a thread, and answers with an event.
pub fn take(rotator: &Rotator, order: ApplyOrder) {
    let rotator = rotator.clone();
    let work = move || {
        let applied = match order {
            ApplyOrder::Export { file, tokens, chosen, update } => {
                Applied::Exported(write(&file, &tokens, &chosen, update))
            }
            ApplyOrder::Compare(file) => Applied::Compared(compare(&rotator, &file).map(Box::new)),
            ApplyOrder::Apply(file, plan) => Applied::Done(carry_out(&rotator, &file, &plan)),
        };
        tell(&rotator, applied);
    };
    // Without a thread nothing is asked; it can be asked again.
    let _unasked = thread::Builder::new().name("apply".into()).spawn(work);
}

/// Fails when the dashboard is over already.
fn tell(rotator: &Rotator, applied: Applied) {
    let _over = rotator.events.send(Event::Applied(Box::new(applied)));
}

fn write(file: &str, tokens: &[Arc<Token>], chosen: &HashSet<TokenId>, update: bool) -> Result<String, NotExported> {
    let path = folders::expand(file.trim());
    let name = shown(file.trim()).into_owned();
    let cannot = |error: std::io::Error| NotExported::Failed(format!("{name} can't be written: {error}"));
    if update {
        let old = apply::read(&path.to_string_lossy()).map_err(|error| NotExported::Failed(error.to_string()))?;
        let updated = export::update(&old, tokens, |token| chosen.contains(&token.id))
            .map_err(|faults| NotExported::Failed(faults.first().map(ToString::to_string).unwrap_or_default()))?;
        if updated.text != old {
            let path = path.canonicalize().map_err(cannot)?;
            let metadata = path.metadata().map_err(cannot)?;
            crate::os::file::replace_like(&path, updated.text.as_bytes(), Some(&metadata), || Ok(()))
                .map_err(cannot)?;
        }
        let (added, changed) = (updated.added.len(), updated.changed.len());
        return Ok(format!("{name}: {added} added, {changed} changed."));
    }
    let chosen: Vec<Arc<Token>> = tokens.iter().filter(|token| chosen.contains(&token.id)).cloned().collect();
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let text = export::export(&chosen, if is_json { Format::Json } else { Format::Toml });
    let mut new = match std::fs::File::create_new(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Err(NotExported::Exists),
        new => new.map_err(cannot)?,
    };
    new.write_all(text.as_bytes()).map_err(cannot)?;
    let count = chosen.len();
    Ok(format!("Wrote {count} token{} to {name}.", if count == 1 { "" } else { "s" }))
}

/// A file, what is known of the account, and what would be done.
fn look(rotator: &Rotator, file: &str) -> Result<(crate::rotation::Remote, Loaded, Situation, Plan), String> {
    let path = folders::expand(file.trim());
    let loaded = apply::load(&path.to_string_lossy()).map_err(|error| error.to_string())?;
    if loaded.saved.is_some() {
        return Err(format!("{} is a saved plan; apply it with jeton apply", shown(file)));
    }
    let (mut remote, endpoint) = rotator.remote().map_err(|error| error.to_string())?;
    let situation = Situation::look(&mut remote, endpoint.token_id()).map_err(|error| error.to_string())?;
    let plan = situation.plan(&loaded, true);
    Ok((remote, loaded, situation, plan))
}

fn compare(rotator: &Rotator, file: &str) -> Result<Plan, String> {
    look(rotator, file).map(|(_, _, _, plan)| plan)
}

fn carry_out(rotator: &Rotator, file: &str, reviewed: &Plan) -> Result<(Box<Report>, Vec<String>), String> {
    let (remote, _) = rotator.remote().map_err(|error| error.to_string())?;
    let turn = apply::take_turn(remote.account(), false).map_err(|error| error.to_string())?;
    let _turn = turn.ok_or("another jeton applies a file to this account; try again when it is done")?;
    let (mut remote, loaded, situation, mut plan) = look(rotator, file)?;
    let keys: HashSet<&str> = reviewed.steps.iter().map(|step| &*step.key).collect();
    let ids: HashSet<&TokenId> = reviewed.absent.iter().map(|absent| &absent.token.id).collect();
    plan.steps.retain(|step| keys.contains(&*step.key));
    plan.absent.retain(|absent| ids.contains(&absent.token.id));
    if plan != *reviewed {
        return Err("the account or the file has changed since; compare it again".to_owned());
    }
    if plan.counts().errors > 0 {
        return Err("something of it can't be done; leave it out, or change the file".to_owned());
    }
    if let Some(until) = situation.settles(&plan) {
        return Err(settling(until, clock::now()));
    }
    let (mut steps, mut warnings) = (0, Vec::new());
    let mut seen = |seen| match seen {
        Seen::Step => {
            steps += 1;
            tell(rotator, Applied::Step(steps));
        }
        Seen::Warning(text) => warnings.push(text),
    };
    let mut applying = Applying {
        connection: &mut remote,
        situation: &situation,
        loaded: &loaded,
        terminal: Terminal::Ours,
        seen: &mut seen,
        report: Report::default(),
    };
    let deletes = plan.deleted().next().is_some();
    applying.carry_out(&plan, deletes);
    let report = Box::new(applying.report);
    Ok((report, warnings))
}

fn settling(until: Timestamp, now: Timestamp) -> String {
    let left = crate::token::time::approximate(until.duration_since(now));
    format!("an earlier run was interrupted, and the server may still create one of its tokens; try again in {left}")
}

/// What a file is called when nobody has said so.
pub const USUAL_FILE: &str = "tokens.toml";
