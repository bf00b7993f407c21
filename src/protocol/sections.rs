//! The sections of a sample, behind its type: rates, tags, container id, and
//! what later versions of `DogStatsD` put there.
//!
//! Heat: hot (lines that the route cache does not answer).

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::combinator::{map, rest, value, verify};
use nom::sequence::preceded;

use super::grammar::{Parsed, pieces};
use super::number::number;
use super::recipe::Sampling;
use super::tags;
use crate::model::{Notes, Outcome};

/// A section by its first characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section<'a> {
    /// `@RATE`.
    Rate(&'a str),
    /// `#k:v,k2:v2`.
    Tags(&'a str),
    /// `c:ID`, the id not empty.
    Container(&'a str),
    /// `T…` (a timestamp), `e:…` (external data), `card:…` (cardinality).
    Ignored,
    /// Anything else that begins with `c`.
    BadContainer,
    /// Anything else.
    Unknown,
}

/// What kind of section this text is.
pub(super) fn kind_of(section: &str) -> Section<'_> {
    let not_empty = |id: &str| !id.is_empty();
    let parsed: Parsed<'_, _> = alt((
        map(preceded(tag("@"), rest), Section::Rate),
        map(preceded(tag("#"), rest), Section::Tags),
        map(preceded(tag("c:"), verify(rest, not_empty)), Section::Container),
        value(Section::Ignored, alt((tag("T"), tag("e:"), tag("card:")))),
        value(Section::BadContainer, tag("c")),
    ))
    .parse(section);
    parsed.map_or(Section::Unknown, |(_, kind)| kind)
}

/// Reads sections from left to right, up to the one that refuses the sample:
/// notes tag errors and bad rates, and hands the rates to `sampling`. Says
/// whether there is a good label among them.
///
/// # Errors
///
/// How the sample ends because of a section.
pub(super) fn read(
    sections: Option<&str>,
    dogstatsd: bool,
    sampling: &mut Sampling,
    notes: &mut Notes,
) -> Result<bool, Outcome> {
    let mut labelled = false;
    if pieces(sections, '|').any(str::is_empty) {
        return Err(Outcome::MalformedComponent);
    }
    for section in pieces(sections, '|') {
        match kind_of(section) {
            Section::Rate(rate) => read_rate(rate, sampling, notes),
            Section::Tags(list) if dogstatsd => labelled |= read_tags(list, notes),
            Section::Container(_) => labelled = true,
            Section::Tags(_) | Section::Ignored => {}
            Section::BadContainer => return Err(Outcome::MalformedContainerId),
            Section::Unknown => return Err(Outcome::InvalidSampleFactor),
        }
    }
    Ok(labelled)
}

/// A rate that is not a number is counted, and the sample is as without it.
fn read_rate(rate: &str, sampling: &mut Sampling, notes: &mut Notes) {
    match number(rate) {
        Some(rate) => sampling.add_rate(rate.value),
        None => notes.bad_rates += 1,
    }
}

fn read_tags(list: &str, notes: &mut Notes) -> bool {
    let mut labelled = false;
    for tag in tags::in_section(list) {
        match tag {
            Some(_) => labelled = true,
            None => notes.tag_errors += 1,
        }
    }
    labelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_told_by_their_first_characters() {
        for (text, kind) in [
            ("@0.5", Section::Rate("0.5")),
            ("@", Section::Rate("")),
            ("#k:v", Section::Tags("k:v")),
            ("#", Section::Tags("")),
            ("c:id", Section::Container("id")),
            ("c:a:b", Section::Container("a:b")),
            ("c::", Section::Container(":")),
            ("c:", Section::BadContainer),
            ("c", Section::BadContainer),
            ("cx:id", Section::BadContainer),
            ("card", Section::BadContainer),
            ("cards:x", Section::BadContainer),
            ("card:", Section::Ignored),
            ("card:low", Section::Ignored),
            ("e:", Section::Ignored),
            ("e:it-false", Section::Ignored),
            ("e", Section::Unknown),
            ("ex:1", Section::Unknown),
            ("T", Section::Ignored),
            ("T1656581400", Section::Ignored),
            ("Tx:y", Section::Ignored),
            ("C:id", Section::Unknown),
            ("E:x", Section::Unknown),
            ("t1", Section::Unknown),
            ("0.1", Section::Unknown),
            (" @1", Section::Unknown),
            ("", Section::Unknown),
        ] {
            assert_eq!(kind_of(text), kind, "{text}");
        }
    }
}
