//! [`PlanReview`]: tokens as code: writes the tokens that are marked or shown to a file, and compares a file with the account, change by
//! change: each can be accepted or left out before anything is done.
//!
//! Invariants: a file that is there is brought up to date only after a yes; deletions are left out until they are accepted; nothing that cannot
//! be done is applied; what is applied is what is shown.

use std::{collections::HashSet, sync::Arc};

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Style,
    text::{Line, Span},
};

use crate::{
    dashboard::{
        action::{Action, Tone},
        applier::{Applied, ApplyOrder, NotExported, USUAL_FILE},
        command::Command,
        keymap::Context,
        modals::Question,
        theme::Theme,
        view::View,
        widgets::{dialog, list_cursor::ListCursor, paint, text_field::TextField},
    },
    plan::{self, Plan, render::Mark},
    token::TokenId,
    untrusted::shown,
    work::apply::Report,
};

/// Columns of the labels at the left.
const LABEL: usize = 10;

/// What a file is chosen for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Purpose {
    /// To compare it with the account.
    #[default]
    Compare,
    /// To write these tokens to it.
    Export(HashSet<TokenId>),
}

/// What fills the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Nothing,
    /// Something is under way.
    Waiting(String),
    /// What the file would change.
    Review(Box<Plan>),
    /// What was done.
    Told(Vec<(Mark, String)>),
}

/// The screen.
#[derive(Debug, Default)]
pub struct PlanReview {
    purpose: Purpose,
    /// The file, once one was chosen.
    file: String,
    typing: Option<TextField>,
    state: State,
    items: Vec<Item>,
    cursor: ListCursor,
    /// How many steps there are, while they are done.
    total: usize,
    problem: Option<String>,
}

/// A change that can be accepted or left out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    what: What,
    is_accepted: bool,
}

/// Index into the plan's steps, or into the tokens that are not in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Step(usize),
    Absent(usize),
}

