//! [`Rotate`]: the rotation of a token, stage by stage: what is done, what is next, and what a person has to decide.
//!
//! Invariants: nothing begins before its plan was shown; the old token is quarantined or deleted only after a yes; it can be left and opened
//! again at any time, for what is under way goes on without it.

use std::{collections::VecDeque, sync::Arc};

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{Modal, Question};
use crate::{
    dashboard::{
        action::Action,
        command::Command,
        job::Job,
        keymap::Context,
        rotator::{Asked, Planned, RotatorReply, RotatorRequest, is_due},
        view::View,
        widgets::{dialog::Dialog, paint, text_field::TextField},
    },
    rotation::{
        Allow, End, GRACE, OldTokenUsage, PAGE, Progress, Report, Rotation, RotationEvent, RotationOptions, Stage,
        Undoing, count, path_shown, sentence,
    },
    token::{Token, time},
};

/// Most files of a plan that are named.
const NAMED: usize = 12;

/// Columns of the labels of the form.
const LABEL: u16 = 29;

/// A row of the form: a text, by its place among the fields, or an option, by its place among those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Text(usize),
    Choice(usize),
}

/// The rows of the form, with what they ask.
const ROWS: [(Row, &str); 11] = [
    (Row::Text(FOLDERS), "Search this directory"),
    (Row::Choice(WRITE), "replace it in the files found"),
    (Row::Choice(DIRTY), "also in files with uncommitted changes"),
    (Row::Choice(TRACKED), "a secret token also in files git tracks"),
    (Row::Choice(LINKED), "also in files with several hard links"),
    (Row::Choice(FOREIGN), "also in files of other users"),
    (Row::Text(ENTRY), ".env entry"),
    (Row::Text(FILE), "New file"),
    (Row::Text(COMMAND), "Command (gets it on stdin)"),
    (Row::Text(GRACE_PERIOD), "Grace period"),
    (Row::Choice(QUARANTINE), "quarantine it for 24 hours before it is deleted"),
];

const FOLDERS: usize = 0;
const ENTRY: usize = 1;
const FILE: usize = 2;
const COMMAND: usize = 3;
const GRACE_PERIOD: usize = 4;

const WRITE: usize = 0;
const DIRTY: usize = 1;
const TRACKED: usize = 2;
const LINKED: usize = 3;
const FOREIGN: usize = 4;
const QUARANTINE: usize = 5;

/// The rotation of a token, and of those that come after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotate {
    token: Arc<Token>,
    /// Those that come next.
    queue: VecDeque<Arc<Token>>,
    state: State,
    /// The texts, in the order of [`Row::Text`].
    fields: [TextField; 5],
    /// The options, in the order of [`Row::Choice`].
    choices: [bool; 6],
    row: usize,
    /// What is under way.
    doing: Option<String>,
    notes: Vec<String>,
    problem: Option<String>,
    offset: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Form,
    Plan(Box<Planned>),
    Open(Box<Rotation>, Option<OldTokenUsage>),
    Over(String),
}

impl Rotate {
    /// The rotation of a token, and then of others; of one that is under way, where it stands.
    pub fn new(token: Arc<Token>, others: impl IntoIterator<Item = Arc<Token>>, open: Option<&Rotation>) -> Self {
        let fields = ["", "", "", "", "7d"].map(TextField::new);
        let state = open.map_or(State::Form, |rotation| State::Open(Box::new(rotation.clone()), None));
        Self {
            token,
            queue: others.into_iter().collect(),
            state,
            fields,
            choices: [true, false, false, false, false, false],
            row: 0,
            doing: None,
            notes: Vec::new(),
            problem: None,
            offset: 0,
        }
    }

    /// The same, looking for it in these folders.
    #[must_use]
    pub fn in_folders(mut self, folders: &str) -> Self {
        self.fields[FOLDERS] = TextField::new(folders);
        self
    }

    fn text_row(&self) -> Option<usize> {
        match ROWS[self.row] {
            (Row::Text(field), _) => Some(field),
            (Row::Choice(_), _) => None,
        }
    }

