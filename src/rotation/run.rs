//! [`Run`]: carries a rotation from one stage to the next. Both front ends run it, each with its own way to the server.
//!
//! Invariants: every stage can be repeated, for it looks at what there is before it does anything; a fact is on record before the next
//! stage begins; the old token is deleted last, only when that is allowed in so many words, and only while the successor exists, has
//! been found to work and is everywhere it was to go.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{
    change::{self, Change, State, digest_of},
    error::{Kind, RotationError},
    journal::Held,
    places::{Places, path_shown},
    record::{NOWHERE, Rotation, Stage, Successor},
};
use crate::{
    api::{ApiError, Probed, verdict::Code},
    delivery::{Presence, Terminal},
    os::failpoint::reached,
    scan::{Digest, Progress},
    secret::Secret,
    token::{AllowedUrl, Patch, Token, TokenId, Usage},
    untrusted::Untrusted,
    work::{Reply, Request, WorkError, journal::CreateJournal},
};

/// Pauses before a new token is asked about again: it may take a moment until every server knows it.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// Most values that are asked about to tell the token from damaged copies.
const MOST_VALUES: usize = 20;

/// The page on which the default public token of a hosted account is refreshed.
pub const PAGE: &str = "https://console.mapbox.com/account/access-tokens/";

/// The way to the server, as each front end has it.
pub trait Server {
    /// One request and its reply.
    fn call(&mut self, request: Request) -> Result<Reply, WorkError>;

    /// All tokens of the account.
    fn tokens(&mut self) -> Result<Vec<Arc<Token>>, WorkError>;

    /// The records of creates, and the copies of values that are not stored yet.
    fn journal(&self) -> &CreateJournal;

    /// Whether the default public token can be refreshed by a call: a sandbox's.
    fn can_refresh(&self) -> bool;

    /// Waits.
    fn pause(&mut self, long: Duration) {
        std::thread::park_timeout(long);
    }
}

/// What happens on the way, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotationEvent {
    /// A stage begins.
    Stage(Stage),
    /// Something people should know.
    Note(String),
    /// A file was changed: how many of how many.
    File(usize, usize),
}

/// How far a run came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It goes on by itself not before this time.
    Waits(Timestamp),
    /// What is next takes something from the old token, and that was not allowed yet.
    Due,
    /// The old token is deleted.
    Done,
}

/// A rotation under way.
pub struct Run<'a, S> {
    /// What is on record.
    pub held: &'a mut Held,
    /// The way to the server.
    pub server: &'a mut S,
    /// Whose the terminal is while a command runs.
    pub terminal: Terminal,
    /// Whether the old token may be quarantined and deleted when its time has come.
    pub may_delete: bool,
    /// Who is told.
    pub tell: &'a mut dyn FnMut(RotationEvent),
}