impl PlanReview {
    /// The contexts whose keys it takes, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        if self.typing.is_some() { vec![Context::PlanFile] } else { vec![Context::Plan, Context::List] }
    }

    /// The file while its name is being typed.
    pub fn field(&mut self) -> Option<&mut TextField> {
        self.typing.as_mut()
    }

    /// Another account is open now.
    pub fn leave(&mut self) {
        *self = Self { file: std::mem::take(&mut self.file), ..Self::default() };
    }

    fn ask(&mut self, purpose: Purpose) {
        let name = if self.file.is_empty() { USUAL_FILE } else { &self.file };
        self.typing = Some(TextField::new(name));
        self.purpose = purpose;
        self.problem = None;
    }

    /// Asks which file to compare. What is under way goes on.
    pub fn ask_compare(&mut self) {
        if !matches!(self.state, State::Waiting(_)) {
            self.ask(Purpose::Compare);
        }
    }

    /// Asks which file these tokens are to be written to.
    pub fn ask_export(&mut self, chosen: HashSet<TokenId>) {
        if !matches!(self.state, State::Waiting(_)) {
            self.state = State::Nothing;
            self.items.clear();
            self.ask(Purpose::Export(chosen));
        }
    }

    /// Does what a command says.
    pub fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        if self.typing.is_none() && self.cursor.update(command, self.rows()) {
            return Vec::new();
        }
        match (command, &self.typing) {
            (Command::Back, Some(_)) => {
                self.typing = None;
                if self.state == State::Nothing {
                    return vec![Action::ShowTokens];
                }
            }
            (Command::Back, None) => return vec![Action::ShowTokens],
            (Command::Submit, Some(field)) => {
                let file = field.text().trim().to_owned();
                if file.is_empty() {
                    self.problem = Some("Type the name of a file.".to_owned());
                    return Vec::new();
                }
                self.file = file;
                self.typing = None;
                return self.begin(false, view);
            }
            _ if matches!(self.state, State::Waiting(_)) => {
                return vec![Action::Toast(Tone::Note, "Something is under way; wait until it is done.".into())];
            }
            (Command::ChooseFile, _) => self.ask(Purpose::Compare),
            (Command::Retry, _) if !self.file.is_empty() => {
                self.purpose = Purpose::Compare;
                return self.begin(false, view);
            }
            (Command::Toggle, _) => {
                if let Some(item) = self.items.get_mut(self.cursor.row()) {
                    item.is_accepted = !item.is_accepted;
                }
            }
            (Command::MarkAll, _) => {
                let all = !self.items.iter().all(|item| item.is_accepted);
                self.items.iter_mut().for_each(|item| item.is_accepted = all);
            }
            (Command::Submit, None) => return self.apply(),
            _ => {}
        }
        Vec::new()
    }

    /// Writes the file, or compares it.
    fn begin(&mut self, update: bool, view: View) -> Vec<Action> {
        self.problem = None;
        self.items.clear();
        let file = self.file.clone();
        let (doing, order) = match &self.purpose {
            Purpose::Compare => ("Comparing the file with the account", ApplyOrder::Compare(file)),
            Purpose::Export(chosen) => {
                let tokens = Arc::clone(view.store.tokens());
                ("Writing the file", ApplyOrder::Export { file, tokens, chosen: chosen.clone(), update })
            }
        };
        self.state = State::Waiting(doing.to_owned());
        vec![Action::Apply(order)]
    }

    /// The plan without what was left out.
    fn accepted(&self) -> Option<Plan> {
        let State::Review(plan) = &self.state else { return None };
        let is_accepted = |what| self.items.iter().any(|item| item.what == what && item.is_accepted);
        let steps = plan.steps.iter().enumerate().filter(|(at, _)| is_accepted(What::Step(*at)));
        let absent = plan.absent.iter().enumerate().filter(|(at, _)| is_accepted(What::Absent(*at)));
        Some(Plan {
            account: plan.account.clone(),
            steps: steps.map(|(_, step)| step.clone()).collect(),
            absent: absent.map(|(_, absent)| absent.clone()).collect(),
        })
    }

    fn apply(&mut self) -> Vec<Action> {
        let Some(plan) = self.accepted() else { return Vec::new() };
        if plan.is_empty() {
            self.problem = Some("Nothing is accepted.".to_owned());
            return Vec::new();
        }
        let counts = plan.counts();
        if counts.errors > 0 {
            let text = "Some of it can't be done. Leave that out, or change the file and compare it again.";
            self.problem = Some(text.to_owned());
            return Vec::new();
        }
        let text = match counts.delete {
            0 => format!("{counts}."),
            _ => format!("{counts}. What is deleted is gone permanently."),
        };
        let yes = Action::Apply(ApplyOrder::Apply(self.file.clone(), Box::new(plan)));
        vec![Action::open(Question::new("Apply this?", text, yes))]
    }

    /// It was asked for.
    pub fn asked(&mut self, order: &ApplyOrder) {
        if let ApplyOrder::Apply(_, plan) = order {
            let counts = plan.counts();
            self.total = counts.create + counts.change + counts.deliver + counts.delete;
            self.state = State::Waiting("Applying".to_owned());
            self.items.clear();
            self.problem = None;
        }
    }

    /// What was asked for has come further, or to its end; what follows from that.
    pub fn told(&mut self, applied: Applied, view: View) -> Vec<Action> {
        self.cursor.go(0);
        match applied {
            Applied::Step(done) => self.state = State::Waiting(format!("Applying: {done} of {}", self.total)),
            Applied::Compared(Ok(plan)) => {
                self.items = items(&plan);
                self.state = State::Review(plan);
            }
            Applied::Exported(Ok(text)) => {
                self.state = State::Told(vec![(Mark::Keep, text.clone())]);
                return vec![Action::Toast(Tone::Good, text), Action::ShowTokens];
            }
            Applied::Exported(Err(NotExported::Exists)) => {
                self.state = State::Nothing;
                let Purpose::Export(chosen) = self.purpose.clone() else { return Vec::new() };
                let tokens = Arc::clone(view.store.tokens());
                let order = ApplyOrder::Export { file: self.file.clone(), tokens, chosen, update: true };
                let text = format!("{} exists. Bring it up to date? Its comments and order stay.", shown(&self.file));
                self.typing = Some(TextField::new(&*self.file));
                let question = Question::new("Update the file?", text, Action::Apply(order));
                return vec![Action::open(question)];
            }
            Applied::Exported(Err(NotExported::Failed(why)))
            | Applied::Compared(Err(why))
            | Applied::Done(Err(why)) => {
                self.state = State::Nothing;
                self.items.clear();
                self.problem = Some(why);
            }
            Applied::Done(Ok((report, warnings))) => {
                let is_good = report.failed.is_empty();
                self.state = State::Told(told(&report, &warnings));
                let text = if is_good { "Applied." } else { "Not everything was applied." };
                let tone = if is_good { Tone::Good } else { Tone::Bad };
                return vec![Action::Toast(tone, text.into()), Action::Refresh];
            }
        }
        Vec::new()
    }

    fn rows(&self) -> usize {
        match &self.state {
            State::Told(lines) => lines.len(),
            _ => self.items.len(),
        }
    }

    /// Draws the screen.
    pub fn render(&mut self, frame: &mut Frame, area: Rect, view: View, is_active: bool) {
        let theme = view.theme;
        let border = if is_active { theme.border_focused } else { theme.border };
        let mut block = dialog::framed(theme, border).title(Span::styled(" Tokens as code ", theme.title));
        if let State::Review(plan) = &self.state {
            let text = format!(" {} ", plan.counts());
            block = block.title(Line::styled(text, theme.dim).right_aligned());
        }
        let inside = block.inner(area);
        frame.render_widget(block, area);
        let columns = usize::from(inside.width);
        let mut above = vec![Line::from(vec![
            Span::styled(
                format!(" {:<LABEL$}", if self.purpose == Purpose::Compare { "File" } else { "Write to" }),
                theme.label,
            ),
            Span::raw(
                paint::fit(&shown(&self.file), columns.saturating_sub(LABEL + 2), theme.glyphs.ellipsis).into_owned(),
            ),
        ])];
        if let (Purpose::Export(chosen), Some(_)) = (&self.purpose, &self.typing) {
            let count = chosen.len();
            let text = format!(
                " {count} token{}, never their values. TOML, or JSON if the name ends in .json.",
                if count == 1 { "" } else { "s" }
            );
            above.push(Line::styled(paint::fit(&text, columns, theme.glyphs.ellipsis).into_owned(), theme.dim));
        }
        if let State::Waiting(doing) = &self.state {
            above.push(Line::styled(format!(" {doing}{}", theme.glyphs.ellipsis), theme.warning));
        }
        let problem = self.problem.as_deref().into_iter().flat_map(str::lines);
        above.extend(problem.flat_map(|line| paint::problem(Some(line), columns.saturating_sub(2), theme.danger)));
        above.push(Line::styled(theme.glyphs.rule.repeat(columns), theme.border));
        let [top, list] = inside.layout(&Layout::vertical([
            Constraint::Length((above.len() as u16).min(inside.height / 2)),
            Constraint::Fill(1),
        ]));
        for (row, line) in top.rows().zip(above) {
            frame.render_widget(line, row);
        }
        if let Some(field) = &self.typing {
            let left = LABEL as u16 + 1;
            let area = Rect { x: top.x + left, width: top.width.saturating_sub(left + 1), height: 1, ..top };
            field.render(frame, area, theme.field, is_active);
        }
        self.render_list(frame, list, view, is_active && self.typing.is_none());
    }

    fn render_list(&mut self, frame: &mut Frame, area: Rect, view: View, is_focused: bool) {
        let theme = view.theme;
        let mut lines: Vec<(usize, Mark, String)> = Vec::new();
        match &self.state {
            State::Review(plan) if self.items.is_empty() => {
                let text = format!(" Nothing to change: {}.", plan.counts());
                return frame.render_widget(Line::styled(text, theme.ok), Rect { height: area.height.min(1), ..area });
            }
            State::Review(plan) => {
                for (at, item) in self.items.iter().enumerate() {
                    let told = match item.what {
                        What::Step(step) => plan.steps.get(step).map(plan::Step::lines).unwrap_or_default(),
                        What::Absent(absent) => plan.absent.get(absent).map(plan::Absent::line).into_iter().collect(),
                    };
                    let mark = if item.is_accepted { theme.glyphs.chosen.0 } else { theme.glyphs.chosen.1 };
                    lines.extend(told.into_iter().enumerate().map(|(index, line)| {
                        let box_ = if index == 0 { mark } else { "   " };
                        (at, line.mark, format!(" {box_} {line}"))
                    }));
                }
            }
            State::Told(told) => {
                lines.extend(told.iter().enumerate().map(|(at, (mark, text))| (at, *mark, format!(" {text}"))));
            }
            State::Nothing | State::Waiting(_) => {}
        }
        let here = self.cursor.clamp(self.rows());
        let first = lines.iter().position(|(at, ..)| *at == here).unwrap_or(0);
        let last = lines.iter().rposition(|(at, ..)| *at == here).unwrap_or(0);
        let seen = self.cursor.show_around(first..last + 1, lines.len(), usize::from(area.height));
        let columns = usize::from(area.width);
        for (row, (at, mark, text)) in area.rows().zip(lines.into_iter().skip(seen.start)) {
            let text = paint::fit(&text, columns, theme.glyphs.ellipsis).into_owned();
            frame.render_widget(Line::styled(text, style(mark, theme)), row);
            if at == here && is_focused {
                frame.buffer_mut().set_style(row, theme.selection);
            }
        }
    }
}

