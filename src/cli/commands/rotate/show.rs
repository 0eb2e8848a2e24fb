//! What `jeton rotate` tells: the plan, the stages as they pass, the list, the end.

use std::{
    io::{self, Write as _},
    path::Path,
};

use jiff::Timestamp;

use crate::cli::{
    exit::Exit,
    failure::Failure,
    output::Output,
    table::{Cell, Column, Table},
};
use crate::{
    rotation::{
        OpenRotations, Plan, Report, Rotation, RotationEvent, Stage, Target, Undoing, count, markdown, path_shown,
        sentence,
    },
    token::{TokenId, time},
};

/// Most files of a plan that are named.
const NAMED: usize = 50;

/// The stages as they pass, on standard error.
pub struct Shown<'a> {
    output: &'a Output,
    is_counting: bool,
}

impl<'a> Shown<'a> {
    /// Nothing yet.
    pub fn new(output: &'a Output) -> Self {
        Self { output, is_counting: false }
    }

    /// Something happened.
    pub fn tell(&mut self, seen: &RotationEvent) {
        match seen {
            RotationEvent::Stage(Stage::Grace) => {}
            RotationEvent::Stage(stage) => {
                self.clear();
                if !self.output.is_json() {
                    self.output.say(format_args!("{} …", stage.title()));
                }
            }
            RotationEvent::Note(note) => {
                self.clear();
                self.output.say(format_args!("  {note}"));
            }
            RotationEvent::File(done, total) if self.output.shows_progress() => {
                self.is_counting = true;
                let _unseen = write!(io::stderr(), "\r  {done} of {total} files");
            }
            RotationEvent::File(..) => {}
        }
    }

    /// Ends a line that counts.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.is_counting) {
            let _unseen = write!(io::stderr(), "\r\u{1b}[K");
        }
    }
}

/// A token without its value: its kind and the end of its id.
fn short(kind: &str, id: &TokenId) -> String {
    let id = id.shown();
    let end: String = id.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    format!("{kind}.…{end}")
}

/// Shows a plan on standard error, with a difference for each file, without values.
pub fn describe(plan: &Plan, output: &Output) {
    let rotation = &plan.rotation;
    let (old, wanted, terms) = (&rotation.old, &rotation.wanted, &rotation.terms);
    let styles = output.ink_of_talk();
    output.say(format_args!("{} ({}, {})", styles.title(rotation.title()), old.usage.word(), old.id.shown()));
    if old.default {
        output.warn(
            "this is the default public token: refreshing it stops the current one everywhere, immediately; there is no grace \
                period and no undo",
        );
    }
    let scopes: Vec<_> = wanted.scopes.iter().map(crate::token::Scope::shown).collect();
    let scopes = if scopes.is_empty() { "no scopes".to_owned() } else { scopes.join(", ") };
    output.say(format_args!("  Successor: \"{}\" with {scopes}", crate::untrusted::shown(&wanted.note)));
    if !wanted.allowed_urls.is_empty() {
        output.say(format_args!("  Allowed URLs: {}", crate::untrusted::shown(&wanted.allowed_urls.join(", "))));
    }
    for delivery in &rotation.deliveries {
        output.say(format_args!("  Deliver to: {}", delivery.to));
    }
    if !terms.folders.is_empty() {
        let verb = if terms.write { "Replace" } else { "Found" };
        let places = plan.places.count();
        output.say(format_args!(
            "  {verb}: {} in {} ({} searched)",
            count(places, "place"),
            count(plan.places.targets.len(), "file"),
            count(usize::try_from(plan.places.files).unwrap_or(usize::MAX), "file")
        ));
        for target in plan.places.targets.iter().take(NAMED) {
            differ(rotation, target, output);
        }
        if plan.places.targets.len() > NAMED {
            output.say(format_args!("    and {} more", count(plan.places.targets.len() - NAMED, "file")));
        }
    }
    if let Some(watch) = &plan.watch {
        output.say(format_args!("  Usage: {}", watch.sentence()));
    }
    if !old.default {
        let grace = time::approximate(terms.grace());
        let then = if terms.quarantine { "quarantined for 24 hours, then deleted" } else { "deleted" };
        let when = if terms.grace == 0 { "at the end".to_owned() } else { format!("after {grace}") };
        output.say(format_args!("  Old token: {then} {when}"));
    }
    for caution in &plan.cautions {
        output.warn(caution);
    }
}

