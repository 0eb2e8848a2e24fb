//! [`ScopePicker`]: choosing scopes in two groups, public and secret, with what each allows, or a job's scopes at once.
//!
//! Used by every form that grants scopes. Invariants: the cursor is on a scope that the filter shows; what is chosen
//! stays chosen while it is filtered away; a scope that the API would refuse cannot be chosen, and says why ([`Limits`]);
//! scopes a token holds that nobody described are shown as they come.

use std::collections::{BTreeSet, HashSet};

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{dialog::Dialog, list_cursor::ListCursor, paint, text_field::TextField};
use crate::{
    dashboard::{
        action::{Action, Tone},
        command::Command,
        keymap::Context,
        theme::Theme,
        view::View,
    },
    token::{
        Catalogue, Preset, Scope,
        catalogue::ScopeInfo,
        preset::{self, Fit},
    },
    untrusted::Untrusted,
};

/// What may be chosen.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// The scopes that exist.
    pub catalogue: &'a Catalogue,
    /// The scopes of the authorizing token, where they are known: it can pass on no others.
    pub held: Option<&'a HashSet<Scope>>,
    /// Which kind of token the scopes are for, when that is settled.
    pub kind: Kind,
}

/// What a token's past says about its scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The token does not exist yet: its scopes will make it what it is. Or it is secret: it may hold any.
    #[default]
    Any,
    /// The token is public for good.
    Public,
    /// The token was made without scopes.
    NoScopes,
}

impl Limits<'_> {
    /// Whether a whole group cannot be chosen: that is said once, in its heading.
    fn shuts_out(&self, is_public: bool) -> bool {
        self.kind == Kind::NoScopes || (self.kind == Kind::Public && !is_public)
    }

    /// Why a scope cannot be chosen, if it cannot.
    fn reason(&self, scope: &Scope) -> Option<&'static str> {
        match self.kind {
            Kind::NoScopes => Some("can't be added to a token created without scopes"),
            Kind::Public if !self.catalogue.is_public(scope) => Some("not available to public tokens"),
            _ if self.held.is_some_and(|held| !held.contains(scope)) => Some("your token lacks it"),
            _ => None,
        }
    }
}

/// The state of a picker. What exists and what may be chosen is passed in, for it may change while the picker is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopePicker {
    chosen: BTreeSet<Scope>,
    cursor: ListCursor,
    filter: TextField,
    is_filtering: bool,
    /// The cursor among the presets, while they are shown.
    presets: Option<ListCursor>,
}

/// What `update` did with a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was for the picker.
    Done,
    /// It was for the picker, and there is something to say about it.
    Remark(String),
    /// It was for the picker, which could not do it; the reason.
    Refused(String),
    /// It was not for the picker.
    NotMine,
}

impl Outcome {
    /// What there is to say.
    pub fn said(self) -> Vec<Action> {
        match self {
            Self::Done | Self::NotMine => Vec::new(),
            Self::Remark(text) => vec![Action::Toast(Tone::Note, text)],
            Self::Refused(reason) => vec![Action::Toast(Tone::Bad, reason)],
        }
    }
}

enum Row {
    Heading(bool),
    Scope(usize, ScopeInfo),
}

impl ScopePicker {
    /// A picker with some scopes already chosen.
    pub fn new(chosen: impl IntoIterator<Item = Scope>) -> Self {
        Self { chosen: chosen.into_iter().collect(), ..Self::default() }
    }

    /// What is chosen, in alphabetical order.
    pub fn chosen(&self) -> &BTreeSet<Scope> {
        &self.chosen
    }

