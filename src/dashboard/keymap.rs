//! The one table of key bindings. It drives dispatch, the footer, the help screen and `docs/keys.md`.
//!
//! Invariants: which contexts are active is derived from the state at each key ([`super::app::App::contexts`]), never
//! stored; the first context that binds a key wins; within a context no key is bound twice; plain characters are never
//! bound in a context where text is typed. A new command costs a variant of [`Command`], a row here and a match arm.
//!
//! [`Keymap`] is the table with the keys of the configuration file in it ([`Keymap::remap`]); what it refuses would leave somebody
//! without a way out, or without the letters they type.

mod bindings;
mod context;

use std::collections::BTreeSet;

pub use self::{bindings::BINDINGS, context::Context};
use super::{command::Command, key::Key};

/// One row: in this context these keys mean this command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Where it holds.
    pub context: Context,
    /// Any of these; the first is the one shown in the footer.
    pub keys: &'static [Key],
    /// What it does.
    pub command: Command,
    /// One or two words for the footer; empty keeps it out of there.
    pub hint: &'static str,
    /// How long it stays in a footer that gets too narrow: 0 goes last.
    pub priority: u8,
    /// What it does, for the help screen.
    pub help: &'static str,
}

/// A row with the keys it has here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The row of the table.
    pub binding: &'static Binding,
    /// Any of these; the first is the one that is shown. None: only the palette knows the command.
    pub keys: Vec<Key>,
}

/// The table as it holds for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    rows: Vec<Row>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self { rows: BINDINGS.iter().map(|binding| Row { binding, keys: binding.keys.to_vec() }).collect() }
    }
}

/// Why keys cannot be bound like that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKeys {
    /// The command means nothing there.
    #[error("{1} is not a command of {0}")]
    NoSuchCommand(&'static str, &'static str),
    /// One key would mean two things.
    #[error("in {0}, {1} is bound to both {2} and {3}")]
    Twice(&'static str, Key, &'static str, &'static str),
    /// The letters are needed for typing.
    #[error("in {0} letters are text, so {1} can't be bound to {2}")]
    IsText(&'static str, Key, &'static str),
    /// Nobody could leave any more.
    #[error("in {0}, {1} needs a key, or there is no way out")]
    NoWayOut(&'static str, &'static str),
}

impl Keymap {
    /// Every row, those of one context together.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn of(&self, context: Context) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.binding.context == context)
    }

    /// The command a key means, where `contexts` are active, the innermost first.
    pub fn resolve(&self, contexts: &[Context], key: Key) -> Option<Command> {
        self.row(contexts, key).map(|row| row.binding.command)
    }

    fn row(&self, contexts: &[Context], key: Key) -> Option<&Row> {
        contexts.iter().find_map(|context| self.of(*context).find(|row| row.keys.contains(&key)))
    }

    /// The rows with a hint that work in `contexts`, the most important first: what a footer shows, as many as fit.
    pub fn hints(&self, contexts: &[Context]) -> Vec<&Row> {
        let works = |row: &&Row| {
            let key = row.keys.first().filter(|_| !row.binding.hint.is_empty());
            // Not what an outer context would do with a key that an inner one has taken.
            key.and_then(|key| self.row(contexts, *key)).is_some_and(|first| std::ptr::eq(first, *row))
        };
        let mut rows: Vec<_> = contexts.iter().flat_map(|context| self.of(*context)).filter(works).collect();
        rows.sort_by_key(|row| row.binding.priority);
        rows
    }

    /// The key to name in a sentence about a command; the command's own name where it has none.
    pub fn name(&self, context: Context, command: Command) -> String {
        let row = self.of(context).find(|row| row.binding.command == command);
        let key = row.and_then(|row| row.keys.first()).map(ToString::to_string);
        key.unwrap_or_else(|| format!(":{}", <&str>::from(command)))
    }

    /// Gives commands other keys, all at once, so that two can change places.
    ///
    /// # Errors
    /// When the keys would be ambiguous, or would leave somebody without a way out. Nothing has changed then.
    pub fn remap(&mut self, changes: &[(Context, Command, Vec<Key>)]) -> Result<(), BadKeys> {
        let mut rows = self.rows.clone();
        for (context, command, keys) in changes {
            let mut places = rows.iter_mut();
            let row = places.find(|row| row.binding.context == *context && row.binding.command == *command);
            let row = row.ok_or(BadKeys::NoSuchCommand((*context).into(), (*command).into()))?;
            row.keys.clone_from(keys);
        }
        let changed: BTreeSet<Context> = changes.iter().map(|(context, ..)| *context).collect();
        for context in changed {
            check(context, rows.iter().filter(|row| row.binding.context == context))?;
        }
        self.rows = rows;
        Ok(())
    }
}

