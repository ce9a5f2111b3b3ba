//! The `tamis` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    tamis::cli::main()
}
