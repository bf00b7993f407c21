//! What `--help` and `--version` print, made from the table of flags.
//!
//! Heat: cold.

use super::flags::{ALL, Flag, Section, Takes};
use crate::telemetry::BuildInfo;

/// No line of the help text is longer, in characters.
pub(super) const WIDTH: usize = 80;

const INTRODUCTION: &str = "\
Receives StatsD lines and serves them as Prometheus metrics.

Usage: statsd-bridge [FLAG…]
       statsd-bridge @FILE      (one argument a line)

A flag is written --name=value or --name value. Each can be given as an
environment variable too: STATSD_EXPORTER_ and the name in capitals, with _ for
. and -, e.g. STATSD_EXPORTER_STATSD_LISTEN_UDP. A flag wins over a variable.
";

const GENERAL: &str = "
General:
  -h, --help
      Print this text.
  --version
      Print the version.
";

/// The text of `--help`.
pub(super) fn help() -> String {
    let mut text = String::from(INTRODUCTION);
    for section in Section::SHOWN {
        write_section(&mut text, section);
    }
    text.push_str(GENERAL);
    text
}

/// The text of `--version`.
pub(super) fn version() -> String {
    let BuildInfo { version, revision, branch, compiler, os, arch, .. } = BuildInfo::CURRENT;
    format!(
        "statsd-bridge, version {version} (branch: {branch}, revision: {revision})\n  \
         compiler:  {compiler}\n  \
         platform:  {os}/{arch}\n"
    )
}

fn write_section(text: &mut String, section: Section) {
    let (heading, remark) = section.heading();
    text.push('\n');
    text.push_str(heading);
    text.push_str(":\n");
    write_wrapped(text, "  ", remark.split_whitespace());
    for flag in ALL.iter().filter(|flag| flag.section == section) {
        write_flag(text, flag);
    }
}

fn write_flag(text: &mut String, flag: &Flag) {
    let name = flag.name;
    let (shown, default) = match flag.takes {
        Takes::Nothing { default, .. } => {
            (format!("--[no-]{name}"), if default { "on" } else { "off" })
        }
        Takes::Value { placeholder, default } => {
            (format!("--{name}={placeholder}"), if default.is_empty() { "none" } else { default })
        }
    };
    // The default is one word, so that no line ends inside its brackets.
    let default = format!("[default: {default}]");
    let words = flag.help.split_whitespace().chain([default.as_str()]);
    write_wrapped(text, "  ", [shown.as_str()]);
    write_wrapped(text, "      ", words);
}

/// Writes the words into lines of at most [`WIDTH`].
fn write_wrapped<'a>(text: &mut String, indent: &str, words: impl IntoIterator<Item = &'a str>) {
    let mut column = 0;
    for word in words {
        let length = word.chars().count();
        if column > 0 && column + 1 + length <= WIDTH {
            text.push(' ');
            column += 1 + length;
        } else {
            if column > 0 {
                text.push('\n');
            }
            text.push_str(indent);
            column = indent.len() + length;
        }
        text.push_str(word);
    }
    if column > 0 {
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_longer_than_a_terminal() {
        for line in help().lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
            assert_eq!(line, line.trim_end());
        }
    }

    #[test]
    fn every_flag_stands_below_its_heading() {
        let help = help();
        let mut from = 0;
        for section in Section::SHOWN {
            let heading = format!("\n{}:\n", section.heading().0);
            from += help[from..].find(&heading).unwrap_or_else(|| panic!("{heading}"));
            for flag in ALL.iter().filter(|flag| flag.section == section) {
                assert!(help[from..].contains(flag.name), "{}", flag.name);
            }
        }
        assert!(help.contains("--[no-]statsd.parse-librato-tags\n"));
        assert!(help.contains("--statsd.listen-udp=ADDRESS\n"));
        assert!(help.contains("[default: :9125]"));
    }

    #[test]
    fn the_version_is_the_packages() {
        assert!(
            version().starts_with(concat!("statsd-bridge, version ", env!("CARGO_PKG_VERSION")))
        );
    }
}
