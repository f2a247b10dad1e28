//! The program `authloom`.

use std::process::ExitCode;

fn main() -> ExitCode {
    authloom::cli::main()
}
