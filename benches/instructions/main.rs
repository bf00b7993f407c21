//! How many instructions each case of `benches/cases` executes, counted by
//! callgrind through gungraun, and held below the bounds of `bounds.rs`.
//!
//! ```text
//! apt-get install valgrind
//! cargo install --locked gungraun-runner --version 0.20.0     # as in Cargo.toml
//! cargo bench --profile counts --bench instructions    # fails where a bound is broken
//! cargo bench --profile counts --bench instructions -- '*route*'
//! ```
//!
//! Counts do not depend on the machine's mood, so a bound can be close: 10 to 15 %
//! above what was measured. They do depend on the compiler, the profile, the C
//! library and, through what it offers, the processor; `bounds.rs` says what they
//! were measured with. Seeds of hashers differ from run to run by less than 2 %.
//!
//! Heat: cold.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "a bench fails by panicking, and gungraun's macros write no docs"
)]

#[macro_use]
mod bounds;
#[path = "../cases/mod.rs"]
mod cases;

use std::sync::Once;

use cases::Round;
use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, OutputFormat};

/// Asks once whether no case was forgotten.
static EVERY_CASE: Once = Once::new();

/// Everything that a case needs, not counted.
fn prepare(name: &str) -> Box<dyn Round> {
    cases::named(name).prepare()
}

/// Fails if one operation of the case takes more instructions than `bound`.
fn held(name: &str, bound: u64) -> LibraryBenchmarkConfig {
    let program = std::env::current_exe().unwrap();
    let counts = program.components().any(|part| part.as_os_str() == "counts");
    assert!(counts, "give `--profile counts`: with its symbols stripped a program counts as 0");
    EVERY_CASE.call_once(|| {
        for case in cases::all() {
            assert!(BOUND.contains(&case.name.as_str()), "{} has no bound", case.name);
        }
    });
    let limit = bound * cases::named(name).operations;
    let mut callgrind = Callgrind::with_args(["--cache-sim=no"]);
    callgrind.hard_limits([(EventKind::Ir, limit)]).format([EventKind::Ir]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config.output_format(OutputFormat::default().truncate_description(None));
    config
}

/// A function for each floor, with a bench for each case of it, and the program
/// that counts them all.
macro_rules! count {
    ($($floor:ident { $($id:ident $name:tt $bound:tt;)* })*) => {
        $(
            #[gungraun::library_benchmark]
            $(#[bench::$id(args = (prepare($name),), config = held($name, $bound))])*
            fn $floor(mut round: Box<dyn Round>) -> Box<dyn Round> {
                round.run();
                round
            }
        )*
        /// The names of all that have a bound.
        const BOUND: &[&str] = &[$($($name),*),*];
        gungraun::library_benchmark_group!(name = floors; benchmarks = $($floor),*);
        gungraun::main!(library_benchmark_groups = floors);
    };
}

bounds!(count);
