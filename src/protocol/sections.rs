//! The sections of a sample, behind its type: rates, tags, container id, and
//! what later versions of `DogStatsD` put there.
//!
//! Heat: hot (lines that the route cache does not answer).

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::combinator::{map, rest, value, verify};
use nom::sequence::preceded;

use super::grammar::{Mark, Parsed, pieces};
use super::number::number;
use super::recipe::Rates;
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

/// What is to be known of all sections of a sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sections {
    /// Tag errors and bad rates; tagged if a section gave a label.
    pub(super) notes: Notes,
    pub(super) rates: Rates,
}

impl Sections {
    /// Reads sections from left to right, up to the one that refuses the sample;
    /// then says also how the sample ends.
    pub(super) fn read(sections: Option<&str>, dogstatsd: bool) -> (Self, Result<(), Outcome>) {
        let mut all = Self { notes: Notes::default(), rates: Rates::NONE };
        if pieces(sections, Mark::PIPE).any(str::is_empty) {
            return (all, Err(Outcome::MalformedComponent));
        }
        let end = pieces(sections, Mark::PIPE).try_for_each(|section| all.take(section, dogstatsd));
        (all, end)
    }

    fn take(&mut self, section: &str, dogstatsd: bool) -> Result<(), Outcome> {
        match kind_of(section) {
            Section::Rate(rate) => self.take_rate(rate),
            Section::Tags(list) if dogstatsd => self.take_tags(list),
            Section::Container(_) => self.notes.tagged = true,
            Section::Tags(_) | Section::Ignored => {}
            Section::BadContainer => return Err(Outcome::MalformedContainerId),
            Section::Unknown => return Err(Outcome::InvalidSampleFactor),
        }
        Ok(())
    }

    /// A rate that is not a number is counted, and the sample is as without it.
    fn take_rate(&mut self, rate: &str) {
        match number(rate) {
            Some(rate) => self.rates.add(rate.value),
            None => self.notes.bad_rates += 1,
        }
    }

    fn take_tags(&mut self, list: &str) {
        for tag in tags::in_section(list) {
            match tag {
                Some(_) => self.notes.tagged = true,
                None => self.notes.tag_errors += 1,
            }
        }
    }
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
