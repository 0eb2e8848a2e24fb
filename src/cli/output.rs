//! The output layer: data on standard output, messages on standard error. The one place that writes to either.

use std::io::{self, Write as _};

/// Says something to the person. When nobody listens any more there is nobody to tell.
pub fn say(text: &str) {
    let _nobody = writeln!(io::stderr(), "{text}");
}

/// Writes data and sees it out of our hands.
///
/// # Errors
/// When the reader is gone, or the disk behind it is full.
pub fn print(data: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(data)?;
    out.write_all(b"\n")?;
    out.flush()
}
