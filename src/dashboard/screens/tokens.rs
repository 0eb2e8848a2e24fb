//! [`Tokens`]: the token list on the left and the selected token's detail on the right; one at a time where it is narrow.
//!
//! Invariants: the cursor stays on its token when the list changes around it; only the rows that are seen are
//! laid out, so a key costs the same in a list of ten and of a hundred thousand.

mod columns;
mod list;

use std::{collections::HashSet, sync::Arc};

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
};

use super::{curl, detail::Detail};
use crate::{
    dashboard::{
        action::{Action, Copied, Tone},
        clicks::Target,
        command::Command,
        finder::{Finder, Found, Outcome, Search, Sort, Wanted},
        job::Job,
        keymap::Context,
        modals::{self, Modal, bulk::Operation},
        store::Store,
        view::View,
        widgets::{list_cursor::ListCursor, text_field::TextField},
    },
    delivery::clipboard::Copy,
    secret::Secret,
    token::{
        Token, TokenId, Usage,
        query::{self, Query},
    },
    work::Request,
};

/// The page of one token, before its id (Tokens API documentation).
const PAGE: &str = "https://console.mapbox.com/account/access-tokens/";

/// From this width on both panes are side by side.
const WIDE: u16 = 90;

/// The list is never wider than this.
const WIDEST: u16 = 150;

/// What can be clicked: the rows of the list, the detail pane, the headings of the columns, the filter.
const ROWS: usize = 0;
const DETAIL: usize = 1;
const HEADINGS: usize = 2;
const FILTER: usize = 3;

/// Which pane the keys go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pane {
    List,
    Detail,
}

/// The screen.
#[derive(Debug)]
pub struct Tokens {
    pane: Pane,
    finder: Finder,
    filter: TextField,
    is_filtering: bool,
    /// What was typed when Tab was pressed first, how often it was pressed since, and what that made of it.
    completed: Option<(String, usize, String)>,
    usage: Option<Usage>,
    sort: Sort,
    /// Tokens marked for doing something with all of them.
    marked: HashSet<TokenId>,
    selected: Option<TokenId>,
    cursor: ListCursor,
    detail: Detail,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            pane: Pane::List,
            finder: Finder::default(),
            filter: TextField::default(),
            is_filtering: false,
            completed: None,
            usage: None,
            sort: Sort::default(),
            marked: HashSet::new(),
            selected: None,
            cursor: ListCursor::default(),
            detail: Detail::default(),
        }
    }
}