/// One file's difference.
fn differ(rotation: &Rotation, target: &Target, output: &Output) {
    let path = target.path.strip_prefix(&rotation.directory).unwrap_or(&target.path);
    let styles = output.ink_of_talk();
    output.say(format_args!("    {}", path_shown(path)));
    let (old, kind) = (short(&rotation.old.usage.to_string(), &rotation.old.id), rotation.old.usage);
    for spot in &target.places {
        let context = spot.context.as_ref().map(|name| format!("{} = ", name.shown())).unwrap_or_default();
        output.say(format_args!("      {:>5} {}", spot.line, styles.error(format!("- {context}{old}"))));
        if rotation.terms.write {
            output.say(format_args!("            {}", styles.good(format!("+ {context}{kind}.…(successor)"))));
        }
    }
    for hindrance in &target.hindrances {
        output.say(format_args!("            {}", styles.warning(format!("! {hindrance}"))));
    }
}

/// Reports where a rotation stands.
pub fn conclude(rotation: &Rotation, report: &Report, now: Timestamp, output: &mut Output) -> Result<(), Failure> {
    let new = rotation.successor.as_ref().map_or_else(String::new, |new| new.id.shown().into_owned());
    let name = rotation.old.name();
    output.line(format_args!(
        "Rotated \"{name}\": {} → {new}. {}",
        rotation.old.id.shown(),
        sentence(rotation, report, now)
    ))?;
    if let Some(used) = &report.used {
        output.line(format_args!("Usage: {}.", used.sentence()))?;
    }
    match report.state {
        "waiting" => output
            .line(format_args!("Then run jeton rotate --due. To undo it, run jeton rotate --undo {}", rotation.op)),
        "due" => output.line(format_args!(
            "To continue, run jeton rotate --resume {0}. To undo it, run jeton rotate --undo {0}",
            rotation.op
        )),
        _ => Ok(()),
    }
}

/// Reports what an undo came to.
pub fn undone(
    rotation: &Rotation,
    undoing: &Undoing,
    mut report: Report,
    path: Option<&Path>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let mut notes = Vec::new();
    if undoing.restored > 0 {
        notes.push(format!("restored {} byte for byte", count(undoing.restored, "file")));
    }
    notes.extend(
        undoing.merged.iter().map(|path| format!("put the old token back into {path}; later changes were kept")),
    );
    if undoing.lifted {
        notes.push("lifted the quarantine".to_owned());
    }
    notes.extend(undoing.left.iter().map(|left| format!("not undone: {left}")));
    if let Some(deleted) = &undoing.deleted {
        notes.push(format!("deleted the successor ({})", deleted.shown()));
    }
    if let Some(kept) = &undoing.kept {
        notes.push(format!("kept the successor ({0}); to delete it, run jeton delete {0}", kept.shown()));
    }
    report.notes = notes;
    if let Some(path) = path {
        write_report(path, rotation, &report)?;
    }
    if output.is_json() {
        output.json(&report)?;
    } else {
        output.line(format_args!("Undid the rotation of \"{}\".", rotation.old.name()))?;
        for note in &report.notes {
            output.line(format_args!("  {note}"))?;
        }
    }
    Ok(if undoing.left.is_empty() { Exit::Done } else { Exit::Failed })
}

/// Writes the report as Markdown.
pub fn write_report(path: &Path, rotation: &Rotation, report: &Report) -> Result<(), Failure> {
    let text = markdown(rotation, report, Timestamp::now());
    std::fs::write(path, text).map_err(|error| {
        let path = path.to_string_lossy();
        Failure::local(format!("can't write the report {}", crate::untrusted::shown(&path)), &error)
    })
}

/// Lists what is under way.
pub fn list(left: &OpenRotations, output: &mut Output) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    for (path, why) in &left.unreadable {
        output.warn(format_args!("can't read {}: {}", path_shown(path), crate::untrusted::shown(why)));
    }
    let reports: Vec<Report> = left.open.iter().map(|open| Report::of(&open.record, now)).collect();
    if output.is_json() {
        output.json(&reports)?;
        return Ok(Exit::Done);
    }
    if reports.is_empty() {
        output.say("No unfinished rotations.");
        return Ok(Exit::Done);
    }
    let mut table = Table::new([
        Column::rigid("ID"),
        Column::elastic("TOKEN"),
        Column::elastic("ACCOUNT"),
        Column::elastic("STATE"),
    ]);
    for (open, report) in left.open.iter().zip(&reports) {
        let rotation = &open.record;
        let state =
            if open.is_active { "another jeton is working on it".to_owned() } else { sentence(rotation, report, now) };
        table.row([
            Cell::from(rotation.op.to_string()),
            rotation.old.name().into(),
            format!("{} on {}", rotation.account.username, rotation.account.host).into(),
            state.into(),
        ]);
    }
    output.table(&table)?;
    Ok(Exit::Done)
}
