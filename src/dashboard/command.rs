//! [`Command`]: what the person means, whatever key, click or palette entry they used to say it.

use strum::{EnumIter, EnumString, IntoStaticStr};

/// Everything that can be asked of the dashboard. No command carries data: what it acts on is where the cursor is. The names in
/// kebab-case are those of the configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    // Everywhere.
    /// Leave the program.
    Quit,
    /// Stop the process and give the terminal to the shell; `fg` comes back.
    Suspend,
    /// Draw the whole screen anew (after something else wrote on it).
    Redraw,
    /// Switch the mouse on or off.
    ToggleMouse,
    /// Show what the keys do.
    Help,
    /// Leave what is open, or step back.
    Back,
    // Moving.
    /// One up.
    Up,
    /// One down.
    Down,
    /// To the first.
    First,
    /// To the last.
    Last,
    /// One screen up.
    PageUp,
    /// One screen down.
    PageDown,
    /// To the next pane or field.
    Next,
    /// To the previous pane or field.
    Previous,
    /// Into the detail of what is selected.
    Enter,
    /// To what is further left.
    Left,
    /// To what is further right.
    Right,
    // Screens and what lies over any of them.
    /// Show the account at a glance.
    Overview,
    /// Show what was asked of the API.
    Activity,
    /// Show where tokens are used.
    Places,
    /// Look at a pasted token.
    Inspect,
    /// Search the commands.
    Palette,
    /// Open the demo account.
    Demo,
    /// Go to another account.
    Accounts,
    /// Drop the authorizing token from memory, or bring it back.
    Lock,
    // The token list and its detail.
    /// Type a filter.
    Filter,
    /// Keep the filter and go back to the list.
    KeepFilter,
    /// Take the filter away.
    ClearFilter,
    /// Show all kinds of token.
    ShowAll,
    /// Show public tokens only.
    ShowPublic,
    /// Show secret tokens only.
    ShowSecret,
    /// Order the list another way.
    Sort,
    /// Mark the selected token, to do something with all that are marked.
    Mark,
    /// Mark every token that is shown, or none.
    MarkAll,
    /// Load the list again.
    Reload,
    /// Make a new token.
    Create,
    /// Make a temporary token, or look at those of this session.
    Temporary,
    /// Change the selected token's name, scopes, URLs.
    Edit,
    /// Change where the selected token may be used from, and try a page.
    Urls,
    /// See what is wrong with the selected token, and fix it.
    FixFinding,
    /// Take back the last change of a token.
    UndoChange,
    /// Look at creates and batches that never came to their end.
    Recover,
    /// Close the record of one of them.
    Forget,
    /// Replace the selected token wherever it is used.
    Rotate,
    /// Delete the selected token.
    Delete,
    /// Copy the token string.
    CopyValue,
    /// Copy the token's id.
    CopyId,
    /// Copy the request behind what is shown, as a curl command.
    CopyCurl,
    /// Open the token's page on the web.
    Browse,
    /// Put another default public token in the place of the one there is.
    RefreshDefault,
    /// Show or hide a token string.
    ToggleValue,
    // The places where tokens are used.
    /// Scan the folders.
    Scan,
    /// Stop the scan.
    StopScan,
    /// Choose the folders to scan.
    Folders,
    /// Whether git history is scanned, too.
    History,
    /// Complete the word or the folder that is being typed.
    Complete,
    // Tokens as code.
    /// Write the tokens that are marked or shown to a file.
    Export,
    /// Compare a file of tokens with the account.
    Diff,
    /// Choose the file to compare.
    ChooseFile,
    // Forms.
    /// Do what the form is for.
    Submit,
    /// Choose or unchoose what is under the cursor.
    Toggle,
    /// Choose a job and its scopes.
    Presets,
    /// Type a new entry.
    AddEntry,
    /// Take what was typed into the list.
    TakeEntry,
    /// Change the entry under the cursor.
    EditEntry,
    /// Remove the entry under the cursor.
    RemoveEntry,
    /// Ask the server itself.
    Probe,
    /// Make another temporary token like the one under the cursor.
    Renew,
    /// Try again what failed.
    Retry,
    /// Take back the last edit of a text.
    Undo,
    /// Make the last undone edit again.
    Redo,
    // The reveal.
    /// Copy the value by another way than the last one.
    CopyOtherWay,
    /// Show the value alone, at the left edge, to select it with the mouse.
    PlainView,
    /// Ask the server whether the value works.
    Verify,
    /// Write the value to a new file.
    Save,
    /// Add the value to an environment file.
    SaveEntry,
    /// Whether the value that entry has may be replaced.
    ToggleReplace,
    /// Whether that file may be one that git tracks.
    ToggleTracked,
    /// Pipe the value to a command.
    HandOver,
    /// Show the value as a QR code.
    ShowCode,
    /// The value is stored: close the reveal.
    Done,
    /// Throw the value away and delete its token.
    Discard,
}

impl Command {
    /// Whether it leads to a change of the account, for which the server must accept the authorizing token.
    pub const fn is_change(self) -> bool {
        matches!(
            self,
            Self::Create
                | Self::Temporary
                | Self::Edit
                | Self::Urls
                | Self::FixFinding
                | Self::UndoChange
                | Self::Delete
                | Self::RefreshDefault
        )
    }

    /// Whether it only moves what is looked at, which nobody asks for by name.
    pub const fn is_move(self) -> bool {
        matches!(
            self,
            Self::Up
                | Self::Down
                | Self::First
                | Self::Last
                | Self::PageUp
                | Self::PageDown
                | Self::Next
                | Self::Previous
                | Self::Left
                | Self::Right
        )
    }
}
