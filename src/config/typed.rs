//! Flags as typed: which were given, by the command line, by a file of arguments
//! or by the environment, still as text. clap does the reading, and is named in
//! this room only.
//!
//! Heat: cold.

use std::ffi::OsString;
use std::fs;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::UsageError;
use super::flags::{self, Flag, Takes};
use super::value::{self, Reader};

/// What was typed; `env` looks up an environment variable.
pub(super) struct Typed<E> {
    matches: ArgMatches,
    env: E,
}

impl<E: Fn(&str) -> Option<String>> Typed<E> {
    /// Reads arguments (without the program's name).
    pub(super) fn read(args: impl Iterator<Item = OsString>, env: E) -> Result<Self, UsageError> {
        let args = expand(args)?;
        match command().try_get_matches_from(&args) {
            Ok(matches) => Ok(Self { matches, env }),
            Err(error) => Err(UsageError::from_clap(&error, &args)),
        }
    }

    pub(super) fn wants_help(&self) -> bool {
        self.matches.get_flag("help")
    }

    pub(super) fn wants_version(&self) -> bool {
        self.matches.get_flag("version")
    }

    /// The value of a flag: typed, else from the environment, else the default.
    pub(super) fn value<T>(&self, flag: &Flag, reader: Reader<T>) -> Result<T, UsageError> {
        let default = match flag.takes {
            Takes::Value { default, .. } => default,
            Takes::Nothing { default, .. } => {
                if default {
                    "true"
                } else {
                    "false"
                }
            }
        };
        let (source, text) = self.given(flag).unwrap_or_else(|| (flag_name(flag), default.into()));
        reader(&text).map_err(|expected| UsageError::bad_value(&source, &text, &expected))
    }

    /// Whether a switch is on.
    pub(super) fn switch(&self, flag: &Flag) -> Result<bool, UsageError> {
        self.value(flag, value::switch)
    }

    /// Who gave the flag, and its text.
    fn given(&self, flag: &Flag) -> Option<(String, String)> {
        let typed = match flag.takes {
            Takes::Value { .. } => self.matches.get_one::<String>(flag.name).cloned(),
            Takes::Nothing { no_name, .. } => {
                let given = |name| self.matches.get_flag(name);
                if given(flag.name) {
                    Some("true".to_owned())
                } else {
                    given(no_name).then(|| "false".to_owned())
                }
            }
        };
        if let Some(text) = typed {
            return Some((flag_name(flag), text));
        }
        let variable = flag.variable();
        let text = (self.env)(&variable)?;
        Some((variable, text))
    }
}

fn flag_name(flag: &Flag) -> String {
    format!("--{}", flag.name)
}

/// The table of flags in clap's words. Help, version and all checks of values
/// are ours; clap splits the words and finds near names.
fn command() -> Command {
    let on_or_off = |name| Arg::new(name).long(name).action(ArgAction::SetTrue);
    let mut command = Command::new("statsd-bridge")
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(on_or_off("help").short('h'))
        .arg(on_or_off("version"));
    for flag in flags::ALL {
        command = match flag.takes {
            Takes::Value { .. } => command.arg(Arg::new(flag.name).long(flag.name)),
            Takes::Nothing { no_name, .. } => {
                command.arg(on_or_off(flag.name).conflicts_with(no_name)).arg(on_or_off(no_name))
            }
        };
    }
    command
}

/// Puts the lines of FILE in the place of an argument `@FILE`. A word that is
/// the value of the flag before it stays: `--statsd.listen-unixgram @name`.
fn expand(args: impl Iterator<Item = OsString>) -> Result<Vec<OsString>, UsageError> {
    let mut expanded = Vec::new();
    let mut value_follows = false;
    for arg in args {
        match arg.to_str().and_then(|text| text.strip_prefix('@')) {
            Some(file) if !value_follows => expanded.extend(arguments_in(file)?),
            _ => {
                value_follows = !value_follows && takes_next(&arg);
                expanded.push(arg);
                continue;
            }
        }
        value_follows = false;
    }
    Ok(expanded)
}

/// Whether the word behind `arg` is its value.
fn takes_next(arg: &OsString) -> bool {
    let name = arg.to_str().and_then(|text| text.strip_prefix("--"));
    flags::ALL
        .iter()
        .any(|flag| matches!(flag.takes, Takes::Value { .. }) && Some(flag.name) == name)
}

/// One argument a line; blank lines and those that begin with `#` are none.
fn arguments_in(file: &str) -> Result<Vec<OsString>, UsageError> {
    let text = fs::read_to_string(file).map_err(|error| {
        UsageError::new(format!("cannot read arguments from {file:?}: {error}"))
    })?;
    let is_argument = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    Ok(text.lines().filter(is_argument).map(OsString::from).collect())
}
