//! The groups of one family, with how many series each has. Nearly every family
//! has one, so the first stands here and only further ones in a table.
//!
//! It counts series of groups; it knows nothing of series.
//!
//! Heat: warm.

use std::collections::HashMap;
use std::sync::Arc;

use super::group::{ByLabels, Group};
use crate::seeded::Seeded;

/// The groups of a family, none of them empty.
#[derive(Debug, Default)]
pub(super) struct Groups {
    first: Option<(Arc<Group>, usize)>,
    #[expect(clippy::box_collection, reason = "it is seldom there, and seven words long")]
    others: Option<Box<HashMap<ByLabels, usize, Seeded>>>,
}

impl Groups {
    /// The group of these label names, with one series more. `make` gives one that
    /// is not there yet.
    pub(super) fn join(&mut self, labels: &str, make: impl FnOnce() -> Arc<Group>) -> Arc<Group> {
        if let Some((group, members)) = &mut self.first
            && *group.labels == *labels
        {
            *members += 1;
            return Arc::clone(group);
        }
        let there = self.among_others(labels);
        let group = there.clone().unwrap_or_else(make);
        if there.is_none() && self.first.is_none() {
            self.first = Some((Arc::clone(&group), 1));
        } else {
            let others = self.others.get_or_insert_default();
            *others.entry(ByLabels(Arc::clone(&group))).or_default() += 1;
        }
        group
    }

    /// One series less in the group of these label names. True if that was the
    /// last, and the group is gone.
    pub(super) fn leave(&mut self, labels: &str) -> bool {
        if let Some((group, members)) = &mut self.first
            && *group.labels == *labels
        {
            *members -= 1;
            let is_gone = *members == 0;
            if is_gone {
                self.first = None;
            }
            return is_gone;
        }
        let Some(others) = &mut self.others else { return true };
        match others.get_mut(labels) {
            Some(members) if *members > 1 => {
                *members -= 1;
                false
            }
            _ => {
                others.remove(labels);
                true
            }
        }
    }

    fn among_others(&self, labels: &str) -> Option<Arc<Group>> {
        let (group, _) = self.others.as_ref()?.get_key_value(labels)?;
        Some(Arc::clone(&group.0))
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::super::due::Due;
    use super::super::group::Heading;
    use super::*;
    use crate::model::{MetricName, Shape};

    fn group(labels: &str) -> Arc<Group> {
        let name = MetricName::escaped("a").unwrap();
        let (due, all) = (Due::never(), Arc::new(Due::never()));
        let heading = Arc::new(Heading { name, help: "".into(), due, all });
        Arc::new(Group { heading, labels: labels.into(), shape: Shape::Counter })
    }

    /// Whoever comes and goes in whatever order: a group is made once, is the same
    /// for all while it has series, and goes with the last of them.
    #[test]
    fn a_group_lives_from_its_first_series_to_its_last() {
        let mut groups = Groups::default();
        let mut made = 0;
        let mut join = |groups: &mut Groups, labels: &str| {
            groups.join(labels, || {
                made += 1;
                group(labels)
            })
        };
        let a = join(&mut groups, "a,");
        let b = join(&mut groups, "b,");
        assert!(Arc::ptr_eq(&a, &join(&mut groups, "a,")));
        assert!(Arc::ptr_eq(&b, &join(&mut groups, "b,")));
        // The first goes; the others stay what they are, and a new one comes first.
        assert!(!groups.leave("a,") && groups.leave("a,"));
        assert!(Arc::ptr_eq(&b, &join(&mut groups, "b,")));
        let c = join(&mut groups, "");
        assert!(Arc::ptr_eq(&c, &join(&mut groups, "")));
        assert_eq!(
            [groups.leave("b,"), groups.leave("b,"), groups.leave("b,")],
            [false, false, true]
        );
        assert_eq!([groups.leave(""), groups.leave("")], [false, true]);
        assert!(groups.first.is_none() && groups.others.is_none_or(|others| others.is_empty()));
        assert_eq!(made, 3);
    }
}
