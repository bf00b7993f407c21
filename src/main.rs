//! The program: arguments in, exit code out.
//!
//! Heat: cold.

use std::process::ExitCode;

fn main() -> ExitCode {
    statsd_bridge::server::main(std::env::args_os().skip(1))
}
