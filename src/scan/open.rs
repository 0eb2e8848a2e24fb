//! Opening a file that may be something else by now: nothing here waits for the other end of a pipe or follows a link.

use std::{
    fs::{File, Metadata, OpenOptions},
    io,
    path::Path,
};

/// Opens an ordinary file. `follow` a link only where a user named it.
pub(super) fn open(path: &Path, follow: bool) -> io::Result<(File, Metadata)> {
    let mut options = OpenOptions::new();
    options.read(true);
    never_wait(&mut options, follow);
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not an ordinary file"));
    }
    Ok((file, metadata))
}

#[cfg(unix)]
fn never_wait(options: &mut OpenOptions, follow: bool) {
    use std::os::unix::fs::OpenOptionsExt as _;

    use rustix::fs::OFlags;
    let flags = if follow { OFlags::NONBLOCK } else { OFlags::NONBLOCK | OFlags::NOFOLLOW };
    options.custom_flags(flags.bits().cast_signed());
}

#[cfg(not(unix))]
fn never_wait(_: &mut OpenOptions, _: bool) {}
