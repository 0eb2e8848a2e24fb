//! The `jeton` program: see the library's documentation for how it is built.

use std::{alloc::System, process::ExitCode};

use zeroizing_alloc::ZeroAlloc;

/// Overwrites every block when it is freed. `Secret` sees to its own memory; this sees to the copies nobody can name: the
/// buffers of the HTTP and JSON libraries, cells of the screen, strings that grew.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    jeton::os::process::harden();
    jeton::cli::run()
}
