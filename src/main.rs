//! The `jeton` program: see the library's documentation for how it is made.

use std::process::ExitCode;

fn main() -> ExitCode {
    jeton::cli::run()
}
