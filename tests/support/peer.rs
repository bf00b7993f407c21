//! Other people's programs that take part in a test: where they are missing,
//! the test is skipped and says so; in CI that is a failure.
//!
//! Heat: cold.

use std::path::PathBuf;

/// The program `name` on the PATH. Without it: `None` and a loud line on
/// standard error, or a failure where `CI=true`.
pub fn peer(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        skip(&format!("there is no `{name}` on the PATH"));
    }
    found
}

/// Says that the test does not run, or fails it where `CI=true`.
pub fn skip(why: &str) {
    let in_ci = std::env::var("CI").as_deref() == Ok("true");
    assert!(!in_ci, "{why}, and in CI it must run");
    say_skipped(why);
}

/// Says loudly that the test, or a part of it, does not run.
pub fn say_skipped(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // Straight to the file: the test harness holds back what `eprintln!` says
    // of a test that passes.
    let line = format!("SKIPPED: {test}: {why}\n");
    let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
}
