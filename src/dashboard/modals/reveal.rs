//! [`Reveal`]: the only time the value of a new secret token can be seen.
//!
//! Invariants: the value is masked until asked for; nothing closes the reveal but proof that the value was stored,
//! pasting its last six characters while it is covered, or discarding it together with its token; no time-out ever does; it takes the whole
//! screen, so that nothing drawn before or after shares a line with the value. When it closes, its memory is overwritten
//! (see [`Secret`]) and the app has every cell of the screen redrawn.

mod render;

use jiff::Timestamp;
use ratatui::{Frame, layout::Rect};

use super::{Modal, Pending};
use crate::{
    api::Verdict,
    dashboard::{
        action::{self, Action, Tone},
        command::Command,
        job::Job,
        keymap::Context,
        view::View,
        widgets::text_field::TextField,
    },
    delivery::{
        Allow, KINDS, Kind, StoreError, Stored, Typed,
        clipboard::{Copied, Copy, CopyError, Way},
    },
    secret::Secret,
    token::TokenId,
    work::{
        Created, Reply, Request, WorkError,
        journal::{BackupLocation, OperationId},
    },
};

/// How many characters at its end prove that somebody has the value. None of them is on screen while it is masked.
const PROOF: usize = 6;

/// What lies over the value, if anything.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Over {
    Nothing,
    /// The value alone, to be selected with the mouse.
    Plain,
    /// The value as a QR code.
    Code,
    Asking(Ask),
    Leaving {
        typed: TextField,
        problem: Option<String>,
    },
    /// Whether to delete the token and its value with it.
    Discarding,
}

/// Where the value is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ask {
    kind: &'static Kind,
    field: TextField,
    allow: Allow,
    problem: Option<String>,
}

impl Ask {
    fn typed(&self) -> Typed {
        Typed { kind: self.kind, text: self.field.text().trim().to_owned(), allow: self.allow }
    }
}

/// The end of a value that proves that somebody has it.
fn last(value: &str) -> &str {
    value.char_indices().rev().nth(PROOF - 1).and_then(|(at, _)| value.get(at..)).unwrap_or(value)
}

/// The kind of destination a command asks for.
fn kind_of(command: Command) -> Option<&'static Kind> {
    let word = match command {
        Command::Save => "file",
        Command::SaveEntry => "env",
        Command::HandOver => "command",
        _ => return None,
    };
    KINDS.iter().copied().find(|kind| kind.word == word)
}

/// The reveal of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reveal {
    created: Created,
    is_shown: bool,
    copied: Option<Result<Copied, CopyError>>,
    stored: Vec<Stored>,
    /// The kind of place it is being put right now.
    delivering: Option<&'static Kind>,
    /// Why the last try to store it failed, where nothing else shows it.
    failure: Option<String>,
    /// What the server said of it.
    verdict: Option<Result<Verdict, WorkError>>,
    /// Whether the server is being asked.
    pending: Pending,
    /// The way the last copy took, so that another one can be tried.
    last_way: Way,
    over: Over,
    quits: bool,
}

impl Reveal {
    /// Reveals what was just made.
    pub fn new(created: Created) -> Self {
        Self {
            created,
            is_shown: false,
            copied: None,
            stored: Vec::new(),
            delivering: None,
            failure: None,
            verdict: None,
            pending: Pending::default(),
            last_way: Way::Native,
            over: Over::Nothing,
            quits: false,
        }
    }

    /// Whether the value is known to be stored somewhere, so that it may go.
    pub fn is_stored(&self) -> bool {
        !self.stored.is_empty()
    }

    /// Whether it is this value that is revealed.
    pub fn is_of(&self, value: &Secret) -> bool {
        self.created.value == *value
    }

    /// The token whose value is revealed.
    pub fn token(&self) -> &TokenId {
        &self.created.token.id
    }

    /// The person wants to leave the program: asks the same as leaving does, and quits then.
    pub fn ask_to_quit(&mut self) {
        self.quits = true;
        self.over = Over::Leaving { typed: TextField::default(), problem: None };
    }

    /// What became of a copy.
    pub fn copied(&mut self, result: Result<Copied, CopyError>) {
        if let Ok(copied) = &result {
            self.last_way = copied.way;
        }
        self.copied = Some(result);
    }

