//! The regexes of a rule set, and which of them are worth trying on a name.
//!
//! Most regexes contain text that every match must contain. All these literals
//! are searched for in one pass over the name; a regex is a candidate if its
//! literals are there. The candidates are tried in the order of the file. So
//! the cost follows the number of rules that look like the name, not the number
//! of rules: a thousand rules that all begin with `.+\..+` differ in what
//! follows.
//!
//! Heat: warm (once per new spelling of a series).

use aho_corasick::AhoCorasick;
use regex::{Regex, bytes};

use super::literals::{LiteralBook, Need};
use super::template::Groups;
use crate::model::MetricKind;

/// A rule's regex.
#[derive(Debug)]
pub(super) struct Pattern {
    unicode: Regex,
    /// The same without Unicode, for names that are ASCII: captures then cost
    /// half. `None` where it would not mean the same, or nothing is captured.
    ascii: Option<bytes::Regex>,
}

/// Enough memory for nearly every compiled regex.
pub(super) const USUAL_SIZE: usize = 1 << 20;
/// The most memory that one compiled regex may take.
pub(super) const LARGEST_SIZE: usize = 64 << 20;

impl Pattern {
    /// Compiles a regex in the dialect of the regex crate, to `size` bytes at
    /// most. `captures` says whether [`Pattern::groups`] will be asked for.
    pub(super) fn new(pattern: &str, captures: bool, size: usize) -> Result<Self, regex::Error> {
        let unicode = regex::RegexBuilder::new(pattern).size_limit(size).build()?;
        // Fails for `\pL` and the like, which need Unicode.
        let build =
            || bytes::RegexBuilder::new(pattern).unicode(false).size_limit(size).build().ok();
        let ascii = if captures && pattern.is_ascii() { build() } else { None };
        Ok(Self { unicode, ascii })
    }

    fn is_match(&self, name: &str) -> bool {
        self.unicode.is_match(name)
    }

    /// What the regex captures of a name, if it matches.
    fn groups<'n>(&self, name: &'n str) -> Option<Groups<'n>> {
        match &self.ascii {
            Some(ascii) if name.is_ascii() => {
                let captures = ascii.captures(name.as_bytes())?;
                let text = |group: Option<bytes::Match<'_>>| {
                    group.and_then(|group| name.get(group.range())).unwrap_or_default()
                };
                Some(Groups(captures.iter().map(text).collect()))
            }
            _ => {
                let captures = self.unicode.captures(name)?;
                let text =
                    |group: Option<regex::Match<'n>>| group.map_or("", |group| group.as_str());
                Some(Groups(captures.iter().map(text).collect()))
            }
        }
    }
}

/// One rule with a regex.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) rule: u32,
    /// The only kind that the rule holds for.
    pub(super) kind: Option<MetricKind>,
    pub(super) pattern: Pattern,
    /// Whether the rule writes anything that the regex captures.
    pub(super) captures: bool,
}

impl Entry {
    /// What the rule needs of a name that matches.
    fn groups<'n>(&self, name: &'n str) -> Option<Groups<'n>> {
        if self.captures {
            self.pattern.groups(name)
        } else {
            self.pattern.is_match(name).then(Groups::default)
        }
    }
}

/// A regex of the set and what it needs.
#[derive(Debug)]
struct Candidate {
    entry: Entry,
    needs: Box<[Need]>,
}

/// All regexes of a rule set, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Regexes {
    candidates: Vec<Candidate>,
    literals: Option<AhoCorasick>,
    /// By literal: the candidates that are looked at when it is found.
    keyed: Vec<Vec<u32>>,
    /// The candidates that need no literal.
    always: Vec<u32>,
}

impl Regexes {
    /// Prepares the search for regexes that come in the order of the file.
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let mut book = LiteralBook::default();
        let candidates: Vec<Candidate> = entries
            .into_iter()
            .map(|entry| Candidate { needs: book.needs(entry.pattern.unicode.as_str()), entry })
            .collect();
        // Fails for gigabytes of literals only; without it every regex is tried. A
        // search for none would walk through each name all the same.
        let some = Some(&book.texts).filter(|texts| !texts.is_empty());
        let literals = some.and_then(|texts| AhoCorasick::new(texts).ok());
        let mut keyed = vec![Vec::new(); book.texts.len()];
        let mut always = Vec::new();
        for (slot, candidate) in (0u32..).zip(&candidates) {
            match literals.as_ref().and_then(|_| book.rarest(&candidate.needs)) {
                Some(need) => {
                    for literal in need {
                        keyed.get_mut(*literal as usize).into_iter().for_each(|it| it.push(slot));
                    }
                }
                None => always.push(slot),
            }
        }
        Self { candidates, literals, keyed, always }
    }

    /// The rule, the only kind if there is one, and the regex of each, in the
    /// order of the file.
    pub(super) fn in_order(&self) -> impl Iterator<Item = (u32, Option<MetricKind>, &str)> {
        let entries = self.candidates.iter().map(|candidate| &candidate.entry);
        entries.map(|entry| (entry.rule, entry.kind, entry.pattern.unicode.as_str()))
    }

    /// The first rule for this kind whose regex matches, and what it captured
    /// (nothing, if the rule does not ask).
    pub(super) fn find<'n>(&self, name: &'n str, kind: MetricKind) -> Option<(u32, Groups<'n>)> {
        self.worth_trying(name)
            .into_iter()
            .filter_map(|slot| self.candidates.get(slot as usize))
            .filter(|candidate| candidate.entry.kind.is_none_or(|only| only == kind))
            .find_map(|candidate| {
                let groups = candidate.entry.groups(name)?;
                Some((candidate.entry.rule, groups))
            })
    }

    /// The candidates for a name, in the order of the file.
    fn worth_trying(&self, name: &str) -> Vec<u32> {
        let mut slots = self.always.clone();
        let Some(literals) = &self.literals else { return slots };
        let mut seen = Seen::new(self.keyed.len());
        for found in literals.find_overlapping_iter(name) {
            seen.insert(found.pattern().as_u32());
        }
        let complete = |slot: &&u32| {
            let candidate = self.candidates.get(**slot as usize);
            candidate.is_some_and(|candidate| seen.meets(&candidate.needs))
        };
        for literal in seen.iter() {
            let keyed = self.keyed.get(literal).map_or(&[][..], Vec::as_slice);
            slots.extend(keyed.iter().filter(complete));
        }
        // One that stands under several literals may be there more than once.
        slots.sort_unstable();
        slots.dedup();
        slots
    }
}

