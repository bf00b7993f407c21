//! The NAME of a line: the metric's name, and the tags that `SignalFX`, Librato
//! and `InfluxDB` clients write into it.
//!
//! Heat: hot (lines that the route cache does not answer).

use super::grammar::{self, Brackets};
use super::tags;
use crate::model::{SampleName, TagStyles};

/// NAME, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NamePart<'a> {
    /// The name without its tags; empty if the tags were all there was.
    pub(super) name: SampleName<'a>,
    /// `k=v,k2=v2`, or nothing.
    pub(super) tags: &'a str,
    /// Whether at least one of the tags is good.
    pub(super) tagged: bool,
    /// How many tags are left out; an unpaired bracket counts as one.
    pub(super) errors: u32,
}

impl<'a> NamePart<'a> {
    /// Takes NAME apart. Brackets go first: with any of them in the name, `#` and
    /// `,` are text.
    pub(super) fn read(name: &'a str, styles: TagStyles) -> Self {
        let brackets = if styles.signalfx { grammar::brackets(name) } else { Brackets::None };
        match brackets {
            Brackets::Around { head, tags, tail } => {
                Self::with_tags(SampleName { head, tail }, tags)
            }
            Brackets::Unpaired => Self { errors: 1, ..Self::with_tags(whole(name), "") },
            Brackets::None => {
                let (name, tags) = grammar::name_and_tags(name, styles);
                Self::with_tags(whole(name), tags.unwrap_or_default())
            }
        }
    }

    fn with_tags(name: SampleName<'a>, list: &'a str) -> Self {
        let mut part = Self { name, tags: list, tagged: false, errors: 0 };
        for tag in tags::in_name(list) {
            match tag {
                Some(_) => part.tagged = true,
                None => part.errors += 1,
            }
        }
        part
    }
}

const fn whole(name: &str) -> SampleName<'_> {
    SampleName { head: name, tail: "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNALFX: TagStyles = TagStyles { signalfx: true, ..TagStyles::NONE };
    const LIBRATO: TagStyles = TagStyles { librato: true, ..TagStyles::NONE };
    const INFLUXDB: TagStyles = TagStyles { influxdb: true, ..TagStyles::NONE };

    /// NAME, styles; name, tags, whether one is good, errors.
    type Row = (&'static str, TagStyles, &'static str, &'static str, bool, u32);

    const ROWS: &[Row] = &[
        ("ab", TagStyles::ALL, "ab", "", false, 0),
        // SignalFX
        ("a[k=v,k2=v2]b", TagStyles::ALL, "ab", "k=v,k2=v2", true, 0),
        ("[k=v]b", TagStyles::ALL, "b", "k=v", true, 0),
        ("a[]b", TagStyles::ALL, "ab", "", false, 0),
        ("a[k]b", TagStyles::ALL, "ab", "k", false, 1),
        ("a[k=v]#b=1,c=2", TagStyles::ALL, "a#b=1,c=2", "k=v", true, 0),
        ("a[k=v]b", LIBRATO, "a[k=v]b", "", false, 0),
        // a lone bracket, or the pair reversed: one error, no more tags, text stays
        ("a[b#k=v", TagStyles::ALL, "a[b#k=v", "", false, 1),
        ("a]b,k=v", TagStyles::ALL, "a]b,k=v", "", false, 1),
        ("d]x[", TagStyles::ALL, "d]x[", "", false, 1),
        ("d]x[", INFLUXDB, "d]x[", "", false, 0),
        // Librato and InfluxDB: whichever mark comes first
        ("a#k=v,k2=v2", TagStyles::ALL, "a", "k=v,k2=v2", true, 0),
        ("a,k=v#x", TagStyles::ALL, "a", "k=v#x", true, 0),
        ("a#x,k=v", TagStyles::ALL, "a", "x,k=v", true, 1),
        ("a#x,k=v", INFLUXDB, "a#x", "k=v", true, 0),
        ("a,k=v", LIBRATO, "a,k=v", "", false, 0),
        ("a#k=v", SIGNALFX, "a#k=v", "", false, 0),
        ("a#k=v,", TagStyles::ALL, "a", "k=v,", true, 0),
        ("a#", TagStyles::ALL, "a", "", false, 0),
        ("a#,", TagStyles::ALL, "a", ",", false, 1),
        ("a#=v,k=,k,,k=v", TagStyles::ALL, "a", "=v,k=,k,,k=v", true, 4),
        ("a#k=v=w", TagStyles::ALL, "a", "k=v=w", true, 0),
        // labels that Prometheus keeps for itself
        ("a#__name__=v,.-x=y", TagStyles::ALL, "a", "__name__=v,.-x=y", false, 2),
        // no name left
        ("#k=v", TagStyles::ALL, "", "k=v", true, 0),
        (",k=v", TagStyles::ALL, "", "k=v", true, 0),
        ("[k=v]", TagStyles::ALL, "", "k=v", true, 0),
    ];

    #[test]
    fn names_are_taken_apart() {
        for (text, styles, name, tags, tagged, errors) in ROWS {
            let part = NamePart::read(text, *styles);
            assert_eq!(part.name.text(), *name, "{text}");
            let found = (part.tags, part.tagged, part.errors);
            assert_eq!(found, (*tags, *tagged, *errors), "{text}");
        }
    }
}
