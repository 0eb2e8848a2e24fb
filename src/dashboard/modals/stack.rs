//! [`Stack`]: the modals that are open, the topmost last, each with an id of its own.
//!
//! Invariants: an id is never given twice, so what was asked by a modal that has closed reaches no other; a modal knows which one
//! opened it, and what it asks for after it has closed is asked for by that one.

use std::any::Any;

use super::Modal;

/// Which modal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModalId(u64);

#[derive(Debug)]
struct Entry {
    id: ModalId,
    opener: Option<ModalId>,
    modal: Box<dyn Modal>,
}

/// What lies on top of the screen.
#[derive(Debug, Default)]
pub struct Stack {
    entries: Vec<Entry>,
    last_id: u64,
}

impl Stack {
    /// Puts a modal on top, asked for by another one or not.
    pub fn push(&mut self, modal: Box<dyn Modal>, opener: Option<ModalId>) {
        self.last_id += 1;
        self.entries.push(Entry { id: ModalId(self.last_id), opener, modal });
    }

    /// Closes a modal, wherever it lies; gives it back, and which one had opened it.
    pub fn close(&mut self, id: ModalId) -> Option<(Box<dyn Modal>, Option<ModalId>)> {
        let at = self.entries.iter().position(|entry| entry.id == id)?;
        let Entry { modal, opener, .. } = self.entries.remove(at);
        Some((modal, opener))
    }

    /// Closes those that are not to stay.
    pub fn retain(&mut self, stays: impl Fn(&dyn Modal) -> bool) {
        self.entries.retain(|entry| stays(&*entry.modal));
    }

    /// Closes everything above the topmost modal of a kind that is as wanted, and gives that one.
    pub fn uncover<T: Modal>(&mut self, wanted: impl Fn(&T) -> bool) -> Option<&mut T> {
        let is_wanted = |entry: &Entry| is(&*entry.modal).is_some_and(&wanted);
        let at = self.entries.iter().rposition(is_wanted)?;
        self.entries.truncate(at + 1);
        self.entries.last_mut().and_then(|entry| is_mut(&mut *entry.modal))
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The id of the topmost.
    pub fn top_id(&self) -> Option<ModalId> {
        self.entries.last().map(|entry| entry.id)
    }

    /// The topmost.
    pub fn top(&self) -> Option<&dyn Modal> {
        self.entries.last().map(|entry| &*entry.modal)
    }

    /// The topmost, to change.
    pub fn top_mut(&mut self) -> Option<&mut dyn Modal> {
        self.entries.last_mut().map(|entry| &mut *entry.modal as &mut dyn Modal)
    }

    /// The topmost, if it is of a kind.
    pub fn top_as<T: Modal>(&self) -> Option<&T> {
        self.top().and_then(is)
    }

    /// The modal with an id, if it is still open.
    pub fn get_mut(&mut self, id: ModalId) -> Option<&mut dyn Modal> {
        self.entries.iter_mut().find(|entry| entry.id == id).map(|entry| &mut *entry.modal as &mut dyn Modal)
    }

    /// The modal with an id, if it is still open and of a kind.
    pub fn get_as<T: Modal>(&self, id: ModalId) -> Option<&T> {
        self.entries.iter().find(|entry| entry.id == id).and_then(|entry| is(&*entry.modal))
    }

    /// Every modal, the topmost last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &dyn Modal> + ExactSizeIterator {
        self.entries.iter().map(|entry| &*entry.modal as &dyn Modal)
    }

    /// Every modal, to change.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut dyn Modal> {
        self.entries.iter_mut().map(|entry| &mut *entry.modal as &mut dyn Modal)
    }

    /// Those of a kind.
    pub fn all<T: Modal>(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.iter().filter_map(is)
    }

    /// Those of a kind, to change.
    pub fn all_mut<T: Modal>(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        self.iter_mut().filter_map(is_mut)
    }

    /// Whether one of a kind is open.
    pub fn has<T: Modal>(&self) -> bool {
        self.all::<T>().next().is_some()
    }

    /// Closes those of a kind.
    pub fn close_all<T: Modal>(&mut self) {
        self.retain(|modal| is::<T>(modal).is_none());
    }
}

fn is<T: Modal>(modal: &dyn Modal) -> Option<&T> {
    (modal as &dyn Any).downcast_ref()
}

fn is_mut<T: Modal>(modal: &mut dyn Modal) -> Option<&mut T> {
    (modal as &mut dyn Any).downcast_mut()
}
