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
        caption: "This is jeton's real dashboard, on a sandbox: a Tokens API inside this program, with made-up tokens. It does \
            not touch your accounts.",
        moves: &[Start, See("as of ")],
    },
    Step {
        chapter: "The list",
        caption: "All tokens of the account, with their scopes, allowed URLs and usage. The details of the selected token are \
            next to the list or below it.",
        moves: &[Press("j"), Press("j"), See("Checkout map")],
    },
    Step {
        chapter: "The list",
        caption: "Type to filter by name, scope, URL or usage. This filter finds all secret tokens.",
        moves: &[Press("/"), Type("kind:sk"), Press("Enter"), See("kind:sk"), See(" of 1")],
    },
    Step {
        chapter: "A secret token",
        caption: "Create a token: enter a name and choose the scopes it needs. One secret scope makes it a secret token (sk).",
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
        caption: "The server shows the value of a secret token only once, when it creates it. So jeton keeps a backup until you \
            store it.",
        moves: &[Press("Ctrl-S"), See("NOT SAVED")],
    },
    Step {
        chapter: "A secret token",
        caption: "Closing it by accident? jeton asks first, for something that you know only if you stored the value.",
        moves: &[Press("Esc"), See("Not saved yet")],
    },
    Step {
        chapter: "A crash",
        caption: "Now the worst case: kill -9, with the value on the screen and stored nowhere.",
        moves: &[Kill],
    },
    Step {
        chapter: "A crash",
        caption: "Started again, jeton finds the unfinished create in its journal.",
        moves: &[Start, See("as of "), See("Unfinished")],
    },
    Step {
        chapter: "A crash",
        caption: "jeton recovers the value from the backup. It is the same token: nothing was created twice.",
        moves: &[Press("Enter"), See("NOT SAVED")],
    },
    Step {
        chapter: "A crash",
        caption: "Save it to the project's .env file. jeton deletes the backup as soon as the value is saved.",
        moves: &[Press("e"), See(".env:"), Press("Enter"), See("saved as MAPBOX_ACCESS_TOKEN")],
    },
    Step {
        chapter: "Allowed URLs",
        caption: "Every page that uses a public token contains it. Allowed URLs keep other pages from using it.",
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
        caption: "Test it before you rely on it: this page can use the token.",
        moves: &[Press("Shift-Tab"), Type("https://lumen.example/checkout/42"), See("Allowed by")],
    },
    Step {
        chapter: "Allowed URLs",
        caption: "And this page can't. Each entry says why.",
        moves: &[Press("Ctrl-U"), Type("https://elsewhere.example/"), See("Refused")],
    },
    Step {
        chapter: "Rotation",
        caption: "Rotation replaces a token wherever it is used. jeton searches the project's files for the token.",
        moves: &[
            Press("Esc"),
            See("as of"),
            Press("Esc"),
            Press("/"),
            Type("nightly tiles"),
            Press("Enter"),
            Press("R"),
            See("Search this directory"),
            Type("."),
        ],
    },
    Step {
        chapter: "Rotation",
        caption: "jeton shows the plan before it does anything. Usually the old token keeps working for a week; here, there is no \
            grace period.",
        moves: &[Press("Shift-Tab"), Press("Shift-Tab"), Press("Ctrl-U"), Type("0s"), Press("Enter"), See("1 file")],
    },
    Step {
        chapter: "Rotation",
        caption: "Without a grace period, the old token is deleted at the end, so jeton asks first.",
        moves: &[Press("Enter"), See("Delete the old token")],
    },
    Step {
        chapter: "Rotation",
        caption: "Create, check, replace, delete. Every stage is in the journal, so you can resume or undo an interrupted rotation.",
        moves: &[Press("y"), See("old token is deleted")],
    },
    Step {
        chapter: "The end",
        caption: "That was jeton. Try it yourself with jeton demo, or sign in with jeton login.",
        moves: &[],
    },
];
