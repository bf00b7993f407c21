//! What is said about a mapping file that cannot be used: where the fault
//! stands, in which rule, what was found and what was expected, with the line.
//!
//! It decides nothing; whoever finds a fault fills a [`ConfigError`] in.
//!
//! Heat: cold.

use std::fmt;
use std::str::Utf8Error;

use serde_yaml::{Location, Spanned};

/// The text of a mapping file and the name that errors give it.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

/// Where something stands in a mapping file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Counted from 1; 0 if it is not known.
    pub(super) line: usize,
    /// In characters, counted from 1.
    pub(super) column: usize,
    /// In characters; 0 for something that is not written at all.
    width: usize,
    /// Where it begins, in bytes.
    pub(super) offset: usize,
    bytes: usize,
}

impl Place {
    /// Where a value was written; for an alias, where its anchor stands.
    pub(super) fn of<T>(value: &Spanned<T>) -> Self {
        Self::at(value.defined)
    }

    pub(super) fn at(location: Location) -> Self {
        let span = location.span();
        let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        Self {
            line: number(location.line()),
            column: number(location.column()),
            width: number(span.len()),
            offset: span.byte_offset().map_or(0, number),
            bytes: span.byte_len().map_or(0, number),
        }
    }
}

impl<'a> Source<'a> {
    /// The text that stands at a place, as it is written there.
    pub(super) fn text_at(&self, place: Place) -> &'a str {
        let end = place.offset.saturating_add(place.bytes);
        self.text.get(place.offset..end).unwrap_or_default()
    }

    /// All text before a line.
    pub(super) fn above(&self, number: usize) -> &'a str {
        let lines = self.text.split_inclusive('\n').take(number.saturating_sub(1));
        self.text.get(..lines.map(str::len).sum()).unwrap_or_default()
    }

    /// A line, counted from 1, without its end.
    pub(super) fn line(&self, number: usize) -> &'a str {
        let mut lines = self.text.trim_start_matches('\u{feff}').lines();
        number.checked_sub(1).and_then(|before| lines.nth(before)).unwrap_or_default()
    }
}

/// Which rule of a file is spoken of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RuleName {
    /// Counted from 1.
    pub(super) index: usize,
    /// What its `match` says; `None` if the file ends before that.
    pub(super) pattern: Option<String>,
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {}", self.index)?;
        match &self.pattern {
            Some(pattern) => {
                write!(f, " (match \"{}\")", brief(&pattern.escape_debug().to_string(), 200))
            }
            None => Ok(()),
        }
    }
}

/// A text of the file, or as many characters of it as tell which it is.
pub(super) fn brief(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => {
            let beginning = text.get(..end).unwrap_or_default();
            format!("{beginning}… ({} bytes)", text.len())
        }
        None => text.to_owned(),
    }
}

/// Why a mapping file cannot be used. Its `Display` is several lines:
///
/// ```text
/// mapping.yml:4: rule 2 (match "a.*"): this label name is not valid
///   found:    "a-b"
///   expected: letters, digits and "_", not beginning with a digit or "__"
///     4 |     labels: {a-b: $1}
///       |              ^^^
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(Box<Fault>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault {
    file: String,
    place: Place,
    rule: Option<RuleName>,
    problem: String,
    found: String,
    expected: String,
    shown: String,
}

impl ConfigError {
    /// A fault at a place of a file. `found` and `expected` are phrases; an
    /// empty one is left out.
    pub(super) fn new(
        source: Source<'_>,
        place: Place,
        rule: Option<RuleName>,
        problem: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self(Box::new(Fault {
            file: source.file.to_owned(),
            place,
            rule,
            problem: brief(&problem.into(), 400),
            found: brief(&found.into(), 200),
            expected: expected.into(),
            shown: source.line(place.line).to_owned(),
        }))
    }

    /// The line that is at fault, counted from 1; 0 if it is not known.
    #[must_use]
    pub fn line(&self) -> usize {
        self.0.place.line
    }

    /// The rule that is at fault, counted from 1.
    #[must_use]
    pub fn rule(&self) -> Option<usize> {
        self.0.rule.as_ref().map(|rule| rule.index)
    }
}

/// The fault of a file that is no text in UTF-8.
pub(super) fn not_text(file: &str, bytes: &[u8], error: Utf8Error) -> ConfigError {
    let (text, rest) = bytes.split_at_checked(error.valid_up_to()).unwrap_or((bytes, &[]));
    let text = str::from_utf8(text).unwrap_or_default();
    let before = text.rsplit('\n').next().unwrap_or_default();
    let place = Place {
        line: text.matches('\n').count() + 1,
        column: before.chars().count() + 1,
        width: 1,
        ..Place::default()
    };
    let found = match (bytes, rest) {
        ([0xff, 0xfe, ..] | [0xfe, 0xff, ..], _) => "UTF-16".to_owned(),
        (_, [byte, ..]) => format!("a byte {byte:#04x}"),
        (_, []) => String::new(),
    };
    let problem = "this is no text in UTF-8";
    ConfigError::new(Source { file, text }, place, None, problem, found, "a text in UTF-8")
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { file, place, rule, problem, found, expected, shown } = &*self.0;
        write!(f, "{}: {problem}", Heading { file, place: *place, rule: rule.as_ref() })?;
        if !found.is_empty() {
            write!(f, "\n  found:    {found}")?;
        }
        if !expected.is_empty() {
            write!(f, "\n  expected: {expected}")?;
        }
        if !shown.is_empty() {
            show_line(f, *place, shown)?;
        }
        Ok(())
    }
}