/// A set of literals, one bit each.
struct Seen(Vec<u64>);

impl Seen {
    fn new(literals: usize) -> Self {
        Self(vec![0; literals.div_ceil(64)])
    }

    fn insert(&mut self, literal: u32) {
        if let Some(word) = self.0.get_mut(literal as usize / 64) {
            *word |= 1 << (literal % 64);
        }
    }

    fn contains(&self, literal: u32) -> bool {
        self.0.get(literal as usize / 64).is_some_and(|word| word & (1 << (literal % 64)) != 0)
    }

    fn meets(&self, needs: &[Need]) -> bool {
        needs.iter().all(|need| need.iter().any(|literal| self.contains(*literal)))
    }

    /// The literals of the set, in order.
    fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                (rest != 0).then(|| {
                    rest &= rest - 1;
                    at * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(regexes: &[&str]) -> Regexes {
        let entry = |(rule, regex): (u32, &&str)| Entry {
            rule,
            kind: None,
            pattern: Pattern::new(regex, true, USUAL_SIZE).unwrap(),
            captures: true,
        };
        Regexes::new((0u32..).zip(regexes).map(entry).collect())
    }

    #[test]
    fn only_regexes_whose_literals_are_there_are_tried() {
        let set = set(&[
            r".+\..+\.one",
            r".+\..+\.two",
            r"\d",
            r"two\.one",
            r"(a|b)\.two",
            r".(uno|dos).\.",
        ]);
        assert_eq!(set.worth_trying("a.b.two"), [1, 2, 4]);
        assert_eq!(set.worth_trying("x"), [2]);
        assert_eq!(set.worth_trying("a.two.one"), [0, 1, 2, 3, 4]);
        assert_eq!(set.worth_trying("atwone"), [2]);
        assert_eq!(set.worth_trying("dos.uno"), [2, 5]);
    }

    #[test]
    fn literals_behind_the_first_word_of_bits_are_found() {
        let regexes: Vec<String> = (0..200).map(|n| format!("x{n}x(.+)y{n}y")).collect();
        let set = set(&regexes.iter().map(String::as_str).collect::<Vec<_>>());
        for n in [0, 63, 64, 127, 128, 199] {
            assert_eq!(set.worth_trying(&format!("x{n}x.y{n}y")), [n]);
        }
    }

    #[test]
    fn the_first_match_in_the_file_wins() {
        let set = set(&["b(.)", "a(.)", ".(.)"]);
        let find = |name| {
            let (rule, groups) = set.find(name, MetricKind::Counter)?;
            Some((rule, groups.0.get(1).copied()?))
        };
        assert_eq!(find("axbx"), Some((0, "x")));
        assert_eq!(find("ay"), Some((1, "y")));
        assert_eq!(find("cz"), Some((2, "z")));
        assert_eq!(find("c"), None);
        assert_eq!(Regexes::new(Vec::new()).find("a", MetricKind::Gauge).map(|it| it.0), None);
    }

    #[test]
    fn ascii_names_capture_the_same_without_unicode() {
        for regex in [
            r"(.+)\.([^.]*)",
            r"(?i)(\x{4b}+)(s?)",
            r"(\pL+)",
            r"([^a-c]+)(é?)",
            r"(?-u:\b)(.)(?-u:\B)",
            "([[:^alpha:]])",
        ] {
            let both = Pattern::new(regex, true, USUAL_SIZE).unwrap();
            let slow = Pattern::new(regex, false, USUAL_SIZE).unwrap();
            for name in ["a.b.c", "Kks", "k", "ſ", "é.ü", "1-x", ""] {
                assert_eq!(both.groups(name), slow.groups(name), "{regex} {name}");
            }
        }
    }
}