    /// What became of storing it.
    pub fn stored(&mut self, result: Result<Stored, StoreError>) {
        self.delivering = None;
        match (result, &mut self.over) {
            (Ok(stored), over) => {
                self.failure = None;
                self.stored.push(stored);
                if matches!(over, Over::Asking(_)) {
                    *over = Over::Nothing;
                }
            }
            (Err(error), Over::Asking(ask)) => ask.problem = Some(error.to_string()),
            (Err(error), _) => self.failure = Some(error.to_string()),
        }
    }

    /// The backup of this create's value is kept until then.
    pub fn backup_renewed(&mut self, op: &OperationId, until: Timestamp) {
        if self.created.op == *op {
            self.created.backup = BackupLocation::Keyring(Some(until));
        }
    }

    /// Whether the value could go where that says.
    pub fn checked(&mut self, typed: &Typed, result: Result<(), StoreError>) {
        if let Over::Asking(ask) = &mut self.over
            && ask.typed() == *typed
            && self.delivering.is_none()
        {
            ask.problem = result.err().map(|error| error.to_string());
        }
    }

    fn deliver(&mut self) -> Vec<Action> {
        let Over::Asking(ask) = &mut self.over else { return Vec::new() };
        ask.problem = None;
        self.delivering = Some(ask.kind);
        let Created { op, value, .. } = &self.created;
        vec![Action::Do(Job::Deliver { op: op.clone(), to: ask.typed(), value: value.clone() })]
    }

    fn ask(&mut self, kind: &'static Kind) -> Vec<Action> {
        self.failure = None;
        let field = TextField::new(kind.suggest(&self.created.token.name()));
        self.over = Over::Asking(Ask { kind, field, allow: Allow::default(), problem: None });
        self.field_changed()
    }

    fn act(&mut self, command: Command) -> Vec<Action> {
        if let Some(kind) = kind_of(command) {
            // One after the other: what came of the last one has to be told first.
            return if self.delivering.is_none() { self.ask(kind) } else { Vec::new() };
        }
        match command {
            Command::ToggleValue => self.is_shown = !self.is_shown,
            Command::PlainView => self.over = if self.over == Over::Plain { Over::Nothing } else { Over::Plain },
            Command::ShowCode => self.over = if self.over == Over::Code { Over::Nothing } else { Over::Code },
            Command::CopyValue => return vec![self.copy(None)],
            Command::CopyOtherWay => {
                let sources = [Way::Native, Way::Wayland, Way::Tmux, Way::Osc52];
                let last = sources.iter().position(|way| *way == self.last_way).unwrap_or_default();
                self.last_way = sources[(last + 1) % sources.len()];
                return vec![self.copy(Some(self.last_way))];
            }
            Command::Verify if !self.pending.is_waiting() => {
                self.verdict = None;
                return vec![Action::Send(Request::Verify(self.created.value.clone()))];
            }
            Command::Done if self.is_stored() => return self.leave(true),
            Command::Done => self.over = Over::Leaving { typed: TextField::default(), problem: None },
            _ => {}
        }
        Vec::new()
    }

    fn copy(&mut self, way: Option<Way>) -> Action {
        self.copied = None;
        let copy = Copy { value: self.created.value.clone(), sensitive: true, way };
        Action::Copy(copy, action::Copied::Revealed(self.created.token.id.clone()))
    }

    /// Closes the reveal. Only where the value is stored may the copy that is kept of it go; a deleted token's goes with it.
    fn leave(&self, is_stored: bool) -> Vec<Action> {
        let text = match self.stored.last() {
            Some(stored) => format!("jeton no longer holds the value: it was {stored}."),
            None => "jeton no longer holds the value.".to_owned(),
        };
        let mut actions = vec![Action::Close, Action::Toast(Tone::Good, text)];
        if is_stored {
            actions.push(Action::Stored(self.created.token.id.clone()));
        }
        if self.quits {
            actions.push(Action::QuitWhenDone);
        }
        actions
    }
}