    /// It was asked for.
    pub fn asked(&mut self, turn: &RotatorRequest) {
        self.problem = None;
        self.notes.clear();
        self.doing = Some(
            match turn {
                RotatorRequest::List => return,
                RotatorRequest::Plan(_) => "Looking for the token",
                RotatorRequest::Begin(_) | RotatorRequest::Resume(..) => "Working",
                RotatorRequest::Undo(..) => "Undoing",
            }
            .to_owned(),
        );
    }

    /// Something happened on the way.
    fn seen(&mut self, seen: &RotationEvent) {
        match seen {
            RotationEvent::Stage(stage) => self.doing = Some(stage.title().to_owned()),
            RotationEvent::Note(note) => self.notes.push(note.clone()),
            RotationEvent::File(done, total) => self.doing = Some(format!("{done} of {}", count(*total, "file"))),
        }
    }

    /// What was asked for has come to its end.
    pub fn told(&mut self, turned: &RotatorReply) {
        match turned {
            RotatorReply::Listed(_) => return,
            RotatorReply::Event(seen) => return self.seen(seen),
            RotatorReply::Planned(Ok(planned)) => self.state = State::Plan(planned.clone()),
            RotatorReply::Planned(Err(trouble)) => self.problem = Some(format!("{trouble}. {}", trouble.next())),
            RotatorReply::Ran(result, rotation, watch) => {
                match (result, rotation) {
                    (Ok(End::Done), _) => self.state = State::Over("The old token is deleted.".to_owned()),
                    (_, Some(rotation)) => self.state = State::Open(rotation.clone(), watch.clone()),
                    // Nothing was created.
                    (_, None) => self.state = State::Form,
                }
                if let Err(trouble) = result {
                    self.problem = Some(format!("{trouble}. {}", trouble.next()));
                }
            }
            RotatorReply::Unstored(_, rotation) => {
                self.state = State::Open(rotation.clone(), None);
                self.notes.push("Store the successor's value, then continue here.".to_owned());
            }
            RotatorReply::Undone(Ok(undoing), _) => {
                self.state = State::Over(taken_back(undoing));
                self.notes.extend(undoing.left.iter().map(|left| format!("Not undone: {left}")));
            }
            RotatorReply::Undone(Err(trouble), _) => self.problem = Some(format!("{trouble}. {}", trouble.next())),
        }
        self.doing = None;
        self.offset = 0;
    }

    fn ask(&self) -> Result<Asked, String> {
        let [folder, entry, file, command, grace] = self.fields.each_ref().map(|field| field.text().trim().to_owned());
        let grace = if grace.is_empty() {
            GRACE
        } else {
            time::parse_duration(&grace).map_err(|fault| format!("Grace period: {fault}."))?
        };
        let [write, dirty, tracked, linked, foreign, quarantine] = self.choices;
        let terms = RotationOptions {
            write: write && !folder.is_empty(),
            allow: Allow { dirty, tracked, linked, foreign },
            grace: u64::try_from(grace.as_secs()).unwrap_or(0),
            quarantine,
            ..RotationOptions::default()
        };
        Ok(Asked { token: Arc::clone(&self.token), folder, entry, file, command, terms })
    }

