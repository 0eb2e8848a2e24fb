//! The table: which keys mean what where, as it is without a configuration.

use super::{Binding, Context};
use crate::dashboard::{
    command::Command,
    key::{Key, KeyCode},
};

macro_rules! bindings {
    ($($context:ident { $([$($key:expr),+] $command:ident, $priority:literal $hint:literal, $help:literal;)+ })+) => {
        &[$($(Binding {
            context: Context::$context,
            keys: &[$($key),+],
            command: Command::$command,
            hint: $hint,
            priority: $priority,
            help: $help,
        },)+)+]
    };
}

const fn c(c: char) -> Key {
    Key::char(c)
}

const fn ctrl(c: char) -> Key {
    Key::ctrl(c)
}

const UP: Key = Key::plain(KeyCode::Up);
const DOWN: Key = Key::plain(KeyCode::Down);
const LEFT: Key = Key::plain(KeyCode::Left);
const RIGHT: Key = Key::plain(KeyCode::Right);
const HOME: Key = Key::plain(KeyCode::Home);
const END: Key = Key::plain(KeyCode::End);
const PAGE_UP: Key = Key::plain(KeyCode::PageUp);
const PAGE_DOWN: Key = Key::plain(KeyCode::PageDown);
const ENTER: Key = Key::plain(KeyCode::Enter);
const ESC: Key = Key::plain(KeyCode::Esc);
const DELETE: Key = Key::plain(KeyCode::Delete);
const TAB: Key = Key::plain(KeyCode::Tab);
const BACK_TAB: Key = Key::plain(KeyCode::BackTab);

