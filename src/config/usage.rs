//! What is wrong with a command line, in one sentence.
//!
//! Heat: cold.

use std::ffi::OsString;
use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::flags;

/// Why the program cannot start with what was typed: one sentence, without an
/// end of line, that names the flag or variable, what was found and what was
/// expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageError(String);

impl UsageError {
    /// A sentence as it stands.
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// The text given by `source` (a flag or a variable) is none that it takes.
    pub(super) fn bad_value(source: &str, found: &str, expected: &str) -> Self {
        Self(format!("{source}: found {found:?}, expected {expected}"))
    }

    /// The sentence for what clap found in `args`.
    pub(super) fn from_clap(error: &clap::Error, args: &[OsString]) -> Self {
        let found = text_of(error, ContextKind::InvalidArg);
        let flag = bare(&found);
        Self(match error.kind() {
            ErrorKind::UnknownArgument if flag.starts_with('-') => unknown(error, flag, args),
            ErrorKind::UnknownArgument => {
                format!("unexpected argument {found:?}: every argument is a flag or @FILE")
            }
            // Both a repeated flag and `--x --no-x` come as a conflict.
            ErrorKind::ArgumentConflict => {
                format!("--{} cannot be repeated", name_of_switch(flag))
            }
            ErrorKind::TooManyValues => format!("{flag} takes no value"),
            ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
            // Values are checked elsewhere: here one can only be missing.
            _ => format!("{flag} needs a value"),
        })
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

fn unknown(error: &clap::Error, flag: &str, args: &[OsString]) -> String {
    if let Some(name) = with_one_dash(flag, args) {
        return format!("unknown flag -{name}; did you mean --{name}?");
    }
    match text_of(error, ContextKind::SuggestedArg) {
        near if near.is_empty() => format!("unknown flag {flag}; --help lists all flags"),
        near => format!("unknown flag {flag}; did you mean {}?", bare(&near)),
    }
}

/// The name of the flag that was written `-name`: clap only names its first
/// letter. Old versions of the incumbent took one dash.
fn with_one_dash(letter: &str, args: &[OsString]) -> Option<&'static str> {
    if letter.starts_with("--") {
        return None;
    }
    let mut names = args.iter().filter_map(|arg| {
        let name = arg.to_str()?.strip_prefix('-')?;
        Some(name.split_once('=').map_or(name, |(name, _)| name))
    });
    names.find_map(|name| flags::ALL.iter().map(|flag| flag.name).find(|known| *known == name))
}

/// `x` for `--x` and for `--no-x`.
fn name_of_switch(flag: &str) -> &str {
    let name = flag.trim_start_matches('-');
    name.strip_prefix("no-").unwrap_or(name)
}

/// The flag alone, without the placeholder or value that follows it.
fn bare(flag: &str) -> &str {
    if flag.starts_with('-') { flag.split([' ', '=']).next().unwrap_or(flag) } else { flag }
}

fn text_of(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.first().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}
