//! [`Bulk`]: the same thing done to many tokens: delete them, or add and remove scopes or allowed URLs.
//!
//! Invariants: what would happen to each token is shown first, also why nothing will; nothing starts before the number
//! of tokens was typed; they are done one after another, and Esc stops after the one that is on its way; what failed is
//! reported with its reason and can be tried again alone. More than one are on record from before the first request until the report is
//! on screen, so that what dies in between is offered again at the next start.

use std::{collections::VecDeque, sync::Arc};

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Style,
    text::{Line, Span},
};

use super::{Modal, Question, delete::recent_use};
use crate::{
    api::ApiError,
    dashboard::{
        action::{Action, Tone},
        clicks::Target,
        command::Command,
        keymap::Context,
        view::View,
        widgets::{dialog, list_cursor::Scroll, paint, text_field::TextField},
    },
    token::{AllowedUrl, Scope, Token, Usage, allowed_url::split_list},
    untrusted,
    work::{
        RecordsRequest, Reply, Request, WorkError,
        bulk::{self, Batch, Change},
        journal::OperationId,
    },
};

/// What is done to every token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Remove it permanently.
    Delete,
    /// Add and remove scopes.
    Scopes,
    /// Add and remove allowed URLs.
    Urls,
}

impl Operation {
    /// The change that a text says.
    fn change(self, text: &str) -> Change {
        let (added, removed) = changes(text);
        let scopes = |ids: Vec<String>| ids.iter().map(|id| Scope::from(id.as_str())).collect();
        match self {
            Self::Delete => Change::default(),
            Self::Scopes => Change { add_scopes: scopes(added), remove_scopes: scopes(removed), ..Change::default() },
            Self::Urls => Change { add_urls: added, remove_urls: removed, ..Change::default() },
        }
    }
}

/// What would be typed for an operation. Scopes and URLs at once, removing every URL, and what a file says are for the command line.
pub(super) fn typed(operation: &bulk::Operation) -> Option<(Operation, String)> {
    let change = match operation {
        bulk::Operation::Delete => return Some((Operation::Delete, String::new())),
        bulk::Operation::Edit(change) => change,
        bulk::Operation::Apply(_) => return None,
    };
    let operation = if change.has_scopes() { Operation::Scopes } else { Operation::Urls };
    let text = change.to_string();
    (operation.change(&text) == *change).then_some((operation, text))
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// What to add and remove is being typed, and the plan is shown.
    Planning,
    /// The number is being typed.
    Confirming(TextField),
    /// They are being done.
    Running { stops: bool },
    /// All is over.
    Reporting,
}

/// What became of one token.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ItemStatus {
    Waiting,
    Done,
    Failed(String),
    Skipped(String),
}

/// One token of the lot.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    token: Arc<Token>,
    request: Option<Request>,
    what: String,
    status: ItemStatus,
}

/// The modal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulk {
    operation: Operation,
    change: TextField,
    items: Vec<Item>,
    queue: VecDeque<usize>,
    /// The one whose answer is being waited for.
    current: Option<usize>,
    /// The record of a batch that was left, to be taken over.
    takes_over: Option<OperationId>,
    /// The record of what is under way.
    record: Option<OperationId>,
    step: Step,
    scroll: Scroll,
    problem: Option<String>,
}

impl Bulk {
    /// Does something to all of `tokens`.
    pub fn new(operation: Operation, tokens: impl IntoIterator<Item = Arc<Token>>, view: View) -> Self {
        let item = |token| Item { token, request: None, what: String::new(), status: ItemStatus::Waiting };
        let mut bulk = Self {
            operation,
            change: TextField::default(),
            items: tokens.into_iter().map(item).collect(),
            queue: VecDeque::new(),
            current: None,
            takes_over: None,
            record: None,
            step: Step::Planning,
            scroll: Scroll::default(),
            problem: None,
        };
        bulk.plan(view);
        bulk
    }