fn check<'a>(context: Context, rows: impl Iterator<Item = &'a Row> + Clone) -> Result<(), BadKeys> {
    let place: &'static str = context.into();
    let mut seen: Vec<(Key, &'static str)> = Vec::new();
    for Row { binding, keys } in rows {
        let name: &'static str = binding.command.into();
        let leaves = matches!(binding.command, Command::Back | Command::Quit | Command::Done | Command::ClearFilter);
        if keys.is_empty() && leaves {
            return Err(BadKeys::NoWayOut(place, name));
        }
        for key in keys {
            if key.text().is_some() && (context.is_typing() || context == Context::Always) {
                return Err(BadKeys::IsText(place, *key, name));
            }
            if let Some((_, other)) = seen.iter().find(|(taken, _)| taken == key) {
                return Err(BadKeys::Twice(place, *key, other, name));
            }
            seen.push((*key, name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use strum::IntoEnumIterator as _;

    use super::*;
    use crate::dashboard::key::KeyCode;

    #[test]
    fn no_key_is_bound_twice_in_a_context() {
        let mut seen = HashSet::new();
        for binding in BINDINGS {
            for key in binding.keys {
                assert!(seen.insert((binding.context, *key)), "{key} twice in {:?}", binding.context);
            }
        }
    }

    #[test]
    fn every_command_and_every_context_has_a_row() {
        for command in Command::iter() {
            assert!(BINDINGS.iter().any(|binding| binding.command == command), "{command:?} cannot be given");
        }
        for context in Context::iter() {
            assert!(BINDINGS.iter().any(|binding| binding.context == context), "{context:?} has no keys");
        }
    }

    #[test]
    fn where_text_is_typed_no_plain_character_is_bound() {
        for binding in
            BINDINGS.iter().filter(|binding| binding.context.is_typing() || binding.context == Context::Always)
        {
            assert!(binding.keys.iter().all(|key| key.text().is_none()), "{binding:?}");
        }
    }

    #[test]
    fn no_binding_uses_a_key_that_terminals_cannot_tell_apart() {
        for binding in BINDINGS {
            for key in binding.keys {
                assert!(key.as_sent() == *key && !key.alt, "{key} in {:?}", binding.context);
            }
        }
    }

    #[test]
    fn the_innermost_context_wins() {
        let key = Key::plain(KeyCode::Down);
        let keys = Keymap::default();
        assert_eq!(keys.resolve(&[Context::Text, Context::Form, Context::Always], key), Some(Command::Next));
        assert_eq!(keys.resolve(&[Context::Scopes, Context::List, Context::Form], key), Some(Command::Down));
    }

    #[test]
    fn a_footer_names_no_key_twice() {
        let keys = Keymap::default();
        for (inner, outer) in Context::iter().flat_map(|inner| Context::iter().map(move |outer| (inner, outer))) {
            let mut seen = HashSet::new();
            for row in keys.hints(&[inner, outer, Context::Always]).into_iter().filter(|_| inner != outer) {
                assert!(seen.insert(row.keys[0]), "{} twice in {inner:?} over {outer:?}", row.keys[0]);
            }
        }
    }

    #[test]
    fn keys_can_change_places_and_lose_what_they_meant() {
        let mut keys = Keymap::default();
        let (d, e) = (Key::char('d'), Key::char('e'));
        let swap = [(Context::Tokens, Command::Delete, vec![e]), (Context::Tokens, Command::Edit, vec![d])];
        assert_eq!(keys.remap(&swap), Ok(()));
        assert_eq!(keys.resolve(&[Context::Tokens], d), Some(Command::Edit));
        assert_eq!(keys.resolve(&[Context::Tokens], e), Some(Command::Delete));
        assert_eq!(keys.resolve(&[Context::Detail], d), Some(Command::Delete), "elsewhere it is as it was");
        assert_eq!(keys.remap(&[(Context::Tokens, Command::Delete, Vec::new())]), Ok(()));
        assert_eq!(keys.resolve(&[Context::Tokens], e), None);
        assert!(keys.hints(&[Context::Tokens]).iter().all(|row| row.binding.command != Command::Delete));
        assert_eq!(keys.name(Context::Tokens, Command::Edit), "d");
        assert_eq!(keys.name(Context::Tokens, Command::Delete), ":delete");
    }

    #[test]
    fn keys_that_would_be_ambiguous_or_leave_no_way_out_are_refused_and_change_nothing() {
        let mut keys = Keymap::default();
        for (context, command, wanted, says) in [
            (Context::Tokens, Command::Delete, vec![Key::char('e')], "is bound to both"),
            (Context::Help, Command::Back, Vec::new(), "no way out"),
            (Context::Always, Command::Quit, Vec::new(), "no way out"),
            (Context::Filter, Command::KeepFilter, vec![Key::char('x')], "letters are text"),
            (Context::Help, Command::Delete, vec![Key::char('x')], "not a command of help"),
        ] {
            let error = keys.remap(&[(context, command, wanted)]).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        assert_eq!(keys, Keymap::default());
    }
}