impl Tokens {
    /// The contexts whose keys it takes, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match self.pane {
            Pane::List if self.is_filtering => vec![Context::Filter, Context::TypingList],
            Pane::List => vec![Context::Tokens, Context::List],
            Pane::Detail => vec![Context::Detail, Context::List],
        }
    }

    /// The filter while it is being typed.
    pub fn field(&mut self) -> Option<&mut TextField> {
        self.is_filtering.then_some(&mut self.filter)
    }

    /// The token under the cursor.
    pub fn current<'a>(&self, store: &'a Store) -> Option<&'a Arc<Token>> {
        // The rows may still be those of a list that has just been emptied.
        self.finder.rows().get(self.cursor.row()).and_then(|at| store.tokens().get(*at as usize))
    }

    /// The tokens that are on screen.
    pub fn seen<'a>(&'a self, store: &'a Store) -> impl Iterator<Item = &'a Arc<Token>> + Clone {
        let seen = self.cursor.seen();
        let rows = self.finder.rows().iter().skip(seen.start).take(seen.len());
        rows.filter_map(|at| store.tokens().get(*at as usize))
    }

    /// Another account's tokens come now; an answer about those that were shown is not theirs.
    pub fn leave(&mut self) {
        *self = Self { finder: self.finder.leave(), ..Self::default() };
    }

    /// Whether the filter asks when tokens were last used.
    pub fn asks_for_use(&self) -> bool {
        Query::parse(self.filter.text()).asks_for_use()
    }

    /// Whether the filter asks what the lint finds.
    pub fn asks_for_findings(&self) -> bool {
        Query::parse(self.filter.text()).asks_for_findings()
    }

    /// Puts the cursor on a token, clearing whatever hides it. Returns a search that has to be run for that.
    pub fn select(&mut self, id: TokenId, view: View) -> Option<Search> {
        let tokens = view.store.tokens();
        if let Some(at) = tokens.iter().position(|token| token.id == id)
            && !self.finder.admits(view.store, &self.wanted(), at as u32, view.now.time)
        {
            self.filter = TextField::default();
            self.usage = None;
        }
        let search = self.sync(view);
        // Rows that are still being searched do not show it yet: the cursor goes to it when they come.
        self.selected = Some(id);
        if search.is_none() {
            self.follow(view.store);
        }
        search
    }

    fn wanted(&self) -> Wanted {
        Wanted { query: Query::parse(self.filter.text()), usage: self.usage, sort: self.sort }
    }

    /// Derives the rows anew where the tokens or what is wanted of them changed, and finds the cursor's token again. A search
    /// too long for the spot is given back, to be run elsewhere.
    pub fn sync(&mut self, view: View) -> Option<Search> {
        match self.finder.find(view.store, &self.wanted(), view.now.time) {
            Outcome::Same => None,
            Outcome::Changed => {
                self.follow(view.store);
                None
            }
            Outcome::Needs(search) => {
                self.follow(view.store);
                Some(search)
            }
        }
    }

    /// Takes the answer to a search.
    pub fn found(&mut self, found: Found, store: &Store) {
        if self.finder.found(found) {
            self.follow(store);
        }
    }

    /// The rows are new: the cursor follows its token.
    fn follow(&mut self, store: &Store) {
        let rows = self.finder.rows();
        let found =
            self.selected.as_ref().and_then(|id| rows.iter().position(|at| store.tokens()[*at as usize].id == *id));
        let count = rows.len();
        match (found, &self.selected) {
            (Some(at), _) => self.cursor.go(at),
            // While the first pages stream in nothing has been chosen yet: the cursor stays at the top.
            (None, None) => self.cursor.go(0),
            (None, Some(_)) => {
                self.cursor.clamp(count);
            }
        }
        self.remember_selection(store, self.selected.is_some());
    }

    /// The marked tokens, in page order.
    pub fn marked<'a>(&self, store: &'a Store) -> Vec<&'a Arc<Token>> {
        if self.marked.is_empty() {
            return Vec::new();
        }
        store.tokens().iter().filter(|token| self.marked.contains(&token.id)).collect()
    }

    /// The tokens that are marked, or all that the list shows.
    pub fn chosen(&self, store: &Store) -> HashSet<TokenId> {
        if !self.marked.is_empty() {
            return self.marked(store).into_iter().map(|token| token.id.clone()).collect();
        }
        let shown = self.finder.rows().iter().filter_map(|at| store.tokens().get(*at as usize));
        shown.map(|token| token.id.clone()).collect()
    }

    fn remember_selection(&mut self, store: &Store, is_chosen: bool) {
        let now = self.current(store).map(|token| token.id.clone());
        if now != self.selected {
            self.detail.reset();
        }
        self.selected = now.filter(|_| is_chosen);
    }

    fn go(&mut self, to: usize, store: &Store) {
        self.cursor.go(to);
        self.cursor.clamp(self.finder.rows().len());
        self.remember_selection(store, true);
    }

    /// Why a command cannot be done now, if it cannot.
    pub fn why_not(&self, command: Command, view: View) -> Option<String> {
        let needs_token = matches!(
            command,
            Command::CopyValue
                | Command::CopyId
                | Command::Delete
                | Command::ToggleValue
                | Command::Edit
                | Command::Urls
                | Command::FixFinding
                | Command::Rotate
        );
        let Some(token) = self.current(view.store) else {
            return needs_token.then(|| "No token selected.".into());
        };
        match command {
            Command::CopyValue | Command::ToggleValue if token.token.is_none() => {
                Some("A secret token's value is shown once, when it is created. Create a new token instead.".into())
            }
            // With marks it is about those.
            Command::Delete | Command::Urls | Command::Edit if !self.marked.is_empty() => None,
            Command::Delete => modals::Delete::why_not(token),
            Command::Urls => modals::Urls::why_not(token),
            _ => None,
        }
    }

    /// Unmarks every token.
    pub fn clear_marks(&mut self) {
        self.marked.clear();
    }

    /// Does what a command says.
    pub fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        let store = view.store;
        if self.pane == Pane::List && self.cursor.update(command, self.finder.rows().len()) {
            self.remember_selection(store, true);
            return Vec::new();
        }
        match (command, self.pane) {
            (Command::Filter, _) => {
                self.pane = Pane::List;
                self.is_filtering = true;
            }
            (Command::KeepFilter, _) => self.is_filtering = false,
            (Command::Complete, _) => self.complete(store),
            (Command::ClearFilter, _) => {
                self.is_filtering = false;
                self.filter = TextField::default();
            }
            (Command::Back, Pane::Detail) => self.pane = Pane::List,
            (Command::Back, Pane::List) => self.step_back(),
            (Command::Sort, _) => self.sort = self.sort.next(),
            (Command::ShowAll, _) => self.usage = None,
            (Command::ShowPublic, _) => self.usage = Some(Usage::Public),
            (Command::ShowSecret, _) => self.usage = Some(Usage::Secret),
            (Command::Mark, _) => self.mark(store),
            (Command::MarkAll, _) => self.mark_all(store),
            (Command::Enter, _) => self.pane = Pane::Detail,
            (Command::Next | Command::Previous, Pane::List) => self.pane = Pane::Detail,
            (Command::Next | Command::Previous, Pane::Detail) => self.pane = Pane::List,
            (Command::Create, _) => return open(modals::Create::default()),
            (Command::Temporary, _) => return open(modals::Temporary::new(view)),
            (Command::FixFinding, _) => return self.fix(view),
            (Command::Delete, _) => {
                return self.open(view, Operation::Delete, modals::Delete::new);
            }
            (Command::Rotate, _) => return self.rotate(view),
            (Command::Edit, _) => {
                return self.open(view, Operation::Scopes, modals::Edit::new);
            }
            (Command::Urls, _) => {
                return self.open(view, Operation::Urls, modals::Urls::new);
            }
            (Command::CopyId, _) => {
                return self.copy(store, |token| {
                    Some((Secret::new(token.id.as_str()), format!("The ID of \"{}\"", token.name())))
                });
            }
            (Command::CopyCurl, _) => return self.copy_curl(view),
            (Command::Browse, _) => return self.browse(store),
            (Command::RefreshDefault, _) => return refresh_default(store),
            (Command::CopyValue, _) => {
                return self
                    .copy(store, |token| Some((token.token.clone()?, format!("The token \"{}\"", token.name()))));
            }
            (Command::ToggleValue, _) => self.detail.toggle_value(),
            (command, Pane::Detail) => self.detail.scroll(command),
            _ => {}
        }
        Vec::new()
    }

    /// Writes out the word of the filter that is being typed; again, the next one that begins so.
    fn complete(&mut self, store: &Store) {
        let typed = self.filter.text();
        let (start, turn) = match &self.completed {
            Some((start, turn, written)) if written == typed => (start.clone(), turn + 1),
            _ => (typed.to_owned(), 0),
        };
        let mut completions = query::completions(&start, &store.catalogue);
        let (mut start, mut turn) = (start, turn);
        if completions.len() == 1 && turn > 0 {
            // That word is complete: on to its value.
            (start, turn) = (typed.to_owned(), 0);
            completions = query::completions(&start, &store.catalogue);
        }
        if completions.is_empty() {
            return;
        }
        let written = completions[turn % completions.len()].written.clone();
        self.filter = TextField::new(written.clone());
        self.completed = Some((start, turn, written));
    }

    /// Takes away the last thing that narrows the list: marks, then the filter, then the kind.
    fn step_back(&mut self) {
        if !self.marked.is_empty() {
            self.marked.clear();
        } else if !self.filter.text().is_empty() {
            self.filter = TextField::default();
        } else {
            self.usage = None;
        }
    }

    fn mark(&mut self, store: &Store) {
        if let Some(token) = self.current(store) {
            let id = token.id.clone();
            if !self.marked.remove(&id) {
                self.marked.insert(id);
            }
            self.go(self.cursor.row() + 1, store);
        }
    }

    /// Marks everything the list shows; if all of it is marked, nothing.
    fn mark_all(&mut self, store: &Store) {
        let shown: HashSet<TokenId> =
            self.finder.rows().iter().map(|at| store.tokens()[*at as usize].id.clone()).collect();
        if shown.is_subset(&self.marked) {
            self.marked.clear();
        } else {
            self.marked.extend(shown);
        }
    }

    /// Rotates what is marked, one after the other, else what is under the cursor.
    fn rotate(&self, view: View) -> Vec<Action> {
        let marked = self.marked(view.store);
        let mut tokens: std::collections::VecDeque<Arc<Token>> = if marked.is_empty() {
            self.current(view.store).cloned().into_iter().collect()
        } else {
            marked.into_iter().cloned().collect()
        };
        let Some(token) = tokens.pop_front() else { return Vec::new() };
        let rotation = view.store.rotation_of(&token.id).cloned();
        open(modals::Rotate::new(token, tokens, rotation.as_ref()))
    }

    /// What is wrong with the token under the cursor.
    fn fix(&self, view: View) -> Vec<Action> {
        self.current(view.store).map(|token| modals::fix::ask(token, view)).unwrap_or_default()
    }

    /// Opens what is about the token under the cursor, or about all that are marked.
    fn open<M: Modal>(&self, view: View, operation: Operation, one: impl Fn(Arc<Token>) -> M) -> Vec<Action> {
        let marked = self.marked(view.store);
        if !marked.is_empty() {
            return open(modals::Bulk::new(operation, marked.into_iter().cloned(), view));
        }
        self.current(view.store).map(|token| open(one(token.clone()))).unwrap_or_default()
    }

    /// A click selects the row it hits; on the row that is selected, or in the detail pane, it goes there.
    pub fn click(&mut self, part: usize, at: usize, view: View) -> Vec<Action> {
        let was_here = at == self.cursor.row() && self.pane == Pane::List;
        self.point_at(part);
        match part {
            HEADINGS => self.sort_by(at),
            FILTER => self.is_filtering = true,
            _ => {}
        }
        if part == ROWS && at < self.finder.rows().len() {
            self.is_filtering = false;
            if was_here {
                self.pane = Pane::Detail;
            }
            self.go(at, view.store);
        }
        Vec::new()
    }

    /// A click on a heading orders the list by its column; one on the column it is ordered by, as it was.
    fn sort_by(&mut self, heading: usize) {
        let Some(sort) = columns::SORTS.get(heading).copied().flatten() else { return };
        self.sort = if self.sort == sort { Sort::Page } else { sort };
    }

    /// The mouse does something here: the keys go to the pane it is over.
    pub fn point_at(&mut self, part: usize) {
        self.pane = if part == DETAIL { Pane::Detail } else { Pane::List };
    }

    /// The request that shows this token, to run in a shell; there is none for a single token, so it picks it from the list.
    fn copy_curl(&self, view: View) -> Vec<Action> {
        let (Some(token), Some(account)) = (self.current(view.store), &view.store.account) else { return Vec::new() };
        let user: String = account.username.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let id: String = token.id.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
        let curl = curl::line(account, "GET", &format!("/tokens/v2/{user}?limit=100"));
        curl::copy(format!("{curl} | jq '.[] | select(.id == \"{id}\")'"), &format!("\"{}\"", token.name()))
    }

    /// The token's page, which real accounts have and sandboxes do not.
    fn browse(&self, store: &Store) -> Vec<Action> {
        match (self.current(store), &store.account) {
            (_, Some(account)) if account.is_sandbox => {
                vec![Action::Toast(Tone::Note, "A sandbox has no web pages.".into())]
            }
            (Some(token), Some(_)) => vec![Action::Do(Job::Browse(format!("{PAGE}{}", token.id.shown())))],
            _ => Vec::new(),
        }
    }

    fn copy(&self, store: &Store, what: impl Fn(&Token) -> Option<(Secret, String)>) -> Vec<Action> {
        let Some((value, name)) = self.current(store).and_then(|token| what(token)) else { return Vec::new() };
        vec![Action::Copy(Copy { value, sensitive: false, way: None }, Copied::Named(name))]
    }

    /// Draws the screen.
    pub fn render(&mut self, frame: &mut Frame, area: Rect, view: View, is_active: bool) {
        if area.width >= WIDE {
            // The detail reads best at about eighty columns; what is left beyond that goes to the list.
            let list_width = (area.width * 11 / 20).max(area.width.saturating_sub(88)).min(WIDEST);
            let [list, detail] =
                area.layout(&Layout::horizontal([Constraint::Length(list_width), Constraint::Fill(1)]));
            self.render_list(frame, list, view, is_active && self.pane == Pane::List);
            self.render_detail(frame, detail, view, is_active && self.pane == Pane::Detail);
        } else {
            match self.pane {
                Pane::List => self.render_list(frame, area, view, is_active),
                Pane::Detail => self.render_detail(frame, area, view, is_active),
            }
        }
    }

    fn render_detail(&mut self, frame: &mut Frame, area: Rect, view: View, is_focused: bool) {
        view.clicks.add(area, Target::Part(DETAIL, 0));
        let token = self.current(view.store).cloned();
        let place = self.finder.rows().get(self.cursor.row()).map_or(usize::MAX, |at| *at as usize);
        let findings = token.as_ref().map(|token| view.findings_at(token, place)).unwrap_or_default();
        self.detail.render(frame, area, view, token.as_deref().zip(Some(&findings)), is_focused);
    }

    /// Masks the token string.
    pub fn hide_value(&mut self) {
        self.detail.hide_value();
    }
}

/// The hosted API has no call for it: there the page does it.
fn refresh_default(store: &Store) -> Vec<Action> {
    if store.account.as_ref().is_some_and(|account| account.is_sandbox) {
        let text = "This replaces the default public token. The current one stops working everywhere, immediately.";
        return open(modals::Question::new("Refresh the default token?", text, Action::Send(Request::RefreshDefault)));
    }
    let text = "The API can't refresh the default token; use the account page.";
    vec![Action::Toast(Tone::Note, text.into()), Action::Do(Job::Browse(PAGE.into()))]
}

fn open(modal: impl Modal) -> Vec<Action> {
    vec![Action::open(modal)]
}
