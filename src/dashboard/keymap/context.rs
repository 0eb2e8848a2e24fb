//! [`Context`]: where a key is pressed. Which contexts are active follows from the state; its names in kebab-case are those of the
//! configuration file.

/// Where a binding holds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumIter, strum::EnumString, strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Context {
    /// In the token list.
    Tokens,
    /// In the detail pane.
    Detail,
    /// In the overview.
    Overview,
    /// In the overview's matrix.
    Matrix,
    /// In the activity screen.
    Activity,
    /// Before there is an account.
    Welcome,
    /// In every list, and in every text that scrolls.
    List,
    /// In a list that is narrowed or judged while something is typed.
    TypingList,
    /// While a filter is being typed.
    Filter,
    /// In a form.
    Form,
    /// In a text field of a form.
    Text,
    /// In the scope picker.
    Scopes,
    /// While the filter of the scope picker is being typed.
    ScopeFilter,
    /// Among the scope picker's presets.
    Presets,
    /// In the review of a change.
    Review,
    /// Where a rotation is planned.
    RotationForm,
    /// On an option there.
    RotationOption,
    /// In a rotation.
    Rotation,
    /// In the list of allowed URLs.
    Urls,
    /// While an allowed URL is being typed.
    UrlEntry,
    /// While the address of a page to try is being typed.
    UrlPage,
    /// In the list of temporary tokens.
    Temporary,
    /// Before something is done to many tokens.
    Bulk,
    /// While a change of many tokens is being typed.
    BulkChange,
    /// While something is done to many tokens.
    BulkRunning,
    /// After something was done to many tokens.
    BulkReport,
    /// In the one-time reveal.
    Reveal,
    /// When asked where a value is to go.
    Destination,
    /// When asked for an environment file and a variable, on top of that.
    SaveEntry,
    /// When a reveal is about to be left without proof that the value was stored.
    Leaving,
    /// When asked whether to discard a value and delete its token.
    Discarding,
    /// When asked to type something before a permanent deletion.
    Confirm,
    /// When asked to type something before many tokens are changed.
    ConfirmChange,
    /// When asked a question that a key answers.
    Question,
    /// Among creates and batches that never came to their end.
    Recover,
    /// In the help screen.
    Help,
    /// While something is searched there.
    HelpSearch,
    /// Where a token is pasted to be looked at.
    Inspect,
    /// Among what is wrong with a token.
    FixFinding,
    /// In the search for a command.
    Palette,
    /// Among the accounts.
    Accounts,
    /// When asked for a passphrase.
    Passphrase,
    /// In every screen, but not while typing nor with something open on top.
    Anywhere,
    /// Always, whatever is open and even while typing.
    Always,
}

impl Context {
    /// The heading over its keys in the help screen and `docs/keys.md`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::Anywhere => "Anywhere",
            Self::Tokens => "Token list",
            Self::Detail => "Token detail",
            Self::Overview => "Overview",
            Self::Matrix => "Who can do what",
            Self::Activity => "Activity",
            Self::Welcome => "Welcome",
            Self::List => "Moving in lists",
            Self::TypingList => "Moving in lists while typing",
            Self::Filter => "Filter",
            Self::Form => "Forms",
            Self::Text => "Text fields",
            Self::Scopes => "Scope picker",
            Self::ScopeFilter => "Scope filter",
            Self::Presets => "Presets",
            Self::Review => "Review",
            Self::RotationForm => "Plan a rotation",
            Self::RotationOption => "Rotation options",
            Self::Rotation => "Rotation",
            Self::Urls => "Allowed URLs",
            Self::UrlEntry => "Add an allowed URL",
            Self::UrlPage => "Test a page URL",
            Self::Temporary => "Temporary tokens",
            Self::Bulk => "Bulk action",
            Self::BulkChange => "Bulk change",
            Self::BulkRunning => "Bulk action, running",
            Self::BulkReport => "Bulk action, done",
            Self::Reveal => "One-time reveal",
            Self::Destination => "Save destination",
            Self::SaveEntry => "Environment file",
            Self::Leaving => "Close the reveal",
            Self::Discarding => "Discard a value",
            Self::Confirm => "Delete",
            Self::ConfirmChange => "Confirm a bulk change",
            Self::Question => "Questions",
            Self::Recover => "Unfinished",
            Self::Help => "Help",
            Self::HelpSearch => "Search in the help",
            Self::Inspect => "Inspect",
            Self::FixFinding => "Findings",
            Self::Palette => "Command palette",
            Self::Accounts => "Accounts",
            Self::Passphrase => "Passphrase",
        }
    }

    /// Whether characters are text there.
    pub const fn is_typing(self) -> bool {
        matches!(
            self,
            Self::TypingList
                | Self::Filter
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
