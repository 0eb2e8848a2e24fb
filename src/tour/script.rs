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
        moves: &[Press("/"), Type("usage:sk"), Press("Enter"), See("usage:sk"), See(" of 1")],
    },
    Step {
        chapter: "A secret token",
        caption: "A new token: a name, and the scopes it needs. One secret scope makes it a secret token (sk).",
        moves: &[
            Press("Esc"),
            Press("n"),
            See("Create token"),
            Type("Nightly tiles"),
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
        moves: &[Press("Ctrl-S"), See("NOT SAVED")],
    },
    Step {
        chapter: "A secret token",
        caption: "Leave by accident? jeton asks first, for something only a person who has stored the value can know.",
        moves: &[Press("Esc"), See("Not saved yet")],
    },
    Step {
        chapter: "A crash",
        caption: "Now the worst case. This dashboard is a process of its own: kill -9, with the value on the screen and stored nowhere.",
        moves: &[Kill],
    },
    Step {
        chapter: "A crash",
        caption: "Started again, jeton finds the journal of the create, and says so.",
        moves: &[Start, See("as of "), See("Unfinished")],
    },
    Step {
        chapter: "A crash",
        caption: "The value comes back from the backup, and the token is the same one: nothing was created twice.",
        moves: &[Press("Enter"), See("NOT SAVED")],
    },
    Step {
        chapter: "A crash",
        caption: "Store it: here in the project's .env file. The backup is deleted the moment the value is saved.",
        moves: &[Press("e"), See(".env:"), Press("Enter"), See("saved as MAPBOX_ACCESS_TOKEN")],
    },
    Step {
        chapter: "Allowed URLs",
        caption: "A public token is in every page that uses it. Allowed URLs keep other pages from using it.",
        moves: &[
            Press("Esc"),
            See("as of"),
            Press("/"),
            Type("checkout"),
            Press("Enter"),
            Press("u"),
            See("llowed URLs"),
        ],
    },
    Step {
        chapter: "Allowed URLs",
        caption: "Try it before you rely on it: this page may use the token.",
        moves: &[Press("Shift-Tab"), Type("https://lumen.example/checkout/42"), See("Allowed by")],
    },
    Step {
        chapter: "Allowed URLs",
        caption: "And this one may not. Each entry says why.",
        moves: &[Press("Ctrl-U"), Type("https://elsewhere.example/"), See("Refused")],
    },
    Step {
        chapter: "Rotation",
        caption: "Rotation replaces a token wherever it is used. jeton looks for the token in the project's files.",
        moves: &[
            Press("Esc"),
            See("as of"),
            Press("Esc"),
            Press("/"),
            Type("nightly tiles"),
            Press("Enter"),
            Press("R"),
            See("Look for it in"),
            Type("."),
        ],
    },
    Step {
        chapter: "Rotation",
        caption: "It shows the plan before it does anything. The old token usually works for another week; here there is no such grace period.",
        moves: &[
            Press("Tab"),
            Press("Tab"),
            Press("Tab"),
            Press("Tab"),
            Press("Ctrl-U"),
            Type("0s"),
            Press("Enter"),
            See("1 file"),
        ],
    },
    Step {
        chapter: "Rotation",
        caption: "Without a grace period the old token is deleted at the end, so jeton asks.",
        moves: &[Press("Enter"), See("Delete the old token")],
    },
    Step {
        chapter: "Rotation",
        caption: "Create, check, replace, delete. Every stage is on record: a rotation that is interrupted can be resumed or undone.",
        moves: &[Press("y"), See("old token is deleted")],
    },
    Step {
        chapter: "The end",
        caption: "That was jeton. Try it yourself with jeton demo; see your own tokens with jeton login.",
        moves: &[],
    },
];
