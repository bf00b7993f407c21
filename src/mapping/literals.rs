//! The literals without which the regexes of a rule set cannot match, each with
//! a number.
//!
//! A need is one or more literals of which a match contains at least one: a
//! text, or the alternatives of `(get|put)`. Leaving a need out costs time,
//! never a match.
//!
//! Heat: cold.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use regex_syntax::hir::{Hir, HirKind};

/// At least one of these literals is in every match. Never empty.
pub(super) type Need = Box<[u32]>;

/// The most alternatives that are worth looking for.
const MOST_ALTERNATIVES: usize = 16;

/// The literals of all regexes.
#[derive(Default)]
pub(super) struct LiteralBook {
    /// By number.
    pub(super) texts: Vec<Box<[u8]>>,
    numbers: HashMap<Box<[u8]>, u32, RandomState>,
    /// How many regexes need each.
    users: Vec<usize>,
}

impl LiteralBook {
    /// What every match of the regex contains; all of the needs must be met.
    pub(super) fn needs(&mut self, regex: &str) -> Box<[Need]> {
        // It was compiled before, so this does not fail.
        let parsed = regex_syntax::parse(regex).unwrap_or_else(|_| Hir::empty());
        let mut needs = Vec::new();
        collect(&parsed, &mut needs);
        // Single characters say little and are found everywhere.
        if needs.iter().any(|need| shortest(need) > 1) {
            needs.retain(|need| shortest(need) > 1);
        }
        let mut needs: Vec<Need> = needs.into_iter().map(|need| self.number(need)).collect();
        needs.sort();
        needs.dedup();
        for number in needs.iter().flatten() {
            if let Some(users) = self.users.get_mut(*number as usize) {
                *users += 1;
            }
        }
        needs.into()
    }

    fn number(&mut self, texts: Vec<Box<[u8]>>) -> Need {
        let number = |text: Box<[u8]>| {
            *self.numbers.entry(text.clone()).or_insert_with(|| {
                self.texts.push(text);
                self.users.push(0);
                u32::try_from(self.texts.len() - 1).unwrap_or(u32::MAX)
            })
        };
        let mut numbers: Vec<u32> = texts.into_iter().map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into()
    }

    /// The need that the fewest regexes share; of several, the one with the
    /// longest text.
    pub(super) fn rarest<'n>(&self, needs: &'n [Need]) -> Option<&'n Need> {
        needs.iter().min_by_key(|need| {
            let users: usize =
                need.iter().filter_map(|number| self.users.get(*number as usize)).sum();
            let length = |number: &u32| self.texts.get(*number as usize).map(|text| text.len());
            (users, std::cmp::Reverse(need.iter().filter_map(length).min()))
        })
    }
}

fn shortest(need: &[Box<[u8]>]) -> usize {
    need.iter().map(|text| text.len()).min().unwrap_or_default()
}

/// Collects what every match contains.
fn collect(hir: &Hir, needs: &mut Vec<Vec<Box<[u8]>>>) {
    match hir.kind() {
        HirKind::Literal(literal) => needs.push(vec![literal.0.clone()]),
        HirKind::Capture(capture) => collect(&capture.sub, needs),
        HirKind::Repetition(repetition) if repetition.min > 0 => collect(&repetition.sub, needs),
        HirKind::Concat(parts) => parts.iter().for_each(|part| collect(part, needs)),
        HirKind::Alternation(branches) => needs.extend(any_of(branches)),
        _ => {}
    }
}

/// The best need of each branch together; `None` if a branch has none.
fn any_of(branches: &[Hir]) -> Option<Vec<Box<[u8]>>> {
    let mut together = Vec::new();
    for branch in branches {
        let mut needs = Vec::new();
        collect(branch, &mut needs);
        together.extend(needs.into_iter().max_by_key(|need| shortest(need))?);
    }
    (together.len() <= MOST_ALTERNATIVES).then_some(together)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_every_match_contains_are_found() {
        for (regex, needs) in [
            (r"a\.b(.+)c\.d", &[&["a.b"][..], &["c.d"]][..]),
            (r"(ab)+(cd)?(?:ef){2}", &[&["ab"], &["ef"]]),
            (r"(get|put)x\.y", &[&["get", "put"], &["x.y"]]),
            (r"(get|p.|put)x\.y", &[&["x.y"]]),
            (r"(get|\d)", &[]),
            (r"(one.*three|two)", &[&["three", "two"]]),
            (r"(?i)abc", &[]),
            (r"\d+", &[]),
            (r"a.+\.", &[&["a"], &["."]]),
            ("", &[]),
            (r"x{0}abc", &[&["abc"]]),
            (r"(x|abc)+", &[&["x", "abc"]]),
        ] {
            let mut book = LiteralBook::default();
            let found: Vec<Vec<&str>> = book
                .needs(regex)
                .iter()
                .map(|need| {
                    let text =
                        |number: &u32| str::from_utf8(&book.texts[*number as usize]).unwrap();
                    need.iter().map(text).collect()
                })
                .collect();
            assert_eq!(found, needs, "{regex}");
        }
    }

    #[test]
    fn the_rarest_need_is_the_one_that_tells_regexes_apart() {
        let mut book = LiteralBook::default();
        let first = book.needs(r"common\.(.+)\.one");
        book.needs(r"common\.(.+)\.two");
        let text =
            |need: &Need| String::from_utf8_lossy(&book.texts[need[0] as usize]).into_owned();
        assert_eq!(book.rarest(&first).map(text), Some(".one".into()));
        assert_eq!(book.rarest(&[]), None);
    }
}
