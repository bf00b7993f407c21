//! Taking out what has expired.
//!
//! Heat: cold (once a second; looks at nothing before something can be over).

use super::Registry;
use super::due::earlier;
use super::locks::write;
use super::snapshot::Cursor;
use crate::model::Tick;

impl Registry {
    /// Retires and removes every series that is over at `now`, and every family
    /// that has none left; then its names are free. Call it once a second.
    pub fn sweep(&self, now: Tick) {
        if !self.due.take(now) {
            return;
        }
        let mut next = None;
        for family in Cursor::new(self) {
            if family.sweep(now, &self.house) && write(&self.catalog).remove_if_empty(&family) {
                self.house.budget.give_back(family.places());
                self.house.new_era();
            }
            next = earlier(next, family.due());
        }
        self.due.no_later_than(next);
    }
}
