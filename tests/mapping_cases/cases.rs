//! Reads `.cases` files: lines in, exposition out.
//!
//! Heat: cold.

use std::collections::BTreeSet;

/// One case: what is sent to a fresh bridge, and what it then exposes.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// The first line of the block in its file, counted from 1.
    pub(crate) line: usize,
    /// The StatsD lines, in order.
    pub(crate) lines: Vec<String>,
    /// The lines of the exposition.
    pub(crate) wanted: Vec<String>,
}

/// The blocks of a file.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut block = Block::default();
    for (number, line) in (1..).zip(text.lines().chain([""])) {
        if line.is_empty() {
            if !block.lines.is_empty() {
                blocks.push(std::mem::take(&mut block));
            }
            assert!(block.wanted.is_empty(), "line {number}: this block sends nothing");
        } else if let Some(sent) = line.strip_prefix("> ") {
            assert!(block.wanted.is_empty(), "line {number}: lines are sent before any is exposed");
            block.line = if block.lines.is_empty() { number } else { block.line };
            block.lines.push(sent.to_owned());
        } else if is_metadata(line) || !line.starts_with('#') {
            block.wanted.push(line.to_owned());
        }
    }
    blocks
}

fn is_metadata(line: &str) -> bool {
    line.starts_with("# TYPE ") || line.starts_with("# HELP ")
}

/// Whether a line of the exposition may be left out of a case.
fn is_optional(line: &str) -> bool {
    let has = |label: &str| ['{', ','].iter().any(|it| line.contains(&format!("{it}{label}=\"")));
    is_metadata(line) || has("quantile") || has("le")
}

impl Block {
    /// Compares with an exposition, in which the bridge's own metrics are not.
    pub(crate) fn check(&self, exposed: &[String]) -> Result<(), String> {
        let wanted: BTreeSet<&str> = self.wanted.iter().map(String::as_str).collect();
        let exposed: BTreeSet<&str> = exposed.iter().map(String::as_str).collect();
        let missing: Vec<&str> = wanted.difference(&exposed).copied().collect();
        let more = exposed.difference(&wanted).filter(|line| !is_optional(line));
        let more: Vec<&str> = more.copied().collect();
        if missing.is_empty() && more.is_empty() {
            return Ok(());
        }
        Err(format!("not exposed:\n{}\nnot expected:\n{}", missing.join("\n"), more.join("\n")))
    }
}
