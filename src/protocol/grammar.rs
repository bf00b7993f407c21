//! The grammar of a line, in nom: how text is cut into NAME and REST, samples,
//! parts, and tags. It only cuts; what a piece means is decided by the callers.
//!
//! Every mark of the grammar is ASCII, so text is cut between characters, and a
//! mark is searched for among bytes ([`till`], [`till_either`]): nom's own
//! `take_till` would decode each character first. The parsers that return a bare
//! tuple match any text; should one ever not, the text stays whole, and a later
//! check refuses it.
//!
//! Heat: hot (lines that the route cache does not answer).

use std::iter;

use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{anychar, char};
use nom::combinator::{all_consuming, map, opt, recognize, rest, value, verify};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded, separated_pair};
use nom::{IResult, Parser};

use crate::model::TagStyles;

/// What a parser makes of text. No error is ever shown, so it carries nothing.
pub(super) type Parsed<'a, T> = IResult<&'a str, T, ()>;

/// A mark of the grammar: one of the 128 characters that are one byte.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark(u8);

impl Mark {
    pub(super) const COLON: Self = Self(b':');
    pub(super) const COMMA: Self = Self(b',');
    pub(super) const EQUALS: Self = Self(b'=');
    pub(super) const HASH: Self = Self(b'#');
    pub(super) const OPENING: Self = Self(b'[');
    pub(super) const CLOSING: Self = Self(b']');
    pub(super) const PIPE: Self = Self(b'|');

    const fn char(self) -> char {
        self.0 as char
    }
}

/// All text before the first `mark`, or all there is.
fn till<'a>(mark: Mark) -> impl Parser<&'a str, Output = &'a str, Error = ()> {
    move |text: &'a str| Ok(cut_at(text, memchr::memchr(mark.0, text.as_bytes())))
}

/// All text before the first of the two marks, or all there is.
fn till_either<'a>(one: Mark, other: Mark) -> impl Parser<&'a str, Output = &'a str, Error = ()> {
    move |text: &'a str| Ok(cut_at(text, memchr::memchr2(one.0, other.0, text.as_bytes())))
}

/// What is left from there on, and what stands before. What is left is a piece of
/// `text` even where it is empty: nom measures by where it begins.
fn cut_at(text: &str, at: Option<usize>) -> (&str, &str) {
    let found = at.and_then(|at| text.split_at_checked(at));
    let (before, left) = found.unwrap_or_else(|| text.split_at(text.len()));
    (left, before)
}

const fn is_some_text(text: &str) -> bool {
    !text.is_empty()
}

/// `NAME:REST`, cut at the first `:`; `None` without a `:` or a NAME.
pub(super) fn name_and_rest(line: &str) -> Option<(&str, &str)> {
    let name = verify(till(Mark::COLON), is_some_text);
    let parsed: Parsed<'_, _> = separated_pair(name, char(':'), rest).parse(line);
    parsed.ok().map(|(_, halves)| halves)
}

/// The text up to the first `mark`, and all behind that mark if it is there.
#[inline]
pub(super) fn cut(text: &str, mark: Mark) -> (&str, Option<&str>) {
    let parsed: Parsed<'_, _> = (till(mark), opt(preceded(char(mark.char()), rest))).parse(text);
    parsed.map_or((text, None), |(_, halves)| halves)
}

/// The pieces between the marks, empty ones too: one more than there are marks,
/// and none of no text.
pub(super) fn pieces(text: Option<&str>, mark: Mark) -> impl Iterator<Item = &str> + Clone {
    let mut left = text;
    iter::from_fn(move || {
        let (piece, behind) = cut(left?, mark);
        left = behind;
        Some(piece)
    })
}

/// The first sample of a REST that splits at `:`, and what is behind its `:`.
pub(super) fn first_sample(samples: &str) -> (&str, Option<&str>) {
    let parsed: Parsed<'_, _> = (sample, opt(preceded(char(':'), rest))).parse(samples);
    parsed.map_or((samples, None), |(_, halves)| halves)
}

fn sample(text: &str) -> Parsed<'_, &str> {
    let part = || till_either(Mark::COLON, Mark::PIPE);
    let value_and_type = (part(), opt(preceded(char('|'), part())));
    recognize((value_and_type, many0_count(preceded(char('|'), section)))).parse(text)
}

/// A section of a sample that ends at `:`, unless the `:` is the section's own.
fn section(text: &str) -> Parsed<'_, &str> {
    let with_colon = (alt((tag("c:"), tag("e:"), tag("card:"))), till(Mark::PIPE));
    alt((recognize(with_colon), till_either(Mark::COLON, Mark::PIPE))).parse(text)
}

/// What the brackets of a name make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brackets<'a> {
    /// There is no bracket.
    None,
    /// `head[tags]tail`, at the first of each bracket.
    Around { head: &'a str, tags: &'a str, tail: &'a str },
    /// One without the other, or the closing one first.
    Unpaired,
}

/// Looks for `SignalFX`'s brackets.
pub(super) fn brackets(name: &str) -> Brackets<'_> {
    let head = || till_either(Mark::OPENING, Mark::CLOSING);
    let tags = delimited(char('['), till(Mark::CLOSING), char(']'));
    let parsed: Parsed<'_, _> = alt((
        value(Brackets::None, all_consuming(head())),
        map((head(), tags, rest), |(head, tags, tail)| Brackets::Around { head, tags, tail }),
        value(Brackets::Unpaired, rest),
    ))
    .parse(name);
    parsed.map_or(Brackets::Unpaired, |(_, brackets)| brackets)
}

