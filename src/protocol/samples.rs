//! The samples of a line: where REST splits, and the checks on each sample in
//! their order. The first that fails decides.
//!
//! Heat: hot (lines that the route cache does not answer).

use std::iter::FusedIterator;

use super::grammar::{cut, first_sample, pieces};
use super::name::NamePart;
use super::number::number;
use super::plain::PlainValue;
use super::recipe::{Recipe, Sampling, TypeCode};
use super::sections;
use crate::model::{MetricKind, Notes, Outcome, Sample, TagText};

/// Sections of a sample: with value and type, a sample has at most six parts.
const MAX_SECTIONS: usize = 4;

/// The samples of one line, each checked when it is asked for. The line is
/// borrowed, nothing is kept on the heap.
#[derive(Clone, Debug)]
pub struct Samples<'a> {
    name: NamePart<'a>,
    dogstatsd: bool,
    left: Left<'a>,
}

/// What of REST is not read yet.
#[derive(Clone, Copy, Debug)]
enum Left<'a> {
    /// Values with `:` between them, and the text behind the `|` that they share.
    Values(Option<&'a str>, &'a str),
    /// Whole samples with `:` between them.
    Whole(Option<&'a str>),
}

/// What became of one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attempt<'a> {
    /// What is to be counted about it besides how it ended.
    pub notes: Notes,
    /// The sample, or how it ended: [`Outcome::MalformedComponent`],
    /// [`Outcome::MalformedValue`], [`Outcome::MalformedContainerId`],
    /// [`Outcome::InvalidSampleFactor`] or [`Outcome::IllegalEvent`].
    pub result: Result<Sample<'a>, Outcome>,
    /// What made the sample's update of its value, for other values in its place.
    /// There if the result is `Ok`, but for a counter that is divided by more
    /// than one rate.
    pub recipe: Option<Recipe>,
}

impl<'a> Samples<'a> {
    /// The samples of `name:rest`.
    ///
    /// # Errors
    ///
    /// How the line ended, if none of its samples is to be looked at.
    pub(super) fn of_line(
        name: NamePart<'a>,
        rest: &'a str,
        dogstatsd: bool,
    ) -> Result<Self, Outcome> {
        if name.name.head.is_empty() && name.name.tail.is_empty() {
            return Err(Outcome::MalformedLine);
        }
        let tags_in_rest = rest.contains("|#");
        if tags_in_rest && name.tagged {
            return Err(Outcome::MixedTaggingStyles);
        }
        let (values, Some(tail)) = cut(rest, '|') else {
            return Err(Outcome::NotEnoughParts);
        };
        let aggregated = values.contains(':');
        if aggregated && !is_observer(cut(tail, '|').0) {
            return Err(Outcome::InvalidExtendedAggregate);
        }
        let one_tail = aggregated || tags_in_rest;
        let left =
            if one_tail { Left::Values(Some(values), tail) } else { Left::Whole(Some(rest)) };
        Ok(Self { name, dogstatsd, left })
    }

    fn attempt(&self, value: &'a str, tail: Option<&'a str>) -> Attempt<'a> {
        let mut notes = Notes::default();
        match self.read(value, tail, &mut notes) {
            Ok((sample, recipe)) => Attempt { notes, result: Ok(sample), recipe },
            Err(outcome) => Attempt { notes, result: Err(outcome), recipe: None },
        }
    }

    /// Reads the sample `value|tail`; without a tail there was no `|`.
    fn read(
        &self,
        value: &'a str,
        tail: Option<&'a str>,
        notes: &mut Notes,
    ) -> Result<(Sample<'a>, Option<Recipe>), Outcome> {
        let (code, sections) = cut(tail.ok_or(Outcome::MalformedComponent)?, '|');
        if pieces(sections, '|').count() > MAX_SECTIONS {
            return Err(Outcome::MalformedComponent);
        }
        let code = TypeCode::of(code);
        let value = value_for(value, code).ok_or(Outcome::MalformedValue)?;
        let mut sampling = Sampling::of(value);
        let labelled = sections::read(sections, self.dogstatsd, &mut sampling, notes)?;
        notes.tagged = labelled || self.name.tagged;
        let code = code.ok_or(Outcome::IllegalEvent)?;
        let brew = sampling.brew(code)?;
        notes.weight_capped = brew.capped;
        let tags = TagText {
            in_name: self.name.tags,
            sections: sections.unwrap_or_default(),
            dogstatsd: self.dogstatsd,
        };
        let sample = Sample { name: self.name.name, kind: code.kind(), update: brew.update, tags };
        Ok((sample, brew.recipe))
    }
}

/// Whether values may be aggregated under this type.
fn is_observer(code: &str) -> bool {
    TypeCode::of(code).is_some_and(|code| code.kind() == MetricKind::Observer)
}

/// The value, if it is a number that the type takes: of the known ones only a
/// gauge takes NaN and infinities. An unknown type is refused later.
fn value_for(text: &str, code: Option<TypeCode>) -> Option<PlainValue> {
    let takes_any = matches!(code, None | Some(TypeCode::Gauge));
    number(text).filter(|number| takes_any || number.value.is_finite())
}

impl<'a> Iterator for Samples<'a> {
    type Item = Attempt<'a>;

    fn next(&mut self) -> Option<Attempt<'a>> {
        let (value, tail) = match self.left {
            Left::Values(values, tail) => {
                let (value, left) = cut(values?, ':');
                self.left = Left::Values(left, tail);
                (value, Some(tail))
            }
            Left::Whole(samples) => {
                let (sample, left) = first_sample(samples?);
                self.left = Left::Whole(left);
                cut(sample, '|')
            }
        };
        Some(self.attempt(value, tail))
    }
}

impl FusedIterator for Samples<'_> {}
