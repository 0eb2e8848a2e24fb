//! The tour's [`STEPS`]: what is said, and what is done meanwhile.
//!
//! Invariants: every [`Move::See`] names words that are on the screen only once the moves before it have worked, so a tour that no longer fits
//! the dashboard stops instead of explaining something else.

/// A caption, and what happens under it.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What the step belongs to; skipping goes to the next chapter.
    pub chapter: &'static str,
    /// What is said.
    pub caption: &'static str,
    /// What is done.
    pub moves: &'static [Move],
}

/// Something the tour does.
#[derive(Clone, Copy, Debug)]
pub enum Move {
    /// Starts the dashboard.
    Start,
    /// Presses a key, by its name.
    Press(&'static str),
    /// Types a text.
    Type(&'static str),
    /// Waits until these words are on the screen.
    See(&'static str),
    /// Kills the dashboard.
    Kill,
}

use Move::{Kill, Press, See, Start, Type};

/// The whole tour.
pub const STEPS: &[Step] = &[
    Step {
        chapter: "Welcome",
        caption: "This is jeton's dashboard, the real one, on a sandbox: a Tokens API inside this program with made-up tokens. \
                  Nothing here touches an account of yours.",
        moves: &[Start, See("as of ")],
    },
    Step {
        chapter: "The list",
        caption: "Every token of the account, with its scopes, its allowed URLs and how much it is used. The details of the selected \
                  token are beside or below the list.",
        moves: &[Press("j"), Press("j"), See("Checkout map")],
    },
    Step {
        chapter: "The list",
        caption: "Type to filter: by words, by scope, by URL, by use. This finds every secret token.",
        moves: &[Press("/"), Type("usage:sk"), Press("Enter")],
    },
    Step {
        chapter: "A secret token",
        caption: "A new token: a name, and the scopes it needs. One secret scope makes it a secret token (sk).",
        moves: &[
            Press("Esc"),
            Press("n"),
            See("New token"),
            Type("Nightly uploads"),
            Press("Tab"),
            Press("Tab"),
            Press("/"),
            Type("tilesets:write"),
            Press("Enter"),
            Press("Space"),
            See("a secret token (sk)"),
        ],
    },
    Step {
        chapter: "A secret token",
        caption: "The server shows the value of a secret token once, in its answer to the create. So jeton keeps an encrypted backup \
                  until you have stored it.",
        moves: &[Press("Ctrl-S"), See("sk.eyJ")],
    },
    Step {
        chapter: "A secret token",
        caption: "Leaving by accident? jeton asks first: only somebody who has the value can answer.",
        moves: &[Press("Esc")],
    },
];