/// Cuts a name at the first `#` (Librato) or `,` (`InfluxDB`) of a style that is
/// read; the tags are all behind it.
pub(super) fn name_and_tags(name: &str, styles: TagStyles) -> (&str, Option<&str>) {
    let (one, other) = match (styles.librato, styles.influxdb) {
        (true, true) => (Mark::HASH, Mark::COMMA),
        (true, false) => (Mark::HASH, Mark::HASH),
        (false, true) => (Mark::COMMA, Mark::COMMA),
        (false, false) => return (name, None),
    };
    let parsed: Parsed<'_, _> = (till_either(one, other), opt(preceded(anychar, rest))).parse(name);
    parsed.map_or((name, None), |(_, halves)| halves)
}

/// The tags of a list with commas. One trailing comma is no tag; an empty tag
/// before another is one.
pub(super) fn tag_texts(list: &str) -> impl Iterator<Item = &str> {
    let mut left = list;
    iter::from_fn(move || {
        if left.is_empty() {
            return None;
        }
        let (tag, behind) = cut(left, Mark::COMMA);
        left = behind.unwrap_or_default();
        Some(tag)
    })
}

/// Key and value of a tag, cut at the first `separator`; `None` without one, or
/// if either is empty.
pub(super) fn key_and_value(tag: &str, separator: Mark) -> Option<(&str, &str)> {
    let key = verify(till(separator), is_some_text);
    let value = verify(rest, is_some_text);
    let parsed: Parsed<'_, _> = separated_pair(key, char(separator.char()), value).parse(tag);
    parsed.ok().map(|(_, pair)| pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_at_its_first_colon() {
        assert_eq!(name_and_rest("a:1|c:2|c"), Some(("a", "1|c:2|c")));
        assert_eq!(name_and_rest("a:"), Some(("a", "")));
        assert_eq!(name_and_rest("a|c"), None);
        assert_eq!(name_and_rest(":1|c"), None);
        assert_eq!(name_and_rest(""), None);
    }

    #[test]
    fn pieces_are_one_more_than_marks() {
        let all = |text| pieces(text, Mark::PIPE).collect::<Vec<_>>();
        assert_eq!(all(None), [""; 0]);
        assert_eq!(all(Some("")), [""]);
        assert_eq!(all(Some("a||b|")), ["a", "", "b", ""]);
    }

    /// REST, and its samples one by one.
    const SPLITS: &[(&str, &[&str])] = &[
        ("1|c", &["1|c"]),
        ("1|c:2|c:3|g", &["1|c", "2|c", "3|g"]),
        ("1|c:2|c:3|g|@0.5", &["1|c", "2|c", "3|g|@0.5"]),
        ("1|c:", &["1|c", ""]),
        ("1|c::2", &["1|c", "", "2"]),
        ("1|c|c:in-123", &["1|c|c:in-123"]),
        ("1|c|c:2|c:3|g", &["1|c|c:2|c:3|g"]),
        ("1|c|c:a:b|T1:2|c", &["1|c|c:a:b|T1", "2|c"]),
        ("1|c|@1|card:x:y|e::|@1:2|e:3|g", &["1|c|@1|card:x:y|e::|@1", "2|e", "3|g"]),
        ("1|c|ca:2|c", &["1|c|ca", "2|c"]),
        ("1|c|cc:2|c", &["1|c|cc", "2|c"]),
        ("1|c|card2:2|c", &["1|c|card2", "2|c"]),
        ("1|c|c|c:2|c:3", &["1|c|c|c:2|c:3"]),
        ("1|card:2|e:3|c:4|c", &["1|card", "2|e", "3|c", "4|c"]),
        ("c|c:e|c:card|c", &["c|c", "e|c", "card|c"]),
        ("1|c|:2|c", &["1|c|", "2|c"]),
        ("1||c:2|c", &["1||c:2|c"]),
    ];

    #[test]
    fn samples_split_at_colons_but_not_inside_sections() {
        for (rest, samples) in SPLITS {
            let mut left = Some(*rest);
            let found: Vec<_> = iter::from_fn(|| {
                let (sample, behind) = first_sample(left?);
                left = behind;
                Some(sample)
            })
            .collect();
            assert_eq!(found, *samples, "{rest}");
        }
    }

    #[test]
    fn brackets_are_a_pair_only_in_order() {
        let around = |head, tags, tail| Brackets::Around { head, tags, tail };
        for (name, found) in [
            ("ab", Brackets::None),
            ("", Brackets::None),
            ("a[x=1]b", around("a", "x=1", "b")),
            ("[]", around("", "", "")),
            ("a[x[y]b]c[d]", around("a", "x[y", "b]c[d]")),
            ("a[b", Brackets::Unpaired),
            ("a]b", Brackets::Unpaired),
            ("d]x[", Brackets::Unpaired),
            ("d]x[y]", Brackets::Unpaired),
        ] {
            assert_eq!(brackets(name), found, "{name}");
        }
    }

    #[test]
    fn a_list_of_tags_may_end_in_one_comma() {
        let all = |list| tag_texts(list).collect::<Vec<_>>();
        assert_eq!(all(""), [""; 0]);
        assert_eq!(all(","), [""]);
        assert_eq!(all("a,b,"), ["a", "b"]);
        assert_eq!(all("a,,b,,"), ["a", "", "b", ""]);
    }

    #[test]
    fn a_tag_has_a_key_and_a_value() {
        assert_eq!(key_and_value("k:v:w", Mark::COLON), Some(("k", "v:w")));
        assert_eq!(key_and_value("k=v", Mark::EQUALS), Some(("k", "v")));
        for bad in ["", "k", "k:", ":v", ":", "k=v"] {
            assert_eq!(key_and_value(bad, Mark::COLON), None, "{bad}");
        }
    }
}