    /// The contexts whose keys it takes in a form, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match (&self.presets, self.is_filtering) {
            // They lie over the form: its keys would act on what is hidden.
            (Some(_), _) => vec![Context::Presets, Context::List],
            (None, true) => vec![Context::ScopeFilter, Context::TypingList, Context::Form],
            (None, false) => vec![Context::Scopes, Context::List, Context::Form],
        }
    }

    /// Whether the presets lie over the scopes.
    pub fn shows_presets(&self) -> bool {
        self.presets.is_some()
    }

    /// The filter while it is being typed.
    pub fn filter_field(&mut self) -> Option<&mut TextField> {
        self.is_filtering.then_some(&mut self.filter)
    }

    /// To be called after the filter's text changed.
    pub fn filter_changed(&mut self) {
        self.cursor.go(0);
    }

    /// Does what a command says.
    pub fn update(&mut self, command: Command, limits: Limits) -> Outcome {
        if self.presets.is_some() {
            return self.update_presets(command, limits);
        }
        let shown = self.shown(limits.catalogue);
        if self.cursor.update(command, shown.len()) {
            return Outcome::Done;
        }
        match command {
            Command::Toggle => {
                let Some(info) = shown.get(self.cursor.row()) else { return Outcome::Done };
                if !self.chosen.remove(&info.id) {
                    if let Some(reason) = limits.reason(&info.id) {
                        return Outcome::Refused(format!("{}: {reason}.", info.id.shown()));
                    }
                    self.chosen.insert(info.id.clone());
                }
            }
            Command::Presets => self.presets = Some(ListCursor::default()),
            Command::Filter => self.is_filtering = true,
            Command::KeepFilter => self.is_filtering = false,
            Command::ClearFilter => {
                self.is_filtering = false;
                self.clear_filter();
            }
            Command::Back if !self.filter.text().is_empty() => self.clear_filter(),
            _ => return Outcome::NotMine,
        }
        Outcome::Done
    }

    fn clear_filter(&mut self) {
        self.filter = TextField::default();
        self.cursor.go(0);
    }

    fn update_presets(&mut self, command: Command, limits: Limits) -> Outcome {
        let presets = preset::presets();
        let Some(cursor) = &mut self.presets else { return Outcome::NotMine };
        if cursor.update(command, presets.len()) {
            return Outcome::Done;
        }
        let chosen = presets.get(cursor.row()).filter(|_| command == Command::Submit);
        if !matches!(command, Command::Submit | Command::Back) {
            return Outcome::NotMine;
        }
        self.presets = None;
        chosen.map_or(Outcome::Done, |preset| self.apply(preset, limits))
    }

    /// Chooses a job's scopes and nothing else; says which of them could not be chosen.
    fn apply(&mut self, preset: &Preset, limits: Limits) -> Outcome {
        let (refused, allowed): (Vec<&Scope>, Vec<&Scope>) =
            preset.scopes.iter().partition(|scope| limits.reason(scope).is_some());
        self.chosen = allowed.into_iter().cloned().collect();
        self.filter = TextField::default();
        let shown = self.shown(limits.catalogue);
        self.cursor.go(shown.iter().position(|info| self.chosen.contains(&info.id)).unwrap_or_default());
        match refused.first().and_then(|scope| limits.reason(scope)) {
            None => Outcome::Remark(format!("{}: {}", preset.name, preset.job)),
            Some(reason) => {
                let names: Vec<_> = refused.iter().map(|scope| scope.shown()).collect();
                Outcome::Refused(format!("{} also needs {}: {reason}.", preset.name, names.join(", ")))
            }
        }
    }

    /// The scopes the filter shows: those of the catalogue, and chosen ones it does not know.
    fn shown(&self, catalogue: &Catalogue) -> Vec<ScopeInfo> {
        let needle = self.filter.text().trim().to_lowercase();
        let matches = |info: &ScopeInfo| {
            let is_in = |word: &str| {
                info.id.id().to_lowercase().contains(word) || info.description.raw().to_lowercase().contains(word)
            };
            needle.split_whitespace().all(is_in)
        };
        let unknown = self.chosen.iter().filter(|scope| catalogue.get(scope).is_none());
        let unknown = unknown.map(|scope| ScopeInfo {
            id: scope.clone(),
            description: Untrusted::from("No description."),
            public: false,
            documented: false,
        });
        catalogue.scopes().iter().cloned().chain(unknown).filter(matches).collect()
    }

    /// Opens the presets.
    pub fn show_presets(&mut self) {
        self.is_filtering = false;
        self.presets = Some(ListCursor::default());
    }

    /// A click on a row: chooses the scope or the preset that is drawn there.
    pub fn click(&mut self, at: usize, limits: Limits) -> Outcome {
        if let Some(cursor) = &mut self.presets {
            cursor.go(at);
            return self.update_presets(Command::Submit, limits);
        }
        let (rows, _) = rows(self.shown(limits.catalogue), usize::MAX);
        let Some(Row::Scope(at, _)) = rows.get(at) else { return Outcome::Done };
        self.cursor.go(*at);
        self.is_filtering = false;
        self.update(Command::Toggle, limits)
    }

    /// What the choice looks like next to the jobs people create tokens for.
    pub fn advice(&self) -> Option<String> {
        let chosen: Vec<Scope> = self.chosen.iter().cloned().collect();
        match preset::fit(&chosen) {
            Fit::Nothing => None,
            Fit::Within(preset) if preset.scopes.len() == chosen.len() => Some(preset.name.to_string()),
            Fit::Within(preset) => {
                Some(format!("{} ({} of {} scopes)", preset.name, chosen.len(), preset.scopes.len()))
            }
            Fit::Beyond { nearest: Some(preset), surplus } => {
                let names: Vec<_> = surplus.iter().map(Scope::shown).collect();
                Some(format!("more than {} needs: {}", preset.name, names.join(", ")))
            }
            Fit::Beyond { nearest: None, .. } => Some("too broad for one job; use one token per job".to_owned()),
        }
    }

    /// Draws the picker; its rows are clicked as `part`.
    pub fn render(&mut self, frame: &mut Frame, area: Rect, view: View, limits: Limits, is_focused: bool, part: usize) {
        let theme = view.theme;
        if area.is_empty() {
            return;
        }
        let whole = area;
        let mut area = area;
        if self.is_filtering || !self.filter.text().is_empty() {
            let label = Line::from(vec![Span::styled("/", theme.key)]);
            frame.render_widget(label, Rect { height: 1, ..area });
            let field = Rect { x: area.x + 1, width: area.width.saturating_sub(1), height: 1, ..area };
            self.filter.render(frame, field, theme.field, self.is_filtering && is_focused);
            area = Rect { y: area.y + 1, height: area.height - 1, ..area };
        }
        let shown = self.shown(limits.catalogue);
        if shown.is_empty() {
            frame.render_widget(Line::styled("no matches", theme.dim), area);
            return;
        }
        let cursor = self.cursor.clamp(shown.len());
        let (rows, cursor_row) = rows(shown, cursor);
        // The heading above the first scope of a group comes into view with it.
        let is_first = matches!(rows.get(cursor_row.wrapping_sub(1)), Some(Row::Heading(_)));
        let here = cursor_row - usize::from(is_first)..cursor_row + 1;
        let seen = self.cursor.show_around(here, rows.len(), usize::from(area.height));
        view.clicks.rows(area, part, seen.start);
        for (line, row) in area.rows().zip(rows.iter().skip(seen.start)) {
            match row {
                Row::Heading(is_public) => frame.render_widget(self.heading(*is_public, theme, limits), line),
                Row::Scope(at, info) => {
                    let is_cursor = *at == cursor;
                    frame.render_widget(
                        self.row(info, theme, limits, is_cursor && is_focused, usize::from(area.width)),
                        line,
                    );
                    if is_cursor {
                        let style = if is_focused { theme.selection } else { theme.selection_unfocused };
                        frame.buffer_mut().set_style(line, style);
                    }
                    if is_cursor && is_focused && !self.is_filtering {
                        frame.set_cursor_position((area.x, line.y));
                    }
                }
            }
        }
        if let Some(cursor) = &mut self.presets {
            render_presets(frame, whole, view, cursor, part);
        }
    }

    fn heading(&self, is_public: bool, theme: &Theme, limits: Limits) -> Line<'static> {
        let (title, style) = if is_public { ("Public", theme.public) } else { ("Secret", theme.secret) };
        let count = self.chosen.iter().filter(|scope| limits.catalogue.is_public(scope) == is_public).count();
        let note = match (is_public, limits.kind, count) {
            (_, Kind::NoScopes, _) => " can't be added: the token was created without scopes".to_owned(),
            (false, Kind::Public, _) => " not available to public tokens".to_owned(),
            (true, _, 0) => " for tokens anyone may see".to_owned(),
            (false, _, 0) => " picking any of these makes it a secret token".to_owned(),
            (_, _, count) => format!(" {count} chosen"),
        };
        Line::from(vec![Span::styled(title, style.patch(theme.title)), Span::styled(note, theme.dim)])
    }

    fn row(&self, info: &ScopeInfo, theme: &Theme, limits: Limits, is_cursor: bool, columns: usize) -> Line<'static> {
        let glyphs = &theme.glyphs;
        let reason = limits.reason(&info.id);
        let id_width = (columns / 2).clamp(8, 20);
        let mark = if self.chosen.contains(&info.id) { glyphs.chosen.0 } else { glyphs.chosen.1 };
        let id_style = match (reason, info.public) {
            (Some(_), _) => theme.dim,
            (None, true) => theme.public,
            (None, false) => theme.secret,
        };
        let said = reason.filter(|_| !limits.shuts_out(info.public));
        let text = said.map_or_else(|| info.description.shown(), Into::into);
        Line::from(vec![
            Span::styled(if is_cursor { glyphs.cursor } else { " " }, theme.title),
            Span::raw(format!("{mark} ")),
            Span::styled(paint::cell(&info.id.shown(), id_width, glyphs.ellipsis), id_style),
            Span::raw(" "),
            Span::styled(
                paint::fit(&text, columns.saturating_sub(id_width + 6), glyphs.ellipsis).into_owned(),
                theme.dim,
            ),
        ])
    }
}