    fn submit(&mut self, view: View) -> Vec<Action> {
        match &self.state {
            State::Form => match self.ask() {
                Ok(asked) => vec![Action::Rotate(RotatorRequest::Plan(Box::new(asked)))],
                Err(why) => {
                    self.problem = Some(why);
                    Vec::new()
                }
            },
            State::Plan(planned) => {
                if let Some(trouble) = planned.obstacles.first() {
                    self.problem = Some(format!("{trouble}. {}", trouble.next()));
                    return Vec::new();
                }
                let Ok(asked) = self.ask() else { return Vec::new() };
                let begin = Action::Rotate(RotatorRequest::Begin(Box::new(asked)));
                let (old, terms) = (&planned.rotation.old, &planned.rotation.terms);
                if old.default {
                    let text =
                        "The current default public token stops working everywhere, immediately. There is no undo.";
                    return vec![question("Refresh the default public token?", text, begin)];
                }
                if terms.grace == 0 && !terms.quarantine {
                    return vec![question("Delete the old token at the end?", "There is no grace period.", begin)];
                }
                vec![begin]
            }
            State::Open(rotation, _) => {
                let resume = |may_delete| Action::Rotate(RotatorRequest::Resume(rotation.op.clone(), may_delete));
                if rotation.undo.is_some() {
                    return vec![Action::Rotate(RotatorRequest::Undo(rotation.op.clone(), true))];
                }
                if !is_due(rotation, view.now.time) {
                    return vec![resume(false)];
                }
                let title = if rotation.stage() == Stage::Quarantine {
                    "Quarantine the old token?"
                } else {
                    "Delete the old token?"
                };
                let text = format!("\"{}\" ({})", rotation.old.name(), rotation.old.id.shown());
                vec![question(title, text, resume(true))]
            }
            State::Over(_) => {
                let Some(next) = self.queue.pop_front() else { return vec![Action::Close] };
                let mut modal = Self::new(next, std::mem::take(&mut self.queue), None);
                // The next one is likely to be used in the same places.
                modal.fields.clone_from(&self.fields);
                modal.choices = self.choices;
                *self = modal;
                Vec::new()
            }
        }
    }

    fn take_back(&self) -> Vec<Action> {
        let State::Open(rotation, _) = &self.state else { return Vec::new() };
        let text = "Files are restored byte for byte, commands get the old value again, and the successor is deleted if nothing needs it.";
        vec![question("Undo the rotation?", text, Action::Rotate(RotatorRequest::Undo(rotation.op.clone(), true)))]
    }

    /// What Enter does now.
    fn next_step(&self, view: View) -> String {
        match &self.state {
            State::Form => "show the plan".to_owned(),
            State::Plan(planned) if planned.obstacles.is_empty() => "rotate".to_owned(),
            State::Plan(_) => "show what is wrong (Esc to change it)".to_owned(),
            State::Open(rotation, _) if rotation.undo.is_some() => "finish the undo".to_owned(),
            State::Open(rotation, _) if is_due(rotation, view.now.time) => rotation.stage().title().to_lowercase(),
            State::Open(rotation, _) if !rotation.is_due(view.now.time) => "look again".to_owned(),
            State::Open(..) => "continue".to_owned(),
            State::Over(_) if self.queue.is_empty() => "close".to_owned(),
            State::Over(_) => "continue with the next token".to_owned(),
        }
    }

    fn form(&self, view: View, columns: usize) -> Vec<Line<'static>> {
        let theme = view.theme;
        let mut lines: Vec<Line<'static>> = Vec::new();
        for (at, (row, text)) in ROWS.iter().enumerate() {
            let is_here = at == self.row;
            let cursor = if is_here { theme.glyphs.cursor } else { " " };
            let style = if is_here { theme.title } else { theme.border };
            let text = match row {
                Row::Text(_) => (*text).to_owned(),
                Row::Choice(choice) if self.choices[*choice] => format!("{} {text}", theme.glyphs.chosen.0),
                Row::Choice(_) => format!("{} {text}", theme.glyphs.chosen.1),
            };
            lines.push(Line::from(vec![Span::raw(format!("{cursor} ")), Span::styled(text, style)]));
        }
        lines.push(Line::default());
        let text = "The successor gets the same name, scopes and URLs. All fields are optional. A secret value without a destination is shown to you once.";
        lines.extend(wrapped(text, columns, theme.dim));
        lines
    }

    fn render_fields(&self, frame: &mut Frame, inside: Rect, top: usize, view: View) {
        for (at, (row, _)) in ROWS.iter().enumerate() {
            let (Row::Text(field), y) = (row, (top + at) as u16) else { continue };
            if y >= inside.height || inside.width <= LABEL {
                continue;
            }
            let area = Rect { x: inside.x + LABEL, y: inside.y + y, width: inside.width - LABEL, height: 1 };
            self.fields[*field].render(frame, area, view.theme.field, at == self.row);
        }
    }
}

impl Modal for Rotate {
    fn contexts(&self) -> Vec<Context> {
        match self.state {
            State::Form if self.doing.is_some() => vec![Context::Rotation],
            State::Form if self.text_row().is_some() => vec![Context::RotationForm, Context::Text],
            State::Form => vec![Context::RotationOption, Context::RotationForm],
            _ => vec![Context::Rotation],
        }
    }

    fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        match command {
            Command::Back => match self.state {
                State::Plan(_) if self.doing.is_none() => self.state = State::Form,
                _ => return vec![Action::Close],
            },
            Command::Down if self.state != State::Form => self.offset = self.offset.saturating_add(1),
            Command::Up if self.state != State::Form => self.offset = self.offset.saturating_sub(1),
            _ if self.doing.is_some() => {}
            Command::Next | Command::Down => self.row = (self.row + 1) % ROWS.len(),
            Command::Previous | Command::Up => self.row = (self.row + ROWS.len() - 1) % ROWS.len(),
            Command::Toggle => {
                if let (Row::Choice(choice), _) = ROWS[self.row] {
                    self.choices[choice] = !self.choices[choice];
                }
            }
            Command::Submit => return self.submit(view),
            Command::UndoChange => return self.take_back(),
            Command::Browse => return vec![Action::Do(Job::Browse(PAGE.to_owned()))],
            _ => {}
        }
        Vec::new()
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let theme = view.theme;
        let width = screen.width.saturating_sub(6).min(84);
        let columns = usize::from(width);
        let mut lines = Vec::new();
        let name = paint::fit(&self.token.name(), columns.saturating_sub(12), theme.glyphs.ellipsis).into_owned();
        let more = if self.queue.is_empty() { String::new() } else { format!("   then {} more", self.queue.len()) };
        lines.push(Line::from(vec![
            Span::styled(name, theme.title),
            Span::styled(format!("  {}{more}", self.token.usage), theme.dim),
        ]));
        lines.push(Line::default());
        let form_at = lines.len();
        match &self.state {
            State::Form => lines.extend(self.form(view, columns)),
            State::Plan(planned) => lines.extend(plan_lines(planned, view, columns)),
            State::Open(rotation, watch) => lines.extend(open_lines(rotation, watch.as_ref(), view, columns)),
            State::Over(text) => lines.extend(wrapped(text, columns, theme.ok)),
        }
        for note in &self.notes {
            lines.extend(wrapped(note, columns, theme.dim));
        }
        lines.push(Line::default());
        if let Some(doing) = &self.doing {
            lines.push(Line::styled(format!("{doing} {}", theme.glyphs.ellipsis), theme.dim));
        } else if let Some(problem) = &self.problem {
            lines.extend(wrapped(problem, columns, theme.danger));
        } else {
            lines.push(Line::from(vec![Span::styled("Enter ", theme.key), Span::raw(self.next_step(view))]));
        }
        let height = lines.len() as u16;
        let inside = Dialog::new(" Rotate ", width, height).render(frame, screen, theme);
        let most = height.saturating_sub(inside.height);
        self.offset = self.offset.min(most);
        let is_form = self.state == State::Form;
        let offset = if is_form { 0 } else { self.offset };
        frame.render_widget(Paragraph::new(lines).scroll((offset, 0)), inside);
        if is_form && self.doing.is_none() {
            self.render_fields(frame, inside, form_at, view);
        }
    }

    fn field(&mut self) -> Option<&mut TextField> {
        let row = self.text_row().filter(|_| self.state == State::Form && self.doing.is_none())?;
        self.fields.get_mut(row)
    }

    fn field_changed(&mut self) -> Vec<Action> {
        self.problem = None;
        Vec::new()
    }
}

fn question(title: &'static str, text: impl Into<String>, yes: Action) -> Action {
    Action::open(Question::new(title, text, yes))
}

fn wrapped(text: &str, columns: usize, style: ratatui::style::Style) -> Vec<Line<'static>> {
    let lines = text.lines().flat_map(|line| paint::wrap(line, columns));
    lines.map(|line| Line::styled(line, style)).collect()
}

fn taken_back(undoing: &Undoing) -> String {
    let mut parts = vec!["Rotation undone".to_owned()];
    if undoing.restored > 0 {
        parts.push(format!("{} restored byte for byte", count(undoing.restored, "file")));
    }
    if undoing.lifted {
        parts.push("the quarantine lifted".to_owned());
    }
    if undoing.deleted.is_some() {
        parts.push("the successor deleted".to_owned());
    }
    format!("{}.", parts.join(", "))
}

