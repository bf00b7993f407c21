//! One sample as it stands in a line, borrowed from the datagram.
//!
//! Heat: hot.

use std::borrow::Cow;

use super::{MetricKind, Update};

/// One `VALUE|TYPE|…` of a line, read and checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample<'a> {
    /// The metric's name without its tags; never empty.
    pub name: SampleName<'a>,
    /// What the rule set sees as the metric type.
    pub kind: MetricKind,
    /// What to do to the series.
    pub update: Update,
    /// Where the tags stand; `protocol::labels_of` reads them.
    pub tags: TagText<'a>,
}

/// A name that tags in brackets may have cut in two: of `a[k=v]b` the parts are
/// `a` and `b`, and the name is `ab`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleName<'a> {
    /// The text before the bracket, or the whole name.
    pub head: &'a str,
    /// The text after the bracket, or nothing.
    pub tail: &'a str,
}

impl<'a> SampleName<'a> {
    /// The name in one piece. Allocates only for a name with a bracket inside.
    #[must_use]
    pub fn text(self) -> Cow<'a, str> {
        match (self.head, self.tail) {
            (head, "") => Cow::Borrowed(head),
            ("", tail) => Cow::Borrowed(tail),
            (head, tail) => Cow::Owned([head, tail].concat()),
        }
    }
}

/// The places of a line that hold tags, already found free of anything that
/// would refuse the sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TagText<'a> {
    /// `k=v,k2=v2` out of the name; empty if there was none.
    pub in_name: &'a str,
    /// All that follows the type, `#k:v|c:ID|@0.5`; empty if no label is in it,
    /// so that samples of one line whose tags are the same have the same text.
    pub sections: &'a str,
    /// Whether `#` sections are read.
    pub dogstatsd: bool,
}

/// What is to be counted about a sample besides how it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Tags that were left out of this sample.
    pub tag_errors: u32,
    /// Rates that were not a number and were taken as 1.
    pub bad_rates: u32,
    /// The sample had at least one label when its type was looked at.
    pub tagged: bool,
    /// The weight was cut to [`Update::MAX_WEIGHT`].
    pub weight_capped: bool,
}