fn style(mark: Mark, theme: &Theme) -> Style {
    match mark {
        Mark::Create => theme.ok,
        Mark::Change | Mark::Warning => theme.warning,
        Mark::Delete | Mark::Error => theme.danger,
        Mark::Keep => Style::new(),
    }
}

/// What can be accepted or left out: everything that would be done, and what cannot be.
fn items(plan: &Plan) -> Vec<Item> {
    let steps = plan.steps.iter().enumerate().filter(|(_, step)| !step.lines().is_empty());
    let steps = steps.map(|(at, step)| Item { what: What::Step(at), is_accepted: step.errors.is_empty() });
    let absent = plan.absent.iter().enumerate().filter(|(_, absent)| absent.kept.is_none());
    steps.chain(absent.map(|(at, _)| Item { what: What::Absent(at), is_accepted: false })).collect()
}

fn told(report: &Report, warnings: &[String]) -> Vec<(Mark, String)> {
    let mut lines = Vec::new();
    for (mark, verb, tokens) in [
        (Mark::Create, "created", &report.created),
        (Mark::Change, "changed", &report.changed),
        (Mark::Delete, "deleted", &report.deleted),
    ] {
        lines.extend(tokens.iter().map(|token| (mark, format!("{verb} {} ({})", token.name(), token.id.shown()))));
    }
    for delivered in &report.delivered {
        lines.push((Mark::Keep, format!("{}: its value was {}", shown(&delivered.key), delivered.to.join(" and "))));
    }
    for failed in &report.failed {
        let name = failed.key.as_deref().or(failed.id.as_ref().map(TokenId::as_str)).unwrap_or_default();
        lines.push((Mark::Error, format!("failed: {}: {}", shown(name), failed.error)));
    }
    lines.extend(warnings.iter().map(|warning| (Mark::Warning, warning.clone())));
    lines
}