fn plan_lines(planned: &Planned, view: View, columns: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    let Rotation { terms, deliveries, old, .. } = &planned.rotation;
    let mut lines = Vec::new();
    if old.default {
        let text = "This is the default public token. Refreshing it stops the current one everywhere, immediately.";
        lines.extend(wrapped(text, columns, theme.danger));
    }
    for delivery in deliveries {
        lines.extend(wrapped(&format!("Deliver to {}", delivery.to), columns, theme.title));
    }
    if !terms.folders.is_empty() {
        let places: usize = planned.targets.iter().map(|target| target.places.len()).sum();
        let verb = if terms.write { "Replace in" } else { "Found in" };
        let text = format!(
            "{verb} {}, {} ({} searched)",
            count(planned.targets.len(), "file"),
            count(places, "place"),
            planned.searched
        );
        lines.extend(wrapped(&text, columns, theme.title));
        for target in planned.targets.iter().take(NAMED) {
            let shown: Vec<String> = target.places.iter().map(|spot| spot.line.to_string()).collect();
            let path = target.path.strip_prefix(&planned.rotation.directory).unwrap_or(&target.path);
            let text = format!("  {}  {}", path_shown(path), shown.join(", "));
            lines.push(Line::raw(paint::fit(&text, columns, theme.glyphs.ellipsis).into_owned()));
            for hindrance in &target.hindrances {
                lines.extend(wrapped(&format!("    {} {hindrance}", theme.glyphs.warning), columns, theme.warning));
            }
        }
        if planned.targets.len() > NAMED {
            lines.push(Line::styled(format!("  and {} more", planned.targets.len() - NAMED), theme.dim));
        }
    }
    if let Some(watch) = &planned.watch {
        lines.extend(wrapped(&capital(&watch.sentence()), columns, theme.dim));
    }
    if !old.default {
        let when = match (terms.grace, terms.quarantine) {
            (0, false) => "at the end".to_owned(),
            (0, true) => "after 24 hours in quarantine".to_owned(),
            (_, true) => format!("after {} and 24 hours in quarantine", time::approximate(terms.grace())),
            (_, false) => format!("after {}", time::approximate(terms.grace())),
        };
        lines.extend(wrapped(&format!("The old token is deleted {when}, once you confirm it."), columns, theme.dim));
    }
    for caution in &planned.cautions {
        lines.extend(wrapped(&format!("{} {caution}", theme.glyphs.warning), columns, theme.warning));
    }
    lines
}

fn open_lines(rotation: &Rotation, watch: Option<&OldTokenUsage>, view: View, columns: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    let now = view.now.time;
    let mut lines = Vec::new();
    for (stage, progress) in rotation.stages(now) {
        let (mark, style) = match progress {
            Progress::Skipped => continue,
            Progress::Done => (theme.glyphs.check, theme.ok),
            Progress::Now => (theme.glyphs.cursor, theme.title),
            Progress::Later => (theme.glyphs.open, theme.dim),
        };
        let detail = match stage {
            Stage::Deliver => {
                let done = rotation.deliveries.iter().filter(|delivery| delivery.done.is_some()).count();
                format!("{done} of {}", rotation.deliveries.len())
            }
            Stage::Replace if rotation.replaced.is_some() => {
                count(rotation.changes.iter().filter(|change| !change.is_of_delivery()).count(), "file")
            }
            _ => String::new(),
        };
        lines.push(Line::from(vec![
            Span::styled(format!("{mark} {}", stage.title()), style),
            Span::styled(format!("  {detail}"), theme.dim),
        ]));
    }
    lines.push(Line::default());
    lines.extend(wrapped(&sentence(rotation, &Report::of(rotation, now), now), columns, theme.title));
    for failed in rotation.deliveries.iter().filter_map(|delivery| delivery.failed.as_ref()) {
        lines.extend(wrapped(failed, columns, theme.danger));
    }
    if let Some(watch) = watch {
        lines.extend(wrapped(&format!("{}.", capital(&watch.sentence())), columns, theme.dim));
    }
    lines
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
