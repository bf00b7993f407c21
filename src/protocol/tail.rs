//! What stands behind a value: type and sections. Read apart from the value, since
//! aggregated values share one.
//!
//! Heat: hot (lines that the route cache does not answer).

use super::grammar::{Mark, cut, pieces};
use super::recipe::{Brew, TypeCode};
use super::sections::Sections;
use crate::model::{Notes, Outcome};

/// Sections of a sample: with value and type, a sample has at most six parts.
const MAX_SECTIONS: usize = 4;

/// `TYPE[|section…]`, read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail<'a> {
    /// `None` if the type is unknown, which is refused last of all.
    pub(super) code: Option<TypeCode>,
    /// All that follows the type, without the `|` between; empty if no label is
    /// in it.
    pub(super) sections: &'a str,
    /// What is to be counted once the value is found to be a number.
    pub(super) notes: Notes,
    /// What it makes of such a value, or how the sample ends.
    pub(super) brew: Result<Brew, Outcome>,
}

impl<'a> Tail<'a> {
    /// Reads a tail without its first `|`. `name_tagged` says whether the sample
    /// has a label whatever its sections hold.
    ///
    /// # Errors
    ///
    /// [`Outcome::MalformedComponent`] if the parts are too many, which is found
    /// before the value is looked at.
    pub(super) fn read(tail: &'a str, name_tagged: bool, dogstatsd: bool) -> Result<Self, Outcome> {
        let (code, sections) = cut(tail, Mark::PIPE);
        if pieces(sections, Mark::PIPE).take(MAX_SECTIONS + 1).count() > MAX_SECTIONS {
            return Err(Outcome::MalformedComponent);
        }
        let code = TypeCode::of(code);
        let (Sections { mut notes, rates }, end) = Sections::read(sections, dogstatsd);
        let labels = sections.filter(|_| notes.tagged).unwrap_or_default();
        // A sample that a section refused does not count as tagged.
        notes.tagged = end.is_ok() && (notes.tagged || name_tagged);
        let brew =
            end.and_then(|()| code.ok_or(Outcome::IllegalEvent)).and_then(|code| rates.brew(code));
        notes.weight_capped = brew.is_ok_and(|brew| brew.capped);
        Ok(Self { code, sections: labels, notes, brew })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_two_to_six_parts() {
        for (tail, good) in [("c", true), ("", true), ("c|T|T|T|T", true), ("c|T|T|T|T|T", false)] {
            assert_eq!(Tail::read(tail, false, true).is_ok(), good, "{tail}");
        }
        assert_eq!(Tail::read("c|||||", false, true).err(), Some(Outcome::MalformedComponent));
    }

    #[test]
    fn what_is_counted_before_a_refusal_stays_counted_but_the_sample_is_not_tagged() {
        let tail = Tail::read("c|@x|#k:v,l|zz", true, true).unwrap();
        let expected = Notes { tag_errors: 1, bad_rates: 1, tagged: false, weight_capped: false };
        assert_eq!(tail.notes, expected);
        assert_eq!(tail.brew, Err(Outcome::InvalidSampleFactor));
    }

    #[test]
    fn tags_count_before_type_and_rate_are_refused() {
        for (tail, outcome) in
            [("x|#k:v", Outcome::IllegalEvent), ("c|@2|#k:v", Outcome::InvalidSampleFactor)]
        {
            let tail = Tail::read(tail, false, true).unwrap();
            assert!(tail.notes.tagged);
            assert_eq!(tail.brew, Err(outcome));
        }
        assert!(Tail::read("c", true, true).unwrap().notes.tagged, "by its name");
    }
}
