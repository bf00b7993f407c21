//! The samples of a line: where REST splits, and the checks on each sample in
//! their order. The first that fails decides.
//!
//! Heat: hot (lines that the route cache does not answer).

use std::iter::FusedIterator;

use super::grammar::{Mark, cut, first_sample};
use super::name::NamePart;
use super::number::number;
use super::plain::PlainValue;
use super::recipe::{Recipe, TypeCode};
use super::tail::Tail;
use crate::model::{MetricKind, Notes, Outcome, Sample, TagText};

/// The samples of one line, each checked when it is asked for. The line is
/// borrowed, nothing is kept on the heap.
#[derive(Clone, Debug)]
pub struct Samples<'a> {
    name: NamePart<'a>,
    dogstatsd: bool,
    left: Left<'a>,
}

/// What of REST is not read yet.
#[derive(Clone, Debug)]
enum Left<'a> {
    /// Values with `:` between them, and the tail that they share. It is read
    /// once: a datagram could hold thousands of values and a tail as long.
    Values(Option<&'a str>, Result<Tail<'a>, Outcome>),
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
        let (values, Some(tail)) = cut(rest, Mark::PIPE) else {
            return Err(Outcome::NotEnoughParts);
        };
        let aggregated = values.contains(':');
        if aggregated && !is_observer(cut(tail, Mark::PIPE).0) {
            return Err(Outcome::InvalidExtendedAggregate);
        }
        let left = if aggregated || tags_in_rest {
            Left::Values(Some(values), Tail::read(tail, name.tagged, dogstatsd))
        } else {
            Left::Whole(Some(rest))
        };
        Ok(Self { name, dogstatsd, left })
    }

    fn attempt(&self, value: &str, tail: Result<Tail<'a>, Outcome>) -> Attempt<'a> {
        let tail = match tail {
            Ok(tail) => tail,
            Err(outcome) => return Attempt::before_sections(outcome),
        };
        let Some(value) = value_for(value, tail.code) else {
            return Attempt::before_sections(Outcome::MalformedValue);
        };
        let brew = match tail.brew {
            Ok(brew) => brew,
            Err(outcome) => {
                return Attempt { notes: tail.notes, result: Err(outcome), recipe: None };
            }
        };
        let tags =
            TagText { in_name: self.name.tags, sections: tail.sections, dogstatsd: self.dogstatsd };
        let (name, kind, update) = (self.name.name, brew.kind(), brew.update(value));
        let sample = Sample { name, kind, update, tags };
        Attempt { notes: tail.notes, result: Ok(sample), recipe: brew.recipe() }
    }
}

impl Attempt<'_> {
    /// The end of a sample whose sections do not matter any more.
    fn before_sections(outcome: Outcome) -> Self {
        Self { notes: Notes::default(), result: Err(outcome), recipe: None }
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
        let (value, tail) = match &mut self.left {
            Left::Values(values, tail) => {
                let (value, left) = cut((*values)?, Mark::COLON);
                *values = left;
                (value, *tail)
            }
            Left::Whole(samples) => {
                let (sample, left) = first_sample((*samples)?);
                *samples = left;
                let (value, tail) = cut(sample, Mark::PIPE);
                let tail = tail.ok_or(Outcome::MalformedComponent);
                (value, tail.and_then(|tail| Tail::read(tail, self.name.tagged, self.dogstatsd)))
            }
        };
        Some(self.attempt(value, tail))
    }
}

impl FusedIterator for Samples<'_> {}