/// The default bindings. Rows of one context stand together, in the order help shows them.
pub const BINDINGS: &[Binding] = bindings! {
    Tokens {
        [c('n')] Create, 1 "new", "create a token";
        [ENTER, c('l'), RIGHT] Enter, 4 "detail", "go to the details";
        [TAB] Next, 9 "", "next pane";
        [c('/')] Filter, 2 "filter", "filter by name, ID, scope or URL";
        [c('y')] CopyValue, 5 "copy", "copy the token's value (public tokens)";
        [c('Y')] CopyId, 7 "copy ID", "copy the token's ID";
        [c('c')] CopyCurl, 9 "", "copy as curl (with $MAPBOX_ACCESS_TOKEN)";
        [c('o')] Browse, 9 "", "open the token's web page";
        [c('F')] RefreshDefault, 9 "", "refresh the default public token (on a sandbox)";
        [c('v')] ToggleValue, 8 "", "show or hide the token's value (public tokens)";
        [c('e')] Edit, 2 "edit", "edit name, scopes and URLs";
        [c('u')] Urls, 3 "URLs", "edit allowed URLs and test a page";
        [c('R')] Rotate, 9 "", "replace the token wherever it is used";
        [c('t')] Temporary, 7 "temporary", "create or see temporary tokens";
        [c('m')] FixFinding, 9 "", "show findings and fix them";
        [c('d')] Delete, 3 "delete", "delete the token (asks for its name)";
        [c('U')] UndoChange, 9 "", "undo the last change to a token";
        [c('E')] Export, 9 "", "export what is marked or shown to a file (never the values)";
        [c('s')] Sort, 9 "", "change the sort order";
        [c('1')] ShowAll, 9 "", "all tokens";
        [c('2')] ShowPublic, 9 "", "public tokens only";
        [c('3')] ShowSecret, 9 "", "secret tokens only";
        [c(' ')] Mark, 9 "", "mark the token for bulk actions";
        [c('*')] MarkAll, 9 "", "mark all shown, or none";
        [c('r')] Reload, 6 "reload", "reload";
        [ESC, c('h'), LEFT] Back, 9 "", "clear marks, filter and kind";
    }
    Detail {
        [ESC, c('h'), LEFT] Back, 1 "back", "back to the list";
        [TAB, BACK_TAB] Next, 9 "", "next pane";
        [c('v')] ToggleValue, 4 "show", "show or hide the token's value (public tokens)";
        [c('y')] CopyValue, 3 "copy", "copy the token's value (public tokens)";
        [c('Y')] CopyId, 5 "copy ID", "copy the token's ID";
        [c('c')] CopyCurl, 9 "", "copy as curl (with $MAPBOX_ACCESS_TOKEN)";
        [c('o')] Browse, 9 "", "open the token's web page";
        [c('F')] RefreshDefault, 9 "", "refresh the default public token (on a sandbox)";
        [c('e')] Edit, 2 "edit", "edit name, scopes and URLs";
        [c('u')] Urls, 3 "URLs", "edit allowed URLs and test a page";
        [c('R')] Rotate, 9 "", "replace the token wherever it is used";
        [c('t')] Temporary, 9 "", "create or see temporary tokens";
        [c('m')] FixFinding, 5 "fix", "show findings and fix them";
        [c('d')] Delete, 6 "delete", "delete the token (asks for its name)";
        [c('U')] UndoChange, 9 "", "undo the last change to a token";
        [c('n')] Create, 7 "new", "create a token";
        [c('r')] Reload, 8 "reload", "reload";
    }
    Overview {
        [ESC, c('h'), c('q')] Back, 1 "back", "back to the tokens";
        [TAB, BACK_TAB] Next, 2 "next pane", "next pane";
        [ENTER, c('l')] Enter, 3 "open", "open the rule or the token";
        [c(' ')] Toggle, 9 "", "expand or collapse the rule";
        [c('m')] FixFinding, 4 "fix", "fix the finding";
        [c('r')] Reload, 6 "reload", "reload";
    }
    Matrix {
        [RIGHT, c('>')] Right, 4 "more columns", "scroll right";
        [LEFT, c('<')] Left, 9 "", "scroll left";
    }
    Activity {
        [ESC, c('h'), LEFT, c('q')] Back, 1 "back", "back to the tokens";
        [ENTER, c('l'), RIGHT] Enter, 2 "detail", "show the call in full, or the list again";
        [c('c')] CopyCurl, 3 "copy as curl", "copy the call as curl (with $MAPBOX_ACCESS_TOKEN)";
        [TAB, BACK_TAB] Next, 2 "next pane", "next pane";
        [c('r')] Reload, 6 "reload", "reload";
    }
    Places {
        [c('s')] Scan, 1 "scan", "scan the directories";
        [c('f'), c('/')] Folders, 2 "directories", "choose the directories to scan";
        [c('x')] StopScan, 5 "stop", "stop the scan";
        [c('H')] History, 4 "history", "scan git history, too, or not";
        [ENTER, c('e')] Enter, 2 "open", "open the file in your editor at the line; on a token, show it in the list";
        [c('R')] Rotate, 4 "rotate", "rotate the token in these directories";
        [ESC, c('h'), LEFT, c('q')] Back, 3 "back", "back to the tokens";
    }
    PlacesFolders {
        [ENTER] Submit, 0 "scan", "scan these directories";
        [TAB] Complete, 1 "complete", "complete the directory's name";
        [ESC] Back, 1 "back", "back to the list";
        [ctrl('_')] Undo, 9 "", "undo";
        [ctrl('r')] Redo, 9 "", "redo";
    }
    Plan {
        [ENTER, ctrl('s')] Submit, 1 "apply", "apply what is accepted (asks first)";
        [c(' '), c('x')] Toggle, 2 "accept", "accept the change, or leave it out";
        [c('*')] MarkAll, 4 "all", "accept all, or none";
        [c('r')] Retry, 5 "compare again", "compare the file again";
        [c('f')] ChooseFile, 4 "file", "choose another file";
        [ESC, c('h'), LEFT, c('q')] Back, 3 "back", "back to the tokens";
    }
    PlanFile {
        [ENTER] Submit, 0 "continue", "write the file, or compare it";
        [ESC] Back, 1 "cancel", "cancel";
        [ctrl('_')] Undo, 9 "", "undo";
        [ctrl('r')] Redo, 9 "", "redo";
    }
    Welcome {
        [c('d')] Demo, 1 "demo", "try the demo account";
        [c('A')] Accounts, 2 "accounts", "choose an account or retry";
        [c('i')] Inspect, 3 "inspect", "inspect a token";
        [c('?')] Help, 4 "help", "show all keys";
        [c('q'), ESC] Quit, 2 "quit", "quit";
    }
    List {
        [c('j'), DOWN] Down, 9 "", "next";
        [c('k'), UP] Up, 9 "", "previous";
        [c('g'), HOME] First, 9 "", "go to the first";
        [c('G'), END] Last, 9 "", "go to the last";
        [PAGE_DOWN, ctrl('d')] PageDown, 9 "", "page down";
        [PAGE_UP, ctrl('u')] PageUp, 9 "", "page up";
    }
    TypingList {
        [DOWN, ctrl('n')] Down, 9 "", "next";
        [UP, ctrl('p')] Up, 9 "", "previous";
        [PAGE_DOWN] PageDown, 9 "", "page down";
        [PAGE_UP] PageUp, 9 "", "page up";
    }
    Filter {
        [ENTER] KeepFilter, 1 "keep", "apply the filter";
        [TAB] Complete, 1 "complete", "complete the word; again: the next one";
        [ESC] ClearFilter, 1 "clear", "clear the filter";
    }
    Form {
        [TAB] Next, 2 "next field", "next field";
        [ctrl('p')] Presets, 9 "", "choose a preset of scopes";
        [BACK_TAB] Previous, 9 "", "previous field";
        [ESC] Back, 1 "leave", "cancel (asks if there are changes)";
    }
    CreateForm {
        [ctrl('s')] Submit, 0 "create token", "create the token";
    }
    EditForm {
        [ctrl('s')] Submit, 0 "review changes", "review the changes before they are saved";
    }
    Text {
        [ctrl('_')] Undo, 9 "", "undo";
        [ctrl('r')] Redo, 9 "", "redo";
        [ENTER, DOWN] Next, 9 "", "next field";
        [UP] Previous, 9 "", "previous field";
    }
    Scopes {
        [c(' '), c('x')] Toggle, 1 "choose", "select or deselect the scope";
        [c('/')] Filter, 3 "filter", "filter the scopes";
        [c('p')] Presets, 2 "presets", "choose a preset";
        [ENTER] Next, 9 "", "next field";
        [c('?')] Help, 4 "help", "show all keys";
    }
    ScopeFilter {
        [ENTER] KeepFilter, 1 "keep", "apply the filter";
        [ESC] ClearFilter, 1 "clear", "clear the filter";
    }
    Presets {
        [ENTER, c(' ')] Submit, 1 "choose", "use this preset";
        [ESC, c('p'), c('q')] Back, 1 "back", "cancel";
    }
    Review {
        [ctrl('s')] Submit, 0 "save changes", "save the changes";
        [ESC, c('q')] Back, 1 "back", "back to the form";
        [c('?')] Help, 4 "help", "show all keys";
    }
    RotationForm {
        [ENTER, ctrl('s')] Submit, 0 "show the plan", "find the token and show the plan";
        [TAB, DOWN] Next, 1 "next field", "next field";
        [BACK_TAB, UP] Previous, 9 "", "previous field";
        [ESC] Back, 2 "cancel", "close the form";
    }
    RotationOption {
        [c(' ')] Toggle, 0 "change", "change the option";
    }
    Rotation {
        [ENTER] Submit, 0 "continue", "start the next step";
        [c('x')] UndoChange, 1 "undo", "undo the rotation";
        [c('o')] Browse, 9 "", "open the Access Tokens web page (default token)";
        [c('j'), DOWN] Down, 9 "", "scroll down";
        [c('k'), UP] Up, 9 "", "scroll up";
        [ESC, c('q')] Back, 2 "close", "close (a running step continues)";
        [c('?')] Help, 9 "help", "show all keys";
    }
    Urls {
        [c('a'), c('n')] AddEntry, 1 "add", "add an entry";
        [ENTER, c('e')] EditEntry, 2 "change", "edit the entry";
        [c('d'), DELETE] RemoveEntry, 2 "remove", "remove the entry";
        [c('P')] Probe, 3 "test on the server", "test the page on the server (counts as a request)";
        [c('?')] Help, 4 "help", "show all keys";
    }
    UrlEntry {
        [ENTER] TakeEntry, 1 "add", "add the entry (a pasted list adds several)";
    }
    UrlPage {
        [ENTER] Probe, 1 "test on the server", "test the page on the server (counts as a request)";
    }
    Temporary {
        [c('y')] CopyValue, 1 "copy", "copy the token";
        [c('v')] ToggleValue, 2 "show", "show or hide the token";
        [c('n')] Create, 2 "new", "create another";
        [c('R')] Renew, 3 "renew", "renew: same scopes and lifetime";
        [ESC, c('q'), c('t')] Back, 1 "close", "close the list";
        [c('?')] Help, 4 "help", "show all keys";
    }
    Bulk {
        [ENTER] Submit, 1 "continue", "continue";
        [ESC, c('q')] Back, 0 "cancel", "cancel";
    }
    BulkChange {
        [ENTER] Submit, 1 "continue", "continue";
        [ESC] Back, 0 "cancel", "cancel";
    }
    BulkRunning {
        [ESC, c('q')] Back, 0 "stop", "stop after the current one";
    }
    BulkReport {
        [ESC, ENTER, c('q')] Back, 0 "close", "close the report";
        [c('r')] Retry, 1 "retry", "retry what failed or was not started";
    }
    Reveal {
        [c('y')] CopyValue, 1 "copy", "copy the value";
        [c('w')] Save, 1 "save to file", "save to a new file only you can read";
        [c('e')] SaveEntry, 2 ".env", "add to a .env file";
        [c('p')] HandOver, 2 "pipe to command", "pipe the value to a command";
        [c('v')] ToggleValue, 2 "show", "show or hide the value";
        [c('V')] Verify, 3 "verify", "check that it works";
        [c('o')] CopyOtherWay, 5 "copy another way", "copy another way (desktop, tmux, terminal)";
        [c('P')] PlainView, 4 "plain", "show the value alone, to select it";
        [c('Q')] ShowCode, 4 "QR code", "show a QR code";
        [ENTER, ESC, c('q')] Done, 2 "done", "close (asks unless the value is saved)";
        [c('?')] Help, 9 "", "show all keys";
    }
    Destination {
        [ENTER] Submit, 1 "save", "write the file, or run the command";
        [ESC] Back, 1 "cancel", "back to the value";
    }
    SaveEntry {
        [ctrl('o')] ToggleReplace, 2 "replace", "replace the value the entry has";
        [ctrl('t')] ToggleTracked, 2 "allow tracked", "allow a file that git tracks";
    }
    Leaving {
        [ENTER] Submit, 1 "close", "close once the characters match";
        [ESC] Back, 0 "back", "back to the value";
        [ctrl('x')] Discard, 2 "delete token", "discard the value and delete the token";
    }
    Discarding {
        [c('y')] Submit, 1 "yes", "delete the token and discard its value";
        [c('n'), ESC] Back, 0 "no", "back to the value";
    }
    Confirm {
        [ENTER] Submit, 1 "delete", "delete once the name matches";
        [ESC] Back, 0 "cancel", "cancel";
    }
    ConfirmChange {
        [ENTER] Submit, 1 "change", "change them once the number matches";
        [ESC] Back, 0 "back", "back to the plan";
    }
    Question {
        [c('y')] Submit, 1 "yes", "yes";
        [c('n'), ESC] Back, 0 "no", "no";
    }
    Recover {
        [ENTER] Submit, 9 "", "show the value or the token; resume a bulk change";
        [c('d')] Delete, 9 "", "delete the created token (asks for its name)";
        [c('n')] Create, 9 "", "create it again";
        [c('x')] Forget, 9 "", "dismiss (asks if something would be lost)";
        [c('r')] Reload, 9 "", "check the account again";
        [ESC, c('q')] Back, 0 "close", "close (nothing is lost)";
        [c('?')] Help, 4 "help", "show all keys";
    }
    Help {
        [ESC, c('q'), c('?')] Back, 1 "close", "close the help";
        [c(' ')] PageDown, 2 "page down", "page down";
        [c('/')] Filter, 1 "search", "search the keys";
    }
    HelpSearch {
        [ENTER] KeepFilter, 1 "keep", "keep the search";
        [ESC] ClearFilter, 1 "clear", "clear the search";
    }
    Inspect {
        [ENTER] Submit, 1 "ask the server", "check on the server";
        [ESC] Back, 0 "close", "close";
    }
    FixFinding {
        [ENTER] Submit, 1 "fix", "fix: opens a filled-in form; nothing is sent yet";
        [ESC, c('q'), c('m')] Back, 0 "close", "close";
        [c('?')] Help, 4 "help", "show all keys";
    }
    Palette {
        [ENTER] Submit, 1 "run", "run the command";
        [ESC] Back, 0 "close", "close the palette";
    }
    Accounts {
        [ENTER] Submit, 1 "open", "switch to this account";
        [ESC, c('q'), c('A')] Back, 0 "cancel", "cancel";
    }
    Passphrase {
        [ENTER] Submit, 1 "open", "unlock";
        [ESC] Back, 0 "cancel", "cancel";
    }
    Anywhere {
        [c('O')] Overview, 7 "overview", "overview";
        [c('L')] Activity, 9 "activity", "API calls and messages";
        [c('P')] Places, 9 "", "where tokens are used: scan files and git history";
        [c('D')] Diff, 9 "", "diff: compare a file of tokens with the account, and apply it";
        [c('i')] Inspect, 9 "", "inspect a token";
        [c(':')] Palette, 0 "commands", "search the commands";
        [c('?')] Help, 0 "help", "show all keys";
        [c('A')] Accounts, 9 "accounts", "switch account";
        [c('K')] Lock, 9 "", "lock or unlock";
        [c('!')] Recover, 9 "", "interrupted creates and bulk changes, unsaved secrets";
        [c('M')] ToggleMouse, 9 "", "turn the mouse on or off";
        [c('q')] Quit, 8 "quit", "quit";
    }
    Always {
        [ctrl('c')] Quit, 9 "", "quit";
        [ctrl('z')] Suspend, 9 "", "suspend (`fg` resumes)";
        [ctrl('l')] Redraw, 9 "", "redraw";
    }
};