    /// Goes on with what is left of a batch, from its plan on; `None` for a change that cannot be typed in here.
    pub fn resume(batch: &Batch, view: View) -> Option<Self> {
        let (operation, text) = typed(&batch.plan.operation)?;
        let mut bulk = Self::new(operation, batch.remainder(view.store.tokens().iter()), view);
        bulk.change = TextField::new(text);
        bulk.takes_over = Some(batch.op.clone());
        bulk.plan(view);
        Some(bulk)
    }

    fn change(&self) -> Change {
        self.operation.change(self.change.text())
    }

    /// Works out what happens to each token.
    fn plan(&mut self, view: View) {
        let change = self.change();
        for item in &mut self.items {
            let planned = match self.operation {
                Operation::Delete if item.token.default => Err("the default public token can't be deleted".to_owned()),
                Operation::Delete => Ok((Request::Delete(item.token.id.clone()), "will be deleted".to_owned())),
                Operation::Scopes | Operation::Urls => patch(&item.token, &change, view),
            };
            (item.request, item.what, item.status) = match planned {
                Ok((request, what)) => (Some(request), what, ItemStatus::Waiting),
                Err(reason) => (None, String::new(), ItemStatus::Skipped(reason)),
            };
        }
    }

    fn count(&self) -> usize {
        self.items.iter().filter(|item| item.request.is_some() && item.status == ItemStatus::Waiting).count()
    }

    fn failures(&self) -> usize {
        self.items.iter().filter(|item| matches!(item.status, ItemStatus::Failed(_))).count()
    }

    /// The batch is on record, or it goes on without: a full disk must not keep anybody from deleting tokens.
    fn begun(&mut self, result: &Result<Reply, WorkError>) -> Vec<Action> {
        let mut actions = Vec::new();
        match result {
            Ok(Reply::BatchBegun(op)) => self.record = Some(op.clone()),
            Ok(_) => {}
            Err(error) => {
                let text = format!(
                    "Could not write the journal: if jeton is interrupted now, this can't be resumed. {error}."
                );
                actions.push(Action::Toast(Tone::Bad, text));
            }
        }
        actions.append(&mut self.go_on());
        actions
    }

    /// Starts the next one, or comes to the report.
    fn go_on(&mut self) -> Vec<Action> {
        let stops = matches!(self.step, Step::Running { stops: true });
        if !stops
            && let Some(at) = self.queue.pop_front()
            && let Some(request) = self.items[at].request.clone()
        {
            self.current = Some(at);
            return vec![Action::Send(request)];
        }
        self.step = Step::Reporting;
        let done = self.items.iter().filter(|item| item.status == ItemStatus::Done).count();
        let tone = if self.failures() == 0 { Tone::Good } else { Tone::Bad };
        let mut actions = vec![Action::Toast(tone, format!("{done} done, {} failed.", self.failures()))];
        actions.extend(self.record.take().map(|op| Action::Send(Request::Records(RecordsRequest::EndBatch(op)))));
        actions
    }

    fn start(&mut self, view: View) -> Vec<Action> {
        let waiting = self
            .items
            .iter()
            .enumerate()
            .filter(|(_, item)| item.request.is_some() && item.status == ItemStatus::Waiting);
        self.queue = waiting.map(|(at, _)| at).collect();
        self.step = Step::Running { stops: false };
        let op = self.takes_over.take();
        let Some(account) = view.store.account.as_ref().filter(|_| self.queue.len() > 1 || op.is_some()) else {
            return self.go_on();
        };
        let operation = match self.operation {
            Operation::Delete => bulk::Operation::Delete,
            Operation::Scopes | Operation::Urls => bulk::Operation::Edit(self.change()),
        };
        let tokens = self.queue.iter().map(|at| self.items[*at].token.id.clone()).collect();
        let plan = Box::new(bulk::Plan { account: account.key(), operation, tokens });
        vec![Action::Send(Request::Records(RecordsRequest::BeginBatch { op, plan }))]
    }