impl Modal for Reveal {
    fn contexts(&self) -> Vec<Context> {
        match &self.over {
            Over::Nothing | Over::Plain | Over::Code => vec![Context::Reveal],
            Over::Asking(Ask { kind, .. }) if kind.obeys_allow => {
                vec![Context::SaveEntry, Context::Destination, Context::Text]
            }
            Over::Asking(_) => vec![Context::Destination, Context::Text],
            Over::Leaving { .. } => vec![Context::Leaving, Context::Text],
            Over::Discarding => vec![Context::Discarding],
        }
    }

    fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        match command {
            Command::Back if self.over != Over::Nothing => {
                self.over = Over::Nothing;
                self.quits = false;
                return Vec::new();
            }
            _ => {}
        }
        match (&mut self.over, command) {
            (Over::Plain | Over::Code, Command::Done) => {
                self.over = Over::Nothing;
                Vec::new()
            }
            (Over::Nothing | Over::Plain | Over::Code, command) => self.act(command),
            (Over::Asking(_), Command::Submit) if self.delivering.is_none() => self.deliver(),
            (Over::Asking(ask), Command::ToggleTracked) => {
                ask.allow.tracked = !ask.allow.tracked;
                self.field_changed()
            }
            (Over::Asking(ask), Command::ToggleReplace) => {
                ask.allow.replace = !ask.allow.replace;
                self.field_changed()
            }
            (Over::Leaving { typed, problem }, Command::Submit) => {
                if typed.text().trim() == last(self.created.value.expose()) {
                    self.leave(true)
                } else {
                    let back = view.keys.name(Context::Leaving, Command::Back);
                    *problem = Some(format!(
                        "Those are not its last {PROOF} characters. Press {back} to go back to the value."
                    ));
                    Vec::new()
                }
            }
            (Over::Leaving { .. }, Command::Discard) => {
                self.over = Over::Discarding;
                Vec::new()
            }
            (Over::Discarding, Command::Submit) => {
                let mut actions = vec![Action::Send(Request::Delete(self.created.token.id.clone()))];
                actions.extend(self.leave(false));
                actions
            }
            _ => Vec::new(),
        }
    }

    fn field(&mut self) -> Option<&mut TextField> {
        match &mut self.over {
            Over::Asking(ask) if self.delivering.is_none() => Some(&mut ask.field),
            Over::Leaving { typed, .. } => Some(typed),
            Over::Nothing | Over::Plain | Over::Code | Over::Asking(_) | Over::Discarding => None,
        }
    }

    fn field_changed(&mut self) -> Vec<Action> {
        match &mut self.over {
            Over::Nothing | Over::Plain | Over::Code | Over::Discarding => {}
            Over::Asking(ask) => {
                ask.problem = None;
                let typed = ask.typed();
                if !typed.text.is_empty() {
                    return vec![Action::Do(Job::Check(typed))];
                }
            }
            Over::Leaving { problem, .. } => *problem = None,
        }
        Vec::new()
    }

    fn secret_paste(&mut self, text: &str) -> bool {
        let Over::Leaving { typed, problem } = &mut self.over else { return false };
        // The whole value may be pasted, and must not stand on the screen.
        *typed = TextField::new(last(text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''))));
        *problem = None;
        true
    }

    fn counts_down(&self) -> bool {
        !self.is_stored() && self.created.backup.until().is_some()
    }

    fn is_alone(&self) -> bool {
        true
    }

    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        self.draw(frame, screen, view);
    }

    fn pending(&mut self) -> Option<&mut Pending> {
        Some(&mut self.pending)
    }

    fn answered(&mut self, _request: &Request, result: &Result<Reply, WorkError>) -> Vec<Action> {
        self.pending.succeeded();
        self.verdict = match result {
            Ok(Reply::Verdict(verdict)) => Some(Ok(verdict.clone())),
            Ok(_) => None,
            Err(error) => Some(Err(error.clone())),
        };
        Vec::new()
    }

    fn hide_values(&mut self) {
        self.is_shown = false;
        if matches!(self.over, Over::Plain | Over::Code) {
            self.over = Over::Nothing;
        }
    }

    fn shows_value(&self) -> bool {
        self.is_shown || matches!(self.over, Over::Plain | Over::Code)
    }
}
