//! Letting go of an X11 clipboard without taking it from someone else.
//!
//! arboard looks whether we own the clipboard and then empties it, whoever owns it by then: between the two someone else may
//! have copied something (measured: once in about eighty, when that falls into the same few milliseconds). So the two are done here first,
//! with the server held still for both; arboard finds nothing left to do.

use x11rb::{
    CURRENT_TIME, NONE,
    connection::Connection as _,
    errors::ReplyError,
    protocol::xproto::{Atom, ConnectionExt as _, Window},
    rust_connection::RustConnection,
};

/// The window that owns the clipboard; `None` when nobody does, and where there is no X server.
pub(super) fn owner() -> Option<Window> {
    let (server, _screen) = x11rb::connect(None).ok()?;
    ask(&server).ok().filter(|owner| *owner != NONE)
}

/// Empties the clipboard if this window owns it still.
pub(super) fn empty_if_owned_by(window: Window) {
    // Where this fails, arboard does it as well as it can.
    let _as_well_as_it_can = try_to_empty(window);
}

fn try_to_empty(window: Window) -> Option<()> {
    let (server, _screen) = x11rb::connect(None).ok()?;
    // No other program's request is served from here on, until it is let go or we are gone.
    server.grab_server().ok()?.check().ok()?;
    if ask(&server).ok()? == window {
        let clipboard = clipboard(&server).ok()?;
        server.set_selection_owner(NONE, clipboard, CURRENT_TIME).ok()?.check().ok()?;
    }
    server.ungrab_server().ok()?.check().ok()?;
    server.flush().ok()
}

fn ask(server: &RustConnection) -> Result<Window, ReplyError> {
    Ok(server.get_selection_owner(clipboard(server)?)?.reply()?.owner)
}

fn clipboard(server: &RustConnection) -> Result<Atom, ReplyError> {
    Ok(server.intern_atom(false, b"CLIPBOARD")?.reply()?.atom)
}
