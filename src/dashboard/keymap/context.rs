//! [`Context`]: where a key is pressed. Which contexts are active follows from the state; its names in kebab-case are those of the
//! configuration file, its messages the headings in the help.

use strum::EnumMessage as _;

/// Where a binding holds.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::EnumIter,
    strum::EnumMessage,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Context {
    /// In the token list.
    #[strum(message = "Token list")]
    Tokens,
    /// In the detail pane.
    #[strum(message = "Token detail")]
    Detail,
    /// In the overview.
    #[strum(message = "Overview")]
    Overview,
    /// In the overview's matrix.
    #[strum(message = "Who can do what")]
    Matrix,
    /// In the activity screen.
    #[strum(message = "Activity")]
    Activity,
    /// Among the places where tokens are used.
    #[strum(message = "Places")]
    Places,
    /// While the folders to scan are being typed.
    #[strum(message = "Directories to scan")]
    PlacesFolders,
    /// In the review of a file of tokens.
    #[strum(message = "Tokens as code")]
    Plan,
    /// While the name of a file of tokens is being typed.
    #[strum(message = "File of tokens")]
    PlanFile,
    /// Before there is an account.
    #[strum(message = "Welcome")]
    Welcome,
    /// In every list, and in every text that scrolls.
    #[strum(message = "Moving in lists")]
    List,
    /// In a list that is narrowed or judged while something is typed.
    #[strum(message = "Moving in lists while typing")]
    TypingList,
    /// While a filter is being typed.
    #[strum(message = "Filter")]
    Filter,
    /// In a form.
    #[strum(message = "Forms")]
    Form,
    /// In a form that creates a token.
    #[strum(message = "Creating a token")]
    CreateForm,
    /// In a form that changes a token.
    #[strum(message = "Changing a token")]
    EditForm,
    /// In a text field of a form.
    #[strum(message = "Text fields")]
    Text,
    /// In the scope picker.
    #[strum(message = "Scope picker")]
    Scopes,
    /// While the filter of the scope picker is being typed.
    #[strum(message = "Scope filter")]
    ScopeFilter,
    /// Among the scope picker's presets.
    #[strum(message = "Presets")]
    Presets,
    /// In the review of a change.
    #[strum(message = "Review")]
    Review,
    /// Where a rotation is planned.
    #[strum(message = "Plan a rotation")]
    RotationForm,
    /// On an option there.
    #[strum(message = "Rotation options")]
    RotationOption,
    /// In a rotation.
    #[strum(message = "Rotation")]
    Rotation,
    /// In the list of allowed URLs.
    #[strum(message = "Allowed URLs")]
    Urls,
    /// While an allowed URL is being typed.
    #[strum(message = "Add an allowed URL")]
    UrlEntry,
    /// While the address of a page to try is being typed.
    #[strum(message = "Test a page URL")]
    UrlPage,
    /// In the list of temporary tokens.
    #[strum(message = "Temporary tokens")]
    Temporary,
    /// Before something is done to many tokens.
    #[strum(message = "Bulk action")]
    Bulk,
    /// While a change of many tokens is being typed.
    #[strum(message = "Bulk change")]
    BulkChange,
    /// While something is done to many tokens.
    #[strum(message = "Bulk action, running")]
    BulkRunning,
    /// After something was done to many tokens.
    #[strum(message = "Bulk action, done")]
    BulkReport,
    /// In the one-time reveal.
    #[strum(message = "One-time reveal")]
    Reveal,
    /// When asked where a value is to go.
    #[strum(message = "Save destination")]
    Destination,
    /// When asked for an environment file and a variable, on top of that.
    #[strum(message = ".env file")]
    SaveEntry,
    /// When a reveal is about to be left without proof that the value was stored.
    #[strum(message = "Close the reveal")]
    Leaving,
    /// When asked whether to discard a value and delete its token.
    #[strum(message = "Discard a value")]
    Discarding,
    /// When asked to type something before a permanent deletion.
    #[strum(message = "Delete")]
    Confirm,
    /// When asked to type something before many tokens are changed.
    #[strum(message = "Confirm a bulk change")]
    ConfirmChange,
    /// When asked a question that a key answers.
    #[strum(message = "Questions")]
    Question,
    /// Among creates and batches that never came to their end.
    #[strum(message = "Unfinished")]
    Recover,
    /// In the help screen.
    #[strum(message = "Help")]
    Help,
    /// While something is searched there.
    #[strum(message = "Search in the help")]
    HelpSearch,
    /// Where a token is pasted to be looked at.
    #[strum(message = "Inspect")]
    Inspect,
    /// Among what is wrong with a token.
    #[strum(message = "Findings")]
    FixFinding,
    /// In the search for a command.
    #[strum(message = "Command palette")]
    Palette,
    /// Among the accounts.
    #[strum(message = "Accounts")]
    Accounts,
    /// When asked for a passphrase.
    #[strum(message = "Passphrase")]
    Passphrase,
    /// In every screen, but not while typing nor with something open on top.
    #[strum(message = "Anywhere")]
    Anywhere,
    /// Always, whatever is open and even while typing.
    #[strum(message = "Always")]
    Always,
}

impl Context {
    /// The heading over its keys in the help screen and `docs/keys.md`.
    pub fn title(self) -> &'static str {
        self.get_message().unwrap_or_default()
    }

    /// Whether characters are text there.
    pub const fn is_typing(self) -> bool {
        matches!(
            self,
            Self::TypingList
                | Self::Filter
                | Self::PlacesFolders
                | Self::PlanFile
                | Self::Text
                | Self::ScopeFilter
                | Self::UrlEntry
                | Self::UrlPage
                | Self::BulkChange
                | Self::Destination
                | Self::SaveEntry
                | Self::Leaving
                | Self::Confirm
                | Self::ConfirmChange
                | Self::HelpSearch
                | Self::Inspect
                | Self::Palette
                | Self::Passphrase
        )
    }
}
