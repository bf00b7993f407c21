//! Which of several globs that match a name takes it.
//!
//! With `glob_disable_ordering` the incumbent walks down component by component,
//! text before `*`, and goes back to a `*` that it passed by only if its check
//! of the rule set says that this can matter. The check is modest: it does not
//! look at globs that cover, or are covered by, another one. So of `a.*.*`,
//! `a.b.c`, `a.*.d` none takes the name `a.b.d`. Dashboards rest on what it
//! does, and a recorded case holds it, so the same check stands here.
//!
//! Heat: cold (once per rule set).

use super::glob::{Glob, Part};

/// How one of several matches is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The rule that stands first in the file.
    FirstInFile,
    /// At the first component where two differ, text beats `*` beats `**`.
    /// Every match that exists is found.
    TextFirst,
    /// The same, but the choice at each component is final.
    TextFirstForGood,
}

impl Order {
    /// The order of a rule set with these globs, `glob_disable_ordering` or not.
    pub(super) fn of(globs: &[&Glob], disabled: bool) -> Self {
        if !disabled {
            return Self::FirstInFile;
        }
        // The incumbent has no `**`: nothing rests on missing a match of one.
        let has_many = globs.iter().any(|glob| glob.parts().contains(&Part::Many));
        if has_many || globs.iter().any(|glob| needs_going_back(glob, globs)) {
            Self::TextFirst
        } else {
            Self::TextFirstForGood
        }
    }
}

/// Whether a walk that prefers text can miss `glob` for another that begins
/// alike, as far as the incumbent's check sees it.
fn needs_going_back(glob: &Glob, all: &[&Glob]) -> bool {
    let parts = glob.parts();
    let others = || {
        let same_length = |other: &&&Glob| other.parts().len() == parts.len();
        all.iter().filter(move |other| !std::ptr::eq(**other, glob)).filter(same_length)
    };
    let covered = |other: &&Glob| covers(parts, other.parts()) || covers(other.parts(), parts);
    others().any(|other| share_a_beginning(parts, other.parts())) && !others().any(covered)
}

/// Whether `other` is the same as `parts` up to one of its `*`.
fn share_a_beginning(parts: &[Part], other: &[Part]) -> bool {
    let same = parts.iter().zip(other).take_while(|(part, other)| part == other).count();
    let up_to = parts.get(..=same).unwrap_or(parts);
    up_to.contains(&Part::One)
}

/// Whether `wide`, read as a pattern, matches the text of `narrow`.
fn covers(wide: &[Part], narrow: &[Part]) -> bool {
    wide.iter().zip(narrow).all(|(wide, narrow)| *wide == Part::One || wide == narrow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_back_is_decided_as_the_incumbent_does() {
        for (globs, order) in [
            (&["a.*.*", "a.b.c", "a.*.d"][..], Order::TextFirstForGood),
            (&["a.b.c.e", "a.*.x.d"], Order::TextFirst),
            (&["a.b.c.e", "a.*.x.d", "a.*.*.*"], Order::TextFirstForGood),
            (&["a.b", "a.*.c"], Order::TextFirstForGood),
            (&["a.*"], Order::TextFirstForGood),
            (&["a.*", "a.*"], Order::TextFirstForGood),
            (&["a.**", "a.*.*", "a.b.c"], Order::TextFirst),
            (&["x.b.c", "*.b.d"], Order::TextFirst),
            (&["a.b.*", "a.*.c"], Order::TextFirst),
            (&["a.b.c", "x.*.d"], Order::TextFirstForGood),
        ] {
            let parsed: Vec<Glob> = globs.iter().map(|glob| Glob::parse(glob).unwrap()).collect();
            let parsed: Vec<&Glob> = parsed.iter().collect();
            assert_eq!(Order::of(&parsed, true), order, "{globs:?}");
            assert_eq!(Order::of(&parsed, false), Order::FirstInFile);
        }
    }
}
