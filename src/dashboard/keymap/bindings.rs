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
        [ENTER, c('l'), RIGHT] Enter, 4 "detail", "go to the detail pane";
        [TAB] Next, 9 "", "next pane";
        [c('/')] Filter, 2 "filter", "filter by name, id, scope or URL";
        [c('y')] CopyValue, 5 "copy", "copy the token string (public tokens)";
        [c('Y')] CopyId, 7 "copy id", "copy the token's id";
        [c('c')] CopyCurl, 9 "", "copy the request as curl, the token as $MAPBOX_ACCESS_TOKEN";
        [c('o')] Browse, 9 "", "open the token's page on the web";
        [c('F')] RefreshDefault, 9 "", "refresh the default public token (on a sandbox)";
        [c('v')] ToggleValue, 8 "", "show or hide the token string (public tokens)";
        [c('e')] Edit, 2 "edit", "change the name, the scopes, the URLs";
        [c('u')] Urls, 3 "URLs", "change the allowed URLs, and try a page";
        [c('R')] Rotate, 9 "", "rotate the token: replace it wherever it is used";
        [c('t')] Temporary, 7 "temporary", "make a temporary token; see those of this session";
        [c('m')] Mend, 9 "", "see what is wrong with the token, and mend it";
        [c('d')] Delete, 3 "delete", "delete the token, after typing its name";
        [c('U')] UndoChange, 9 "", "take back the last change of a token";
        [c('s')] Sort, 9 "", "another order: by name, last changed, most scopes, as on the page";
        [c('1')] ShowAll, 9 "", "all tokens";
        [c('2')] ShowPublic, 9 "", "public tokens only";
        [c('3')] ShowSecret, 9 "", "secret tokens only";
        [c(' ')] Mark, 9 "", "mark the token, to do something with all that are marked";
        [c('*')] MarkAll, 9 "", "mark all that are shown, or none";
        [c('r')] Reload, 6 "reload", "load the list again";
        [ESC, c('h'), LEFT] Back, 9 "", "clear the marks, the filter, the kind";
    }
    Detail {
        [ESC, c('h'), LEFT] Back, 1 "back", "back to the list";
        [TAB, BACK_TAB] Next, 9 "", "next pane";
        [c('v')] ToggleValue, 4 "show", "show or hide the token string (public tokens)";
        [c('y')] CopyValue, 3 "copy", "copy the token string (public tokens)";
        [c('Y')] CopyId, 5 "copy id", "copy the token's id";
        [c('c')] CopyCurl, 9 "", "copy the request as curl, the token as $MAPBOX_ACCESS_TOKEN";
        [c('o')] Browse, 9 "", "open the token's page on the web";
        [c('F')] RefreshDefault, 9 "", "refresh the default public token (on a sandbox)";
        [c('e')] Edit, 2 "edit", "change the name, the scopes, the URLs";
        [c('u')] Urls, 3 "URLs", "change the allowed URLs, and try a page";
        [c('R')] Rotate, 9 "", "rotate the token: replace it wherever it is used";
        [c('t')] Temporary, 9 "", "make a temporary token; see those of this session";
        [c('m')] Mend, 5 "mend", "see what is wrong with the token, and mend it";
        [c('d')] Delete, 6 "delete", "delete the token, after typing its name";
        [c('U')] UndoChange, 9 "", "take back the last change of a token";
        [c('n')] Create, 7 "new", "create a token";
        [c('r')] Reload, 8 "reload", "load the list again";
    }
    Overview {
        [ESC, c('h'), c('q')] Back, 1 "back", "back to the tokens";
        [TAB, BACK_TAB] Next, 2 "next pane", "next pane";
        [ENTER, c('l')] Enter, 3 "open", "open the rule, or go to the token";
        [c(' ')] Toggle, 9 "", "open or close the rule";
        [c('m')] Mend, 4 "mend", "start the remedy of the finding";
        [c('r')] Reload, 6 "reload", "load the list again";
    }
    Matrix {
        [RIGHT, c('>')] Right, 4 "more columns", "columns further right";
        [LEFT, c('<')] Left, 9 "", "columns further left";
    }
    Activity {
        [ESC, c('h'), LEFT, c('q')] Back, 1 "back", "back to the tokens";
        [TAB, BACK_TAB] Next, 2 "next pane", "next pane";
        [c('r')] Reload, 6 "reload", "load the list again";
    }
    Welcome {
        [c('d')] Demo, 1 "demo", "look around in a demo account";
        [c('A')] Accounts, 2 "accounts", "go to an account, or try again";
        [c('i')] Inspect, 3 "inspect", "paste a token and see what it is";
        [c('?')] Help, 4 "help", "show what the keys do";
        [c('q'), ESC] Quit, 2 "quit", "quit";
    }
    List {
        [c('j'), DOWN] Down, 9 "", "one down";
        [c('k'), UP] Up, 9 "", "one up";
        [c('g'), HOME] First, 9 "", "to the first";
        [c('G'), END] Last, 9 "", "to the last";
        [PAGE_DOWN, ctrl('d')] PageDown, 9 "", "one page down";
        [PAGE_UP, ctrl('u')] PageUp, 9 "", "one page up";
    }
    TypingList {
        [DOWN, ctrl('n')] Down, 9 "", "one down";
        [UP, ctrl('p')] Up, 9 "", "one up";
        [PAGE_DOWN] PageDown, 9 "", "one page down";
        [PAGE_UP] PageUp, 9 "", "one page up";
    }
    Filter {
        [ENTER] KeepFilter, 1 "keep", "keep the filter and go to the list";
        [ESC] ClearFilter, 1 "clear", "clear the filter";
    }
    Form {
        [ctrl('s')] Submit, 0 "go ahead", "do it, from any field";
        [TAB] Next, 2 "next field", "next field";
        [BACK_TAB] Previous, 9 "", "previous field";
        [ESC] Back, 1 "leave", "leave; asks when there is something to lose";
    }
    Text {
        [ctrl('_')] Undo, 9 "", "undo the last edit";
        [ctrl('r')] Redo, 9 "", "redo it";
        [ENTER, DOWN] Next, 9 "", "next field";
        [UP] Previous, 9 "", "previous field";
    }
    Scopes {
        [c(' '), c('x')] Toggle, 1 "choose", "choose or unchoose the scope";
        [c('/')] Filter, 3 "filter", "filter the scopes";
        [c('p')] Presets, 2 "presets", "choose a job and its scopes";
        [ENTER] Next, 9 "", "next field";
        [c('?')] Help, 4 "help", "show what the keys do";
    }
    ScopeFilter {
        [ENTER] KeepFilter, 1 "keep", "keep the filter and go to the scopes";
        [ESC] ClearFilter, 1 "clear", "clear the filter";
    }
    Presets {
        [ENTER, c(' ')] Submit, 1 "choose", "choose these scopes and no others";
        [ESC, c('p'), c('q')] Back, 1 "back", "leave the scopes as they are";
    }
    Review {
        [ctrl('s')] Submit, 0 "send", "send the change";
        [ESC, c('q')] Back, 1 "back", "back to the form; nothing was sent";
        [c('?')] Help, 4 "help", "show what the keys do";
    }
    RotationForm {
        [ENTER, ctrl('s')] Submit, 0 "show the plan", "look for the token, and show what would be done";
        [TAB, DOWN] Next, 1 "next field", "next field";
        [BACK_TAB, UP] Previous, 9 "", "previous field";
        [ESC] Back, 2 "cancel", "close the form";
    }
    RotationOption {
        [c(' ')] Toggle, 0 "change", "change the option";
    }
    Rotation {
        [ENTER] Submit, 0 "continue", "go on with what is next";
        [c('x')] UndoChange, 1 "undo", "take the rotation back";
        [c('o')] Browse, 9 "", "open the Access Tokens page on the web (for the default token)";
        [c('j'), DOWN] Down, 9 "", "scroll down";
        [c('k'), UP] Up, 9 "", "scroll up";
        [ESC, c('q')] Back, 2 "close", "close it; what is under way goes on";
        [c('?')] Help, 9 "help", "show what the keys do";
    }
    Urls {
        [c('a'), c('n')] AddEntry, 1 "add", "add an entry";
        [ENTER, c('e')] EditEntry, 2 "change", "change the entry";
        [c('d'), DELETE] RemoveEntry, 2 "remove", "remove the entry";
        [c('P')] Probe, 3 "ask the server", "have the server itself judge the page (counts as a request of the token)";
        [c('?')] Help, 4 "help", "show what the keys do";
    }
    UrlEntry {
        [ENTER] TakeEntry, 1 "take", "take it into the list; a pasted list makes many entries";
    }
    UrlPage {
        [ENTER] Probe, 1 "ask the server", "have the server itself judge the page (counts as a request of the token)";
    }
    Temporary {
        [c('y')] CopyValue, 1 "copy", "copy the token";
        [c('v')] ToggleValue, 2 "show", "show or hide the token";
        [c('n')] Create, 2 "new", "make another one";
        [c('R')] Renew, 3 "renew", "make another one with the same scopes and as long a life";
        [ESC, c('q'), c('t')] Back, 1 "close", "close the list";
        [c('?')] Help, 4 "help", "show what the keys do";
    }
    Bulk {
        [ENTER] Submit, 1 "go on", "go on to typing the number";
        [ESC, c('q')] Back, 0 "cancel", "leave everything as it is";
    }
    BulkChange {
        [ENTER] Submit, 1 "go on", "go on to typing the number";
        [ESC] Back, 0 "cancel", "leave everything as it is";
    }
    BulkRunning {
        [ESC, c('q')] Back, 0 "stop", "stop after the one that is on its way";
    }
    BulkReport {
        [ESC, ENTER, c('q')] Back, 0 "close", "close the report";
        [c('r')] Retry, 1 "retry", "try again what failed or was not started";
    }
    Reveal {
        [c('y')] CopyValue, 1 "copy", "copy the value";
        [c('w')] Save, 1 "save to file", "save the value to a new file only you can read";
        [c('e')] SaveEntry, 2 ".env", "add the value to an environment file";
        [c('p')] HandOver, 2 "to a command", "pipe the value to a command";
        [c('v')] ToggleValue, 2 "show", "show or hide the value; it hides itself after a minute without a key";
        [c('V')] Verify, 3 "verify", "ask the server whether it works";
        [c('o')] CopyOtherWay, 5 "copy another way", "copy by another way: the desktop's clipboard, tmux, the terminal";
        [c('P')] PlainView, 4 "plain", "the value alone, to select it with the mouse";
        [c('Q')] ShowCode, 4 "QR code", "the value as a QR code, for a camera";
        [ENTER, ESC, c('q')] Done, 2 "done", "leave; asks unless the value is known to be stored";
        [c('?')] Help, 9 "", "show what the keys do";
    }
    Destination {
        [ENTER] Submit, 1 "save", "write the file, or run the command";
        [ESC] Back, 1 "cancel", "go back to the value";
    }
    SaveEntry {
        [ctrl('o')] ToggleReplace, 2 "replace", "replace the value the entry has";
        [ctrl('t')] ToggleTracked, 2 "allow tracked", "allow a file that git tracks";
    }
    Leaving {
        [ENTER] Submit, 1 "leave", "leave, once the last four characters are typed";
        [ESC] Back, 0 "go back", "go back to the value";
        [ctrl('x')] Discard, 2 "discard", "throw the value away and delete its token";
    }
    Discarding {
        [c('y')] Submit, 1 "yes", "delete the token and discard its value";
        [c('n'), ESC] Back, 0 "no", "go back to the value";
    }
    Confirm {
        [ENTER] Submit, 1 "delete", "delete, once the name is typed";
        [ESC] Back, 0 "cancel", "leave everything as it is";
    }
    ConfirmChange {
        [ENTER] Submit, 1 "change", "change them, once their number is typed";
        [ESC] Back, 0 "back", "back to the plan";
    }
    Question {
        [c('y')] Submit, 1 "yes", "yes";
        [c('n'), ESC] Back, 0 "no", "no";
    }
    Recover {
        [ENTER] Submit, 9 "", "show the value that is kept, or the token in the list; go on with many tokens";
        [c('d')] Delete, 9 "", "delete the token that was made, after typing its name";
        [c('n')] Create, 9 "", "fill the form with what was to be made";
        [c('x')] Forget, 9 "", "close the record; asks where something would be lost";
        [c('r')] Reload, 9 "", "look at the account again";
        [ESC, c('q')] Back, 0 "close", "close the list; nothing in it is lost";
        [c('?')] Help, 4 "help", "show what the keys do";
    }
    Help {
        [ESC, c('q'), c('?')] Back, 1 "close", "close the help";
        [c(' ')] PageDown, 2 "page down", "one page down";
    }
    Inspect {
        [ENTER] Submit, 1 "ask the server", "ask the server whether the token works";
        [ESC] Back, 0 "close", "close, and forget what was pasted";
    }
    Mend {
        [ENTER] Submit, 1 "mend", "start the remedy: its form opens, filled in; nothing is sent yet";
        [ESC, c('q'), c('m')] Back, 0 "close", "leave it as it is";
        [c('?')] Help, 4 "help", "show what the keys do";
    }
    Palette {
        [ENTER] Submit, 1 "do it", "do what the line says";
        [ESC] Back, 0 "close", "close the palette";
    }
    Accounts {
        [ENTER] Submit, 1 "open", "go on with this account";
        [ESC, c('q'), c('A')] Back, 0 "stay", "stay with the account that is open";
    }
    Passphrase {
        [ENTER] Submit, 1 "open", "open the account with it";
        [ESC] Back, 0 "cancel", "leave it closed";
    }
    Anywhere {
        [c('O')] Overview, 7 "overview", "the account at a glance";
        [c('L')] Activity, 9 "activity", "every call of the API, and every message";
        [c('i')] Inspect, 9 "", "paste a token and see what it is";
        [c(':')] Palette, 9 "", "search the commands";
        [c('?')] Help, 0 "help", "show what the keys do";
        [c('A')] Accounts, 9 "accounts", "go to another account";
        [c('K')] Lock, 9 "", "drop the authorizing token from memory, or bring it back";
        [c('!')] Recover, 9 "", "creates and changes of many tokens that never came to their end, and values that wait to be stored";
        [c('M')] ToggleMouse, 9 "", "switch the mouse on or off (off, the terminal's own selection works)";
        [c('q')] Quit, 8 "quit", "quit";
    }
    Always {
        [ctrl('c')] Quit, 9 "", "quit";
        [ctrl('z')] Suspend, 9 "", "go to the shell; `fg` comes back";
        [ctrl('l')] Redraw, 9 "", "draw the screen anew";
    }
};
