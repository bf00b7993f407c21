//! The regexes of a rule set, and which of them are worth trying on a name.
//!
//! Most regexes contain text that every match must contain. All these literals
//! are searched for in one pass over the name; a regex is a candidate if all of
//! its literals are there. The candidates are tried in the order of the file.
//! So the cost follows the number of rules that look like the name, not the
//! number of rules: a thousand rules that all begin with `.+\..+` differ in
//! what follows.
//!
//! Heat: warm (once per new spelling of a series).

use std::collections::HashMap;

use aho_corasick::AhoCorasick;
use foldhash::fast::RandomState;
use regex::Regex;
use regex_syntax::hir::{Hir, HirKind};

use super::template::Groups;
use crate::model::MetricKind;

/// One rule with a regex.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) rule: u32,
    /// The only kind that the rule holds for.
    pub(super) kind: Option<MetricKind>,
    pub(super) regex: Regex,
    /// Whether the rule writes anything that the regex captures.
    pub(super) captures: bool,
}

/// A regex of the set and the numbers of the literals it needs.
#[derive(Debug)]
struct Candidate {
    entry: Entry,
    needs: Box<[u32]>,
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
            .map(|entry| Candidate { needs: book.required(entry.regex.as_str()), entry })
            .collect();
        let mut set = Self { candidates, ..Self::default() };
        // Fails for gigabytes of literals only; without it every regex is tried.
        set.literals = AhoCorasick::new(&book.texts).ok();
        set.keyed = vec![Vec::new(); book.texts.len()];
        for (slot, candidate) in (0u32..).zip(&set.candidates) {
            let key = if set.literals.is_some() { book.rarest(&candidate.needs) } else { None };
            match key.and_then(|key| set.keyed.get_mut(key as usize)) {
                Some(slots) => slots.push(slot),
                None => set.always.push(slot),
            }
        }
        set
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
        for (literal, keyed) in (0u32..).zip(&self.keyed) {
            if !keyed.is_empty() && seen.contains(literal) {
                let complete = |slot: &&u32| {
                    let candidate = self.candidates.get(**slot as usize);
                    candidate.is_some_and(|it| it.needs.iter().all(|need| seen.contains(*need)))
                };
                slots.extend(keyed.iter().filter(complete));
            }
        }
        slots.sort_unstable();
        slots
    }
}

impl Entry {
    /// What the regex captures of a name that it matches.
    fn groups<'n>(&self, name: &'n str) -> Option<Groups<'n>> {
        if !self.captures {
            return self.regex.is_match(name).then(Groups::default);
        }
        let captures = self.regex.captures(name)?;
        let text = |group: Option<regex::Match<'n>>| group.map_or("", |group| group.as_str());
        Some(Groups(captures.iter().map(text).collect()))
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
}

/// The literals of all regexes, each with a number.
#[derive(Default)]
struct LiteralBook {
    texts: Vec<Box<[u8]>>,
    numbers: HashMap<Box<[u8]>, u32, RandomState>,
    /// How many regexes need each.
    users: Vec<u32>,
}

impl LiteralBook {
    /// The numbers of the literals without which the regex cannot match.
    fn required(&mut self, regex: &str) -> Box<[u32]> {
        // It was parsed before, so this does not fail; without literals the
        // regex would be tried on every name.
        let parsed = regex_syntax::parse(regex).unwrap_or_else(|_| Hir::empty());
        let mut texts = Vec::new();
        required(&parsed, &mut texts);
        // Single characters say little and are found everywhere.
        if texts.iter().any(|text| text.len() > 1) {
            texts.retain(|text| text.len() > 1);
        }
        let mut numbers: Vec<u32> = texts.into_iter().map(|text| self.number(text)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        for number in &numbers {
            if let Some(users) = self.users.get_mut(*number as usize) {
                *users += 1;
            }
        }
        numbers.into()
    }

    fn number(&mut self, text: &[u8]) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let fresh = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text.into());
        self.users.push(0);
        self.numbers.insert(text.into(), fresh);
        fresh
    }

    /// The literal that the fewest regexes need; of several, the longest.
    fn rarest(&self, needs: &[u32]) -> Option<u32> {
        let rank = |number: &u32| {
            let at = *number as usize;
            let length = self.texts.get(at).map_or(0, |text| text.len());
            (self.users.get(at).copied(), std::cmp::Reverse(length))
        };
        needs.iter().copied().min_by_key(rank)
    }
}

/// Collects texts that every match contains. Alternatives and classes are
/// passed over: leaving a text out costs time, never a match.
fn required<'h>(hir: &'h Hir, texts: &mut Vec<&'h [u8]>) {
    match hir.kind() {
        HirKind::Literal(literal) => texts.push(&literal.0),
        HirKind::Capture(capture) => required(&capture.sub, texts),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub, texts),
        HirKind::Concat(parts) => parts.iter().for_each(|part| required(part, texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(regexes: &[&str]) -> Regexes {
        let entry = |(rule, regex): (u32, &&str)| Entry {
            rule,
            kind: None,
            regex: Regex::new(regex).unwrap(),
            captures: true,
        };
        Regexes::new((0u32..).zip(regexes).map(entry).collect())
    }

    #[test]
    fn texts_that_every_match_contains_are_found() {
        for (regex, literals) in [
            (r"a\.b(.+)c\.d", &["a.b", "c.d"][..]),
            (r"(ab)+(cd)?(?:ef){2}", &["ab", "ef"]),
            (r"(ab|cd)x\.y", &["x.y"]),
            (r"(?i)abc", &[]),
            (r"\d+", &[]),
            (r"a.+\.", &["a", "."]),
            ("", &[]),
            (r"x{0}abc", &["abc"]),
        ] {
            let mut book = LiteralBook::default();
            book.required(regex);
            let texts: Vec<_> =
                book.texts.iter().map(|text| str::from_utf8(text).unwrap()).collect();
            assert_eq!(texts, literals, "{regex}");
        }
    }

    #[test]
    fn only_regexes_whose_literals_are_there_are_tried() {
        let set = set(&[r".+\..+\.one", r".+\..+\.two", r"\d", r"two\.one", r"(a|b)\.two"]);
        assert_eq!(set.worth_trying("a.b.two"), [1, 2, 4]);
        assert_eq!(set.worth_trying("x"), [2]);
        assert_eq!(set.worth_trying("a.two.one"), [0, 1, 2, 3, 4]);
        assert_eq!(set.worth_trying("atwone"), [2]);
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
}