/// The scopes under their headings, and in which row the one under the cursor is.
fn rows(shown: Vec<ScopeInfo>, cursor: usize) -> (Vec<Row>, usize) {
    let mut rows = Vec::with_capacity(shown.len() + 2);
    let mut group = None;
    let mut cursor_row = 0;
    for (at, info) in shown.into_iter().enumerate() {
        if group != Some(info.public) {
            group = Some(info.public);
            rows.push(Row::Heading(info.public));
        }
        if at == cursor {
            cursor_row = rows.len();
        }
        rows.push(Row::Scope(at, info));
    }
    (rows, cursor_row)
}

fn render_presets(frame: &mut Frame, area: Rect, view: View, cursor: &mut ListCursor, part: usize) {
    let theme = view.theme;
    let presets = preset::presets();
    let inside =
        Dialog::new(" Presets ", area.width.saturating_sub(8).min(84), presets.len() as u16).render(frame, area, theme);
    let columns = usize::from(inside.width);
    let seen = cursor.show(presets.len(), usize::from(inside.height));
    // Nothing below can be clicked while they are there.
    view.clicks.clear();
    view.clicks.rows(inside, part, seen.start);
    let cursor = cursor.row();
    for (row, (at, preset)) in inside.rows().zip(presets.iter().enumerate().skip(seen.start)) {
        let job = paint::fit(&preset.job, columns.saturating_sub(21), theme.glyphs.ellipsis).into_owned();
        let mark = if at == cursor { theme.glyphs.cursor } else { " " };
        let line = vec![
            Span::raw(format!("{mark} ")),
            Span::styled(paint::cell(&preset.name, 18, theme.glyphs.ellipsis), theme.title),
            Span::styled(format!(" {job}"), theme.dim),
        ];
        frame.render_widget(Line::from(line), row);
        if at == cursor {
            frame.buffer_mut().set_style(row, theme.selection);
            frame.set_cursor_position((row.x, row.y));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits<'a>(catalogue: &'a Catalogue, held: Option<&'a HashSet<Scope>>) -> Limits<'a> {
        Limits { catalogue, held, kind: Kind::Any }
    }

    #[test]
    fn a_scope_the_authorizing_token_lacks_cannot_be_chosen_and_says_why() {
        let catalogue = Catalogue::bundled();
        let held = HashSet::from([Scope::from("styles:tiles")]);
        let limits = limits(&catalogue, Some(&held));
        let mut picker = ScopePicker::default();
        assert_eq!(picker.update(Command::Toggle, limits), Outcome::Done);
        picker.update(Command::Down, limits);
        let outcome = picker.update(Command::Toggle, limits);
        assert!(matches!(outcome, Outcome::Refused(reason) if reason.contains("styles:read")));
        assert_eq!(picker.chosen(), &BTreeSet::from([Scope::from("styles:tiles")]));
    }

    #[test]
    fn a_public_token_is_offered_no_secret_scope_but_may_lose_one_it_should_not_have() {
        let catalogue = Catalogue::bundled();
        let limits = Limits { kind: Kind::Public, ..limits(&catalogue, None) };
        let mut picker = ScopePicker::new([Scope::from("user-feedback:read")]);
        picker.update(Command::Last, limits);
        assert_eq!(picker.update(Command::Toggle, limits), Outcome::Done);
        assert!(picker.chosen().is_empty());
        assert!(matches!(picker.update(Command::Toggle, limits), Outcome::Refused(_)));
    }

    #[test]
    fn what_is_chosen_stays_chosen_while_it_is_filtered_away() {
        let catalogue = Catalogue::bundled();
        let limits = limits(&catalogue, None);
        let mut picker = ScopePicker::default();
        picker.update(Command::Toggle, limits);
        picker.update(Command::Filter, limits);
        picker.filter_field().expect("filtering").paste("uploads");
        picker.filter_changed();
        picker.update(Command::KeepFilter, limits);
        picker.update(Command::Toggle, limits);
        assert_eq!(picker.chosen().len(), 2);
        assert_eq!(picker.update(Command::Back, limits), Outcome::Done, "clears the filter first");
        assert_eq!(picker.update(Command::Back, limits), Outcome::NotMine, "then leaves");
    }

    #[test]
    fn a_preset_chooses_its_scopes_and_names_those_it_could_not() {
        let catalogue = Catalogue::bundled();
        let mut picker = ScopePicker::default();
        picker.update(Command::Presets, limits(&catalogue, None));
        assert!(matches!(picker.update(Command::Submit, limits(&catalogue, None)), Outcome::Remark(_)));
        assert_eq!(picker.advice().as_deref(), Some("Web map"));
        let held = HashSet::from([Scope::from("styles:read")]);
        picker.update(Command::Presets, limits(&catalogue, Some(&held)));
        let outcome = picker.update(Command::Submit, limits(&catalogue, Some(&held)));
        assert!(matches!(outcome, Outcome::Refused(reason) if reason.contains("fonts:read")));
        assert_eq!(picker.chosen(), &BTreeSet::from([Scope::from("styles:read")]));
    }

    #[test]
    fn a_scope_nobody_described_is_shown_as_long_as_it_is_chosen() {
        let catalogue = Catalogue::bundled();
        let picker = ScopePicker::new([Scope::from("brand:new")]);
        assert!(picker.shown(&catalogue).iter().any(|info| info.id.id() == "brand:new"));
    }
}