/// The start of an error or a warning: `file:line: rule 2 (match "a.*")`.
pub(super) struct Heading<'a> {
    pub(super) file: &'a str,
    pub(super) place: Place,
    pub(super) rule: Option<&'a RuleName>,
}

impl fmt::Display for Heading<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file)?;
        if self.place.line > 0 {
            write!(f, ":{}", self.place.line)?;
        }
        self.rule.map_or(Ok(()), |rule| write!(f, ": {rule}"))
    }
}

/// The most characters of a line that are shown.
const SHOWN: usize = 100;

/// A line of the file and a marker under the place. Of a long line the part
/// around the place is shown.
fn show_line(f: &mut fmt::Formatter<'_>, place: Place, line: &str) -> fmt::Result {
    let before = place.column.saturating_sub(1);
    let skipped = if before < SHOWN * 3 / 4 { 0 } else { before - SHOWN / 2 };
    let printable = |char: char| if char.is_control() { ' ' } else { char };
    let shown: String = line.chars().skip(skipped).take(SHOWN).map(printable).collect();
    let room = shown.chars().count().saturating_sub(before - skipped).max(1);
    let indent = " ".repeat(before - skipped);
    let marker = "^".repeat(place.width.clamp(1, room));
    write!(f, "\n  {:>5} | {shown}\n        | {indent}{marker}", place.line)
}

/// The word of `known` that is nearest to `word`, if one is near: what a typo
/// was probably meant to be.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |known: &'a str| (distance(word, known), known);
    let (edits, best) = known.into_iter().map(near).min()?;
    (edits <= best.len().div_ceil(3)).then_some(best)
}

/// How many characters must be put in, left out or replaced to turn one word
/// into the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (above, a) in from.chars().take(64).enumerate() {
        let (mut diagonal, mut left) = (above, above + 1);
        for (cell, b) in row.iter_mut().skip(1).zip(to.chars()) {
            let up = *cell;
            left = (diagonal + usize::from(a != b)).min(up + 1).min(left + 1);
            diagonal = std::mem::replace(cell, left);
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted_in_edits() {
        for (from, to, edits) in
            [("", "abc", 3), ("kitten", "sitting", 3), ("a", "a", 0), ("ab", "ba", 2), ("x", "", 1)]
        {
            assert_eq!(distance(from, to), edits, "{from} {to}");
        }
        assert_eq!(nearest("lables", ["labels", "match"]), Some("labels"));
        assert_eq!(nearest("colour", ["labels", "match"]), None);
    }

    #[test]
    fn an_error_shows_the_line_with_a_marker() {
        let text = "mappings:\n- {match: a, labels: {a-b: c}}\n";
        let place = Place { line: 2, column: 22, width: 3, offset: 0, bytes: 0 };
        let rule = Some(RuleName { index: 1, pattern: Some("a".into()) });
        let source = Source { file: "m.yml", text };
        let error = ConfigError::new(source, place, rule, "bad label", "\"a-b\"", "letters");
        assert_eq!(
            error.to_string(),
            "m.yml:2: rule 1 (match \"a\"): bad label\n  found:    \"a-b\"\n  expected: letters\n      \
             2 | - {match: a, labels: {a-b: c}}\n        |                      ^^^"
        );
    }

    #[test]
    fn of_a_long_line_the_part_around_the_place_is_shown() {
        let text = format!("{}here{}", "x".repeat(500), "y".repeat(500));
        let place = Place { line: 1, column: 501, width: 4, offset: 0, bytes: 0 };
        let source = Source { file: "m", text: &text };
        let shown = ConfigError::new(source, place, None, "p", "", "").to_string();
        let lines: Vec<&str> = shown.lines().collect();
        let at = lines[1].find("here").unwrap();
        assert_eq!(lines[2].find("^^^^"), Some(at));
        assert!(lines[1].len() < 120);
    }
}