    fn foot(&self, view: View, columns: usize) -> Vec<Line<'static>> {
        let theme = view.theme;
        let count = self.count();
        let mut lines = match &self.step {
            Step::Planning if count == 0 => vec![Line::styled("no changes yet", theme.dim)],
            Step::Planning => vec![Line::from(vec![
                Span::styled(view.keys.name(self.contexts()[0], Command::Submit), theme.key),
                Span::raw(format!(" continue with {}", counted(count))),
            ])],
            Step::Confirming(_) => vec![Line::styled(format!("Type {count} to confirm: "), theme.title)],
            Step::Running { stops } => {
                let done = self.items.iter().filter(|item| item.status != ItemStatus::Waiting).count();
                let text =
                    format!("{done} of {}{}", self.items.len(), if *stops { ", stopping after this one" } else { "" });
                vec![Line::styled(text, theme.title)]
            }
            Step::Reporting => {
                let waiting = if count > 0 { format!(", {count} not started") } else { String::new() };
                let done = self.items.iter().filter(|item| item.status == ItemStatus::Done).count();
                let text = format!("{done} done, {} failed{waiting}", self.failures());
                vec![Line::styled(text, if self.failures() > 0 { theme.danger } else { theme.ok })]
            }
        };
        if let Some(problem) = &self.problem {
            lines.extend(paint::wrap(problem, columns).into_iter().map(|line| Line::styled(line, theme.danger)));
        }
        lines
    }
}

impl Modal for Bulk {
    fn contexts(&self) -> Vec<Context> {
        match self.step {
            Step::Planning if self.operation == Operation::Delete => vec![Context::Bulk, Context::List],
            Step::Planning => vec![Context::BulkChange, Context::TypingList, Context::Text],
            Step::Confirming(_) if self.operation == Operation::Delete => vec![Context::Confirm, Context::Text],
            Step::Confirming(_) => vec![Context::ConfirmChange, Context::Text],
            Step::Running { .. } => vec![Context::BulkRunning, Context::List],
            Step::Reporting => vec![Context::BulkReport, Context::List],
        }
    }

    fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        let (count, is_unsaved) = (self.count(), self.is_unsaved());
        self.scroll.update(command);
        match (&mut self.step, command) {
            (Step::Planning, Command::Back) if is_unsaved => return vec![Question::discard()],
            (Step::Planning, Command::Back) => return vec![Action::Close],
            (Step::Planning, Command::Submit) => {
                self.plan(view);
                if self.count() == 0 {
                    self.problem = Some("Nothing to change.".into());
                } else {
                    self.step = Step::Confirming(TextField::default());
                }
            }
            (Step::Confirming(_), Command::Back) => self.step = Step::Planning,
            (Step::Confirming(typed), Command::Submit) => {
                if typed.text().trim() == count.to_string() {
                    return self.start(view);
                }
                self.problem = Some("Number doesn't match. Nothing done.".into());
            }
            (Step::Running { stops }, Command::Back) => *stops = true,
            (Step::Reporting, Command::Back) => return vec![Action::Close, Action::ClearMarks],
            (Step::Reporting, Command::Retry) => {
                for item in &mut self.items {
                    if matches!(item.status, ItemStatus::Failed(_)) {
                        item.status = ItemStatus::Waiting;
                    }
                }
                if self.count() > 0 {
                    return self.start(view);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        let theme = view.theme;
        let is_live = self.step == Step::Planning && self.operation != Operation::Delete;
        if is_live {
            // The plan follows what is typed.
            self.plan(view);
        }
        let tokens = counted(self.items.len());
        let title = match self.operation {
            Operation::Delete => format!(" Delete {tokens} "),
            Operation::Scopes => format!(" Scopes of {tokens} "),
            Operation::Urls => format!(" Allowed URLs of {tokens} "),
        };
        let inside = dialog::sheet(frame, screen, theme, title);
        let columns = usize::from(inside.width);
        let head = if self.operation == Operation::Delete { 0 } else { 2 };
        let foot = self.foot(view, columns);
        let [head_area, list, foot_area] = inside.layout(&Layout::vertical([
            Constraint::Length(head),
            Constraint::Fill(1),
            Constraint::Length(foot.len() as u16),
        ]));
        if head > 0 {
            let example = if self.operation == Operation::Scopes {
                "+fonts:read -uploads:write"
            } else {
                "+example.com -old.example.com"
            };
            frame.render_widget(Line::styled("Change", theme.label), head_area);
            let field = Rect { x: head_area.x + 8, width: head_area.width.saturating_sub(8), height: 1, ..head_area };
            self.change.render(frame, field, theme.field, is_live);
            let hint = Rect { y: head_area.y + 1, height: 1, ..head_area };
            frame.render_widget(Line::styled(format!("        e.g. {example}"), theme.dim), hint);
        }
        let first = self.scroll.show(self.items.len(), usize::from(list.height));
        let name_width = (columns / 3).clamp(12, 40);
        for (row, item) in list.rows().zip(self.items.iter().skip(first)) {
            let (mark, style, text): (&str, Style, &str) = match &item.status {
                ItemStatus::Waiting => (theme.glyphs.open, theme.dim, &item.what),
                ItemStatus::Done => (theme.glyphs.check, theme.ok, "done"),
                ItemStatus::Failed(reason) => (theme.glyphs.cross, theme.danger, reason),
                ItemStatus::Skipped(reason) => (theme.glyphs.dot, theme.dim, reason),
            };
            let (kind, kind_style) = match item.token.usage {
                Usage::Public => ("pk", theme.public),
                Usage::Secret | Usage::Temporary => ("sk", theme.secret),
                Usage::Unknown => ("??", theme.warning),
            };
            // Whether somebody will miss it matters only before it is gone.
            let is_deleted = self.operation == Operation::Delete && item.status == ItemStatus::Waiting;
            let recent = is_deleted.then(|| recent_use(&item.token, view)).flatten();
            let room = columns.saturating_sub(name_width + 6);
            let text = paint::fit(text, room, theme.glyphs.ellipsis).into_owned();
            let beside = room.saturating_sub(paint::width(&text) + 2);
            let line = vec![
                Span::styled(format!("{mark} "), style),
                Span::styled(format!("{kind} "), kind_style),
                Span::raw(paint::cell(&item.token.name(), name_width, theme.glyphs.ellipsis)),
                Span::styled(format!(" {text}"), style),
                recent.map_or_else(Span::default, |(style, text)| {
                    Span::styled(format!("  {}", paint::fit(&text, beside, theme.glyphs.ellipsis)), style)
                }),
            ];
            frame.render_widget(Line::from(line), row);
        }
        let field_row = foot_area.y;
        if self.step == Step::Planning && self.count() > 0 {
            let place = Rect { height: foot_area.height.min(1), ..foot_area };
            view.clicks.add(place, Target::Command(Command::Submit));
        }
        for (row, line) in foot_area.rows().zip(foot) {
            frame.render_widget(line, row);
        }
        if let Step::Confirming(typed) = &self.step {
            let ask = format!("Type {} to confirm: ", self.count());
            let x = foot_area.x + paint::width(&ask) as u16;
            let field =
                Rect { x, y: field_row, width: foot_area.right().saturating_sub(x), height: foot_area.height.min(1) };
            typed.render(frame, field, theme.field, true);
        }
    }

    fn field(&mut self) -> Option<&mut TextField> {
        match &mut self.step {
            Step::Planning if self.operation != Operation::Delete => Some(&mut self.change),
            Step::Confirming(typed) => Some(typed),
            _ => None,
        }
    }

    fn field_changed(&mut self) -> Vec<Action> {
        self.problem = None;
        Vec::new()
    }

    fn answered(&mut self, request: &Request, result: &Result<Reply, WorkError>) -> Vec<Action> {
        match (request, result) {
            (Request::Records(RecordsRequest::BeginBatch { .. }), _) => return self.begun(result),
            (Request::Records(_), Err(error)) => {
                let text = format!("Could not close the journal: {error}. {}", error.next());
                return vec![Action::Toast(Tone::Bad, text)];
            }
            _ => {}
        }
        let Some(at) = self.current.take() else { return Vec::new() };
        self.items[at].status = match result {
            Ok(_) => ItemStatus::Done,
            Err(WorkError::Api(ApiError::Gone)) if self.operation == Operation::Delete => ItemStatus::Done,
            Err(error) => ItemStatus::Failed(error.to_string()),
        };
        self.go_on()
    }

    fn is_unsaved(&self) -> bool {
        let is_typed = matches!(self.step, Step::Planning | Step::Confirming(_));
        is_typed && !self.change.text().trim().is_empty()
    }
}

fn counted(count: usize) -> String {
    format!("{count} token{}", if count == 1 { "" } else { "s" })
}

/// What is to be added and removed: words with `+` or nothing in front, and with `-`.
fn changes(text: &str) -> (Vec<String>, Vec<String>) {
    let (removed, added): (Vec<&str>, Vec<&str>) = split_list(text).partition(|word| word.starts_with('-'));
    let strip = |words: Vec<&str>| {
        let stripped = words.into_iter().map(|word| word.trim_start_matches(['+', '-']).to_owned());
        stripped.filter(|word| !word.is_empty()).collect()
    };
    (strip(added), strip(removed))
}

/// The change of one token, or why there is none.
fn patch(token: &Token, change: &Change, view: View) -> Result<(Request, String), String> {
    if let Some(scope) = change.add_scopes.iter().find(|scope| view.store.catalogue.get(scope).is_none()) {
        return Err(format!("unknown scope {}", untrusted::shown(scope.id())));
    }
    if let Some(fault) = change.add_urls.iter().find_map(|entry| AllowedUrl::parse(entry).err()) {
        return Err(fault.to_string());
    }
    let patch = change.patch(token);
    if patch.is_empty() {
        return Err("no change".to_owned());
    }
    if let Some(obstacle) = patch.obstacles(token, &view.store.catalogue, view.store.held()).first() {
        return Err(obstacle.to_string());
    }
    let diff = patch.diff(token);
    let what: Vec<String> = diff.lines().iter().map(|line| format!("{}{}", line.sign.mark(), line.text)).collect();
    Ok((Request::Update { id: token.id.clone(), patch }, what.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_added_unless_a_minus_stands_before_them() {
        let (added, removed) = changes("+fonts:read -uploads:write, styles:read - +");
        assert_eq!(added, ["fonts:read", "styles:read"]);
        assert_eq!(removed, ["uploads:write"]);
    }

    #[test]
    fn a_change_that_is_on_record_is_typed_as_it_was_and_what_cannot_be_typed_is_not() {
        let typed = |change: &Change| typed(&bulk::Operation::Edit(change.clone()));
        let scopes = Operation::Scopes.change("+fonts:read -uploads:write");
        assert_eq!(typed(&scopes), Some((Operation::Scopes, "+fonts:read -uploads:write".into())));
        let urls = Operation::Urls.change("example.com");
        assert_eq!(typed(&urls), Some((Operation::Urls, "+example.com".into())));
        assert_eq!(typed(&Change { add_urls: vec!["example.com".into()], ..scopes }), None);
        assert_eq!(typed(&Change { clear_urls: true, ..urls }), None);
        assert_eq!(typed(&Operation::Urls.change("example.com/\u{202e}gro")), None, "it is not shown as it is");
        assert_eq!(super::typed(&bulk::Operation::Delete), Some((Operation::Delete, String::new())));
    }
}
