//! From the bytes of one line to samples, borrowed from it: the grammar of
//! `StatsD` with its tag styles and `DogStatsD`'s sections and aggregation.
//!
//! A line is `NAME:REST`, REST is one or more samples `VALUE|TYPE[|section…]`.
//! [`parse`] checks the line and gives [`Samples`], which checks each sample when
//! it is asked for it. The first check that fails decides how a line or a sample
//! ends; what was counted before stays counted.
//!
//! | a line ends as | when |
//! |---|---|
//! | `EmptyLine` | it is empty |
//! | `MalformedLine` | no `:`, no NAME, not UTF-8; or NAME is nothing but tags |
//! | `MixedTaggingStyles` | REST holds `\|#` and NAME has a good tag |
//! | `NotEnoughParts` | REST holds no `\|` |
//! | `InvalidExtendedAggregate` | several values, and the type is not `ms`, `h` or `d` |
//!
//! | a sample ends as | when |
//! |---|---|
//! | `MalformedComponent` | it has fewer than 2 or more than 6 parts |
//! | `MalformedValue` | VALUE is no number, or not finite with a type other than `g` |
//! | `MalformedComponent` | a section is empty |
//! | `MalformedContainerId`, `InvalidSampleFactor` | a section is none that is known |
//! | `IllegalEvent` | TYPE is none that is known |
//! | `InvalidSampleFactor` | the product of the rates is not in (0, 1], and it is no gauge |
//!
//! **Where REST splits into samples.** If the text before its first `|` holds a
//! `:` these are values that share one tail (`1:2:3|ms|#k:v`). Else, if REST holds
//! `|#`, it is one sample, because tags may hold `:`. Else it splits at each `:`,
//! but for those of the sections `c:…`, `e:…` and `card:…`: a `:` directly behind
//! a part that is exactly `c`, `e` or `card`, and is at least the third part of
//! its sample (value and type come first), does not split, and neither does
//! any other `:` up to the next `|`. Hence `1|c|c:in-123` is one sample,
//! `1|c:2|c:3|g` is three, and `1|c|c:2|c:3|g` is one, whose last section, `g`,
//! is none that is known.
//!
//! This room imports only `model`. Nothing here allocates but [`labels_of`],
//! nothing counts or logs: whatever is to be counted is in what is returned.
//!
//! Heat: hot ([`labels_of`]: warm, once per new spelling of a series).

mod digits;
mod grammar;
mod name;
mod number;
mod plain;
mod recipe;
mod samples;
mod sections;
mod tags;
mod tail;
#[cfg(test)]
mod tests;

pub use plain::{Plain, PlainValue, plain_value, split_plain, split_plain_at};
pub use recipe::Recipe;
pub use samples::{Attempt, Samples};
pub use tags::labels_of;

use crate::model::{Dialect, Outcome};
use name::NamePart;

/// What became of one line.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// Tags of the NAME that were left out. They count whatever else happens.
    pub tag_errors: u32,
    /// The samples, or how the line ended without any:
    /// [`Outcome::EmptyLine`], [`Outcome::MalformedLine`],
    /// [`Outcome::MixedTaggingStyles`], [`Outcome::NotEnoughParts`] or
    /// [`Outcome::InvalidExtendedAggregate`].
    pub body: Result<Samples<'a>, Outcome>,
}

impl Line<'_> {
    const fn ended(outcome: Outcome) -> Self {
        Self { tag_errors: 0, body: Err(outcome) }
    }
}

/// Reads one line, given without its end (`\n` or `\r\n`); a `\r` is text here.
///
/// The tag styles are those that `dialect` has for the line's NAME, its tags
/// included, so they never depend on a value.
#[must_use]
pub fn parse<'a>(line: &'a [u8], dialect: &Dialect) -> Line<'a> {
    if line.is_empty() {
        return Line::ended(Outcome::EmptyLine);
    }
    let Some((name, rest)) = str::from_utf8(line).ok().and_then(grammar::name_and_rest) else {
        return Line::ended(Outcome::MalformedLine);
    };
    let styles = dialect.styles_for(name.as_bytes());
    let name = NamePart::read(name, styles);
    Line { tag_errors: name.errors, body: Samples::of_line(name, rest, styles.dogstatsd) }
}