impl<S: Server> Run<'_, S> {
    /// Goes on until there is something to wait for, or nothing left to do. The record is still there then.
    ///
    /// # Errors
    /// Why it does not go on. What has been done is on record, and the run can be repeated.
    pub fn advance(&mut self) -> Result<End, RotationError> {
        if self.held.rotation.undo.is_some() {
            let op = &self.held.rotation.op;
            let next = format!("Finish that with jeton rotate --undo {op}.");
            return Err(RotationError::new(Kind::Refused, "this rotation is being undone", next));
        }
        let mut searched_again = false;
        loop {
            let rotation = &self.held.rotation;
            let stage = rotation.stage();
            if let Some(time) = rotation.waits_until().filter(|time| *time > Timestamp::now()) {
                return Ok(End::Waits(time));
            }
            let takes = matches!(stage, Stage::Quarantine | Stage::Delete) && !rotation.old.default;
            if takes && !self.may_delete {
                return Ok(End::Due);
            }
            (self.tell)(RotationEvent::Stage(stage));
            reached("rotation: a stage begins");
            match stage {
                Stage::Create => self.create()?,
                Stage::Verify => self.verify()?,
                Stage::Deliver => self.deliver()?,
                Stage::Replace => self.replace()?,
                Stage::Grace => self.begin_grace()?,
                Stage::Quarantine => self.quarantine()?,
                Stage::Delete => {
                    // Another branch may have been checked out since, or an old file copied back.
                    if !searched_again && self.is_back()? {
                        searched_again = true;
                        self.held.rotation.replaced = None;
                        self.save()?;
                        continue;
                    }
                    self.delete()?;
                    return Ok(End::Done);
                }
            }
        }
    }

    pub(super) fn rotation(&mut self) -> &mut Rotation {
        &mut self.held.rotation
    }

    pub(super) fn save(&mut self) -> Result<(), RotationError> {
        self.held.save().map_err(|why| RotationError::unrecorded(&why))
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        (self.tell)(RotationEvent::Note(note.into()));
    }

    fn verify(&mut self) -> Result<(), RotationError> {
        let Some(value) = self.value_or_start_over()? else { return Ok(()) };
        let id = self.held.rotation.successor.as_ref().map(|new| new.id.clone());
        self.again_and_again(|run| {
            let verdict = match run.server.call(Request::Verify(value.clone()))? {
                Reply::Verdict(verdict) => verdict,
                other => unreachable!("a verdict was asked for, not {other:?}"),
            };
            let is_it = verdict.token.as_ref().and_then(|claims| claims.authorization.as_ref());
            if verdict.code != Code::Valid || is_it.is_some_and(|authorization| Some(authorization) != id.as_ref()) {
                return Ok(Err(format!("the server says that the successor {}", verdict.code.words())));
            }
            Ok(Ok(()))
        })?;
        if self.held.rotation.old.usage == Usage::Public {
            self.probe(&value)?;
        }
        reached("rotation: the successor works");
        self.rotation().verified = Some(Timestamp::now());
        self.save()
    }

    /// Tries the successor from a page of each allowed URL.
    fn probe(&mut self, value: &Secret) -> Result<(), RotationError> {
        let wanted = self.held.rotation.wanted.clone();
        if wanted.allowed_urls.is_empty() {
            return Ok(());
        }
        if !wanted.scopes.iter().any(|scope| scope.id() == "styles:tiles") {
            self.note("not tested on its allowed URLs: it lacks styles:tiles");
            return Ok(());
        }
        for entry in &wanted.allowed_urls {
            if AllowedUrl::parse(entry).is_err() {
                self.note(format!("not tested on {}: no page can match it", crate::untrusted::shown(entry)));
                continue;
            }
            let referer = if entry.contains("://") { entry.clone() } else { format!("https://{entry}") };
            self.again_and_again(|run| {
                let request = Request::Probe { value: value.clone(), referer: referer.clone() };
                match run.server.call(request)? {
                    Reply::Probed(Probed::Allowed) => Ok(Ok(())),
                    Reply::Probed(Probed::Unclear { status, .. }) => {
                        run.note(format!(
                            "not tested on {}: the server answered {status}",
                            crate::untrusted::shown(&referer)
                        ));
                        Ok(Ok(()))
                    }
                    Reply::Probed(Probed::Refused(message) | Probed::NotAccepted(message)) => Ok(Err(format!(
                        "the successor is refused on {}: {}",
                        crate::untrusted::shown(&referer),
                        message.shown()
                    ))),
                    other => unreachable!("a trial was asked for, not {other:?}"),
                }
            })?;
        }
        Ok(())
    }

    /// Asks again for a while: a new token may not be known everywhere yet.
    fn again_and_again(
        &mut self,
        mut ask: impl FnMut(&mut Self) -> Result<Result<(), String>, WorkError>,
    ) -> Result<(), RotationError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let Err(why) = ask(self)? else { return Ok(()) };
            let Some(pause) = pauses.next() else {
                let op = &self.held.rotation.op;
                let next = format!(
                    "A new token can take a few minutes to work everywhere. Continue with jeton rotate --resume {op}, or undo it \
                        with --undo {op}. Nothing has been replaced yet."
                );
                return Err(RotationError::new(Kind::TryAgain, why, next));
            };
            self.server.pause(pause);
        }
    }

    fn deliver(&mut self) -> Result<(), RotationError> {
        let Some(value) = self.value_or_start_over()? else { return Ok(()) };
        for index in 0..self.held.rotation.deliveries.len() {
            if self.held.rotation.deliveries.get(index).is_none_or(|delivery| delivery.done.is_some()) {
                continue;
            }
            self.deliver_to(index, &value)?;
        }
        let failed: Vec<String> =
            self.held.rotation.deliveries.iter().filter_map(|delivery| delivery.failed.clone()).collect();
        if failed.is_empty() {
            return Ok(());
        }
        let (op, count) = (&self.held.rotation.op, self.held.rotation.deliveries.len());
        Err(RotationError::new(
            Kind::Undelivered,
            format!("{} of {count} destinations did not get the value: {}", failed.len(), failed.join(" ")),
            format!(
                "The old token still works. Try those again with jeton rotate --resume {op}, or undo it with --undo {op}."
            ),
        ))
    }

    fn deliver_to(&mut self, index: usize, value: &Secret) -> Result<(), RotationError> {
        let Some(delivery) = self.held.rotation.deliveries.get(index).cloned() else { return Ok(()) };
        let is_there = delivery.to.presence(&value.digest()) == Presence::There;
        let path = delivery.to.path().map(ToOwned::to_owned);
        if let (Some(path), false) = (&path, is_there) {
            change::tidy(path);
            let change = Change::of_delivery(path, value).map_err(|error| local(path, &error))?;
            let changes = &mut self.held.rotation.changes;
            // What an earlier attempt has noted is what the file was before that attempt; it has changed nothing.
            changes.retain(|other| other.path != *path || other.after.is_some());
            changes.push(change);
            self.save()?;
        }
        reached("rotation: about to deliver");
        let result = if is_there { Ok(None) } else { delivery.to.deliver(value, self.terminal).map(Some) };
        reached("rotation: delivered");
        let content = path.as_ref().and_then(|path| change::read(path).ok().flatten());
        let after = content.map(|(content, _)| Digest::of(&content));
        let rotation = &mut self.held.rotation;
        match &result {
            Ok(_) => {
                let open = rotation
                    .changes
                    .iter_mut()
                    .find(|change| Some(&change.path) == path.as_ref() && change.after.is_none());
                if let Some(change) = open {
                    change.after = after;
                }
            }
            // It has changed nothing.
            Err(_) => rotation.changes.retain(|change| Some(&change.path) != path.as_ref() || change.after.is_some()),
        }
        if let Some(delivery) = rotation.deliveries.get_mut(index) {
            match result {
                Ok(stored) => {
                    (delivery.done, delivery.failed) = (Some(Timestamp::now()), None);
                    if let Some(stored) = stored {
                        let note = format!("the successor's value is {stored}");
                        (self.tell)(RotationEvent::Note(note));
                    }
                }
                Err(error) => delivery.failed = Some(error.to_string()),
            }
        }
        self.save()
    }

    /// The places of the old token itself, without damaged copies of it.
    pub(super) fn places(&mut self) -> Result<Places, RotationError> {
        let rotation = &self.held.rotation;
        let mut places = search(rotation)?;
        let known = genuine(self.server, rotation.old.digest, &mut places)?;
        if self.held.rotation.old.digest.is_none() && known.is_some() {
            self.rotation().old.digest = known;
        }
        Ok(places)
    }

    fn replace(&mut self) -> Result<(), RotationError> {
        if self.held.rotation.terms.write {
            let places = self.places()?;
            refuse_hindrances(&places)?;
            if let Some(digest) = self.held.rotation.old.digest {
                let Some(value) = self.value_or_start_over()? else { return Ok(()) };
                self.replace_in(&places, &digest, &value)?;
            }
        }
        self.let_go_of_value()?;
        self.rotation().replaced = Some(Timestamp::now());
        self.save()
    }

    fn replace_in(&mut self, places: &Places, digest: &Digest, value: &Secret) -> Result<(), RotationError> {
        let old = self.held.rotation.old.id.clone();
        for change in &self.held.rotation.changes {
            change::tidy(&change.path);
        }
        let mut planned = Vec::new();
        for target in &places.targets {
            let change =
                Change::plan(&target.path, &old, digest, value).map_err(|error| local(&target.path, &error))?;
            planned.extend(change);
        }
        let changes = &mut self.held.rotation.changes;
        // What an earlier run planned and did not do is planned anew.
        changes.retain(|change| change.is_of_delivery() || !matches!(change.state(), Ok(State::Before)));
        changes.extend(planned.iter().cloned());
        self.save()?;
        reached("rotation: the files are about to be changed");
        let mut failed = Vec::new();
        for (index, change) in planned.iter().enumerate() {
            match change.apply(&old, digest, value) {
                Ok(true) => {}
                Ok(false) => failed.push(format!("{} was changed at the same time", path_shown(&change.path))),
                Err(error) => failed.push(format!("{}: {error}", path_shown(&change.path))),
            }
            (self.tell)(RotationEvent::File(index + 1, planned.len()));
        }
        if failed.is_empty() {
            return Ok(());
        }
        let op = &self.held.rotation.op;
        Err(RotationError::new(
            Kind::Local,
            format!("{} of {} files were not changed: {}", failed.len(), planned.len(), failed.join("; ")),
            format!(
                "The old token still works. Continue with jeton rotate --resume {op}, or undo it with --undo {op}."
            ),
        ))
    }

    /// The value is stored, so the backup copy may go.
    fn let_go_of_value(&mut self) -> Result<(), RotationError> {
        let Some(Successor { op: Some(op), id }) = self.held.rotation.successor.clone() else { return Ok(()) };
        let rotation = &self.held.rotation;
        let is_stored =
            !rotation.deliveries.is_empty() || rotation.changes.iter().any(|change| change.successor(&id).is_some());
        let journal = self.server.journal();
        let recovery = journal.recovery().map_err(|why| RotationError::unrecorded(&why))?;
        let is_open = recovery.open.iter().any(|open| open.intent.op == op);
        if is_open && !is_stored {
            let name = &self.held.rotation.op;
            return Err(RotationError::new(
                Kind::Undelivered,
                "the successor exists, but its value has not been stored anywhere",
                format!("Choose a destination: jeton rotate --resume {name} --to-file FILE"),
            ));
        }
        if is_open {
            journal.settle(&op).map_err(|why| RotationError::unrecorded(&why))?;
        }
        if let Some(successor) = &mut self.held.rotation.successor {
            successor.op = None;
        }
        Ok(())
    }

    fn begin_grace(&mut self) -> Result<(), RotationError> {
        for id in self.held.rotation.lost.clone() {
            self.delete_token(&id)?;
        }
        let rotation = self.rotation();
        rotation.lost.clear();
        let end = Timestamp::now().checked_add(rotation.terms.grace()).unwrap_or(Timestamp::MAX);
        rotation.due = Some(end);
        self.save()
    }

    fn quarantine(&mut self) -> Result<(), RotationError> {
        self.check_successor()?;
        let tokens = self.server.tokens()?;
        let id = self.held.rotation.old.id.clone();
        if let Some(old) = tokens.iter().find(|token| token.id == id) {
            if !is_quarantined(old) {
                // Somebody may have changed it during the grace period.
                self.rotation().old.allowed_urls.clone_from(&old.allowed_urls);
                self.save()?;
            }
            let patch = Patch { allowed_urls: Some(Some(vec![NOWHERE.into()])), ..Patch::default() };
            self.server.call(Request::Update { id, patch })?;
        }
        reached("rotation: the old token is quarantined");
        self.rotation().quarantined = Some(Timestamp::now());
        self.save()
    }

    /// Whether the old token stands in files again, and was to be replaced there.
    fn is_back(&mut self) -> Result<bool, RotationError> {
        let Rotation { terms, old, .. } = &self.held.rotation;
        let are_there = terms.folders.iter().all(|folder| folder.exists());
        if !terms.write || old.default || !are_there {
            return Ok(false);
        }
        Ok(self.places()?.count() > 0)
    }

    /// The successor must exist, and work if its value is at hand.
    fn check_successor(&mut self) -> Result<(), RotationError> {
        let id = self.held.rotation.successor.as_ref().map(|new| new.id.clone());
        let tokens = self.server.tokens()?;
        if !tokens.iter().any(|token| Some(&token.id) == id.as_ref()) {
            return Err(self.successor_gone());
        }
        let Some(value) = self.value()? else { return Ok(()) };
        match self.server.call(Request::Verify(value))? {
            Reply::Verdict(verdict) if verdict.code == Code::Valid => Ok(()),
            Reply::Verdict(verdict) => Err(RotationError::new(
                Kind::TryAgain,
                format!("the server says that the successor {}; the old token was not deleted", verdict.code.words()),
                format!("Try again with jeton rotate --resume {}.", self.held.rotation.op),
            )),
            other => unreachable!("a verdict was asked for, not {other:?}"),
        }
    }

    fn delete(&mut self) -> Result<(), RotationError> {
        self.check_successor()?;
        reached("rotation: about to delete the old token");
        if !self.held.rotation.old.default {
            let id = self.held.rotation.old.id.clone();
            self.delete_token(&id)?;
        }
        reached("rotation: the old token is deleted");
        Ok(())
    }

    /// Deletes a token, which may be gone already.
    pub(super) fn delete_token(&mut self, id: &TokenId) -> Result<(), RotationError> {
        match self.server.call(Request::Delete(id.clone())) {
            Ok(_) | Err(WorkError::Api(ApiError::Gone)) => {}
            Err(error) => {
                if !error.outcome_is_unknown() {
                    return Err(error.into());
                }
                let tokens = self.server.tokens()?;
                if tokens.iter().any(|token| token.id == *id) {
                    return Err(error.into());
                }
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Whether a token is restricted to the host that does not exist.
pub(super) fn is_quarantined(token: &Token) -> bool {
    matches!(token.urls(), [only] if only.raw() == NOWHERE)
}

/// What lifts a quarantine.
pub(super) fn lifting(urls: Option<&Vec<Untrusted>>) -> Patch {
    Patch { allowed_urls: Some(urls.cloned().filter(|urls| !urls.is_empty())), ..Patch::default() }
}

/// Looks for the old token where that was agreed.
pub(super) fn search(rotation: &Rotation) -> Result<Places, RotationError> {
    let Rotation { old, terms, .. } = rotation;
    Places::search(&old.id, old.usage, terms, &Progress::default())
        .map_err(|why| RotationError::new(Kind::NotFound, why, "Check the folders to scan."))
}

/// Tells the token itself from damaged copies that have its id: by its digest where that is known, else by asking the server.
pub(super) fn genuine(
    server: &mut impl Server,
    digest: Option<Digest>,
    places: &mut Places,
) -> Result<Option<Digest>, RotationError> {
    let mut digest = digest;
    if digest.is_none() {
        for (candidate, value) in places.values.iter().take(MOST_VALUES) {
            match server.call(Request::Verify(value.clone()))? {
                Reply::Verdict(verdict) if verdict.code == Code::Valid => digest = Some(*candidate),
                _ => {}
            }
        }
    }
    match &digest {
        Some(digest) => places.keep(digest),
        None => places.keep(&digest_of(&Secret::new(""))),
    }
    Ok(digest)
}

/// Nothing is changed while something speaks against a file: the old token would go on being used there.
pub(super) fn refuse_hindrances(places: &Places) -> Result<(), RotationError> {
    let hindered: Vec<_> = places.targets.iter().filter(|target| !target.hindrances.is_empty()).collect();
    if hindered.is_empty() {
        return Ok(());
    }
    let mut options: Vec<&str> =
        hindered.iter().flat_map(|target| &target.hindrances).filter_map(super::Hindrance::option).collect();
    options.sort_unstable();
    options.dedup();
    let lines: Vec<String> = hindered
        .iter()
        .map(|target| {
            let why: Vec<String> = target.hindrances.iter().map(ToString::to_string).collect();
            format!("\n  {} {}", path_shown(&target.path), why.join(", and "))
        })
        .collect();
    let allow = if options.is_empty() { String::new() } else { format!(", allow it with {}", options.join(" ")) };
    Err(RotationError::new(
        Kind::Refused,
        format!("{} should not be changed:{}\n", super::count(hindered.len(), "file"), lines.concat()),
        format!("Commit or fix them first{allow}, or skip them with --exclude GLOB."),
    ))
}

fn local(path: &std::path::Path, error: &std::io::Error) -> RotationError {
    RotationError::new(Kind::Local, format!("{}: {error}", path_shown(path)), "Fix that, then resume the rotation.")
}
